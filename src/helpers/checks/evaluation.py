"""Exercises of the chapter "How good is it, really?"."""

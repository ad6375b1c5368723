"""Exercises of the chapter "How good is the estimate?"."""

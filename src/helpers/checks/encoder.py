"""Exercises of the chapter "One q for every x"."""

"""Exercises of the chapter "A variable you did not see"."""

"""Exercises of the chapter "A density is not a probability"."""

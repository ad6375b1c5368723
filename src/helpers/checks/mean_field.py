"""Exercises of the chapter "Mean field"."""

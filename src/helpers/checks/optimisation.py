"""Exercises of the chapter "When algebra runs out"."""

"""Exercises of the chapter "Gradients through randomness"."""

"""Exercises of the chapter "The Gaussian, solved"."""

"""Exercises of the chapter "Moving θ and q together"."""

"""Exercises of the chapter "The VAE you can solve"."""

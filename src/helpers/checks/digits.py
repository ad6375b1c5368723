"""Exercises of the chapter "A VAE on digits"."""

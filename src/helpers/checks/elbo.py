"""Exercises of the chapter "The ELBO"."""

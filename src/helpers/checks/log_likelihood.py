"""Exercises of the chapter "Log-likelihood"."""

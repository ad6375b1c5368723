"""Exercises of the chapter "Kullback-Leibler"."""

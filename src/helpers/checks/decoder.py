"""Exercises of the chapter "What does a decoder say about x?"."""

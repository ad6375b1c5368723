"""Exercises of the chapter "What the regulariser is for"."""

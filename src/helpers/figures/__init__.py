"""The book's live figures, one a file: parameters and a scene, which calls the mathematics of ``helpers``."""

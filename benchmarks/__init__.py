"""How fast the book is, in numbers: ``python -m benchmarks`` (``make bench``)."""

"""Building the book: from nothing, and once more with nothing changed."""

from benchmarks.report import Row
from benchmarks.site import Site


def measure(book: Site, quick: bool) -> list[Row]:
    """Seconds of a cold and a warm build, and their ratio."""
    out = book.new_folder()
    cold, warm = book.build(out), book.build(out)
    return [
        Row("build", "cold", "from an empty folder", cold, "s"),
        Row("build", "warm", "again, unchanged", warm, "s"),
        Row("build", "cold / warm", "ratio", cold / warm, "×"),
    ]

"""Every equation label in the helpers' docstrings is borne by a test, and every label in a test exists."""

import re
from pathlib import Path

import helpers

SOURCES = sorted(Path(helpers.__file__).parent.glob("*.py"))


def borne(folder):
    """Labels in the equation marks of the tests in and below ``folder``."""
    tests = "".join(path.read_text("utf-8") for path in folder.rglob("test_*.py"))
    calls = re.findall(r"mark\.equation\(([^)]*)\)", tests)
    return {label for call in calls for label in re.findall(r'"(eq-[\w-]+)"', call)}


def test_every_labelled_formula_has_its_test(root):
    written = {label for path in SOURCES for label in re.findall(r"\((eq-[\w-]+)\)", path.read_text("utf-8"))}
    assert written <= borne(root / "tests")
    assert len(written) > 30


def test_every_label_in_a_test_exists(root):
    texts = [*SOURCES, *(root / "book").rglob("*.md")]
    known = {label for path in texts for label in re.findall(r"\beq-[\w-]+", path.read_text("utf-8"))}
    assert borne(root / "tests") <= known

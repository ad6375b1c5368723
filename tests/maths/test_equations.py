"""Every equation label in the helpers' docstrings stands on a page and is borne by a test; those of tests exist."""

import re
from pathlib import Path

import helpers

SOURCES = sorted(Path(helpers.__file__).parent.glob("*.py"))


def borne(folder):
    """Labels in the equation marks of the tests in and below ``folder``."""
    tests = "".join(path.read_text("utf-8") for path in folder.rglob("test_*.py"))
    calls = re.findall(r"mark\.equation\(([^)]*)\)", tests)
    return {label for call in calls for label in re.findall(r'"(eq-[\w-]+)"', call)}


def labels(paths, pattern):
    """What ``pattern`` finds in these files."""
    return {label for path in paths for label in re.findall(pattern, path.read_text("utf-8"))}


def test_every_labelled_formula_is_on_a_page_and_has_its_test(root):
    written = labels(SOURCES, r"\((eq-[\w-]+)\)")
    assert written <= labels((root / "book").rglob("*.md"), r":label: (eq-[\w-]+)")
    assert written <= borne(root / "tests")
    assert len(written) > 30


def test_every_label_in_a_test_exists(root):
    assert borne(root / "tests") <= labels((root / "book").rglob("*.md"), r":label: (eq-[\w-]+)")

"""Every equation label in the helpers' docstrings is borne by a test, and every label in a test exists."""

import re
from pathlib import Path

import helpers

SOURCES = ["gaussian", "divergence", "elbo", "variational_em", "linear_gaussian", "vae"]


def test_every_labelled_formula_has_its_test():
    source = Path(helpers.__file__).parent
    written = {
        label
        for name in SOURCES
        for label in re.findall(r"\((eq-[\w-]+)\)", (source / f"{name}.py").read_text("utf-8"))
    }
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    borne = {
        label for call in re.findall(r"mark\.equation\(([^)]*)\)", tests) for label in re.findall(r'"([^"]+)"', call)
    }
    assert written == borne
    assert len(written) > 30

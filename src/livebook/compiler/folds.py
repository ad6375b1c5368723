"""Reductions and running folds: how each starts and takes one element.

``{a}`` is the accumulator, ``{x}`` the element; further state hangs on the accumulator's name. The comparisons with
itself let NaN through, as torch does.
"""

from typing import NamedTuple


class Fold(NamedTuple):
    """Initial state (suffix of the name, JavaScript) and the statement that takes an element."""

    start: tuple
    step: str


def _position(comparison):
    """Return the fold that finds the place of the first extreme element, NaN being the most extreme."""
    better = f"{{x}} {comparison} {{a}}_best || ({{x}} !== {{x}} && {{a}}_best === {{a}}_best)"
    step = f"if ({better}) {{{{ {{a}}_best = {{x}}; {{a}} = {{a}}_at; }}}} {{a}}_at++;"
    worst = "-Infinity" if comparison == ">" else "Infinity"
    return Fold((("", "0"), ("_best", worst), ("_at", "0")), step)


FOLDS = {
    "sum": Fold((("", "0"),), "{a} += {x};"),
    "prod": Fold((("", "1"),), "{a} *= {x};"),
    "amax": Fold((("", "-Infinity"),), "if ({x} > {a} || {x} !== {x}) {a} = {x};"),
    "amin": Fold((("", "Infinity"),), "if ({x} < {a} || {x} !== {x}) {a} = {x};"),
    "any": Fold((("", "0"),), "if ({x} !== 0) {a} = 1;"),
    "all": Fold((("", "1"),), "if ({x} === 0) {a} = 0;"),
    "argmax": _position(">"),
    "argmin": _position("<"),
    "cumsum": Fold((("", "0"),), "{a} += {x};"),
    "cumprod": Fold((("", "1"),), "{a} *= {x};"),
    "logcumsumexp": Fold((("", "-Infinity"),), "{a} = logAddExp({a}, {x});"),
}

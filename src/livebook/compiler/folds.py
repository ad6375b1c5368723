"""Reductions and running folds: how each starts and takes one element.

``{a}`` is the accumulator, ``{x}`` the element; further state hangs on the accumulator's name. The comparisons with
itself let NaN through, as torch does.
"""

from typing import NamedTuple


class Fold(NamedTuple):
    """Initial state (suffix of the name, JavaScript) and the statement that takes an element."""

    start: tuple
    step: str


_ARG = "if ({{x}} {} {{a}}_best || ({{x}} !== {{x}} && {{a}}_best === {{a}}_best)) {{{{ {{a}}_best = {{x}}; {{a}} = {{a}}_at; }}}} {{a}}_at++;"

FOLDS = {
    "sum": Fold((("", "0"),), "{a} += {x};"),
    "prod": Fold((("", "1"),), "{a} *= {x};"),
    "amax": Fold((("", "-Infinity"),), "if ({x} > {a} || {x} !== {x}) {a} = {x};"),
    "amin": Fold((("", "Infinity"),), "if ({x} < {a} || {x} !== {x}) {a} = {x};"),
    "any": Fold((("", "0"),), "if ({x} !== 0) {a} = 1;"),
    "all": Fold((("", "1"),), "if ({x} === 0) {a} = 0;"),
    "argmax": Fold((("", "0"), ("_best", "-Infinity"), ("_at", "0")), _ARG.format(">")),
    "argmin": Fold((("", "0"), ("_best", "Infinity"), ("_at", "0")), _ARG.format("<")),
    "cumsum": Fold((("", "0"),), "{a} += {x};"),
    "cumprod": Fold((("", "1"),), "{a} *= {x};"),
    "logcumsumexp": Fold((("", "-Infinity"),), "{a} = logAddExp({a}, {x});"),
}

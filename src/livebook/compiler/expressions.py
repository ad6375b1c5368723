"""Elementwise operations: the JavaScript of each, by the name of its ATen packet.

An entry is a template for ``str.format`` or a function; either gets its operands as ``Operand`` (a JavaScript
identifier, with the torch dtype) or ``Literal`` (a number known when the program is built). Booleans are 0 and 1.
"""

import math

import torch


class Literal(float):
    """A number that prints as a JavaScript literal, exactly."""

    def __str__(self):
        """Print what JavaScript reads back as the same double."""
        if math.isnan(self):
            return "NaN"
        if math.isinf(self):
            return "Infinity" if self > 0 else "-Infinity"
        return "-0" if self == 0 and math.copysign(1, self) < 0 else _shortest(self)

    def __format__(self, spec):
        """Print the literal, in templates too."""
        return str(self)

    __repr__ = __str__


def _shortest(number):
    text = float.__repr__(number).replace("e-0", "e-").replace("e+", "e")
    return text.removesuffix(".0")


class Operand(str):
    """A JavaScript identifier which holds one element of dtype ``dtype``."""

    dtype = torch.float64

    def __new__(cls, text, dtype):
        """Remember the dtype beside the text."""
        operand = super().__new__(cls, text)
        operand.dtype = dtype
        return operand


def _test(condition):
    return f"{condition} ? 1 : 0"


def _pow(base, exponent):
    special = {2.0: "{0} * {0}", 3.0: "{0} * {0} * {0}", 1.0: "{0}", 0.5: "Math.sqrt({0})", -1.0: "1 / {0}"}
    special |= {-0.5: "1 / Math.sqrt({0})", -2.0: "1 / ({0} * {0})", 0.0: "1"}
    if isinstance(exponent, Literal) and exponent in special:
        return special[exponent].format(base)
    if isinstance(exponent, Literal) and math.isfinite(exponent):
        return f"Math.pow({base}, {exponent})"
    if isinstance(base, Literal) and math.isfinite(base) and abs(base) != 1:
        return f"Math.pow({base}, {exponent})"
    return f"power({base}, {exponent})"


def _clamp(x, low=None, high=None):
    inner = f"Math.max({x}, {low})" if low is not None else x
    return f"Math.min({inner}, {high})" if high is not None else inner


def _boolean_only(symbol):
    def expression(a, b):
        return f"{a} {symbol} {b}"

    return expression


def _gelu(x, approximate="none"):
    if approximate == "tanh":
        cube = f"{x} + 0.044715 * {x} * {x} * {x}"
        return f"0.5 * {x} * (1 + Math.tanh({Literal(math.sqrt(2 / math.pi))} * ({cube})))"
    return f"0.5 * {x} * (1 + erf({x} * Math.SQRT1_2))"


def to_float(x):
    """Pass a number on: floats, integers and booleans are all doubles."""
    return f"{x}"


def to_integer(x):
    """Drop the fraction, as a cast does, and the sign of zero."""
    return f"Math.trunc({x}) + 0"


def to_boolean(x):
    """Tell whether a number is not zero (nan is not)."""
    return _test(f"{x} !== 0")


_MATH = "abs exp expm1 log1p log log2 log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
_MATH += " floor ceil trunc"
_HELPERS = "lgamma digamma erf erfc erfinv"

ELEMENTWISE = {name: f"Math.{name}({{0}})" for name in _MATH.split()}
ELEMENTWISE |= {name: f"{name}({{0}})" for name in _HELPERS.split()}
ELEMENTWISE |= {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "clone": "{0}",
    "reciprocal": "1 / {0}",
    "rsqrt": "1 / Math.sqrt({0})",
    "exp2": "Math.pow(2, {0})",
    "sigmoid": "1 / (1 + Math.exp(-{0}))",
    "relu": "{0} < 0 ? 0 : {0}",
    "sign": "sign({0})",
    "round": "roundEven({0})",
    "pow": _pow,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": lambda x, high: _clamp(x, None, high),
    "minimum": "Math.min({0}, {1})",
    "maximum": "Math.max({0}, {1})",
    "fmin": "({0} < {1} || {1} !== {1}) ? {0} : {1}",
    "fmax": "({0} > {1} || {1} !== {1}) ? {0} : {1}",
    "atan2": "Math.atan2({0}, {1})",
    "hypot": "Math.hypot({0}, {1})",
    "copysign": "copySign({0}, {1})",
    "fmod": "{0} % {1}",
    "remainder": "remainder({0}, {1})",
    "floor_divide": "floorDivide({0}, {1})",
    "gelu": _gelu,
    "where": "{0} ? {1} : {2}",
    "isnan": "{0} !== {0} ? 1 : 0",
    "isinf": _test("{0} === Infinity || {0} === -Infinity"),
    "signbit": _test("{0} < 0 || Object.is({0}, -0)"),
    "eq": _test("{0} === {1}"),
    "ne": _test("{0} !== {1}"),
    "lt": _test("{0} < {1}"),
    "le": _test("{0} <= {1}"),
    "gt": _test("{0} > {1}"),
    "ge": _test("{0} >= {1}"),
    "logical_and": _test("{0} !== 0 && {1} !== 0"),
    "logical_or": _test("{0} !== 0 || {1} !== 0"),
    "logical_xor": _test("({0} !== 0) !== ({1} !== 0)"),
    "logical_not": _test("{0} === 0"),
    "bitwise_and": _boolean_only("&"),
    "bitwise_or": _boolean_only("|"),
    "bitwise_xor": _boolean_only("^"),
    "bitwise_not": "1 - {0}",
    "special_erfcx": "erfcx({0})",
    "special_ndtri": "ndtri({0})",
    "special_zeta": "zeta({0}, {1})",
    "polygamma": "polygamma({0}, {1})",
    "i0": "besselI0({0})",
    "special_i1": "besselI1({0})",
    "_to_float": to_float,
    "_to_integer": to_integer,
    "_to_boolean": to_boolean,
}


def render(expression, args):
    """Print one elementwise operation."""
    return expression.format(*args) if isinstance(expression, str) else expression(*args)

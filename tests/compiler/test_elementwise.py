"""Every elementwise entry against torch, on random and on awkward values."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from livebook.compiler.expressions import ELEMENTWISE

from .harness import assert_close, check, compile, double, torch_outputs

EDGES = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -2.5, 3.0, -3.0, 4.0, 0.25, 1e-8, -1e-8, 20.0, -20.0, 700.0, -800.0]
EDGES += [5e-324, -5e-324, 1e-310, 1e300, -1e300, float("inf"), float("-inf"), float("nan"), 7.3, -7.3]

UNARY = {
    **{
        name: getattr(torch, name)
        for name in [
            "abs",
            "exp",
            "expm1",
            "log1p",
            "log",
            "log2",
            "log10",
            "sqrt",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
        ]
    },
    **{
        name: getattr(torch, name)
        for name in ["atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "floor", "ceil", "trunc"]
    },
    **{
        name: getattr(torch, name)
        for name in ["lgamma", "digamma", "erf", "erfc", "erfinv", "neg", "clone", "reciprocal", "rsqrt"]
    },
    **{
        name: getattr(torch, name)
        for name in ["exp2", "sigmoid", "relu", "sign", "round", "isnan", "isinf", "signbit", "logical_not", "i0"]
    },
    "special_erfcx": torch.special.erfcx,
    "special_ndtri": torch.special.ndtri,
    "special_i1": torch.special.i1,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "polygamma": lambda x: torch.polygamma(1, x),
    "polygamma_2": lambda x: torch.polygamma(2, x),
    "clamp": lambda x: x.clamp(-0.7, 1.3),
    "clamp_low": lambda x: x.clamp(min=-0.7),
    "clamp_high": lambda x: x.clamp(max=1.3),
    "clamp_min": lambda x: x.clone().clamp_min_(torch.zeros_like(x) + 0.25),
    "clamp_max": lambda x: x.clone().clamp_max_(torch.zeros_like(x) + 0.25),
    "bitwise_not": lambda x: ~(x > 0),
    "_to_integer": lambda x: torch.where(x.abs() < 1e9, x, 0.0).long(),
    "_to_boolean": lambda x: x.bool(),
    "_to_float": lambda x: (x > 0).double() * 2,
    **{f"pow_{e}": (lambda x, e=e: x**e) for e in (0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 1.7, -3)},
    **{f"base_{e}": (lambda x, e=e: e**x) for e in (0.5, 1, 2, -1.0, -2.0, 0.0)},
    **{f"pow_{e}": (lambda x, e=e: x**e) for e in (float("inf"), float("-inf"), float("nan"))},
}
BINARY = {
    **{
        name: getattr(torch, name)
        for name in ["add", "sub", "mul", "div", "minimum", "maximum", "fmin", "fmax", "atan2", "hypot", "copysign"]
    },
    **{
        name: getattr(torch, name)
        for name in ["pow", "fmod", "remainder", "floor_divide", "eq", "ne", "lt", "le", "gt", "ge"]
    },
    **{name: getattr(torch, name) for name in ["logical_and", "logical_or", "logical_xor"]},
    "where": lambda x, y: torch.where(x < y, x, y * 2),
    "bitwise_and": lambda x, y: (x > 0) & (y > 0),
    "bitwise_or": lambda x, y: (x > 0) | (y > 0),
    "bitwise_xor": lambda x, y: (x > 0) ^ (y > 0),
    "special_zeta": lambda x, y: torch.special.zeta(x, y),
    "add_alpha": lambda x, y: torch.add(x, y, alpha=0.3),
    "sub_alpha": lambda x, y: torch.sub(x, y, alpha=-3),
    "div_floor": lambda x, y: torch.div(x, y, rounding_mode="floor"),
    "div_trunc": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
    "clamp_tensors": lambda x, y: x.clamp(min=y, max=y + 1),
}


def test_every_elementwise_entry_has_a_case():
    structural_too = {"to_copy"}
    named = {name if name in ELEMENTWISE else name.rsplit("_", 1)[0] for name in (*UNARY, *BINARY)}
    assert set(ELEMENTWISE) - named - structural_too == set()


def exact_zeros(got, want):
    """Signs of zero agree."""
    for g, w in zip(got, want, strict=True):
        zero = (g == 0) & (w == 0)
        np.testing.assert_array_equal(np.signbit(g[zero]), np.signbit(w[zero]))


# Where torch itself is off (its vector kernels lose denormals, overflow or infinities) the truth is the reference:
# see test_special_functions_against_a_second_reference and test_remainders_of_awkward_values.
TINY = {5e-324, -5e-324, 1e-310}
LEFT_OUT = {
    "log1p": TINY,
    "special_ndtri": TINY,
    "i0": {np.inf, -np.inf},
    "special_i1": {np.inf, -np.inf, *TINY},
    "fmod": {*TINY, 1e300, -1e300},
    "remainder": {*TINY, 1e300, -1e300},
    "floor_divide": {*TINY, 1e300, -1e300},
    "div_floor": {*TINY, 1e300, -1e300},
    "special_zeta": {*TINY, np.inf, -np.inf, 1e300, -1e300},
    "polygamma": {-1.0, -3.0, -20.0, -800.0, np.inf, -np.inf, 1e300, -1e300, *TINY},
    "add_alpha": TINY,
}
LOOSE = {"polygamma": 1e-8}  # torch's trigamma is good to 1e-9 only
ANY_ZERO = {"minimum", "maximum", "fmin", "fmax", "clamp_tensors"}  # torch returns either zero


def edges(name):
    return [x for x in EDGES if x not in LEFT_OUT.get(name, ())]


def columns(values):
    pairs = np.array(list(itertools.product(values, values)))
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def entry_of(name):
    return name if name in ELEMENTWISE else name.rsplit("_", 1)[0]


@pytest.mark.parametrize("name", UNARY)
def test_unary(node, recorded, name, rng):
    fn = UNARY[name]
    x = np.concatenate([edges(name), rng.normal(size=40) * 3, rng.uniform(0, 1, 40), 10 ** rng.uniform(-12, 12, 20)])
    _, got = check(node, fn, x, examples=[np.ones_like(x)], rtol=LOOSE.get(name, 1e-12))
    exact_zeros(got, torch_outputs(fn, [x]))
    assert entry_of(name) in recorded or name.startswith("base_")


@pytest.mark.parametrize("name", BINARY)
def test_binary(node, recorded, name, rng):
    fn = BINARY[name]
    x, y = (np.concatenate([edge, rng.normal(size=100) * 3]) for edge in columns(edges(name)))
    _, got = check(node, fn, x, y, examples=[np.ones_like(x)] * 2)
    if name not in ANY_ZERO:
        exact_zeros(got, torch_outputs(fn, [x, y]))
    assert entry_of(name) in recorded


@pytest.mark.parametrize("name", BINARY)
def test_binary_broadcasts(node, name, rng):
    shapes = [((3, 1), (1, 4)), ((2, 3, 4), (4,)), ((), (3,)), ((5, 1, 2), (3, 1)), ((), ()), ((0, 3), (3,))]
    for left, right in shapes:
        check(node, BINARY[name], np.abs(rng.normal(size=left)) + 1.1, np.abs(rng.normal(size=right)) + 0.5)


def test_remainders_of_awkward_values(node):
    x, y = columns([*TINY, 1.0, -1.0, 0.5, 1e300])
    fmod, remainder = node.open(compile(lambda a, b: (torch.fmod(a, b), torch.remainder(a, b)), x, y))(x, y)
    assert_close([fmod], [np.fmod(x, y)], rtol=0)
    assert_close([remainder], [np.array([a % b for a, b in zip(x.tolist(), y.tolist(), strict=True)])], rtol=0)


SPECIAL = [
    "lgamma",
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "special_erfcx",
    "special_ndtri",
    "polygamma",
    "polygamma_2",
    "i0",
    "special_i1",
]


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_against_a_second_reference(node, name, rng):
    mpmath = pytest.importorskip("mpmath")
    references = {
        "lgamma": lambda x: mpmath.loggamma(x).real,
        "digamma": mpmath.digamma,
        "erf": mpmath.erf,
        "erfc": mpmath.erfc,
        "erfinv": mpmath.erfinv,
        "special_erfcx": lambda x: mpmath.erfc(x) * mpmath.exp(mpmath.mpf(x) ** 2),
        "polygamma": lambda x: mpmath.psi(1, x),
        "polygamma_2": lambda x: mpmath.psi(2, x),
        "i0": lambda x: mpmath.besseli(0, x),
        "special_i1": lambda x: mpmath.besseli(1, x),
        "special_ndtri": lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(x) - 1),
    }
    inside = name in ("erfinv", "special_ndtri")
    x = rng.uniform(0, 1, 80) if inside else np.concatenate([rng.uniform(0, 12, 60), 1 + rng.normal(size=20) * 1e-4])
    if name == "lgamma":
        x = np.concatenate([x, 2 + rng.normal(size=20) * 1e-6])
    with mpmath.workdps(40):
        want = np.array([float(references[name](float(v))) for v in x])
    got = node.open(compile(UNARY[name], np.ones_like(x) * 0.5))(x)
    assert_close(got, [want], rtol=1e-14)


def test_integers_and_booleans_keep_their_arithmetic(node):
    def fn(x):
        n = torch.arange(4) * x.argmax()
        flags = (x > 0) + (x > 1)
        return n // 3, n % 3, n.double() / 2, flags, (x > 0).sum(), (x > 0) * 2, -n, n.double().mean()

    check(node, fn, double([-1.0, 0.5, 2.0, 1.5]))

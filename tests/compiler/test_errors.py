"""What cannot become JavaScript says so: which operation, which function, which line, and what to do."""

import inspect
import random
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from .harness import CompileError, compile, double

COUNTER = torch.zeros(3, dtype=torch.float64)


def no_entry(x):
    return torch.special.bessel_j0(x)  # HERE


def branch(x):
    if x.sum() > 0:  # HERE
        return x
    return -x


def item(x):
    return x * x.sum().item()  # HERE


def mask(x):
    return x[x > 0]  # HERE


def nonzero(x):
    return x.nonzero()  # HERE


def torch_random(x):
    return x + torch.randn(3, dtype=torch.float64)  # HERE


def random_like(x):
    return x * torch.rand_like(x)  # HERE


def bernoulli(x):
    return torch.bernoulli(x.sigmoid())  # HERE


def normal(x):
    return torch.normal(x, 1.0)  # HERE


def dropout(x):
    return F.dropout(x, 0.5)  # HERE


def sampled(x):
    return torch.distributions.Normal(x, 1.0).rsample()  # HERE


def python_random(x):
    return x * random.random()  # HERE


def numpy_random(x):
    return x + torch.from_numpy(np.random.normal(size=3))  # HERE


def frozen(x):
    return x * float(x.detach().numpy().sum())  # HERE


def single(x):
    return x.float() * 2  # HERE


def integer_division(x):
    return (x > 0).sum() / 3  # HERE


def single_weights(x):
    return torch.eye(3).mm(x[:, None])  # HERE


def number(x):
    return x, 3.0


def string(x):
    return {"a": x, "b": "text"}


def nothing(x):
    return x, None


def writes_argument(x):
    x += 1  # HERE
    return x


def writes_global(x):
    COUNTER.add_(x)  # HERE
    return COUNTER * 1


def integer_bits(x):
    return x.long() & 1  # HERE


def inner(x):
    return torch.special.bessel_j0(x)  # HERE inner


def through_a_helper(x):
    return inner(x) + 1


def branch_in_a_gradient(x):
    return torch.func.grad(lambda t: t.sum() if t[0] > 0 else t.prod())(x)  # HERE


ERRORS = {
    no_entry: ("aten.special_bessel_j0", "no entry"),
    branch: ("_local_scalar_dense", "torch.where"),
    item: ("_local_scalar_dense", "torch.where"),
    mask: ("aten.index.Tensor", "torch.where"),
    nonzero: ("aten.nonzero", "torch.where"),
    torch_random: ("aten.randn", "noise"),
    random_like: ("aten.rand_like", "noise"),
    bernoulli: ("aten.rand", "noise"),
    normal: ("aten.normal", "noise"),
    dropout: ("aten.bernoulli", "noise"),
    sampled: ("aten.normal", "noise"),
    python_random: ("randomness from outside torch", "noise"),
    numpy_random: ("randomness from outside torch", "noise"),
    frozen: ("leaves torch", "Stay in torch"),
    single: ("aten._to_copy.default computes in float32", ".double()"),
    integer_division: ("aten.div.Tensor computes in float32", ".double()"),
    single_weights: ("dtypes differ", ".double()"),
    number: ("3.0 (float)", "torch.as_tensor"),
    string: ("'text' (str)", "Return a tensor"),
    nothing: ("None (NoneType)", "Return a tensor"),
    writes_argument: ("aten.add_.Tensor writes into its argument 'x'", "clone"),
    writes_global: ("aten.add_.Tensor writes into a tensor from outside", "clone"),
    integer_bits: ("aten.bitwise_and", "booleans"),
    branch_in_a_gradient: ("_local_scalar_dense", "torch.where"),
}


def marked_line(fn, mark="# HERE"):
    """The line of ``fn`` that carries the mark, or its first."""
    lines, first = inspect.getsourcelines(fn)
    return next((first + n for n, line in enumerate(lines) if line.rstrip().endswith(mark)), first)


@pytest.mark.parametrize("fn", ERRORS, ids=lambda fn: fn.__name__)
def test_error_names_operation_function_line_and_remedy(fn):
    operation, remedy = ERRORS[fn]
    with pytest.raises(CompileError) as caught:
        compile(fn, [0.5, 1.5, 2.5])
    message = str(caught.value)
    assert operation in message and remedy in message
    assert f"{fn.__module__}.{fn.__qualname__} " in message
    assert f"{__file__}:{marked_line(fn)}" in message


def test_error_names_the_innermost_line_of_the_callers_code():
    with pytest.raises(
        CompileError, match=re.escape(f"{__file__}:{marked_line(inner, '# HERE inner')}, in inner")
    ) as caught:
        compile(through_a_helper, 1.0)
    assert "through_a_helper" in str(caught.value)


def test_what_is_not_needed_may_fail_silently(node):
    def fn(x):
        torch.special.bessel_j0(x)
        torch.rand(3)
        return x + 1

    assert node.open(compile(fn, 1.0))(2.0) == [3.0]


def test_seeded_noise_from_outside_is_a_constant(node):
    def fn(x):
        return x + torch.from_numpy(np.random.default_rng(0).normal(size=3))

    assert np.array_equal(node.open(compile(fn, 1.0))(2.0)[0], 2 + np.random.default_rng(0).normal(size=3))


def test_exact_selections_in_single_precision_are_allowed(node):
    def fn(x):
        return (x > 0).float() * x, torch.where(x > 1, 0, float("inf")) + x, (x > 0).double().mean()

    got = node.open(compile(fn, [0.0, 0.0]))([0.3, -2.0])
    assert [g.tolist() for g in got] == [[0.3, 0.0], [np.inf, np.inf], 0.5]


def test_the_functions_own_exceptions_pass():
    def fn(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        compile(fn, 1.0)


def test_validation_of_distributions_is_restored():
    before = torch.distributions.Distribution._validate_args
    compile(lambda x: torch.distributions.Normal(x, 1.0).log_prob(x), 1.0)
    with pytest.raises(CompileError):
        compile(branch, [1.0])
    assert torch.distributions.Distribution._validate_args == before


def two(a, b):
    return a + b


BAD_EXAMPLES = [
    ((1.0,), TypeError, "'b'"),
    ((1.0, 2.0, 3.0), TypeError, "too many"),
    ((1.0, "2"), TypeError, r"'b'.*'2'"),
    ((None, 1.0), TypeError, r"'a'.*None"),
    ((1.0, object()), TypeError, r"'b'.*object"),
    ((1.0, [[1.0], [1.0, 2.0]]), TypeError, r"'b'.*\[\[1.0\], \[1.0, 2.0\]\]"),
    ((1j, 1.0), TypeError, r"'a'.*1j"),
    ((double(1.0), torch.tensor(1j)), TypeError, "'b' is complex"),
    ((float("nan"), 1.0), ValueError, r"'a' holds NaN: nan"),
    ((1.0, [1.0, float("nan")]), ValueError, r"'b' holds NaN: \[1.0, nan\]"),
]


@pytest.mark.parametrize(("examples", "kind", "message"), BAD_EXAMPLES, ids=range(len(BAD_EXAMPLES)))
def test_bad_examples_name_the_argument_and_its_value(examples, kind, message):
    with pytest.raises(kind, match=message):
        compile(two, *examples)


@pytest.mark.parametrize("names", [["a"], ["a", "a"], ["a", "b c"], ["a", "b", "c"]])
def test_bad_input_names(names):
    with pytest.raises(ValueError, match="input_names"):
        compile(two, 1.0, 2.0, input_names=names)


@pytest.mark.parametrize(
    "example", [1, 1.0, np.float32(1), np.int64(1), True, torch.tensor(1), double(1.0).requires_grad_()]
)
def test_numbers_of_all_kinds_are_examples(node, example):
    assert node.open(compile(two, example, 2))(1.0, 2.0) == [3.0]

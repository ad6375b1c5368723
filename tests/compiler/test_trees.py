"""Random functions: expression trees of elementwise operations, broadcasts, views, reductions and gradients."""

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .harness import assert_close, compile, double, torch_outputs

UNARY = {
    "neg": torch.neg,
    "sin": torch.sin,
    "tanh": torch.tanh,
    "exp": lambda x: (x.clamp(max=3)).exp(),
    "log": lambda x: (x.abs() + 0.5).log(),
    "sqrt": lambda x: (x * x + 0.1).sqrt(),
    "erf": torch.erf,
    "lgamma": lambda x: (x.abs() + 0.5).lgamma(),
    "half": lambda x: x * 0.5 - 1,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
}
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": lambda x, y: x / (1 + y * y),
    "maximum": torch.maximum,
    "where": lambda x, y: torch.where(x > y, x, 2 * y),
    "outer": lambda x, y: x.reshape(-1)[:3, None] * y.reshape(-1)[None, :3],
    "matmul": lambda x, y: x.reshape(-1, 1).expand(-1, 2)[:4] @ y.reshape(1, -1).expand(2, -1)[:, :4],
    "cat": lambda x, y: torch.cat([x.reshape(-1), y.reshape(-1)]),
}
SHAPED = {
    "sum": torch.sum,
    "sum last": lambda x: x.sum(-1),
    "sum first, kept": lambda x: x.sum(0, keepdim=True),
    "mean": torch.mean,
    "logsumexp": lambda x: x.logsumexp(-1, keepdim=True),
    "softmax": lambda x: x.softmax(-1),
    "amax": lambda x: x.amax(-1),
    "cumsum": lambda x: x.cumsum(-1),
    "transpose": lambda x: x.mT if x.ndim > 1 else x,
    "flip": lambda x: x.flip(0),
    "flatten": lambda x: x.reshape(-1),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "column": lambda x: x.unsqueeze(-1),
    "half of it": lambda x: x[: (x.shape[0] + 1) // 2],
    "every other": lambda x: x[..., ::2],
    "picked": lambda x: x[torch.tensor([0, -1])],
    "doubled row": lambda x: x.expand(2, *x.shape),
    "written": lambda x: torch.index_put(x, (torch.tensor([0]),), double(0.5)),
}

trees = st.recursive(
    st.tuples(st.just("input"), st.integers(0, 2)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(UNARY)), inner),
        st.tuples(st.sampled_from(sorted(BINARY)), inner, inner),
        st.tuples(st.sampled_from(sorted(SHAPED)), inner),
    ),
    max_leaves=8,
)
shapes = st.sampled_from([(), (1,), (4,), (3, 4), (3, 1), (1, 4), (2, 3, 4)])


def evaluate(tree, inputs):
    name, *rest = tree
    if name == "input":
        return inputs[rest[0]]
    args = [evaluate(branch, inputs) for branch in rest]
    if name in UNARY:
        return UNARY[name](*args)
    if name in SHAPED:
        return SHAPED[name](args[0] if args[0].ndim else args[0].reshape(1))
    if name not in ("outer", "cat", "matmul"):
        args = broadcastable(*args)
    return BINARY[name](*args)


def broadcastable(x, y):
    try:
        torch.broadcast_shapes(x.shape, y.shape)
    except RuntimeError:
        return x, y.sum()
    return x, y


def as_function(forest):
    def fn(a, b, c):
        return [evaluate(tree, (a, b, c)) for tree in forest]

    return fn


def as_gradient(forest):
    def total(a, b, c):
        return sum(evaluate(tree, (a, b, c)).tanh().sum() for tree in forest) + 0 * (a.sum() + b.sum() + c.sum())

    return torch.func.grad(total, argnums=(0, 1, 2))


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(trees, min_size=1, max_size=3), st.tuples(shapes, shapes, shapes), st.integers(0, 2**32 - 1), st.booleans()
)
def test_random_functions(node, forest, sizes, seed, differentiate):
    rng = np.random.default_rng(seed)
    args = [rng.normal(size=shape) for shape in sizes]
    fn = as_gradient(forest) if differentiate else as_function(forest)
    module = node.open(compile(fn, *[rng.normal(size=shape) for shape in sizes]))
    want = torch_outputs(fn, args)
    assert_close(module(*args), want, rtol=1e-9, atol=1e-11)
    module(*[rng.normal(size=shape) for shape in sizes])
    assert_close(module(*args), want, rtol=1e-9, atol=1e-11)

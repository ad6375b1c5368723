"""Capture a torch function as a graph of ATen operations.

``make_fx`` and the hook on its tracer are semi-internal parts of torch: torch is pinned, and the compiler's tests
hold what is relied upon here.
"""

import contextlib
import inspect
import numbers
import re
import traceback
import warnings
from unittest import mock

import numpy as np
import torch
from torch.distributions import Distribution
from torch.fx.experimental.proxy_tensor import PythonKeyTracer, make_fx
from torch.utils import _pytree as pytree

from .decompositions import decomposition_table
from .errors import compile_error, exception_place, is_user_frame, node_place

_DATA_DEPENDENT = re.compile(r"value out of a tracing tensor|_local_scalar_dense|data-dependent|DataDependent")
_DTYPE_MISMATCH = re.compile(r"same dtype|expected scalar type|must have the same dtype|dtype.*(Float|Double)", re.I)
_USE_WHERE = "Branch with torch.where, and keep shapes and indices independent of the values"
_PASS_NOISE = "Draw the noise once in Python and pass it as an argument"


def parameter_names(fn, count, names=None):
    """Name the inputs of ``fn``: the given names, else its parameters, else ``x0, x1, …``.

    Raises TypeError if ``fn`` does not take ``count`` positional arguments, ValueError if ``names`` does not fit.
    """
    if names is not None:
        if len(names) != count or len(set(names)) != count or not all(str(n).isidentifier() for n in names):
            raise ValueError(f"input_names must be {count} different identifiers, one an example input, not {names!r}")
        return [str(name) for name in names]
    try:
        bound = inspect.signature(fn).bind(*range(count))
    except ValueError:  # a builtin without a signature
        return [f"x{i}" for i in range(count)]
    return [name for key, value in bound.arguments.items() for name in _spread(key, value)]


def _spread(key, value):
    return [f"{key}{i}" for i in range(len(value))] if isinstance(value, tuple) else [key]


def example_tensor(name, value):
    """Return an example input as a fresh float64 tensor.

    Accepts a number, an array-like of numbers or a tensor. Raises TypeError for anything else and ValueError for NaN.
    """
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            raise TypeError(f"example input {name!r} is complex: {value!r}; only real tensors compile")
        tensor = value.detach().to(torch.float64, copy=True)
    else:
        tensor = torch.from_numpy(np.array(_number_array(name, value), order="C"))
    if tensor.isnan().any():
        raise ValueError(f"example input {name!r} holds NaN: {value!r}; give a value the function is defined at")
    return tensor.contiguous()


def _number_array(name, value):
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise TypeError(f"example input {name!r} must be a number or a tensor, not {value!r}")
    try:
        return float(value) if isinstance(value, numbers.Number) else np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"example input {name!r} must be a number or a tensor, not {value!r}") from error


def capture(fn, inputs):
    """Trace ``fn`` on float64 tensors: ``(graph_module, out_spec)``; the graph returns the flat list of outputs.

    Traces twice, the second time with the inputs moved a little, so that randomness and values taken out of torch
    (through numpy, say) show as a difference. Raises CompileError.
    """
    graph, spec = _trace(fn, inputs)
    again, _ = _trace(fn, [_nudge(x) for x in inputs])
    difference = _first_difference(graph, again)
    if difference is not None:
        same, _ = _trace(fn, inputs)
        raise _unstable(fn, difference, random=_first_difference(graph, same) is not None)
    return graph, spec


def _nudge(x):
    return torch.where(x == 0, 2.0**-40, x * (1 + 2.0**-20))


def _unstable(fn, node, random):
    if random:
        what = "randomness from outside torch (two traces differ)"
        return compile_error(fn, what, f"{_PASS_NOISE}.", node_place(node))
    what = "a value of an argument leaves torch (through numpy, say) and would be frozen into the program"
    return compile_error(fn, what, "Stay in torch from the arguments to the result.", node_place(node))


def _trace(fn, inputs):
    spec = []

    def flat(*args):
        leaves, tree = pytree.tree_flatten(fn(*args))
        spec.append(tree)
        return [_checked_output(fn, leaf) for leaf in leaves]

    def traced(*args):  # make_fx reads the number of arguments from a code object
        return flat(*args)

    tracer = make_fx(traced, decomposition_table=decomposition_table(), record_stack_traces=True)
    with _user_frames_only(), _unchecked_distributions(), _quiet(), _explained(fn):
        return tracer(*[x.clone() for x in inputs]), spec[-1]


def _checked_output(fn, leaf):
    if isinstance(leaf, torch.Tensor):
        return leaf
    advice = "Return a tensor, or tuples, lists and dicts of tensors (torch.as_tensor makes one of a number)."
    raise compile_error(fn, f"an output is {leaf!r} ({type(leaf).__name__}), not a tensor", advice)


@contextlib.contextmanager
def _user_frames_only():
    """Record, for each node, the caller's own innermost frame (the tracer keeps only frames named ``forward``)."""

    def keep(_tracer, frames):
        return traceback.StackSummary.from_list([frame for frame in frames if is_user_frame(frame)][-1:])

    with mock.patch.object(PythonKeyTracer, "_filter_traceback_frames", keep):
        yield


@contextlib.contextmanager
def _quiet():
    """Silence what torch says about itself when forward-mode derivatives are first used."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.script", category=DeprecationWarning)
        yield


@contextlib.contextmanager
def _unchecked_distributions():
    """Switch off argument checks of torch.distributions: they branch on values."""
    before = Distribution._validate_args
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        Distribution.set_default_validate_args(before)


@contextlib.contextmanager
def _explained(fn):
    """Turn what torch says about values and dtypes into a CompileError; other exceptions are the function's own."""
    try:
        yield
    except RuntimeError as error:
        if _DATA_DEPENDENT.search(str(error)):
            what = "a branch, a shape or a Python number depends on the value of a tensor (aten._local_scalar_dense)"
            raise compile_error(fn, what, f"{_USE_WHERE}.", exception_place(error)) from error
        if _DTYPE_MISMATCH.search(str(error)):
            advice = "Programs compute in float64: convert weights and constants with .double()."
            raise compile_error(fn, f"dtypes differ ({error})", advice, exception_place(error)) from error
        raise


def _first_difference(one, two):
    """Return the first node of ``one`` that ``two`` does not share, or None if the graphs and constants agree."""
    pairs = list(zip(one.graph.nodes, two.graph.nodes, strict=False))
    for a, b in pairs:
        if _signature(one, a) != _signature(two, b):
            return a
    return None if len(one.graph.nodes) == len(two.graph.nodes) else pairs[-1][0]


def _signature(module, node):
    if node.op == "get_attr":
        return "constant", _fingerprint(getattr(module, node.target))
    return node.op, str(node.target), repr(node.args), repr(node.kwargs)


def _fingerprint(tensor):
    data = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return str(data.dtype), tuple(data.shape), data.numpy().tobytes()

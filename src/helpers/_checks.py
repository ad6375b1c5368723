"""What the mathematics refuses, said in words: a bad argument is named, with its value.

``@checked`` turns the named arguments into float tensors and looks at their values before the formula runs, so that a
formula's own lines hold nothing but the formula. While a function is being traced, differentiated or vectorised its
tensors have no values to look at: then the looking steps aside and only types and shapes are checked.
"""

import contextlib
import contextvars
import functools
import inspect
import numbers

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx.experimental.proxy_tensor import get_proxy_mode

_trusting = contextvars.ContextVar("_trusting", default=False)


@contextlib.contextmanager
def trusted():
    """Within it ``checked`` formulas take tensors as they are: for a training loop that looked at its data before."""
    token = _trusting.set(True)
    try:
        yield
    finally:
        _trusting.reset(token)


def has_values(tensor: torch.Tensor) -> bool:
    """False while ``tensor`` only stands for values: in ``make_fx``, ``torch.func``, as a fake or meta tensor."""
    return not (
        get_proxy_mode() is not None
        or torch.compiler.is_compiling()
        or torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        or isinstance(tensor, FakeTensor)
        or tensor.is_meta
    )


def as_float(name: str, value) -> torch.Tensor:
    """``value`` as a float tensor: a float tensor keeps its dtype, every other number becomes float64."""
    if isinstance(value, torch.Tensor):
        if value.dtype.is_floating_point:
            return value
        if value.dtype is torch.bool or value.dtype.is_complex:
            raise TypeError(f"{name} must hold real numbers, got a tensor of {value.dtype}")
        return value.to(torch.float64)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return torch.as_tensor(float(value), dtype=torch.float64)
    if isinstance(value, np.ndarray | list | tuple):
        return _from_sequence(name, value)
    raise TypeError(f"{name} must be a number, an array or a tensor, got {value!r} of type {type(value).__name__}")


def _from_sequence(name: str, value) -> torch.Tensor:
    if isinstance(value, list | tuple) and any(isinstance(entry, torch.Tensor) for entry in value):
        raise TypeError(f"{name} must be one tensor, got a {type(value).__name__} of tensors; use torch.stack")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be rectangular, got {value!r}") from error
    if array.size and array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got {value!r}")
    return torch.as_tensor(array if array.dtype == np.float32 else array.astype(np.float64))


def finite(name: str, value: torch.Tensor) -> None:
    """Refuse an empty tensor, NaN and infinity."""
    if value.numel() == 0:
        raise ValueError(f"{name} is empty: its shape is {tuple(value.shape)}")
    if has_values(value) and not (ok := torch.isfinite(value)).all():
        raise ValueError(f"{name} must be finite, got {_first(value, ~ok)}")


def positive(name: str, value: torch.Tensor) -> None:
    """Refuse zero and negative values."""
    if has_values(value) and not (ok := value > 0).all():
        raise ValueError(f"{name} must be positive, got {_first(value, ~ok)}")


def probability(name: str, value: torch.Tensor) -> None:
    """Refuse values outside [0, 1]."""
    if has_values(value) and not (ok := (value >= 0) & (value <= 1)).all():
        raise ValueError(f"{name} must lie between 0 and 1, got {_first(value, ~ok)}")


def broadcastable(**values: torch.Tensor) -> None:
    """Refuse shapes that do not broadcast together."""
    try:
        torch.broadcast_shapes(*(value.shape for value in values.values()))
    except RuntimeError as error:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in values.items())
        raise ValueError(f"these shapes do not broadcast together: {shapes}") from error


def shape(name: str, value: torch.Tensor, *expected: int | None) -> None:
    """Refuse a tensor whose last dimensions are not ``expected`` (``None``: any size)."""
    last = tuple(value.shape)[-len(expected) :]
    if len(last) < len(expected) or any(e not in (None, n) for e, n in zip(expected, last, strict=True)):
        wanted = ", ".join("any" if e is None else str(e) for e in expected)
        raise ValueError(f"{name} must have last dimensions ({wanted}), got shape {tuple(value.shape)}")


def same_dtype(**values: torch.Tensor) -> None:
    """Refuse float32 beside float64 where a product of matrices needs one of them."""
    if len({value.dtype for value in values.values() if value.ndim}) > 1:
        dtypes = ", ".join(f"{name} {value.dtype}" for name, value in values.items())
        raise TypeError(f"these must have one dtype: {dtypes}")


def whole(name: str, value, least: int = 1) -> int:
    """``value`` as an ``int`` of at least ``least``."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return int(value)


def checked(real: str, *, positive: str = "", probability: str = "", broadcast: str = ""):
    """Decorate a formula: arguments named in ``real`` become finite float tensors; the other lists ask for more."""
    rules = [(globals()["finite"], real), (globals()["positive"], positive), (globals()["probability"], probability)]

    def decorate(formula):
        signature = inspect.signature(formula)

        @functools.wraps(formula)
        def with_checks(*args, **kwargs):
            if _trusting.get():
                return formula(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            given.update({name: as_float(name, given[name]) for name in real.split()})
            for rule, names in rules:
                for name in names.split():
                    rule(name, given[name])
            broadcastable(**{name: given[name] for name in broadcast.split()})
            return formula(*bound.args, **bound.kwargs)

        return with_checks

    return decorate


def _first(value: torch.Tensor, bad: torch.Tensor) -> str:
    """The first bad entry, and where it stands."""
    if value.ndim == 0:
        return f"{value.item()}"
    where = tuple(bad.nonzero()[0].tolist())
    return f"{value[where].item()} at index {where if len(where) > 1 else where[0]}"

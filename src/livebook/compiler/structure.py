"""Structural entries: arithmetic with options, constants in a shape, reductions, running folds, products.

``b`` is always the ``lower.Builder``; tensors are ``lower.View``; shapes are static.
"""

import torch

from .table import Unsupported, structural, structural_family


@structural_family("add", "sub")
def _scaled(name):
    def lower(b, x, y, alpha=1):
        if b.dtype == torch.bool:
            return b.op("logical_or", x, y)
        return b.op(name, x, y if alpha == 1 else b.op("mul", y, alpha))

    return lower


@structural("div")
def div(b, x, y, rounding_mode=None):
    """Quotient, perhaps rounded down or towards zero."""
    if rounding_mode == "floor":
        return b.op("floor_divide", x, y)
    quotient = b.op("div", x, y)
    return b.op("trunc", quotient) if rounding_mode == "trunc" else quotient


@structural_family("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bitwise(name):
    def lower(b, *args):
        if b.dtype != torch.bool:
            raise Unsupported("integers have no bits here", "Use it on booleans, or write it with arithmetic.")
        return b.op(name, *args)

    return lower


@structural("_to_copy")
def to_copy(b, x, dtype=None, **_):
    """Change the dtype: doubles carry all of them."""
    return cast(b, x, dtype or x.dtype)


def cast(b, x, dtype):
    """Convert a view to a dtype."""
    if dtype == torch.bool and x.dtype != torch.bool:
        return b.op("_to_boolean", x, dtype=dtype)
    if not dtype.is_floating_point and x.dtype.is_floating_point:
        return b.op("_to_integer", x, dtype=dtype)
    return b.op("_to_float", x, dtype=dtype) if dtype != x.dtype else b.copy(x)


@structural("clone", "lift_fresh_copy", "_conj_physical", "contiguous", "detach_copy")
def clone(b, x, memory_format=None):
    """Return a copy with its own storage."""
    return b.copy(x)


@structural("copy")
def copy(b, x, source, non_blocking=False):
    """Return ``source`` in the shape and dtype of ``x``."""
    return b.copy(b.expand(cast(b, source, x.dtype), x.shape))


# ---- constants in the shape of something


def _full(b, shape, value):
    return b.full(shape, torch.tensor(value, dtype=b.dtype))


@structural("full_like")
def full_like(b, x, value, dtype=None, **_):
    """Fill the shape of ``x``."""
    return _full(b, x.shape, value)


@structural("empty", "empty_permuted", "_efficientzerotensor")
def empty(b, size, *_, **__):
    """Zeros of a given shape: memory that nobody has written yet may hold anything."""
    return _full(b, size, 0)


@structural("_new_zeros_with_same_feature_meta")
def new_zeros_like_both(b, x, other, **_):
    """Zeros in the shape of the second argument."""
    return _full(b, other.shape, 0)


# ---- reductions


def _dims(dim):
    return None if dim is None else [dim] if isinstance(dim, int) else list(dim)


@structural_family("sum", "prod", "amax", "amin", "any", "all")
def _fold(kind):
    def lower(b, x, dim=None, keepdim=False, dtype=None):
        return b.reduce(kind, x, _dims(dim), keepdim)

    return lower


def _count(x, dims):
    rank = len(x.shape)
    count = 1
    for d in {d % rank for d in dims} if dims and rank else range(rank):
        count *= x.shape[d]
    return count


@structural("mean")
def mean(b, x, dim=None, keepdim=False, dtype=None):
    """Mean of all elements, or along dimensions."""
    total = b.reduce("sum", x, _dims(dim), keepdim)
    return b.op("div", total, _count(x, _dims(dim)))


@structural("var")
def var(b, x, dim=None, correction=1, keepdim=False):
    """Variance, by two passes."""
    return var_mean(b, x, dim, correction=correction, keepdim=keepdim)[0]


@structural("var_mean")
def var_mean(b, x, dim=None, correction=1, keepdim=False):
    """Variance and mean, by two passes."""
    correction = 1 if correction is None else correction
    dims = _dims(dim)
    centre = mean(b, x, dim, keepdim=True)
    away = b.op("sub", x, centre)
    squares = b.reduce("sum", b.op("mul", away, away), dims, keepdim)
    spread = b.op("div", squares, max(_count(x, dims) - correction, 0))
    return [spread, centre if keepdim else b.reshape(centre, spread.shape)]


@structural_family("argmax", "argmin")
def _arg(kind):
    def lower(b, x, dim=None, keepdim=False):
        return b.reduce(kind, x, _dims(dim), keepdim, dtype=torch.int64)

    return lower


@structural_family("max", "min")
def _extreme(name):
    kind, position = f"a{name}", f"arg{name}"

    def lower(b, x, dim=None, keepdim=False):
        if dim is None:
            return b.reduce(kind, x)
        values = b.reduce(kind, x, [dim], keepdim, dtype=x.dtype)
        return [values, b.reduce(position, x, [dim], keepdim, dtype=torch.int64)]

    return lower


@structural("linalg_vector_norm")
def vector_norm(b, x, ord=2, dim=None, keepdim=False, dtype=None):
    """The p-norm over dimensions."""
    size, dims = b.op("abs", x), _dims(dim)
    if ord in (float("inf"), float("-inf")):
        return b.reduce("amax" if ord > 0 else "amin", size, dims, keepdim)
    if ord == 0:
        return b.reduce("sum", b.op("ne", x, 0.0), dims, keepdim)
    if ord == 1:
        return b.reduce("sum", size, dims, keepdim)
    return b.op("pow", b.reduce("sum", b.op("pow", size, ord), dims, keepdim), 1 / ord)


@structural("_cdist_forward")
def distances(b, x, y, p, _mode):
    """The p-norms of all differences between rows."""
    left, right = b.reviewed(x, torch.Tensor.unsqueeze, -2), b.reviewed(y, torch.Tensor.unsqueeze, -3)
    return vector_norm(b, b.op("sub", left, right), p, -1)


@structural("native_layer_norm")
def layer_norm(b, x, shape, weight, bias, eps):
    """Layer normalisation: the result, the mean and the reciprocal deviation."""
    dims = list(range(-len(shape), 0))
    spread, centre = var_mean(b, x, dims, correction=0, keepdim=True)
    scale = b.op("rsqrt", b.op("add", spread, eps))
    result = b.op("mul", b.op("sub", x, centre), scale)
    result = result if weight is None else b.op("mul", result, weight)
    return [result if bias is None else b.op("add", result, bias), centre, scale]


# ---- running folds


@structural_family("cumsum", "cumprod", "logcumsumexp")
def _running(kind):
    def lower(b, x, dim, dtype=None):
        return b.scan(kind, x, dim)

    return lower


# ---- products


def contract(b, x, y):
    """``sum_k x[..., i, k] * y[..., k, j]`` as one loop nest: the product is never stored."""
    *batch, rows, inner = x.shape
    columns = y.shape[-1]
    shape = (*batch, rows, columns, inner)
    left = b.expand(b.reviewed(x, torch.Tensor.unsqueeze, -2), shape)
    right = b.expand(b.reviewed(y.__class__(y.cell, y.geometry.mT), torch.Tensor.unsqueeze, -3), shape)
    return b.reduce("sum", b.op("mul", left, right), [-1])


@structural("mm", "bmm")
def mm(b, x, y):
    """Matrix product, perhaps of batches."""
    return contract(b, x, y)


@structural("mv")
def mv(b, x, y):
    """Matrix times vector."""
    return b.reduce("sum", b.op("mul", x, y), [-1])


@structural("dot")
def dot(b, x, y):
    """Inner product of vectors."""
    return b.reduce("sum", b.op("mul", x, y), [-1])

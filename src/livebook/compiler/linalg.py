"""Entries for small dense matrices, by helpers in ``linalg.js``. Matrices are the last two dimensions."""

import math

import torch

from .table import structural


def _batched(b, *matrices):
    """Broadcast the batch dimensions; return the matrices, the batch shape and its size."""
    batch = tuple(torch.broadcast_shapes(*[m.shape[:-2] for m in matrices]))
    return [b.expand(m, batch + m.shape[-2:]) for m in matrices], batch, math.prod(batch)


def _zeros(b, shape):
    return b.full(shape, torch.tensor(0, dtype=torch.int32))


def _transposed(x):
    return x.__class__(x.cell, x.geometry.mT)


@structural("linalg_cholesky_ex")
def cholesky(b, x, upper=False, check_errors=False):
    """The factor (lower, or upper) and zeros for the error codes; NaN where there is none."""
    (x,), batch, count = _batched(b, x)
    (factor,) = b.call("cholesky", [x], [x.shape], (count, x.shape[-1]))
    return [_transposed(factor) if upper else factor, _zeros(b, batch)]


@structural("linalg_solve_triangular")
def solve_triangular(b, a, y, upper=False, left=True, unitriangular=False):
    """Solve ``a x = y`` (or ``x a = y``) for triangular ``a``."""
    if not left:
        flipped = solve_triangular(b, _transposed(a), _transposed(y), not upper, True, unitriangular)
        return _transposed(flipped)
    (a, y), _, count = _batched(b, a, y)
    numbers = (count, *y.shape[-2:], int(upper), int(unitriangular))
    return b.call("solveTriangular", [a, y], [y.shape], numbers)[0]


@structural("cholesky_solve")
def cholesky_solve(b, y, factor, upper=False):
    """Solve ``a x = y`` given the Cholesky factor of ``a``."""
    lower = _transposed(factor) if upper else factor
    return solve_triangular(b, _transposed(lower), solve_triangular(b, lower, y), upper=True)


@structural("cholesky_inverse")
def cholesky_inverse(b, factor, upper=False):
    """The inverse of ``a`` given its Cholesky factor."""
    return cholesky_solve(b, b.constant(torch.eye(factor.shape[-1], dtype=torch.float64)), factor, upper)


def _lu(b, a):
    count = math.prod(a.shape[:-2])
    dtypes = [torch.float64, torch.int32]
    return b.call("luFactor", [a], [a.shape, a.shape[:-1]], (count, a.shape[-1]), dtypes)


@structural("linalg_lu_factor_ex")
def lu_factor(b, a, pivot=True, check_errors=False):
    """LU factors in one matrix, pivots counted from 1, and zeros for the error codes."""
    return [*_lu(b, a), _zeros(b, a.shape[:-2])]


@structural("linalg_lu_solve")
def lu_solve(b, lu, pivots, y, left=True, adjoint=False):
    """Solve from LU factors."""
    if not left:
        return _transposed(lu_solve(b, lu, pivots, _transposed(y), True, not adjoint))
    batch = tuple(torch.broadcast_shapes(lu.shape[:-2], y.shape[:-2]))
    lu, y = (b.expand(m, batch + m.shape[-2:]) for m in (lu, y))
    pivots = b.expand(pivots, batch + pivots.shape[-1:])
    numbers = (math.prod(batch), *y.shape[-2:], int(adjoint))
    return b.call("luSolve", [lu, pivots, y], [y.shape], numbers)[0]


@structural("_linalg_solve_ex")
def solve(b, a, y, left=True, check_errors=False):
    """Solve ``a x = y``; then the LU factors, the pivots, and zeros for the error codes."""
    vector = len(y.shape) == len(a.shape) - 1 and y.shape == a.shape[:-1]
    y = b.reviewed(y, torch.Tensor.unsqueeze, -1) if vector else y
    lu, pivots = _lu(b, a)
    x = lu_solve(b, lu, pivots, y, left)
    x = b.reviewed(x, torch.Tensor.squeeze, -1) if vector else x
    return [x, lu, pivots, _zeros(b, a.shape[:-2])]


@structural("linalg_inv_ex")
def inverse(b, a, check_errors=False):
    """The inverse and zeros for the error codes."""
    eye = b.constant(torch.eye(a.shape[-1], dtype=torch.float64))
    lu, pivots = _lu(b, a)
    return [lu_solve(b, lu, pivots, eye), _zeros(b, a.shape[:-2])]


@structural("_linalg_slogdet")
def slogdet(b, a):
    """Sign, logarithm of the absolute determinant, LU factors and pivots."""
    lu, pivots = _lu(b, a)
    n, count = a.shape[-1], math.prod(a.shape[:-2])
    sign, size = b.call("luLogDeterminant", [lu, pivots], [a.shape[:-2]] * 2, (count, n))
    return [sign, size, lu, pivots]


@structural("_linalg_det")
def det(b, a):
    """Determinant, LU factors and pivots."""
    lu, pivots = _lu(b, a)
    numbers = (math.prod(a.shape[:-2]), a.shape[-1])
    return [b.call("luDeterminant", [lu, pivots], [a.shape[:-2]], numbers)[0], lu, pivots]

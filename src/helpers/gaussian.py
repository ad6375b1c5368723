"""The Gaussian: density, likelihood, maximum likelihood fit, entropy, in one and in several dimensions.

Standard deviations are written ``sigma``, as on the page; a variance never hides under that name.
"""

import math

import torch

from helpers import _checks
from helpers._checks import checked

LOG_2_PI = math.log(2 * math.pi)


@checked("x mu sigma", positive="sigma", broadcast="x mu sigma")
def log_prob(x, mu, sigma):
    r"""Log density of a Gaussian at ``x``, in nats.

    .. math:: \log N(x; \mu, \sigma^2) = -\tfrac12 \log 2\pi - \log\sigma - \frac{(x-\mu)^2}{2\sigma^2}

    ``x``, ``mu`` and ``sigma`` broadcast; ``sigma`` is a standard deviation, in the units of ``x``.
    Raises ValueError if ``sigma`` is not positive, an argument is empty or not finite, or shapes do not broadcast.

    Equation: (eq-gaussian-log-prob). Source: Bishop, PRML, eq. 1.46.
    """
    return -0.5 * LOG_2_PI - sigma.log() - 0.5 * ((x - mu) / sigma) ** 2


@checked("x mu sigma", positive="sigma", broadcast="mu sigma")
def log_likelihood(x, mu, sigma):
    r"""Log-likelihood of ``(mu, sigma)`` for independent draws ``x`` (n,), one value for each pair, in nats.

    .. math:: \ell(\mu, \sigma) = \sum_{i=1}^n \log N(x_i; \mu, \sigma^2)

    ``mu`` and ``sigma`` broadcast to any shape, which is the result's: numbers give a number, grids give a surface.

    Equation: (eq-log-likelihood). Source: Bishop, PRML, eq. 1.54.
    """
    _checks.shape("x", x, None)
    return log_prob(x, mu[..., None], sigma[..., None]).sum(-1)


@checked("x mu sigma", positive="sigma", broadcast="mu sigma")
def likelihood(x, mu, sigma):
    r"""Likelihood of ``(mu, sigma)``: the product of the densities. For long ``x`` it underflows to 0.

    .. math:: L(\mu, \sigma) = \prod_{i=1}^n N(x_i; \mu, \sigma^2)

    ``x`` is (n,); ``mu`` and ``sigma`` broadcast to the result's shape, as in ``log_likelihood``.

    Equation: (eq-likelihood). Source: Bishop, PRML, eq. 1.53.
    """
    _checks.shape("x", x, None)
    return log_prob(x, mu[..., None], sigma[..., None]).exp().prod(-1)


@checked("x")
def fit(x):
    r"""Maximum likelihood estimates ``(mu, sigma)`` from ``x`` (..., n); the variance divides by n, not by n - 1.

    .. math:: \hat\mu = \frac1n\sum_i x_i, \qquad \hat\sigma^2 = \frac1n\sum_i (x_i-\hat\mu)^2

    Raises ValueError if all values are equal: the likelihood then grows without limit as sigma goes to 0.

    Equation: (eq-gaussian-mle). Source: Bishop, PRML, eqs. 1.55 and 1.56.
    """
    _checks.shape("x", x, None)
    mu = x.mean(-1)
    sigma = ((x - mu[..., None]) ** 2).mean(-1).sqrt()
    if _checks.has_values(sigma) and (sigma == 0).any():
        raise ValueError(f"x must vary, got {x.shape[-1]} value(s) all equal to {x.flatten()[0].item()}")
    return mu, sigma


@checked("sigma", positive="sigma")
def entropy(sigma):
    r"""Differential entropy of a Gaussian, in nats.

    .. math:: H = \tfrac12 \log(2\pi e\,\sigma^2)

    Source: Bishop, PRML, eq. 1.110.
    """
    return 0.5 * (LOG_2_PI + 1) + sigma.log()


@checked("x mu covariance")
def log_prob_multivariate(x, mu, covariance):
    r"""Log density of a D-dimensional Gaussian at ``x`` (..., D), given ``mu`` (D,) and ``covariance`` (D, D).

    .. math:: -\tfrac12\left(D\log 2\pi + \log|\Sigma| + (x-\mu)^\top\Sigma^{-1}(x-\mu)\right)

    With :math:`\Sigma = LL^\top`, :math:`\log|\Sigma| = 2\sum_j\log L_{jj}` and the quadratic form is
    :math:`\|L^{-1}(x-\mu)\|^2`. Raises ValueError if ``covariance`` is not symmetric and positive definite.

    Equation: (eq-gaussian-multivariate). Source: Bishop, PRML, eq. 2.43.
    """
    dimensions = covariance.shape[-1]
    _checks.shape("covariance", covariance, dimensions, dimensions)
    _checks.shape("x", x, dimensions)
    _checks.broadcastable(x=x, mu=mu)
    _checks.same_dtype(x=x, mu=mu, covariance=covariance)
    scale = cholesky("covariance", covariance)
    whitened = torch.linalg.solve_triangular(scale, (x - mu)[..., None], upper=False)[..., 0]
    log_det = 2 * scale.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return -0.5 * (dimensions * LOG_2_PI + log_det + (whitened**2).sum(-1))


def cholesky(name, matrix):
    """Lower triangle L with L Lᵀ = ``matrix``; ValueError, with ``name``, if there is none."""
    if not _checks.has_values(matrix):
        return torch.linalg.cholesky(matrix)
    if not torch.allclose(matrix, matrix.mT, rtol=1e-6, atol=1e-12):
        raise ValueError(f"{name} must be symmetric, got {matrix.tolist()}")
    scale, info = torch.linalg.cholesky_ex(matrix)
    if info.any():
        raise ValueError(f"{name} must be positive definite, its smallest eigenvalue is {_smallest(matrix):.6g}")
    return scale


def _smallest(matrix):
    return torch.linalg.eigvalsh(matrix.detach()).min().item()


@checked("x mu sigma rho", positive="sigma")
def log_prob_bivariate(x, mu, sigma, rho):
    r"""Log density of a two-dimensional Gaussian at ``x`` (..., 2), written with a correlation: no matrix is inverted.

    .. math::
        -\log 2\pi - \log\sigma_1\sigma_2 - \tfrac12\log(1-\rho^2) - \frac{a^2 - 2\rho ab + b^2}{2(1-\rho^2)},
        \qquad a = \frac{x_1-\mu_1}{\sigma_1},\; b = \frac{x_2-\mu_2}{\sigma_2}

    ``mu`` and ``sigma`` have shape (2,). Raises ValueError if ``rho`` is not between -1 and 1.

    Equation: (eq-gaussian-bivariate). Source: Bishop, PRML, eq. 2.43 with D = 2.
    """
    _checks.shape("x", x, 2)
    _checks.broadcastable(x=x, mu=mu, sigma=sigma)
    if _checks.has_values(rho) and not (rho.abs() < 1).all():
        raise ValueError(f"rho must lie strictly between -1 and 1, got {rho.tolist()}")
    a, b = ((x - mu) / sigma).unbind(-1)
    free = 1 - rho**2
    log_volume = sigma.log().sum(-1) + 0.5 * free.log()
    return -LOG_2_PI - log_volume - (a**2 - 2 * rho * a * b + b**2) / (2 * free)

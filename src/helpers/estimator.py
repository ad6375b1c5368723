"""How far estimates scatter: sampling distributions, bias, mean squared error, information, standard errors.

The data are n independent draws from a Gaussian with mean ``mu`` and standard deviation ``sigma``; S is the sum of
their squared distances from their own average. An estimate of the variance divides S by some ``divisor``: n for maximum
likelihood, n - 1 for no bias, n + 1 for the smallest mean squared error.
"""

import math

import torch

from helpers import _checks, gaussian
from helpers._checks import checked


def _two_or_more(n):
    if _checks.has_values(n) and not (n >= 2).all():
        raise ValueError(f"n must be at least 2, got {n.min().item():g}: one draw has no distance from its own average")


@checked("mu_hat mu sigma n", positive="sigma n", broadcast="mu_hat mu sigma n")
def mean_log_density(mu_hat, mu, sigma, n):
    r"""Log density of the average of ``n`` draws at ``mu_hat``, in nats; all arguments broadcast.

    .. math:: \hat\mu \sim N(\mu, \sigma^2/n)

    Equation: (eq-est-mean). Source: Casella and Berger, chapter 5.
    """
    return gaussian.log_prob(mu_hat, mu, sigma / n.sqrt())


@checked(
    "variance sigma n divisor",
    positive="variance sigma divisor",
    broadcast="variance sigma n divisor",
)
def variance_log_density(variance, sigma, n, divisor):
    r"""Log density of S / divisor at ``variance``, in nats; all arguments broadcast.

    .. math:: \frac{S}{\sigma^2} \sim \chi^2_{n-1}, \qquad S = \sum_{i=1}^n (x_i - \hat\mu)^2

    ``variance`` has the squared unit of ``sigma``. Raises ValueError if it is not positive, or ``n`` is below 2.

    Equation: (eq-est-chi-square). Source: Casella and Berger, chapter 5.
    """
    _two_or_more(n)
    half, scale = (n - 1) / 2, divisor / sigma**2
    c = scale * variance
    log_area = half * math.log(2) + torch.lgamma(half)
    return (half - 1) * c.log() - c / 2 - log_area + scale.log()


@checked("sigma n divisor", positive="sigma divisor", broadcast="sigma n divisor")
def variance_mean(sigma, n, divisor):
    r"""Average of S / divisor over all samples; the bias is this minus ``sigma`` squared.

    .. math:: E\Big[\frac{S}{d}\Big] = \frac{n-1}{d}\,\sigma^2

    Equation: (eq-est-variance-mean). Source: Casella and Berger, chapter 5.
    """
    _two_or_more(n)
    return (n - 1) / divisor * sigma**2


@checked(
    "sigma n divisor",
    positive="sigma divisor",
    broadcast="sigma n divisor",
)
def mean_squared_error(sigma, n, divisor):
    r"""Average squared error of S / divisor as an estimate of the variance: its own variance plus its bias squared.

    .. math:: \frac{2(n-1) + (n-1-d)^2}{d^2}\,\sigma^4

    Smallest at d = n + 1. The unit is the fourth power of that of ``sigma``.

    Equation: (eq-est-mse-divisor). Source: Casella and Berger, chapter 7.
    """
    _two_or_more(n)
    return (2 * (n - 1) + (n - 1 - divisor) ** 2) / divisor**2 * sigma**4


@checked("sigma n divisor", positive="sigma divisor", broadcast="sigma n divisor")
def sigma_mean(sigma, n, divisor):
    r"""Average of the root of S / divisor: below ``sigma`` even at divisor n - 1.

    .. math:: E\sqrt{S/d} = \sigma\,\sqrt{\frac2d}\;\frac{\Gamma(n/2)}{\Gamma((n-1)/2)}

    Equation: (eq-est-sigma). Source: the mean of a chi variable; integrate the chi-square density.
    """
    _two_or_more(n)
    return sigma * (2 / divisor).sqrt() * (torch.lgamma(n / 2) - torch.lgamma((n - 1) / 2)).exp()


@checked("x mu sigma", positive="sigma", broadcast="x mu sigma")
def score(x, mu, sigma):
    r"""Slopes of one draw's log density along ``mu`` and ``sigma``, in the last dimension: (...) gives (..., 2).

    .. math:: \frac{x-\mu}{\sigma^2}, \qquad \frac{(x-\mu)^2}{\sigma^3} - \frac1\sigma

    Equation: (eq-est-score). Source: differentiate ``gaussian.log_prob``.
    """
    z = (x - mu) / sigma
    return torch.stack([z / sigma, (z**2 - 1) / sigma], -1)


@checked("sigma", positive="sigma")
def information(sigma):
    r"""Fisher information of one draw about ``mu`` and about ``sigma``, in the last dimension: (...) gives (..., 2).

    .. math:: I_\mu = \frac1{\sigma^2}, \qquad I_\sigma = \frac2{\sigma^2}

    The mixed entry of the matrix is 0. Equation: (eq-est-information). Source: Casella and Berger, chapter 7.
    """
    return torch.stack([sigma**-2, 2 * sigma**-2], -1)


@checked("sigma n", positive="sigma n", broadcast="sigma n")
def standard_errors(sigma, n):
    r"""Standard errors of the maximum likelihood estimates of ``mu`` and ``sigma``, in the last dimension.

    .. math:: \frac1{\sqrt{n I_\mu}} = \frac{\sigma}{\sqrt n}, \qquad
              \frac1{\sqrt{n I_\sigma}} = \frac{\sigma}{\sqrt{2n}}

    The first is exact, the second holds for large ``n``. Equation: (eq-est-standard-error).
    Source: Wasserman, All of Statistics, chapter 9.
    """
    return 1 / (n[..., None] * information(sigma)).sqrt()

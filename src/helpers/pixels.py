"""What a decoder may say about grey pixels: four likelihoods of one pixel, each summed over the pixels of a picture.

``x`` (..., D) is a picture: the share of lit cells of each pixel, between 0 and 1. A decoder gives D numbers, which are
means for the Gaussian and *logits* for the other three, l = log(λ / (1 - λ)); x and they broadcast. Results are in nats
and have lost the last dimension. Gaussian and continuous Bernoulli are densities of x, Bernoulli and Binomial are
probabilities. The three of ``(x, logits)`` are what ``helpers.vae`` takes as a likelihood.
"""

import math

import torch

from helpers import _checks
from helpers import gaussian as one_gaussian
from helpers._checks import checked

CELLS = 16  # a pixel of the UCI digits counts the lit cells of a block of 4 by 4
NEAR = 0.25  # logits nearer to 0 than this go by a Taylor polynomial, whose first term left out is below 1e-16
_LOG_NORMALISER = (1 / 12, -7 / 1440, 31 / 90720, -127 / 4838400, 73 / 34214400, -1414477 / 7846046208000)
_MEAN = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)


@checked("x mean sigma", positive="sigma", broadcast="x mean sigma")
def gaussian(x, mean, sigma):
    r"""Log density of each picture under independent Gaussian pixels; ``sigma`` is one for all, or broadcasts.

    .. math:: \sum_d \log N(x_d; \mu_d, \sigma^2)
              = -\frac{1}{2\sigma^2}\sum_d (x_d-\mu_d)^2 - D\log\sigma - \tfrac{D}{2}\log 2\pi

    ``x`` may be any numbers: this density knows no ends. Equation: (eq-dec-gaussian). Source: Rybkin et al. (2021).
    """
    _pictures(x, mean, "mean")
    return one_gaussian.log_prob(x, mean, sigma).sum(-1)


@checked("x logits", probability="x", broadcast="x logits")
def bernoulli(x, logits):
    r"""Minus the binary cross entropy of each picture: a log probability where every ``x`` is 0 or 1.

    .. math:: \sum_d \left(x_d \log\lambda_d + (1-x_d)\log(1-\lambda_d)\right) = \sum_d \left(x_d l_d - \log(1+e^{l_d})\right)

    For grey ``x``, between 0 and 1, it is the logarithm of no density: see ``area``.
    Equations: (eq-dec-bernoulli) and (eq-bernoulli-log-likelihood). Source: Kingma and Welling (2014), appendix C.1.
    """  # noqa: E501
    _pictures(x, logits)
    return (x * logits - _softplus(logits)).sum(-1)


@checked("x logits", probability="x", broadcast="x logits")
def continuous_bernoulli(x, logits):
    r"""Log density of each picture under independent continuous Bernoulli pixels on [0, 1].

    .. math:: \sum_d \left(x_d l_d - \log(1+e^{l_d}) + \log C(\lambda_d)\right)

    The mean is not λ: see ``continuous_mean``.
    Equation: (eq-dec-continuous). Source: Loaiza-Ganem and Cunningham (2019).
    """
    _pictures(x, logits)
    return (x * logits - _softplus(logits) + log_normaliser(logits)).sum(-1)


@checked("x logits", probability="x", broadcast="x logits")
def binomial(x, logits):
    r"""Log probability of each picture whose pixels are shares of 16 cells, lit independently with probability λ.

    .. math:: \sum_d \left(\log\binom{16}{16x_d} + 16\,(x_d l_d - \log(1+e^{l_d}))\right)

    Raises ValueError if ``x`` is not a whole number of sixteenths.
    Equation: (eq-dec-binomial). Source: Bishop, PRML, eq. 2.9.
    """
    _pictures(x, logits)
    _sixteenths(x)
    lit, dark = CELLS * x, CELLS * (1 - x)
    ways = math.lgamma(17) - torch.lgamma(lit + 1) - torch.lgamma(dark + 1)
    return (ways + CELLS * (x * logits - _softplus(logits))).sum(-1)


@checked("logits")
def log_normaliser(logits):
    r"""Log of what exp(-BCE) must be multiplied by to have area 1, for each logit.

    .. math:: \log C(\lambda) = \log\frac{l}{\tanh(l/2)}
              = \log 2 + \frac{l^2}{12} - \frac{7 l^4}{1440} + \frac{31 l^6}{90720} - \dots

    The polynomial stands in near l = 0, where the fraction is 0/0 and its slopes lose their digits.
    Equation: (eq-dec-taylor). Source: Loaiza-Ganem and Cunningham (2019).
    """
    near, away = _apart(logits)
    taylor = math.log(2) + near * _polynomial(near, _LOG_NORMALISER)
    exact = (away / (away / 2).tanh()).log()
    return torch.where(logits.abs() < NEAR, taylor, exact)


def area(logits):
    r"""Area under exp(-BCE(x, λ)) for x from 0 to 1: never above one half.

    .. math:: \int_0^1 \lambda^x (1-\lambda)^{1-x}\,dx = \frac{2\lambda-1}{l} = \frac{\tanh(l/2)}{l}

    Equation: (eq-dec-area). Source: Loaiza-Ganem and Cunningham (2019).
    """
    return (-log_normaliser(logits)).exp()


@checked("logits")
def continuous_mean(logits):
    r"""Mean of the continuous Bernoulli, for each logit: nearer to one half than λ.

    .. math:: \lambda - \frac{d \log C}{d l} = \frac12 + \frac{1}{2\tanh(l/2)} - \frac1l

    Equation: (eq-dec-continuous-mean). Source: Loaiza-Ganem and Cunningham (2019).
    """
    near, away = _apart(logits)
    fraction = 0.5 / (away / 2).tanh() - 1 / away
    return 0.5 + torch.where(logits.abs() < NEAR, _polynomial(near, _MEAN), fraction)


@checked("u logits", probability="u", broadcast="u logits")
def continuous_quantile(u, logits):
    r"""The value below which a continuous Bernoulli pixel falls with probability ``u``: uniform ``u`` make draws.

    .. math:: \frac{\log(1 + u\,(e^{l}-1))}{l}

    Source: Loaiza-Ganem and Cunningham (2019).
    """
    falling = torch.where(logits > 0, 1 - u, u)  # mirrored, so that no exponential overflows
    down = -logits.abs()
    tiny = logits.abs() < 1e-6
    away = torch.where(tiny, -1.0, down)
    value = torch.where(tiny, falling + down * falling * (1 - falling) / 2, (falling * away.expm1()).log1p() / away)
    return torch.where(logits > 0, 1 - value, value)


def _pictures(x, decoded, name="logits"):
    """Refuse pictures that have not one pixel for each of the decoder's numbers."""
    _checks.shape(name, decoded, None)
    _checks.shape("x", x, decoded.shape[-1])


def _sixteenths(x):
    """Refuse shares that no count of cells can have."""
    off = (CELLS * x - (CELLS * x).round()).abs()
    if _checks.has_values(off) and not (ok := off < 1e-4).all():
        raise ValueError(f"x must be a whole number of {CELLS}ths, got {x[~ok][0].item()}")


def _softplus(logits):
    """log(1 + exp(l)), which overflows nowhere and keeps its digits (torch's own is exact to 2e-9 only)."""
    return torch.logaddexp(logits, torch.zeros_like(logits))


def _apart(logits):
    """``logits`` near 0, and those away from it; each with a harmless number where the other is meant."""
    near = logits.abs() < NEAR
    return torch.where(near, logits, 0.0), torch.where(near, 1.0, logits)


def _polynomial(x, coefficients):
    """Σ c_k x^(2k+1), by Horner's rule."""
    total = torch.zeros_like(x)
    for c in reversed(coefficients):
        total = total * x * x + c
    return total * x

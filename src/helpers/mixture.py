"""Gaussian mixtures in one dimension: a density with a variable that was not seen, and EM, which fits it.

Each x_i was drawn in two steps: first a component z_i, with probabilities ``weights``, then x_i from that component's
Gaussian. Only x_i was kept. Parameters are tensors with the components in their last dimension, (..., K); ``counts``
says how often each x counts (repeated values, or 0 for one that is to be left out).
"""

import math

import torch

from helpers import _checks
from helpers._checks import checked
from helpers.gaussian import log_prob


@checked("x weights mu sigma", positive="sigma", probability="weights", broadcast="weights mu sigma")
def log_joint(x, weights, mu, sigma):
    r"""log p(x_i, z_i = k), in nats: x (n,) and parameters (..., K) give (..., n, K).

    .. math:: \log p(x_i, k) = \log\pi_k + \log N(x_i; \mu_k, \sigma_k^2)

    ``mu`` and ``sigma`` have the units of ``x``. Raises ValueError if ``weights`` do not sum to 1.

    Equation: (eq-mix-marginal), a term of the sum. Source: the product rule; Bishop, PRML, section 9.2.
    """
    _checks.shape("x", x, None)
    _sum_to_one(weights)
    given_k = log_prob(x[:, None], mu[..., None, :], sigma[..., None, :])
    return weights.log()[..., None, :] + given_k


def _sum_to_one(weights):
    total = weights.sum(-1)
    if _checks.has_values(total) and ((total - 1).abs() > 1e-6).any():
        raise ValueError(f"weights must sum to 1, got {weights.tolist()}")


def log_marginal(x, weights, mu, sigma):
    r"""log p(x_i) with z_i summed out: the density of what was seen; (..., n).

    .. math:: \log p(x_i) = \log\sum_k \pi_k\,N(x_i; \mu_k, \sigma_k^2)

    Equation: (eq-mix-marginal). Source: Bishop, PRML, section 9.2.
    """
    return log_joint(x, weights, mu, sigma).logsumexp(-1)


@checked("counts")
def log_likelihood(x, weights, mu, sigma, counts=1.0):
    r"""Log-likelihood of the parameters for independent draws x (n,), in nats; the shape is the parameters' (...).

    .. math:: \ell(\theta) = \sum_i \log\sum_k \pi_k\,N(x_i; \mu_k, \sigma_k^2)

    Equation: (eq-mix-log-likelihood). Source: Bishop, PRML, section 9.2.2.
    """
    return (counts * log_marginal(x, weights, mu, sigma)).sum(-1)


def responsibilities(x, weights, mu, sigma):
    r"""E step: how probable each component is for each x, by Bayes' theorem; (..., n, K), rows sum to 1.

    .. math:: r_{ik} = p(z_i = k\,|\,x_i) = \frac{\pi_k\,N(x_i; \mu_k, \sigma_k^2)}{\sum_j \pi_j\,N(x_i; \mu_j, \sigma_j^2)}

    Equation: (eq-mix-responsibility). Source: Bishop, PRML, section 9.2.
    """  # noqa: E501
    return log_joint(x, weights, mu, sigma).softmax(-1)


@checked("q counts", probability="q")
def bound(x, weights, mu, sigma, q, counts=1.0):
    r"""What shares q (n, K) say about the log-likelihood: never more than its value, and exactly it at the posterior.

    .. math:: B(q, \theta) = \sum_{i,k} q_{ik}\,\log\frac{\pi_k\,N(x_i; \mu_k, \sigma_k^2)}{q_{ik}}

    Equation: (eq-mix-bound). Source: Neal and Hinton (1998).
    """
    joint = log_joint(x, weights, mu, sigma)
    _checks.shape("q", q, *joint.shape[-2:])
    return (counts[..., None] * (q * joint - torch.xlogy(q, q))).sum((-2, -1))


@checked("x q counts floor", probability="q")
def m_step(x, q, counts=1.0, floor=0.0):
    r"""M step: the parameters ``(weights, mu, sigma)``, each (K,), at which the bound under q (n, K) is highest.

    .. math:: N_k = \sum_i q_{ik}, \quad \pi_k = \frac{N_k}{n}, \quad \mu_k = \frac1{N_k}\sum_i q_{ik}\,x_i, \quad
              \sigma_k^2 = \frac1{N_k}\sum_i q_{ik}\,(x_i - \mu_k)^2

    ``floor``, in the units of x, is the smallest sigma allowed. Raises ValueError if a component has nothing left, or
    if its sigma would be 0: there the likelihood has no upper limit.

    Equation: (eq-mix-m-step). Source: Bishop, PRML, section 9.2.2.
    """
    _checks.shape("x", x, None)
    _checks.shape("q", q, x.shape[-1], None)
    shares = counts[..., None] * q
    size = shares.sum(0)
    mu = (shares * x[:, None]).sum(0) / size
    variance = (shares * (x[:, None] - mu) ** 2).sum(0) / size
    sigma = variance.sqrt().maximum(floor)
    _not_collapsed(sigma)
    return size / size.sum(), mu, sigma


def _not_collapsed(sigma):
    if _checks.has_values(sigma) and not (ok := sigma > 0).all():
        component = int((~ok).nonzero()[0]) + 1
        raise ValueError(f"sigma must stay positive: component {component} collapsed; give a floor")


@checked("x weights mu sigma counts floor", positive="sigma", probability="weights", broadcast="weights mu sigma")
def em(x, weights, mu, sigma, steps, counts=1.0, floor=0.0):
    r"""The path ``(weights, mu, sigma)``, each (steps + 1, K): the start, then where each EM step leads.

    .. math:: \ell(\theta_0) \le \ell(\theta_1) \le \ell(\theta_2) \le \dots

    A start below ``floor`` is lifted to it.

    Equation: (eq-mix-climb). Source: Dempster, Laird and Rubin (1977).
    """
    path = [(weights, mu, sigma.maximum(floor))]
    for _ in range(_checks.whole("steps", steps)):
        path.append(m_step(x, responsibilities(x, *path[-1]), counts, floor))
    return tuple(torch.stack(part) for part in zip(*path, strict=True))


def ceiling(n, floor):
    r"""No log-likelihood of ``n`` draws exceeds this while every sigma is at least ``floor``.

    .. math:: \ell(\theta) \le -n\,\log\big(f\sqrt{2\pi}\big)

    Equation: (eq-mix-floor). Source: no Gaussian is higher than 1 / (sigma sqrt(2 pi)).
    """
    floor = _checks.as_float("floor", floor)
    _checks.positive("floor", floor)
    return -n * (floor * math.sqrt(2 * math.pi)).log()

"""A posterior with two humps and an exact evidence: a reading that tells how far something is, but not on which side.

The model is z ~ N(0, tau²), a position to the left (negative) or right of a path, and x | z ~ N(|z|, sigma²), a reading
of the distance. z and -z explain a reading equally well, so p(z|x) is symmetric; q(z) = N(mu_q, sigma_q²) is not.
"""

import math

import torch

from helpers import elbo as one_hump
from helpers._checks import checked


@checked("z x tau sigma", positive="tau sigma", broadcast="z x tau sigma")
def log_joint(z, x, tau=1.0, sigma=1.0):
    r"""Log p(x, z) for one reading ``x``; the arguments broadcast.

    .. math:: \log N(z; 0, \tau^2) + \log N(x; |z|, \sigma^2)
    """
    return one_hump.log_joint(z.abs(), x[..., None], 0.0, tau, sigma)


@checked("x tau sigma", positive="tau sigma", broadcast="x tau sigma")
def log_marginal(x, tau=1.0, sigma=1.0):
    r"""Exact log p(x): each side holds half, and on one side the joint is a Gaussian cut off at 0.

    .. math:: \log 2 + \log N(x; 0, \sigma^2 + \tau^2) + \log\Phi(m/s)

    m and s are the mean and standard deviation of p(z|x) in the model without the bars around z.
    Equation: (eq-elbo-distance).
    """
    m, s = one_hump.exact_posterior(x[..., None], 0.0, tau, sigma)
    return math.log(2) + one_hump.log_marginal(x[..., None], 0.0, tau, sigma) + torch.special.ndtr(m / s).log()


@checked("mu sigma", positive="sigma", broadcast="mu sigma")
def mean_distance(mu, sigma):
    r"""The mean of :math:`|z|` for z ~ N(mu, sigma²).

    .. math:: \sigma\sqrt{2/\pi}\; e^{-\mu^2/2\sigma^2} + \mu\,(1 - 2\Phi(-\mu/\sigma))
    """
    ratio = mu / sigma
    return sigma * math.sqrt(2 / math.pi) * (-(ratio**2) / 2).exp() + mu * torch.erf(ratio / math.sqrt(2))


@checked("x mu_q sigma_q tau sigma", positive="sigma_q tau sigma", broadcast="x mu_q sigma_q tau sigma")
def elbo(x, mu_q, sigma_q, tau=1.0, sigma=1.0):
    r"""The evidence lower bound of one reading: that of the model without bars, plus what the bars change.

    .. math:: \frac{x}{\sigma^2}\left(E_q|z| - \mu_q\right)
    """
    change = x / sigma**2 * (mean_distance(mu_q, sigma_q) - mu_q)
    return one_hump.elbo(x[..., None], mu_q, sigma_q, 0.0, tau, sigma) + change

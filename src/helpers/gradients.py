"""Gradients of an average whose distribution moves: E_q[f(z)] for q = N(mu, diag(sigma²)), from draws of q.

A draw is z = mu + sigma · noise with standard normal ``noise`` (..., D), ``mu`` and ``sigma`` (D,). ``f`` maps z of
shape (..., D) to numbers (...). An estimate from one draw has a slope along each mu_j and each sigma_j: its shape is
(..., D, 2). The example is a logistic regression, whose posterior has no formula; with D = 1 or 2 quadrature knows it.
"""

import torch
from torch.nn.functional import logsigmoid

from helpers import _checks, estimator, gaussian
from helpers._checks import checked

REACH, POINTS = 8.0, 65  # of the quadrature under q, in standard deviations and nodes along each axis


@checked("z features y tau", probability="y", positive="tau")
def log_joint(z, features, y, tau=3.0):
    r"""Log p(y, z) of a logistic regression for each ``z`` (..., D), given ``features`` (n, D) and answers ``y`` (n,).

    .. math:: \sum_j \log N(z_j; 0, \tau^2) + \sum_i \log p(y_i \mid z), \qquad
              p(y_i = 1 \mid z) = \frac{1}{1 + e^{-z^\top x_i}}

    Equation: (eq-grad-model). Source: Bishop, PRML, section 4.5.
    """
    _checks.shape("z", z, features.shape[-1])
    log_odds = (z[..., None, :] * features).sum(-1)
    sign = 2 * y - 1  # log(1 - p) is log p with the log odds turned round
    return gaussian.log_prob(z, 0.0, tau).sum(-1) + logsigmoid(sign * log_odds).sum(-1)


@checked("mu sigma noise baseline", positive="sigma")
def score_function(f, mu, sigma, noise, baseline=0.0):
    r"""Slopes of E_q[f] by the score function, one estimate a draw: heights of ``f`` times the score of q.

    .. math:: (f(z) - b)\,\frac{\partial \log q(z)}{\partial \mu_j} = (f(z) - b)\,\frac{\epsilon_j}{\sigma_j}, \qquad
              (f(z) - b)\,\frac{\partial \log q(z)}{\partial \sigma_j} = (f(z) - b)\,\frac{\epsilon_j^2 - 1}{\sigma_j}

    ``baseline`` must not depend on the draw that it is taken from; it broadcasts with f(z)[..., None, None].

    Equation: (eq-grad-score-function). Source: Williams (1992); Ranganath et al. (2014).
    """
    z = mu + sigma * noise
    return (f(z)[..., None, None] - baseline) * estimator.score(z, mu, sigma)


@checked("mu sigma noise", positive="sigma")
def pathwise(f, mu, sigma, noise):
    r"""Slopes of E_q[f] through z = mu + sigma · noise, one estimate a draw: slopes of ``f`` by the chain rule.

    .. math:: \frac{\partial f(z)}{\partial \mu_j} = f_j'(z), \qquad
              \frac{\partial f(z)}{\partial \sigma_j} = f_j'(z)\,\epsilon_j

    Equation: (eq-grad-reparameterised). Source: Kingma and Welling (2014), section 2.4.
    """
    slope = torch.func.grad(lambda z: f(z).sum())(mu + sigma * noise)
    return torch.stack([slope, slope * noise], -1)


@checked("f score", broadcast="f score")
def best_baseline(f, score):
    r"""The constant that leaves the score-function estimate the least variance, from ``f`` and ``score`` (K, ...).

    .. math:: b^* = \frac{E[f\,s^2]}{E[s^2]}

    Equation: (eq-grad-baseline). Source: Mohamed et al. (2020), section 7.
    """
    return (f * score**2).mean(0) / (score**2).mean(0)


@checked("f")
def leave_one_out(f):
    r"""For each of K values ``f`` (K, ...) the average of the other K - 1: a baseline that has not seen its own draw.

    .. math:: b_k = \frac{1}{K-1} \sum_{l \ne k} f_l

    Raises ValueError for a single value. Equation: (eq-grad-leave-one-out). Source: Mohamed et al. (2020), section 7.
    """
    if f.ndim == 0 or f.shape[0] < 2:
        raise ValueError(f"f must hold at least 2 values, got {f.numel()}")
    return (f.sum(0) - f) / (f.shape[0] - 1)


@checked("sigma dimensions", positive="sigma dimensions", broadcast="sigma dimensions")
def variances(sigma, dimensions):
    r"""Variance of one estimate of the slope along mu_1, for f(z) = -½ (z_1² + … + z_D²) and q = N(0, sigma² I).

    .. math:: \tfrac14 (D+2)(D+4)\,\sigma^2, \qquad \tfrac12 (D+2)\,\sigma^2, \qquad \sigma^2

    In the last dimension: score function, score function with the best constant taken off, pathwise.

    Equation: (eq-grad-dimension). Source: moments of the chi-square distribution.
    """
    plain = (dimensions + 2) * (dimensions + 4) / 4
    return torch.stack([plain, (dimensions + 2) / 2, torch.ones_like(dimensions)], -1) * sigma[..., None] ** 2


@checked("mu sigma", positive="sigma")
def average(f, mu, sigma):
    r"""E_q[f] by the trapezoid rule under q, for D = 1 or 2; ``mu`` and ``sigma`` (D,). Differentiable in both.

    .. math:: \int q(z)\,f(z)\,dz \approx \sum_k w_k\, f(\mu + \sigma t_k), \qquad w_k \propto e^{-\|t_k\|^2/2}

    For smooth f its error falls faster than any power of the spacing.
    Equation: (eq-grad-score-function), left side. Source: Trefethen and Weideman (2014).
    """
    ticks = torch.linspace(-REACH, REACH, POINTS, dtype=mu.dtype)
    steps = torch.cartesian_prod(*[ticks] * mu.shape[-1]).reshape(-1, mu.shape[-1])
    weights = (-0.5 * (steps**2).sum(-1)).softmax(0)
    return (weights * f(mu + sigma * steps)).sum()


def elbo(log_joint, mu, sigma):
    r"""The bound by quadrature for D = 1 or 2: the average of log p(y, z) and q's entropy.

    Equation: (eq-grad-elbo). Source: Blei et al. (2017), eq. 13.
    """
    return average(log_joint, mu, sigma) + gaussian.entropy(sigma).sum()


def climb(gradient, mu, sigma, noise, rates):
    r"""Stochastic gradient ascent on the bound; all q that it visits, the start first: (steps + 1, D) twice.

    .. math:: \mu \leftarrow \mu + \rho_t\, \hat g_\mu, \qquad
              \log\sigma \leftarrow \log\sigma + \rho_t \left(\sigma \hat g_\sigma + 1\right)

    ``gradient(mu, sigma, noise)`` estimates the slopes of E_q[log p(y, z)], one estimate a draw; their average over the
    draws is :math:`\hat g`, and the 1 is the entropy's slope along log sigma. ``noise`` is (steps, K, D), ``rates``
    (steps,).

    Equation: (eq-grad-ascent). Source: Robbins and Monro (1951); Ranganath et al. (2014).
    """
    path = [(mu, sigma)]
    for draws, rate in zip(noise, rates, strict=True):
        along_mu, along_sigma = gradient(mu, sigma, draws).mean(0).unbind(-1)
        mu, sigma = mu + rate * along_mu, sigma * (rate * (sigma * along_sigma + 1)).exp()
        path.append((mu, sigma))
    return tuple(torch.stack(values) for values in zip(*path, strict=True))

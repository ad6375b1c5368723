"""How good a model is, in nats on data it has not seen: bounds for each K, their errors, and a mixture to compare with.

``helpers.importance`` draws a VAE's log-weights; here they become bounds for each number of draws, standard errors, and
differences between models. The mixture of Bernoullis is a model of the same black-and-white images whose log p(x) is
exact; with one component its pixels are independent.
"""

import math
from typing import NamedTuple

import torch

from helpers import _checks, linear_gaussian
from helpers._checks import checked
from helpers.gaussian import LOG_2_PI, log_prob


@checked("log_w")
def bounds(log_w, draws):
    r"""The bound of each group of ``draws`` log-weights (S, ...), in nats; S draws make S // draws groups.

    .. math:: \log\frac1K\sum_{k=1}^K w_k

    One group gives one estimate of L_K: the result is (S // draws, ...). What is left over stays idle.
    Raises ValueError if there are fewer than ``draws`` log-weights.

    Equation: (eq-iwae). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    groups = log_w.shape[0] // _enough(log_w, draws)
    grouped = log_w[: groups * draws].unflatten(0, (groups, draws))
    return grouped.logsumexp(1) - math.log(draws)


def _enough(log_w, draws):
    """``draws``, a whole number for which there are log-weights."""
    _checks.shape("log_w", log_w, None)
    if _checks.whole("draws", draws) > log_w.shape[0]:
        raise ValueError(f"draws must be at most the number of log-weights, got {draws} for shape {tuple(log_w.shape)}")
    return draws


@checked("log_w")
def running(log_w):
    r"""For every number of draws at once, from log-weights (..., S): the bound of the first K, and their ESS, (..., S).

    .. math:: \log\frac1K\sum_{k\le K} w_k, \qquad \frac{(\sum_{k\le K} w_k)^2}{\sum_{k\le K} w_k^2}

    Equations: (eq-iwae) and (eq-effective-sample-size). Source: Burda et al. (2016), eq. 8; Owen (2013), eq. 9.13.
    """
    draws = torch.arange(1, log_w.shape[-1] + 1, dtype=log_w.dtype)
    total = log_w.logcumsumexp(-1)
    return total - draws.log(), (2 * total - (2 * log_w).logcumsumexp(-1)).exp()


class Mean(NamedTuple):
    """An average and its standard error, each with the shape that was left."""

    value: torch.Tensor
    error: torch.Tensor


@checked("values")
def mean(values):
    r"""The average of ``values`` (n, ...) over its first dimension, and its standard error, from independent entries.

    .. math:: \bar v = \frac1n\sum_i v_i, \qquad \mathrm{SE} = \sqrt{\frac{1}{n(n-1)}\sum_i (v_i-\bar v)^2}

    Raises ValueError for fewer than 2 values.

    Equation: (eq-evaluation-difference), with a difference for each v. Source: Casella and Berger, section 5.2.
    """
    if values.ndim == 0 or values.shape[0] < 2:
        raise ValueError(f"values must hold at least 2 entries, got {values.shape[0] if values.ndim else 1}")
    return Mean(values.mean(0), values.std(0) / values.shape[0] ** 0.5)


@checked("a b")
def difference(a, b):
    r"""Mean difference of two models' log p on the same images, ``a`` and ``b`` (n,), and its standard error.

    .. math:: \bar d = \frac1n\sum_i d_i, \quad d_i = a_i - b_i, \qquad
              \mathrm{SE} = \sqrt{\frac{1}{n(n-1)}\sum_i (d_i-\bar d)^2}

    Raises ValueError if the two do not have one value an image each.

    Equation: (eq-evaluation-difference). Source: the standard error of a mean, Casella and Berger, section 5.2.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must hold the same images, got shapes {tuple(a.shape)} and {tuple(b.shape)}")
    return mean(a - b)


@checked("offset width", positive="width", broadcast="offset width")
def relative_variance(offset, width):
    r"""Variance of w over its squared mean, for a Gaussian posterior and a Gaussian q; latents in the last dimension.

    .. math:: v = \prod_j \frac{t_j^2}{\sqrt{2t_j^2-1}}\,\exp\frac{d_j^2}{2t_j^2-1} \; - 1
              \quad\text{if all } t_j^2 > \tfrac12, \text{ else } \infty

    ``offset`` d and ``width`` t (..., L) are q's centre, from the posterior's, and q's standard deviation, both in the
    posterior's standard deviations.

    Equation: (eq-evaluation-gaussian). Source: Owen (2013), Monte Carlo theory, methods and examples, section 9.1.
    """
    room = 2 * width**2 - 1
    safe = torch.where(room > 0, room, torch.ones_like(room))
    log_second_moment = (2 * width.log() - 0.5 * safe.log() + offset**2 / safe).sum(-1)
    finite = (room > 0).to(room.dtype).prod(-1)
    return torch.where(finite > 0, torch.expm1(log_second_moment), math.inf)


@checked("draws", positive="draws")
def bias(variance, draws):
    r"""How far L_K lies below log p(x) to first order in 1/K, in nats, if the weights' relative variance is v.

    .. math:: \log p(x) - L_K \approx \frac{v}{2K}, \qquad v = \frac{\mathrm{Var}(w)}{(E\,w)^2}

    ``variance`` v is a number or a tensor, and may be infinite, as ``relative_variance`` may be.

    Equation: (eq-evaluation-bias). Source: Nowozin (2018), Debiasing evidence approximations, proposition 1.
    """
    return variance / (2 * draws)


@checked("x weights mu sigma mean scale noise", positive="sigma scale")
def linear_log_weights(x, weights, mu, sigma, mean, scale, noise):
    r"""Log-weights (...) of the linear model for one row ``x`` (D,), with q = N(mean, diag(scale²)) and noise (..., L).

    .. math:: \log w = \log N(x;\, Wz+\mu, \sigma^2 I) + \log N(z;\, 0, I) - \log q(z), \qquad z = m + s\,\epsilon

    The squared distance is multiplied out, so that no draw is decoded to all D columns:
    :math:`\|r - Wz\|^2 = \|r\|^2 - 2 z^\top W^\top r + z^\top W^\top W z` with r = x - mu.

    Equation: (eq-vae-log-weight). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    _checks.shape("x", x, weights.shape[0])
    _checks.shape("noise", noise, weights.shape[1])
    z, r = mean + scale * noise, x - mu
    squared = (r**2).sum() - 2 * (z * (weights.mT @ r)).sum(-1) + ((z @ (weights.mT @ weights)) * z).sum(-1)
    given_z = -0.5 * weights.shape[0] * (LOG_2_PI + 2 * sigma.log()) - squared / (2 * sigma**2)
    return given_z + log_prob(z, 0.0, 1.0).sum(-1) - log_prob(z, mean, scale).sum(-1)


def moved_posterior(x, weights, mu, sigma, offset, width):
    """Mean and scales (L,) of a q beside the linear model's exact posterior of ``x``, whose W has orthogonal columns.

    q's centre lies ``offset`` of the posterior's standard deviations away along the first latent, and all its scales
    are ``width`` times the posterior's.
    """
    exact_mean, covariance = linear_gaussian.posterior(x, weights, mu, sigma)
    exact_scale = covariance.diagonal().sqrt()
    first = torch.eye(weights.shape[1], dtype=weights.dtype)[0]
    return exact_mean + offset * first * exact_scale, width * exact_scale


class Mixture(NamedTuple):
    """A mixture of Bernoullis: shares (K,), the probability of each pixel in each component (K, D), and EM's climb."""

    weights: torch.Tensor
    probabilities: torch.Tensor
    history: torch.Tensor


@checked("x weights probabilities", probability="x weights probabilities")
def mixture_log_joint(x, weights, probabilities):
    r"""log p(x_i, k) of images ``x`` (n, D) for each component, (n, K), in nats.

    .. math:: \log\pi_k + \sum_d\left(x_{id}\log\pi_{kd} + (1-x_{id})\log(1-\pi_{kd})\right)

    Raises ValueError unless all ``probabilities`` (K, D) lie strictly between 0 and 1.

    Equation: (eq-evaluation-mixture), a term of the sum. Source: Bishop, PRML, section 9.3.3.
    """
    _checks.shape("x", x, None, probabilities.shape[-1])
    _checks.shape("weights", weights, probabilities.shape[0])
    if _checks.has_values(probabilities) and not ((probabilities > 0) & (probabilities < 1)).all():
        raise ValueError("probabilities must lie strictly between 0 and 1: smooth them")
    return weights.log() + x @ probabilities.log().mT + (1 - x) @ torch.log1p(-probabilities).mT


def mixture_log_prob(x, weights, probabilities):
    r"""Exact log p(x_i) of each image ``x`` (n, D) under a mixture of Bernoullis, in nats.

    .. math:: \log\sum_k \pi_k \prod_d \pi_{kd}^{x_{id}} (1-\pi_{kd})^{1-x_{id}}

    Equation: (eq-evaluation-mixture). Source: Bishop, PRML, eq. 9.47.
    """
    return mixture_log_joint(x, weights, probabilities).logsumexp(-1)


@checked("x r smoothing", probability="x r", positive="smoothing")
def mixture_m_step(x, r, smoothing=1.0):
    r"""Shares (K,) and pixel probabilities (K, D) from images (n, D) and responsibilities ``r`` (n, K).

    .. math:: \pi_k = \frac{N_k + a}{n + Ka}, \qquad \pi_{kd} = \frac{\sum_i r_{ik}x_{id} + a}{N_k + 2a},
              \qquad N_k = \sum_i r_{ik}

    ``smoothing`` a is a number of made-up observations: in each component as many with the pixel on as with it off.

    Equation: (eq-evaluation-m-step). Source: Bishop, PRML, eqs. 9.59 and 9.60, exercise 9.18 for the smoothing.
    """
    _checks.shape("r", r, x.shape[0], None)
    size = r.sum(0)
    on = r.mT @ x
    shares = (size + smoothing) / (x.shape[0] + r.shape[1] * smoothing)
    return shares, (on + smoothing) / (size[:, None] + 2 * smoothing)


def _smoothed_objective(log_likelihood, weights, probabilities, smoothing):
    """What smoothed EM cannot make fall: the log-likelihood, and that of the made-up observations."""
    made_up = weights.log().sum() + probabilities.log().sum() + torch.log1p(-probabilities).sum()
    return log_likelihood + smoothing * made_up


@checked("x smoothing", probability="x", positive="smoothing")
def fit_mixture(x, components, steps=60, smoothing=1.0, seed=0):
    """A mixture of Bernoullis fitted to images ``x`` (n, D) by EM from random responsibilities.

    ``history`` holds the smoothed log-likelihood of the parameters after each step; it never falls. The same ``seed``
    gives the same mixture again. With one component it is the model of independent pixels, and one step is enough.

    Equation: (eq-evaluation-m-step). Source: Bishop, PRML, section 9.3.3.
    """
    _checks.shape("x", x, None, None)
    components, steps = _checks.whole("components", components), _checks.whole("steps", steps)
    generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
    # A random image is each component's start, and nearness to it decides the first responsibilities.
    starts = x[torch.randperm(x.shape[0], generator=generator)[:components]]
    if starts.shape[0] < components:
        raise ValueError(f"components must be at most the {x.shape[0]} images, got {components}")
    weights, probabilities = x.new_full((components,), 1 / components), 0.25 + 0.5 * starts
    log_joint, history = mixture_log_joint(x, weights, probabilities), []
    for _ in range(steps):
        weights, probabilities = mixture_m_step(x, log_joint.softmax(-1), smoothing)
        log_joint = mixture_log_joint(x, weights, probabilities)  # of this step's score, and for the next E step
        fit = log_joint.logsumexp(-1).sum()
        history.append(_smoothed_objective(fit, weights, probabilities, smoothing))
    return Mixture(weights, probabilities, torch.stack(history))

"""Climbing where no formula leads to the top: Newton, gradient ascent, and the likelihoods behind two famous losses."""

import torch

from helpers import _checks
from helpers._checks import checked


@checked("theta")
def newton_step(f, theta):
    r"""The top of the parabola which has the value, slope and curvature of ``f`` at ``theta``.

    .. math:: \theta - \frac{f'(\theta)}{f''(\theta)}, \qquad\text{for several parameters}\quad \theta - H^{-1}\nabla f

    ``theta`` is a number [] or a vector (d,); ``f`` takes it and returns a number, here a log-likelihood in nats.
    Where ``f`` curves upwards the parabola has a bottom in place of a top, and this leads there.

    Equation: (eq-opt-newton). Source: Nocedal and Wright (2006).
    """
    slope = torch.func.grad(f)
    if theta.ndim == 0:
        return theta - slope(theta) / torch.func.grad(slope)(theta)
    hessian = torch.func.jacrev(slope)(theta)
    return theta - torch.linalg.solve(hessian, slope(theta))


@checked("theta rate", positive="rate")
def gradient_step(f, theta, rate):
    r"""A step along the gradient of ``f``, ``rate`` times its length.

    .. math:: \theta + \eta\,\nabla f(\theta)

    ``rate`` carries a unit: that of ``theta`` squared, over that of ``f``.

    Equation: (eq-opt-gradient). Source: Nocedal and Wright (2006).
    """
    return theta + rate * torch.func.grad(f)(theta)


def newton(f, theta, steps: int):
    """All places that ``steps`` Newton steps visit, the start first: (steps + 1, ...)."""
    return _path(lambda here: newton_step(f, here), theta, steps)


def gradient_ascent(f, theta, rate, steps: int):
    """All places that ``steps`` gradient steps visit, the start first: (steps + 1, ...)."""
    return _path(lambda here: gradient_step(f, here, rate), theta, steps)


def _path(step, theta, steps: int):
    path = [_checks.as_float("theta", theta)]
    for _ in range(_checks.whole("steps", steps)):
        path.append(step(path[-1]))
    return torch.stack(path)


@checked("y logits", probability="y", broadcast="y logits")
def bernoulli_log_likelihood(y, logits):
    r"""Log-likelihood of ``logits`` for answers ``y`` (..., n), 1 for yes and 0 for no, summed over the last dimension.

    .. math::
        \sum_i y_i\log p_i + (1-y_i)\log(1-p_i) = \sum_i y_i z_i - \log(1+e^{z_i}),
        \qquad p_i = \frac{1}{1+e^{-z_i}}

    The right side is computed: no logarithm of 0, however large a logit ``z``.

    Equation: (eq-opt-bernoulli). Source: Bishop, PRML, section 4.3.2.
    """
    log_1_plus_exp = torch.logaddexp(logits, torch.zeros_like(logits))
    return (y * logits - log_1_plus_exp).sum(-1)


@checked("x")
def fit_multivariate(x):
    r"""Maximum likelihood estimates ``(mu, covariance)`` of a Gaussian in D dimensions from ``x`` (n, D).

    .. math:: \hat\mu = \frac1n\sum_i x_i, \qquad \hat\Sigma = \frac1n\sum_i (x_i-\hat\mu)(x_i-\hat\mu)^\top

    Raises ValueError if the points lie in a line or plane of fewer dimensions: the likelihood then has no maximum.

    Equation: (eq-opt-multivariate-mle). Source: Bishop, PRML, section 2.3.4.
    """
    _checks.shape("x", x, None, None)
    mu = x.mean(-2)
    centred = x - mu[..., None, :]
    covariance = centred.mT @ centred / x.shape[-2]
    if _checks.has_values(covariance) and (torch.linalg.matrix_rank(covariance) < x.shape[-1]).any():
        raise ValueError(f"x must spread in all {x.shape[-1]} directions, its covariance is {covariance.tolist()}")
    return mu, covariance

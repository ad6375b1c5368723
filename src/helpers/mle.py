"""Maximum likelihood for a Gaussian: slopes of the log-likelihood, its curvature, and a climb to its top.

``x`` is always (n,), in a unit of length; ``mu`` and ``sigma`` are in the same unit. Slopes are in nats per unit.
"""

import torch

from helpers import _checks, gaussian, logs
from helpers._checks import checked


@checked("x mu sigma", positive="sigma", broadcast="mu sigma")
def score(x, mu, sigma):
    r"""First derivatives (..., 2) of the log-likelihood, by ``mu`` and by ``sigma``, in nats per unit of ``x``.

    .. math::
        \frac{\partial\ell}{\partial\mu} = \frac{n(\bar x - \mu)}{\sigma^2}, \qquad
        \frac{\partial\ell}{\partial\sigma} = -\frac{n}{\sigma} + \frac{\sum_i (x_i-\mu)^2}{\sigma^3}

    ``mu`` and ``sigma`` broadcast. Raises ValueError if ``sigma`` is not positive.

    Equations: (eq-mle-slope-mu) and (eq-mle-slope-sigma). Source: Casella and Berger, Statistical Inference, ch. 7.
    """
    _checks.shape("x", x, None)
    away = x - mu[..., None]
    by_mu = away.sum(-1) / sigma**2
    by_sigma = -x.shape[-1] / sigma + (away**2).sum(-1) / sigma**3
    return torch.stack(torch.broadcast_tensors(by_mu, by_sigma), -1)


@checked("x mu sigma", positive="sigma", broadcast="mu sigma")
def hessian(x, mu, sigma):
    r"""Second derivatives (..., 2, 2) of the log-likelihood by ``mu`` and ``sigma``, in nats per squared unit.

    .. math::
        \begin{pmatrix}
        -\frac{n}{\sigma^2} & -\frac{2n(\bar x-\mu)}{\sigma^3} \\
        -\frac{2n(\bar x-\mu)}{\sigma^3} & \frac{n}{\sigma^2} - \frac{3\sum_i(x_i-\mu)^2}{\sigma^4}
        \end{pmatrix}

    At the maximum it is diagonal, :math:`-n/\hat\sigma^2` and :math:`-2n/\hat\sigma^2`. Raises ValueError if ``sigma``
    is not positive.

    Equations: (eq-mle-second) and (eq-mle-hessian). Source: Casella and Berger, Statistical Inference, ch. 7.
    """
    _checks.shape("x", x, None)
    away = x - mu[..., None]
    by_mu = -x.shape[-1] / sigma**2
    mixed = -2 * away.sum(-1) / sigma**3
    by_sigma = x.shape[-1] / sigma**2 - 3 * (away**2).sum(-1) / sigma**4
    rows = torch.broadcast_tensors(by_mu, mixed, mixed, by_sigma)
    return torch.stack(rows, -1).unflatten(-1, (2, 2))


@checked("x mu sigma", positive="sigma", broadcast="mu sigma")
def shortfall(x, mu, sigma):
    r"""How far the log-likelihood of ``(mu, sigma)`` lies below its top, in nats: never negative.

    .. math::
        \ell(\hat\mu,\hat\sigma) - \ell(\mu,\sigma) = \frac{n(\hat\mu-\mu)^2}{2\sigma^2}
        + \frac n2\left(u - 1 - \log u\right), \qquad u = \frac{\hat\sigma^2}{\sigma^2}

    Raises ValueError if all ``x`` are equal: then there is no top.

    Equation: (eq-mle-shortfall). Source: the derivation in "The Gaussian, solved".
    """
    return logs.drop(x.shape[-1], *gaussian.fit(x), mu, sigma)


@checked("x mu sigma", positive="sigma")
def gradient(x, mu, sigma):
    """Slopes (2,) of the log-likelihood per draw, by automatic differentiation of `gaussian.log_likelihood`.

    ``mu`` and ``sigma`` are single numbers. In nats per draw and unit of ``x``.

    Equation: (eq-mle-ascent). Source: the definition, differentiated by torch.
    """

    def per_draw(point):
        return gaussian.log_likelihood(x, point[0], point[1]) / x.shape[-1]

    return torch.func.grad(per_draw)(torch.stack([mu, sigma]))


@checked("x mu sigma rate", positive="sigma rate")
def ascend(x, mu, sigma, rate, steps=40):
    r"""The path (steps + 1, 2) of gradient ascent from ``(mu, sigma)``: each step goes ``rate`` times the slope.

    .. math:: (\mu, \sigma) \leftarrow (\mu, \sigma) + \eta\, \frac1n \nabla\ell(\mu, \sigma)

    ``rate`` is in squared units of ``x`` per nat. Below 4 times the variance of ``x`` no step makes sigma negative.

    Equation: (eq-mle-ascent). Source: Nocedal and Wright, Numerical Optimization, ch. 2.
    """
    point = torch.stack([mu, sigma])
    path = [point]
    for _ in range(_checks.whole("steps", steps)):
        point = point + rate * gradient(x, point[0], point[1])
        path.append(point)
    return torch.stack(path)

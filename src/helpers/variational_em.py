"""EM as coordinate ascent on one bound: a mixture of two groups with a single unknown, the distance between them.

Each x_i belongs to group 0 or 1, which nobody wrote down (z_i). Group 1 holds a share ``weight``; both groups have
standard deviation ``sigma``; their overall mean ``centre`` is known. The one parameter theta is how far group 1 lies
above group 0:

    mean of group 0 = centre - weight · theta        mean of group 1 = centre + (1 - weight) · theta

The log-likelihood of theta is exact and has two hills. An approximation q is a table of responsibilities (n, 2) whose
rows sum to 1. For a fixed q the bound is a parabola in theta; with the exact q it touches the log-likelihood.
Source of the view: Neal and Hinton (1998).
"""

from dataclasses import dataclass

import torch

from helpers import _checks
from helpers._checks import checked
from helpers.gaussian import log_prob


@dataclass(frozen=True)
class TwoGroups:
    """The known numbers: ``centre`` and ``sigma`` in the units of x, and group 1's share ``weight``."""

    centre: float
    sigma: float
    weight: float

    def __post_init__(self):
        """Refuse a width that is not positive and a share that is not inside (0, 1)."""
        for name in ("centre", "sigma", "weight"):
            _checks.finite(name, _checks.as_float(name, getattr(self, name)))
        if not self.sigma > 0:
            raise ValueError(f"sigma must be positive, got {self.sigma}")
        if not 0 < self.weight < 1:
            raise ValueError(f"weight must lie strictly between 0 and 1, got {self.weight}")


# Penguin flippers (mm): the overall mean of 342 birds, and the width and share of a two-group fit, rounded.
PENGUINS = TwoGroups(centre=200.9, sigma=6.8, weight=0.39)


@checked("theta")
def means(theta, model=PENGUINS):
    """Means of the two groups, in the last dimension: theta (...) gives (..., 2).

    Equation: (eq-two-groups-log-likelihood).
    """
    return torch.stack([model.centre - model.weight * theta, model.centre + (1 - model.weight) * theta], -1)


@checked("x theta")
def log_joint(x, theta, model=PENGUINS):
    r"""log p(x_i, z_i = k | theta) for every draw and group: x (n,) and theta (...) give (..., n, 2).

    .. math:: \log\pi_k + \log N(x_i; \mu_k(\theta), \sigma^2)

    Equation: (eq-two-groups-log-likelihood). Source: Bishop, PRML, eq. 9.36.
    """
    _checks.shape("x", x, None)
    share = torch.tensor([1 - model.weight, model.weight], dtype=x.dtype)
    return share.log() + log_prob(x[:, None], means(theta, model)[..., None, :], model.sigma)


def log_likelihood(x, theta, model=PENGUINS):
    r"""Exact log-likelihood of theta, with the groups summed out; the shape is theta's.

    .. math:: \ell(\theta) = \sum_i \log\sum_k \pi_k\,N(x_i; \mu_k(\theta), \sigma^2)

    Equation: (eq-two-groups-log-likelihood). Source: Bishop, PRML, eq. 9.14.
    """
    return log_joint(x, theta, model).logsumexp(-1).sum(-1)


def posterior(x, theta, model=PENGUINS):
    r"""E step: the exact q, which makes the bound touch the log-likelihood at ``theta``.

    .. math:: q_{ik} = p(z_i = k\,|\,x_i, \theta)

    Equation: (eq-e-step). Source: Bishop, PRML, eq. 9.13.
    """
    return log_joint(x, theta, model).softmax(-1)


def hard_q(x, theta, model=PENGUINS):
    """Best q among certainties (hard EM, as in k-means): each draw goes wholly to its likelier group.

    The gap is at least 0 and closes only where no draw is in doubt.
    Source: Neal and Hinton (1998), on winner-take-all variants.
    """
    joint = log_joint(x, theta, model)
    second = (joint[..., 1] > joint[..., 0]).to(joint.dtype)
    return torch.stack([1 - second, second], -1)


def shared_q(x, theta, model=PENGUINS):
    r"""Best q that treats every draw alike: one row for all, proportional to the geometric mean of the joint.

    .. math:: q_k \propto \exp\Big(\frac1n\sum_i \log p(x_i, z_i = k\,|\,\theta)\Big)

    Blind to x, it cannot tell the groups apart: its M step moves theta to 0.
    Source: maximise the bound over one row; compare Blei et al. (2017), eq. 18.
    """
    joint = log_joint(x, theta, model)
    return joint.mean(-2, keepdim=True).softmax(-1).expand(joint.shape)


@checked("x threshold width", positive="width")
def threshold_q(x, threshold, width):
    r"""A q to drag by hand: above ``threshold`` a draw leans to group 1, the more sharply the smaller ``width``.

    .. math:: q_{i1} = \mathrm{sigmoid}\left(\frac{x_i - t}{w}\right)

    The exact posterior of any theta has this form (see ``exact_threshold``). The bound touches the log-likelihood where
    threshold and width belong to one theta; a pair which belongs to none leaves a gap everywhere.

    Source: Bishop, PRML, eqs. 4.65 to 4.67.
    """
    _checks.shape("x", x, None)
    second = torch.sigmoid((x - threshold[..., None]) / width[..., None])
    return torch.stack([1 - second, second], -1)


@checked("theta")
def exact_threshold(theta, model=PENGUINS):
    r"""``(threshold, width)`` at which ``threshold_q`` is the exact posterior; for theta > 0.

    .. math:: w = \frac{\sigma^2}{\theta}, \qquad
              t = \frac{\mu_0+\mu_1}2 + w\,\log\frac{\pi_0}{\pi_1}

    Source: Bishop, PRML, eqs. 4.66 and 4.67.
    """
    _checks.positive("theta", theta)
    width = model.sigma**2 / theta
    log_odds = torch.logit(torch.as_tensor(1 - model.weight, dtype=theta.dtype))
    return means(theta, model).mean(-1) + width * log_odds, width


@checked("x theta q", probability="q")
def elbo(x, theta, q, model=PENGUINS):
    r"""The bound, for every theta, under a table of responsibilities q (n, 2): a parabola in theta.

    .. math:: \mathcal L(q, \theta) = \sum_i\sum_k q_{ik}\left(\log p(x_i, z_i=k\,|\,\theta) - \log q_{ik}\right)

    Equation: (eq-elbo-mixture). Source: Neal and Hinton (1998), section 2; Bishop, PRML, eq. 9.71.
    """
    _checks.shape("q", q, x.shape[-1], 2)
    return (q * log_joint(x, theta, model) - torch.xlogy(q, q)).sum((-2, -1))


@checked("x theta q", probability="q")
def gap(x, theta, q, model=PENGUINS):
    r"""What the bound misses, computed without it: the summed divergence of q from the exact posterior.

    .. math:: \ell(\theta) - \mathcal L(q, \theta) = \sum_i KL(q_i\,\|\,p(z_i\,|\,x_i, \theta))

    Equation: (eq-elbo-mixture). Source: Neal and Hinton (1998), lemmas 1 and 2; Bishop, PRML, eq. 9.72.
    """
    _checks.shape("q", q, x.shape[-1], 2)
    log_posterior = log_joint(x, theta, model).log_softmax(-1)
    return (torch.xlogy(q, q) - q * log_posterior).sum((-2, -1))


@checked("x q", probability="q")
def m_step(x, q, model=PENGUINS):
    r"""M step: the theta that maximises the bound under q, where the parabola has its top.

    .. math:: \theta = \frac{\sum_{ik} q_{ik}\,c_k\,(x_i - \mathrm{centre})}{\sum_{ik} q_{ik}\,c_k^2},
              \qquad c = (-\pi_1, \pi_0)

    Equation: (eq-m-step). Source: Bishop, PRML, eq. 9.17, for one parameter that moves both means.
    """
    _checks.shape("q", q, x.shape[-1], 2)
    c = torch.tensor([-model.weight, 1 - model.weight], dtype=x.dtype)
    return (q * c * (x[:, None] - model.centre)).sum((-2, -1)) / (q * c**2).sum((-2, -1))


def em(x, theta, steps, e_step=posterior, model=PENGUINS):
    """The path of theta (steps + 1,): its start, then where each E step and M step lead.

    Equations: (eq-e-step) and (eq-m-step).
    """
    path = [_checks.as_float("theta", theta)]
    for _ in range(_checks.whole("steps", steps)):
        path.append(m_step(x, e_step(x, path[-1], model), model))
    return torch.stack(path)

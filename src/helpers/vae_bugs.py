"""The classic mistakes in a VAE's loss, and the checks that catch them.

Most of these still train: the loss falls and the pictures look plausible. What gives them away is a number with a known
value. ``RIGHT`` holds the four parts of the bound, each bug replaces one, and each check says whether parts are right.
``table()`` runs every check on every bug.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from helpers import linear_gaussian, vae
from helpers.divergence import integrate
from helpers.gaussian import log_prob


@dataclass(frozen=True)
class Parts:
    """The bound in four parts: ``bound(log_p_x_given_z(x, decode(reparameterise(...))), kl(...))``."""

    log_p_x_given_z: Callable = vae.log_p_x_given_z
    kl: Callable = vae.kl
    reparameterise: Callable = vae.reparameterise
    bound: Callable = lambda reconstruction, kl: reconstruction - kl


class Bug(NamedTuple):
    """One mistake: its name, and the parts with that mistake in."""

    name: str
    parts: Parts


RIGHT = Parts()


def _bug(name, **part):
    return Bug(name, replace(RIGHT, **part))


BUGS = [
    _bug("mean over pixels instead of sum", log_p_x_given_z=lambda x, a: RIGHT.log_p_x_given_z(x, a) / x.shape[-1]),
    _bug("pixels that are off are left out", log_p_x_given_z=lambda x, a: (x * a.sigmoid().log()).sum(-1)),
    _bug("sigmoid applied twice", log_p_x_given_z=lambda x, a: RIGHT.log_p_x_given_z(x, a.sigmoid())),
    _bug("½ missing in the KL", kl=lambda mu, s: (mu**2 + (2 * s).exp() - 1 - 2 * s).sum(-1)),
    _bug("mean over latents instead of sum", kl=lambda mu, s: RIGHT.kl(mu, s) / mu.shape[-1]),
    _bug("log σ in place of log σ² in the KL", kl=lambda mu, s: 0.5 * (mu**2 + (2 * s).exp() - 1 - s).sum(-1)),
    _bug("KL(p‖q) in place of KL(q‖p)", kl=lambda mu, s: 0.5 * ((mu**2 + 1) * (-2 * s).exp() - 1 + 2 * s).sum(-1)),
    _bug("KL added instead of subtracted", bound=lambda reconstruction, kl: reconstruction + kl),
    _bug("variance used as standard deviation", reparameterise=lambda mu, s, noise: mu + (2 * s).exp() * noise),
    _bug("no noise: z is q's mean", reparameterise=lambda mu, s, noise: mu + 0 * noise),
    _bug("one noise for all latents", reparameterise=lambda mu, s, noise: mu + s.exp() * noise[..., :1]),
]

# A decoder of two latents and three pixels, small enough for every integral below to be done on a grid.
_W = torch.tensor([[1.2, -0.7, 0.4], [0.3, 0.9, -1.1]], dtype=torch.float64)
_X = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
_MU = torch.tensor([0.6, -0.4], dtype=torch.float64)
_LOG_SIGMA = torch.tensor([-0.5, 0.2], dtype=torch.float64)


# A decoder whose posterior is known: Gaussian pixels, and columns at right angles, so that the latents part in it too.
_LINEAR = torch.tensor([[1.1, 0.3], [0.4, -0.9], [-0.5, -0.06]], dtype=torch.float64)
_NOISE_SD = torch.tensor(0.7, dtype=torch.float64)
_ROW = torch.tensor([0.8, -1.3, 0.4], dtype=torch.float64)


def _decode(z):
    return z @ _W + 0.2


def _gauss_hermite(points=24):
    """Nodes (K, 2) and weights (K,) under which E[f(noise)] of a smooth f is a weighted sum."""
    nodes, weights = (torch.tensor(a) for a in np.polynomial.hermite_e.hermegauss(points))
    weights = weights / math.sqrt(2 * math.pi)
    return torch.cartesian_prod(nodes, nodes), torch.cartesian_prod(weights, weights).prod(-1)


def _log_p_x():
    """Exact log p(x) of the small decoder, by a two-dimensional trapezoid rule that uses none of the parts."""
    grid = torch.linspace(-9, 9, 361, dtype=torch.float64)
    z = torch.cartesian_prod(grid, grid)
    p_x = (torch.sigmoid(_decode(z)) * _X + torch.sigmoid(-_decode(z)) * (1 - _X)).prod(-1)
    heights = (p_x * log_prob(z, 0.0, 1.0).sum(-1).exp()).reshape(len(grid), -1)
    return integrate(integrate(heights, grid), grid).log()


def expected_bound(parts):
    """The bound which ``parts`` compute for the small decoder, averaged over all noise."""
    noise, weights = _gauss_hermite()
    z = parts.reparameterise(_MU, _LOG_SIGMA, noise)
    reconstruction = (weights * parts.log_p_x_given_z(_X, _decode(z))).sum()
    return parts.bound(reconstruction, parts.kl(_MU, _LOG_SIGMA))


def _log_p_row():
    """Exact log p(x) of the linear decoder, in closed form."""
    return linear_gaussian.log_prob(_ROW, _LINEAR, torch.zeros_like(_ROW), _NOISE_SD)


def gap_at_the_posterior(parts):
    """Exact log p(x) of the linear decoder less the bound which ``parts`` compute there with q = p(z|x); 0 if right."""
    mu, covariance = linear_gaussian.posterior(_ROW, _LINEAR, torch.zeros_like(_ROW), _NOISE_SD)
    noise, weights = _gauss_hermite()
    log_sigma = 0.5 * covariance.diagonal().log()
    z = parts.reparameterise(mu, log_sigma, noise)
    reconstruction = (weights * log_prob(_ROW, z @ _LINEAR.mT, _NOISE_SD).sum(-1)).sum()
    return _log_p_row() - parts.bound(reconstruction, parts.kl(mu, log_sigma))


def pixels_sum_to_one(parts):
    """The probabilities of all 8 images of three pixels add up to 1."""
    images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 3)
    total = parts.log_p_x_given_z(images, _decode(_MU).expand(8, 3)).exp().sum()
    return math.isclose(total, 1, abs_tol=1e-9)


def pixels_follow_their_logits(parts):
    """An image with logits l has log-likelihood as ``torch.distributions`` says."""
    logits = _decode(_MU)
    truth = torch.distributions.Bernoulli(logits=logits).log_prob(_X).sum()
    return math.isclose(parts.log_p_x_given_z(_X, logits), truth, abs_tol=1e-9)


def kl_is_the_integral(parts):
    """The KL equals ∫ q log(q/p), done on a grid for each latent and added."""
    grid = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    log_q = log_prob(grid, _MU[:, None], _LOG_SIGMA.exp()[:, None])
    truth = integrate(log_q.exp() * (log_q - log_prob(grid, 0.0, 1.0)), grid).sum()
    return math.isclose(parts.kl(_MU, _LOG_SIGMA), truth, abs_tol=1e-9)


def draws_have_the_moments_of_q(parts):
    """Mean and covariance of the draws are those of q."""
    noise, weights = _gauss_hermite()
    z = parts.reparameterise(_MU, _LOG_SIGMA, noise)
    mean = weights @ z
    covariance = (weights[:, None] * (z - mean)).mT @ (z - mean)
    truth = torch.diag((2 * _LOG_SIGMA).exp())
    return torch.allclose(mean, _MU) and torch.allclose(covariance, truth, atol=1e-9)


def bound_is_below_log_p(parts):
    """The bound does not exceed the exact log p(x), for one q as good as any, and for the exact posterior."""
    return bool(expected_bound(parts) <= _log_p_x() + 1e-9 and gap_at_the_posterior(parts) >= -1e-9)


def bound_touches_at_the_posterior(parts):
    """With the exact posterior for q, the bound is log p(x) itself."""
    return abs(gap_at_the_posterior(parts).item()) < 1e-9


def gap_is_the_divergence(parts):
    """log p(x) less the bound is KL(q‖p(z|x)), integrated on a grid."""
    grid = torch.linspace(-9, 9, 361, dtype=torch.float64)
    z = torch.cartesian_prod(grid, grid)
    log_q = log_prob(z, _MU, _LOG_SIGMA.exp()).sum(-1)
    log_joint = log_prob(z, 0.0, 1.0).sum(-1) + torch.distributions.Bernoulli(logits=_decode(z)).log_prob(_X).sum(-1)
    heights = (log_q.exp() * (log_q - log_joint + _log_p_x())).reshape(len(grid), -1)
    truth = integrate(integrate(heights, grid), grid)
    return math.isclose(_log_p_x() - expected_bound(parts), truth, abs_tol=1e-6)


CHECKS = [
    pixels_sum_to_one,
    pixels_follow_their_logits,
    kl_is_the_integral,
    draws_have_the_moments_of_q,
    bound_is_below_log_p,
    bound_touches_at_the_posterior,
    gap_is_the_divergence,
]


def caught_by(parts):
    """Names of the checks that ``parts`` fail."""
    return [check.__name__ for check in CHECKS if not check(parts)]


class Row(NamedTuple):
    """What a bug does, in nats, and which checks catch it.

    The bound beside the exact log p(x), for some q; then, for another model, the exact log p(x) and what is left of the
    gap where q is the posterior: 0 if nothing is wrong.
    """

    bug: str
    bound: float
    log_p: float
    log_p_there: float
    gap_at_posterior: float
    caught_by: list[str]


def table():
    """One ``Row`` a bug; the right parts come first."""
    truth, truth_there = _log_p_x().item(), _log_p_row().item()
    every = [Bug("none", RIGHT), *BUGS]
    measured = ((b, expected_bound(b.parts).item(), gap_at_the_posterior(b.parts).item()) for b in every)
    return [Row(b.name, bound, truth, truth_there, gap, caught_by(b.parts)) for b, bound, gap in measured]

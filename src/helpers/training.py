"""Training a VAE: one loop over shuffled batches, and the variants of its objective that the book compares."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from helpers import _checks, importance, vae
from helpers._threads import one_thread


class History(NamedTuple):
    """One entry an epoch, in nats an image, averaged over images as they were seen: what was maximised, its terms."""

    objective: torch.Tensor
    reconstruction: torch.Tensor
    kl: torch.Tensor


class Objective(NamedTuple):
    """What training maximises: the ELBO as it stands, or one of three changes to it.

    ``beta`` weighs the KL, ``free_bits`` (nats) is what each latent may cost for nothing, and with ``draws`` above 1
    the importance-weighted bound of so many draws takes the ELBO's place.
    """

    beta: float = 1.0
    free_bits: float = 0.0
    draws: int = 1


def train(
    x,
    latents=5,
    hidden=(128, 128),
    epochs=200,
    batch=100,
    learning_rate=6e-3,
    weight_decay=0.1,
    beta=1.0,
    free_bits=0.0,
    draws=1,
    likelihood=vae.log_p_x_given_z,
    seed=0,
    progress=None,
):
    """Fit a ``VAE`` to images ``x`` (n, D), float, each pixel in [0, 1]; returns ``(model, history)``.

    AdamW on the mean bound, its learning rate falling to 0 along a cosine; weight decay holds back memorising.
    ``x`` stays one tensor and a batch is a slice of it, shuffled. The same ``seed`` gives the same model again.
    ``beta`` is a number, or a function of the share of training done (0 at the first epoch), as ``warm_up`` makes one.
    ``progress`` wraps the range of epochs, to show how far it is (``helpers.show.progress``).
    Raises ValueError or TypeError for data or settings it cannot use.

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), algorithm 1.
    """
    _check_training(x, epochs, batch, learning_rate)
    betas = [_beta(beta, epoch / epochs) for epoch in range(epochs)]
    _check_objective(betas, free_bits, draws)
    model = vae.VAE(x.shape[1], latents, hidden, seed, likelihood).to(x.dtype)
    optimiser = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    generator = torch.Generator().manual_seed(seed)
    history = []
    with _checks.trusted(), one_thread():
        for epoch in (progress or iter)(range(epochs)):
            goal = Objective(betas[epoch], free_bits, draws)
            history.append(_epoch(model, optimiser, x, batch, goal, generator))
            schedule.step()
    return model, History(*torch.stack(history).T)


def warm_up(until=0.5, top=1.0) -> Callable[[float], float]:
    """A ``beta`` that rises from 0 in a straight line, and stays at ``top`` from the share ``until`` on.

    Source: Bowman et al. (2016), Generating sentences from a continuous space, section 3.1; Soenderby et al. (2016).
    """
    if not 0 < until <= 1:
        raise ValueError(f"until must lie above 0 and not above 1, got {until!r}")
    return lambda share: top * min(1.0, share / until)


def _epoch(model, optimiser, x, batch, goal, generator):
    """One pass over ``x`` in random order: the means of objective, reconstruction and KL."""
    order = torch.randperm(len(x), generator=generator)
    size = (len(x), model.latents) if goal.draws == 1 else (len(x), goal.draws, model.latents)
    noise = torch.randn(size, generator=generator, dtype=x.dtype)
    seen = []
    for rows, noise_of_rows in zip(x[order].split(batch), noise.split(batch), strict=True):
        seen.append(step(model, optimiser, rows, noise_of_rows, goal))
    return torch.cat(seen, 1).mean(1)


def step(model, optimiser, x, noise, goal):
    """One step of the optimiser on a batch ``x`` (n, D): objective, reconstruction and KL of each image, (3, n)."""
    objective, reconstruction, divergence = _objective(model, x, noise, goal)
    optimiser.zero_grad()
    (-objective.mean()).backward()
    optimiser.step()
    return torch.stack([objective.detach(), reconstruction.detach(), divergence.detach()])


def _objective(model, x, noise, goal):
    """What is maximised and its two terms, for each image (n,); ``noise`` (n, L), or (n, K, L) for K draws."""
    if goal.draws > 1:
        noise = noise.movedim(1, 0)
        bound = importance.importance_weighted(model, x, noise)
        with torch.no_grad():
            reconstruction, divergence = vae.terms(model, x, noise)
        return bound, reconstruction.mean(0), divergence
    if goal.free_bits > 0:
        return _with_free_bits(model, x, noise, goal)
    reconstruction, divergence = vae.terms(model, x, noise)
    return reconstruction - goal.beta * divergence, reconstruction, divergence


def _with_free_bits(model, x, noise, goal):
    r"""The objective in which a latent's mean KL over the batch costs nothing until it exceeds ``free_bits``.

    .. math:: \log p(x|z) - \beta\sum_j \max\left(\lambda,\; \tfrac1n\sum_i KL(q(z_j|x_i)\,\|\,p(z_j))\right)

    Equation: (eq-free-bits). Source: Kingma et al. (2016), Improved variational inference with inverse
    autoregressive flow, eq. 15.
    """
    mu, log_sigma = model.encode(x)
    reconstruction = model.likelihood(x, model.decode(vae.reparameterise(mu, log_sigma, noise)))
    each = vae.kl_of_latents(mu, log_sigma)
    charged = each.mean(0).clamp(min=goal.free_bits).sum()
    return reconstruction - goal.beta * charged, reconstruction, each.sum(-1)


def _beta(beta, share):
    """The weight of the KL when the share ``share`` of training is done."""
    value = beta(share) if callable(beta) else beta
    if not _checks.as_float("beta", value) >= 0 or math.isinf(value):
        where = f" at the share {share:.3g} of training" if callable(beta) else ""
        raise ValueError(f"beta must be finite and not negative, got {value}{where}")
    return float(value)


def _check_objective(betas, free_bits, draws):
    """Refuse objectives that mean nothing, or that contradict each other."""
    if not _checks.as_float("free_bits", free_bits) >= 0:
        raise ValueError(f"free_bits must not be negative, got {free_bits}")
    if _checks.whole("draws", draws) > 1 and (free_bits or set(betas) != {1.0}):
        raise ValueError(f"draws = {draws} trains the importance-weighted bound, which has neither beta nor free_bits")


def _check_training(x, epochs, batch, learning_rate):
    """Refuse what training cannot use."""
    if not isinstance(x, torch.Tensor) or not x.dtype.is_floating_point:
        raise TypeError(f"x must be a float tensor of images, got {getattr(x, 'dtype', type(x).__name__)}")
    if x.ndim != 2:
        raise ValueError(f"x must have shape (images, pixels), got {tuple(x.shape)}")
    _checks.finite("x", x)
    _checks.probability("x", x)
    _checks.whole("epochs", epochs)
    _checks.whole("batch", batch)
    _checks.positive("learning_rate", _checks.as_float("learning_rate", learning_rate))

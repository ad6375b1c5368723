"""A variational autoencoder for black and white images: a prior, a decoder p(x|z), an encoder q(z|x), and one bound.

Images are rows of pixels x in {0, 1}; the prior is z ~ N(0, I). Source throughout: Kingma and Welling (2014).
Randomness is an argument: noise for a bound, a seed for training.
"""

import math
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from helpers import _checks, gaussian
from helpers._checks import checked
from helpers.divergence import kl_standard_normal


@checked("x logits", probability="x")
def log_p_x_given_z(x, logits):
    r"""Log-likelihood of each image ``x`` (..., D) under independent Bernoulli pixels with ``logits`` (..., D).

    .. math:: \log p(x|z) = \sum_d\left(x_d\log\pi_d + (1-x_d)\log(1-\pi_d)\right)
              = \sum_d\left(x_d\,\ell_d - \log(1+e^{\ell_d})\right), \quad \pi = \mathrm{sigmoid}(\ell)

    A sum over pixels, not a mean. Equation: (eq-bernoulli-log-likelihood).
    Source: Kingma and Welling (2014), appendix C.1.
    """
    _checks.shape("x", x, logits.shape[-1])
    return (x * logits - functional.softplus(logits)).sum(-1)


def kl(mu, log_sigma):
    r"""KL(q(z|x)‖p(z)) of each image, summed over latents; ``mu`` and ``log_sigma`` (..., L).

    .. math:: \tfrac12\sum_j\left(\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2\right)

    Equation: (eq-kl-standard-normal). Source: Kingma and Welling (2014), appendix B.
    """
    return kl_standard_normal(mu, log_sigma)


@checked("mu log_sigma noise", broadcast="mu log_sigma noise")
def reparameterise(mu, log_sigma, noise):
    r"""A draw from q(z|x), as a function of its parameters: z = mu + sigma * noise.

    Equation: (eq-reparameterisation). Source: Kingma and Welling (2014), section 2.4.
    """
    return mu + log_sigma.exp() * noise


class VAE(nn.Module):
    """Encoder x -> (mu, log_sigma) and decoder z -> logits: two tanh networks, mirror images of each other."""

    def __init__(self, pixels=64, latents=5, hidden=(128, 128), seed=0):
        """Start at random, reproducibly: the same ``seed`` gives the same weights."""
        super().__init__()
        sizes = [_checks.whole("hidden", size) for size in hidden]
        self.pixels, self.latents = _checks.whole("pixels", pixels), _checks.whole("latents", latents)
        generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
        self.encoder = mlp([pixels, *sizes, 2 * latents], generator)
        self.decoder = mlp([latents, *reversed(sizes), pixels], generator)

    def encode(self, x):
        """Mean and log standard deviation of q(z|x), each (..., L), for images ``x`` (..., D)."""
        _checks.shape("x", x, self.pixels)
        _checks.same_dtype(x=x, weights=self.encoder[0].weight)
        return self.encoder(x).chunk(2, -1)

    def decode(self, z):
        """Logits (..., D) of the pixels of p(x|z), for latents ``z`` (..., L)."""
        _checks.shape("z", z, self.latents)
        _checks.same_dtype(z=z, weights=self.decoder[0].weight)
        return self.decoder(z)


def mlp(sizes, generator):
    """Linear layers with tanh between them; weights start with deviation 1/sqrt(inputs), biases at 0."""
    layers = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
        nn.init.normal_(linear.weight, 0.0, inputs**-0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def terms(model, x, noise):
    r"""Reconstruction and KL of each image ``x`` (n, D), with ``noise`` (n, L), or (K, n, L) for K draws.

    .. math:: \log p(x|z), \quad KL(q(z|x)\,\|\,p(z)), \qquad z = \mu + \sigma\epsilon

    The first has the noise's shape less its last dimension, the second is (n,).

    Equation: (eq-vae-terms). Source: Kingma and Welling (2014), eq. 10.
    """
    mu, log_sigma = model.encode(x)
    reconstruction = log_p_x_given_z(x, model.decode(reparameterise(mu, log_sigma, noise)))
    return reconstruction, kl(mu, log_sigma)


def elbo(model, x, noise, beta=1.0):
    r"""The bound of each image, in nats: one estimate for each draw of ``noise``, whose mean over noise is the ELBO.

    .. math:: \log p(x|z) - \beta\,KL(q(z|x)\,\|\,p(z)), \qquad z = \mu + \sigma\epsilon

    The loss of training is its negative mean over images. With ``beta`` other than 1 it is no longer the ELBO.

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), eq. 10; Higgins et al. (2017) for beta.
    """
    reconstruction, divergence = terms(model, x, noise)
    return reconstruction - beta * divergence


class History(NamedTuple):
    """One entry an epoch, in nats an image, averaged over images as they were seen: what was maximised, its terms."""

    objective: torch.Tensor
    reconstruction: torch.Tensor
    kl: torch.Tensor


def train(
    x, latents=5, hidden=(128, 128), epochs=200, batch=100, learning_rate=6e-3, weight_decay=0.1, beta=1.0, seed=0
):
    """Fit a ``VAE`` to images ``x`` (n, D), float, each pixel in [0, 1]; returns ``(model, history)``.

    AdamW on the mean bound, its learning rate falling to 0 along a cosine; weight decay holds back memorising.
    ``x`` stays one tensor and a batch is a slice of it, shuffled. The same ``seed`` gives the same model again.
    Raises ValueError or TypeError for data or settings it cannot use.

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), algorithm 1.
    """
    _check_training(x, epochs, batch, learning_rate, beta)
    model = VAE(x.shape[1], latents, hidden, seed).to(x.dtype)
    optimiser = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    generator = torch.Generator().manual_seed(seed)
    history = []
    with _checks.trusted(), _one_thread():
        for _ in range(epochs):
            history.append(_epoch(model, optimiser, x, batch, beta, generator))
            schedule.step()
    objective, reconstruction, divergence = torch.stack(history).T
    return model, History(objective, reconstruction, divergence)


@contextmanager
def _one_thread():
    """One thread inside: matrices this small gain nothing from more, and threads that wait for each other lose much.

    It also lets the same seed give the same model whatever the number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _epoch(model, optimiser, x, batch, beta, generator):
    """One pass over ``x`` in random order: the means of objective, reconstruction and KL."""
    shuffled = x[torch.randperm(len(x), generator=generator)]
    noise = torch.randn(len(x), model.latents, generator=generator, dtype=x.dtype)
    seen = []
    for rows, noise_of_rows in zip(shuffled.split(batch), noise.split(batch), strict=True):
        reconstruction, divergence = terms(model, rows, noise_of_rows)
        loss = (beta * divergence - reconstruction).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(torch.stack([reconstruction.detach(), divergence.detach()]))
    reconstruction, divergence = torch.cat(seen, 1).mean(1)
    return torch.stack([reconstruction - beta * divergence, reconstruction, divergence])


def _check_training(x, epochs, batch, learning_rate, beta):
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
    if not _checks.as_float("beta", beta) >= 0:
        raise ValueError(f"beta must not be negative, got {beta}")


@torch.no_grad()
def evaluate(model, x, samples=100, seed=0):
    """Mean ELBO of images ``x`` in nats an image: the KL exact, the reconstruction averaged over ``samples`` draws."""
    noise = draw_noise(model, x, samples, seed)
    return torch.stack([elbo(model, x, one_draw).mean() for one_draw in noise]).mean().item()


def draw_noise(model, x, samples, seed=0):
    """Standard normal noise (samples, n, L) for images ``x`` (n, D)."""
    generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
    return torch.randn(_checks.whole("samples", samples), len(x), model.latents, generator=generator, dtype=x.dtype)


def log_weights(model, x, noise):
    r"""Log importance weights (K, n) of K draws for each image ``x`` (n, D); ``noise`` (K, n, L).

    .. math:: \log w_k = \log p(x|z_k) + \log p(z_k) - \log q(z_k|x)

    Equation: (eq-vae-log-weight). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    mu, log_sigma = model.encode(x)
    z = reparameterise(mu, log_sigma, noise)
    log_p_z = gaussian.log_prob(z, 0.0, 1.0).sum(-1)
    log_q_z = gaussian.log_prob(z, mu, log_sigma.exp()).sum(-1)
    return log_p_x_given_z(x, model.decode(z)) + log_p_z - log_q_z


def importance_weighted(model, x, noise):
    r"""The K-draw bound on log p(x) of each image; K = 1 is the ELBO, and it tightens as K grows.

    .. math:: \log\frac1K\sum_k w_k

    Equation: (eq-iwae). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    return log_weights(model, x, noise).logsumexp(0) - math.log(noise.shape[0])


@torch.no_grad()
def estimate_log_p(model, x, samples=1000, seed=0):
    """Importance-weighted bound on log p(x) of each image (n,), from ``samples`` draws; memory is kept small."""
    noise = draw_noise(model, x, samples, seed)
    log_w = torch.cat([log_weights(model, x, some) for some in noise.split(50)])
    return log_w.logsumexp(0) - math.log(samples)


@torch.no_grad()
def reconstruct(model, x):
    """Probability that each pixel is on, decoded from the mean of q(z|x)."""
    return model.decode(model.encode(x)[0]).sigmoid()


@torch.no_grad()
def sample(model, n, seed=0):
    """Pixel probabilities (n, D) of ``n`` draws from the prior."""
    generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
    dtype = next(model.parameters()).dtype
    return model.decode(torch.randn(_checks.whole("n", n), model.latents, generator=generator, dtype=dtype)).sigmoid()

"""Importance weighting: how well a VAE explains an image, from many draws of its encoder.

Source throughout: Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders.
"""

import math

import torch

from helpers import gaussian
from helpers.vae import draw_noise, reparameterise


def log_weights(model, x, noise):
    r"""Log importance weights (K, n) of K draws for each image ``x`` (n, D); ``noise`` (K, n, L).

    .. math:: \log w_k = \log p(x|z_k) + \log p(z_k) - \log q(z_k|x)

    Equation: (eq-vae-log-weight). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    mu, log_sigma = model.encode(x)
    z = reparameterise(mu, log_sigma, noise)
    log_p_z = gaussian.log_prob(z, z.new_zeros(()), z.new_ones(())).sum(-1)
    log_q_z = gaussian.log_prob(z, mu, log_sigma.exp()).sum(-1)
    return model.likelihood(x, model.decode(z)) + log_p_z - log_q_z


def importance_weighted(model, x, noise):
    r"""The K-draw bound on log p(x) of each image; K = 1 is the ELBO, and it tightens as K grows.

    .. math:: \log\frac1K\sum_k w_k

    Equation: (eq-iwae). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    return log_weights(model, x, noise).logsumexp(0) - math.log(noise.shape[0])


@torch.no_grad()
def draw_log_weights(model, x, samples=1000, seed=0):
    """Log weights (samples, n) of fresh draws for images ``x`` (n, D), 50 draws at a time: memory stays small."""
    noise = draw_noise(model, x, samples, seed)
    return torch.cat([log_weights(model, x, some) for some in noise.split(50)])


def estimate_log_p(model, x, samples=1000, seed=0):
    """Importance-weighted bound on log p(x) of each image (n,), from ``samples`` draws. Equation: (eq-iwae)."""
    return draw_log_weights(model, x, samples, seed).logsumexp(0) - math.log(samples)

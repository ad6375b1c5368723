"""A variational autoencoder for images: a prior, a decoder p(x|z), an encoder q(z|x), and one bound.

Images are rows of pixels x in [0, 1], black or white (0 or 1) unless the decoder's likelihood takes greys; the prior is
z ~ N(0, I). Source throughout: Kingma and Welling (2014). Randomness is an argument: noise for a bound, a seed for a
start. ``helpers.training`` fits it, ``helpers.importance`` scores it more tightly, ``helpers.weights`` keeps it.
"""

import torch
from torch import nn

from helpers import _checks
from helpers import pixels as of_pixels
from helpers._checks import checked
from helpers.divergence import kl_gaussian, kl_standard_normal

# Independent Bernoulli pixels, under the name that the page gives to what a decoder says of an image.
log_p_x_given_z = of_pixels.bernoulli


def kl(mu, log_sigma):
    r"""KL(q(z|x)‖p(z)) of each image, summed over latents; ``mu`` and ``log_sigma`` (..., L).

    .. math:: \tfrac12\sum_j\left(\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2\right)

    Equation: (eq-kl-standard-normal). Source: Kingma and Welling (2014), appendix B.
    """
    return kl_standard_normal(mu, log_sigma)


def kl_of_latents(mu, log_sigma):
    r"""KL(q(z_j|x)‖p(z_j)) of each latent j by itself; ``mu`` and ``log_sigma`` (..., L), and so is the result.

    .. math:: \tfrac12\left(\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2\right)

    Equation: (eq-kl-standard-normal), before the sum over latents. Source: Kingma and Welling (2014), appendix B.
    """
    return kl_gaussian(mu, log_sigma.exp(), mu.new_zeros(()), mu.new_ones(()))


@checked("mu log_sigma noise", broadcast="mu log_sigma noise")
def reparameterise(mu, log_sigma, noise):
    r"""A draw from q(z|x), as a function of its parameters: z = mu + sigma * noise.

    Equation: (eq-reparameterisation). Source: Kingma and Welling (2014), section 2.4.
    """
    return mu + log_sigma.exp() * noise


class VAE(nn.Module):
    """Encoder x -> (mu, log_sigma) and decoder z -> logits: two tanh networks, mirror images of each other."""

    def __init__(self, pixels=64, latents=5, hidden=(128, 128), seed=0, likelihood=log_p_x_given_z):
        """Start at random, reproducibly: the same ``seed`` gives the same weights.

        ``likelihood(x, logits)`` is log p(x|z) of images (..., D), summed over pixels: Bernoulli pixels by
        default, or another function of ``helpers.pixels``.
        """
        super().__init__()
        self.likelihood = likelihood
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

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), eq. 10.
    """
    mu, log_sigma = model.encode(x)
    reconstruction = model.likelihood(x, model.decode(reparameterise(mu, log_sigma, noise)))
    return reconstruction, kl(mu, log_sigma)


def elbo(model, x, noise, beta=1.0):
    r"""The bound of each image, in nats: one estimate for each draw of ``noise``, whose mean over noise is the ELBO.

    .. math:: \log p(x|z) - \beta\,KL(q(z|x)\,\|\,p(z)), \qquad z = \mu + \sigma\epsilon

    The loss of training is its negative mean over images. With ``beta`` other than 1 it is no longer the ELBO.

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), eq. 10; Higgins et al. (2017) for beta.
    """
    reconstruction, divergence = terms(model, x, noise)
    return reconstruction - beta * divergence


@torch.no_grad()
def evaluate(model, x, samples=100, seed=0):
    """Mean ELBO of images ``x`` in nats an image: the KL exact, the reconstruction averaged over ``samples`` draws."""
    noise = draw_noise(model, x, samples, seed)
    return torch.stack([elbo(model, x, one_draw).mean() for one_draw in noise]).mean().item()


def draw_noise(model, x, samples, seed=0):
    """Standard normal noise (samples, n, L) for images ``x`` (n, D)."""
    generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
    return torch.randn(_checks.whole("samples", samples), len(x), model.latents, generator=generator, dtype=x.dtype)


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

"""What the regulariser costs and what it buys: rate and distortion, the two parts of the rate, active latents.

``mu`` and ``log_sigma`` (n, L) are an encoder's answers q(z|x_i) = N(mu_i, diag(sigma_i²)) to n images, ``noise``
(K, n, L) is K draws of standard normal noise for each. Everything is in nats. The linear VAE under a weight ``beta`` is
solved exactly.
"""

import math

import torch

from helpers import _checks, gaussian, vae
from helpers._checks import checked

ACTIVE = 0.01  # the threshold of Burda et al. (2016)


def rate_and_distortion(model, x, noise):
    r"""R and D of a model, averaged over images ``x`` (n, D): the KL, and minus the reconstruction over ``noise``.

    .. math:: R = \frac1n\sum_i KL(q(z|x_i)\,\|\,p(z)), \qquad D = -\frac1n\sum_i E_{q(z|x_i)}[\log p(x_i|z)]

    The mean ELBO is -(D + R). Equation: (eq-rate-distortion). Source: Alemi et al. (2018), Fixing a broken ELBO.
    """
    reconstruction, rate = vae.terms(model, x, noise)
    return rate.mean(), -reconstruction.mean()


@checked("mu log_sigma", broadcast="mu log_sigma")
def rate_of_latents(mu, log_sigma):
    r"""What each latent costs, averaged over images: (L,); the sum is the rate.

    .. math:: R_j = \frac1n\sum_i KL(q(z_j|x_i)\,\|\,p(z_j))

    Equation: (eq-kl-standard-normal), before the sum over latents. Source: Kingma and Welling (2014), appendix B.
    """
    _checks.shape("mu", mu, None, None)
    return vae.kl_of_latents(mu, log_sigma).mean(0)


@checked("mu")
def activity(mu):
    r"""How much the mean of each latent varies from image to image, (L,); a latent is active above ``ACTIVE``.

    .. math:: A_j = \mathrm{Var}_x\big(E_{q(z_j|x)}[z_j]\big)

    Equation: (eq-active-unit). Source: Burda, Grosse and Salakhutdinov (2016), section 5.
    """
    _checks.shape("mu", mu, None, None)
    return ((mu - mu.mean(0)) ** 2).mean(0)


def active_units(mu, threshold=ACTIVE):
    """How many latents are active. Equation: (eq-active-unit). Source: Burda et al. (2016), section 5."""
    return (activity(mu) > threshold).sum()


@checked("z mu log_sigma", broadcast="mu log_sigma")
def log_aggregate(z, mu, log_sigma):
    r"""Log density of the aggregate posterior at each ``z`` (..., L): the mixture of all n answers.

    .. math:: q(z) = \frac1n\sum_{i=1}^n q(z|x_i)

    Equation: (eq-aggregate-posterior). Source: Hoffman and Johnson (2016), ELBO surgery.
    """
    _checks.shape("mu", mu, None, z.shape[-1])
    each = gaussian.log_prob(z[..., None, :], mu, log_sigma.exp()).sum(-1)
    return each.logsumexp(-1) - math.log(mu.shape[0])


@checked("mu log_sigma noise", broadcast="mu log_sigma noise")
def split_rate(mu, log_sigma, noise):
    r"""The rate's two parts, at each draw z of each answer: information and mismatch, both (K, n).

    .. math:: R = \underbrace{E\left[\log\frac{q(z|x)}{q(z)}\right]}_{I_q(x;z)}
              + \underbrace{E\left[\log\frac{q(z)}{p(z)}\right]}_{KL(q(z)\,\|\,p(z))}

    Their averages estimate the two; a single entry may be negative.

    Equation: (eq-rate-split). Source: Hoffman and Johnson (2016), ELBO surgery.
    """
    z = vae.reparameterise(mu, log_sigma, noise)
    log_q_z = log_aggregate(z, mu, log_sigma)
    log_p_z = gaussian.log_prob(z, 0.0, 1.0).sum(-1)
    log_q_z_given_x = gaussian.log_prob(z, mu, log_sigma.exp()).sum(-1)
    return log_q_z_given_x - log_q_z, log_q_z - log_p_z


@checked("eigenvalues sigma beta", positive="eigenvalues sigma beta")
def linear_rates(eigenvalues, sigma, beta):
    r"""What each latent of the best linear VAE costs under ``beta``: 0 from where the water reaches its eigenvalue.

    .. math:: R_j = \max\left(0,\; \tfrac12\log\frac{\lambda_j}{\beta\sigma^2}\right)

    Equation: (eq-linear-beta). Source: Lucas et al. (2019), Don't blame the ELBO!; Cover and Thomas (2006), section
    10.3, for the same formula in rate-distortion theory.
    """
    return 0.5 * (eigenvalues / (beta * sigma**2)).log().clamp(min=0)


@checked("eigenvalues sigma beta", positive="eigenvalues sigma beta")
def linear_errors(eigenvalues, sigma, beta):
    r"""Mean squared error that the best linear VAE leaves along each principal direction under ``beta``.

    .. math:: E_j = \min(\lambda_j,\; \beta\sigma^2)

    Equation: (eq-linear-beta). Source: as for ``linear_rates``.
    """
    return torch.minimum(eigenvalues, beta * sigma**2 * torch.ones_like(eigenvalues))

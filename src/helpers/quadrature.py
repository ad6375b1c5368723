"""Integrals over a two-dimensional latent, by the trapezoid rule on a grid laid around q(z|x).

For a smooth integrand that has died away at the grid's edge the rule's error falls faster than any power of the
spacing, so a spacing below one standard deviation of q is fine enough. What the rule cannot see is posterior mass
beyond the grid, or finer than its spacing: then ``log_p`` is wrong. For digits it is right to a few hundredths of a
nat or better, for pictures unlike any digit it can be far too small.
"""

import torch

from helpers import gaussian

# Nodes along each axis, and how many standard deviations of q they reach on either side of its mean.
AROUND_P = {"points": 27, "reach": 10.0}  # the posterior reaches further than q does
AROUND_Q = {"points": 31, "reach": 6.0}  # q ends sooner, and under it log p(x|z) wants a finer spacing


def nodes(mu, log_sigma, points, reach):
    """Grid ``z`` (points², 2) around q = N(mu, diag(sigma²)), both (2,), and the logarithm of a cell's area."""
    steps = torch.linspace(-reach, reach, points, dtype=mu.dtype)
    offsets = torch.cartesian_prod(steps, steps)
    spacing = torch.as_tensor(2 * reach / (points - 1), dtype=mu.dtype)
    return mu + log_sigma.exp() * offsets, 2 * spacing.log() + log_sigma.sum()


def log_p(model, x, mu, log_sigma):
    r"""log p(x) of one image ``x`` (D,), in nats.

    .. math:: \log \int p(x|z)\,p(z)\,dz \approx \log \sum_k p(x|z_k)\,p(z_k)\,\Delta

    Equation: (eq-vae-marginal). Source: Kingma and Welling (2014), section 2.1, by quadrature instead of a bound.
    """
    z, log_area = nodes(mu, log_sigma, **AROUND_P)
    log_joint = model.likelihood(x, model.decode(z)) + gaussian.log_prob(z, 0.0, 1.0).sum(-1)
    return log_joint.logsumexp(0) + log_area


def expected_reconstruction(model, x, mu, log_sigma):
    r"""E under q(z|x) of log p(x|z) for one image ``x`` (D,), in nats, without sampling noise.

    Equation: (eq-vae-loss). Source: Kingma and Welling (2014), eq. 3.
    """
    z, _ = nodes(mu, log_sigma, **AROUND_Q)
    weights = gaussian.log_prob(z, mu, log_sigma.exp()).sum(-1).softmax(0)
    return (weights * model.likelihood(x, model.decode(z))).sum()

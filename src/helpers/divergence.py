"""Kullback-Leibler divergence KL(q‖p) = E_q[log q(z) - log p(z)]: closed forms, quadrature and Monte Carlo, in nats."""

import torch

from helpers import _checks
from helpers._checks import checked
from helpers.gaussian import cholesky


@checked("mu_q sigma_q mu_p sigma_p", positive="sigma_q sigma_p", broadcast="mu_q sigma_q mu_p sigma_p")
def kl_gaussian(mu_q, sigma_q, mu_p=0.0, sigma_p=1.0):
    r"""KL between two Gaussians; the arguments broadcast.

    .. math:: \log\frac{\sigma_p}{\sigma_q} + \frac{\sigma_q^2 + (\mu_q-\mu_p)^2}{2\sigma_p^2} - \tfrac12

    Raises ValueError if a standard deviation is not positive.

    Equation: (eq-kl-gaussian). Source: Rasmussen and Williams (2006), eq. A.23, in one dimension.
    """
    return (sigma_p / sigma_q).log() + (sigma_q**2 + (mu_q - mu_p) ** 2) / (2 * sigma_p**2) - 0.5


@checked("mu log_sigma", broadcast="mu log_sigma")
def kl_standard_normal(mu, log_sigma):
    r"""KL from a diagonal Gaussian to the standard normal, summed over the last dimension (the latents).

    .. math:: \tfrac12\sum_j\left(\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2\right)

    ``log_sigma`` is the log of the standard deviation, half the log variance.

    Equation: (eq-kl-standard-normal). Source: Kingma and Welling (2014), appendix B.
    """
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(-1)


@checked("mu_q covariance_q mu_p covariance_p")
def kl_multivariate(mu_q, covariance_q, mu_p, covariance_p):
    r"""KL between two D-dimensional Gaussians with full covariances (D, D) and means (D,).

    .. math::
        \tfrac12\left(\mathrm{tr}(\Sigma_p^{-1}\Sigma_q) + (\mu_p-\mu_q)^\top\Sigma_p^{-1}(\mu_p-\mu_q) - D
        + \log\frac{|\Sigma_p|}{|\Sigma_q|}\right)

    Raises ValueError if a covariance is not symmetric and positive definite.

    Equation: (eq-kl-multivariate). Source: Rasmussen and Williams (2006), eq. A.23.
    """
    _checks.same_dtype(mu_q=mu_q, covariance_q=covariance_q, mu_p=mu_p, covariance_p=covariance_p)
    _checks.broadcastable(mu_q=mu_q, mu_p=mu_p)
    scale_q, scale_p = cholesky("covariance_q", covariance_q), cholesky("covariance_p", covariance_p)
    spread = torch.linalg.solve_triangular(scale_p, scale_q, upper=False)
    shift = torch.linalg.solve_triangular(scale_p, (mu_q - mu_p)[..., None], upper=False)
    log_ratio = (scale_p.diagonal(dim1=-2, dim2=-1) / scale_q.diagonal(dim1=-2, dim2=-1)).log().sum(-1)
    return 0.5 * ((spread**2).sum((-2, -1)) + (shift**2).sum((-2, -1)) - mu_q.shape[-1]) + log_ratio


@checked("q p", probability="q p", broadcast="q p")
def kl_categorical(q, p):
    r"""KL between categorical distributions, whose probabilities lie along the last dimension.

    .. math:: \sum_k q_k \log\frac{q_k}{p_k}, \qquad 0\log 0 = 0

    Infinite where ``q`` has mass and ``p`` has none. Equation: (eq-kl-categorical). Source: Bishop, PRML, eq. 1.113.
    """
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)


@checked("log_q log_p")
def kl_monte_carlo(log_q, log_p):
    r"""Monte Carlo estimate of KL(q‖p) from both log densities at draws from q, averaged over the first dimension.

    .. math:: \frac1K\sum_{k=1}^K \left(\log q(z_k) - \log p(z_k)\right), \qquad z_k \sim q

    One estimate may be negative; their mean is not. Draws come from q: draws from p would estimate something else.

    Equation: (eq-kl-monte-carlo). Source: Bishop, PRML, eq. 1.113.
    """
    _checks.broadcastable(log_q=log_q, log_p=log_p)
    return (log_q - log_p).mean(0)


@checked("log_q log_p")
def kl_nonnegative(log_q, log_p):
    r"""Monte Carlo estimate of KL(q‖p) which is never negative, from the same log densities at draws from q.

    .. math:: \frac1K\sum_{k=1}^K \left(r_k - 1 - \log r_k\right), \qquad r_k = \frac{p(z_k)}{q(z_k)}, \qquad z_k \sim q

    Its mean is that of ``kl_monte_carlo`` as long as p has no mass where q has none. Where q and p are close it varies
    less, where they are far apart much more.

    Equation: (eq-kl-nonnegative-estimate). Source: Schulman (2020), Approximating KL divergence.
    """
    _checks.broadcastable(log_q=log_q, log_p=log_p)
    log_r = log_p - log_q
    return (torch.expm1(log_r) - log_r).mean(0)


@checked("log_q log_p grid")
def kl_quadrature(log_q, log_p, grid):
    r"""KL(q‖p) by the trapezoid rule, from log densities on a ``grid`` (n,) that covers where q lives.

    .. math:: \int q(z)\left(\log q(z) - \log p(z)\right)\,dz

    ``log_q`` and ``log_p`` have shape (..., n). Equation: (eq-kl). Source: Bishop, PRML, eq. 1.113.
    """
    _checks.shape("log_q", log_q, grid.shape[-1])
    _checks.shape("log_p", log_p, grid.shape[-1])
    return integrate(log_q.exp() * (log_q - log_p), grid)


@checked("heights grid")
def integrate(heights, grid):
    r"""Trapezoid rule over the last dimension: :math:`\sum_i (g_{i+1}-g_i)\,(h_i+h_{i+1})/2`."""
    _checks.shape("heights", heights, grid.shape[-1])
    return ((grid[1:] - grid[:-1]) * (heights[..., 1:] + heights[..., :-1]) / 2).sum(-1)

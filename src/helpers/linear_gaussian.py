"""The VAE that can be solved: a linear decoder with one noise level, which is probabilistic PCA.

The model is z ~ N(0, I) with L latents and x | z ~ N(W z + mu, sigma² I) with D columns; ``weights`` W is (D, L),
``mu`` (D,) and ``sigma`` a number. log p(x), p(z|x) and the ELBO of a linear encoder are all exact.
Source throughout: Tipping and Bishop (1999), Probabilistic principal component analysis, JRSS B 61.
"""

from typing import NamedTuple

import torch

from helpers import _checks
from helpers._checks import checked, trusted
from helpers.divergence import kl_standard_normal
from helpers.gaussian import LOG_2_PI


class Encoder(NamedTuple):
    """q(z|x) = N(V (x - mu), diag(scale²)): ``matrix`` V (L, D) and ``log_scale`` (L,), the same scale for every x."""

    matrix: torch.Tensor
    log_scale: torch.Tensor


@checked("x weights mu sigma", positive="sigma")
def log_prob(x, weights, mu, sigma):
    r"""Exact log p(x) of each row of ``x`` (..., D), with only an L x L matrix to invert.

    .. math:: \log N(x; \mu, C), \quad C = WW^\top + \sigma^2 I, \quad M = W^\top W + \sigma^2 I

    .. math:: \log|C| = \log|M| + (D-L)\log\sigma^2, \quad
              r^\top C^{-1} r = \frac{\|r\|^2 - r^\top W M^{-1} W^\top r}{\sigma^2}

    Equation: (eq-ppca-log-prob). Source: Tipping and Bishop (1999), with the matrix determinant lemma.
    """
    pixels, latents = weights.shape
    _matching(x, weights, mu)
    scale = torch.linalg.cholesky(inner(weights, sigma))
    r = x - mu
    whitened = torch.linalg.solve_triangular(scale, (r @ weights).reshape(-1, latents).mT, upper=False)
    explained = (whitened**2).sum(0).reshape(r.shape[:-1])
    log_det = 2 * scale.diagonal().log().sum() + 2 * (pixels - latents) * sigma.log()
    return -0.5 * (pixels * LOG_2_PI + log_det + ((r**2).sum(-1) - explained) / sigma**2)


def _matching(x, weights, mu):
    """Refuse rows, weights and mean which do not belong together."""
    _checks.shape("weights", weights, None, None)
    _checks.shape("x", x, weights.shape[0])
    _checks.shape("mu", mu, weights.shape[0])
    _checks.same_dtype(x=x, weights=weights, mu=mu)


@checked("weights sigma", positive="sigma")
def inner(weights, sigma):
    r"""The L x L matrix :math:`M = W^\top W + \sigma^2 I`. Equation: (eq-ppca-inner). Source: PRML, eq. 12.41."""
    _checks.shape("weights", weights, None, None)
    return weights.mT @ weights + sigma**2 * torch.eye(weights.shape[-1], dtype=weights.dtype)


@checked("x weights mu sigma", positive="sigma")
def posterior(x, weights, mu, sigma):
    r"""Mean (..., L) and covariance (L, L) of p(z|x); the covariance is the same for every x.

    .. math:: p(z|x) = N\left(M^{-1}W^\top(x-\mu),\; \sigma^2 M^{-1}\right)

    Equation: (eq-ppca-posterior). Source: Tipping and Bishop (1999).
    """
    _matching(x, weights, mu)
    inverse = torch.linalg.inv(inner(weights, sigma))
    return (x - mu) @ weights @ inverse, sigma**2 * inverse


@checked("x weights mu sigma", positive="sigma")
def elbo(x, weights, mu, sigma, encoder):
    r"""ELBO of each row of ``x`` under a linear ``encoder``, in closed form.

    .. math:: -\tfrac D2\log 2\pi\sigma^2 - \frac{\|r - W m\|^2 + \sum_j s_j^2\,\|w_j\|^2}{2\sigma^2}
              - KL\left(N(m, \mathrm{diag}\,s^2)\,\|\,N(0, I)\right), \quad m = V r,\; r = x - \mu

    Equation: (eq-linear-vae-elbo). Source: Lucas et al. (2019), Don't blame the ELBO!
    """
    _matching(x, weights, mu)
    r = x - mu
    mean = r @ encoder.matrix.mT
    missed = ((r - mean @ weights.mT) ** 2).sum(-1)
    blurred = ((2 * encoder.log_scale).exp() * (weights**2).sum(0)).sum()
    reconstruction = -0.5 * weights.shape[0] * (LOG_2_PI + 2 * sigma.log()) - (missed + blurred) / (2 * sigma**2)
    return reconstruction - kl_standard_normal(mean, encoder.log_scale)


@checked("weights sigma", positive="sigma")
def best_encoder(weights, sigma):
    r"""The encoder that maximises the ELBO: the posterior's mean, and the inverse of its precision's diagonal.

    .. math:: V = M^{-1}W^\top, \qquad s_j^2 = \sigma^2 / M_{jj}

    It is the exact posterior, and the gap 0, just when the columns of W are orthogonal.

    Equation: (eq-linear-best-encoder). Source: Bishop, PRML, eqs. 10.12 and 10.13 with the posterior above.
    """
    m = inner(weights, sigma)
    return Encoder(torch.linalg.solve(m, weights.mT), sigma.log() - 0.5 * m.diagonal().log())


@checked("weights sigma", positive="sigma")
def gap(weights, sigma):
    r"""Nats by which the best linear encoder's ELBO stays below log p(x), whatever x is; ``weights`` (..., D, L).

    .. math:: \tfrac12\Big(\sum_j \log M_{jj} - \log|M|\Big)

    Never negative, and 0 just when the columns of W are orthogonal (Hadamard's inequality).

    Equation: (eq-linear-gap). Source: Lucas et al. (2019), Don't blame the ELBO!
    """
    m = inner(weights, sigma)
    root = torch.linalg.cholesky(m).diagonal(dim1=-2, dim2=-1)
    return (0.5 * m.diagonal(dim1=-2, dim2=-1).log() - root.log()).sum(-1)


@checked("angle")
def turn(angle):
    r"""The rotation of two latents by ``angle`` (...) in radians, (..., 2, 2), for W R: the columns of W turn.

    .. math:: R = \begin{pmatrix}\cos\alpha & -\sin\alpha \\ \sin\alpha & \cos\alpha\end{pmatrix}

    Equation: (eq-ppca-rotation). Source: Tipping and Bishop (1999).
    """
    c, s = angle.cos(), angle.sin()
    return torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)


@checked("x")
def principal_axes(x):
    """Mean (D,) of rows ``x`` (n, D), and the eigenvalues (D,) and eigenvectors (columns, D x D) of their covariance.

    Largest first; the covariance has the divisor n. Source: Bishop, PRML, section 12.1.
    """
    _checks.shape("x", x, None, None)
    mu = x.mean(0)
    values, vectors = torch.linalg.eigh((x - mu).mT @ (x - mu) / x.shape[0])
    return mu, values.flip(0), vectors.flip(1)


@checked("values sigma", positive="sigma")
def lengths(values, sigma):
    r"""Lengths of the best decoder's columns for a given sigma, from eigenvalues ``values`` (..., L) of the covariance.

    .. math:: \|w_j\|^2 = \max(\lambda_j - \sigma^2,\, 0)

    A latent whose eigenvalue is not above sigma² is switched off.

    Equation: (eq-linear-off). Source: Lucas et al. (2019), Don't blame the ELBO!
    """
    return (values - sigma**2).clamp(min=0).sqrt()


@checked("x")
def fit(x, latents):
    r"""Maximum likelihood ``(weights, mu, sigma)`` from rows ``x`` (n, D), through the covariance with divisor n.

    .. math:: W = U_L(\Lambda_L - \sigma^2 I)^{1/2}, \qquad \sigma^2 = \frac1{D-L}\sum_{j>L}\lambda_j

    Raises ValueError if ``latents`` is not below D, or the left-over variance is 0 (the likelihood has no maximum).

    Equation: (eq-ppca-mle). Source: Tipping and Bishop (1999); Bishop, PRML, eqs. 12.45 and 12.46.
    """
    _checks.shape("x", x, None, None)
    pixels = x.shape[1]
    if _checks.whole("latents", latents) >= pixels:
        raise ValueError(f"latents must be below the {pixels} columns of x, got {latents}")
    mu, values, vectors = principal_axes(x)
    variance = values[latents:].mean()
    if _checks.has_values(variance) and variance <= 1e-12 * values[0]:
        raise ValueError(f"x lies in {latents} dimension(s): sigma would be {variance.clamp(min=0).sqrt().item():.3g}")
    return vectors[:, :latents] * (values[:latents] - variance).sqrt(), mu, variance.sqrt()


class Step(NamedTuple):
    """Decoder and encoder at one step of a climb."""

    weights: torch.Tensor
    sigma: torch.Tensor
    encoder: Encoder


class Trained(NamedTuple):
    """What ``train`` learnt, the mean ELBO (nats a row) before the first step and after each one, and steps kept."""

    weights: torch.Tensor
    mu: torch.Tensor
    sigma: torch.Tensor
    encoder: Encoder
    history: torch.Tensor
    kept: tuple[Step, ...] = ()


@checked("x")
def condense(x):
    """Mean (D,) of rows ``x`` (n, D), and min(n, D) rows about 0 whose second moments are those of the data about it.

    Both ``log_prob`` and ``elbo`` are quadratic in x - mu and have no linear term, so their means over these few rows
    (with mu = 0) are the means over all rows of ``x``. Source: the QR factorisation, Golub and Van Loan, section 5.2.
    """
    _checks.shape("x", x, None, None)
    mu = x.mean(0)
    triangle = torch.linalg.qr(x - mu, mode="r").R
    return mu, triangle * (triangle.shape[0] / x.shape[0]) ** 0.5


@checked("x")
def train(x, latents=2, steps=300, seed=0, keep=0):
    """Learn decoder and encoder together by climbing the mean ELBO of rows ``x`` (n, D) from a random start.

    The ELBO is in closed form, so there is no sampling noise and a quasi-Newton climber (L-BFGS) may be used.
    Its top is the maximum of the exact log-likelihood (Lucas et al., 2019), which ``fit`` finds without climbing.
    ``kept`` of what is returned holds the start and the first ``keep`` steps.
    """
    _checks.shape("x", x, None, None)
    latents, steps = _checks.whole("latents", latents), _checks.whole("steps", steps)
    seed, keep = _checks.whole("seed", seed, 0), _checks.whole("keep", keep, 0)
    (mu, rows), unit = condense(x), x.std()
    rows = rows / unit  # climbed in units of the data's own spread, then given back in the units of x
    pixels, origin = rows.shape[1], torch.zeros_like(mu)
    generator = torch.Generator().manual_seed(seed)
    start = 0.1 * torch.randn(pixels, latents, generator=generator, dtype=x.dtype)
    learnt = [start, *(torch.zeros(shape, dtype=x.dtype) for shape in ((), (latents, pixels), (latents,)))]

    def mean_elbo(weights, log_sigma, matrix, log_scale):
        return elbo(rows, weights, origin, log_sigma.exp(), Encoder(matrix, log_scale)).mean()

    def in_units_of_x(weights, log_sigma, matrix, log_scale):
        return Step(weights * unit, log_sigma.exp() * unit, Encoder(matrix / unit, log_scale.clone()))

    with trusted():
        history, kept = _climb(mean_elbo, [parameter.requires_grad_() for parameter in learnt], steps, keep)
    weights, sigma, encoder = in_units_of_x(*(parameter.detach() for parameter in learnt))
    kept = tuple(in_units_of_x(*parameters) for parameters in kept)
    return Trained(weights, mu, sigma, encoder, history - pixels * unit.log(), kept)


def _climb(objective, parameters, steps, keep):
    """Maximise ``objective(*parameters)`` in place by L-BFGS.

    Its value before the first step and after each one, and the parameters of the first ``keep`` steps.
    """
    climber = torch.optim.LBFGS(
        parameters, max_iter=1, max_eval=25, history_size=100, line_search_fn="strong_wolfe",
        tolerance_grad=1e-10, tolerance_change=1e-13,
    )  # fmt: skip
    before, kept = [], []

    def loss():
        climber.zero_grad()
        value = -objective(*parameters)
        value.backward()
        return value

    for step in range(steps + 1):
        if step <= keep and keep:
            kept.append([parameter.detach().clone() for parameter in parameters])
        if step < steps:
            before.append(-climber.step(loss).item())
    return torch.tensor([*before, objective(*parameters).item()], dtype=torch.float64), kept

"""Divergences against torch.distributions, quadrature, and the sign that all of them must have."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from helpers import divergence, gaussian

means = st.floats(-20, 20)
widths = st.floats(0.1, 20)
D = torch.distributions


@pytest.mark.equation("eq-kl-gaussian")
@given(means, widths, means, widths)
def test_gaussian_is_torchs_and_not_negative(mu_q, sigma_q, mu_p, sigma_p):
    ours = divergence.kl_gaussian(mu_q, sigma_q, mu_p, sigma_p).item()
    q, p = (
        D.Normal(*(torch.tensor(v, dtype=torch.float64) for v in pair)) for pair in ((mu_q, sigma_q), (mu_p, sigma_p))
    )
    assert ours == pytest.approx(D.kl_divergence(q, p).item(), rel=1e-9, abs=1e-12)
    assert ours >= -1e-13


def test_gaussian_is_the_integral_and_not_symmetric():
    def integrand(z):
        return stats.norm.pdf(z, 1, 2) * (stats.norm.logpdf(z, 1, 2) - stats.norm.logpdf(z, -1, 1))

    truth, _ = integrate.quad(integrand, -30, 30, points=[-1, 1], epsabs=1e-12)
    assert divergence.kl_gaussian(1, 2, -1, 1).item() == pytest.approx(truth, rel=1e-9)
    assert divergence.kl_gaussian(-1, 1, 1, 2).item() != pytest.approx(truth, rel=0.1)


@pytest.mark.equation("eq-kl-standard-normal")
@given(st.lists(st.tuples(means, st.floats(-3, 2)), min_size=1, max_size=6))
def test_standard_normal_sums_the_latents(latents):
    mu, log_sigma = torch.tensor(latents, dtype=torch.float64).T
    truth = D.kl_divergence(D.Normal(mu, log_sigma.exp()), D.Normal(0.0, 1.0)).sum()
    assert divergence.kl_standard_normal(mu, log_sigma).item() == pytest.approx(truth.item(), rel=1e-9, abs=1e-12)


@pytest.mark.equation("eq-kl-multivariate")
def test_multivariate_is_torchs():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 4, 4, generator=generator, dtype=torch.float64)
    eye = torch.eye(4, dtype=torch.float64)
    pair = [(a[0], a @ a.mT + eye), (b[0], b @ b.mT + eye)]
    truth = D.kl_divergence(*(D.MultivariateNormal(*v) for v in pair))
    assert divergence.kl_multivariate(*pair[0], *pair[1]).item() == pytest.approx(truth.item(), rel=1e-11)


@pytest.mark.equation("eq-kl-categorical")
@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=2, max_size=6))
def test_categorical_is_scipys_and_not_negative(pairs):
    q, p = (row / row.sum() for row in torch.tensor(pairs, dtype=torch.float64).T)
    ours = divergence.kl_categorical(q, p).item()
    assert ours == pytest.approx(stats.entropy(q, p), rel=1e-9, abs=1e-12)
    assert ours >= -1e-14


def test_categorical_where_a_probability_is_zero():
    assert divergence.kl_categorical([0.0, 1.0], [0.5, 0.5]).item() == pytest.approx(math.log(2))
    assert divergence.kl_categorical([0.5, 0.5], [0.0, 1.0]).item() == math.inf


@pytest.mark.equation("eq-kl")
@given(st.floats(-2, 2), st.floats(0.3, 2))
def test_quadrature_is_the_closed_form(mu, sigma):
    grid = torch.linspace(-30, 30, 6001, dtype=torch.float64)
    log_q, log_p = gaussian.log_prob(grid, mu, sigma), gaussian.log_prob(grid, 0.5, 1.5)
    truth = divergence.kl_gaussian(mu, sigma, 0.5, 1.5).item()
    assert divergence.kl_quadrature(log_q, log_p, grid).item() == pytest.approx(truth, abs=1e-9)


@pytest.mark.equation("eq-kl-monte-carlo")
def test_monte_carlo_is_within_its_standard_error():
    z = 1 + 2 * torch.randn(100_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    log_q, log_p = gaussian.log_prob(z, 1, 2), gaussian.log_prob(z, 0, 1)
    error = (log_q - log_p).std().item() / len(z) ** 0.5
    assert abs(divergence.kl_monte_carlo(log_q, log_p).item() - divergence.kl_gaussian(1, 2).item()) < 4 * error
    assert error < 0.02


def test_integrate_is_exact_for_straight_lines():
    grid = torch.tensor([0.0, 0.5, 2.0, 3.0])
    assert divergence.integrate(2 * grid + 1, grid).item() == pytest.approx(12)

"""Gaussian formulas against scipy, mpmath, torch.distributions and a search for the maximum."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from helpers import gaussian

numbers = st.floats(-50, 50)
widths = st.floats(0.05, 50)
samples = st.lists(numbers, min_size=1, max_size=30)


@pytest.mark.equation("eq-gaussian-log-prob")
@given(numbers, numbers, widths)
def test_log_prob_is_scipys(x, mu, sigma):
    assert gaussian.log_prob(x, mu, sigma).item() == pytest.approx(
        stats.norm.logpdf(x, mu, sigma), rel=1e-12, abs=1e-12
    )


def test_log_prob_far_in_the_tail_is_mpmaths():
    with mpmath.workdps(40):
        truth = mpmath.log(mpmath.npdf(mpmath.mpf(60), 0, mpmath.mpf("0.5")))
    assert gaussian.log_prob(60.0, 0.0, 0.5).item() == pytest.approx(float(truth), rel=1e-14)


@pytest.mark.equation("eq-log-likelihood", "eq-likelihood")
@given(samples, numbers, widths)
def test_log_likelihood_sums_and_likelihood_multiplies(x, mu, sigma):
    terms = stats.norm.logpdf(x, mu, sigma)
    assert gaussian.log_likelihood(x, mu, sigma).item() == pytest.approx(terms.sum(), rel=1e-11, abs=1e-11)
    assert gaussian.likelihood(x, mu, sigma).item() == pytest.approx(np.prod(np.exp(terms)), rel=1e-9)


@given(samples, numbers, widths, st.randoms(use_true_random=False))
def test_log_likelihood_ignores_order(x, mu, sigma, random):
    shuffled = random.sample(x, len(x))
    before, after = (gaussian.log_likelihood(v, mu, sigma).item() for v in (x, shuffled))
    assert before == pytest.approx(after, rel=1e-12)


def test_log_likelihood_over_a_grid_is_the_surface(penguins):
    mu = torch.linspace(190, 210, 4, dtype=torch.float64)[:, None]
    sigma = torch.tensor([8.0, 14.0, 20.0], dtype=torch.float64)
    surface = gaussian.log_likelihood(penguins, mu, sigma)
    assert surface.shape == (4, 3)
    assert surface[2, 1].item() == pytest.approx(stats.norm.logpdf(penguins, mu[2].item(), 14).sum(), rel=1e-12)


@pytest.mark.equation("eq-gaussian-mle")
@given(st.lists(numbers, min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-3))
def test_fit_is_scipys_and_divides_by_n(x):
    mu, sigma = gaussian.fit(x)
    assert (mu.item(), sigma.item()) == pytest.approx(stats.norm.fit(x), rel=1e-9, abs=1e-9)


def test_fit_is_where_a_search_ends(penguins):
    def loss(parameters):
        return -gaussian.log_likelihood(penguins, parameters[0], np.exp(parameters[1])).item()

    found = optimize.minimize(loss, [190.0, 2.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    assert [found[0], np.exp(found[1])] == pytest.approx([v.item() for v in gaussian.fit(penguins)], rel=1e-6)


def test_fit_works_along_the_last_dimension():
    x = torch.tensor([[1.0, 3.0], [10.0, 14.0]])
    mu, sigma = gaussian.fit(x)
    assert mu.tolist() == [2, 12]
    assert sigma.tolist() == [1, 2]


@given(widths)
def test_entropy_is_scipys(sigma):
    assert gaussian.entropy(sigma).item() == pytest.approx(float(stats.norm.entropy(0, sigma)), rel=1e-12, abs=1e-12)


@pytest.mark.equation("eq-gaussian-multivariate")
@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_multivariate_is_scipys(dimensions):
    generator = torch.Generator().manual_seed(dimensions)
    x, mu = torch.randn(2, 6, dimensions, generator=generator, dtype=torch.float64)
    root = torch.randn(dimensions, dimensions, generator=generator, dtype=torch.float64)
    covariance = root @ root.mT + torch.eye(dimensions, dtype=torch.float64)
    truth = stats.multivariate_normal(mu[0].numpy(), covariance.numpy()).logpdf(x.numpy())
    assert gaussian.log_prob_multivariate(x, mu[0], covariance).numpy() == pytest.approx(truth, rel=1e-11)


@pytest.mark.equation("eq-gaussian-bivariate")
@given(numbers, numbers, widths, widths, st.floats(-0.99, 0.99))
def test_bivariate_is_scipys(a, b, sigma_1, sigma_2, rho):
    covariance = [[sigma_1**2, rho * sigma_1 * sigma_2], [rho * sigma_1 * sigma_2, sigma_2**2]]
    truth = stats.multivariate_normal([1.0, -2.0], covariance, allow_singular=True).logpdf([a, b])
    ours = gaussian.log_prob_bivariate([a, b], [1.0, -2.0], [sigma_1, sigma_2], rho).item()
    assert ours == pytest.approx(truth, rel=1e-6, abs=1e-6)

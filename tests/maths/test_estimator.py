"""Sampling theory against SciPy, quadrature, autograd and simulation with its own standard error."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from helpers import estimator, gaussian

sizes = st.integers(2, 60)
widths = st.floats(0.1, 30)
DIVISORS = {"n": lambda n: n, "n - 1": lambda n: n - 1, "n + 1": lambda n: n + 1}
divisors = pytest.mark.parametrize("divisor", DIVISORS.values(), ids=DIVISORS)
MU, SIGMA, SAMPLES = 217.0, 6.0, 200_000


@pytest.fixture(scope="module")
def drawn():
    """Samples of five draws, from NumPy."""
    return np.random.default_rng(1).normal(MU, SIGMA, (SAMPLES, 5))


def agrees(values, truth, sigmas=4):
    """The average of independent values is the truth, as closely as their own scatter allows."""
    return abs(np.mean(values) - truth) < sigmas * np.std(values) / math.sqrt(len(values))


@pytest.mark.equation("eq-est-mean")
@given(st.floats(-40, 40), st.floats(-20, 20), widths, sizes)
def test_density_of_the_mean_is_scipys(at, mu, sigma, n):
    ours = estimator.mean_log_density(at, mu, sigma, n).item()
    assert ours == pytest.approx(stats.norm(mu, sigma / math.sqrt(n)).logpdf(at), rel=1e-11, abs=1e-11)


@pytest.mark.equation("eq-est-mean")
def test_means_of_simulated_samples_have_that_distribution(drawn):
    means = drawn.mean(1)
    assert agrees(means, MU)
    assert agrees((means - MU) ** 2, SIGMA**2 / 5)
    assert stats.kstest(means, stats.norm(MU, SIGMA / math.sqrt(5)).cdf).pvalue > 0.001


@pytest.mark.equation("eq-est-chi-square")
@given(st.floats(0.01, 200), widths, sizes, st.sampled_from(list(DIVISORS.values())))
def test_density_of_the_variance_is_scipys_chi_square(at, sigma, n, divisor):
    truth = stats.chi2(n - 1, scale=sigma**2 / divisor(n)).logpdf(at)
    ours = estimator.variance_log_density(at, sigma, n, divisor(n)).item()
    assert ours == pytest.approx(truth, rel=1e-9, abs=1e-9)


@pytest.mark.equation("eq-est-chi-square")
def test_simulated_variances_have_that_distribution_and_ignore_the_mean(drawn):
    variances = drawn.var(1)
    assert stats.kstest(variances, stats.chi2(4, scale=SIGMA**2 / 5).cdf).pvalue > 0.001
    assert abs(np.corrcoef(drawn.mean(1), variances)[0, 1]) < 4 / math.sqrt(SAMPLES)
    assert abs(np.corrcoef((drawn.mean(1) - MU) ** 2, variances)[0, 1]) < 4 / math.sqrt(SAMPLES)


@pytest.mark.equation("eq-est-decomposition")
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20), st.floats(-50, 50))
def test_distances_from_the_average_are_less_by_n_times_its_own(x, mu):
    x = np.array(x)
    about_truth, about_mean = ((x - mu) ** 2).sum(), ((x - x.mean()) ** 2).sum()
    assert about_mean == pytest.approx(about_truth - len(x) * (x.mean() - mu) ** 2, rel=1e-9, abs=1e-8)


@pytest.mark.equation("eq-est-variance-mean", "eq-est-mse", "eq-est-mse-divisor")
@divisors
@pytest.mark.parametrize("n", [2, 3, 5, 40])
def test_mean_and_error_of_the_variance_by_quadrature(n, divisor):
    """Integrals over SciPy's density; the root is integrated over, since the density at n = 2 grows without limit."""
    law = stats.chi2(n - 1, scale=SIGMA**2 / divisor(n))

    def expected(f):
        return integrate.quad(lambda r: f(r * r) * law.pdf(r * r) * 2 * r, 0, 80, limit=400, epsabs=1e-12)[0]

    mean = expected(lambda v: v)
    assert estimator.variance_mean(SIGMA, n, divisor(n)).item() == pytest.approx(mean, rel=1e-8)
    error = expected(lambda v: (v - SIGMA**2) ** 2)
    spread = expected(lambda v: (v - mean) ** 2)
    assert error == pytest.approx(spread + (mean - SIGMA**2) ** 2, rel=1e-8)
    assert estimator.mean_squared_error(SIGMA, n, divisor(n)).item() == pytest.approx(error, rel=1e-8)


@pytest.mark.equation("eq-est-variance-mean", "eq-est-mse-divisor", "eq-est-sigma")
@divisors
def test_mean_and_error_by_simulation(drawn, divisor):
    variances = 5 * drawn.var(1) / divisor(5)
    assert agrees(variances, estimator.variance_mean(SIGMA, 5, divisor(5)).item())
    assert agrees((variances - SIGMA**2) ** 2, estimator.mean_squared_error(SIGMA, 5, divisor(5)).item())
    assert agrees(np.sqrt(variances), estimator.sigma_mean(SIGMA, 5, divisor(5)).item())


@pytest.mark.equation("eq-est-mse-divisor")
@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_no_divisor_has_a_smaller_error_than_n_plus_one(n):
    def error(d):
        return estimator.mean_squared_error(SIGMA, n, d).item()

    best = optimize.minimize_scalar(error, bounds=(0.5, 3 * n + 9), method="bounded", options={"xatol": 1e-9})
    assert best.x == pytest.approx(n + 1, abs=1e-3)
    assert error(n + 1) == pytest.approx(2 * SIGMA**4 / (n + 1), rel=1e-12)
    assert error(n + 1) < error(n) < error(n - 1)


@pytest.mark.equation("eq-est-sigma")
@given(widths, sizes, st.sampled_from(list(DIVISORS.values())))
def test_mean_of_the_root_is_scipys_chi(sigma, n, divisor):
    truth = stats.chi(n - 1, scale=sigma / math.sqrt(divisor(n))).mean()
    assert estimator.sigma_mean(sigma, n, divisor(n)).item() == pytest.approx(truth, rel=1e-9)
    assert estimator.sigma_mean(sigma, n, n - 1).item() < sigma


@pytest.mark.equation("eq-est-score")
@given(st.floats(-30, 30), st.floats(-30, 30), widths)
def test_score_is_autograds(x, mu, sigma):
    at = torch.tensor([mu, sigma], dtype=torch.float64)
    slope = torch.func.grad(lambda t: gaussian.log_prob(x, t[0], t[1]))(at)
    assert estimator.score(x, mu, sigma).tolist() == pytest.approx(slope.tolist(), rel=1e-9, abs=1e-9)


def expectation(f, sigma):
    """Average of f over a Gaussian around 0, by Gauss-Hermite quadrature: exact for polynomials."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    return sum(w * f(torch.tensor(sigma * z)) for z, w in zip(nodes, weights, strict=True)) / math.sqrt(2 * math.pi)


@pytest.mark.equation("eq-est-information-identity", "eq-est-information")
@pytest.mark.parametrize("sigma", [0.5, 1.0, 6.0])
def test_variance_of_the_score_is_minus_the_mean_second_derivative(sigma):
    at = torch.tensor([0.0, sigma], dtype=torch.float64)
    slope = torch.func.grad(lambda t, x: gaussian.log_prob(x, t[0], t[1]))
    bend = torch.func.jacrev(slope)
    assert expectation(lambda x: slope(at, x), sigma).abs().max() < 1e-10
    outer = expectation(lambda x: torch.outer(slope(at, x), slope(at, x)), sigma)
    curvature = -expectation(lambda x: bend(at, x), sigma)
    assert torch.allclose(outer, curvature, rtol=1e-9, atol=1e-10)
    assert torch.allclose(outer, estimator.information(sigma).diag(), rtol=1e-9, atol=1e-10)


@pytest.mark.equation("eq-est-information-identity")
@pytest.mark.parametrize("rate", [0.5, 3.0])
def test_the_identity_holds_for_another_model(rate):
    """Waiting times, as in the chapter's exercise: log density log(rate) - rate x."""
    law = stats.expon(scale=1 / rate)
    assert law.expect(lambda x: 1 / rate - x) == pytest.approx(0, abs=1e-8)
    assert law.expect(lambda x: (1 / rate - x) ** 2) == pytest.approx(1 / rate**2, rel=1e-7)


@pytest.mark.equation("eq-est-standard-error")
def test_standard_errors_against_simulation():
    """The one of the mean is exact; the one of sigma is right to a factor of 1 + O(1/n)."""
    n, samples = 400, 4000
    drawn = np.random.default_rng(2).normal(MU, SIGMA, (samples, n))
    of_mu, of_sigma = estimator.standard_errors(SIGMA, n).tolist()
    accuracy = 4 / math.sqrt(2 * samples)
    assert drawn.mean(1).std() == pytest.approx(of_mu, rel=accuracy)
    assert drawn.std(1).std() == pytest.approx(of_sigma, rel=accuracy + 1 / n)


@pytest.mark.equation("eq-est-standard-error")
@pytest.mark.parametrize("n", [2, 10, 400])
def test_standard_error_of_sigma_against_the_exact_spread(n):
    exact = stats.chi(n - 1, scale=SIGMA / math.sqrt(n)).std()
    assert estimator.standard_errors(SIGMA, n)[1].item() == pytest.approx(exact, rel=1 / n)


@pytest.mark.equation("eq-est-cramer-rao")
@given(widths, sizes)
def test_no_unbiased_estimate_beats_the_bound_and_the_mean_reaches_it(sigma, n):
    by_mu, _ = estimator.information(sigma).tolist()
    assert stats.norm(0, sigma / math.sqrt(n)).var() == pytest.approx(1 / (n * by_mu), rel=1e-12)
    by_variance = 1 / (2 * sigma**4)  # information about sigma squared: that about sigma, over (2 sigma) squared
    unbiased = stats.chi2(n - 1, scale=sigma**2 / (n - 1)).var()
    assert unbiased > 1 / (n * by_variance)
    assert unbiased == pytest.approx(1 / (n * by_variance) * n / (n - 1), rel=1e-9)
    biased = estimator.mean_squared_error(sigma, n, n + 1).item()
    assert biased < 1 / (n * by_variance)


@pytest.mark.equation("eq-est-cramer-rao")
def test_the_median_is_unbiased_and_stays_above_the_bound(drawn):
    medians = np.median(drawn, axis=1)
    assert agrees(medians, MU)
    assert medians.var() > 1.2 * SIGMA**2 / 5


@pytest.mark.equation("eq-est-coverage")
@pytest.mark.parametrize("n", [3, 5, 40])
def test_coverage_of_the_usual_interval(n):
    drawn = np.random.default_rng(n).normal(MU, SIGMA, (100_000, n))
    half = 1.96 * drawn.std(1) / math.sqrt(n)
    exact = 2 * stats.t(n - 1).cdf(1.96 * math.sqrt((n - 1) / n)) - 1
    assert agrees(np.abs(drawn.mean(1) - MU) <= half, exact)

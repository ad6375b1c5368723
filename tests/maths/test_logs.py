"""Logarithms of likelihoods against scipy, mpmath with exponents of any size, and sums taken one by one."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize, special, stats

from helpers import datasets, gaussian, logs

numbers = st.floats(-50, 50)
widths = st.floats(0.05, 50)
samples = st.lists(numbers, min_size=1, max_size=30)
spread_samples = st.lists(numbers, min_size=2, max_size=30).filter(lambda x: np.std(x) > 1e-2)


def exact_likelihood(x, mu, sigma):
    """The product of the densities with forty digits and an exponent of any size."""
    with mpmath.workdps(40):
        return mpmath.fprod(mpmath.npdf(mpmath.mpf(v), mpmath.mpf(mu), mpmath.mpf(sigma)) for v in x)


@pytest.mark.equation("eq-log-likelihood")
@given(st.lists(numbers, min_size=1, max_size=400), numbers, widths)
def test_log_likelihood_is_the_exact_products_logarithm(x, mu, sigma):
    with mpmath.workdps(40):
        truth = float(mpmath.log(exact_likelihood(x, mu, sigma)))
    assert gaussian.log_likelihood(x, mu, sigma).item() == pytest.approx(truth, rel=1e-11, abs=1e-10)


@pytest.mark.equation("eq-log-order")
@given(samples, numbers, widths, numbers, widths)
def test_the_logarithm_keeps_the_order(x, mu_1, sigma_1, mu_2, sigma_2):
    ours = [gaussian.log_likelihood(x, *curve).item() for curve in ((mu_1, sigma_1), (mu_2, sigma_2))]
    assume(abs(ours[0] - ours[1]) > 1e-9 * (1 + abs(ours[0])))
    exact = exact_likelihood(x, mu_1, sigma_1), exact_likelihood(x, mu_2, sigma_2)
    assert (ours[0] < ours[1]) == (exact[0] < exact[1])


@pytest.mark.equation("eq-log-ratio")
@given(samples, numbers, widths, numbers, widths)
def test_ratio_is_scipys_difference_and_the_exact_quotient(x, mu_1, sigma_1, mu_2, sigma_2):
    ours = logs.ratio(x, mu_1, sigma_1, mu_2, sigma_2).item()
    terms = [stats.norm(m, s).logpdf(x) for m, s in ((mu_1, sigma_1), (mu_2, sigma_2))]
    close = {"rel": 1e-9, "abs": 1e-11 * (1 + abs(terms[0]).sum() + abs(terms[1]).sum())}
    assert ours == pytest.approx((terms[0] - terms[1]).sum(), **close)
    with mpmath.workdps(40):
        quotient = exact_likelihood(x, mu_1, sigma_1) / exact_likelihood(x, mu_2, sigma_2)
        assert ours == pytest.approx(float(mpmath.log(quotient)), **close)


@pytest.mark.equation("eq-log-units")
@given(samples, numbers, widths, st.floats(0.01, 1000))
def test_a_larger_unit_adds_n_log_c(x, mu, sigma, c):
    before, after = (stats.norm(mu / u, sigma / u).logpdf(np.array(x) / u).sum() for u in (1.0, c))
    assert after - before == pytest.approx(len(x) * math.log(c), abs=1e-9 * (1 + abs(before)))
    assert gaussian.log_likelihood(np.array(x) / c, mu / c, sigma / c).item() == pytest.approx(
        after, rel=1e-9, abs=1e-9
    )


@pytest.mark.equation("eq-log-surface")
@given(samples, numbers, widths)
def test_surface_is_the_sum_over_the_data(x, mu, sigma):
    ours = logs.surface(len(x), np.mean(x), np.std(x), mu, sigma).item()
    assert ours == pytest.approx(stats.norm(mu, sigma).logpdf(x).sum(), rel=1e-10, abs=1e-9)


@pytest.mark.equation("eq-log-drop")
@given(spread_samples, numbers, widths)
def test_drop_is_scipys_top_minus_the_point(x, mu, sigma):
    best = stats.norm(*stats.norm.fit(x)).logpdf(x).sum()
    here = stats.norm(mu, sigma).logpdf(x).sum()
    ours = logs.drop(len(x), np.mean(x), np.std(x), mu, sigma).item()
    assert ours == pytest.approx(best - here, rel=1e-9, abs=1e-10 * (1 + abs(best) + abs(here)))
    assert ours >= 0


@pytest.mark.equation("eq-log-drop")
def test_the_top_is_where_a_search_ends(penguins):
    n, mean, spread = len(penguins), penguins.mean(), penguins.std(correction=0)
    found = optimize.minimize(
        lambda p: -stats.norm(p[0], math.exp(p[1])).logpdf(penguins.numpy()).sum(), [190.0, 2.0],
        method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2000},
    ).x  # fmt: skip
    assert [found[0], math.exp(found[1])] == pytest.approx([mean.item(), spread.item()], rel=1e-6)
    assert logs.drop(n, mean, spread, mean, spread).item() == 0


def test_a_contour_is_as_wide_as_the_text_says():
    n, mean, spread, sigma, d = 151, 190.0, 6.5, 9.0, 4.0
    away = sigma * math.sqrt(2 * d / n)
    level = logs.drop(n, mean, spread, mean, sigma).item() + d
    for mu in (mean - away, mean + away):
        assert logs.drop(n, mean, spread, mu, sigma).item() == pytest.approx(level, rel=1e-12)


@pytest.mark.equation("eq-log-sum-exp")
@given(st.lists(st.floats(-3000, 3000), min_size=1, max_size=20))
def test_log_sum_exp_is_scipys_and_mpmaths(terms):
    with mpmath.workdps(40):
        truth = float(mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(a)) for a in terms)))
    ours = logs.log_sum_exp(terms).item()
    assert ours == pytest.approx(truth, rel=1e-14, abs=1e-14)
    assert ours == pytest.approx(special.logsumexp(terms), rel=1e-14, abs=1e-14)


def test_log_sum_exp_works_along_the_last_dimension():
    terms = torch.tensor([[-1000.0, -1000.0], [0.0, -900.0]], dtype=torch.float64)
    assert logs.log_sum_exp(terms).tolist() == pytest.approx([-1000 + math.log(2), 0.0], rel=1e-15)


def test_the_product_of_all_penguins_is_lost_where_the_chapter_says():
    """The running product in NumPy, and the exact one: subnormal from bird 178, 0 from bird 186."""
    x = datasets.penguins().flipper_length.numpy()
    mu, sigma = stats.norm.fit(x)
    running = np.cumprod(stats.norm(mu, sigma).pdf(x))
    assert 1 + (running >= np.finfo(float).tiny).sum() == 178
    assert 1 + (running > 0).sum() == 186
    smallest = mpmath.mpf(2) ** -1074
    assert exact_likelihood(x[:185], mu, sigma) > smallest > 2 * exact_likelihood(x[:186], mu, sigma)
    assert float(mpmath.log10(exact_likelihood(x, mu, sigma))) == pytest.approx(-603.16, abs=0.01)

"""Areas, readings, histograms and the bell's integrals against scipy, mpmath, quadrature and simulation."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from helpers import datasets, gaussian, probability

numbers = st.floats(-50, 50)
widths = st.floats(0.05, 50)


def height(x, mu, sigma):
    return gaussian.log_prob(x, mu, sigma).exp().item()


@pytest.mark.equation("eq-density-cdf")
@given(numbers, numbers, widths)
def test_cdf_is_scipys(x, mu, sigma):
    assert probability.gaussian_cdf(x, mu, sigma).item() == pytest.approx(stats.norm.cdf(x, mu, sigma), rel=1e-10)


def test_cdf_far_to_the_left_is_mpmaths():
    with mpmath.workdps(40):
        truth = mpmath.ncdf(mpmath.mpf(-20))
    assert probability.gaussian_cdf(-20.0, 0.0, 1.0).item() == pytest.approx(float(truth), rel=1e-13, abs=0)


@pytest.mark.equation("eq-density-cdf")
@given(numbers, numbers, widths)
def test_slope_of_the_cdf_is_the_density(x, mu, sigma):
    at = torch.tensor(x, dtype=torch.float64)
    slope = torch.func.grad(lambda t: probability.gaussian_cdf(t, mu, sigma))(at).item()
    assert slope == pytest.approx(stats.norm.pdf(x, mu, sigma), rel=1e-10, abs=1e-300)


@pytest.mark.equation("eq-density-area")
@given(numbers, st.floats(0, 30), numbers, widths)
def test_an_interval_is_the_area_that_quadrature_finds(low, length, mu, sigma):
    inside = [place for place in (mu - 6 * sigma, mu, mu + 6 * sigma) if low < place < low + length]
    area, _ = integrate.quad(stats.norm(mu, sigma).pdf, low, low + length, points=inside or None, limit=200)
    assert probability.interval(low, low + length, mu, sigma).item() == pytest.approx(area, abs=1e-8)


@given(numbers, numbers, widths)
def test_a_point_has_probability_0(x, mu, sigma):
    assert probability.interval(x, x, mu, sigma).item() == 0


@pytest.mark.equation("eq-density-total")
@given(numbers, widths)
def test_the_whole_area_is_1(mu, sigma):
    area, _ = integrate.quad(height, mu - 12 * sigma, mu + 12 * sigma, args=(mu, sigma), points=[mu])
    assert area == pytest.approx(1, abs=1e-10)


@pytest.mark.equation("eq-density-limit")
@given(st.floats(-3, 3), numbers, widths)
def test_probability_per_width_goes_to_the_height(z, mu, sigma):
    """For a smooth curve the error falls with the square of the width, and the squeeze holds at every width."""
    x, density = mu + sigma * z, stats.norm(mu, sigma).pdf
    for width in (sigma, sigma / 10, sigma / 100):
        low, high = x - width / 2, x + width / 2
        ratio = probability.interval(low, high, mu, sigma).item() / width
        highest = density(min(max(mu, low), high))
        assert min(density(low), density(high)) * (1 - 1e-9) <= ratio <= highest * (1 + 1e-9)
        assert abs(ratio - density(x)) <= 0.07 * (width / sigma) ** 2 / sigma + 1e-9 / sigma


@pytest.mark.equation("eq-density-unit")
@given(numbers, numbers, widths, st.floats(0.01, 1000))
def test_another_unit_multiplies_the_height(y, mu, sigma, unit):
    """X/u is Gaussian with both parameters divided by u: scipy's density of it, from ours of X at u y."""
    ours = unit * height(unit * y, mu, sigma)
    assert ours == pytest.approx(stats.norm.pdf(y, mu / unit, sigma / unit), rel=1e-6, abs=1e-200)


@pytest.mark.equation("eq-density-unit")
def test_the_factor_of_a_curved_scale_is_the_slope():
    """Y = exp(X) is log-normal: p_X(x) dx/dy is scipy's density of it."""
    y = np.linspace(0.1, 5, 40)
    ours = stats.norm(0.3, 0.7).pdf(np.log(y)) / y
    assert ours == pytest.approx(stats.lognorm(0.7, scale=math.exp(0.3)).pdf(y), rel=1e-12)


@pytest.mark.equation("eq-density-rounded")
def test_readings_have_the_probabilities_that_rounding_gives():
    """A million rounded draws, within five standard errors of every probability."""
    n, mu, sigma = 1_000_000, 217.2, 6.46
    draws = stats.norm(mu, sigma).rvs(n, random_state=1)
    for step in (1.0, 5.0):
        marks = step * np.arange(round(180 / step), round(255 / step))
        p = probability.rounded(marks, mu, sigma, step).numpy()
        share = (np.round(draws / step)[:, None] == np.round(marks / step)).mean(0) if step > 1 else None
        if share is None:
            share = np.array([(np.round(draws) == mark).mean() for mark in marks])
        assert (np.abs(share - p) <= 5 * np.sqrt(p * (1 - p) / n) + 5 / n).all()
        assert p.sum() == pytest.approx(1, abs=1e-7)
        assert (p <= 1).all()


@pytest.mark.equation("eq-density-histogram")
@given(st.lists(numbers, min_size=1, max_size=40), st.lists(st.floats(0.1, 20), min_size=1, max_size=8))
def test_histogram_is_numpys_and_has_area_1(x, bins):
    edges = np.concatenate([[-60.0], -60 + np.cumsum(bins), [200.0]])
    ours = probability.histogram(x, edges).numpy()
    theirs, _ = np.histogram(x, edges, density=True)
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)
    assert (ours * np.diff(edges)).sum() == pytest.approx(1, rel=1e-12)


def test_histogram_of_the_penguins_in_whole_millimetres():
    flippers = datasets.penguins().of("Gentoo").flipper_length
    heights = probability.histogram(flippers, torch.arange(202.5, 232.5, dtype=torch.float64))
    counts = np.bincount(flippers.numpy().astype(int), minlength=232)[203:232]
    assert heights.numpy() == pytest.approx(counts / 123, rel=1e-12)


def test_the_numbers_that_the_exercises_quote():
    """Heights, areas and the colleague's share stand there in words or within formulas."""
    mu, sigma = stats.norm.fit(datasets.penguins().of("Gentoo").flipper_length.numpy())
    assert f"{stats.norm.pdf(217, mu, sigma):.3f}" == "0.062"
    assert f"{stats.norm.pdf(217, mu, sigma) * 1000:.0f}" == "62"
    assert f"{1000 / 62:.0f}" == "16"
    assert [f"{100 * math.erf(u):.0f}" for u in (1, math.sqrt(0.5))] == ["84", "68"]
    assert f"{(1 + math.erf(1)) / 2:.3f}" == "0.921"


@pytest.mark.equation("eq-density-bell")
def test_the_bells_area_is_the_root_of_2_pi():
    area, _ = integrate.quad(lambda z: math.exp(-z * z / 2), -math.inf, math.inf)
    square, _ = integrate.dblquad(lambda t, z: math.exp(-(z * z + t * t) / 2), -9, 9, -9, 9)
    rings, _ = integrate.quad(lambda r: math.exp(-r * r / 2) * 2 * math.pi * r, 0, math.inf)
    assert area == pytest.approx(math.sqrt(2 * math.pi), rel=1e-10)
    assert square == pytest.approx(2 * math.pi, rel=1e-9)
    assert rings == pytest.approx(2 * math.pi, rel=1e-10)


@pytest.mark.equation("eq-density-expectation")
@pytest.mark.parametrize("f", [np.cos, np.abs, lambda x: x**3 - x, lambda x: np.exp(x / 4)])
def test_an_expectation_is_the_long_run_average(f):
    """The integral against two million draws, within five standard errors; and the sum over narrow bins against it."""
    mu, sigma = 0.8, 1.7
    values = f(stats.norm(mu, sigma).rvs(2_000_000, random_state=2))
    integral, _ = integrate.quad(lambda x: f(x) * height(x, mu, sigma), mu - 12 * sigma, mu + 12 * sigma, limit=200)
    assert abs(values.mean() - integral) < 5 * values.std() / math.sqrt(len(values))
    middles = mu + sigma * (np.arange(-12, 12, 0.01) + 0.005)
    bins = (f(middles) * stats.norm(mu, sigma).pdf(middles)).sum() * 0.01 * sigma
    assert bins == pytest.approx(integral, rel=1e-5)


@pytest.mark.equation("eq-density-moments")
@given(numbers, widths)
def test_mu_is_the_mean_and_sigma_squared_the_variance(mu, sigma):
    z = np.linspace(-12, 12, 4001)
    x = mu + sigma * z
    p = gaussian.log_prob(x, mu, sigma).exp().numpy()
    mean = integrate.simpson(x * p, x=x)
    assert mean == pytest.approx(mu, abs=1e-9 * (1 + abs(mu)))
    assert integrate.simpson((x - mu) ** 2 * p, x=x) == pytest.approx(sigma**2, rel=1e-9)


BAD = [
    ("sigma must be positive, got 0.0", lambda: probability.gaussian_cdf([1, 2], 0, 0)),
    ("x must be finite, got nan", lambda: probability.gaussian_cdf(math.nan, 0, 1)),
    ("a must not be above b, got a=3.0", lambda: probability.interval(3.0, 2.0, 0, 1)),
    (r"a \(3,\), b \(2,\)", lambda: probability.interval([1, 2, 3], [4, 5], 0, 1)),
    ("step must be positive", lambda: probability.rounded([1, 2], 0, 1, 0)),
    ("a bin's width must be positive, got 0.0 at index 1", lambda: probability.histogram([1, 2], [0, 2, 2])),
    ("x must have last dimensions", lambda: probability.histogram(1.0, [0, 2])),
]


@pytest.mark.parametrize(("message", "call"), BAD, ids=[message for message, _ in BAD])
def test_bad_input_is_named(message, call):
    with pytest.raises(ValueError, match=message):
        call()

"""Numbers in the chapter "Kullback-Leibler" against SciPy and NumPy, which share no code with the page: to 1e-9."""

import math

import numpy as np
import pytest
from scipy import special, stats

from helpers.figures.kl import Estimates
from tests.conftest import readout, set_slider

PAGE = "variational-inference/kl.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
TARGETS = [(7, 0.5), (0, 0.1), (8, 0.9), (5.3, 0.27)]
PLACES = [(1, 1), (-5, 0.5), (5, 5), (-0.35, 2.45)]


def log_target(z, distance, weight):
    return np.logaddexp(
        math.log(1 - weight) + stats.norm.logpdf(z, -distance / 2),
        math.log(weight) + stats.norm.logpdf(z, distance / 2),
    )


def average(mu, sigma, height):
    """Mean under a Gaussian by Gauss-Legendre pieces, not by the page's even grid."""
    x, w = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(-9, 9, 73)
    half = (edges[1:] - edges[:-1]) / 2
    z = ((edges[1:] + edges[:-1]) / 2)[:, None] + half[:, None] * x
    return float((half[:, None] * w * stats.norm.pdf(z) * height(mu + sigma * z)).sum())


def reverse(mu, sigma, distance, weight):
    return average(mu, sigma, lambda z: stats.norm.logpdf(z, mu, sigma) - log_target(z, distance, weight))


def forward(mu, sigma, distance, weight):
    def log_ratio(z):
        return log_target(z, distance, weight) - stats.norm.logpdf(z, mu, sigma)

    left, right = average(-distance / 2, 1, log_ratio), average(distance / 2, 1, log_ratio)
    return (1 - weight) * left + weight * right


def downhill(mu, sigma, distance, weight, steps=12):
    def right(z):
        return special.expit(special.logit(weight) + distance * z)

    for _ in range(steps):
        mean = average(mu, sigma, right)
        lean = average(mu, sigma, lambda z, m=mu, s=sigma: (z - m) / s * right(z))
        mu, sigma = distance * (mean - 0.5), distance * lean / 2 + math.hypot(distance * lean / 2, 1)
    return mu, sigma


@pytest.mark.equation("eq-kl", "eq-kl-reverse", "eq-kl-forward", "eq-kl-moments", "eq-kl-step")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
def test_both_directions(visit, target, place):
    figure = visit.open(PAGE).figure("forward-reverse")
    figure.get_by_role("button", name="Reveal").click()
    for name, value in zip(("mu", "sigma", "distance", "weight"), (*place, *target), strict=True):
        set_slider(figure, name, value)
    assert readout(figure, "reverse") == pytest.approx(reverse(*place, *target), **CLOSE)
    assert readout(figure, "forward") == pytest.approx(forward(*place, *target), **CLOSE)
    mu, sigma = downhill(*place, *target)
    assert readout(figure, "rest_mu") == pytest.approx(mu, **CLOSE)
    distance, weight = target
    assert readout(figure, "best_mu") == pytest.approx((weight - 0.5) * distance, **CLOSE)
    assert readout(figure, "best_sigma") == pytest.approx(math.sqrt(1 + weight * (1 - weight) * distance**2), **CLOSE)
    figure.get_by_role("button", name="Slide down KL(q‖p)").click()
    assert readout(figure, "reverse") == pytest.approx(reverse(mu, sigma, *target), **CLOSE)
    figure.get_by_role("button", name="Lowest KL(p‖q)").click()
    lowest = forward((weight - 0.5) * distance, math.sqrt(1 + weight * (1 - weight) * distance**2), *target)
    assert readout(figure, "forward") == pytest.approx(lowest, **CLOSE)


def test_left_and_right_lead_to_different_humps(visit):
    figure = visit.open(PAGE).figure("forward-reverse")
    for start, end in ((1, 3.4973219), (-1, -3.4973219)):
        set_slider(figure, "mu", start)
        set_slider(figure, "sigma", 1)
        figure.get_by_role("button", name="Slide down KL(q‖p)").click()
        assert float(figure.locator("input[name=mu]").input_value()) == pytest.approx(end, abs=0.05)


@pytest.mark.equation("eq-kl-reverse", "eq-kl-forward", "eq-kl-step")
@pytest.mark.parametrize("kind", ["KL(q‖p)", "KL(p‖q)"])
@pytest.mark.parametrize(("place", "target"), [((3, 3), (6, 0.5)), ((-6, 5), (8, 0.9)), ((6, 0.5), (0.4, 0.1))])
def test_landscape(visit, kind, place, target):
    figure = visit.open(PAGE).figure("landscape")
    figure.locator("select[name=kind]").select_option(kind)
    for name, value in zip(("mu", "sigma", "distance", "weight"), (*place, *target), strict=True):
        set_slider(figure, name, value)
    distance, weight = target
    if kind == "KL(q‖p)":
        end, divergence = downhill(*place, *target), reverse
    else:
        end = (weight - 0.5) * distance, math.sqrt(1 + weight * (1 - weight) * distance**2)
        divergence = forward
    assert readout(figure, "here") == pytest.approx(divergence(*place, *target), **CLOSE)
    assert readout(figure, "there") == pytest.approx(divergence(*end, *target), **CLOSE)
    assert (readout(figure, "end_mu"), readout(figure, "end_sigma")) == pytest.approx(end, **CLOSE)


@pytest.mark.equation("eq-kl-monte-carlo", "eq-kl-nonnegative-estimate", "eq-kl-negative-share", "eq-kl-spread")
@pytest.mark.parametrize(("m", "draws"), [(0.5, 4), (0.1, 1), (2, 12), (2, 1), (0.1, 12), (1.15, 7)])
def test_estimates(visit, m, draws):
    figure = visit.open(PAGE).figure("estimates")
    set_slider(figure, "m", m)
    set_slider(figure, "draws", draws)
    z = m + Estimates.noise.numpy()[:, :draws]
    log_r = stats.norm.logpdf(z) - stats.norm.logpdf(z, m)
    plain, other = -log_r.mean(1), (np.expm1(log_r) - log_r).mean(1)
    assert readout(figure, "truth") == pytest.approx(m**2 / 2, **CLOSE)
    assert readout(figure, "below") == (plain < 0).sum()
    assert readout(figure, "spread_plain") == pytest.approx(plain.std(ddof=1), **CLOSE)
    assert readout(figure, "spread_other") == pytest.approx(other.std(ddof=1), **CLOSE)
    share = stats.norm.cdf(-m * math.sqrt(draws) / 2)
    assert abs((plain < 0).mean() - share) < 4 * math.sqrt(share * (1 - share) / 1000)
    assert plain.std(ddof=1) == pytest.approx(m / math.sqrt(draws), rel=4 / math.sqrt(2000))

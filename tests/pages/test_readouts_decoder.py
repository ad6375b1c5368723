"""The chapter "What does a decoder say about x?" in the page against NumPy and SciPy: to 1e-9.

They share no code with the page; what both sides share are the stored uniform numbers, and these are data.
"""

import math
import re

import numpy as np
import pytest
from scipy import integrate, stats

from helpers.figures.decoder import OnePixel, TwoStrokes
from tests.conftest import drag, readout, set_slider, set_sliders, uncovered_by_guessing

PAGE = "vae/decoder.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
START = {"lam": 0.99, "sigma": 0.2, "x": 0.75}
STATES = [
    START,
    START | {"lam": 0.005},
    START | {"lam": 0.995},
    START | {"lam": 0.5},
    START | {"lam": 0.51, "x": 0.5},
    START | {"lam": 0.7, "x": 0},
    START | {"lam": 0.3, "x": 1},
    START | {"sigma": 0.05},
    START | {"lam": 0.44, "sigma": 0.5, "x": 0.3125},
]


def bce(x, lam):
    """Minus the cross entropy, from probabilities."""
    return x * math.log(lam) + (1 - x) * math.log(1 - lam)


def integral(function, low=0.0, high=1.0):
    return integrate.quad(function, low, high, epsabs=1e-13, epsrel=1e-12)[0]


@pytest.mark.equation("eq-dec-area", "eq-dec-continuous", "eq-dec-binomial")
@pytest.mark.parametrize("state", STATES)
def test_one_pixel_under_four_likelihoods(visit, state):
    figure = visit.open(PAGE).figure("one-pixel")
    set_sliders(figure, state)
    lam, sigma, x = state["lam"], state["sigma"], state["x"]
    area = integral(lambda t: math.exp(bce(t, lam)))
    truth = {
        "log_gaussian": stats.norm(lam, sigma).logpdf(x),
        "log_bce": bce(x, lam),
        "log_continuous": bce(x, lam) - math.log(area),
        "log_binomial": stats.binom(16, lam).logpmf(round(16 * x)),
        "area_gaussian": integral(stats.norm(lam, sigma).pdf, lam - 9 * sigma, lam + 9 * sigma),
        "area_bce": area,
        "area_continuous": 1.0,
        "area_binomial": stats.binom(16, lam).pmf(range(17)).sum(),
        "mean": integral(lambda t: t * math.exp(bce(t, lam))) / area,
    }
    for name, value in truth.items():
        assert readout(figure, name) == pytest.approx(value, **CLOSE), name


def places(figure, panel):
    """Where the draws of a panel stand, in units of its x axis: the centres of its dots."""
    path = figure.locator(f"[data-panel={panel}] .lb-role-data path.lb-fill").first.get_attribute("d")
    found = np.array([float(x) for x in re.findall(r"M([-\d.]+)[ ,]", path)])
    ticks = figure.locator(f"[data-panel={panel}] .lb-axis-x .tick, [data-panel={panel}] g.tick")
    assert ticks.count() > 3
    return found


def test_each_panel_shows_forty_draws_and_new_ones_on_demand(visit):
    figure = visit.open(PAGE).figure("one-pixel")
    for panel in OnePixel.panels:
        assert len(places(figure, panel)) == 40
    before = places(figure, "continuous")
    figure.get_by_role("button", name="new draws").click()
    assert figure.locator("input[name=shown]").input_value() == "2"
    assert not np.allclose(places(figure, "continuous"), before)
    set_slider(figure, "shown", 12)
    figure.get_by_role("button", name="new draws").click()
    assert figure.locator("input[name=shown]").input_value() == "1"
    assert np.allclose(places(figure, "continuous"), before)


def test_the_draws_are_quantiles_of_the_same_numbers():
    """In Python: the page draws what the scene returns, which the figures' tests hold to 1e-9."""
    figure = OnePixel(lam=0.7, sigma=0.3, shown=5)
    u = OnePixel.u[4].numpy()
    drawn = {mark.panel: mark.x.numpy() for mark in figure.marks() if mark.KIND == "points" and mark.x.numel() == 40}
    jitter = OnePixel.jitter.numpy()
    assert drawn["gaussian"] == pytest.approx(0.7 + 0.3 * stats.norm.ppf(u), abs=1e-3)
    assert drawn["bernoulli"] - 0.12 * jitter == pytest.approx(stats.bernoulli(0.7).ppf(u))
    assert drawn["binomial"] - 0.03 * jitter == pytest.approx(stats.binom(16, 0.7).ppf(u) / 16)
    area = integral(lambda t: math.exp(bce(t, 0.7)))
    for chance, value in zip(u, drawn["continuous"], strict=True):
        assert integral(lambda t: math.exp(bce(t, 0.7)), 0, value) / area == pytest.approx(chance, abs=1e-9)


def test_the_area_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("one-pixel")
    covered = figure.locator("[data-panel=bernoulli] .lb-covered").first
    assert "0.213" in uncovered_by_guessing(figure, "area_bce", 0.9, "too high", covered)


def test_the_handle_moves_the_pixel_value_in_steps_of_a_sixteenth(visit):
    figure = visit.open(PAGE).figure("one-pixel")
    for panel in OnePixel.panels:
        set_slider(figure, "x", 0.5)
        drag(visit, figure.locator(f"[data-panel={panel}] circle.lb-handle"), -30, 0)
        moved = float(figure.locator("input[name=x]").input_value())
        assert moved < 0.5 and moved * 16 == round(moved * 16)


@pytest.mark.parametrize("w", [0.5, 0.05, 0.95, 0.3])
def test_a_one_by_pixels_and_whole(visit, w):
    figure = visit.open(PAGE).figure("two-strokes")
    set_slider(figure, "w", w)
    one, seven = TwoStrokes.one.numpy().astype(int), TwoStrokes.seven.numpy().astype(int)
    chance = w * one + (1 - w) * seven
    by_pixels = stats.bernoulli(chance).logpmf(one).sum()
    assert readout(figure, "by_pixels") == pytest.approx(by_pixels, **CLOSE)
    assert by_pixels == pytest.approx((one != seven).sum() * math.log(w))
    assert readout(figure, "whole") == pytest.approx(math.log(w), **CLOSE)
    assert readout(figure, "lost") == pytest.approx(math.log(w) - by_pixels, **CLOSE)


def test_pictures_drawn_whole_are_ones_and_sevens_and_those_by_pixels_hardly_ever():
    by_pixel, whole, wanted = [], [], [TwoStrokes.one.numpy(), TwoStrokes.seven.numpy()]
    for shown in range(1, 13):
        images = [mark.values.numpy() for mark in TwoStrokes(shown=shown).marks() if mark.KIND == "image"]
        for mosaic, pictures in zip(images[1:], (by_pixel, whole), strict=True):
            pictures += [mosaic[r : r + 8, c : c + 8].ravel() for r in (0, 9) for c in (0, 9)]
    assert all(any((picture == one).all() for one in wanted) for picture in whole)
    right = sum(any((picture == one).all() for one in wanted) for picture in by_pixel)
    assert right <= 2  # of 48, each right with probability 1/256
    shared = (wanted[0] == 1) & (wanted[1] == 1)
    assert all((picture[shared] == 1).all() for picture in by_pixel)


def test_the_printed_table_is_right(visit):
    """Nats a test picture, from scikit-learn's own table by NumPy and SciPy."""
    from scipy import optimize, special
    from sklearn.datasets import load_digits

    counts = load_digits().data
    x, x_test, k = counts[:1500] / 16, counts[1500:] / 16, counts[1500:]
    mean = (x.sum(0) + 0.5) / 1501
    sigma = math.sqrt(((x - mean) ** 2).mean())

    def logit_of(mean):
        """By SciPy, where the mean of e^(lx) on [0, 1] is ``mean``; no pixel's is one half, where l is 0."""
        side = (-1e4, -1e-3) if mean < 0.5 else (1e-3, 1e3)
        return optimize.brentq(lambda v: (1 / -math.expm1(-v) if v > -700 else 0) - 1 / v - mean, *side)

    logits = np.array([logit_of(m) for m in mean])
    bernoulli = special.xlogy(x_test, mean) + special.xlogy(1 - x_test, 1 - mean)
    density = x_test * logits - np.logaddexp(0, logits) + np.log(logits / np.tanh(logits / 2))
    low, high = np.where(k == 0, -np.inf, k - 0.5) / 16, np.where(k == 16, np.inf, k + 0.5) / 16
    bell = stats.norm(mean, sigma)
    shares = np.stack([(counts[:1500] == value).sum(0) + 1 / 17 for value in range(17)]) / 1501
    expected = {
        "Gaussian": [bell.logpdf(x_test), None, np.log(bell.cdf(high) - bell.cdf(low))],
        "cont. Bernoulli": [density],
        "exp(-BCE)": [bernoulli],
        "Binomial": [stats.binom(16, mean).logpmf(k)],
        "17 free numbers": [np.log(np.take_along_axis(shares, k.astype(int), 0))],
    }
    text = visit.open(PAGE).page.locator("article").inner_text()
    for name, columns in expected.items():
        row = re.search(rf"^{re.escape(name)} +(-?[\d. -]+)$", text, re.M)[1].split()
        for value, printed in zip(columns, row, strict=False):
            if value is not None:
                assert float(printed) == pytest.approx(value.sum(1).mean(), abs=0.051), name

"""The walk and the stray bird in the page against NumPy and SciPy, which share no code with them: to 1e-9."""

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import stats

from tests.conftest import readout, set_slider, set_sliders

CLOSE = {"rel": 1e-9, "abs": 1e-9}
PAGE = "mle/gaussian.html"


@pytest.fixture(scope="module")
def gentoo():
    table = load_penguins().dropna(subset=["flipper_length_mm", "body_mass_g"])
    return table[table["species"] == "Gentoo"]["flipper_length_mm"].to_numpy(float)


def slopes(x, mu, sigma):
    away = x - mu
    return away.mean() / sigma**2, (away**2).mean() / sigma**3 - 1 / sigma


def place(figure, **values):
    set_sliders(figure, values)


@pytest.mark.equation("eq-mle-ascent", "eq-mle-slope-mu", "eq-mle-slope-sigma", "eq-mle-shortfall")
@pytest.mark.parametrize(
    ("mu", "sigma", "rate", "steps"),
    [
        (204, 10, 20, 8),
        (204, 10, 20, 40),
        (199, 3, 2, 0),
        (199, 3, 50, 40),
        (235, 20, 50, 40),
        (235, 20, 2, 17),
        (217.5, 6.5, 38.5, 25),
        (230, 3, 12.5, 1),
    ],
)
def test_the_walk(visit, gentoo, mu, sigma, rate, steps):
    figure = visit.open(PAGE).figure("ascent")
    figure.get_by_role("button", name="Reveal").click()
    place(figure, mu=mu, sigma=sigma, rate=rate, steps=steps)
    for _ in range(steps):
        by_mu, by_sigma = slopes(gentoo, mu, sigma)
        mu, sigma = mu + rate * by_mu, sigma + rate * by_sigma
    by_mu, by_sigma = slopes(gentoo, mu, sigma)
    assert readout(figure, "mu_k") == pytest.approx(mu, **CLOSE)
    assert readout(figure, "sigma_k") == pytest.approx(sigma, **CLOSE)
    assert readout(figure, "slope_mu") == pytest.approx(by_mu, **CLOSE)
    assert readout(figure, "slope_sigma") == pytest.approx(by_sigma, **CLOSE)
    top = stats.norm(*stats.norm.fit(gentoo)).logpdf(gentoo).mean()
    assert readout(figure, "below") == pytest.approx(top - stats.norm(mu, sigma).logpdf(gentoo).mean(), **CLOSE)


@pytest.mark.equation("eq-gaussian-mle", "eq-mle-ascent")
def test_step_by_step_the_walk_ends_at_scipys_fit(visit, gentoo):
    figure = visit.open(PAGE).figure("ascent")
    figure.get_by_role("button", name="Reveal").click()
    figure.get_by_role("button", name="Back to the start").click()
    assert (readout(figure, "mu_k"), readout(figure, "sigma_k")) == (204, 10)
    place(figure, rate=30)
    heights = []
    for _ in range(41):
        heights.append(readout(figure, "below"))
        figure.get_by_role("button", name="One step").click()
    assert heights[0] > 0.5 and heights[-1] < 1e-12
    assert [readout(figure, name) for name in ("mu_k", "sigma_k")] == pytest.approx(stats.norm.fit(gentoo), rel=1e-6)
    assert figure.locator("input[name=steps]").input_value() == "40"


def test_the_first_step_is_asked_before_it_is_shown(visit):
    figure = visit.open(PAGE).figure("ascent")
    walk = figure.locator("[data-panel=surface] .lb-covered")
    assert figure.locator("output[name=sigma_k]").inner_text().startswith("?")
    assert not any(mark.is_visible() for mark in walk.all())
    set_slider(figure, "guess", 8)
    figure.get_by_role("button", name="Reveal").click()
    assert "12.31 mm: 4.31 mm too low" in figure.locator(".lb-revealed").inner_text()
    assert walk.first.is_visible()


def test_the_start_is_dragged_on_the_surface(visit, gentoo):
    figure = visit.open(PAGE).figure("ascent")
    handle = figure.locator("circle.lb-handle[data-drags='mu sigma']")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 80, y + 60, steps=5)
    visit.page.mouse.up()
    mu, sigma = (float(figure.locator(f"input[name={name}]").input_value()) for name in ("mu", "sigma"))
    assert mu > 206 and sigma < 9
    figure.get_by_role("button", name="Back to the start").click()
    assert readout(figure, "slope_mu") == pytest.approx(slopes(gentoo, mu, sigma)[0], **CLOSE)


@pytest.mark.equation("eq-gaussian-mle", "eq-mle-slip")
@pytest.mark.parametrize(("stray", "spread"), [(40, 1), (0, 1), (60, 1), (0, 0.02), (60, 0.02), (25, 0.5)])
def test_one_stray_bird(visit, gentoo, stray, spread):
    figure = visit.open(PAGE).figure("stray")
    figure.get_by_role("button", name="Reveal").click()
    place(figure, stray=stray, spread=spread)
    x = np.sort(gentoo)[np.round(np.linspace(0, len(gentoo) - 1, 10)[1:-1]).astype(int)]
    x = x.mean() + spread * (x - x.mean())
    n, mean, variance, last = len(x), x.mean(), x.var(), x.max()
    x[-1] += stray
    mu, sigma = stats.norm.fit(x)
    assert readout(figure, "mean") == pytest.approx(mu, **CLOSE)
    assert readout(figure, "sigma_hat") == pytest.approx(sigma, **CLOSE)
    assert readout(figure, "top") == pytest.approx(stats.norm(mu, sigma).logpdf(x).sum(), **CLOSE)
    slip = variance + 2 * stray / n * (last - mean) + (n - 1) / n**2 * stray**2
    assert readout(figure, "sigma_hat") ** 2 == pytest.approx(slip, rel=1e-9)

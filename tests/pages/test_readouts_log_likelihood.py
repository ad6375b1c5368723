"""The chapter "Log-likelihood" in the page against SciPy, NumPy and mpmath, to 1e-9; and its links both ways."""

import math

import mpmath
import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import stats

from tests.conftest import drag, readout, set_slider, set_sliders

PAGE = "likelihood/log-likelihood.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}


@pytest.fixture(scope="module")
def flippers():
    return load_penguins().dropna(subset=["flipper_length_mm", "body_mass_g"])["flipper_length_mm"].to_numpy(float)


@pytest.mark.equation("eq-log-likelihood", "eq-log-drop")
@pytest.mark.parametrize("n", [8, 151, 342])
@pytest.mark.parametrize(("mu", "sigma"), [(197, 12), (180, 4), (215, 22), (180, 22), (215, 4), (190.25, 6.7)])
def test_map(visit, flippers, mu, sigma, n):
    figure = visit.open(PAGE).figure("log-likelihood")
    set_sliders(figure, {"mu": mu, "sigma": sigma, "n": n})
    x = flippers[:n]
    here = stats.norm(mu, sigma).logpdf(x).sum()
    top = stats.norm(*stats.norm.fit(x)).logpdf(x).sum()
    assert readout(figure, "log_likelihood") == pytest.approx(here, **CLOSE)
    assert readout(figure, "drop") == pytest.approx(top - here, **CLOSE)
    assert readout(figure, "average") == pytest.approx(here / n, **CLOSE)


@pytest.mark.equation("eq-log-units", "eq-log-ratio")
@pytest.mark.parametrize(("unit", "per_mm"), [("millimetres", 1), ("centimetres", 10), ("metres", 1000)])
@pytest.mark.parametrize(("mu", "sigma"), [(201, 14), (185, 6), (217, 30), (185, 30), (217, 6.5)])
def test_running_product(visit, flippers, mu, sigma, unit, per_mm):
    figure = visit.open(PAGE).figure("running-product")
    set_slider(figure, "mu", mu)
    set_slider(figure, "sigma", sigma)
    figure.locator("select[name=unit]").select_option(unit)
    curve = stats.norm(mu / per_mm, sigma / per_mm)
    log_p = curve.logpdf(flippers / per_mm)
    assert readout(figure, "log_likelihood") == pytest.approx(log_p.sum(), **CLOSE)
    best = stats.norm(*stats.norm.fit(flippers)).logpdf(flippers).sum()
    assert readout(figure, "below") == pytest.approx(best - stats.norm(mu, sigma).logpdf(flippers).sum(), **CLOSE)
    with np.errstate(over="ignore", under="ignore"):
        running = np.cumprod(curve.pdf(flippers / per_mm))
    assert readout(figure, "birds_held") == ((running > 0) & np.isfinite(running)).sum()
    assert readout(figure, "product") == pytest.approx(running[-1], rel=1e-9)
    with mpmath.workdps(30):
        exact = mpmath.fprod(mpmath.npdf(mpmath.mpf(v), mu, sigma) * per_mm for v in flippers)
        assert readout(figure, "log_likelihood") == pytest.approx(float(mpmath.log(exact)), **CLOSE)


def value(figure, name):
    return float(figure.locator(f"input[name={name}]").input_value())


def test_map_and_curve_move_each_other(visit):
    figure = visit.open(PAGE).figure("log-likelihood")
    point = figure.locator("[data-panel=surface] .lb-handle")
    top, side = figure.locator("[data-panel=curve] .lb-handle").all()
    before = [float(h.get_attribute(a)) for h, a in ((top, "cx"), (top, "cy"), (side, "cx"))]
    drag(visit, point, -40, 30)
    assert value(figure, "mu") < 197 and value(figure, "sigma") < 12
    after = [float(h.get_attribute(a)) for h, a in ((top, "cx"), (top, "cy"), (side, "cx"))]
    assert after[0] < before[0] and after[1] < before[1] and after[2] < before[2]
    at = [float(point.get_attribute(a)) for a in ("cx", "cy")]
    mu, sigma = value(figure, "mu"), value(figure, "sigma")
    drag(visit, top, 30, 0)
    assert value(figure, "mu") > mu and value(figure, "sigma") == sigma
    assert float(point.get_attribute("cx")) > at[0] and float(point.get_attribute("cy")) == at[1]
    mu = value(figure, "mu")
    drag(visit, side, 25, 0)
    assert value(figure, "sigma") > sigma and value(figure, "mu") == mu
    assert float(point.get_attribute("cy")) < at[1]


def test_the_side_of_the_curve_sets_sigma_where_it_is_dropped(visit):
    figure = visit.open(PAGE).figure("log-likelihood")
    side = figure.locator("[data-panel=curve] .lb-handle").nth(1)
    mu, sigma = value(figure, "mu"), value(figure, "sigma")
    pixels = float(side.get_attribute("cx")) - float(
        figure.locator("[data-panel=curve] .lb-handle").first.get_attribute("cx")
    )
    drag(visit, side, pixels / 2, 0)
    assert value(figure, "mu") == mu
    assert value(figure, "sigma") == pytest.approx(1.5 * sigma, abs=0.3)


def test_the_running_product_asks_first(visit):
    figure = visit.open(PAGE).figure("running-product")
    shown = figure.locator("output[name=birds_held]")
    assert "185" not in shown.inner_text()
    figure.get_by_role("button", name="Reveal").click()
    assert "185" in shown.inner_text()
    assert math.isclose(readout(figure, "birds_held"), 185)

"""The chapter's three figures in the page against SciPy and NumPy: to 1e-9."""

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import integrate, stats

from tests.conftest import readout, set_slider

CLOSE = {"rel": 1e-9, "abs": 1e-9}
PAGE = "likelihood/density.html"


@pytest.fixture(scope="module")
def flippers():
    table = load_penguins().dropna(subset=["flipper_length_mm", "body_mass_g"])
    return table.loc[table["species"] == "Gentoo", "flipper_length_mm"].to_numpy(float)


@pytest.fixture(scope="module")
def bell(flippers):
    return stats.norm(*stats.norm.fit(flippers))


@pytest.mark.equation("eq-density-area", "eq-density-limit")
@pytest.mark.parametrize(("x", "width"), [(222, 12), (200, 16), (235, 16), (217.2, 3.7), (228.4, 0.1), (210, 0)])
def test_interval(visit, bell, x, width):
    figure = visit.open(PAGE).figure("interval")
    set_slider(figure, "x", x)
    set_slider(figure, "width", width)
    area, _ = integrate.quad(bell.pdf, x - width / 2, x + width / 2, epsabs=1e-14)
    assert readout(figure, "height") == pytest.approx(bell.pdf(x), **CLOSE)
    assert readout(figure, "probability") == pytest.approx(area, **CLOSE)
    assert readout(figure, "product") == pytest.approx(bell.pdf(x) * width, **CLOSE)
    assert readout(figure, "average") == pytest.approx(area / width if width else bell.pdf(x), **CLOSE)


def test_halving_the_width_ends_at_a_point(visit, bell):
    figure = visit.open(PAGE).figure("interval")
    button, width = figure.get_by_role("button", name="half the width"), 12.0
    for _ in range(10):
        button.click()
        width /= 2
        area = bell.cdf(222 + width / 2) - bell.cdf(222 - width / 2)
        assert readout(figure, "probability") == pytest.approx(area, **CLOSE)
    assert readout(figure, "average") == pytest.approx(bell.pdf(222), rel=1e-6)
    for _ in range(6):
        button.click()
    assert readout(figure, "probability") == 0
    assert readout(figure, "height") == readout(figure, "average") == pytest.approx(bell.pdf(222), **CLOSE)


def test_the_ends_are_drawn_together_by_hand(visit):
    figure = visit.open(PAGE).figure("interval")
    end = figure.locator("circle.lb-handle[data-drags=width]").nth(1)
    box = end.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x - 12, y, steps=4)
    visit.page.mouse.up()
    assert 0 < float(figure.locator("input[name=width]").input_value()) < 10


@pytest.mark.equation("eq-density-unit")
@pytest.mark.parametrize("unit", [100, 5, 10, 25.4, 16.2])
def test_units(visit, bell, unit):
    figure = visit.open(PAGE).figure("units")
    figure.get_by_role("button", name="Reveal").click()
    set_slider(figure, "unit", unit)
    in_units = stats.norm(0, bell.std() / unit)
    area, _ = integrate.quad(in_units.pdf, -5 / unit, 5 / unit, epsabs=1e-14)
    assert readout(figure, "height") == pytest.approx(in_units.pdf(0), **CLOSE)
    assert readout(figure, "per_mm") == pytest.approx(bell.pdf(bell.mean()), **CLOSE)
    assert readout(figure, "strip_width") == pytest.approx(10 / unit, **CLOSE)
    assert readout(figure, "strip") == pytest.approx(area, **CLOSE)


def test_the_height_is_asked_before_it_is_shown(visit):
    figure = visit.open(PAGE).figure("units")
    assert figure.locator("output[name=height]").inner_text().startswith("?")
    set_slider(figure, "guess", 1)
    figure.get_by_role("button", name="Reveal").click()
    assert figure.locator("output[name=height]").inner_text().startswith("6.18")
    assert "too low" in figure.locator(".lb-revealed").inner_text()


@pytest.mark.equation("eq-density-rounded", "eq-density-histogram")
@pytest.mark.parametrize("width", [6, 1, 2, 7, 20])
def test_ruler(visit, bell, flippers, width):
    figure = visit.open(PAGE).figure("ruler")
    set_slider(figure, "width", width)
    p = np.diff(bell.cdf(187.5 + width * np.arange(61)))
    assert readout(figure, "tallest") == pytest.approx(p.max(), **CLOSE)
    assert readout(figure, "tallest_density") == pytest.approx(p.max() / width, **CLOSE)
    assert readout(figure, "top") == pytest.approx(bell.pdf(bell.mean()), **CLOSE)
    assert readout(figure, "total") == pytest.approx(p.sum(), **CLOSE)

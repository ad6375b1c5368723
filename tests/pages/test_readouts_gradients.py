"""The chapter "Gradients through randomness" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

What the two sides share is the stored noise, and that is data.
"""

import math
import re

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import integrate, stats
from scipy.special import expit, log_expit

from helpers.figures.gradients import TwoGradients
from tests.conftest import readout, set_slider, uncovered_by_guessing

PAGE = "variational-inference/gradients.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
START = {"mu_q": 1, "sigma_q": 0.6, "draws": 1, "baseline": 0, "target": 0}
STATES = [
    START,
    START | {"draws": 16, "baseline": 1},
    START | {"mu_q": -1, "sigma_q": 0.3, "draws": 7, "baseline": 2},
    START | {"mu_q": 5, "sigma_q": 2, "draws": 16, "target": 1},
    START | {"mu_q": 1.7, "sigma_q": 0.85, "draws": 4, "baseline": 2, "target": 1},
    START | {"mu_q": 5, "sigma_q": 0.3, "baseline": 1, "target": 1},
    START | {"mu_q": -1, "sigma_q": 2},
]


def signed_lengths():
    """Length from 193 mm in units of 7 mm, turned round for Adelies, straight from the table."""
    table, signed = load_penguins(), []
    for name, sign in (("Adelie", -1), ("Chinstrap", 1)):
        lengths = np.sort(table[table.species == name].flipper_length_mm.dropna().to_numpy())
        places = np.round(np.linspace(0, len(lengths) - 1, 10)[1:-1]).astype(int)
        signed += [sign * (length - 193) / 7 for length in lengths[places]]
    return np.array(signed)


def heights_and_slopes(z, state):
    """f and its derivative at z (...)."""
    signed, q = signed_lengths(), stats.norm(state["mu_q"], state["sigma_q"])
    odds = z[..., None] * signed
    f = log_expit(odds).sum(-1) + stats.norm.logpdf(z, 0, 3) - state["target"] * q.logpdf(z)
    slope = (signed * expit(-odds)).sum(-1) - z / 9 + state["target"] * (z - q.mean()) / q.var()
    return f, slope


def under_q(function, state):
    """E_q by SciPy, in pieces; ``function`` takes the noise."""
    cuts = np.linspace(-10, 10, 9)
    return math.fsum(
        integrate.quad(lambda t: stats.norm.pdf(t) * function(t), a, b, epsabs=1e-13, epsrel=1e-12)[0]
        for a, b in zip(cuts, cuts[1:], strict=False)
    )


@pytest.mark.equation("eq-grad-score-function", "eq-grad-reparameterised", "eq-grad-baseline")
@pytest.mark.parametrize("state", STATES)
def test_a_thousand_estimates_of_both_kinds(visit, state):
    figure = visit.open(PAGE).figure("two-gradients")
    for name in ("mu_q", "sigma_q", "draws"):
        set_slider(figure, name, state[name])
    for name in ("baseline", "target"):
        figure.locator(f"select[name={name}]").select_option(index=state[name])
    mu, sigma = state["mu_q"], state["sigma_q"]

    def at(t):
        return heights_and_slopes(np.asarray(mu + sigma * t), state)

    baseline = [
        lambda: 0.0,
        lambda: under_q(lambda t: float(at(t)[0]), state),
        lambda: under_q(lambda t: float(at(t)[0]) * t * t, state),
    ][state["baseline"]]()
    noise = TwoGradients.noise.numpy()[:, : state["draws"]]
    f, slope = at(noise)
    by_height, by_slope = ((f - baseline) * noise / sigma).mean(1), slope.mean(1)
    assert readout(figure, "exact") == pytest.approx(under_q(lambda t: float(at(t)[1]), state), **CLOSE)
    assert readout(figure, "score_mean") == pytest.approx(by_height.mean(), **CLOSE)
    assert readout(figure, "path_mean") == pytest.approx(by_slope.mean(), **CLOSE)
    assert readout(figure, "path_spread") == pytest.approx(by_slope.std(ddof=1), **CLOSE)
    assert readout(figure, "ratio") == pytest.approx(by_height.std(ddof=1) / by_slope.std(ddof=1), **CLOSE)
    if abs(readout(figure, "exact")) > 0.01:
        for name, values in (("score_mean", by_height), ("path_mean", by_slope)):
            assert abs(values.mean() - readout(figure, "exact")) < 4 * values.std() / 1000**0.5, name


def test_the_ratio_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("two-gradients")
    bars = figure.locator("[data-panel=score] .lb-covered").first
    shown = uncovered_by_guessing(figure, "ratio", 5, "too low", bars)
    assert f"{readout(figure, 'ratio'):.1f}" in shown


def test_estimates_are_shown_one_by_one(visit):
    figure = visit.open(PAGE).figure("two-gradients")
    set_slider(figure, "shown", 999)
    for shown in ("1000", "1", "2"):
        figure.get_by_role("button", name="new estimate").click()
        assert figure.locator("input[name=shown]").input_value() == shown


def test_as_many_stems_as_draws(visit):
    """A readout says nothing about the picture above it."""
    figure = visit.open(PAGE).figure("two-gradients")
    for draws in (1, 5, 16):
        set_slider(figure, "draws", draws)
        paths = [one.get_attribute("d") or "" for one in figure.locator("[data-panel=height] path.lb-stroke").all()]
        upright = [path for path in paths if re.fullmatch(r"(M[-\d.]+ [-\d.]+V[-\d.]+)+", path)]
        assert [path.count("V") for path in upright] == [draws]
        dots = figure.locator("[data-panel=density] .lb-role-approximation path.lb-fill").first.get_attribute("d")
        assert dots.count("M") == draws


def test_the_handles_move_q(visit):
    figure = visit.open(PAGE).figure("two-gradients")
    handles = figure.locator("circle.lb-handle")
    mean, width = (handles.nth(i).bounding_box() for i in range(2))
    visit.page.mouse.move(width["x"] + width["width"] / 2, width["y"] + width["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(mean["x"] + mean["width"] / 2 + 40, width["y"], steps=5)
    visit.page.mouse.up()
    assert float(figure.locator("input[name=mu_q]").input_value()) == 1
    assert float(figure.locator("input[name=sigma_q]").input_value()) > 0.9

"""The chapter "One q for every x" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

What the two sides share is the encoders' weights, rounded as the figure rounds them, and the readings: both are data.
"""

import functools
import math

import numpy as np
import pytest
from scipy import optimize, special

from helpers import encoder
from helpers.figures.encoder import FRESH, TRAINING, train_all
from tests.conftest import readout, set_slider, set_sliders, uncovered_by_guessing

PAGE = "vae/encoder.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
NODES = np.linspace(-9, 9, 1501)
SIMPSON = np.ones(1501)
SIMPSON[1:-1:2], SIMPSON[2:-1:2] = 4, 2
SHARES = SIMPSON * np.exp(-(NODES**2) / 2) / (SIMPSON @ np.exp(-(NODES**2) / 2))


def log_normal(z, mu, sigma):
    return -0.5 * math.log(2 * math.pi) - math.log(sigma) - 0.5 * ((z - mu) / sigma) ** 2


def log_joint(z, x):
    mass = 4 * special.expit(1.5 * (z + 1)) - special.expit(3 * (z - 1.3))
    return log_normal(z, 0, 1) + log_normal(x, mass, 0.25)


def log_p(x):
    """Simpson's rule on a grid of its own."""
    z = np.linspace(-9, 9, 6001)
    weights = np.ones(6001)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return special.logsumexp(log_joint(z, x), b=weights * (z[1] - z[0]) / 3)


def bound(x, mu, log_sigma):
    """By Simpson's rule under q."""
    return SHARES @ log_joint(mu + math.exp(log_sigma) * NODES, x) + log_sigma + 0.5 * math.log(2 * math.pi * math.e)


@functools.cache
def best(x):
    """The best Gaussian's bound, by Nelder and Mead from the best places of a coarse grid."""
    places = [(m, s) for m in np.linspace(-2.6, 2.6, 14) for s in (-1.6, -0.7)]
    starts = sorted(places, key=lambda q: -bound(x, *q))[:6]
    options = {"xatol": 1e-7, "fatol": 1e-13, "maxiter": 2000}
    return max(-optimize.minimize(lambda q: -bound(x, *q), one, method="Nelder-Mead", options=options).fun
               for one in starts)  # fmt: skip


@functools.cache
def layers():
    """Each encoder's matrices, trained again and rounded as the figure rounds them."""
    rounded = [{n: v.half().double().numpy() for n, v in model.net.state_dict().items()} for model in train_all()]
    return [[(one[f"{i}.weight"], one[f"{i}.bias"]) for i in range(5) if f"{i}.weight" in one] for one in rounded]


def answer(which, x):
    h = np.array([(x - 2.5) / 1.2])
    for i, (weight, bias) in enumerate(layers()[which]):
        h = weight @ (np.tanh(h) if i else h) + bias
    return h


def step(x, mu, log_sigma):
    """Half a Newton step, slope and curvature averaged under q, with derivatives written by hand."""
    z = mu + math.exp(log_sigma) * NODES
    a, b = special.expit(1.5 * (z + 1)), special.expit(3 * (z - 1.3))
    slope_of_mass = 6 * a * (1 - a) - 3 * b * (1 - b)
    slope = -z + (x - 4 * a + b) * slope_of_mass / 0.25**2
    along_log_sigma = 1 + math.exp(log_sigma) * (SHARES @ (slope * NODES))
    new = log_sigma - 0.5 * math.log(max(1 - 0.5 * along_log_sigma, 0.5))
    furthest = 2 * math.exp(min(new, log_sigma))
    return mu + np.clip(0.5 * math.exp(2 * new) * (SHARES @ slope), -furthest, furthest), new


@pytest.mark.equation("eq-enc-gaps", "eq-enc-network", "eq-enc-refine")
@pytest.mark.parametrize("which", range(5))
def test_evidence_bound_and_both_gaps(visit, which):
    figure = visit.open(PAGE).figure("two-gaps")
    figure.locator("select[name=encoder]").select_option(index=which)
    for x in (3.1, 0.4, 6, 3.2, 1.75):
        set_slider(figure, "x", x)
        q = answer(which, x)
        for steps in (0, 1, 2, 10):
            set_slider(figure, "steps", steps)
            refined = functools.reduce(lambda now, _: step(x, *now), range(steps), q)
            reached = bound(x, *refined)
            assert readout(figure, "log_p") == pytest.approx(log_p(x), **CLOSE)
            assert readout(figure, "elbo") == pytest.approx(reached, **CLOSE)
            assert readout(figure, "approximation") == pytest.approx(log_p(x) - best(x), **CLOSE)
            assert readout(figure, "amortisation") == pytest.approx(best(x) - reached, **CLOSE)


@pytest.mark.parametrize("which", range(5))
def test_the_average_over_fresh_chicks(visit, which):
    figure = visit.open(PAGE).figure("two-gaps")
    figure.locator("select[name=encoder]").select_option(index=which)
    readings = encoder.chicks(*FRESH)[1].tolist()
    lost = np.mean([best(x) - bound(x, *answer(which, x)) for x in readings])
    assert readout(figure, "average") == pytest.approx(lost, **CLOSE)


def test_the_approximation_gap_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("two-gaps")
    covered = figure.locator("[data-panel=pieces] .lb-covered").first
    shown = uncovered_by_guessing(figure, "approximation", 3, "too high", covered)
    assert f"{readout(figure, 'approximation'):.2f}" in shown


LINES = [
    {"mean": 25, "slope": 0, "width": 4, "factor": 1},
    {"mean": 5, "slope": -5, "width": 1, "factor": 0.7},
    {"mean": 45, "slope": 20, "width": 6, "factor": 1.6},
    {"mean": 5, "slope": 20, "width": 6, "factor": 0.7},
    {"mean": 45, "slope": -5, "width": 1, "factor": 1.6},
    {"mean": 22.5, "slope": 9.25, "width": 2.6, "factor": 1.3},
]


def of_line(line):
    """The average bound of a line over the chicks that the encoders were trained on."""
    readings = encoder.chicks(*TRAINING)[1].numpy()
    mu = (line["mean"] + line["slope"] * (readings - 2.5) - 28) / 11
    log_sigma = np.log(line["width"] / 11) + np.log(line["factor"]) * (readings - 2.5)
    return np.mean([bound(*one) for one in zip(readings, mu, log_sigma, strict=True)])


@functools.cache
def truths():
    readings = encoder.chicks(*TRAINING)[1].tolist()
    line = train_all()[1].net[0]
    weight, bias = line.weight.numpy()[:, 0], line.bias.numpy()
    reached = np.mean([bound(x, *(bias + weight * (x - 2.5) / 1.2)) for x in readings])
    return np.mean([log_p(x) for x in readings]), np.mean([best(x) for x in readings]), reached


@pytest.mark.equation("eq-enc-objective")
def test_a_line_set_by_hand(visit):
    figure = visit.open(PAGE).figure("line-by-hand")
    evidence, nearest, reached = truths()
    for line in LINES:
        set_sliders(figure, line)
        ours = of_line(line)
        assert readout(figure, "log_p") == pytest.approx(evidence, **CLOSE)
        assert readout(figure, "elbo") == pytest.approx(ours, **CLOSE)
        assert readout(figure, "amortisation") == pytest.approx(nearest - ours, **CLOSE)
        assert readout(figure, "behind") == pytest.approx(reached - ours, **CLOSE)
    figure.get_by_role("button", name="the trained line").click()
    assert readout(figure, "behind") == pytest.approx(0, abs=1e-4)
    assert readout(figure, "elbo") >= max(map(of_line, LINES))

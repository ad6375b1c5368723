"""The ELBO chapter's numbers in the page, against SciPy, which shares no code with it: to 1e-9."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from helpers.figures.elbo import NOISE
from tests.conftest import readout, set_sliders

CLOSE = {"rel": 1e-9, "abs": 1e-9}
PAGE = "variational-inference/elbo.html"
TAU, SIGMA = 6.5, 5.0


def integral(function, *cuts):
    """In pieces between the ``cuts``."""
    pieces = zip(cuts, cuts[1:], strict=False)
    return math.fsum(integrate.quad(function, a, b, epsabs=1e-12, epsrel=1e-12, limit=200)[0] for a, b in pieces)


def standard_error(log_joint, q):
    """Of the mean of the log-weights at the figure's draws."""
    z = q.mean() + q.std() * NOISE.numpy()
    return np.std(log_joint(z) - q.logpdf(z), ddof=1) / math.sqrt(len(z))


def around(q):
    """Where q lives, cut into pieces."""
    return q.mean() + q.std() * np.array([-12.0, -6.0, -2.0, 0.0, 2.0, 6.0, 12.0])


STATES = [
    {"mu_q": 214, "sigma_q": 2.5, "x": 224, "theta": 217},
    {"mu_q": 205, "sigma_q": 2, "x": 205, "theta": 205},
    {"mu_q": 235, "sigma_q": 12, "x": 235, "theta": 235},
    {"mu_q": 205, "sigma_q": 12, "x": 235, "theta": 235},
    {"mu_q": 235, "sigma_q": 2, "x": 205, "theta": 220.5},
    {"mu_q": 221.4, "sigma_q": 4, "x": 224, "theta": 217},
]


@pytest.mark.equation("eq-log-marginal", "eq-elbo", "eq-elbo-gap", "eq-elbo-estimate")
@pytest.mark.parametrize("state", STATES)
def test_bound_gap_and_evidence(visit, state):
    figure = visit.open(PAGE).figure("elbo")
    set_sliders(figure, state)
    q, prior = stats.norm(state["mu_q"], state["sigma_q"]), stats.norm(state["theta"], TAU)

    def log_joint(z):
        return prior.logpdf(z) + stats.norm.logpdf(state["x"], z, SIGMA)

    log_p = stats.norm.logpdf(state["x"], state["theta"], math.hypot(TAU, SIGMA))
    bound = integral(lambda z: q.pdf(z) * (log_joint(z) - q.logpdf(z)), *around(q))
    gap = integral(lambda z: q.pdf(z) * (q.logpdf(z) - log_joint(z) + log_p), *around(q))
    assert readout(figure, "log_p") == pytest.approx(log_p, **CLOSE)
    assert readout(figure, "elbo") == pytest.approx(bound, **CLOSE)
    assert readout(figure, "gap") == pytest.approx(gap, **CLOSE)
    assert readout(figure, "elbo") + readout(figure, "gap") == pytest.approx(log_p, **CLOSE)
    assert readout(figure, "error") == pytest.approx(standard_error(log_joint, q), **CLOSE)


@pytest.mark.equation("eq-exact-posterior", "eq-log-weight")
@pytest.mark.parametrize("state", STATES[:5])
def test_the_button_sets_q_to_the_posterior(visit, state):
    figure = visit.open(PAGE).figure("elbo")
    set_sliders(figure, state)
    figure.get_by_role("button", name="set q to the posterior").click()
    assert readout(figure, "gap") == pytest.approx(0, abs=1e-9)
    assert readout(figure, "elbo") == pytest.approx(readout(figure, "log_p"), **CLOSE)
    assert readout(figure, "error") == pytest.approx(0, abs=1e-9)


@pytest.mark.equation("eq-elbo-distance")
@pytest.mark.parametrize(
    ("mu_q", "sigma_q", "x"),
    [(4.7, 0.95, 5), (0, 4, 5), (-8, 0.4, 8), (8, 8, 0), (-4.7, 0.95, 5), (0, 0.95, 0), (2.3, 1.5, 2.5)],
)
def test_one_side_of_two(visit, mu_q, sigma_q, x):
    figure = visit.open(PAGE).figure("one-side")
    set_sliders(figure, {"mu_q": mu_q, "sigma_q": sigma_q, "x": x})
    q = stats.norm(mu_q, sigma_q)

    def log_joint(z):
        return stats.norm.logpdf(z, 0, 4) + stats.norm.logpdf(x, np.abs(z), 1)

    log_p = math.log(integral(lambda z: math.exp(log_joint(z)), *np.linspace(-40, 0, 21), *np.linspace(2, 40, 20)))
    cuts = sorted({*around(q), 0.0})
    gap = integral(lambda z: q.pdf(z) * (q.logpdf(z) - log_joint(z) + log_p), *cuts)
    assert readout(figure, "gap") == pytest.approx(gap, **CLOSE)
    assert readout(figure, "elbo") == pytest.approx(log_p - gap, **CLOSE)
    assert readout(figure, "error") == pytest.approx(standard_error(log_joint, q), **CLOSE)


def test_the_handles_set_mean_and_width_of_q(visit):
    """The second handle stands one width beside the first."""
    figure = visit.open(PAGE).figure("elbo")
    handles = figure.locator("circle.lb-handle.lb-role-approximation")
    mean, width = (handles.nth(i).bounding_box() for i in range(2))
    visit.page.mouse.move(width["x"] + width["width"] / 2, width["y"] + width["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(mean["x"] + mean["width"] / 2 + 120, width["y"], steps=6)
    visit.page.mouse.up()
    assert float(figure.locator("input[name=mu_q]").input_value()) == 214
    assert float(figure.locator("input[name=sigma_q]").input_value()) > 6
    before = readout(figure, "log_p")
    box = handles.nth(0).bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 60, box["y"], steps=6)
    visit.page.mouse.up()
    assert float(figure.locator("input[name=mu_q]").input_value()) > 216
    assert readout(figure, "log_p") == before

"""The chapter "When algebra runs out" in the page: numbers against SciPy and NumPy to 1e-9, and the handles."""

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import optimize, special, stats

from tests.conftest import drag, readout, set_slider, set_sliders

CLOSE = {"rel": 1e-9, "abs": 1e-9}
PAGE = "mle/optimisation.html"
WIDTH = 7.7


@pytest.fixture(scope="module")
def birds():
    return load_penguins().dropna(subset=["flipper_length_mm", "bill_length_mm", "bill_depth_mm"])


@pytest.fixture(scope="module")
def contest(birds):
    two = birds[birds["species"] != "Gentoo"]
    return two["flipper_length_mm"].to_numpy(float), (two["species"] == "Chinstrap").to_numpy(float)


def slope_and_curvature(x, y, t):
    p = special.expit((x - t) / WIDTH)
    return (p - y).sum() / WIDTH, -(p * (1 - p)).sum() / WIDTH**2


@pytest.mark.equation("eq-opt-bernoulli", "eq-opt-threshold", "eq-opt-newton", "eq-opt-gradient")
@pytest.mark.parametrize(("t", "rate"), [(184, 0.6), (174, 0.1), (224, 3.3), (199, 1.5), (212.5, 2.4)])
def test_both_climbers(visit, contest, t, rate):
    figure = visit.open(PAGE).figure("two-climbers")
    set_slider(figure, "t", t)
    set_slider(figure, "rate", rate)
    x, y = contest
    slope, curvature = slope_and_curvature(x, y, t)
    log_likelihood = stats.bernoulli.logpmf(y, special.expit((x - t) / WIDTH)).sum()
    assert readout(figure, "log_likelihood") == pytest.approx(log_likelihood, **CLOSE)
    assert readout(figure, "slope") == pytest.approx(slope, **CLOSE)
    assert readout(figure, "curvature") == pytest.approx(curvature, **CLOSE)
    assert readout(figure, "newton") == pytest.approx(t - slope / curvature, **CLOSE)
    assert readout(figure, "gradient") == pytest.approx(t + rate * slope, **CLOSE)


@pytest.mark.equation("eq-opt-newton")
def test_four_newton_steps_reach_what_scipy_finds(visit, contest):
    figure = visit.open(PAGE).figure("two-climbers")
    for _ in range(5):
        figure.get_by_role("button", name="Newton step").click()
    best = optimize.brentq(lambda t: slope_and_curvature(*contest, t)[0], 170, 230, xtol=1e-13)
    assert readout(figure, "newton") == pytest.approx(best, **CLOSE)
    assert readout(figure, "slope") == pytest.approx(0, abs=1e-9)


@pytest.mark.equation("eq-gaussian-bivariate", "eq-gaussian-multivariate", "eq-opt-multivariate-mle")
@pytest.mark.parametrize("species", ["all three species", "Adelie", "Chinstrap", "Gentoo"])
@pytest.mark.parametrize(
    ("mu1", "mu2", "s1", "s2", "rho"),
    [(43, 17.5, 5, 1.8, 0.5), (34, 13, 1, 0.4, -0.95), (56, 21, 9, 4, 0.95), (47.5, 15, 3.05, 0.98, 0.64)],
)
def test_the_ellipse(visit, birds, species, mu1, mu2, s1, s2, rho):
    figure = visit.open(PAGE).figure("covariance-ellipse")
    figure.locator("select[name=birds]").select_option(label=species)
    set_sliders(figure, {"mu1": mu1, "mu2": mu2, "s1": s1, "s2": s2, "rho": rho})
    chosen = birds if species.startswith("all") else birds[birds["species"] == species]
    x = chosen[["bill_length_mm", "bill_depth_mm"]].to_numpy(float)
    cross = rho * s1 * s2
    log_likelihood = stats.multivariate_normal([mu1, mu2], [[s1**2, cross], [cross, s2**2]]).logpdf(x).sum()
    best = stats.multivariate_normal(x.mean(0), np.cov(x.T, bias=True)).logpdf(x).sum()
    assert readout(figure, "log_likelihood") == pytest.approx(log_likelihood, **CLOSE)
    assert readout(figure, "best") == pytest.approx(best, **CLOSE)
    assert readout(figure, "below") == pytest.approx(best - log_likelihood, **CLOSE)
    assert readout(figure, "data_rho") == pytest.approx(stats.pearsonr(*x.T)[0], **CLOSE)


def test_the_best_ellipse_is_covered_until_the_guess(visit):
    figure = visit.open(PAGE).figure("covariance-ellipse")
    best = figure.locator("svg text", has_text="best").first
    assert not best.is_visible()
    figure.get_by_role("button", name="Reveal").click()
    assert best.is_visible()
    assert "−0.235" in figure.inner_text()


@pytest.mark.parametrize(
    ("which", "moved", "still"),
    [(0, {"mu1": 1, "mu2": 1}, {"s1", "s2", "rho"}), (1, {"s1": 1, "rho": 1}, {"mu1", "mu2", "s2"}),
     (2, {"rho": 1, "s2": 1}, {"mu1", "mu2", "s1"})],
)  # fmt: skip
def test_the_handles_drag_the_middle_and_the_two_ends(visit, which, moved, still):
    figure = visit.open(PAGE).figure("covariance-ellipse")

    def values():
        names = ("mu1", "mu2", "s1", "s2", "rho")
        return {name: float(figure.locator(f"input[name={name}]").input_value()) for name in names}

    before = values()
    drag(visit, figure.locator("circle.lb-handle").nth(which), 24, -18)
    after = values()
    assert all(after[name] > before[name] + 1e-3 for name in moved)
    assert all(after[name] == before[name] for name in still)

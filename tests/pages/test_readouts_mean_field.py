"""The mean-field chapter's numbers in the page, against NumPy and SciPy, which share no code with it: to 1e-9."""

import math

import numpy as np
import pytest
from scipy import special, stats

from helpers import datasets
from tests.conftest import drag, readout, set_slider, set_sliders

CLOSE = {"rel": 1e-9, "abs": 1e-9}
PAGE = "variational-inference/mean-field.html"


def press(figure, name):
    figure.get_by_role("button", name=name, exact=True).click()


def reveal(figure):
    figure.get_by_role("button", name="Reveal").click()


def divergence(m, w, rho):
    """KL from N(m, diag(w²)) to a normal with unit variances and correlation rho."""
    covariance = np.array([[1, rho], [rho, 1]])
    precision = np.linalg.inv(covariance)
    m, w = np.array(m), np.array(w)
    spread = np.trace(precision @ np.diag(w**2)) + m @ precision @ m - 2
    return 0.5 * (spread + math.log(np.linalg.det(covariance)) - 2 * np.log(w).sum())


STATES = [
    {"rho": -0.9, "m1": -1.4, "m2": 2.1, "w1": 1, "w2": 1},
    {"rho": -0.98, "m1": -3, "m2": -3, "w1": 0.1, "w2": 1.5},
    {"rho": 0.98, "m1": 3, "m2": -3, "w1": 1.5, "w2": 0.1},
    {"rho": 0, "m1": 0.5, "m2": 3, "w1": 0.4, "w2": 1},
    {"rho": 0.5, "m1": 0, "m2": 0, "w1": 0.87, "w2": 0.87},
]


@pytest.mark.equation("eq-mf-gap", "eq-mf-price", "eq-mf-width")
@pytest.mark.parametrize("state", STATES)
def test_gap_price_and_width(visit, state):
    figure = visit.open(PAGE).figure("mean-field")
    reveal(figure)
    set_sliders(figure, state)
    gap = divergence((state["m1"], state["m2"]), (state["w1"], state["w2"]), state["rho"])
    price = stats.multivariate_normal(cov=[[1, state["rho"]], [state["rho"], 1]]).entropy()
    price = 2 * stats.norm.entropy() - price  # mutual information
    assert readout(figure, "gap") == pytest.approx(gap, **CLOSE)
    assert readout(figure, "price") == pytest.approx(price, **CLOSE)
    assert readout(figure, "rest") == pytest.approx(gap - price, **CLOSE)
    assert readout(figure, "best_width") == pytest.approx(math.sqrt(1 - state["rho"] ** 2), **CLOSE)


@pytest.mark.equation("eq-mf-update", "eq-mf-rate")
@pytest.mark.parametrize("state", STATES)
def test_the_buttons_climb_one_factor_at_a_time(visit, state):
    figure = visit.open(PAGE).figure("mean-field")
    set_sliders(figure, state)
    rho, m, w = state["rho"], [state["m1"], state["m2"]], [state["w1"], state["w2"]]
    before = readout(figure, "gap")
    for step in range(6):
        j = step % 2
        press(figure, ("update q₁", "update q₂")[j])
        m[j], w[j] = rho * m[1 - j], math.sqrt(1 - rho**2)
        assert readout(figure, "gap") == pytest.approx(divergence(m, w, rho), **CLOSE)
        assert readout(figure, "gap") <= before + 1e-9
        before = readout(figure, "gap")
    assert m[1] == pytest.approx(state["m2"] * rho**6, abs=1e-12)


def test_the_guess_covers_the_width_and_its_curve_until_reveal(visit):
    figure = visit.open(PAGE).figure("mean-field")
    assert figure.locator("output[name=best_width]").inner_text().strip() == "?"
    set_slider(figure, "guess", 1)
    reveal(figure)
    assert readout(figure, "best_width") == pytest.approx(math.sqrt(0.19), **CLOSE)
    assert "0.564 too high" in figure.locator(".lb-revealed").inner_text()


def test_handles_set_means_and_widths(visit):
    figure = visit.open(PAGE).figure("mean-field")
    plane = figure.locator(".lb-panel[data-panel=plane]")
    values = {name: figure.locator(f"input[name={name}]") for name in ("m1", "m2", "w1", "w2")}
    drag(visit, plane.locator("circle.lb-handle").nth(1), -30, 0)
    assert float(values["w1"].input_value()) < 0.8 and float(values["m1"].input_value()) == -1.4
    drag(visit, plane.locator("circle.lb-handle").nth(2), 0, 30)
    assert float(values["w2"].input_value()) < 0.8 and float(values["m2"].input_value()) == 2.1
    drag(visit, plane.locator("circle.lb-handle").nth(0), 60, 60)
    assert float(values["m1"].input_value()) > -0.5 and float(values["m2"].input_value()) < 1.2


PRIOR = (200.0, 0.1, 1.0, 50.0)


def exact(n):
    """The posterior's four numbers and the evidence, a multivariate t density of the birds, from NumPy and SciPy."""
    mu_0, kappa_0, a_0, b_0 = PRIOR
    x = datasets.penguins().of("Gentoo").flipper_length[:n].numpy()
    kappa_n, a_n = kappa_0 + n, a_0 + n / 2
    mean = x.mean()
    b_n = b_0 + 0.5 * ((x - mean) ** 2).sum() + kappa_0 * n * (mean - mu_0) ** 2 / (2 * kappa_n)
    shape = b_0 / a_0 * (np.eye(n) + 1 / kappa_0)
    evidence = stats.multivariate_t(np.full(n, mu_0), shape, df=2 * a_0).logpdf(x if n > 1 else x[:, None])
    return ((kappa_0 * mu_0 + x.sum()) / kappa_n, kappa_n, a_n, b_n), float(np.squeeze(evidence))


def normal_gap(m, w, s, posterior):
    """KL of N(m, w²) Gamma(a, a s²) from the Normal-Gamma: entropies by SciPy, the cross term term by term."""
    mu_n, kappa_n, a_n, b_n = posterior
    a, b = a_n + 0.5, (a_n + 0.5) * s**2
    log_lam, lam = special.digamma(a) - math.log(b), 1 / s**2
    cross = 0.5 * (math.log(kappa_n / (2 * math.pi)) + log_lam) - 0.5 * kappa_n * lam * (w**2 + (m - mu_n) ** 2)
    cross += a_n * math.log(b_n) - special.gammaln(a_n) + (a_n - 1) * log_lam - b_n * lam
    return -stats.norm(m, w).entropy() - stats.gamma(a, scale=1 / b).entropy() - cross


@pytest.mark.equation("eq-mf-normal-evidence", "eq-mf-normal-price")
@pytest.mark.parametrize(
    ("n", "m", "w", "s"), [(3, 212, 2, 7), (1, 200, 0.3, 2), (30, 230, 20, 20), (1, 230, 20, 20), (30, 214.8, 0.9, 4.8)]
)
def test_evidence_bound_and_gap_of_mean_and_spread(visit, n, m, w, s):
    figure = visit.open(PAGE).figure("mean-and-precision")
    set_sliders(figure, {"n": n, "m": m, "w": w, "s": s})
    posterior, evidence = exact(n)
    gap = normal_gap(m, w, s, posterior)
    assert readout(figure, "log_p") == pytest.approx(evidence, **CLOSE)
    assert readout(figure, "gap") == pytest.approx(gap, **CLOSE)
    assert readout(figure, "elbo") == pytest.approx(evidence - gap, **CLOSE)
    mu_n, kappa_n, a_n, b_n = posterior
    price = normal_gap(mu_n, math.sqrt(b_n / (kappa_n * a_n)), math.sqrt(b_n / a_n), posterior)
    assert readout(figure, "price") == pytest.approx(price, **CLOSE)


@pytest.mark.equation("eq-mf-normal-mean", "eq-mf-normal-precision", "eq-mf-normal-fixed")
@pytest.mark.parametrize("n", [1, 3, 30])
def test_both_buttons_lead_to_the_fixed_point_and_never_lower_the_elbo(visit, n):
    figure = visit.open(PAGE).figure("mean-and-precision")
    set_slider(figure, "n", n)
    before = readout(figure, "elbo")
    for _ in range(25):
        for name in ("update q(μ)", "update q(σ)"):
            press(figure, name)
            assert readout(figure, "elbo") >= before - 1e-9
            before = readout(figure, "elbo")
    (mu_n, kappa_n, a_n, b_n), evidence = exact(n)
    price = normal_gap(mu_n, math.sqrt(b_n / (kappa_n * a_n)), math.sqrt(b_n / a_n), (mu_n, kappa_n, a_n, b_n))
    assert evidence - before == pytest.approx(price, **CLOSE)

"""The chapter on mixtures: its figures' numbers in the page against SciPy, NumPy and scikit-learn, to 1e-9."""

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import special, stats
from sklearn.mixture import GaussianMixture

from tests.conftest import readout, set_slider

PAGE = "mle/mixture.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}


@pytest.fixture(scope="module")
def table():
    return load_penguins().dropna(subset=["flipper_length_mm", "body_mass_g"])


def joint(x, weights, mu, sigma):
    """log p(x, k), (n, K), by SciPy."""
    with np.errstate(divide="ignore"):
        return np.log(weights) + stats.norm.logpdf(x[:, None], mu, sigma)


def em_step(x, model, floor=0.0):
    """One EM step in NumPy."""
    terms = joint(x, *model)
    r = np.exp(terms - special.logsumexp(terms, 1, keepdims=True))
    size = r.sum(0)
    mu = r.T @ x / size
    return size / len(x), mu, np.maximum(np.sqrt((r * (x[:, None] - mu) ** 2).sum(0) / size), floor)


def score(x, model):
    return special.logsumexp(joint(x, *model), 1).sum()


@pytest.mark.equation("eq-mix-marginal", "eq-mix-responsibility")
@pytest.mark.parametrize(("x", "gentoo"), [(206, 0.36), (172, 0), (234, 1), (190.5, 0.99), (203, 0.01)])
def test_layers(visit, table, x, gentoo):
    figure = visit.open(PAGE).figure("layers")
    figure.get_by_role("button", name="Reveal").click()
    set_slider(figure, "x", x)
    set_slider(figure, "gentoo", gentoo)
    groups = [g["flipper_length_mm"] for _, g in table.groupby("species")]
    adelie, chinstrap = len(groups[0]), len(groups[1])
    weights = np.array([adelie, chinstrap, 0]) / (adelie + chinstrap) * (1 - gentoo) + [0, 0, gentoo]
    layers = weights * [stats.norm(*stats.norm.fit(g)).pdf(x) for g in groups]
    for name, layer in zip(("adelie", "chinstrap", "gentoo_joint"), layers, strict=True):
        assert readout(figure, name) == pytest.approx(layer, **CLOSE)
    assert readout(figure, "p_x") == pytest.approx(layers.sum(), **CLOSE)
    assert readout(figure, "share") == pytest.approx(100 * layers[2] / layers.sum(), **CLOSE)


SETTINGS = [
    (195, 205, 10, 10, 0.5), (170, 236, 0.2, 20, 0.002), (236, 170, 20, 0.2, 0.998), (191, 216, 6.5, 7.3, 0.4),
    (200, 230, 14, 2, 0.02), (200, 200, 14, 14, 0.3),
]  # fmt: skip


@pytest.mark.equation("eq-mix-log-likelihood", "eq-mix-m-step")
@pytest.mark.parametrize("setting", SETTINGS)
def test_em_figure(visit, table, setting):
    figure = visit.open(PAGE).figure("mixture-em")
    for name, value in zip(("mu1", "mu2", "sigma1", "sigma2", "weight"), setting, strict=True):
        set_slider(figure, name, value)
    x = table["flipper_length_mm"].to_numpy(float)
    model = [1 - setting[4], setting[4]], np.array(setting[:2], float), np.array(setting[2:4], float)
    terms = joint(x, *model)
    assert readout(figure, "log_likelihood") == pytest.approx(score(x, model), **CLOSE)
    assert readout(figure, "after") == pytest.approx(score(x, em_step(x, model, floor=0.2)), **CLOSE)
    assert readout(figure, "birds") == pytest.approx(special.softmax(terms, 1)[:, 1].sum(), **CLOSE)


@pytest.mark.equation("eq-mix-climb")
def test_steps_climb_to_scikit_learns_maximum(visit, table):
    figure = visit.open(PAGE).figure("mixture-em")
    before = readout(figure, "log_likelihood")
    for press in range(12):
        promised = readout(figure, "after")
        figure.get_by_role("button", name="EM step", exact=True).click()
        after = readout(figure, "log_likelihood")
        assert after == pytest.approx(promised, **CLOSE)
        assert after >= before - 1e-9, press
        before = after
    for _ in range(8):
        figure.get_by_role("button", name="10 EM steps").click()
    x = table["flipper_length_mm"].to_numpy(float)[:, None]
    best = GaussianMixture(2, tol=1e-12, reg_covar=0, max_iter=2000, random_state=0).fit(x)
    assert readout(figure, "log_likelihood") == pytest.approx(best.score_samples(x).sum(), abs=1e-6)
    figure.get_by_role("button", name="Swap 1 and 2").click()
    assert readout(figure, "log_likelihood") == pytest.approx(best.score_samples(x).sum(), abs=1e-6)
    assert readout(figure, "birds") == pytest.approx(len(x) * best.weights_[best.means_[:, 0].argmin()], abs=1e-2)


def test_a_bad_start_ends_on_a_lower_hill(visit):
    figure = visit.open(PAGE).figure("mixture-em")
    figure.get_by_role("button", name="A bad start").click()
    for _ in range(5):
        figure.get_by_role("button", name="10 EM steps").click()
    assert readout(figure, "log_likelihood") == pytest.approx(-1381.399, abs=1e-3)


def paste(visit, figure, text):
    figure.locator("textarea[name=data]").fill(text)
    figure.locator("textarea[name=data]").dispatch_event("change")
    visit.page.wait_for_timeout(50)


def fitted(x, steps, apart, floor):
    """The figure's mixture, in NumPy and in the data's own units."""
    mean, sd = x.mean(), x.std() or 1.0
    model = np.array([0.5, 0.5]), mean + sd * np.array([-apart, apart]), np.full(2, sd)
    for _ in range(steps):
        model = em_step(x, model, floor * sd)
    return model


OWN = {
    "waiting": "79 54 74 62 85 55 88 85 51 85 54 84 78 47 83 52 62 84 52 79 51 47 78 69 74 83 55 76 78 79",
    "two": "1 2",
    "small": "1e-5, 3e-5, 2.5e-5, 9e-5, 8.8e-5",
    "negative": "-4.5 -4 -3 10 11 12.5",
    "equal": "7 7 7 7",
}


@pytest.mark.equation("eq-mix-floor", "eq-mix-m-step")
@pytest.mark.parametrize("name", [None, *OWN])
@pytest.mark.parametrize(("steps", "apart", "floor"), [(0, 1.0, 0.1), (30, 1.0, 0.1), (7, 0.1, 0.5), (12, 2.5, 0.02)])
def test_own_numbers(visit, table, name, steps, apart, floor):
    figure = visit.open(PAGE).figure("your-numbers")
    if name is None:
        x = table[table["species"] == "Gentoo"]["body_mass_g"].to_numpy(float)
    else:
        paste(visit, figure, OWN[name])
        x = np.array(OWN[name].replace(",", " ").split(), float)
    for slider, value in {"steps": steps, "apart": apart, "floor": floor}.items():
        set_slider(figure, slider, value)
    model = fitted(x, steps, apart, floor)
    assert readout(figure, "numbers") == len(x)
    single = stats.norm(x.mean(), x.std() or 1.0).logpdf(x).mean()
    assert readout(figure, "single") == pytest.approx(single, **CLOSE)
    assert readout(figure, "mixture") == pytest.approx(score(x, model) / len(x), **CLOSE)
    for k in (0, 1):
        for label, part in zip(("weight", "mu", "sigma"), model, strict=True):
            assert readout(figure, f"{label}{k + 1}") == pytest.approx(part[k], rel=1e-8, abs=1e-9)
    assert "NaN" not in figure.locator("svg").first.evaluate("svg => svg.outerHTML")


@pytest.mark.parametrize(("text", "words"), [("1 2 three", "three"), ("5", "at least 2"), ("", "at least 2")])
def test_bad_input_is_said_and_loses_nothing(visit, text, words):
    figure = visit.open(PAGE).figure("your-numbers")
    before = readout(figure, "single")
    paste(visit, figure, text)
    assert words in figure.locator(".lb-said").inner_text()
    assert figure.locator("textarea[name=data]").input_value() == text
    assert readout(figure, "single") == before

"""The chapter "How good is it, really?" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

What the two sides share is the stored noise, and that is data. Here every draw is decoded to all 64 pixels.
"""

import functools

import numpy as np
import pytest
from scipy import special, stats
from sklearn.datasets import load_digits

from helpers.figures.evaluation import TighterBounds
from tests.conftest import readout, set_sliders, uncovered_by_guessing

PAGE = "vae/evaluation.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
START = {"log_k": 3, "width": 0.8, "offset": 1, "shown": 1}
STATES = [
    START,
    START | {"log_k": 0},
    START | {"log_k": 1.37, "shown": 16},
    START | {"width": 0.4},
    START | {"width": 2.5, "shown": 7},
    START | {"offset": 0},
    START | {"offset": 3, "log_k": 2.5},
    {"log_k": 2, "width": 1, "offset": 0, "shown": 13},
    {"log_k": 0, "width": 0.4, "offset": 3, "shown": 16},
    {"log_k": 3, "width": 2.5, "offset": 3, "shown": 2},
]


@functools.cache
def model():
    """Probabilistic PCA by NumPy's singular values: digit, W, mean, sigma, and the posterior's mean and widths."""
    images = load_digits().data
    train, x = images[:1500], images[1500]
    centre = train.mean(0)
    _, values, vectors = np.linalg.svd(train - centre, full_matrices=False)
    variances = values**2 / 1500
    sigma = np.sqrt(variances[5:].sum() / 59)
    scale = np.sqrt(variances[:5] - sigma**2)
    # Each column's sign is free; the figure's draws belong to the one that it took.
    ours = TighterBounds.model[0].numpy()
    w = vectors[:5].T * scale
    w = w * np.sign((w * ours).sum(0))
    posterior = np.linalg.inv(np.eye(5) + w.T @ w / sigma**2)
    mean = posterior @ w.T @ (x - centre) / sigma**2
    return x, w, centre, sigma, mean, np.sqrt(np.diag(posterior))


def log_weights(state):
    """Every draw's, (16, 1000)."""
    x, w, centre, sigma, mean, scale = model()
    centre_q = mean + np.array([state["offset"], 0, 0, 0, 0]) * scale
    z = centre_q + state["width"] * scale * TighterBounds.noise.numpy()
    given_z = stats.norm.logpdf(x, z @ w.T + centre, sigma).sum(-1)
    return given_z + (stats.norm.logpdf(z) - stats.norm.logpdf(z, centre_q, state["width"] * scale)).sum(-1)


@pytest.mark.equation("eq-iwae", "eq-vae-log-weight", "eq-effective-sample-size")
@pytest.mark.parametrize("state", STATES)
def test_sixteen_bounds_and_the_draws_that_count(visit, state):
    figure = visit.open(PAGE).figure("tighter-bounds")
    set_sliders(figure, state)
    k = round(10 ** state["log_k"])
    log_w = log_weights(state)
    estimates = special.logsumexp(log_w[:, :k], axis=1) - np.log(k)
    x, w, centre, sigma, *_ = model()
    log_p = stats.multivariate_normal(centre, w @ w.T + sigma**2 * np.eye(64)).logpdf(x)
    shares = special.softmax(log_w[state["shown"] - 1, :k])
    assert readout(figure, "log_p") == pytest.approx(log_p, **CLOSE)
    assert readout(figure, "draws") == k
    assert readout(figure, "bound") == pytest.approx(estimates.mean(), **CLOSE)
    assert readout(figure, "spread") == pytest.approx(estimates.std(ddof=1), **CLOSE)
    assert readout(figure, "gap") == pytest.approx(log_p - estimates.mean(), **CLOSE)
    assert readout(figure, "ess") == pytest.approx(1 / (shares**2).sum(), **CLOSE)


def test_the_answer_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("tighter-bounds")
    shown = uncovered_by_guessing(figure, "ess", 600, "too high")
    assert f"{readout(figure, 'ess'):.1f}" in shown


def test_repetitions_are_shown_one_by_one(visit):
    figure = visit.open(PAGE).figure("tighter-bounds")
    set_sliders(figure, {"shown": 15})
    for shown in ("16", "1", "2"):
        figure.get_by_role("button", name="next repetition").click()
        assert figure.locator("input[name=shown]").input_value() == shown

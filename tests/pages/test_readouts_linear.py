"""The chapter "The VAE you can solve" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

What the two sides share is the climb that the page has stored, and that is data.
"""

import base64
import json
import math
import re

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import stats
from sklearn.datasets import load_digits

from helpers import datasets
from helpers import linear_gaussian as linear
from livebook.payload import MIME
from tests.conftest import drag, readout, set_slider, uncovered_by_guessing

PAGE = "vae/linear.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
NUMBERS = re.compile(r"new Float64Array\(\[([-\d.,e]+)\]\)")
LOADED = re.compile(r"i < (\d+); i\+\+\) \w+\[i\] = halfToNumber\(view\.getUint16\((\d+) \+")


@pytest.fixture(scope="module")
def climb(book):
    """Weights, sigma, encoder's matrix and log scale of every step, as the page has them.

    Trained again with another number of threads the last digits differ, so the second training only tells which of the
    page's numbers is which.
    """
    notebook = json.loads((book / "_sources/vae/linear.ipynb").read_text("utf-8"))
    outputs = [output["data"] for cell in notebook["cells"] for output in cell.get("outputs", []) if "data" in output]
    payload = next(data[MIME] for data in outputs if MIME in data and data[MIME]["spec"]["name"] == "linear-training")
    binary = base64.b64decode(payload["constants"])
    stored = [np.frombuffer(binary, "<f2", int(n), int(at)) for n, at in LOADED.findall(payload["program"])]
    stored += [np.array(text.split(","), float) for text in NUMBERS.findall(payload["program"])]
    again = linear.train(datasets.digits_grey().train.double(), 2, steps=200, seed=2, keep=50).kept
    found = []
    for part in zip(*((step.weights, step.sigma, *step.encoder) for step in again), strict=True):
        like = np.stack([one.numpy() for one in part])
        alike = [
            one for one in stored if one.size == like.size and np.allclose(one, like.ravel(), rtol=1e-2, atol=1e-2)
        ]
        found.append(min(alike, key=lambda one: np.abs(one - like.ravel()).max()).astype(float).reshape(like.shape))
    return found


@pytest.fixture(scope="module")
def deviations():
    pixels = load_digits().data[:1500]
    return pixels - pixels.mean(0)


@pytest.mark.equation("eq-ppca-marginal", "eq-linear-vae-elbo", "eq-ppca-top")
@pytest.mark.parametrize("step", [0, 1, 6, 17, 50])
def test_every_step_of_the_climb(visit, climb, deviations, step):
    """The bound by quadrature over z, which is exact for a square; log p(x) with the big matrix."""
    figure = visit.open(PAGE).figure("linear-training")
    set_slider(figure, "step", step)
    weights, sigma, matrix, log_scale = (part[step] for part in climb)
    covariance = weights @ weights.T + sigma**2 * np.eye(64)
    log_p = stats.multivariate_normal(np.zeros(64), covariance).logpdf(deviations).mean()
    mean, s = deviations @ matrix.T, np.exp(log_scale)
    nodes, heights = np.polynomial.hermite_e.hermegauss(3)
    reconstruction = 0.0
    for a, p in zip(nodes, heights, strict=True):
        for b, q in zip(nodes, heights, strict=True):
            decoded = (mean + s * [a, b]) @ weights.T
            log_noise = stats.norm.logpdf(deviations, decoded, sigma).sum(1).mean()
            reconstruction += p * q / (2 * math.pi) * log_noise
    cross_entropy = 0.5 * (np.log(2 * np.pi) + mean**2 + s**2)
    bound = reconstruction - (cross_entropy - stats.norm(0, s).entropy()).sum(1).mean()
    variances = np.linalg.eigvalsh(deviations.T @ deviations / 1500)[::-1]
    left = variances[2:].mean()
    best = -(64 * (math.log(2 * math.pi) + 1) + np.log(variances[:2]).sum() + 62 * math.log(left)) / 2
    assert readout(figure, "elbo") == pytest.approx(bound, **CLOSE)
    assert readout(figure, "log_p") == pytest.approx(log_p, **CLOSE)
    assert readout(figure, "best") == pytest.approx(best, **CLOSE)
    assert readout(figure, "gap") == pytest.approx(log_p - bound, **CLOSE)
    assert readout(figure, "shortfall") == pytest.approx(best - log_p, **CLOSE)
    assert bound < log_p < best
    if step == 50:
        assert best - bound < 1e-3


def test_the_dot_on_the_elbo_is_dragged_along_the_climb(visit):
    figure = visit.open(PAGE).figure("linear-training")
    before = readout(figure, "elbo")
    drag(visit, figure.locator("circle.lb-handle"), 120, 0)
    assert float(figure.locator("input[name=step]").input_value()) > 12
    assert readout(figure, "elbo") > before + 1


def penguins():
    """Four measurements, each with mean 0 and variance 1 (divisor n), straight from the table."""
    table = load_penguins()[["flipper_length_mm", "body_mass_g", "bill_length_mm", "bill_depth_mm"]].dropna()
    return stats.zscore(table.to_numpy(float))


@pytest.mark.equation("eq-ppca-posterior", "eq-linear-gap", "eq-linear-off", "eq-linear-rate")
@pytest.mark.parametrize(
    ("angle", "sigma"), [(45, 0.49), (0, 0.49), (-90, 0.2), (90, 2), (20, 1), (-37, 0.35), (45, 2), (45, 0.2), (0, 1)]
)
def test_turned_latents(visit, angle, sigma):
    """The posterior as the conditional of a joint Gaussian with six entries; the gap as a divergence of two of them."""
    figure = visit.open(PAGE).figure("turned-latents")
    set_slider(figure, "angle", angle)
    set_slider(figure, "sigma", sigma)
    x = penguins()
    variances, axes = (part[..., ::-1] for part in np.linalg.eigh(x.T @ x / len(x)))
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    straight = axes[:, :2] * np.sqrt(np.maximum(variances[:2] - sigma**2, 0))
    weights = straight @ [[c, -s], [s, c]]
    covariance = weights @ weights.T + sigma**2 * np.eye(4)
    assert readout(figure, "log_p") == pytest.approx(
        stats.multivariate_normal(np.zeros(4), covariance).logpdf(x).mean(), **CLOSE
    )
    regress = weights.T @ np.linalg.inv(covariance)
    means, exact = x @ regress.T, np.eye(2) - regress @ weights
    q = 1 / np.diag(np.linalg.inv(exact))
    gap = (np.trace(np.linalg.solve(exact, np.diag(q))) - 2 + np.linalg.slogdet(exact)[1] - np.log(q).sum()) / 2
    assert readout(figure, "gap") == pytest.approx(gap, **CLOSE)
    told = (0.5 * (np.log(2 * np.pi) + means**2 + q) - stats.norm(0, np.sqrt(q)).entropy()).mean(0)
    assert [readout(figure, f"kl_{j}") for j in (1, 2)] == pytest.approx(told, **CLOSE)
    assert readout(figure, "above") == (variances > sigma**2).sum()
    if angle == 0:
        assert told == pytest.approx(np.log(np.maximum(variances[:2] / sigma**2, 1)) / 2, **CLOSE)


def test_the_gap_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("turned-latents")
    covered = figure.locator("[data-panel=turn] .lb-covered")
    assert covered.count() >= 3 and not any(one.is_visible() for one in covered.all())
    shown = uncovered_by_guessing(figure, "gap", 0.6, "too high", covered.first)
    assert f"{readout(figure, 'gap'):.3f}" in shown

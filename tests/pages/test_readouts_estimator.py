"""The chapter "How good is the estimate?" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

What the two sides share is the stored noise, and that is data.
"""

import numpy as np
import pytest
from scipy import stats

from helpers.figures.estimator import PeakWidth, SamplingDistribution
from tests.conftest import readout, set_slider, uncovered_by_guessing

PAGE = "mle/estimator.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
LESS = {"n": 0, "n − 1": 1, "n + 1": -1}


@pytest.mark.equation("eq-est-mean", "eq-est-mse-divisor")
@pytest.mark.parametrize("divisor", LESS)
@pytest.mark.parametrize(("n", "samples"), [(3, 1000), (2, 1), (2, 1000), (40, 1000), (17, 260)])
def test_sampling_distributions(visit, n, samples, divisor):
    figure = visit.open(PAGE).figure("sampling-distribution")
    set_slider(figure, "n", n)
    set_slider(figure, "samples", samples)
    figure.locator("select[name=divisor]").select_option(divisor)
    d = n - LESS[divisor]
    x = 217 + 6 * SamplingDistribution.noise.numpy()[:samples, :n]
    means, variances = x.mean(1), n * x.var(1) / d
    assert readout(figure, "spread") == pytest.approx(means.std(), rel=1e-9, abs=1e-6)
    assert readout(figure, "exact_spread") == pytest.approx(6 / np.sqrt(n), **CLOSE)
    assert readout(figure, "average_variance") == pytest.approx(variances.mean(), **CLOSE)
    assert readout(figure, "error") == pytest.approx(np.sqrt(((variances - 36) ** 2).mean()), **CLOSE)
    law = stats.chi2(n - 1, scale=36 / d)
    assert readout(figure, "exact_error") == pytest.approx(np.sqrt(law.var() + (law.mean() - 36) ** 2), **CLOSE)


def test_the_average_stays_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("sampling-distribution")
    average = 36 * SamplingDistribution.noise.numpy()[:, :3].var(1).mean()
    shown = uncovered_by_guessing(figure, "average_variance", 36, f"{36 - average:.1f} mm² too high")
    assert f"{average:.1f}" in shown


def test_samples_are_collected_one_by_one(visit):
    figure = visit.open(PAGE).figure("sampling-distribution")
    noise = SamplingDistribution.noise.numpy()[:, :3]
    for button, samples in [("new sample", 1), ("new sample", 2), ("50 more", 52), ("new sample", 53)]:
        figure.get_by_role("button", name=button).click()
        assert figure.locator("input[name=samples]").input_value() == str(samples)
        assert readout(figure, "average_variance") == pytest.approx(36 * noise[:samples].var(1).mean(), **CLOSE)


@pytest.mark.equation("eq-est-standard-error")
@pytest.mark.parametrize(("n", "sigma"), [(4, 6), (2, 8), (40, 3), (16, 6), (23, 7.5)])
def test_width_of_the_peak(visit, n, sigma):
    figure = visit.open(PAGE).figure("peak-width")
    set_slider(figure, "n", n)
    set_slider(figure, "sigma", sigma)
    x = 217 + sigma * PeakWidth.noise.numpy()[:, :n]
    assert readout(figure, "curvature") == pytest.approx(n / sigma**2, **CLOSE)
    assert readout(figure, "standard_error") == pytest.approx(sigma / np.sqrt(n), **CLOSE)
    assert readout(figure, "spread") == pytest.approx(x.mean(1).std(), **CLOSE)


def test_what_the_text_points_at_is_drawn(visit):
    """A readout says nothing about the picture above it."""
    figure = visit.open(PAGE).figure("peak-width")
    hills = figure.locator("[data-panel=hills] path.lb-stroke[d]")
    assert sum(len(hill.get_attribute("d")) > 100 for hill in hills.all()) == PeakWidth.hills
    figure = visit.figure("sampling-distribution")
    average = figure.locator("[data-panel=variance] text.lb-label", has_text="average")
    assert not average.is_visible()
    figure.get_by_role("button", name="Reveal").click()
    assert average.is_visible()

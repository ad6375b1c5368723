"""The chapter "What the regulariser is for" in the page against NumPy and SciPy, which share no code with it: to 1e-9.

The two sides share the trained weights, the digits and the stored noise, all of which are data.
"""

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_digits

from helpers import datasets, training
from helpers.figures.regulariser import stored
from tests.conftest import drag, readout, set_slider, set_sliders, uncovered_by_guessing

PAGE = "vae/regulariser.html"
CLOSE = {"rel": 1e-9, "abs": 1e-9}
BETAS = [0, 0.25, 0.5, 1, 2, 4, 8]
SAME = {"hidden": (32, 32), "weight_decay": 0}


def six_bits(weight):
    """Rounded to six significant bits, through the power of two below each number."""
    unit = 2.0 ** (np.floor(np.log2(np.maximum(np.abs(weight.astype(float)), 1e-30))) - 5)
    return (np.round(weight / unit) * unit).astype(np.float16).astype(float)


def networks(models):
    """Each model as two NumPy functions, its weights rounded as the figure rounds them."""

    def of(model):
        state = {name: six_bits(value.numpy()) for name, value in model.state_dict().items()}

        def run(part, h):
            for layer in (0, 2, 4):
                h = h @ state[f"{part}.{layer}.weight"].T + state[f"{part}.{layer}.bias"]
                h = np.tanh(h) if layer < 4 else h
            return h

        return run

    return [of(model) for model in models]


@pytest.fixture(scope="module")
def two():
    """The chapter's seven models, trained again."""
    x = datasets.digits().train
    return networks(
        training.train(x, latents=2, epochs=120, seed=1, beta=training.warm_up(0.5, beta), **SAME)[0] for beta in BETAS
    )


@pytest.fixture(scope="module")
def ten():
    x = datasets.digits().train
    settings = [{}, {"beta": training.warm_up(0.5)}, {"free_bits": 0.25}, {"beta": 4.0},
                {"beta": training.warm_up(0.5, 4.0)}]  # fmt: skip
    return networks(training.train(x, latents=10, epochs=100, **SAME, **one)[0] for one in settings)


def unseen():
    """The last 297 in the file's order, on where at least 8 of 16 cells are lit."""
    return (load_digits().data[1500:] >= 8).astype(float)


def costs(network, x, noise):
    """Cost of each latent, distortion, draws and means; the KL as cross entropy less entropy."""
    mu, log_sigma = np.split(network("encoder", x), 2, axis=-1)
    sigma = np.exp(log_sigma)
    z = mu + sigma * noise
    logits = network("decoder", z)
    log_p = stats.bernoulli.logpmf(x, 1 / (1 + np.exp(-logits))).sum(-1)
    cross_entropy = 0.5 * (np.log(2 * np.pi) + mu**2 + sigma**2)
    return (cross_entropy - stats.norm(mu, sigma).entropy()).mean(0), -log_p.mean(), z, mu


@pytest.mark.equation("eq-rate-distortion")
@pytest.mark.parametrize(("place", "z1", "z2"), [(3, 0, 0), (0, -3.2, 3.2), (6, 3.2, -3.2), (1, 0.4, -1), (4, 0, 0)])
def test_rate_distortion_and_elbo_of_the_chosen_model(visit, two, place, z1, z2):
    figure = visit.open(PAGE).figure("beta-models")
    set_sliders(figure, {"model": place, "z1": z1, "z2": z2})
    x, noise = unseen(), stored(2, 297, 2, seed=17).numpy()
    each, distortion, z, _ = costs(two[place], x, noise)
    assert readout(figure, "beta") == BETAS[place]
    assert readout(figure, "rate") == pytest.approx(each.sum(), **CLOSE)
    assert readout(figure, "distortion") == pytest.approx(distortion, **CLOSE)
    assert readout(figure, "elbo") == pytest.approx(-each.sum() - distortion, **CLOSE)
    inside = (stats.chi2(2).cdf((z[0] ** 2).sum(-1)) < 0.9).mean()
    assert readout(figure, "inside") == pytest.approx(100 * inside, **CLOSE)


def test_the_plane_grows_where_codes_lie_far_out(visit):
    figure = visit.open(PAGE).figure("beta-models")
    ticks = figure.locator("[data-panel=plane] .lb-axis").first.locator(".tick text")
    before = max(float(t.replace("−", "-")) for t in ticks.all_text_contents())
    set_slider(figure, "model", 0)
    after = max(float(t.replace("−", "-")) for t in ticks.all_text_contents())
    assert before == 3 and after > 4


def test_the_handle_moves_z(visit):
    figure = visit.open(PAGE).figure("beta-models")
    drag(visit, figure.locator("circle.lb-handle"), 50, 30)
    assert float(figure.locator("input[name=z1]").input_value()) > 0.3
    assert float(figure.locator("input[name=z2]").input_value()) < -0.2


@pytest.mark.equation("eq-active-unit")
@pytest.mark.parametrize("run", range(5))
def test_active_latents(visit, ten, run):
    figure = visit.open(PAGE).figure("active-units")
    figure.get_by_role("button", name="Reveal").click()
    figure.locator("select[name=run]").select_option(index=run)
    each, _, _, mu = costs(ten[run], unseen(), 0.0)
    assert readout(figure, "active") == (mu.var(0) > 0.01).sum()
    assert readout(figure, "rate") == pytest.approx(each.sum(), **CLOSE)


def test_bars_and_count_stay_covered_until_the_reader_has_guessed(visit):
    figure = visit.open(PAGE).figure("active-units")
    shown = uncovered_by_guessing(figure, "active", 9, "too high", figure.locator(".lb-covered").first)
    assert f"{readout(figure, 'active'):.0f}" in shown


@pytest.mark.equation("eq-linear-beta")
@pytest.mark.parametrize("beta", [1, 0.5, 70, 10, 37.5])
def test_water(visit, beta):
    figure = visit.open(PAGE).figure("water-line")
    set_slider(figure, "beta", beta)
    values = np.sort(np.linalg.eigvalsh(np.cov(load_digits().data[:1500].T, bias=True)))[::-1]
    water = beta * values[20:].mean()
    on = values[:20] > water
    assert readout(figure, "on") == on.sum()
    assert readout(figure, "rate") == pytest.approx(np.log(values[:20][on] / water).sum() / 2, **CLOSE)
    left = values[20:].sum() + (~on * values[:20]).sum() + water * on.sum()
    assert readout(figure, "error") == pytest.approx(left, **CLOSE)

"""Numbers in the page against SciPy and NumPy, which share no code with it: to 1e-9."""

import numpy as np
import pytest
from palmerpenguins import load_penguins
from scipy import special, stats

from helpers import datasets, training
from tests.conftest import readout, set_slider, set_sliders

Z = np.linspace(60, 380, 400_001)  # true lengths, in mm
CLOSE = {"rel": 1e-9, "abs": 1e-9}


@pytest.fixture(scope="module")
def flippers():
    table = load_penguins().dropna(subset=["flipper_length_mm", "body_mass_g"])
    return {name: group["flipper_length_mm"].to_numpy(float) for name, group in table.groupby("species")}


def eight(lengths):
    """Eight birds, evenly from the sorted list."""
    return np.sort(lengths)[np.round(np.linspace(0, len(lengths) - 1, 10)[1:-1]).astype(int)]


@pytest.mark.equation("eq-gaussian-density", "eq-likelihood")
@pytest.mark.parametrize("species", ["Adelie", "Chinstrap", "Gentoo"])
@pytest.mark.parametrize(("mu", "sigma"), [(204, 9), (175, 4.5), (235, 20), (190.5, 4.7), (217, 6.5)])
def test_likelihood(visit, flippers, species, mu, sigma):
    figure = visit.open("likelihood/likelihood.html").figure("likelihood")
    figure.locator("select[name=birds]").select_option(species)
    set_slider(figure, "mu", mu)
    set_slider(figure, "sigma", sigma)
    birds = eight(flippers[species])
    assert readout(figure, "likelihood") == pytest.approx(np.prod(stats.norm(mu, sigma).pdf(birds)), rel=1e-9)
    for name in ("Adelie", "Gentoo"):
        own = stats.norm(*stats.norm.fit(flippers[name]))
        assert readout(figure, name.lower()) == pytest.approx(np.prod(own.pdf(birds)), rel=1e-9)


def mixture(x, theta):
    """log p(x, z = k) by SciPy; centre, width and share as the chapter states them."""
    centre, sigma, weight = 200.9, 6.8, 0.39
    means = centre - weight * theta, centre + (1 - weight) * theta
    return np.stack(
        [np.log(s) + stats.norm(m, sigma).logpdf(x) for s, m in zip((1 - weight, weight), means, strict=True)], -1
    )


@pytest.mark.equation("eq-two-groups-log-likelihood", "eq-elbo-mixture", "eq-m-step")
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(
    ("theta", "threshold", "width"), [(10, 205, 12), (2, 190, 0.5), (46, 220, 24), (25.25, 204.5, 1.8)]
)
def test_bound_gap_and_log_likelihood(visit, flippers, theta, threshold, width, hard):
    figure = visit.open("variational-inference/variational-em.html").figure("variational-em")
    set_sliders(figure, {"theta": theta, "threshold": threshold, "width": width})
    figure.locator("select[name=family]").select_option(index=int(hard))
    x = np.concatenate(list(flippers.values()))
    upper = (x > threshold).astype(float) if hard else special.expit((x - threshold) / width)
    q, joint = np.stack([1 - upper, upper], -1), mixture(x, theta)
    log_p = special.logsumexp(joint, -1)
    assert readout(figure, "log_likelihood") == pytest.approx(log_p.sum(), **CLOSE)
    assert readout(figure, "elbo") == pytest.approx((q * joint).sum() + stats.entropy(q, axis=-1).sum(), **CLOSE)
    assert readout(figure, "gap") == pytest.approx(special.rel_entr(q, np.exp(joint - log_p[:, None])).sum(), **CLOSE)
    centre, c = 200.9, np.array([-0.39, 0.61])
    assert readout(figure, "m_step") == pytest.approx((q * c * (x[:, None] - centre)).sum() / (q * c**2).sum(), **CLOSE)


@pytest.mark.equation("eq-e-step", "eq-elbo-mixture")
def test_steps_climb_to_the_maximum_that_scipy_finds(visit, flippers):
    from scipy.optimize import minimize_scalar

    figure = visit.open("variational-inference/variational-em.html").figure("variational-em")
    x = np.concatenate(list(flippers.values()))
    before = readout(figure, "log_likelihood")
    for _ in range(25):
        figure.get_by_role("button", name="E step").click()
        assert readout(figure, "gap") == pytest.approx(0, abs=1e-9)
        figure.get_by_role("button", name="M step").click()
        after = readout(figure, "log_likelihood")
        assert after >= before - 1e-9
        before = after
    best = minimize_scalar(lambda t: -special.logsumexp(mixture(x, t), -1).sum(), bounds=(2, 46), method="bounded")
    assert before == pytest.approx(-best.fun, abs=1e-7)


@pytest.mark.equation("eq-em-share")
@pytest.mark.parametrize(
    ("theta", "sigma", "mu_q", "sigma_q"),
    [(206, 5, 213, 3), (200, 1, 240, 0.8), (240, 14, 200, 8), (223.9, 6.5, 224, 5)],
)
def test_one_reading(visit, theta, sigma, mu_q, sigma_q):
    figure = visit.open("variational-inference/variational-em.html").figure("one-reading")
    set_sliders(figure, {"theta": theta, "sigma": sigma, "mu_q": mu_q, "sigma_q": sigma_q})
    x, tau = 224.0, 6.5
    q = stats.norm(mu_q, sigma_q)
    reconstruction = stats.norm(mu_q, sigma).logpdf(x) - sigma_q**2 / (2 * sigma**2)
    to_prior = np.log(tau / sigma_q) + (sigma_q**2 + (mu_q - theta) ** 2) / (2 * tau**2) - 0.5
    log_p = stats.norm(theta, np.hypot(sigma, tau)).logpdf(x)
    assert readout(figure, "log_likelihood") == pytest.approx(log_p, **CLOSE)
    assert readout(figure, "elbo") == pytest.approx(reconstruction - to_prior, **CLOSE)
    weights = stats.norm(theta, tau).pdf(Z) * stats.norm(Z, sigma).pdf(x) / np.exp(log_p)
    log_posterior = stats.norm(theta, tau).logpdf(Z) + stats.norm(Z, sigma).logpdf(x) - log_p
    gap = np.trapezoid(q.pdf(Z) * (q.logpdf(Z) - log_posterior), Z)
    assert readout(figure, "gap") == pytest.approx(gap, abs=1e-6)
    mean = np.trapezoid(Z * weights, Z)
    assert readout(figure, "left_after") == pytest.approx(mean - x, abs=1e-6)
    if theta != x:
        share = sigma**2 / (sigma**2 + tau**2)
        assert readout(figure, "left_after") == pytest.approx(share * readout(figure, "left"), **CLOSE)
        assert readout(figure, "share") == pytest.approx(share, **CLOSE)


def test_gradient_steps_climb_and_leave_a_trail(visit, flippers):
    figure = visit.open("variational-inference/variational-em.html").figure("variational-em")
    x = np.concatenate(list(flippers.values()))
    heights = [readout(figure, "log_likelihood")]
    for _ in range(12):
        figure.get_by_role("button", name="E step").click()
        figure.get_by_role("button", name="gradient step").click()
        heights.append(readout(figure, "log_likelihood"))
    assert (np.diff(heights) > 0).all()
    top = max(special.logsumexp(mixture(x, t), -1).sum() for t in np.linspace(24, 26, 401))
    assert heights[-1] == pytest.approx(top, abs=0.05)
    assert figure.locator("path.lb-trail-dots").get_attribute("d").count("M") == 13


@pytest.fixture(scope="module")
def network():
    """The chapter's two-latent model, trained again, as NumPy matrices rounded as the figure rounds them."""
    model, _ = training.train(datasets.digits().train, latents=2, hidden=(64, 64))
    state = {name: value.half().double().numpy() for name, value in model.state_dict().items()}

    def run(part, h):
        for layer in (0, 2, 4):
            h = h @ state[f"{part}.{layer}.weight"].T + state[f"{part}.{layer}.bias"]
            h = np.tanh(h) if layer < 4 else h
        return h

    return run


@pytest.mark.parametrize(("z1", "z2"), [(0, 0), (-3.2, 3.2), (3.2, -3.2), (1.35, -0.4)])
def test_decoder_in_the_page(visit, network, z1, z2):
    figure = visit.open("vae/digits.html").figure("latent-plane")
    set_slider(figure, "z1", z1)
    set_slider(figure, "z2", z2)
    assert readout(figure, "log_p_z") == pytest.approx(stats.norm.logpdf([z1, z2]).sum(), **CLOSE)
    expected = special.expit(network("decoder", np.array([z1, z2], float))).sum()
    assert readout(figure, "pixels_expected_on") == pytest.approx(expected, **CLOSE)


@pytest.mark.equation("eq-vae-marginal", "eq-vae-loss", "eq-kl-standard-normal", "eq-bernoulli-log-likelihood")
@pytest.mark.parametrize("digit", range(10))
def test_encoder_in_the_page(visit, network, digit):
    """The KL by entropies, the integrals on much finer grids: none as the figure computes them."""
    figure = visit.open("vae/digits.html").figure("encode-digit")
    figure.get_by_role("button", name=str(digit), exact=True).click()
    data = datasets.digits()
    known = (data.test[:, None] == data.train).all(-1).any(1)
    x = data.test[int(((data.test_labels == digit) & ~known).nonzero()[0])].double().numpy()
    mu, log_sigma = np.split(network("encoder", x), 2)

    def log_p_x_given(z):
        logits = network("decoder", z)
        return (x * logits - np.logaddexp(0, logits)).sum(-1)

    sigma = np.exp(log_sigma)
    cross_entropy = 0.5 * (np.log(2 * np.pi) + mu**2 + sigma**2)
    kl = (cross_entropy - stats.norm(mu, sigma).entropy()).sum()
    assert readout(figure, "kl") == pytest.approx(kl, **CLOSE)
    for noise in ((0, 0), (-3, 3), (3, -3), (0.45, 1.2)):
        set_sliders(figure, dict(zip(("eps1", "eps2"), noise, strict=True)))
        expected = log_p_x_given(mu + sigma * np.array(noise, float))
        assert readout(figure, "log_p_x_given_z") == pytest.approx(expected, **CLOSE)
    steps = np.linspace(-7, 7, 141)
    weight = stats.norm.pdf(steps) * (steps[1] - steps[0])
    z = mu + sigma * np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
    reconstruction = np.outer(weight, weight).ravel() @ log_p_x_given(z)
    assert readout(figure, "reconstruction") == pytest.approx(reconstruction, abs=1e-5)
    assert readout(figure, "elbo") == pytest.approx(readout(figure, "reconstruction") - kl, **CLOSE)
    axis = np.linspace(-6, 6, 601)
    plane = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    log_joint = log_p_x_given(plane) + stats.norm.logpdf(plane).sum(-1)
    log_p = special.logsumexp(log_joint) + 2 * np.log(axis[1] - axis[0])
    assert readout(figure, "log_p") == pytest.approx(log_p, abs=5e-3)
    assert readout(figure, "gap") == pytest.approx(readout(figure, "log_p") - readout(figure, "elbo"), **CLOSE)
    assert readout(figure, "gap") > 0

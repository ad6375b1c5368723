"""Rate, distortion, the two parts of the rate, active latents, and the linear case: against SciPy, torch, autograd."""

import functools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats
from scipy.special import logsumexp

from helpers import linear_gaussian as linear
from helpers import regulariser, training, vae
from helpers.divergence import kl_standard_normal

D = torch.distributions
BETAS = (0.3, 1.0, 2.5, 7.0, 60.0)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def answers(n=30, latents=2, seed=1):
    """An encoder's answers to n images."""
    return 1.5 * noise(n, latents, seed=seed), 0.4 * noise(n, latents, seed=seed + 1) - 1


def mixture(mu, log_sigma):
    """The aggregate posterior by torch.distributions."""
    parts = D.Independent(D.Normal(mu, log_sigma.exp()), 1)
    return D.MixtureSameFamily(D.Categorical(torch.ones(len(mu), dtype=torch.float64)), parts)


@pytest.mark.equation("eq-rate-distortion")
def test_rate_and_distortion_are_the_two_terms_of_the_elbo():
    model = vae.VAE(6, 3, (5,), seed=2).double()
    x, eps = (noise(40, 6, seed=3) > 0).double(), noise(7, 40, 3, seed=4)
    rate, distortion = regulariser.rate_and_distortion(model, x, eps)
    q = D.Normal(*(f(v) for f, v in zip((lambda v: v, torch.exp), model.encode(x), strict=True)))
    assert rate.item() == pytest.approx(D.kl_divergence(q, D.Normal(0.0, 1.0)).sum(-1).mean().item(), rel=1e-12)
    logits = model.decode(q.mean + q.stddev * eps)
    assert distortion.item() == pytest.approx(-D.Bernoulli(logits=logits).log_prob(x).sum(-1).mean().item(), rel=1e-12)
    for beta in (0.0, 1.0, 3.0):
        objective = vae.elbo(model, x, eps, beta).mean()
        assert -(distortion + beta * rate).item() == pytest.approx(objective.item(), rel=1e-12)


def test_the_rate_of_latents_adds_up():
    mu, log_sigma = answers(latents=4)
    each = regulariser.rate_of_latents(mu, log_sigma)
    truth = D.kl_divergence(D.Normal(mu, log_sigma.exp()), D.Normal(0.0, 1.0)).mean(0)
    assert torch.allclose(each, truth)
    assert each.sum().item() == pytest.approx(kl_standard_normal(mu, log_sigma).mean().item())


@pytest.mark.equation("eq-aggregate-posterior")
@pytest.mark.parametrize("n", [1, 2, 50])
def test_the_aggregate_posterior_is_torchs_mixture(n):
    mu, log_sigma = answers(n, 3)
    z = 2 * noise(4, 25, 3, seed=9)
    assert torch.allclose(regulariser.log_aggregate(z, mu, log_sigma), mixture(mu, log_sigma).log_prob(z))


def test_the_aggregate_posterior_does_not_underflow():
    far = regulariser.log_aggregate([[3.0]], [[-1.0], [1.0]], [[math.log(0.02)], [math.log(0.03)]])
    logs = stats.norm([-1, 1], [0.02, 0.03]).logpdf(3.0)
    assert far.item() == pytest.approx(logsumexp(logs) - math.log(2))


def on_grid(function, low=-12.0, high=12.0, points=200_001):
    z = np.linspace(low, high, points)
    return integrate.trapezoid(function(z), z)


@pytest.mark.equation("eq-rate-split")
def test_the_two_parts_are_the_integrals_and_add_up_to_the_rate():
    """One latent: information and mismatch by quadrature, with SciPy's densities."""
    mu, log_sigma = answers(12, 1)
    q = [stats.norm(m, s) for m, s in zip(mu[:, 0].tolist(), log_sigma[:, 0].exp().tolist(), strict=True)]

    def log_q(z):
        return logsumexp([one.logpdf(z) for one in q], 0) - math.log(len(q))

    mismatch = on_grid(lambda z: np.exp(log_q(z)) * (log_q(z) - stats.norm.logpdf(z)))
    information = np.mean([on_grid(lambda z, one=one: one.pdf(z) * (one.logpdf(z) - log_q(z))) for one in q])
    rate = regulariser.rate_of_latents(mu, log_sigma).sum().item()
    assert information + mismatch == pytest.approx(rate, abs=1e-8)
    for part, truth in zip(
        regulariser.split_rate(mu, log_sigma, noise(4000, 12, 1, seed=5)), (information, mismatch), strict=True
    ):
        error = part.mean(1).std().item() / 4000**0.5
        assert abs(part.mean().item() - truth) < 4 * error


def test_at_every_draw_the_parts_add_up_to_the_log_ratio():
    mu, log_sigma = answers(20, 3)
    eps = noise(5, 20, 3, seed=6)
    information, mismatch = regulariser.split_rate(mu, log_sigma, eps)
    z = mu + log_sigma.exp() * eps
    ratio = D.Normal(mu, log_sigma.exp()).log_prob(z).sum(-1) - D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    assert torch.allclose(information + mismatch, ratio)


@pytest.mark.equation("eq-information-bound")
def test_information_is_between_0_and_log_n():
    for n, narrow in ((7, -6.0), (40, -1.0), (40, 2.0)):
        mu = 5 * noise(n, 2, seed=n)
        information, _ = regulariser.split_rate(mu, torch.full_like(mu, narrow), noise(50, n, 2, seed=8))
        assert information.max().item() <= math.log(n) + 1e-12  # at every draw
        assert information.mean().item() >= 0
        if narrow == -6.0:
            assert information.mean().item() == pytest.approx(math.log(n))
    alike, _ = regulariser.split_rate(torch.ones(9, 2), torch.zeros(9, 2), noise(50, 9, 2).float())
    assert alike.abs().max().item() < 1e-5


@pytest.mark.equation("eq-active-unit")
def test_activity_is_numpys_variance_of_the_means():
    mu = torch.tensor([1.0, 0.05, 0.0, 0.5]) * noise(200, 4, seed=3) + torch.tensor([0.0, 0.0, 3.0, -1.0])
    assert regulariser.activity(mu).numpy() == pytest.approx(mu.numpy().var(0))
    assert regulariser.active_units(mu).item() == 2
    assert regulariser.active_units(mu, threshold=0.001).item() == 3


def sample():
    """200 rows with known principal variances, which are not aligned with the axes."""
    x = noise(200, 6, seed=11) @ noise(6, 6, seed=12)
    x = x - x.mean(0)
    return x, torch.linalg.eigvalsh(x.mT @ x / len(x)).flip(0)


@functools.cache
def climbed(beta, sigma=0.6, latents=5):
    """Rate, distortion and per-latent costs of a linear VAE that L-BFGS trained under ``beta``, noise held."""
    x, _ = sample()
    sigma, mu = torch.tensor(sigma, dtype=torch.float64), torch.zeros(6, dtype=torch.float64)
    start = [0.3 * noise(6, latents, seed=13), 0.3 * noise(latents, 6, seed=14), torch.zeros(latents).double()]
    w, v, log_scale = learnt = [part.requires_grad_() for part in start]
    climber = torch.optim.LBFGS(learnt, max_iter=8000, history_size=30, line_search_fn="strong_wolfe",
                                tolerance_grad=1e-10, tolerance_change=1e-15)  # fmt: skip

    def terms():
        rate = kl_standard_normal(x @ v.mT, log_scale).mean()
        return rate, -linear.elbo(x, w, mu, sigma, linear.Encoder(v, log_scale)).mean() - rate

    def loss():
        climber.zero_grad()
        rate, distortion = terms()
        value = distortion + beta * rate
        value.backward()
        return value

    climber.step(loss)
    rate, distortion = (value.item() for value in terms())
    return rate, distortion, x @ v.detach().mT, log_scale.detach()


def closed(beta, sigma=0.6, latents=5):
    _, eigenvalues = sample()
    rates = regulariser.linear_rates(eigenvalues[:latents], sigma, beta)
    errors = regulariser.linear_errors(eigenvalues[:latents], sigma, beta).sum() + eigenvalues[latents:].sum()
    distortion = errors / (2 * sigma**2) + 3 * math.log(2 * math.pi * sigma**2)
    return rates, distortion.item()


@pytest.mark.equation("eq-linear-beta")
@pytest.mark.parametrize("beta", BETAS)
def test_the_linear_case_is_where_an_optimiser_ends(beta):
    rates, distortion = closed(beta)
    rate, found, _, _ = climbed(beta)
    assert rate == pytest.approx(rates.sum().item(), abs=2e-5)
    assert found == pytest.approx(distortion, abs=5e-5)
    _, eigenvalues = sample()
    assert (rates > 0).tolist() == (eigenvalues[:5] > beta * 0.36).tolist()


@pytest.mark.equation("eq-linear-beta-noise")
@pytest.mark.parametrize("beta", [0.5, 1.0, 4.0])
def test_beta_is_extra_noise(beta):
    """The objective over beta, less the ELBO at noise beta sigma², is one constant whatever weights and encoder are."""
    x, _ = sample()
    mu, sigma = torch.zeros(6).double(), torch.tensor(0.6).double()
    left = []
    for seed in range(5):
        w, encoder = noise(6, 2, seed=seed), linear.Encoder(noise(2, 6, seed=seed + 50), noise(2, seed=seed + 90))
        rate = kl_standard_normal(x @ encoder.matrix.mT, encoder.log_scale).mean()
        weighted = linear.elbo(x, w, mu, sigma, encoder).mean() + (1 - beta) * rate
        noisier = linear.elbo(x, w, mu, beta**0.5 * sigma, encoder).mean()
        left.append((weighted / beta - noisier).item())
    assert np.ptp(left) < 1e-9 * abs(np.mean(left)) + 1e-9


@pytest.mark.parametrize("lam", [0.2, 1.0, 1.2, 9.0])
@pytest.mark.parametrize("water", [0.5, 1.0, 3.0])
def test_along_one_direction_scipy_finds_the_same_weight(lam, water):
    found = optimize.minimize_scalar(
        lambda w: math.log(w**2 + water) + lam / (w**2 + water),
        bounds=(0, 5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found.x == pytest.approx(max(0.0, lam - water) ** 0.5, abs=1e-4)


@pytest.mark.equation("eq-linear-beta")
@pytest.mark.parametrize("beta", [0.3, 1.0, 2.5])
def test_a_linear_latent_that_is_on_fits_the_prior(beta):
    """Means and width of each: their variances add up to 1, so the whole rate is information (up to rotation)."""
    _, _, means, log_scale = climbed(beta)
    total = means.mT @ means / len(means) + (2 * log_scale).exp().diag()
    assert torch.allclose(total.diagonal(), torch.ones(5).double(), atol=1e-4)


@pytest.mark.equation("eq-rd-slope", "eq-rd-chord")
def test_the_slope_of_the_curve_of_best_models_is_minus_beta():
    for beta in (0.3, 1.0, 2.5, 7.0):
        _, eigenvalues = sample()
        assert (eigenvalues[:5] - beta * 0.36).abs().min() > 1e-3 * beta  # no latent goes off within the step
        h = 1e-5 * beta
        (r1, d1), (r2, d2) = (closed(beta - h), closed(beta + h))
        assert (d2 - d1) / (r2 - r1).sum().item() == pytest.approx(-beta, rel=1e-4)
    trained = [climbed(beta)[:2] for beta in BETAS]
    for (b1, (r1, d1)), (b2, (r2, d2)) in zip(
        zip(BETAS, trained, strict=True), list(zip(BETAS, trained, strict=True))[1:], strict=False
    ):
        assert r2 < r1
        assert b1 <= (d2 - d1) / (r1 - r2) <= b2


def settings(beta):
    return {"latents": 2, "hidden": (32, 32), "epochs": 60, "weight_decay": 0, "seed": 1,
            "beta": training.warm_up(0.5, beta)}  # fmt: skip


@pytest.fixture(scope="module")
def by_beta(digits):
    """What the chapter trains, in fewer epochs: without a regulariser, with it, and with far too much."""
    return {beta: training.train(digits.train, **settings(beta))[0] for beta in (0.0, 1.0, 8.0)}


@torch.no_grad()
def parts(model, x):
    mu, log_sigma = model.encode(x)
    eps = noise(1, len(x), 2, seed=3).float()
    information, mismatch = (part.mean().item() for part in regulariser.split_rate(mu, log_sigma, eps))
    return information, mismatch, regulariser.active_units(mu).item()


def test_without_a_regulariser_codes_memorise_and_stray_and_with_too_much_they_are_silent(by_beta, digits):
    none, usual, most = (parts(by_beta[beta], digits.train) for beta in (0.0, 1.0, 8.0))
    assert none[0] > 0.95 * math.log(1500) and none[1] > 3 and none[2] == 2
    assert 2 < usual[0] < 4 and usual[1] < 0.5 and usual[2] == 2
    assert most[0] < 0.05 and abs(most[1]) < 0.05 and most[2] == 0


@pytest.mark.equation("eq-rd-chord")
def test_none_of_the_trained_models_beats_another_at_its_own_game(by_beta, digits):
    eps = noise(20, 1500, 2, seed=4).float()
    with torch.no_grad():
        found = {b: regulariser.rate_and_distortion(m, digits.train, eps) for b, m in by_beta.items()}
    (r1, d1), (r8, d8) = found[1.0], found[8.0]
    assert 1 <= ((d8 - d1) / (r1 - r8)).item() <= 8


def test_free_bits_and_warm_up_wake_latents_that_plain_training_loses(digits):
    common = {"latents": 10, "hidden": (32, 32), "epochs": 60, "weight_decay": 0}
    plain, warm, free = (
        training.train(digits.train, **common, **one)[0]
        for one in ({}, {"beta": training.warm_up(0.5)}, {"free_bits": 0.25})
    )
    active = [regulariser.active_units(model.encode(digits.test)[0]).item() for model in (plain, warm, free)]
    assert active[0] <= 4 and active[0] < active[1] and active[2] == 10
    assert vae.evaluate(warm, digits.train, 10) > vae.evaluate(plain, digits.train, 10) + 0.5

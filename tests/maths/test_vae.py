"""The VAE's parts against torch.distributions and enumeration, and the trained model against its promise."""

import itertools
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers import divergence, elbo, vae

D = torch.distributions


@pytest.fixture(scope="module")
def small():
    return vae.VAE(pixels=4, latents=1, hidden=(6,), seed=3).double()


def images_of_four_pixels():
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)), dtype=torch.float64)


def noise_for(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact_log_p(model, x):
    """log p(x) of a model with one latent, by the trapezoid rule."""
    grid = torch.linspace(-9, 9, 3001, dtype=torch.float64)
    log_p_x = D.Bernoulli(logits=model.decode(grid[:, None])).log_prob(x[:, None, :]).sum(-1)
    return divergence.integrate((log_p_x + D.Normal(0.0, 1.0).log_prob(grid)).exp(), grid).log()


@pytest.mark.equation("eq-bernoulli-log-likelihood")
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(-30, 30)), min_size=1, max_size=8))
def test_log_p_x_given_z_is_torchs(pixels):
    x, logits = torch.tensor(pixels, dtype=torch.float64).T
    truth = D.Bernoulli(logits=logits).log_prob(x).sum().item()
    assert vae.log_p_x_given_z(x, logits).item() == pytest.approx(truth, rel=1e-9, abs=1e-12)


def test_probabilities_of_all_images_add_up_to_one(small):
    with torch.no_grad():
        logits = small.decode(torch.tensor([0.8], dtype=torch.float64)).expand(16, 4)
        assert vae.log_p_x_given_z(images_of_four_pixels(), logits).exp().sum().item() == pytest.approx(1)
        assert exact_log_p(small, images_of_four_pixels()).exp().sum().item() == pytest.approx(1)


@pytest.mark.equation("eq-reparameterisation")
def test_reparameterised_draws_follow_q():
    from scipy import stats

    mu, log_sigma = (torch.tensor([v], dtype=torch.float64) for v in (0.7, -0.6))
    z = vae.reparameterise(mu, log_sigma, noise_for((20_000, 1)))[:, 0]
    assert stats.kstest(z.numpy(), stats.norm(0.7, torch.tensor(-0.6).exp().item()).cdf).pvalue > 0.01


@pytest.mark.equation("eq-vae-loss", "eq-vae-terms")
def test_gap_is_the_divergence_from_the_posterior(small):
    """log p(x) less the ELBO is KL(q‖p(z|x)), both by quadrature that shares nothing with the code under test."""
    x, grid = images_of_four_pixels(), torch.linspace(-9, 9, 3001, dtype=torch.float64)
    with torch.no_grad():
        mu, log_sigma = small.encode(x)
        log_q = D.Normal(mu, log_sigma.exp()).log_prob(grid)
        log_p_x_given_z = D.Bernoulli(logits=small.decode(grid[:, None])).log_prob(x[:, None, :]).sum(-1)
        log_posterior = log_p_x_given_z + D.Normal(0.0, 1.0).log_prob(grid) - exact_log_p(small, x)[:, None]
        truth = divergence.kl_quadrature(log_q, log_posterior, grid)
        bounds = vae.elbo(small, x, noise_for((40_000, 16, 1)))
        error = bounds.std(0).max().item() / 200
        assert (exact_log_p(small, x) - bounds.mean(0) - truth).abs().max().item() < 4 * error < 0.03
        assert (truth > 0).all()


def test_beta_weighs_the_divergence(small):
    x, noise = images_of_four_pixels(), noise_for((16, 1))
    with torch.no_grad():
        reconstruction, kl = vae.terms(small, x, noise)
        assert torch.equal(vae.elbo(small, x, noise, beta=3.0), reconstruction - 3 * kl)
        assert torch.equal(kl, vae.kl(*small.encode(x)))


@pytest.mark.equation("eq-vae-log-weight", "eq-iwae")
def test_importance_weighting_reaches_exact_log_p(small):
    x, noise = images_of_four_pixels(), noise_for((8000, 16, 1))
    with torch.no_grad():
        bound, truth = vae.importance_weighted(small, x, noise), exact_log_p(small, x)
        assert bound.numpy() == pytest.approx(truth.numpy(), abs=0.02)
        assert vae.log_weights(small, x, noise).mean(0).numpy() == pytest.approx(
            vae.elbo(small, x, noise).mean(0).numpy(), abs=0.05
        )
        assert (elbo.effective_sample_size(vae.log_weights(small, x, noise)) > 100).all()


def test_promised_elbo_on_the_test_digits(trained, digits):
    model, _ = trained
    bound = vae.evaluate(model, digits.test)
    assert bound >= -18.2
    better = vae.estimate_log_p(model, digits.test, 200).mean().item()
    assert bound + 0.3 < better < -15


def test_training_rises_and_adds_up(trained):
    _, history = trained
    assert len(history.objective) == 200
    assert history.objective[-1] > history.objective[0] + 10
    assert torch.allclose(history.objective, history.reconstruction - history.kl)


def test_training_is_repeatable_and_leaves_the_global_generator_alone(digits):
    before = torch.random.get_rng_state()
    (first, h1), (second, h2), (other, _) = (vae.train(digits.train[:200], epochs=3, seed=s) for s in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(h1.objective, h2.objective)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.encoder[0].weight, other.encoder[0].weight)


def test_every_batch_size_sees_every_image(digits):
    _, history = vae.train(digits.train[:205], epochs=2, batch=100)
    assert history.objective.shape == (2,)
    assert history.objective.isfinite().all()


def test_strong_beta_collapses_the_latents(digits):
    model, history = vae.train(digits.train, epochs=30, beta=50.0)
    assert history.kl[-1].item() < 0.1
    assert vae.kl(*model.encode(digits.test)).mean().item() < 0.1


def test_reconstruct_and_sample_give_probabilities(trained, digits):
    model, _ = trained
    for images in (vae.reconstruct(model, digits.test[:7]), vae.sample(model, 7)):
        assert images.shape == (7, 64)
        assert ((images > 0) & (images < 1)).all()
    reconstructed = (vae.reconstruct(model, digits.test) > 0.5).float()
    always_the_commonest = (digits.train.mean(0) > 0.5).float()
    wrong, baseline = ((guess != digits.test).float().mean() for guess in (reconstructed, always_the_commonest))
    assert wrong < baseline / 2
    assert torch.equal(vae.sample(model, 3, seed=1), vae.sample(model, 3, seed=1))
    assert not torch.equal(vae.sample(model, 3, seed=1), vae.sample(model, 3, seed=2))


def test_a_plane_fits_in_the_page(digits):
    model, _ = vae.train(digits.train[:100], latents=2, epochs=1)
    assert sum(p.numel() for p in model.parameters()) * 2 < 300_000


def test_training_takes_less_than_a_minute(digits):
    started = time.process_time()
    vae.train(digits.train, epochs=10)
    assert (time.process_time() - started) * 20 < 60

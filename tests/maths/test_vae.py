"""The VAE's parts against torch.distributions and enumeration."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers import divergence, training, vae

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


@pytest.mark.equation("eq-vae-loss")
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
    model, _ = training.train(digits.train[:100], latents=2, epochs=1)
    assert sum(p.numel() for p in model.parameters()) * 2 < 300_000

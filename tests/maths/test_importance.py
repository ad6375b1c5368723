"""Importance weights against enumeration, and against the ELBO that they tighten."""

import pytest
import torch
from tests.maths.test_vae import exact_log_p, images_of_four_pixels, noise_for

from helpers import elbo, importance, vae


@pytest.fixture(scope="module")
def small():
    return vae.VAE(pixels=4, latents=1, hidden=(6,), seed=3).double()


@pytest.mark.equation("eq-vae-log-weight", "eq-iwae")
def test_importance_weighting_reaches_exact_log_p(small):
    x, noise = images_of_four_pixels(), noise_for((8000, 16, 1))
    with torch.no_grad():
        bound, truth = importance.importance_weighted(small, x, noise), exact_log_p(small, x)
        assert bound.numpy() == pytest.approx(truth.numpy(), abs=0.02)
        assert importance.log_weights(small, x, noise).mean(0).numpy() == pytest.approx(
            vae.elbo(small, x, noise).mean(0).numpy(), abs=0.05
        )
        assert (elbo.effective_sample_size(importance.log_weights(small, x, noise)) > 100).all()


def test_an_estimate_is_the_bound_of_all_its_draws(small):
    x = images_of_four_pixels()
    noise = vae.draw_noise(small, x, 130, seed=4)
    with torch.no_grad():
        bound = importance.importance_weighted(small, x, noise)
    assert importance.estimate_log_p(small, x, 130, seed=4).numpy() == pytest.approx(bound.numpy(), rel=1e-12)
    assert importance.draw_log_weights(small, x, 130, seed=4).shape == (130, 16)


def test_more_draws_tighten_the_bound_on_average(small):
    x, noise = images_of_four_pixels(), noise_for((600, 16, 1))
    with torch.no_grad():
        log_w = importance.log_weights(small, x, noise)
    means = [(log_w.reshape(-1, k, 16).logsumexp(1) - torch.tensor(k).log()).mean().item() for k in (1, 2, 5, 25)]
    assert means == sorted(means)
    assert means[-1] < exact_log_p(small, x).mean() + 0.01

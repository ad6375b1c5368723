"""Training keeps its promises: the digits' bars, the same model from the same seed, objectives as named."""

import time

import pytest
import torch
from tests.maths.test_vae import noise_for

from helpers import importance, training, vae

D = torch.distributions


@pytest.fixture(scope="module")
def three(trained, digits):
    """Models from three seeds, with the settings that are the defaults."""
    return [trained[0], *(training.train(digits.train, seed=seed)[0] for seed in (1, 2))]


def test_promised_nats_on_the_test_digits(three, digits):
    bounds = torch.tensor([vae.evaluate(model, digits.test) for model in three])
    tighter = torch.stack([importance.estimate_log_p(model, digits.test).mean() for model in three])
    assert bounds.mean() >= -18.2
    assert tighter.mean() >= -17.5
    assert (bounds + 0.3 < tighter).all()
    assert (tighter < -15).all()


def test_training_takes_less_than_a_minute(digits):
    started = time.process_time()
    training.train(digits.train, epochs=10)
    assert (time.process_time() - started) * 20 < 60


def test_training_rises_and_adds_up(trained):
    _, history = trained
    assert len(history.objective) == 200
    assert history.objective[-1] > history.objective[0] + 10
    assert torch.allclose(history.objective, history.reconstruction - history.kl)


def test_training_is_repeatable_and_leaves_the_global_generator_alone(digits):
    before = torch.random.get_rng_state()
    (first, h1), (second, h2), (other, _) = (training.train(digits.train[:200], epochs=3, seed=s) for s in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(h1.objective, h2.objective)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.encoder[0].weight, other.encoder[0].weight)


def test_every_batch_size_sees_every_image(digits):
    _, history = training.train(digits.train[:205], epochs=2, batch=100)
    assert history.objective.shape == (2,)
    assert history.objective.isfinite().all()


def test_strong_beta_collapses_the_latents(digits):
    model, history = training.train(digits.train, epochs=30, beta=50.0)
    assert history.kl[-1].item() < 0.1
    assert vae.kl(*model.encode(digits.test)).mean().item() < 0.1


def batch(images=40):
    x = (noise_for((images, 6), 1) > 0).double()
    return vae.VAE(6, 3, (5,), seed=2).double(), x, noise_for((images, 3), 3)


@pytest.mark.equation("eq-free-bits")
@pytest.mark.parametrize("floor", [0.0, 0.05, 0.2, 10.0])
def test_free_bits_charge_what_exceeds_the_floor(floor):
    model, x, noise = batch()
    objective, reconstruction, kl = training._with_free_bits(model, x, noise, training.Objective(0.7, floor))
    mu, log_sigma = model.encode(x)
    each = D.kl_divergence(D.Normal(mu, log_sigma.exp()), D.Normal(0.0, 1.0))
    charged = sum(max(floor, latent.mean().item()) for latent in each.T)
    log_p = D.Bernoulli(logits=model.decode(mu + log_sigma.exp() * noise)).log_prob(x).sum(-1)
    assert torch.allclose(reconstruction, log_p)
    assert torch.allclose(kl, each.sum(-1))
    assert torch.allclose(objective, log_p - 0.7 * charged)


def test_below_the_floor_the_encoder_feels_no_pull_to_the_prior():
    model, x, noise = batch()
    goal = training.Objective(1.0, 10.0)
    objective, reconstruction, _ = training._with_free_bits(model, x, noise, goal)
    pulled, free = (torch.autograd.grad(o.mean(), list(model.encoder.parameters()), retain_graph=True)
                    for o in (objective, reconstruction))  # fmt: skip
    assert all(torch.allclose(a, b) for a, b in zip(pulled, free, strict=True))


def test_several_draws_maximise_the_importance_weighted_bound():
    model, x, _ = batch()
    noise = noise_for((len(x), 7, 3), 5)
    objective, reconstruction, kl = training._objective(model, x, noise, training.Objective(draws=7))
    bound = importance.importance_weighted(model, x, noise.movedim(1, 0))
    assert torch.equal(objective, bound)
    assert (objective >= importance.log_weights(model, x, noise.movedim(1, 0)).mean(0)).all()
    assert torch.allclose(kl, vae.kl(*model.encode(x)))
    assert reconstruction.shape == (len(x),)


def test_every_objective_trains(digits):
    few = digits.train[:200]
    for changed in ({"draws": 3}, {"free_bits": 0.2}, {"beta": training.warm_up(0.5)}):
        _, history = training.train(few, latents=2, hidden=(16,), epochs=12, **changed)
        assert history.objective[-1] > history.objective[0] + 2


def test_a_schedule_is_asked_at_each_epoch():
    shares = []

    def beta(share):
        shares.append(share)
        return share

    x = batch()[1]
    _, history = training.train(x, latents=1, hidden=(3,), epochs=4, beta=beta)
    assert shares == [0, 0.25, 0.5, 0.75]
    weights = (history.reconstruction - history.objective) / history.kl
    assert weights.tolist() == pytest.approx(shares, abs=1e-6)


def test_warm_up_rises_in_a_line_and_stays():
    beta = training.warm_up(0.4, top=2.0)
    assert [beta(share) for share in (0, 0.1, 0.2, 0.4, 0.9)] == pytest.approx([0, 0.5, 1, 2, 2])


def test_progress_wraps_the_epochs():
    seen = []

    def progress(steps):
        for each in steps:
            seen.append((each, len(steps)))
            yield each

    training.train(batch()[1], latents=1, hidden=(3,), epochs=3, progress=progress)
    assert seen == [(0, 3), (1, 3), (2, 3)]

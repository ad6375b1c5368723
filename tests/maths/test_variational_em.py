"""The two-group mixture: an exact log-likelihood, bounds below it, steps that maximise what they say they do."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from sklearn.mixture import GaussianMixture

from helpers import datasets, divergence
from helpers import elbo as conjugate
from helpers import variational_em as em

distances = st.floats(-50, 50)


def numbers(start, stop, count):
    return torch.linspace(start, stop, count, dtype=torch.float64)


def random_q(x, seed):
    return torch.rand(len(x), 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(-1)


@pytest.mark.equation("eq-two-groups-log-likelihood")
@pytest.mark.parametrize("theta", [-30.0, 0.0, 12.0, 25.2])
def test_log_likelihood_is_the_mixtures(penguins, theta):
    low, high = 200.9 - 0.39 * theta, 200.9 + 0.61 * theta
    density = 0.61 * stats.norm.pdf(penguins, low, 6.8) + 0.39 * stats.norm.pdf(penguins, high, 6.8)
    assert em.log_likelihood(penguins, theta).item() == pytest.approx(np.log(density).sum(), rel=1e-12)
    assert em.means(theta).tolist() == pytest.approx([low, high])


def test_scikit_learn_scores_the_same(penguins):
    mixture = GaussianMixture(2, covariance_type="tied")
    mixture.weights_, mixture.means_ = np.array([0.61, 0.39]), em.means(25.0).numpy()[:, None]
    mixture.covariances_, mixture.precisions_cholesky_ = np.array([[6.8**2]]), np.array([[1 / 6.8]])
    assert em.log_likelihood(penguins, 25.0).item() == pytest.approx(mixture.score_samples(penguins[:, None]).sum())
    assert em.posterior(penguins, 25.0).numpy() == pytest.approx(mixture.predict_proba(penguins[:, None]), abs=1e-12)


@pytest.mark.equation("eq-elbo-mixture")
@given(distances, st.integers(0, 1000))
def test_bound_and_gap_add_up_and_the_gap_is_a_divergence(theta, seed):
    x = numbers(170, 235, 15)
    q = random_q(x, seed)
    bound, gap, truth = em.elbo(x, theta, q), em.gap(x, theta, q), em.log_likelihood(x, theta)
    assert (bound + gap).item() == pytest.approx(truth.item(), rel=1e-10)
    assert gap.item() >= 0
    assert gap.item() == pytest.approx(divergence.kl_categorical(q, em.posterior(x, theta)).sum().item(), rel=1e-9)


@pytest.mark.equation("eq-e-step")
@given(distances)
def test_exact_q_touches_here_and_nowhere_else(theta):
    x, thetas = numbers(170, 235, 15), numbers(-50, 50, 11)
    q = em.posterior(x, theta)
    assert em.gap(x, theta, q).item() == pytest.approx(0, abs=1e-10)
    assert (em.gap(x, thetas, q)[(thetas - theta).abs() > 1] > 1e-6).all()


def test_bound_is_a_parabola_in_theta(penguins):
    bound = em.elbo(penguins, numbers(-40, 40, 9), em.posterior(penguins, 7.0))
    assert bound.diff(n=3).abs().max().item() < 1e-8
    assert bound.diff(n=2).max().item() < 0
    assert em.log_likelihood(penguins, numbers(-40, 40, 9)).diff(n=3).abs().max().item() > 1


@pytest.mark.equation("eq-m-step")
@given(st.integers(0, 1000))
def test_m_step_is_where_a_search_ends(seed):
    x = numbers(170, 235, 15)
    q = random_q(x, seed)
    best = optimize.minimize_scalar(lambda t: -em.elbo(x, t, q).item(), bracket=(-10, 10), tol=1e-12)
    assert em.m_step(x, q).item() == pytest.approx(best.x, abs=1e-5)
    assert em.elbo(x, em.m_step(x, q), q).item() >= -best.fun - 1e-9


@pytest.mark.equation("eq-e-step", "eq-m-step")
@pytest.mark.parametrize(("start", "end"), [(1.0, 25.197), (60.0, 25.197), (-1.0, -22.117), (-60.0, -22.117)])
def test_em_climbs_to_the_hill_it_started_on(penguins, start, end):
    path = em.em(penguins, start, 20)
    assert path[-1].item() == pytest.approx(end, abs=1e-3)
    assert em.log_likelihood(penguins, path).diff().min().item() >= -1e-9
    assert torch.func.grad(lambda t: em.log_likelihood(penguins, t))(path[-1]).item() == pytest.approx(0, abs=1e-3)


def test_the_higher_hill_is_on_the_right(penguins):
    right, left = (em.log_likelihood(penguins, t).item() for t in (25.197, -22.117))
    assert right - left == pytest.approx(72.04, abs=0.01)


@given(distances)
def test_hard_q_is_the_best_certainty(theta):
    x = numbers(180, 220, 6)
    choices = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 6)
    best = max(em.elbo(x, theta, torch.stack([1 - row, row], -1)).item() for row in choices)
    assert em.elbo(x, theta, em.hard_q(x, theta)).item() == pytest.approx(best, rel=1e-12)
    assert em.gap(x, theta, em.hard_q(x, theta)).item() > 0


@given(distances)
def test_shared_q_is_the_best_shared_row(theta):
    x = numbers(180, 220, 6)
    q = em.shared_q(x, theta)
    assert q.std(0).max().item() == 0
    others = [torch.tensor([1 - r, r], dtype=torch.float64).expand(6, 2) for r in numbers(0.001, 0.999, 400)]
    assert em.elbo(x, theta, q).item() >= max(em.elbo(x, theta, other).item() for other in others) - 1e-12
    assert em.m_step(x, q).abs().item() <= abs(x.mean().item() - 200.9) / 0.39 + 1e-9


def test_shared_q_forgets_the_groups(penguins):
    assert em.em(penguins, 10.0, 2, em.shared_q)[-1].abs().item() < 0.01
    assert em.em(penguins, 10.0, 10, em.hard_q)[-1].item() == pytest.approx(25.558, abs=1e-3)


@given(st.floats(0.5, 50))
def test_exact_threshold_gives_the_exact_posterior(theta):
    x = numbers(170, 235, 15)
    threshold, width = em.exact_threshold(theta)
    assert em.threshold_q(x, threshold, width).numpy() == pytest.approx(em.posterior(x, theta).numpy(), abs=1e-9)


def test_threshold_q_that_belongs_to_no_theta_never_touches(penguins):
    thetas = numbers(-50, 50, 201)
    q = em.threshold_q(penguins, 215.0, 4.0)
    touching = em.threshold_q(penguins, *em.exact_threshold(25.0))
    assert em.gap(penguins, thetas, q).min().item() > 10
    assert em.gap(penguins, thetas, touching).min().item() < 1e-9


@pytest.mark.equation("eq-em-share")
@pytest.mark.parametrize(("theta", "sigma"), [(206.0, 5.0), (240.0, 0.7), (215.0, 30.0)])
def test_one_reading_keeps_the_missing_share_of_the_distance(theta, sigma):
    """The E step by quadrature, the M step by a search: neither as the chapter derives them."""
    x, tau = 224.0, 6.5

    def joint(z):
        return stats.norm.pdf(z, theta, tau) * stats.norm.pdf(x, z, sigma)

    grid = np.linspace(min(theta, x) - 60, max(theta, x) + 60, 200_001)
    q = joint(grid) / integrate.trapezoid(joint(grid), grid)

    def lost(new):
        return -integrate.trapezoid(q * stats.norm.logpdf(grid, new, tau), grid)

    new = optimize.minimize_scalar(lost, bracket=(theta, x), tol=1e-12).x
    assert (new - x) / (theta - x) == pytest.approx(sigma**2 / (sigma**2 + tau**2), abs=1e-6)


@pytest.mark.equation("eq-em-curvature")
@given(st.floats(0.2, 20), st.floats(0.2, 20), st.floats(-5, 5))
def test_the_bound_bends_more_sharply_than_the_log_likelihood(sigma, tau, theta):
    x = torch.tensor([0.7], dtype=torch.float64)
    m, s = conjugate.exact_posterior(x, theta, tau, sigma)
    at = torch.tensor(theta, dtype=torch.float64)
    marginal, bound = (
        torch.func.grad(torch.func.grad(height))(at).item()
        for height in (
            lambda t: conjugate.log_marginal(x, t, tau, sigma),
            lambda t: conjugate.elbo(x, m, s, t, tau, sigma),
        )
    )
    assert marginal == pytest.approx(-1 / (sigma**2 + tau**2), rel=1e-9)
    assert bound == pytest.approx(-1 / tau**2, rel=1e-9)
    assert 1 - marginal / bound == pytest.approx(sigma**2 / (sigma**2 + tau**2), rel=1e-6, abs=1e-9)


def test_em_slows_down_by_the_missing_information(penguins):
    """The last steps of the penguins' climb shrink by 1 - (bend of the log-likelihood) / (bend of the bound)."""
    path = em.em(penguins, 5.0, steps=9)
    top = em.em(penguins, 5.0, steps=60)[-1]
    q = em.posterior(penguins, top)
    step = 1e-3

    def bend(height):
        return (height(top + step) - 2 * height(top) + height(top - step)) / step**2

    share = 1 - bend(lambda t: em.log_likelihood(penguins, t)) / bend(lambda t: em.elbo(penguins, t, q))
    assert ((path[9] - top) / (path[8] - top)).item() == pytest.approx(share.item(), abs=1e-3)


@given(st.floats(2, 46), st.floats(0.01, 0.55))
@settings(max_examples=15)
def test_gradient_steps_on_the_bound_never_let_the_log_likelihood_fall(start, rate):
    x = datasets.penguins().flipper_length
    theta, before = torch.tensor(start, dtype=torch.float64), -math.inf
    for _ in range(20):
        now = em.log_likelihood(x, theta).item()
        assert now >= before - 1e-9
        q, before = em.posterior(x, theta), now
        slope = torch.func.grad(lambda t, q=q: em.elbo(x, t, q))(theta)
        theta = theta + rate * slope

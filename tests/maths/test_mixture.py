"""Gaussian mixtures: marginal, Bayes' theorem, bound, both steps and spike, against independent answers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats
from sklearn.mixture import GaussianMixture

from helpers import gaussian, mixture

MODEL = [0.3, 0.5, 0.2], [188.0, 197.0, 216.0], [5.0, 9.0, 3.0]
START = [0.5, 0.5], [195.0, 205.0], [10.0, 10.0]
X = torch.linspace(172, 231, 23, dtype=torch.float64)


def scipy_joint(x, weights, mu, sigma):
    """log p(x, k) by SciPy, (n, K)."""
    return np.log(weights) + stats.norm.logpdf(np.asarray(x)[:, None], mu, sigma)


def random_q(seed, components):
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(len(X), components, generator=generator, dtype=torch.float64)).softmax(-1)


def random_model(seed, components=3):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(components)), rng.uniform(180, 220, components), rng.uniform(3, 15, components)


seeds = st.integers(0, 10_000)


@pytest.mark.equation("eq-mix-marginal")
def test_marginal_is_a_density_and_a_sum_of_layers():
    x = X.numpy()
    density = sum(w * stats.norm.pdf(x, m, s) for w, m, s in zip(*MODEL, strict=True))
    assert mixture.log_marginal(X, *MODEL).exp().numpy() == pytest.approx(density, rel=1e-12)
    assert mixture.log_joint(X, *MODEL).numpy() == pytest.approx(scipy_joint(x, *MODEL), rel=1e-12)
    area, _ = integrate.quad(lambda v: mixture.log_marginal([v], *MODEL).exp().item(), 100, 300, points=MODEL[1])
    assert area == pytest.approx(1, abs=1e-9)


@pytest.mark.equation("eq-mix-marginal")
def test_marginal_is_what_draws_look_like_when_their_component_is_thrown_away():
    rng = np.random.default_rng(7)
    n = 200_000
    z = rng.choice(3, n, p=MODEL[0])
    x = rng.normal(np.array(MODEL[1])[z], np.array(MODEL[2])[z])
    for low, high in [(180, 190), (195, 205), (214, 218)]:
        truth, _ = integrate.quad(lambda v: mixture.log_marginal([v], *MODEL).exp().item(), low, high)
        found = ((x >= low) & (x < high)).mean()
        assert abs(found - truth) < 4.5 * np.sqrt(truth * (1 - truth) / n)


@pytest.mark.parametrize("best", [lambda w, h: h.max(), lambda w, h: (w * h).max()])
def test_the_best_component_alone_gives_no_density(best):
    w, (m, s) = np.array(MODEL[0]), MODEL[1:]
    area, _ = integrate.quad(lambda v: best(w, stats.norm.pdf(v, m, s)), 100, 300, points=MODEL[1], limit=200)
    assert abs(area - 1) > 0.1


@pytest.mark.equation("eq-mix-responsibility")
def test_responsibilities_are_the_shares_of_labelled_draws():
    rng = np.random.default_rng(3)
    z = rng.choice(3, 400_000, p=MODEL[0])
    x = rng.normal(np.array(MODEL[1])[z], np.array(MODEL[2])[z])
    for place in (185.0, 200.0, 213.0):
        near = z[np.abs(x - place) < 0.25]
        r = mixture.responsibilities([place], *MODEL)[0].numpy()
        assert r.sum() == pytest.approx(1)
        for k in range(3):
            error = np.sqrt(r[k] * (1 - r[k]) / len(near))
            assert abs((near == k).mean() - r[k]) < 4.5 * error + 2e-3


@pytest.mark.equation("eq-mix-responsibility", "eq-mix-log-likelihood")
def test_scikit_learn_scores_and_shares_the_same(penguins):
    x = penguins[:, None].numpy()
    theirs = GaussianMixture(3)
    theirs.weights_, theirs.means_ = np.array(MODEL[0]), np.array(MODEL[1])[:, None]
    theirs.covariances_ = np.array(MODEL[2])[:, None, None] ** 2
    theirs.precisions_cholesky_ = 1 / np.array(MODEL[2])[:, None, None]
    assert mixture.log_likelihood(penguins, *MODEL).item() == pytest.approx(theirs.score_samples(x).sum(), rel=1e-12)
    assert mixture.responsibilities(penguins, *MODEL).numpy() == pytest.approx(theirs.predict_proba(x), abs=1e-12)


@pytest.mark.equation("eq-mix-log-likelihood")
def test_counts_are_repetitions_and_zero_leaves_out(penguins):
    values, counts = penguins.unique(return_counts=True)
    whole, counted = mixture.log_likelihood(penguins, *MODEL), mixture.log_likelihood(values, *MODEL, counts)
    assert counted.item() == pytest.approx(whole.item(), rel=1e-12)
    padded, mask = torch.cat([X, X + 50]), torch.cat([torch.ones(len(X)), torch.zeros(len(X))])
    for short, long in zip(mixture.em(X, *START, 3), mixture.em(padded, *START, 3, mask), strict=True):
        assert torch.allclose(short, long, rtol=1e-12)


@pytest.mark.equation("eq-mix-bound", "eq-mix-gap")
@given(seeds, seeds)
def test_bound_and_divergence_add_up_to_the_log_likelihood(seed, other):
    model, q = random_model(seed), random_q(other, 3)
    joint = scipy_joint(X, *model)
    log_p = special.logsumexp(joint, -1)
    gap = special.rel_entr(q.numpy(), np.exp(joint - log_p[:, None])).sum()
    bound = mixture.bound(X, *model, q)
    assert gap >= 0
    assert (bound + gap).item() == pytest.approx(log_p.sum(), rel=1e-10)
    assert bound.item() == pytest.approx((q.numpy() * joint).sum() + stats.entropy(q.numpy(), axis=-1).sum(), rel=1e-10)


@pytest.mark.equation("eq-mix-bound")
@given(seeds)
def test_bound_touches_at_the_posterior_and_nowhere_above(seed):
    model = random_model(seed)
    q = mixture.responsibilities(X, *model)
    assert mixture.bound(X, *model, q).item() == pytest.approx(mixture.log_likelihood(X, *model).item(), rel=1e-12)
    other = random_model(seed + 1)
    assert mixture.bound(X, *other, q) <= mixture.log_likelihood(X, *other) + 1e-9


def test_bound_and_log_likelihood_have_one_slope_where_they_touch():
    model = [torch.tensor(part, dtype=torch.float64) for part in MODEL]
    q = mixture.responsibilities(X, *model)
    for place in (1, 2):
        slopes = []
        for score in (lambda *m: mixture.bound(X, *m, q), lambda *m: mixture.log_likelihood(X, *m)):
            slopes.append(torch.func.grad(score, place)(*model))
        assert torch.allclose(*slopes, rtol=1e-9)


@pytest.mark.equation("eq-mix-m-step")
@given(seeds)
def test_m_step_is_where_a_search_of_the_bound_ends(seed):
    q = random_q(seed, 2)
    best = mixture.m_step(X, q)

    def minus_bound(free):
        share = special.expit(free[0])
        return -mixture.bound(X, [1 - share, share], free[1:3], np.exp(free[3:]), q).item()

    start = np.array([0.0, 195.0, 205.0, 2.5, 2.5])
    found = optimize.minimize(minus_bound, start, method="BFGS", options={"gtol": 1e-8})
    assert mixture.bound(X, *best, q).item() >= -found.fun - 1e-8
    assert [best[0][1].item(), *best[1].tolist(), *best[2].tolist()] == pytest.approx(
        [special.expit(found.x[0]), *found.x[1:3], *np.exp(found.x[3:])], rel=1e-4
    )


@pytest.mark.equation("eq-mix-m-step")
def test_every_derivative_of_the_bound_vanishes_there():
    q = random_q(5, 3)
    weights, mu, sigma = mixture.m_step(X, q)
    slope = torch.func.grad(lambda m, s: mixture.bound(X, weights, m, s, q), (0, 1))(mu, sigma)
    assert torch.cat(slope).abs().max() < 1e-10
    free = weights.log()
    slope = torch.func.grad(lambda f: mixture.bound(X, f.softmax(-1), mu, sigma, q))(free)
    assert slope.abs().max() < 1e-10


@given(seeds)
def test_any_m_step_keeps_the_mean_and_the_variance_of_the_data(seed):
    weights, mu, sigma = mixture.m_step(X, random_q(seed, 3))
    mean, sd = gaussian.fit(X)
    assert (weights * mu).sum().item() == pytest.approx(mean.item())
    assert (weights * (sigma**2 + (mu - mean) ** 2)).sum().item() == pytest.approx((sd**2).item())


@pytest.mark.equation("eq-mix-climb")
@pytest.mark.parametrize("floor", [0.0, 2.0])
@given(seed=seeds)
def test_no_step_falls(floor, seed):
    path = mixture.em(X, *random_model(seed), steps=15, floor=max(floor, 0.4))
    climb = mixture.log_likelihood(X, *path)
    assert (climb.diff() >= -1e-9).all()
    assert (path[2] >= floor).all()


@pytest.mark.equation("eq-mix-climb", "eq-mix-m-step")
@pytest.mark.parametrize("start", [START, ([0.2, 0.8], [200.0, 190.0], [14.0, 3.0]), MODEL])
def test_path_is_scikit_learns(penguins, start):
    weights, mu, sigma = map(np.array, start)
    theirs = GaussianMixture(
        len(mu), weights_init=weights, means_init=mu[:, None], precisions_init=1 / sigma[:, None, None] ** 2,
        reg_covar=0, tol=1e-9, max_iter=5000,
    ).fit(penguins[:, None].numpy())  # fmt: skip
    ours = [part[-1].numpy() for part in mixture.em(penguins, *start, theirs.n_iter_)]
    reference = theirs.weights_, theirs.means_[:, 0], np.sqrt(theirs.covariances_[:, 0, 0])
    for mine, yours in zip(ours, reference, strict=True):
        assert mine == pytest.approx(yours, abs=1e-6)


def test_em_ends_where_the_slope_is_zero(penguins):
    fit = [part[-1] for part in mixture.em(penguins, *START, 200)]
    slope = torch.func.grad(lambda m, s: mixture.log_likelihood(penguins, fit[0], m, s), (0, 1))(*fit[1:])
    assert torch.cat(slope).abs().max() < 1e-6
    assert mixture.log_likelihood(penguins, *fit).item() == pytest.approx(-1343.161757, abs=1e-6)


@pytest.mark.equation("eq-mix-singular")
@pytest.mark.parametrize("sigma", [1.0, 1e-3, 1e-12, 1e-100, 1e-300])
def test_a_spike_on_one_bird_has_no_upper_limit(penguins, sigma):
    n, place = len(penguins), penguins.argmax()
    reached = mixture.log_likelihood(
        penguins, [1 - 1 / n, 1 / n], [200.0, penguins[place].item()], [14.0, sigma]
    ).item()
    others = np.delete(penguins.numpy(), place)
    rest = (np.log(1 - 1 / n) + stats.norm(200.0, 14.0).logpdf(others)).sum()
    promised = np.log(1 / n / (sigma * np.sqrt(2 * np.pi))) + rest
    assert reached >= promised - 1e-9
    if sigma < 1e-2:
        assert reached == pytest.approx(promised, abs=1)


@pytest.mark.equation("eq-mix-floor")
@given(seed=seeds, floor=st.floats(0.5, 6))
def test_a_floor_is_a_ceiling_and_the_best_allowed_sigma(seed, floor):
    weights, mu, sigma = random_model(seed)
    ceiling = -len(X) * np.log(floor * np.sqrt(2 * np.pi))
    assert mixture.ceiling(len(X), floor).item() == pytest.approx(ceiling)
    assert mixture.log_likelihood(X, weights, mu, np.maximum(sigma, floor)).item() <= ceiling + 1e-9
    q = random_q(seed, 3)
    lifted = mixture.m_step(X, q, floor=floor)
    for s in np.linspace(floor, 30, 25):
        assert mixture.bound(X, *lifted[:2], torch.full((3,), s), q) <= mixture.bound(X, *lifted, q) + 1e-9


def test_a_floor_mends_the_start_on_the_longest_bird(penguins):
    spike = [0.98, 0.02], [200.0, 231.0], [14.0, 0.3]
    with pytest.raises(ValueError, match="collapsed; give a floor"):
        mixture.em(penguins, *spike, 200)
    low, high = (mixture.log_likelihood(penguins, *(p[-1] for p in mixture.em(penguins, *spike, 200, floor=f)))
                 for f in (1.0, 3.0))  # fmt: skip
    assert low.item() == pytest.approx(-1381.523, abs=1e-3)
    assert high.item() == pytest.approx(-1343.162, abs=1e-3)


def test_exchanging_components_changes_nothing(penguins):
    swapped = [part[::-1] for part in MODEL]
    same = mixture.log_likelihood(penguins, *MODEL).item()
    assert mixture.log_likelihood(penguins, *swapped).item() == pytest.approx(same, rel=1e-14)

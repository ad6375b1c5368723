"""Climbers, losses and the Gaussian in several dimensions against scipy, autograd, mpmath and simulation."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from helpers import divergence, gaussian, optimise
from helpers.figures.optimisation import WIDTH, contest, threshold_log_likelihood

X, Y = contest()
BILLS = np.random.default_rng(6).multivariate_normal([44.0, 17.0], [[30.0, -2.5], [-2.5, 3.9]], 60)


def hill(t):
    return threshold_log_likelihood(t, X, Y)


@pytest.fixture(scope="module")
def top():
    """The threshold by a root finder, from a slope that NumPy adds up."""
    return optimize.brentq(lambda t: (special.expit((X.numpy() - t) / WIDTH) - Y.numpy()).sum(), 170, 230, xtol=1e-13)


def test_the_contest_is_adelies_against_chinstraps():
    assert len(X) == len(Y) == 151 + 68
    assert Y.sum() == 68


@pytest.mark.equation("eq-opt-bernoulli")
@given(st.lists(st.tuples(st.booleans(), st.floats(-30, 30)), min_size=1, max_size=20))
def test_bernoulli_is_scipys(pairs):
    y, logits = np.array([float(a) for a, _ in pairs]), np.array([b for _, b in pairs])
    truth = stats.bernoulli.logpmf(y, special.expit(logits))
    with mpmath.workdps(40):
        exact = sum(-mpmath.log(1 + mpmath.exp(-z if a else z)) for a, z in zip(y, logits, strict=True))
    ours = optimise.bernoulli_log_likelihood(y, logits).item()
    assert ours == pytest.approx(float(exact), rel=1e-12, abs=1e-12)
    assert ours == pytest.approx(truth.sum(), rel=1e-2, abs=1e-9)


def test_bernoulli_survives_huge_logits():
    assert optimise.bernoulli_log_likelihood([1.0, 0.0], [-1000.0, 1000.0]).item() == -2000
    assert optimise.bernoulli_log_likelihood([1.0, 0.0], [1000.0, -1000.0]).item() == 0


@pytest.mark.equation("eq-opt-threshold")
@pytest.mark.parametrize("t", [176.0, 190.5, 199.0, 221.0])
def test_slope_and_curvature_of_the_threshold_are_autograds(t):
    t = torch.tensor(t, dtype=torch.float64)
    p = special.expit((X.numpy() - t.item()) / WIDTH)
    slope = torch.func.grad(hill)
    assert slope(t).item() == pytest.approx((p - Y.numpy()).sum() / WIDTH, rel=1e-11)
    assert torch.func.grad(slope)(t).item() == pytest.approx(-(p * (1 - p)).sum() / WIDTH**2, rel=1e-11)


@pytest.mark.equation("eq-opt-newton")
@pytest.mark.parametrize("start", [180.0, 184.0, 199.0, 212.0])
def test_newton_ends_where_the_slope_has_its_root(start, top):
    assert optimise.newton(hill, start, 8)[-1].item() == pytest.approx(top, abs=1e-10)


@pytest.mark.equation("eq-opt-newton")
def test_one_newton_step_reaches_the_top_of_a_quadratic():
    root = torch.randn(4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    matrix, b = root @ root.mT + torch.eye(4), torch.arange(4, dtype=torch.float64)
    step = optimise.newton_step(lambda v: b @ v - 0.5 * v @ matrix @ v, torch.ones(4, dtype=torch.float64))
    assert step.numpy() == pytest.approx(np.linalg.solve(matrix.numpy(), b.numpy()), rel=1e-10)


@pytest.mark.equation("eq-opt-quadratic")
def test_newtons_error_is_squared():
    """Forty digits, so that four squarings can be seen; the factor is the third derivative's, as Taylor says."""
    with mpmath.workdps(60):
        lengths, width = [mpmath.mpf(v) for v in X.tolist()], mpmath.mpf(WIDTH)

        def sums(t):
            p = [1 / (1 + mpmath.exp(-(v - t) / width)) for v in lengths]
            slope = (mpmath.fsum(p) - int(Y.sum())) / width
            curvature = -mpmath.fsum(a * (1 - a) for a in p) / width**2
            third = mpmath.fsum(a * (1 - a) * (1 - 2 * a) for a in p) / width**3
            return slope, curvature, third

        path = [mpmath.mpf(184)]
        for _ in range(7):
            slope, curvature, _ = sums(path[-1])
            path.append(path[-1] - slope / curvature)
        errors = [t - path[-1] for t in path[:6]]
        _, curvature, third = sums(path[-1])
        for before, after in zip(errors[2:], errors[3:], strict=False):
            assert float(after / before**2) == pytest.approx(float(third / (2 * curvature)), rel=0.02)
        assert abs(errors[5]) < 1e-20
    autograd = torch.func.grad(torch.func.grad(torch.func.grad(hill)))(
        torch.tensor(float(path[-1]), dtype=torch.float64)
    )
    assert autograd.item() == pytest.approx(float(third), rel=1e-8)


@pytest.mark.equation("eq-opt-gradient")
def test_gradient_ascent_follows_a_slope_by_differences():
    path = optimise.gradient_ascent(hill, 190.0, 0.6, 3).tolist()
    t = 190.0
    for place in path[1:]:
        h, x, y = 1e-4, X.numpy(), Y.numpy()
        after, before = (stats.bernoulli.logpmf(y, special.expit((x - t - d) / WIDTH)).sum() for d in (h, -h))
        t += 0.6 * (after - before) / (2 * h)
        assert place == pytest.approx(t, abs=1e-5)


@pytest.mark.equation("eq-opt-linear")
@pytest.mark.parametrize("rate", [0.3, 1.0, 2.5, 2.9])
def test_gradient_ascents_error_shrinks_by_one_factor(rate, top):
    p = special.expit((X.numpy() - top) / WIDTH)
    factor = 1 - rate * (p * (1 - p)).sum() / WIDTH**2
    errors = optimise.gradient_ascent(hill, top + 0.01, rate, 3).numpy() - top
    assert errors[1:] / errors[:-1] == pytest.approx(factor, abs=1e-3)
    assert (abs(factor) < 1) == (rate < 2 * WIDTH**2 / (p * (1 - p)).sum())


def test_a_step_size_beyond_the_limit_drives_away_from_the_top(top):
    errors = optimise.gradient_ascent(hill, top + 0.01, 3.2, 6).numpy() - top
    assert np.all(np.diff(np.abs(errors)) > 0)


def test_logistic_regression_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    design = torch.stack([torch.ones_like(X), X], 1)
    ours = optimise.newton(lambda b: optimise.bernoulli_log_likelihood(Y, design @ b), torch.zeros(2).double(), 10)[-1]
    theirs = LogisticRegression(C=1e12, tol=1e-12, max_iter=10000).fit(X[:, None], Y)
    assert ours.tolist() == pytest.approx([theirs.intercept_[0], theirs.coef_[0, 0]], rel=1e-3)
    assert (1 / ours[1]).item() == pytest.approx(WIDTH, abs=0.05)


@pytest.mark.equation("eq-opt-log-sigma")
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=9), st.floats(-5, 5), st.floats(-1, 3))
def test_slope_in_log_sigma_is_the_chain_rules(x, mu, s):
    slope = torch.func.grad(lambda s: gaussian.log_likelihood(x, mu, s.exp()))(torch.tensor(s, dtype=torch.float64))
    squares, sigma = sum((v - mu) ** 2 for v in x), math.exp(s)
    assert slope.item() == pytest.approx(squares / sigma**2 - len(x), rel=1e-9, abs=1e-9)
    assert slope.item() == pytest.approx((-len(x) / sigma + squares / sigma**3) * sigma, rel=1e-9, abs=1e-9)


def test_newton_in_sigma_crosses_zero_and_in_log_sigma_does_not(penguins):
    mu, best = gaussian.fit(penguins)

    def in_sigma(sigma):
        return gaussian.log_likelihood(penguins, mu, sigma)

    def step(k):
        return 2 * k * (k**2 - 2) / (k**2 - 3)

    for k in (0.4, 1.2, 1.5, 1.6, 2.0):
        assert (optimise.newton_step(in_sigma, k * best) / best).item() == pytest.approx(step(k), rel=1e-9)
    assert optimise.newton(in_sigma, 1.47 * best, 9)[-1].item() == pytest.approx(-best.item(), rel=1e-9)
    ends = optimise.newton(lambda s: in_sigma(s.exp()), (1.47 * best).log(), 9).exp()
    assert ends[-1].item() == pytest.approx(best.item(), rel=1e-9)


@pytest.mark.equation("eq-gaussian-multivariate")
def test_the_density_carries_the_probability_of_a_map_of_standard_normals():
    """Share of a million mapped draws in a box, against the integral of the density over it."""
    rng, count = np.random.default_rng(0), 1_000_000
    scale, mu = np.array([[2.0, 0.3], [-0.7, 0.8]]), np.array([1.0, -0.5])
    draws = mu + rng.standard_normal((count, 2)) @ scale.T
    inside = ((draws > [0.5, -1.5]) & (draws < [2.5, 0.0])).all(1).mean()
    covariance = scale @ scale.T
    grid = [np.linspace(0.5, 2.5, 201), np.linspace(-1.5, 0.0, 201)]
    plane = np.stack(np.meshgrid(*grid, indexing="ij"), -1)
    height = gaussian.log_prob_multivariate(plane, mu, covariance).exp().numpy()
    area = integrate.simpson(integrate.simpson(height, x=grid[1]), x=grid[0])
    assert inside == pytest.approx(area, abs=5 * math.sqrt(area * (1 - area) / count))


@pytest.mark.equation("eq-gaussian-bivariate")
@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.6])
def test_the_handles_stand_on_the_ellipse_at_its_ends(rho):
    """Where the quadratic form is 1: the rightmost point has b = rho, the topmost a = rho."""
    turn = np.linspace(0, 2 * np.pi, 100_001)
    a, b = np.cos(turn), rho * np.cos(turn) + math.sqrt(1 - rho**2) * np.sin(turn)
    assert (a**2 - 2 * rho * a * b + b**2) / (1 - rho**2) == pytest.approx(1, abs=1e-12)
    assert (a.max(), b[a.argmax()]) == pytest.approx((1, rho), abs=1e-4)
    assert (b.max(), a[b.argmax()]) == pytest.approx((1, rho), abs=1e-4)
    zero, ends = torch.zeros(2).double(), torch.tensor([[1, rho], [rho, 1.0]], dtype=torch.float64)
    drop = gaussian.log_prob_bivariate(zero, zero, [1, 1], rho) - gaussian.log_prob_bivariate(ends, zero, [1, 1], rho)
    assert drop.tolist() == pytest.approx([0.5, 0.5], rel=1e-12)


@pytest.mark.equation("eq-opt-multivariate-mle")
@pytest.mark.parametrize("dimensions", [1, 2, 4])
def test_best_mean_and_covariance_are_numpys(dimensions):
    x = np.random.default_rng(dimensions).standard_normal((30, dimensions)) @ np.diag(range(1, dimensions + 1)) + 3
    mu, covariance = optimise.fit_multivariate(x)
    assert mu.numpy() == pytest.approx(x.mean(0), rel=1e-12)
    assert covariance.numpy() == pytest.approx(np.cov(x.T, bias=True).reshape(dimensions, dimensions), rel=1e-11)


@pytest.mark.equation("eq-opt-multivariate-mle")
def test_a_search_ends_at_the_best_mean_and_covariance():
    def loss(v):
        scale = np.array([[np.exp(v[2]), 0], [v[3], np.exp(v[4])]])
        return -stats.multivariate_normal(v[:2], scale @ scale.T).logpdf(BILLS).sum()

    found = optimize.minimize(loss, [40, 15, 1.0, 0.0, 0.5], options={"gtol": 1e-6}).x
    scale = np.array([[np.exp(found[2]), 0], [found[3], np.exp(found[4])]])
    mu, covariance = optimise.fit_multivariate(BILLS)
    assert found[:2] == pytest.approx(mu.numpy(), rel=1e-5)
    assert scale @ scale.T == pytest.approx(covariance.numpy(), rel=1e-4, abs=1e-4)


@pytest.mark.equation("eq-opt-squared-error")
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=9), st.floats(0.1, 5))
def test_minus_log_likelihood_is_a_constant_and_the_squared_error(pairs, sigma):
    y, f = (torch.tensor(side, dtype=torch.float64) for side in zip(*pairs, strict=True))
    mean_squared_error = torch.nn.functional.mse_loss(f, y).item()
    right = len(y) / 2 * math.log(2 * math.pi * sigma**2) + len(y) / (2 * sigma**2) * mean_squared_error
    assert -stats.norm(f, sigma).logpdf(y).sum() == pytest.approx(right, rel=1e-9, abs=1e-9)


@pytest.mark.equation("eq-opt-bernoulli")
def test_cross_entropy_is_torchs():
    logits = (X - 195) / WIDTH
    loss = torch.nn.functional.binary_cross_entropy(logits.sigmoid(), Y).item()
    assert -optimise.bernoulli_log_likelihood(Y, logits).item() / len(Y) == pytest.approx(loss, rel=1e-12)


@pytest.mark.equation("eq-opt-kl")
@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0.01, 1)), min_size=2, max_size=6))
def test_mean_log_likelihood_is_minus_entropy_minus_divergence(pairs):
    counts, model = np.array([n for n, _ in pairs]), np.array([p for _, p in pairs])
    if counts.sum() == 0:
        return
    model = model / model.sum()
    draws = np.repeat(np.arange(len(counts)), counts)
    share = counts / counts.sum()
    right = -stats.entropy(share) - stats.entropy(share, model)
    assert np.log(model[draws]).mean() == pytest.approx(right, rel=1e-9, abs=1e-12)
    assert divergence.kl_categorical(share, model).item() == pytest.approx(stats.entropy(share, model), abs=1e-9)


@pytest.mark.equation("eq-opt-below")
@pytest.mark.parametrize("seed", range(4))
def test_what_an_ellipse_loses_is_n_times_a_divergence(seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((2, 2)) * [[4], [1]] + np.diag([3, 1])
    mine = rng.normal([44, 17], 2), root @ root.T
    best = BILLS.mean(0), np.cov(BILLS.T, bias=True)
    reached, lost = (stats.multivariate_normal(*one).logpdf(BILLS).sum() for one in (best, mine))
    kl = divergence.kl_multivariate(*best, *mine).item()
    assert reached - lost == pytest.approx(len(BILLS) * kl, rel=1e-9)


def test_points_in_a_line_have_no_best_gaussian():
    with pytest.raises(ValueError, match="must spread in all 2 directions"):
        optimise.fit_multivariate([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])


def test_paths_begin_at_the_start_and_count_their_steps():
    path = optimise.newton(hill, 190.0, 3)
    assert path.shape == (4,) and path[0] == 190
    assert optimise.gradient_ascent(lambda v: -(v**2).sum(), [1.0, 2.0], 0.25, 2).tolist()[-1] == [0.25, 0.5]
    with pytest.raises(ValueError, match="steps must be at least 1"):
        optimise.newton(hill, 190.0, 0)

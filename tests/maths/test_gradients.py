"""Gradients of an average whose distribution moves, against SciPy's integrals, its optimiser, and Pyro's SVI."""

import functools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats
from scipy.special import log_expit

from helpers import elbo, gaussian, gradients
from helpers.figures.gradients import birds

X, Y = birds()
ONE_FEATURE, TWO_FEATURES = X[:, None], torch.stack([torch.ones_like(X), X], -1)
Q = [(1.0, 0.6), (-1.0, 0.3), (5.0, 2.0), (1.7, 0.85)]
START = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_joint_1(z):
    return gradients.log_joint(z, ONE_FEATURE, Y)


def log_joint_2(z):
    return gradients.log_joint(z, TWO_FEATURES, Y)


def scipy_log_joint(slope, intercept=None):
    """The same by SciPy, for numbers."""
    odds = slope * X.numpy() + (0 if intercept is None else intercept)
    prior = stats.norm.logpdf(slope, 0, 3) + (0 if intercept is None else stats.norm.logpdf(intercept, 0, 3))
    return prior + log_expit((2 * Y.numpy() - 1) * odds).sum()


def integral(function, low, high, *cuts):
    places = [low, *cuts, high]
    return math.fsum(
        integrate.quad(function, a, b, epsabs=1e-12, epsrel=1e-12, limit=200)[0]
        for a, b in zip(places, places[1:], strict=False)
    )


def average(f, mu, sigma, *cuts):
    """E_q[f] by SciPy."""
    inside = sorted({mu - 3 * sigma, mu, mu + 3 * sigma, *cuts})
    return integral(lambda z: stats.norm.pdf(z, mu, sigma) * f(z), mu - 11 * sigma, mu + 11 * sigma, *inside)


def slopes(f, mu, sigma, *cuts, h=1e-3):
    """Along mu and sigma, by differences of the fourth order: SciPy's integral knows nothing of scores or paths."""

    def difference(g):
        return (8 * (g(h) - g(-h)) - (g(2 * h) - g(-2 * h))) / (12 * h)

    return [
        difference(lambda t: average(f, mu + t, sigma, *cuts)),
        difference(lambda t: average(f, mu, sigma + t, *cuts)),
    ]


def off(estimates, truth):
    """Distance of the average from the truth, in standard errors."""
    error = estimates.std(0) / len(estimates) ** 0.5
    return ((estimates.mean(0) - torch.as_tensor(truth, dtype=torch.float64)) / error).abs().max().item()


@pytest.mark.equation("eq-grad-model")
@pytest.mark.parametrize("z", [(0.0, 0.0), (0.4, 1.7), (-2.0, 6.0), (30.0, -40.0)])
def test_log_joint_is_scipys(z):
    assert log_joint_2(vector(*z)).item() == pytest.approx(scipy_log_joint(z[1], z[0]), rel=1e-12)
    assert log_joint_1(vector(z[1])).item() == pytest.approx(scipy_log_joint(z[1]), rel=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_log_joint_is_pyros():
    pyro = pytest.importorskip("pyro")
    z = vector(0.4, 1.7)
    trace = pyro.poutine.trace(pyro.poutine.condition(functools.partial(pyro_model, pyro), {"z": z})).get_trace()
    assert log_joint_2(z).item() == pytest.approx(trace.log_prob_sum().item(), rel=1e-12)


def pyro_model(pyro):
    prior = pyro.distributions.Normal(torch.zeros(2, dtype=torch.float64), 3.0).to_event(1)
    z = pyro.sample("z", prior)
    with pyro.plate("birds", len(Y)):
        odds = z[..., 0] + z[..., 1] * X
        pyro.sample("y", pyro.distributions.Bernoulli(logits=odds), obs=Y)


@pytest.mark.equation("eq-grad-score-function", "eq-grad-reparameterised", "eq-grad-score-zero")
@pytest.mark.parametrize(("mu", "sigma"), Q)
def test_both_estimators_are_unbiased(mu, sigma):
    truth = slopes(scipy_log_joint, mu, sigma)
    draws, q = noise(100_000, 1), (vector(mu), vector(sigma))
    for baseline in (0.0, -11.0, 7.0):
        assert off(gradients.score_function(log_joint_1, *q, draws, baseline)[:, 0], truth) < 4
    assert off(gradients.pathwise(log_joint_1, *q, draws)[:, 0], truth) < 4
    level = gradients.score_function(lambda z: torch.ones_like(z[..., 0]), *q, draws)[:, 0]
    assert off(level, [0, 0]) < 4
    for one in range(2):  # and exactly 0 by SciPy's integral
        score = [lambda z: (z - mu) / sigma**2, lambda z: ((z - mu) ** 2 / sigma**2 - 1) / sigma][one]
        assert average(score, mu, sigma) == pytest.approx(0, abs=1e-10)


@pytest.mark.equation("eq-grad-score-function", "eq-grad-reparameterised")
@pytest.mark.parametrize(("mu", "sigma"), Q)
def test_the_books_own_quadrature_has_the_exact_slopes(mu, sigma):
    q = vector(mu), vector(sigma)
    ours = torch.func.grad(lambda *a: gradients.average(log_joint_1, *a), (0, 1))(*q)
    assert [one.item() for one in ours] == pytest.approx(slopes(scipy_log_joint, mu, sigma), abs=1e-7)
    assert gradients.average(log_joint_1, *q).item() == pytest.approx(average(scipy_log_joint, mu, sigma), abs=1e-9)


def test_with_several_unknowns_each_entry_has_its_slopes():
    mu, sigma = vector(0.2, 1.5), vector(0.5, 0.9)
    truth = torch.stack(torch.func.grad(lambda *a: gradients.average(log_joint_2, *a), (0, 1))(mu, sigma), -1)
    draws = noise(100_000, 2, seed=1)
    f = log_joint_2(mu + sigma * draws)
    by_height = gradients.score_function(log_joint_2, mu, sigma, draws, gradients.leave_one_out(f)[:, None, None])
    assert off(by_height, truth) < 4
    assert off(gradients.pathwise(log_joint_2, mu, sigma, draws), truth) < 4
    assert by_height.shape == (100_000, 2, 2)


@pytest.mark.equation("eq-grad-elbo")
@pytest.mark.parametrize(("mu", "sigma"), Q)
def test_the_bound_is_the_integral_and_so_are_its_slopes(mu, sigma):
    q = vector(mu), vector(sigma)
    bound = average(lambda z: scipy_log_joint(z) - stats.norm.logpdf(z, mu, sigma), mu, sigma)
    assert gradients.elbo(log_joint_1, *q).item() == pytest.approx(bound, abs=1e-9)
    along_mu, along_sigma = slopes(scipy_log_joint, mu, sigma)
    ours = torch.func.grad(lambda *a: gradients.elbo(log_joint_1, *a), (0, 1))(*q)
    assert [one.item() for one in ours] == pytest.approx([along_mu, along_sigma + 1 / sigma], abs=1e-7)


@pytest.mark.equation("eq-grad-standard-error")
@pytest.mark.parametrize("draws", [1, 4, 16])
def test_the_spread_of_an_average_falls_with_the_root_of_the_draws(draws):
    one = gradients.pathwise(log_joint_1, vector(1.0), vector(0.6), noise(20_000, draws, 1, seed=2))[..., 0, 0]
    exact = spread_of_one(lambda z, _: slope_of_log_joint(z), 1.0, 0.6)
    assert one.mean(1).std().item() == pytest.approx(exact / draws**0.5, rel=0.03)


def slope_of_log_joint(z):
    sign = 2 * Y.numpy() - 1
    return -z / 9 + (sign * X.numpy() / (1 + np.exp(sign * z * X.numpy()))).sum()


def spread_of_one(estimate, mu, sigma):
    """Exact standard deviation of one estimate, a function of z and the noise."""
    mean, square = (
        average(lambda z, p=power: estimate(z, (z - mu) / sigma) ** p, mu, sigma) for power in (1, 2)
    )  # fmt: skip
    return math.sqrt(square - mean**2)


@pytest.mark.equation("eq-grad-baseline")
@pytest.mark.parametrize(("mu", "sigma"), Q)
def test_the_best_constant_is_the_bottom_of_a_parabola(mu, sigma):
    def variance(b):
        return spread_of_one(lambda z, eps: (scipy_log_joint(z) - b) * eps / sigma, mu, sigma) ** 2

    found = optimize.minimize_scalar(variance, bracket=(-20, -8)).x
    steps = torch.linspace(-9, 9, 20_001, dtype=torch.float64)[:, None]
    root = (-(steps**2) / 4).exp()  # as a factor of f and of the score it weighs the draws by q's density
    f, score = log_joint_1(mu + sigma * steps), root[:, 0] * steps[:, 0] / sigma
    ours = gradients.best_baseline(f, score).item()
    assert ours == pytest.approx(found, rel=1e-5)
    assert variance(0) == pytest.approx(variance(ours) + ours**2 / sigma**2, rel=1e-8)
    assert variance(ours + 3) == pytest.approx(variance(ours) + 9 / sigma**2, rel=1e-8)


@pytest.mark.equation("eq-grad-leave-one-out")
def test_a_baseline_from_the_other_draws_does_no_harm_and_one_from_all_draws_does():
    assert gradients.leave_one_out([1.0, 2.0, 6.0]).tolist() == [4.0, 3.5, 1.5]
    draws, q = noise(3, 60_000, 1, seed=3), (vector(1.0), vector(0.6))
    f = log_joint_1(q[0] + q[1] * draws)
    others, everything = gradients.leave_one_out(f), f.mean(0, keepdim=True)
    truth = slopes(scipy_log_joint, 1.0, 0.6)
    ours = gradients.score_function(log_joint_1, *q, draws, others[..., None, None]).mean(0)[:, 0]
    assert off(ours, truth) < 4
    assert off(others[0][:, None] * draws[0], [0.0]) < 4
    biased = gradients.score_function(log_joint_1, *q, draws, everything[..., None, None]).mean(0)[:, 0]
    assert off(biased, [two / 3 * 2 for two in truth]) < 4  # the factor 1 - 1/S
    assert off(biased, truth) > 10


@pytest.mark.equation("eq-grad-dimension")
@pytest.mark.parametrize("dimensions", [1, 2, 7, 30])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_heights_grow_noisier_with_every_unknown_and_slopes_do_not(dimensions, sigma):
    plain, best, path = gradients.variances(sigma, dimensions).tolist()
    r = stats.chi2(dimensions)
    assert plain == pytest.approx(sigma**2 / 4 * r.moment(3) / dimensions)
    b = -(sigma**2) / 2 * r.moment(2) / dimensions
    assert b == pytest.approx(-(dimensions + 2) / 2 * sigma**2)
    assert best == pytest.approx(plain - b**2 / sigma**2)
    draws = noise(200_000, dimensions, seed=dimensions)
    q = torch.zeros(dimensions, dtype=torch.float64), torch.full((dimensions,), sigma, dtype=torch.float64)

    def f(z):
        return -(z**2).sum(-1) / 2

    assert gradients.score_function(f, *q, draws)[:, 0, 0].var().item() == pytest.approx(plain, rel=0.05)
    assert gradients.score_function(f, *q, draws, b)[:, 0, 0].var().item() == pytest.approx(best, rel=0.05)
    assert gradients.pathwise(f, *q, draws)[:, 0, 0].var().item() == pytest.approx(path, rel=0.05)
    score = draws[:, 0] / sigma
    assert gradients.best_baseline(f(sigma * draws), score).item() == pytest.approx(b, rel=0.03)


def log_weight(log_joint, mu, sigma):
    """For a q that is held still."""
    return lambda z: log_joint(z) - gaussian.log_prob(z, mu, sigma).sum(-1)


@pytest.mark.equation("eq-grad-path-only")
@pytest.mark.parametrize(("mu", "sigma"), Q)
def test_the_path_alone_has_the_whole_slope_of_the_bound(mu, sigma):
    q = vector(mu), vector(sigma)
    along_mu, along_sigma = slopes(scipy_log_joint, mu, sigma)
    truth = [along_mu, along_sigma + 1 / sigma]
    assert off(gradients.pathwise(log_weight(log_joint_1, *q), *q, noise(100_000, 1, seed=4))[:, 0], truth) < 4
    steps = torch.linspace(-9, 9, 2001, dtype=torch.float64)[:, None]
    one = gradients.pathwise(log_weight(log_joint_1, *q), *q, steps)[:, 0]
    weights = (-(steps**2) / 2).softmax(0)
    assert (weights * one).sum(0).tolist() == pytest.approx(truth, abs=1e-7)


@pytest.mark.equation("eq-grad-path-only")
def test_at_an_exact_posterior_it_has_no_variance_and_the_closed_entropy_has():
    x, model = vector(224.0), (217.0, 6.5, 5.0)
    m, s = (value[None] for value in elbo.exact_posterior(x, *model))

    def log_joint(z):
        return elbo.log_joint(z[..., 0], x, *model)

    draws = noise(1000, 1)
    alone = gradients.pathwise(log_weight(log_joint, m, s), m, s, draws)
    assert alone.abs().max().item() < 1e-12
    assert gradients.pathwise(log_joint, m, s, draws)[:, 0, 0].std().item() == pytest.approx(1 / s.item(), rel=0.1)
    evidence = elbo.log_marginal(x, *model)
    by_height = gradients.score_function(log_weight(log_joint, m, s), m, s, draws, evidence)
    assert by_height.abs().max().item() < 1e-10  # heights too are level, once the constant is off


@pytest.mark.equation("eq-grad-ascent")
def test_a_step_is_the_rule_as_printed():
    mu, sigma, draws, rate = vector(0.2, 1.5), vector(0.5, 0.9), noise(5, 2), 0.07
    path = gradients.climb(lambda *a: gradients.pathwise(log_joint_2, *a), mu, sigma, draws[None], [rate])
    log_sigma = sigma.log().requires_grad_()
    start = mu.clone().requires_grad_()
    bound = log_joint_2(start + log_sigma.exp() * draws).mean() + gaussian.entropy(log_sigma.exp()).sum()
    bound.backward()
    assert torch.allclose(path[0][1], mu + rate * start.grad)
    assert torch.allclose(path[1][1].log(), log_sigma.detach() + rate * log_sigma.grad)


@functools.cache
def best_q():
    """The top of the bound by SciPy, from quadrature by NumPy's Gauss-Hermite nodes."""
    t, w = np.polynomial.hermite_e.hermegauss(60)
    a, b = (grid.ravel() for grid in np.meshgrid(t, t))
    weights = np.outer(w, w).ravel() / (2 * math.pi)

    def loss(p):
        z_1, z_2 = p[0] + math.exp(p[2]) * a, p[1] + math.exp(p[3]) * b
        odds = z_1[:, None] + z_2[:, None] * X.numpy()
        f = stats.norm.logpdf(z_1, 0, 3) + stats.norm.logpdf(z_2, 0, 3) + log_expit((2 * Y.numpy() - 1) * odds).sum(1)
        return -(weights @ f) - p[2] - p[3] - math.log(2 * math.pi * math.e)

    found = optimize.minimize(loss, [0, 1, 0, 0], tol=1e-10)
    return found.x[:2], np.exp(found.x[2:]), -found.fun


def by_height(mu, sigma, draws):
    b = gradients.leave_one_out(log_joint_2(mu + sigma * draws))[:, None, None]
    return gradients.score_function(log_joint_2, mu, sigma, draws, b)


def by_slope(mu, sigma, draws):
    return gradients.pathwise(log_joint_2, mu, sigma, draws)


@pytest.mark.equation("eq-grad-ascent")
@pytest.mark.parametrize("gradient", [by_slope, by_height])
def test_the_climb_ends_where_scipy_ends(gradient):
    steps = 1500
    rates = 0.1 / (1 + torch.arange(steps) / 50)
    mu, sigma = (path[-1] for path in gradients.climb(gradient, *START, noise(steps, 10, 2, seed=5), rates))
    best_mu, best_sigma, top = best_q()
    assert mu.tolist() == pytest.approx(best_mu, abs=0.05)
    assert sigma.tolist() == pytest.approx(best_sigma, abs=0.06)
    assert 0 < top - gradients.elbo(log_joint_2, mu, sigma).item() < 0.005
    exact = [torch.tensor(value) for value in (best_mu, best_sigma)]
    assert gradients.elbo(log_joint_2, *exact).item() == pytest.approx(top, abs=1e-9)


def grid_posterior():
    """Intercepts, slopes, and the posterior's probability of each pair, by SciPy."""
    a, b = np.linspace(-5, 5, 401), np.linspace(-4, 12, 401)
    z_1, z_2 = np.meshgrid(a, b, indexing="ij")
    log_p = stats.norm.logpdf(z_1, 0, 3) + stats.norm.logpdf(z_2, 0, 3)
    for x, y in zip(X.numpy(), Y.numpy(), strict=True):
        log_p += log_expit((2 * y - 1) * (z_1 + z_2 * x))
    return a, b, log_p - np.log(np.exp(log_p).sum())


def mean_and_width(values, probabilities):
    mean = (values * probabilities).sum() / probabilities.sum()
    return mean, math.sqrt(((values - mean) ** 2 * probabilities).sum() / probabilities.sum())


def test_why_the_fitted_widths_are_too_narrow():
    """Hardly correlated, but the intercept is less certain the steeper the slope; and the slope is skewed."""
    a, b, log_p = grid_posterior()
    p = np.exp(log_p)
    (mean_a, width_a), (mean_b, width_b) = mean_and_width(a, p.sum(1)), mean_and_width(b, p.sum(0))
    assert abs((a - mean_a) @ p @ (b - mean_b) / (width_a * width_b)) < 0.05
    assert ((b - mean_b) ** 3 * p.sum(0)).sum() / width_b**3 > 0.4
    assert abs(((a - mean_a) ** 3 * p.sum(1)).sum() / width_a**3) < 0.05
    given = [mean_and_width(a, p[:, np.abs(b - slope).argmin()])[1] for slope in range(6)]
    assert all(np.diff(given) > 0.02)
    q_b = p.sum(0)  # the best product of any shape: it has the intercept's width, and most of the slope's
    for _ in range(40):
        q_a = np.exp(log_p @ q_b - (log_p @ q_b).max())
        q_a /= q_a.sum()
        q_b = np.exp(log_p.T @ q_a - (log_p.T @ q_a).max())
        q_b /= q_b.sum()
    _, sigma, _ = best_q()
    assert sigma[0] == pytest.approx(mean_and_width(a, q_a)[1], rel=0.003) and sigma[0] < 0.985 * width_a
    assert sigma[1] < 0.96 * mean_and_width(b, q_b)[1] < 0.96 * width_b


def exact_spread(f, mu, sigma):
    """Of one pathwise estimate along the second mean, by Gauss-Hermite quadrature of both."""
    t, w = np.polynomial.hermite_e.hermegauss(50)
    nodes = torch.tensor(np.stack(np.meshgrid(t, t, indexing="ij"), -1).reshape(-1, 2))
    weights = torch.tensor(np.outer(w, w).reshape(-1) / (2 * math.pi))
    one = gradients.pathwise(f, mu, sigma, nodes)[:, 1, 0]
    return ((weights * one**2).sum() - (weights * one).sum() ** 2).sqrt().item()


def test_the_path_alone_is_the_quietest_near_the_posterior_and_the_noisiest_where_q_is_far_too_narrow():
    def log_likelihood(z):
        return log_joint_2(z) - gaussian.log_prob(z, 0.0, 3.0).sum(-1)

    def spreads(mu, sigma):
        return [exact_spread(f, mu, sigma) for f in (log_likelihood, log_joint_2, log_weight(log_joint_2, mu, sigma))]

    kl, entropy, path = spreads(*(torch.tensor(value) for value in best_q()[:2]))
    assert path < 0.5 * kl < 0.5 * entropy
    kl, entropy, path = spreads(vector(0.0, 0.0), vector(0.3, 0.3))
    assert path > 2 * entropy > 2 * kl


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_pyro_arrives_at_the_same_q():
    """SVI with a guide of two independent Gaussians: an implementation that shares no line with ours."""
    pyro = pytest.importorskip("pyro")
    pyro.clear_param_store()
    pyro.set_rng_seed(0)

    def guide():
        mu = pyro.param("mu", START[0].clone())
        sigma = pyro.param("sigma", START[1].clone(), constraint=torch.distributions.constraints.positive)
        pyro.sample("z", pyro.distributions.Normal(mu, sigma).to_event(1))

    def model():
        pyro_model(pyro)

    loss = pyro.infer.Trace_ELBO(num_particles=20, vectorize_particles=True, max_plate_nesting=1)
    schedule = pyro.optim.ExponentialLR({"optimizer": torch.optim.Adam, "optim_args": {"lr": 0.05}, "gamma": 0.995})
    svi = pyro.infer.SVI(model, guide, schedule, loss)
    for _ in range(1000):
        svi.step()
        schedule.step()
    best_mu, best_sigma, top = best_q()
    mu, sigma = (pyro.param(name).detach() for name in ("mu", "sigma"))
    assert mu.tolist() == pytest.approx(best_mu, abs=0.03)
    assert sigma.tolist() == pytest.approx(best_sigma, abs=0.03)
    assert gradients.elbo(log_joint_2, mu, sigma).item() == pytest.approx(top, abs=0.002)
    many = pyro.infer.Trace_ELBO(num_particles=20_000, vectorize_particles=True, max_plate_nesting=1)
    assert -many.loss(model, guide) == pytest.approx(top, abs=0.02)
    pyro.clear_param_store()


@pytest.mark.equation("eq-grad-step")
@pytest.mark.parametrize(("mu", "sigma"), [(0.5, 1.0), (-1.0, 0.7), (2.0, 1.5)])
def test_a_jump_is_seen_by_heights_and_not_by_slopes(mu, sigma):
    truth = slopes(lambda z: float(z > 0), mu, sigma, 0.0)
    assert truth[0] == pytest.approx(stats.norm.pdf(0, mu, sigma), abs=1e-8)
    q, draws = (vector(mu), vector(sigma)), noise(100_000, 1, seed=6)

    def step(z):
        return torch.where(z[..., 0] > 0, 1.0, 0.0 * z[..., 0])

    assert off(gradients.score_function(step, *q, draws)[:, 0], truth) < 4
    assert gradients.pathwise(step, *q, draws).abs().max().item() == 0
    corner = slopes(abs, mu, sigma, 0.0)
    assert off(gradients.pathwise(lambda z: z[..., 0].abs(), *q, draws)[:, 0], corner) < 4


@pytest.mark.equation("eq-grad-edge")
@pytest.mark.parametrize("theta", [0.5, 1.0, 3.0])
def test_a_moving_edge_is_seen_by_the_path_and_not_by_heights(theta):

    def mean_square(end):
        return integral(lambda z: z**2 / end, 0, end)

    truth = (mean_square(theta + 1e-4) - mean_square(theta - 1e-4)) / 2e-4
    assert truth == pytest.approx(2 * theta / 3, abs=1e-7)
    assert integral(lambda u: 2 * theta * u * u, 0, 1) == pytest.approx(truth, abs=1e-7)
    assert integral(lambda z: z**2 * (-1 / theta) / theta, 0, theta) == pytest.approx(-theta / 3)


def test_the_coin_of_the_exercise_has_a_constant_that_removes_all_noise():
    p, f0, f1 = 0.3, 1.0, 3.0
    b = (1 - p) * f1 + p * f0
    score = vector(-1 / (1 - p), 1 / p)
    weights = vector(1 - p, p)
    assert (weights * vector(f0, f1) * score**2).sum() / (weights * score**2).sum() == pytest.approx(b)
    assert ((vector(f0, f1) - b) * score).tolist() == pytest.approx([f1 - f0, f1 - f0])

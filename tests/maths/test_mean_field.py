"""What the chapter "Mean field" claims, held against SciPy, quadrature, autograd and simulation."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from helpers import datasets, divergence, gaussian, mean_field
from helpers.figures import mean_field as figures

SCALE = (11000.0, 5080.0, 510.0, 170.0)  # reading, mean weight, spread, error of the scale, in grams
PRIOR = (200.0, 0.1, 1.0, 50.0)

correlations = st.floats(-0.98, 0.98)
widths = st.floats(0.1, 5)
means = st.floats(-4, 4)
dimensions = st.integers(1, 6)
seeds = st.integers(0, 10_000)


def random_gaussian(size, seed):
    """Mean, precision, and starting means of a posterior in ``size`` dimensions."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size))
    precision = root @ root.T + 0.2 * np.eye(size)
    return (torch.tensor(a) for a in (rng.normal(size=size), precision, 3 * rng.normal(size=size)))


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def climb(mu, precision, m, s, sweeps):
    """Every q on the way as (m, s), the start first."""
    yield m.clone(), s.clone()
    for _ in range(sweeps):
        for j in range(len(m)):
            m[j], s[j] = mean_field.update(j, m, mu, precision)
            yield m.clone(), s.clone()


@pytest.mark.equation("eq-mf-precision")
@given(widths, widths, correlations)
def test_the_precision_matrix_is_the_inverse_of_the_covariance(s1, s2, rho):
    covariance = np.array([[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]])
    ours = mean_field.precision_matrix([s1, s2], rho).numpy()
    assert ours == pytest.approx(np.linalg.inv(covariance), rel=1e-9)
    assert -ours[0, 1] / math.sqrt(ours[0, 0] * ours[1, 1]) == pytest.approx(rho, abs=1e-12)


@pytest.mark.equation("eq-mf-scale")
@given(st.floats(9000, 13000), st.floats(4000, 6000), st.floats(100, 900), st.floats(50, 900))
def test_two_birds_on_a_scale(x, mu, tau, sigma):
    """As a linear-Gaussian model, and by the slope and curvature of SciPy's log joint density."""
    mean, precision = mean_field.two_on_a_scale(x, mu, tau, sigma)
    gain = tau**2 / (2 * tau**2 + sigma**2)
    covariance = tau**2 * np.eye(2) - gain * tau**2 * np.ones((2, 2))  # conditioning x and z jointly
    assert mean.numpy() == pytest.approx(mu + gain * (x - 2 * mu), rel=1e-12)
    assert precision.numpy() == pytest.approx(np.linalg.inv(covariance), rel=1e-6)

    def log_joint(z):
        return gaussian.log_prob(z, mu, tau).sum() + gaussian.log_prob(x, z.sum(), sigma)

    assert torch.func.grad(log_joint)(mean).abs().max() < 1e-9
    assert -torch.func.jacrev(torch.func.grad(log_joint))(mean).numpy() == pytest.approx(precision.numpy(), rel=1e-9)


def test_the_scale_of_the_chapter_has_correlation_minus_nine_tenths():
    covariance = torch.linalg.inv(mean_field.two_on_a_scale(*SCALE)[1])
    assert (covariance[0, 1] / covariance[0, 0]).item() == pytest.approx(-0.9, abs=1e-12)


@pytest.mark.equation("eq-mf-factorised")
def test_a_product_of_normals_is_a_normal_with_diagonal_covariance_and_its_draws_are_uncorrelated():
    m, s, z = np.array([1.0, -2.0, 0.5]), np.array([0.3, 2.0, 1.0]), np.array([1.2, 0.0, -1.0])
    joint = stats.multivariate_normal(m, np.diag(s**2))
    assert np.prod(stats.norm.pdf(z, m, s)) == pytest.approx(joint.pdf(z), rel=1e-12)
    draws = joint.rvs(200_000, random_state=1)
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 4 / math.sqrt(200_000)


@pytest.mark.equation("eq-mf-elbo")
@settings(max_examples=20, deadline=None)
@given(means, means, st.floats(0.2, 2), st.floats(0.2, 2), st.floats(-0.95, 0.95))
def test_elbo_of_a_product_by_quadrature(m1, m2, s1, s2, rho):
    """Gauss-Hermite averages of the joint density (normalised here) and entropies, against minus the gap."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    z = np.stack(np.meshgrid(m1 + s1 * nodes, m2 + s2 * nodes, indexing="ij"), -1)
    log_p = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).logpdf(z)
    bound = weights @ log_p @ weights + stats.norm(0, s1).entropy() + stats.norm(0, s2).entropy()
    precision = mean_field.precision_matrix([1.0, 1.0], rho)
    assert -mean_field.gap([m1, m2], [s1, s2], [0.0, 0.0], precision).item() == pytest.approx(bound, abs=1e-8, rel=1e-9)


def random_table(seed, rows=4, columns=3):
    rng = np.random.default_rng(seed)
    log_p = rng.normal(size=(rows, columns)) * 2
    return (
        torch.tensor(log_p),
        torch.tensor(rng.dirichlet(np.ones(rows))),
        torch.tensor(rng.dirichlet(np.ones(columns))),
    )


@pytest.mark.equation("eq-mf-elbo", "eq-mf-one-factor", "eq-mf-optimal")
@settings(max_examples=50, deadline=None)
@given(seeds)
def test_in_a_table_the_elbo_falls_short_of_its_maximum_by_a_divergence(seed):
    """ELBO(q_1) = ELBO(best) - KL(q_1 ‖ best), for every q_1; the ELBO summed entry by entry."""
    log_p, q_1, q_2 = random_table(seed)
    best = mean_field.update_table(log_p, q_2)

    def by_hand(q):
        return sum(
            (q[i] * q_2[j] * (log_p[i, j] - q[i].log() - q_2[j].log())).item()
            for i in range(len(q))
            for j in range(len(q_2))
        )

    assert mean_field.elbo_table(log_p, q_1, q_2).item() == pytest.approx(by_hand(q_1), abs=1e-10)
    short = by_hand(best) - by_hand(q_1)
    assert short == pytest.approx(stats.entropy(q_1.numpy(), best.numpy()), abs=1e-10)
    assert short >= -1e-12


@pytest.mark.equation("eq-mf-optimal")
def test_no_other_factor_is_better_says_an_optimiser():
    log_p, _, q_2 = random_table(7)

    def minus_elbo(free):
        return -mean_field.elbo_table(log_p, torch.tensor(free).softmax(0), q_2).item()

    found = optimize.minimize(minus_elbo, np.zeros(4), tol=1e-12)
    best = mean_field.update_table(log_p, q_2)
    assert -found.fun == pytest.approx(mean_field.elbo_table(log_p, best, q_2).item(), abs=1e-8)
    assert np.exp(found.x) / np.exp(found.x).sum() == pytest.approx(best.numpy(), abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_in_a_table_no_update_lowers_the_elbo_which_stays_below_log_p(seed):
    log_p, q_1, q_2 = random_table(seed)
    evidence, before = log_p.flatten().logsumexp(0), mean_field.elbo_table(log_p, q_1, q_2)
    for _ in range(5):
        q_1 = mean_field.update_table(log_p, q_2)
        middle = mean_field.elbo_table(log_p, q_1, q_2)
        q_2 = mean_field.update_table(log_p.T, q_1)
        after = mean_field.elbo_table(log_p, q_1, q_2)
        assert before - 1e-10 <= middle <= after + 1e-10 and after <= evidence + 1e-10
        before = after


@settings(max_examples=60, deadline=None)
@given(dimensions, seeds)
def test_no_update_widens_the_gap_and_the_means_become_exact(size, seed):
    mu, precision, m = random_gaussian(size, seed)
    gaps = [mean_field.gap(*q, mu, precision).item() for q in climb(mu, precision, m, torch.ones_like(m), 6)]
    assert all(after <= before + 1e-9 * (1 + before) for before, after in zip(gaps, gaps[1:], strict=False))
    price = mean_field.price(precision).item()
    assert gaps[-1] >= price - 1e-9 and price >= -1e-9


@pytest.mark.equation("eq-mf-update")
@settings(max_examples=40, deadline=None)
@given(dimensions, seeds)
def test_the_update_is_where_the_gap_has_no_slope_in_mean_and_width(size, seed):
    mu, precision, m = random_gaussian(size, seed)
    j, s = seed % size, torch.full_like(m, 0.7)
    new_m, new_s = mean_field.update(j, m, mu, precision)
    chosen = torch.arange(size) == j

    def gap_at(own):
        return mean_field.gap(torch.where(chosen, own[0], m), torch.where(chosen, own[1], s), mu, precision)

    assert torch.func.grad(gap_at)(torch.stack([new_m, new_s])).abs().max() < 1e-8 * (1 + precision.abs().max())
    assert torch.linalg.eigvalsh(torch.func.jacrev(torch.func.grad(gap_at))(torch.stack([new_m, new_s]))).min() > 0


@pytest.mark.equation("eq-mf-update", "eq-mf-optimal")
def test_an_update_of_a_table_which_knows_no_gaussian_gives_the_gaussian_update():
    side = torch.linspace(-8, 8, 321, dtype=torch.float64)
    points = torch.cartesian_prod(side, side)
    log_p = gaussian.log_prob_bivariate(points, tensor(0.2, -0.4), tensor(1.0, 1.3), -0.8).reshape(321, 321)
    q_2 = gaussian.log_prob(side, 1.5, 0.6).softmax(0)
    q_1 = mean_field.update_table(log_p, q_2)
    precision = mean_field.precision_matrix([1.0, 1.3], -0.8)
    m, s = mean_field.update(0, [9.0, 1.5], [0.2, -0.4], precision)
    mean = (q_1 * side).sum()
    assert mean.item() == pytest.approx(m.item(), abs=1e-9)
    assert (q_1 * (side - mean) ** 2).sum().sqrt().item() == pytest.approx(s.item(), abs=1e-9)


@pytest.mark.equation("eq-mf-update", "eq-mf-width")
@given(widths, widths, correlations, means)
def test_the_best_factor_is_the_exact_conditional_at_the_other_mean(s1, s2, rho, m2):
    """Mean and variance of z_1 given z_2, by the rules for a joint normal."""
    m, s = mean_field.update(0, [50.0, m2], [0.3, -0.2], mean_field.precision_matrix([s1, s2], rho))
    assert m.item() == pytest.approx(0.3 + rho * s1 / s2 * (m2 + 0.2), abs=1e-8)
    assert s.item() == pytest.approx(s1 * math.sqrt(1 - rho**2), rel=1e-9)


@pytest.mark.equation("eq-mf-rate")
@given(widths, widths, correlations, means)
def test_a_sweep_multiplies_the_distance_by_rho_squared(s1, s2, rho, start):
    precision, m = mean_field.precision_matrix([s1, s2], rho), tensor(1.0, start)
    *_, (after, _) = climb(torch.zeros(2, dtype=torch.float64), precision, m.clone(), torch.ones(2).double(), 3)
    assert after[1].item() == pytest.approx(start * rho**6, abs=1e-9)


@pytest.mark.equation("eq-mf-total")
@settings(max_examples=40, deadline=None)
@given(dimensions, seeds)
def test_the_variance_splits_and_mean_field_keeps_the_first_part(size, seed):
    _, precision, _ = random_gaussian(size, seed)
    covariance = np.linalg.inv(precision.numpy())
    for j in range(size):
        rest = [k for k in range(size) if k != j]
        slopes = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[rest, j]) if rest else np.zeros(0)
        explained = slopes @ covariance[rest, j]  # Var(E[z_j | others]), by regression
        _, s = mean_field.update(j, np.zeros(size), np.zeros(size), precision)
        assert 1 / precision[j, j].item() + explained == pytest.approx(covariance[j, j], rel=1e-7)
        assert s.item() ** 2 == pytest.approx(covariance[j, j] - explained, rel=1e-6)


@pytest.mark.equation("eq-mf-gap")
@settings(max_examples=40, deadline=None)
@given(dimensions, seeds)
def test_the_gap_is_the_divergence_of_two_gaussians(size, seed):
    mu, precision, m = random_gaussian(size, seed)
    s = torch.linspace(0.3, 2, size, dtype=torch.float64)
    truth = divergence.kl_multivariate(m, torch.diag(s**2), mu, torch.linalg.inv(precision))
    assert mean_field.gap(m, s, mu, precision).item() == pytest.approx(truth.item(), rel=1e-7, abs=1e-8)


@pytest.mark.equation("eq-mf-gap")
def test_the_gap_by_simulation():
    mu, precision, m = random_gaussian(3, 5)
    s = np.array([0.5, 1.0, 0.4])
    z = np.random.default_rng(0).normal(m.numpy(), s, (400_000, 3))
    terms = stats.norm.logpdf(z, m.numpy(), s).sum(1)
    terms -= stats.multivariate_normal(mu.numpy(), np.linalg.inv(precision.numpy())).logpdf(z)
    error = terms.std() / math.sqrt(len(z))
    assert mean_field.gap(m, s, mu, precision).item() == pytest.approx(terms.mean(), abs=4 * error)


@pytest.mark.equation("eq-mf-price")
@given(widths, widths, correlations)
def test_the_price_of_a_product(s1, s2, rho):
    precision = mean_field.precision_matrix([s1, s2], rho)
    assert mean_field.price(precision).item() == pytest.approx(-0.5 * math.log(1 - rho**2), abs=1e-9)
    best = [s1 * math.sqrt(1 - rho**2), s2 * math.sqrt(1 - rho**2)]
    assert mean_field.gap([0.0, 0.0], best, [0.0, 0.0], precision).item() == pytest.approx(
        mean_field.price(precision).item(), abs=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(dimensions, seeds)
def test_no_product_pays_less_than_the_price(size, seed):
    mu, precision, m = random_gaussian(size, seed)
    s = torch.tensor(np.random.default_rng(seed).uniform(0.05, 3, size))
    assert mean_field.gap(m, s, mu, precision) >= mean_field.price(precision) - 1e-9


def test_on_the_scale_evidence_less_elbo_is_the_price():
    """ELBO from prior, reading and entropies; evidence by SciPy: neither knows the precision matrix."""
    x, mu_0, tau, sigma = SCALE
    mu, precision = mean_field.two_on_a_scale(*SCALE)
    _, s = mean_field.update(0, mu, mu, precision)
    each = gaussian.log_prob(mu, mu_0, tau) - s**2 / (2 * tau**2) + gaussian.entropy(s)
    bound = each.sum() + gaussian.log_prob(x, mu.sum(), sigma) - 2 * s**2 / (2 * sigma**2)
    evidence = stats.norm.logpdf(x, 2 * mu_0, math.hypot(tau, tau, sigma))
    assert evidence - bound.item() == pytest.approx(-0.5 * math.log(1 - 0.81), abs=1e-9)


@pytest.mark.equation("eq-mf-forward")
@given(correlations, widths, widths, means, means)
def test_the_other_direction_is_lowest_at_the_product_of_the_marginals(rho, s1, s2, m1, m2):
    """By the general divergence; at the marginals the two directions cost the same, the mutual information."""
    zero, exact = torch.zeros(2, dtype=torch.float64), np.array([[1.0, rho], [rho, 1.0]])

    def forward(m, s):
        return divergence.kl_multivariate(zero, exact, tensor(*m), torch.diag(tensor(*s) ** 2)).item()

    lowest = forward((0.0, 0.0), (1.0, 1.0))
    assert lowest == pytest.approx(-0.5 * math.log(1 - rho**2), abs=1e-9)
    apart = divergence.kl_gaussian(0.0, 1.0, m1, s1) + divergence.kl_gaussian(0.0, 1.0, m2, s2)
    assert forward((m1, m2), (s1, s2)) == pytest.approx(lowest + apart.item(), rel=1e-8, abs=1e-8)


@pytest.mark.equation("eq-mf-coverage")
@given(correlations, st.floats(0.1, 4))
def test_coverage_is_an_area_under_the_exact_marginal(rho, reach):
    ours = mean_field.coverage(rho, reach).item()
    assert ours == pytest.approx(2 * stats.norm.cdf(reach * math.sqrt(1 - rho**2)) - 1, abs=1e-12)
    assert mean_field.coverage(0.0).item() == pytest.approx(0.95, abs=1e-12)


def test_coverage_counted_on_the_scale():
    rng, (_, mu_0, tau, sigma), n = np.random.default_rng(3), SCALE, 200_000
    z = rng.normal(mu_0, tau, (n, 2))
    x = z.sum(1) + rng.normal(0, sigma, n)
    mean = mu_0 + tau**2 * (x - 2 * mu_0) / (2 * tau**2 + sigma**2)
    width = mean_field.two_on_a_scale(*SCALE)[1][0, 0].rsqrt().item()
    exact = mean_field.coverage(-0.9).item()
    counted = (np.abs(z[:, 0] - mean) < 1.959964 * width).mean()
    assert counted == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / n))


@pytest.mark.parametrize("copies", [1, 10, 1000])
def test_more_birds_do_not_untie_intercept_and_slope(copies):
    """A line through weights over lengths: the posterior of its two numbers under a wide prior and a known spread."""
    lengths = np.tile(datasets.penguins().of("Gentoo").flipper_length.numpy(), copies)

    def kept(x):
        """The correlation, and the best factors' widths as shares of the exact ones."""
        features = np.stack([np.ones_like(x), x], 1)
        precision = features.T @ features / 300**2 + np.diag([1e-12, 1e-12])
        covariance = np.linalg.inv(precision)
        _, s = mean_field.update(0, [0.0, 0.0], [0.0, 0.0], precision)
        rho = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
        return rho, s.item() / math.sqrt(covariance[0, 0])

    limit = -lengths.mean() / math.hypot(lengths.mean(), lengths.std())
    assert limit < -0.999
    assert kept(lengths) == pytest.approx((limit, math.sqrt(1 - limit**2)), abs=1e-4)
    assert kept(lengths - lengths.mean()) == pytest.approx((0, 1), abs=1e-6)


@pytest.mark.equation("eq-mf-update", "eq-mf-width")
def test_averaging_logarithms_keeps_the_curvature_and_averaging_densities_gives_the_exact_width():
    """One bell of z_1 for each z_2, by SciPy: the two averages over z_2 that the chapter compares."""
    rho, z_1 = -0.9, np.linspace(-9, 9, 3601)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    bells = stats.norm(rho * nodes[:, None], math.sqrt(1 - rho**2)).logpdf(z_1)
    of_logs, of_densities = np.exp(weights @ bells), weights @ np.exp(bells)

    def width(density):
        return math.sqrt((density * z_1**2).sum() / density.sum())

    assert width(of_logs) == pytest.approx(math.sqrt(1 - rho**2), rel=1e-9)
    assert width(of_densities) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("size", "rho"), [(2, 0.9), (3, 0.5), (10, 0.2), (1000, 0.3)])
def test_many_equally_correlated_quantities(size, rho):
    """The pencil exercise."""
    precision = np.linalg.inv((1 - rho) * np.eye(size) + rho)
    expected = (1 - rho) * (1 + (size - 1) * rho) / (1 + (size - 2) * rho)
    assert 1 / precision[0, 0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("size", "grows"), [(2, False), (3, True)])
def test_all_at_once_explodes_with_three_birds_and_not_with_two(size, grows):
    """The exercise: the largest factor of a simultaneous sweep."""
    precision = 0.1 * np.eye(size) + 0.9
    radius = np.abs(np.linalg.eigvalsh(precision - np.eye(size))).max()
    assert (radius > 1) == grows and radius == pytest.approx(0.9 * (size - 1))


def test_one_hump_of_two_costs_log_2():
    side = torch.linspace(-6, 6, 241, dtype=torch.float64)
    points = torch.cartesian_prod(side, side)
    humps = [gaussian.log_prob(points, at, 0.5).sum(1) for at in (-2.0, 2.0)]
    log_p = torch.logaddexp(*humps).log_softmax(0).reshape(241, 241)
    q_2 = gaussian.log_prob(side, 0.5, 1.0).softmax(0)
    for _ in range(30):
        q_1 = mean_field.update_table(log_p, q_2)
        q_2 = mean_field.update_table(log_p.T, q_1)
    assert -mean_field.elbo_table(log_p, q_1, q_2).item() == pytest.approx(math.log(2), abs=1e-5)
    assert (q_1 * side).sum().item() == pytest.approx(2, abs=1e-4)


# A mean and a precision, both unknown.


def flippers(n):
    return datasets.penguins().of("Gentoo").flipper_length[:n]


def log_joint(x, mu, lam):
    """By SciPy, from the definition of the model."""
    mu_0, kappa_0, a_0, b_0 = PRIOR
    prior = stats.norm.logpdf(mu, mu_0, 1 / np.sqrt(kappa_0 * lam)) + stats.gamma.logpdf(lam, a_0, scale=1 / b_0)
    return prior + stats.norm.logpdf(np.asarray(x)[:, None], mu, 1 / np.sqrt(lam)).sum(0)


@pytest.mark.equation("eq-mf-normal-joint", "eq-mf-normal-posterior", "eq-mf-normal-evidence")
@pytest.mark.parametrize("n", [1, 3, 30])
def test_joint_density_over_posterior_is_the_evidence_everywhere(n):
    x = flippers(n)
    exact = mean_field.normal_posterior(x, *PRIOR)
    evidence = mean_field.normal_evidence(x, *PRIOR).item()
    rng = np.random.default_rng(n)
    mu, lam = rng.uniform(200, 230, 50), rng.uniform(0.005, 0.2, 50)
    ours = mean_field.normal_gamma_log_prob(mu, lam, *exact).numpy()
    assert log_joint(x, mu, lam) - ours == pytest.approx(np.full(50, evidence), abs=1e-8)
    mu_n, kappa_n, a_n, b_n = (value.item() for value in exact)
    written = (a_n - 0.5) * np.log(lam) - b_n * lam - 0.5 * kappa_n * lam * (mu - mu_n) ** 2
    assert np.ptp(written - log_joint(x, mu, lam)) < 1e-8


@pytest.mark.equation("eq-mf-normal-evidence")
def test_evidence_by_quadrature():
    x = flippers(3)

    def over_mu(lam):
        middle, width = x.mean().item(), 1 / math.sqrt(lam)
        inner, _ = integrate.quad(
            lambda mu: math.exp(log_joint(x, np.array([mu]), lam)[0]),
            middle - 9 * width, middle + 9 * width, points=[middle], epsabs=0, epsrel=1e-9,
        )  # fmt: skip
        return inner

    total, _ = integrate.quad(over_mu, 1e-6, 0.3, points=[0.01, 0.05], epsabs=0, epsrel=1e-7)
    assert math.log(total) == pytest.approx(mean_field.normal_evidence(x, *PRIOR).item(), abs=1e-5)


@pytest.mark.equation("eq-mf-normal-posterior")
def test_the_mean_alone_is_student_and_the_precision_alone_a_gamma():
    exact = mean_field.normal_posterior(flippers(3), *PRIOR)
    mu_n, kappa_n, a_n, b_n = (value.item() for value in exact)
    t = np.linspace(190, 240, 11)
    theirs = stats.t.logpdf(t, 2 * a_n, mu_n, math.sqrt(b_n / (a_n * kappa_n)))
    assert mean_field.mean_log_prob(t, *exact).numpy() == pytest.approx(theirs, abs=1e-10)


def fixed_point(exact, v=3.0, sweeps=80):
    mu_n, kappa_n, a_n, b_n = exact
    m, v = mu_n + 5, torch.tensor(v, dtype=torch.float64)
    for _ in range(sweeps):
        a, b = mean_field.update_precision(m, v, *exact)
        m, v = mean_field.update_mean(a / b, mu_n, kappa_n)
    return m, v, a, b


@settings(max_examples=25, deadline=None)
@given(st.floats(210, 224), st.floats(0.5, 60), st.floats(1.2, 20), st.floats(40, 1500))
def test_the_gap_of_mean_and_precision_by_quadrature(m, v, a, b):
    """Over log lambda by SciPy, over mu at Gauss-Hermite nodes, where the average of a square is exact."""
    exact = mean_field.normal_posterior(flippers(3), *PRIOR)
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    mu, weights = m + math.sqrt(v) * nodes, weights / weights.sum()
    q_lam = stats.gamma(a, scale=1 / b)

    def integrand(t):
        lam = math.exp(t)
        log_q = stats.norm.logpdf(mu, m, math.sqrt(v)) + q_lam.logpdf(lam)
        log_p = mean_field.normal_gamma_log_prob(mu, lam, *exact).numpy()
        return q_lam.pdf(lam) * lam * (weights @ (log_q - log_p))

    middle = math.log(a / b)
    ends = (middle - 30, middle - 6, middle - 2, middle, middle + 1, middle + 4)
    truth = math.fsum(integrate.quad(integrand, *ends[k : k + 2], epsabs=1e-11, epsrel=1e-10)[0] for k in range(5))
    ours = mean_field.normal_gap(m, v, a, b, *exact).item()
    assert ours == pytest.approx(truth, rel=1e-7, abs=1e-7)


@pytest.mark.equation("eq-mf-normal-mean", "eq-mf-normal-precision")
@pytest.mark.parametrize("n", [1, 3, 30])
def test_both_updates_are_where_the_gap_has_no_slope(n):
    exact = mean_field.normal_posterior(flippers(n), *PRIOR)
    a, b = tensor(3.0)[0], tensor(150.0)[0]
    m, v = mean_field.update_mean(a / b, exact[0], exact[1])
    slope = torch.func.grad(lambda q: mean_field.normal_gap(q[0], q[1], a, b, *exact))(torch.stack([m, v]))
    assert slope.abs().max() < 1e-10
    m, v = exact[0] + 2, tensor(8.0)[0]
    a, b = mean_field.update_precision(m, v, *exact)
    slope = torch.func.grad(lambda q: mean_field.normal_gap(m, v, q[0], q[1], *exact))(torch.stack([a, b]))
    assert slope.abs().max() < 1e-10


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.floats(200, 230), st.floats(0.5, 100), st.floats(0.5, 30), st.floats(10, 2000))
def test_no_update_of_mean_or_precision_widens_the_gap(n, m, v, a, b):
    exact = mean_field.normal_posterior(flippers(n), *PRIOR)
    q = (m, v, a, b)
    before = mean_field.normal_gap(*q, *exact)
    for _ in range(4):
        q = (*mean_field.update_mean(q[2] / torch.as_tensor(q[3]).double(), exact[0], exact[1]), *q[2:])
        middle = mean_field.normal_gap(*q, *exact)
        q = (*q[:2], *mean_field.update_precision(*q[:2], *exact))
        after = mean_field.normal_gap(*q, *exact)
        assert after - 1e-9 <= middle <= before + 1e-9
        before = after
    assert before >= mean_field.normal_price(exact[2]) - 1e-9


@pytest.mark.equation("eq-mf-normal-fixed", "eq-mf-normal-price")
@pytest.mark.parametrize("n", [1, 2, 3, 10, 30])
def test_where_the_updates_rest_and_what_they_cost(n):
    exact = mean_field.normal_posterior(flippers(n), *PRIOR)
    _, kappa_n, a_n, b_n = (value.item() for value in exact)
    m, v, a, b = fixed_point(exact)
    assert b.item() == pytest.approx(b_n * (a_n + 0.5) / a_n, rel=1e-10)
    assert (a / b).item() == pytest.approx(stats.gamma(a_n, scale=1 / b_n).mean(), rel=1e-10)
    assert v.item() == pytest.approx(b_n / (kappa_n * a_n), rel=1e-10)
    left = mean_field.normal_gap(m, v, a, b, *exact).item()
    assert left == pytest.approx(mean_field.normal_price(a_n).item(), abs=1e-10)
    student = stats.t(2 * a_n, scale=math.sqrt(b_n / (a_n * kappa_n)))
    assert v.item() / student.var() == pytest.approx((a_n - 1) / a_n, rel=1e-10)
    ratio = stats.gamma(a.item(), scale=1 / b.item()).var() / stats.gamma(a_n, scale=1 / b_n).var()
    assert ratio == pytest.approx(a_n / (a_n + 0.5), rel=1e-10)


def test_the_price_fades_as_birds_are_added():
    prices = mean_field.normal_price(torch.arange(1.5, 200, 0.5, dtype=torch.float64))
    assert (prices.diff() < 0).all() and prices[-1] < 0.003


def test_mean_and_precision_are_uncorrelated_and_not_independent():
    _, kappa_n, a_n, b_n = (value.item() for value in mean_field.normal_posterior(flippers(3), *PRIOR))
    rng = np.random.default_rng(2)
    lam = rng.gamma(a_n, 1 / b_n, 400_000)
    off = rng.normal(0, 1 / np.sqrt(kappa_n * lam))
    assert abs(np.corrcoef(off, lam)[0, 1]) < 4 / math.sqrt(400_000)
    assert np.corrcoef(np.abs(off), lam)[0, 1] < -0.2


@pytest.mark.parametrize("depth", [0.5, 2.0])
def test_the_contours_of_the_figure_are_level(depth):
    """The figure's curve, put back into both densities over mean and log sigma."""
    exact = mu_n, kappa_n, a_n, b_n = mean_field.normal_posterior(flippers(3), *PRIOR)
    scale = (b_n / (a_n + 0.5)).sqrt()
    mu, sigma = figures.oval(mu_n, lambda s: s / kappa_n.sqrt(), a_n + 0.5, scale, tensor(depth)[0])
    top = mean_field.normal_gamma_log_prob(mu_n, scale**-2, *exact) + scale.log() * -2
    height = mean_field.normal_gamma_log_prob(mu, sigma**-2, *exact) + sigma.log() * -2
    assert (top - height).numpy() == pytest.approx(np.full(121, depth), abs=1e-7)
    a, w = a_n + 0.5, tensor(4.0)[0]
    mu, sigma = figures.oval(mu_n, lambda s: w, a, tensor(7.0)[0], tensor(depth)[0])
    height = stats.gamma.logpdf(sigma.numpy() ** -2, a.item(), scale=1 / (49 * a.item())) - 2 * np.log(sigma.numpy())
    height += stats.norm.logpdf(mu.numpy(), mu_n.item(), 4.0)
    peak = stats.gamma.logpdf(1 / 49, a.item(), scale=1 / (49 * a.item())) - 2 * math.log(7)
    peak += stats.norm.logpdf(0, 0, 4.0)
    assert peak - height == pytest.approx(np.full(121, depth), abs=1e-7)

"""Chapter "Kullback-Leibler": its claims against SciPy's quadrature, simulation with standard errors, and autograd."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from helpers import divergence, fit_q

centres, widths = st.floats(-5, 5), st.floats(0.5, 5)
distances, weights = st.floats(0, 8), st.floats(0.1, 0.9)
QS = [(1.0, 1.5, 7.0, 0.5), (-5.0, 0.5, 8.0, 0.1), (0.0, 5.0, 8.0, 0.9), (2.0, 1.0, 0.0, 0.3), (-1.0, 2.0, 3.5, 0.6)]


def log_target(z, distance, weight):
    left, right = stats.norm.logpdf(z, -distance / 2), stats.norm.logpdf(z, distance / 2)
    return np.logaddexp(math.log(1 - weight) + left, math.log(weight) + right)


def quadrature(height, *peaks):
    return integrate.quad(height, -60, 60, points=sorted({*peaks, 0.0}), epsabs=1e-12, limit=500)[0]


def reverse(mu, sigma, distance, weight):
    q = stats.norm(mu, sigma)
    return quadrature(lambda z: q.pdf(z) * (q.logpdf(z) - log_target(z, distance, weight)), mu - sigma, mu, mu + sigma)


def forward(mu, sigma, distance, weight):
    q = stats.norm(mu, sigma)

    def height(z):
        log_p = log_target(z, distance, weight)
        return math.exp(log_p) * (log_p - q.logpdf(z))

    return quadrature(height, -distance / 2, distance / 2)


@pytest.mark.equation("eq-kl-two-humps")
@given(st.floats(-30, 30), distances, weights)
def test_the_target_is_scipys_mixture(z, distance, weight):
    assert fit_q.log_p(z, distance, weight).item() == pytest.approx(log_target(z, distance, weight), rel=1e-12)


def test_a_target_may_have_one_hump():
    assert fit_q.log_p(1.0, 4.0, 0.0).item() == pytest.approx(stats.norm.logpdf(1, -2))


@pytest.mark.equation("eq-kl", "eq-kl-reverse", "eq-kl-forward")
@pytest.mark.parametrize("arguments", QS)
def test_both_directions_are_scipys_integrals(arguments):
    assert fit_q.reverse_kl(*arguments).item() == pytest.approx(reverse(*arguments), rel=1e-9, abs=1e-9)
    assert fit_q.forward_kl(*arguments).item() == pytest.approx(forward(*arguments), rel=1e-9, abs=1e-9)


def test_a_map_is_made_of_single_values():
    mu, sigma = torch.tensor([-1.0, 2.0], dtype=torch.float64), torch.tensor([[0.7], [1.0], [3.0]], dtype=torch.float64)
    for kl in (fit_q.reverse_kl, fit_q.forward_kl):
        surface = kl(mu, sigma, 6.0, 0.4)
        assert surface.shape == (3, 2)
        assert surface[2, 1].item() == pytest.approx(kl(2.0, 3.0, 6.0, 0.4).item(), rel=1e-13)


@pytest.mark.equation("eq-kl-nonnegative")
@given(centres, widths, distances, weights)
def test_never_negative(mu, sigma, distance, weight):
    assert fit_q.reverse_kl(mu, sigma, distance, weight).item() >= -1e-12
    assert fit_q.forward_kl(mu, sigma, distance, weight).item() >= -1e-12
    for u in (sigma, sigma / 5):
        assert math.log(u) <= u - 1


@pytest.mark.equation("eq-kl-nonnegative")
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6), st.floats(0.05, 1))
def test_never_negative_also_where_one_has_nothing(pairs, apart):
    q, p = torch.tensor(pairs, dtype=torch.float64).T + torch.tensor([[1e-3], [0.0]])
    if p.sum() > 0:
        q, p = q / q.sum(), p / p.sum()
        assert divergence.kl_categorical(q, p).item() >= -1e-14
        assert divergence.kl_categorical(q, q).item() == 0
    assert divergence.kl_gaussian(0, 1, apart, 1).item() > 0


@pytest.mark.equation("eq-kl-jensen")
@pytest.mark.parametrize("convex", [lambda u: -np.log(u), np.square, np.exp, lambda u: np.abs(u - 1)])
@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 5)), min_size=1, max_size=6))
def test_jensen(convex, pairs):
    shares, values = np.array(pairs).T
    shares = shares / shares.sum()
    assert shares @ convex(values) >= convex(shares @ values) - 1e-12


@pytest.mark.equation("eq-kl-invariance")
@pytest.mark.parametrize("arguments", [(0.3, 0.5, -0.2, 0.8), (1.0, 0.4, 0.0, 0.6)])
def test_a_bent_axis_changes_nothing(arguments):
    """y = exp(z) turns Gaussians into lognormals, whose heights are others and whose divergence is the same."""
    mu_q, sigma_q, mu_p, sigma_p = arguments
    q, p = stats.lognorm(sigma_q, scale=math.exp(mu_q)), stats.lognorm(sigma_p, scale=math.exp(mu_p))
    bent = integrate.quad(lambda y: q.pdf(y) * (q.logpdf(y) - p.logpdf(y)), 1e-12, 60, points=[1, 4], limit=400)[0]
    assert bent == pytest.approx(divergence.kl_gaussian(*arguments).item(), rel=1e-7)
    centimetres = divergence.kl_gaussian(*(value / 10 for value in arguments)).item()
    assert centimetres == pytest.approx(divergence.kl_gaussian(*arguments).item(), rel=1e-12)


@pytest.mark.equation("eq-kl-diagonal", "eq-kl-gaussian")
@given(st.lists(st.tuples(centres, widths, centres, widths), min_size=1, max_size=5))
def test_independent_coordinates_add_up(coordinates):
    mu_q, sigma_q, mu_p, sigma_p = torch.tensor(coordinates, dtype=torch.float64).T
    ours = divergence.kl_gaussian(mu_q, sigma_q, mu_p, sigma_p).sum().item()
    pair = (torch.distributions.MultivariateNormal(m, s.square().diag()) for m, s in ((mu_q, sigma_q), (mu_p, sigma_p)))
    truth = torch.distributions.kl_divergence(*pair).item()
    assert ours == pytest.approx(truth, rel=1e-9, abs=1e-11)
    full = divergence.kl_multivariate(mu_q, sigma_q.square().diag(), mu_p, sigma_p.square().diag()).item()
    assert ours == pytest.approx(full, rel=1e-9, abs=1e-11)


@pytest.mark.equation("eq-kl-multivariate")
def test_the_trace_is_a_mean_of_quadratic_forms():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 3))
    covariance_q, precision_p = a @ a.T + np.eye(3), np.linalg.inv(b @ b.T + np.eye(3))
    z = rng.multivariate_normal(np.zeros(3), covariance_q, size=100_000)
    for matrix in (precision_p, np.linalg.inv(covariance_q)):
        forms = np.einsum("ni,ij,nj->n", z, matrix, z)
        assert abs(forms.mean() - np.trace(matrix @ covariance_q)) < 4 * forms.std() / len(z) ** 0.5


RUNS = 40_000


@pytest.fixture(scope="module", params=[(0.5, 4), (1.0, 1), (1.5, 3)], ids=str)
def simulated(request):
    m, draws = request.param
    z = m + torch.randn(draws, RUNS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    log_q, log_p = (torch.tensor(stats.norm.logpdf(z, mean)) for mean in (m, 0))
    return m, draws, log_q, log_p


@pytest.mark.equation("eq-kl-negative-share", "eq-kl-monte-carlo")
def test_how_often_a_plain_estimate_is_negative(simulated):
    m, draws, log_q, log_p = simulated
    below = (divergence.kl_monte_carlo(log_q, log_p) < 0).double().mean().item()
    share = stats.norm.cdf(-m * draws**0.5 / 2)
    assert abs(below - share) < 4 * (share * (1 - share) / RUNS) ** 0.5


@pytest.mark.equation("eq-kl-nonnegative-estimate")
def test_the_other_estimate_has_the_same_mean_and_is_never_negative(simulated):
    m, _, log_q, log_p = simulated
    estimates = divergence.kl_nonnegative(log_q, log_p)
    assert estimates.min() >= 0
    assert abs(estimates.mean().item() - m**2 / 2) < 4 * estimates.std().item() / RUNS**0.5


@pytest.mark.equation("eq-kl-nonnegative-estimate", "eq-kl-spread")
@pytest.mark.parametrize("m", [0.1, 0.5, 1.0, 2.0])
def test_moments_of_the_terms(m):
    def log_r(z):
        return stats.norm.logpdf(z) - stats.norm.logpdf(z, m)

    def mean(term):
        return quadrature(lambda z: stats.norm.pdf(z, m) * term(z), m, -m)

    def other(z):
        return math.expm1(log_r(z)) - log_r(z)

    assert mean(other) == pytest.approx(m**2 / 2, rel=1e-9)
    assert mean(lambda z: (other(z) - m**2 / 2) ** 2) == pytest.approx(math.expm1(m**2) - m**2, rel=1e-8)
    assert mean(lambda z: math.expm1(log_r(z)) ** 2) == pytest.approx(math.expm1(m**2), rel=1e-8)
    assert mean(lambda z: math.expm1(log_r(z)) * (log_r(z) + m**2 / 2)) == pytest.approx(m**2, rel=1e-8)


@given(st.lists(st.tuples(st.floats(-20, 0), st.floats(-20, 0)), min_size=1, max_size=8))
def test_the_other_estimate_of_any_draws(pairs):
    log_q, log_p = torch.tensor(pairs, dtype=torch.float64).T
    assert divergence.kl_nonnegative(log_q, log_p).item() >= 0


@pytest.mark.equation("eq-kl-moments", "eq-kl-forward")
@pytest.mark.parametrize(("distance", "weight"), [(7.0, 0.5), (8.0, 0.1), (0.0, 0.4), (3.0, 0.8)])
def test_moments_of_the_target_are_the_lowest_place(distance, weight):
    mu, sigma = (value.item() for value in fit_q.match_moments(distance, weight))
    first, second = (
        quadrature(lambda z, k=k: z**k * math.exp(log_target(z, distance, weight)), -distance / 2, distance / 2)
        for k in (1, 2)
    )
    assert mu == pytest.approx(first, abs=1e-9)
    assert sigma**2 == pytest.approx(second - first**2, rel=1e-9)
    best = optimize.minimize(
        lambda q: forward(q[0], math.exp(q[1]), distance, weight), (0.5, 0.5), method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12},
    )  # fmt: skip
    assert (best.x[0], math.exp(best.x[1])) == pytest.approx((mu, sigma), abs=1e-5)


@pytest.mark.equation("eq-kl-step")
@given(centres, widths, distances, weights)
def test_no_step_climbs(mu, sigma, distance, weight):
    values = fit_q.reverse_kl(*fit_q.descend(mu, sigma, distance, weight, 6), distance, weight)
    assert (values.diff() <= 1e-12).all()


@pytest.mark.equation("eq-kl-step")
@settings(deadline=None)
@given(centres, widths, distances, weights)
def test_a_step_solves_what_autograd_says(mu, sigma, distance, weight):
    """With the expectations of the old q held, both derivatives vanish: grad = own part - what q's old place gives."""
    place = torch.tensor([mu, sigma], dtype=torch.float64)
    slope_mu, slope_sigma = torch.func.grad(lambda q: fit_q.reverse_kl(q[0], q[1], distance, weight))(place).tolist()
    new_mu, new_sigma = (value.item() for value in fit_q.step(mu, sigma, distance, weight))
    assert new_mu == pytest.approx(mu - slope_mu, abs=1e-8)
    assert new_sigma - 1 / new_sigma == pytest.approx(sigma - 1 / sigma - slope_sigma, abs=1e-8)


@pytest.mark.equation("eq-kl-step")
@pytest.mark.parametrize(("start", "distance", "weight"), [((1.0, 1.0), 7.0, 0.5), ((-2.0, 1.0), 6.0, 0.3)])
def test_it_comes_to_rest_where_scipy_does(start, distance, weight):
    mu, sigma = (path[-1].item() for path in fit_q.descend(*start, distance, weight, 300))
    best = optimize.minimize(
        lambda q: reverse(q[0], math.exp(q[1]), distance, weight), (mu + 0.2, 0.1), method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12},
    )  # fmt: skip
    assert (best.x[0], math.exp(best.x[1])) == pytest.approx((mu, sigma), abs=1e-5)


def valleys(kl):
    """Inner cells of a map which lie below all eight neighbours."""
    mu, sigma = torch.linspace(-6, 6, 97, dtype=torch.float64), torch.linspace(0.5, 5, 73, dtype=torch.float64)
    surface = kl(mu, sigma[:, None], 6.0, 0.5).numpy()
    inner = surface[1:-1, 1:-1]
    shifts = [(i, j) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]
    around = np.stack([surface[i : i + inner.shape[0], j : j + inner.shape[1]] for i, j in shifts])
    return sorted(inner[(inner < around).all(0)])


def test_one_valley_and_three():
    assert len(valleys(fit_q.forward_kl)) == 1
    left, right, middle = valleys(fit_q.reverse_kl)
    assert left == pytest.approx(right, abs=1e-9) and left < math.log(2) < middle


@pytest.mark.parametrize(("distance", "lowest"), [(5.0, "middle"), (6.0, "hump")])
def test_which_valley_is_the_lowest(distance, lowest):
    starts = {"hump": (distance / 2, 1.0), "middle": (0.0, distance / 2)}
    depth = {
        name: fit_q.reverse_kl(*(path[-1] for path in fit_q.descend(*start, distance, 0.5, 400)), distance, 0.5).item()
        for name, start in starts.items()
    }
    assert min(depth, key=depth.get) == lowest


@given(distances, weights)
def test_ignoring_a_hump_costs_at_most_its_log_share(distance, weight):
    assert fit_q.reverse_kl(distance / 2, 1.0, distance, weight).item() <= -math.log(weight) + 1e-12


def test_a_detour_may_be_shorter():
    detour = divergence.kl_gaussian(0, 1, 1, 1) + divergence.kl_gaussian(1, 1, 2, 1)
    assert divergence.kl_gaussian(0, 1, 2, 1).item() == 2 > detour.item() == 1

"""Bounds for each K, their errors and a mixture of Bernoullis, against SciPy, torch.distributions and quadrature."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats
from torch import distributions as td

from helpers import elbo, evaluation, linear_gaussian

SHIFTS = [(0.0, 1.0), (1.0, 0.8), (0.5, 1.5), (2.0, 1.2), (0.3, 0.72)]


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def two_latents():
    """A linear model with orthogonal columns, a row, and SciPy's density of that row."""
    rows = noise(200, 4) * torch.tensor([4.0, 2.0, 1.0, 0.8], dtype=torch.float64) @ noise(4, 4, seed=1)
    model = linear_gaussian.fit(rows, 2)
    weights, mu, sigma = model
    exact = stats.multivariate_normal(
        mu.numpy(), (weights @ weights.mT + sigma**2 * torch.eye(4, dtype=torch.float64)).numpy()
    )
    return rows[7], model, exact.logpdf(rows[7].numpy())


def relative_variance_by_quadrature(d, t):
    """Of posterior N(0, 1) over q = N(d, t²)."""

    def second(z):
        return math.exp(2 * stats.norm.logpdf(z) - stats.norm.logpdf(z, d, t))

    return integrate.quad(second, -60, 60, points=[-5, 0, 5], limit=500, epsabs=1e-12)[0] - 1


def lattice_bound(k, log_values, probabilities):
    """L_K for a weight with a few possible values: a sum over all K-tuples."""
    values, total = np.exp(log_values), 0.0
    for one in itertools.product(range(len(values)), repeat=k):
        total += np.prod(probabilities[list(one)]) * math.log(np.mean(values[list(one)]))
    return total


LATTICES = [
    (np.log([0.2, 1.0, 3.0]), np.array([0.3, 0.5, 0.2])),
    (np.log([0.01, 5.0, 2.0]), np.array([0.6, 0.1, 0.3])),
    (np.log([2.0, 2.0, 2.0]), np.array([0.2, 0.2, 0.6])),
]


@pytest.mark.equation("eq-iwae")
def test_each_group_of_draws_gives_the_log_of_its_mean_weight():
    log_w = 3 * noise(23, 2) - 900
    for k in (1, 2, 5, 23):
        groups = 23 // k
        truth = [special.logsumexp(log_w[i * k : (i + 1) * k].numpy(), axis=0) - math.log(k) for i in range(groups)]
        assert evaluation.bounds(log_w, k).numpy() == pytest.approx(np.array(truth), rel=1e-12)


@pytest.mark.equation("eq-iwae", "eq-effective-sample-size")
def test_running_values_are_those_of_the_first_draws():
    log_w = 3 * noise(3, 50) - 200
    bounds, sizes = evaluation.running(log_w)
    for k in (1, 2, 17, 50):
        assert bounds[:, k - 1].numpy() == pytest.approx(
            special.logsumexp(log_w[:, :k].numpy(), axis=1) - math.log(k), rel=1e-12
        )
        shares = special.softmax(log_w[:, :k].numpy(), axis=1)
        assert sizes[:, k - 1].numpy() == pytest.approx(1 / (shares**2).sum(1), rel=1e-9)
        assert sizes[:, k - 1].numpy() == pytest.approx(elbo.effective_sample_size(log_w[:, :k].mT).numpy(), rel=1e-9)


@pytest.mark.equation("eq-evaluation-jensen", "eq-evaluation-monotone")
@pytest.mark.parametrize(("log_values", "probabilities"), LATTICES)
def test_the_bound_rises_with_k_and_stays_below(log_values, probabilities):
    log_p = math.log(probabilities @ np.exp(log_values))
    bounds = [lattice_bound(k, log_values, probabilities) for k in range(1, 8)]
    assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(bounds))
    assert all(bound <= log_p + 1e-12 for bound in bounds)
    if np.ptp(log_values) > 0:
        assert bounds[0] < bounds[1] < bounds[6] < log_p


@pytest.mark.equation("eq-evaluation-monotone")
def test_the_average_over_subsets_is_the_average_of_all():
    w = noise(6).exp()
    for size in (1, 2, 4):
        subsets = [w[list(subset)].mean().item() for subset in itertools.combinations(range(6), size)]
        assert np.mean(subsets) == pytest.approx(w.mean().item())


@pytest.mark.equation("eq-evaluation-markov")
@pytest.mark.parametrize(("log_values", "probabilities"), LATTICES)
@pytest.mark.parametrize("k", [1, 3, 5])
def test_far_too_high_is_seldom(log_values, probabilities, k):
    mean = probabilities @ np.exp(log_values)
    chances = {}
    for one in itertools.product(range(3), repeat=k):
        excess = math.log(np.exp(log_values)[list(one)].mean() / mean)
        chances[one] = (excess, np.prod(probabilities[list(one)]))
    for t in (0.01, 0.3, 0.7, 1.0, 1.3, 2.0):
        assert sum(chance for excess, chance in chances.values() if excess >= t) <= math.exp(-t) + 1e-12


@pytest.mark.equation("eq-evaluation-bias")
def test_the_bias_falls_as_one_over_k():
    """L_K of a two-valued weight is a binomial sum, so that large K are exact too."""
    low, high, chance = 0.5, 2.0, 0.3
    mean = chance * high + (1 - chance) * low
    variance = chance * (1 - chance) * (high - low) ** 2 / mean**2
    for k, within in ((10, 0.1), (100, 0.01), (1000, 0.001)):
        count = np.arange(k + 1)
        bound = stats.binom.pmf(count, k, chance) @ np.log((count * high + (k - count) * low) / k)
        missing = math.log(mean) - bound
        assert missing == pytest.approx(evaluation.bias(torch.tensor(variance), k).item(), rel=within)


@pytest.mark.equation("eq-evaluation-gaussian")
@pytest.mark.parametrize(("d", "t"), SHIFTS)
def test_the_relative_variance_is_the_integral(d, t):
    ours = evaluation.relative_variance([d], [t]).item()
    assert ours == pytest.approx(relative_variance_by_quadrature(d, t), rel=1e-7, abs=1e-9)


@pytest.mark.equation("eq-evaluation-gaussian")
def test_independent_latents_multiply_and_a_narrow_one_makes_it_infinite():
    d, t = zip(*SHIFTS[:3], strict=True)
    product = math.prod(1 + relative_variance_by_quadrature(*one) for one in SHIFTS[:3])
    assert evaluation.relative_variance(d, t).item() == pytest.approx(product - 1, rel=1e-7)
    assert evaluation.relative_variance([0.0, 0.0], [0.7, 2.0]).item() == math.inf
    assert evaluation.relative_variance([0.0, 0.0], [0.6, 2.0]).item() == math.inf
    assert math.isfinite(evaluation.relative_variance([0.0], [0.5**0.5 + 1e-6]).item())

    def cut(reach, t):
        second = lambda z: math.exp(2 * stats.norm.logpdf(z) - stats.norm.logpdf(z, 0, t))  # noqa: E731
        return integrate.quad(second, -reach, reach, limit=500)[0]

    assert cut(20, 0.6) > 1e6 * cut(10, 0.6)  # the integral grows without limit as more of the line is added
    assert cut(20, 0.8) == pytest.approx(cut(10, 0.8), rel=1e-6)


@pytest.mark.equation("eq-effective-sample-size")
@pytest.mark.parametrize(("d", "t"), [(0.5, 1.5), (0.5, 1.1), (0.0, 2.0)])
def test_in_the_long_run_the_share_of_effective_draws_is_one_over_one_plus_v(d, t):
    z = d + t * noise(400_000)
    log_w = torch.tensor(stats.norm.logpdf(z) - stats.norm.logpdf(z, d, t))
    share = elbo.effective_sample_size(log_w).item() / len(z)
    assert share == pytest.approx(1 / (1 + relative_variance_by_quadrature(d, t)), rel=0.02)


@pytest.mark.equation("eq-vae-log-weight")
@pytest.mark.parametrize(("offset", "width"), [(0.0, 1.0), (1.0, 0.8), (0.5, 2.0)])
def test_the_linear_log_weight_is_that_of_torch_distributions(offset, width):
    x, model, log_p = two_latents()
    weights, mu, sigma = model
    offset, width = torch.tensor(offset, dtype=torch.float64), torch.tensor(width, dtype=torch.float64)
    mean, scale = evaluation.moved_posterior(x, *model, offset, width)
    eps = noise(30, 2, seed=3)
    q = td.Normal(mean, scale)
    z = mean + scale * eps
    given_z = td.Normal(z @ weights.mT + mu, sigma).log_prob(x).sum(-1)
    truth = given_z + td.Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    ours = evaluation.linear_log_weights(x, *model, mean, scale, eps)
    assert ours.numpy() == pytest.approx(truth.numpy(), rel=1e-11)
    if (offset.item(), width.item()) == (0.0, 1.0):
        assert ours.numpy() == pytest.approx(np.full(30, log_p), rel=1e-9)


@pytest.mark.equation("eq-evaluation-bias", "eq-evaluation-gaussian")
def test_on_the_linear_model_the_bound_is_as_low_as_promised():
    x, model, log_p = two_latents()
    offset, width = torch.tensor(0.5, dtype=torch.float64), torch.tensor(1.3, dtype=torch.float64)
    q = evaluation.moved_posterior(x, *model, offset, width)
    log_w = evaluation.linear_log_weights(x, *model, *q, noise(400_000, 2))
    variance = evaluation.relative_variance([0.5, 0.0], [1.3, 1.3])
    gap = 2 * (1.3**2 / 2 - 0.5 - math.log(1.3)) + 0.5**2 / 2
    value, error = evaluation.mean(evaluation.bounds(log_w, 1))
    assert abs(value - (log_p - gap)) < 4 * error
    for k in (20, 100):
        value, error = evaluation.mean(evaluation.bounds(log_w, k))
        promised = evaluation.bias(variance, k)
        assert abs(log_p - value - promised) < 4 * error + 0.1 * promised


@pytest.mark.equation("eq-evaluation-difference")
def test_the_error_of_a_difference_is_scipys_paired_one():
    a = 4 * noise(40)
    b = a + 0.3 + 0.5 * noise(40, seed=1)
    ours = evaluation.difference(a, b)
    paired = stats.ttest_rel(a.numpy(), b.numpy())
    assert (ours.value / ours.error).item() == pytest.approx(paired.statistic)
    assert ours.error.item() == pytest.approx(stats.sem((a - b).numpy()))
    values = noise(9, 3)
    assert evaluation.mean(values).error.numpy() == pytest.approx(stats.sem(values.numpy(), axis=0))


def mixture_of(components, pixels, seed=0):
    generator = torch.Generator().manual_seed(seed)
    probabilities = 0.05 + 0.9 * torch.rand(components, pixels, generator=generator, dtype=torch.float64)
    weights = torch.rand(components, generator=generator, dtype=torch.float64)
    return weights / weights.sum(), probabilities


@pytest.mark.equation("eq-evaluation-mixture")
@pytest.mark.parametrize("components", [1, 3, 7])
def test_a_mixture_is_that_of_torch_distributions_and_sums_to_one(components):
    weights, probabilities = mixture_of(components, 6)
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6)), dtype=torch.float64)
    ours = evaluation.mixture_log_prob(every, weights, probabilities)
    theirs = td.MixtureSameFamily(td.Categorical(weights), td.Independent(td.Bernoulli(probabilities), 1))
    assert ours.numpy() == pytest.approx(theirs.log_prob(every).numpy(), rel=1e-9)
    assert ours.exp().sum().item() == pytest.approx(1)


def images(n=60, pixels=5, seed=2):
    return (torch.rand(n, pixels, generator=torch.Generator().manual_seed(seed)) < 0.4).double()


def em_in_loops(x, weights, probabilities, a):
    """One step of EM, written out: no matrix in it."""
    n, k, pixels = len(x), len(weights), len(x[0])
    r = []
    for row in x:
        joint = [
            weights[j] * math.prod(p if on else 1 - p for p, on in zip(probabilities[j], row, strict=True))
            for j in range(k)
        ]
        r.append([one / sum(joint) for one in joint])
    size = [sum(r[i][j] for i in range(n)) for j in range(k)]
    shares = [(size[j] + a) / (n + k * a) for j in range(k)]
    on = [[(sum(r[i][j] * x[i][d] for i in range(n)) + a) / (size[j] + 2 * a) for d in range(pixels)] for j in range(k)]
    return shares, on


@pytest.mark.equation("eq-evaluation-m-step")
def test_em_is_em_in_loops():
    x, (weights, probabilities) = images(), mixture_of(3, 5, seed=4)
    r = evaluation.mixture_log_joint(x, weights, probabilities).softmax(-1)
    ours = evaluation.mixture_m_step(x, r, 0.3)
    theirs = em_in_loops(x.tolist(), weights.tolist(), probabilities.tolist(), 0.3)
    assert ours[0].tolist() == pytest.approx(theirs[0])
    assert ours[1].numpy() == pytest.approx(np.array(theirs[1]))


@pytest.mark.equation("eq-evaluation-m-step")
def test_the_m_step_is_the_top_of_its_objective():
    """Autograd: at it the slope of the expected log joint and of the made-up observations is 0."""
    x, (weights, probabilities), a = images(), mixture_of(3, 5, seed=4), 0.7
    r = evaluation.mixture_log_joint(x, weights, probabilities).softmax(-1)
    best = evaluation.mixture_m_step(x, r, a)
    logits = [best[0].log().clone().requires_grad_(), best[1].logit().clone().requires_grad_()]

    def objective(shares, pixels):
        pi, p = shares.softmax(0), pixels.sigmoid()
        bernoulli = td.Independent(td.Bernoulli(p), 1).log_prob(x[:, None])
        return (r * (pi.log() + bernoulli)).sum() + a * (pi.log().sum() + (p * (1 - p)).log().sum())

    for slope in torch.autograd.grad(objective(*logits), logits):
        assert slope.abs().max() < 1e-10


@given(st.integers(1, 6), st.floats(0.05, 2), st.integers(0, 50))
def test_em_never_falls(components, smoothing, seed):
    found = evaluation.fit_mixture(images(), components, 25, smoothing, seed)
    assert (found.history.diff() > -1e-9).all()
    assert found.weights.sum().item() == pytest.approx(1)
    x = images()
    made_up = found.weights.log().sum() + (found.probabilities * (1 - found.probabilities)).log().sum()
    theirs = td.MixtureSameFamily(td.Categorical(found.weights), td.Independent(td.Bernoulli(found.probabilities), 1))
    assert found.history[-1].item() == pytest.approx((theirs.log_prob(x).sum() + smoothing * made_up).item())


def test_one_component_is_independent_pixels(digits):
    x = digits.train.double()
    found = evaluation.fit_mixture(x, 1, 3, 0.3)
    on = ((x.sum(0) + 0.3) / (len(x) + 0.6)).expand_as(x)
    assert evaluation.mixture_log_prob(x, *found[:2]).numpy() == pytest.approx(
        td.Bernoulli(on).log_prob(x).sum(-1).numpy()
    )


def test_a_seed_gives_the_same_mixture_again():
    first, second = (evaluation.fit_mixture(images(), 3, 10, seed=5) for _ in range(2))
    other = evaluation.fit_mixture(images(), 3, 10, seed=6)
    assert torch.equal(first.probabilities, second.probabilities)
    assert not torch.equal(first.probabilities, other.probabilities)


@pytest.mark.equation("eq-evaluation-noise")
def test_spoiling_a_model_costs_log_100_at_most():
    weights, probabilities = mixture_of(3, 64)
    x = images(200, 64)
    p = td.MixtureSameFamily(td.Categorical(weights), td.Independent(td.Bernoulli(probabilities), 1)).log_prob(x)
    both = td.MixtureSameFamily(
        td.Categorical(torch.cat([0.01 * weights, torch.tensor([0.99])])),
        td.Independent(td.Bernoulli(torch.cat([probabilities, torch.full((1, 64), 0.5)])), 1),
    ).log_prob(x)
    by_hand = np.logaddexp(math.log(0.01) + p.numpy(), math.log(0.99) - 64 * math.log(2))
    assert both.numpy() == pytest.approx(by_hand)
    assert (both >= p - math.log(100)).all()


@pytest.mark.equation("eq-evaluation-bits")
def test_bits_per_pixel_are_entropy_in_base_two():
    """On average, under the model itself: the entropy of its pixels, which SciPy has in bits."""
    probabilities = np.array([0.1, 0.5, 0.8])
    every = np.array(list(itertools.product([0, 1], repeat=3)))
    log_p = stats.bernoulli.logpmf(every, probabilities).sum(1)
    mean_bits = (np.exp(log_p) * -log_p / (3 * math.log(2))).sum()
    entropy = sum(stats.entropy([p, 1 - p], base=2) for p in probabilities) / 3
    assert mean_bits == pytest.approx(entropy)


def test_lognormal_weights_lose_draws_as_the_pencil_exercise_says():
    s = 0.8
    log_w = s * noise(400_000)
    assert elbo.effective_sample_size(log_w).item() / 400_000 == pytest.approx(math.exp(-(s**2)), rel=0.03)
    assert (log_w.logsumexp(0) - math.log(400_000)).item() == pytest.approx(s**2 / 2, abs=0.01)

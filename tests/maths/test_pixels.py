"""Four likelihoods of a pixel against torch.distributions, SciPy, quadrature and mpmath."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from scipy.special import expit
from torch import distributions as dist

from helpers import datasets, pixels

LAMBDAS = [0.5, 0.7, 0.9, 0.99, 0.01, 0.5003, 0.44, 1e-6]
AREAS = {0.5: 0.500, 0.7: 0.472, 0.9: 0.364, 0.99: 0.213}


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def logit(lam):
    return numbers(lam).logit()[0]


def one(likelihood, x, *parameters):
    """One pixel as a picture."""
    return likelihood([x], *([float(parameter)] for parameter in parameters)).item()


def area_under(function):
    """Of exp(function) between 0 and 1, by SciPy."""
    return integrate.quad(lambda x: math.exp(function(x)), 0, 1, epsabs=1e-13, epsrel=1e-12)[0]


@pytest.fixture(scope="module")
def pictures():
    """Five digits as shares of lit cells, and logits for them."""
    return datasets.digits_grey().train[:5].double() / 16, 2 * noise(5, 64)


@pytest.mark.equation("eq-dec-sum", "eq-dec-gaussian")
@pytest.mark.parametrize("sigma", [0.05, 0.3, 2.0])
def test_gaussian_pictures_are_scipys(pictures, sigma):
    x, mean = pictures
    truth = stats.norm(mean.numpy(), sigma).logpdf(x.numpy()).sum(-1)
    assert pixels.gaussian(x, mean, sigma).tolist() == pytest.approx(truth, rel=1e-12)
    printed = -((x - mean) ** 2).sum(-1) / (2 * sigma**2) - 64 * math.log(sigma) - 32 * math.log(2 * math.pi)
    assert printed.tolist() == pytest.approx(truth, rel=1e-12)
    each = pixels.gaussian(x, mean, torch.linspace(0.1, 1, 64, dtype=torch.float64))
    assert each.tolist() == pytest.approx(stats.norm(mean, np.linspace(0.1, 1, 64)).logpdf(x).sum(-1), rel=1e-12)


@pytest.mark.equation("eq-dec-weight")
@pytest.mark.parametrize("sigma", [0.3, math.sqrt(0.5), math.sqrt(32)])
def test_sigma_weighs_the_reconstruction_against_the_kl(sigma):
    """The loss times 2σ², less squared error and 2σ² KL, is the same number for every picture and every q."""
    rest = []
    for seed in range(4):
        x, mean, mu, log_s = noise(4, 64, seed=seed)
        q = dist.Independent(dist.Normal(mu, log_s.exp()), 1)
        prior = dist.Independent(dist.Normal(torch.zeros_like(mu), 1.0), 1)
        kl = dist.kl_divergence(q, prior).item()
        loss = kl - dist.Normal(mean, sigma).log_prob(x).sum().item()
        rest.append(2 * sigma**2 * loss - ((x - mean) ** 2).sum().item() - 2 * sigma**2 * kl)
        assert kl - pixels.gaussian(x, mean, sigma).item() == pytest.approx(loss, rel=1e-12)
    assert rest == pytest.approx([rest[0]] * 4, rel=1e-9)


@pytest.mark.equation("eq-dec-sigma")
def test_the_best_sigma_is_the_root_of_the_mean_squared_error(pictures):
    x, mean = pictures

    def loss(log_sigma):
        return -pixels.gaussian(x[0], mean[0], math.exp(log_sigma)).item()

    found = optimize.minimize_scalar(loss, bracket=(-2, 1), tol=1e-12)
    assert math.exp(found.x) ** 2 == pytest.approx(((x[0] - mean[0]) ** 2).mean().item(), rel=1e-6)


@pytest.mark.equation("eq-dec-sum", "eq-dec-bernoulli")
def test_bernoulli_pictures_are_torchs(pictures):
    x, logits = pictures
    black = x.round()
    theirs = dist.Bernoulli(logits=logits).log_prob(black).sum(-1)
    assert torch.allclose(pixels.bernoulli(black, logits), theirs, rtol=1e-13)
    grey = -torch.nn.functional.binary_cross_entropy(logits.sigmoid(), x, reduction="none").sum(-1)
    assert torch.allclose(pixels.bernoulli(x, logits), grey, rtol=1e-12)
    slope = torch.func.grad(lambda given: pixels.bernoulli(x, given).sum())(logits)
    assert torch.allclose(slope, x - torch.from_numpy(expit(logits.numpy())), atol=1e-14)


@pytest.mark.equation("eq-dec-bernoulli")
def test_cross_entropy_on_grey_still_finds_the_mean():
    x = datasets.digits_grey().train[:, 20].double() / 16
    found = optimize.minimize_scalar(lambda v: -pixels.bernoulli(x[:, None], [v]).mean().item(), bracket=(-2, 2))
    assert expit(found.x) == pytest.approx(x.mean().item(), abs=1e-6)


@pytest.mark.equation("eq-dec-area")
@pytest.mark.parametrize("lam", LAMBDAS)
def test_the_area_under_cross_entropy_is_at_most_one_half(lam):
    truth = integrate.quad(lambda x: lam**x * (1 - lam) ** (1 - x), 0, 1, epsabs=1e-13)[0]
    assert pixels.area(logit(lam)).item() == pytest.approx(truth, rel=1e-10)
    assert truth <= 0.5 + 1e-12
    if lam != 0.5:
        l = math.log(lam / (1 - lam))  # noqa: E741
        assert (1 - lam) * (math.exp(l) - 1) / l == pytest.approx(truth, rel=1e-9)
        assert (2 * lam - 1) / l == pytest.approx(truth, rel=1e-9)
    if lam in AREAS:
        assert truth == pytest.approx(AREAS[lam], abs=5e-4)


@pytest.mark.equation("eq-dec-continuous")
@pytest.mark.parametrize("lam", LAMBDAS)
def test_the_continuous_bernoulli_has_area_one_and_is_torchs(lam):
    l = logit(lam)  # noqa: E741
    assert area_under(lambda x: one(pixels.continuous_bernoulli, x, l)) == pytest.approx(1, abs=1e-9)
    theirs = dist.ContinuousBernoulli(numbers(lam))
    for x in (0.0, 0.2, 0.75, 1.0):
        truth = theirs.log_prob(numbers(x)).item()
        assert one(pixels.continuous_bernoulli, x, l) == pytest.approx(truth, abs=2e-9), x


@pytest.mark.equation("eq-dec-sum", "eq-dec-continuous")
def test_continuous_bernoulli_pictures_are_torchs(pictures):
    x, logits = pictures
    theirs = dist.ContinuousBernoulli(logits=logits).log_prob(x).sum(-1)
    assert torch.allclose(pixels.continuous_bernoulli(x, logits), theirs, rtol=1e-9)


@pytest.mark.equation("eq-dec-taylor")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_normaliser_keeps_its_digits_and_its_slopes_everywhere(dtype):
    values = [0.0, 1e-12, 1e-6, 1e-3, 0.1, 0.2499, 0.2501, 0.5, 3.0, 20.0, 40.0, 300.0]
    logits = torch.tensor([*values, *(-v for v in values)], dtype=dtype)
    eps = torch.finfo(dtype).eps
    with mpmath.workdps(40):

        def truth(v):
            return mpmath.log(v / mpmath.tanh(v / 2)) if v else mpmath.log(2)

        exact = [float(truth(mpmath.mpf(v))) for v in logits.tolist()]
        slopes = [float(1 / mpmath.mpf(v) - 1 / mpmath.sinh(mpmath.mpf(v))) if v else 0.0 for v in logits.tolist()]
    assert pixels.log_normaliser(logits).tolist() == pytest.approx(exact, rel=4 * eps, abs=4 * eps)
    slope = torch.func.grad(lambda v: pixels.log_normaliser(v).sum())
    assert slope(logits).tolist() == pytest.approx(slopes, rel=1e-4, abs=20 * eps)
    curvature = torch.func.grad(lambda v: slope(v).sum())(logits)
    assert curvature.isfinite().all() and curvature[0].item() == pytest.approx(1 / 6)


@pytest.mark.equation("eq-dec-taylor")
def test_the_polynomial_is_the_one_that_is_printed():
    with mpmath.workdps(60):
        series = mpmath.taylor(lambda v: mpmath.log(v / mpmath.tanh(v / 2)) if v else mpmath.log(2), 0, 12)
    assert float(series[0]) == pytest.approx(math.log(2))
    assert [*pixels._LOG_NORMALISER] == pytest.approx([float(c) for c in series[2::2]], rel=1e-12)
    assert pixels._LOG_NORMALISER[:3] == (1 / 12, -7 / 1440, 31 / 90720)


@pytest.mark.equation("eq-dec-continuous-mean")
@pytest.mark.parametrize("lam", LAMBDAS)
def test_lambda_is_not_the_mean_of_a_continuous_bernoulli(lam):
    l = logit(lam)  # noqa: E741
    density = dist.ContinuousBernoulli(numbers(lam))
    truth = integrate.quad(lambda x: x * math.exp(one(pixels.continuous_bernoulli, x, l)), 0, 1, epsabs=1e-12)[0]
    assert pixels.continuous_mean(l).item() == pytest.approx(truth, abs=1e-9)
    assert density.mean.item() == pytest.approx(truth, abs=1e-7)
    assert abs(truth - 0.5) <= abs(lam - 0.5)


@pytest.mark.equation("eq-dec-continuous-mean")
def test_at_the_best_logit_the_mean_is_the_average():
    x = datasets.digits_grey().train[:, 20].double() / 16
    found = optimize.minimize_scalar(
        lambda v: -pixels.continuous_bernoulli(x[:, None], [v]).mean().item(), bracket=(-2, 2), tol=1e-12
    )
    assert pixels.continuous_mean(found.x).item() == pytest.approx(x.mean().item(), abs=1e-6)
    assert abs(expit(found.x) - 0.5) > 1.5 * abs(x.mean().item() - 0.5)


@pytest.mark.parametrize("l", [-900.0, -3.0, -1e-7, 0.0, 1e-5, 2.0, 40.0, 900.0])
def test_uniform_numbers_become_draws(l):  # noqa: E741
    u = torch.linspace(0.001, 0.999, 41, dtype=torch.float64)
    x = pixels.continuous_quantile(u, l)
    assert ((x >= 0) & (x <= 1)).all() and (x.diff() >= 0).all()
    if abs(l) < 50:
        for chance, value in zip(u[::8].tolist(), x[::8].tolist(), strict=True):
            below = integrate.quad(lambda t: math.exp(one(pixels.continuous_bernoulli, t, l)), 0, value)[0]
            assert below == pytest.approx(chance, abs=1e-9)
    uniform = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    average = pixels.continuous_quantile(uniform, l).mean().item()
    assert average == pytest.approx(pixels.continuous_mean(l).item(), abs=1e-4)


@pytest.mark.equation("eq-dec-sum", "eq-dec-binomial")
def test_binomial_pictures_are_torchs_and_scipys(pictures):
    x, logits = pictures
    ours = pixels.binomial(x, logits)
    theirs = dist.Binomial(16, logits=logits).log_prob(16 * x).sum(-1)
    scipys = stats.binom(16, expit(logits.numpy())).logpmf((16 * x).numpy()).sum(-1)
    assert torch.allclose(ours, theirs, rtol=1e-11)
    assert ours.tolist() == pytest.approx(scipys, rel=1e-9)


@pytest.mark.equation("eq-dec-binomial")
def test_grey_cross_entropy_is_a_sixteenth_of_the_binomial_up_to_what_no_decoder_moves(pictures):
    x, logits = pictures
    rest = [
        dist.Binomial(16, logits=v).log_prob(16 * x).sum(-1) - 16 * pixels.bernoulli(x, v) for v in (logits, -logits)
    ]
    assert torch.allclose(*rest, rtol=1e-10)


@given(st.floats(-30, 30))
def test_sixteen_cells_sum_to_one(l):  # noqa: E741
    counts = torch.arange(17, dtype=torch.float64)[:, None] / 16
    assert pixels.binomial(counts, [l]).exp().sum().item() == pytest.approx(1, abs=1e-11)
    assert pixels.bernoulli([[0.0], [1.0]], [l]).exp().sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.equation("eq-dec-units")
def test_a_density_changes_with_the_unit_and_a_probability_does_not(pictures):
    x, logits = pictures
    base = dist.ContinuousBernoulli(logits=logits)
    counts = dist.TransformedDistribution(base, dist.transforms.AffineTransform(0.0, 16.0))
    theirs = counts.log_prob(16 * x).sum(-1)
    assert torch.allclose(pixels.continuous_bernoulli(x, logits) - 64 * math.log(16), theirs, rtol=1e-9)
    in_counts = stats.norm(16 * 0.4, 16 * 0.2).logpdf(16 * x.numpy()).sum(-1)
    ours = pixels.gaussian(x, torch.full((64,), 0.4, dtype=torch.float64), 0.2) - 64 * math.log(16)
    assert ours.tolist() == pytest.approx(in_counts, rel=1e-12)


@pytest.mark.parametrize("likelihood", [pixels.bernoulli, pixels.continuous_bernoulli, pixels.binomial])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_logits_of_any_size_are_taken_with_their_slopes(likelihood, dtype):
    x = torch.tensor([0.0, 1.0, 0.5, 0.0, 1.0, 0.25], dtype=dtype)
    logits = torch.tensor([-800.0, 800.0, 0.0, 90.0, -90.0, 1e-9], dtype=dtype)
    value, slope = likelihood(x, logits), torch.func.grad(lambda v: likelihood(x, v))(logits)
    assert value.dtype is dtype and value.isfinite()
    assert slope.isfinite().all()


@pytest.mark.parametrize("likelihood", [pixels.bernoulli, pixels.continuous_bernoulli, pixels.binomial])
def test_float32_is_float64_with_fewer_digits(pictures, likelihood):
    x, logits = pictures
    assert torch.allclose(likelihood(x.float(), logits.float()).double(), likelihood(x, logits), rtol=2e-5)


def test_pictures_and_draws_broadcast(pictures):
    x, logits = pictures
    many = torch.stack([logits, -logits, 0 * logits])
    for likelihood in (pixels.bernoulli, pixels.continuous_bernoulli, pixels.binomial):
        assert likelihood(x, many).shape == (3, 5)
        assert likelihood(x, logits[0]).shape == (5,)
    assert pixels.gaussian(x, many, 0.3).shape == (3, 5)


def test_a_pixel_that_never_varies_has_no_best_density():
    """Constant pixels: the Gaussian and the continuous Bernoulli grow without limit, the Binomial stops at 1."""
    zeros = torch.zeros(10, 1, dtype=torch.float64)
    for likelihood in (
        lambda s: pixels.gaussian(zeros, [0.0], 1 / s),
        lambda s: pixels.continuous_bernoulli(zeros, [-s]),
    ):
        heights = [likelihood(10.0**k).mean().item() for k in (1, 2, 4, 8)]
        assert np.diff(heights) == pytest.approx(math.log(10) * np.array([1, 2, 4]), rel=0.05)
    assert -1e-40 < pixels.binomial(zeros, [-100.0]).mean().item() <= 0

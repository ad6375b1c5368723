"""Slopes, curvature, the shortfall and the walk: against autograd, SciPy, differences and exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from helpers import datasets, gaussian, logs, mle

numbers = st.floats(-50, 50)
widths = st.floats(0.1, 50)
samples = st.lists(numbers, min_size=1, max_size=30)
varied = st.lists(numbers, min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-2)


@pytest.fixture
def gentoo():
    return datasets.penguins().of("Gentoo").flipper_length


def log_likelihood(x, point):
    return gaussian.log_likelihood(x, point[0], point[1])


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.equation("eq-mle-log-likelihood")
@given(samples, numbers, widths)
def test_the_sum_of_logarithms_is_scipys(x, mu, sigma):
    n, squares = len(x), sum((v - mu) ** 2 for v in x)
    written = -n / 2 * np.log(2 * np.pi) - n * np.log(sigma) - squares / (2 * sigma**2)
    assert written == pytest.approx(stats.norm(mu, sigma).logpdf(x).sum(), rel=1e-10, abs=1e-10)


@pytest.mark.equation("eq-mle-slope-mu", "eq-mle-slope-sigma")
@given(samples, numbers, widths)
def test_slopes_are_autograds(x, mu, sigma):
    auto = torch.func.grad(lambda point: log_likelihood(tensor(x), point))(tensor([mu, sigma]))
    assert mle.score(x, mu, sigma).tolist() == pytest.approx(auto.tolist(), rel=1e-9, abs=1e-9)


@pytest.mark.equation("eq-mle-slope-mu", "eq-mle-slope-sigma")
@given(samples, numbers, widths)
def test_every_line_of_both_derivations_is_the_slope(x, mu, sigma):
    """Line by line as printed, from the derivative of one square to the last form."""
    away, n = np.array(x) - mu, len(x)
    by_mu = [
        -1 / (2 * sigma**2) * (2 * away * -1).sum(),
        away.sum() / sigma**2,
        n * (np.mean(x) - mu) / sigma**2,
    ]
    by_sigma = [
        -n / sigma - 0.5 * (away**2).sum() * (-2 * sigma**-3),
        -n / sigma + (away**2).sum() / sigma**3,
        n / sigma**3 * ((away**2).mean() - sigma**2),
    ]
    auto = torch.func.grad(lambda point: log_likelihood(tensor(x), point))(tensor([mu, sigma])).tolist()
    size = n * 100**2 / sigma**3 + n / sigma
    assert by_mu == pytest.approx([auto[0]] * 3, rel=1e-9, abs=1e-11 * size)
    assert by_sigma == pytest.approx([auto[1]] * 3, rel=1e-9, abs=1e-11 * size)


@pytest.mark.equation("eq-mle-second")
@given(samples, numbers, widths)
def test_second_derivatives_are_autograds(x, mu, sigma):
    auto = torch.func.jacrev(torch.func.grad(lambda point: log_likelihood(tensor(x), point)))(tensor([mu, sigma]))
    assert torch.allclose(mle.hessian(x, mu, sigma), auto, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-mle-hessian", "eq-gaussian-mle")
@given(varied)
def test_at_the_closed_form_slopes_vanish_and_curvature_is_negative(x):
    mu, sigma = gaussian.fit(x)
    n = len(x)
    assert (mle.score(x, mu, sigma).abs() * sigma < 1e-8 * n * (1 + mu.abs() / sigma)).all()
    auto = torch.func.jacrev(torch.func.grad(lambda point: log_likelihood(tensor(x), point)))(torch.stack([mu, sigma]))
    stated = torch.diag(torch.stack([-n / sigma**2, -2 * n / sigma**2]))
    assert torch.allclose(auto, stated, rtol=1e-7, atol=1e-8 * n / sigma.item() ** 2 * (1 + 50 / sigma.item()))
    assert (torch.linalg.eigvalsh(auto) < 0).all()


def test_the_surface_is_no_dome():
    """Where sigma is large the ground bends upwards, which is why the proof looks at the whole surface."""
    assert mle.hessian([1.0, 2.0, 4.0], 2.0, 30.0)[1, 1] > 0


@pytest.mark.equation("eq-mle-split")
@given(st.lists(st.integers(-500, 500), min_size=1, max_size=20), st.integers(-500, 500))
def test_squares_split_exactly(x, mu):
    mean = Fraction(sum(x), len(x))
    right = sum((v - mean) ** 2 for v in x) + len(x) * (mean - mu) ** 2
    assert sum((v - mu) ** 2 for v in x) == right


@pytest.mark.equation("eq-mle-summary")
@given(samples, numbers, widths)
def test_three_numbers_replace_the_data(x, mu, sigma):
    summary = logs.surface(len(x), np.mean(x), np.std(x), mu, sigma).item()
    assert summary == pytest.approx(stats.norm(mu, sigma).logpdf(x).sum(), rel=1e-9, abs=1e-9)


@pytest.mark.equation("eq-mle-shortfall")
@given(varied, numbers, widths)
def test_shortfall_is_scipys_difference_and_never_negative(x, mu, sigma):
    best = stats.norm(np.mean(x), np.std(x)).logpdf(x).sum()
    here = stats.norm(mu, sigma).logpdf(x).sum()
    short = mle.shortfall(x, mu, sigma).item()
    assert short == pytest.approx(best - here, rel=1e-9, abs=1e-9 * (1 + abs(best) + abs(here)))
    assert short >= 0


@pytest.mark.equation("eq-gaussian-mle")
def test_an_independent_search_from_many_starts_finds_no_higher_top(gentoo):
    def loss(parameters):
        return -stats.norm(parameters[0], np.exp(parameters[1])).logpdf(gentoo.numpy()).sum()

    best = stats.norm.fit(gentoo.numpy())
    for start in [(150, 0), (190, 5), (217, -1), (300, 1)]:
        found = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10}).x
        assert [found[0], np.exp(found[1])] == pytest.approx(best, rel=1e-6)
    assert [v.item() for v in gaussian.fit(gentoo)] == pytest.approx(best, rel=1e-12)


def test_the_best_variance_is_the_square_of_the_best_sigma(gentoo):
    x = gentoo.numpy()
    found = optimize.minimize_scalar(
        lambda v: -stats.norm(x.mean(), np.sqrt(v)).logpdf(x).sum(), bounds=(10, 100), options={"xatol": 1e-9}
    ).x
    assert found == pytest.approx(gaussian.fit(gentoo)[1].item() ** 2, rel=1e-6)


@pytest.mark.equation("eq-mle-ascent")
def test_the_walk_is_numpys_and_ends_at_the_closed_form(gentoo):
    x, (mu, sigma) = gentoo.numpy(), (204.0, 10.0)
    path = mle.ascend(gentoo, mu, sigma, rate=20.0, steps=40)
    for row in path:
        assert row.tolist() == pytest.approx([mu, sigma], rel=1e-12)
        away = x - mu
        mu, sigma = (
            mu + 20 * away.mean() / sigma**2,
            sigma + 20 * ((away**2).mean() / sigma**3 - 1 / sigma),
        )
    assert path[-1].tolist() == pytest.approx(stats.norm.fit(x), rel=1e-9)


@pytest.mark.equation("eq-mle-ascent")
def test_one_step_is_a_difference_quotient(gentoo):
    step, x = 1e-5, gentoo.numpy()

    def height(mu, sigma):
        return stats.norm(mu, sigma).logpdf(x).mean()

    slopes = (mle.ascend(gentoo, 210.0, 9.0, 1.0, steps=1)[1] - tensor([210.0, 9.0])).tolist()
    assert slopes == pytest.approx(
        [
            (height(210 + step, 9) - height(210 - step, 9)) / (2 * step),
            (height(210, 9 + step) - height(210, 9 - step)) / (2 * step),
        ],
        abs=1e-9,
    )


@pytest.mark.equation("eq-mle-multipliers")
@pytest.mark.parametrize("rate", [5.0, 20.0, 30.0, 41.0, 50.0])
def test_near_the_top_a_step_multiplies_the_distance(gentoo, rate):
    mu, sigma = stats.norm.fit(gentoo.numpy())
    off = 1e-5
    after = mle.ascend(gentoo, mu + off, sigma + off, rate, steps=1)[1]
    multipliers = [(after[0].item() - mu) / off, (after[1].item() - sigma) / off]
    assert multipliers == pytest.approx([1 - rate / sigma**2, 1 - 2 * rate / sigma**2], abs=2e-4)


@pytest.mark.parametrize("rate", [39.0, 44.0])
def test_the_walk_settles_below_the_variance_and_never_above(gentoo, rate):
    last = mle.ascend(gentoo, 210.0, 8.0, rate, steps=400)[-2:, 1]
    apart = (last[1] - last[0]).abs().item()
    assert apart < 1e-6 if rate < stats.norm.fit(gentoo.numpy())[1] ** 2 else apart > 0.5


@pytest.mark.parametrize("share", [1.0, 2.5, 3.9])
def test_no_step_makes_sigma_negative_below_four_variances(gentoo, share):
    rate = share * gentoo.var(unbiased=False).item()
    for mu in np.linspace(180, 250, 8):
        for sigma in np.geomspace(1, 300, 25):
            assert mle.ascend(gentoo, mu, sigma, rate, steps=1)[1, 1] > 0


@pytest.mark.equation("eq-mle-slip")
@given(st.lists(st.integers(-500, 500), min_size=1, max_size=20), st.integers(-500, 500))
def test_one_slip_moves_mean_and_variance_exactly(x, delta):
    def moments(values):
        mean = Fraction(sum(values), len(values))
        return mean, sum((v - mean) ** 2 for v in values) / len(values)

    (mean, variance), n = moments(x), len(x)
    after = moments([x[0] + delta, *x[1:]])
    assert after[0] == mean + Fraction(delta, n)
    assert after[1] == variance + Fraction(2 * delta, n) * (x[0] - mean) + Fraction(n - 1, n**2) * delta**2


def test_a_grid_of_places_gives_a_grid_of_answers():
    x = [1.0, 2.0, 6.0]
    mu, sigma = tensor([[0.0], [3.0]]), tensor([1.0, 2.0, 5.0])
    assert mle.score(x, mu, sigma).shape == (2, 3, 2)
    assert mle.hessian(x, mu, sigma).shape == (2, 3, 2, 2)
    assert mle.shortfall(x, mu, sigma).shape == (2, 3)
    for i, j in [(0, 0), (1, 2)]:
        one = (x, mu[i, 0], sigma[j])
        assert torch.equal(mle.score(x, mu, sigma)[i, j], mle.score(*one))
        assert torch.equal(mle.hessian(x, mu, sigma)[i, j], mle.hessian(*one))

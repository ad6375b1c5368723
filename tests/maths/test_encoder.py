"""One q for every x, against SciPy's integrals and its optimiser, torch.distributions, and scikit-learn's network."""

import functools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats
from scipy.special import expit

from helpers import encoder
from helpers.figures.encoder import FRESH, HIDDEN, READINGS, TRAINING, train_all

XS = [0.4, 1.0, 2.0, 2.8, 3.1, 3.2, 3.6, 4.4, 6.0]
QS = [(0.0, 0.0), (-2.3, -1.1), (0.7, -0.6), (-0.3, -1.6), (2.5, -2.5)]


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def scipy_growth(z):
    return 4 * expit(1.5 * (z + 1)) - expit(3 * (z - 1.3))


def scipy_log_joint(z, x):
    return stats.norm.logpdf(z) + stats.norm.logpdf(x, scipy_growth(z), 0.25)


def integral(function, low, high, pieces=16, **tolerance):
    cuts, tolerance = np.linspace(low, high, pieces + 1), {"epsabs": 1e-14, "epsrel": 1e-12} | tolerance
    return math.fsum(integrate.quad(function, a, b, **tolerance)[0] for a, b in zip(cuts, cuts[1:], strict=False))


@functools.cache
def trained():
    return train_all()


def scipy_log_p(x):
    top = max(scipy_log_joint(np.linspace(-5, 5, 2001), x))
    return top + math.log(integral(lambda z: math.exp(scipy_log_joint(z, x) - top), -7, 7, 56))


def scipy_average(function, mu, log_sigma):
    """E_q by SciPy; ``function`` takes z and the noise."""
    return integral(lambda t: stats.norm.pdf(t) * function(mu + math.exp(log_sigma) * t, t), -10, 10)


def scipy_elbo(x, mu, log_sigma):
    entropy = stats.norm(mu, math.exp(log_sigma)).entropy()
    return scipy_average(lambda z, _: scipy_log_joint(z, x), mu, log_sigma) + entropy


def scipy_best(x):
    """The best Gaussian by Nelder and Mead, from Gauss-Hermite nodes: no slope, no grid of ours."""
    t, w = np.polynomial.hermite_e.hermegauss(120)
    w = w / w.sum()

    def loss(q):
        return -(w @ scipy_log_joint(q[0] + math.exp(q[1]) * t, x)) - q[1] - 0.5 * math.log(2 * math.pi * math.e)

    options = {"xatol": 1e-8, "fatol": 1e-13, "maxiter": 2000}
    starts = [(m, s) for m in np.linspace(-3, 3, 13) for s in (-1.6, -0.7)]
    start = sorted(starts, key=loss)[:8]
    found = min((optimize.minimize(loss, one, method="Nelder-Mead", options=options) for one in start),
                key=lambda one: one.fun)  # fmt: skip
    return found.x, -found.fun


@pytest.mark.equation("eq-enc-model")
@pytest.mark.parametrize("x", XS)
def test_the_model_is_scipys_and_torchs(x):
    z = torch.linspace(-4, 4, 33, dtype=torch.float64)
    ours = encoder.log_joint(z, x)
    assert ours.numpy() == pytest.approx(scipy_log_joint(z.numpy(), x), rel=1e-12)
    prior, noise = torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(encoder.growth(z), 0.25)
    assert torch.allclose(ours, prior.log_prob(z) + noise.log_prob(tensor(x)[0]))
    assert encoder.growth(z).numpy() == pytest.approx(scipy_growth(z.numpy()), rel=1e-12)


@pytest.mark.equation("eq-enc-gaps")
@pytest.mark.parametrize("x", XS)
def test_the_evidence_and_the_posterior_are_integrals(x):
    log_p = encoder.log_marginal(tensor(x))
    assert log_p.item() == pytest.approx(scipy_log_p(x), rel=1e-10)
    z = tensor(-1.0, 0.3, 1.9)
    expected = np.exp(scipy_log_joint(z.numpy(), x) - scipy_log_p(x))
    assert encoder.posterior(z, tensor(x)[0]).numpy() == pytest.approx(expected, rel=1e-9)


@pytest.mark.equation("eq-enc-objective")
@pytest.mark.parametrize("x", XS)
@pytest.mark.parametrize("q", QS)
def test_the_bound_is_the_integral_of_the_log_weight(x, q):
    assert encoder.elbo(x, *q).item() == pytest.approx(scipy_elbo(x, *q), rel=1e-9)


@pytest.mark.equation("eq-enc-objective")
@pytest.mark.parametrize("hidden", [None, (), (4,)])
def test_training_ends_where_scipy_ends(hidden):
    """BFGS on the same average, by finite differences: whatever it adds to our end is nothing."""
    _, x = encoder.chicks(40, 3)
    ours = encoder.train(x, hidden)
    flat = torch.nn.utils.parameters_to_vector(ours.parameters())
    free = np.flatnonzero([not (hidden is None and i < 2) for i in range(len(flat))])

    def loss(values):
        full = flat.clone()
        full[free] = torch.tensor(values)
        copy = encoder.Encoder(hidden).requires_grad_(False)
        torch.nn.utils.vector_to_parameters(full, copy.parameters())
        return -encoder.elbo(x, *copy(x)).mean().item()

    start = flat.numpy()[free]
    found = optimize.minimize(loss, start, method="Powell", options={"maxiter": 3})
    assert loss(start) - found.fun < (1e-7 if hidden is None or hidden == () else 5e-3)
    assert ours.size == len(free)


@pytest.mark.equation("eq-enc-best")
@pytest.mark.parametrize("x", XS)
def test_the_best_gaussian_is_scipys(x):
    mu, log_sigma = encoder.best_q(tensor(x))
    q, top = scipy_best(x)
    assert encoder.elbo(tensor(x), mu, log_sigma).item() == pytest.approx(top, abs=1e-9)
    assert [mu.item(), log_sigma.item()] == pytest.approx(q, abs=1e-4)


@pytest.mark.equation("eq-enc-best")
def test_no_gaussian_of_a_fine_grid_is_better_at_any_reading():
    mu, log_sigma = encoder.best_q(READINGS)
    best = encoder.elbo(READINGS, mu, log_sigma)
    grid = torch.cartesian_prod(torch.linspace(-3, 3, 61), torch.linspace(-2.4, 0.2, 14)).double()
    others = encoder.elbo(READINGS[:, None], *grid.unbind(-1)).max(1).values
    assert (best - others).min() > -1e-9 and (best - others).max() < 0.3
    assert (torch.diff(mu) > 0.3).sum() == 1  # one jump, from the young hump to both


@pytest.mark.equation("eq-enc-network")
@pytest.mark.parametrize("hidden", [(4,), (16, 16)])
def test_the_network_is_scikit_learns(hidden):
    from sklearn.neural_network import MLPRegressor

    ours = encoder.Encoder(hidden, seed=5)
    x = torch.linspace(0, 6, 13, dtype=torch.float64)
    theirs = MLPRegressor(hidden_layer_sizes=hidden, activation="tanh", max_iter=1)
    with pytest.warns():  # it has not converged, and need not
        theirs.fit(np.zeros((4, 1)), np.zeros((4, 2)))
    layers = [layer for layer in ours.net if isinstance(layer, torch.nn.Linear)]
    theirs.coefs_ = [layer.weight.detach().numpy().T for layer in layers]
    theirs.intercepts_ = [layer.bias.detach().numpy() for layer in layers]
    expected = theirs.predict(((x - 2.5) / 1.2).numpy()[:, None])
    assert torch.stack(ours(x), -1).detach().numpy() == pytest.approx(expected, rel=1e-12)
    assert ours.size == sum(w.numel() for w in ours.parameters())


def test_one_q_for_all_looks_at_nothing_and_a_line_is_straight():
    shared, line = encoder.Encoder(None), encoder.Encoder((), seed=2)
    x = torch.linspace(0, 6, 7, dtype=torch.float64)
    assert (shared.size, line.size) == (2, 4)
    assert all((one == one[0]).all() for one in shared(x))
    assert all(torch.allclose(torch.diff(one, n=2), tensor(0.0)) for one in line(x))


@pytest.mark.equation("eq-enc-chain")
@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_weights_slopes_are_the_answers_slopes_passed_on(hidden):
    model = encoder.Encoder(hidden, seed=1)
    _, x = encoder.chicks(7, 0)
    encoder.elbo(x, *model(x)).mean().backward()
    weights = [one for one in model.parameters() if one.requires_grad]
    along = encoder.slopes(x, *(one.detach() for one in model(x)))
    for i in range(len(x)):  # and these are SciPy's, by differences
        mu, log_sigma = (one[i].item() for one in model(x))
        for k, shift in enumerate(((1e-4, 0), (0, 1e-4))):
            up, down = (scipy_elbo(x[i].item(), mu + s * shift[0], log_sigma + s * shift[1]) for s in (1, -1))
            assert along[k][i].item() == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-4)
    for weight in weights:
        by_hand = torch.zeros_like(weight)
        for i in range(len(x)):
            for k in range(2):
                one = torch.autograd.grad(model(x[i : i + 1])[k][0], weight, retain_graph=True)[0]
                by_hand += along[k][i] * one / len(x)
        assert torch.allclose(weight.grad, by_hand, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-enc-gaps")
def test_both_gaps_are_never_negative_and_are_divergences():
    _, x = encoder.chicks(*FRESH)
    best = encoder.best_q(x)
    for model in trained():
        approximation, amortisation = encoder.gaps(x, *model(x), *best)
        assert approximation.min() >= 0 and amortisation.min() >= -1e-10
        total = encoder.log_marginal(x) - encoder.elbo(x, *model(x))
        assert torch.allclose(approximation + amortisation, total)
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    for one, *q in zip(x[:5], *best, strict=False):
        log_q = torch.distributions.Normal(q[0], q[1].exp()).log_prob(z)
        integrand = log_q.exp() * (log_q - encoder.log_joint(z, one) + encoder.log_marginal(one))
        kl = torch.trapezoid(integrand, z)
        assert encoder.gaps(one, *q, *q)[0].item() == pytest.approx(kl.item(), abs=1e-9)


@pytest.mark.equation("eq-enc-gaps")
def test_the_gaps_that_the_chapter_reports():
    _, x = encoder.chicks(*FRESH)
    best = encoder.best_q(x)
    average = [encoder.gaps(x, *model(x), *best)[1].mean().item() for model in trained()]
    assert average == sorted(average, reverse=True)
    assert 4 < average[0] < 6 and 0.1 < average[1] < 0.15 and average[2] < 0.03 and average[4] < 0.01


@pytest.mark.equation("eq-enc-refine")
@pytest.mark.parametrize("q", QS[:4])
def test_a_step_is_newtons_averaged_under_q(q):
    x, (mu, log_sigma) = 2.4, q
    sigma, h = math.exp(log_sigma), 1e-3

    def slope(z):
        return (scipy_log_joint(z + h, x) - scipy_log_joint(z - h, x)) / (2 * h)

    def curvature(z):
        return (scipy_log_joint(z + h, x) - 2 * scipy_log_joint(z, x) + scipy_log_joint(z - h, x)) / h**2

    def average(function):
        return integral(lambda t: stats.norm.pdf(t) * function(mu + sigma * t), -8, 8, epsabs=1e-5, epsrel=1e-5)

    average_slope, average_curvature = average(slope), average(curvature)
    along = encoder.slopes(x, *tensor(*q))
    assert (1 - along[1].item()) / sigma**2 == pytest.approx(-average_curvature, rel=1e-4)
    new_mu, new_log_sigma = (one.item() for one in encoder.refine(x, *q, rate=0.5))
    precision = max(0.5 / sigma**2 - 0.5 * average_curvature, encoder.SMALLEST / sigma**2)
    assert math.exp(-2 * new_log_sigma) == pytest.approx(precision, rel=1e-4)
    furthest = 2 * min(sigma, precision**-0.5)
    assert new_mu == pytest.approx(mu + np.clip(0.5 * average_slope / precision, -furthest, furthest), rel=1e-4)


@pytest.mark.equation("eq-enc-refine")
def test_a_full_step_lands_on_a_gaussian_posterior(monkeypatch):
    m, s = 0.4, 0.3

    def gaussian_bound(x, mu, log_sigma):
        q = torch.distributions.Normal(mu, log_sigma.exp())
        return -torch.distributions.kl_divergence(q, torch.distributions.Normal(m, s, validate_args=False))

    monkeypatch.setattr(encoder, "elbo", gaussian_bound)
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        for q in ((0.4, -1.0), (0.9, -1.2), (0.1, -0.9), (0.6, -1.5)):
            mu, log_sigma = encoder.refine(0.0, *q, rate=1.0)
            assert [mu.item(), log_sigma.exp().item()] == pytest.approx([m, s])
        mu, log_sigma = encoder.refine(0.0, 9.0, -3.0, rate=1.0)  # far away and narrow: both brakes hold
        assert [mu.item(), log_sigma.item()] == pytest.approx([9 - 2 * math.exp(-3), -3 + math.log(2) / 2])
    finally:
        torch.distributions.Distribution.set_default_validate_args(True)


@pytest.mark.equation("eq-enc-refine")
def test_steps_lead_from_every_encoders_answer_to_a_top():
    _, x = encoder.chicks(*FRESH)
    best = encoder.best_q(x)
    for model in trained():
        path = encoder.refined(x, *model(x), 40)
        assert path[0].shape == (41, len(x))
        short = encoder.gaps(x, *path, *best)[1]
        assert short[-1].max() < 0.1 and short[-1].mean() < 0.004
        assert max(along.abs().max().item() for along in encoder.slopes(x, *(one[-1] for one in path))) < 0.2
    lost = encoder.gaps(x, *encoder.refined(x, 0 * x, 0 * x, 40), *best)[1][-1] > 0.1
    assert lost.any()


def test_chicks_are_drawn_from_the_model():
    z, x = encoder.chicks(100_000, 0)
    assert stats.kstest(z.numpy(), "norm").pvalue > 0.01
    assert stats.kstest(((x - encoder.growth(z)) / 0.25).numpy(), "norm").pvalue > 0.01
    for data in (TRAINING, FRESH):
        assert encoder.chicks(*data)[1].min() > 0


def test_the_same_readings_give_the_same_encoder():
    _, x = encoder.chicks(*TRAINING)
    one, two = (encoder.train(x, (4,)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


@pytest.mark.parametrize(("d", "s"), [(4.0, 1.0), (2.0, 0.7)])
def test_a_shared_q_of_two_gaussians_is_no_wider_than_they(d, s):
    def average(sigma):
        q = torch.distributions.Normal(d / 2, sigma)
        return sum(
            torch.distributions.kl_divergence(q, torch.distributions.Normal(m, s)).item() for m in (0.0, d)
        ) / 2  # fmt: skip

    found = optimize.minimize_scalar(average, bounds=(0.1, 9), method="bounded", options={"xatol": 1e-9})
    assert found.x == pytest.approx(s, abs=1e-3)
    assert found.fun == pytest.approx(d**2 / (8 * s**2))


@pytest.mark.parametrize("w", [0.5, 0.8, 0.95])
def test_missing_one_hump_costs_no_more_than_the_log_of_the_share(w):
    for distance in (1.0, 4.0, 12.0):

        def integrand(z, distance=distance):
            p = w * stats.norm.pdf(z) + (1 - w) * stats.norm.pdf(z, distance, 0.7)
            return stats.norm.pdf(z) * (stats.norm.logpdf(z) - math.log(p))

        kl = integral(integrand, -9, 9)
        assert kl <= math.log(1 / w) + 1e-12
        if distance == 12:
            assert kl == pytest.approx(math.log(1 / w), abs=1e-6)

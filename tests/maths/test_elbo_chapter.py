"""What the chapter "The ELBO" claims, held against SciPy: on its Gaussian model and on two that are not conjugate."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from helpers import distance, divergence, elbo, gaussian

X, Q, THETA, TAU, SIGMA = 224.0, (214.0, 2.5), 217.0, 6.5, 5.0
MODEL = (THETA, TAU, SIGMA)

lengths = st.floats(205, 235)
widths = st.floats(2, 12)


def integral(function, low=150, high=290):
    """Over lengths, in pieces, so that no narrow peak is missed."""
    cuts = np.linspace(low, high, 15)
    return math.fsum(
        integrate.quad(function, a, b, epsabs=1e-13, epsrel=1e-11)[0] for a, b in zip(cuts, cuts[1:], strict=False)
    )


def log_joint(z, x=X, theta=THETA):
    """By SciPy; the book's own is on trial here."""
    return stats.norm.logpdf(z, theta, TAU) + stats.norm.logpdf(x, z, SIGMA)


@pytest.mark.equation("eq-log-joint", "eq-exact-posterior", "eq-log-marginal", "eq-elbo-evidence")
@pytest.mark.parametrize(("x", "theta"), [(224, 217), (205, 235), (235, 205), (220.5, 220.5)])
def test_the_evidence_is_the_integral_and_the_posterior_its_integrand_divided_by_it(x, theta):
    evidence = integral(lambda z: math.exp(log_joint(z, x, theta)))
    assert elbo.log_marginal([x], theta, TAU, SIGMA).item() == pytest.approx(math.log(evidence), abs=1e-10)
    assert stats.norm.logpdf(x, theta, math.hypot(TAU, SIGMA)) == pytest.approx(math.log(evidence), abs=1e-10)
    m, s = (value.item() for value in elbo.exact_posterior([x], theta, TAU, SIGMA))
    for z in (m - 7, m, m + 3):
        assert elbo.log_joint(z, [x], theta, TAU, SIGMA).item() == pytest.approx(log_joint(z, x, theta), abs=1e-10)
        assert stats.norm.logpdf(z, m, s) == pytest.approx(log_joint(z, x, theta) - math.log(evidence), abs=1e-9)


@pytest.mark.equation("eq-elbo", "eq-elbo-gap", "eq-elbo-sign", "eq-elbo-energy", "eq-reconstruction")
@settings(max_examples=15, deadline=None)
@given(lengths, widths, lengths, lengths)
def test_both_readings_the_gap_and_the_mended_sign(mu_q, sigma_q, x, theta):
    q, model = stats.norm(mu_q, sigma_q), (theta, TAU, SIGMA)

    def average(function):
        return integral(lambda z: q.pdf(z) * function(z), mu_q - 10 * sigma_q, mu_q + 10 * sigma_q)

    log_p = stats.norm.logpdf(x, theta, math.hypot(TAU, SIGMA))
    reconstruction = average(lambda z: stats.norm.logpdf(x, z, SIGMA))
    kl_to_prior = average(lambda z: q.logpdf(z) - stats.norm.logpdf(z, theta, TAU))
    energy = average(lambda z: log_joint(z, x, theta))
    gap = average(lambda z: q.logpdf(z) - (log_joint(z, x, theta) - log_p))
    bound = elbo.elbo([x], mu_q, sigma_q, *model).item()
    assert bound == pytest.approx(reconstruction - kl_to_prior, abs=1e-8)
    assert bound == pytest.approx(energy + q.entropy(), abs=1e-8)
    assert elbo.reconstruction([x], mu_q, sigma_q, *model).item() == pytest.approx(reconstruction, abs=1e-8)
    assert log_p - bound == pytest.approx(gap, abs=1e-8)
    assert elbo.gap([x], mu_q, sigma_q, *model).item() == pytest.approx(gap, abs=1e-8)
    assert kl_to_prior + log_p - reconstruction == pytest.approx(gap, abs=1e-8)


def test_the_sign_as_printed_makes_a_divergence_negative():
    kl_to_prior = divergence.kl_gaussian(*Q, THETA, TAU)
    printed = kl_to_prior + elbo.log_marginal([X], *MODEL) + elbo.reconstruction([X], *Q, *MODEL)
    assert printed.item() < -7


@pytest.mark.equation("eq-elbo-jensen", "eq-log-weight")
@settings(max_examples=15, deadline=None)
@given(lengths, st.floats(2.9, 12))  # narrower, and the mean weight is made of regions that q hardly reaches
def test_the_mean_weight_is_the_evidence_and_its_logarithm_above_the_mean_log_weight(mu_q, sigma_q):
    def log_w(z):
        return log_joint(z) - stats.norm.logpdf(z, mu_q, sigma_q)

    noise = torch.linspace(-3, 3, 7, dtype=torch.float64)
    ours = elbo.log_weights(lambda z: elbo.log_joint(z, [X], *MODEL), mu_q, sigma_q, noise)
    assert ours.numpy() == pytest.approx(log_w(mu_q + sigma_q * noise.numpy()), abs=1e-9)
    m, s = (value.item() for value in elbo.exact_posterior([X], *MODEL))
    z = mu_q + sigma_q * noise.numpy()
    by_posterior = elbo.log_marginal([X], *MODEL).item() + stats.norm.logpdf(z, m, s)
    assert ours.numpy() == pytest.approx(by_posterior - stats.norm.logpdf(z, mu_q, sigma_q), abs=1e-9)
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    values = log_w(mu_q + sigma_q * nodes)
    weights = weights / weights.sum()
    assert special.logsumexp(values, b=weights) == pytest.approx(elbo.log_marginal([X], *MODEL).item(), abs=1e-4)
    assert weights @ values == pytest.approx(elbo.elbo([X], mu_q, sigma_q, *MODEL).item(), abs=1e-8)
    assert special.logsumexp(values, b=weights) >= weights @ values


@pytest.mark.equation("eq-elbo-estimate")
def test_the_estimate_is_right_within_its_standard_error_which_is_0_at_the_posterior():
    noise = torch.randn(400_000, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def joint(z):
        return elbo.log_joint(z, [X], *MODEL)

    for q in (Q, (220.0, 9.0), (230.0, 3.0)):
        error = (elbo.log_weights(joint, *q, noise).std() / len(noise) ** 0.5).item()
        assert 0 < error < 0.05
        assert elbo.estimate(joint, *q, noise).item() == pytest.approx(elbo.elbo([X], *q, *MODEL).item(), abs=4 * error)
    exact = elbo.exact_posterior([X], *MODEL)
    assert elbo.log_weights(joint, *exact, noise[:1000]).std().item() < 1e-11
    assert elbo.estimate(joint, *exact, noise[:1]).item() == pytest.approx(elbo.log_marginal([X], *MODEL).item())


def test_the_best_gaussian_is_the_posterior_and_its_elbo_has_no_slope():
    m, s = elbo.exact_posterior([X], *MODEL)
    slope = torch.func.grad(lambda q: elbo.elbo([X], q[0], q[1], *MODEL))(torch.stack([m, s]))
    assert slope.abs().max().item() < 1e-12


def test_a_posterior_cut_off_has_level_log_weights_and_the_gap_minus_log_its_share():
    m, s = (value.item() for value in elbo.exact_posterior([X], *MODEL))
    low, high = m - 0.4, m + 5.0
    share = stats.norm.cdf(high, m, s) - stats.norm.cdf(low, m, s)
    q = stats.truncnorm((low - m) / s, (high - m) / s, m, s)
    z = np.linspace(low + 0.1, high - 0.1, 9)
    log_p = elbo.log_marginal([X], *MODEL).item()
    assert log_joint(z) - q.logpdf(z) == pytest.approx(np.full(9, log_p + math.log(share)), abs=1e-10)


distances = st.floats(0, 8)
scales = st.floats(0.5, 4)


def two_sided(x, tau, sigma):
    """Log p(x, z) of the model in which only the distance is read, by SciPy."""
    return lambda z: stats.norm.logpdf(z, 0, tau) + stats.norm.logpdf(x, np.abs(z), sigma)


def counting(x, tau, _):
    """Log p(x, z) of counts: x given z is Poisson with mean exp(z)."""
    return lambda z: stats.norm.logpdf(z, 0, tau) + stats.poisson.logpmf(round(x), np.exp(z))


@pytest.mark.equation("eq-elbo-distance")
@settings(max_examples=25, deadline=None)
@given(distances, scales, st.floats(0.3, 3))
def test_evidence_when_only_the_distance_is_read(x, tau, sigma):
    joint = two_sided(x, tau, sigma)
    half = math.fsum(
        integrate.quad(lambda z: math.exp(joint(z)), a, a + 2, epsabs=0, epsrel=1e-11)[0] for a in range(0, 60, 2)
    )
    ours = distance.log_marginal(x, tau, sigma).item()
    assert ours == pytest.approx(math.log(2 * half), abs=1e-8)
    z = torch.tensor([-2.0, 0.0, 1.3], dtype=torch.float64)
    assert distance.log_joint(z, x, tau, sigma).numpy() == pytest.approx(joint(z.numpy()), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(distances, st.floats(-6, 6), scales, scales, st.floats(0.3, 3))
def test_elbo_when_only_the_distance_is_read(x, mu_q, sigma_q, tau, sigma):
    q, joint = stats.norm(mu_q, sigma_q), two_sided(x, tau, sigma)
    ends = sorted({mu_q - 10 * sigma_q, mu_q, mu_q + 10 * sigma_q, 0.0})
    truth = math.fsum(
        integrate.quad(lambda z: q.pdf(z) * (joint(z) - q.logpdf(z)), a, b, epsabs=1e-11, epsrel=1e-11, limit=200)[0]
        for a, b in zip(ends, ends[1:], strict=False)
    )
    assert distance.elbo(x, mu_q, sigma_q, tau, sigma).item() == pytest.approx(truth, rel=1e-8, abs=1e-7)
    folded = stats.foldnorm(abs(mu_q) / sigma_q, scale=sigma_q).mean()
    assert distance.mean_distance(mu_q, sigma_q).item() == pytest.approx(folded, rel=1e-9)
    assert distance.elbo(x, mu_q, sigma_q, tau, sigma) <= distance.log_marginal(x, tau, sigma) + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([two_sided, counting]), distances, st.floats(-4, 4), st.floats(0.3, 2), scales, scales)
def test_bound_and_gap_without_conjugacy_by_quadrature(model, x, mu_q, sigma_q, tau, sigma):
    z = torch.linspace(-40, 40, 160_001, dtype=torch.float64)
    with np.errstate(over="ignore"):
        joint = torch.as_tensor(model(x, tau, sigma)(z.numpy())).clamp(min=-1e5)
    log_p = divergence.integrate(joint.exp(), z).log()
    log_q = gaussian.log_prob(z, mu_q, sigma_q).clamp(min=-600)
    bound = -divergence.kl_quadrature(log_q, joint, z)
    gap = divergence.kl_quadrature(log_q, joint - log_p, z)
    assert gap.item() >= -1e-9 and bound.item() <= log_p.item() + 1e-9
    assert (bound + gap).item() == pytest.approx(log_p.item(), abs=1e-8)
    posterior = (joint - log_p).clamp(min=-600)
    level = (joint - posterior)[posterior > -600]
    assert -divergence.kl_quadrature(posterior, joint, z).item() == pytest.approx(log_p.item(), abs=1e-8)
    assert (level.max() - level.min()).item() < 1e-10


def test_one_hump_of_two_costs_log_2():
    gap = distance.log_marginal(8.0, 4.0, 1.0) - distance.elbo(8.0, 8.0 * 16 / 17, (16 / 17) ** 0.5, 4.0, 1.0)
    assert gap.item() == pytest.approx(math.log(2), abs=1e-8)

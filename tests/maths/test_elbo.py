"""The bound on the conjugate model, held against exact log p(x), quadrature and Pyro."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from helpers import elbo, gaussian

X = torch.tensor([1.3, 0.2, 2.1, -0.4], dtype=torch.float64)
MODEL = {"mu_0": 0.5, "tau": 1.5, "sigma": 0.8}

numbers = st.floats(-5, 5)
widths = st.floats(0.2, 5)
models = st.fixed_dictionaries({"mu_0": numbers, "tau": widths, "sigma": widths})
data = st.lists(numbers, min_size=1, max_size=8)


@pytest.mark.equation("eq-log-marginal")
@given(data, models)
def test_log_marginal_is_a_correlated_gaussian(x, model):
    covariance = model["sigma"] ** 2 * np.eye(len(x)) + model["tau"] ** 2
    truth = stats.multivariate_normal([model["mu_0"]] * len(x), covariance).logpdf(x)
    assert elbo.log_marginal(x, **model).item() == pytest.approx(truth, rel=1e-8, abs=1e-8)


@pytest.mark.equation("eq-log-joint")
def test_log_joint_integrates_to_the_marginal():
    def joint(z):
        return math.exp(stats.norm.logpdf(z, 0.5, 1.5) + stats.norm.logpdf(X, z, 0.8).sum())

    area, _ = integrate.quad(joint, -10, 10, epsabs=1e-16, epsrel=1e-12)
    assert elbo.log_marginal(X, **MODEL).item() == pytest.approx(math.log(area), rel=1e-10)
    assert elbo.log_joint(0.7, X, **MODEL).exp().item() == pytest.approx(joint(0.7), rel=1e-12)


@pytest.mark.equation("eq-exact-posterior", "eq-log-weight")
@given(data, models, st.lists(st.floats(-3, 3), min_size=2, max_size=9))
def test_at_the_posterior_the_log_weight_is_log_p_for_every_z(x, model, noise):
    weights = elbo.log_weights(lambda z: elbo.log_joint(z, x, **model), *elbo.exact_posterior(x, **model), noise)
    truth = elbo.log_marginal(x, **model)
    assert (weights - truth).abs().max().item() < 1e-10 * max(1, abs(truth.item()))


@pytest.mark.equation("eq-elbo", "eq-elbo-gap")
@given(data, models, numbers, widths)
def test_elbo_and_gap_add_up_to_log_p(x, model, mu_q, sigma_q):
    bound, gap = elbo.elbo(x, mu_q, sigma_q, **model), elbo.gap(x, mu_q, sigma_q, **model)
    truth = elbo.log_marginal(x, **model).item()
    assert (bound + gap).item() == pytest.approx(truth, rel=1e-8, abs=1e-8)
    assert bound.item() <= truth + 1e-9 * abs(truth)


@given(data, models)
def test_elbo_is_tight_at_the_posterior(x, model):
    truth = elbo.log_marginal(x, **model).item()
    assert elbo.elbo(x, *elbo.exact_posterior(x, **model), **model).item() == pytest.approx(truth, rel=1e-11, abs=1e-11)


def test_the_seeds_sign_makes_a_divergence_negative():
    """KL(q‖p(z|x)) = KL(q‖p(z)) + log p(x) - E_q[log p(x|z)]: with a plus at the end it cannot be a divergence."""
    x, q = torch.tensor([1.0], dtype=torch.float64), (0.2, 0.6)
    reconstruction, log_p = elbo.reconstruction(x, *q), elbo.log_marginal(x)
    kl_to_prior = reconstruction - elbo.elbo(x, *q)
    assert (kl_to_prior + log_p - reconstruction).item() == pytest.approx(elbo.gap(x, *q).item(), abs=1e-12)
    assert (kl_to_prior + log_p + reconstruction).item() < 0


@pytest.mark.equation("eq-reconstruction")
def test_reconstruction_is_the_integral():
    def integrand(z):
        return stats.norm.pdf(z, 0.3, 0.7) * stats.norm.logpdf(X, z, 0.8).sum()

    truth, _ = integrate.quad(integrand, -8, 8, epsabs=1e-12)
    assert elbo.reconstruction(X, 0.3, 0.7, **MODEL).item() == pytest.approx(truth, rel=1e-9)


@pytest.mark.equation("eq-elbo-estimate")
def test_estimate_is_unbiased_and_its_gradient_too():
    noise = torch.randn(200_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def estimated(mu_q, sigma_q):
        return elbo.estimate(lambda z: elbo.log_joint(z, X, **MODEL), mu_q, sigma_q, noise)

    def exact(mu_q, sigma_q):
        return elbo.elbo(X, mu_q, sigma_q, **MODEL)

    q = (torch.tensor(0.3, dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64))
    assert estimated(*q).item() == pytest.approx(exact(*q).item(), abs=0.03)
    ours, truth = (torch.stack(torch.func.grad(f, (0, 1))(*q)) for f in (estimated, exact))
    assert ours.numpy() == pytest.approx(truth.numpy(), abs=0.06)


@pytest.mark.equation("eq-iwae")
def test_importance_weighting_tightens_from_the_elbo_to_log_p():
    noise = torch.randn(256, 4000, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    q = (0.9, 0.6)

    def log_joint(z):
        return elbo.log_joint(z, X, **MODEL)

    bounds = [elbo.importance_weighted(log_joint, *q, noise[:k]).mean().item() for k in (1, 4, 16, 64, 256)]
    assert bounds == sorted(bounds)
    assert bounds[0] == pytest.approx(elbo.elbo(X, *q, **MODEL).item(), abs=0.05)
    assert bounds[-1] == pytest.approx(elbo.log_marginal(X, **MODEL).item(), abs=0.01)
    assert bounds[-1] - bounds[0] > 0.1


@pytest.mark.equation("eq-effective-sample-size")
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_effective_sample_size(log_w):
    w = np.exp(log_w)
    size = elbo.effective_sample_size(log_w).item()
    assert size == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-9)
    assert 1 - 1e-9 <= size <= len(log_w) + 1e-9
    assert elbo.effective_sample_size([0.0] * len(log_w)).item() == pytest.approx(len(log_w))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_pyro_computes_the_same_bound():
    pyro = pytest.importorskip("pyro")
    normal = pyro.distributions.Normal
    mu_0, tau, sigma, mu_q, sigma_q = (torch.tensor(v, dtype=torch.float64) for v in (0.5, 1.5, 0.8, 0.3, 0.7))

    def model():
        z = pyro.sample("z", normal(mu_0, tau))
        with pyro.plate("draws", len(X)):
            pyro.sample("x", normal(z, sigma), obs=X)

    def guide():
        pyro.sample("z", normal(mu_q, sigma_q))

    pyro.set_rng_seed(0)
    bound = pyro.infer.TraceMeanField_ELBO(num_particles=50_000, vectorize_particles=True, max_plate_nesting=1)
    assert -bound.loss(model, guide) == pytest.approx(elbo.elbo(X, mu_q, sigma_q, **MODEL).item(), abs=0.05)


def test_grids_of_q_give_a_surface():
    mu_q = torch.linspace(-1, 1, 3, dtype=torch.float64)[:, None]
    sigma_q = torch.linspace(0.5, 1, 4, dtype=torch.float64)
    surface = elbo.elbo(X, mu_q, sigma_q, **MODEL)
    assert surface.shape == (3, 4)
    assert surface[2, 1].item() == pytest.approx(elbo.elbo(X, mu_q[2, 0], sigma_q[1], **MODEL).item(), rel=1e-12)
    assert gaussian.log_likelihood(X, mu_q, sigma_q).shape == (3, 4)

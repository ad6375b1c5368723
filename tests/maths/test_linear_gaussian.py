"""Probabilistic PCA, where log p(x) is exact: against scipy, scikit-learn, and a VAE trained on it."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats
from sklearn.decomposition import PCA

from helpers import gaussian
from helpers import linear_gaussian as linear
from helpers.divergence import kl_multivariate

G = torch.Generator().manual_seed(0)
W = torch.randn(5, 2, generator=G, dtype=torch.float64)
MU = torch.randn(5, generator=G, dtype=torch.float64)
SIGMA = torch.tensor(0.7, dtype=torch.float64)
X = torch.randn(40, 2, generator=G, dtype=torch.float64) @ W.mT + MU
X = X + SIGMA * torch.randn(40, 5, generator=G, dtype=torch.float64)
EYE = torch.eye(2, dtype=torch.float64)
BIG = (W @ W.mT + SIGMA**2 * torch.eye(5, dtype=torch.float64)).numpy()  # covariance of x
M = (W.mT @ W + SIGMA**2 * EYE).numpy()
S = np.cov(X.numpy().T, ddof=0)
LAMBDA = np.linalg.eigvalsh(S)[::-1]


def divergence(weights, sigma, encoder, x):
    """KL(q(z|x) || p(z|x)) by torch.distributions."""
    mean, covariance = linear.posterior(x, weights, MU, sigma)
    q = torch.distributions.MultivariateNormal(
        encoder.matrix @ (x - MU), scale_tril=encoder.log_scale.exp().diag(), validate_args=False
    )
    return torch.distributions.kl_divergence(q, torch.distributions.MultivariateNormal(mean, covariance)).item()


@pytest.fixture(scope="module")
def grey(digits):
    from helpers import datasets

    return datasets.digits_grey().train.double()


@pytest.mark.equation("eq-ppca-log-prob", "eq-ppca-inner")
def test_log_prob_is_the_big_gaussians():
    covariance = W @ W.mT + SIGMA**2 * torch.eye(5, dtype=torch.float64)
    truth = stats.multivariate_normal(MU.numpy(), covariance.numpy()).logpdf(X.numpy())
    assert linear.log_prob(X, W, MU, SIGMA).numpy() == pytest.approx(truth, rel=1e-10)
    assert linear.log_prob(X[0], W, MU, SIGMA).item() == pytest.approx(truth[0], rel=1e-10)


@pytest.mark.equation("eq-ppca-posterior")
def test_at_the_posterior_log_joint_less_log_q_is_log_p_for_every_z():
    mean, covariance = linear.posterior(X[0], W, MU, SIGMA)
    z = torch.randn(50, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2
    log_joint = gaussian.log_prob(z, 0.0, 1.0).sum(-1) + gaussian.log_prob(X[0], z @ W.mT + MU, SIGMA).sum(-1)
    log_weight = log_joint - gaussian.log_prob_multivariate(z, mean, covariance)
    assert (log_weight - linear.log_prob(X[0], W, MU, SIGMA)).abs().max().item() < 1e-10


@pytest.mark.equation("eq-linear-vae-elbo")
def test_gap_of_any_encoder_is_its_divergence_from_the_posterior():
    matrix = torch.randn(2, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 0.3
    encoder = linear.Encoder(matrix, torch.tensor([-0.4, 0.3], dtype=torch.float64))
    gap = linear.log_prob(X, W, MU, SIGMA) - linear.elbo(X, W, MU, SIGMA, encoder)
    means, covariance = linear.posterior(X, W, MU, SIGMA)
    q = torch.diag((2 * encoder.log_scale).exp())
    truth = [kl_multivariate(matrix @ (x - MU), q, m, covariance).item() for x, m in zip(X, means, strict=True)]
    assert gap.numpy() == pytest.approx(truth, rel=1e-8)


@pytest.mark.equation("eq-linear-best-encoder")
def test_best_encoder_is_best_and_exact_only_for_orthogonal_weights():
    best = linear.best_encoder(W, SIGMA)
    highest = linear.elbo(X, W, MU, SIGMA, best).mean()
    leaves = [part.clone().requires_grad_() for part in best]
    gradients = torch.autograd.grad(linear.elbo(X, W, MU, SIGMA, linear.Encoder(*leaves)).mean(), leaves)
    assert max(g.abs().max().item() for g in gradients) < 1e-10
    exact = linear.log_prob(X, W, MU, SIGMA).mean()
    assert (exact - highest).item() > 1e-3
    orthogonal = W @ torch.linalg.eigh(W.mT @ W).eigenvectors
    turned = linear.elbo(X, orthogonal, MU, SIGMA, linear.best_encoder(orthogonal, SIGMA)).mean()
    assert (exact - turned).abs().item() < 1e-12


@pytest.mark.equation("eq-ppca-mle")
def test_fit_is_scikit_learns_with_divisor_n(grey):
    weights, mu, sigma = linear.fit(grey, 2)
    pca = PCA(2, svd_solver="full").fit(grey.numpy())
    ratio = (len(grey) - 1) / len(grey)  # scikit-learn divides by n - 1
    assert sigma.item() ** 2 == pytest.approx(pca.noise_variance_ * ratio, rel=1e-9)
    assert (weights**2).sum(0).numpy() == pytest.approx((pca.explained_variance_ - pca.noise_variance_) * ratio)
    ours = linear.log_prob(grey, weights, mu, sigma).mean().item()
    assert ours > pca.score(grey.numpy())
    assert ours == pytest.approx(pca.score(grey.numpy()), abs=1e-3)


def test_no_small_change_beats_fit():
    best = linear.fit(X, 2)
    leaves = [part.clone().requires_grad_() for part in best]
    gradients = torch.autograd.grad(linear.log_prob(X, *leaves).mean(), leaves)
    assert max(g.abs().max().item() for g in gradients) < 1e-10
    assert linear.log_prob(X, *best).mean() > linear.log_prob(X, W, MU, SIGMA).mean()


@pytest.mark.equation("eq-ppca-model", "eq-ppca-marginal")
def test_the_integral_over_z_is_the_big_gaussian():
    w, mu, sigma, x = np.array([1.5, -0.6]), np.array([0.3, 1.0]), 0.8, np.array([1.1, -0.7])

    def joint(z):
        return stats.norm.pdf(z) * stats.norm.pdf(x, w * z + mu, sigma).prod()

    marginal, _ = integrate.quad(joint, -12, 12, points=[0, 1], epsabs=1e-14, epsrel=1e-12)
    covariance = np.outer(w, w) + sigma**2 * np.eye(2)
    assert math.log(marginal) == pytest.approx(stats.multivariate_normal(mu, covariance).logpdf(x), abs=1e-10)
    assert linear.log_prob(x, w[:, None], mu, sigma).item() == pytest.approx(math.log(marginal), abs=1e-10)


@pytest.mark.equation("eq-ppca-marginal")
def test_draws_have_the_covariance():
    noise = np.random.default_rng(0).standard_normal((400_000, 7))
    x = noise[:, :2] @ W.numpy().T + SIGMA.item() * noise[:, 2:]
    assert np.abs(np.cov(x.T) - BIG).max() < 0.03


@pytest.mark.equation("eq-ppca-woodbury", "eq-ppca-determinant")
def test_inverse_and_determinant_need_the_small_matrix_only():
    w, variance = W.numpy(), SIGMA.item() ** 2
    assert (np.eye(5) - w @ np.linalg.inv(M) @ w.T) / variance == pytest.approx(np.linalg.inv(BIG), abs=1e-12)
    assert variance ** (5 - 2) * np.linalg.det(M) == pytest.approx(np.linalg.det(BIG), rel=1e-12)


@pytest.mark.equation("eq-linear-gap")
def test_gap_of_the_best_encoder_is_its_divergence_whatever_x_is():
    encoder = linear.best_encoder(W, SIGMA)
    formula = (np.log(np.diag(M)).sum() - np.linalg.slogdet(M)[1]) / 2
    assert linear.gap(W, SIGMA).item() == pytest.approx(formula, rel=1e-10)
    for x in X[:5]:
        assert divergence(W, SIGMA, encoder, x) == pytest.approx(formula, rel=1e-9)
    orthogonal = W @ torch.linalg.eigh(W.mT @ W).eigenvectors
    several = linear.gap(torch.stack([W, orthogonal]), SIGMA)
    assert several.tolist() == pytest.approx([formula, 0], abs=1e-12)


@pytest.mark.equation("eq-ppca-mean")
def test_the_mean_depends_on_the_second_moments_only():
    mean = X.mean(0)
    formula = -(5 * math.log(2 * math.pi) + np.linalg.slogdet(BIG)[1] + np.trace(np.linalg.inv(BIG) @ S)) / 2
    truth = stats.multivariate_normal(mean.numpy(), BIG).logpdf(X.numpy()).mean()
    assert formula == pytest.approx(truth, rel=1e-12)
    condensed_mean, rows = linear.condense(X)
    assert rows.shape == (5, 5) and torch.equal(condensed_mean, mean)
    assert (rows.mT @ rows / 5).numpy() == pytest.approx(S, abs=1e-12)
    origin = torch.zeros_like(mean)
    assert linear.log_prob(rows, W, origin, SIGMA).mean().item() == pytest.approx(truth, rel=1e-12)
    encoder = linear.Encoder(W.mT * 0.2, SIGMA * torch.tensor([-1.0, 0.5], dtype=torch.float64))
    assert linear.elbo(rows, W, origin, SIGMA, encoder).mean().item() == pytest.approx(
        linear.elbo(X, W, mean, SIGMA, encoder).mean().item(), rel=1e-12
    )
    few = linear.condense(X[:3])[1]
    assert few.shape == (3, 5) and (few.mT @ few / 3).numpy() == pytest.approx(np.cov(X[:3].numpy().T, ddof=0))


def scipys_best(columns, log_sigma=None):
    """The highest mean log-likelihood that SciPy's BFGS finds for the rows X, and its W; sigma is free if not given."""

    def loss(p):
        w = p[: 5 * columns].reshape(5, columns)
        noise = math.exp(2 * (p[-1] if log_sigma is None else log_sigma))
        covariance = w @ w.T + noise * np.eye(5)
        return (
            5 * math.log(2 * math.pi) + np.linalg.slogdet(covariance)[1] + np.trace(np.linalg.solve(covariance, S))
        ) / 2

    starts = np.random.default_rng(1).normal(size=(4, 5 * columns + (log_sigma is None)))
    best = min((optimize.minimize(loss, start, options={"gtol": 1e-8}) for start in starts), key=lambda one: one.fun)
    return -best.fun, best.x[: 5 * columns].reshape(5, columns)


@pytest.mark.equation("eq-ppca-mle", "eq-ppca-top")
@pytest.mark.parametrize("latents", [1, 2, 3])
def test_the_top_is_where_scipys_climb_ends(latents):
    noise = LAMBDA[latents:].mean()
    kept = np.log(LAMBDA[:latents]).sum()
    formula = -(5 * math.log(2 * math.pi) + kept + (5 - latents) * math.log(noise) + 5) / 2
    assert scipys_best(latents)[0] == pytest.approx(formula, abs=1e-7)
    assert linear.log_prob(X, *linear.fit(X, latents)).mean().item() == pytest.approx(formula, rel=1e-12)


@pytest.mark.equation("eq-linear-off")
@pytest.mark.parametrize("place", [0.5, 1.5, 2.5])
def test_with_a_fixed_noise_a_small_eigenvalue_switches_its_latent_off(place):
    """The noise between two eigenvalues, or above all of them."""
    low = int(place)
    variance = math.sqrt(LAMBDA[low] * LAMBDA[low + 1]) if low else 1.2 * LAMBDA[0]
    top, found = scipys_best(3, math.log(variance) / 2)
    lengths = linear.lengths(torch.tensor(LAMBDA[:3].copy()), variance**0.5)
    assert (lengths > 0).sum() == (LAMBDA[:3] > variance).sum() < 4
    assert (lengths**2).numpy() == pytest.approx(np.maximum(LAMBDA[:3] - variance, 0))
    assert np.linalg.svd(found)[1] == pytest.approx(lengths.numpy(), abs=2e-2)
    mean, _, axes = linear.principal_axes(X)
    ours = linear.log_prob(X, axes[:, :3] * lengths, mean, variance**0.5).mean().item()
    assert ours >= top - 1e-9 and ours == pytest.approx(top, abs=1e-6)


@pytest.mark.equation("eq-ppca-rotation")
def test_a_turn_of_the_latents_changes_nothing_that_can_be_seen():
    turned = W @ linear.turn(torch.tensor(0.7, dtype=torch.float64))
    assert (turned @ turned.mT - W @ W.mT).abs().max().item() < 1e-14
    truth = stats.multivariate_normal(MU.numpy(), BIG).logpdf(X.numpy())
    assert linear.log_prob(X, turned, MU, SIGMA).numpy() == pytest.approx(truth, rel=1e-10)
    quarter = linear.turn(torch.tensor([0.0, math.pi / 2], dtype=torch.float64))
    assert quarter.numpy() == pytest.approx(np.array([[[1, 0], [0, 1]], [[0, -1], [1, 0]]]), abs=1e-15)


@pytest.mark.equation("eq-linear-turn")
@pytest.mark.parametrize("degrees", [-90, -45, 0, 10, 30, 45, 80])
def test_what_a_turn_costs(degrees):
    straight, _, sigma = linear.fit(X, 2)
    weights = straight @ linear.turn(torch.tensor(math.radians(degrees), dtype=torch.float64))
    a, b = LAMBDA[:2]
    formula = math.log1p((a - b) ** 2 / (4 * a * b) * math.sin(2 * math.radians(degrees)) ** 2) / 2
    assert linear.gap(weights, sigma).item() == pytest.approx(formula, abs=1e-12)
    assert divergence(weights, sigma, linear.best_encoder(weights, sigma), X[1]) == pytest.approx(formula, abs=1e-12)


@pytest.mark.equation("eq-linear-rate")
def test_a_latent_tells_half_the_log_of_its_eigenvalue_over_the_noise():
    weights, mean, sigma = linear.fit(X, 2)
    encoder = linear.best_encoder(weights, sigma)
    means, s = (X - mean) @ encoder.matrix.mT, encoder.log_scale.exp()
    assert (means.var(0, correction=0) + s**2).tolist() == pytest.approx([1, 1])
    q, prior = torch.distributions.Normal(means, s), torch.distributions.Normal(0.0, 1.0)
    told = torch.distributions.kl_divergence(q, prior).mean(0)
    assert told.tolist() == pytest.approx(np.log(LAMBDA[:2] / sigma.item() ** 2) / 2, rel=1e-9)


def test_principal_axes_are_numpys():
    mean, values, axes = linear.principal_axes(X)
    assert mean.numpy() == pytest.approx(X.numpy().mean(0)) and values.numpy() == pytest.approx(LAMBDA)
    assert (axes.mT @ torch.tensor(S) @ axes).numpy() == pytest.approx(np.diag(LAMBDA), abs=1e-12)


@pytest.mark.parametrize(("chosen", "admixed", "rises"), [([0, 1], 4, False), ([0, 2], 1, True), ([1, 2], 0, True)])
def test_any_choice_of_axes_is_level_ground_and_only_the_first_are_a_top(chosen, admixed, rises):
    mean, values, axes = linear.principal_axes(X)
    sigma = values[2:].mean().sqrt()
    weights = axes[:, chosen] * linear.lengths(values[chosen], sigma)
    assert weights.norm(dim=0).min().item() > 0

    def log_p(w):
        return linear.log_prob(X, w, mean, sigma).mean()

    assert torch.func.grad(log_p)(weights).abs().max().item() < 1e-12
    nudged = weights.clone()
    nudged[:, 1] += 1e-3 * axes[:, admixed]
    assert (log_p(nudged) > log_p(weights)).item() == rises


def test_trained_linear_vae_reaches_the_exact_line(grey):
    learnt = linear.train(grey, latents=2, keep=3)
    exact = linear.log_prob(grey, *linear.fit(grey, 2)).mean().item()
    assert exact - learnt.history[-1].item() == pytest.approx(0, abs=1e-7)
    assert exact - learnt.history[0].item() > 10
    assert learnt.history.max().item() <= exact + 1e-9
    direct = linear.elbo(grey, *learnt[:3], learnt.encoder).mean().item()
    assert direct == pytest.approx(learnt.history[-1].item(), abs=1e-9)
    assert torch.equal(learnt.history, linear.train(grey, latents=2).history)
    assert len(learnt.kept) == 4
    for step, then in zip(learnt.kept, learnt.history[:4], strict=True):
        value = linear.elbo(grey, step.weights, learnt.mu, step.sigma, step.encoder).mean()
        assert value.item() == pytest.approx(then.item(), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("latents", "steps", "within"), [(2, 200, 1e-6), (10, 1000, 1e-3)])
def test_every_start_ends_at_the_top_with_the_principal_axes(grey, latents, steps, within, seed):
    learnt = linear.train(grey, latents, steps, seed)
    pca = PCA(latents, svd_solver="full").fit(grey.numpy())
    share = (len(grey) - 1) / len(grey)
    pca.explained_variance_ *= share
    pca.noise_variance_ *= share
    assert pca.score(grey.numpy()) - learnt.history[-1].item() == pytest.approx(within / 2, abs=within / 2)
    cosines = np.abs(pca.components_ @ (learnt.weights / learnt.weights.norm(dim=0)).numpy())
    assert cosines.max(0) == pytest.approx(1, abs=1e-2 if latents == 10 else 1e-6)
    assert sorted(cosines.argmax(0)) == list(range(latents))

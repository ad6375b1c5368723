"""Probabilistic PCA, where log p(x) is exact: against scipy, scikit-learn, and a VAE trained on it."""

import pytest
import torch
from scipy import stats
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


def test_trained_linear_vae_reaches_the_exact_line(grey):
    learnt = linear.train(grey, latents=2)
    exact = linear.log_prob(grey, *linear.fit(grey, 2)).mean().item()
    assert exact - learnt.history[-1].item() == pytest.approx(0, abs=1e-6)
    assert exact - learnt.history[0].item() > 10
    assert learnt.history.max().item() <= exact + 1e-9
    direct = linear.elbo(grey, *learnt[:3], learnt.encoder).mean().item()
    assert direct == pytest.approx(learnt.history[-1].item(), abs=1e-9)
    assert torch.equal(learnt.history, linear.train(grey, latents=2).history)

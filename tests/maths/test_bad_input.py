"""Bad input is refused by name and value; good input of any kind is taken."""

import numpy as np
import pytest
import torch

from helpers import (
    _checks,
    datasets,
    distance,
    divergence,
    elbo,
    encoder,
    estimator,
    evaluation,
    fit_q,
    gaussian,
    gradients,
    linear_gaussian,
    logs,
    mean_field,
    mixture,
    mle,
    optimise,
    pixels,
    plots,
    regulariser,
    training,
    vae,
    variational_em,
    weights,
)

X = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
EYE = torch.eye(2, dtype=torch.float64)
IMAGES = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
MODEL = vae.VAE(3, 2, (4,))

BAD_VALUES = [
    ("sigma must be positive, got -1.0", lambda: gaussian.log_prob(X, 0, -1)),
    ("sigma must be positive, got 0.0 at index 1", lambda: gaussian.log_prob(X[:2], 0, [1, 0])),
    ("x must be finite, got nan at index 1", lambda: gaussian.log_likelihood([0, float("nan")], 0, 1)),
    ("mu must be finite, got inf", lambda: gaussian.log_prob(X, float("inf"), 1)),
    ("x is empty", lambda: gaussian.fit([])),
    ("x is empty", lambda: gaussian.log_likelihood(torch.empty(0), 0, 1)),
    ("x must vary", lambda: gaussian.fit([3, 3, 3])),
    (r"x \(3,\), mu \(2,\)", lambda: gaussian.log_prob(X, torch.zeros(2), 1)),
    ("x must have last dimensions", lambda: gaussian.log_likelihood(2.0, 0, 1)),
    ("x must be rectangular", lambda: gaussian.fit([[1, 2], [3]])),
    ("covariance must be symmetric", lambda: gaussian.log_prob_multivariate(X[:2], X[:2], [[1, 0.5], [0, 1]])),
    ("covariance must be positive definite", lambda: gaussian.log_prob_multivariate(X[:2], X[:2], [[1, 2], [2, 1]])),
    ("covariance must have last dimensions", lambda: gaussian.log_prob_multivariate(X, X, torch.ones(2, 3))),
    ("rho must lie strictly between -1 and 1, got 1.0", lambda: gaussian.log_prob_bivariate(X[:2], 0, 1, 1.0)),
    ("sigma_q must be positive", lambda: divergence.kl_gaussian(0, 0, 0, 1)),
    ("sigma_p must be positive", lambda: divergence.kl_gaussian(0, 1, 0, -2)),
    ("covariance_p must be positive definite", lambda: divergence.kl_multivariate(X[:2], EYE, X[:2], -EYE)),
    ("q must lie between 0 and 1, got 1.5", lambda: divergence.kl_categorical([1.5, -0.5], [0.5, 0.5])),
    ("log_q must have last dimensions", lambda: divergence.kl_quadrature(X, X, X[:2])),
    ("log_q", lambda: divergence.kl_monte_carlo(X, X[:2])),
    ("tau must be positive", lambda: elbo.log_marginal(X, 0, 0, 1)),
    ("sigma_q must be positive", lambda: elbo.elbo(X, 0, -1)),
    ("noise is empty", lambda: elbo.estimate(lambda z: z, 0, 1, torch.empty(0))),
    ("width must be positive", lambda: variational_em.threshold_q(X, 0, 0)),
    ("theta must be positive", lambda: variational_em.exact_threshold(-1.0)),
    ("q must lie between", lambda: variational_em.elbo(X, 1.0, torch.full((3, 2), 2.0))),
    ("q must have last dimensions", lambda: variational_em.m_step(X, torch.full((2, 2), 0.5))),
    ("weight must lie strictly", lambda: variational_em.TwoGroups(0.0, 1.0, 1.0)),
    ("sigma must be positive", lambda: variational_em.TwoGroups(0.0, 0.0, 0.5)),
    ("steps must be at least 1", lambda: variational_em.em(X, 1.0, 0)),
    ("latents must be below", lambda: linear_gaussian.fit(torch.rand(9, 3), 3)),
    ("sigma would be", lambda: linear_gaussian.fit(torch.outer(X, X), 1)),
    ("sigma must be positive, got 0.0", lambda: linear_gaussian.gap(EYE, 0.0)),
    ("weights must have last dimensions", lambda: linear_gaussian.gap(X, 1.0)),
    ("sigma must be positive, got -1.0", lambda: linear_gaussian.lengths(X, -1.0)),
    ("angle must be finite, got nan", lambda: linear_gaussian.turn(float("nan"))),
    ("x must have last dimensions", lambda: linear_gaussian.condense(X)),
    ("x must have last dimensions", lambda: linear_gaussian.principal_axes(X)),
    ("keep must be at least 0, got -1", lambda: linear_gaussian.train(EYE, keep=-1)),
    ("x must have last dimensions", lambda: linear_gaussian.posterior(X, EYE, X[:2], 1.0)),
    ("x must lie between 0 and 1, got 2.0", lambda: training.train(2 * torch.ones(4, 3))),
    ("x must have shape", lambda: training.train(torch.ones(4))),
    ("x is empty", lambda: training.train(torch.ones(0, 3))),
    ("x must be finite", lambda: training.train(torch.full((4, 3), float("nan")))),
    ("batch must be at least 1", lambda: training.train(IMAGES, batch=0)),
    ("learning_rate must be positive", lambda: training.train(IMAGES, learning_rate=0.0)),
    ("beta must be finite and not negative, got -1.0", lambda: training.train(IMAGES, beta=-1.0)),
    (r"got -0.5 at the share 0.5 of training", lambda: training.train(IMAGES, epochs=2, beta=lambda share: -share)),
    ("free_bits must not be negative, got -0.1", lambda: training.train(IMAGES, free_bits=-0.1)),
    ("draws must be at least 1, got 0", lambda: training.train(IMAGES, draws=0)),
    ("draws = 5 trains the importance-weighted bound", lambda: training.train(IMAGES, draws=5, beta=2.0)),
    ("draws = 5 trains the importance-weighted bound", lambda: training.train(IMAGES, draws=5, free_bits=0.1)),
    ("until must lie above 0 and not above 1, got 0", lambda: training.warm_up(0)),
    ("path is not a VAE that helpers.weights.save wrote", lambda: weights.load(__file__)),
    ("x must have last dimensions", lambda: MODEL.encode(torch.ones(2, 4))),
    ("z must have last dimensions", lambda: MODEL.decode(torch.ones(2, 3))),
    ("x must lie between 0 and 1", lambda: vae.log_p_x_given_z(IMAGES + 0.5, IMAGES)),
    ("noise", lambda: vae.elbo(MODEL, IMAGES, torch.ones(3, 2))),
    ("latents must be at least 1", lambda: vae.VAE(latents=0)),
    ("threshold", lambda: datasets.digits(0)),
    ("threshold", lambda: datasets.mnist5k(256)),
    ("name must be one of Adelie", lambda: datasets.penguins().of("Emperor")),
    ("images must have shape", lambda: plots.image_grid(None, torch.ones(2, 3))),
    ("z must have shape", lambda: plots.latent_plane(None, torch.ones(2, 3), torch.ones(2))),
]

# Chapter "When algebra runs out".
BAD_VALUES += [
    ("theta must be finite", lambda: optimise.newton_step(torch.sin, float("nan"))),
    ("rate must be positive, got 0.0", lambda: optimise.gradient_step(torch.sin, 1.0, 0)),
    ("steps must be at least 1", lambda: optimise.gradient_ascent(torch.sin, 1.0, 0.1, 0)),
    ("y must lie between 0 and 1, got 2.0", lambda: optimise.bernoulli_log_likelihood(2.0, X)),
    (r"y \(2,\), logits \(3,\)", lambda: optimise.bernoulli_log_likelihood(X[:2] / 2, X)),
    ("x must have last dimensions", lambda: optimise.fit_multivariate(X)),
    ("x must spread in all 2 directions", lambda: optimise.fit_multivariate(torch.outer(X, X[:2]))),
]

# Chapter "Mean field".
BAD_VALUES += [
    ("rho must lie strictly between -1 and 1, got -1.0", lambda: mean_field.precision_matrix([1.0, 1.0], -1.0)),
    ("sigma must have last dimensions", lambda: mean_field.precision_matrix(X, 0.5)),
    ("tau must be positive, got 0.0", lambda: mean_field.two_on_a_scale(9, 4, 0, 1)),
    (r"m must have last dimensions \(3\)", lambda: mean_field.update(0, X[:2], X, torch.eye(3).double())),
    ("precision must have last dimensions", lambda: mean_field.gap(X, X, X, EYE)),
    ("s must be positive, got 0.0 at index 1", lambda: mean_field.gap(X[:2], [1.0, 0.0], X[:2], EYE)),
    ("precision must be positive definite", lambda: mean_field.price([[1.0, 2.0], [2.0, 1.0]])),
    ("precision must be symmetric", lambda: mean_field.price([[1.0, 0.5], [0.0, 1.0]])),
    ("reach must be positive", lambda: mean_field.coverage(0.5, 0)),
    ("q_other must lie between 0 and 1", lambda: mean_field.update_table(EYE, [1.5, -0.5])),
    ("log_p must have last dimensions", lambda: mean_field.update_table(EYE, [0.2, 0.3, 0.5])),
    ("kappa_0 must be positive", lambda: mean_field.normal_posterior(X, 0, 0, 1, 1)),
    ("b_0 must be positive", lambda: mean_field.normal_evidence(X, 0, 1, 1, -1)),
    ("mean_lambda must be positive", lambda: mean_field.update_mean(0, 0, 1)),
    ("v must be positive", lambda: mean_field.update_precision(0, 0, 0, 1, 1, 1)),
    ("a must be positive", lambda: mean_field.normal_gap(0, 1, 0, 1, 0, 1, 1, 1)),
    ("a_n must be positive", lambda: mean_field.normal_price(-1)),
    ("lam must be positive", lambda: mean_field.normal_gamma_log_prob(0, 0, 0, 1, 1, 1)),
    ("b_n must be positive", lambda: mean_field.mean_log_prob(0, 0, 1, 1, 0)),
]

# Chapter 7.
PAIR = [0.5, 0.5], [1.0, 2.0], [1.0, 1.0]
BAD_VALUES += [
    ("weights must sum to 1, got", lambda: mixture.log_joint(X, [0.5, 0.6], *PAIR[1:])),
    ("weights must lie between 0 and 1", lambda: mixture.log_marginal(X, [1.5, -0.5], *PAIR[1:])),
    ("sigma must be positive, got 0.0 at index 1", lambda: mixture.responsibilities(X, *PAIR[:2], [1.0, 0.0])),
    (r"weights \(2,\), mu \(3,\)", lambda: mixture.log_likelihood(X, PAIR[0], X, 1.0)),
    ("q must have last dimensions", lambda: mixture.bound(X, *PAIR, torch.full((2, 2), 0.5))),
    ("q must lie between", lambda: mixture.m_step(X, torch.full((3, 2), 2.0))),
    ("sigma must stay positive: component 1 collapsed", lambda: mixture.m_step([2.0, 2.0], torch.full((2, 2), 0.5))),
    ("steps must be at least 1", lambda: mixture.em(X, *PAIR, 0)),
    ("floor must be positive", lambda: mixture.ceiling(3, 0.0)),
]

# Chapter "Log-likelihood".
BAD_VALUES += [
    ("sigma must be positive", lambda: logs.surface(3, 0, 1, 0, 0)),
    ("n must be positive, got 0", lambda: logs.surface(0, 0, 1, 0, 1)),
    ("spread must be positive", lambda: logs.drop(3, 0, 0, 0, 1)),
    ("sigma_2 must be positive", lambda: logs.ratio(X, 0, 1, 0, -1)),
    ("terms must be finite, got -inf at index 1", lambda: logs.log_sum_exp([0, -float("inf")])),
    ("terms is empty", lambda: logs.log_sum_exp([])),
]

# Chapter "The ELBO".
BAD_VALUES += [
    ("sigma_q must be positive, got 0.0", lambda: distance.elbo(1.0, 0.0, 0.0)),
    ("tau must be positive, got -1.0", lambda: distance.log_marginal(1.0, -1.0, 1.0)),
    ("sigma must be positive", lambda: distance.mean_distance(1.0, 0.0)),
    ("z must be finite", lambda: distance.log_joint(float("inf"), 1.0)),
]

# Chapter "What does a decoder say about x?".
BAD_VALUES += [
    ("sigma must be positive, got 0.0", lambda: pixels.gaussian(X, X, 0.0)),
    (r"x must have last dimensions \(3\)", lambda: pixels.gaussian(X[:1], X, 1.0)),
    (r"x must have last dimensions \(3\)", lambda: pixels.bernoulli(0.5, X)),
    ("x must lie between 0 and 1, got 2.0 at index 1", lambda: pixels.bernoulli(X, X)),
    (r"logits must have last dimensions", lambda: pixels.bernoulli(X / 4, 0.0)),
    ("x must lie between 0 and 1, got -1.0", lambda: pixels.continuous_bernoulli(-X, X)),
    ("logits must be finite, got inf", lambda: pixels.continuous_bernoulli(X / 4, [float("inf")] * 3)),
    (r"x \(3,\), logits \(2,\)", lambda: pixels.continuous_bernoulli(X / 4, X[:2])),
    ("x must be a whole number of 16ths, got 0.3", lambda: pixels.binomial([0.5, 0.3], X[:2])),
    ("x must lie between 0 and 1, got 16.0", lambda: pixels.binomial([16.0], X[:1])),
    ("logits must be finite, got nan", lambda: pixels.log_normaliser(float("nan"))),
    ("logits is empty", lambda: pixels.continuous_mean([])),
    ("u must lie between 0 and 1, got 1.5", lambda: pixels.continuous_quantile(1.5, 0.0)),
]

BAD_TYPES = [
    ("x must be a number", lambda: gaussian.log_prob("1", 0, 1)),
    ("sigma must be a number", lambda: gaussian.log_prob(X, 0, None)),
    ("sigma must be a number.* got True", lambda: gaussian.log_prob(X, 0, True)),
    ("x must hold real numbers", lambda: gaussian.fit(torch.tensor([True, False]))),
    ("x must hold real numbers", lambda: gaussian.fit(torch.tensor([1j, 2j]))),
    ("x must hold real numbers", lambda: gaussian.fit(["a", "b"])),
    ("x must be one tensor, got a list of tensors", lambda: gaussian.fit([X, X])),
    ("x torch.float32", lambda: linear_gaussian.log_prob(X[:2].float(), EYE, X[:2], 1.0)),
    ("covariance torch.float64", lambda: gaussian.log_prob_multivariate(X[:2].float(), X[:2].float(), EYE)),
    ("x must be a float tensor", lambda: training.train(torch.ones(4, 3, dtype=torch.int64))),
    ("x must be a float tensor", lambda: training.train([[0.0, 1.0]])),
    ("x torch.float64", lambda: MODEL.encode(IMAGES.double())),
    ("epochs must be a whole number", lambda: training.train(IMAGES, epochs=1.5)),
    ("latents must be a whole number", lambda: linear_gaussian.fit(torch.rand(9, 3), 1.0)),
]

# Chapter "How good is the estimate?"
BAD_VALUES += [
    ("n must be at least 2, got 1", lambda: estimator.variance_log_density(2.0, 1.0, 1, 1)),
    ("n must be at least 2", lambda: estimator.variance_mean(1.0, [3, 1], 2)),
    ("n must be at least 2", lambda: estimator.mean_squared_error(1.0, 0, 2)),
    ("n must be at least 2", lambda: estimator.sigma_mean(1.0, 1.5, 2)),
    ("variance must be positive, got 0.0", lambda: estimator.variance_log_density(0.0, 1.0, 3, 3)),
    ("divisor must be positive, got 0.0", lambda: estimator.mean_squared_error(1.0, 3, 0)),
    ("sigma must be positive", lambda: estimator.information(0.0)),
    ("n must be positive", lambda: estimator.standard_errors(1.0, 0)),
    (r"sigma \(3,\), n \(2,\)", lambda: estimator.standard_errors(X, [3, 4])),
]


BAD_VALUES += [
    ("sigma must be positive", lambda: mle.score(X, 0, 0)),
    ("x must have last dimensions", lambda: mle.hessian(2.0, 0, 1)),
    ("x must vary", lambda: mle.shortfall([3, 3], 0, 1)),
    ("sigma must be positive", lambda: mle.gradient(X, 0, -1)),
    ("rate must be positive", lambda: mle.ascend(X, 0, 1, 0)),
    ("steps must be at least 1", lambda: mle.ascend(X, 0, 1, 0.1, 0)),
]

# Chapter "Kullback-Leibler".
BAD_VALUES += [
    ("log_q", lambda: divergence.kl_nonnegative(X, X[:2])),
    ("weight must lie between 0 and 1, got 1.5", lambda: fit_q.log_p(X, 4.0, 1.5)),
    ("sigma must be positive, got 0.0", lambda: fit_q.reverse_kl(0.0, 0.0, 4.0, 0.5)),
    ("points must be at least 2, got 1", lambda: fit_q.reverse_kl(0.0, 1.0, 4.0, 0.5, points=1)),
    ("sigma must be positive, got -1.0", lambda: fit_q.forward_kl(0.0, -1.0, 4.0, 0.5)),
    ("weight must lie between 0 and 1, got -0.5", lambda: fit_q.match_moments(4.0, -0.5)),
    ("sigma must be positive, got -1.0", lambda: fit_q.step(0.0, -1.0, 4.0, 0.5)),
    ("steps must be at least 1, got 0", lambda: fit_q.descend(0.0, 1.0, 4.0, 0.5, 0)),
    ("mu must be finite", lambda: fit_q.descend(float("nan"), 1.0, 4.0, 0.5)),
]

BAD_VALUES += [
    ("y must lie between 0 and 1, got 2.0", lambda: gradients.log_joint(X[:1], X[:, None], [0, 1, 2])),
    ("tau must be positive, got 0.0", lambda: gradients.log_joint(X[:1], X[:, None], [0, 1, 1], 0)),
    ("z must have last dimensions", lambda: gradients.log_joint(X[:2], X[:, None], [0, 1, 1])),
    ("sigma must be positive", lambda: gradients.score_function(torch.sum, 0, 0, X)),
    ("noise must be finite, got nan", lambda: gradients.pathwise(torch.sum, 0, 1, float("nan"))),
    ("f must hold at least 2 values, got 1", lambda: gradients.leave_one_out([1.0])),
    (r"f \(3,\), score \(2,\)", lambda: gradients.best_baseline(X, X[:2])),
    ("dimensions must be positive", lambda: gradients.variances(1, 0)),
    ("sigma must be positive", lambda: gradients.average(torch.sum, X[:1], [0])),
    ("draws must be at most the number of log-weights, got 4", lambda: evaluation.bounds(X, 4)),
    ("draws must be at least 1, got 0", lambda: evaluation.bounds(X, 0)),
    ("log_w must be finite, got inf", lambda: evaluation.bounds([0.0, float("inf")], 1)),
    ("log_w is empty", lambda: evaluation.running(torch.empty(0))),
    ("values must hold at least 2 entries, got 1", lambda: evaluation.mean([3.0])),
    ("a and b must hold the same images", lambda: evaluation.difference(X, X[:2])),
    ("width must be positive, got 0.0", lambda: evaluation.relative_variance(X, 0)),
    ("draws must be positive, got 0.0", lambda: evaluation.bias(1.0, 0)),
    ("noise must have last dimensions", lambda: evaluation.linear_log_weights(X[:2], EYE, X[:2], 1, 0, 1, X)),
    ("scale must be positive", lambda: evaluation.linear_log_weights(X[:2], EYE, X[:2], 1, 0, 0, X[:2])),
    ("x must lie between 0 and 1, got 2.0", lambda: evaluation.mixture_log_prob(2 * IMAGES, [1.0], IMAGES[:1] / 2)),
    ("probabilities must lie strictly between", lambda: evaluation.mixture_log_prob(IMAGES, [0.5, 0.5], IMAGES)),
    ("weights must have last dimensions", lambda: evaluation.mixture_log_prob(IMAGES, [1.0], IMAGES / 2 + 0.2)),
    ("r must have last dimensions", lambda: evaluation.mixture_m_step(IMAGES, EYE[:1])),
    ("smoothing must be positive, got 0.0", lambda: evaluation.fit_mixture(IMAGES, 1, smoothing=0)),
    ("components must be at most the 2 images, got 3", lambda: evaluation.fit_mixture(IMAGES, 3)),
]

# Chapter "One q for every x".
BAD_VALUES += [
    ("z must be finite, got nan", lambda: encoder.log_joint(float("nan"), 1.0)),
    ("x is empty", lambda: encoder.log_marginal([])),
    (r"x \(3,\), mu \(2,\), log_sigma", lambda: encoder.elbo(X, X[:2], 0.0)),
    ("rate must be positive, got 0.0", lambda: encoder.refine(1.0, 0.0, 0.0, 0)),
    ("steps must be at least 1, got 0", lambda: encoder.refined(1.0, X, X, 0)),
    ("steps must be at least 4, got 3", lambda: encoder.best_q(X, 3)),
    ("x must have last dimensions", lambda: encoder.best_q(1.0)),
    ("best_mu must be finite", lambda: encoder.gaps(1.0, 0.0, 0.0, float("inf"), 0.0)),
    ("hidden must be at least 1, got 0", lambda: encoder.Encoder((0,))),
    ("n must be at least 1, got 0", lambda: encoder.chicks(0)),
    ("x must be finite, got inf at index 1", lambda: encoder.train([1.0, float("inf")])),
]
# Chapter "What the regulariser is for".
BAD_VALUES += [
    ("mu must have last dimensions", lambda: regulariser.rate_of_latents(X, X)),
    ("mu must be finite, got nan", lambda: regulariser.activity([[0.0], [float("nan")]])),
    ("mu must have last dimensions", lambda: regulariser.active_units(X)),
    (r"mu must have last dimensions \(any, 2\)", lambda: regulariser.log_aggregate([[0.0, 1.0]], EYE[:, :1], EYE)),
    (r"noise \(3,\)", lambda: regulariser.split_rate(EYE, EYE, X)),
    ("eigenvalues must be positive, got 0.0 at index 1", lambda: regulariser.linear_rates([1.0, 0.0], 1.0, 1.0)),
    ("beta must be positive, got 0.0", lambda: regulariser.linear_rates(X, 1.0, 0)),
    ("sigma must be positive, got -1.0", lambda: regulariser.linear_errors(X, -1, 1)),
]


@pytest.mark.parametrize(("message", "call"), BAD_VALUES, ids=[m for m, _ in BAD_VALUES])
def test_bad_values_are_named(message, call):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("message", "call"), BAD_TYPES, ids=[m for m, _ in BAD_TYPES])
def test_bad_types_are_named(message, call):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda v: np.array(v, np.float32), lambda v: np.array(v, int)])
def test_numbers_of_every_kind_are_taken(kind):
    assert gaussian.log_likelihood(kind([1, 2, 4]), 2, 1).item() == gaussian.log_likelihood(X, 2.0, 1.0).item()


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.float64(2), np.int64(2), np.array(2.0)])
def test_a_number_becomes_float64(number):
    result = _checks.as_float("x", number)
    assert result.dtype is torch.float64
    assert result.item() == 2


def test_a_float_tensor_keeps_its_dtype_and_identity():
    x = X.float()
    assert _checks.as_float("x", x) is x
    assert gaussian.log_prob(x, 0.0, 1.0).dtype is torch.float32


def test_trusted_ends_with_its_block():
    with _checks.trusted():
        assert gaussian.log_prob(X, X, -X).isnan().all()
    with pytest.raises(ValueError, match="sigma"):
        gaussian.log_prob(X, X, -X)

"""Every formula can be traced, differentiated and vectorised: what a live figure's compiler and autograd need."""

import importlib
import inspect
import pkgutil

import pytest
import torch
from torch._decomp import core_aten_decompositions
from torch.fx.experimental.proxy_tensor import make_fx

import helpers
from helpers import (
    distance,
    divergence,
    elbo,
    encoder,
    estimator,
    evaluation,
    fit_q,
    gaussian,
    gradients,
    importance,
    logs,
    mean_field,
    mixture,
    mle,
    optimise,
    pixels,
    probability,
    regulariser,
    training,
    vae,
    weights,
)
from helpers import linear_gaussian as linear
from helpers import variational_em as em


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


ONE, HALF = numbers(1.0)[0], numbers(0.5)[0]
X, NOISE = numbers(0.3, 1.2, 0.8, 0.1), numbers(0.5, -1.0, 0.2)
Q = numbers(0.2, 0.8).expand(4, 2).clone()
EYE2, W = torch.eye(2, dtype=torch.float64), numbers(1.0, 0.2, -0.5, 0.7, 0.3, 0.1).reshape(3, 2)
ROWS = numbers(*range(12)).reshape(4, 3).cos()
ENCODER = linear.Encoder(W.mT.clone(), numbers(0.1, -0.2))
MODEL = vae.VAE(3, 2, (4,)).double()
IMAGES = (ROWS > 0).double()
NOISES = ROWS[:, :2].clone()


def log_joint(z):
    return elbo.log_joint(z, X)


CASES = {
    gaussian.log_prob: (X, ONE, HALF),
    gaussian.log_likelihood: (X, ONE, HALF),
    gaussian.likelihood: (X, ONE, HALF),
    gaussian.fit: (X,),
    gaussian.entropy: (HALF,),
    gaussian.log_prob_multivariate: (X[:2], X[:2], EYE2),
    gaussian.log_prob_bivariate: (X[:2], X[2:], X[:2], HALF),
    divergence.kl_gaussian: (ONE, HALF, HALF, ONE),
    divergence.kl_standard_normal: (X, X),
    divergence.kl_multivariate: (X[:2], EYE2, X[2:], 2 * EYE2),
    divergence.kl_categorical: (Q, Q.flip(-1)),
    divergence.kl_monte_carlo: (X, 2 * X),
    divergence.kl_quadrature: (-X, -2 * X, X.sort().values),
    divergence.integrate: (X, X.sort().values),
    elbo.log_joint: (ONE, X, HALF, ONE, ONE),
    elbo.exact_posterior: (X, HALF, ONE, ONE),
    elbo.log_marginal: (X, HALF, ONE, ONE),
    elbo.reconstruction: (X, ONE, HALF, HALF, ONE, ONE),
    elbo.elbo: (X, ONE, HALF, HALF, ONE, ONE),
    elbo.gap: (X, ONE, HALF, HALF, ONE, ONE),
    elbo.log_weights: (log_joint, ONE, HALF, NOISE),
    elbo.estimate: (log_joint, ONE, HALF, NOISE),
    elbo.importance_weighted: (log_joint, ONE, HALF, NOISE),
    elbo.effective_sample_size: (X,),
    em.means: (ONE,),
    em.log_joint: (X, ONE),
    em.log_likelihood: (X, ONE),
    em.posterior: (X, ONE),
    em.hard_q: (X, ONE),
    em.shared_q: (X, ONE),
    em.threshold_q: (X, ONE, HALF),
    em.exact_threshold: (ONE,),
    em.elbo: (X, ONE, Q),
    em.gap: (X, ONE, Q),
    em.m_step: (X, Q),
    linear.log_prob: (ROWS, W, ROWS[0], HALF),
    linear.inner: (W, HALF),
    linear.posterior: (ROWS, W, ROWS[0], HALF),
    linear.elbo: (ROWS, W, ROWS[0], HALF, ENCODER),
    linear.best_encoder: (W, HALF),
    linear.gap: (W, HALF),
    linear.turn: (X,),
    linear.lengths: (X, HALF),
    vae.log_p_x_given_z: (IMAGES, ROWS),
    vae.kl: (ROWS, ROWS),
    vae.kl_of_latents: (ROWS, ROWS),
    vae.reparameterise: (ROWS, ROWS, ROWS),
    vae.terms: (MODEL, IMAGES, NOISES),
    vae.elbo: (MODEL, IMAGES, NOISES),
    importance.log_weights: (MODEL, IMAGES, NOISES),
    importance.importance_weighted: (MODEL, IMAGES, NOISES),
}

# Chapter "Log-likelihood".
CASES |= {
    logs.ratio: (X, ONE, HALF, HALF, ONE),
    logs.surface: (4.0, ONE, HALF, HALF, ONE),
    logs.drop: (4.0, ONE, HALF, HALF, ONE),
    logs.log_sum_exp: (X,),
}

CASES |= {
    probability.gaussian_cdf: (X, ONE, HALF),
    probability.interval: (X, X + 1, ONE, HALF),
    probability.rounded: (X, ONE, HALF, HALF),
    probability.histogram: (X, numbers(0.0, 0.5, 2.0)),
}

CASES |= {
    mle.score: (X, ONE, HALF),
    mle.hessian: (X, ONE, HALF),
    mle.shortfall: (X, ONE, HALF),
    mle.gradient: (X, ONE, HALF),
    mle.ascend: (X, ONE, HALF, 0.1 * ONE, 3),
}

# Chapter "How good is the estimate?"
FIVE, FOUR = numbers(5.0)[0], numbers(4.0)[0]
CASES |= {
    estimator.mean_log_density: (X, ONE, HALF, FIVE),
    estimator.variance_log_density: (X, ONE, FIVE, FOUR),
    estimator.variance_mean: (X, FIVE, FOUR),
    estimator.mean_squared_error: (X, FIVE, FOUR),
    estimator.sigma_mean: (X, FIVE, FOUR),
    estimator.score: (X, ONE, HALF),
    estimator.information: (X,),
    estimator.standard_errors: (X, FIVE),
}

# Chapter "Kullback-Leibler".
CASES |= {
    divergence.kl_nonnegative: (X, 2 * X),
    fit_q.log_p: (X, ONE, HALF),
    fit_q.reverse_kl: (X, ONE, ONE, HALF),
    fit_q.forward_kl: (X, ONE, ONE, HALF),
    fit_q.match_moments: (ONE, HALF),
    fit_q.step: (ONE, ONE, ONE, HALF),
    fit_q.descend: (ONE, ONE, ONE, HALF, 2),
}

# Loops of steps, training, random draws, evaluation and fitting by eigenvectors run in Python only.
NOT_TRACED = {
    em.em,
    linear.fit,
    linear.train,
    vae.mlp,
    training.train,
    vae.evaluate,
    vae.draw_noise,
    importance.estimate_log_p,
}
NOT_TRACED |= {vae.reconstruct, vae.sample, gaussian.cholesky}
NOT_TRACED |= {importance.estimate_log_p, importance.draw_log_weights}
NOT_TRACED |= {training.step, training.warm_up, weights.save, weights.load}
NOT_TRACED |= {fit_q.standard_normal, linear.principal_axes, linear.condense}

# Chapter 7.
MIX = [0.2, 0.8], numbers(0.1, 1.0), numbers(0.5, 0.7)  # weights that are moved would no longer sum to 1
CASES |= {
    mixture.log_joint: (X, *MIX),
    mixture.log_marginal: (X, *MIX),
    mixture.log_likelihood: (X, *MIX, X),
    mixture.responsibilities: (X, *MIX),
    mixture.bound: (X, *MIX, Q, X),
    mixture.m_step: (X, Q, X, HALF / 4),
    mixture.em: (X, *MIX, 3),
    mixture.ceiling: (3, HALF),
}


# Chapter "When algebra runs out".
def hill(theta):
    return -(theta.cosh() - 0.3 * theta).sum()


CASES |= {
    optimise.newton_step: (hill, X),
    optimise.gradient_step: (hill, X, HALF),
    optimise.bernoulli_log_likelihood: (HALF.expand(4).clone(), X),
    optimise.fit_multivariate: (ROWS[:, :2].clone(),),
}
NOT_TRACED |= {optimise.newton, optimise.gradient_ascent}


def split(function):
    """The function of its tensor arguments alone, and those tensors."""
    arguments = CASES[function]
    places = [i for i, a in enumerate(arguments) if isinstance(a, torch.Tensor)]

    def of_tensors(*tensors):
        given = list(arguments)
        for place, tensor in zip(places, tensors, strict=True):
            given[place] = tensor
        return function(*given)

    return of_tensors, [arguments[place] for place in places]


def flat(result):
    return torch.cat([part.reshape(-1) for part in (result if isinstance(result, tuple) else (result,))])


def name(function):
    return f"{function.__module__.split('.')[-1]}.{function.__name__}"


# Chapter "The ELBO".
CASES |= {
    distance.log_joint: (X, ONE, HALF, ONE),
    distance.log_marginal: (ONE, HALF, ONE),
    distance.mean_distance: (X, HALF),
    distance.elbo: (ONE, X, HALF, HALF, ONE),
}

# Chapter "Mean field".
TIED = numbers(2.0, 0.5, 0.5, 1.0).reshape(2, 2)
NORMAL_GAMMA = ONE, HALF, 2 * ONE, HALF
CASES |= {
    mean_field.precision_matrix: (X[:2], HALF),
    mean_field.two_on_a_scale: (X[0], ONE, HALF, ONE),
    mean_field.update: (1, X[:2], X[2:], TIED),
    mean_field.gap: (X[:2], X[2:], X[:2], TIED),
    mean_field.price: (TIED,),
    mean_field.coverage: (HALF, ONE),
    mean_field.update_table: (ROWS, [0.2, 0.3, 0.5]),
    mean_field.elbo_table: (ROWS, [0.4, 0.3, 0.2, 0.1], [0.2, 0.3, 0.5]),
    mean_field.normal_posterior: (X, *NORMAL_GAMMA),
    mean_field.normal_evidence: (X, *NORMAL_GAMMA),
    mean_field.update_mean: (ONE, HALF, ONE),
    mean_field.update_precision: (HALF, ONE, *NORMAL_GAMMA),
    mean_field.normal_gap: (HALF, ONE, ONE, HALF, *NORMAL_GAMMA),
    mean_field.normal_price: (ONE,),
    mean_field.normal_gamma_log_prob: (X, ONE, *NORMAL_GAMMA),
    mean_field.mean_log_prob: (X, *NORMAL_GAMMA),
}
# Chapter "Gradients through randomness".
BIRDS, SPECIES = ROWS[:, :2].clone(), numbers(1.0, 0.0, 0.0, 1.0) / 2  # answers that are moved stay probabilities


def regression(z):
    return gradients.log_joint(z, BIRDS, SPECIES)


CASES |= {
    gradients.log_joint: (X[:2], BIRDS, SPECIES, ONE),
    gradients.score_function: (regression, X[:2], X[2:], NOISES, HALF),
    gradients.pathwise: (regression, X[:2], X[2:], NOISES),
    gradients.best_baseline: (X, ROWS[:, 0].clone()),
    gradients.leave_one_out: (X,),
    gradients.variances: (HALF, FIVE),
    gradients.average: (regression, X[:2], X[2:]),
    gradients.elbo: (regression, X[:2], X[2:]),
}
NOT_TRACED |= {gradients.climb}
# Chapter "What the regulariser is for".
CASES |= {
    regulariser.rate_and_distortion: (MODEL, IMAGES, NOISES[None]),
    regulariser.rate_of_latents: (NOISES, -NOISES),
    regulariser.activity: (NOISES,),
    regulariser.log_aggregate: (NOISES[:2] / 2, NOISES, -NOISES),
    regulariser.split_rate: (NOISES, -NOISES, NOISES[None] / 3),
    regulariser.linear_rates: (X, HALF, FIVE / 40),
    regulariser.linear_errors: (X, HALF, FIVE / 40),
}
NOT_TRACED |= {regulariser.active_units}  # a count

# Chapter "One q for every x".
CASES |= {
    encoder.growth: (X,),
    encoder.log_joint: (X, ONE),
    encoder.log_marginal: (X,),
    encoder.elbo: (X, HALF, -ONE),
    encoder.slopes: (X, X - 1, -X),
    encoder.refine: (X, X - 1, -X, HALF),
    encoder.refined: (X, X - 1, -X, 2),
    encoder.gaps: (X, X, -X, HALF, -ONE),
    encoder.posterior: (X, ONE),
}
NOT_TRACED |= {encoder.best_q, encoder.chicks, encoder.train}
# Chapter "What does a decoder say about x?": logits far from 0, and near it, where a polynomial stands in.
SHARES, LOGITS = numbers(0.25, 1.0, 0.0, 0.5), numbers(-1.5, 0.1, 4.0, -0.02)
CASES |= {
    pixels.gaussian: (SHARES, LOGITS, HALF),
    pixels.bernoulli: (SHARES, LOGITS),
    pixels.continuous_bernoulli: (SHARES, LOGITS),
    pixels.binomial: (SHARES, LOGITS),
    pixels.log_normaliser: (LOGITS,),
    pixels.area: (LOGITS,),
    pixels.continuous_mean: (LOGITS,),
    pixels.continuous_quantile: (SHARES, LOGITS),
}
# Chapter "How good is it, really?".
PIXELS = IMAGES / 2 + 0.1  # moved pixels stay probabilities
LINEAR = (ROWS[0].clone(), W, ROWS[1].clone(), HALF)
CASES |= {
    evaluation.bounds: (ROWS, 2),
    evaluation.running: (ROWS,),
    evaluation.mean: (ROWS,),
    evaluation.difference: (X, ROWS[:, 0].clone()),
    evaluation.relative_variance: (X[:2], 1 + X[:2]),
    evaluation.bias: (HALF, X),
    evaluation.linear_log_weights: (*LINEAR, X[:2], X[2:], NOISES),
    evaluation.moved_posterior: (*LINEAR, ONE, HALF),
    evaluation.mixture_log_joint: (PIXELS, Q[0].clone(), PIXELS[:2].clone()),
    evaluation.mixture_log_prob: (PIXELS, Q[0].clone(), PIXELS[:2].clone()),
    evaluation.mixture_m_step: (PIXELS, Q, HALF),
}
NOT_TRACED |= {evaluation.fit_mixture}

# What does no mathematics of the book: data, pictures, sources, deliberately broken variants, grids.
OTHER = {"datasets", "plots", "show", "vae_bugs", "quadrature"}
MODULES = [m.name for m in pkgutil.iter_modules(helpers.__path__) if not m.ispkg and m.name[0] != "_"]


@pytest.mark.parametrize("name", [name for name in MODULES if name not in OTHER])
def test_no_public_formula_is_forgotten(name):
    module = importlib.import_module(f"helpers.{name}")
    public = {
        f for n, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__ and n[0] != "_"
    }
    assert public <= CASES.keys() | NOT_TRACED


@pytest.mark.parametrize("mode", ["real", "fake"])
@pytest.mark.parametrize("function", CASES, ids=name)
def test_traced_graph_gives_the_same_numbers(function, mode):
    of_tensors, tensors = split(function)
    graph = make_fx(of_tensors, core_aten_decompositions(), tracing_mode=mode, _allow_non_fake_inputs=True)(*tensors)
    moved = [tensor * 1.05 if tensor.is_floating_point() and function not in INTEGRAL else tensor for tensor in tensors]
    assert torch.allclose(flat(graph(*moved)), flat(of_tensors(*moved)), rtol=1e-12, atol=1e-12)


INTEGRAL = {vae.log_p_x_given_z, vae.terms, vae.elbo, importance.log_weights, importance.importance_weighted}
INTEGRAL |= {pixels.bernoulli, pixels.continuous_bernoulli, pixels.binomial, pixels.continuous_quantile}
INTEGRAL |= {regulariser.rate_and_distortion}


@pytest.mark.parametrize("function", [f for f in CASES if f is not em.hard_q], ids=name)
def test_gradient_can_be_taken_and_traced(function):
    of_tensors, tensors = split(function)
    places = tuple(range(len(tensors)))

    def gradient(*values):
        return flat(torch.func.grad(lambda *v: flat(of_tensors(*v)).sum(), places)(*values))

    truth = gradient(*tensors)
    assert truth.isfinite().all()
    assert torch.allclose(make_fx(gradient, core_aten_decompositions())(*tensors)(*tensors), truth, atol=1e-12)


@pytest.mark.parametrize("function", CASES, ids=name)
def test_vectorised_function_gives_the_same_rows(function):
    of_tensors, tensors = split(function)
    stacked = [torch.stack([tensor, tensor]) for tensor in tensors]
    rows = torch.func.vmap(lambda *v: flat(of_tensors(*v)))(*stacked)
    assert torch.allclose(rows, flat(of_tensors(*tensors)).expand_as(rows), rtol=1e-10)


def test_bad_values_do_not_disturb_tracing_but_bad_shapes_do():
    assert make_fx(lambda s: gaussian.log_prob(X, 0.0, s))(-ONE)(ONE).isfinite().all()
    with pytest.raises(ValueError, match="broadcast"):
        make_fx(lambda s: gaussian.log_prob(X, 0.0, s))(torch.ones(3))


def test_a_decoder_is_traced_with_its_weights_inside():
    z = numbers(0.3, -0.2)
    graph = make_fx(lambda z: MODEL.decode(z), core_aten_decompositions())(z)
    assert torch.equal(graph(2 * z), MODEL.decode(2 * z))

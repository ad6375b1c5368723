"""Whole functions, as the figures use them: values, gradients, distributions."""

import math

import numpy as np
import pytest
import torch
import torch.distributions as D
import torch.nn.functional as F
from torch.func import grad, hessian, jacfwd, jacrev, vmap

from .harness import check, compile, double, torch_outputs

GRID = torch.linspace(-6, 6, 241, dtype=torch.float64)
DATA = double([181.0, 186, 195, 193, 190, 181, 195, 182, 191, 198])
LOG_2PI = math.log(2 * math.pi)


def log_normal(x, mu, sigma):
    return -0.5 * ((x - mu) / sigma) ** 2 - sigma.log() - 0.5 * LOG_2PI


def gaussian(mu, sigma):
    at_data = log_normal(DATA, mu, sigma)
    return {"density": log_normal(GRID + 190, mu, sigma).exp(), "stems": at_data.exp(), "total": at_data.sum()}


def surface(mu, sigma):
    """Log-likelihood over a grid of parameters."""
    return log_normal(DATA, mu[:, None, None], sigma[None, :, None]).sum(-1)


def conjugate_elbo(m, log_s, x):
    """z ~ N(0, 1), x | z ~ N(z, 1), q(z) = N(m, s²): the ELBO and the gap to log p(x), in closed form."""
    s2 = (2 * log_s).exp()
    likelihood = -0.5 * ((x - m) ** 2 + s2) - 0.5 * LOG_2PI
    kl = 0.5 * (m**2 + s2 - 1) - log_s
    evidence = -0.25 * x**2 - 0.5 * (LOG_2PI + math.log(2))
    return (likelihood - kl, evidence - likelihood + kl), [likelihood, kl]


WEIGHTS, CENTRES = double([0.4, 0.6]), double([-1.5, 2.0])


def mixture_elbo(mu, log_sigma):
    """E_q[log p - log q] by quadrature, p a mixture of two Gaussians."""
    z = mu + log_sigma.exp() * GRID
    log_q = log_normal(z, mu, log_sigma.exp())
    log_p = (WEIGHTS.log() + log_normal(z[:, None], CENTRES, double(1.0))).logsumexp(-1)
    return torch.trapezoid(log_q.exp() * (log_p - log_q), z)


def ellipse(mean, a, b, c):
    """A Gaussian in two dimensions over a grid, by its Cholesky factor."""
    xy = torch.stack(torch.meshgrid(GRID[::20], GRID[::20], indexing="ij"), -1) - mean
    factor = torch.stack([torch.stack([a, a * 0]), torch.stack([b, c])])
    cov = factor @ factor.T
    solved = torch.linalg.solve_triangular(torch.linalg.cholesky(cov), xy.reshape(-1, 2).T, upper=False)
    density = -0.5 * (solved**2).sum(0) - torch.linalg.cholesky(cov).diagonal().log().sum() - LOG_2PI
    by_inverse = -0.5 * (xy @ torch.linalg.inv(cov) * xy).sum(-1) - 0.5 * torch.logdet(cov) - LOG_2PI
    return density.reshape(13, 13), by_inverse, cov, torch.linalg.det(cov)


def responsibilities(weights, mu, sigma):
    joint = weights.log() + log_normal(DATA[:, None], mu, sigma)
    return (joint - joint.logsumexp(1, keepdim=True)).exp()


def em_step(weights, mu, sigma):
    r = responsibilities(weights, mu, sigma)
    n = r.sum(0)
    centre = (r * DATA[:, None]).sum(0) / n
    spread = ((r * (DATA[:, None] - centre) ** 2).sum(0) / n).sqrt()
    return n / n.sum(), centre, spread, (weights.log() + log_normal(DATA[:, None], mu, sigma)).logsumexp(1).sum()


class Decoder(torch.nn.Module):
    """Two layers; half-precision weights."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(2, 64), torch.nn.Tanh(), torch.nn.Linear(64, 100), torch.nn.Sigmoid()
        )
        self.half().double()

    def forward(self, z):
        return self.net(z)


def iwae(mu, log_sigma, noise):
    """Importance-weighted bounds for each number of samples, and the effective sample size."""
    z = mu + log_sigma.exp() * noise
    log_w = (
        log_normal(z, double(0.0), double(1.0))
        + log_normal(double(1.3), z, double(0.5))
        - log_normal(z, mu, log_sigma.exp())
    )
    k = torch.arange(1, len(noise) + 1).double()
    ess = (2 * log_w.logsumexp(0) - (2 * log_w).logsumexp(0)).exp()
    return log_w.logcumsumexp(0) - k.log(), ess, log_w.softmax(0)


def gradient_climb(mu, log_sigma):
    """Five steps of gradient ascent, unrolled."""

    def total(theta):
        return log_normal(DATA, theta[0], theta[1].exp()).mean()

    theta, path = torch.stack([mu, log_sigma]), []
    for _ in range(5):
        theta = theta + 0.5 * grad(total)(theta)
        path.append(theta)
    return torch.stack(path)


def newton(mu, log_sigma):
    theta = torch.stack([mu, log_sigma])

    def total(t):
        return log_normal(DATA, t[0], t[1].exp()).sum()

    return theta - torch.linalg.solve(hessian(total)(theta), grad(total)(theta))


def mean_field(m0, m1, rho):
    precision = torch.stack([torch.stack([1 + 0 * rho, rho]), torch.stack([rho, 1 + 0 * rho])])
    m0 = -precision[0, 1] / precision[0, 0] * m1
    m1 = -precision[1, 0] / precision[1, 1] * m0
    return torch.stack([m0, m1]), 1 / precision.diagonal()


FUNCTIONS = {
    "gaussian": (gaussian, (190.0, 6.5)),
    "surface": (surface, (np.linspace(180, 200, 21), np.linspace(3, 12, 15))),
    "conjugate elbo": (conjugate_elbo, (0.3, -0.4, 1.2)),
    "mixture elbo": (mixture_elbo, (0.5, 0.2)),
    "gradient of the mixture elbo": (grad(mixture_elbo, argnums=(0, 1)), (0.5, 0.2)),
    "hessian of the mixture elbo": (hessian(mixture_elbo, argnums=(0, 1)), (0.5, 0.2)),
    "ellipse": (ellipse, ([0.5, -0.3], 1.2, 0.4, 0.8)),
    "responsibilities": (responsibilities, ([0.3, 0.7], [185.0, 195.0], [4.0, 5.0])),
    "em step": (em_step, ([0.3, 0.7], [185.0, 195.0], [4.0, 5.0])),
    "iwae": (iwae, (0.3, -0.2, np.random.default_rng(0).normal(size=50))),
    "gradient climb": (gradient_climb, (185.0, 2.0)),
    "newton": (newton, (188.0, 1.8)),
    "mean field": (mean_field, (0.4, 0.9, 0.6)),
    "decoder": (Decoder(), ([0.3, -0.8],)),
    "decoder on a batch": (Decoder(), (np.random.default_rng(1).normal(size=(7, 2)),)),
    "decoder's jacobian": (jacrev(Decoder()), ([0.3, -0.8],)),
    "decoder's forward jacobian": (jacfwd(Decoder()), ([0.3, -0.8],)),
    "decoder, mapped": (vmap(Decoder()), (np.random.default_rng(2).normal(size=(3, 2)),)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(node, name):
    fn, args = FUNCTIONS[name]
    _, got = check(node, fn, *args, rtol=1e-12, atol=1e-13)
    assert all(np.isfinite(g).all() for g in got)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pure_and_not_aliased(node, name):
    """A second call with other values leaves no trace in a third; no output shares memory with another."""
    fn, args = FUNCTIONS[name]
    module = node.open(compile(fn, *args))
    first = module(*args)
    other = module(*[np.asarray(a) * 1.01 for a in args])
    again = module(*args)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert not module.aliased(*args)


def test_the_result_has_the_structure_of_the_functions_result(node):
    program = compile(conjugate_elbo, 0.3, -0.4, 1.2)
    leaves = node.open(program)(0.3, -0.4, 1.2)
    (elbo, gap), [likelihood, kl] = torch.utils._pytree.tree_unflatten(leaves, program.out_spec)
    assert likelihood - kl == pytest.approx(float(elbo), abs=1e-14) and gap > 0


P = torch.distributions
DISTRIBUTIONS = {
    "normal": (lambda m, s, x: D.Normal(m, s).log_prob(x), [(), (), (5,)], "real"),
    "normal cdf": (lambda m, s, x: D.Normal(m, s).cdf(x), [(), (), (5,)], "real"),
    "normal quantile": (lambda m, s, x: D.Normal(m, s).icdf(x.sigmoid()), [(), (), (5,)], "real"),
    "normal entropy": (lambda m, s, x: D.Normal(m, s).entropy() + x, [(), (), (5,)], "real"),
    "bernoulli logits": (
        lambda m, s, x: D.Bernoulli(logits=x).log_prob((x > 0).double()) + m * s,
        [(), (), (5,)],
        "real",
    ),
    "bernoulli probs": (
        lambda m, s, x: D.Bernoulli(probs=x.sigmoid()).log_prob((x > 0).double()),
        [(), (), (5,)],
        "real",
    ),
    "binomial": (
        lambda m, s, x: D.Binomial(16, probs=x.sigmoid()).log_prob(torch.arange(5.0).double()),
        [(), (), (5,)],
        "real",
    ),
    "binomial logits": (
        lambda m, s, x: D.Binomial(16, logits=x).log_prob(torch.arange(5.0).double()),
        [(), (), (5,)],
        "real",
    ),
    "categorical": (lambda m, s, x: D.Categorical(logits=x).log_prob(torch.tensor([0, 4])), [(), (), (5,)], "real"),
    "categorical entropy": (lambda m, s, x: D.Categorical(probs=x.exp()).entropy(), [(), (), (5,)], "real"),
    "continuous bernoulli": (
        lambda m, s, x: D.ContinuousBernoulli(x.sigmoid(), validate_args=None).log_prob(m.sigmoid()),
        [(), (), (5,)],
        "real",
    ),
    "beta": (lambda m, s, x: D.Beta(s, s + 1).log_prob(x.sigmoid()), [(), (), (5,)], "real"),
    "gamma": (lambda m, s, x: D.Gamma(s, s + 1).log_prob(x.exp()), [(), (), (5,)], "real"),
    "student": (lambda m, s, x: D.StudentT(s, m, s).log_prob(x), [(), (), (5,)], "real"),
    "poisson": (lambda m, s, x: D.Poisson(x.exp()).log_prob(torch.arange(5.0).double()), [(), (), (5,)], "real"),
    "laplace": (lambda m, s, x: D.Laplace(m, s).log_prob(x), [(), (), (5,)], "real"),
    "dirichlet": (lambda m, s, x: D.Dirichlet(x.exp()).log_prob(x.softmax(0)), [(), (), (5,)], "real"),
    "log normal": (lambda m, s, x: D.LogNormal(m, s).log_prob(x.exp()), [(), (), (5,)], "real"),
    "mixture": (
        lambda m, s, x: D.MixtureSameFamily(D.Categorical(logits=x[:2]), D.Normal(x[2:4], s)).log_prob(x),
        [(), (), (5,)],
        "real",
    ),
    "multivariate normal": (
        lambda m, s, x: D.MultivariateNormal(x[:2], torch.eye(2).double() * s + 0.3).log_prob(x[1:5].view(2, 2)),
        [(), (), (5,)],
        "real",
    ),
    "kl of normals": (lambda m, s, x: D.kl_divergence(D.Normal(m, s), D.Normal(x, 2.0)), [(), (), (5,)], "real"),
    "kl of multivariate normals": (
        lambda m, s, x: D.kl_divergence(
            D.MultivariateNormal(x[:2], torch.eye(2).double() * s + 0.3),
            D.MultivariateNormal(x[2:4], torch.eye(2).double() * s),
        ),
        [(), (), (5,)],
        "real",
    ),
    "kl of bernoullis": (
        lambda m, s, x: D.kl_divergence(D.Bernoulli(x.sigmoid()), D.Bernoulli(x.exp() / 9)),
        [(), (), (5,)],
        "real",
    ),
    "kl of categoricals": (
        lambda m, s, x: D.kl_divergence(D.Categorical(logits=x), D.Categorical(logits=x.flip(0) * m)),
        [(), (), (5,)],
        "real",
    ),
}
POINT = (0.4, 1.7, [-1.2, -0.1, 0.8, 1.9, 0.3])


@pytest.fixture
def unchecked():
    before = D.Distribution._validate_args
    D.Distribution.set_default_validate_args(False)
    yield
    D.Distribution.set_default_validate_args(before)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(node, unchecked, name):
    fn, _, _ = DISTRIBUTIONS[name]
    check(node, fn, *POINT, atol=1e-14)
    gradient = grad(lambda m, s, x: fn(m, s, x).sum(), argnums=(0, 1, 2))
    check(node, gradient, *POINT, rtol=1e-10, atol=1e-12)


LOSSES = {
    "mse": lambda x, y: F.mse_loss(x, y),
    "bce with logits": lambda x, y: F.binary_cross_entropy_with_logits(x, y.sigmoid(), reduction="sum"),
    "bce": lambda x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid()),
    "cross entropy": lambda x, y: F.cross_entropy(x, torch.tensor([0, 2])),
    "kl": lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="batchmean"),
    "smooth l1": lambda x, y: F.smooth_l1_loss(x, y),
    "huber": lambda x, y: F.huber_loss(x, y),
    "cosine": lambda x, y: F.cosine_similarity(x, y).sum(),
    "distances": lambda x, y: (x[:, None] - y).square().sum(-1).sqrt().sum(),
    "norm": lambda x, y: (x - y).norm(),
}
UNARY_GRADIENTS = {
    **{
        n: getattr(torch, n)
        for n in [
            "exp",
            "log",
            "sqrt",
            "tanh",
            "sigmoid",
            "relu",
            "lgamma",
            "digamma",
            "erf",
            "erfc",
            "erfinv",
            "abs",
            "sin",
            "cos",
            "tan",
        ]
    },
    **{
        n: getattr(torch, n)
        for n in [
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "asinh",
            "atanh",
            "expm1",
            "log1p",
            "log2",
            "rsqrt",
            "sinc",
            "i0",
            "logit",
        ]
    },
    **{
        n: getattr(F, n)
        for n in [
            "softplus",
            "gelu",
            "silu",
            "elu",
            "leaky_relu",
            "selu",
            "hardtanh",
            "logsigmoid",
            "mish",
            "softsign",
            "celu",
        ]
    },
    "log_ndtr": torch.special.log_ndtr,
    "ndtri": torch.special.ndtri,
    "xlogy": lambda x: torch.xlogy(x, x + 1),
    "entr": torch.special.entr,
    "pow": lambda x: x**2.5 + 2**x + x**x,
    "clamp": lambda x: x.clamp(0.3, 0.6) * x,
    "where": lambda x: torch.where(x > 0.5, x * x, x),
    "maximum": lambda x: torch.maximum(x, x.flip(0)),
    "logaddexp": lambda x: torch.logaddexp(x, 2 * x),
    "atan2": lambda x: torch.atan2(x, x + 1),
    "hypot": lambda x: torch.hypot(x, x + 1),
    "remainder": lambda x: x % 0.3,
    "logsumexp": lambda x: x.logsumexp(0),
    "softmax": lambda x: x.softmax(0) ** 2,
    "log_softmax": lambda x: x.log_softmax(0) ** 2,
    "prod": torch.prod,
    "amax": lambda x: x.amax(0) ** 2,
    "max": lambda x: x.max(0).values ** 2,
    "std": lambda x: x.std() + x.var(),
    "cumsum": lambda x: x.cumsum(0) ** 2,
    "cumprod": lambda x: x.cumprod(0),
    "logcumsumexp": lambda x: x.logcumsumexp(0) ** 2,
    "index": lambda x: x[torch.tensor([0, 0, 1])] ** 2,
    "gather": lambda x: x.gather(0, torch.tensor([1, 0, 1])) ** 2,
    "cat": lambda x: torch.cat([x, x * 2]) ** 2,
    "slices": lambda x: x[1:] * x[:-1] + x[::2].sum(),
    "layer norm": lambda x: F.layer_norm(x, (4,)) ** 3,
    "norm": torch.linalg.vector_norm,
}
MATRIX_GRADIENTS = {
    "cholesky": lambda s: torch.linalg.cholesky(s).sum(),
    "inverse": lambda s: torch.linalg.inv(s).sum(),
    "logdet": torch.logdet,
    "solve": lambda s: torch.linalg.solve(s, s[0] * 2 + 1).sum(),
    "trace": lambda s: torch.trace(s @ s),
    "triangular": lambda s: torch.linalg.solve_triangular(s, s.mT + 1, upper=False).sum(),
    "multivariate normal": lambda s: D.MultivariateNormal(s[0], s, validate_args=False).log_prob(s[1] + 1),
    "einsum": lambda s: torch.einsum("ij,kj,ik->", s, s, s),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(node, rng, name):
    x, y = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    check(node, LOSSES[name], x, y)
    check(node, grad(LOSSES[name], argnums=(0, 1)), x, y, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", UNARY_GRADIENTS)
def test_gradients(node, rng, name):
    def total(x):
        return UNARY_GRADIENTS[name](x).sum()

    x = rng.uniform(0.1, 0.9, 4)
    loose = name in ("lgamma", "digamma")  # torch's own trigamma is good to 1e-9
    check(node, grad(total), x, rtol=1e-8 if loose else 1e-11, atol=1e-13)
    check(node, hessian(total), x, rtol=1e-8 if loose else 1e-10, atol=1e-12)


@pytest.mark.parametrize("name", MATRIX_GRADIENTS)
def test_matrix_gradients(node, rng, name):
    a = rng.normal(size=(3, 3))
    s = a @ a.T + 3 * np.eye(3)
    check(node, grad(MATRIX_GRADIENTS[name]), s, rtol=1e-10, atol=1e-12)
    check(node, vmap(MATRIX_GRADIENTS[name]), np.stack([s, s + 1, 2 * s]), rtol=1e-11, atol=1e-13)


def test_gradients_by_autograd_inside_the_function(node):
    def fn(x):
        x = x.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad((x**3).sum(), x)
        return slope

    check(node, fn, [1.0, -2.0])


def test_a_gradient_is_the_derivative_of_the_compiled_function(node):
    """Central differences of one program against another program: no torch in the comparison."""
    value = node.open(compile(mixture_elbo, 0.0, 0.0))
    slope = node.open(compile(grad(mixture_elbo), 0.0, 0.0))
    h = 1e-5
    (up,), (down,), (exact,) = value(0.5 + h, 0.2), value(0.5 - h, 0.2), slope(0.5, 0.2)
    assert exact == pytest.approx(float(up - down) / (2 * h), rel=1e-7)


def test_outputs_do_not_depend_on_the_example(node):
    fn, args = FUNCTIONS["em step"]
    elsewhere = [[0.5, 0.5], [1.0, 2.0], [1.0, 1.0]]
    one, two = node.open(compile(fn, *args)), node.open(compile(fn, *elsewhere))
    assert all(np.array_equal(a, b) for a, b in zip(one(*args), two(*args), strict=True))
    assert compile(fn, *args).source == compile(fn, *elsewhere).source
    assert not np.allclose(one(*args)[1], torch_outputs(fn, elsewhere)[1])

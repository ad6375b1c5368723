"""One q for every x: a model whose posterior has no formula, and encoders that answer each x with a Gaussian.

A penguin chick has an age, which nobody wrote down, and is weighed once. The latent z is its age in units of 11 days
from day 28, z ~ N(0, 1); the reading x, in kg, is N(growth(z), 0.25²). Chicks lose weight before they leave, so a
reading may fit two ages. ``x``, ``mu`` and ``log_sigma`` broadcast in all functions; a q is N(mu, exp(log_sigma)²).
"""

import torch
from torch import nn

from helpers import _checks, gaussian
from helpers._checks import checked
from helpers._threads import one_thread
from helpers.vae import mlp

NOISE = 0.25  # kg: how far one reading is off
DAY, SPREAD = 28.0, 11.0  # age in days is DAY + SPREAD * z
CENTRE, UNIT = 2.5, 1.2  # kg: encoders see (x - CENTRE) / UNIT, about the average and the spread of the readings
GRID = torch.linspace(-8.0, 8.0, 641, dtype=torch.float64)  # where integrals over z are taken
STEPS = torch.linspace(-8.0, 8.0, 101, dtype=torch.float64)  # and those under q, in standard deviations of q
WEIGHTS = (-0.5 * STEPS**2).softmax(0)
SMALLEST, REACH = 0.5, 2.0  # a refinement step at most halves the precision of q, and moves by at most two widths


@checked("z")
def growth(z):
    r"""The mass of a chick, in kg, at age ``z`` (in units of 11 days from day 28): the decoder, a network of two units.

    .. math:: f(z) = \frac{4}{1 + e^{-\frac32(z + 1)}} - \frac{1}{1 + e^{-3(z - 1.3)}}

    Equation: (eq-enc-model). Source: made up, with the shape of a chick's growth.
    """
    return 4.0 * torch.sigmoid(1.5 * (z + 1.0)) - torch.sigmoid(3.0 * (z - 1.3))


@checked("z x")
def log_joint(z, x):
    r"""Log p(x, z) of a reading ``x`` and an age ``z``.

    .. math:: \log N(z; 0, 1) + \log N(x; f(z), 0.25^2)

    Equation: (eq-enc-model). Source: Kingma and Welling (2014), section 2.1, with one latent.
    """
    return gaussian.log_prob(z, 0.0, 1.0) + gaussian.log_prob(x, growth(z), NOISE)


@checked("x")
def log_marginal(x):
    r"""Log p(x) of each reading, in nats, by the trapezoid rule over all ages.

    .. math:: \log \int p(x|z)\,p(z)\,dz

    Equation: (eq-enc-gaps), left side. Source: Trefethen and Weideman (2014).
    """
    step = (GRID[-1] - GRID[0]) / (GRID.shape[0] - 1)
    return log_joint(GRID, x[..., None]).logsumexp(-1) + step.log()


@checked("x mu log_sigma", broadcast="x mu log_sigma")
def elbo(x, mu, log_sigma):
    r"""The bound on log p(x) that N(mu, sigma²) gives, in nats, by the trapezoid rule under q.

    .. math:: E_q[\log p(x, z)] + H(q)

    Equation: (eq-enc-objective). Source: Blei et al. (2017), eq. 13.
    """
    sigma = log_sigma.exp()
    z = mu[..., None] + sigma[..., None] * STEPS
    average = (WEIGHTS * log_joint(z, x[..., None])).sum(-1)
    return average + gaussian.entropy(sigma)


def slopes(x, mu, log_sigma):
    """Slopes of the bound along ``mu`` and along ``log_sigma``, in nats, for each x by itself; two of their shape.

    Equation: (eq-enc-chain). Source: autograd.
    """
    return torch.func.grad(lambda m, s: elbo(x, m, s).sum(), (0, 1))(mu, log_sigma)


@checked("x mu log_sigma rate", positive="rate", broadcast="x mu log_sigma")
def refine(x, mu, log_sigma, rate=0.5):
    r"""One step of a q towards the best one for its own x: Newton's, with slope and curvature averaged under q.

    .. math:: \frac{1}{\sigma^2} \leftarrow \frac{1 - \rho\,g_{\log\sigma}}{\sigma^2}, \qquad
              \mu \leftarrow \mu + \rho\,\sigma^2 g_\mu

    g are the slopes of the bound; the second line has the new sigma. For a Gaussian posterior a ``rate`` ρ of 1 arrives
    in one step, if it is near. Far from a top two brakes hold: the precision at most halves, and mu moves by no more
    than two widths (the old or the new, whichever is smaller).

    Equation: (eq-enc-refine). Source: Opper and Archambeau (2009).
    """
    along_mu, along_log_sigma = slopes(x, mu, log_sigma)
    new = log_sigma - 0.5 * torch.clamp(1 - rate * along_log_sigma, min=SMALLEST).log()
    furthest = REACH * torch.minimum(new, log_sigma).exp()
    move = rate * (2 * new).exp() * along_mu
    return mu + torch.maximum(torch.minimum(move, furthest), -furthest), new


def refined(x, mu, log_sigma, steps, rate=0.5):
    """All q that ``steps`` steps of ``refine`` visit, the start first: two tensors (steps + 1, ...)."""
    path = [(mu, log_sigma)]
    for _ in range(_checks.whole("steps", steps)):
        path.append(refine(x, *path[-1], rate))
    return tuple(torch.stack(values) for values in zip(*path, strict=True))


def best_q(x, steps=100):
    """The best Gaussian for each reading ``x`` (n,): ``(mu, log_sigma)``, each (n,).

    The bound may have several tops, one a hump of the posterior. ``refine`` starts at seven ages; the highest place
    after a quarter of the ``steps`` goes on alone.

    Equation: (eq-enc-best). Source: Cremer, Li and Duvenaud (2018), section 3.
    """
    x = _checks.as_float("x", x)
    _checks.shape("x", x, None)
    mu = torch.linspace(-3.0, 3.0, 7, dtype=torch.float64)[:, None].expand(-1, len(x))
    log_sigma = torch.full_like(mu, -1.0)
    with one_thread():
        for _ in range(_checks.whole("steps", steps, 4) // 4):
            mu, log_sigma = refine(x, mu, log_sigma)
        top = elbo(x, mu, log_sigma).argmax(0, keepdim=True)
        mu, log_sigma = mu.gather(0, top)[0], log_sigma.gather(0, top)[0]
        for _ in range(steps - steps // 4):
            mu, log_sigma = refine(x, mu, log_sigma)
    return mu, log_sigma


@checked("x mu log_sigma best_mu best_log_sigma", broadcast="x mu log_sigma best_mu best_log_sigma")
def gaps(x, mu, log_sigma, best_mu, best_log_sigma):
    r"""What a q loses on each x, in two parts: ``(approximation gap, amortisation gap)``, in nats.

    .. math:: \log p(x) - \mathcal{L}(q^*_x), \qquad \mathcal{L}(q^*_x) - \mathcal{L}(q)

    The best q of the family is given by ``best_mu`` and ``best_log_sigma``.

    Equation: (eq-enc-gaps). Source: Cremer, Li and Duvenaud (2018), section 3.
    """
    best = elbo(x, best_mu, best_log_sigma)
    return log_marginal(x) - best, best - elbo(x, mu, log_sigma)


class Encoder(nn.Module):
    """Reading x -> (mu, log_sigma): a tanh network with the ``hidden`` sizes; () is a line, None looks at no x."""

    def __init__(self, hidden=None, seed=0):
        """Start at random, reproducibly, in float64."""
        super().__init__()
        self.hidden = hidden
        generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
        sizes = [_checks.whole("hidden", size) for size in hidden or ()]
        self.net = mlp([1, *sizes, 2], generator).double()
        if hidden is None:
            nn.init.zeros_(self.net[0].weight).requires_grad_(False)
        self.size = sum(one.numel() for one in self.parameters() if one.requires_grad)  # what training moves

    def forward(self, x):
        """Mean and log standard deviation of q(z|x), each of the shape of ``x``.

        Equation: (eq-enc-network). Source: Kingma and Welling (2014), appendix C.2.
        """
        return self.net(((x - CENTRE) / UNIT)[..., None]).unbind(-1)


def chicks(n, seed=0):
    """Ages and readings ``(z, x)``, each (n,), of ``n`` chicks drawn from the model. Equation: (eq-enc-model)."""
    generator = torch.Generator().manual_seed(_checks.whole("seed", seed, 0))
    noise = torch.randn(2, _checks.whole("n", n), generator=generator, dtype=torch.float64)
    return noise[0], growth(noise[0]) + NOISE * noise[1]


def train(x, hidden=None, steps=400, seed=0):
    r"""An ``Encoder`` fitted to readings ``x`` (n,): L-BFGS on the mean bound.

    .. math:: \max_\varphi \frac1n\sum_i \mathcal{L}\big(x_i;\, \mu_\varphi(x_i), \sigma_\varphi(x_i)\big)

    The average under q is a quadrature, so no noise enters, and the same data give the same encoder.

    Equation: (eq-enc-objective). Source: Kingma and Welling (2014), with a model that is held.
    """
    x = _checks.as_float("x", x)
    _checks.finite("x", x)
    _checks.shape("x", x, None)
    encoder = Encoder(hidden, seed)
    weights = [one for one in encoder.parameters() if one.requires_grad]
    optimiser = torch.optim.LBFGS(
        weights, max_iter=_checks.whole("steps", steps), tolerance_grad=1e-9, tolerance_change=1e-12, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss():
        optimiser.zero_grad()
        value = -elbo(x, *encoder(x)).mean()
        value.backward()
        return value

    with one_thread():
        optimiser.step(loss)
    return encoder.requires_grad_(False)


def posterior(z, x):
    """The exact density of the age at ``z`` (n,) given one reading ``x`` []. Equation: (eq-enc-gaps)."""
    return (log_joint(z, x) - log_marginal(x)).exp()

"""One Gaussian q for a target p with two humps: both divergences, the best q of each, and a way down to it.

The humps have width 1 and are centred at -distance/2 and +distance/2; the right one holds the share ``weight``.
"""

import torch

from helpers import _checks, gaussian
from helpers._checks import checked
from helpers.divergence import integrate

# Where integrals over p are taken: beyond the furthest humps. Those over q are taken at places that move with q.
GRID = torch.linspace(-14.0, 14.0, 449, dtype=torch.float64)


def standard_normal(points=513):
    """Places and weights for averages over a standard normal: an even grid from -8 to 8. Equation: (eq-kl-reverse)."""
    places = torch.linspace(-8.0, 8.0, _checks.whole("points", points, 2), dtype=torch.float64)
    return places, (-0.5 * places**2).softmax(0)


@checked("z distance weight", probability="weight", broadcast="z distance weight")
def log_p(z, distance, weight):
    r"""Log density of the target, in nats; the arguments broadcast.

    .. math:: \log p(z) = \log\left((1-w)\,N(z; -\tfrac d2, 1) + w\,N(z; \tfrac d2, 1)\right)

    Raises ValueError if ``weight`` is outside [0, 1]. Equation: (eq-kl-two-humps). Source: Bishop, PRML, eq. 2.188.
    """
    left = (1 - weight).log() + gaussian.log_prob(z, -distance / 2, 1.0)
    right = weight.log() + gaussian.log_prob(z, distance / 2, 1.0)
    return torch.stack([left, right]).logsumexp(0)


@checked("mu sigma distance weight", positive="sigma", probability="weight", broadcast="mu sigma distance weight")
def reverse_kl(mu, sigma, distance, weight, points=513):
    r"""KL(q‖p), whose average is taken under q; the arguments broadcast, and the result has their shape.

    .. math:: -\tfrac12\log(2\pi e\,\sigma^2) - \int N(\epsilon; 0, 1)\,\log p(\mu + \sigma\epsilon)\,d\epsilon

    ``points`` places carry the integral; a map to look at needs fewer than a number to compare.

    Equation: (eq-kl-reverse). Source: Blei et al. (2017), eq. 11.
    """
    places, shares = standard_normal(points)
    z = mu[..., None] + sigma[..., None] * places
    expected = (shares * log_p(z, distance[..., None], weight[..., None])).sum(-1)
    return -gaussian.entropy(sigma) - expected


@checked("mu sigma distance weight", positive="sigma", probability="weight", broadcast="mu sigma")
def forward_kl(mu, sigma, distance, weight):
    r"""KL(p‖q), whose average is taken under p; ``mu`` and ``sigma`` broadcast, the target's two are single numbers.

    .. math:: -H(p) + \log\sigma + \tfrac12\log 2\pi + \frac{v + (m-\mu)^2}{2\sigma^2}

    m and v are the target's mean and variance. Only its entropy H(p) needs an integral, and q does not change it.

    Equation: (eq-kl-forward). Source: Bishop, PRML, section 10.7.
    """
    log_target = log_p(GRID, distance, weight)
    entropy = -integrate(log_target.exp() * log_target, GRID)
    mean, deviation = match_moments(distance, weight)
    return sigma.log() + 0.5 * gaussian.LOG_2_PI + (deviation**2 + (mean - mu) ** 2) / (2 * sigma**2) - entropy


@checked("distance weight", probability="weight")
def match_moments(distance, weight):
    r"""The Gaussian with the lowest KL(p‖q): it has the target's own mean and standard deviation.

    .. math:: \mu = (w - \tfrac12)\,d, \qquad \sigma^2 = 1 + w(1-w)\,d^2

    Equation: (eq-kl-moments). Source: Bishop, PRML, section 10.7.
    """
    return (weight - 0.5) * distance, (1 + weight * (1 - weight) * distance**2).sqrt()


@checked("mu sigma distance weight", positive="sigma", probability="weight")
def step(mu, sigma, distance, weight):
    r"""One step down KL(q‖p): ask how much of q each hump claims, then move q to where that is answered best.

    .. math:: \mu \leftarrow d\,\left(E_\epsilon[c] - \tfrac12\right), \qquad
              \sigma - \frac1\sigma \leftarrow d\,E_\epsilon[\epsilon\,c], \qquad
              c = \mathrm{sigmoid}\left(\mathrm{logit}\,w + d\,(\mu + \sigma\epsilon)\right)

    It never climbs: log p(z) + z²/2 is convex in z, so putting its tangent in its place bounds the divergence from
    above, and the step goes to the lowest point of the bound. It rests where both partial derivatives are 0.

    Equation: (eq-kl-step). Source: Yuille and Rangarajan (2003), the concave-convex procedure.
    """
    places, shares = standard_normal()
    right = torch.sigmoid(distance * sigma * places + (distance * mu + weight.logit()))
    lean = distance * (shares * places * right).sum()
    return distance * ((shares * right).sum() - 0.5), (lean + (lean**2 + 4).sqrt()) / 2


def descend(mu, sigma, distance, weight, steps=20):
    """The path of ``(mu, sigma)`` down KL(q‖p), two tensors (steps + 1,): the start, then where each step leads.

    Where it comes to rest depends on where it starts. Equation: (eq-kl-step).
    """
    given = {"mu": mu, "sigma": sigma, "distance": distance, "weight": weight}
    mu, sigma, distance, weight = (_checks.as_float(name, value) for name, value in given.items())
    path = [(mu, sigma)]
    for _ in range(_checks.whole("steps", steps)):
        path.append(step(*path[-1], distance, weight))
    return torch.stack([mu for mu, _ in path]), torch.stack([sigma for _, sigma in path])

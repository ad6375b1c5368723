"""The evidence lower bound, where the truth is known: one latent z behind n observations, all Gaussian.

The model is z ~ N(mu_0, tau²) and x_i | z ~ N(z, sigma²) for i = 1..n; the approximation is q(z) = N(mu_q, sigma_q²).
Everything about it has a closed form, so each bound can stand beside the number that it bounds.
``estimate`` and ``importance_weighted`` need none of that: they take any log joint density, and noise as an argument.
"""

import math

import torch

from helpers import _checks
from helpers._checks import checked
from helpers.divergence import kl_gaussian
from helpers.gaussian import LOG_2_PI, log_prob

_MODEL = {"real": "x mu_0 tau sigma", "positive": "tau sigma"}
_MODEL_AND_Q = {"real": "x mu_q sigma_q mu_0 tau sigma", "positive": "sigma_q tau sigma"}


@checked("z x mu_0 tau sigma", positive="tau sigma")
def log_joint(z, x, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""Log p(x, z) for each ``z`` (...), given observations ``x`` (n,).

    .. math:: \log N(z; \mu_0, \tau^2) + \sum_i \log N(x_i; z, \sigma^2)

    Equation: (eq-log-joint). Source: Bishop, PRML, section 2.3.6.
    """
    _checks.shape("x", x, None)
    return log_prob(z, mu_0, tau) + log_prob(x, z[..., None], sigma[..., None]).sum(-1)


@checked(**_MODEL)
def exact_posterior(x, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""Mean and standard deviation of p(z|x): precisions add, means are weighted by precision.

    .. math:: \frac1{s^2} = \frac1{\tau^2} + \frac n{\sigma^2}, \qquad
              m = s^2\left(\frac{\mu_0}{\tau^2} + \frac{\sum_i x_i}{\sigma^2}\right)

    Equation: (eq-exact-posterior). Source: Bishop, PRML, eqs. 2.141 and 2.142.
    """
    _checks.shape("x", x, None)
    precision = 1 / tau**2 + x.shape[-1] / sigma**2
    return (mu_0 / tau**2 + x.sum(-1) / sigma**2) / precision, precision.rsqrt()


@checked(**_MODEL)
def log_marginal(x, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""Exact log p(x), with z integrated out: x is Gaussian with covariance sigma² I + tau² 1 1ᵀ.

    .. math:: -\tfrac12\left(n\log 2\pi + \log|\Sigma| + \frac{\sum_i r_i^2}{\sigma^2}
              - \frac{\tau^2 (\sum_i r_i)^2}{\sigma^2(\sigma^2 + n\tau^2)}\right), \quad r_i = x_i - \mu_0,\;
              |\Sigma| = \sigma^{2(n-1)}(\sigma^2 + n\tau^2)

    Equation: (eq-log-marginal). Source: Bishop, PRML, eq. 2.115, with the Sherman-Morrison formula.
    """
    _checks.shape("x", x, None)
    n, r = x.shape[-1], x - mu_0[..., None]
    total = sigma**2 + n * tau**2
    log_det = 2 * (n - 1) * sigma.log() + total.log()
    quadratic = ((r**2).sum(-1) - tau**2 * r.sum(-1) ** 2 / total) / sigma**2
    return -0.5 * (n * LOG_2_PI + log_det + quadratic)


@checked(**_MODEL_AND_Q)
def reconstruction(x, mu_q, sigma_q, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""E_q[log p(x|z)]: the log-likelihood at q's mean, less what q's width costs.

    .. math:: \sum_i \log N(x_i; \mu_q, \sigma^2) - \frac{n\,\sigma_q^2}{2\sigma^2}

    Equation: (eq-reconstruction). Source: Kingma and Welling (2014), eq. 3, second term.
    """
    _checks.shape("x", x, None)
    at_mean = log_prob(x, mu_q[..., None], sigma[..., None]).sum(-1)
    return at_mean - x.shape[-1] * sigma_q**2 / (2 * sigma**2)


@checked(**_MODEL_AND_Q)
def elbo(x, mu_q, sigma_q, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""The evidence lower bound in closed form; ``mu_q`` and ``sigma_q`` broadcast to the result's shape.

    .. math:: \mathrm{ELBO}(q) = E_q[\log p(x|z)] - KL(q(z)\,\|\,p(z)) \le \log p(x)

    Equation: (eq-elbo). Source: Kingma and Welling (2014), eq. 3; Blei et al. (2017), eq. 13.
    """
    kl_to_prior = kl_gaussian(mu_q, sigma_q, mu_0, tau)
    return reconstruction(x, mu_q, sigma_q, mu_0, tau, sigma) - kl_to_prior


@checked(**_MODEL_AND_Q)
def gap(x, mu_q, sigma_q, mu_0=0.0, tau=1.0, sigma=1.0):
    r"""What the bound misses, computed without it: KL(q(z)‖p(z|x)).

    .. math:: \log p(x) - \mathrm{ELBO}(q) = KL(q(z)\,\|\,p(z|x))

    Equation: (eq-elbo-gap). Source: Bishop, PRML, eqs. 9.70 to 9.72.
    """
    return kl_gaussian(mu_q, sigma_q, *exact_posterior(x, mu_0, tau, sigma))


@checked("mu_q sigma_q noise", positive="sigma_q")
def log_weights(log_joint, mu_q, sigma_q, noise):
    r"""log p(x, z_k) - log q(z_k) at z_k = mu_q + sigma_q · noise_k; the shape is the noise's.

    ``log_joint`` maps z to log p(x, z), entry by entry. At the exact posterior every weight is log p(x), whatever z is.

    Equation: (eq-log-weight). Source: Kingma and Welling (2014), section 2.4; Burda et al. (2016), eq. 8.
    """
    z = mu_q + sigma_q * noise
    return log_joint(z) - log_prob(z, mu_q, sigma_q)


def estimate(log_joint, mu_q, sigma_q, noise):
    r"""The ELBO as the mean of log weights over standard normal ``noise`` (K, ...): unbiased, and differentiable in q.

    .. math:: \frac1K\sum_k\left(\log p(x, z_k) - \log q(z_k)\right), \quad z_k = \mu_q + \sigma_q\epsilon_k

    Equation: (eq-elbo-estimate). Source: Kingma and Welling (2014), eq. 6.
    """
    return log_weights(log_joint, mu_q, sigma_q, noise).mean(0)


def importance_weighted(log_joint, mu_q, sigma_q, noise):
    r"""The K-sample bound, which rises from the ELBO (K = 1) to log p(x) as K grows, in expectation.

    .. math:: \log\frac1K\sum_k \frac{p(x, z_k)}{q(z_k)}

    Equation: (eq-iwae). Source: Burda, Grosse and Salakhutdinov (2016), eq. 8.
    """
    weights = log_weights(log_joint, mu_q, sigma_q, noise)
    return weights.logsumexp(0) - math.log(weights.shape[0])


@checked("log_w")
def effective_sample_size(log_w):
    r"""How many equal weights K unequal ones are worth, from 1 to K; ``log_w`` (K, ...).

    .. math:: \frac{(\sum_k w_k)^2}{\sum_k w_k^2}

    Equation: (eq-effective-sample-size). Source: Owen (2013), Monte Carlo theory, methods and examples, eq. 9.13.
    """
    return (2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0)).exp()

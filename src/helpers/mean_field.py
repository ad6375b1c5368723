"""Mean field: q as a product of factors, each set in turn to the best one given the others, where the truth is known.

Three posteriors. A Gaussian in D dimensions with mean ``mu`` (D,) and ``precision`` (D, D), the inverse of its
covariance; q's factors are N(m_j, s_j²). A normal with unknown mean mu and precision lambda = 1/sigma² under its
conjugate prior, mu | lambda ~ N(mu_0, 1/(kappa_0 lambda)) and lambda ~ Gamma(a_0, b_0), whose exact posterior is of the
same form; q's factors are N(m, v) for mu and Gamma(a, b) for lambda. A table of any two quantities.
"""

import math

import torch

from helpers import _checks
from helpers._checks import checked
from helpers.gaussian import LOG_2_PI, cholesky, log_prob


@checked("sigma rho", positive="sigma")
def precision_matrix(sigma, rho):
    r"""Precision (2, 2) of two quantities with standard deviations ``sigma`` (2,) and correlation ``rho``.

    .. math:: \Lambda = \frac1{1-\rho^2}\begin{pmatrix}1/\sigma_1^2 & -\rho/(\sigma_1\sigma_2)\\
              -\rho/(\sigma_1\sigma_2) & 1/\sigma_2^2\end{pmatrix}

    Raises ValueError if ``rho`` is not between -1 and 1.

    Equation: (eq-mf-precision). Source: Bishop, PRML, section 2.3.
    """
    _checks.shape("sigma", sigma, 2)
    if _checks.has_values(rho) and not (rho.abs() < 1).all():
        raise ValueError(f"rho must lie strictly between -1 and 1, got {rho.tolist()}")
    first, second = sigma.unbind(-1)
    across = -rho / (first * second)
    return torch.stack([1 / first**2, across, across, 1 / second**2]).reshape(2, 2) / (1 - rho**2)


@checked("x mu tau sigma", positive="tau sigma")
def two_on_a_scale(x, mu, tau, sigma):
    r"""Exact posterior ``(mean, precision)`` of two weights from one reading ``x`` of their sum.

    Each weight is N(mu, tau²) beforehand, and the scale errs by N(0, sigma²); all in one unit.

    .. math:: \Lambda = \begin{pmatrix}\frac1{\tau^2}+\frac1{\sigma^2} & \frac1{\sigma^2}\\
              \frac1{\sigma^2} & \frac1{\tau^2}+\frac1{\sigma^2}\end{pmatrix}, \qquad
              \mu_j = \mu + \frac{\tau^2\,(x - 2\mu)}{2\tau^2+\sigma^2}

    Equation: (eq-mf-scale). Source: Bishop, PRML, eqs. 2.116 and 2.117.
    """
    mean = mu + tau**2 * (x - 2 * mu) / (2 * tau**2 + sigma**2)
    alone, across = 1 / tau**2 + 1 / sigma**2, 1 / sigma**2
    return torch.stack([mean, mean]), torch.stack([alone, across, across, alone]).reshape(2, 2)


@checked("m mu precision")
def update(j, m, mu, precision):
    r"""Best factor ``(m_j, s_j)`` of dimension ``j``, given the means ``m`` (D,) of the others.

    .. math:: m_j = \mu_j - \frac1{\Lambda_{jj}}\sum_{k\ne j}\Lambda_{jk}(m_k-\mu_k), \qquad
              s_j = \frac1{\sqrt{\Lambda_{jj}}}

    Equation: (eq-mf-update). Source: Bishop, PRML, section 10.1.2.
    """
    _same_size(m, mu, precision)
    own = precision[j, j]
    pull = (precision[j] * (m - mu)).sum(-1) - own * (m[j] - mu[j])
    return mu[j] - pull / own, own.rsqrt()


@checked("m s mu precision", positive="s")
def gap(m, s, mu, precision):
    r"""KL from q, a product of N(m_j, s_j²), to the exact Gaussian: what the ELBO misses, in nats.

    .. math:: \tfrac12\Big(\sum_j \Lambda_{jj}s_j^2 + (m-\mu)^\top\Lambda(m-\mu) - D
              - \sum_j\log s_j^2 - \log|\Lambda|\Big)

    Raises ValueError if ``precision`` is not symmetric and positive definite.

    Equation: (eq-mf-gap). Source: Rasmussen and Williams (2006), eq. A.23, with a diagonal first covariance.
    """
    _same_size(m, mu, precision)
    d = m - mu
    off = (d * (precision @ d)).sum(-1)
    spread = (precision.diagonal() * s**2 - 1).sum(-1)
    log_ratio = -2 * s.log().sum(-1) - _log_det(precision)
    return 0.5 * (off + spread + log_ratio)


@checked("precision")
def price(precision):
    r"""Gap that no product can close: the divergence of the best q, in nats.

    .. math:: \tfrac12\Big(\sum_j\log\Lambda_{jj} - \log|\Lambda|\Big) \overset{D=2}{=} -\tfrac12\log(1-\rho^2)

    Equation: (eq-mf-price). Source: ``gap`` at its smallest.
    """
    alone = precision.diagonal().log().sum(-1)
    return 0.5 * (alone - _log_det(precision))


@checked("rho reach", positive="reach")
def coverage(rho, reach=1.959963984540054):
    r"""Exact probability of q's interval for one of two Gaussian quantities: ``reach`` of q's widths on either side.

    .. math:: 2\Phi\big(r\sqrt{1-\rho^2}\big) - 1 = \operatorname{erf}\!\Big(r\sqrt{\tfrac{1-\rho^2}2}\Big)

    Equation: (eq-mf-coverage). Source: the exact marginal is N(mu_1, sigma_1²), q's width sigma_1 √(1 - rho²).
    """
    return torch.erf(reach * ((1 - rho**2) / 2).sqrt())


@checked("log_p q_other", probability="q_other")
def update_table(log_p, q_other):
    r"""Best factor (n,) of the rows of a table ``log_p`` (n, k) of log joint probabilities, given the columns' factor.

    .. math:: q_1(i) \propto \exp\Big(\sum_j q_2(j)\,\log p(i, j)\Big)

    Equation: (eq-mf-optimal). Source: Bishop, PRML, eq. 10.9; Blei et al. (2017), eq. 18.
    """
    _checks.shape("log_p", log_p, q_other.shape[-1])
    return (log_p @ q_other).softmax(-1)


@checked("log_p q_1 q_2", probability="q_1 q_2")
def elbo_table(log_p, q_1, q_2):
    r"""ELBO of a product of two factors for a table ``log_p`` (n, k) of log joint probabilities.

    .. math:: \sum_{ij} q_1(i)\,q_2(j)\,\big(\log p(i,j) - \log q_1(i) - \log q_2(j)\big)

    Equation: (eq-mf-elbo). Source: Blei et al. (2017), eq. 13, for a product.
    """
    return q_1 @ log_p @ q_2 - torch.xlogy(q_1, q_1).sum() - torch.xlogy(q_2, q_2).sum()


@checked("x mu_0 kappa_0 a_0 b_0", positive="kappa_0 a_0 b_0")
def normal_posterior(x, mu_0, kappa_0, a_0, b_0):
    r"""Exact posterior ``(mu_n, kappa_n, a_n, b_n)`` of mean and precision from ``x`` (n,): a Normal-Gamma again.

    .. math:: \kappa_n = \kappa_0+n, \quad \mu_n = \frac{\kappa_0\mu_0+\sum_i x_i}{\kappa_n}, \quad
              a_n = a_0+\frac n2, \quad
              b_n = b_0 + \tfrac12\Big(\sum_i (x_i-\mu_n)^2 + \kappa_0(\mu_0-\mu_n)^2\Big)

    ``b_0`` is a rate, in the squared unit of x.

    Equation: (eq-mf-normal-posterior). Source: Bishop, PRML, section 2.3.6.
    """
    _checks.shape("x", x, None)
    kappa_n = kappa_0 + x.shape[-1]
    mu_n = (kappa_0 * mu_0 + x.sum(-1)) / kappa_n
    squares = ((x - mu_n[..., None]) ** 2).sum(-1) + kappa_0 * (mu_0 - mu_n) ** 2
    return mu_n, kappa_n, a_0 + x.shape[-1] / 2, b_0 + squares / 2


@checked("x mu_0 kappa_0 a_0 b_0", positive="kappa_0 a_0 b_0")
def normal_evidence(x, mu_0, kappa_0, a_0, b_0):
    r"""Exact log p(x), with mean and precision integrated out, in nats (for heights in one over x's unit).

    .. math:: -\tfrac n2\log 2\pi + \tfrac12\log\frac{\kappa_0}{\kappa_n} + a_0\log b_0 - a_n\log b_n
              + \log\Gamma(a_n) - \log\Gamma(a_0)

    Equation: (eq-mf-normal-evidence). Source: the joint density divided by the posterior.
    """
    _, kappa_n, a_n, b_n = normal_posterior(x, mu_0, kappa_0, a_0, b_0)
    gammas = a_0 * b_0.log() - a_n * b_n.log() + a_n.lgamma() - a_0.lgamma()
    return -0.5 * x.shape[-1] * LOG_2_PI + 0.5 * (kappa_0 / kappa_n).log() + gammas


@checked("mean_lambda mu_n kappa_n", positive="mean_lambda kappa_n")
def update_mean(mean_lambda, mu_n, kappa_n):
    r"""Best factor N(m, v) of the mean as ``(m, v)``, given q's average of the precision.

    .. math:: m = \mu_n, \qquad v = \frac1{\kappa_n\,E_q[\lambda]}

    Equation: (eq-mf-normal-mean). Source: Bishop, PRML, section 10.1.3.
    """
    return mu_n, 1 / (kappa_n * mean_lambda)


@checked("m v mu_n kappa_n a_n b_n", positive="v kappa_n a_n b_n")
def update_precision(m, v, mu_n, kappa_n, a_n, b_n):
    r"""Best factor Gamma(a, b) of the precision as ``(a, b)``, given q's mean ``m`` and variance ``v`` of mu.

    .. math:: a = a_n + \tfrac12, \qquad b = b_n + \tfrac12\kappa_n\big(v + (m-\mu_n)^2\big)

    Equation: (eq-mf-normal-precision). Source: Bishop, PRML, section 10.1.3.
    """
    return a_n + 0.5, b_n + 0.5 * kappa_n * (v + (m - mu_n) ** 2)


@checked("m v a b mu_n kappa_n a_n b_n", positive="v a b kappa_n a_n b_n")
def normal_gap(m, v, a, b, mu_n, kappa_n, a_n, b_n):
    r"""KL from q = N(m, v) Gamma(a, b) to the exact Normal-Gamma posterior, in nats; the arguments broadcast.

    .. math:: KL\big(\mathrm{Gamma}(a,b)\,\|\,\mathrm{Gamma}(a_n,b_n)\big)
              + \tfrac12\Big(\kappa_n\frac ab\big(v+(m-\mu_n)^2\big) - 1 - \log(\kappa_n v) - E_q[\log\lambda]\Big)

    with :math:`E_q[\log\lambda] = \psi(a) - \log b`.

    Source: averages of a normal and a Gamma (Bishop, PRML, appendix B).
    """
    log_lambda = a.digamma() - b.log()
    of_precision = a * b.log() - a_n * b_n.log() + a_n.lgamma() - a.lgamma()
    of_precision = of_precision + (a - a_n) * log_lambda + (b_n - b) * a / b
    of_mean = kappa_n * a / b * (v + (m - mu_n) ** 2) - 1 - (kappa_n * v).log() - log_lambda
    return of_precision + 0.5 * of_mean


@checked("a_n", positive="a_n")
def normal_price(a_n):
    r"""Gap that no product can close for a normal with unknown mean and precision: ``a_n`` alone decides it.

    .. math:: \big(a_n+\tfrac12\big)\log\frac{a_n+\frac12}{a_n} + \tfrac12\log a_n
              + \log\Gamma(a_n) - \log\Gamma\big(a_n+\tfrac12\big) - \tfrac12

    Equation: (eq-mf-normal-price). Source: ``normal_gap`` at the fixed point of both updates.
    """
    more = a_n + 0.5
    return more * (more / a_n).log() + 0.5 * a_n.log() + a_n.lgamma() - more.lgamma() - 0.5


@checked("mu lam mu_n kappa_n a_n b_n", positive="lam kappa_n a_n b_n")
def normal_gamma_log_prob(mu, lam, mu_n, kappa_n, a_n, b_n):
    r"""Log density of a Normal-Gamma at mean ``mu`` and precision ``lam``; all broadcast.

    .. math:: \log N\big(\mu;\, \mu_n, 1/(\kappa_n\lambda)\big) + \log \mathrm{Gamma}(\lambda;\, a_n, b_n)

    Equation: (eq-mf-normal-joint). Source: Bishop, PRML, eq. 2.154.
    """
    of_lambda = a_n * b_n.log() - a_n.lgamma() + (a_n - 1) * lam.log() - b_n * lam
    return log_prob(mu, mu_n, (kappa_n * lam).rsqrt()) + of_lambda


@checked("t mu_n kappa_n a_n b_n", positive="kappa_n a_n b_n")
def mean_log_prob(t, mu_n, kappa_n, a_n, b_n):
    r"""Log density at ``t`` of the mean alone, with the precision integrated out: Student's t with 2 a_n degrees.

    .. math:: \log\Gamma\big(a_n+\tfrac12\big) - \log\Gamma(a_n) - \tfrac12\log(2\pi b_n/\kappa_n)
              - \big(a_n+\tfrac12\big)\log\Big(1 + \frac{\kappa_n(t-\mu_n)^2}{2 b_n}\Big)

    Equation: (eq-mf-normal-posterior). Source: Bishop, PRML, section 2.3.7.
    """
    more, scale = a_n + 0.5, b_n / kappa_n
    factor = more.lgamma() - a_n.lgamma() - 0.5 * (2 * math.pi * scale).log()
    return factor - more * torch.log1p((t - mu_n) ** 2 / (2 * scale))


def _same_size(m, mu, precision):
    _checks.shape("mu", mu, None)
    _checks.shape("m", m, len(mu))
    _checks.shape("precision", precision, len(mu), len(mu))
    _checks.same_dtype(m=m, mu=mu, precision=precision)


def _log_det(precision):
    return 2 * cholesky("precision", precision).diagonal().log().sum(-1)

"""Working with logarithms of likelihoods: ratios, the surface over (mu, sigma), and sums of probabilities.

A Gaussian's log-likelihood depends on the data through three numbers only: how many there are (``n``), their mean, and
their spread (the root of the mean squared deviation from that mean).
"""

from helpers._checks import checked
from helpers.gaussian import LOG_2_PI, log_prob


@checked("x mu_1 sigma_1 mu_2 sigma_2", positive="sigma_1 sigma_2")
def ratio(x, mu_1, sigma_1, mu_2, sigma_2):
    r"""Log-likelihood ratio of two curves for independent draws ``x`` (..., n): one contribution a draw, in nats.

    .. math:: \log\frac{L_1}{L_2} = \sum_{i=1}^n \big(\log p_1(x_i) - \log p_2(x_i)\big)

    Each curve is a number ``mu`` and a number ``sigma``, in the units of ``x``. The unit of ``x`` cancels.

    Equation: (eq-log-ratio). Source: the logarithm of a quotient of products.
    """
    return (log_prob(x, mu_1, sigma_1) - log_prob(x, mu_2, sigma_2)).sum(-1)


@checked(
    "n mean spread mu sigma",
    positive="n sigma",
    broadcast="n mean spread mu sigma",
)
def surface(n, mean, spread, mu, sigma):
    r"""Log-likelihood of ``(mu, sigma)``, in nats, from the data's summary: their number, mean and spread.

    .. math:: -n\left(\tfrac12\log 2\pi + \log\sigma + \frac{s^2 + (\bar x - \mu)^2}{2\sigma^2}\right)

    All arguments broadcast; all but ``n`` are in the units of the data.
    Raises ValueError if ``n`` or ``sigma`` is not positive.

    Equations: (eq-log-surface) and (eq-mle-summary). Source: eq-log-likelihood, each deviation split at the mean.
    """
    return -n * (0.5 * LOG_2_PI + sigma.log() + (spread**2 + (mean - mu) ** 2) / (2 * sigma**2))


@checked(
    "n mean spread mu sigma",
    positive="n spread sigma",
    broadcast="n mean spread mu sigma",
)
def drop(n, mean, spread, mu, sigma):
    r"""How many nats the point ``(mu, sigma)`` lies below the top of the surface, which is at ``(mean, spread)``.

    .. math:: n\left(\frac{(\mu - \bar x)^2}{2\sigma^2} + \frac{u - 1 - \log u}{2}\right), \; u = \frac{s^2}{\sigma^2}

    Arguments as in ``surface``. Never negative, and 0 at the top only.

    Equation: (eq-log-drop). Source: eq-log-surface at the top minus eq-log-surface.
    """
    u = (spread / sigma) ** 2
    return n * ((mu - mean) ** 2 / (2 * sigma**2) + (u - 1 - u.log()) / 2)


@checked("terms")
def log_sum_exp(terms):
    r"""Logarithm of a sum of which only the logarithms ``terms`` (..., n) are known.

    .. math:: \log\sum_k e^{a_k} = m + \log\sum_k e^{a_k - m}, \qquad m = \max_k a_k

    The largest exponential is then exactly 1: none overflows, and those that become 0 did not matter.

    Equation: (eq-log-sum-exp). Source: Blanchard, Higham and Higham (2021).
    """
    top = terms.amax(-1, keepdim=True)
    return (top + (terms - top).exp().sum(-1, keepdim=True).log())[..., 0]

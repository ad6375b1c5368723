"""Probability as area: the Gaussian's distribution function, intervals, rounded readings, histograms."""

import math

import torch

from helpers import _checks
from helpers._checks import checked


@checked("x mu sigma", positive="sigma", broadcast="x mu sigma")
def gaussian_cdf(x, mu, sigma):
    r"""Probability that a Gaussian quantity is at most ``x``: the area to the left of ``x``.

    .. math:: F(x) = \int_{-\infty}^x N(t; \mu, \sigma^2)\, dt = \tfrac12\operatorname{erfc}\!\left(
        -\frac{x-\mu}{\sigma\sqrt2}\right), \qquad \operatorname{erfc}(u) = \frac{2}{\sqrt\pi}\int_u^\infty e^{-t^2}dt

    ``x``, ``mu`` and ``sigma`` broadcast and share a unit; the result has none. Far to the left the result keeps all
    its digits; far to the right it is 1, and what is missing to 1 is lost.
    Raises ValueError if ``sigma`` is not positive, an argument is empty or not finite, or shapes do not broadcast.

    Equation: (eq-density-cdf). Source: Wasserman (2004), chapter 2.
    """
    return 0.5 * torch.erfc((mu - x) / (sigma * math.sqrt(2)))


@checked("a b mu sigma", positive="sigma", broadcast="a b mu sigma")
def interval(a, b, mu, sigma):
    r"""Probability that a Gaussian quantity lies between ``a`` and ``b``: the area over the interval.

    .. math:: P(a \le X \le b) = \int_a^b N(t; \mu, \sigma^2)\, dt = F(b) - F(a)

    All arguments broadcast and share a unit. Raises ValueError if ``a`` is above ``b``.

    Equation: (eq-density-area). Source: Wasserman (2004), chapter 2.
    """
    _rising(a=a, b=b)
    return gaussian_cdf(b, mu, sigma) - gaussian_cdf(a, mu, sigma)


@checked("k mu sigma step", positive="sigma step")
def rounded(k, mu, sigma, step=1.0):
    r"""Probability that a Gaussian quantity, read off a ruler with marks every ``step``, is read as ``k``.

    .. math:: P(R = k) = \int_{k-s/2}^{k+s/2} N(t; \mu, \sigma^2)\, dt

    ``k`` may be any mark of the ruler; all arguments broadcast and share a unit.

    Equation: (eq-density-rounded).
    """
    return interval(k - step / 2, k + step / 2, mu, sigma)


@checked("x edges")
def histogram(x, edges):
    r"""Heights of a histogram with area 1: each bin's share of ``x`` (n,), divided by the bin's width.

    .. math:: h_j = \frac{n_j}{n\,(e_{j+1}-e_j)}, \qquad n_j \text{ of the } n \text{ values in } [e_j, e_{j+1})

    ``edges`` (k + 1,) rise; the result (k,) is in one over their unit. Values outside all bins count in n only.
    Raises ValueError if an edge is below the one before it, or a bin has no width.

    Equation: (eq-density-histogram).
    """
    _checks.shape("x", x, None)
    widths = edges[1:] - edges[:-1]
    _checks.positive("a bin's width", widths)
    inside = (x[:, None] >= edges[:-1]) & (x[:, None] < edges[1:])
    return inside.to(edges.dtype).mean(0) / widths


def _rising(a, b):
    """Refuse an interval whose ends are the wrong way round."""
    if _checks.has_values(a) and _checks.has_values(b) and (a > b).any():
        raise ValueError(f"a must not be above b, got a={a.tolist()}, b={b.tolist()}")

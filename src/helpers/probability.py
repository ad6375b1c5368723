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


@checked("low high mu sigma", positive="sigma", broadcast="low high mu sigma")
def interval(low, high, mu, sigma):
    r"""Probability that a Gaussian quantity lies between ``low`` and ``high``: the area over the interval.

    .. math:: P(a \le X \le b) = \int_a^b N(t; \mu, \sigma^2)\, dt = F(b) - F(a)

    All arguments broadcast and share a unit. Raises ValueError if ``low`` is above ``high``.

    Equation: (eq-density-area). Source: Wasserman (2004), chapter 2.
    """
    if _checks.has_values(low) and _checks.has_values(high) and (low > high).any():
        raise ValueError(f"low must not be above high, got low={low.tolist()}, high={high.tolist()}")
    return gaussian_cdf(high, mu, sigma) - gaussian_cdf(low, mu, sigma)


@checked("reading mu sigma step", positive="sigma step", broadcast="reading mu sigma step")
def rounded(reading, mu, sigma, step=1.0):
    r"""Probability that a Gaussian quantity, read off a ruler with marks every ``step``, is read as ``reading``.

    .. math:: P(R = k) = \int_{k-s/2}^{k+s/2} N(t; \mu, \sigma^2)\, dt

    ``reading`` may be any mark of the ruler, in the unit of ``mu``, ``sigma`` and ``step``.

    Equation: (eq-density-rounded).
    """
    return interval(reading - step / 2, reading + step / 2, mu, sigma)


@checked("x edges")
def histogram(x, edges):
    r"""Heights of a histogram with area 1: each bin's share of ``x`` (n,), divided by the bin's width.

    .. math:: h_j = \frac{n_j}{n\,(e_{j+1}-e_j)}, \qquad n_j \text{ of the } n \text{ values in } [e_j, e_{j+1})

    ``edges`` (k + 1,) rise; the result (k,) is in one over their unit. Values outside all bins count in n only.
    Raises ValueError if ``edges`` do not rise.

    Equation: (eq-density-histogram).
    """
    _checks.shape("x", x, None)
    _checks.shape("edges", edges, None)
    widths = edges[..., 1:] - edges[..., :-1]
    if _checks.has_values(widths) and not (widths > 0).all():
        raise ValueError(f"edges must rise, got {edges.tolist()}")
    inside = (x[..., None] >= edges[..., None, :-1]) & (x[..., None] < edges[..., None, 1:])
    return inside.to(edges.dtype).mean(-2) / widths

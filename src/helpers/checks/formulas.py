"""The Gaussian, averages and sums of exponentials in plain Python, for the judges of several chapters."""

import math

ROOT_2_PI = math.sqrt(2 * math.pi)
HALF_LOG_2_PI = math.log(2 * math.pi) / 2


def square(x, mu, sigma):
    """Squared distance from ``mu`` in steps of ``sigma``."""
    return ((x - mu) / sigma) ** 2


def height(x, mu, sigma):
    """The density at ``x``."""
    return math.exp(-square(x, mu, sigma) / 2) / (sigma * ROOT_2_PI)


def log_density(x, mu, sigma):
    """Its natural logarithm."""
    return -square(x, mu, sigma) / 2 - math.log(sigma) - HALF_LOG_2_PI


def mean(values):
    """Average of a list."""
    return math.fsum(values) / len(values)


def log_sum_exp(terms):
    """The logarithm of the sum of the exponentials, taken around the largest."""
    top = max(terms)
    return top + math.log(math.fsum(math.exp(term - top) for term in terms))


def log_mean_exp(terms):
    """The logarithm of the average of the exponentials."""
    return log_sum_exp(terms) - math.log(len(terms))


def squares(x, centre):
    """Sum of the squared distances of a list from ``centre``."""
    return math.fsum((value - centre) ** 2 for value in x)

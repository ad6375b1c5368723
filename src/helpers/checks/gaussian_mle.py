"""Exercises of the chapter "The Gaussian, solved"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "gaussian"

Number(
    "gaussian-mle-slope",
    CHAPTER,
    "Slope in μ",
    answer=0.75,
    tolerance=0.005,
    wrong=(
        (3.0, "You divided by σ. Every deviation is divided by the variance, σ² = 16."),
        (12.0, "That is the sum of the deviations; the division by σ² is missing."),
        (0.25, "That is the slope per bird. The log-likelihood adds the birds up."),
        (-0.75, "The sign is turned round: the birds lie above μ, so moving μ up makes them more likely."),
        (2.5, "You squared the deviations. The square lost its power when it was differentiated."),
    ),
    solved="(0 + 4 + 8)/16 = 0.75: a tenth of a millimetre to the right would win about 0.075 nats.",
    otherwise="Sum the deviations xᵢ − μ, and divide by σ².",
    unit="nats/mm",
)

Choice(
    "gaussian-mle-invariance",
    CHAPTER,
    "The best precision",
    (
        wrong(
            "It has to be derived anew: the log-likelihood is another function now.",
            "The heights are the same; only the axis is labelled otherwise. Where is the highest of them?",
        ),
        right("It is 1 divided by the square of the best $\\sigma$."),
        wrong(
            "It is larger than that, because the slope in $1/\\sigma^2$ is another slope.",
            "The slope is another one, but it is 0 at the same curve: a relabelled axis moves no top.",
        ),
        wrong(
            "It is the mean of the $n$ numbers $1/(x-\\mu)^2$.",
            "The mean of inverses is not the inverse of the mean, and one bird at the mean would make it infinite.",
        ),
    ),
    "Each precision names exactly one σ. The highest point stays the highest point, whatever its axis is called.",
)

Choice(
    "gaussian-mle-summary",
    CHAPTER,
    "Same log-likelihood as 1, 2, 6",
    (
        right("6, 1, 2", "The order never mattered."),
        wrong("2, 3, 7", "The deviations from the mean are the same, but the mean itself has moved from 3 to 4."),
        right("5, 4, 0", "Three numbers, mean 3, and squared deviations 4 + 1 + 9."),
        wrong(
            "1, 2, 6, 1, 2, 6",
            "The mean and the width are the same, and so is the best curve. But n is 6:"
            " every log-likelihood is doubled.",
        ),
        wrong("3, 3, 3", "The mean is right, but these do not spread at all, and their surface has no top."),
    ),
    "n, the mean and the sum of squared deviations agree, so no Gaussian can tell these lists apart.",
    several=True,
)


def _birds(rng, count):
    return [round(rng.gauss(212, 8), 1) for _ in range(count)]


def _slope_sigma(x, mu, sigma):
    """The derivative of the log-likelihood by sigma."""
    return -len(x) / sigma + formulas.squares(x, mu) / sigma**3


def _slope_cases(rng):
    yield Case(([210.0, 214.0, 218.0], 210.0, 4.0))
    for count, sigma in [(2, 8.0), (5, 11.0), (8, 2.5), (6, 0.5), (4, 30.0)]:
        yield Case((_birds(rng, count), rng.uniform(200, 225), sigma))
    yield Case(([217.0], 215.0, 3.0), "This is a list with one bird.")
    yield Case(([215.0, 215.0], 215.0, 3.0), "Here every bird lies at mu.")


@checker(
    "gaussian-mle-score",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return len(x) / sigma + sum((v - mu) ** 2 for v in x) / sigma**3",
            "minus log sigma",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return -len(x) / sigma - sum((v - mu) ** 2 for v in x) / sigma**3",
            "two minus signs",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return -len(x) / sigma + sum((v - mu) ** 2 for v in x) / sigma**2",
            "one power lower: -2 becomes -3",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n"
            "    return -len(x) / sigma + sum((v - mu) ** 2 for v in x) / (2 * sigma**3)",
            "2 of the exponent",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return -1 / sigma + sum((v - mu) ** 2 for v in x) / sigma**3",
            "once for every bird",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return -1 / sigma + sum((v - mu) ** 2 for v in x) / len(x) / sigma**3",
            "per bird",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return -len(x) / sigma + sum(v - mu for v in x) ** 2 / sigma**3",
            "squared the sum",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    m = sum(x) / len(x)\n"
            "    return -len(x) / sigma + sum((v - m) ** 2 for v in x) / sigma**3",
            "from the mu that was given",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return sum(v - mu for v in x) / sigma**2",
            "slope in mu",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n"
            "    return -len(x) / (2 * sigma**2) + sum((v - mu) ** 2 for v in x) / (2 * sigma**4)",
            "by the variance",
        ),
        Wrong(
            "def slope_sigma(x, mu, sigma):\n    return sum((v - mu) ** 2 for v in x) / sigma**3",
            "contains minus n log sigma",
        ),
    ],
)
def _(slope_sigma):
    return compare(
        slope_sigma,
        _slope_sigma,
        _slope_cases(random.Random("gaussian-mle-score")),
        [
            Mistake(
                "The first term has the wrong sign: the log-likelihood contains minus log sigma.",
                lambda x, mu, sigma: len(x) / sigma + formulas.squares(x, mu) / sigma**3,
            ),
            Mistake(
                "The second term has the wrong sign: two minus signs, one of them from the power -2, make a plus.",
                lambda x, mu, sigma: -len(x) / sigma - formulas.squares(x, mu) / sigma**3,
            ),
            Mistake(
                "A derivative has one power lower: -2 becomes -3, so the squares are divided by sigma cubed.",
                lambda x, mu, sigma: -len(x) / sigma + formulas.squares(x, mu) / sigma**2,
            ),
            Mistake(
                "The 2 below the line is still there. It goes against the 2 of the exponent that came down.",
                lambda x, mu, sigma: -len(x) / sigma + formulas.squares(x, mu) / (2 * sigma**3),
            ),
            Mistake(
                "log sigma is subtracted once for every bird, so the first term is -n / sigma.",
                lambda x, mu, sigma: -1 / sigma + formulas.squares(x, mu) / sigma**3,
            ),
            Mistake(
                "This is the slope per bird. The exercise asks for the slope of the whole log-likelihood.",
                lambda x, mu, sigma: _slope_sigma(x, mu, sigma) / len(x),
            ),
            Mistake(
                "You squared the sum of the deviations; square each one, then sum.",
                lambda x, mu, sigma: -len(x) / sigma + sum(value - mu for value in x) ** 2 / sigma**3,
            ),
            Mistake(
                "Measure the deviations from the mu that was given, not from the mean of the data.",
                lambda x, mu, sigma: -len(x) / sigma + formulas.squares(x, sum(x) / len(x)) / sigma**3,
            ),
            Mistake(
                "This is the slope in mu; the exercise asks for the one in sigma.",
                lambda x, mu, sigma: sum(value - mu for value in x) / sigma**2,
            ),
            Mistake(
                "This is the derivative by the variance. The parameter is sigma: by the chain rule, times 2 sigma.",
                lambda x, mu, sigma: _slope_sigma(x, mu, sigma) / (2 * sigma),
            ),
            Mistake(
                "The log-likelihood contains minus n log sigma as well, and it has a slope of its own.",
                lambda x, mu, sigma: formulas.squares(x, mu) / sigma**3,
            ),
        ],
        solved="Positive where the birds are spread wider than sigma, negative where they are closer: it points home.",
        absolute=1e-9,
    )


def _climb(x, mu, sigma, rate, steps):
    """The sigma that gradient ascent reaches."""
    return _walk(x, mu, sigma, rate, steps)


def _walk(x, mu, sigma, rate, steps, sign=1, per_bird=True, in_turn=False, sigma_first=False, still=False, end=1):
    """The walk, and with other settings the walks that people write instead."""
    for _ in range(steps):
        size = sign * rate / (len(x) if per_bird else 1)
        by_mu = math.fsum(value - mu for value in x) / sigma**2
        if in_turn:
            mu += size * by_mu
        by_sigma = _slope_sigma(x, mu, sigma)
        if sigma_first:
            by_mu = math.fsum(value - mu for value in x) / (sigma + size * by_sigma) ** 2
        if not in_turn and not still:
            mu += size * by_mu
        sigma += size * by_sigma
    return (mu, sigma)[end]


def _climb_cases(rng):
    yield Case(([210.0, 214.0, 218.0, 206.0], 216.0, 8.0, 4.0, 3))
    for count, rate, steps in [(3, 1.0, 1), (5, 3.0, 2), (8, 5.0, 6), (6, 2.0, 10)]:
        yield Case((_birds(rng, count), rng.uniform(208, 216), rng.uniform(8, 11), rate, steps))
    yield Case((_birds(rng, 4), 212.0, 9.0, 2.0, 0), "Without any step sigma is where it started.")


@checker(
    "gaussian-mle-climb",
    chapter=CHAPTER,
    needs=["gaussian-mle-score"],
    wrong=[
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "        mu, sigma = mu - rate * a / n, sigma - rate * b / n\n    return sigma",
            "walks downhill",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        mu = mu + rate * sum(v - mu for v in x) / sigma**2 / n\n"
            "        sigma = sigma + rate * slope_sigma(x, mu, sigma) / n\n    return sigma",
            "at a mu that has already moved",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        sigma = sigma + rate * slope_sigma(x, mu, sigma) / n\n"
            "        mu = mu + rate * sum(v - mu for v in x) / sigma**2 / n\n    return sigma",
            "at a sigma that has already moved",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "        mu, sigma = mu + rate * a / n, sigma + rate * b / n\n    return mu",
            "asks for the sigma",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    for _ in range(steps):\n"
            "        a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "        mu, sigma = mu + rate * a, sigma + rate * b\n    return sigma",
            "whole log-likelihood",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        sigma = sigma + rate * slope_sigma(x, mu, sigma) / n\n    return sigma",
            "mu never moves",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps + 1):\n"
            "        a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "        mu, sigma = mu + rate * a / n, sigma + rate * b / n\n    return sigma",
            "one step too many",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n    for _ in range(steps):\n"
            "        a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "        mu, sigma = mu + rate * a / n, sigma + rate * b / n\n        return sigma\n    return sigma",
            "after its first step",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    n = len(x)\n"
            "    a, b = sum(v - mu for v in x) / sigma**2, slope_sigma(x, mu, sigma)\n"
            "    for _ in range(steps):\n        mu, sigma = mu + rate * a / n, sigma + rate * b / n\n    return sigma",
            "anew inside the loop",
        ),
        Wrong(
            "def climb(x, mu, sigma, rate, steps):\n    m = sum(x) / len(x)\n"
            "    return (sum((v - m) ** 2 for v in x) / len(x)) ** 0.5",
            "closed form",
        ),
    ],
)
def _(climb):
    return compare(
        climb,
        _climb,
        _climb_cases(random.Random("gaussian-mle-climb")),
        [
            Mistake(
                "This walks downhill: ascent adds the slope, it does not subtract it.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, sign=-1),
            ),
            Mistake(
                "The slope in sigma is taken at a mu that has already moved. Compute both slopes, then move both.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, in_turn=True),
            ),
            Mistake(
                "The slope in mu is taken at a sigma that has already moved. Compute both slopes, then move both.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, sigma_first=True),
            ),
            Mistake(
                "This is the mu that you have reached; the exercise asks for the sigma.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, end=0),
            ),
            Mistake(
                "These are the slopes of the whole log-likelihood. Divide them by the number of birds.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, per_bird=False),
            ),
            Mistake(
                "Your mu never moves. Both parameters take a step.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps, still=True),
            ),
            Mistake(
                "That is one step too many.",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, steps + 1),
            ),
            Mistake(
                "The walk ends after its first step. Does `return` stand inside the loop?",
                lambda x, mu, sigma, rate, steps: _walk(x, mu, sigma, rate, min(steps, 1)),
            ),
            Mistake(
                "Every step uses the slopes of the start. Compute them anew inside the loop.",
                lambda x, mu, sigma, rate, steps: sigma + steps * (_walk(x, mu, sigma, rate, 1) - sigma),
            ),
            Mistake(
                "This is the closed form, where a long walk would end. The exercise asks where this walk has got to.",
                lambda x, mu, sigma, rate, steps: _width(x),
            ),
        ],
        solved="It walks as the figure does: both slopes at one place, then one step of both.",
        errors={ArithmeticError: "Does every step add, rather than subtract, the slope per bird?"},
    )


def _width(x):
    """The best sigma, by two passes over the data."""
    return math.sqrt(formulas.squares(x, math.fsum(x) / len(x)) / len(x))


def _one_pass(x):
    mean = sum(x) / len(x)
    return math.sqrt(sum(value**2 for value in x) / len(x) - mean**2)


_SECONDS = 1_700_000_000.0


def _width_cases(rng):
    yield Case(([210.0, 214.0, 218.0],))
    for count in (2, 5, 8, 20):
        yield Case((_birds(rng, count),))
    yield Case(([0.25, -0.5, 1.0, 0.0],), "Here some numbers are negative.")
    for step in (7.0, 11.0, 13.0):
        x = [_SECONDS + step * i for i in range(9)]
        yield Case((x,), "These are seconds since 1970. How large are the two numbers that you subtract?")


@checker(
    "gaussian-mle-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef width(x):\n    mean = sum(x) / len(x)\n"
            "    return math.sqrt(sum(v**2 for v in x) / len(x) - mean**2)",
            "nineteen digits",
        ),
        Wrong(
            "import math\ndef width(x):\n    mean = sum(x) / len(x)\n"
            "    return math.sqrt(sum((v - mean) ** 2 for v in x) / (len(x) - 1))",
            "divides by n - 1",
        ),
        Wrong(
            "import math\ndef width(x):\n    mean = sum(x) / len(x)\n"
            "    return sum((v - mean) ** 2 for v in x) / len(x)",
            "the variance",
        ),
        Wrong(
            "def width(x):\n    mean = sum(x) / len(x)\n    return sum(abs(v - mean) for v in x) / len(x)",
            "mean absolute deviation",
        ),
        Wrong(
            "import math\ndef width(x):\n    return math.sqrt(sum((v - x[0]) ** 2 for v in x) / len(x))",
            "from the first number",
        ),
        Wrong(
            "import math\ndef width(x):\n    mean = sum(x) / len(x)\n"
            "    return math.sqrt(sum((v - mean) ** 2 for v in x))",
            "division by n is missing",
        ),
    ],
)
def _(width):
    return compare(
        width,
        _width,
        _width_cases(random.Random("gaussian-mle-bug")),
        [
            Mistake(
                "Both numbers have about nineteen digits before the point, and a float keeps sixteen: what you want "
                "is lost in the subtraction. Subtract the mean before you square.",
                _one_pass,
            ),
            Mistake(
                "This divides by n - 1. The next chapter says what for; the maximum of the likelihood has n.",
                lambda x: math.sqrt(formulas.squares(x, sum(x) / len(x)) / (len(x) - 1)),
            ),
            Mistake(
                "This is the variance; its root is missing.",
                lambda x: formulas.squares(x, sum(x) / len(x)) / len(x),
            ),
            Mistake(
                "This is the mean absolute deviation. Square the deviations, average, and take the root.",
                lambda x: math.fsum(abs(value - sum(x) / len(x)) for value in x) / len(x),
            ),
            Mistake(
                "You measure from the first number. That keeps the digits, but the deviations are from the mean.",
                lambda x: math.sqrt(formulas.squares(x, x[0]) / len(x)),
            ),
            Mistake(
                "The division by n is missing.",
                lambda x: math.sqrt(formulas.squares(x, sum(x) / len(x))),
            ),
        ],
        solved="Subtract first, square afterwards: the numbers subtracted are small now, and no digit is lost.",
        errors={ValueError: "A rounding error has made a variance negative. Subtract the mean before you square."},
    )

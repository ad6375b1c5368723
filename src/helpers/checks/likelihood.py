"""Exercises of the chapter "Likelihood: which curve did these come from?"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "likelihood"

Choice(
    "likelihood-units",
    CHAPTER,
    "Millimetres become centimetres",
    (
        wrong("Both stay as they are.", "A density is per unit of length. What does a larger unit do to its height?"),
        right("The likelihood is multiplied by $10^8$; the ratio stays."),
        wrong("Both are multiplied by $10^8$.", "The factor stands above and below the line of the ratio: it cancels."),
        wrong(
            "The likelihood is divided by 10; the ratio stays.",
            "The ratio does stay. But a curve squeezed to a tenth of its width is ten times as high, at every bird.",
        ),
    ),
    "Each of the eight heights is ten times as high, which makes a factor of 10⁸, and it cancels in the ratio.",
)

Number(
    "likelihood-two",
    CHAPTER,
    "Likelihood ratio",
    answer=1.0,
    tolerance=0.005,
    wrong=(
        (7.1, "That is the sum. Densities of independent birds multiply, and so do their ratios."),
        (2.3667, "That is the average of the three. Independent birds multiply."),
        (100.0, "You divided by 0.1 where you should multiply by it: the third bird speaks for the second curve."),
        (10.0, "You left out the third bird, which speaks for the second curve."),
    ),
    solved="2 × 5 × 0.1 = 1: together the three birds favour neither curve.",
    otherwise="Ratios of products are products of ratios: combine the three numbers accordingly.",
)

Choice(
    "likelihood-statements",
    CHAPTER,
    "True of the likelihood",
    (
        right("It can be larger than 1.", "Each factor is a height, and a height may exceed 1."),
        wrong(
            "Over all $\\mu$ it has area 1.",
            "Area 1 holds for the density over lengths. Over the mean, nothing sets the area to 1.",
        ),
        right("Its ratio for two curves does not depend on the unit of length.", "The unit cancels."),
        wrong(
            "If it prefers Adelie to Gentoo, one of the two curves is a good one.",
            "Remember the Chinstrap birds: it ranks the curves you offer, and the true one may be missing.",
        ),
    ),
    "Heights may exceed 1, and units cancel in a ratio.",
    several=True,
)


def _birds(rng, count):
    return [round(rng.gauss(205, 12), 1) for _ in range(count)]


def _cases(rng):
    """Lists of birds: a few, one, under curves of many widths, and too many for a product."""
    yield Case(([210.0, 212.0, 214.0], 217.0, 6.5))
    for count, sigma in [(2, 8.0), (5, 11.0), (8, 30.0), (3, 2.5)]:
        yield Case((_birds(rng, count), rng.uniform(195, 215), sigma))
    yield Case(([rng.uniform(190, 220)], 205.0, 7.0), "This is a list with one bird.")
    yield Case(([0.01, -0.02], 0.0, 0.015), "Here sigma is small, and the heights exceed 1.")
    yield Case(([150.0, 260.0], 205.0, 1e6), "Here sigma is very large.")
    yield Case((_birds(rng, 2000), 205.0, 12.0), "With 2000 birds the product is too small for a float: 0.0 is right.")


def _likelihood(x, mu, sigma):
    """The product of the heights."""
    return math.prod(formulas.height(value, mu, sigma) for value in x)


def _product(height):
    return lambda x, mu, sigma: math.prod(height(value, mu, sigma) for value in x)


_LIKELIHOOD_MISTAKES = [
    Mistake(
        "This is the log-likelihood; the exercise asks for the product itself.",
        lambda x, mu, sigma: sum(formulas.log_density(value, mu, sigma) for value in x),
    ),
    Mistake(
        "You added the heights. Densities of independent birds multiply.",
        lambda x, mu, sigma: sum(formulas.height(value, mu, sigma) for value in x),
    ),
    Mistake(
        "Only the first bird counts. Does `return` stand inside the loop?",
        lambda x, mu, sigma: formulas.height(x[0], mu, sigma),
    ),
    Mistake(
        "Only the last bird counts. Multiply into the product (`*=`) rather than setting it anew.",
        lambda x, mu, sigma: formulas.height(x[-1], mu, sigma),
    ),
    Mistake(
        "The result is always 0. Does your product start at 0? It must start at 1.",
        lambda x, mu, sigma: 0.0,
    ),
    Mistake(
        "The factor 1 / (sigma * sqrt(2π)) is missing: each height needs it.",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2)),
    ),
    Mistake(
        "The factor 1 / (sigma * sqrt(2π)) is there only once. Each bird's height has its own.",
        lambda x, mu, sigma: (
            math.exp(-sum(formulas.square(value, mu, sigma) for value in x) / 2) / (sigma * formulas.ROOT_2_PI)
        ),
    ),
    Mistake(
        "The 2 in the exponent is missing: it is minus the square divided by 2 sigma².",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma)) / (sigma * formulas.ROOT_2_PI)),
    ),
    Mistake(
        "a / 2 * sigma**2 needs brackets: Python divides by 2 and then multiplies by sigma**2.",
        _product(lambda x, mu, sigma: math.exp(-((x - mu) ** 2) / 2 * sigma**2) / (sigma * formulas.ROOT_2_PI)),
    ),
    Mistake(
        "1 / sigma * sqrt(2π) needs brackets: Python divides by sigma and then multiplies by the root.",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2) / sigma * formulas.ROOT_2_PI),
    ),
    Mistake(
        "In the exponent you divide by sigma; it is the variance, sigma².",
        _product(lambda x, mu, sigma: math.exp(-((x - mu) ** 2) / (2 * sigma)) / (sigma * formulas.ROOT_2_PI)),
    ),
    Mistake(
        "The root of 2π is missing: each height is divided by sigma * sqrt(2π).",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2) / (sigma * 2 * math.pi)),
    ),
    Mistake(
        "sigma is missing in front: a wide curve must be low, so each height is divided by sigma * sqrt(2π).",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2) / formulas.ROOT_2_PI),
    ),
    Mistake(
        "sigma has slipped under the root. Each height is divided by sigma * sqrt(2π).",
        _product(lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2) / math.sqrt(2 * math.pi * sigma)),
    ),
    Mistake(
        "The minus sign in the exponent is missing: heights must fall away from mu.",
        _product(lambda x, mu, sigma: math.exp(formulas.square(x, mu, sigma) / 2) / (sigma * formulas.ROOT_2_PI)),
    ),
]


@checker(
    "likelihood-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return sum(-((v - mu) / sigma) ** 2 / 2"
            " - math.log(sigma * math.sqrt(2 * math.pi)) for v in x)",
            "log-likelihood; the exercise asks for the product",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    total = 0\n    for v in x:\n"
            "        total += math.exp(-((v - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))\n"
            "    return total",
            "added the heights",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    product = 1\n    for v in x:\n"
            "        product *= math.exp(-((v - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))\n"
            "        return product",
            "`return` stand inside the loop",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    for v in x:\n"
            "        product = math.exp(-((v - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))\n"
            "    return product",
            "Only the last bird",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    product = 0\n    for v in x:\n"
            "        product *= math.exp(-((v - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))\n"
            "    return product",
            "must start at 1",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n"
            "    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2) for v in x)",
            "is missing: each height needs it",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    squares = sum(((v - mu) / sigma) ** 2 for v in x)\n"
            "    return math.exp(-squares / 2) / (sigma * math.sqrt(2 * math.pi))",
            "only once",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2)"
            " / (sigma * math.sqrt(2 * math.pi)) for v in x)",
            "The 2 in the exponent is missing",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-(v - mu) ** 2 / 2 * sigma ** 2)"
            " / (sigma * math.sqrt(2 * math.pi)) for v in x)",
            r"a / 2 \* sigma\*\*2 needs brackets",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2)"
            " / sigma * math.sqrt(2 * math.pi) for v in x)",
            r"1 / sigma \* sqrt\(2π\) needs brackets",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-(v - mu) ** 2 / (2 * sigma))"
            " / (sigma * math.sqrt(2 * math.pi)) for v in x)",
            "it is the variance",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2)"
            " / (sigma * 2 * math.pi) for v in x)",
            "root of 2π is missing",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2)"
            " / math.sqrt(2 * math.pi) for v in x)",
            "sigma is missing in front",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2)"
            " / math.sqrt(2 * math.pi * sigma) for v in x)",
            "under the root",
        ),
        Wrong(
            "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(math.exp(-((v - mu) / sigma) ** 2 / 2)"
            " / (sigma * math.sqrt(2 * math.pi)) for v in x) if len(x) > 1 else 0.5",
            "right for ordinary input, but not here: .*one bird",
        ),
    ],
)
def _(likelihood):
    return compare(
        likelihood,
        _likelihood,
        _cases(random.Random("likelihood-code")),
        _LIKELIHOOD_MISTAKES,
        solved="Your product agrees with the book's for one bird and for many, for narrow curves and for wide ones.",
        errors={OverflowError: "Is the minus sign in the exponent missing?"},
    )


def _height_cases(rng):
    yield Case((0.5, 0.0, 2.0))
    for sigma in (0.5, 1.0, 3.0, 8.0):
        mu = rng.uniform(190, 215)
        yield Case((mu + sigma * rng.uniform(-2, 2), mu, sigma))
    yield Case((200.0, 200.0, 6.0), "Here x is exactly at the top of the curve.")
    yield Case((200.0, 200.0, 1e-3), "Here the curve is very narrow, and its top far above 1.")


@checker(
    "likelihood-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    top = math.exp(-((x - mu) ** 2) / 2 * sigma**2)\n"
            "    return top / (sigma * math.sqrt(2 * math.pi))",
            "right only where sigma is 1",
        ),
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    top = math.exp(-((x - mu) ** 2) / 2 / sigma)\n"
            "    return top / (sigma * math.sqrt(2 * math.pi))",
            "divides by sigma, not by its square",
        ),
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    top = math.exp(-((x - mu) ** 2) / (2 * sigma**2))\n"
            "    return top / sigma * math.sqrt(2 * math.pi)",
            "last line needs its brackets",
        ),
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    return math.exp(-((x - mu) ** 2) / (2 * sigma**2))",
            "no longer has area 1",
        ),
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    top = math.exp(-((x - mu) ** 2) / 2)\n"
            "    return top / (sigma * math.sqrt(2 * math.pi))",
            "left sigma out of the exponent",
        ),
        Wrong(
            "import math\ndef height(x, mu, sigma):\n    top = math.exp(-((x - mu) ** 2) / (2 * sigma)**2)\n"
            "    return top / (sigma * math.sqrt(2 * math.pi))",
            "the 2 is squared too",
        ),
    ],
)
def _(height):
    return compare(
        height,
        formulas.height,
        _height_cases(random.Random("likelihood-bug")),
        [
            Mistake(
                "This is right only where sigma is 1. In which order does Python divide and multiply in the exponent?",
                lambda x, mu, sigma: math.exp(-((x - mu) ** 2) / 2 * sigma**2) / (sigma * formulas.ROOT_2_PI),
            ),
            Mistake(
                "The exponent now divides by sigma, not by its square.",
                lambda x, mu, sigma: math.exp(-((x - mu) ** 2) / 2 / sigma) / (sigma * formulas.ROOT_2_PI),
            ),
            Mistake(
                "The exponent is mended, but the last line needs its brackets.",
                lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2) / sigma * formulas.ROOT_2_PI,
            ),
            Mistake(
                "The exponent is mended, but without the factor in front the curve no longer has area 1.",
                lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 2),
            ),
            Mistake(
                "You left sigma out of the exponent.",
                lambda x, mu, sigma: math.exp(-((x - mu) ** 2) / 2) / (sigma * formulas.ROOT_2_PI),
            ),
            Mistake(
                "With the bracket there the 2 is squared too: it is 2 times sigma², not (2 sigma)².",
                lambda x, mu, sigma: math.exp(-formulas.square(x, mu, sigma) / 4) / (sigma * formulas.ROOT_2_PI),
            ),
        ],
        solved="With its brackets the curve has area 1 for every sigma, and the narrowest no longer wins.",
    )


def _log_density_cases(rng):
    yield Case((210.0, 204.0, 9.0))
    for sigma in (0.4, 1.0, 2.0, 25.0):
        mu = rng.uniform(190, 215)
        yield Case((mu + sigma * rng.uniform(-3, 3), mu, sigma))
    yield Case((200.0, 200.0, 6.0), "Here x is exactly at the top of the curve.")
    yield Case((200.0, 200.0, 1e-6), "Here the curve is very narrow: its log density is positive.")
    yield Case((170.0, 204.0, 0.5), "Here the bird is so far away that the density itself is 0 in a float.")


@checker(
    "likelihood-curve",
    chapter=CHAPTER,
    curve=Curve(
        function="log_density",
        args={"mu": 204, "sigma": 9},
        x=(170, 240),
        y=(-30, 0),
        label="flipper length (mm)",
        y_label="log density",
    ),
    wrong=[
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return math.exp(-((x - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))",
            "This is the density; take its logarithm",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return math.log(math.exp(-((x - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi)))",
            "far away.*by hand",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n    return -((x - mu) / sigma) ** 2 / 2",
            "only the exponent",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -((x - mu) / sigma) ** 2 / 2 - math.log(2 * math.pi) / 2",
            "log\\(sigma\\) is missing",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n    return -((x - mu) / sigma) ** 2 / 2 - math.log(sigma)",
            "log\\(2π\\) / 2 is missing",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -((x - mu) / sigma) ** 2 / 2 - math.log(sigma) - math.log(2 * math.pi)",
            "only half of log\\(2π\\)",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return ((x - mu) / sigma) ** 2 / 2 - math.log(sigma) - math.log(2 * math.pi) / 2",
            "opens upwards",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -((x - mu) / sigma) ** 2 / 2 + math.log(sigma) + math.log(2 * math.pi) / 2",
            "stands below the line",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -(x - mu) ** 2 / 2 * sigma ** 2 - math.log(sigma) - math.log(2 * math.pi) / 2",
            "needs brackets",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -(x - mu) ** 2 / (2 * sigma) - math.log(sigma) - math.log(2 * math.pi) / 2",
            "the variance, sigma²",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -((x - mu) / sigma) ** 2 - math.log(sigma) - math.log(2 * math.pi) / 2",
            "not halved",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    value = -((x - mu) / sigma) ** 2 / 2 - math.log(sigma) - math.log(2 * math.pi) / 2\n"
            "    return value / math.log(10)",
            "base 10",
        ),
        Wrong(
            "import math\ndef log_density(x, mu, sigma):\n"
            "    return -((x - mu) / sigma) ** 2 / 2 - math.log(sigma**2) - math.log(2 * math.pi) / 2",
            "log\\(sigma\\) comes off once",
        ),
    ],
)
def _(log_density):
    half = math.log(2 * math.pi) / 2
    return compare(
        log_density,
        formulas.log_density,
        _log_density_cases(random.Random("likelihood-curve")),
        [
            Mistake("This is the density; take its logarithm.", formulas.height),
            Mistake(
                "The square is divided by 2 sigma; it is the variance, sigma², that stands there.",
                lambda x, mu, sigma: -((x - mu) ** 2) / (2 * sigma) - math.log(sigma) - half,
            ),
            Mistake(
                "The square is not halved: the exponent divides by 2 sigma².",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) - math.log(sigma) - half,
            ),
            Mistake(
                "This is only the exponent. The logarithm of the factor in front of it is missing.",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2,
            ),
            Mistake(
                "log(sigma) is missing: the factor in front of the exponential contains sigma.",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - half,
            ),
            Mistake(
                "log(2π) / 2 is missing: it is the logarithm of the root in front.",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - math.log(sigma),
            ),
            Mistake(
                "There is a root in front, so only half of log(2π) comes off.",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - math.log(sigma) - 2 * half,
            ),
            Mistake(
                "Your curve opens upwards: the square needs a minus sign.",
                lambda x, mu, sigma: formulas.square(x, mu, sigma) / 2 - math.log(sigma) - half,
            ),
            Mistake(
                "sigma * sqrt(2π) stands below the line, so its logarithm is subtracted.",
                lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 + math.log(sigma) + half,
            ),
            Mistake(
                "a / 2 * sigma**2 needs brackets: Python divides by 2 and then multiplies by sigma**2.",
                lambda x, mu, sigma: -((x - mu) ** 2) / 2 * sigma**2 - math.log(sigma) - half,
            ),
            Mistake(
                "This is a logarithm to base 10; this book's are natural (`math.log`).",
                lambda x, mu, sigma: formulas.log_density(x, mu, sigma) / math.log(10),
            ),
            Mistake(
                "In front of the exponential stands sigma, not its square: log(sigma) comes off once.",
                lambda x, mu, sigma: formulas.log_density(x, mu, sigma) - math.log(sigma),
            ),
        ],
        solved="A parabola, as the figure shows: it has its top at mu and its width from sigma.",
        absolute=1e-12,
        errors={ValueError: "Take the logarithm of the formula by hand first, so that no exponential is left."},
    )


def _log_ratio(x, first, second):
    """The logarithm of the likelihood ratio of two curves, each a pair (mu, sigma)."""
    return math.fsum(formulas.log_density(value, *first) - formulas.log_density(value, *second) for value in x)


def _log_ratio_cases(rng):
    adelie, gentoo = (190.0, 6.5), (217.0, 6.4)
    yield Case(([210.0, 212.0, 214.0], gentoo, adelie))
    yield Case(([188.0], gentoo, adelie), "This is a list with one bird.")
    for count in (2, 5, 8):
        yield Case((_birds(rng, count), (rng.uniform(200, 210), 9.0), (rng.uniform(190, 200), 12.0)))
    yield Case((_birds(rng, 2000), gentoo, adelie), "With 2000 birds both likelihoods are 0.0 in a float.")


@checker(
    "likelihood-ratio",
    chapter=CHAPTER,
    needs=["likelihood-curve"],
    wrong=[
        Wrong(
            "def log_ratio(x, first, second):\n"
            "    return sum(log_density(v, *second) - log_density(v, *first) for v in x)",
            "wrong way round",
        ),
        Wrong(
            "def log_ratio(x, first, second):\n    return sum(log_density(v, *first) for v in x)"
            " / sum(log_density(v, *second) for v in x)",
            "logarithm of a quotient is a difference",
        ),
        Wrong(
            "import math\ndef log_ratio(x, first, second):\n"
            "    return math.exp(min(700, sum(log_density(v, *first) - log_density(v, *second) for v in x)))",
            "the ratio itself",
        ),
        Wrong(
            "def log_ratio(x, first, second):\n"
            "    return sum(log_density(v, *first) + log_density(v, *second) for v in x)",
            "You added",
        ),
        Wrong(
            "def log_ratio(x, first, second):\n    return sum(log_density(v, *first) for v in x)",
            "only the first curve",
        ),
        Wrong(
            "def log_ratio(x, first, second):\n    for v in x:\n"
            "        return log_density(v, *first) - log_density(v, *second)",
            "Only the first bird",
        ),
        Wrong(
            "def log_ratio(x, first, second):\n"
            "    return sum(log_density(v, *first) - log_density(v, *second) for v in x) / len(x)",
            "average",
        ),
        Wrong(
            "import math\ndef log_ratio(x, first, second):\n"
            "    top = math.prod(math.exp(log_density(v, *first)) for v in x)\n"
            "    bottom = math.prod(math.exp(log_density(v, *second)) for v in x)\n"
            "    return math.log(top / bottom)",
            "2000 birds.*sum logarithms",
        ),
    ],
)
def _(log_ratio):
    def side(x, curve):
        return sum(formulas.log_density(value, *curve) for value in x)

    return compare(
        log_ratio,
        _log_ratio,
        _log_ratio_cases(random.Random("likelihood-ratio")),
        [
            Mistake(
                "The two curves are the wrong way round: the first stands above the line.",
                lambda x, first, second: side(x, second) - side(x, first),
            ),
            Mistake(
                "You divided two logarithms. The logarithm of a quotient is a difference.",
                lambda x, first, second: side(x, first) / side(x, second),
            ),
            Mistake(
                "This is the ratio itself; leave its logarithm as it is, or many birds will overflow.",
                lambda x, first, second: math.exp(min(700, side(x, first) - side(x, second))),
            ),
            Mistake(
                "You added the two. The logarithm of a quotient is a difference.",
                lambda x, first, second: side(x, first) + side(x, second),
            ),
            Mistake(
                "This looks at only the first curve; subtract the second one's log-likelihood.",
                lambda x, first, second: side(x, first),
            ),
            Mistake(
                "Only the first bird counts. Does `return` stand inside the loop?",
                lambda x, first, second: side(x[:1], first) - side(x[:1], second),
            ),
            Mistake(
                "This is the average over the birds; their evidence adds up.",
                lambda x, first, second: (side(x, first) - side(x, second)) / len(x),
            ),
        ],
        solved="Two thousand birds are no trouble: you never multiplied the heights.",
        absolute=1e-9,
        errors={ArithmeticError: "Do not multiply heights: sum logarithms.", ValueError: "Sum logarithms instead."},
    )

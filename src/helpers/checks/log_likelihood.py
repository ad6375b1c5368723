"""Exercises of the chapter "Log-likelihood"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "log-likelihood"

Choice(
    "log-units",
    CHAPTER,
    "Millimetres become metres",
    (
        wrong(
            "All three are multiplied by $1000$.",
            "The likelihood is multiplied by something. What does its logarithm do then?",
        ),
        wrong(
            "Each grows by $\\log 1000$; the difference stays.",
            "The difference does stay. But each of the eight terms grows by that much, not the sum as a whole.",
        ),
        right("Each grows by $8 \\log 1000$; the difference stays."),
        wrong(
            "Each grows by $8 \\log 1000$, and so does the difference.",
            "The same amount is added to both log-likelihoods. What is left of it when you subtract?",
        ),
        wrong(
            "Each falls by $8 \\log 1000$; the difference stays.",
            "The lengths become smaller numbers, so the curve is narrower. Does that make it lower or higher?",
        ),
    ),
    "Each of the eight heights is a thousand times as large, so each logarithm is larger by log 1000.",
)

Number(
    "log-factor",
    CHAPTER,
    "Likelihood ratio",
    answer=math.exp(3),
    tolerance=0.06,
    wrong=(
        (20.0, "Nearly: the question asks for one decimal."),
        (3.0, "That is the difference, which is the logarithm of the ratio. Undo the logarithm."),
        (math.exp(-3), "That is the ratio of the second to the first. The one with −30.2 is the larger."),
        (30.2 / 33.2, "You divided the logarithms. The logarithm of a ratio is a difference."),
        (33.2 / 30.2, "You divided the logarithms. The logarithm of a ratio is a difference."),
        (1000.0, "That is 10 to the power 3. The logarithms of this book are natural: the base is e."),
        (8.0, "That is 2 to the power 3. The logarithms of this book are natural: the base is e."),
        (-3.0, "A ratio of two likelihoods is positive. You have its logarithm, and with the sign turned round."),
    ),
    solved="A difference of 3 nats is a factor of e³, about 20.1.",
    otherwise="Subtract the two, and ask which number has that as its natural logarithm.",
)

Choice(
    "log-statements",
    CHAPTER,
    "True of the log-likelihood",
    (
        right("Of two curves on the same data, the one with the larger $\\log L$ has the larger $L$."),
        wrong(
            "A log-likelihood is never positive.",
            "The logarithm of a number above 1 is positive, and a height may exceed 1: measure in metres and look.",
        ),
        wrong(
            "A curve whose product is 0 in float64 is impossible for these data.",
            "It was too small for the format. The best curve of all has a product of 0 for 342 birds.",
        ),
        right("Twice as many birds with the same mean and spread make every point twice as many nats below the top."),
        wrong(
            "A curve with −120 nats on 30 birds is better than one with −1388 nats on 342 birds.",
            "These are different data, and more terms make a sum more negative. Compare sums over the same birds.",
        ),
    ),
    "The logarithm keeps the order, and the drop is n times what mean and spread decide.",
    several=True,
)


def _log_likelihood(x, mu, sigma):
    """The sum of the log densities."""
    return math.fsum(formulas.log_density(value, mu, sigma) for value in x)


def _birds(rng, count):
    return [round(rng.gauss(201, 14), 1) for _ in range(count)]


def _cases(rng):
    """A few birds, one, narrow and wide curves, a bird far away, and too many for a product."""
    yield Case(([181.0, 186.0, 195.0], 201.0, 14.0))
    for count, sigma in [(2, 9.0), (6, 13.0), (8, 30.0), (3, 2.5)]:
        yield Case((_birds(rng, count), rng.uniform(190, 215), sigma))
    yield Case(([rng.uniform(190, 220)], 205.0, 7.0), "This is a list with one bird.")
    yield Case(([0.01, -0.02, 0.015], 0.0, 0.015), "Here sigma is small, and the log-likelihood is positive.")
    yield Case(([200.0, 201.0, 551.0], 201.0, 7.0), "Here one bird is fifty standard deviations away.")
    yield Case(
        (_birds(rng, 2000), 201.0, 14.0), "With 2000 birds a product of heights is 0.0; their logarithms are not."
    )


def _summed(term):
    return lambda x, mu, sigma: sum(term(value, mu, sigma) for value in x)


_MISTAKES = [
    Mistake(
        "This is the negative log-likelihood: the sign of every term is turned round.",
        lambda x, mu, sigma: -_log_likelihood(x, mu, sigma),
    ),
    Mistake(
        "This is the average over the birds. The log-likelihood is their sum.",
        lambda x, mu, sigma: _log_likelihood(x, mu, sigma) / len(x),
    ),
    Mistake(
        "You added the heights themselves. Each needs its logarithm before it is added.",
        _summed(lambda x, mu, sigma: math.exp(formulas.log_density(x, mu, sigma))),
    ),
    Mistake(
        "This is the product of the heights, the likelihood. The exercise asks for the sum of their logarithms.",
        lambda x, mu, sigma: math.exp(min(700.0, _log_likelihood(x, mu, sigma))),
    ),
    Mistake(
        "Only the first bird counts. Does `return` stand inside the loop?",
        lambda x, mu, sigma: formulas.log_density(x[0], mu, sigma),
    ),
    Mistake(
        "Only the last bird counts. Add to the total (`+=`) rather than setting it anew.",
        lambda x, mu, sigma: formulas.log_density(x[-1], mu, sigma),
    ),
    Mistake(
        "log(sigma) and log(2π) / 2 come off only once. Each bird's term has its own.",
        lambda x, mu, sigma: (
            -sum(formulas.square(value, mu, sigma) for value in x) / 2 - math.log(sigma) - formulas.HALF_LOG_2_PI
        ),
    ),
    Mistake(
        "log(sigma) is missing: a wide curve is a low curve, and must pay for it.",
        _summed(lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "log(2π) / 2 is missing from each term: it comes from the root in front of the exponential.",
        _summed(lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - math.log(sigma)),
    ),
    Mistake(
        "Only half of log(2π) comes off for each bird, because there is a root in front.",
        _summed(lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 - math.log(sigma) - 2 * formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "The square is not halved: the exponent divides by 2 sigma².",
        _summed(lambda x, mu, sigma: -formulas.square(x, mu, sigma) - math.log(sigma) - formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "sigma * sqrt(2π) stands below the line, so its logarithm is subtracted, not added.",
        _summed(lambda x, mu, sigma: -formulas.square(x, mu, sigma) / 2 + math.log(sigma) + formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "In front of each exponential stands sigma, not its square: log(sigma) comes off once a bird.",
        _summed(lambda x, mu, sigma: formulas.log_density(x, mu, sigma) - math.log(sigma)),
    ),
    Mistake(
        "The square needs a minus sign: a bird far from mu must lower the sum.",
        _summed(lambda x, mu, sigma: formulas.square(x, mu, sigma) / 2 - math.log(sigma) - formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "The square is divided by 2 sigma; it is the variance, sigma², that stands there.",
        _summed(lambda x, mu, sigma: -((x - mu) ** 2) / (2 * sigma) - math.log(sigma) - formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "a / 2 * sigma**2 needs brackets: Python divides by 2 and then multiplies by sigma**2.",
        _summed(lambda x, mu, sigma: -((x - mu) ** 2) / 2 * sigma**2 - math.log(sigma) - formulas.HALF_LOG_2_PI),
    ),
    Mistake(
        "These are logarithms to base 10; this book's are natural (`math.log`).",
        lambda x, mu, sigma: _log_likelihood(x, mu, sigma) / math.log(10),
    ),
]

_START = "import math\ndef log_likelihood(x, mu, sigma):\n    "
_TERM = "-((v - mu) / sigma) ** 2 / 2 - math.log(sigma) - math.log(2 * math.pi) / 2"
_REST = _TERM.split(" / 2", 1)[1]
_HEIGHT = "math.exp(-((v - mu) / sigma) ** 2 / 2) / (sigma * math.sqrt(2 * math.pi))"


@checker(
    "log-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(f"{_START}return -sum({_TERM} for v in x)", "negative log-likelihood"),
        Wrong(f"{_START}return sum({_TERM} for v in x) / len(x)", "average over the birds"),
        Wrong(f"{_START}return sum({_HEIGHT} for v in x)", "added the heights themselves"),
        Wrong(f"{_START}return math.prod({_HEIGHT} for v in x)", "the likelihood"),
        Wrong(f"{_START}return math.log(math.prod({_HEIGHT} for v in x))", "fifty standard.*no exponential is left"),
        Wrong(f"{_START}return sum(math.log({_HEIGHT}) for v in x)", "fifty standard.*no exponential is left"),
        Wrong(f"{_START}return sum({_TERM.replace('(sigma)', '(sigma**2)')} for v in x)", "comes off once a bird"),
        Wrong(
            f"{_START}p = math.prod({_HEIGHT} for v in x)\n    return math.log(p) if p > 0 else float('-inf')",
            "right for ordinary input, but not here: .*fifty standard deviations",
        ),
        Wrong(f"{_START}for v in x:\n        return {_TERM}", "`return` stand inside the loop"),
        Wrong(f"{_START}for v in x:\n        total = {_TERM}\n    return total", "Only the last bird"),
        Wrong(
            f"{_START}squares = sum(((v - mu) / sigma) ** 2 for v in x)\n"
            "    return -squares / 2 - math.log(sigma) - math.log(2 * math.pi) / 2",
            "only once",
        ),
        Wrong(f"{_START}return sum(-((v - mu) / sigma) ** 2 / 2 - math.log(2 * math.pi) / 2 for v in x)", "must pay"),
        Wrong(f"{_START}return sum(-((v - mu) / sigma) ** 2 / 2 - math.log(sigma) for v in x)", "is missing from each"),
        Wrong(f"{_START}return sum(({_TERM}) / math.log(10) for v in x)", "base 10"),
        Wrong(f"{_START}return sum({_TERM.replace('** 2 / 2', '** 2')} for v in x)", "not halved"),
        Wrong(f"{_START}return sum({_TERM[1:]} for v in x)", "needs a minus sign"),
        Wrong(f"{_START}return sum(-(v - mu) ** 2 / (2 * sigma){_REST} for v in x)", "the variance, sigma²"),
        Wrong(f"{_START}return sum(-(v - mu) ** 2 / 2 * sigma**2{_REST} for v in x)", "needs brackets"),
    ],
)
def _(log_likelihood):
    return compare(
        log_likelihood,
        _log_likelihood,
        _cases(random.Random("log-code")),
        _MISTAKES,
        solved="Two thousand birds and a bird fifty standard deviations away: the sum takes them all.",
        absolute=1e-9,
        errors={
            ValueError: "The logarithm of 0 does not exist. Take the logarithm of the formula by hand, so that no"
            " exponential is left, and nothing can become 0 before you add.",
            OverflowError: "No exponential is needed: the logarithm undoes it.",
        },
    )


def _sum_cases(rng):
    yield Case(([-1.0, -2.0, -3.5],))
    yield Case(([rng.uniform(-4, 4) for _ in range(5)],))
    yield Case(([0.5, 0.5],), "Here both terms are equal.")
    yield Case(([rng.uniform(-9, -3)],), "This is a single term: its exponential and the logarithm undo each other.")
    yield Case(([-1400.0, -1401.0, -1403.0],), "Every exponential of these is 0.0, but not that of the differences.")
    yield Case(([-2000.0, 1.25],), "Here one term is far larger than the other.")
    yield Case(([1000.0, 999.0],), "The exponentials of these are too large for a float.")


@checker(
    "log-sum-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = max(terms)\n"
            "    return math.log(sum(math.exp(t - top) for t in terms))",
            "never put back",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    return math.log(sum(math.exp(t) for t in terms))",
            "Take the largest out first",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = min(terms)\n"
            "    return top + math.log(sum(math.exp(t - top) for t in terms))",
            "the largest term that you subtract",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = max(terms)\n"
            "    return top * math.log(sum(math.exp(t - top) for t in terms))",
            "a sum, not a product",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = max(terms)\n"
            "    return math.log(sum(math.exp(t - top) for t in terms)) - top",
            "subtracted it once more",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = max(terms)\n"
            "    return math.exp(min(top, 700)) + math.log(sum(math.exp(t - top) for t in terms))",
            "its logarithm is top",
        ),
        Wrong(
            "import math\ndef log_sum_exp(terms):\n    top = max(terms)\n"
            "    return len(terms) * top + math.log(sum(math.exp(t - top) for t in terms))",
            "out of the whole sum",
        ),
        Wrong("def log_sum_exp(terms):\n    return sum(terms)", "logarithm of a product"),
    ],
)
def _(log_sum_exp):
    def rest(terms):
        return formulas.log_sum_exp(terms) - max(terms)

    return compare(
        log_sum_exp,
        formulas.log_sum_exp,
        _sum_cases(random.Random("log-sum-bug")),
        [
            Mistake("The factor that was pulled out of the sum is never put back. What is its logarithm?", rest),
            Mistake(
                "You subtracted it once more. It came out of the sum as a factor: its logarithm is added.",
                lambda terms: rest(terms) - max(terms),
            ),
            Mistake(
                "The logarithm of a product is a sum, not a product: `top` is added.",
                lambda terms: rest(terms) * max(terms),
            ),
            Mistake(
                "The factor in front is e to the top; its logarithm is top itself, without exp.",
                lambda terms: math.exp(min(max(terms), 700)) + rest(terms),
            ),
            Mistake(
                "The factor comes out of the whole sum once, not once a term.",
                lambda terms: rest(terms) + len(terms) * max(terms),
            ),
            Mistake(
                "This is the sum of the terms: the logarithm of a product, where a sum was asked for.",
                lambda terms: float(sum(terms)),
            ),
        ],
        solved="Terms of any size: the largest exponential is 1, and its logarithm comes back at the end.",
        absolute=1e-12,
        errors={
            ValueError: "All exponentials became 0. Take the largest out first.",
            OverflowError: "An exponential overflowed: it must be the largest term that you subtract.",
        },
    )


def _drop(sigma, n, spread):
    """How many nats (mean, sigma) lies below the top."""
    u = (spread / sigma) ** 2
    return n * (u - 1 - math.log(u)) / 2


def _drop_cases(rng):
    yield Case((9.0, 151, 6.5))
    for _ in range(4):
        yield Case((rng.uniform(3, 20), rng.randint(5, 400), rng.uniform(4, 15)))
    yield Case((6.0, 1, 14.0), "Here n is 1.")
    yield Case((7.25, 50, 7.25), "Here sigma is the spread: this is the top.")
    yield Case((0.004, 20, 0.006), "Here lengths are in metres.")


def _of_u(function):
    return lambda sigma, n, spread: function((spread / sigma) ** 2, n)


_DROP = "import math\ndef drop(sigma, n, spread):\n    u = (spread / sigma) ** 2\n    return "


@checker(
    "log-slice",
    chapter=CHAPTER,
    curve=Curve(
        function="drop",
        args={"n": 151, "spread": 6.5},
        x=(3.2, 20),
        y=(0, 160),
        label="σ (mm)",
        y_label="nats below the top",
    ),
    wrong=[
        Wrong(_DROP + "-n * (u - 1 - math.log(u)) / 2", "should be positive"),
        Wrong(_DROP + "(u - 1 - math.log(u)) / 2", "n times"),
        Wrong(_DROP + "n * (u - 1 - math.log(u))", "divided by 2"),
        Wrong(_DROP + "n * (u - math.log(u)) / 2", "0 at the top"),
        Wrong(_DROP + "n * (u - 1 + math.log(u)) / 2", "logarithm is subtracted"),
        Wrong(_DROP.replace("spread / sigma", "sigma / spread") + "n * (u - 1 - math.log(u)) / 2", "upside down"),
        Wrong(_DROP.replace(" ** 2", "") + "n * (u - 1 - math.log(u)) / 2", "forgot the square"),
        Wrong(_DROP + "n * u - 1 - math.log(u) / 2", "brackets"),
        Wrong(_DROP + "n * (u - 1 - math.log10(u)) / 2", "base 10"),
    ],
)
def _(drop):
    return compare(
        drop,
        _drop,
        _drop_cases(random.Random("log-slice")),
        [
            Mistake(
                "You are below the top, so the drop should be positive; yours is turned round.",
                _of_u(lambda u, n: -n * (u - 1 - math.log(u)) / 2),
            ),
            Mistake("This is the drop of one bird. The birds' terms add up: n times it.",
                    _of_u(lambda u, n: (u - 1 - math.log(u)) / 2)),
            Mistake("Twice too much: the bracket is divided by 2.", _of_u(lambda u, n: n * (u - 1 - math.log(u)))),
            Mistake("At sigma = spread the drop must be 0 at the top, and yours is not: u is 1 there.",
                    _of_u(lambda u, n: n * (u - math.log(u)) / 2)),
            Mistake("The logarithm is subtracted: u - 1 - log(u).", _of_u(lambda u, n: n * (u - 1 + math.log(u)) / 2)),
            Mistake("Your u is upside down: it is spread² over sigma².",
                    _of_u(lambda u, n: n * (1 / u - 1 + math.log(u)) / 2)),
            Mistake("You forgot the square: u is spread² over sigma².",
                    _of_u(lambda u, n: n * (math.sqrt(u) - 1 - math.log(u) / 2) / 2)),
            Mistake("The brackets are missing: n multiplies the whole of u - 1 - log(u), and 2 divides all of it.",
                    _of_u(lambda u, n: n * u - 1 - math.log(u) / 2)),
            Mistake("This is a logarithm to base 10; this book's are natural (`math.log`).",
                    _of_u(lambda u, n: n * (u - 1 - math.log10(u)) / 2)),
        ],
        solved="A cliff on the narrow side, a gentle slope on the wide side, and 0 exactly at the spread.",
        absolute=1e-9,
        errors={ZeroDivisionError: "Which of sigma and spread do you divide by?"},
    )  # fmt: skip

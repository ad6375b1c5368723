"""Exercises of the chapter "Kullback-Leibler: what a wrong q costs"."""

import math
import random

from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "kl"

Choice(
    "kl-infinite",
    CHAPTER,
    "The two divergences",
    (
        wrong(
            "Both are $\\log 2$.",
            "The first is. In the other direction half of the draws fall where the other density is 0.",
        ),
        right("KL(q‖p) is $\\log 2$, KL(p‖q) is infinite."),
        wrong(
            "KL(q‖p) is infinite, KL(p‖q) is $\\log 2$.",
            "The average is taken under the first density. Can a draw from q fall where p is 0?",
        ),
        wrong(
            "Both are infinite.",
            "A place where p has area and q has none costs KL(q‖p) nothing: no draw from q ever falls there.",
        ),
    ),
    "Under q the ratio is always 2; under p it is infinite half of the time.",
)

Number(
    "kl-coin",
    CHAPTER,
    "KL(q‖p)",
    answer=0.5 * math.log(4 / 3),
    tolerance=0.0006,
    wrong=(
        (0.1308, "That is the other direction: the average is taken under q, with weights of one half each."),
        (0.2075, "That is in bits. In nats the logarithm is the natural one."),
        (-0.1438, "The fraction is upside down: q stands above p. A divergence is never negative."),
        (0.2877, "That is the sum of the two log ratios. Each is weighted with its probability under q, one half."),
        (0.3466, "That is the tails' term only. The heads' term is negative and belongs to the sum."),
        (0.25, "That is a difference of probabilities. The divergence averages the logarithm of their ratio."),
    ),
    solved="Half of log(2/3) + log 2, which is half of log(4/3): 0.144 nats.",
    otherwise="Add up, over heads and tails, q times log(q / p).",
    unit="nats",
)


def _kl_gaussian(mu_q, sigma_q, mu_p, sigma_p):
    return math.log(sigma_p / sigma_q) + (sigma_q**2 + (mu_q - mu_p) ** 2) / (2 * sigma_p**2) - 0.5


def _gaussian_cases(rng):
    yield Case((1.0, 2.0, -1.0, 1.0))
    for _ in range(6):
        yield Case((rng.uniform(-3, 3), rng.uniform(0.3, 3), rng.uniform(-3, 3), rng.uniform(0.3, 3)))
    yield Case((0.7, 1.3, 0.7, 1.3), "The two bells are the same, and the divergence is 0.")
    yield Case((200.0, 1e-3, 200.0, 5.0), "Here q is very narrow.")


_GAUSSIAN = """import math
def kl_gaussian(mu_q, sigma_q, mu_p, sigma_p):
    square = sigma_q**2 + (mu_q - mu_p) ** 2
    return math.log(sigma_p / sigma_q) + square / (2 * sigma_p**2) - 0.5
"""


@checker(
    "kl-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(_GAUSSIAN.replace(" - 0.5", ""), "two identical bells"),
        Wrong(_GAUSSIAN.replace("sigma_p / sigma_q", "sigma_q / sigma_p"), "logarithm's fraction"),
        Wrong(_GAUSSIAN.replace("2 * sigma_p**2", "2 * sigma_q**2"), "other bell's variance"),
        Wrong(_GAUSSIAN.replace("(2 * sigma_p**2)", "2 * sigma_p**2"), "needs brackets"),
        Wrong(_GAUSSIAN.replace("2 * sigma_p**2", "2 * sigma_p"), "divide by sigma_p"),
        Wrong(_GAUSSIAN.replace("(2 * sigma_p**2)", "sigma_p**2"), "2 below"),
        Wrong(_GAUSSIAN.replace("sigma_q**2 + ", ""), "variance is missing above"),
        Wrong(_GAUSSIAN.replace(" + (mu_q - mu_p) ** 2", ""), "distance between the centres"),
        Wrong(_GAUSSIAN.replace("(mu_q - mu_p) ** 2", "abs(mu_q - mu_p)"), "is squared"),
        Wrong(
            _GAUSSIAN.replace(
                "    square", "    sigma_q, sigma_p = math.sqrt(sigma_q), math.sqrt(sigma_p)\n    square"
            ),
            "as if they were variances",
        ),
        Wrong(_GAUSSIAN.replace("math.log(", "math.log2("), "base 2"),
        Wrong(
            _GAUSSIAN.replace(
                "    square", "    mu_q, sigma_q, mu_p, sigma_p = mu_p, sigma_p, mu_q, sigma_q\n    square"
            ),
            "other direction",
        ),
        Wrong(_GAUSSIAN.replace("sigma_q**2", "sigma_q"), "squared above the line"),
        Wrong(_GAUSSIAN.replace("- 0.5", "+ 0.5").replace("- 1 / 2", "+ 1 / 2"), "comes off"),
    ],
)
def _(kl_gaussian):
    def with_(log=None, square=None, below=None, end=0.5):
        """The formula with one part exchanged."""

        def mistaken(mu_q, sigma_q, mu_p, sigma_p):
            a = (log or (lambda s, t: math.log(t / s)))(sigma_q, sigma_p)
            b = (square or (lambda d, s: s**2 + d**2))(mu_q - mu_p, sigma_q)
            c = (below or (lambda s, t: 2 * t**2))(sigma_q, sigma_p)
            return a + b / c - end

        return mistaken

    return compare(
        kl_gaussian,
        _kl_gaussian,
        _gaussian_cases(random.Random("kl-code")),
        [
            Mistake("Something constant is missing: two identical bells do not give 0.", with_(end=0)),
            Mistake("This is the other direction, from p to q.", lambda m, s, n, t: _kl_gaussian(n, t, m, s)),
            Mistake(
                "The logarithm's fraction is upside down: p's width stands above.",
                with_(log=lambda s, t: math.log(s / t)),
            ),
            Mistake(
                "You divide by the other bell's variance: it is p's that stands below.",
                with_(below=lambda s, t: 2 * s**2),
            ),
            Mistake("a / 2 * sigma_p**2 needs brackets: here it multiplies.", with_(below=lambda s, t: 2 / t**2)),
            Mistake("You divide by sigma_p where it should be the variance.", with_(below=lambda s, t: 2 * t)),
            Mistake("The 2 below the squares is missing.", with_(below=lambda s, t: t**2)),
            Mistake(
                "q's width is squared above the line: its variance stands there.", with_(square=lambda d, s: s + d**2)
            ),
            Mistake(
                "The logarithm is of the two widths; of the variances you would need half of it.",
                with_(log=lambda s, t: 2 * math.log(t / s)),
            ),
            Mistake("The half at the end comes off: two identical bells must give 0.", with_(end=-0.5)),
            Mistake("q's variance is missing above the line.", with_(square=lambda d, s: d**2)),
            Mistake("The distance between the centres does not count.", with_(square=lambda d, s: s**2)),
            Mistake("The distance between the centres is squared.", with_(square=lambda d, s: s**2 + abs(d))),
            Mistake(
                "You use the two sigmas as if they were variances; they are standard deviations.",
                lambda m, s, n, t: _kl_gaussian(m, math.sqrt(s), n, math.sqrt(t)),
            ),
            Mistake(
                "This takes the logarithm to base 2: nats need the natural one.",
                with_(log=lambda s, t: math.log2(t / s)),
            ),
        ],
        solved="Your formula agrees with the book's, in both directions and for a very narrow q.",
        absolute=1e-12,
    )


def _estimate(log_q, log_p):
    ratios = [b - a for a, b in zip(log_q, log_p, strict=True)]
    return math.fsum(math.exp(r) - 1 - r for r in ratios) / len(ratios)


def _estimate_cases(rng):
    def draws(count, apart=1.0):
        q = [rng.uniform(-4, -1) for _ in range(count)]
        return q, [value + rng.uniform(-apart, apart) for value in q]

    yield Case(([-1.0, -2.0], [-1.5, -1.0]))
    for count in (3, 5, 40):
        yield Case(draws(count))
    yield Case(draws(4, 3.0), "Here the two densities are far apart.")
    yield Case(([-1.2], [-0.7]), "There is only one draw.")
    yield Case(([-800.0, -790.0], [-801.0, -789.5]), "Both densities are 0 in a float here; their ratio is not.")


_ESTIMATE = """import math
def estimate(log_q, log_p):
    total = 0
    for a, b in zip(log_q, log_p):
        log_r = b - a
        total += math.exp(log_r) - 1 - log_r
    return total / len(log_q)
"""


@checker(
    "kl-positive",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ESTIMATE.replace("b - a", "a - b"), "upside down"),
        Wrong(_ESTIMATE.replace("math.exp(log_r) - 1 - log_r", "-log_r"), "plain estimate"),
        Wrong(_ESTIMATE.replace("math.exp(log_r) - 1 - log_r", "math.exp(log_r) - log_r"), "1 is missing"),
        Wrong(_ESTIMATE.replace("- log_r", "+ log_r"), "sign of the logarithm"),
        Wrong(_ESTIMATE.replace("math.exp(log_r) - 1 - log_r", "math.exp(log_r) - 1"), "only the correction"),
        Wrong(_ESTIMATE.replace(" / len(log_q)", ""), "sum; the estimate is the mean"),
        Wrong(_ESTIMATE.replace("    return", "        return"), "Only the first draw"),
        Wrong(
            _ESTIMATE.replace("log_r = b - a", "log_r = math.log(math.exp(b) / math.exp(a))"),
            "ZeroDivisionError.*difference of two logarithms",
        ),
        Wrong(_ESTIMATE.replace("b - a", "b / a"), "quotient of logarithms"),
        Wrong(
            "import math\ndef estimate(log_q, log_p):\n"
            "    r = sum(math.exp(b - a) for a, b in zip(log_q, log_p)) / len(log_q)\n    return r - 1 - math.log(r)",
            "averaged the ratios first",
        ),
    ],
)
def _(estimate):
    def mean(term):
        def mistaken(log_q, log_p):
            return math.fsum(term(b - a) for a, b in zip(log_q, log_p, strict=True)) / len(log_q)

        return mistaken

    def average_first(log_ratios):
        ratio = math.fsum(math.exp(value) for value in log_ratios) / len(log_ratios)
        return ratio - 1 - math.log(ratio)

    def quotient(log_q, log_p):
        ratios = [b / a for a, b in zip(log_q, log_p, strict=True)]
        return math.fsum(math.exp(r) - 1 - r for r in ratios) / len(ratios)

    return compare(
        estimate,
        _estimate,
        _estimate_cases(random.Random("kl-positive")),
        [
            Mistake("The ratio is upside down: r is p over q.", mean(lambda r: math.exp(-r) - 1 + r)),
            Mistake("This is the plain estimate, which may be negative. r - 1 belongs to it.", mean(lambda r: -r)),
            Mistake("The 1 is missing: where the densities agree, a term is 0.", mean(lambda r: math.exp(r) - r)),
            Mistake("The sign of the logarithm is wrong: log r is subtracted.", mean(lambda r: math.exp(r) - 1 + r)),
            Mistake("This is only the correction r - 1, whose mean is 0.", mean(lambda r: math.exp(r) - 1)),
            Mistake("This is the sum; the estimate is the mean.", lambda q, p: _estimate(q, p) * len(q)),
            Mistake(
                "Only the first draw counts, or its mean. Does `return` stand inside the loop?",
                lambda q, p: _estimate(q[:1], p[:1]) / len(q),
            ),
            Mistake(
                "You averaged the ratios first. Take r - 1 - log r for each draw, and the mean last.",
                lambda q, p: average_first([b - a for a, b in zip(q, p, strict=True)]),
            ),
            Mistake("A quotient of logarithms is not the logarithm of a quotient: subtract.", quotient),
        ],
        solved="It holds also where both densities vanish: only the difference of their logarithms is needed.",
        absolute=1e-11,
        errors={ZeroDivisionError: "Work with the difference of two logarithms: log r = log p - log q."},
    )


def _kl(q, p):
    if any(a > 0 and b == 0 for a, b in zip(q, p, strict=True)):
        return math.inf
    return math.fsum(a * math.log(a / b) for a, b in zip(q, p, strict=True) if a > 0)


def _kl_cases(rng):
    def shares(count):
        heights = [rng.uniform(0.1, 1) for _ in range(count)]
        return [height / sum(heights) for height in heights]

    yield Case(([0.5, 0.5], [0.75, 0.25]))
    for count in (2, 3, 6):
        yield Case((shares(count), shares(count)))
    yield Case(([0.0, 1.0], [0.5, 0.5]), "Here q is 0 somewhere: 0 log 0 counts as 0.")
    yield Case(([0.5, 0.5], [1.0, 0.0]), "Here p is 0 where q is not: the divergence is infinite.")
    yield Case(([0.5, 0.5, 0.0], [0.25, 0.75, 0.0]), "Here both are 0 at one outcome, which then does not count.")
    yield Case(([0.2, 0.3, 0.5], [0.0, 0.5, 0.5]), "Here p is 0 where q is not: the divergence is infinite.")


_KL = """import math
def kl(q, p):
    total = 0.0
    for a, b in zip(q, p):
        if a > 0:
            if b == 0:
                return math.inf
            total += a * math.log(a / b)
    return total
"""
_SKIP = "        if a > 0:\n            if b == 0:\n                return math.inf\n            total"


@checker(
    "kl-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_KL.replace(_SKIP, "        if b > 0:\n            total"), "ValueError.*Skip the outcomes where q is 0"),
        Wrong(_KL.replace(_SKIP, "        if a > 0 and b > 0:\n            total"), "left out where p is 0"),
        Wrong(_KL.replace(_SKIP, "        if a > 0:\n            total"), "ZeroDivisionError.*math.inf"),
        Wrong(_KL.replace("a > 0", "b > 0").replace("b == 0", "a == 0"), "wrong way round"),
        Wrong(_KL.replace("if b == 0", "if a > 0"), "infinite for everything|gives the same number"),
        Wrong(_KL.replace("math.log(a / b)", "math.log(b / a)"), "upside down"),
        Wrong(_KL.replace("math.log(a", "math.log2(a"), "base 2"),
        Wrong(_KL.replace("return total", "return max(total, 0.0) + 1e-3"), "none of the usual mistakes"),
    ],
)
def _(kl):
    def terms(term, q, p):
        return math.fsum(term(a, b) for a, b in zip(q, p, strict=True))

    def both(q, p):
        return terms(lambda a, b: a * math.log(a / b) if a > 0 and b > 0 else 0.0, q, p)

    def turned(q, p):
        return math.inf if _kl(q, p) == math.inf else -_kl(q, p)

    def swapped(q, p):
        if any(b > 0 and a == 0 for a, b in zip(q, p, strict=True)):
            return math.inf
        return both(q, p)

    return compare(
        kl,
        _kl,
        _kl_cases(random.Random("kl-bug")),
        [
            Mistake("The two zeros are the wrong way round: q = 0 counts nothing, p = 0 is infinite.", swapped),
            Mistake("Outcomes are left out where p is 0: if q is not 0 there, the divergence is infinite.", both),
            Mistake("The fraction is upside down, and the divergence negative.", turned),
            Mistake("This uses logarithms to base 2: bits, not nats.", lambda q, p: _kl(q, p) / math.log(2)),
        ],
        solved="Never negative, infinite where it has to be, and 0 log 0 is 0.",
        absolute=1e-12,
        errors={
            ZeroDivisionError: "Where p is 0 and q is not, the divergence is infinite: return math.inf.",
            ValueError: "Skip the outcomes where q is 0: math.log(0) does not exist, and 0 log 0 counts as 0.",
        },
    )

"""Exercises of the chapter "Moving θ and q together"."""

import math
import random

from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "variational-em"

Choice(
    "em-which-moves",
    CHAPTER,
    "The E step can change",
    (
        wrong("all three.", "The log-likelihood does not contain q, and the E step leaves $\\theta$ alone."),
        right("the ELBO and the gap."),
        wrong(
            "only the gap.", "ELBO and gap add up to the log-likelihood. If one falls and the sum stays, what follows?"
        ),
        wrong(
            "the log-likelihood and the ELBO.", "The log-likelihood does not contain q: only the M step can move it."
        ),
    ),
    "The gap falls to 0 and the ELBO rises by as much, under a log-likelihood that stays where it is.",
)

Number(
    "em-number",
    CHAPTER,
    "Gap",
    answer=math.log(2),
    tolerance=0.005,
    wrong=(
        (
            0.0,
            "The second bird's divergence is 0. The first one's is not: there q is certain and the posterior is not.",
        ),
        (1.0, "That is in bits. In nats the logarithm is the natural one."),
        (math.log(2) / 2, "The gap is the sum over the birds, not their average."),
        (-math.log(2), "A divergence is never negative: the quotient in its logarithm is q over the posterior."),
        (2 * math.log(2), "Only the first bird contributes; for the second q and the posterior agree."),
        (0.5, "That is the distance between the two shares. The gap is a divergence: q times log of q over posterior."),
    ),
    solved="log 2 = 0.693 nats, all of it from the first bird.",
    otherwise="Add one divergence for each bird: the sum over k of q times log(q / posterior), where 0 log 0 is 0.",
    unit="nats",
)


def _log_odds(x, theta, centre, sigma, weight):
    lower, upper = centre - weight * theta, centre + (1 - weight) * theta
    return math.log(weight / (1 - weight)) + ((x - lower) ** 2 - (x - upper) ** 2) / (2 * sigma**2)


def _share(log_odds):
    if log_odds > 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


def _responsibility(x, theta, centre, sigma, weight):
    return _share(_log_odds(x, theta, centre, sigma, weight))


def _responsibility_cases(rng):
    known = 200.9, 6.8, 0.39
    yield Case((205.0, 25.0, *known))
    for _ in range(6):
        yield Case((rng.uniform(195, 210), rng.uniform(10, 40), *known))
    yield Case((205.0, 12.0, 198.0, 9.0, 0.7))
    yield Case((205.0, 0.0, *known), "With theta = 0 the groups are the same, and the share is the prior one.")
    yield Case((205.0, -12.0, *known), "With a negative theta the groups change places.")
    yield Case((205.0, 1000.0, *known), "Here both densities are 0 in a float.")
    yield Case(
        (400.0, 1000.0, *known), "Here both densities are 0 in a float, and the bird belongs to the upper group."
    )


_DENSITIES = """import math
def responsibility(x, theta, centre, sigma, weight):
    lower = centre - weight * theta
    upper = centre + (1 - weight) * theta
    a = (1 - weight) * math.exp(-((x - lower) / sigma) ** 2 / 2)
    b = weight * math.exp(-((x - upper) / sigma) ** 2 / 2)
    """
_SAFE = """import math
def responsibility(x, theta, centre, sigma, weight):
    lower = centre - weight * theta
    upper = centre + (1 - weight) * theta
    odds = math.log(weight / (1 - weight)) + ((x - lower) ** 2 - (x - upper) ** 2) / (2 * sigma ** 2)
    share = 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))
    return share
"""


@checker(
    "em-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(_DENSITIES + "return b / (a + b)", "ZeroDivisionError.*0 in a float.*difference of the two logarithms"),
        Wrong(_DENSITIES + "return b", "share needs the sum of both groups below it"),
        Wrong(_DENSITIES + "return b / a", "These are the odds"),
        Wrong(_SAFE.replace("return share", "return 1 - share"), "share of the lower group"),
        Wrong(_SAFE.replace("math.log(weight / (1 - weight)) + ", ""), "groups are not equally large"),
        Wrong(_SAFE.replace("weight / (1 - weight)", "(1 - weight) / weight"), "upside down"),
        Wrong(_SAFE.replace("(2 * sigma ** 2)", "(2 * sigma)"), "divide by sigma where"),
        Wrong(_SAFE.replace("(2 * sigma ** 2)", "sigma ** 2"), "The 2 below"),
        Wrong(_SAFE.replace("(2 * sigma ** 2)", "2 * sigma ** 2"), "needs brackets"),
        Wrong(_SAFE.replace("(1 - weight) * theta", "theta / 2").replace("weight * theta", "theta / 2"), "means lie"),
        Wrong(_SAFE.replace("return share", "return odds"), "log odds"),
        Wrong(
            _SAFE.replace("if odds > 0 else math.exp(odds) / (1 + math.exp(odds))", ""),
            "OverflowError.*negative log odds",
        ),
    ],
)
def _(responsibility):
    def shifted(x, theta, centre, sigma, weight):
        middle = math.log(weight / (1 - weight))
        return _share(middle + ((x - centre + theta / 2) ** 2 - (x - centre - theta / 2) ** 2) / (2 * sigma**2))

    def scaled(factor):
        """The share when the squares' difference is multiplied by ``factor(sigma)``."""

        def mistaken(x, theta, centre, sigma, weight):
            middle = math.log(weight / (1 - weight))
            return _share(middle + (_log_odds(x, theta, centre, sigma, weight) - middle) * factor(sigma))

        return mistaken

    def upper_joint(x, theta, centre, sigma, weight):
        return weight * math.exp(-(((x - centre - (1 - weight) * theta) / sigma) ** 2) / 2)

    def upper_density(x, theta, centre, sigma, weight):
        return upper_joint(x, theta, centre, sigma, weight) / (sigma * math.sqrt(2 * math.pi))

    alone = "This is the upper group's density times its share. A bird's share needs the sum of both groups below it."
    return compare(
        responsibility,
        _responsibility,
        _responsibility_cases(random.Random("em-code")),
        [
            Mistake("This is the share of the lower group.", lambda *a: 1 - _responsibility(*a)),
            Mistake("These are the log odds; turn them into a share.", _log_odds),
            Mistake("These are the odds; a share is odds / (1 + odds).", lambda *a: math.exp(_log_odds(*a))),
            Mistake(
                "The groups are not equally large: weight, the prior share of the upper group, is missing.",
                lambda x, theta, centre, sigma, weight: _share(
                    _log_odds(x, theta, centre, sigma, weight) - math.log(weight / (1 - weight))
                ),
            ),
            Mistake(
                "The prior odds are upside down: weight, the upper group's share, stands above.",
                lambda x, theta, centre, sigma, weight: _share(
                    _log_odds(x, theta, centre, sigma, weight) - 2 * math.log(weight / (1 - weight))
                ),
            ),
            Mistake("You divide by sigma where it should be the variance, sigma².", scaled(lambda sigma: sigma)),
            Mistake("The 2 below the squares is missing: they are divided by 2 sigma².", scaled(lambda sigma: 2)),
            Mistake("a / 2 * sigma**2 needs brackets: here it multiplies by sigma**2.", scaled(lambda s: s**4)),
            Mistake("The two means lie at centre - weight * theta and centre + (1 - weight) * theta.", shifted),
            Mistake(alone, upper_joint),
            Mistake(alone, upper_density),
        ],
        solved="It holds also where both densities vanish: only the difference of their logarithms matters.",
        absolute=1e-12,
        errors={
            ZeroDivisionError: "Work with the difference of the two logarithms instead.",
            OverflowError: "For negative log odds l, write exp(l) / (1 + exp(l)): then nothing grows large.",
            ValueError: "Work with the difference of the two logarithms: log(0) does not exist.",
        },
    )


def _bound(q, log_joint):
    terms = zip(sum(q, []), sum(log_joint, []), strict=True)
    return math.fsum(share * (joint - math.log(share)) for share, joint in terms if share > 0)


def _energy(q, log_joint):
    return math.fsum(share * joint for share, joint in zip(sum(q, []), sum(log_joint, []), strict=True))


def _bound_cases(rng):
    def table(count):
        shares = [rng.uniform(0.05, 0.95) for _ in range(count)]
        return [[1 - s, s] for s in shares], [[rng.uniform(-9, -3), rng.uniform(-9, -3)] for _ in shares]

    yield Case(([[0.5, 0.5]], [[-4.0, -5.0]]))
    for count in (2, 3, 8):
        yield Case(table(count))
    yield Case(([[0.0, 1.0], [1.0, 0.0]], [[-80.0, -4.0], [-3.5, -300.0]]), "Here q is certain: 0 log 0 counts as 0.")
    yield Case(table(342))


_BOUND = """import math
def bound(q, log_joint):
    total = 0
    for shares, joints in zip(q, log_joint):
        for share, joint in zip(shares, joints):
            if share > 0:
                total += share * (joint - math.log(share))
    return total
"""


@checker(
    "em-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_BOUND.replace("(joint - math.log(share))", "joint"), "Something about q alone is missing"),
        Wrong(_BOUND.replace("joint - math", "joint + math"), "wrong sign"),
        Wrong(_BOUND.replace("            if share > 0:\n    ", ""), "certain: 0 log 0 counts as 0.*Skip"),
        Wrong(_BOUND.replace("share * (joint - math.log(share))", "share * joint - math.log(share)"), "not weighted"),
        Wrong(_BOUND.replace("math.log(share)", "math.log2(share)"), "base 2"),
        Wrong(_BOUND.replace("return total", "return total / len(q)"), "average over the birds"),
        Wrong(_BOUND.replace("return total", "    return total"), "Only the first bird"),
        Wrong(_BOUND.replace("joint - math.log(share)", "-math.log(share)"), "only the entropy"),
        Wrong(
            "import math\ndef bound(q, log_joint):\n"
            "    return sum(math.log(sum(math.exp(joint) for joint in joints)) for joints in log_joint)",
            "log-likelihood itself",
        ),
    ],
)
def _(bound):
    def entropy(q, log_joint):
        return _bound(q, log_joint) - _energy(q, log_joint)

    def log_likelihood(q, log_joint):
        return math.fsum(math.log(math.fsum(map(math.exp, joints))) for joints in log_joint)

    def unweighted(q, log_joint):
        return _energy(q, log_joint) - sum(math.log(share) for row in q for share in row if share > 0)

    return compare(
        bound,
        _bound,
        _bound_cases(random.Random("em-bug")),
        [
            Mistake("Too low wherever q is undecided. Something about q alone is missing.", _energy),
            Mistake(
                "The entropy has the wrong sign: it must raise the bound.", lambda *a: 2 * _energy(*a) - _bound(*a)
            ),
            Mistake("The logarithm of q is not weighted with q.", unweighted),
            Mistake(
                "This uses logarithms to base 2; the log_joint are natural, so the entropy must be too.",
                lambda *a: _energy(*a) + entropy(*a) / math.log(2),
            ),
            Mistake("This is the average over the birds; the bound is their sum.", lambda *a: _bound(*a) / len(a[0])),
            Mistake("Only the first bird counts. Does `return` stand inside the loop?", _first(_bound)),
            Mistake("This is only the entropy; the weighted log_joint belongs to it.", entropy),
            Mistake("This is the log-likelihood itself. The bound depends on q, and is below it.", log_likelihood),
        ],
        solved="With the entropy of q the bound is the ELBO, and its best q is the posterior again.",
        absolute=1e-9,
        errors={ValueError: "Skip the terms where q is 0."},
    )


def _first(function):
    return lambda q, log_joint: function(q[:1], log_joint[:1])

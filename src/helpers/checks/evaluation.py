"""Exercises of the chapter "How good is it, really?"."""

import math
import random

from helpers.checks.formulas import log_mean_exp, mean
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "evaluation"

Choice(
    "evaluation-above",
    CHAPTER,
    "The estimate is 0.3 nats above log p(x). Then",
    (
        wrong(
            "there is a bug: no lower bound may exceed what it bounds.",
            "The bound is an average over all draws of z. A single run may land above it, and above log p(x).",
        ),
        right("it is chance: on average over draws it would be below."),
        wrong(
            "K was too small: with more draws it sinks to log p(x).",
            "On average the estimate rises with K. More draws make it scatter less, which is why it may sink here.",
        ),
        wrong(
            "q is better than the exact posterior.",
            "At the exact posterior every weight equals p(x), and every estimate is exact. Nothing is better.",
        ),
        wrong(
            "the average of the weights is too high because the logarithm curves.",
            "The curve pulls the other way: the log of an average that scatters is too low on average.",
        ),
    ),
    "Being 3 nats too high would be another matter: the chance of that is at most e⁻³, 5 in 100.",
)

Number(
    "evaluation-bits",
    CHAPTER,
    "Bits per pixel",
    answer=17.12 / 64 / math.log(2),
    tolerance=0.002,
    wrong=(
        (17.12 / 64, "Those are nats per pixel. A bit is log 2 = 0.693 nats."),
        (17.12 / math.log(2), "Those are the bits of the whole digit; it has 64 pixels."),
        (17.12 / 64 * math.log(2), "A bit is smaller than a nat, so there are more of them: divide by log 2."),
        (-17.12 / 64 / math.log(2), "Bits per pixel count the code's length, minus log p: the sign turns."),
        (17.12 / 8 / math.log(2), "The digit is 8 by 8: divide by all 64 pixels."),
    ),
    solved="17.12 / (64 · 0.693) = 0.386. A fair coin for each pixel needs 1.",
    otherwise="Divide the nats by log 2 to have bits, and by the number of pixels.",
    unit="bits",
)


def _groups(log_w, k):
    return [log_w[i : i + k] for i in range(0, len(log_w) - k + 1, k)]


def _bound(log_w, k):
    return mean([log_mean_exp(group) for group in _groups(log_w, k)])


def _bound_cases(rng):
    yield Case(([-1.0, 0.0, 1.0, -2.0], 2))
    for count, k in ((6, 3), (12, 4), (30, 5), (8, 8)):
        yield Case(([rng.gauss(-18, 2) for _ in range(count)], k))
    yield Case(([rng.gauss(-3, 1) for _ in range(5)], 1), "Here K is 1: the mean of the log-weights, the ELBO.")
    yield Case(
        ([rng.gauss(-3, 1) for _ in range(11)], 4), "Here 3 of the 11 log-weights fill no group and are left out."
    )
    yield Case(
        ([rng.gauss(-900, 3) for _ in range(8)], 4), "These weights are all 0 in float64: take the largest out first."
    )


_BOUND = """import math
def bound(log_w, k):
    values = []
    for i in range(0, len(log_w) - k + 1, k):
        group = log_w[i:i + k]
        top = max(group)
        total = sum(math.exp(one - top) for one in group)
        values.append(top + math.log(total / k))
    return sum(values) / len(values)
"""


@checker(
    "evaluation-bound",
    chapter=CHAPTER,
    wrong=[
        Wrong("def bound(log_w, k):\n    return sum(log_w) / len(log_w)", "whatever K is"),
        Wrong(_BOUND.replace("total / k", "total"), "log of the sum"),
        Wrong(_BOUND.replace("return sum(values) / len(values)", "return sum(values)"), "sum over the groups"),
        Wrong(
            "import math\ndef bound(log_w, k):\n    top = max(log_w)\n"
            "    return top + math.log(sum(math.exp(one - top) for one in log_w) / len(log_w))",
            "all log-weights as one group",
        ),
        Wrong(_BOUND.replace("top = max(group)", "top = 0"), "largest out first"),
        Wrong(_BOUND.replace("len(log_w) - k + 1", "len(log_w)").replace("/ k)", "/ len(group))"), "left out"),
        Wrong(_BOUND.replace("return sum(values) / len(values)", "return max(values)"), "largest"),
        Wrong(_BOUND.replace("top + math.log", "math.log"), "largest log-weight back"),
        Wrong(_BOUND.replace("math.exp(one - top)", "math.exp(one)"), "added without having been taken off|largest"),
        Wrong(_BOUND.replace("return sum(values) / len(values)", "return values[0]"), "first group"),
        Wrong(_BOUND.replace("len(log_w) - k + 1, k)", "len(log_w) - k + 1)"), "overlap"),
        Wrong(_BOUND.replace("len(log_w) - k + 1, k)", "len(log_w) - k, k)"), "last full group"),
    ],
)
def _(bound):
    def by(one, together=mean):
        return lambda log_w, k: together([one(group, k) for group in _groups(log_w, k)])

    return compare(
        bound,
        _bound,
        _bound_cases(random.Random("evaluation-bound")),
        [
            Mistake(
                "This is the mean of the log-weights, whatever K is: the ELBO. Average the weights inside each group.",
                lambda log_w, k: math.fsum(log_w) / len(log_w),
            ),
            Mistake(
                "This is the log of the sum of the weights. The bound takes their mean: divide by K inside the log.",
                by(lambda group, k: log_mean_exp(group) + math.log(k)),
            ),
            Mistake(
                "This is the sum over the groups; average their bounds.", by(lambda g, k: log_mean_exp(g), math.fsum)
            ),
            Mistake(
                "You treat all log-weights as one group. That is one estimate of the bound with K = len(log_w).",
                lambda log_w, k: log_mean_exp(log_w),
            ),
            Mistake(
                "The group that is not full is to be left out: it is an estimate of another, lower bound.",
                lambda log_w, k: (
                    math.fsum(log_mean_exp(log_w[i : i + k]) for i in range(0, len(log_w), k))
                    / math.ceil(len(log_w) / k)
                ),
            ),
            Mistake(
                "You report the largest of the groups' estimates. That is no bound any more.",
                by(lambda g, k: log_mean_exp(g), max),
            ),
            Mistake("Add the largest log-weight back after the logarithm.", by(lambda g, k: log_mean_exp(g) - max(g))),
            Mistake(
                "Your groups overlap: the next one begins where the last one ended.",
                lambda log_w, k: (
                    math.fsum(log_mean_exp(log_w[i : i + k]) for i in range(len(log_w) - k + 1)) / (len(log_w) - k + 1)
                ),
            ),
            Mistake(
                "The last full group is missing: `range` stops before its end.",
                lambda log_w, k: (
                    math.fsum(values := [log_mean_exp(log_w[i : i + k]) for i in range(0, len(log_w) - k, k)])
                    / len(values)
                ),
            ),
            Mistake("Only the first group counts.", lambda log_w, k: log_mean_exp(log_w[:k])),
            Mistake(
                "The largest log-weight is added without having been taken off inside the exponential.",
                by(lambda g, k: log_mean_exp(g) + max(g)),
            ),
        ],
        solved="With K = 1 it is the ELBO, and the more draws share a logarithm, the higher it is on average.",
        absolute=1e-9,
        errors={ValueError: "The logarithm of 0: take the largest log-weight out first."},
    )


def _effective(log_w):
    top = max(log_w)
    w = [math.exp(one - top) for one in log_w]
    return math.fsum(w) ** 2 / math.fsum(one * one for one in w)


def _w(log_w):
    return [math.exp(one) for one in log_w]


def _effective_cases(rng):
    yield Case(([0.0, 0.0, -1.0],))
    for count in (2, 5, 30):
        yield Case(([rng.gauss(-2, 1.5) for _ in range(count)],))
    yield Case(([-3.0] * 7,), "Here all weights are equal, and all 7 draws count.")
    yield Case(([-1.7],), "Here there is one draw.")
    yield Case(([-1000.0, -1001.0, -1003.0],), "These weights are all 0 in float64: take the largest out first.")
    yield Case(([800.0, 799.0],), "These weights overflow: take the largest out first.")


_EFFECTIVE = """import math
def effective(log_w):
    top = max(log_w)
    w = [math.exp(one - top) for one in log_w]
    return sum(w) ** 2 / sum(one ** 2 for one in w)
"""


@checker(
    "evaluation-ess",
    chapter=CHAPTER,
    wrong=[
        Wrong(_EFFECTIVE.replace("math.exp(one - top)", "math.exp(one)"), "OverflowError|ZeroDivisionError"),
        Wrong(_EFFECTIVE.replace("math.exp(one - top)", "one"), "logarithms as if"),
        Wrong(_EFFECTIVE.replace("sum(w) ** 2 /", "sum(w) /"), "square of the sum"),
        Wrong(_EFFECTIVE.replace("sum(w) ** 2 /", "sum(w) ** 2 / len(w) /"), "share of the draws"),
        Wrong(
            _EFFECTIVE.replace("sum(w) ** 2 / sum(one ** 2 for one in w)", "sum(one ** 2 for one in w) / sum(w) ** 2"),
            "upside down",
        ),
        Wrong(_EFFECTIVE.replace("sum(w) ** 2 / sum(one ** 2 for one in w)", "sum(w) / max(w)"), "largest alone"),
        Wrong("def effective(log_w):\n    return len(log_w)", "how many draws there are"),
        Wrong(_EFFECTIVE.replace("sum(one ** 2 for one in w)", "sum(w) ** 2"), "both times"),
    ],
)
def _(effective):
    def scaled(formula):
        def wrong(log_w):
            top = max(log_w)
            return formula([math.exp(one - top) for one in log_w])

        return wrong

    return compare(
        effective,
        _effective,
        _effective_cases(random.Random("evaluation-ess")),
        [
            Mistake(
                "You use the logarithms as if they were the weights: take their exponentials.",
                lambda log_w: math.fsum(one for one in log_w) ** 2 / math.fsum(one * one for one in log_w),
            ),
            Mistake(
                "You use the logarithms as if they were the weights: take their exponentials.",
                lambda log_w: (
                    math.fsum(one - max(log_w) for one in log_w) ** 2
                    / math.fsum((one - max(log_w)) ** 2 for one in log_w)
                ),
            ),
            Mistake(
                "The numerator is the square of the sum; without it the answer depends on the weights' unit.",
                scaled(lambda w: math.fsum(w) / math.fsum(one * one for one in w)),
            ),
            Mistake(
                "This is the share of the draws that count; the effective sample size is their number.",
                scaled(lambda w: math.fsum(w) ** 2 / math.fsum(one * one for one in w) / len(w)),
            ),
            Mistake(
                "It is upside down: equal weights must give the number of draws.",
                scaled(lambda w: math.fsum(one * one for one in w) / math.fsum(w) ** 2),
            ),
            Mistake(
                "You divide by the largest alone. That is another measure, which is never smaller than this one.",
                scaled(lambda w: math.fsum(w) / max(w)),
            ),
            Mistake("This is how many draws there are, whatever their weights.", lambda log_w: len(log_w)),
            Mistake(
                "You square the sum both times; below stands the sum of the squares.",
                lambda log_w: 1.0,
            ),
        ],
        solved="Between 1 and the number of draws, and the same whatever the weights are multiplied by.",
        absolute=1e-12,
        errors={
            OverflowError: "Only the ratios of the weights matter: take the largest log-weight out first.",
            ZeroDivisionError: "Only the ratios of the weights matter: take the largest log-weight out first.",
        },
    )


def _squares(values):
    centre = mean(values)
    return math.fsum((one - centre) ** 2 for one in values)


def _standard_error(a, b):
    d = [one - other for one, other in zip(a, b, strict=True)]
    return math.sqrt(_squares(d) / (len(d) - 1) / len(d))


def _error_cases(rng):
    yield Case(([-17.0, -20.0, -15.0], [-18.0, -20.5, -16.5]))
    for count in (2, 5, 40):
        b = [rng.gauss(-18, 4) for _ in range(count)]
        yield Case(([one + rng.gauss(0.5, 0.8) for one in b], b))
    yield Case(([1.5, 2.5, 4.5], [1.0, 2.0, 4.0]), "Here one model is better by 0.5 on every digit: there is no doubt.")
    yield Case(([rng.gauss(0, 1) for _ in range(6)], [0.0] * 6), "Here the second model scores 0 everywhere.")


_ERROR = """import math
def standard_error(a, b):
    d = [one - other for one, other in zip(a, b)]
    mean = sum(d) / len(d)
    variance = sum((one - mean) ** 2 for one in d) / (len(d) - 1)
    return math.sqrt(variance / len(d))
"""
_UNPAIRED = """import math
def standard_error(a, b):
    def variance(values):
        mean = sum(values) / len(values)
        return sum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return math.sqrt(variance(a) / len(a) {} variance(b) / len(b))
"""


@checker(
    "evaluation-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_UNPAIRED.format("+"), "as if they were independent"),
        Wrong(_ERROR.replace("variance / len(d)", "variance"), "spread of the differences"),
        Wrong(_ERROR.replace("/ (len(d) - 1)", "/ len(d)"), "n − 1"),
        Wrong(_ERROR.replace("math.sqrt(variance / len(d))", "math.sqrt(variance) / len(d)"), "root of the number"),
        Wrong(_ERROR.replace("math.sqrt(variance / len(d))", "variance / len(d)"), "squared standard error"),
        Wrong(_ERROR.replace("(one - mean) ** 2", "one ** 2"), "mean difference off"),
        Wrong(_ERROR.replace("one - other", "one + other"), "add the two"),
        Wrong(_ERROR.replace("return math.sqrt(variance / len(d))", "return mean"), "mean difference itself"),
        Wrong(
            _UNPAIRED.format("-").replace("math.sqrt(", "math.sqrt(abs(").rstrip() + ")\n",
            "difference of the variances",
        ),
    ],
)
def _(standard_error):
    def of(formula, join=lambda one, other: one - other):
        return lambda a, b: formula([join(*pair) for pair in zip(a, b, strict=True)])

    return compare(
        standard_error,
        _standard_error,
        _error_cases(random.Random("evaluation-bug")),
        [
            Mistake(
                "This adds the two errors as if they were independent. Both models were scored on the same digits: "
                "take the differences first, digit by digit.",
                lambda a, b: math.sqrt((_squares(a) + _squares(b)) / (len(a) - 1) / len(a)),
            ),
            Mistake(
                "This is the spread of the differences. Their mean is known better, by the root of their number.",
                of(lambda d: math.sqrt(_squares(d) / (len(d) - 1))),
            ),
            Mistake(
                "Divide the squares by n − 1: the mean was computed from the same differences.",
                of(lambda d: math.sqrt(_squares(d)) / len(d)),
            ),
            Mistake(
                "The spread is divided by the root of the number of digits, not by the number.",
                of(lambda d: math.sqrt(_squares(d) / (len(d) - 1)) / len(d)),
            ),
            Mistake("This is the squared standard error.", of(lambda d: _squares(d) / (len(d) - 1) / len(d))),
            Mistake(
                "Take the mean difference off before you square.",
                of(lambda d: math.sqrt(math.fsum(one * one for one in d) / (len(d) - 1) / len(d))),
            ),
            Mistake(
                "You add the two scores of a digit; it is their difference that compares the models.",
                of(lambda d: math.sqrt(_squares(d) / (len(d) - 1) / len(d)), lambda one, other: one + other),
            ),
            Mistake("This is the mean difference itself; its error is asked for.", of(lambda d: math.fsum(d) / len(d))),
            Mistake(
                "This takes the difference of the variances, which measures nothing.",
                lambda a, b: math.sqrt(abs(_squares(a) - _squares(b)) / (len(a) - 1) / len(a)),
            ),
        ],
        solved="A digit that is hard for one model is hard for the other: what both share drops out.",
        absolute=1e-12,
    )

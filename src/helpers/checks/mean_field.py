"""Exercises of the chapter "Mean field"."""

import math
import random

from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "mean-field"

Choice(
    "mean-field-still",
    CHAPTER,
    "What follows",
    (
        wrong(
            "Coordinate ascent has arrived: no update will change anything.",
            "Only one factor was looked at. Another may still move, and after it this one too.",
        ),
        right("The second factor already was the best one for these first and third factors."),
        wrong(
            "q is the exact posterior.",
            "Then the gap would be 0. An update that changes nothing says that one factor is the best it can be.",
        ),
        wrong(
            "There is a mistake in the update: each must raise the ELBO.",
            "It must not lower it. Where the factor is the best one already, nothing is left to gain.",
        ),
    ),
    "An update that gains nothing found its factor the best one, given the others. It says nothing about them.",
)

Choice(
    "mean-field-kept",
    CHAPTER,
    "Right according to the converged q",
    (
        right("the mean of $z_1$"),
        wrong("the width of $z_1$", "This is the width that z₁ would have if z₂ were known: too small."),
        right("the mean of $z_1 + z_2$", "A mean of a sum is the sum of the means, tied or not."),
        wrong(
            "the width of $z_1 + z_2$",
            "The tie makes the errors of the two cancel in the sum. q knows nothing of it, and says too much.",
        ),
        wrong(
            "the probability that both birds are heavier than their means",
            "Under q it is ½ · ½. In truth, when one bird is heavier than its mean, the other is probably lighter.",
        ),
    ),
    "The means, and whatever follows from them alone. Widths and joint probabilities need the tie.",
    several=True,
)

Number(
    "mean-field-factor",
    CHAPTER,
    "Factor",
    answer=0.36,
    tolerance=0.004,
    wrong=(
        (0.2, "1/Λ₁₁ is mean field's variance; divide it by the exact one. (If you took 1 − |ρ|: ρ must be squared.)"),
        (5 / 9, "That is the exact variance Σ₁₁. Compare mean field's with it."),
        (0.6, "That is the factor of the widths; the question is about the variances."),
        (0.64, "That is ρ². The variance keeps the rest of it."),
        (0.8, "That is the size of ρ. The factor is 1 − ρ²."),
        (25 / 9, "Upside down: mean field's variance is the smaller of the two."),
        (1.8, "That is 1/Σ₁₁, the exact precision of z₁ alone. Mean field's variance is wanted over the exact one."),
        (0.45, "You divided by Σ₁₂, which has the size 4/9. The variance stands on the diagonal: Σ₁₁."),
        (1.64, "The minus sign is missing: the determinant is 25 − 16, and the factor 1 − ρ²."),
        (36, "That is a number of per cent; give the factor itself."),
        (0.2 / 5, "You divided 1/Λ₁₁ by Λ₁₁. The exact variance is the entry of the inverse matrix, Σ₁₁."),
    ),
    solved="1/Λ₁₁ = 1/5 against Σ₁₁ = 5/9; and ρ = −4/5, so that 1 − ρ² = 9/25 as well.",
    otherwise="Mean field's variance is 1/Λ₁₁. The exact one stands in the inverse of the matrix.",
)


def _new_mean(j, m, mu, precision):
    pull = math.fsum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)
    return mu[j] - pull / precision[j][j]


def _matrix(rng, size):
    """A symmetric, positive definite matrix as rows."""
    root = [[rng.uniform(-1, 1) for _ in range(size)] for _ in range(size)]
    return [
        [sum(a * b for a, b in zip(one, other, strict=True)) + (1.5 if i == k else 0.0) for k, other in enumerate(root)]
        for i, one in enumerate(root)
    ]


def _new_mean_cases(rng):
    yield Case((0, [1.0, 2.0], [0.0, 0.0], [[2.0, 1.0], [1.0, 3.0]]))
    for size in (2, 3, 4, 5):
        m, mu = ([rng.uniform(-3, 3) for _ in range(size)] for _ in range(2))
        yield Case((rng.randrange(size), m, mu, _matrix(rng, size)))
    yield Case((1, [1.0, 5.0], [1.0, 2.0], [[2.0, 1.0], [1.0, 3.0]]), "Here the other mean is exact already.")
    yield Case((0, [4.0, 1.0], [2.0, -1.0], [[2.0, 0.0], [0.0, 3.0]]), "Here nothing ties the two together.")
    yield Case((0, [4.0], [2.0], [[2.0]]), "Here there is only one quantity, and nothing to pull at it.")


_NEW_MEAN = """def new_mean(j, m, mu, precision):
    pull = sum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)
    return mu[j] - pull / precision[j][j]
"""


@checker(
    "mean-field-update",
    chapter=CHAPTER,
    wrong=[
        Wrong(_NEW_MEAN.replace("mu[j] - pull", "mu[j] + pull"), "minus sign"),
        Wrong(_NEW_MEAN.replace(" if k != j", ""), "k = j must be left out"),
        Wrong(_NEW_MEAN.replace("pull / precision[j][j]", "pull"), "divided by"),
        Wrong(_NEW_MEAN.replace("(m[k] - mu[k])", "m[k]"), "distances from the exact means"),
        Wrong(_NEW_MEAN.replace("return mu[j] - pull", "return m[j] - pull"), "starts from the exact mean"),
        Wrong(_NEW_MEAN.replace("mu[j] - pull", "-pull"), "only the shift"),
        Wrong(_NEW_MEAN.replace("pull / precision[j][j]", "pull * precision[j][j]"), "You multiplied by"),
        Wrong(_NEW_MEAN.replace("precision[j][k] *", "precision[k][k] *"), "entry between j and k"),
        Wrong(_NEW_MEAN.replace("precision[j][k] * ", ""), "All distances count alike"),
        Wrong(
            _NEW_MEAN.replace("precision[j][k] *", "precision[j][k] / precision[k][k] *").replace(
                "pull / precision[j][j]", "pull"
            ),
            "own precision, not by those of the others",
        ),
        Wrong(_NEW_MEAN.replace("mu[j] - pull /", "(mu[j] - pull) /"), "Parentheses"),
        Wrong(_NEW_MEAN.replace("m[k] - mu[k]", "m[k] - mu[j]"), "its own exact mean"),
        Wrong(_NEW_MEAN.replace("precision[j][j]", "precision[j][j] ** 0.5"), "its root is the width"),
        Wrong(_NEW_MEAN.replace("if k != j", "if k > j"), "Only the factors after j"),
        Wrong(_NEW_MEAN.replace("    pull", "    j = j - 1\n    pull"), "`j` counts from 0"),
        Wrong("def new_mean(j, m, mu, precision):\n    return mu[j]", "where the means end"),
        Wrong(
            "def new_mean(j, m, mu, precision):\n    k = 1 - j\n"
            "    return mu[j] - precision[j][k] * (m[k] - mu[k]) / precision[j][j]",
            "two factors only",
        ),
        Wrong(
            "def new_mean(j, m, mu, precision):\n    pull = 0\n    for k in range(len(m)):\n        if k != j:\n"
            "            pull = precision[j][k] * (m[k] - mu[k])\n    return mu[j] - pull / precision[j][j]",
            "Only the last",
        ),
        Wrong(
            "def new_mean(j, m, mu, precision):\n    for k in range(len(m)):\n        if k != j:\n"
            "            return mu[j] - precision[j][k] * (m[k] - mu[k]) / precision[j][j]\n    return mu[j]",
            "Only the first",
        ),
    ],
)
def _(new_mean):
    def others(j, m):
        return [k for k in range(len(m)) if k != j]

    def pull(j, m, mu, precision):
        return math.fsum(precision[j][k] * (m[k] - mu[k]) for k in others(j, m))

    def with_pull(changed):
        return lambda j, m, mu, precision: mu[j] - changed(j, m, mu, precision) / precision[j][j]

    return compare(
        new_mean,
        _new_mean,
        _new_mean_cases(random.Random("mean-field-update")),
        [
            Mistake("The pull comes with a minus sign.", with_pull(lambda *a: -pull(*a))),
            Mistake(
                "The term with k = j must be left out: the factor does not pull at itself.",
                with_pull(lambda j, m, mu, p: pull(j, m, mu, p) + p[j][j] * (m[j] - mu[j])),
            ),
            Mistake(
                "The sum still has to be divided by precision[j][j].",
                lambda j, m, mu, p: mu[j] - pull(j, m, mu, p),
            ),
            Mistake(
                "What pulls are the distances from the exact means, m[k] - mu[k], not the means.",
                with_pull(lambda j, m, mu, p: math.fsum(p[j][k] * m[k] for k in others(j, m))),
            ),
            Mistake(
                "The new mean starts from the exact mean mu[j]. The old m[j] does not matter at all.",
                lambda j, m, mu, p: m[j] - pull(j, m, mu, p) / p[j][j],
            ),
            Mistake(
                "This is only the shift; add the exact mean mu[j].",
                lambda j, m, mu, p: -pull(j, m, mu, p) / p[j][j],
            ),
            Mistake(
                "You multiplied by precision[j][j] where you should divide by it.",
                lambda j, m, mu, p: mu[j] - pull(j, m, mu, p) * p[j][j],
            ),
            Mistake(
                "Each distance counts with the entry between j and k, precision[j][k].",
                with_pull(lambda j, m, mu, p: math.fsum(p[k][k] * (m[k] - mu[k]) for k in others(j, m))),
            ),
            Mistake(
                "Only the first of the others pulls. Does `return` stand inside the loop?",
                with_pull(lambda j, m, mu, p: next((p[j][k] * (m[k] - mu[k]) for k in others(j, m)), 0.0)),
            ),
            Mistake(
                "Only the last of the others pulls. Does each term overwrite the one before? Add them up with +=.",
                with_pull(lambda j, m, mu, p: next((p[j][k] * (m[k] - mu[k]) for k in reversed(others(j, m))), 0.0)),
            ),
            Mistake(
                "This is right for two factors only. With more of them every other mean pulls.",
                lambda j, m, mu, p: mu[j] - p[j][1 - j] * (m[1 - j] - mu[1 - j]) / p[j][j],
            ),
            Mistake(
                "Only the factors after j pull here. Those before it do so too: all k but j.",
                with_pull(lambda j, m, mu, p: math.fsum(p[j][k] * (m[k] - mu[k]) for k in others(j, m) if k > j)),
            ),
            Mistake(
                "All distances count alike here. Each has to be multiplied by precision[j][k], its tie to j.",
                with_pull(lambda j, m, mu, p: math.fsum(m[k] - mu[k] for k in others(j, m))),
            ),
            Mistake(
                "The sum is divided by j's own precision, not by those of the others: precision[j][j].",
                lambda j, m, mu, p: mu[j] - math.fsum(p[j][k] * (m[k] - mu[k]) / p[k][k] for k in others(j, m)),
            ),
            Mistake(
                "Parentheses: only the sum is divided by precision[j][j], the exact mean mu[j] is not.",
                lambda j, m, mu, p: (mu[j] - pull(j, m, mu, p)) / p[j][j],
            ),
            Mistake(
                "Each of the other means is measured from its own exact mean: m[k] - mu[k].",
                with_pull(lambda j, m, mu, p: math.fsum(p[j][k] * (m[k] - mu[j]) for k in others(j, m))),
            ),
            Mistake(
                "Divide by the precision itself. One over its root is the width.",
                lambda j, m, mu, p: mu[j] - pull(j, m, mu, p) / math.sqrt(p[j][j]),
            ),
            Mistake(
                "This updates the factor before. `j` counts from 0, as lists do.",
                lambda j, m, mu, p: mu[j - 1] - pull(j - 1, m, mu, p) / p[j - 1][j - 1],
            ),
            Mistake(
                "This is where the means end after many sweeps. One update goes only as far as the other means let it.",
                lambda j, m, mu, p: mu[j],
            ),
        ],
        solved="It works in every dimension, and no width was needed: CAVI for a Gaussian is a loop around this line.",
        absolute=1e-12,
    )


def _coverage(rho, reach):
    return math.erf(reach * math.sqrt((1 - rho * rho) / 2))


def _coverage_cases(rng):
    yield Case((0.9, 1.96))
    for _ in range(5):
        yield Case((rng.uniform(-0.95, 0.95), rng.uniform(0.5, 3)))
    yield Case((0.0, 1.96), "Here nothing ties the two, q is exact, and its interval covers 95%.")
    yield Case((-0.999, 1.96), "Here the correlation is almost -1, and the interval almost empty.")


_COVERAGE = """import math
def coverage(rho, reach):
    return math.erf(reach * math.sqrt(1 - rho**2) / math.sqrt(2))
"""


@checker(
    "mean-field-coverage",
    chapter=CHAPTER,
    curve=Curve(
        function="coverage", args={"reach": 1.96}, x=(-0.99, 0.99), y=(0, 1), label="correlation ρ", y_label="coverage"
    ),
    wrong=[
        Wrong(_COVERAGE.replace("math.sqrt(1 - rho**2)", "(1 - rho**2)"), "variance; the interval needs the width"),
        Wrong(_COVERAGE.replace(" / math.sqrt(2)", ""), "square root of 2"),
        Wrong(_COVERAGE.replace("math.sqrt(1 - rho**2)", "math.sqrt(1 - rho)"), "square of rho"),
        Wrong(_COVERAGE.replace("math.sqrt(1 - rho**2)", "1"), "claims, not what it covers"),
        Wrong(_COVERAGE.replace("math.erf(", "1 - math.erf("), "outside the interval"),
        Wrong(
            "import math\ndef coverage(rho, reach):\n"
            "    return (1 + math.erf(reach * math.sqrt(1 - rho**2) / math.sqrt(2))) / 2",
            "one side only",
        ),
        Wrong(_COVERAGE.replace("reach * math.sqrt(1 - rho**2)", "reach / math.sqrt(1 - rho**2)"), "wrong way round"),
        Wrong(_COVERAGE.replace("return math.erf", "return 100 * math.erf"), "per cent"),
        Wrong(_COVERAGE.replace("reach *", "1.96 *"), "reach is given"),
        Wrong(_COVERAGE.replace("return math.erf", "return -1 + 2 * math.erf"), "already counts both sides"),
        Wrong(_COVERAGE.replace("return math.erf", "return 0.5 * math.erf"), "half of the interval"),
        Wrong(_COVERAGE.replace("return math.erf", "return 1 + math.erf"), "minus 1"),
        Wrong(_COVERAGE.replace("1 - rho**2", "1 + rho**2"), "minus sign"),
        Wrong(_COVERAGE.replace("math.sqrt(1 - rho**2)", "(1 - abs(rho))"), "not 1 - |rho|"),
        Wrong(_COVERAGE.replace("math.sqrt(1 - rho**2)", "abs(rho)"), "share that is lost"),
        Wrong(
            "import math\ndef coverage(rho, reach):\n    return math.sqrt(1 - rho**2) * math.erf(reach / math.sqrt(2))",
            "does not shrink in proportion",
        ),
        Wrong(_COVERAGE.replace(" / math.sqrt(2)", " * math.sqrt(2)"), "Divide by the square root of 2"),
        Wrong(_COVERAGE.replace(" / math.sqrt(2)", " / 2"), "not by 2"),
        Wrong(
            "import math\ndef coverage(rho, reach):\n    return reach * math.sqrt(1 - rho**2)",
            "where the interval ends",
        ),
    ],
)
def _(coverage):
    def width(rho):
        return math.sqrt(1 - rho * rho)

    def within(reach):
        return math.erf(reach / math.sqrt(2))

    return compare(
        coverage,
        _coverage,
        _coverage_cases(random.Random("mean-field-coverage")),
        [
            Mistake(
                "1 - rho² is the factor of the variance; the interval needs the width, its root.",
                lambda rho, reach: within(reach * (1 - rho * rho)),
            ),
            Mistake(
                "The square root of 2 is missing: within r widths lies erf(r / √2).",
                lambda rho, reach: math.erf(reach * width(rho)),
            ),
            Mistake("The factor contains the square of rho.", lambda rho, reach: within(reach * math.sqrt(1 - rho))),
            Mistake("This is what the interval claims, not what it covers.", lambda rho, reach: within(reach)),
            Mistake("This is the probability outside the interval.", lambda rho, reach: 1 - _coverage(rho, reach)),
            Mistake(
                "This cuts off one side only; the interval ends on both.",
                lambda rho, reach: (1 + _coverage(rho, reach)) / 2,
            ),
            Mistake(
                "The ratio is the wrong way round: q's width is smaller than the exact one.",
                lambda rho, reach: within(reach / width(rho)),
            ),
            Mistake("A probability, please, not a number of per cent.", lambda rho, reach: 100 * _coverage(rho, reach)),
            Mistake("The reach is given: use it in place of 1.96.", lambda rho, reach: _coverage(rho, 1.96)),
            Mistake(
                "erf(r / √2) already counts both sides; it is 2Φ(r) - 1, so do not double it again.",
                lambda rho, reach: 2 * _coverage(rho, reach) - 1,
            ),
            Mistake("This is one half of the interval only.", lambda rho, reach: _coverage(rho, reach) / 2),
            Mistake(
                "No probability exceeds 1. Is the minus 1 of 2Φ(r) - 1 missing?",
                lambda rho, reach: 1 + _coverage(rho, reach),
            ),
            Mistake(
                "A minus sign is lost: q's width is √(1 - rho²) exact ones, less than 1.",
                lambda rho, reach: within(reach * math.sqrt(1 + rho * rho)),
            ),
            Mistake(
                "The ratio of the widths is √(1 - rho²), not 1 - |rho|.",
                lambda rho, reach: within(reach * (1 - abs(rho))),
            ),
            Mistake(
                "rho² is the share that is lost; the width keeps √(1 - rho²).",
                lambda rho, reach: within(reach * abs(rho)),
            ),
            Mistake(
                "The interval shrinks with the width, but its probability does not shrink in proportion: put the"
                " ratio inside erf.",
                lambda rho, reach: width(rho) * within(reach),
            ),
            Mistake(
                "Divide by the square root of 2 rather than multiply by it: erf(r / √2).",
                lambda rho, reach: math.erf(reach * width(rho) * math.sqrt(2)),
            ),
            Mistake(
                "Within erf one divides by √2, not by 2.",
                lambda rho, reach: math.erf(reach * width(rho) / 2),
            ),
            Mistake(
                "This is where the interval ends, in exact widths. How probable is it to be within?",
                lambda rho, reach: reach * width(rho),
            ),
        ],
        solved="Flat near 0 and falling off a cliff at both ends: a weak tie costs little, a strong one everything.",
        absolute=1e-12,
    )


def _first_mean(sweeps, m, mu, precision):
    return _swept(sweeps, m, mu, precision)


def _swept(sweeps, m, mu, precision, order=list, best=_new_mean):
    """The first mean after so many sweeps; ``order`` says who is updated, ``best`` how."""
    m = list(m)
    for _ in range(sweeps):
        for j in order(range(len(m))):
            m[j] = best(j, m, mu, precision)
    return m[0]


def _all_at_once(sweeps, m, mu, precision, share=1.0):
    for _ in range(sweeps):
        new = [_new_mean(j, m, mu, precision) for j in range(len(m))]
        m = [share * b + (1 - share) * a for a, b in zip(m, new, strict=True)]
    return m[0]


def _alike(size, across=0.9):
    return [[1.0 if i == k else across for k in range(size)] for i in range(size)]


def _first_mean_cases(rng):
    yield Case((1, [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], _alike(3)))
    for sweeps, size in ((1, 2), (2, 3), (3, 4), (5, 3)):
        m, mu = ([rng.uniform(-3, 3) for _ in range(size)] for _ in range(2))
        yield Case((sweeps, m, mu, _matrix(rng, size)))
    yield Case((40, [1.0, 2.0, 3.0], [5.0, 5.0, 5.0], _alike(3)), "Here the means must come to rest near 5.")


_FIRST_MEAN = """def first_mean(sweeps, m, mu, precision):
    m = list(m)
    for _ in range(sweeps):
        for j in range(len(m)):
            pull = sum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)
            m[j] = mu[j] - pull / precision[j][j]
    return m[0]
"""


@checker(
    "mean-field-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "def first_mean(sweeps, m, mu, precision):\n    for _ in range(sweeps):\n        new = []\n"
            "        for j in range(len(m)):\n"
            "            pull = sum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)\n"
            "            new.append(mu[j] - pull / precision[j][j])\n        m = new\n    return m[0]",
            "all factors at once",
        ),
        Wrong(
            "def first_mean(sweeps, m, mu, precision):\n    for _ in range(sweeps):\n        new = []\n"
            "        for j in range(len(m)):\n"
            "            pull = sum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)\n"
            "            new.append((m[j] + mu[j] - pull / precision[j][j]) / 2)\n        m = new\n    return m[0]",
            "Half steps",
        ),
        Wrong(_FIRST_MEAN.replace("in range(len(m)):", "in reversed(range(len(m))):"), "from the last factor"),
        Wrong(_FIRST_MEAN.replace("    return m[0]", "        return m[0]"), "after its first update"),
        Wrong(_FIRST_MEAN.replace("return m[0]", "return m[-1]"), "last factor's mean"),
        Wrong(_FIRST_MEAN.replace("mu[j] - pull", "mu[j] + pull"), "minus sign"),
        Wrong(_FIRST_MEAN.replace(" if k != j", ""), "k = j must stay left out"),
        Wrong(_FIRST_MEAN.replace("range(sweeps)", "range(sweeps + 1)"), "one sweep too many"),
        Wrong(_FIRST_MEAN.replace("range(sweeps)", "range(sweeps - 1)"), "one sweep too few"),
        Wrong(
            _FIRST_MEAN.replace(
                "m[j] = mu[j] - pull / precision[j][j]", "m[j] = (m[j] + mu[j] - pull / precision[j][j]) / 2"
            ),
            "whole way",
        ),
        Wrong(
            "def first_mean(sweeps, m, mu, precision):\n    for _ in range(sweeps):\n        new = []\n"
            "        for j in range(len(m)):\n"
            "            pull = sum(precision[j][k] * (m[k] - mu[k]) for k in range(len(m)) if k != j)\n"
            "            new.append(mu[j] - pull / precision[j][j])\n            m = new\n    return m[0]",
            "not moved yet",
        ),
        Wrong(_FIRST_MEAN.replace("pull / precision[j][j]", "pull"), "precision.j..j. is gone"),
        Wrong(_FIRST_MEAN.replace("m = list(m)", "m = list(mu)"), "where the climb ends"),
        Wrong(
            _FIRST_MEAN.replace("for _ in", "for s in").replace("for j in range(len(m)):", "for j in [s % len(m)]:"),
            "one factor a sweep",
        ),
    ],
)
def _(first_mean):
    def plus(j, m, mu, precision):
        return 2 * mu[j] - _new_mean(j, m, mu, precision)

    def with_own(j, m, mu, precision):
        return _new_mean(j, m, mu, precision) - (m[j] - mu[j])

    def last(sweeps, m, mu, precision):
        m = list(m)
        for _ in range(sweeps):
            for j in range(len(m)):
                m[j] = _new_mean(j, m, mu, precision)
        return m[-1]

    def early(sweeps, m, mu, precision):
        return _swept(1, m, mu, precision)

    def halfway(j, m, mu, precision):
        return (m[j] + _new_mean(j, m, mu, precision)) / 2

    def undivided(j, m, mu, precision):
        return mu[j] + (_new_mean(j, m, mu, precision) - mu[j]) * precision[j][j]

    def cut_short(sweeps, m, mu, precision):
        for _ in range(sweeps):
            new = []
            for j in range(len(m)):
                new.append(_new_mean(j, m, mu, precision))
                m = new
        return m[0]

    def one_a_sweep(sweeps, m, mu, precision):
        m = list(m)
        for sweep in range(sweeps):
            j = sweep % len(m)
            m[j] = _new_mean(j, m, mu, precision)
        return m[0]

    return compare(
        first_mean,
        _first_mean,
        _first_mean_cases(random.Random("mean-field-bug")),
        [
            Mistake(
                "This still moves all factors at once, each by the old means of the others. When the second moves,"
                " the first has moved already.",
                _all_at_once,
            ),
            Mistake(
                "Half steps for all factors at once tame the explosion here, but this is no coordinate ascent.",
                lambda *a: _all_at_once(*a, share=0.5),
            ),
            Mistake(
                "Smaller steps for all factors at once do not explode, but this is no coordinate ascent.",
                lambda sweeps, m, *a: _all_at_once(sweeps, m, *a, share=1 / len(m)),
            ),
            Mistake(
                "You start from the last factor. That climbs just as well, but the exercise asks for the first to"
                " move first.",
                lambda *a: _swept(*a, order=reversed),
            ),
            Mistake(
                "This is the first mean after its first update. Does `return` stand inside the loop, or do the other"
                " factors never move?",
                early,
            ),
            Mistake("This is the last factor's mean; the first one's is asked for.", last),
            Mistake("The update lost its minus sign.", lambda *a: _swept(*a, best=plus)),
            Mistake("In the sum k = j must stay left out.", lambda *a: _swept(*a, best=with_own)),
            Mistake(
                "This does one sweep too many.",
                lambda sweeps, m, mu, precision: _swept(sweeps + 1, m, mu, precision),
            ),
            Mistake(
                "This does one sweep too few.",
                lambda sweeps, m, mu, precision: _swept(sweeps - 1, m, mu, precision),
            ),
            Mistake(
                "One at a time, but by half steps. Each factor may go the whole way to its best mean.",
                lambda *a: _swept(*a, best=halfway),
            ),
            Mistake(
                "`m = new` in the inner loop throws away the means that have not moved yet: write into m[j] instead.",
                cut_short,
            ),
            Mistake("The division by precision[j][j] is gone from the update.", lambda *a: _swept(*a, best=undivided)),
            Mistake(
                "This is the exact mean, where the climb ends after many sweeps. Does it start at the given means m?",
                lambda sweeps, m, mu, precision: mu[0],
            ),
            Mistake(
                "This moves one factor a sweep. A sweep is each factor once.",
                lambda sweeps, m, mu, precision: one_a_sweep(sweeps, m, mu, precision),
            ),
        ],
        solved="One at a time: each step now takes in the one before, and the ELBO cannot fall.",
        absolute=1e-9,
    )

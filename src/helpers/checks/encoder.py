"""Exercises of the chapter "One q for every x"."""

import math
import random

from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "encoder"

Choice(
    "encoder-units",
    CHAPTER,
    "With far more units",
    (
        wrong("both gaps shrink towards 0.", "The best Gaussian is still a Gaussian: what it loses stays lost."),
        right("the amortisation gap shrinks, the approximation gap stays."),
        wrong(
            "the approximation gap shrinks, the amortisation gap stays.",
            "The approximation gap belongs to the family of q, and the family stays the Gaussians.",
        ),
        wrong(
            "both stay, since the model is the same.",
            "The exact posterior is the same, but the encoder's answer comes nearer to the best Gaussian.",
        ),
        wrong(
            "the amortisation gap shrinks and the approximation gap grows by as much.",
            "log p(x) and the best bound do not contain the encoder, so their difference cannot move with it.",
        ),
    ),
    "More units make the encoder's answer better; the best Gaussian was never the encoder's business.",
)

Number(
    "encoder-gap",
    CHAPTER,
    "Amortisation gap",
    answer=0.6,
    tolerance=0.01,
    wrong=(
        (0.9, "That is both gaps together, from the encoder's bound up to log p(x)."),
        (0.3, "That is the approximation gap, which the best Gaussian leaves."),
        (-0.6, "The sign is turned round: the best Gaussian's bound is the higher of the two."),
        (5.2, "The bounds are both negative: take their difference."),
    ),
    solved="−2.3 − (−2.9) = 0.6, twice what the family itself loses.",
    otherwise="It lies between the encoder’s bound and the best Gaussian’s.",
    unit="nats",
)

Choice(
    "encoder-which",
    CHAPTER,
    "The approximation gap may shrink with",
    (
        right("a q that is a mixture of two Gaussians"),
        wrong("an encoder with more units", "The approximation gap does not contain the encoder at all."),
        wrong("ten refinement steps", "They lead to the best Gaussian, and what that one loses is this gap."),
        right("a decoder under which the posterior is more nearly Gaussian", "The gap belongs to model and family."),
        wrong("more training readings", "They help the encoder; the best Gaussian at x needs no training data."),
        wrong("another random start of the training", "That changes which answer the encoder gives, nothing else."),
    ),
    "Only the family of q and the posterior itself decide how near the family can come.",
    several=True,
)


def _slope_along_b(x, g):
    return math.fsum(xi * gi for xi, gi in zip(x, g, strict=True)) / len(x)


def _chain_cases(rng):
    yield Case(([1.0, 3.0], [2.0, 1.0]))
    for count in (2, 3, 5, 20):
        yield Case(([rng.uniform(0.4, 4.2) for _ in range(count)], [rng.uniform(-5, 5) for _ in range(count)]))
    yield Case(([1.0, 4.0], [2.0, -0.5]), "Here the two pulls cancel, and the slope is 0.")
    yield Case(([2.5], [-3.0]), "Here there is a single chick.")


_CHAIN = """def slope_along_b(x, g):
    total = 0.0
    for xi, gi in zip(x, g):
        total += xi * gi
    return total / len(x)
"""


@checker(
    "encoder-chain",
    chapter=CHAPTER,
    wrong=[
        Wrong(_CHAIN.replace(" / len(x)", ""), "sum over the chicks"),
        Wrong(_CHAIN.replace("xi * gi", "gi"), "slope along a"),
        Wrong(_CHAIN.replace("xi * gi", "gi / xi"), "divide"),
        Wrong("def slope_along_b(x, g):\n    return sum(x) / len(x) * sum(g) / len(g)", "product of two averages"),
        Wrong(_CHAIN.replace("total += ", "total -= "), "downhill"),
        Wrong(_CHAIN.replace("xi * gi", "xi * xi * gi"), "twice"),
        Wrong(_CHAIN.replace("xi * gi", "xi"), "pull is missing"),
    ],
)
def _(slope_along_b):
    def by(one):
        return lambda x, g: math.fsum(one(xi, gi) for xi, gi in zip(x, g, strict=True)) / len(x)

    return compare(
        slope_along_b,
        _slope_along_b,
        _chain_cases(random.Random("encoder-chain")),
        [
            Mistake(
                "This is the sum over the chicks; the objective is their average.",
                lambda x, g: math.fsum(xi * gi for xi, gi in zip(x, g, strict=True)),
            ),
            Mistake(
                "This is the slope along a, where every chick counts alike. Along b each is multiplied by its reading.",
                by(lambda xi, gi: gi),
            ),
            Mistake(
                "Do not divide by the reading: the derivative of a + b x along b is x.", by(lambda xi, gi: gi / xi)
            ),
            Mistake(
                "This is a product of two averages. Multiply chick by chick, then take one average.",
                lambda x, g: math.fsum(x) / len(x) * math.fsum(g) / len(g),
            ),
            Mistake("The sign is turned round: this leads downhill.", by(lambda xi, gi: -xi * gi)),
            Mistake("The reading stands there twice; it comes in once.", by(lambda xi, gi: xi * xi * gi)),
            Mistake("Each chick's pull is missing: multiply its reading by its g.", by(lambda xi, gi: xi)),
        ],
        solved="Every chick pulls at the shared weight, in proportion to its reading.",
        absolute=1e-12,
    )


def _shared_gap(sigma, d, s):
    return math.log(s / sigma) + (sigma**2 + d**2 / 4) / (2 * s**2) - 0.5


def _shared_cases(rng):
    yield Case((2.0, 4.0, 1.0))
    for _ in range(6):
        yield Case((rng.uniform(0.3, 4), rng.uniform(0.5, 6), rng.uniform(0.5, 3)))
    yield Case((0.7, 0.0, 0.7), "Here both posteriors are the same, and q fits them: the gap is 0.")
    yield Case((1.5, 3.0, 1.5), "Here q is as wide as the posteriors.")


_SHARED = """import math
def shared_gap(sigma, d, s):
    distance = d / 2
    return math.log(s / sigma) + (sigma**2 + distance**2) / (2 * s**2) - 0.5
"""


@checker(
    "encoder-shared",
    chapter=CHAPTER,
    curve=Curve(
        function="shared_gap", args={"d": 4.0, "s": 1.0}, x=(0.3, 3), y=(0, 8), label="sigma", y_label="gap (nats)"
    ),
    wrong=[
        Wrong(_SHARED.replace("d / 2", "d"), "halfway"),
        Wrong(_SHARED.replace("s / sigma", "sigma / s"), "upside down"),
        Wrong(_SHARED.replace(" - 0.5", ""), "never 0"),
        Wrong(_SHARED.replace("return ", "return 2 * (").replace("- 0.5", "- 0.5)"), "sum of the two"),
        Wrong(
            _SHARED.replace("(2 * s**2)", "(2 * sigma**2)")
            .replace("sigma**2 + d", "s**2 + d")
            .replace("s / sigma", "sigma / s"),
            "other direction",
        ),
        Wrong(_SHARED.replace("distance**2", "distance"), "not squared"),
        Wrong(_SHARED.replace("sigma**2 + distance**2", "distance**2"), "own width"),
        Wrong(_SHARED.replace("(2 * s**2)", "s**2"), "factor ½"),
    ],
)
def _(shared_gap):
    return compare(
        shared_gap,
        _shared_gap,
        _shared_cases(random.Random("encoder-shared")),
        [
            Mistake(
                "q stands halfway: its distance from either mean is d/2.",
                lambda sigma, d, s: _shared_gap(sigma, 2 * d, s),
            ),
            Mistake(
                "The logarithm is upside down: the first argument, q, has its width below.",
                lambda sigma, d, s: _shared_gap(sigma, d, s) + 2 * math.log(sigma / s),
            ),
            Mistake(
                "This is never 0, even where q is the posterior: the last ½ is missing.",
                lambda *a: _shared_gap(*a) + 0.5,
            ),
            Mistake("This is the sum of the two gaps; take their average.", lambda *a: 2 * _shared_gap(*a)),
            Mistake(
                "This is the other direction, averaged under the posterior. The gap averages under q.",
                lambda sigma, d, s: math.log(sigma / s) + (s**2 + d**2 / 4) / (2 * sigma**2) - 0.5,
            ),
            Mistake(
                "The distance is not squared.",
                lambda sigma, d, s: math.log(s / sigma) + (sigma**2 + d / 2) / (2 * s**2) - 0.5,
            ),
            Mistake(
                "q's own width is missing beside the squared distance.",
                lambda sigma, d, s: math.log(s / sigma) + d**2 / (8 * s**2) - 0.5,
            ),
            Mistake(
                "The factor ½ before the squares is missing.",
                lambda sigma, d, s: math.log(s / sigma) + (sigma**2 + d**2 / 4) / s**2 - 0.5,
            ),
        ],
        solved="The bottom is at sigma = s: the shared q does not widen, it stands where neither chick is.",
        absolute=1e-10,
    )


def _refined_mean(mu, sigma, m, s, rate):
    variance = sigma**2 / (1 - rate * (1 - sigma**2 / s**2))
    return mu + rate * variance * (m - mu) / s**2


def _refine_cases(rng):
    yield Case((0.0, 3.0, 1.0, 1.0, 1.0))
    for _ in range(6):
        yield Case((
            rng.uniform(-2, 2), rng.uniform(0.3, 3), rng.uniform(-2, 2), rng.uniform(0.3, 2), rng.uniform(0.2, 0.9)
        ))  # fmt: skip
    yield Case((0.5, 0.2, 1.5, 0.8, 1.0), "Here the step is a full one and lands on m.")
    yield Case((-1.0, 0.6, 1.0, 0.6, 0.5), "Here q has the posterior's width already.")


_REFINE = """def refined_mean(mu, sigma, m, s, rate):
    along_mu = (m - mu) / s**2
    along_log_sigma = 1 - sigma**2 / s**2
    new_variance = sigma**2 / (1 - rate * along_log_sigma)
    return mu + rate * new_variance * along_mu
"""


@checker(
    "encoder-refine",
    chapter=CHAPTER,
    wrong=[
        Wrong(_REFINE.replace("rate * new_variance *", "rate * sigma**2 *"), "before the step"),
        Wrong(_REFINE.replace("rate * new_variance *", "rate *"), "no variance"),
        Wrong(_REFINE.replace("rate * new_variance *", "rate * new_variance**0.5 *"), "not its root"),
        Wrong(_REFINE.replace("rate * new_variance *", "new_variance *"), "rate is missing from the last"),
        Wrong(_REFINE.replace("(1 - rate * along", "(1 + rate * along"), "other way"),
        Wrong(_REFINE.replace("sigma**2 / (1 -", "sigma**2 * (1 -"), "precision, one over"),
        Wrong(_REFINE.replace("return mu +", "return mu -"), "away from"),
        Wrong(_REFINE.replace("return mu + rate * new_variance * along_mu", "return m"), "full step"),
        Wrong(_REFINE.replace("return mu +", "return"), "how far"),
    ],
)
def _(refined_mean):
    def with_variance(variance):
        return lambda mu, sigma, m, s, rate: mu + rate * variance(sigma, s, rate) * (m - mu) / s**2

    def new(sigma, s, rate):
        return sigma**2 / (1 - rate * (1 - sigma**2 / s**2))

    return compare(
        refined_mean,
        _refined_mean,
        _refine_cases(random.Random("encoder-refine")),
        [
            Mistake(
                "The mean still moves by the variance from before the step: use the new one.",
                with_variance(lambda sigma, s, rate: sigma**2),
            ),
            Mistake("Now no variance stands before the slope: use the new one.", with_variance(lambda *_: 1.0)),
            Mistake(
                "The slope is multiplied by the new variance, not its root: units tell.",
                with_variance(lambda *a: new(*a) ** 0.5),
            ),
            Mistake(
                "The rate is missing from the last line.",
                lambda mu, sigma, m, s, rate: mu + new(sigma, s, rate) * (m - mu) / s**2,
            ),
            Mistake(
                "The width goes the other way: the first line was right.",
                with_variance(lambda sigma, s, rate: sigma**2 / (1 + rate * (1 - sigma**2 / s**2))),
            ),
            Mistake(
                "The factor belongs to the precision, one over the variance: that line was right.",
                with_variance(lambda sigma, s, rate: sigma**2 * (1 - rate * (1 - sigma**2 / s**2))),
            ),
            Mistake("This moves the mean away from m.", lambda mu, *a: 2 * mu - _refined_mean(mu, *a)),
            Mistake("Only a full step on a Gaussian lands on m; a shorter one stops on the way.",
                    lambda mu, sigma, m, s, rate: m),
            Mistake("This is how far the mean moves. Add it to mu.", lambda mu, *a: _refined_mean(mu, *a) - mu),
        ],
        solved="Width first, then the mean, by the new width. A full step lands on a Gaussian posterior.",
        absolute=1e-10,
    )  # fmt: skip

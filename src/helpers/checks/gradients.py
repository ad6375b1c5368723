"""Exercises of the chapter "Gradients through randomness"."""

import math
import random

from helpers.checks.formulas import mean
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "gradients"

Choice(
    "gradients-constant",
    CHAPTER,
    "Adding 1000 to f",
    (
        wrong("shifts both averages by 1000.", "The slope of E[f] + 1000 is the slope of E[f]: no average moves."),
        right("leaves both averages, and makes the score function's spread far larger."),
        wrong(
            "leaves both averages and both spreads.",
            "Look at one draw: the score-function estimate gains 1000 times the score there.",
        ),
        wrong(
            "shifts the score function's average, since it uses heights.",
            "It gains 1000 times the score at each draw, and the score averages to 0.",
        ),
        wrong(
            "makes both spreads far larger.",
            "The pathwise estimate uses the slope of f, which a constant does not change at any draw.",
        ),
    ),
    "A constant is pure noise to the one that looks at heights, and nothing at all to the one that looks at slopes.",
)

Choice(
    "gradients-which",
    CHAPTER,
    "The pathwise estimator is right for",
    (
        right("z Gaussian, f(z) = z²"),
        wrong(
            "z Gaussian, f(z) = 1 where z > 0, else 0",
            "The slope is 0 at every draw; all that changes happens at the jump, where no draw ever falls.",
        ),
        right("z Gaussian, f(z) = |z|", "The corner is a single point, and |z| is the integral of its slope ±1."),
        wrong("z a coin that shows 1 with probability p", "A draw does not move when p moves a little: no path."),
        right("z uniform between 0 and θ, f(z) = z²", "z = θu moves smoothly with θ, edge and all."),
        wrong(
            "z Gaussian, f a program of which you only see the output",
            "Without the slope of f there is nothing to average. Heights are enough for the score function.",
        ),
    ),
    "It needs draws that move smoothly with the parameter, and a slope that tells all that f does.",
    several=True,
)

Number(
    "gradients-draws",
    CHAPTER,
    "Draws",
    answer=25,
    tolerance=0.5,
    wrong=(
        (5, "That is the ratio of the spreads. The spread falls with the root of the number of draws."),
        (2.2, "The root goes the other way: five times less spread takes more than five times the draws."),
        (36, "That would bring a spread of 6 down to 1, and 1.2 is enough."),
        (30, "That is five times six; what counts is the ratio of the spreads alone, squared."),
        (10, "Doubling the ratio is not squaring it."),
        (0.04, "Upside down: the noisier estimator needs more draws than the other one."),
        (7.2, "That is the product of the spreads; what counts is their ratio, squared."),
        (23.04, "That is the squared difference of the spreads; what counts is their ratio, squared."),
        (34.56, "That is the difference of the variances; what counts is how many times as large one is."),
    ),
    solved="(6/1.2)² = 25. In the figure’s opening state it is more than 250.",
    otherwise="Set 6/√S equal to 1.2 and solve for S.",
)


class _Formula:
    """A function with a readable name, for messages."""

    def __init__(self, name, function):
        self.name, self.function = name, function

    def __call__(self, z):
        return self.function(z)

    def __repr__(self):
        return self.name


_SQUARE = _Formula("square", lambda z: z * z)
_STEP = _Formula("step", lambda z: 1.0 if z > 0 else 0.0)
_LEVEL = _Formula("seven", lambda z: 7.0)
_CURVE = _Formula("log_joint", lambda z: -z * z / 18 - math.log1p(math.exp(-z)) - 9)


def _estimates(f, mu, sigma, noise, b):
    return [(f(mu + sigma * eps) - b) * eps / sigma for eps in noise]


def _score_estimate(f, mu, sigma, noise, b):
    return mean(_estimates(f, mu, sigma, noise, b))


def _noise(rng, count):
    return [rng.gauss(0, 1) for _ in range(count)]


def _score_cases(rng):
    yield Case((_SQUARE, 1.0, 2.0, [0.5, -1.0, 2.0], 3.0))
    for f, count in ((_CURVE, 1), (_SQUARE, 2), (_CURVE, 5), (_CURVE, 30), (_STEP, 8)):
        yield Case((f, rng.uniform(-1, 2), rng.uniform(0.4, 2.5), _noise(rng, count), rng.uniform(-12, 2)))
    yield Case((_LEVEL, 0.3, 0.7, _noise(rng, 4), 7.0), "Here f is level and b its height: the estimate is exactly 0.")
    yield Case((_SQUARE, 0.0, 1.0, _noise(rng, 6), 0.0), "Here sigma is 1 and b is 0.")


_SCORE = """def score_estimate(f, mu, sigma, noise, b):
    total = 0.0
    for eps in noise:
        z = mu + sigma * eps
        total += (f(z) - b) * eps / sigma
    return total / len(noise)
"""


@checker(
    "gradients-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(_SCORE.replace("eps / sigma", "eps"), "divides by sigma"),
        Wrong(_SCORE.replace("eps / sigma", "(z - mu)"), "sigma²"),
        Wrong(_SCORE.replace("(f(z) - b)", "f(z)"), "baseline is not used"),
        Wrong(_SCORE.replace("(f(z) - b)", "(f(z) + b)"), "added the baseline"),
        Wrong(_SCORE.replace("(f(z) - b) * eps / sigma", "f(z) * eps / sigma - b"), "before the height is multiplied"),
        Wrong(_SCORE.replace("f(z)", "f(eps)"), "at the noise"),
        Wrong(_SCORE.replace("/ len(noise)", ""), "sum over the draws"),
        Wrong(_SCORE.replace("eps / sigma", "(eps**2 - 1) / sigma"), "along sigma"),
        Wrong(_SCORE.replace("(f(z) - b) * eps / sigma", "(f(z) - b)"), "score is missing"),
        Wrong(_SCORE.replace("total += ", "total -= "), "sign"),
        Wrong(_SCORE.replace("eps / sigma", "eps / sigma**2"), "once too often"),
        Wrong(_SCORE.replace("    return total", "        return total"), "inside the loop"),
        Wrong(_SCORE.replace("total += ", "total = "), "Only the last draw"),
        Wrong(_SCORE.replace("eps / sigma", "z / sigma**2"), "distance from mu"),
        Wrong(_SCORE.replace("sigma * eps", "eps"), "stretched by sigma"),
        Wrong(_SCORE.replace("sigma * eps", "sigma**2 * eps"), "not the variance"),
        Wrong(
            _SCORE.replace("/ len(noise)", "/ (len(noise) - 1)").replace(
                "    return", "    if len(noise) == 1:\n        return total\n    return"
            ),
            "Divide by the number of draws",
        ),
        Wrong(_SCORE.replace("(f(z) - b)", "f(z) - b"), "Parentheses"),
        Wrong(_SCORE.replace("(f(z) - b) * eps / sigma", "f(z) * (eps / sigma - b)"), "not off the score"),
        Wrong(_SCORE.replace("(f(z) - b)", "f(z)").replace("total /", "(total - b) /"), "off every height"),
        Wrong(_SCORE.replace("(f(z) - b) * eps", "(f(z) - b) * abs(eps)"), "loses its sign"),
        Wrong(_SCORE.replace("f(z) - b", "f(z) - f(mu)"), "baseline is given"),
        Wrong(
            _SCORE.replace("(f(z) - b) * eps / sigma", "(f(z + 1e-5) - f(z - 1e-5)) / 2e-5"),
            "none of the usual mistakes|step",
        ),
    ],
)
def _(score_estimate):
    def by(one):
        return lambda f, mu, sigma, noise, b: mean([one(f, mu, sigma, eps, b) for eps in noise])

    return compare(
        score_estimate,
        _score_estimate,
        _score_cases(random.Random("gradients-code")),
        [
            Mistake(
                "The score along mu divides by sigma: it is (z - mu)/sigma², hence eps/sigma.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * eps),
            ),
            Mistake(
                "The score is z - mu divided by sigma²; you multiply by z - mu itself.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * sigma * eps),
            ),
            Mistake(
                "The baseline is not used: take b off every height.",
                by(lambda f, mu, sigma, eps, b: f(mu + sigma * eps) * eps / sigma),
            ),
            Mistake(
                "You added the baseline to the heights. It comes off them.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) + b) * eps / sigma),
            ),
            Mistake(
                "The baseline comes off before the height is multiplied by the score. Afterwards it does harm.",
                by(lambda f, mu, sigma, eps, b: f(mu + sigma * eps) * eps / sigma - b),
            ),
            Mistake(
                "You took f at the noise. It is wanted at the draw, z = mu + sigma * eps.",
                by(lambda f, mu, sigma, eps, b: (f(eps) - b) * eps / sigma),
            ),
            Mistake(
                "This is the sum over the draws; divide it by how many there are.",
                lambda *a: math.fsum(_estimates(*a)),
            ),
            Mistake(
                "This is the slope along sigma. Along mu the score is eps/sigma.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * (eps**2 - 1) / sigma),
            ),
            Mistake(
                "This is the average height. The score is missing: it tells which side of mu a draw fell on.",
                by(lambda f, mu, sigma, eps, b: f(mu + sigma * eps) - b),
            ),
            Mistake("The sign is the wrong way round: you would walk downhill.", lambda *a: -_score_estimate(*a)),
            Mistake(
                "You divide by sigma once too often: (z - mu)/sigma² is eps/sigma.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * eps / sigma**2),
            ),
            Mistake(
                "Only the first draw is counted. Does `return` stand inside the loop?",
                lambda *a: _estimates(*a)[0] / len(a[3]),
            ),
            Mistake(
                "Only the last draw is counted: add the terms up with +=.",
                lambda *a: _estimates(*a)[-1] / len(a[3]),
            ),
            Mistake(
                "The score contains the distance from mu: (z - mu)/sigma², not z itself.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * (mu + sigma * eps) / sigma**2),
            ),
            Mistake(
                "The draw is z = mu + sigma * eps: the noise has to be stretched by sigma.",
                by(lambda f, mu, sigma, eps, b: (f(mu + eps) - b) * eps / sigma),
            ),
            Mistake(
                "The noise is stretched by sigma, the standard deviation, not the variance.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma**2 * eps) - b) * eps / sigma),
            ),
            Mistake(
                "Divide by the number of draws. One fewer is for an estimated variance.",
                lambda *a: math.fsum(_estimates(*a)) / max(len(a[3]) - 1, 1),
            ),
            Mistake(
                "Parentheses: b comes off the height before the score multiplies, (f(z) - b) * eps / sigma.",
                by(lambda f, mu, sigma, eps, b: f(mu + sigma * eps) - b * eps / sigma),
            ),
            Mistake(
                "b comes off the height f(z), not off the score.",
                by(lambda f, mu, sigma, eps, b: f(mu + sigma * eps) * (eps / sigma - b)),
            ),
            Mistake(
                "b comes off once, from the total. It has to come off every height, before the score multiplies it.",
                lambda f, mu, sigma, noise, b: (math.fsum(_estimates(f, mu, sigma, noise, 0.0)) - b) / len(noise),
            ),
            Mistake(
                "The score loses its sign: a draw to the left of mu counts negatively.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - b) * abs(eps) / sigma),
            ),
            Mistake(
                "f(mu) would serve as a baseline, but here the baseline is given: b.",
                by(lambda f, mu, sigma, eps, b: (f(mu + sigma * eps) - f(mu)) * eps / sigma),
            ),
        ],
        solved="It never asked f for a slope: it works for a jump as well.",
        absolute=1e-10,
    )


def _variance(b, f0, f1, p):
    g1, g0 = (f1 - b) / p, -(f0 - b) / (1 - p)
    mean = p * g1 + (1 - p) * g0
    return p * (g1 - mean) ** 2 + (1 - p) * (g0 - mean) ** 2


def _coin(b, f0, f1, p, score1=None, score0=None, centre=None, weight=None):
    """The variance with some of its pieces replaced."""
    g1 = (f1 - b) * (1 / p if score1 is None else score1)
    g0 = (f0 - b) * (-1 / (1 - p) if score0 is None else score0)
    weight = p if weight is None else weight
    mean = weight * g1 + (1 - weight) * g0 if centre is None else centre
    return weight * (g1 - mean) ** 2 + (1 - weight) * (g0 - mean) ** 2


def _about(b, f0, f1, p, weights):
    """Squared distances from the right mean, with the weights of z = 0 and of z = 1."""
    g1, g0 = (f1 - b) / p, -(f0 - b) / (1 - p)
    mean = p * g1 + (1 - p) * g0
    return weights[1] * (g1 - mean) ** 2 + weights[0] * (g0 - mean) ** 2


def _coin_cases(rng):
    yield Case((0.0, 1.0, 3.0, 0.3))
    for _ in range(6):
        yield Case((rng.uniform(-4, 4), rng.uniform(-3, 3), rng.uniform(-3, 3), rng.uniform(0.05, 0.95)))
    yield Case((2.4, 1.0, 3.0, 0.3), "Here b is the best constant: both outcomes give the same estimate.")
    yield Case((0.0, 2.0, 2.0, 0.5), "Here f is level and p is a half.")


_COIN = """def variance(b, f0, f1, p):
    s1, s0 = 1 / p, -1 / (1 - p)
    g1, g0 = (f1 - b) * s1, (f0 - b) * s0
    mean = p * g1 + (1 - p) * g0
    return p * (g1 - mean) ** 2 + (1 - p) * (g0 - mean) ** 2
"""


@checker(
    "gradients-coin",
    chapter=CHAPTER,
    curve=Curve(
        function="variance",
        args={"f0": 1.0, "f1": 3.0, "p": 0.3},
        x=(0, 5),
        y=(0, 33),
        label="b",
        y_label="variance",
    ),
    wrong=[
        Wrong(_COIN.replace("s0 = 1 / p, -1 /", "s0 = 1 / p, 1 /"), "falls as p grows"),
        Wrong(_COIN.replace("s1, s0 = 1 / p, -1 / (1 - p)", "s1, s0 = 1, -1"), "not divided"),
        Wrong(_COIN.replace("mean = p * g1 + (1 - p) * g0", "mean = 0"), "average square"),
        Wrong(
            _COIN.replace("p * g1 + (1 - p) * g0", "(g1 + g0) / 2").replace(
                "return p * (g1 - mean) ** 2 + (1 - p) * (g0 - mean) ** 2",
                "return ((g1 - mean) ** 2 + (g0 - mean) ** 2) / 2",
            ),
            "equally probable",
        ),
        Wrong(_COIN.replace("    return p", "    v = p") + "    return v ** 0.5\n", "standard deviation"),
        Wrong(
            _COIN.replace("(f1 - b)", "f1").replace("(f0 - b)", "f0"),
            "same for every b",
        ),
        Wrong(_COIN.replace("s1, s0 = 1 / p, -1 / (1 - p)", "s1, s0 = 1 / (1 - p), -1 / p"), "at z = 0"),
        Wrong(_COIN.replace("- b", "+ b"), "added the baseline"),
        Wrong("def variance(b, f0, f1, p):\n    return p * (1 - p) * (f1 - f0) ** 2", "variance of f itself"),
        Wrong(_COIN.replace("(f0 - b)", "f0"), "off f1 only"),
        Wrong(_COIN.replace("(f1 - b)", "f1"), "off f0 only"),
        Wrong(_COIN.replace("** 2", "** 1"), "averages to 0"),
        Wrong(
            _COIN.replace("return p * (g1 - mean) ** 2 + (1 - p) *", "return (1 - p) * (g1 - mean) ** 2 + p *"),
            "weights are exchanged",
        ),
        Wrong(_COIN.replace("return p * (g1 - mean) ** 2 + (1 - p) *", "return (g1 - mean) ** 2 +"), "not weighted"),
        Wrong(_COIN.split("    return")[0] + "    return mean", "is the mean"),
        Wrong(_COIN.split("    return")[0] + "    return p * g1**2 + (1 - p) * g0**2 - mean", "square of the mean"),
        Wrong(_COIN.replace("mean = p * g1 + (1 - p) * g0", "mean = p * f1 + (1 - p) * f0"), "mean of f"),
        Wrong(
            "import math\n" + _COIN.replace("1 / p, -1 / (1 - p)", "math.log(p), math.log(1 - p)"),
            "derivative of the log probability",
        ),
    ],
)
def _(variance):
    return compare(
        variance,
        _variance,
        _coin_cases(random.Random("gradients-coin")),
        [
            Mistake(
                "log(1 - p) falls as p grows, so the score at z = 0 is negative: -1/(1 - p).",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, score0=1 / (1 - p)),
            ),
            Mistake(
                "The scores are not divided by the probabilities: the derivative of log p is 1/p.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, 1, -1),
            ),
            Mistake(
                "This is the average square of the estimates. The variance takes the square of their mean off.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, centre=0),
            ),
            Mistake(
                "You treat both outcomes as equally probable; z = 1 has probability p.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, weight=0.5),
            ),
            Mistake("This is the standard deviation, the root of the variance.", lambda *a: math.sqrt(_variance(*a))),
            Mistake(
                "Your variance is the same for every b: take b off both heights, before the scores multiply them.",
                lambda b, f0, f1, p: _coin(0, f0, f1, p),
            ),
            Mistake(
                "Scores or heights are swapped: at z = 1 they are 1/p and f1, at z = 0 they are -1/(1 - p) and f0.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, 1 / (1 - p), -1 / p),
            ),
            Mistake("You added the baseline. It comes off the heights.", lambda b, *a: _coin(-b, *a)),
            Mistake(
                "This is the variance of f itself. It is wanted of (f - b) times the score.",
                lambda b, f0, f1, p: p * (1 - p) * (f1 - f0) ** 2,
            ),
            Mistake("You took b off f1 only. It comes off f0 as well.", lambda b, f0, f1, p: _coin(b, f0 + b, f1, p)),
            Mistake("You took b off f0 only. It comes off f1 as well.", lambda b, f0, f1, p: _coin(b, f0, f1 + b, p)),
            Mistake("A distance from the mean averages to 0. The variance averages its square.", lambda *_: 0.0),
            Mistake(
                "The weights are exchanged: z = 1 has the probability p, z = 0 has 1 - p.",
                lambda *a: _about(*a, weights=(a[3], 1 - a[3])),
            ),
            Mistake(
                "The squared distances are not weighted: each counts with the probability of its outcome.",
                lambda *a: _about(*a, weights=(1, 1)),
            ),
            Mistake(
                "The squared distances are not weighted by the probabilities: one half is right only for p = ½.",
                lambda *a: _about(*a, weights=(0.5, 0.5)),
            ),
            Mistake("This is the mean of the estimate, the slope f1 - f0.", lambda b, f0, f1, p: f1 - f0),
            Mistake(
                "From the average square comes off the square of the mean, not the mean.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, centre=0) - (f1 - f0),
            ),
            Mistake(
                "You measure from the mean of f. The mean of the estimates is p * g1 + (1 - p) * g0.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, centre=p * f1 + (1 - p) * f0),
            ),
            Mistake(
                "The score is the derivative of the log probability along p, not the log probability.",
                lambda b, f0, f1, p: _coin(b, f0, f1, p, math.log(p), math.log(1 - p)),
            ),
        ],
        solved="A parabola whose bottom is 0: for a coin the best constant removes all noise.",
        absolute=1e-9,
    )


def _estimate(f, mu, sigma, noise):
    heights = [f(mu + sigma * eps) for eps in noise]
    total, count = math.fsum(heights), len(heights)
    return mean(
        [(h - (total - h) / (count - 1)) * eps / sigma for h, eps in zip(heights, noise, strict=True)]
    )  # fmt: skip


def _estimate_cases(rng):
    yield Case((_SQUARE, 1.0, 2.0, [0.5, -1.0]))
    for f, count in ((_CURVE, 2), (_SQUARE, 3), (_CURVE, 5), (_CURVE, 30), (_STEP, 8)):
        yield Case((f, rng.uniform(-1, 2), rng.uniform(0.4, 2.5), _noise(rng, count)))
    yield Case((_LEVEL, 0.3, 0.7, _noise(rng, 4)), "Here f is level: with any baseline from the draws it gives 0.")


_ESTIMATE = """def estimate(f, mu, sigma, noise):
    heights = [f(mu + sigma * eps) for eps in noise]
    total = 0.0
    for height, eps in zip(heights, noise):
        b = (sum(heights) - height) / (len(heights) - 1)
        total += (height - b) * eps / sigma
    return total / len(noise)
"""


@checker(
    "gradients-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "sum(heights) / len(heights)"),
              "still contains the draw's own height"),
        Wrong(_ESTIMATE.replace("(height - b)", "height"), "baseline is gone"),
        Wrong(_ESTIMATE.replace("(len(heights) - 1)", "len(heights)"), "one fewer"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height)", "sum(heights)"), "own height out of the sum"),
        Wrong(_ESTIMATE.replace("(height - b)", "(height + b)"), "added the baseline"),
        Wrong(_ESTIMATE.replace("/ len(noise)", "/ (len(noise) - 1)"), "twice"),
        Wrong(_ESTIMATE.replace("eps / sigma", "eps"), "divides by sigma"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "heights[0]"), "first draw"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "heights[-1]"), "last draw"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "height"), "Nothing is left"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "f(mu)"), "not from the draws"),
        Wrong(_ESTIMATE.replace(" / (len(heights) - 1)", ""), "sum of the other heights"),
        Wrong(_ESTIMATE.replace("- height)", "- eps)"), "height out of the sum of heights"),
        Wrong(_ESTIMATE.replace("    return total", "        return total"), "inside the loop"),
        Wrong(_ESTIMATE.replace("(sum(heights) - height) / (len(heights) - 1)", "sum(heights) / len(heights)").replace(
              "return total", "return 2 * total"), "two draws only"),
        Wrong("def estimate(f, mu, sigma, noise):\n    heights = [f(mu + sigma * eps) for eps in noise]\n"
              "    terms = [(heights[i] - heights[i - 1]) * noise[i] / sigma for i in range(len(noise))]\n"
              "    return sum(terms) / len(terms)", "all the others"),
    ],
)  # fmt: skip
def _(estimate):
    def noise_out(f, mu, sigma, noise):
        total = math.fsum(f(mu + sigma * eps) for eps in noise)
        terms = [(f(mu + sigma * e) - (total - e) / (len(noise) - 1)) * e / sigma for e in noise]
        return mean(terms)

    def first_only(f, mu, sigma, noise):
        others = mean([f(mu + sigma * eps) for eps in noise[1:]])
        return _estimates(f, mu, sigma, noise[:1], others)[0] / len(noise)

    def neighbours(f, mu, sigma, noise):
        before = [noise[-1], *noise[:-1]]
        pairs = zip(noise, before, strict=True)
        return mean([(f(mu + sigma * e) - f(mu + sigma * other)) * e / sigma for e, other in pairs])

    def with_baseline(baseline):
        def wrong(f, mu, sigma, noise):
            heights = [f(mu + sigma * eps) for eps in noise]
            total, count = math.fsum(heights), len(heights)
            return mean([
                (h - baseline(h, total, count, heights)) * eps / sigma
                for h, eps in zip(heights, noise, strict=True)
            ])  # fmt: skip

        return wrong

    return compare(
        estimate,
        _estimate,
        _estimate_cases(random.Random("gradients-bug")),
        [
            Mistake(
                "The baseline still contains the draw's own height, which shrinks the average by the factor 1 - 1/S.",
                with_baseline(lambda h, total, count, _: total / count),
            ),
            Mistake(
                "Unbiased now, but the baseline is gone, and with it all that it was there for.",
                with_baseline(lambda h, total, count, _: 0.0),
            ),
            Mistake(
                "The other draws are one fewer than all: divide by len(heights) - 1.",
                with_baseline(lambda h, total, count, _: (total - h) / count),
            ),
            Mistake(
                "Leave the draw's own height out of the sum as well as out of the count.",
                with_baseline(lambda h, total, count, _: total / (count - 1)),
            ),
            Mistake(
                "You added the baseline. It comes off the heights.",
                with_baseline(lambda h, total, count, _: -(total - h) / (count - 1)),
            ),
            Mistake(
                "You corrected twice: with each draw's own baseline the plain average over all draws is right.",
                lambda f, mu, sigma, noise: _estimate(f, mu, sigma, noise) * len(noise) / (len(noise) - 1),
            ),
            Mistake(
                "The score along mu divides by sigma.",
                lambda f, mu, sigma, noise: sigma * _estimate(f, mu, sigma, noise),
            ),
            Mistake(
                "The first draw's height is a baseline for all, itself included: it takes that draw's news away.",
                with_baseline(lambda h, total, count, heights: heights[0]),
            ),
            Mistake(
                "The last draw's height is a baseline for all, itself included: it takes that draw's news away.",
                with_baseline(lambda h, total, count, heights: heights[-1]),
            ),
            Mistake(
                "Nothing is left at any draw. Is each height its own baseline?",
                lambda *_: 0.0,
            ),
            Mistake(
                "f(mu) is a good baseline, and unbiased, but it is not from the draws: use the other heights.",
                lambda f, mu, sigma, noise: mean(_estimates(f, mu, sigma, noise, f(mu))),
            ),
            Mistake(
                "This takes off the sum of the other heights; their average is wanted.",
                with_baseline(lambda h, total, count, _: total - h),
            ),
            Mistake(
                "Take the draw's own height out of the sum of heights, not its noise.",
                noise_out,
            ),
            Mistake("This counts the first draw only. Does `return` stand inside the loop?", first_only),
            Mistake(
                "Twice is right for two draws only. In general the factor to undo is 1 - 1/S.",
                lambda f, mu, sigma, noise: 2 * _estimate(f, mu, sigma, noise) * (len(noise) - 1) / len(noise),
            ),
            Mistake(
                "Unbiased, since each draw has another one's height for its baseline. The average of all the others is"
                " quieter, and is asked for here.",
                neighbours,
            ),
        ],
        solved="Unbiased with any number of draws from two on, and every draw still has its baseline.",
        absolute=1e-10,
    )  # fmt: skip

"""Exercises of the chapter "When algebra runs out"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "optimisation"

Choice(
    "optimisation-units",
    CHAPTER,
    "Millimetres become centimetres",
    (
        wrong(
            "Nothing: both climb as before.",
            "True of one of them. Which unit has a slope, and in which unit is the step taken that you make of it?",
        ),
        right("Newton visits the same places; gradient ascent takes steps 100 times as long, and flies off."),
        wrong(
            "Newton visits the same places; gradient ascent takes steps 10 times as long.",
            "The slope per centimetre is 10 times the slope per millimetre. But the step is then in centimetres too.",
        ),
        wrong(
            "Both take steps 100 times as long.",
            "Newton divides by the curvature, which changes by a factor of 100 itself. What is left?",
        ),
    ),
    "Slope divided by curvature is a length, whatever the unit. Slope times η is not: η has a unit of its own, mm².",
)

Number(
    "optimisation-ellipse",
    CHAPTER,
    "Share inside the inner ellipse",
    answer=1 - math.exp(-0.5),
    tolerance=0.004,
    wrong=(
        (0.6827, "That is the share in one dimension. In the plane there is more room outside."),
        (0.4661, "That is the square of 0.68: the share in the square around the circle, whose corners stand out."),
        (math.exp(-0.5), "That is the share outside."),
        (1 - math.exp(-2), "That is the outer ellipse, with radius 2."),
        (1 - math.exp(-1), "The exponent is r²/2, and r is 1."),
        (39.3, "Give the share as a number between 0 and 1."),
        (39.0, "Give the share as a number between 0 and 1."),
        (39.347, "Give the share as a number between 0 and 1."),
        (68.27, "That is the share in one dimension, in per cent. In the plane there is more room outside."),
    ),
    solved="1 − e^(−1/2) = 0.393: less than half, although the ellipse reaches one standard deviation to every side.",
    otherwise="The ellipse is the image of a circle of radius 1. The formula, at r = 1, has the share outside.",
)

Choice(
    "optimisation-noise",
    CHAPTER,
    "Noise whose log-likelihood is minus the sum of absolute errors",
    (
        wrong("Gaussian noise.", "Its logarithm is a square: that gives least squares."),
        wrong(
            "Noise that is equally likely everywhere in an interval.",
            "A flat density has a flat logarithm: every prediction within the interval would be equally good.",
        ),
        right("Noise with density proportional to exp(−|error| / b)."),
        wrong("Bernoulli noise.", "That is for answers of yes and no, and gives the cross entropy."),
    ),
    "The loss is minus a log density: undo the logarithm and the absolute error stands in the exponent.",
)


def _p(t, x, w):
    return [1 / (1 + math.exp(-(value - t) / w)) for value in x]


def _parts(t, x, y, w):
    """Sums of p - y and of p(1 - p)."""
    p = _p(t, x, w)
    return sum(a - b for a, b in zip(p, y, strict=True)), sum(a * (1 - a) for a in p)


def _newton_step(t, x, y, w):
    """The top of the parabola at t."""
    miss, spread = _parts(t, x, y, w)
    return t + w * miss / spread


def _newton_cases(rng):
    yield Case((196.0, [190.0, 195.0, 200.0, 205.0], [0, 1, 0, 1], 7.7))
    for w in (2.0, 5.0, 9.0):
        x = [rng.uniform(180, 212) for _ in range(12)]
        yield Case((rng.uniform(190, 202), x, [rng.randrange(2) for _ in x], w))
    yield Case((200.0, [203.0], [1], 6.0), "This is a list with one bird.")
    yield Case((0.4, [-1.0, 0.2, 1.5], [0, 0, 1], 1.0), "Here w is 1.")


def _newton_mistakes():
    def of(formula):
        return lambda t, x, y, w: formula(t, w, *_parts(t, x, y, w))

    def turned(t, x, y, w):
        p = [1 - a for a in _p(t, x, w)]
        miss = sum(a - b for a, b in zip(p, y, strict=True))
        return t + w * miss / sum(a * (1 - a) for a in p)

    def half(t, x, y, w):
        return t + w * _parts(t, x, y, w)[0] / sum(_p(t, x, w))

    def widthless(t, x, y, w):
        miss, spread = _parts(t, x, y, 1.0)
        return t + w * miss / spread

    return [
        Mistake(
            "You walk away from the top. The slope or the curvature has lost its sign: the curvature is negative.",
            of(lambda t, w, miss, spread: t - w * miss / spread),
        ),
        Mistake(
            "This is a step of gradient ascent with a step size of 1. Newton divides the slope by the curvature.",
            of(lambda t, w, miss, spread: t + miss / w),
        ),
        Mistake(
            "This is only the step. Add it to t: the function returns a place.",
            of(lambda t, w, miss, spread: w * miss / spread),
        ),
        Mistake(
            "The width does not enter as it should: the slope has 1/w and the curvature 1/w², so one w is left over.",
            of(lambda t, w, miss, spread: t + miss / spread),
        ),
        Mistake(
            "The curvature has its 1/w², but the slope lacks its 1/w.",
            of(lambda t, w, miss, spread: t + w**2 * miss / spread),
        ),
        Mistake("The curvature sums p (1 - p), not p.", half),
        Mistake(
            "This is slope over curvature. Newton's place is t minus that.",
            of(lambda t, w, miss, spread: -w * miss / spread),
        ),
        Mistake("Your z lacks the width: it is (x - t) / w.", widthless),
        Mistake(
            "This goes to slope minus curvature; the step is minus the slope *divided by* the curvature.",
            of(lambda t, w, miss, spread: t - (miss / w) * (-spread / w**2)),
        ),
        Mistake("Your p falls with the length. Longer birds are likelier Chinstraps: z is (x - t) / w.", turned),
    ]


_NEWTON = (
    "import math\ndef newton_step(t, x, y, w):\n    p = [1 / (1 + math.exp(-(v - t) / w)) for v in x]\n"
    "    miss, spread = sum(a - b for a, b in zip(p, y)), sum(a * (1 - a) for a in p)\n    return {}\n"
)


@checker(
    "optimisation-newton",
    chapter=CHAPTER,
    wrong=[
        Wrong(_NEWTON.format("t - w * miss / spread"), "away from the top"),
        Wrong(_NEWTON.format("t + miss / w"), "gradient ascent with a step size of 1"),
        Wrong(_NEWTON.format("w * miss / spread"), "only the step"),
        Wrong(_NEWTON.format("t + miss / spread"), "one w is left over"),
        Wrong(_NEWTON.format("t + w**2 * miss / spread"), "the slope lacks its 1/w"),
        Wrong(_NEWTON.format("t + w * miss / sum(p)"), r"sums p \(1 - p\)"),
        Wrong(_NEWTON.format("t - (miss / w) * (-spread / w**2)"), "divided by"),
        Wrong(_NEWTON.replace("-(v - t)", "(v - t)").format("t + w * miss / spread"), "falls with the length"),
        Wrong(_NEWTON.format("(miss / w) / (-spread / w**2)"), "slope over curvature"),
        Wrong(_NEWTON.replace("(v - t) / w", "(v - t)").format("t + w * miss / spread"), "lacks the width"),
    ],
)
def _(newton_step):
    return compare(
        newton_step,
        _newton_step,
        _newton_cases(random.Random("optimisation-newton")),
        _newton_mistakes(),
        solved="Your step leads to the top of the parabola, for narrow widths and wide ones.",
        errors={ZeroDivisionError: "The curvature came out as 0. Does it sum p (1 - p)?"},
    )


def _slope(x, mu, s):
    """Derivative of the Gaussian log-likelihood in s = log sigma."""
    return formulas.squares(x, mu) / math.exp(2 * s) - len(x)


def _slope_cases(rng):
    yield Case(([210.0, 214.0, 221.0], 217.0, 2.0))
    for s in (-0.7, 0.8, 1.6, 3.1):
        yield Case(([rng.gauss(205, 9) for _ in range(rng.randrange(2, 9))], rng.uniform(200, 210), s))
    yield Case(([0.21, 0.214], 0.2, -4.0), "Here the lengths are in metres, and s is negative.")


_SLOPE = (
    "import math\ndef slope(x, mu, s):\n    sigma = math.exp(s)\n"
    "    squares = sum((value - mu) ** 2 for value in x)\n    return {}\n"
)


@checker(
    "optimisation-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_SLOPE.format("-len(x) / sigma + squares / sigma**3"), "still the slope in sigma"),
        Wrong(_SLOPE.format("(-len(x) / sigma + squares / sigma**3) / sigma"), "divided by sigma where"),
        Wrong(_SLOPE.format("len(x) - squares / sigma**2"), "downhill"),
        Wrong(_SLOPE.format("(squares / sigma**2 - len(x)) / 2"), "logarithm of the variance"),
        Wrong(_SLOPE.format("squares / sigma**2 - 1"), "one bird"),
        Wrong(_SLOPE.format("squares / s**2 - len(x)"), "s is the logarithm"),
        Wrong(_SLOPE.format("squares / sigma - len(x)"), "variance, sigma²"),
        Wrong(_SLOPE.format("-len(x) / sigma + squares / sigma**2"), "both terms"),
        Wrong(_SLOPE.format("s * (-len(x) / sigma + squares / sigma**3)"), "multiplied by s"),
    ],
)
def _(slope):
    return compare(
        slope,
        _slope,
        _slope_cases(random.Random("optimisation-bug")),
        [
            Mistake(
                "This is still the slope in sigma. By the chain rule the slope in s is that times dσ/ds. Which is?",
                lambda x, mu, s: _slope(x, mu, s) / math.exp(s),
            ),
            Mistake(
                "You divided by sigma where the chain rule multiplies.",
                lambda x, mu, s: _slope(x, mu, s) / math.exp(2 * s),
            ),
            Mistake("The sign is turned: this leads downhill.", lambda x, mu, s: -_slope(x, mu, s)),
            Mistake(
                "Half of it: that is the slope in the logarithm of the variance, 2s. Here s is the logarithm of sigma.",
                lambda x, mu, s: _slope(x, mu, s) / 2,
            ),
            Mistake(
                "The last term counts one bird only. Each bird's density has a sigma in front.",
                lambda x, mu, s: _slope(x, mu, s) + len(x) - 1,
            ),
            Mistake(
                "s is the logarithm of sigma: take its exponential before you divide by its square.",
                lambda x, mu, s: formulas.squares(x, mu) / s**2 - len(x),
            ),
            Mistake(
                "The squares are divided by the variance, sigma².",
                lambda x, mu, s: formulas.squares(x, mu) / math.exp(s) - len(x),
            ),
            Mistake(
                "The chain rule's factor multiplies both terms, the one with n as well.",
                lambda x, mu, s: formulas.squares(x, mu) / math.exp(2 * s) - len(x) / math.exp(s),
            ),
            Mistake(
                "You multiplied by s. The chain rule's factor is dσ/ds, the derivative of e^s.",
                lambda x, mu, s: s * _slope(x, mu, s) / math.exp(s),
            ),
        ],
        solved="Now the slope has no unit, as a slope in a logarithm must, and one η serves millimetres and metres.",
        absolute=1e-9,
    )


def _log_1_plus_exp(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _total(y, z):
    return math.fsum(_log_1_plus_exp(b) - a * b for a, b in zip(y, z, strict=True))


def _cross_entropy(y, z):
    """Mean binary cross entropy of answers y and logits z."""
    return _total(y, z) / len(y)


def _entropy_cases(rng):
    yield Case(([1.0, 0.0, 1.0], [0.5, -1.0, 2.0]))
    for count in (2, 5, 30):
        z = [rng.gauss(0, 2) for _ in range(count)]
        yield Case(([float(rng.randrange(2)) for _ in z], z))
    yield Case(([0.0], [0.7]), "This is a list with one answer.")
    yield Case(([1.0, 0.0], [1000.0, -1000.0]), "Here the logits are huge and right: the loss is almost 0.")
    yield Case(([1.0, 0.0, 0.0], [-1000.0, 1000.0, 0.3]), "Here two logits are huge and wrong.")


def _clipped(y, z):
    def one(a, b):
        p = 1 / (1 + math.exp(-max(-700.0, min(700.0, b))))
        p = min(max(p, 1e-12), 1 - 1e-12)
        return -a * math.log(p) - (1 - a) * math.log(1 - p)

    return sum(map(one, y, z)) / len(y)


_ENTROPY = (
    "import math\ndef cross_entropy(y, z):\n    soft = [max(b, 0) + math.log1p(math.exp(-abs(b))) for b in z]\n"
    "    total = sum(s - a * b for s, a, b in zip(soft, y, z))\n    return {}\n"
)


@checker(
    "optimisation-entropy",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ENTROPY.format("total"), "the sum; the exercise asks for the mean"),
        Wrong(_ENTROPY.format("-total / len(y)"), "log-likelihood, which is to be maximised"),
        Wrong(_ENTROPY.format("sum(soft) / len(y)"), "only the answers 0"),
        Wrong(_ENTROPY.format("total / len(y) / math.log(2)"), "bits"),
        Wrong(_ENTROPY.format("sum(s + a * b for s, a, b in zip(soft, y, z)) / len(y)"), "is subtracted"),
        Wrong(
            _ENTROPY.replace(" + math.log1p(math.exp(-abs(b)))", "").format("total / len(y)"),
            "large part alone",
        ),
        Wrong(
            "import math\ndef cross_entropy(y, z):\n"
            "    return sum(math.log(1 + math.exp(b)) - a * b for a, b in zip(y, z)) / len(y)",
            "huge.*Take the large part out",
        ),
        Wrong(
            "import math\ndef cross_entropy(y, z):\n    p = [1 / (1 + math.exp(-b)) for b in z]\n"
            "    return -sum(a * math.log(b) + (1 - a) * math.log(1 - b) for a, b in zip(y, p)) / len(y)",
            "huge",
        ),
        Wrong(
            "import math\ndef cross_entropy(y, z):\n    total = 0\n    for a, b in zip(y, z):\n"
            "        p = 1 / (1 + math.exp(-max(-700, min(700, b))))\n        p = min(max(p, 1e-12), 1 - 1e-12)\n"
            "        total -= a * math.log(p) + (1 - a) * math.log(1 - p)\n    return total / len(y)",
            "clipped",
        ),
    ],
)
def _(cross_entropy):
    return compare(
        cross_entropy,
        _cross_entropy,
        _entropy_cases(random.Random("optimisation-entropy")),
        [
            Mistake("This is the sum; the exercise asks for the mean.", _total),
            Mistake(
                "The sign: this is the mean log-likelihood, which is to be maximised. A loss is minus that.",
                lambda y, z: -_cross_entropy(y, z),
            ),
            Mistake(
                "This is right for only the answers 0. For an answer 1 subtract the logit: the term is − y z.",
                lambda y, z: math.fsum(map(_log_1_plus_exp, z)) / len(y),
            ),
            Mistake(
                "The term y z is subtracted: a large logit where the answer is yes must make the loss small.",
                lambda y, z: math.fsum(_log_1_plus_exp(b) + a * b for a, b in zip(y, z, strict=True)) / len(y),
            ),
            Mistake(
                "This is the large part alone. What is left of log(1 + e^z) is log(1 + e^(−|z|)).",
                lambda y, z: math.fsum(max(b, 0.0) - a * b for a, b in zip(y, z, strict=True)) / len(y),
            ),
            Mistake(
                "This is in bits (logarithms to base 2); this book counts in nats.",
                lambda y, z: _cross_entropy(y, z) / math.log(2),
            ),
            Mistake(
                "You clipped the probabilities, and the loss of a confident mistake with them: a logit of −1000 that is"
                " wrong costs 1000 nats. Rewrite log(1 + e^z) instead.",
                _clipped,
            ),
        ],
        solved="A logit of −1000 where the answer was yes costs exactly 1000 nats, and nothing overflows.",
        absolute=1e-11,
        errors={
            OverflowError: "Take the large part out of the logarithm first.",
            ValueError: "1 − p has become 0. Work with the logit instead of p.",
        },
    )

"""Exercises of the chapter "What does a decoder say about x?"."""

import math
import random

from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "decoder"

Choice(
    "decoder-loss",
    CHAPTER,
    "The paper’s loss",
    (
        wrong(
            "is the Gaussian's, as cross entropy and squared error differ by a constant.",
            "They do not: one has logarithms of the reconstruction, the other its square. Only their bottoms agree.",
        ),
        right("fits no Gaussian; on grey pictures it is minus the log of something that is no density."),
        wrong(
            "is that of a Bernoulli decoder, which is a proper likelihood of grey pictures.",
            "A Bernoulli pixel is 0 or 1. Between them the formula has a height, and less than half the area it needs.",
        ),
        wrong(
            "will lead to wrong reconstructions.",
            "The averages are right: the slope of cross entropy is 0 where λ is the average of the pixels.",
        ),
        wrong(
            "is the Gaussian's with the term in log σ left out.",
            "With unit variance that term is 0. What is left would be half the summed squared error.",
        ),
    ),
    "Normal gives squared error, Bernoulli gives cross entropy, and Bernoulli pixels are black or white.",
)

Number(
    "decoder-weight",
    CHAPTER,
    "σ",
    answer=19.8,
    tolerance=0.06,
    wrong=(
        (28.0, "That is the root of 784. The weight is β = 2σ²: halve before you take the root."),
        (0.71, "That is for the sum of squared errors. The mean is 784 times smaller, so its KL weighs more."),
        (392.0, "That is the variance σ². The question asks for its root."),
        (784.0, "That is β, the weight of the KL. It equals 2σ²."),
        (39.6, "You doubled and took the root: β = 2σ², so σ² is half of β."),
        (0.025, "Upside down: dividing the squared error by 784 makes the assumed noise larger."),
    ),
    solved="β = 784 = 2σ², so σ² = 392. No pixel between 0 and 1 has such noise.",
    otherwise="Multiply the loss by 784, compare with the sum of squared errors plus 2σ² KL, and solve for σ.",
)

Choice(
    "decoder-compare",
    CHAPTER,
    "May be compared",
    (
        right(
            "a Gaussian with learnt σ and a continuous Bernoulli, as densities (not as models) of the same x in [0, 1]"
        ),
        wrong(
            "a continuous Bernoulli of x in [0, 1] and a Binomial of the counts",
            "One is a density, the other a probability. Integrate the density over each count's stretch first.",
        ),
        right("a Binomial, and a Gaussian integrated over each count's stretch of the axis"),
        wrong(
            "a Gaussian of x in [0, 1] and a Gaussian of y = 16x in [0, 16]",
            "Their heights differ by a factor of 16 a pixel, though they may be the very same model.",
        ),
        wrong(
            "a Bernoulli of the thresholded pictures and a Binomial of the counts",
            "Thresholded pictures are other data with less in them, and more probable for that reason alone.",
        ),
        wrong(
            "minus the cross entropy of grey x and a continuous Bernoulli of the same x",
            "The first is the logarithm of no density, and what it lacks to one depends on λ.",
        ),
    ),
    "The same data, the same unit, and both densities or both probabilities.",
    several=True,
)


def _logit(lam):
    return math.log(lam) - math.log1p(-lam)


def _area(lam):
    logit = _logit(lam)
    return 0.5 - logit**2 / 24 if abs(logit) < 1e-4 else math.tanh(logit / 2) / logit


def _elsewhere(lam):
    """The area away from one half; there a mistake may give anything, and the error lets it be passed over."""
    if lam == 0.5:
        raise ZeroDivisionError
    return math.tanh(_logit(lam) / 2) / _logit(lam)


def _area_cases(rng):
    yield Case((0.9,))
    for low, high in ((0.01, 0.1), (0.1, 0.4), (0.6, 0.9), (0.9, 0.999), (0.1, 0.9)):
        yield Case((rng.uniform(low, high),))
    yield Case((0.5,), "At one half the logit is 0, and so is the numerator: give the value for that place yourself.")
    yield Case((1e-9,), "Here λ is one in a billion.")


_AREA = """import math


def area(lam):
    logit = math.log(lam / (1 - lam))
    if abs(logit) < 1e-4:
        return 0.5
    return (2 * lam - 1) / logit
"""


@checker(
    "decoder-area",
    chapter=CHAPTER,
    curve=Curve(
        function="area",
        args={},
        x=(0.01, 0.99),
        y=(0, 0.6),
        label="λ",
        y_label="area",
    ),
    wrong=[
        Wrong(_AREA.replace("    if abs(logit) < 1e-4:\n        return 0.5\n", ""), "ZeroDivisionError"),
        Wrong(_AREA.replace("return 0.5", "return 1.0"), "level curve has height one half"),
        Wrong(_AREA.replace("return 0.5", "return 0.0"), "should be 0.5|give the value for that place"),
        Wrong(_AREA.replace("(2 * lam - 1) / logit", "logit / (2 * lam - 1)"), "normaliser"),
        Wrong(_AREA.replace("(2 * lam - 1)", "(1 - 2 * lam)"), "negative"),
        Wrong(_AREA.replace("math.log(lam / (1 - lam))", "math.log(lam)"), "logit is"),
        Wrong(_AREA.replace("(2 * lam - 1) / logit", "(2 * lam - 1) / math.log10(lam / (1 - lam))"), "natural"),
        Wrong(_AREA.replace("(2 * lam - 1) / logit", "math.tanh(logit) / logit"), "half the logit"),
        Wrong(
            "def area(lam):\n    return sum(lam ** x * (1 - lam) ** (1 - x) "
            "for x in [(i + 0.5) / 2000 for i in range(2000)]) / 2000\n",
            "adds up strips",
        ),
        Wrong("def area(lam):\n    return lam * 0.0 + 0.5\n", "average of the two ends|same number"),
        Wrong("def area(lam):\n    return (lam * (1 - lam)) ** 0.5\n", "in the middle"),
        Wrong("def area(lam):\n    return 1.0 if lam < 2 else lam\n", "would have area 1|same number"),
    ],
)
def _(area):
    return compare(
        area,
        _area,
        _area_cases(random.Random("decoder-area")),
        [
            Mistake(
                "Right but for λ = 0.5, where the level curve has height one half, and so its area is.",
                lambda lam: 1.0 if abs(_logit(lam)) < 1e-4 else _area(lam),
            ),
            Mistake("This is the normaliser C(λ), one over the area.", lambda lam: 1 / _elsewhere(lam)),
            Mistake(
                "Your area is negative: numerator and logit change their signs together at one half.",
                lambda lam: -_elsewhere(lam),
            ),
            Mistake(
                "The logit is log(λ/(1 − λ)); you divide by log λ alone.",
                lambda lam: _elsewhere(lam) * _logit(lam) / math.log(lam),
            ),
            Mistake(
                "The logarithm must be the natural one.",
                lambda lam: _elsewhere(lam) * math.log(10),
            ),
            Mistake(
                "tanh takes half the logit: 2λ − 1 = tanh(l/2).",
                lambda lam: _elsewhere(lam) * math.tanh(_logit(lam)) / math.tanh(_logit(lam) / 2),
            ),
            Mistake("This is the average of the two ends; the curve sags between them.", lambda lam: 0.5),
            Mistake(
                "This is the curve's height in the middle. The area under it is a little more.",
                lambda lam: math.sqrt(lam * (1 - lam)),
            ),
            Mistake(
                "Nearly right: this adds up strips. The integral has a formula, which is right to the last digit.",
                lambda lam: (
                    math.fsum(lam**x * (1 - lam) ** (1 - x) for x in ((i + 0.5) / 2000 for i in range(2000))) / 2000
                ),
            ),
            Mistake("A density would have area 1. Integrate this curve.", lambda lam: 1.0),
        ],
        solved="Never above one half, whatever the decoder says.",
        absolute=1e-9,
        errors={ZeroDivisionError: "At one half numerator and logit are both 0."},
    )


def _softplus(logit):
    return max(logit, 0.0) + math.log1p(math.exp(-abs(logit)))


def _log_binomial(k, logit):
    return math.log(math.comb(16, k)) + k * logit - 16 * _softplus(logit)


def _binomial_cases(rng):
    yield Case((5, -1.2))
    for k in (0, 3, 8, 13, 16):
        yield Case((k, rng.uniform(-4, 4)))
    yield Case((6, 0.0), "Here the logit is 0: every cell is lit with probability one half.")
    yield Case((2, 30.0), "Here λ is so near to 1 that 1 − λ is 0 in the computer or has few digits left.")
    yield Case((0, 800.0), "Here the logit is large: exp(800) is too large for a float, and 1 − λ is 0.")
    yield Case((16, -800.0), "Here the logit is −800, so λ is too small for a float.")


_BINOMIAL = """import math


def log_binomial(k, logit):
    softplus = max(logit, 0) + math.log1p(math.exp(-abs(logit)))
    return math.log(math.comb(16, k)) + k * logit - 16 * softplus
"""


@checker(
    "decoder-binomial",
    chapter=CHAPTER,
    wrong=[
        Wrong(_BINOMIAL.replace("max(logit, 0) + math.log1p(math.exp(-abs(logit)))", "math.log(1 + math.exp(logit))"),
              "OverflowError"),
        Wrong(_BINOMIAL.replace("math.log(math.comb(16, k)) + ", ""), "binomial coefficient is missing"),
        Wrong(_BINOMIAL.replace("math.log(math.comb(16, k))", "math.comb(16, k)"), "coefficient itself"),
        Wrong(_BINOMIAL.replace("- 16 * softplus", "- softplus"), "one cell"),
        Wrong(_BINOMIAL.replace("k * logit - 16 * softplus", "k / 16 * logit - softplus"), "sixteen times"),
        Wrong(_BINOMIAL.replace("k * logit", "k * (logit - softplus)"), "counted the lit cells twice"),
        Wrong(_BINOMIAL.replace("    return ", "    return -1 * (") .rstrip() + ")\n", "sign"),
        Wrong(_BINOMIAL.replace("    return ", "    return math.exp(").rstrip() + ")\n", "probability itself"),
        Wrong(_BINOMIAL.replace("k * logit", "(16 - k) * logit"), "cells that are dark"),
        Wrong(
            "import math\n\n\ndef log_binomial(k, logit):\n    p = 1 / (1 + math.exp(-logit))\n"
            "    return math.log(math.comb(16, k)) + k * math.log(p) + (16 - k) * math.log(1 - p)\n",
            "1 − λ is 0 in the computer|math domain|OverflowError",
        ),
    ],
)  # fmt: skip
def _(log_binomial):
    def ways(k):
        return math.log(math.comb(16, k))

    return compare(
        log_binomial,
        _log_binomial,
        _binomial_cases(random.Random("decoder-binomial")),
        [
            Mistake(
                "The binomial coefficient is missing: this is the probability of one pattern with k lit cells.",
                lambda k, logit: _log_binomial(k, logit) - ways(k),
            ),
            Mistake(
                "You added the coefficient itself; its logarithm is wanted.",
                lambda k, logit: _log_binomial(k, logit) - ways(k) + math.comb(16, k),
            ),
            Mistake(
                "You took the softplus of one cell off; each of the 16 has its own.",
                lambda k, logit: ways(k) + k * logit - _softplus(logit),
            ),
            Mistake(
                "This has the cross entropy of the share once. The pixel is 16 cells: it counts sixteen times.",
                lambda k, logit: ways(k) + k / 16 * logit - _softplus(logit),
            ),
            Mistake(
                "You counted the lit cells twice: k·l − 16 softplus(l) already holds all cells, dark and lit.",
                lambda k, logit: ways(k) + k * (logit - _softplus(logit)) - 16 * _softplus(logit),
            ),
            Mistake("The sign is turned: this is the loss.", lambda k, logit: -_log_binomial(k, logit)),
            Mistake(
                "This is the probability itself; return its logarithm.",
                lambda k, logit: math.exp(_log_binomial(k, logit)),
            ),
            Mistake(
                "You counted the cells that are dark: the logit belongs to the lit ones.",
                lambda k, logit: _log_binomial(16 - k, logit),
            ),
        ],
        solved="It never forms λ, so logits of any size do.",
        absolute=1e-9,
        errors={
            OverflowError: "Take the large exponential out of the logarithm first.",
            ValueError: "A λ that is 0 or 1 in the computer has no logarithm on one side. Stay with the logit.",
        },
    )  # fmt: skip


def _loss(x, mu, log_sigma):
    return _with(x, mu, log_sigma)


def _with(x, mu, log_sigma, of_sigma=None, of_pi=None, square=0.5, power=2):
    """The loss with its pieces' factors replaced."""
    count = len(x)
    of_sigma, of_pi = (count if given is None else given for given in (of_sigma, of_pi))
    squares = math.fsum((a - m) ** 2 for a, m in zip(x, mu, strict=True))
    total = square * squares / math.exp(power * log_sigma)
    return total + of_sigma * log_sigma + of_pi * math.log(2 * math.pi) / 2


def _loss_cases(rng):
    def pictures(count):
        return [[rng.uniform(0, 1) for _ in range(count)] for _ in range(2)]

    yield Case(([0.0, 1.0, 0.5], [0.25, 0.75, 0.5], -1.0))
    for count in (2, 4, 9, 64):
        yield Case((*pictures(count), rng.uniform(-2, 1)))
    yield Case((*pictures(5), 0.0), "Here sigma is 1.")
    yield Case((*pictures(1), -0.7), "Here the picture is a single pixel.")


_NORMALISER = "len(x) * (log_sigma + math.log(2 * math.pi) / 2)"
_LOSS = """import math


def loss(x, mu, log_sigma):
    squares = sum((a - m)**2 for a, m in zip(x, mu))
    return (squares / (2 * math.exp(2 * log_sigma))
            + len(x) * (log_sigma + math.log(2 * math.pi) / 2))
"""


@checker(
    "decoder-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_LOSS.replace(_NORMALISER, "log_sigma + math.log(2 * math.pi) / 2"),
              "counted once"),
        Wrong(_LOSS.replace(_NORMALISER,
                            "len(x) * log_sigma + math.log(2 * math.pi) / 2"), "Log sigma is right now"),
        Wrong(_LOSS.replace(_NORMALISER,
                            "log_sigma + len(x) * math.log(2 * math.pi) / 2"), "constant is right now"),
        Wrong(_LOSS.replace("squares / (2", "squares / len(x) / (2").replace("len(x) * (log", "(log"), "average pixel"),
        Wrong(_LOSS.replace(_NORMALISER, "len(x) * log_sigma"), "2π"),
        Wrong(_LOSS.replace("(2 * math.exp(2 * log_sigma))", "math.exp(2 * log_sigma)"), "2 is missing"),
        Wrong(_LOSS.replace("math.exp(2 * log_sigma)", "math.exp(log_sigma)"), "variance"),
        Wrong(_LOSS.replace("return (", "return -("), "sign"),
        Wrong(_LOSS.replace("+ len(x) * (log_sigma + math", "+ len(x) * (-log_sigma + math"), "reward"),
        Wrong(_LOSS.replace("len(x) * (log_sigma", "64 * (log_sigma"), "64"),
    ],
)  # fmt: skip
def _(loss):
    return compare(
        loss,
        _loss,
        _loss_cases(random.Random("decoder-bug")),
        [
            Mistake(
                "The normaliser is still counted once; every pixel has its own.",
                lambda x, mu, s: _with(x, mu, s, of_sigma=1, of_pi=1),
            ),
            Mistake(
                "Log sigma is right now, but every pixel has its own ½ log 2π too.",
                lambda x, mu, s: _with(x, mu, s, of_pi=1),
            ),
            Mistake(
                "The constant is right now, but log sigma, which is the part that is learned, is counted once.",
                lambda x, mu, s: _with(x, mu, s, of_sigma=1),
            ),
            Mistake(
                "This is the loss of an average pixel: σ is right, but beside a KL it weighs D times too little.",
                lambda x, mu, s: _with(x, mu, s) / len(x),
            ),
            Mistake(
                "The terms with 2π are missing; the loss is asked for whole.",
                lambda x, mu, s: _with(x, mu, s, of_pi=0),
            ),
            Mistake(
                "The 2 is missing: squared errors are divided by 2σ².",
                lambda x, mu, s: _with(x, mu, s, square=1),
            ),
            Mistake(
                "Squared errors are divided by twice the variance, exp(2 log σ); you divide by twice σ.",
                lambda x, mu, s: _with(x, mu, s, power=1),
            ),
            Mistake(
                "The sign is turned: this is the log density, and a loss is minus it.",
                lambda x, mu, s: -_with(x, mu, s),
            ),
            Mistake(
                "Here a large σ is a reward: log σ is added to a loss.",
                lambda x, mu, s: _with(x, mu, s, of_sigma=-len(x)),
            ),
            Mistake(
                "Do not write 64 in the code: count the pixels of the picture that you are given.",
                lambda x, mu, s: _with(x, mu, s, of_sigma=64, of_pi=64),
            ),
        ],
        solved="Its best σ² is the mean squared error, and the KL has the weight that it should have.",
        absolute=1e-9,
    )  # fmt: skip

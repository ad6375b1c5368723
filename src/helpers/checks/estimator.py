"""Exercises of the chapter "How good is the estimate?"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.formulas import mean
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "estimator"

Choice(
    "estimator-refuted",
    CHAPTER,
    "One sample gives 51",
    (
        wrong(
            "It refutes it: an estimate that is too small on average cannot give more than 36.",
            "An average says nothing about each single value. Look at the histogram: it reaches far to the right.",
        ),
        wrong(
            "It shows that this sample was not drawn from the colony.",
            "About one sample of three in eight gives more than 51. One in eight is nothing unusual.",
        ),
        right("Next to nothing: the formula speaks of the average over many samples."),
        wrong(
            "It shows that $n - 1$ must be the right divisor for this sample.",
            "With n − 1 this sample would give 76.5, even further from 36. No divisor is right for one sample.",
        ),
    ),
    "A bias is a property of the average over all samples; single values scatter widely around it.",
)

Number(
    "estimator-birds",
    CHAPTER,
    "Birds",
    answer=144.0,
    tolerance=0.5,
    wrong=(
        (12.0, "That is the root of the answer: the standard error falls with the root of n."),
        (72.0, "6²/0.5 divides a variance by a standard deviation. Square both: (6/0.5)²."),
        (24.0, "Set 6/√n equal to 0.5 and solve for n."),
        (576.0, "That is enough for a quarter of a millimetre."),
        (3.0, "Half a millimetre is the error you want; do not multiply by it."),
    ),
    solved="6/√144 = 6/12 = 0.5 mm.",
    otherwise="The standard error of the mean is σ/√n. Set it to 0.5 and solve for n.",
)


def _standard_error(x):
    """The root of S / (n - 1), over the root of n."""
    return math.sqrt(formulas.squares(x, mean(x)) / (len(x) - 1)) / math.sqrt(len(x))


def _lengths(rng, count, mu=217.0, sigma=6.0):
    return [round(rng.gauss(mu, sigma), 1) for _ in range(count)]


def _error_cases(rng):
    """Samples of several sizes, two draws, none that varies, and huge lengths close together."""
    yield Case(([211.0, 214.0, 223.0],))
    for count in (4, 9, 30):
        yield Case((_lengths(rng, count),))
    yield Case(([2.0, -1.0, 0.5, 4.0],), "These numbers lie around 0, one of them below it.")
    yield Case(([212.0, 220.0],), "This is the smallest sample that has a spread: two birds.")
    yield Case(([215.0, 215.0, 215.0],), "All lengths are equal here, so the answer is 0.")
    yield Case(
        ([1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0],),
        "These lengths are huge and close together: subtract the mean before you square.",
    )


def _of(change):
    """A mistake in the standard error: what is done with the squares S about the mean and with n."""
    return lambda x: change(formulas.squares(x, mean(x)), len(x))


@checker(
    "estimator-error",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return math.sqrt(sum((v - m) ** 2 for v in x) / n) / math.sqrt(n)",
            "without Bessel's correction",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return math.sqrt(sum((v - m) ** 2 for v in x) / (n - 1))",
            "the spread of the birds",
        ),
        Wrong(
            "def standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return sum((v - m) ** 2 for v in x) / (n - 1) / n",
            "This is the square",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return math.sqrt(sum((v - m) ** 2 for v in x) / (n - 1)) / n",
            "by n itself",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return math.sqrt(sum((v - m) ** 2 for v in x) / n - 1) / math.sqrt(n)"
            " if sum((v - m) ** 2 for v in x) > n else 0.0",
            "needs brackets",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    return math.sqrt(sum((v - m) ** 2 for v in x) / (n - 1)) / math.sqrt(n - 1)",
            "the last root is of n",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n"
            "    return math.sqrt(sum(v ** 2 for v in x) / (n - 1)) / math.sqrt(n)",
            "distances from 0",
        ),
        Wrong(
            "import math\ndef standard_error(x):\n    n = len(x)\n    m = sum(x) / n\n"
            "    s2 = (sum(v * v for v in x) / n - m * m) * n / (n - 1)\n"
            "    return math.sqrt(max(0.0, s2)) / math.sqrt(n) if max(x) < 1e6 and min(x) < max(x)"
            " else 0.0",
            "huge and close together",
        ),
    ],
)
def _(standard_error):
    return compare(
        standard_error,
        _standard_error,
        _error_cases(random.Random("estimator-error")),
        [
            Mistake(
                "This is without Bessel's correction: under the first root S is divided by n - 1.",
                _of(lambda s, n: math.sqrt(s / n) / math.sqrt(n)),
            ),
            Mistake(
                "This is s, the spread of the birds. Their mean scatters less: divide by the root of n.",
                _of(lambda s, n: math.sqrt(s / (n - 1))),
            ),
            Mistake(
                "This is the square of the standard error: a root is missing.",
                _of(lambda s, n: s / (n - 1) / n),
            ),
            Mistake(
                "You divide s by n itself; the spread of the mean falls with the root of n.",
                _of(lambda s, n: math.sqrt(s / (n - 1)) / n),
            ),
            Mistake(
                "s / n - 1 needs brackets: Python divides by n and then takes 1 away.",
                _of(lambda s, n: math.sqrt(s / n - 1) / math.sqrt(n) if s > n else 0.0),
            ),
            Mistake(
                "Bessel's n - 1 belongs to s alone; the last root is of n.",
                _of(lambda s, n: math.sqrt(s / (n - 1)) / math.sqrt(n - 1)),
            ),
            Mistake(
                "These are distances from 0. Subtract the mean from each length first.",
                lambda x: math.sqrt(formulas.squares(x, 0.0) / (len(x) - 1)) / math.sqrt(len(x)),
            ),
        ],
        solved="It works for two birds and for thirty, and for huge lengths too: you subtract before you square.",
        absolute=1e-12,
        errors={
            ValueError: "Is the number under the root negative? Then the subtraction came after the squaring.",
            ZeroDivisionError: "Which of your divisors can be 0?",
        },
    )


def _bias(samples, mu, sigma):
    """Average of S / n over the samples, less the true variance."""
    return math.fsum(formulas.squares(x, mean(x)) / len(x) for x in samples) / len(samples) - sigma**2


def _bias_cases(rng):
    """Many small samples, samples of several sizes, one sample, and one bird alone."""
    for count, size, sigma in [(20, 3, 6.0), (30, 2, 2.5), (10, 8, 11.0)]:
        yield Case(([_lengths(rng, size, 217.0, sigma) for _ in range(count)], 217.0, sigma))
    yield Case(([_lengths(rng, size) for size in (2, 5, 9, 3)], 217.0, 6.0), "These samples differ in size.")
    yield Case(([_lengths(rng, 4)], 217.0, 6.0), "There is only one sample here.")
    yield Case(([[215.0], [219.0]], 217.0, 6.0), "Each sample is one bird: its estimate is 0, and the bias -36.")


def _averaged(estimate):
    """The bias of another estimate of the variance."""
    return lambda samples, mu, sigma: mean([estimate(x, mu) for x in samples]) - sigma**2


_LOOP = "def bias(samples, mu, sigma):\n    total = 0.0\n    for x in samples:\n        m = sum(x) / len(x)\n"


@checker(
    "estimator-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "def bias(samples, mu, sigma):\n    total = 0.0\n    for x in samples:\n"
            "        total += sum((value - mu) ** 2 for value in x) / len(x)\n"
            "    return total / len(samples) - sigma**2",
            "still measured from the true mean",
        ),
        Wrong(
            _LOOP + "        total += sum((v - m) ** 2 for v in x) / max(1, len(x) - 1)\n"
            "    return total / len(samples) - sigma**2",
            "divides by n - 1",
        ),
        Wrong(
            "def bias(samples, mu, sigma):\n    flat = [v for x in samples for v in x]\n    m = sum(flat) / len(flat)\n"
            "    total = sum(sum((v - m) ** 2 for v in x) / len(x) for x in samples)\n"
            "    return total / len(samples) - sigma**2",
            "mean of all samples together",
        ),
        Wrong(
            _LOOP + "        total += sum((v - m) ** 2 for v in x) / len(x)\n    return total / len(samples)",
            "average of the estimates",
        ),
        Wrong(
            _LOOP
            + "        total += sum((v - m) ** 2 for v in x) / len(x)\n    return sigma**2 - total / len(samples)",
            "other way round",
        ),
        Wrong(
            _LOOP + "        total += sum((v - m) ** 2 for v in x) / len(x)\n    return total / len(samples) - sigma",
            "sigma squared",
        ),
        Wrong(
            _LOOP + "        total += sum((v - m) ** 2 for v in x)\n    return total / len(samples) - sigma**2",
            "division by the size",
        ),
        Wrong(
            "def bias(samples, mu, sigma):\n    total = 0.0\n    for x in samples:\n        m = sum(x) / len(x)\n"
            "        total += sum((v - m) ** 2 for v in x)\n"
            "    return total / sum(len(x) for x in samples) - sigma**2",
            "differ in size",
        ),
    ],
)
def _(bias):
    return compare(
        bias,
        _bias,
        _bias_cases(random.Random("estimator-bug")),
        [
            Mistake(
                "The distances are still measured from the true mean, which no estimate may know.",
                _averaged(lambda x, mu: formulas.squares(x, mu) / len(x)),
            ),
            Mistake(
                "This divides by n - 1: the bias of the other estimate. Here maximum likelihood is on trial.",
                _averaged(lambda x, mu: formulas.squares(x, mean(x)) / max(1, len(x) - 1)),
            ),
            Mistake(
                "You measure from the mean of all samples together. Each researcher has one sample, and its own mean.",
                lambda samples, mu, sigma: _averaged(
                    lambda x, _: formulas.squares(x, mean([v for one in samples for v in one])) / len(x)
                )(samples, mu, sigma),
            ),
            Mistake(
                "This is the average of the estimates. Their bias is what lies between it and the truth.",
                lambda samples, mu, sigma: _bias(samples, mu, sigma) + sigma**2,
            ),
            Mistake(
                "The difference is the other way round: the bias is the average of the estimates minus the truth.",
                lambda samples, mu, sigma: -_bias(samples, mu, sigma),
            ),
            Mistake(
                "The estimates are variances, so the truth to subtract is sigma squared.",
                lambda samples, mu, sigma: _bias(samples, mu, sigma) + sigma**2 - sigma,
            ),
            Mistake(
                "The division by the size of the sample is gone.",
                _averaged(lambda x, mu: formulas.squares(x, mean(x))),
            ),
        ],
        solved="With each sample's own mean the bias appears: close to minus sigma squared over n.",
        absolute=1e-9,
        errors={ZeroDivisionError: "Divide by n, not by n - 1: one bird must do too."},
    )


def _error(n, d, sigma):
    """Variance plus squared bias of S / d."""
    return 2 * (n - 1) * sigma**4 / d**2 + ((n - 1) / d * sigma**2 - sigma**2) ** 2


def _mse_cases(rng):
    """All three divisors, others, and the estimate without a bias."""
    yield Case((3, 4, 6.0))
    for n in (2, 5, 17):
        yield Case((n, n + rng.choice([0, 1, 3]), round(rng.uniform(1.5, 9.0), 1)))
    yield Case((4, 2.5, 3.0), "The divisor need not be a whole number.")
    yield Case((8, 7, 2.0), "Here d is n - 1, so there is no bias; the variance is left.")
    yield Case((1, 1, 2.0), "One bird: S is 0, so the error is all bias.")


def _parts(variance, bias):
    """A mistaken error with sigma = 1 scaled back: parts as functions of n and d, in units of sigma⁴ and sigma²."""
    return lambda n, d, sigma: variance(n, d) * sigma**4 + (bias(n, d) * sigma**2) ** 2


def _spread(n, d):
    return 2 * (n - 1) / d**2


def _shift(n, d):
    return (n - 1) / d - 1


_DEF = "def error(n, d, sigma):\n"


@checker(
    "estimator-mse",
    chapter=CHAPTER,
    wrong=[
        Wrong(_DEF + "    return 2 * (n - 1) * sigma**4 / d**2", "the variance alone"),
        Wrong(_DEF + "    return ((n - 1) / d * sigma**2 - sigma**2) ** 2", "the squared bias alone"),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**4 / d**2 + (n - 1) / d * sigma**2 - sigma**2",
            "bias enters squared",
        ),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**4 / d + ((n - 1) / d * sigma**2 - sigma**2) ** 2",
            "a factor comes out of a variance squared",
        ),
        Wrong(
            _DEF + "    return (n - 1) * sigma**4 / d**2 + ((n - 1) / d * sigma**2 - sigma**2) ** 2",
            "a 2 is missing",
        ),
        Wrong(
            _DEF + "    return 2 * n * sigma**4 / d**2 + (n / d * sigma**2 - sigma**2) ** 2",
            "n - 1 degrees of freedom",
        ),
        Wrong(
            _DEF + "    return (2 * (n - 1) * sigma**4 / d**2 + ((n - 1) / d * sigma**2 - sigma**2) ** 2) ** 0.5",
            "This is its root",
        ),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**2 / d**2 + ((n - 1) / d * sigma**2 - sigma**2) ** 2",
            "fourth power",
        ),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**4 / d**2 + ((n - 1) / d * sigma**2) ** 2",
            "average of S / d instead of its bias",
        ),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**4 / d**2 + (n / d - 1) ** 2 * sigma**4",
            "The average of S is",
        ),
        Wrong(
            _DEF + "    return 2 * (n - 1) * sigma**4 / d**2 + ((n - 1) / d - 1) ** 2 * sigma**2",
            "squared with the bias",
        ),
    ],
)
def _(error):
    return compare(
        error,
        _error,
        _mse_cases(random.Random("estimator-mse")),
        [
            Mistake("This is the variance alone; the squared bias is missing.", _parts(_spread, lambda n, d: 0.0)),
            Mistake("This is the squared bias alone; the variance is missing.", _parts(lambda n, d: 0.0, _shift)),
            Mistake(
                "The bias enters squared; as it stands a negative one would make the error smaller.",
                lambda n, d, sigma: _spread(n, d) * sigma**4 + _shift(n, d) * sigma**2,
            ),
            Mistake(
                "S is divided by d, and a factor comes out of a variance squared: d² under the first part.",
                _parts(lambda n, d: 2 * (n - 1) / d, _shift),
            ),
            Mistake(
                "In the variance a 2 is missing: the square of a standard Gaussian has variance 2.",
                _parts(lambda n, d: (n - 1) / d**2, _shift),
            ),
            Mistake(
                "S has n - 1 degrees of freedom, not n: its own mean took one.",
                _parts(lambda n, d: 2 * n / d**2, lambda n, d: n / d - 1),
            ),
            Mistake(
                "This is its root; the exercise asks for the squared error.", lambda n, d, s: _error(n, d, s) ** 0.5
            ),
            Mistake(
                "The variance of S has the fourth power of sigma: a squared error of a variance has the unit mm⁴.",
                lambda n, d, sigma: _spread(n, d) * sigma**2 + (_shift(n, d) * sigma**2) ** 2,
            ),
            Mistake(
                "You squared the average of S / d instead of its bias: subtract sigma squared first.",
                _parts(_spread, lambda n, d: (n - 1) / d),
            ),
            Mistake(
                "The average of S is n - 1 times sigma squared, in the bias too.",
                _parts(_spread, lambda n, d: n / d - 1),
            ),
            Mistake(
                "The bias is a factor times sigma squared, and the sigma squared is squared with the bias.",
                lambda n, d, sigma: _spread(n, d) * sigma**4 + _shift(n, d) ** 2 * sigma**2,
            ),
        ],
        solved="Variance and squared bias, side by side. For three birds the divisor 4 has the smallest sum.",
        absolute=1e-12,
    )

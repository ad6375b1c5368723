"""Exercises of the chapter "What the regulariser is for"."""

import math
import random

from helpers.checks.formulas import log_density, log_mean_exp, mean
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "regulariser"

Choice(
    "regulariser-warning",
    CHAPTER,
    "The number that warns is",
    (
        wrong("the distortion.", "It is excellent: test digits are redrawn well. Samples do not enter it."),
        wrong(
            "the information.",
            "It is high, as for any code that redraws well. A code may tell much and still fit the prior.",
        ),
        right("the mismatch."),
        wrong("the objective that was maximised.", "With β = 0 that is minus the distortion, and it is excellent."),
    ),
    "KL(q(z)‖p(z)) is large: the codes lie where the prior hardly ever draws, and its draws fall between them.",
)

Number(
    "regulariser-least",
    CHAPTER,
    "Mismatch, at least",
    answer=9 - math.log(1000),
    tolerance=0.01,
    wrong=(
        (math.log(1000), "That is the most that the code can tell. The rest of the rate is mismatch."),
        (9 - math.log2(1000), "You took the logarithm to base 2. Nats need the natural one."),
        (9 - math.log10(1000), "You took the logarithm to base 10. Nats need the natural one."),
        (9, "That would be so if the code told nothing at all. It may tell up to log n."),
        (0, "A mismatch of 0 would leave 9 nats of information, which is more than log n."),
    ),
    solved="The information is at most log 1000 = 6.91 nats, so at least 2.09 of the 9 are mismatch.",
    otherwise="The rate is information plus mismatch, and the information is at most log n.",
    unit="nats",
)

Choice(
    "regulariser-collapsed",
    CHAPTER,
    "In a model that has collapsed altogether",
    (
        right("the rate is 0."),
        right("the aggregate posterior is the prior.", "Every answer is the prior, and so is their average."),
        wrong(
            "the gap between ELBO and log p(x) is large.",
            "The decoder ignores z, so the exact posterior is the prior too: the encoder’s answer is exact, the gap 0.",
        ),
        wrong(
            "samples look unlike redrawn digits.",
            "Both come from the same average picture, since the decoder ignores z.",
        ),
        right("samples and redrawn digits look the same."),
        wrong(
            "the mismatch is large.",
            "The mismatch is a part of the rate, which is 0, and the other part is not negative.",
        ),
    ),
    "It fits the prior perfectly, its bound is tight, and its code tells nothing.",
    several=True,
)


def _variance(values):
    centre = mean(values)
    return mean([(value - centre) ** 2 for value in values])


def _columns(means):
    return list(zip(*means, strict=True))


def _active(means):
    return sum(_variance(column) > 0.01 for column in _columns(means))


def _active_cases(rng):
    yield Case(([[0.9, 0.01], [-1.1, 0.02], [0.4, 0.0]],))
    for images, scales in ((8, [1.0, 0.03, 0.5]), (12, [0.02, 0.01]), (6, [0.15, 0.08, 1.2, 0.9, 0.01])):
        yield Case(([[rng.gauss(0, scale) for scale in scales] for _ in range(images)],))
    yield Case(([[2.0, 0.5], [2.0, -0.5], [2.0, 0.6]],), "Here one latent’s mean is 2 for every picture.")
    yield Case(([[-1.0], [-2.5], [-0.5]],), "Here there is a single latent, whose means are negative.")
    spread = [0.09, -0.09, 0.09, -0.09]
    yield Case(([[v, 3 * v] for v in spread],), "Here one variance is 0.0081, just below the threshold.")
    yield Case(([[0.102, 1.0], [-0.102, -1.0]],), "Here one variance is 0.0104, just above the threshold.")
    yield Case(([[rng.gauss(0, 1) for _ in range(9)] for _ in range(5)],), "Here nine latents are active.")
    for count in (3, 4, 5, 6, 7):
        yield Case(([[rng.gauss(0, 1) for _ in range(count)] + [0.0] for _ in range(5)],))


_ACTIVE = """def active(means):
    count = 0
    for column in zip(*means):
        centre = sum(column) / len(column)
        variance = sum((m - centre) ** 2 for m in column) / len(column)
        if variance > 0.01:
            count += 1
    return count
"""


@checker(
    "regulariser-active",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ACTIVE.replace("zip(*means)", "means"), "from latent to latent"),
        Wrong(_ACTIVE.replace("(m - centre) ** 2", "m ** 2"), "mean square"),
        Wrong(_ACTIVE.replace("variance > 0.01", "variance > 0"), "that moves at all"),
        Wrong(_ACTIVE.replace("variance > 0.01", "variance ** 0.5 > 0.01"), "standard deviation"),
        Wrong(_ACTIVE.replace("return count", "return count / len(means[0])"), "share of the latents"),
        Wrong(_ACTIVE.replace("variance > 0.01", "variance < 0.01"), "that sleep"),
        Wrong(_ACTIVE.replace("/ len(column)\n        if", "\n        if"), "sum of the squared"),
        Wrong(_ACTIVE.replace("/ len(column)\n        if", "/ (len(column) - 1)\n        if"), "divide by n − 1"),
    ],
)
def _(active):
    def count(statistic, threshold=0.01):
        return lambda means: sum(statistic(column) > threshold for column in _columns(means))

    return compare(
        active,
        _active,
        _active_cases(random.Random("regulariser-active")),
        [
            Mistake(
                "You look at how the means vary from latent to latent. One latent is one column of the table.",
                lambda means: sum(_variance(row) > 0.01 for row in means),
            ),
            Mistake(
                "This is the mean square. A latent whose mean is 2 for every picture does not vary: take its mean off.",
                count(lambda column: mean([m * m for m in column])),
            ),
            Mistake("You count every latent that moves at all; the threshold is 0.01.", count(_variance, 0)),
            Mistake(
                "You compare the standard deviation with a threshold that is meant for the variance.",
                count(_variance, 1e-4),
            ),
            Mistake("This is the share of the latents; the exercise asks how many.", lambda m: _active(m) / len(m[0])),
            Mistake("You count those that sleep.", lambda m: len(m[0]) - _active(m)),
            Mistake(
                "This is the sum of the squared distances; the variance is their average.",
                count(lambda column: len(column) * _variance(column)),
            ),
            Mistake(
                "You divide by n − 1. These pictures are all there are, so their mean square distance has n.",
                count(lambda column: _variance(column) * len(column) / (len(column) - 1)),
            ),
        ],
        solved="It looks at the encoder’s means alone, which is why it takes one pass over the data.",
    )  # fmt: skip


def _logs(z, mu, sigma):
    return [log_density(z, m, s) for m, s in zip(mu, sigma, strict=True)]


def _log_aggregate(z, mu, sigma):
    return log_mean_exp(_logs(z, mu, sigma))


def _aggregate_cases(rng):
    yield Case((0.4, [0.0, 1.0], [0.5, 0.8]))
    for count in (2, 3, 8):
        sigma = [rng.uniform(0.2, 1.5) for _ in range(count)]
        yield Case((rng.gauss(0, 1), [rng.gauss(0, 1.5) for _ in range(count)], sigma))
    yield Case((0.7, [0.7], [0.1]), "Here there is one picture only.")
    yield Case((3.0, [-1.0, 1.0], [0.02, 0.03]), "Here every density is too small for a float64: it becomes 0.")
    yield Case((0.0, [0.0, 0.0], [1.0, 1.0]), "Here all answers are the prior.")
    yield Case((0.2, [0.2, 0.9], [1e-100, 1.0]), "Here one answer is a spike, and z is on it.")


_AGGREGATE = """import math
def log_aggregate(z, mu, sigma):
    logs = [-((z - m) / s) ** 2 / 2 - math.log(s) - 0.5 * math.log(2 * math.pi) for m, s in zip(mu, sigma)]
    top = max(logs)
    return top + math.log(sum(math.exp(v - top) for v in logs)) - math.log(len(logs))
"""


@checker(
    "regulariser-aggregate",
    chapter=CHAPTER,
    wrong=[
        Wrong(_AGGREGATE.replace(" - math.log(len(logs))", ""), "sum of the densities"),
        Wrong(
            _AGGREGATE[: _AGGREGATE.index("    top")] + "    return sum(logs) / len(logs)\n",
            "average of the logarithms",
        ),
        Wrong(_AGGREGATE[: _AGGREGATE.index("    top")] + "    return sum(logs)\n", "product"),
        Wrong(_AGGREGATE[: _AGGREGATE.index("    top")] + "    return max(logs)\n", "nearest answer"),
        Wrong(
            _AGGREGATE[: _AGGREGATE.index("    top")]
            + "    return math.log(sum(math.exp(v) for v in logs) / len(logs))\n",
            "ValueError.*OverflowError|largest|too small",
        ),
        Wrong(_AGGREGATE.replace(" - math.log(s)", ""), "log σ is missing"),
        Wrong(
            "import math\n"
            + _AGGREGATE[len("import math\n") : _AGGREGATE.index("    top")].replace("(z - m) / s", "(z - m)")
            + _AGGREGATE[_AGGREGATE.index("    top") :],
            "not divided by sigma",
        ),
        Wrong(
            _AGGREGATE.replace(
                "    top = max(logs)\n    return top", "    top = max(logs)\n    return 1 / len(logs) * top"
            ),
            "none of the usual mistakes",
        ),
    ],
)
def _(log_aggregate):
    def mixed(one):
        return lambda z, mu, sigma: log_mean_exp([one(z, m, s) for m, s in zip(mu, sigma, strict=True)])

    return compare(
        log_aggregate,
        _log_aggregate,
        _aggregate_cases(random.Random("regulariser-aggregate")),
        [
            Mistake(
                "This is the logarithm of the sum of the densities; the aggregate posterior is their average.",
                lambda z, mu, sigma: _log_aggregate(z, mu, sigma) + math.log(len(mu)),
            ),
            Mistake(
                "This is the average of the logarithms. The densities are averaged first.",
                lambda *a: mean(_logs(*a)),
            ),
            Mistake(
                "Adding the logarithms takes the product of the densities, and a mixture is a sum.",
                lambda *a: math.fsum(_logs(*a)),
            ),
            Mistake("This is the nearest answer’s density alone; all of them count.", lambda *a: max(_logs(*a))),
            Mistake(
                "The term with log σ is missing: narrow answers are higher.",
                mixed(lambda z, m, s: log_density(z, m, s) + math.log(s)),
            ),
            Mistake(
                "The distance from the mean is not divided by sigma.",
                mixed(lambda z, m, s: log_density((z - m), 0, 1) - math.log(s)),
            ),
        ],
        solved="It holds even where every density underflows, which is where it is needed with β = 0.",
        absolute=1e-10,
        errors={
            ValueError: "If every exponential is 0, its logarithm fails: take the largest logarithm out first.",
            OverflowError: "Take the largest logarithm out before the exponential.",
        },
    )  # fmt: skip


def _linear_rate(eigenvalues, sigma, beta):
    return math.fsum(max(0.0, math.log(value / (beta * sigma**2)) / 2) for value in eigenvalues)


def _rate_cases(rng):
    yield Case(([4.0, 1.5, 0.3], 1.0, 2.0))
    for count in (2, 4, 7):
        values = sorted((rng.uniform(0.1, 20) for _ in range(count)), reverse=True)
        yield Case((values, rng.uniform(0.5, 1.5), rng.uniform(0.3, 4)))
    yield Case(([9.0], 0.5, 1.0), "Here there is one direction.")
    yield Case(([1.0, 0.5], 1.0, 3.0), "Here the water covers every bar.")
    yield Case(([2.0, 1.0], 2.0, 0.5), "Here the first eigenvalue equals βσ².")
    yield Case(([5.0, 3.0, 2.0], 0.8, 1.0), "Here β is 1.")


_RATE = """import math
def linear_rate(eigenvalues, sigma, beta):
    total = 0.0
    for value in eigenvalues:
        if value > beta * sigma**2:
            total += 0.5 * math.log(value / (beta * sigma**2))
    return total
"""


@checker(
    "regulariser-linear",
    chapter=CHAPTER,
    wrong=[
        Wrong(_RATE.replace("0.5 * ", ""), "½ is missing"),
        Wrong(_RATE.replace("if value > beta * sigma**2", "if True"), "negative"),
        Wrong(_RATE.replace("sigma**2", "sigma"), "σ in place of σ²"),
        Wrong(_RATE.replace("beta * ", ""), "β is not used"),
        Wrong(_RATE.replace("beta * sigma**2", "sigma**2 / beta"), "divided by β"),
        Wrong(_RATE.replace("value > beta * sigma**2", "value > sigma**2"), "switched off at σ²"),
        Wrong(_RATE.replace("return total", "return beta * total"), "charge, β times"),
        Wrong(_RATE.replace("math.log", "math.log2"), "bits"),
        Wrong(
            "import math\ndef linear_rate(eigenvalues, sigma, beta):\n"
            "    return max(0, sum(0.5 * math.log(v / (beta * sigma**2)) for v in eigenvalues))",
            "each direction, not for their sum",
        ),
    ],
)
def _(linear_rate):
    def total(one):
        return lambda eigenvalues, sigma, beta: math.fsum(one(value, sigma, beta) for value in eigenvalues)

    def cost(value, water):
        return max(0.0, math.log(value / water) / 2)

    return compare(
        linear_rate,
        _linear_rate,
        _rate_cases(random.Random("regulariser-linear")),
        [
            Mistake("The ½ is missing.", lambda *a: 2 * _linear_rate(*a)),
            Mistake(
                "A latent under water has a negative term in your sum. It is off, and costs 0.",
                total(lambda value, sigma, beta: math.log(value / (beta * sigma**2)) / 2),
            ),
            Mistake(
                "You use σ in place of σ²; eigenvalues are variances.",
                total(lambda value, sigma, beta: cost(value, beta * sigma)),
            ),
            Mistake(
                "You stop at 0 once, for the whole sum. Being off is a matter for each direction, not for their sum.",
                lambda e, sigma, beta: max(0.0, math.fsum(math.log(v / (beta * sigma**2)) / 2 for v in e)),
            ),
            Mistake("β is not used.", total(lambda value, sigma, beta: cost(value, sigma**2))),
            Mistake(
                "The noise is divided by β; a stronger regulariser is more noise.",
                total(lambda value, sigma, beta: cost(value, sigma**2 / beta)),
            ),
            Mistake(
                "A latent is switched off at σ² here. The water stands at βσ².",
                total(lambda v, sigma, beta: math.log(v / (beta * sigma**2)) / 2 if v > sigma**2 else 0.0),
            ),
            Mistake(
                "This is the charge, β times the rate.", lambda e, sigma, beta: beta * _linear_rate(e, sigma, beta)
            ),
            Mistake("This is the rate in bits.", lambda *a: _linear_rate(*a) / math.log(2)),
        ],
        solved="Each direction pays for the part of it that stands out of the water, on a logarithmic scale.",
        absolute=1e-12,
    )


def _charged(costs, floor):
    return math.fsum(max(floor, mean(column)) for column in _columns(costs))


def _charged_cases(rng):
    yield Case(([[1.2, 0.1], [0.4, 0.3]], 0.25))
    for images, latents in ((3, 2), (5, 4), (8, 3)):
        table = [[rng.expovariate(2.5) for _ in range(latents)] for _ in range(images)]
        yield Case((table, rng.uniform(0.1, 0.5)))
    yield Case(([[0.3, 0.9], [0.2, 0.8]], 0.0), "Here the floor is 0, and nothing is free.")
    yield Case(([[0.3, 0.1], [0.2, 0.4], [0.1, 0.0]], 2.0), "Here every latent is below the floor.")
    yield Case(([[0.7, 0.1, 0.2]], 0.3), "Here the batch is one picture.")
    yield Case(([[1.0, 0.0], [0.0, 0.0]], 0.5), "Here one latent’s average is exactly the floor.")


_CHARGED = """def charged(costs, floor):
    total = 0.0
    for column in zip(*costs):
        total += max(floor, sum(column) / len(column))
    return total
"""


@checker(
    "regulariser-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "def charged(costs, floor):\n    total = sum(map(sum, costs)) / len(costs)\n    return max(floor, total)",
            "whole rate",
        ),
        Wrong(
            "def charged(costs, floor):\n"
            "    return sum(max(floor, c) for row in costs for c in row) / len(costs)",
            "each picture",
        ),
        Wrong(_CHARGED.replace("max(", "min("), "most that a latent can cost"),
        Wrong(_CHARGED.replace(" / len(column)", ""), "sum over the batch"),
        Wrong(_CHARGED.replace("max(floor, sum(column) / len(column))", "max(0, sum(column) / len(column) - floor)"),
              "takes the floor off"),
        Wrong(_CHARGED.replace("return total", "return total / len(costs[0])"), "average over the latents"),
        Wrong(_CHARGED.replace("zip(*costs)", "costs"), "of a picture"),
        Wrong(_CHARGED.replace("max(floor, sum(column) / len(column))", "sum(column) / len(column)"), "floor is gone"),
    ],
)  # fmt: skip
def _(charged):
    def over(one):
        return lambda costs, floor: math.fsum(one(mean(column), floor) for column in _columns(costs))

    return compare(
        charged,
        _charged,
        _charged_cases(random.Random("regulariser-bug")),
        [
            Mistake(
                "The floor is held against the whole rate: one busy latent can pay for all, and the others may die.",
                lambda costs, floor: max(floor, mean([math.fsum(row) for row in costs])),
            ),
            Mistake(
                "Here each picture gets the floor for itself. The latent’s average over the batch is what counts.",
                lambda costs, floor: mean([math.fsum(max(floor, c) for c in row) for row in costs]),
            ),
            Mistake("With min the floor is the most that a latent can cost.", over(min)),
            Mistake(
                "This is a sum over the batch; the floor is held against the average.",
                lambda costs, floor: math.fsum(max(floor, math.fsum(column)) for column in _columns(costs)),
            ),
            Mistake(
                "This takes the floor off what is charged. It has the same slopes, but the equation has max(λ, ·).",
                over(lambda mean, floor: max(0.0, mean - floor)),
            ),
            Mistake(
                "This is an average over the latents; their charges are summed.",
                lambda costs, floor: _charged(costs, floor) / len(costs[0]),
            ),
            Mistake(
                "You average the costs of a picture over its latents. The floor is for one latent, over the pictures.",
                lambda costs, floor: math.fsum(max(floor, mean(row)) for row in costs),
            ),
            Mistake("Now the floor is gone altogether.", over(lambda mean, floor: mean)),
        ],
        solved="Every latent has its own floor, so none has to die for another.",
        absolute=1e-12,
    )

"""Exercises of the chapter "A variable you did not see"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "mixture"

Choice(
    "mixture-condition",
    CHAPTER,
    "You maximise",
    (
        wrong(
            "the sum of log p(xᵢ | zᵢ), at the zᵢ that suits each bird best.",
            "Nobody saw z. And the best of several densities has an area above 1: it is no density of what you saw.",
        ),
        wrong(
            "the sum of log p(xᵢ, zᵢ).",
            "That is the right score when z was written down. Here you have no value to put in its place.",
        ),
        wrong(
            "the sum over all birds and all k of log p(xᵢ | k).",
            "The possibilities exclude each other: their densities are weighted and added before the logarithm.",
        ),
        right("the sum of log p(xᵢ), where p(xᵢ) is the sum over k of p(k) p(xᵢ | k)."),
    ),
    "Only x was seen, so only the density of x can be scored; the conditions are all inside its sum.",
)

Number(
    "mixture-share",
    CHAPTER,
    "Responsibility of the first component",
    answer=2 / 3,
    tolerance=0.004,
    wrong=(
        (6 / 7, "You compared the heights alone. Each must be weighted with its component's share first."),
        (0.25, "That is the share before you saw the length. The length has something to say too."),
        (0.015, "That is the first layer, p(x, z = 1). Divide it by the sum of both layers."),
        (0.0225, "That is p(x), the sum of both layers. Which part of it belongs to the first?"),
        (2.0, "These are the odds, one layer over the other. A share is a layer over the sum of the layers."),
        (1 / 3, "That is the second component's responsibility."),
    ),
    solved="0.25 × 0.06 = 0.015 and 0.75 × 0.01 = 0.0075; the first is two thirds of their sum.",
    otherwise="Weight each height with its share, then divide the first product by the sum of the two.",
)

Choice(
    "mixture-statements",
    CHAPTER,
    "True of EM",
    (
        right("No step lowers the log-likelihood.", "The bound touches, rises, and stays below."),
        wrong(
            "It ends at the highest log-likelihood there is.",
            "Remember the bad start: it ended on a lower hill. And without a floor there is no highest.",
        ),
        right(
            "Exchange the two components, and the log-likelihood stays the same.",
            "A sum does not mind the order of its terms.",
        ),
        wrong(
            "If three components reach a higher log-likelihood than two, there are three groups.",
            "A richer family contains the smaller one, so its best fit is at least as good, groups or no groups.",
        ),
        wrong(
            "Each E step puts every bird into one component.",
            "It gives every component a share of every bird; only far from the border is a share close to 1.",
        ),
    ),
    "It climbs, it may end on a lower hill, and it cannot tell one numbering of the components from another.",
    several=True,
)


def _log_joint(x, weights, means, sigmas):
    """log p(x, k) for each k."""
    return [math.log(w) + formulas.log_density(x, m, s) for w, m, s in zip(weights, means, sigmas, strict=True)]


def _log_marginal(x, weights, means, sigmas):
    """The logarithm of the sum, taken around its largest term."""
    return formulas.log_sum_exp(_log_joint(x, weights, means, sigmas))


def _marginal_cases(rng):
    yield Case((206.0, [0.6, 0.4], [191.0, 216.0], [6.5, 7.3]))
    for _ in range(4):
        weight = rng.uniform(0.1, 0.9)
        means, sigmas = [rng.uniform(180, 220) for _ in "12"], [rng.uniform(2, 12) for _ in "12"]
        yield Case((rng.uniform(175, 230), [weight, 1 - weight], means, sigmas))
    yield Case((204.0, [0.44, 0.2, 0.36], [190.0, 196.0, 217.0], [6.5, 7.0, 6.5]), "Here there are three components.")
    yield Case((204.0, [1.0], [200.0], [14.0]), "Here there is one component.")
    yield Case((190.0, [0.5, 0.5], [190.0, 190.0], [1e-3, 9.0]), "Here one component is very narrow.")
    far = "Here x is so far away that every density is 0 in a float."
    yield Case((900.0, [0.6, 0.4], [191.0, 216.0], [6.5, 7.3]), far)


_MARGINAL = """import math
def log_marginal(x, weights, means, sigmas):
    joint = [math.log(w) - ((x - m) / s) ** 2 / 2 - math.log(s) - math.log(2 * math.pi) / 2
             for w, m, s in zip(weights, means, sigmas)]
    top = max(joint)
    return top + math.log(sum(math.exp(value - top) for value in joint))
"""


def _of_terms(combine):
    """A mistaken function of the terms log p(x, k)."""
    return lambda x, weights, means, sigmas: combine(_log_joint(x, weights, means, sigmas))


def _equal_weights(x, weights, means, sigmas):
    return _log_marginal(x, [1 / len(weights)] * len(weights), means, sigmas)


@checker(
    "mixture-code",
    chapter=CHAPTER,
    curve=Curve(
        function="log_marginal",
        args={"weights": [0.6, 0.4], "means": [191, 216], "sigmas": [6.5, 7.3]},
        x=(165, 245),
        y=(-12, -2),
        label="flipper length (mm)",
        y_label="log p(x)",
    ),
    wrong=[
        Wrong(_MARGINAL.replace("return top", "return sum(joint) #"), "added the logarithms"),
        Wrong(_MARGINAL.replace("top + math.log(", "math.exp(top) * ("), "density itself"),
        Wrong(_MARGINAL.replace("math.log(w) - (", "-("), "weights are missing"),
        Wrong(_MARGINAL.replace("math.log(w) -", "w -"), "logarithm of the weight"),
        Wrong(_MARGINAL.replace("return top + math.log", "return max(joint) #"), "largest layer alone"),
        Wrong(_MARGINAL.replace("top + math.log(", "math.log("), "top term back"),
        Wrong(_MARGINAL.replace("    top = max(joint)", "    top = 0"), "every density is 0.*largest term"),
        Wrong(_MARGINAL.replace("/ s) ** 2 / 2", "/ s) ** 2"), "The 2 below"),
        Wrong(
            _MARGINAL.replace("return top + math.log(", "return sum(w * j for w, j in zip(weights, joint)) #"),
            "averaged the logarithms",
        ),
        Wrong(_MARGINAL.replace(" - math.log(2 * math.pi) / 2", ""), "root of 2π"),
        Wrong(_MARGINAL.replace(" - math.log(s)", ""), "narrow Gaussian is high"),
    ],
)
def _(log_marginal):
    def no_weights(x, weights, means, sigmas):
        return _log_marginal(x, [1.0] * len(weights), means, sigmas)

    def plain_weights(x, weights, means, sigmas):
        heights = [w - math.log(w) + j for w, j in zip(weights, _log_joint(x, weights, means, sigmas), strict=True)]
        top = max(heights)
        return top + math.log(sum(math.exp(value - top) for value in heights))

    def no_two(x, weights, means, sigmas):
        root = math.sqrt(2)
        terms = [j - ((x - m) / s / root) ** 2 for j, m, s in zip(
            _log_joint(x, weights, means, sigmas), means, sigmas, strict=True)]  # fmt: skip
        top = max(terms)
        return top + math.log(sum(math.exp(value - top) for value in terms))

    def no_sigma(x, weights, means, sigmas):
        terms = [j + math.log(s) for j, s in zip(_log_joint(x, weights, means, sigmas), sigmas, strict=True)]
        top = max(terms)
        return top + math.log(sum(math.exp(value - top) for value in terms))

    def averaged(x, weights, means, sigmas):
        return sum(w * j for w, j in zip(weights, _log_joint(x, weights, means, sigmas), strict=True))

    return compare(
        log_marginal,
        _log_marginal,
        _marginal_cases(random.Random("mixture-code")),
        [
            Mistake("You added the logarithms. The densities are added first; the logarithm comes last.",
                    _of_terms(sum)),
            Mistake("This is the density itself; the exercise asks for its logarithm.",
                    lambda *a: math.exp(_log_marginal(*a))),
            Mistake("The weights are missing: each density is multiplied by its component's share.", no_weights),
            Mistake("In a sum of logarithms it is the logarithm of the weight that belongs.", plain_weights),
            Mistake("This is the largest layer alone. A bird may come from any of them: add the layers.",
                    _of_terms(max)),
            Mistake("Give the top term back: you subtracted it inside the exponential.",
                    lambda *a: _log_marginal(*a) - max(_log_joint(*a))),
            Mistake("The 2 below the square is missing: it is divided by 2 sigma².", no_two),
            Mistake("You averaged the logarithms. Average the densities, then take one logarithm.", averaged),
            Mistake("The height lacks its constant: one over the root of 2π.",
                    lambda *a: _log_marginal(*a) + math.log(2 * math.pi) / 2),
            Mistake("The height lacks its 1 / sigma: a narrow Gaussian is high.", no_sigma),
            Mistake("All components count alike here; use the weights that are given.", _equal_weights),
        ],
        solved="It works for one component and for three, and also where every density is too small for a float.",
        absolute=1e-12,
        errors={ValueError: "log(0) does not exist: take the largest term out of the sum before you exponentiate."},
    )  # fmt: skip


def _new_sigma(x, q):
    """The spread of the shares around their own mean."""
    size = math.fsum(q)
    mean = math.fsum(share * value for share, value in zip(q, x, strict=True)) / size
    return math.sqrt(math.fsum(share * (value - mean) ** 2 for share, value in zip(q, x, strict=True)) / size)


def _sigma_cases(rng):
    yield Case(([190.0, 195.0, 215.0], [0.9, 0.8, 0.1]))
    for count in (2, 5, 9, 40):
        yield Case(([rng.uniform(175, 230) for _ in range(count)], [rng.uniform(0.05, 1) for _ in range(count)]))
    yield Case(([190.0, 195.0, 215.0], [1.0, 1.0, 1.0]), "Here every share is 1: an ordinary standard deviation.")
    yield Case(([190.0, 195.0, 215.0], [0.0, 1.0, 1.0]), "Here one bird has share 0.")
    yield Case(([190.0, 195.0, 215.0], [1e-9, 2e-9, 1e-9]), "Here the component has almost nothing left.")


_SIGMA = """import math
def new_sigma(x, q):
    size = sum(q)
    mean = sum(share * value for share, value in zip(q, x)) / size
    spread = sum(share * (value - mean) ** 2 for share, value in zip(q, x))
    return math.sqrt(spread / size)
"""
_PLAIN_MEAN = _SIGMA.replace("sum(share * value for share, value in zip(q, x)) / size", "sum(x) / len(x)")


def _around(x, q, mean):
    return sum(share * (value - mean) ** 2 for share, value in zip(q, x, strict=True))


@checker(
    "mixture-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_PLAIN_MEAN, "mean of all birds"),
        Wrong(_SIGMA.replace("spread / size", "spread / len(x)"), "divides by the number of birds"),
        Wrong(_SIGMA.replace("math.sqrt(spread / size)", "spread / size"), "variance"),
        Wrong(_SIGMA.replace("share * (value", "(value"), "forgot the shares in the spread"),
        Wrong(_SIGMA.replace("spread / size", "spread / (size - 1)"), "less 1"),
        Wrong(_SIGMA.replace("share * (value - mean) ** 2", "(share * (value - mean)) ** 2"), "squared with"),
        Wrong(_SIGMA.replace("math.sqrt(spread / size)", "math.sqrt(spread) / size"), "inside the root"),
        Wrong(_SIGMA.replace("zip(q, x)) / size", "zip(q, x)) / len(x)"), "mean is divided"),
    ],
)
def _(new_sigma):
    def own_mean(x, q):
        return sum(share * value for share, value in zip(q, x, strict=True)) / sum(q)

    def scaled(factor):
        return lambda x, q: math.sqrt(_around(x, q, own_mean(x, q)) / factor(x, q))

    return compare(
        new_sigma,
        _new_sigma,
        _sigma_cases(random.Random("mixture-bug")),
        [
            Mistake("The spread is still taken around the mean of all birds; it needs the component's own.",
                    lambda x, q: math.sqrt(_around(x, q, sum(x) / len(x)) / sum(q))),
            Mistake("This divides by the number of birds; the component has only the sum of its shares.",
                    scaled(lambda x, q: len(x))),
            Mistake("This is the variance; the exercise asks for its root.", lambda x, q: _new_sigma(x, q) ** 2),
            Mistake("You forgot the shares in the spread: far birds that hardly belong count in full.",
                    lambda x, q: math.sqrt(_around(x, [1] * len(x), own_mean(x, q)) / sum(q))),
            Mistake("This divides by the sum of the shares less 1; the M step divides by the sum itself.",
                    scaled(lambda x, q: sum(q) - 1)),
            Mistake("The share is squared with the deviation; only the deviation is squared.",
                    lambda x, q: math.sqrt(_around(x, [share**2 for share in q], own_mean(x, q)) / sum(q))),
            Mistake("Your mean is divided by the number of birds; the component has only the sum of its shares.",
                    lambda x, q: math.sqrt(_around(x, q, sum(a * b for a, b in zip(q, x, strict=True)) / len(x))
                                           / sum(q))),
            Mistake("The division belongs inside the root.",
                    lambda x, q: math.sqrt(_around(x, q, own_mean(x, q))) / sum(q)),
        ],
        solved="Around its own mean the component is as narrow as its birds, and EM climbs again.",
        absolute=1e-9,
    )  # fmt: skip


def _shares(value, *model):
    """Responsibilities of one bird."""
    total = _log_marginal(value, *model)
    return [math.exp(entry - total) for entry in _log_joint(value, *model)]


def _step(x, weights, means, sigmas, slip=""):
    """One EM step, or one with a ``slip``."""
    size, mean, spread = [], [], []
    prior = [1 / len(means)] * len(means) if slip == "heights" else weights
    table = [_shares(value, prior, means, sigmas) for value in x]
    if slip == "hard":
        table = [[float(share == max(row)) for share in row] for row in table]
    for k, old in enumerate(means):
        q = [row[k] for row in table]
        size.append(sum(q))
        mean.append(sum(share * value for share, value in zip(q, x, strict=True)) / size[k])
        centre = {"stale": old, "overall": sum(x) / len(x)}.get(slip, mean[k])
        variance = _around(x, q, centre) / size[k]
        spread.append(variance if slip == "variance" else math.sqrt(variance))
    kept = {"equal": weights, "sums": size}.get(slip, [s / len(x) for s in size])
    return kept, mean, sigmas if slip == "fixed" else spread


def _step_in_turn(x, *model):
    """Each component moves before the next one's responsibilities are computed."""
    weights, means, sigmas = map(list, model)
    for k in range(len(means)):
        q = [_shares(value, weights, means, sigmas)[k] for value in x]
        weights[k] = sum(q) / len(x)
        means[k] = sum(share * value for share, value in zip(q, x, strict=True)) / sum(q)
        sigmas[k] = math.sqrt(_around(x, q, means[k]) / sum(q))
    return weights, means, sigmas


def _score(x, model):
    return math.fsum(_log_marginal(value, *model) for value in x)


def _climb(x, weights, means, sigmas, steps):
    """Log-likelihood after so many EM steps."""
    model = weights, means, sigmas
    for _ in range(steps):
        model = _step(x, *model)
    return _score(x, model)


def _climb_cases(rng):
    x = [rng.gauss(191, 6) for _ in range(18)] + [rng.gauss(216, 6) for _ in range(12)]
    yield Case((x, [0.5, 0.5], [185.0, 205.0], [9.0, 9.0], 1))
    for steps in (2, 3, 6):
        yield Case((x, [0.7, 0.3], [190.0, 210.0], [8.0, 12.0], steps))
    yield Case((x, [0.4, 0.2, 0.4], [185.0, 200.0, 215.0], [6.0, 9.0, 6.0], 3), "Here there are three components.")
    yield Case((x, [0.5, 0.5], [185.0, 205.0], [9.0, 9.0], 0), "With 0 steps it is the log-likelihood of the start.")


_CLIMB = """import math
def climb(x, weights, means, sigmas, steps):
    for _ in range(steps):
        q = []
        for value in x:
            total = log_marginal(value, weights, means, sigmas)
            q.append([math.exp(log_marginal(value, [1.0], [m], [s]) + math.log(w) - total)
                      for w, m, s in zip(weights, means, sigmas)])
        size = [sum(row[k] for row in q) for k in range(len(means))]
        new = [sum(row[k] * value for row, value in zip(q, x)) / size[k] for k in range(len(means))]
        middle = new
        spread = [math.sqrt(sum(row[k] * (value - middle[k]) ** 2 for row, value in zip(q, x)) / size[k])
                  for k in range(len(means))]
        weights, means, sigmas = [s / len(x) for s in size], new, spread
    return sum(log_marginal(value, weights, means, sigmas) for value in x)
"""


_IN_TURN = """import math
def climb(x, weights, means, sigmas, steps):
    weights, means, sigmas = list(weights), list(means), list(sigmas)
    for _ in range(steps):
        for k in range(len(means)):
            q = [math.exp(math.log(weights[k]) + log_marginal(value, [1.0], [means[k]], [sigmas[k]])
                          - log_marginal(value, weights, means, sigmas)) for value in x]
            weights[k] = sum(q) / len(x)
            means[k] = sum(s * value for s, value in zip(q, x)) / sum(q)
            sigmas[k] = math.sqrt(sum(s * (value - means[k]) ** 2 for s, value in zip(q, x)) / sum(q))
    return sum(log_marginal(value, weights, means, sigmas) for value in x)
"""


@checker(
    "mixture-climb",
    chapter=CHAPTER,
    needs=["mixture-code"],
    wrong=[
        Wrong(_CLIMB.replace("[s / len(x) for s in size], new", "weights, new"), "weights stay"),
        Wrong(_CLIMB.replace("middle = new", "middle = means"), "old means"),
        Wrong(_CLIMB.replace("new, spread", "new, sigmas"), "widths stay"),
        Wrong(_CLIMB.replace("[math.sqrt(sum(", "[(sum("), "are variances"),
        Wrong(
            _CLIMB.replace(
                "        size = ", "        q = [[float(s == max(row)) for s in row] for row in q]\n        size = "
            ),
            "wholly to one",
        ),
        Wrong(_CLIMB.replace("middle = new", "middle = [sum(x) / len(x)] * len(means)"), "mean of all birds"),
        Wrong(_CLIMB.replace("[s / len(x) for s in size]", "size"), "do not sum to 1"),
        Wrong(_IN_TURN, "from the old parameters"),
        Wrong(_CLIMB.replace("for _ in range(steps):", "for _ in range(1):"), "one step"),
        Wrong(_CLIMB.replace("for _ in range(steps):", "for _ in range(0):"), "log-likelihood of the start"),
        Wrong(_CLIMB.replace("range(steps)", "range(steps + 1)"), "one step too many"),
        Wrong(_CLIMB.replace("for value in x)\n", "for value in x) / len(x)\n"), "average"),
        Wrong(
            _CLIMB.replace(
                "+ math.log(w) - total",
                "- log_marginal(value, [1 / len(means)] * len(means), means, sigmas) + math.log(1 / len(means))",
            ),
            "heights alone",
        ),
    ],
)
def _(climb):
    def walked(step):
        def run(x, weights, means, sigmas, steps):
            model = weights, means, sigmas
            for _ in range(steps):
                model = step(x, *model)
            return _score(x, model)

        return run

    def mistaken(slip):
        return walked(lambda x, *model: _step(x, *model, slip))

    return compare(
        climb,
        _climb,
        _climb_cases(random.Random("mixture-climb")),
        [
            Mistake("Your weights stay as they were at the start: the M step moves them too.", mistaken("equal")),
            Mistake("Your spreads are taken around the old means; the M step takes them around the new ones.",
                    mistaken("stale")),
            Mistake("Your widths stay as they were at the start: the M step moves them too.", mistaken("fixed")),
            Mistake("Your responsibilities compare the heights alone; weight each with its component's share first.",
                    mistaken("heights")),
            Mistake("Your sigmas are variances: take the root.", mistaken("variance")),
            Mistake("You give each bird wholly to one component. The E step shares it out.", mistaken("hard")),
            Mistake("Your spreads are taken around the mean of all birds; each component needs its own.",
                    mistaken("overall")),
            Mistake("Your weights do not sum to 1: divide each component's sum of shares by the number of birds.",
                    mistaken("sums")),
            Mistake("You replace a component's parameters before the next one's responsibilities are computed. All "
                    "responsibilities of a step come from the old parameters.", walked(_step_in_turn)),
            Mistake("You take one step, however many are asked for.", lambda *a: _climb(*a[:4], 1)),
            Mistake("This is the log-likelihood of the start: the new parameters never reach the score.",
                    lambda *a: _climb(*a[:4], 0)),
            Mistake("You take one step too many.", lambda *a: _climb(*a[:4], a[4] + 1)),
            Mistake("This is the average over the birds; the log-likelihood is their sum.",
                    lambda *a: _climb(*a) / len(a[0])),
        ],
        solved="That is the whole algorithm, in a dozen lines, and it never slips.",
        absolute=1e-9,
    )  # fmt: skip

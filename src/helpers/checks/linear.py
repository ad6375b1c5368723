"""Exercises of the chapter "The VAE you can solve"."""

import math
import random

from helpers.checks.judging import Case, Mistake, close, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker
from helpers.checks.result import Result

CHAPTER = "linear"
LOG_2_PI = math.log(2 * math.pi)

Choice(
    "linear-turned",
    CHAPTER,
    "After the turn",
    (
        wrong(
            "log p(x) and the ELBO both stay.",
            "The best encoder still has a diagonal covariance, and turned columns make the posterior correlated.",
        ),
        right("log p(x) stays, the ELBO falls."),
        wrong(
            "log p(x) and the ELBO both fall.",
            "The covariance of x is built from WWᵀ, and (WR)(WR)ᵀ = WRRᵀWᵀ is the same matrix.",
        ),
        wrong(
            "log p(x) falls, the ELBO stays.",
            "At the top the ELBO equals log p(x): if log p(x) fell, the bound would stand above it.",
        ),
        wrong(
            "The ELBO rises: the encoder has more to choose from.",
            "It was already equal to log p(x), which no bound exceeds.",
        ),
    ),
    "The likelihood is blind to a rotation of the latents. The diagonal covariance is not.",
)

Number(
    "linear-width",
    CHAPTER,
    "Standard deviation of q",
    answer=1 / 3,
    tolerance=0.005,
    wrong=(
        (1 / 9, "That is the variance s². Its root was asked for."),
        (0.3162, "You added σ² twice: the best column has |w|² = λ − σ² = 8, and M = |w|² + σ² is λ itself."),
        (0.3536, "You divided by |w|² = 8 alone; M also contains σ², which is the prior’s share."),
        (0.9428, "That is how far the means of q spread over the data. Each q on its own is narrow."),
        (3, "Turned over: a direction in which the data vary much is one in which x tells much about z."),
    ),
    solved="s² = σ²/λ = 1/9. The more the data vary along an axis, the more exactly x tells its latent.",
    otherwise="s² = σ²/M, with M = |w|² + σ² and |w|² = λ − σ².",
)

Choice(
    "linear-off",
    CHAPTER,
    "At the maximum",
    (
        right("Two of the three latents are in use."),
        wrong(
            "All three are in use, the third one weakly.",
            "The third eigenvalue, 1, is below σ² = 2, so the best length of its column is exactly 0.",
        ),
        right("The third latent’s posterior is the prior, whatever x is."),
        wrong(
            "The ELBO stays below log p(x) because a latent has collapsed.",
            "A column of zeros is orthogonal to the others: q = prior is the exact posterior, and the gap is 0.",
        ),
        right("With σ² learnt, the third latent would come into use."),
        wrong(
            "A better optimiser would bring the third latent into use.",
            "This is the maximum, of ELBO and likelihood alike; a better optimiser only reaches it sooner.",
        ),
    ),
    "Collapse without any looseness of the bound: the likelihood itself has no use for the third latent.",
    several=True,
)


def _dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def _log_p(r, w, variance, log_det=None, explained=None):
    """Log density under one latent's model, with some of its pieces replaced."""
    m = _dot(w, w) + variance
    log_det = math.log(m) + (len(r) - 1) * math.log(variance) if log_det is None else log_det
    explained = _dot(w, r) ** 2 / m if explained is None else explained
    return -(len(r) * LOG_2_PI + log_det + (_dot(r, r) - explained) / variance) / 2


def _log_prob(r, w, sigma):
    return _log_p(r, w, sigma**2)


def _vector(rng, count, size=2.0):
    return [rng.uniform(-size, size) for _ in range(count)]


def _log_prob_cases(rng):
    yield Case(([1.0, -2.0], [2.0, 1.0], 1.5))
    for count in (2, 3, 5, 8):
        yield Case((_vector(rng, count), _vector(rng, count), rng.uniform(0.4, 2.5)))
    yield Case(([0.5, 1.0, -2.0], [0.0, 0.0, 0.0], 0.7), "Here w is 0: the latent is switched off.")
    yield Case(([1.5], [0.8], 0.6), "Here D is 1.")
    yield Case(([0.5, -1.0, 2.0], [1.0, 0.5, 0.2], 1.0), "Here sigma is 1.")


_LOG_PROB = """import math
def log_prob(r, w, sigma):
    m = sum(a * a for a in w) + sigma**2
    along = sum(a * b for a, b in zip(w, r))
    square = (sum(b * b for b in r) - along**2 / m) / sigma**2
    log_det = math.log(m) + 2 * (len(r) - 1) * math.log(sigma)
    return -(len(r) * math.log(2 * math.pi) + log_det + square) / 2
"""


@checker(
    "linear-log-prob",
    chapter=CHAPTER,
    wrong=[
        Wrong(_LOG_PROB.replace("+ sigma**2", "+ sigma"), "added sigma to"),
        Wrong(_LOG_PROB.replace("+ sigma**2", ""), "The noise is missing from M"),
        Wrong(_LOG_PROB.replace("(len(r) - 1)", "len(r)"), "one of the D"),
        Wrong(_LOG_PROB.replace("2 * (len(r) - 1)", "(len(r) - 1)"), "log of sigma²"),
        Wrong(_LOG_PROB.replace(" + 2 * (len(r) - 1) * math.log(sigma)", ""), "only log M"),
        Wrong(_LOG_PROB.replace("- along**2 / m", ""), "as if the latent explained nothing"),
        Wrong(_LOG_PROB.replace("along**2 / m", "along / m"), "squared"),
        Wrong(_LOG_PROB.replace("- along**2", "+ along**2"), "comes off"),
        Wrong(_LOG_PROB.replace(") / sigma**2", ")"), "not divided by sigma²"),
        Wrong(_LOG_PROB.replace("len(r) * math.log(2 * math.pi) + ", ""), "2 pi"),
        Wrong(_LOG_PROB.replace("return -(", "return ("), "sign"),
        Wrong(_LOG_PROB.replace("+ square) / 2", "+ square)"), "twice"),
    ],
)
def _(log_prob):
    def with_pieces(log_det=None, explained=None):
        def wrong(r, w, sigma):
            v, along, square = sigma**2, _dot(w, r), _dot(w, w)
            given = (len(r), v, square, along, sigma)
            return _log_p(r, w, v, *(piece and piece(*given) for piece in (log_det, explained)))

        return wrong

    return compare(
        log_prob,
        _log_prob,
        _log_prob_cases(random.Random("linear-log-prob")),
        [
            Mistake(
                "You added sigma to |w|². M holds its square.",
                with_pieces(
                    lambda d, v, a, along, s: math.log(a + s) + (d - 1) * math.log(v),
                    lambda d, v, a, along, s: along**2 / (a + s),
                ),
            ),
            Mistake(
                "The noise is missing from M, which is |w|² + sigma².",
                with_pieces(
                    lambda d, v, a, along, s: math.log(a) + (d - 1) * math.log(v),
                    lambda d, v, a, along, s: along**2 / a,
                ),
            ),
            Mistake(
                "The determinant is M times sigma² to the power D - 1: M takes the place of one of the D.",
                with_pieces(lambda d, v, a, along, s: math.log(a + v) + d * math.log(v)),
            ),
            Mistake(
                "The log of sigma² is twice the log of sigma.",
                with_pieces(lambda d, v, a, along, s: math.log(a + v) + (d - 1) * math.log(s)),
            ),
            Mistake(
                "Your determinant is only log M. The D - 1 directions across w have variance sigma² each.",
                with_pieces(lambda d, v, a, along, s: math.log(a + v)),
            ),
            Mistake(
                "The square is taken as if the latent explained nothing: take (w · r)²/M off.",
                with_pieces(None, lambda *_: 0.0),
            ),
            Mistake(
                "What w explains is (w · r) squared, over M.",
                with_pieces(None, lambda d, v, a, along, s: along / (a + v)),
            ),
            Mistake(
                "What w explains comes off |r|²: it is explained.",
                with_pieces(None, lambda d, v, a, along, s: -(along**2) / (a + v)),
            ),
            Mistake(
                "The square is not divided by sigma².",
                lambda r, w, sigma: (
                    _log_prob(r, w, sigma)
                    + (1 / sigma**2 - 1) * (_dot(r, r) - _dot(w, r) ** 2 / (_dot(w, w) + sigma**2)) / 2
                ),
            ),
            Mistake(
                "The constant is missing: log 2 pi for each of the D numbers, halved.",
                lambda r, w, sigma: _log_prob(r, w, sigma) + len(r) * LOG_2_PI / 2,
            ),
            Mistake("The sign is the wrong way round.", lambda *a: -_log_prob(*a)),
            Mistake("This is twice the log density: all of it is halved.", lambda *a: 2 * _log_prob(*a)),
        ],
        solved="No matrix, and the same number as with the whole D by D covariance.",
        absolute=1e-10,
    )


def _gap(degrees, a, b):
    sine = math.sin(2 * math.radians(degrees))
    return math.log1p((a - b) ** 2 / (4 * a * b) * sine**2) / 2


def _gap_cases(rng):
    yield Case((45.0, 4.0, 1.0))
    for _ in range(6):
        yield Case((rng.uniform(-85, 85), rng.uniform(2.5, 5), rng.uniform(0.2, 2)))
    yield Case((30.0, 2.0, 2.0), "Here both eigenvalues are the same: a turn costs nothing.")
    yield Case((0.0, 3.0, 0.5), "Here nothing is turned.")


_TURN = """import math
def gap(degrees, a, b):
    sine = math.sin(2 * math.radians(degrees))
    return math.log(1 + (a - b)**2 / (4 * a * b) * sine**2) / 2
"""


@checker(
    "linear-turn",
    chapter=CHAPTER,
    curve=Curve(
        function="gap",
        args={"a": 2.754, "b": 0.773},
        x=(-90, 90),
        y=(0, 0.25),
        label="degrees",
        y_label="gap (nats)",
    ),
    wrong=[
        Wrong(_TURN.replace("math.radians(degrees)", "degrees"), "radians"),
        Wrong(_TURN.replace("2 * math.radians", "math.radians"), "twice the angle"),
        Wrong(_TURN.replace("sine**2", "sine"), "sine is squared|ValueError"),
        Wrong(_TURN.replace("(a - b)**2", "(a - b)"), "difference of the eigenvalues is squared"),
        Wrong(_TURN.replace("4 * a * b", "a * b"), "The 4"),
        Wrong(_TURN.replace(" / 2\n", "\n"), "half"),
        Wrong(_TURN.replace("1 + ", "").replace("sine**2) / 2", "sine**2 + 1e-300) / 2"), "The 1 inside"),
        Wrong(_TURN.replace("math.log(1 + ", "(").replace("* sine**2)", "* sine**2)"), "logarithm is missing"),
        Wrong(_TURN.replace("math.sin", "math.cos"), "cosine"),
        Wrong(_TURN.replace("return ", "return -"), "sign"),
    ],
)
def _(gap):
    def inside(degrees, a, b, angle=None):
        sine = math.sin(2 * math.radians(degrees) if angle is None else angle)
        return (a - b) ** 2 / (4 * a * b) * sine**2

    return compare(
        gap,
        _gap,
        _gap_cases(random.Random("linear-turn")),
        [
            Mistake(
                "math.sin takes radians, and you gave it degrees.",
                lambda d, a, b: math.log1p(inside(d, a, b, 2 * d)) / 2,
            ),
            Mistake(
                "It is the sine of twice the angle: a turn by 90° only exchanges the latents.",
                lambda d, a, b: math.log1p(inside(d, a, b, math.radians(d))) / 2,
            ),
            Mistake(
                "The sine is squared: turning the other way costs as much.",
                lambda d, a, b: math.log1p((a - b) ** 2 / (4 * a * b) * math.sin(2 * math.radians(d))) / 2,
            ),
            Mistake(
                "The difference of the eigenvalues is squared.",
                lambda d, a, b: math.log1p((a - b) / (4 * a * b) * math.sin(2 * math.radians(d)) ** 2) / 2,
            ),
            Mistake(
                "The 4 below the fraction is missing: sin α cos α is half of sin 2α, and it is squared.",
                lambda d, a, b: math.log1p(4 * inside(d, a, b)) / 2,
            ),
            Mistake("The gap is half of that logarithm.", lambda *a: 2 * _gap(*a)),
            Mistake(
                "The 1 inside the logarithm is missing: it is what is left of M₁₁M₂₂/ab without a turn.",
                lambda d, a, b: math.log(inside(d, a, b) + 1e-300) / 2,
            ),
            Mistake("The logarithm is missing.", lambda d, a, b: inside(d, a, b) / 2),
            Mistake(
                "You took the cosine: the gap is 0 without a turn, and largest at 45°.",
                lambda d, a, b: math.log1p((a - b) ** 2 / (4 * a * b) * math.cos(2 * math.radians(d)) ** 2) / 2,
            ),
            Mistake("The sign is the wrong way round: a gap is a divergence, never negative.", lambda *a: -_gap(*a)),
        ],
        solved="Zero where the latents lie along the principal axes, and highest half way between them.",
        absolute=1e-11,
    )


def _bound(r, w, sigma, v, s, blurred=None, kl=None):
    m = _dot(v, r)
    missed = math.fsum((b - a * m) ** 2 for a, b in zip(w, r, strict=True))
    blurred = (s**2 if blurred is None else blurred(s, sigma)) * _dot(w, w)
    kl = (m**2 + s**2 - 1 - 2 * math.log(s)) / 2 if kl is None else kl(m, s)
    return -(len(r) * math.log(2 * math.pi * sigma**2) + (missed + blurred) / sigma**2) / 2 - kl


def _elbo(r, w, sigma, v, s):
    return _bound(r, w, sigma, v, s)


def _elbo_cases(rng):
    yield Case(([1.0, -2.0], [2.0, 1.0], 1.5, [0.3, 0.1], 0.5))
    for count in (2, 3, 5, 8):
        yield Case((
            _vector(rng, count), _vector(rng, count), rng.uniform(0.5, 2.5), _vector(rng, count, 0.5),
            rng.uniform(0.2, 0.9),
        ))  # fmt: skip
    yield Case(([0.5, 1.0, -2.0], [1.0, 0.0, 0.5], 0.7, [0.0, 0.0, 0.0], 1.0), "Here q is the prior for every x.")
    yield Case(([0.5, -1.0], [0.0, 0.0], 1.2, [0.4, 0.2], 0.6), "Here w is 0: there is nothing to blur.")


_ELBO = """import math
def elbo(r, w, sigma, v, s):
    m = sum(a * b for a, b in zip(v, r))
    missed = sum((b - a * m)**2 for a, b in zip(w, r))
    blurred = s**2 * sum(a * a for a in w)
    square = (missed + blurred) / sigma**2
    reconstruction = -(len(r) * math.log(2 * math.pi * sigma**2) + square) / 2
    return reconstruction - (m**2 + s**2 - 1 - 2 * math.log(s)) / 2
"""


@checker(
    "linear-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ELBO.replace("(missed + blurred)", "missed"), "Still only at the mean"),
        Wrong(_ELBO.replace("blurred = s**2", "blurred = s"), "standard deviation itself"),
        Wrong(_ELBO.replace("s**2 * sum(a * a for a in w)", "s**2"), "how strongly the decoder"),
        Wrong(_ELBO.replace("missed + blurred", "missed - blurred"), "adds to"),
        Wrong(_ELBO.replace("(missed + blurred) / sigma**2", "missed / sigma**2 + blurred"), "noise divides"),
        Wrong(_ELBO.replace("blurred = s**2", "blurred = sigma**2"), "noise of the decoder"),
        Wrong(_ELBO.replace("reconstruction - (m**2", "reconstruction + (m**2"), "KL comes off"),
        Wrong(_ELBO.replace(" - (m**2 + s**2 - 1 - 2 * math.log(s)) / 2", ""), "KL is gone"),
        Wrong(_ELBO.replace("s**2 * sum(a * a for a in w)", "s**2 * sum(a * a for a in w) * len(r)"), "already sums"),
    ],
)
def _(elbo):
    return compare(
        elbo,
        _elbo,
        _elbo_cases(random.Random("linear-bug")),
        [
            Mistake(
                "Still only at the mean: the average over q adds s² |w|² to what is missed.",
                lambda *a: _bound(*a, blurred=lambda s, sigma: 0.0),
            ),
            Mistake(
                "You used the standard deviation itself; the average of (s ε)² is s².",
                lambda *a: _bound(*a, blurred=lambda s, sigma: s),
            ),
            Mistake(
                "A step of s in z moves the reconstruction by s w: how strongly the decoder answers, |w|², counts.",
                lambda r, w, sigma, v, s: _elbo(r, w, sigma, v, s) + s**2 * (_dot(w, w) - 1) / sigma**2 / 2,
            ),
            Mistake(
                "The blur adds to the squared error; a wide q reconstructs worse.",
                lambda *a: _bound(*a, blurred=lambda s, sigma: -(s**2)),
            ),
            Mistake(
                "The noise divides all of the squared error, the blur too.",
                lambda *a: _bound(*a, blurred=lambda s, sigma: s**2 * sigma**2),
            ),
            Mistake(
                "That is the noise of the decoder. What is missing is the width of q.",
                lambda *a: _bound(*a, blurred=lambda s, sigma: sigma**2),
            ),
            Mistake(
                "The KL comes off the reconstruction.",
                lambda *a: _bound(*a, kl=lambda m, s: -(m**2 + s**2 - 1 - 2 * math.log(s)) / 2),
            ),
            Mistake("The blur is right, but the KL is gone.", lambda *a: _bound(*a, kl=lambda m, s: 0.0)),
            Mistake(
                "The length |w|² already sums over the D numbers; do not multiply by D again.",
                lambda r, *a: _bound(r, *a, blurred=lambda s, sigma: len(r) * s**2),
            ),
        ],
        solved="Now it stays below log p(x), and touches it at v = w/M and s² = σ²/M.",
        absolute=1e-10,
    )  # fmt: skip


def _mean_log_p(x, w, sigma):
    return math.fsum(_log_prob(r, w, sigma) for r in x) / len(x)


def _slope(x, w, sigma):
    """Of the mean log p(x) along w, by hand: -w/M + ((w·r) r/M - (w·r)² w/M²)/sigma², averaged."""
    m = _dot(w, w) + sigma**2
    along = [_dot(w, r) for r in x]
    square = _dot(along, along) / len(x)
    return [
        -b / m + (_dot(along, [r[j] for r in x]) / len(x) / m - square * b / m**2) / sigma**2 for j, b in enumerate(w)
    ]


def _walk(x, w, sigma, rate, steps, keep=0.0):
    """The w after that many steps; ``keep`` of all earlier gradients stays in the next."""
    total = [0.0] * len(w)
    for _ in range(steps):
        total = [keep * t + g for t, g in zip(total, _slope(x, w, sigma), strict=True)]
        w = [b + rate * t for b, t in zip(w, total, strict=True)]
    return w


def _climb(x, w, sigma, rate, steps):
    return _mean_log_p(x, _walk(x, w, sigma, rate, steps), sigma)


def _cloud(rng, count, latents):
    rows = [_vector(rng, latents) for _ in range(count)]
    middle = [math.fsum(column) / count for column in zip(*rows, strict=True)]
    return [[b - a for a, b in zip(middle, row, strict=True)] for row in rows]


def _climb_cases(rng):
    yield Case((_cloud(rng, 5, 2), [0.5, 0.1], 0.8, 0.05, 1))
    for count, width, steps in ((4, 2, 2), (6, 3, 5), (8, 2, 12), (5, 4, 20)):
        yield Case((_cloud(rng, count, width), _vector(rng, width, 1.0), rng.uniform(0.6, 1.2), 0.04, steps))
    cross = [[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]]
    yield Case((cross, [0.0, 0.5], 0.5, 0.1, 10), "Here w starts along the second axis, on the way to a saddle.")
    yield Case((_cloud(rng, 3, 2), [0.4, -0.2], 1.1, 0.1, 0), "Here there are no steps at all.")


_CLIMB = """import torch
from helpers import linear_gaussian as linear
def climb(x, w, sigma, rate, steps):
    x, w = (torch.tensor(a, dtype=torch.float64) for a in (x, w))
    def log_p(w):
        return linear.log_prob(x, w[:, None], 0 * w, sigma).mean()
    for _ in range(steps):
        w = w + rate * torch.func.grad(log_p)(w)
    return log_p(w).item()
"""
_BACKWARD = """import torch
from helpers import linear_gaussian as linear
def climb(x, w, sigma, rate, steps):
    x = torch.tensor(x, dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    def log_p():
        return linear.log_prob(x, w[:, None], torch.zeros(len(w), dtype=torch.float64), sigma).mean()
    for _ in range(steps):
        log_p().backward()
        with torch.no_grad():
            w += rate * w.grad
    return log_p().item()
"""


@checker(
    "linear-climb",
    chapter=CHAPTER,
    wrong=[
        Wrong(_CLIMB.replace("w + rate", "w - rate"), "downhill"),
        Wrong(_CLIMB.replace("sigma).mean()", "sigma).sum()"), "sum over the rows"),
        Wrong(_CLIMB.replace("        w = w", "        v = w"), "where it began"),
        Wrong(_CLIMB.replace("range(steps)", "range(steps + 1)"), "one step too many"),
        Wrong(_CLIMB.replace("range(steps)", "range(steps - 1)"), "one step too few"),
        Wrong(_CLIMB.replace("0 * w, sigma)", "0 * w, sigma**0.5)"), "takes sigma itself"),
        Wrong(_CLIMB.replace(", dtype=torch.float64", ""), "float32"),
        Wrong(_BACKWARD, "add up"),
        Wrong(_CLIMB.replace("log_p(w).item()", "-log_p(w).item()"), "minus"),
        Wrong(_CLIMB.replace("return log_p(w).item()", "return w"), "one number"),
    ],
)
def _(climb):
    result = compare(
        climb,
        _climb,
        _climb_cases(random.Random("linear-climb")),
        [
            Mistake(
                "You walk downhill: it is log p(x) that should grow, so add the gradient.",
                lambda x, w, sigma, rate, steps: _climb(x, w, sigma, -rate, steps),
            ),
            Mistake(
                "This climbs the sum over the rows; the mean was asked for, in the steps and at the end.",
                lambda x, w, sigma, rate, steps: len(x) * _climb(x, w, sigma, len(x) * rate, steps),
            ),
            Mistake(
                "It ends where it began. Does the new w reach the next step?",
                lambda x, w, sigma, rate, steps: _mean_log_p(x, w, sigma),
            ),
            Mistake(
                "This is one step too many.",
                lambda x, w, sigma, rate, steps: _climb(x, w, sigma, rate, steps + 1),
            ),
            Mistake(
                "This is one step too few.",
                lambda x, w, sigma, rate, steps: _climb(x, w, sigma, rate, max(steps - 1, 0)),
            ),
            Mistake(
                "The helper takes sigma itself, and you gave it the root.",
                lambda x, w, sigma, rate, steps: _climb(x, w, sigma**0.5, rate, steps),
            ),
            Mistake(
                "The helper takes sigma itself, and you gave it the square.",
                lambda x, w, sigma, rate, steps: _climb(x, w, sigma**2, rate, steps),
            ),
            Mistake(
                "The gradients of all steps add up in w.grad: set w.grad = None after each step.",
                lambda x, w, sigma, rate, steps: _mean_log_p(x, _walk(x, w, sigma, rate, steps, 1.0), sigma),
            ),
            Mistake("This is minus the mean log p(x): a loss.", lambda *a: -_climb(*a)),
        ],
        solved="torch found the gradient that takes half a page by hand.",
        absolute=1e-11,
    )
    if result.kind == "wrong" and _in_single_precision(climb):
        said = "Right to seven digits: somewhere a tensor is float32. Give torch.tensor dtype=torch.float64."
        return Result(False, said, result.details)
    return result


def _in_single_precision(climb) -> bool:
    """Whether all trials agree to the digits of float32, and none to those of float64."""
    off = []
    for case in _climb_cases(random.Random("linear-climb")):
        try:
            value, truth = float(climb(*case.arguments)), _climb(*case.arguments)
        except Exception:
            return False
        off.append(abs(value - truth) / abs(truth))
    return max(off) < 1e-5 and not close(max(off), 0.0, 1e-9)

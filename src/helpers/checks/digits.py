"""Exercises of the chapter "A VAE on digits"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Wrong, checker

CHAPTER = "digits"

Choice(
    "vae-sum",
    CHAPTER,
    "This trains",
    (
        wrong(
            "the same model; only the learning rate changes.",
            "That would be so if both terms were divided by 64. Here only one of them is.",
        ),
        right("a model whose regulariser is 64 times too strong."),
        wrong(
            "a model whose regulariser is 64 times too weak.",
            "The reconstruction was made smaller. Against it, does the regulariser then weigh more or less?",
        ),
        wrong(
            "nothing: it does not converge.", "It converges well enough, which is what makes the mistake hard to see."
        ),
    ),
    "Multiplied by 64, the reconstruction is right and the KL has the factor 64.",
)

Number(
    "vae-kl-number",
    CHAPTER,
    "Regulariser",
    answer=0.5,
    tolerance=0.005,
    wrong=(
        (1.0, "The ½ in front is missing."),
        (0.25, "You took the mean over the latents; they are summed."),
        (-0.5, "A divergence is never negative: the square of the mean counts with a plus."),
        (0.0, "That is right for the second latent. The first one's mean is not 0."),
        (1.5, "Each sigma² = 1 is cancelled by the −1 that stands beside it."),
    ),
    solved="½ (1 + 1 − 1 − 0) = ½ from the first latent, and 0 from the second.",
    otherwise="Put each latent into ½ (mu² + sigma² − 1 − log sigma²) and add the two.",
    unit="nats",
)


def _kl(mu, log_sigma):
    return math.fsum((m * m + math.exp(2 * s) - 1 - 2 * s) / 2 for m, s in zip(mu, log_sigma, strict=True))


def _kl_cases(rng):
    yield Case(([0.3, -1.2], [-0.5, 0.1]))
    for count in (2, 3, 5):
        yield Case(([rng.gauss(0, 1.5) for _ in range(count)], [rng.uniform(-1.5, 0.7) for _ in range(count)]))
    yield Case(([0.8], [-0.4]), "This is a list with one latent.")
    yield Case(([0.0, 0.0], [0.0, 0.0]), "Here q is the prior itself, and the divergence is 0.")
    yield Case(([0.1], [-30.0]), "Here sigma is tiny.")
    yield Case(([rng.gauss(0, 1) for _ in range(50)], [rng.uniform(-2, 0) for _ in range(50)]))


def _sum_of(term):
    return lambda mu, log_sigma: math.fsum(term(m, s) for m, s in zip(mu, log_sigma, strict=True))


_KL = """import math
def kl(mu, log_sigma):
    return sum((m * m + math.exp(2 * s) - 1 - 2 * s) / 2 for m, s in zip(mu, log_sigma))
"""


@checker(
    "vae-kl-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(_KL.replace(" / 2", ""), "½ is missing"),
        Wrong(_KL.rstrip() + " / len(mu)", "mean over the latents"),
        Wrong(_KL.replace("2 * s) / 2", "s) / 2"), "log σ in place of log σ²"),
        Wrong(_KL.replace("math.exp(2 * s)", "math.exp(s)"), "σ in place of σ²"),
        Wrong(_KL.replace("return sum", "return -sum"), "minus the divergence"),
        Wrong(_KL.replace("- 1 - 2 * s", "- 2 * s"), "−1 is missing"),
        Wrong(_KL.replace("m * m + ", ""), "mean is missing"),
        Wrong(
            _KL.replace("m * m + math.exp(2 * s) - 1 - 2 * s", "(m * m + 1) * math.exp(-2 * s) - 1 + 2 * s"),
            "the other way round",
        ),
        Wrong(_KL.replace("math.exp(2 * s) - 1 - 2 * s", "s * s - 1 - 2 * math.log(abs(s))"), "log_sigma.*as if"),
        Wrong(_KL.replace("- 1 - 2 * s", "- 1 - math.log(s * s)"), "once more"),
        Wrong(
            "import math\ndef kl(mu, log_sigma):\n    for m, s in zip(mu, log_sigma):\n"
            "        return (m * m + math.exp(2 * s) - 1 - 2 * s) / 2",
            "Only the first latent",
        ),
    ],
)
def _(kl):
    return compare(
        kl,
        _kl,
        _kl_cases(random.Random("vae-kl-code")),
        [
            Mistake("The ½ is missing.", lambda *a: 2 * _kl(*a)),
            Mistake("This is the mean over the latents; the divergence is their sum.", lambda *a: _kl(*a) / len(a[0])),
            Mistake("This is minus the divergence, which is never negative.", lambda *a: -_kl(*a)),
            Mistake(
                "You subtract log σ in place of log σ², which is twice as much.",
                _sum_of(lambda m, s: (m * m + math.exp(2 * s) - 1 - s) / 2),
            ),
            Mistake(
                "You add σ in place of σ²: exp(log_sigma) is σ, and its square is exp(2 * log_sigma).",
                _sum_of(lambda m, s: (m * m + math.exp(s) - 1 - 2 * s) / 2),
            ),
            Mistake("The −1 is missing.", _sum_of(lambda m, s: (m * m + math.exp(2 * s) - 2 * s) / 2)),
            Mistake("The square of the mean is missing.", _sum_of(lambda m, s: (math.exp(2 * s) - 1 - 2 * s) / 2)),
            Mistake(
                "This is KL(p‖q), the other way round.",
                _sum_of(lambda m, s: ((m * m + 1) * math.exp(-2 * s) - 1 + 2 * s) / 2),
            ),
            Mistake(
                "You use log_sigma as if it were sigma: take its exponential first.",
                _sum_of(lambda m, s: (m * m + s * s - 1 - 2 * math.log(abs(s))) / 2),
            ),
            Mistake(
                "You take the logarithm of log_sigma once more; log σ² is 2 * log_sigma.",
                _sum_of(lambda m, s: (m * m + math.exp(2 * s) - 1 - math.log(s * s)) / 2),
            ),
            Mistake(
                "Only the first latent counts. Does `return` stand inside the loop?", lambda m, s: _kl(m[:1], s[:1])
            ),
        ],
        solved="It is 0 only where q is the prior itself, and it grows as q moves away or becomes narrow.",
        absolute=1e-12,
        errors={ValueError: "log_sigma is a logarithm already, and may be negative or 0."},
    )


def _draw(mu, log_variance, noise):
    return mu + math.exp(0.5 * log_variance) * noise


def _draw_cases(rng):
    yield Case((0.5, -2.0, 1.0))
    for _ in range(5):
        yield Case((rng.gauss(0, 2), rng.uniform(-4, 2), rng.gauss(0, 1)))
    yield Case((1.5, 0.0, -0.7), "Here the variance is 1.")
    yield Case((1.5, -700.0, 0.9), "Here the variance is tiny, and the draw is the mean.")
    yield Case((0.0, 12.0, -1.3), "Here the variance is large.")


@checker(
    "vae-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return mu + math.exp(log_variance) * noise",
            "spread of the draws is wrong",
        ),
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return mu + math.exp(log_variance) / 2 * noise",
            "Half the variance is not",
        ),
        Wrong(
            "def draw(mu, log_variance, noise):\n    return mu + 0.5 * log_variance * noise",
            "logarithm of the standard deviation",
        ),
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return mu + math.sqrt(log_variance) * noise",
            "ValueError.*may be negative",
        ),
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return mu + math.exp(2 * log_variance) * noise",
            "square root of a variance halves",
        ),
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return mu + math.exp(0.5 * log_variance)",
            "The noise is missing",
        ),
        Wrong("def draw(mu, log_variance, noise):\n    return mu", "always q's mean"),
        Wrong(
            "import math\ndef draw(mu, log_variance, noise):\n    return (mu + noise) * math.exp(0.5 * log_variance)",
            "scales the mean too",
        ),
    ],
)
def _(draw):
    return compare(
        draw,
        _draw,
        _draw_cases(random.Random("vae-bug")),
        [
            Mistake(
                "The mean is right, the spread of the draws is wrong. What is the exponential of a log variance?",
                lambda mu, log_variance, noise: mu + math.exp(log_variance) * noise,
            ),
            Mistake(
                "Half the variance is not its square root: halve the logarithm, before the exponential.",
                lambda mu, log_variance, noise: mu + math.exp(log_variance) / 2 * noise,
            ),
            Mistake(
                "You multiply the noise by the logarithm of the standard deviation. Take its exponential.",
                lambda mu, log_variance, noise: mu + 0.5 * log_variance * noise,
            ),
            Mistake(
                "The square root of a variance halves its logarithm; you doubled it.",
                lambda mu, log_variance, noise: mu + math.exp(2 * log_variance) * noise,
            ),
            Mistake(
                "The noise is missing: this is not a draw.",
                lambda mu, log_variance, noise: mu + math.exp(0.5 * log_variance),
            ),
            Mistake("This is always q's mean, whatever the noise.", lambda mu, log_variance, noise: mu),
            Mistake(
                "This scales the mean too; only the noise is multiplied by the standard deviation.",
                lambda mu, log_variance, noise: (mu + noise) * math.exp(0.5 * log_variance),
            ),
        ],
        solved="exp(log σ² / 2) is σ, and the draws have the spread that the KL charges for.",
        absolute=1e-12,
        errors={ValueError: "A log variance may be negative: its exponential is the variance."},
    )


class Bound:
    """Somebody's ELBO for z ~ N(0, 1), x ~ N(z, 1) and q = N(mu, sigma²), under a name that hides its fault."""

    def __init__(self, name, kl_weight=1.0, spread=1.0, slope=0.0, reverse=False):
        """``kl_weight`` times the KL, ``spread`` times σ² in the reconstruction, and ``slope`` times x too much."""
        self.name, self.kl_weight, self.spread, self.slope, self.reverse = name, kl_weight, spread, slope, reverse

    def __repr__(self):
        """Only the name."""
        return self.name

    def __call__(self, x, mu, sigma):
        """The bound in nats."""
        reconstruction = formulas.log_density(x, mu, 1.0) - self.spread * sigma**2 / 2
        kl = (mu**2 + sigma**2 - 1 - 2 * math.log(sigma)) / 2
        if self.reverse:
            kl = ((mu**2 + 1) / sigma**2 - 1 + 2 * math.log(sigma)) / 2
        return reconstruction - self.kl_weight * kl + self.slope * x


BOUNDS = {
    Bound("bound_a"): "bound_a has no fault.",
    Bound("bound_b", kl_weight=2.0): "bound_b lacks the ½ in its KL.",
    Bound("bound_c", reverse=True): "bound_c has KL(p‖q) in place of KL(q‖p).",
    Bound("bound_d", spread=0.0): "bound_d forgets that q has a spread.",
    Bound("bound_e", slope=0.1): "bound_e is right for x = 0 alone.",
}
HALF = math.sqrt(0.5)


def _log_p(x):
    return formulas.log_density(x, 0.0, math.sqrt(2))


def _gap(bound, x):
    return _log_p(x) - bound(x, x / 2, HALF)


def _gap_cases(rng):
    for bound, note in BOUNDS.items():
        for x in (1.0, -0.7, rng.uniform(1, 3)):
            yield Case((bound, x), note)


_GAP = """import math
def gap(bound, x):
    log_p = -0.5 * math.log(2 * math.pi * 2) - x * x / 4
    return log_p - bound(x, x / 2, math.sqrt(0.5))
"""


@checker(
    "vae-equality",
    chapter=CHAPTER,
    wrong=[
        Wrong(_GAP.replace("log_p - bound(x, x / 2, math.sqrt(0.5))", "bound(x, x / 2, math.sqrt(0.5)) - log_p"),
              "The sign"),
        Wrong(_GAP.replace("log_p - bound(x, x / 2, math.sqrt(0.5))", "abs(log_p - bound(x, x / 2, math.sqrt(0.5)))"),
              "without its sign"),
        Wrong(_GAP.replace("log_p - bound(x, x / 2, math.sqrt(0.5))", "bound(x, x / 2, math.sqrt(0.5))"),
              "bound itself"),
        Wrong(_GAP.replace("math.sqrt(0.5)", "0.5"), "½ is the variance"),
        Wrong(_GAP.replace("x / 2, math.sqrt(0.5)", "0.0, 1.0"), "That is the prior"),
        Wrong(_GAP.replace("x / 2,", "x,"), "half way"),
        Wrong(_GAP.replace("math.pi * 2) - x * x / 4", "math.pi) - x * x / 2"), "given z = 0"),
        Wrong(_GAP.replace(" - x * x / 4", " - x * x / 8"), "twice its square"),
    ],
)  # fmt: skip
def _(gap):
    return compare(
        gap,
        _gap,
        _gap_cases(random.Random("vae-equality")),
        [
            Mistake("The sign: the gap is log p(x) less the bound.", lambda b, x: -_gap(b, x)),
            Mistake(
                "This is the gap without its sign, and the sign tells whether a bound is too low or too high.",
                lambda b, x: abs(_gap(b, x)),
            ),
            Mistake("This is the bound itself, not its distance from log p(x).", lambda b, x: b(x, x / 2, HALF)),
            Mistake(
                "½ is the variance of the posterior; `bound` takes a standard deviation.",
                lambda b, x: _log_p(x) - b(x, x / 2, 0.5),
            ),
            Mistake(
                "That is the prior for q. The gap has to vanish for the posterior.",
                lambda b, x: _log_p(x) - b(x, 0.0, 1.0),
            ),
            Mistake(
                "The posterior's mean lies half way between the prior's mean, 0, and x.",
                lambda b, x: _log_p(x) - b(x, x, HALF),
            ),
            Mistake(
                "Your log p(x) is the density given z = 0. Alone, x varies with z, too: its variance is 1 + 1.",
                lambda b, x: formulas.log_density(x, 0.0, 1.0) - b(x, x / 2, HALF),
            ),
            Mistake(
                "x² is divided by twice the variance, and the variance is 2; you divide by 8, twice its square.",
                lambda b, x: _log_p(x) + x * x / 8 - b(x, x / 2, HALF),
            ),
        ],
        solved="It is 0 for bound_a alone. bound_b and bound_c are too low, which a test with ≤ would have let pass.",
        absolute=1e-9,
    )

"""Exercises of the chapter "The ELBO"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "elbo"

Choice(
    "elbo-rises",
    CHAPTER,
    "The ELBO rose by 0.3 nats because",
    (
        wrong("log p(x) rose by 0.3 nats.", "log p(x) does not contain q. Only the model or the data can move it."),
        right("the gap fell by 0.3 nats."),
        wrong(
            "the reconstruction term rose by 0.3 nats.",
            "It may have risen by more or less: the KL to the prior has moved too.",
        ),
        wrong(
            "the KL from q to the prior fell by 0.3 nats.",
            "That is one of two terms; the reconstruction has moved too. Which divergence alone decides?",
        ),
    ),
    "ELBO and gap add up to log p(x), which does not contain q.",
)

Choice(
    "elbo-needs",
    CHAPTER,
    "Needed for the estimate",
    (
        right("log p(x|z) at a given z"),
        wrong("log p(x)", "That is what the ELBO bounds. It would take the integral that we cannot do."),
        right("log p(z) at a given z", "The joint density is p(x|z) times p(z)."),
        wrong(
            "log p(z|x) at a given z", "The gap contains the posterior. The ELBO contains the joint density instead."
        ),
        right("draws from q"),
        wrong("draws from p(z|x)", "That would be the other direction of the divergence. The average here is under q."),
        right("log q(z) at a given z", "The weight divides by q."),
    ),
    "Draws from q, and three log densities at them: nothing that takes an integral.",
    several=True,
)

Number(
    "elbo-sign",
    CHAPTER,
    "Gap",
    answer=0.3,
    tolerance=0.005,
    wrong=(
        (-3.9, "That is the slip of the chapter: the last sign must be minus. A divergence is never negative."),
        (-2.7, "That is the ELBO. The gap is what is missing from it to log p(x)."),
        (-0.3, "The right size. But log p(x) is never below the ELBO."),
        (0.6, "That is the KL from q to the prior, which is given. The gap is the KL to the posterior."),
        (5.1, "The sign before log p(x) is plus: the gap grows with it when q's two terms stay as they are."),
        (-0.9, "The ELBO is the reconstruction term minus the KL to the prior; you added the two."),
    ),
    solved="The ELBO is −2.1 − 0.6 = −2.7 nats, and log p(x) is 0.3 nats above it.",
    otherwise="Find the ELBO first, reconstruction minus KL to the prior. Then see how far it lies below log p(x).",
    unit="nats",
)


def _reconstruction(x, mu_q, sigma_q, sigma):
    return formulas.log_density(x, mu_q, sigma) - sigma_q**2 / (2 * sigma**2)


def _kl(mu_q, sigma_q, mu, width):
    return math.log(width / sigma_q) + (sigma_q**2 + (mu_q - mu) ** 2) / (2 * width**2) - 0.5


def _elbo(x, q, theta, tau, sigma):
    mu_q, sigma_q = q
    return _reconstruction(x, *q, sigma) - _kl(*q, theta, tau)


def _log_marginal(x, theta, tau, sigma):
    return formulas.log_density(x, theta, math.hypot(tau, sigma))


def _elbo_cases(rng):
    yield Case((224.0, (214.0, 2.5), 217.0, 6.5, 5.0))
    for _ in range(6):
        x, mu_q, theta = (rng.uniform(200, 235) for _ in range(3))
        yield Case((x, (mu_q, rng.uniform(0.6, 9)), theta, rng.uniform(2, 9), rng.uniform(2, 9)))
    yield Case((1.0, (0.5, math.sqrt(0.5)), 0.0, 1.0, 1.0), "Here q is the exact posterior, and the ELBO is log p(x).")
    yield Case((0.3, (0.0, 1.0), 0.0, 1.0, 0.01), "Here the reading is very exact, and q far too wide for it.")


_ELBO = """import math
def log_normal(value, mean, width):
    return -((value - mean) / width) ** 2 / 2 - math.log(width) - math.log(2 * math.pi) / 2
def elbo(x, q, theta, tau, sigma):
    mu_q, sigma_q = q
    reconstruction = log_normal(x, mu_q, sigma) - sigma_q**2 / (2 * sigma**2)
    kl = math.log(tau / sigma_q) + (sigma_q**2 + (mu_q - theta) ** 2) / (2 * tau**2) - 1 / 2
    return reconstruction - kl
"""


@checker(
    "elbo-code",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ELBO.replace("reconstruction - kl", "reconstruction + kl"), "taken off the reconstruction"),
        Wrong(_ELBO.replace(" - sigma_q**2 / (2 * sigma**2)", ""), "at the mean of q only"),
        Wrong(_ELBO.replace("reconstruction - kl", "kl - reconstruction"), "wrong sign.*loss"),
        Wrong(_ELBO.replace("reconstruction - kl", "reconstruction"), "only the reconstruction"),
        Wrong(_ELBO.replace(" - 1 / 2", ""), "half at the end"),
        Wrong(_ELBO.replace("mu_q, sigma_q = q", "mu_q, sigma_q = q[0], math.sqrt(q[1])"), "not a variance"),
        Wrong(_ELBO.replace("return reconstruction", "return reconstruction + math.log(2 * math.pi) / 2"), "constant"),
        Wrong(_ELBO.replace("math.log(tau / sigma_q)", "math.log(sigma_q / tau)"), "upside down"),
        Wrong(_ELBO.replace("(sigma_q**2 + (mu_q - theta) ** 2)", "(mu_q - theta) ** 2"), "sigma_q² is missing"),
        Wrong(_ELBO.replace("(2 * sigma**2)", "2 * sigma**2"), "needs brackets"),
        Wrong(
            _ELBO.replace("return reconstruction - kl", "return log_normal(x, theta, math.hypot(tau, sigma))"),
            "log p\\(x\\) itself",
        ),
        Wrong(
            _ELBO.replace(
                "return reconstruction - kl", "return log_normal(x, mu_q, sigma) + log_normal(mu_q, theta, tau)"
            ),
            "joint density at the mean of q",
        ),
        Wrong(
            _ELBO.replace("math.log(tau / sigma_q)", "math.log(sigma_q / tau)")
            .replace("sigma_q**2 + (mu_q - theta) ** 2", "tau**2 + (mu_q - theta) ** 2")
            .replace("(2 * tau**2)", "(2 * sigma_q**2)"),
            "from the prior to q",
        ),
    ],
)
def _(elbo):
    def with_kl(kl):
        return lambda x, q, theta, tau, sigma: _reconstruction(x, *q, sigma) - kl(*q, theta, tau)

    def with_reconstruction(reconstruction):
        return lambda x, q, theta, tau, sigma: reconstruction(x, *q, sigma) - _kl(*q, theta, tau)

    return compare(
        elbo,
        _elbo,
        _elbo_cases(random.Random("elbo-code")),
        [
            Mistake("The KL to the prior is taken off the reconstruction, not added.", with_kl(lambda *a: -_kl(*a))),
            Mistake(
                "The reconstruction is taken at the mean of q only. Its average also pays for the width of q.",
                with_reconstruction(lambda x, mu_q, sigma_q, sigma: formulas.log_density(x, mu_q, sigma)),
            ),
            Mistake("The ELBO has the wrong sign: this is the loss that a VAE minimises.", lambda *a: -_elbo(*a)),
            Mistake("This is only the reconstruction; the KL to the prior comes off it.", with_kl(lambda *a: 0.0)),
            Mistake(
                "q holds a standard deviation, sigma_q, not a variance.",
                lambda x, q, theta, tau, sigma: _elbo(x, (q[0], math.sqrt(q[1])), theta, tau, sigma),
            ),
            Mistake(
                "The log density lacks its constant, half the logarithm of 2π.",
                lambda *a: _elbo(*a) + formulas.HALF_LOG_2_PI,
            ),
            Mistake("The half at the end of the KL is missing.", with_kl(lambda *a: _kl(*a) + 0.5)),
            Mistake(
                "The logarithm in the KL is upside down: it is log(tau / sigma_q).",
                with_kl(lambda mu_q, sigma_q, theta, tau: _kl(mu_q, sigma_q, theta, tau) - 2 * math.log(tau / sigma_q)),
            ),
            Mistake(
                "In the KL, sigma_q² is missing beside the square of the means' difference.",
                with_kl(
                    lambda mu_q, sigma_q, theta, tau: (
                        _kl(mu_q, sigma_q, theta, tau) - sigma_q**2 / (2 * tau**2)
                    )
                ),
            ),
            Mistake(
                "a / 2 * sigma**2 needs brackets: Python divides by 2 and then multiplies by sigma**2.",
                with_reconstruction(
                    lambda x, mu_q, sigma_q, sigma: formulas.log_density(x, mu_q, sigma) - sigma_q**2 / 2 * sigma**2
                ),
            ),
            Mistake(
                "This is log p(x) itself. The ELBO depends on q, and is below it.",
                lambda x, q, theta, tau, sigma: _log_marginal(x, theta, tau, sigma),
            ),
            Mistake(
                "This is the log joint density at the mean of q. The ELBO averages over q, and adds its entropy.",
                lambda x, q, theta, tau, sigma: (
                    formulas.log_density(x, q[0], sigma) + formulas.log_density(q[0], theta, tau)
                ),
            ),
            Mistake(
                "Your KL runs from the prior to q; the average must be under q.",
                with_kl(lambda mu_q, sigma_q, theta, tau: _kl(theta, tau, mu_q, sigma_q)),
            ),
        ],
        solved="It holds for every q; and at the exact posterior your ELBO is log p(x), with nothing missing.",
        absolute=1e-10,
    )  # fmt: skip


def _log_weight(z, mu_q, sigma_q):
    return (
        formulas.log_density(z, 0.0, 1.0) + formulas.log_density(1.0, z, 1.0) - formulas.log_density(z, mu_q, sigma_q)
    )


def _log_weight_cases(rng):
    yield Case((0.4, 0.0, 1.0))
    for _ in range(6):
        yield Case((rng.uniform(-2, 3), rng.uniform(-1, 2), rng.uniform(0.3, 2)))
    yield Case((2.0, 0.5, math.sqrt(0.5)), "Here q is the exact posterior.")
    yield Case((40.0, 0.0, 0.5), "Here z is so far out that the densities themselves are 0 in a float.")


_WEIGHT = """import math
def log_normal(value, mean, width):
    return -((value - mean) / width) ** 2 / 2 - math.log(width) - math.log(2 * math.pi) / 2
def log_weight(z, mu_q, sigma_q):
    return log_normal(z, 0, 1) + log_normal(1, z, 1) - log_normal(z, mu_q, sigma_q)
"""


@checker(
    "elbo-weight",
    chapter=CHAPTER,
    curve=Curve(
        function="log_weight",
        args={"mu_q": 0.5, "sigma_q": math.sqrt(0.5)},
        x=(-1.5, 2.5),
        y=(-4, 0),
        label="z",
        y_label="log-weight",
    ),
    wrong=[
        Wrong(_WEIGHT.replace(" - log_normal(z, mu_q, sigma_q)", ""), "log joint density"),
        Wrong(_WEIGHT.replace("- log_normal(z, mu_q", "+ log_normal(z, mu_q"), "added log q"),
        Wrong(_WEIGHT.replace("log_normal(z, 0, 1) + ", ""), "prior of z is missing"),
        Wrong(_WEIGHT.replace(" + log_normal(1, z, 1)", ""), "reading is missing"),
        Wrong(_WEIGHT.replace("log_normal(1, z, 1)", "log_normal(1, mu_q, 1)"), "around z, not around the mean of q"),
        Wrong(_WEIGHT.replace("return log_normal(z, 0, 1) +", "return log_normal(z, 0, 1) *"), "You multiplied"),
        Wrong(
            _WEIGHT.replace("- log_normal(z, mu_q, sigma_q)", "+ ((z - mu_q) / sigma_q) ** 2 / 2"),
            "only the exponent of q",
        ),
        Wrong(_WEIGHT.replace("return log_normal(z, 0", "return -log_normal(z, 0").replace("+ log_normal(1", "- log_normal(1").replace("1) - log_normal(z, mu_q", "1) + log_normal(z, mu_q"), "upside down"),  # noqa: E501
        Wrong(
            _WEIGHT.replace("    return log_normal(z, 0", "    w = log_normal(z, 0") + "    return math.exp(w)\n",
            "weight itself",
        ),
        Wrong(
            "import math\ndef normal(v, m, s):\n    return math.exp(-((v - m) / s) ** 2 / 2) / s / math.sqrt(6.283185307179586)\n"  # noqa: E501
            "def log_weight(z, mu_q, sigma_q):\n"
            "    return math.log(normal(z, 0, 1) * normal(1, z, 1) / normal(z, mu_q, sigma_q))",
            "far out.*logarithms",
        ),
    ],
)  # fmt: skip
def _(log_weight):
    def prior(z):
        return formulas.log_density(z, 0.0, 1.0)

    def reading(z):
        return formulas.log_density(1.0, z, 1.0)

    return compare(
        log_weight,
        _log_weight,
        _log_weight_cases(random.Random("elbo-weight")),
        [
            Mistake(
                "This is the log joint density, and curved for every q: log q still has to come off.",
                lambda z, mu_q, sigma_q: prior(z) + reading(z),
            ),
            Mistake(
                "You added log q. The weight divides by q, so its logarithm comes off.",
                lambda z, mu_q, sigma_q: prior(z) + reading(z) + formulas.log_density(z, mu_q, sigma_q),
            ),
            Mistake(
                "The prior of z is missing: the joint density is p(z) times p(x|z).",
                lambda z, mu_q, sigma_q: reading(z) - formulas.log_density(z, mu_q, sigma_q),
            ),
            Mistake(
                "The density of the reading is missing: the joint density is p(z) times p(x|z).",
                lambda z, mu_q, sigma_q: prior(z) - formulas.log_density(z, mu_q, sigma_q),
            ),
            Mistake(
                "The reading scatters around z, not around the mean of q.",
                lambda z, mu_q, sigma_q: prior(z) + reading(mu_q) - formulas.log_density(z, mu_q, sigma_q),
            ),
            Mistake(
                "You multiplied two logarithms. Densities multiply; their logarithms add.",
                lambda z, mu_q, sigma_q: prior(z) * reading(z) - formulas.log_density(z, mu_q, sigma_q),
            ),
            Mistake(
                "You took only the exponent of q. Its normalising factor contains sigma_q.",
                lambda z, mu_q, sigma_q: prior(z) + reading(z) + ((z - mu_q) / sigma_q) ** 2 / 2,
            ),
            Mistake(
                "The weight is upside down: the joint density stands above the line, q below.",
                lambda z, mu_q, sigma_q: -_log_weight(z, mu_q, sigma_q),
            ),
            Mistake(
                "This is the weight itself; the exercise asks for its logarithm.",
                lambda z, mu_q, sigma_q: math.exp(_log_weight(z, mu_q, sigma_q)),
            ),
        ],
        solved="A level line at log p(x), although no integral was done: q here is the exact posterior.",
        absolute=1e-10,
        errors={
            ValueError: "Work with logarithms throughout: the densities themselves underflow.",
            ArithmeticError: "Work with logarithms throughout: the densities themselves underflow.",
        },
    )


def _estimate(x, mu_q, sigma_q, noise, theta, tau, sigma):
    return _average(x, mu_q, sigma_q, noise, theta, tau, sigma)


def _average(x, mu_q, sigma_q, noise, theta, tau, sigma, log_q=None, draw=None, total=None):
    """The estimate, with some of its pieces replaced."""
    log_q = log_q or (lambda z, eps: formulas.log_density(z, mu_q, sigma_q))
    total = total or (lambda weights: math.fsum(weights) / len(weights))
    weights = []
    for eps in noise:
        z = mu_q + sigma_q * eps if draw is None else draw(eps)
        weights.append(formulas.log_density(z, theta, tau) + formulas.log_density(x, z, sigma) - log_q(z, eps))
    return total(weights)


def _estimate_cases(rng):
    def noise(count):
        return [rng.gauss(0, 1) for _ in range(count)]

    yield Case((224.0, 214.0, 2.5, [0.3, -1.2], 217.0, 6.5, 5.0))
    for count in (1, 2, 5, 40):
        x, mu_q, theta = (rng.uniform(205, 230) for _ in range(3))
        yield Case((x, mu_q, rng.uniform(1.5, 6), noise(count), theta, rng.uniform(3, 8), rng.uniform(3, 8)))
    yield Case(
        (1.0, 0.5, math.sqrt(0.5), noise(4), 0.0, 1.0, 1.0),
        "Here q is the exact posterior, and every single draw must give log p(x).",
    )
    yield Case((1.0, 0.2, 1.0, noise(3), 0.0, 1.0, 1.0), "Here sigma_q is 1, where the mistake vanishes.")


_ESTIMATE = """import math
def log_normal(value, mean, width):
    return -((value - mean) / width) ** 2 / 2 - math.log(width) - math.log(2 * math.pi) / 2
def estimate(x, mu_q, sigma_q, noise, theta, tau, sigma):
    total = 0.0
    for eps in noise:
        z = mu_q + sigma_q * eps
        log_joint = log_normal(z, theta, tau) + log_normal(x, z, sigma)
        log_q = log_normal(z, mu_q, sigma_q)
        total += log_joint - log_q
    return total / len(noise)
"""


@checker(
    "elbo-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_ESTIMATE.replace("(z, mu_q, sigma_q)", "(eps, 0.0, 1.0)"), "density of the noise, not of z"),
        Wrong(
            _ESTIMATE.replace("(z, mu_q, sigma_q)", "(eps, 0.0, 1.0) + math.log(sigma_q)"), "wrong direction"
        ),
        Wrong(_ESTIMATE.replace("(z, mu_q, sigma_q)", "(z, theta, tau)"), "prior, not from q"),
        Wrong(_ESTIMATE.replace("(z, mu_q, sigma_q)", "(z, mu_q, sigma_q**2)"), "its square, the variance"),
        Wrong(_ESTIMATE.replace("log_joint - log_q", "log_joint + log_q"), "wrong sign"),
        Wrong(_ESTIMATE.replace("log_joint - log_q", "log_joint"), "left log q out"),
        Wrong(_ESTIMATE.replace("return total / len(noise)", "return total"), "sum over the draws"),
        Wrong(_ESTIMATE.replace("    return total / len(noise)", "        return total"), "Only the first draw"),
        Wrong(
            _ESTIMATE.replace("total += log_joint - log_q", "total += math.exp(log_joint - log_q)").replace(
                "return total / len(noise)", "return math.log(total / len(noise))"
            ),
            "logarithm of the mean weight",
        ),
        Wrong(_ESTIMATE.replace("sigma_q * eps", "sigma_q**2 * eps"), "standard deviation sigma_q, not sigma_q²"),
    ],
)  # fmt: skip
def _(estimate):
    def changed(**pieces):
        def mistaken(x, mu_q, sigma_q, noise, theta, tau, sigma):
            made = {name: piece(mu_q, sigma_q, theta, tau) for name, piece in pieces.items()}
            return _average(x, mu_q, sigma_q, noise, theta, tau, sigma, **made)

        return mistaken

    def log_mean(weights):
        return math.log(math.fsum(math.exp(weight) for weight in weights) / len(weights))

    def of_noise(sign):
        return lambda m, s, t, w: lambda z, eps: formulas.log_density(eps, 0.0, 1.0) + sign * math.log(s)

    return compare(
        estimate,
        _estimate,
        _estimate_cases(random.Random("elbo-bug")),
        [
            Mistake(
                "log_q is still the density of the noise, not of z. Stretching by sigma_q makes a density lower.",
                changed(log_q=of_noise(0)),
            ),
            Mistake(
                "You moved log_q by log(sigma_q) in the wrong direction: a wider density is lower.",
                changed(log_q=of_noise(1)),
            ),
            Mistake(
                "log_q is now the density of the prior, not from q: z was drawn from q.",
                changed(log_q=lambda m, s, t, w: lambda z, eps: formulas.log_density(z, t, w)),
            ),
            Mistake(
                "log_q wants the standard deviation of q, and got its square, the variance.",
                changed(log_q=lambda m, s, t, w: lambda z, eps: formulas.log_density(z, m, s**2)),
            ),
            Mistake(
                "log_q has the wrong sign: the weight divides by q.",
                changed(log_q=lambda m, s, t, w: lambda z, eps: -formulas.log_density(z, m, s)),
            ),
            Mistake(
                "You left log q out, and with it the entropy of q.",
                changed(log_q=lambda m, s, t, w: lambda z, eps: 0.0),
            ),
            Mistake(
                "This is the sum over the draws; the estimate is their mean.",
                changed(total=lambda *a: math.fsum),
            ),
            Mistake(
                "Only the first draw counts. Does `return` stand inside the loop?",
                changed(total=lambda *a: lambda weights: weights[0]),
            ),
            Mistake(
                "This is the logarithm of the mean weight. The ELBO is the mean of the logarithm, which is smaller.",
                changed(total=lambda *a: log_mean),
            ),
            Mistake(
                "q has the standard deviation sigma_q, not sigma_q²: mend log_q and leave z as it was.",
                changed(draw=lambda m, s, t, w: lambda eps: m + s**2 * eps),
            ),
        ],
        solved="With the density of z, every draw from the exact posterior gives log p(x), and none can fool you.",
        absolute=1e-10,
    )  # fmt: skip

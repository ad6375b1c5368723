"""Chapter "The VAE you can solve": a linear VAE climbing to the exact line, and two latents that turn and go out.

The climb is trained in the chapter and stored here step by step, rounded to 12 bits a number, so that the page and
Jupyter compute with exactly the same numbers: at every step the ELBO and the exact log p(x) are computed from them
anew. The digits come as 64 rows with the second moments of all 1,500, which is all that either average depends on.
"""

import math

import torch

from helpers import datasets
from helpers import linear_gaussian as linear
from helpers.divergence import kl_standard_normal
from livebook.figure import Figure
from livebook.marks import (
    Area,
    Arrow,
    Axis,
    Bars,
    Ellipse,
    Handle,
    Image,
    Limits,
    Line,
    Panel,
    Points,
    Readout,
    Rule,
    cover,
)
from livebook.parameters import Guess, Slider

STEPS, SHOWN, SIDE = 50, 90, 8
HIDDEN = Axis("", (0, 2 * SIDE + 1), visible=False)
NAMES = ("flipper_length", "body_mass", "bill_length", "bill_depth")


def rounded(value):
    """The same on a grid of at most 2^12 steps over the range of all entries: half precision holds it."""
    step = 2.0 ** (math.ceil(math.log2(value.abs().max().item())) - 11)
    return (value / step).round() * step


def standardised():
    """Four measurements of 342 penguins (342, 4), each with mean 0 and variance 1 (divisor n)."""
    birds = datasets.penguins()
    x = torch.stack([getattr(birds, name) for name in NAMES], -1)
    return (x - x.mean(0)) / x.std(0, correction=0)


def picked(values, place):
    """The entry of ``values`` (n, ...) at a slider's ``place``."""
    return values.index_select(0, place.round().long()[None])[0]


class LinearTraining(Figure):
    """A VAE with a linear decoder and a linear encoder learns 1,500 digits. Above: at each step the ELBO, and the exact log p(x) of that step’s model; the green line is the best that any such model can reach. Left: where the encoder puts test digits. Right: the decoder’s two columns (blue), and below them the two principal axes of the digits."""  # noqa: E501

    step = Slider(6.0, 0, STEPS, step=1, label="training step", role="bound")

    panels = {
        "climb": Panel(Axis("training step", (0, STEPS)), Axis("nats a digit", (-191.5, -176.5), ticks=6), 0.42, 2.5),
        "plane": Panel(Axis("z₁", (-4.2, 4.2), ticks=5), Axis("z₂", (-4.2, 4.2), ticks=5), 0.85, 1.3),
        "columns": Panel(HIDDEN, HIDDEN, 1.0, 0.9),
    }
    equation = r"\bound{\mathcal{L}} = \model{\log p_\theta(}\data{x}\model{)} - \gap{\mathrm{KL}\big(}\approximation{q(z \mid x)}\,\gap{\|}\,\posterior{p_\theta(z \mid x)}\gap{\big)}"  # noqa: E501
    numbers = r"\bound{<<elbo>>} = \model{<<log_p>>} - \gap{<<gap>>}"

    def __init__(self, learnt: linear.Trained, x: torch.Tensor, test: torch.Tensor, labels: torch.Tensor, **parameters):
        """``learnt`` from ``x`` (n, 64) with 2 latents and its first 50 steps kept; ``test`` (m, 64), ``labels``."""
        found = len(learnt.kept) - 1, learnt.weights.shape[1]
        if found != (STEPS, 2):
            raise ValueError(f"learnt must keep {STEPS} steps of 2 latents, got {found[0]} steps of {found[1]}")
        self.mu, self.rows = linear.condense(x)
        self.zero = torch.zeros_like(self.mu)
        path = learnt.kept
        self.weights, self.sigma = (rounded(torch.stack(one)) for one in list(zip(*path, strict=True))[:2])
        self.matrix, self.log_scale = (
            rounded(torch.stack(one)) for one in zip(*(step.encoder for step in path), strict=True)
        )
        heights = [self.at(torch.tensor(step)) for step in range(STEPS + 1)]
        self.heights = [torch.stack(one) for one in zip(*heights, strict=True)]
        best = linear.fit(x, 2)
        self.best = linear.log_prob(x, *best).mean()
        self.axes = self.matched(best[0], path[-1].weights)
        self.test, self.labels = test[:SHOWN].double(), [str(int(label)) for label in labels[:SHOWN]]
        super().__init__(**parameters)

    @staticmethod
    def matched(axes, columns):
        """The principal axes (D, 2) in the order and with the signs of the learnt columns."""
        like = axes.mT @ columns
        swap = like[0, 0].abs() + like[1, 1].abs() < like[0, 1].abs() + like[1, 0].abs()
        axes = axes.flip(1) if swap else axes
        return axes * (axes * columns).sum(0).sign()

    def at(self, step):
        """Mean ELBO and mean exact log p(x) over the digits, at one step."""
        weights, sigma = picked(self.weights, step), picked(self.sigma, step)
        encoder = linear.Encoder(picked(self.matrix, step), picked(self.log_scale, step))
        bound = linear.elbo(self.rows, weights, self.zero, sigma, encoder).mean()
        return bound, linear.log_prob(self.rows, weights, self.zero, sigma).mean()

    def scene(self, step):
        """Above: both curves and where this step stands. Left: codes. Right: columns of W against the axes."""
        bound, log_p = self.at(step)
        steps = torch.arange(STEPS + 1, dtype=torch.float64)
        matrix = picked(self.matrix, step)
        codes = self.test @ matrix.mT - self.mu @ matrix.mT
        return [
            Area(steps, self.heights[1], self.heights[0], role="gap", hatch=True, panel="climb"),
            Rule(y=self.best, role="posterior", label="exact maximum", dash=False, panel="climb"),
            Line(steps, self.heights[1], role="model", width=2.0, panel="climb"),
            Line(steps, self.heights[0], role="bound", width=2.5, panel="climb"),
            Points([17.0], [-182.0], role="bound", label="ELBO", size=0.0, panel="climb"),
            Points([1.0], [-179.6], role="model", label="log p(x)", size=0.0, panel="climb"),
            Rule(x=step, panel="climb"),
            Points(step[None], log_p[None], role="model", size=4.5, panel="climb"),
            Handle(step, bound, drags=("step", None), role="bound", panel="climb"),
            Points(codes[:, 0], codes[:, 1], text=self.labels, opacity=0.75, panel="plane"),
            *self.pictures(picked(self.weights, step), SIDE + 1, "model"),
            *self.pictures(self.axes, 0, "posterior"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("log p(x), this model", log_p, "nats", 3, role="model", name="log_p"),
            Readout("exact maximum", self.best, "nats", 3, role="posterior", name="best"),
            Readout("the encoder’s gap", log_p - bound, "nats", 7, role="gap", name="gap"),
            Readout("the model’s shortfall", self.best - log_p, "nats", 7, role="model", name="shortfall"),
        ]

    @staticmethod
    def pictures(columns, bottom, role):
        """Two columns (64, 2) as images: 0 in the middle of the shades, the longest entry at either end."""
        shades = 0.5 + 0.5 * columns / columns.abs().amax()
        return [
            Image(shades[:, j].reshape(SIDE, SIDE), (left, left + SIDE), (bottom, bottom + SIDE), role=role,
                  panel="columns")
            for j, left in enumerate((0, SIDE + 1))
        ]  # fmt: skip


class TurnedLatents(Figure):
    """Four measurements of 342 penguins, two latents. Turn the latents, W to WR: the exact log p(x) stays where it is. Left, in the latent plane: the posterior means of every other bird, and for one the exact posterior (green) and the best q with a diagonal covariance. Right: the variances along the four principal axes, and σ². Below: what the turn does to the ELBO."""  # noqa: E501

    angle = Slider(45.0, -90, 90, step=1, symbol="α", label="turn of the latents", unit="°", role="model")
    sigma = Slider(0.49, 0.2, 2, step=0.01, symbol="σ", label="noise, held fixed", role="model")

    panels = {
        "plane": Panel(Axis("z₁", (-3.4, 3.4), ticks=5), Axis("z₂", (-3.4, 3.4), ticks=5), 1.0, 1.2),
        "spectrum": Panel(Axis("principal axis", (0.4, 4.6), ticks=4), Axis("variance", (0, 4.2), "", 4), 1.2, 1.0),
        "turn": Panel(Axis("turn", (-90, 90), "°", 9), Axis("nats a bird", (-5, -4.5), ticks=4), 0.36, 2.5),
    }
    guess = Guess(
        "gap", "At 45° neither latent lies along a principal axis. How far below log p(x) is the best ELBO?",
        0, 1, start=0.5, step=0.01, unit="nats", hides=("ELBO",),
    )  # fmt: skip
    equation = r"\gap{\mathrm{KL}} = \tfrac12 \Big( \sum_j \log \model{M_{jj}} - \log |\model{M}| \Big)"

    x = standardised()
    mean, variances, axes = linear.principal_axes(x)
    angles = torch.linspace(-90, 90, 91, dtype=torch.float64)
    bird = 300  # a Chinstrap well away from the middle

    def decoder(self, angle, sigma):
        """The best W for this sigma, its latents turned by ``angle`` (...) in degrees: (..., 4, 2)."""
        straight = self.axes[:, :2] * linear.lengths(self.variances[:2], sigma)
        return straight @ linear.turn(angle * (math.pi / 180))

    def scene(self, angle, sigma):
        """Left: the latent plane. Right: the variances. Below: the ELBO over the turn."""
        weights = self.decoder(angle, sigma)
        log_p = linear.log_prob(self.x, weights, self.mean, sigma).mean()
        encoder = linear.best_encoder(weights, sigma)
        bound = linear.elbo(self.x, weights, self.mean, sigma, encoder).mean()
        means, covariance = linear.posterior(self.x, weights, self.mean, sigma)
        kl = kl_standard_normal(means[:, :, None], encoder.log_scale[:, None].expand(2, 1)).mean(0)
        bounds = log_p - linear.gap(self.decoder(self.angles, sigma), sigma)
        centre = means[self.bird]
        turned = linear.turn(angle * (math.pi / 180)).mT * 2.7  # column j is where principal axis j points
        zero = torch.zeros_like(angle)
        return [
            Points(means[::2, 0], means[::2, 1], size=2.0, opacity=0.5, panel="plane"),
            Ellipse(torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64), 2.0, role="model",
                    width=1.0, dash=True, panel="plane"),
            *(Arrow(zero, zero, turned[0, j], turned[1, j], role="model", label=f"axis {j + 1}", panel="plane")
              for j in range(2)),
            Ellipse(centre, covariance, 2.0, role="posterior", width=3.0, panel="plane"),
            Ellipse(centre, (2 * encoder.log_scale).exp().diag(), 2.0, role="approximation", width=2.0, panel="plane"),
            Bars(torch.arange(1.0, 5.0, dtype=torch.float64), self.variances, width=0.6, role="data", panel="spectrum"),
            Rule(y=sigma**2, role="model", label="σ²", panel="spectrum"),
            Limits(y=torch.stack([log_p - 0.3, log_p + 0.1]), panel="turn"),
            Rule(y=log_p, role="model", label="log p(x)", dash=False, panel="turn"),
            *cover(
                Area(self.angles, log_p.expand(91), bounds, role="gap", hatch=True, panel="turn"),
                Line(self.angles, bounds, role="bound", width=2.5, panel="turn"),
                Points(angle[None], bound[None], role="bound", size=5.0, panel="turn"),
            ),
            Points(self.angles[22:23], bounds[22:23] - 0.05, role="bound", label="ELBO", size=0.0, panel="turn"),
            Handle(angle, log_p, drags=("angle", None), role="model", panel="turn"),
            Readout("log p(x)", log_p, "nats", 3, role="model", name="log_p"),
            Readout("gap of the best q", log_p - bound, "nats", 3, role="gap", name="gap"),
            Readout("KL of latent 1", kl[0], "nats", 3, role="approximation", name="kl_1"),
            Readout("KL of latent 2", kl[1], "nats", 3, role="approximation", name="kl_2"),
            Readout("axes above σ²", (self.variances > sigma**2).double().sum(), "of 4", 0, name="above"),
        ]  # fmt: skip

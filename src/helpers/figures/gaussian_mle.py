"""Chapter "The Gaussian, solved": a walk uphill, and a top that moves when the data do."""

import torch

from helpers import datasets, gaussian, mle, probability
from helpers.figures.likelihood import eight
from livebook.figure import Figure
from livebook.marks import (
    Action,
    Arrow,
    Axis,
    Bars,
    Handle,
    HeatMap,
    Limits,
    Line,
    Panel,
    Points,
    Readout,
    Rule,
    centres,
    cover,
)
from livebook.parameters import Guess, Slider

STEPS = 40
MU, SIGMA = (198, 236), (2, 21)
ARROW, HALF = 9.0, 0.12  # a slope's arrow is at most so many mm long, and half of it at HALF nats per mm


class Ascent(Figure):
    """The log-likelihood of the Gentoo flippers over μ and σ, and a walk that always goes the steepest way up. Green: the closed form. Drag the large dot, the start. The arrow has the direction of the gradient, and is drawn shortened where the slope is great."""  # noqa: E501

    mu = Slider(204.0, 199, 235, step=0.5, symbol="μ₀", label="start", unit="mm")
    sigma = Slider(10.0, 3, 20, step=0.25, symbol="σ₀", label="start", unit="mm")
    rate = Slider(20.0, 2, 50, step=0.5, symbol="η", label="step size", unit="mm²")
    steps = Slider(1.0, 0, STEPS, step=1, symbol="k", label="steps")

    panels = {
        "surface": Panel(Axis("μ", MU, "mm"), Axis("σ", SIGMA, "mm"), 0.5, 2.2),
        "curve": Panel(Axis("flipper length", (198, 236), "mm", 4), Axis("density", (0, 0.09), "1/mm", 4), 0.62),
        "height": Panel(Axis("step", (0, STEPS), ticks=4), Axis("nats per bird", (-5.25, -3.1), ticks=4), 0.62),
    }
    equation = (
        r"\begin{pmatrix}\model{\mu_{k+1}}\\ \model{\sigma_{k+1}}\end{pmatrix}"
        r" = \begin{pmatrix}\model{\mu_k}\\ \model{\sigma_k}\end{pmatrix} + \frac{\eta}{n}"
        r"\begin{pmatrix}\partial\ell/\partial\model{\mu}\\ \partial\ell/\partial\model{\sigma}\end{pmatrix}"
    )
    numbers = (
        r"\begin{pmatrix}\model{<<mu_k>>}\\ \model{<<sigma_k>>}\end{pmatrix}"
        r" + <<rate>> \begin{pmatrix}\model{<<slope_mu>>}\\ \model{<<slope_sigma>>}\end{pmatrix}"
    )

    guess = Guess(
        "sigma_k", "The walk has made its first step, from σ = 10 mm. How wide is the curve now?", 2, 21,
        start=10, step=0.1, unit="mm", hides=("here",), panel="surface", axis="y",
    )  # fmt: skip

    x = datasets.penguins().of("Gentoo").flipper_length
    best = gaussian.fit(x)
    closed = best[0][None], best[1][None]
    top = gaussian.log_likelihood(x, *best) / len(x)
    surface = gaussian.log_likelihood(x, centres(*MU, 114)[None], centres(*SIGMA, 57)[:, None]) / len(x) - top
    grid = torch.linspace(198, 236, 153, dtype=torch.float64)
    edges = torch.arange(200, 238, 2, dtype=torch.float64)
    share = probability.histogram(x, edges)

    def scene(self, mu, sigma, rate, steps):
        """Above: the walk on the surface. Below: the curve it has reached, and how high each step stands."""
        walk = mle.ascend(self.x, mu, sigma, rate, STEPS)
        shown = torch.minimum(torch.arange(STEPS + 1, dtype=torch.float64), steps)
        path = walk.index_select(0, shown.long())
        here = path[-1]
        slope = mle.gradient(self.x, here[0], here[1])
        height = gaussian.log_likelihood(self.x, path[:, 0], path[:, 1]) / len(self.x)
        return [
            *self.walk(mu, sigma, path, slope),
            *self.curve(here),
            *self.height(shown, height),
            Readout("μ after k steps", here[0], "mm", 2, role="model", name="mu_k"),
            Readout("σ after k steps", here[1], "mm", 2, role="model", name="sigma_k"),
            Readout("slope in μ", slope[0], "nats/mm", 4, role="model", name="slope_mu"),
            Readout("slope in σ", slope[1], "nats/mm", 4, role="model", name="slope_sigma"),
            Readout("below the top", self.top - height[-1], "nats/bird", 4, role="posterior", name="below"),
            Action("One step", {"steps": torch.minimum(steps + 1, torch.tensor(float(STEPS)))}),
            Action("Back to the start", {"steps": 0.0}),
        ]

    def walk(self, mu, sigma, path, slope):
        """The surface, the steps so far, the slope where they end, and the closed form."""
        here, size = path[-1], (slope**2).sum().sqrt()
        tip = here + ARROW * slope / (size + HALF)
        return [
            HeatMap(
                self.surface, MU, SIGMA, (-2.2, 2.2), [-3.0, -1.6, -0.8, -0.4, -0.2, -0.08, -0.02], panel="surface"
            ),
            *cover(
                Line(path[:, 0], path[:, 1], panel="surface"),
                Points(path[:, 0], path[:, 1], role="model", size=3.5, panel="surface"),
            ),
            Points(*self.closed, role="posterior", size=6.0, label="closed form", panel="surface"),
            *cover(Arrow(here[0], here[1], tip[0], tip[1], role="data", panel="surface")),
            Handle(mu, sigma, drags=("mu", "sigma"), panel="surface"),
        ]

    def curve(self, here):
        """The birds, the best curve of all, and the one that the walk has reached."""
        best = gaussian.log_prob(self.grid, *self.best).exp()
        reached = gaussian.log_prob(self.grid, here[0], here[1]).exp()
        return [
            Bars(self.edges[:-1] + 1, self.share, width=1.8, role="data", panel="curve", opacity=0.35),
            Line(self.grid, best, role="posterior", label="closed form", panel="curve", width=3.5),
            Line(self.grid, reached, label="here", label_at="start", panel="curve", width=2.5),
        ]

    def height(self, shown, height):
        """Log-likelihood per bird, step by step."""
        low = torch.minimum(height.min(), self.top - 1.5)
        return [
            Limits(
                y=torch.stack([self.top + 1.15 * (low - self.top), self.top - 0.08 * (low - self.top)]), panel="height"
            ),
            Rule(y=self.top, role="posterior", label="top", panel="height"),
            Line(shown, height, panel="height"),
            Points(shown, height, role="model", size=3.0, panel="height"),
        ]


class Stray(Figure):
    """Eight Gentoo flippers and the best Gaussian for them. The longest bird was typed too long by δ: drag it. The factor c pulls the birds together. Second panel: the log-likelihood over σ at the best μ; its top is at σ̂."""  # noqa: E501

    stray = Slider(40.0, 0, 60, step=1, symbol="δ", label="typed too long by", unit="mm", role="data")
    spread = Slider(1.0, 0.02, 1, step=0.02, symbol="c", label="spread", role="data")

    panels = {
        "curve": Panel(Axis("flipper length", (190, 285), "mm", 5), Axis("density", (0, 0.1), "1/mm", 4), 0.5, 1.4),
        "profile": Panel(Axis("σ", (0, 30), "mm", 4), Axis("log-likelihood", (-60, 10), "nats", 4), 0.94),
    }
    equation = (
        r"\model{\hat\mu} = \data{\bar x}, \qquad \model{\hat\sigma}"
        r" = \sqrt{\tfrac1n \textstyle\sum_i (\data{x_i} - \data{\bar x})^2}"
    )
    numbers = r"\model{\hat\mu} = <<mean>>, \qquad \model{\hat\sigma} = <<sigma_hat>>"

    guess = Guess(
        "sigma_hat", "One of eight lengths was typed 40 mm too long. How wide is the best curve now?", 0, 30,
        start=5, step=0.5, unit="mm", hides=("best", "ℓ(σ)", "σ̂"), panel="profile", axis="x",
    )  # fmt: skip

    birds = eight("Gentoo").sort().values
    last = torch.arange(len(birds)) == len(birds) - 1
    grid = torch.linspace(190, 285, 381, dtype=torch.float64)
    widths = torch.cat([torch.linspace(0.04, 4, 100), torch.linspace(4.1, 30, 100)]).double()

    def scene(self, stray, spread):
        """First panel: the birds and the best curve. Second: the log-likelihood along σ."""
        centre = self.birds.mean()
        drawn = centre + spread * (self.birds - centre)
        x = drawn + stray * self.last
        mu, sigma = gaussian.fit(x)
        before = gaussian.log_prob(self.grid, *gaussian.fit(drawn)).exp()
        profile = gaussian.log_likelihood(x, mu, self.widths)
        top = gaussian.log_likelihood(x, mu, sigma)
        curve = gaussian.log_prob(self.grid, mu, sigma).exp()
        return [
            Line(self.grid, before, role="data", dash=True, width=1.5, label="typed right", panel="curve"),
            Line(self.grid, curve, label="best", label_at="start", panel="curve", width=2.5),
            Points(x, torch.zeros_like(x), size=4.5, panel="curve"),
            Handle(x[-1], 0.0, drags=("stray", None), origin_x=drawn[-1], role="data", panel="curve"),
            Line(self.widths, profile, label="ℓ(σ)", label_at="end", panel="profile", width=2.5),
            Points(sigma[None], top[None], role="model", size=5, label="σ̂", panel="profile"),
            Readout("mean", mu, "mm", 2, role="model"),
            Readout("σ̂", sigma, "mm", 2, role="model", name="sigma_hat"),
            Readout("log-likelihood at the top", top, "nats", 2, role="model", name="top"),
        ]

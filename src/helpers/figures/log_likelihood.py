"""Chapter "Log-likelihood": a product that runs out of numbers, and the surface that its logarithm makes."""

import math
import sys

import torch

from helpers import datasets, gaussian, logs
from helpers.figures.counting import in_bins
from livebook.figure import Figure
from livebook.marks import Area, Axis, Bars, Handle, HeatMap, Limits, Line, Panel, Points, Readout, Rule, centres
from livebook.parameters import Choice, Guess, Slider

UNITS = {"millimetres": 1.0, "centimetres": 10.0, "metres": 1000.0}
SMALLEST = math.log10(math.ulp(0.0))  # of a float64 above 0
LARGEST = math.log10(sys.float_info.max)


class RunningProduct(Figure):
    """All the penguins that were measured, in the order of the data, under one curve. After each bird: the product of the densities so far, as a computer's float64 holds it, and the sum of their logarithms. In the grey regions float64 has no numbers."""  # noqa: E501

    mu = Slider(201.0, 185, 217, step=0.5, symbol="μ", unit="mm")
    sigma = Slider(14.0, 6, 30, step=0.5, symbol="σ", unit="mm")
    unit = Choice("millimetres", tuple(UNITS), label="lengths in", role="data")

    panels = {"running": Panel(Axis("birds multiplied", (0, 342)), Axis("power of ten", (-700, 700), ticks=6), 0.58)}
    guess = Guess(
        "birds_held", "How many of these densities can be multiplied before the product becomes 0?",
        1, 342, start=90, step=1, hides=("product", "sum of logarithms"), panel="running", axis="x",
    )  # fmt: skip

    x = datasets.penguins().flipper_length
    best = gaussian.fit(x)
    per_mm = torch.tensor(list(UNITS.values()), dtype=torch.float64)
    counts = torch.arange(len(x) + 1, dtype=torch.float64)
    span = torch.tensor([0.0, 342.0], dtype=torch.float64)

    def scene(self, mu, sigma, unit):
        """The product bird by bird in float64, and its power of ten by the sum of logarithms."""
        c = self.per_mm.index_select(0, unit.long()[None])[0]
        log_p = gaussian.log_prob(self.x / c, mu / c, sigma / c)
        product = log_p.exp().cumprod(0)
        held = (product > 0) & (product < torch.inf)
        n_held = held.to(mu.dtype).sum()
        start = torch.zeros(1, dtype=torch.float64)
        exact = torch.cat([start, log_p.cumsum(0) / math.log(10)])
        seen = torch.where(exact > -700, exact, torch.nan)
        in_float = torch.cat([start, torch.where(held, product, torch.nan).log10()])
        last = torch.where(self.counts == n_held, exact, 0.0).sum()
        lost = torch.where(n_held < len(self.x), n_held, torch.nan)
        return [
            *self.no_numbers(),
            Line(self.counts, seen, role="posterior", label="sum of logarithms", width=4),
            Line(self.counts, in_float, label="product", label_at="end", width=2),
            Points(lost[None], last[None], role="model", label="product", size=5),
            Readout("product in float64", product[-1], digits=3, style="e", role="model", name="product"),
            Readout("birds it survives", n_held, digits=0, role="model", name="birds_held"),
            Readout("sum of logarithms", log_p.sum(), "nats", 2, role="posterior", name="log_likelihood"),
            Readout("below the best curve", logs.ratio(self.x / c, *(v / c for v in (*self.best, mu, sigma))), "nats",
                    2, role="posterior", name="below"),
        ]  # fmt: skip

    def no_numbers(self):
        """Where float64 ends."""
        low, high = torch.tensor([SMALLEST, LARGEST], dtype=torch.float64)
        return [
            Area(self.span, torch.full((2,), -700.0), low.expand(2), role="data", label="too small"),
            Area(self.span, torch.full((2,), 700.0), high.expand(2), role="data", label="too large"),
        ]


class LogLikelihood(Figure):
    """The log-likelihood of every curve at once: each point of the map is a curve, and each contour is so many nats below the top (the cross). The last two panels cut the map through your point, along μ and along σ."""  # noqa: E501

    mu = Slider(197.0, 180, 215, step=0.25, symbol="μ", unit="mm")
    sigma = Slider(12.0, 4, 22, step=0.1, symbol="σ", unit="mm")
    n = Slider(151, 8, 342, step=1, symbol="n", label="birds", role="data", digits=0)

    panels = {
        "surface": Panel(Axis("μ", (180, 215), "mm", 4), Axis("σ", (4, 22), "mm", 5), 0.8),
        "curve": Panel(Axis("flipper length", (168, 236), "mm", 4), Axis("density", (0, 0.106), "1/mm", 5), 0.8),
        "along_mu": Panel(Axis("μ", (180, 215), "mm", 4), Axis("", (-100, 5), "", 4), 0.5),
        "along_sigma": Panel(Axis("σ", (4, 22), "mm", 5), Axis("", (-100, 5), "", 4), 0.5),
    }
    equation = r"\ell(\model{\mu}, \model{\sigma}) = \sum_{i=1}^{n} \log p(\data{x_i};\, \model{\mu}, \model{\sigma})"
    numbers = r"\ell(\model{<<mu>>},\, \model{<<sigma>>}) = <<log_likelihood>>\ \text{nats}"

    x = datasets.penguins().flipper_length
    place = torch.arange(len(x), dtype=torch.float64)
    edges = torch.arange(166, 242, 4, dtype=torch.float64)
    x_grid = torch.linspace(168, 236, 171, dtype=torch.float64)
    mu_grid = torch.linspace(180, 215, 141, dtype=torch.float64)
    sigma_grid = torch.linspace(4, 22, 145, dtype=torch.float64)
    mu_cells, sigma_cells = centres(180, 215, 70), centres(4, 22, 60)
    nats = torch.tensor([1.0, 4, 16, 64, 256, 1024], dtype=torch.float64)
    contours = [-math.log1p(2.0**k) for k in range(13, -1, -1)]

    def scene(self, mu, sigma, n):
        """The map, the curve of its point over the birds, and two cuts through the point."""
        taken = (self.place < n).to(self.x.dtype)
        mean = (taken * self.x).sum() / n
        spread = ((taken * (self.x - mean) ** 2).sum() / n).sqrt()
        log_likelihood = (taken * gaussian.log_prob(self.x, mu, sigma)).sum()
        data = (n, mean, spread)
        drop = logs.drop(*data, mu, sigma)
        return [
            *self.surface(data, mu, sigma),
            *self.curve(taken / n, mu, sigma),
            *self.cut("along_mu", self.mu_grid, logs.drop(*data, self.mu_grid, sigma), mu, drop, "mu"),
            *self.cut("along_sigma", self.sigma_grid, logs.drop(*data, mu, self.sigma_grid), sigma, drop, "sigma"),
            Readout("log-likelihood", log_likelihood, "nats", 2, role="model"),
            Readout("below the top", drop, "nats", 2, role="model", name="drop"),
            Readout("average a bird", log_likelihood / n, "nats", 3, role="model", name="average"),
        ]  # fmt: skip

    def surface(self, data, mu, sigma):
        """The map; it is drawn as -log(1 + nats below the top), so that contours stand at 1, 2, 4, … nats."""
        n, mean, spread = data
        drops = logs.drop(*data, self.mu_cells, self.sigma_cells[:, None])
        away = spread * (2 * self.nats / n).sqrt()
        at = torch.where(
            (away > 4) & (mean + away < 212), mean + away, 1e4
        )  # where numbers would crowd they stay out of sight
        return [
            HeatMap(-drops.log1p(), (180, 215), (4, 22), limits=(-8.0, 3.0), levels=self.contours, panel="surface"),
            Points(
                at, spread.expand(at.shape), text=["1", "4", "16", "64", "256", "1024"], role="data", panel="surface"
            ),
            Points(mean[None], spread[None], text=["✚"], role="data", panel="surface"),
            Rule(x=mu, role="model", panel="surface"),
            Rule(y=sigma, role="model", panel="surface"),
            Handle(mu, sigma, drags=("mu", "sigma"), panel="surface"),
        ]

    def curve(self, weights, mu, sigma):
        """The curve over the birds: its top is taken for μ, the end of its width for σ."""
        top = gaussian.log_prob(mu, mu, sigma).exp()
        side = gaussian.log_prob(mu + sigma, mu, sigma).exp()
        return [
            Bars(
                self.edges[:-1] + 2,
                in_bins(self.x, self.edges, weights) / 4,
                width=3.7,
                role="data",
                panel="curve",
                opacity=0.35,
            ),
            Line(self.x_grid, gaussian.log_prob(self.x_grid, mu, sigma).exp(), panel="curve", width=2.5),
            Line(torch.stack([mu, mu + sigma]), side.expand(2), dash=True, panel="curve", width=1.5),
            Handle(mu, top, drags=("mu", None), label="μ", panel="curve"),
            Handle(mu + sigma, side, drags=("sigma", None), origin_x=mu, label="σ", panel="curve"),
        ]

    def cut(self, panel, grid, drops, here, drop, slider):
        """The map along one line through the point."""
        depth = torch.clamp(1.5 * drop, min=12.0)
        return [
            Limits(y=torch.stack([-depth, 0.08 * depth]), panel=panel),
            Rule(y=torch.zeros_like(drop), role="data", label="nats from the top", panel=panel),
            Line(grid, -drops, panel=panel, width=2.5),
            Handle(here, -drop, drags=(slider, None), panel=panel),
        ]

"""Chapter "What does a decoder say about x?": one pixel under four likelihoods, and a decoder torn between two strokes.

The draws come from uniform numbers that were drawn once, here, and rounded to half precision, so that the page and
Jupyter have the same ones; all four likelihoods turn the same numbers into their draws.
"""

import numpy as np
import torch

from helpers import pixels
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, Bars, Handle, Image, Limits, Line, Panel, Points, Readout, Stems, cover
from livebook.parameters import Guess, Slider

CELLS, SETS, DRAWS = pixels.CELLS, 12, 40
GENERATOR = torch.Generator().manual_seed(14)
VALUE = Axis("pixel value", (-0.5, 1.5), ticks=5)


def halves(*shape):
    """Uniform random numbers strictly between 0 and 1, each a half-precision number."""
    return torch.rand(*shape, generator=GENERATOR).clamp(0.001, 0.999).half().double()


def each(likelihood, values, *parameters):
    """Log-likelihood of every one of ``values`` (n,), seen as n pictures of one pixel."""
    return likelihood(values[:, None], *(parameter[None] for parameter in parameters))


class OnePixel(Figure):
    """One grey pixel, and four things that a decoder may say about it. Shaded: an area to be compared with 1. Dots: forty draws, the same luck for all four. The black handle is a pixel value; a stem shows the height there."""  # noqa: E501

    lam = Slider(0.99, 0.005, 0.995, step=0.005, symbol="λ", label="the decoder says")
    sigma = Slider(0.2, 0.05, 0.5, step=0.01, symbol="σ", label="Gaussian’s width")
    x = Slider(0.75, 0, 1, step=1 / CELLS, symbol="x", label="pixel value", role="data")
    shown = Slider(1.0, 1, SETS, step=1, label="set of draws", role="data")

    panels = {
        "gaussian": Panel(VALUE, Axis("Gaussian: density", (0, 2.2), "", 4), 0.55),
        "bernoulli": Panel(VALUE, Axis("Bernoulli: exp(−BCE)", (0, 1.2), "", 4), 0.55),
        "continuous": Panel(VALUE, Axis("cont. Bernoulli: density", (0, 5), "", 4), 0.55),
        "binomial": Panel(VALUE, Axis("Binomial: probability", (0, 1), "", 4), 0.55),
    }
    guess = Guess(
        "area_bce", "λ = 0.99. How much area lies under the curve exp(−BCE), for x from 0 to 1?", 0, 1.2, start=1,
        step=0.01,
    )  # fmt: skip
    equation = (
        r"e^{-\mathrm{BCE}(\data{x}, \model{\lambda})} = \model{\lambda}^{\data{x}}\, (1-\model{\lambda})^{1-\data{x}}"
    )

    u = halves(SETS, DRAWS)
    normal = torch.special.ndtri(u).half().double()
    jitter = halves(DRAWS) - 0.5
    grid = torch.linspace(0, 1, 101, dtype=torch.float64)
    counts = torch.arange(CELLS + 1, dtype=torch.float64) / CELLS
    steps = torch.linspace(-8, 8, 129, dtype=torch.float64)
    nodes, weights = (torch.tensor(part) / 2 for part in np.polynomial.legendre.leggauss(24))

    def scene(self, lam, sigma, x, shown):
        """Four panels: curves, areas, draws; and each one's number at x."""
        x, logit = (CELLS * x).round() / CELLS, lam.logit()
        chosen = (shown.round() - 1).long()[None]
        u, normal = self.u.index_select(0, chosen)[0], self.normal.index_select(0, chosen)[0]

        def at_x(likelihood, *parameters):
            return each(likelihood, x[None], *parameters)[0]

        def area(likelihood):
            """Under its exponential from 0 to 1, by Gauss and Legendre's rule."""
            return (self.weights * each(likelihood, 0.5 + self.nodes, logit).exp()).sum()

        wide = lam + sigma * self.steps
        under_gaussian = (each(pixels.gaussian, wide, lam, sigma).exp().sum() * sigma) / 8
        of_counts = each(pixels.binomial, self.counts, logit).exp()
        heights = [at_x(pixels.gaussian, lam, sigma)]
        heights += [at_x(one, logit) for one in (pixels.bernoulli, pixels.continuous_bernoulli, pixels.binomial)]
        names = ("log p, Gaussian", "−BCE", "log p, cont. Bernoulli", "log P, Binomial")
        areas = (under_gaussian, area(pixels.bernoulli), area(pixels.continuous_bernoulli), of_counts.sum())
        keys = ("gaussian", "bce", "continuous", "binomial")
        return [
            *self.gaussian(lam, sigma, x, heights[0].exp(), lam + sigma * normal),
            *self.bernoulli(lam, logit, x, heights[1].exp(), (u > 1 - lam).double()),
            *self.continuous(logit, x, heights[2].exp(), pixels.continuous_quantile(u, logit)),
            *self.binomial(of_counts, x, heights[3].exp(), u),
            *(Readout(name, height, "", 3, role="data", name=f"log_{key}")
              for name, height, key in zip(names, heights, keys, strict=True)),
            *(Readout(f"{kind}, {name}", total, "", 3, role="model", name=f"area_{key}")
              for kind, name, total, key in zip(("area", "area", "area", "sum"),
                                                ("Gaussian", "exp(−BCE)", "cont. Bernoulli", "Binomial"),
                                                areas, keys, strict=True)),
            Readout("mean, cont. Bernoulli", pixels.continuous_mean(logit), "", 3, role="model", name="mean"),
            Action("new draws", {"shown": shown.round() % SETS + 1}),
        ]  # fmt: skip

    def common(self, panel, x, height, draws, top, spread=0.0):
        """What every panel has: room below for the draws, and the pixel value with its height."""
        zero = 0 * top
        return [
            Limits(y=torch.stack([-0.16 * top, 1.18 * top]), panel=panel),
            Points(draws + spread * self.jitter, -0.08 * top + 0.09 * top * self.jitter.flip(0), role="data", size=2.2,
                   opacity=0.5, panel=panel),
            Stems(x[None], height[None], role="data", width=2, panel=panel),
            Points(x[None], height[None], role="data", size=4, panel=panel),
            Handle(x, zero, drags=("x", None), role="data", panel=panel),
        ]  # fmt: skip

    def gaussian(self, lam, sigma, x, height, draws):
        """A bell around λ, which knows no ends."""
        reach = lam + 5 * sigma * torch.linspace(-1, 1, 101, dtype=torch.float64)
        bell = each(pixels.gaussian, reach, lam, sigma).exp()
        return [
            Area(reach, bell, panel="gaussian"),
            Line(reach, bell, panel="gaussian"),
            *self.common("gaussian", x, height, draws, bell.max()),
        ]

    def bernoulli(self, lam, logit, x, height, draws):
        """Two probabilities, and the curve between them that cross entropy draws."""
        curve = each(pixels.bernoulli, self.grid, logit).exp()
        ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
        probabilities = torch.stack([1 - lam, lam])
        return [
            *cover(
                Area(self.grid, curve, panel="bernoulli"),
                Line(self.grid, curve, dash=True, panel="bernoulli"),
                Points(
                    0.15 + 0 * ends[:1],
                    1.0 + 0 * ends[:1],
                    role="model",
                    label="exp(−BCE)",
                    size=0.0,
                    panel="bernoulli",
                ),
            ),
            Stems(ends, probabilities, role="model", width=4, panel="bernoulli"),
            *self.common("bernoulli", x, height, draws, torch.ones_like(lam), 0.12),
        ]

    def continuous(self, logit, x, height, draws):
        """The same curve stretched to area 1; what it gains is hatched."""
        before = each(pixels.bernoulli, self.grid, logit).exp()
        curve = each(pixels.continuous_bernoulli, self.grid, logit).exp()
        return [
            Area(self.grid, curve, panel="continuous"),
            Line(self.grid, curve, panel="continuous"),
            *cover(Line(self.grid, before, dash=True, width=1.0, panel="continuous"),
                   Area(self.grid, curve, before, role="gap", hatch=True, panel="continuous")),
            *self.common("continuous", x, height, draws, curve.max()),
        ]  # fmt: skip

    def binomial(self, of_counts, x, height, u):
        """Seventeen probabilities; a draw is the first count at which their running sum passes u."""
        below = torch.cumsum(of_counts, 0)[:-1]
        draws = (u[:, None] > below).double().sum(1) / CELLS
        return [
            Bars(self.counts, of_counts, width=0.8 / CELLS, panel="binomial"),
            *self.common("binomial", x, height, draws, of_counts.max(), 0.03),
        ]


def strokes():
    """Two drawings (64,) that agree in a stroke and differ in another: a 1, and a 7."""
    one = ["........", "....#...", "....#...", "....#...", "....#...", "....#...", "....#...", "........"]
    seven = ["........", ".####...", "....#...", "....#...", "...#....", "...#....", "...#....", "........"]
    return [torch.tensor([cell == "#" for cell in "".join(rows)]).double() for rows in (one, seven)]


class TwoStrokes(Figure):
    """A decoder that holds a 1 for possible with probability w, else a 7. Left: its mean, pixel by pixel. Middle: four pictures whose pixels were drawn one by one from those means. Right: four drawn whole."""  # noqa: E501

    w = Slider(0.5, 0.05, 0.95, step=0.05, symbol="w", label="probability of the 1")
    shown = Slider(3.0, 1, SETS, step=1, label="set of draws", role="data")

    panels = {
        name: Panel(Axis("", (0, side), visible=False), Axis("", (0, 1.2 * side), visible=False), 1.2, 0.6)
        for name, side in (("mean", 8), ("pixels", 17), ("whole", 17))
    }
    one, seven = strokes()
    differ = one != seven
    each_pixel, each_picture = halves(SETS, 4, 64), halves(SETS, 4)

    def scene(self, w, shown):
        """Three images, and what a 1 scores under each way of drawing."""
        chosen = (shown.round() - 1).long()[None]
        mean = w * self.one + (1 - w) * self.seven
        by_pixel = (self.each_pixel.index_select(0, chosen)[0] < mean).double()
        is_one = (self.each_picture.index_select(0, chosen)[0] < w).double()[:, None]
        whole = is_one * self.one + (1 - is_one) * self.seven
        lit = self.one[self.differ]
        single = pixels.bernoulli(lit, (2 * lit - 1) * w.logit())
        return [
            *titled(mean.reshape(8, 8), "the mean", role="model", panel="mean"),
            *titled(mosaic(by_pixel), "drawn pixel by pixel", role="model", panel="pixels"),
            *titled(mosaic(whole), "drawn whole", role="data", panel="whole"),
            Readout("log p of a 1, by pixels", single, "nats", 3, role="model", name="by_pixels"),
            Readout("log p of a 1, whole", w.log(), "nats", 3, role="data", name="whole"),
            Readout("lost by pixels", w.log() - single, "nats", 3, role="gap", name="lost"),
            Action("new draws", {"shown": shown.round() % SETS + 1}),
        ]


def titled(image, title, **style):
    """A square picture with words above it."""
    side = image.shape[0]
    left, above = (torch.tensor([place * side], dtype=torch.float64) for place in (0.0, 1.04))
    return [
        Image(image, (0, side), (0, side), **style),
        Points(left, above, label=title, size=0.0, **style),
    ]


def mosaic(pictures):
    """Four pictures (4, 64) two by two, with an empty line between them: (17, 17)."""
    four = pictures.reshape(2, 2, 8, 8)
    space = torch.zeros(8, 1, dtype=torch.float64)
    rows = [torch.cat([left, space, right], 1) for left, right in four]
    return torch.cat([rows[0], torch.zeros(1, 17, dtype=torch.float64), rows[1]], 0)

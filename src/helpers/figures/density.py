"""Chapter "A density is not a probability": an interval that shrinks, a unit that grows, a ruler that gets finer."""

import torch

from helpers import datasets, gaussian, probability
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, Bars, Handle, Line, Panel, Points, Readout, Rule, Stems
from livebook.parameters import Guess, Slider

GENTOO = datasets.penguins().of("Gentoo").flipper_length
MU, SIGMA = gaussian.fit(GENTOO)
LENGTHS = torch.linspace(190, 245, 221, dtype=torch.float64)
FLIPPER = Axis("flipper length", (193, 243), "mm")


def outline(left, right, low, high):
    """The four corners of a rectangle, and the first again."""
    return torch.stack([left, left, right, right, left]), torch.stack([low, high, high, low, low])


class Interval(Figure):
    """The density of Gentoo flippers, and an interval around x. First panel: the shaded area is its probability, the dashed rectangle is height times width. Second: the probability that a flipper is shorter; it rises over the interval by that same area, and the slope of the dashed line is the average height."""  # noqa: E501

    x = Slider(222.0, 200, 235, step=0.1, symbol="x", unit="mm")
    width = Slider(12.0, 0, 16, step=0.1, symbol="w", label="width", unit="mm", digits=3)

    panels = {
        "density": Panel(FLIPPER, Axis("height", (0, 0.07), "1/mm"), 0.62),
        "cdf": Panel(FLIPPER, Axis("probability of shorter", (0, 1.04)), 0.62),
    }
    equation = (
        r"\underbrace{\int_{x-w/2}^{x+w/2} \model{p(t)}\,dt}_{\text{probability}}"
        r" \;\approx\; \underbrace{\model{p(x)}}_{\text{height}}\, \underbrace{w}_{\text{width}}"
    )
    numbers = r"<<probability>> \;\approx\; \model{<<height>>} \cdot <<width>> = <<product>>"

    def scene(self, x, width):
        """First panel: the area. Second: the same number as a rise."""
        left, right = x - width / 2, x + width / 2
        height = gaussian.log_prob(x, MU, SIGMA).exp()
        area = probability.interval(left, right, MU, SIGMA)
        average = torch.where(width > 0, area / torch.where(width > 0, width, 1.0), height)
        return [
            *self.density(x, width, left, right, height),
            *self.cdf(left, right, average),
            Readout("height at x", height, "1/mm", 5, role="model", name="height"),
            Readout("probability", area, "", 5, role="model"),
            Readout("height × width", height * width, "", 5, name="product"),
            Readout("average height", average, "1/mm", 5, name="average"),
            Action("half the width", {"width": torch.where(width > 0.002, width / 2, 0 * width)}),
            Action("a point", {"width": 0 * width}),
        ]

    def density(self, x, width, left, right, height):
        """The curve, the area over the interval, the rectangle, and three points to take."""
        across = x + width * torch.linspace(-0.5, 0.5, 61, dtype=torch.float64)
        ends = {"drags": ("width", None), "origin_x": x, "role": "data", "panel": "density"}
        return [
            Area(across, gaussian.log_prob(across, MU, SIGMA).exp(), panel="density"),
            Line(LENGTHS, gaussian.log_prob(LENGTHS, MU, SIGMA).exp(), label="p", width=2.5, panel="density"),
            Line(*outline(left, right, 0 * x, height), role="data", dash=True, width=1.5, panel="density"),
            Stems(x[None], height[None], role="model", panel="density"),
            Handle(left, 0.0, scale_x=-0.5, label="a", **ends),
            Handle(right, 0.0, scale_x=0.5, label="b", **ends),
            Handle(x, height, drags=("x", None), label="x", panel="density"),
        ]

    def cdf(self, left, right, average):
        """The area to the left of every length; over the interval its rise, and the chord drawn long."""
        ends = torch.stack([left, right])
        below = probability.gaussian_cdf(ends, MU, SIGMA)
        middle, reach = (left + right) / 2, torch.tensor([-11.0, 11.0], dtype=torch.float64)
        chord = (below[0] + below[1]) / 2 + average * reach
        cdf = probability.gaussian_cdf(LENGTHS, MU, SIGMA)
        return [
            Line(LENGTHS, cdf, label="F", label_at="end", width=2.5, panel="cdf"),
            Line(middle + reach, chord, role="data", dash=True, width=1.5, panel="cdf"),
            Line(ends, below[0].expand(2), width=1, panel="cdf"),
            Line(right.expand(2), below, width=4, panel="cdf"),
            Points(ends, below, role="model", size=4, panel="cdf"),
        ]


class Units(Figure):
    """The same bell, measured with units of different length: how far a flipper is from the mean, in that unit. The shaded strip is always the same 10 mm of flipper, and the grey square has area 1."""  # noqa: E501

    unit = Slider(100.0, 5, 100, step=0.1, symbol="u", label="one unit is", unit="mm")

    panels = {
        "density": Panel(Axis("distance from the mean", (-1.5, 1.5), "units"), Axis("height", (0, 7), "per unit"), 0.58)
    }
    guess = Guess(
        "height", "One unit is a decimetre (100 mm). How high is the top of the bell?", 0, 7, start=0.5, step=0.05,
        unit="per unit", hides=("the bell",), panel="density", axis="y",
    )  # fmt: skip

    def scene(self, unit):
        """The density of y = (x - mean) / u, and the interval of 10 mm about its middle."""
        sigma = SIGMA / unit
        y = sigma * torch.linspace(-26, 26, 1041, dtype=torch.float64)
        strip = 10 / unit * torch.linspace(-0.5, 0.5, 41, dtype=torch.float64)
        top = gaussian.log_prob(0.0, 0.0, sigma).exp()
        square = torch.tensor([-1.4, -0.4], dtype=torch.float64)
        return [
            Area(square, torch.ones_like(square), role="data", label="area 1"),
            Rule(y=1.0),
            Area(strip, gaussian.log_prob(strip, 0.0, sigma).exp(), label="the bell"),
            Line(y, gaussian.log_prob(y, 0.0, sigma).exp(), label="the bell", width=2.5),
            Readout("height of the top", top, "per unit", 2, role="model", name="height"),
            Readout("in millimetres", top / unit, "1/mm", 4, name="per_mm"),
            Readout("the strip’s width", 10 / unit, "units", 3, name="strip_width"),
            Readout(
                "the strip’s probability", probability.interval(-5 / unit, 5 / unit, 0.0, sigma), "", 4, name="strip"
            ),
            *(
                Action(name, {"unit": length})
                for name, length in (("centimetre", 10), ("inch", 25.4), ("decimetre", 100))
            ),
        ]


class Ruler(Figure):
    """Gentoo flippers read off a ruler with marks every w millimetres; grey: the real birds, blue: the model. First panel: heights are probabilities, and they sum to 1. Second: the same heights divided by w, with the density they approach."""  # noqa: E501

    width = Slider(6.0, 1, 20, step=1, symbol="w", label="marks every", unit="mm")

    panels = {
        "probability": Panel(FLIPPER, Axis("probability", (0, 1)), 0.62),
        "density": Panel(FLIPPER, Axis("probability ÷ width", (0, 0.105), "1/mm"), 0.62),
    }
    equation = r"\model{P(R = k)} \,/\, w \;\longrightarrow\; \model{p(k)} \quad\text{as } w \to 0"
    numbers = r"\model{<<tallest>>} \,/\, <<width>> = <<tallest_density>>, \qquad \model{p(\mu)} = <<top>>"

    first, bins = 187.5, 60  # birds were measured in whole millimetres, so a bin begins between two of them

    def scene(self, width):
        """First panel: what a reading's probability is. Second: what is left of it per millimetre."""
        edges = self.first + width * torch.arange(self.bins + 1, dtype=torch.float64)
        middles = edges[:-1] + width / 2
        share = probability.histogram(GENTOO, edges)
        p = probability.rounded(middles, MU, SIGMA, width)
        top = gaussian.log_prob(MU, MU, SIGMA).exp()
        bars = {"width": 0.92 * width, "role": "data", "opacity": 0.35}
        return [
            Bars(middles, share * width, panel="probability", **bars),
            Stems(middles, p, role="model", width=1.5, panel="probability"),
            Points(middles, p, role="model", size=3, panel="probability"),
            Bars(middles, share, panel="density", **bars),
            Line(LENGTHS, gaussian.log_prob(LENGTHS, MU, SIGMA).exp(), label="p", width=2.5, panel="density"),
            Points(middles, p / width, role="model", size=3, panel="density"),
            Readout("tallest probability", p.max(), "", 4, role="model", name="tallest"),
            Readout("tallest ÷ width", p.max() / width, "1/mm", 4, role="model", name="tallest_density"),
            Readout("top of p", top, "1/mm", 4, name="top"),
            Readout("sum of the probabilities", p.sum(), "", 4, role="model", name="total"),
        ]

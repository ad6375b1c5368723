"""Chapter "Likelihood": eight flippers, two species' curves, and one curve to move."""

import torch

from helpers import datasets, gaussian
from livebook.figure import Figure
from livebook.marks import Axis, Handle, Line, Panel, Points, Readout, Rule, Stems
from livebook.parameters import Choice, Slider

BIRDS = 8


def eight(species: str) -> torch.Tensor:
    """Eight flipper lengths (mm) of one species, taken evenly from the sorted list so that they represent it."""
    lengths = datasets.penguins().of(species).flipper_length.sort().values
    return lengths[torch.linspace(0, len(lengths) - 1, BIRDS + 2)[1:-1].round().long()]


class Likelihood(Figure):
    """Eight penguins' flippers. The likelihood of a curve is the product of its heights at the eight birds. Over μ it is shown divided by the largest value that any μ and σ reach for these birds."""  # noqa: E501

    birds = Choice("Adelie", datasets.SPECIES, label="eight birds of", role="data")
    mu = Slider(204.0, 175, 235, step=0.5, symbol="μ", unit="mm")
    sigma = Slider(9.0, 4.5, 20, step=0.1, symbol="σ", unit="mm")

    panels = {
        "density": Panel(Axis("flipper length", (170, 240), "mm"), Axis("density", (0, 0.09), "1/mm"), 0.5, 1.5),
        "likelihood": Panel(Axis("μ", (170, 240), "mm", ticks=4), Axis("relative likelihood", (0, 1.08)), 0.78),
    }
    equation = (
        r"L(\model{\mu}, \model{\sigma}) = \prod_{i=1}^{8} p(\data{x_i};\, \model{\mu}, \model{\sigma})"
    )  # fmt: skip
    numbers = r"L(\model{<<mu>>},\, \model{<<sigma>>}) = <<likelihood>>\ \text{mm}^{-8}"

    grid = torch.linspace(170, 240, 211, dtype=torch.float64)
    flippers = torch.stack([eight(species) for species in datasets.SPECIES])
    adelie = gaussian.fit(datasets.penguins().of("Adelie").flipper_length)
    gentoo = gaussian.fit(datasets.penguins().of("Gentoo").flipper_length)

    def scene(self, birds, mu, sigma):
        """First panel: the curves over the birds. Second: the likelihood as a function of μ, at this σ."""
        x = self.flippers.index_select(0, birds.long()[None])[0]
        largest = gaussian.likelihood(x, *gaussian.fit(x))
        of_grid = gaussian.likelihood(x, self.grid, sigma.expand(self.grid.shape)) / largest
        likelihood = gaussian.likelihood(x, mu, sigma)
        top, shoulder = (gaussian.log_prob(place, mu, sigma).exp() for place in (mu, mu + sigma))
        return [
            *(self.curve(*fit, name) for fit, name in ((self.adelie, "Adelie"), (self.gentoo, "Gentoo"))),
            Line(self.grid, gaussian.log_prob(self.grid, mu, sigma).exp(), label="yours", width=2.5),
            Stems(x, gaussian.log_prob(x, mu, sigma).exp(), role="model", width=1.5),
            Points(x, torch.zeros_like(x), size=4.5),
            Handle(mu, top, drags=("mu", None)),
            Handle(mu + sigma, shoulder, drags=("sigma", None), origin_x=mu),
            Line(self.grid, of_grid, panel="likelihood"),
            Rule(x=mu, role="model", panel="likelihood"),
            Handle(mu, likelihood / largest, drags=("mu", None), panel="likelihood"),
            Readout("likelihood", likelihood, "mm⁻⁸", 3, "e", role="model"),
            Readout("Adelie’s curve", gaussian.likelihood(x, *self.adelie), "mm⁻⁸", 3, "e", name="adelie"),
            Readout("Gentoo’s curve", gaussian.likelihood(x, *self.gentoo), "mm⁻⁸", 3, "e", name="gentoo"),
        ]

    def curve(self, mu, sigma, species):
        """A species' own curve, dashed."""
        density = gaussian.log_prob(self.grid, mu, sigma).exp()
        return Line(self.grid, density, role="data", label=species, dash=True, width=1.5)

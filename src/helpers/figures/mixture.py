"""Chapter "A variable you did not see": layers that add up, EM step by step, and the reader's own numbers."""

import torch

from helpers import datasets, gaussian, mixture
from helpers.figures.counting import in_bins
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, Bars, Handle, Limits, Line, Panel, Points, Readout, Rule
from livebook.parameters import Choice, Guess, Numbers, Slider

BIRDS = datasets.penguins()
LENGTHS, COUNTS = (part.double() for part in BIRDS.flipper_length.unique(return_counts=True))
GRID = torch.linspace(168, 238, 141, dtype=torch.float64)
LENGTH = Axis("flipper length", (168, 238), "mm", 4)
EDGES = torch.arange(168, 240, 2, dtype=torch.float64)
IS_GENTOO = BIRDS.species == datasets.SPECIES.index("Gentoo")
FITS = [gaussian.fit(BIRDS.of(name).flipper_length) for name in datasets.SPECIES]
OBSERVED = torch.stack([IS_GENTOO[BIRDS.flipper_length == x].double().mean() for x in LENGTHS])
OUTSIDE = -9.0  # below every panel: a name that is not shown
SPECIES_CURVES = {
    name: chosen.double().mean() * gaussian.log_prob(GRID, *gaussian.fit(BIRDS.flipper_length[chosen])).exp()
    for name, chosen in (("the others", ~IS_GENTOO), ("Gentoo", IS_GENTOO))
}


def bars(edges, heights, panel):
    """The histogram as bars, a hair narrower than their intervals."""
    return Bars((edges[1:] + edges[:-1]) / 2, heights, 0.92 * (edges[1] - edges[0]), role="data", panel=panel,
                opacity=0.3)  # fmt: skip


def seen(values, thickness, instead=torch.nan):
    """``values`` where a layer has some thickness, elsewhere nothing: there no name belongs."""
    return torch.where(thickness > 1e-3, values, instead)


class Layers(Figure):
    """Three species, one length. Each layer of the first panel is p(x, z) of one species; their sum, the top edge, is p(x). In the second panel every layer is divided by that sum."""  # noqa: E501

    x = Slider(206.0, 172, 234, step=0.5, symbol="x", label="flipper length", unit="mm", role="data")
    gentoo = Slider(0.36, 0, 1, step=0.01, symbol="π", label="share of Gentoos")

    panels = {
        "joint": Panel(LENGTH, Axis("density", (0, 0.066), "1/mm"), 0.72),
        "shares": Panel(LENGTH, Axis("share of p(x)", (0, 1)), 0.72),
    }
    equation = (
        r"\begin{gathered} \model{p(}\data{x}\model{)} = \sum_{z} \model{p(z)\,p(}\data{x}\model{ \mid z)} \\"
        r" \posterior{p(\text{Gentoo} \mid \data{x})} = \frac{\model{p(\text{Gentoo})\,p(}\data{x}"
        r"\model{ \mid \text{Gentoo})}}{\model{p(}\data{x}\model{)}} \end{gathered}"
    )
    numbers = (
        r"\begin{gathered} \model{<<p_x>> = <<adelie>> + <<chinstrap>> + <<gentoo_joint>>} \\"
        r" \posterior{<<share>>\,\%} = \frac{\model{<<gentoo_joint>>}}{\model{<<p_x>>}} \end{gathered}"
    )

    guess = Guess(
        "share",
        "With what probability is the bird at the dashed line a Gentoo?",
        0,
        100,
        start=33,
        step=1,
        unit="%",
        hides=("Adelie", "Chinstrap", "Gentoo", "this bird"),
    )

    mu, sigma = (torch.stack(part) for part in zip(*FITS, strict=True))
    middles = [int((fit[0] - GRID[0]) / (GRID[1] - GRID[0])) for fit in FITS]
    adelies = (BIRDS.species == 0).double().sum() / (BIRDS.species < 2).double().sum()

    def scene(self, x, gentoo):
        """First the layers and their sum, then the same layers, each over the sum."""
        weights = torch.stack([(1 - gentoo) * self.adelies, (1 - gentoo) * (1 - self.adelies), gentoo])
        model = weights, self.mu, self.sigma
        joint = mixture.log_joint(GRID, *model).exp()
        shares = mixture.responsibilities(GRID, *model)
        here = mixture.log_joint(x[None], *model).exp()[0]
        p_x = mixture.log_marginal(x[None], *model).exp()[0]
        share = mixture.responsibilities(x[None], *model)[0, 2]
        column, zero = x.expand(2), torch.zeros_like(share)
        green = {"role": "posterior", "panel": "shares"}
        return [
            *self.layers(joint),
            Rule(x=x, role="data", panel="joint"),
            Line(column, torch.stack([zero, here[2]]), role="posterior", width=6, panel="joint"),
            Handle(x, p_x, drags=("x", None), role="data", panel="joint"),
            Area(GRID, seen(shares[:, 2], shares[:, 2]), label="Gentoo", **green),
            Area(GRID, seen(torch.ones_like(GRID), shares[:, 0]), 1 - shares[:, 0], label="Adelie", **green),
            Points(GRID[54:55], seen(1 - shares[:, 0] - shares[:, 1] / 2, shares[:, 1] - 0.1, OUTSIDE)[54:55],
                   text=["Chinstrap"], label="Chinstrap", **green),
            Rule(x=x, role="data", panel="shares"),
            Line(column, torch.stack([zero, share]), width=6, label="this bird", **green),
            Readout("Adelie’s layer", here[0], "1/mm", 5, role="model", name="adelie"),
            Readout("Chinstrap’s layer", here[1], "1/mm", 5, role="model", name="chinstrap"),
            Readout("Gentoo’s layer", here[2], "1/mm", 5, role="model", name="gentoo_joint"),
            Readout("p(x)", p_x, "1/mm", 5, role="model", name="p_x"),
            Readout("p(Gentoo | x)", 100 * share, "%", 1, role="posterior", name="share"),
        ]  # fmt: skip

    def layers(self, joint):
        """Gentoo lowest, then Chinstrap, then Adelie, each with its name inside, and the sum along the top."""
        order = [2, 1, 0]
        tops = joint[:, order].cumsum(-1)
        bases = tops - joint[:, order]
        marks = []
        for place, species in enumerate(order):
            top, base, name = tops[:, place], bases[:, place], datasets.SPECIES[species]
            at = self.middles[species]
            middle = seen((top + base) / 2, top - base - 0.005, OUTSIDE)[at, None]
            marks.append(Points(GRID[at, None], middle, role="model", text=[name], panel="joint"))
            if name != "Chinstrap":
                marks.append(Area(GRID, top, base, panel="joint"))
            marks.append(Line(GRID, top, width=1.0, panel="joint"))
        return [*marks, Line(GRID, joint.sum(-1), label="p(x)", width=2.5, panel="joint")]


class MixtureEM(Figure):
    """All penguins, species unknown, and a mixture of two Gaussians. The bound and the log-likelihood are drawn on the straight way from the present parameters (0) to those after one EM step (1); last, the climb that lies ahead."""  # noqa: E501

    mu1 = Slider(195.0, 170, 236, step=0.5, symbol="μ₁", unit="mm")
    mu2 = Slider(205.0, 170, 236, step=0.5, symbol="μ₂", unit="mm")
    sigma1 = Slider(10.0, 0.2, 20, step=0.1, symbol="σ₁", unit="mm")
    sigma2 = Slider(10.0, 0.2, 20, step=0.1, symbol="σ₂", unit="mm")
    weight = Slider(0.5, 0.002, 0.998, step=0.002, symbol="π₂")
    species = Choice("hidden", ("hidden", "shown"), label="the true species", role="data")

    panels = {
        "density": Panel(LENGTH, Axis("density", (0, 0.055), "1/mm"), 0.55, 1.5),
        "bound": Panel(Axis("one EM step", (-0.6, 2.2)), Axis("nats gained", (-10, 20)), 0.95, 1.0),
        "shares": Panel(LENGTH, Axis("p(z = 2 | x)", (0, 1.04)), 0.55, 1.5),
        "climb": Panel(
            Axis("EM steps from here", (-1, 21)), Axis("above one Gaussian", (-25, 50), "nats", 4), 0.95, 1.0
        ),
    }
    equation = (
        r"\model{\ell(\theta)} = \sum_i \log\big(\model{\pi_1\,\mathcal{N}(}\data{x_i}\model{;\mu_1,\sigma_1^2)}"
        r" + \model{\pi_2\,\mathcal{N}(}\data{x_i}\model{;\mu_2,\sigma_2^2)}\big)"
    )
    numbers = r"\model{\ell} = \model{<<log_likelihood>>}"

    floor, ahead = 0.2, 20
    way = torch.linspace(-0.6, 2.2, 57, dtype=torch.float64)
    one = gaussian.log_likelihood(BIRDS.flipper_length, *gaussian.fit(BIRDS.flipper_length))

    def scene(self, mu1, mu2, sigma1, sigma2, weight, species):
        """Above: the mixture, and the bound along the step. Below: the responsibilities, and the climb ahead."""
        now = torch.stack([1 - weight, weight]), torch.stack([mu1, mu2]), torch.stack([sigma1, sigma2])
        q = mixture.responsibilities(LENGTHS, *now)
        path = mixture.em(LENGTHS, *now, self.ahead, COUNTS, self.floor)
        climb = mixture.log_likelihood(LENGTHS, *path, COUNTS)
        swapped = {"mu1": mu2, "mu2": mu1, "sigma1": sigma2, "sigma2": sigma1, "weight": 1 - weight}
        bad = {"mu1": 200.0, "mu2": 230.0, "sigma1": 14.0, "sigma2": 2.0, "weight": 0.02}
        return [
            *self.density(*now, species),
            *self.bound(now, [part[1] for part in path], q, climb[0]),
            *self.shares(now, species),
            Rule(y=0.0, role="data", label="one Gaussian", panel="climb"),
            Points(
                torch.arange(self.ahead + 1, dtype=torch.float64),
                climb - self.one,
                role="model",
                size=2.6,
                panel="climb",
            ),
            Readout("log-likelihood", climb[0], "nats", 4, role="model"),
            Readout("after an EM step", climb[1], "nats", 4, role="model", name="after"),
            Readout("birds of z = 2", (COUNTS * q[:, 1]).sum(), "", 1, role="posterior", name="birds"),
            Action("EM step", self.parameters_of(path, 1)),
            Action("10 EM steps", self.parameters_of(path, 10)),
            Action("Swap 1 and 2", swapped),
            Action("A bad start", bad),
        ]

    def parameters_of(self, path, step):
        """The sliders' values after so many steps."""
        weights, mu, sigma = (part[step] for part in path)
        return {"mu1": mu[0], "mu2": mu[1], "sigma1": sigma[0], "sigma2": sigma[1], "weight": weights[1]}

    def density(self, weights, mu, sigma, species):
        """The birds, the two components and their sum; handles at each top and one sigma to its right."""
        curves = mixture.log_joint(GRID, weights, mu, sigma).exp()
        marks = [bars(EDGES, in_bins(LENGTHS, EDGES, COUNTS) / COUNTS.sum() / EDGES.diff(), "density")]
        for (name, curve), at in zip(SPECIES_CURVES.items(), ("start", "end"), strict=True):
            shown = self.if_shown(curve, species)
            marks.append(Line(GRID, shown, role="data", label=name, label_at=at, dash=True, panel="density"))
        marks.append(Line(GRID, curves.sum(-1), width=3.0, panel="density"))
        for k in (0, 1):
            top = weights[k] * gaussian.log_prob(mu[k], mu[k], sigma[k]).exp()
            side = weights[k] * gaussian.log_prob(mu[k] + sigma[k], mu[k], sigma[k]).exp()
            marks += [
                Line(GRID, curves[:, k], width=1.3, panel="density"),
                Handle(mu[k], top, drags=(f"mu{k + 1}", None), label=f"z = {k + 1}", panel="density"),
                Handle(mu[k] + sigma[k], side, drags=(f"sigma{k + 1}", None), origin_x=mu[k], panel="density"),
            ]
        return marks

    def if_shown(self, values, species):
        """``values``, or nothing while the species are hidden."""
        return torch.where(species > 0, values, torch.nan)

    def bound(self, now, after, q, log_likelihood):
        """The log-likelihood and the bound under q, less the log-likelihood now, on the way to the next parameters."""
        t = self.way[:, None]
        along = [a + t * (b - a) for a, b in zip(now, after, strict=True)]
        second = along[0][:, 1].clamp(1e-4, 1 - 1e-4)
        along = torch.stack([1 - second, second], -1), along[1], along[2].clamp(min=0.05)
        curve = mixture.log_likelihood(LENGTHS, *along, COUNTS) - log_likelihood
        below = mixture.bound(LENGTHS, *along, q, COUNTS) - log_likelihood
        reached = mixture.log_likelihood(LENGTHS, *after, COUNTS) - log_likelihood
        promised = mixture.bound(LENGTHS, *after, q, COUNTS) - log_likelihood
        scale = reached.clamp(min=0.1)
        return [
            Limits(y=torch.stack([-1.2 * scale, 1.7 * scale]), panel="bound"),
            Area(torch.tensor([0.9, 1.1], dtype=torch.float64), reached.expand(2), promised.expand(2), role="gap",
                 hatch=True, panel="bound"),
            Line(self.way, curve, label="log-likelihood", label_at="end", width=2.5, panel="bound"),
            Line(self.way, below, role="bound", label="bound", label_at="start", width=2.5, panel="bound"),
            Points(torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64), role="bound", size=5,
                   panel="bound"),
        ]  # fmt: skip

    def shares(self, now, species):
        """The responsibility of component 2 at each length, and the share of Gentoos among the birds of that length."""
        return [
            Line(GRID, mixture.responsibilities(GRID, *now)[:, 1], role="posterior", width=2.5, panel="shares"),
            Points(LENGTHS, self.if_shown(OBSERVED, species), size=2.6, panel="shares"),
        ]


class YourNumbers(Figure):
    """Your numbers, one Gaussian (dashed) and a mixture of two, fitted by as many EM steps as you choose. It opens with the body masses of the Gentoo penguins, in grams."""  # noqa: E501

    data = Numbers(BIRDS.of("Gentoo").body_mass.tolist(), capacity=200, label="your numbers")
    steps = Slider(0, 0, 30, step=1, label="EM steps")
    apart = Slider(1.0, 0.1, 2.5, step=0.1, label="start: mean ±", unit="sd")
    floor = Slider(0.1, 0.02, 0.5, step=0.01, label="floor of σ", unit="sd")

    panels = {
        "fit": Panel(Axis("your numbers", (3500, 6700)), Axis("numbers in a bar", (0, 25)), 0.55, 1.5),
        "climb": Panel(Axis("EM step", (-1, 31)), Axis("nats each above one Gaussian", (-0.02, 0.04)), 0.95, 1.0),
    }
    equation = (
        r"\model{p(}\data{x}\model{)} = \model{\pi_1\,\mathcal{N}(}\data{x}\model{;\,\mu_1,\sigma_1^2)}"
        r" + \model{\pi_2\,\mathcal{N}(}\data{x}\model{;\,\mu_2,\sigma_2^2)}"
    )
    numbers = (
        r"\begin{gathered} \model{<<weight1>>\;\mathcal{N}(}\data{x}\model{;\,<<mu1>>,<<sigma1>>^2)} \\"
        r" {} + \model{<<weight2>>\;\mathcal{N}(}\data{x}\model{;\,<<mu2>>,<<sigma2>>^2)} \end{gathered}"
    )

    most, bins, points = 30, 16, 161

    def scene(self, data, steps, apart, floor):
        """The fit is made in units of the standard deviation, around the mean: then one start suits all data."""
        given = ~data.isnan()
        counts = given.double()
        n = counts.sum().clamp(min=1)
        x = torch.where(given, data, 0.0)
        mean = x.sum() / n
        variance = (counts * (x - mean) ** 2).sum() / n
        sd = torch.where(variance > 0, variance, 1.0).sqrt()
        u = torch.where(given, (x - mean) / sd, 0.0)
        half, one = torch.full((2,), 0.5, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
        path = mixture.em(u, half, torch.stack([-apart, apart]), one, self.most, counts, floor)
        climb = mixture.log_likelihood(u, *path, counts) / n - sd.log()
        single = (counts * gaussian.log_prob(u, 0.0, 1.0)).sum() / n - sd.log()
        chosen = steps.long()[None]
        weights, mu, sigma = (part.index_select(0, chosen)[0] for part in path)
        score = climb.index_select(0, chosen)[0]
        low, high = u.amin() - 0.6, u.amax() + 0.6
        return [
            *self.fit(u, counts, (weights, mu, sigma), (low, high), mean, sd),
            *self.climb(climb, single, steps, score),
            Readout("numbers", counts.sum(), "", 0),
            Readout("one Gaussian", single, "nats each", 4, role="model", name="single"),
            Readout("mixture", score, "nats each", 4, role="model", name="mixture"),
            *self.readouts(weights, mean + sd * mu, sd * sigma),
        ]

    def readouts(self, weights, mu, sigma):
        """Weights, means and standard deviations in the data's own units."""
        marks = []
        for k in (0, 1):
            number = "₁₂"[k]
            marks += [
                Readout(f"π{number}", weights[k], "", 3, role="model", name=f"weight{k + 1}"),
                Readout(f"μ{number}", mu[k], "", 2, role="model", name=f"mu{k + 1}"),
                Readout(f"σ{number}", sigma[k], "", 2, role="model", name=f"sigma{k + 1}"),
            ]
        return marks

    def fit(self, u, counts, model, ends, mean, sd):
        """How many numbers fall in each bar, and how many each curve expects there; the axes follow the data."""
        low, high = ends
        grid = low + (high - low) * torch.linspace(0, 1, self.points, dtype=torch.float64)
        edges = low + (high - low) * torch.linspace(0, 1, self.bins + 1, dtype=torch.float64)
        each = counts.sum() * (edges[1] - edges[0])  # a curve's height times this is a number of numbers
        heights = in_bins(u, edges, counts)
        components = each * mixture.log_joint(grid, *model).exp()
        single = each * gaussian.log_prob(grid, 0.0, 1.0).exp()
        total = components.sum(-1)
        x = mean + sd * grid
        top = torch.stack([total.amax(), heights.amax(), single.amax()]).amax()
        return [
            Limits(x=mean + sd * torch.stack(ends), y=torch.stack([0 * top, 1.12 * top]), panel="fit"),
            bars(mean + sd * edges, heights, "fit"),
            Line(x, single, dash=True, width=1.8, panel="fit"),
            *(Line(x, components[:, k], label=f"z = {k + 1}", width=1.3, panel="fit") for k in (0, 1)),
            Line(x, total, width=3.0, panel="fit"),
        ]

    def climb(self, climb, single, steps, score):
        """The mixture's score at each step, less the single Gaussian's."""
        gain, now = climb - single, score - single
        best, worst = gain[-1].clamp(min=0), gain[1].clamp(max=0)
        room = (best - worst).clamp(min=1e-3)
        return [
            Limits(y=torch.stack([worst - 0.3 * room, best + 0.3 * room]), panel="climb"),
            Rule(y=0.0, role="model", label="one Gaussian", panel="climb"),
            Points(torch.arange(self.most + 1, dtype=torch.float64), gain, role="model", size=2.2, panel="climb"),
            Points(steps[None], now[None], role="model", size=5.5, panel="climb"),
        ]

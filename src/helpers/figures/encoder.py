"""Chapter "One q for every x": what an encoder loses at each reading, and a line to be set by hand.

The encoders are trained in the chapter. Their weights are rounded to half precision once, in Python, so that the page
and Jupyter compute with the same numbers. Ages are drawn in days; the model counts them in units of 11 days from day
28. The best q of each reading on the slider is a table, from which the scene takes a few refinement steps of its own.
"""

import copy

import torch

from helpers import encoder as encoders
from helpers import gaussian
from helpers.encoder import CENTRE, DAY, SPREAD, UNIT
from helpers.figures.gradients import pick
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, HeatMap, Limits, Line, Panel, Points, Readout, Rule, centres, cover
from livebook.parameters import Choice, Guess, Slider

NAMES = ("one q for all", "straight line", "4 units", "16 units", "16 + 16 units")
HIDDEN = (None, (), (4,), (16,), (16, 16))
TRAINING, FRESH = (300, 3), (300, 9)  # how many chicks, and the seed; no reading among them is below 0
LOW, HIGH, STEP = 0.4, 6.0, 0.05  # kg: the readings on the slider
READINGS = torch.linspace(LOW, HIGH, round((HIGH - LOW) / STEP) + 1, dtype=torch.float64)
DAYS = torch.linspace(-5, 65, 281, dtype=torch.float64)
REFINEMENTS = 10
NOWHERE = torch.tensor(float("nan"), dtype=torch.float64)


def train_all():
    """The chapter's five encoders, each trained on the readings of the same 300 chicks."""
    _, x = encoders.chicks(*TRAINING)
    return [encoders.train(x, hidden) for hidden in HIDDEN]


def rounded(model):
    """A copy whose every weight is a half-precision number, in float64."""
    return copy.deepcopy(model).half().double().requires_grad_(False)


def days(z):
    """An age in days."""
    return DAY + SPREAD * z


def density(mu, log_sigma):
    """The density of a q over the days that are drawn, per day."""
    return gaussian.log_prob((DAYS - DAY) / SPREAD, mu, log_sigma.exp()).exp() / SPREAD


def bar(left, right, middle, role):
    """A bar from ``left`` to ``right`` at the height ``middle``; a gap is hatched."""
    ends = torch.full((2,), middle, dtype=torch.float64)
    return Area(
        torch.stack([left, right]), ends + 0.13, ends - 0.13, role=role, hatch=role == "gap", panel="pieces"
    )  # fmt: skip


def word(x, y, text, role, when):
    """A word among the bars, where there is room for it."""
    place = torch.where(when, x, NOWHERE)[None]
    return Points(place, torch.full((1,), y, dtype=torch.float64), role=role, label=text, panel="pieces", size=0.0)


class TwoGaps(Figure):
    """One reading x of a chick, and what may be said of its age. Solid green is the exact posterior, dashed the best Gaussian for this very x, vermilion the encoder’s answer. ELBO and both gaps always add up to log p(x). Below, the answers at every x; dots are the readings that the encoder was trained on."""  # noqa: E501

    x = Slider(3.1, LOW, HIGH, step=STEP, symbol="x", label="reading", unit="kg", role="data")
    encoder = Choice("one q for all", NAMES, label="encoder", role="approximation")
    steps = Slider(0.0, 0, REFINEMENTS, step=1, label="refinement steps", role="approximation")

    panels = {
        "density": Panel(Axis("age", (-5, 65), "days"), Axis("density", (0, 0.1), "1/day", 4), 0.52),
        "pieces": Panel(Axis("nats", (-2, 0)), Axis("", (0, 1), visible=False), 0.52),
        "mean": Panel(Axis("reading x", (LOW, HIGH), "kg"), Axis("mean of q", (-5, 65), "days", 4), 0.52),
        "width": Panel(Axis("reading x", (LOW, HIGH), "kg"), Axis("width of q", (0, 12), "days", 4), 0.52),
    }
    equation = (
        r"\log p(\data{x}) = \underbrace{\bound{\mathcal{L}(\approximation{q_\varphi(z \mid x)})}}_{\text{ELBO}}"
        r" + \underbrace{\gap{\mathcal{L}(q^*_x) - \mathcal{L}(q_\varphi(z \mid x))}}_{\text{amortisation gap}}"
        r" + \underbrace{\gap{\log p(x) - \mathcal{L}(q^*_x)}}_{\text{approximation gap}}"
    )
    numbers = r"\model{<<log_p>>} = \bound{<<elbo>>} + \gap{<<amortisation>>} + \gap{<<approximation>>}"
    guess = Guess(
        "approximation",
        "The exact posterior at 3.1 kg has two humps, and no Gaussian has. How many nats must the best Gaussian lose?",
        0, 4, start=2, step=0.05, unit="nats", hides=("approximation gap",),
    )  # fmt: skip

    best_mu, best_log_sigma = encoders.best_q(READINGS)
    seen = encoders.chicks(*TRAINING)[1]

    def __init__(self, models, **parameters):
        """``models`` are the five encoders, in the order of ``NAMES``."""
        self.models = [rounded(model) for model in models]
        answers = [model(READINGS) for model in self.models]
        self.means, self.log_sigmas = ([one[i] for one in answers] for i in range(2))
        _, fresh = encoders.chicks(*FRESH)
        best = encoders.best_q(fresh)
        self.average = [encoders.gaps(fresh, *model(fresh), *best)[1].mean() for model in self.models]
        super().__init__(**parameters)

    def scene(self, x, encoder, steps):
        """Above: densities, and what they lose. Below: mean and width of q at every reading."""
        place = torch.clamp(((x - LOW) / STEP).round(), 0, len(READINGS) - 1).long()[None]
        answers = [model(x[None]) for model in self.models]
        start = [
            torch.stack([pick([one[i][0] for one in answers], encoder), table.index_select(0, place)[0]])
            for i, table in enumerate((self.best_mu, self.best_log_sigma))
        ]
        mu, log_sigma = encoders.refined(x, *start, REFINEMENTS)
        q = [values[:, 0].index_select(0, steps.round().long()[None])[0] for values in (mu, log_sigma)]
        best = mu[-1, 1], log_sigma[-1, 1]
        log_p = encoders.log_marginal(x)
        approximation, amortisation = encoders.gaps(x, *q, *best)
        bound = log_p - approximation - amortisation
        return [
            *self.densities(x, q, best, log_p),
            *self.bars(log_p, bound, amortisation, approximation),
            *self.curves(x, q, best, encoder),
            Readout("log p(x)", log_p, "nats", 3, role="model", name="log_p"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("amortisation gap", amortisation, "nats", 3, role="gap", name="amortisation"),
            Readout("approximation gap", approximation, "nats", 3, role="gap", name="approximation"),
            Readout("amortisation gap of 300 fresh chicks", pick(self.average, encoder), "nats each", 3, role="gap",
                    name="average"),
        ]  # fmt: skip

    def densities(self, x, q, best, log_p):
        """The exact posterior, the best Gaussian, and the encoder's."""
        posterior = (encoders.log_joint((DAYS - DAY) / SPREAD, x) - log_p).exp() / SPREAD
        of_q, of_best = density(*q), density(*best)
        beside = best[0] + 1.6 * best[1].exp()  # where the posterior's name stands, away from the peaks
        beside_height = (encoders.log_joint(beside, x) - log_p).exp() / SPREAD
        highest = torch.maximum(posterior.max(), of_best.max())
        top = 1.15 * torch.minimum(torch.maximum(of_q.max(), highest), 2 * highest)
        return [
            Limits(y=torch.stack([0 * top, top]), panel="density"),
            Line(DAYS, posterior, role="posterior", width=3.5, panel="density"),
            Points(
                days(beside)[None], beside_height[None], role="posterior", label="p(z|x)", panel="density", size=0.0
            ),
            Line(DAYS, of_best, role="posterior", dash=True, width=1.5, panel="density"),
            Line(DAYS, of_q, role="approximation", width=2.5, label="q", panel="density"),
        ]

    def bars(self, log_p, bound, amortisation, approximation):
        """ELBO and two gaps end at log p(x); the best Gaussian has one gap only."""
        best = bound + amortisation
        scale = torch.clamp(log_p - bound, min=0.5)
        left, right = log_p - 1.8 * scale, log_p + 0.15 * scale
        room = 0.3 * scale
        return [
            Limits(x=torch.stack([left, right]), panel="pieces"),
            bar(left, bound, 0.7, "bound"),
            bar(bound, best, 0.7, "gap"),
            *cover(bar(best, log_p, 0.7, "gap")),
            bar(left, best, 0.2, "bound"),
            *cover(bar(best, log_p, 0.2, "gap")),
            Line(
                best.expand(2), torch.tensor([0.07, 0.83], dtype=torch.float64), role="gap", width=1.5, panel="pieces"
            ),
            *cover(Rule(x=log_p, role="model", label="log p(x)", panel="pieces")),
            word(left, 0.83, "ELBO, encoder", "bound", bound - left > room),
            word(bound, 0.83, "amortisation gap", "gap", amortisation > 0.3 * scale),
            word(left, 0.33, "ELBO, best q", "bound", best - left > room),
            word(log_p, 0.33, "approximation gap", "gap", approximation > 0.1 * scale),
        ]

    def curves(self, x, q, best, encoder):
        """Mean and width of q at every reading: the encoder's, and the best, which jumps from hump to hump."""
        jump = torch.diff(self.best_mu, prepend=self.best_mu[:1]) > 0.3
        gone = torch.where(jump, NOWHERE, 0.0)
        low = torch.full_like(self.seen, -4)
        return [
            Line(READINGS, days(self.best_mu) + gone, role="posterior", dash=True, label="best q", label_at="start",
                 panel="mean"),
            Line(READINGS, days(pick(self.means, encoder)), role="approximation", label="encoder", label_at="end",
                 panel="mean"),
            Points(self.seen, low, role="data", size=1.5, opacity=0.4, panel="mean"),
            Rule(x=x, role="data", panel="mean"),
            Points(x[None], days(q[0])[None], role="approximation", size=5.0, panel="mean"),
            Points(x[None], days(best[0])[None], role="posterior", size=4.0, panel="mean"),
            Line(READINGS, SPREAD * self.best_log_sigma.exp() + gone, role="posterior", dash=True, panel="width"),
            Line(READINGS, SPREAD * pick(self.log_sigmas, encoder).exp(), role="approximation", panel="width"),
            Points(self.seen, torch.full_like(self.seen, 0.15), role="data", size=1.5, opacity=0.4, panel="width"),
            Rule(x=x, role="data", panel="width"),
            Points(x[None], SPREAD * q[1].exp()[None], role="approximation", size=5.0, panel="width"),
            Points(x[None], SPREAD * best[1].exp()[None], role="posterior", size=4.0, panel="width"),
        ]  # fmt: skip


class LineByHand(Figure):
    """An encoder made of two straight lines: one for the mean of q, one for the logarithm of its width. Shaded is the exact posterior at every reading, each column a density. The other panel shows what the line loses at each reading; the dots are the 300 chicks over which the bound is averaged."""  # noqa: E501

    mean = Slider(25.0, 5, 45, step=0.5, label="mean at 2.5 kg", unit="days", role="approximation")
    slope = Slider(0.0, -5, 20, step=0.25, label="slope", unit="days/kg", role="approximation")
    width = Slider(4.0, 1, 6, step=0.1, label="width at 2.5 kg", unit="days", role="approximation")
    factor = Slider(1.0, 0.7, 1.6, step=0.02, label="width grows, per kg", unit="×", role="approximation")

    panels = {
        "plane": Panel(Axis("reading x", (0.4, 4.4), "kg"), Axis("age", (-5, 65), "days", 4), 0.75),
        "loss": Panel(Axis("reading x", (0.4, 4.4), "kg"), Axis("log p(x) − ELBO", (0, 2), "nats", 4), 0.75),
    }

    columns, rows = 80, 70
    seen = encoders.chicks(*TRAINING)[1]
    readings = torch.linspace(0.4, 4.4, 81, dtype=torch.float64)
    best = encoders.best_q(readings)
    approximation = encoders.log_marginal(readings) - encoders.elbo(readings, *best)
    evidence = encoders.log_marginal(seen).mean()
    nearest = encoders.elbo(seen, *encoders.best_q(seen)).mean()
    shades = torch.stack([
        encoders.posterior((centres(-5, 65, 70) - DAY) / SPREAD, one) / SPREAD for one in centres(0.4, 4.4, 80)
    ], 1).half().double()  # fmt: skip

    def __init__(self, line, **parameters):
        """``line`` is the trained encoder without units, which a button sets."""
        line = copy.deepcopy(line).requires_grad_(False)
        weight, bias = line.net[0].parameters()
        slope, bend = weight[:, 0].unbind()
        mean, log_width = bias.unbind()
        self.trained = {
            "mean": days(mean), "slope": SPREAD * slope / UNIT,
            "width": SPREAD * log_width.exp(), "factor": (bend / UNIT).exp(),
        }  # fmt: skip
        self.reached = encoders.elbo(self.seen, *line(self.seen)).mean()
        super().__init__(**parameters)

    def answer(self, x, mean, slope, width, factor):
        """Mean and log width of q at readings ``x``, in the model's units."""
        away = x - CENTRE
        return (mean + slope * away - DAY) / SPREAD, (width / SPREAD).log() + factor.log() * away

    def scene(self, mean, slope, width, factor):
        """Left: the line over the exact posterior. Right: what is lost at each reading."""
        line = mean, slope, width, factor
        bound = encoders.elbo(self.seen, *self.answer(self.seen, *line)).mean()
        mu, log_sigma = self.answer(self.readings, *line)
        middle, reach = days(mu), SPREAD * log_sigma.exp()
        lost = encoders.log_marginal(self.readings) - encoders.elbo(self.readings, mu, log_sigma)
        top = torch.clamp(1.1 * lost.max(), 1.0, 8.0)
        dots = {"role": "data", "size": 1.5, "opacity": 0.4}
        return [
            HeatMap(self.shades, (0.4, 4.4), (-5, 65), (0.0, 0.2), role="posterior", panel="plane"),
            Line(self.readings, middle, role="approximation", width=3.0, label="mean", label_at="end", panel="plane"),
            Line(self.readings, middle + reach, role="approximation", width=1.0, panel="plane"),
            Line(self.readings, middle - reach, role="approximation", width=1.0, panel="plane"),
            Points(self.seen, torch.full_like(self.seen, -4), panel="plane", **dots),
            Limits(y=torch.stack([0 * top, top]), panel="loss"),
            Area(self.readings, lost, self.approximation, role="gap", hatch=True, panel="loss"),
            Line(self.readings, self.approximation, role="posterior", label="best q", panel="loss"),
            Line(self.readings, lost, role="approximation", label="your line", label_at="end", panel="loss"),
            Points(self.seen, 0.015 * top.expand(self.seen.shape), panel="loss", **dots),
            Readout("mean log p(x)", self.evidence, "nats", 3, role="model", name="log_p"),
            Readout("mean ELBO", bound, "nats", 3, role="bound", name="elbo"),
            Readout("mean amortisation gap", self.nearest - bound, "nats", 3, role="gap", name="amortisation"),
            Readout("below the trained line by", self.reached - bound, "nats", 3, role="gap", name="behind"),
            Action("the trained line", self.trained),
        ]

"""Chapter "What the regulariser is for": models trained with different weights β of the KL, side by side.

``BetaModels`` and ``ActiveUnits`` take trained ``helpers.vae.VAE``s. Their weights are rounded once, in Python, to
six significant bits (so that the many models of a page stay light), and stacked; the page picks one model by its
number and computes everything from its weights. The noise is drawn once, here, and rounded too.
"""

import copy

import torch
from torch.func import functional_call, stack_module_state
from torch.nn.functional import pad

from helpers import datasets, linear_gaussian, regulariser, vae
from helpers.figures.digits import RADII, SIDE, circles, plane
from livebook.figure import Figure
from livebook.marks import Axis, Bars, Ellipse, Handle, Image, Limits, Line, Panel, Points, Readout, Rule, cover
from livebook.parameters import Choice, Guess, Slider

DRAWS, SHOWN, REDRAWN = 2, 120, 6  # draws for each digit; numerals in the plane; digits that are reconstructed
ROWS, COLUMNS = 3, 6  # of the samples
BITS = 6  # of a weight
CELL, TITLE, PLANE = SIDE + 1, 6, 3.2
WIDE = COLUMNS * CELL
# Three blocks of pictures above each other, each under its title; the picture at z is twice as large.
REDRAWN_TOP = 2 * CELL
SAMPLES_TOP = REDRAWN_TOP + TITLE + ROWS * CELL
Z_TOP = SAMPLES_TOP + TITLE + 2 * SIDE + 1
HIGH = Z_TOP + TITLE


def stored(*shape, seed):
    """Standard normal noise in half precision, the same in Python and in the page."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).half().double()


def sheet(images, columns):
    """Images (n, 64) side by side in rows of ``columns``, with a line of paper between them."""
    cells = pad(images.reshape(-1, columns, SIDE, SIDE), (0, 1, 0, 1))
    return cells.permute(0, 2, 1, 3).reshape(-1, columns * CELL)


def rounded(model, latents, unused):
    """A float64 copy whose every weight has six significant bits, and 0 for pixels ``unused`` (64,), always off."""
    if model.latents != latents:
        raise ValueError(f"models must have {latents} latents, got one with {model.latents}")
    coarse = copy.deepcopy(model).double().requires_grad_(False)
    for weight in coarse.parameters():
        mantissa, exponent = torch.frexp(weight)
        weight.copy_(torch.ldexp((mantissa * 2**BITS).round(), exponent - BITS).half())
    coarse.encoder[0].weight[:, unused] = 0
    return coarse


class Stack:
    """VAEs of one shape, of which ``chosen`` is one: it encodes and decodes as a ``VAE`` does."""

    likelihood = staticmethod(vae.log_p_x_given_z)

    def __init__(self, models):
        """Stack the weights of ``models``, which are rounded already."""
        self.parts = {part: copy.deepcopy(getattr(models[0], part)) for part in ("encoder", "decoder")}
        self.weights = {
            part: stack_module_state([getattr(model, part) for model in models])[0] for part in self.parts
        }  # fmt: skip
        self.chosen = None

    def choose(self, number):
        """A stack of which ``number``, a tensor, is chosen."""
        one = copy.copy(self)
        place = number.round().long()[None]
        one.chosen = {
            part: {name: value.detach().index_select(0, place)[0] for name, value in weights.items()}
            for part, weights in self.weights.items()
        }
        return one

    def encode(self, x):
        """As ``VAE.encode``."""
        return functional_call(self.parts["encoder"], self.chosen["encoder"], (x,)).chunk(2, -1)

    def decode(self, z):
        """As ``VAE.decode``."""
        return functional_call(self.parts["decoder"], self.chosen["decoder"], (z,))


def pictures(model, z, prior, x, mu):
    """The picture at z, those at draws of the prior, and digits with what is decoded from the mean of their answer."""
    decoded = [model.decode(at).sigmoid() for at in (z, prior, mu)]
    left = torch.zeros(1, dtype=torch.float64)
    titles = {"decoded at z": Z_TOP, "draws of the prior, decoded": SAMPLES_TOP, "test digits, redrawn": REDRAWN_TOP}
    wide = (0, WIDE)
    return [
        *(Points(left, left + top, size=0.0, label=text, panel="pictures") for text, top in titles.items()),
        Image(decoded[0].reshape(SIDE, SIDE), (0, 2 * SIDE), (Z_TOP - 2 * SIDE, Z_TOP), role="model", panel="pictures"),
        Image(sheet(decoded[1], COLUMNS), wide, (SAMPLES_TOP - ROWS * CELL, SAMPLES_TOP), role="model",
              panel="pictures"),
        Image(sheet(x, REDRAWN), wide, (CELL, 2 * CELL), panel="pictures"),
        Image(sheet(decoded[2], REDRAWN), wide, (0, CELL), role="model", panel="pictures"),
    ]  # fmt: skip


class BetaModels(Figure):
    """Seven VAEs that differ in the weight β of the regulariser alone. Numerals are draws from q(z|x) of test digits, and half and nine tenths of the prior’s draws fall inside the dashed circles; the ellipses belong to the six digits that are redrawn. In the last panel every dot is a model, and on the slanted line the ELBO is the same; on a lower one it is higher."""  # noqa: E501

    model = Slider(3.0, 0, 6, step=1, label="model, by rising β")
    z1 = Slider(0.0, -PLANE, PLANE, step=0.05, symbol="z₁")
    z2 = Slider(0.0, -PLANE, PLANE, step=0.05, symbol="z₂")
    panels = {
        "plane": plane(1.2),
        "pictures": Panel(Axis("", (0, WIDE), visible=False), Axis("", (0, HIGH), visible=False), HIGH / WIDE, 0.9),
        "curve": Panel(Axis("rate R", (-0.5, 20), "nats"), Axis("distortion D", (13, 26), "nats"), 0.5),
    }
    equation = (
        r"\bound{\mathcal{L}_\beta} = -\underbrace{D}_{\text{distortion}} - \beta \underbrace{R}_{\text{rate}} , \qquad"
        r" \bound{\mathcal{L}} = \bound{\mathcal{L}_1} = -D - R"
    )
    numbers = r"\bound{\mathcal{L}} = -<<distortion>> - <<rate>> = <<elbo>>"

    def __init__(self, models, betas, train: torch.Tensor, test: torch.Tensor, labels: torch.Tensor, **parameters):
        """``models`` with two latents for each of ``betas``; images (n, 64), those of ``test`` with ``labels``."""
        self.stack = Stack([rounded(model, 2, (train.sum(0) + test.sum(0)) == 0) for model in models])
        self.betas = torch.tensor(betas, dtype=torch.float64)
        self.x, self.labels = test.double(), [str(int(label)) for label in labels[:SHOWN]]
        self.noise, self.prior = stored(DRAWS, len(test), 2, seed=17), stored(ROWS * COLUMNS, 2, seed=18)
        again = stored(DRAWS, len(train), 2, seed=19)
        places = torch.arange(len(models))
        self.on_test = self._points(self.x, self.noise, places)
        self.on_train = self._points(train.double(), again, places)
        super().__init__(**parameters)

    def _points(self, x, noise, places):
        """Rate and distortion (2, models)."""
        return torch.tensor(
            [[v.item() for v in regulariser.rate_and_distortion(self.stack.choose(k), x, noise)] for k in places],
            dtype=torch.float64,
        ).mT  # fmt: skip

    def scene(self, model, z1, z2):
        """The chosen model's plane, samples and reconstructions; every model's rate and distortion."""
        one = self.stack.choose(model)
        rate, distortion = regulariser.rate_and_distortion(one, self.x, self.noise)
        mu, log_sigma = one.encode(self.x)
        draws = vae.reparameterise(mu, log_sigma, self.noise)[0]
        inside = (draws.square().sum(-1) < RADII[1] ** 2).double().mean()
        seen = draws[:SHOWN]
        reach = torch.clamp(1.08 * seen.abs().max(), min=PLANE)
        frame = torch.stack([-reach, reach])
        z = torch.stack([z1, z2])
        return [
            Limits(x=frame, y=frame, panel="plane"),
            Points(seen[:, 0], seen[:, 1], text=self.labels, opacity=0.7, panel="plane"),
            *circles("plane"),
            *(
                Ellipse(m, (2 * s).exp().diag(), RADII[1], role="approximation", panel="plane", width=1.5)
                for m, s in zip(mu[:REDRAWN], log_sigma[:REDRAWN], strict=True)
            ),
            Handle(z1, z2, drags=("z1", "z2"), label="z", panel="plane"),
            *pictures(one, z, self.prior, self.x[:REDRAWN], mu[:REDRAWN]),
            *self.curve(rate, distortion),
            Readout("β", self.betas.index_select(0, model.round().long()[None])[0], "", 3, name="beta"),
            Readout("rate R", rate, "nats", 2, role="approximation", name="rate"),
            Readout("distortion D", distortion, "nats", 2, role="model", name="distortion"),
            Readout("ELBO", -rate - distortion, "nats", 2, role="bound"),
            Readout("inside the outer circle", 100 * inside, "%", 0, name="inside"),
        ]  # fmt: skip

    def curve(self, rate, distortion):
        """All models' points, on test and on training digits, and the line of equal ELBO through this one's."""
        ends = torch.tensor([-0.5, 20.0], dtype=torch.float64)
        return [
            Line(*self.on_train, dash=True, width=1.0, role="data", label="training digits", label_at="start",
                 panel="curve"),
            Line(*self.on_test, width=1.5, role="data", label="test digits", label_at="start", panel="curve"),
            Points(*self.on_test, role="data", size=3.5, panel="curve"),
            Line(ends, rate + distortion - ends, width=1.5, role="bound", panel="curve"),
            Points(rate[None], distortion[None], role="approximation", size=7.0, panel="curve"),
        ]  # fmt: skip


RUNS = ("β = 1", "β = 1, warm-up", "β = 1, free bits", "β = 4", "β = 4, warm-up")


class ActiveUnits(Figure):
    """Five trainings of one VAE with ten latents: what each latent costs on average, its share of the rate, dearest first. A latent is active if its mean varies from digit to digit."""  # noqa: E501

    run = Choice(RUNS[0], RUNS, label="trained with")
    panels = {
        "cost": Panel(Axis("latents, dearest first", (0.4, 10.6), ticks=10), Axis("cost", (0, 1.6), "nats", 4), 0.4)
    }
    guess = Guess("active", "How many of its ten latents does the VAE trained with β = 1 use?", 0, 10, start=5, step=1)
    equation = r"R = \sum_{j=1}^{10} \approximation{R_j} , \qquad \approximation{R_j} = \frac1n \sum_{i=1}^n \mathrm{KL}\big(\approximation{q(z_j \mid x_i)}\,\|\,p(z_j)\big)"  # noqa: E501

    def __init__(self, models, images: torch.Tensor, **parameters):
        """``models`` in the order of ``RUNS``, with ten latents each; images (n, 64)."""
        self.stack = Stack([rounded(model, 10, images.sum(0) == 0) for model in models])
        self.x = images.double()
        super().__init__(**parameters)

    def scene(self, run):
        """One bar a latent."""
        one = self.stack.choose(run)
        mu, log_sigma = one.encode(self.x)
        costs = regulariser.rate_of_latents(mu, log_sigma)
        places = torch.arange(1.0, 11.0, dtype=torch.float64)
        return [
            *cover(Bars(places, descending(costs), role="approximation", width=0.7, opacity=0.8, panel="cost")),
            Readout("active", regulariser.active_units(mu).double(), "of 10", 0, role="approximation", name="active"),
            Readout("rate R", costs.sum(), "nats", 2, role="approximation", name="rate"),
        ]


def descending(values):
    """The entries from the largest to the smallest, without a sort: each goes to the place of its rank."""
    places = torch.arange(len(values))
    before = (values > values[:, None]) | ((values == values[:, None]) & (places < places[:, None]))
    rank = before.double().sum(1)
    return ((rank == places[:, None]) * values).sum(1)


class WaterLine(Figure):
    """The linear VAE, solved. Bars are the variances λ of the grey digits along their first twenty principal directions. What lies below the water, βσ², is lost as noise; a latent whose bar the water covers is switched off."""  # noqa: E501

    beta = Slider(1.0, 0.5, 70, step=0.5, symbol="β", label="weight of the regulariser")
    panels = {
        "variance": Panel(Axis("principal direction", (0.3, 20.7), ticks=10), Axis("variance", (0, 215), "", 5), 0.45)
    }
    equation = r"R_j = \max\Big(0,\; \tfrac12 \log \frac{\data{\lambda_j}}{\beta \model{\sigma}^2}\Big)"

    kept = 20
    grey = datasets.digits_grey().train.double()
    sigma = linear_gaussian.fit(grey, kept)[2]
    eigenvalues = linear_gaussian.principal_axes(grey)[1]
    missed = eigenvalues[kept:].sum()

    def scene(self, beta):
        """Bars, water, and what remains of each."""
        found = self.eigenvalues[: self.kept]
        rates = regulariser.linear_rates(found, self.sigma, beta)
        errors = regulariser.linear_errors(found, self.sigma, beta)
        places = torch.arange(1.0, self.kept + 1, dtype=torch.float64)
        water = beta * self.sigma**2
        return [
            Bars(places, found, width=0.7, role="data", opacity=0.35, panel="variance"),
            Bars(places, errors, width=0.7, role="gap", opacity=0.8, panel="variance"),
            Rule(y=water, role="gap", label="water, βσ²", panel="variance"),
            Readout("latents on", (rates > 0).double().sum(), "of 20", 0, role="approximation", name="on"),
            Readout("rate R", rates.sum(), "nats", 2, role="approximation", name="rate"),
            Readout("squared error left", errors.sum() + self.missed, "", 1, role="gap", name="error"),
        ]

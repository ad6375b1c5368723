"""Chapter "The ELBO": a bound and its gap that always add up, and a q that sees one hump of two."""

import torch

from helpers import distance, elbo, gaussian
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, Handle, Limits, Line, Panel, Points, Readout, Rule
from livebook.parameters import Guess, Slider

TAU, SIGMA = 6.5, 5.0
LENGTHS = (205, 235)
DRAWS = 20
NOISE = torch.randn(DRAWS, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
NOWHERE = torch.tensor(float("nan"), dtype=torch.float64)
COLUMN = torch.tensor([0.08, 0.56], dtype=torch.float64)
TOP = torch.tensor(-2.0, dtype=torch.float64)
REACH = torch.linspace(-3, 3, 61, dtype=torch.float64)


def column(top, base, role, hatch=False, panel=""):
    """A bar from ``base`` up to ``top``."""
    return Area(COLUMN, top.expand(2), base.expand(2), role=role, hatch=hatch, panel=panel)


def beside(y, text, role, panel, when=None):
    """A word beside the bar at height ``y``, left out where there is no room for it."""
    height = y if when is None else torch.where(when, y, NOWHERE)
    return Points(COLUMN[1:], height[None], role=role, label=text, panel=panel, size=0.0)


class ELBO(Figure):
    """A bird's flipper has the true length z, which nobody sees; x is a hurried reading of it. Whatever q is, ELBO and gap add up to log p(x). Below, log p(x, z) − log q(z) is drawn bold where q lives, with twenty draws from q on it; its average under q is the ELBO."""  # noqa: E501

    mu_q = Slider(214.0, *LENGTHS, step=0.1, symbol="μ_q", label="mean of q", unit="mm", role="approximation")
    sigma_q = Slider(2.5, 2, 12, step=0.1, symbol="σ_q", label="width of q", unit="mm", role="approximation")
    x = Slider(224.0, *LENGTHS, step=0.5, symbol="x", label="reading", unit="mm", role="data")
    theta = Slider(217.0, *LENGTHS, step=0.5, symbol="θ", label="mean of all birds", unit="mm", role="model")

    panels = {
        "z": Panel(Axis("true length z", (195, 245), "mm"), Axis("density", (0, 0.21), "1/mm", 4), 0.56, 1.9),
        "sum": Panel(Axis("", (0, 1), visible=False), Axis("nats", (-10, -2)), 1.4, 0.7),
        "weight": Panel(Axis("z", (195, 245), "mm"), Axis("log p(x, z) − log q(z)", (-14, 4), "nats", 4), 0.56, 1.9),
        "parts": Panel(Axis("", (0, 1), visible=False), Axis("nats", (-10, -2)), 1.4, 0.7),
    }
    equation = (
        r"\underbrace{\log p_{\model{\theta}}(\data{x})}_{\text{evidence}}"
        r" = \underbrace{\bound{\mathcal{L}(\approximation{q}, \model{\theta})}}_{\text{ELBO}}"
        r" + \underbrace{\gap{\mathrm{KL}\big(\approximation{q(z)}\,\|\,\posterior{p_\theta(z \mid x)}\big)}}_{\text{gap}}"
    )
    numbers = r"\model{<<log_p>>} = \bound{<<elbo>>} + \gap{<<gap>>}"

    grid = torch.linspace(195, 245, 201, dtype=torch.float64)

    def scene(self, mu_q, sigma_q, x, theta):
        """Left: densities over z, and the log-weight below them. Right: the bars."""
        model = (theta, TAU, SIGMA)
        m, s = elbo.exact_posterior(x[None], *model)
        log_p, bound = elbo.log_marginal(x[None], *model), elbo.elbo(x[None], mu_q, sigma_q, *model)
        gap = elbo.gap(x[None], mu_q, sigma_q, *model)
        weights = self.log_weights(mu_q, sigma_q, NOISE, x, model)
        return [
            *self.densities(mu_q, sigma_q, x, theta, m, s),
            *self.sum(log_p, bound, gap),
            *self.parts(bound, elbo.reconstruction(x[None], mu_q, sigma_q, *model)),
            *self.weight(mu_q, sigma_q, x, model, log_p, bound, weights),
            Readout("log p(x)", log_p, "nats", 3, role="model", name="log_p"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("gap", gap, "nats", 3, role="gap"),
            Readout("mean of 20 draws", weights.mean(), "nats", 3, role="approximation", name="estimate"),
            Readout("its standard error", weights.std() / DRAWS**0.5, "nats", 3, role="approximation", name="error"),
            Action("set q to the posterior", {"mu_q": m, "sigma_q": s}),
        ]

    @staticmethod
    def log_weights(mu_q, sigma_q, noise, x, model):
        """log p(x, z) - log q(z) at z = mu_q + sigma_q · noise."""
        return elbo.log_weights(lambda z: elbo.log_joint(z, x[None], *model), mu_q, sigma_q, noise)

    def densities(self, mu_q, sigma_q, x, theta, m, s):
        """The prior, the reading, the exact posterior and q, each with what moves it."""

        def curve(mu, sigma, **style):
            return Line(self.grid, gaussian.log_prob(self.grid, mu, sigma).exp(), panel="z", **style)

        top = gaussian.log_prob(mu_q, mu_q, sigma_q).exp()
        shoulder = top * torch.tensor(-0.5, dtype=torch.float64).exp()
        peak = gaussian.log_prob(theta, theta, TAU).exp()
        return [
            curve(theta, TAU, role="model", label="p(z)", label_at="start"),
            curve(x, SIGMA, role="data", dash=True, width=1.5, label="p(x|z)", label_at="end"),
            curve(m, s, role="posterior", width=3.5, label="p(z|x)"),
            curve(mu_q, sigma_q, role="approximation", width=2.5, label="q"),
            Handle(theta, peak, drags=("theta", None), role="model", panel="z"),
            Handle(x, 0.0, drags=("x", None), role="data", label="x", panel="z"),
            Handle(mu_q, top, drags=("mu_q", None), role="approximation", panel="z"),
            Handle(
                mu_q + sigma_q, shoulder, drags=("sigma_q", None), origin_x=mu_q, role="approximation", panel="z"
            ),
        ]  # fmt: skip

    def floor(self, bound):
        """The lowest height that the bars show: -10, or lower where the bound has left the picture."""
        return torch.minimum(torch.tensor(-10.0, dtype=torch.float64), bound - 2)

    def sum(self, log_p, bound, gap):
        """ELBO and gap, one on the other, under log p(x)."""
        floor = self.floor(bound)
        return [
            Limits(y=torch.stack([floor, TOP]), panel="sum"),
            column(bound, floor, "bound", panel="sum"),
            column(log_p, bound, "gap", hatch=True, panel="sum"),
            Rule(y=log_p, role="model", label="log p(x)", panel="sum"),
            beside((log_p + bound) / 2 - 0.25, "gap", "gap", "sum", gap > 1.2),
            beside((floor + bound) / 2, "ELBO", "bound", "sum"),
        ]

    def parts(self, bound, reconstruction):
        """The reconstruction term, and the KL to the prior that is taken off it."""
        floor = self.floor(bound)
        room = reconstruction - bound > 1.2
        return [
            Limits(y=torch.stack([floor, TOP]), panel="parts"),
            column(bound, floor, "bound", panel="parts"),
            column(reconstruction, bound, "approximation", panel="parts"),
            Rule(y=reconstruction, role="data", label="reconstruction", panel="parts"),
            beside((reconstruction + bound) / 2 - 0.25, "− KL", "approximation", "parts", room),
            beside((floor + bound) / 2, "ELBO", "bound", "parts"),
        ]

    def weight(self, mu_q, sigma_q, x, model, log_p, bound, weights):
        """The log-weight over z: a level line when q is the posterior, bent when it is not."""
        everywhere = self.log_weights(mu_q, sigma_q, (self.grid - mu_q) / sigma_q, x, model)
        under_q = self.log_weights(mu_q, sigma_q, REACH, x, model)
        return [
            Rule(y=log_p, role="model", label="log p(x)", panel="weight"),
            Rule(y=bound, role="bound", panel="weight"),
            Line(self.grid, everywhere, role="bound", width=1.0, dash=True, panel="weight"),
            Line(mu_q + sigma_q * REACH, under_q, role="bound", width=3.0, panel="weight"),
            Points(mu_q + sigma_q * NOISE, weights, role="approximation", size=3.5, opacity=0.8, panel="weight"),
        ]


class OneSide(Figure):
    """The reading x tells how far the bird stands from the path, not on which side, so the exact posterior has two equal humps. At the start q stands on one of them, as well as it can."""  # noqa: E501

    mu_q = Slider(4.7, -8, 8, step=0.05, symbol="μ_q", label="mean of q", unit="m", role="approximation")
    sigma_q = Slider(0.95, 0.4, 8, step=0.05, symbol="σ_q", label="width of q", unit="m", role="approximation")
    x = Slider(5.0, 0, 8, step=0.1, symbol="x", label="distance read", unit="m", role="data")

    panels = {
        "z": Panel(Axis("position z", (-10, 10), "m"), Axis("density", (0, 0.62), "1/m", 4), 0.6),
        "weight": Panel(Axis("z", (-10, 10), "m"), Axis("log p(x, z) − log q(z)", (-12, 2), "nats", 4), 0.6),
    }
    guess = Guess(
        "gap",
        "q knows nothing of the other hump. How large is the gap?",
        0, 10, step=0.1, unit="nats", hides=("log p(x)",),
    )  # fmt: skip

    tau, sigma = 4.0, 1.0
    grid = torch.linspace(-10, 10, 321, dtype=torch.float64)

    def scene(self, mu_q, sigma_q, x):
        """Left: the exact posterior and q. Right: the log-weight, bold where q lives, with the draws on it."""
        log_p, bound = distance.log_marginal(x, self.tau, self.sigma), self.bound(x, mu_q, sigma_q)
        posterior = (distance.log_joint(self.grid, x, self.tau, self.sigma) - log_p).exp()
        top = gaussian.log_prob(mu_q, mu_q, sigma_q).exp()
        shoulder = top * torch.tensor(-0.5, dtype=torch.float64).exp()
        weights = self.log_weights(mu_q, sigma_q, NOISE, x)
        q = gaussian.log_prob(self.grid, mu_q, sigma_q).exp()
        return [
            Line(self.grid, posterior, role="posterior", width=3.5, label="p(z|x)", panel="z"),
            Line(self.grid, q, role="approximation", width=2.5, label="q", panel="z"),
            Handle(mu_q, top, drags=("mu_q", None), role="approximation", panel="z"),
            Handle(
                mu_q + sigma_q, shoulder, drags=("sigma_q", None), origin_x=mu_q, role="approximation", panel="z"
            ),
            Rule(y=log_p, role="model", label="log p(x)", panel="weight"),
            Rule(y=bound, role="bound", panel="weight"),
            Line(
                self.grid, self.log_weights(mu_q, sigma_q, (self.grid - mu_q) / sigma_q, x),
                role="bound", width=1.0, dash=True, panel="weight",
            ),
            Line(
                mu_q + sigma_q * REACH, self.log_weights(mu_q, sigma_q, REACH, x),
                role="bound", width=3.0, panel="weight",
            ),
            Points(mu_q + sigma_q * NOISE, weights, role="approximation", size=3.5, opacity=0.8, panel="weight"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("standard error of 20 draws", weights.std() / DRAWS**0.5, "nats", 3, "f", "approximation", "error"),
            Readout("gap", log_p - bound, "nats", 3, role="gap"),
        ]  # fmt: skip

    def bound(self, x, mu_q, sigma_q):
        """The ELBO of this q."""
        return distance.elbo(x, mu_q, sigma_q, self.tau, self.sigma)

    def log_weights(self, mu_q, sigma_q, noise, x):
        """log p(x, z) - log q(z) at z = mu_q + sigma_q · noise."""
        return elbo.log_weights(
            lambda z: distance.log_joint(z, x, self.tau, self.sigma), mu_q, sigma_q, noise
        )  # fmt: skip

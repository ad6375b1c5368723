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
LOWEST, HIGHEST = -10.0, -2.0
REACH = torch.linspace(-3, 3, 61, dtype=torch.float64)


def bar(left, right, middle, role, hatch=False):
    """A bar from ``left`` to ``right`` at the height ``middle``."""
    ends = torch.full((2,), middle, dtype=torch.float64)
    return Area(torch.stack([left, right]), ends + 0.12, ends - 0.12, role=role, hatch=hatch, panel="pieces")


def word(x, y, text, role, when=None):
    """A word among the bars, left out where there is no room for it."""
    place = x if when is None else torch.where(when, x, NOWHERE)
    return Points(
        place[None], torch.full((1,), y, dtype=torch.float64), role=role, label=text, panel="pieces", size=0.0
    )


class ELBO(Figure):
    """A bird's flipper has the true length z, which nobody sees; x is a hurried reading of it. Whatever q is, ELBO and gap add up to log p(x). Below, log p(x, z) − log q(z) is drawn bold where q lives, with twenty draws from q on it; its average under q is the ELBO."""  # noqa: E501

    mu_q = Slider(214.0, *LENGTHS, step=0.1, label="mean of q", unit="mm", role="approximation")
    sigma_q = Slider(2.5, 2, 12, step=0.1, label="width of q", unit="mm", role="approximation")
    x = Slider(224.0, *LENGTHS, step=0.5, symbol="x", label="reading", unit="mm", role="data")
    theta = Slider(217.0, *LENGTHS, step=0.5, symbol="θ", label="birds’ mean", unit="mm", role="model")

    panels = {
        "density": Panel(Axis("true length z", (195, 245), "mm"), Axis("density", (0, 0.21), "1/mm", 4), 0.4, 2.4),
        "pieces": Panel(Axis("nats", (LOWEST, HIGHEST)), Axis("", (0, 1), visible=False), 0.66, 1.0),
        "weight": Panel(Axis("z", (195, 245), "mm"), Axis("log p(x, z) − log q(z)", (-14, 4), "nats", 4), 0.78, 1.1),
    }
    equation = (
        r"\underbrace{\log p_{\model{\theta}}(\data{x})}_{\text{evidence}}"
        r" = \underbrace{\bound{\mathcal{L}(\approximation{q}, \model{\theta})}}_{\text{ELBO}}"
        r" + \underbrace{\gap{\mathrm{KL}\big(\approximation{q}\,\|\,\posterior{p_\theta(z \mid x)}\big)}}_{\text{gap}}"
    )
    numbers = r"\model{<<log_p>>} = \bound{<<elbo>>} + \gap{<<gap>>}"

    grid = torch.linspace(195, 245, 201, dtype=torch.float64)

    def scene(self, mu_q, sigma_q, x, theta):
        """Above: densities over z. Below: the bars, and the log-weight over z."""
        model = (theta, TAU, SIGMA)
        m, s = elbo.exact_posterior(x[None], *model)
        log_p, bound = elbo.log_marginal(x[None], *model), elbo.elbo(x[None], mu_q, sigma_q, *model)
        gap = elbo.gap(x[None], mu_q, sigma_q, *model)
        weights = self.log_weights(mu_q, sigma_q, NOISE, x, model)
        return [
            *self.densities(mu_q, sigma_q, x, theta, m, s),
            *self.bars(log_p, bound, gap, elbo.reconstruction(x[None], mu_q, sigma_q, *model)),
            *self.weight(mu_q, sigma_q, x, model, log_p, bound, weights),
            Readout("log p(x)", log_p, "nats", 3, role="model", name="log_p"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("gap", gap, "nats", 3, role="gap"),
            Readout("standard error of 20 draws", weights.std() / DRAWS**0.5, "nats", 3, "f", "approximation", "error"),
            Action("set q to the posterior", {"mu_q": m, "sigma_q": s}),
        ]

    @staticmethod
    def log_weights(mu_q, sigma_q, noise, x, model):
        """log p(x, z) - log q(z) at z = mu_q + sigma_q · noise."""
        return elbo.log_weights(lambda z: elbo.log_joint(z, x[None], *model), mu_q, sigma_q, noise)

    def densities(self, mu_q, sigma_q, x, theta, m, s):
        """The prior, the reading, the exact posterior and q, each with what moves it."""

        def curve(mu, sigma, **style):
            return Line(self.grid, gaussian.log_prob(self.grid, mu, sigma).exp(), panel="density", **style)

        top = gaussian.log_prob(mu_q, mu_q, sigma_q).exp()
        shoulder = top * torch.tensor(-0.5, dtype=torch.float64).exp()
        peak = gaussian.log_prob(theta, theta, TAU).exp()
        flank = 1.25 * s
        beside = gaussian.log_prob(m + flank, m, s).exp()
        return [
            curve(theta, TAU, role="model", label="p(z)", label_at="start"),
            curve(x, SIGMA, role="data", dash=True, width=1.5, label="p(x|z)", label_at="end"),
            curve(m, s, role="posterior", width=3.5),
            Points((m + flank)[None], beside[None], role="posterior", label="p(z|x)", panel="density", size=0.0),
            curve(mu_q, sigma_q, role="approximation", width=2.5, label="q"),
            Handle(theta, peak, drags=("theta", None), role="model", panel="density"),
            Handle(x, 0.0, drags=("x", None), role="data", label="x", panel="density"),
            Handle(mu_q, top, drags=("mu_q", None), role="approximation", panel="density"),
            Handle(
                mu_q + sigma_q, shoulder, drags=("sigma_q", None), origin_x=mu_q, role="approximation", panel="density"
            ),
        ]  # fmt: skip

    def bars(self, log_p, bound, gap, reconstruction):
        """ELBO and gap end at log p(x); ELBO and KL to the prior end at the reconstruction term."""
        left = torch.minimum(torch.tensor(LOWEST, dtype=torch.float64), bound - 2)
        right = torch.tensor(HIGHEST, dtype=torch.float64)
        room = bound - left > 0.2 * (right - left)
        return [
            Limits(x=torch.stack([left, right]), panel="pieces"),
            bar(left, bound, 0.7, "bound"),
            bar(bound, log_p, 0.7, "gap", hatch=True),
            Rule(x=log_p, role="model", label="log p(x)", panel="pieces"),
            word(left, 0.82, "ELBO", "bound", room),
            word(bound, 0.82, "gap", "gap", gap > 0.16 * (right - left)),
            bar(left, bound, 0.25, "bound"),
            bar(bound, reconstruction, 0.25, "approximation"),
            word(left, 0.37, "ELBO", "bound", room),
            word(bound, 0.37, "KL to prior", "approximation"),
            word(reconstruction, 0.0, "reconstruction", "data"),
        ]

    def weight(self, mu_q, sigma_q, x, model, log_p, bound, weights):
        """The log-weight over z: a level line when q is the posterior, bent when it is not."""
        everywhere = self.log_weights(mu_q, sigma_q, (self.grid - mu_q) / sigma_q, x, model)
        under_q = self.log_weights(mu_q, sigma_q, REACH, x, model)
        below = torch.where(log_p - bound > 1.6, bound, NOWHERE)
        return [
            Rule(y=log_p, role="model", label="log p(x)", panel="weight"),
            Rule(y=bound, role="bound", panel="weight"),
            Line(self.grid, everywhere, role="bound", width=1.0, dash=True, panel="weight"),
            Line(mu_q + sigma_q * REACH, under_q, role="bound", width=3.0, panel="weight"),
            Points(mu_q + sigma_q * NOISE, weights, role="approximation", size=3.5, opacity=0.8, panel="weight"),
            Points(self.grid[-1:], below[None], role="bound", label="ELBO", panel="weight", size=0.0),
        ]


class OneSide(Figure):
    """The reading x tells how far the bird stands from the path, not on which side, so the exact posterior has two equal humps. At the start q stands on one of them, as well as it can."""  # noqa: E501

    mu_q = Slider(4.7, -8, 8, step=0.05, label="mean of q", unit="m", role="approximation")
    sigma_q = Slider(0.95, 0.4, 8, step=0.05, label="width of q", unit="m", role="approximation")
    x = Slider(5.0, 0, 8, step=0.1, symbol="x", label="distance read", unit="m", role="data")

    panels = {
        "density": Panel(Axis("position z", (-10, 10), "m"), Axis("density", (0, 0.62), "1/m", 4), 0.6),
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
            Line(self.grid, posterior, role="posterior", width=3.5, label="p(z|x)", panel="density"),
            Line(self.grid, q, role="approximation", width=2.5, label="q", panel="density"),
            Handle(mu_q, top, drags=("mu_q", None), role="approximation", panel="density"),
            Handle(
                mu_q + sigma_q, shoulder, drags=("sigma_q", None), origin_x=mu_q, role="approximation", panel="density"
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

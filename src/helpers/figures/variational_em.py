"""Chapter "Moving θ and q together": the log-likelihood, the bound below it, and the two steps that climb both."""

import torch

from helpers import datasets, probability
from helpers import elbo as conjugate
from helpers import variational_em as model
from livebook.figure import Figure
from livebook.marks import Action, Area, Axis, Bars, Handle, Line, Panel, Readout, Rule, Trail
from livebook.parameters import Choice, Slider

RATE = 0.2  # mm² per nat: a gradient step goes about a third of the way that an M step goes
READING, TAU = 224.0, 6.5  # mm: the reading and the spread of true lengths in the chapter "The ELBO"
SOFT, HARD = "soft: in doubt between the groups", "hard: all or nothing"


def parabola(x, theta, q):
    """The bound over a grid of theta: a parabola, so three exact values give it everywhere."""
    ends = theta[[0, len(theta) // 2, -1]]
    a, b, c = ends
    at_ends = model.elbo(x, ends, q)
    basis = torch.stack(
        [
            (theta - b) * (theta - c) / ((a - b) * (a - c)),
            (theta - a) * (theta - c) / ((b - a) * (b - c)),
            (theta - a) * (theta - b) / ((c - a) * (c - b)),
        ]
    )
    return (at_ends[:, None] * basis).sum(0)


class VariationalEM(Figure):
    """The exact log-likelihood of θ, and the bound that a choice of q puts below it.

    The hatched column at θ is the gap. The soft q may have any threshold and width; the hard one has no width.
    """

    theta = Slider(10.0, 2, 46, step=0.25, symbol="θ", label="distance", unit="mm")
    threshold = Slider(205.0, 190, 220, step=0.25, symbol="t", label="threshold", unit="mm", role="approximation")
    width = Slider(12.0, 0.5, 24, step=0.1, symbol="w", label="width", unit="mm", role="approximation")
    family = Choice(SOFT, (SOFT, HARD), label="q is", role="approximation")

    panels = {
        "bound": Panel(Axis("θ", (0, 48), "mm"), Axis("nats", (-1800, -1300)), 0.42, 2.7),
        "groups": Panel(Axis("flipper length", (168, 236), "mm", 4), Axis("density", (0, 0.055), "1/mm", 4), 0.6),
        "belief": Panel(Axis("flipper length", (168, 236), "mm", 4), Axis("share of the upper group", (0, 1.05)), 0.6),
    }
    equation = (
        r"\underbrace{\log p_{\model{\theta}}(\data{x})}_{\text{log-likelihood}}"
        r" = \underbrace{\bound{\mathcal{L}(\approximation{q}, \model{\theta})}}_{\text{ELBO}}"
        r" + \underbrace{\gap{\mathrm{KL}\big(\approximation{q}\,\|\,\posterior{p_\theta(z \mid x)}\big)}}_{\text{gap}}"
    )
    numbers = r"\model{<<log_likelihood>>} = \bound{<<elbo>>} + \gap{<<gap>>}"

    x = datasets.penguins().flipper_length
    theta_grid = torch.linspace(0, 48, 193, dtype=torch.float64)
    x_grid = torch.linspace(168, 236, 137, dtype=torch.float64)
    edges = torch.arange(170, 236, 2, dtype=torch.float64)
    density = probability.histogram(x, edges)

    def scene(self, theta, threshold, width, family):
        """Above: both curves over θ. Below: the groups that θ describes, and q beside the exact posterior."""
        q = self.q(self.x, threshold, width, family)
        log_likelihood = model.log_likelihood(self.x, theta)
        elbo = model.elbo(self.x, theta, q)
        exact_threshold, exact_width = model.exact_threshold(theta)
        return [
            *self.bound(theta, q, log_likelihood, elbo),
            *self.groups(theta),
            *self.belief(theta, threshold, width, family),
            Readout("log-likelihood", log_likelihood, "nats", 3, role="model"),
            Readout("ELBO", elbo, "nats", 3, role="bound"),
            Readout("gap", model.gap(self.x, theta, q), "nats", 3, role="gap"),
            Readout("θ after an M step", model.m_step(self.x, q), "mm", 2, role="model", name="m_step"),
            Action("E step", {"threshold": exact_threshold, "width": exact_width}),
            Action("M step", {"theta": model.m_step(self.x, q)}),
            Action("gradient step", {"theta": theta + RATE * self.slope(theta, q)}),
        ]

    def slope(self, theta, q):
        """How steeply the bound rises in θ while q is held, in nats per mm: torch differentiates the bound itself."""
        return torch.func.grad(lambda at: model.elbo(self.x, at, q))(theta)

    def q(self, x, threshold, width, family):
        """Share of each group for every x: soft as the widths say, or all to the group on its side of the threshold."""
        above = (x > threshold).to(x.dtype)
        hard = torch.stack([1 - above, above], -1)
        return torch.where(family > 0, hard, model.threshold_q(x, threshold, width))

    def bound(self, theta, q, log_likelihood, elbo):
        """The two curves, the ceiling of both, and the gap at θ."""
        curve = model.log_likelihood(self.x, self.theta_grid)
        bound = parabola(self.x, self.theta_grid, q)
        column = theta + torch.tensor([-0.5, 0.5], dtype=torch.float64)
        return [
            Rule(y=curve.max(), role="data", panel="bound"),
            Area(column, log_likelihood.expand(2), elbo.expand(2), role="gap", hatch=True, panel="bound"),
            Line(self.theta_grid, curve, label="log-likelihood", label_at="end", panel="bound", width=2.5),
            Line(self.theta_grid, bound, role="bound", label="ELBO", panel="bound", width=2.5),
            Trail(theta, log_likelihood, panel="bound"),
            Handle(theta, elbo, drags=("theta", None), role="bound", panel="bound"),
        ]

    def groups(self, theta):
        """The birds, and the two groups at this θ."""
        joint = model.log_joint(self.x_grid, theta).exp()
        return [
            Bars(self.edges[:-1] + 0.5, self.density, width=1.8, role="data", panel="groups", opacity=0.35),
            Line(self.x_grid, joint[:, 0], label="lower group", panel="groups"),
            Line(self.x_grid, joint[:, 1], label="upper group", panel="groups"),
        ]

    def belief(self, theta, threshold, width, family):
        """How surely each length belongs to the upper group: exactly, and according to q."""
        exact = model.posterior(self.x_grid, theta)[:, 1]
        q = self.q(self.x_grid, threshold, width, family)[:, 1]
        return [
            Line(self.x_grid, exact, role="posterior", label="exact", label_at="end", panel="belief", width=3.5),
            Line(self.x_grid, q, role="approximation", label="q", label_at="start", panel="belief"),
        ]


class OneReading(Figure):
    """One reading x of a flipper, whose true length z nobody sees, and the birds' mean θ. The bound bends more sharply than the log-likelihood, so its top lies short of the top that is wanted. The equation says where an E and an M step lead."""  # noqa: E501

    theta = Slider(206.0, 200, 240, step=0.1, symbol="θ", label="birds’ mean", unit="mm")
    sigma = Slider(5.0, 1, 14, step=0.1, symbol="σ", label="error of x", unit="mm")
    mu_q = Slider(213.0, 200, 240, step=0.1, label="mean of q", unit="mm", role="approximation")
    sigma_q = Slider(3.0, 0.8, 8, step=0.1, label="width of q", unit="mm", role="approximation")

    panels = {"bound": Panel(Axis("θ", (200, 240), "mm"), Axis("nats", (-8, -2)), 0.42)}
    equation = (
        r"\model{\theta_{\text{new}}} - \data{x}"
        r" = \frac{\sigma^2}{\sigma^2 + \tau^2}\, (\model{\theta} - \data{x})"
    )  # fmt: skip
    numbers = r"\model{<<left_after>>} = <<share>> \cdot (\model{<<left>>})"

    grid = torch.linspace(200, 240, 161, dtype=torch.float64)
    x = torch.tensor([READING], dtype=torch.float64)

    def scene(self, theta, sigma, mu_q, sigma_q):
        """Both curves over θ, the gap, and the four ways to step."""
        log_p = conjugate.log_marginal(self.x, theta, TAU, sigma)
        bound = self.elbo(theta, sigma, mu_q, sigma_q)
        m, s = conjugate.exact_posterior(self.x, theta, TAU, sigma)
        column = theta + torch.tensor([-0.4, 0.4], dtype=torch.float64)
        slope = torch.func.grad(self.elbo)(theta, sigma, mu_q, sigma_q)
        return [
            Rule(x=self.x[0], role="data", label="x"),
            Area(column, log_p.expand(2), bound.expand(2), role="gap", hatch=True),
            Line(self.grid, self.curve(sigma), label="log-likelihood", label_at="end", width=2.5),
            Line(self.grid, self.elbo(self.grid, sigma, mu_q, sigma_q), role="bound", label="ELBO", width=2.5),
            Trail(theta, log_p),
            Handle(theta, bound, drags=("theta", None), role="bound"),
            Readout("log-likelihood", log_p, "nats", 3, role="model"),
            Readout("ELBO", bound, "nats", 3, role="bound"),
            Readout("gap", conjugate.gap(self.x, mu_q, sigma_q, theta, TAU, sigma), "nats", 3, role="gap"),
            Readout("θ − x", theta - self.x[0], "mm", 3, role="model", name="left"),
            Readout("after E and M", m - self.x[0], "mm", 3, role="model", name="left_after"),
            Readout("share left", sigma**2 / (sigma**2 + TAU**2), "", 3, name="share"),
            Action("E step", {"mu_q": m, "sigma_q": s}),
            Action("M step", {"theta": mu_q}),
            Action("gradient step", {"theta": theta + 0.3 * TAU**2 * slope}),
        ]

    def elbo(self, theta, sigma, mu_q, sigma_q):
        """The bound at ``theta`` (any shape) for one q."""
        return conjugate.elbo(self.x, mu_q, sigma_q, theta, TAU, sigma)

    def curve(self, sigma):
        """The exact log-likelihood over the grid."""
        return conjugate.log_marginal(self.x, self.grid, TAU, sigma)

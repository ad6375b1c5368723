"""Chapter "When algebra runs out": two ways up one hill, and a Gaussian in two dimensions to drag."""

import torch

from helpers import datasets, gaussian, optimise
from livebook.figure import Figure
from livebook.marks import Action, Arrow, Axis, Ellipse, Handle, Line, Panel, Points, Readout, Rule
from livebook.parameters import Choice, Guess, Slider

WIDTH = 7.7  # mm: how gradually the share of Chinstraps rises, rounded from a fit of threshold and width together
NEWTON_STEPS, GRADIENT_STEPS = 8, 12
MIDDLE = 199.0  # mm: the climbers count from here, since 0.001 keeps more digits than 199.001
LOST = 140.0  # mm: who has gone further than this is stopped there, so that numbers stay finite
FLOOR = 1e-6  # mm: what rounding leaves of a distance is not worth a place on the axis


def contest() -> tuple[torch.Tensor, torch.Tensor]:
    """Flipper lengths (mm) of Adelies and Chinstraps together, and 1 for each Chinstrap, 0 for each Adelie."""
    birds = datasets.penguins()
    here = birds.species != datasets.SPECIES.index("Gentoo")
    return birds.flipper_length[here], (birds.species[here] == datasets.SPECIES.index("Chinstrap")).double()


def threshold_log_likelihood(t, x, y):
    """Log-likelihood of thresholds ``t`` [...]: half of the birds as long as t are Chinstraps."""
    return optimise.bernoulli_log_likelihood(y, (x - t[..., None]) / WIDTH)


def highest() -> torch.Tensor:
    """The threshold with the largest likelihood, in mm from MIDDLE."""
    x, y = contest()
    return optimise.newton(lambda u: threshold_log_likelihood(u, x - MIDDLE, y), 0.0, 8)[-1]


class TwoClimbers(Figure):
    """One hill, two climbers. From your start, Newton jumps to the top of the dashed parabola and fits a new one there; gradient ascent goes η times the slope. The panel below shows how far each still is from the top, in powers of ten; what is nearer than a nanometre stands at −6."""  # noqa: E501

    t = Slider(184.0, 174, 224, step=0.5, symbol="t", label="start", unit="mm")
    rate = Slider(0.6, 0.1, 3.3, step=0.1, symbol="η", label="step size", unit="mm²")

    panels = {
        "hill": Panel(Axis("threshold t", (168, 230), "mm"), Axis("log-likelihood", (-345, -95), "nats", 4), 0.42, 2.7),
        "distance": Panel(Axis("step", (0, 12.4), ticks=6), Axis("log₁₀ of the distance", (-6.4, 2.4), "mm", 5), 0.62),
        "birds": Panel(
            Axis("flipper length", (168, 230), "mm", 4), Axis("share of Chinstraps", (0, 1.05), ticks=3), 0.62
        ),
    }
    equation = r"\approximation{t_\text{new}} = \model{t} - \frac{\ell'(\model{t})}{\ell''(\model{t})}"
    numbers = r"\approximation{<<newton>>} = \model{<<t>>} - \frac{<<slope>>}{<<curvature>>}"

    x, y = contest()
    top = highest()
    grid = torch.linspace(168, 230, 125, dtype=torch.float64)
    bins = torch.arange(171.0, 216.0, 3.0, dtype=torch.float64)

    def scene(self, t, rate):
        """The hill with both paths, their distances from the top, and the curve over the birds."""

        def f(u):
            return threshold_log_likelihood(u, self.x - MIDDLE, self.y)

        u, grid = t - MIDDLE, self.grid - MIDDLE
        value, slope, curvature = f(u), torch.func.grad(f)(u), torch.func.grad(torch.func.grad(f))(u)
        newton = self.path(lambda u: optimise.newton_step(f, u), u, NEWTON_STEPS)
        gradient = self.path(lambda u: optimise.gradient_step(f, u, rate), u, GRADIENT_STEPS)
        parabola = value + slope * (grid - u) + 0.5 * curvature * (grid - u) ** 2
        return [
            Line(self.grid, f(grid), width=2.5),
            Line(self.grid, parabola, role="approximation", dash=True, width=1.5),
            Points(MIDDLE + newton, f(newton), role="approximation", size=4),
            Points(MIDDLE + gradient, f(gradient), role="model", size=3),
            Arrow(t, value, MIDDLE + newton[1], f(newton[1]), role="approximation"),
            Handle(t, value, drags=("t", None)),
            *self.distances(newton, gradient),
            *self.birds(t),
            Readout("log-likelihood", value, "nats", 3, role="model"),
            Readout("slope", slope, "1/mm", 3),
            Readout("curvature", curvature, "1/mm²", 3),
            Readout("Newton goes to", t - slope / curvature, "mm", 4, role="approximation", name="newton"),
            Readout("the gradient step to", MIDDLE + gradient[1], "mm", 4, role="model", name="gradient"),
            Action("Newton step", {"t": MIDDLE + newton[1]}),
            Action("gradient step", {"t": MIDDLE + gradient[1]}),
        ]

    def path(self, step, u, steps):
        """Start and ``steps`` places after it, in mm from MIDDLE; who goes too far is stopped."""
        path = [u]
        for _ in range(steps):
            path.append(step(path[-1]).clamp(-LOST, LOST))
        return torch.stack(path)

    def distances(self, newton, gradient):
        """How far each climber is from the top after each step."""
        marks = []
        for path, role, name in ((newton, "approximation", "Newton"), (gradient, "model", "gradient ascent")):
            steps = torch.arange(len(path), dtype=torch.float64)
            distance = (path - self.top).abs().clamp(min=FLOOR).log10()
            marks.append(Line(steps, distance, role=role, panel="distance"))
            marks.append(Points(steps, distance, role=role, size=3, panel="distance"))
            marks.append(
                Points(steps[-6:-5], distance[-6:-5] + 0.2, role=role, size=0.01, label=name, panel="distance")
            )
        return marks

    def birds(self, t):
        """The share of Chinstraps among birds of about one length, and the curve which t gives."""
        near = ((self.x >= self.bins[:, None] - 1.5) & (self.x < self.bins[:, None] + 1.5)).double()
        return [
            Points(self.bins, near @ self.y / near.sum(1), size=4, panel="birds"),
            Line(self.grid, torch.sigmoid((self.grid - t) / WIDTH), panel="birds"),
            Rule(x=t, role="model", panel="birds"),
        ]


ALL = "all three species"


def bills() -> tuple[torch.Tensor, torch.Tensor]:
    """Bill length and depth (342, 2) in mm, and which birds belong to each choice (4, 342): all, then each species."""
    birds = datasets.penguins()
    kinds = torch.arange(len(datasets.SPECIES))[:, None] == birds.species
    return torch.stack([birds.bill_length, birds.bill_depth], -1), torch.cat([torch.ones_like(kinds[:1]), kinds])


def best_ellipses() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For each choice of birds the best mean, the best covariance, and the log-likelihood that they reach."""
    x, belongs = bills()
    fits = [optimise.fit_multivariate(x[chosen]) for chosen in belongs]
    reached = [gaussian.log_prob_multivariate(x[one], *fit).sum() for one, fit in zip(belongs, fits, strict=True)]
    return *(torch.stack(part) for part in zip(*fits, strict=True)), torch.stack(reached)


class CovarianceEllipse(Figure):
    """A Gaussian in two dimensions, drawn as two ellipses: the outermost points of the inner one, to the right and left, above and below, lie one standard deviation from the middle, those of the outer one two. Drag the three points: the middle, the rightmost point and the topmost point."""  # noqa: E501

    birds = Choice(ALL, (ALL, *datasets.SPECIES), label="birds", role="data")
    mu1 = Slider(43.0, 34, 56, step=0.1, symbol="μ₁", label="length", unit="mm")
    mu2 = Slider(17.5, 13, 21, step=0.05, symbol="μ₂", label="depth", unit="mm")
    s1 = Slider(5.0, 1, 9, step=0.05, symbol="σ₁", unit="mm")
    s2 = Slider(1.8, 0.4, 4, step=0.02, symbol="σ₂", unit="mm")
    rho = Slider(0.5, -0.95, 0.95, step=0.01, symbol="ρ")

    panels = {"bills": Panel(Axis("bill length", (30, 62), "mm"), Axis("bill depth", (12, 23), "mm"), 0.62)}
    guess = Guess(
        "data_rho",
        "Within each species, longer bills are deeper. What is the correlation over all birds together?",
        -1, 1, step=0.05, hides=("best",),
    )  # fmt: skip
    equation = (
        r"\begin{gathered}\ell(\model{\mu}, \model{\Sigma}) = \textstyle\sum_i \log"
        r" \mathcal{N}(\data{x_i};\, \model{\mu}, \model{\Sigma})"
        r"\\ \model{\Sigma} = \begin{pmatrix}\model{\sigma_1^2} & \model{\rho\sigma_1\sigma_2}\\"
        r" \model{\rho\sigma_1\sigma_2} & \model{\sigma_2^2}\end{pmatrix}\end{gathered}"
    )
    numbers = r"\model{<<log_likelihood>>} = \posterior{<<best>>} - \gap{<<below>>}"

    x, belongs = bills()
    means, covariances, best = best_ellipses()

    def scene(self, birds, mu1, mu2, s1, s2, rho):
        """The birds, your ellipse with its handles, and the best one."""
        kind = birds.long()[None]
        chosen, best = self.belongs.double().index_select(0, kind)[0], self.best.index_select(0, kind)[0]
        best_mu, best_covariance = self.means.index_select(0, kind)[0], self.covariances.index_select(0, kind)[0]
        mu, cross = torch.stack([mu1, mu2]), rho * s1 * s2
        covariance = torch.stack([s1**2, cross, cross, s2**2]).reshape(2, 2)
        log_likelihood = (chosen * gaussian.log_prob_bivariate(self.x, mu, torch.stack([s1, s2]), rho)).sum()
        data_rho = best_covariance[0, 1] / (best_covariance[0, 0] * best_covariance[1, 1]).sqrt()
        return [
            *self.dots(chosen),
            Ellipse(best_mu, best_covariance, role="posterior", label="best", label_at="end", width=2, dash=True),
            Ellipse(mu, covariance, role="model", width=2.5),
            Ellipse(mu, covariance, 2.0, role="model", width=1),
            Handle(mu1, mu2, drags=("mu1", "mu2")),
            Handle(mu1 + s1, mu2 + rho * s2, drags=("s1", "rho"), origin_x=mu1, origin_y=mu2, scale_y=s2),
            Handle(mu1 + rho * s1, mu2 + s2, drags=("rho", "s2"), origin_x=mu1, origin_y=mu2, scale_x=s1),
            Readout("log-likelihood", log_likelihood, "nats", 2, role="model"),
            Readout("the best possible", best, "nats", 2, role="posterior", name="best"),
            Readout("yours is below it by", best - log_likelihood, "nats", 2, role="gap", name="below"),
            Readout("correlation of the birds", data_rho, "", 3, name="data_rho"),
        ]

    def dots(self, chosen):
        """All birds faint, the chosen ones dark, and the species' names beside their clouds."""
        length, depth = self.x.unbind(-1)
        nowhere = torch.full_like(length, torch.nan)
        names = {"Adelie": (32.0, 21.5), "Chinstrap": (55.0, 20.9), "Gentoo": (54.5, 14.0)}
        return [
            Points(length, depth, size=2, opacity=0.25),
            Points(torch.where(chosen > 0, length, nowhere), depth, size=2.2, opacity=0.8),
            *(Points(torch.tensor([a]), torch.tensor([b]), size=0.01, label=name) for name, (a, b) in names.items()),
        ]

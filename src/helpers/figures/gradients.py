"""Chapter "Gradients through randomness": two estimates of one slope, and how far each scatters.

Sixteen penguins, eight Adelies and eight Chinstraps; z is how much the log odds of a Chinstrap grow per 7 mm of
flipper. The noise of a thousand estimates is drawn once, here, and rounded to half precision, so that the page and
Jupyter have the same numbers; the seed was chosen among sixty as a typical one (no average of the thousand strays from
its exact value by more than 1.3 standard errors where the chapter looks). The exact slope and the scale of the
histograms come from quadrature under q.
"""

import torch

from helpers import gaussian, gradients
from helpers.figures.counting import in_bins
from helpers.figures.likelihood import eight
from livebook.figure import Figure
from livebook.marks import Action, Axis, Bars, Handle, Limits, Line, Panel, Points, Readout, Rule, Stems
from livebook.parameters import Choice, Guess, Slider

ESTIMATES, DRAWS, BINS = 1000, 16, 61
CENTRE, UNIT = 193.0, 7.0  # mm: halfway between the two species' averages, and about one standard deviation of all
NOWHERE = torch.tensor(float("nan"), dtype=torch.float64)


def birds():
    """Flipper lengths (16,) in units of 7 mm from 193 mm, and which of the birds are Chinstraps (1) or Adelies (0)."""
    x = (torch.cat([eight("Adelie"), eight("Chinstrap")]) - CENTRE) / UNIT
    return x, (torch.arange(len(x)) >= 8).double()


def pick(values, choice):
    """The entry of ``values`` that a menu stands on."""
    return torch.stack(values).index_select(0, choice.long()[None])[0]


class TwoGradients(Figure):
    """Which way should q move? Every estimate of the bound’s slope along q’s mean averages the same draws from q in two ways: by how high f is at them (score function), and by how steep it is there (pathwise). Green is exact."""  # noqa: E501

    mu_q = Slider(1.0, -1, 5, step=0.05, label="mean of q", role="approximation")
    sigma_q = Slider(0.6, 0.3, 2, step=0.05, label="width of q", role="approximation")
    draws = Slider(1.0, 1, DRAWS, step=1, symbol="S", label="draws in an estimate", role="approximation")
    shown = Slider(3.0, 1, ESTIMATES, step=1, label="estimate shown", role="bound")
    baseline = Choice("nothing", ("nothing", "the average of f", "the best constant"), symbol="b", label="taken off f")
    target = Choice("log p(y, z)", ("log p(y, z)", "log p(y, z) − log q(z)"), label="f is")

    panels = {
        "density": Panel(Axis("slope z of the log odds", (-3, 7)), Axis("density", (0, 0.75), "", 4), 0.6),
        "height": Panel(Axis("z", (-3, 7)), Axis("f(z) − b", (-20, 2), "nats", 5), 0.6),
        "score": Panel(Axis("score-function estimate", (-60, 60)), Axis("estimates", (0, 100), "", 4), 0.5),
        "path": Panel(Axis("pathwise estimate", (-60, 60)), Axis("estimates", (0, 1000), "", 4), 0.5),
    }
    guess = Guess(
        "ratio", "How many times as far as the pathwise estimates do the score-function estimates scatter?",
        1, 40, start=2, step=0.5, hides=("score function",),
    )  # fmt: skip

    x, y = birds()
    noise = torch.randn(
        ESTIMATES, DRAWS, generator=torch.Generator().manual_seed(28), dtype=torch.float64
    ).half().double()  # fmt: skip
    grid = torch.linspace(-3, 7, 201, dtype=torch.float64)
    steps = torch.linspace(-8, 8, 129, dtype=torch.float64)
    posterior = gradients.log_joint(grid[:, None], x[:, None], y).exp()
    posterior = posterior / torch.trapezoid(posterior, grid)

    def f(self, z, mu_q, sigma_q, target):
        """What is averaged, at z (...): log p(y, z), or the log-weight of a q that is held still."""
        log_q = gaussian.log_prob(z, mu_q, sigma_q)
        return gradients.log_joint(z[..., None], self.x[:, None], self.y) - target * log_q

    def estimates(self, noise, mu_q, sigma_q, target, baseline):
        """One slope along the mean for each draw, by heights and by slopes; the noise's shape."""

        def of_rows(z):
            return self.f(z[..., 0], mu_q, sigma_q, target)

        arguments = mu_q[None], sigma_q[None], noise[..., None]
        by_height = gradients.score_function(of_rows, *arguments, baseline)
        return by_height[..., 0, 0], gradients.pathwise(of_rows, *arguments)[..., 0, 0]

    def scene(self, mu_q, sigma_q, draws, shown, baseline, target):
        """Above: q, and f with the draws of one estimate. Below: a thousand estimates of both kinds."""
        # Exact averages under q.
        weights = (-0.5 * self.steps**2).softmax(0)
        height = self.f(mu_q + sigma_q * self.steps, mu_q, sigma_q, target)
        best = (weights * height * self.steps**2).sum()
        b = pick([torch.zeros_like(best), (weights * height).sum(), best], baseline)
        by_height, by_slope = self.estimates(self.steps, mu_q, sigma_q, target, b)
        exact = (weights * by_slope).sum()
        reach = 3.3 * (weights * (by_height - exact) ** 2).sum().sqrt()

        # A thousand estimates, each the average of its first draws.
        used = torch.arange(DRAWS) < draws.round()
        score, path = ((one * used).sum(1) / draws.round()
                       for one in self.estimates(self.noise, mu_q, sigma_q, target, b))  # fmt: skip
        chosen = (shown.round() - 1).long()[None]
        noise = self.noise.index_select(0, chosen)[0]
        spread = path.std()
        return [
            *self.above(mu_q, sigma_q, target, b, noise, used),
            *self.below("score", score, exact, reach, score.index_select(0, chosen), "score function"),
            *self.below("path", path, exact, reach, path.index_select(0, chosen), "pathwise"),
            Readout("exact slope", exact, "", 3, role="posterior", name="exact"),
            Readout("average, score function", score.mean(), "", 3, role="bound", name="score_mean"),
            Readout("average, pathwise", path.mean(), "", 3, role="bound", name="path_mean"),
            Readout("spread, pathwise", spread, "", 3, role="bound", name="path_spread"),
            Readout("score function spreads", score.std() / spread, "times as far", 1, role="bound", name="ratio"),
            Action("new estimate", {"shown": shown.round() % ESTIMATES + 1}),
        ]

    def above(self, mu_q, sigma_q, target, b, noise, used):
        """The posterior and q with its handles; f over z, its heights and slopes at the draws."""
        z = mu_q + sigma_q * noise
        heights = self.f(z, mu_q, sigma_q, target) - b
        slope = torch.func.grad(lambda v: self.f(v, mu_q, sigma_q, target).sum())(z)
        z = torch.where(used, z, NOWHERE)
        half = torch.tensor([-0.22, 0.22, float("nan")], dtype=torch.float64)
        ends = mu_q + 2.6 * sigma_q * torch.linspace(-1, 1, 61, dtype=torch.float64)
        under_q = self.f(ends, mu_q, sigma_q, target) - b
        zero = torch.zeros_like(b)
        top = gaussian.log_prob(mu_q, mu_q, sigma_q).exp()
        shoulder = top * torch.tensor(-0.5, dtype=torch.float64).exp()
        low, high = torch.minimum(under_q.min(), zero), torch.maximum(under_q.max(), zero)
        room = 0.12 * (high - low)
        return [
            Limits(y=torch.stack([zero, 1.12 * torch.clamp(top, min=0.55)]), panel="density"),
            Line(self.grid, self.posterior, role="posterior", width=3.5, panel="density"),
            Points(self.grid[112:113], self.posterior[112:113], role="posterior", label="p(z|y)", panel="density",
                   size=0.0),
            Line(self.grid, gaussian.log_prob(self.grid, mu_q, sigma_q).exp(), role="approximation", width=2.5,
                 label="q", panel="density"),
            Points(z, torch.zeros_like(z), role="approximation", size=4.5, panel="density"),
            Handle(mu_q, top, drags=("mu_q", None), role="approximation", panel="density"),
            Handle(mu_q + sigma_q, shoulder, drags=("sigma_q", None), origin_x=mu_q, role="approximation",
                   panel="density"),
            Limits(y=torch.stack([low - room, high + room]), panel="height"),
            Rule(y=zero, panel="height", dash=False),
            Line(self.grid, self.f(self.grid, mu_q, sigma_q, target) - b, width=1.0, dash=True, panel="height"),
            Line(ends, under_q, width=2.5, panel="height"),
            Stems(z, heights, role="approximation", panel="height", width=1.5),
            Line((z[:, None] + half).reshape(-1), (heights[:, None] + slope[:, None] * half).reshape(-1),
                 role="bound", width=3.5, panel="height"),
        ]  # fmt: skip

    def below(self, panel, values, exact, reach, one, label):
        """The histogram of a thousand estimates, the one that is shown, and the exact slope."""
        edges = exact + reach * torch.linspace(-1, 1, BINS + 1, dtype=torch.float64)
        counts = in_bins(values, edges)
        return [
            Limits(x=torch.stack([exact - reach, exact + reach]), y=torch.stack([0 * exact, 1.25 * counts.max() + 1]),
                   panel=panel),
            Bars((edges[1:] + edges[:-1]) / 2, counts, width=0.96 * 2 * reach / BINS, role="bound", label=label,
                 panel=panel),
            Rule(x=exact, role="posterior", panel=panel),
            Points(one, torch.zeros_like(one), role="approximation", size=5.5, panel=panel),
        ]  # fmt: skip

"""Chapter "How good is it, really?": bounds from 1 to 1,000 draws beside the exact log p(x) of a linear model.

One grey digit under probabilistic PCA with five latents, fitted once, here. The noise of sixteen times a thousand draws
is rounded to 16ths, which half precision holds and which pack well, so that the page computes with exactly these draws.
"""

import torch

from helpers import datasets, evaluation, linear_gaussian
from helpers.figures.counting import in_bins
from livebook.figure import Figure
from livebook.marks import Action, Axis, Bars, Limits, Line, Panel, Points, Readout, Rule, cover
from livebook.parameters import Guess, Slider

LATENTS, REPETITIONS, DRAWS, BINS = 5, 16, 1000, 37
SPAN = 16.0  # nats that the histogram reaches below the largest log-weight; what lies lower falls into its first bar
NOWHERE = torch.tensor(float("nan"), dtype=torch.float64)


def one_digit():
    """A grey test digit (64,) and the linear model ``(weights, mu, sigma)`` of the training digits."""
    grey = datasets.digits_grey()
    return grey.test[0].double(), linear_gaussian.fit(grey.train.double(), LATENTS)


class TighterBounds(Figure):
    """A linear model scores one digit: log p(x) is exact, and q stands beside the exact posterior. Each thin line is the bound of the first K of a thousand draws, for sixteen repetitions (vermilion: the one shown below); the thick line is their mean, a purple dashed line what the weights’ variance promises. Below, the draws of one repetition; the first bar holds all that lies lower."""  # noqa: E501

    width = Slider(0.8, 0.4, 2.5, step=0.01, label="width of q, over the posterior’s", role="approximation")
    offset = Slider(1.0, 0, 3, step=0.05, label="q off centre, in posterior widths", role="approximation")
    log_k = Slider(3.0, 0, 3, step=0.01, symbol="log₁₀ K", label="draws", role="approximation")
    shown = Slider(1.0, 1, REPETITIONS, step=1, label="repetition shown", role="approximation")

    panels = {
        "bound": Panel(Axis("log₁₀ K", (0, 3), ticks=4), Axis("bound − log p(x)", (-3, 1), "nats", 5), 0.6),
        "size": Panel(Axis("log₁₀ K", (0, 3), ticks=4), Axis("log₁₀ ESS", (0, 3.1), ticks=4), 0.6),
        "weights": Panel(Axis("log w − log p(x)", (-6, 4), "nats", 6), Axis("share", (0, 0.3), "", 4), 0.4),
    }
    guess = Guess(
        "ess", "This q’s ELBO is less than a nat too low. Of its 1,000 draws, how many really count?",
        0, 1000, start=500, step=5, hides=("share of the weight", "these draws"),
    )  # fmt: skip
    equation = r"\bound{\mathcal{L}_K} = \mathbb{E}\Big[\log \frac1K \sum_{k=1}^{K} w_k\Big] \le \log \model{p(}\data{x}\model{)}"  # noqa: E501

    x, model = one_digit()
    log_p = linear_gaussian.log_prob(x, *model)
    noise = torch.randn(REPETITIONS, DRAWS, LATENTS, generator=torch.Generator().manual_seed(18), dtype=torch.float64)
    noise = (noise * 16).round() / 16
    places = torch.logspace(0, 3, 61, dtype=torch.float64).round().unique()

    def scene(self, width, offset, log_k, shown):
        """Above: the bound and the effective sample size for every K. Below: where the draws are, and their weight."""
        q = evaluation.moved_posterior(self.x, *self.model, offset, width)
        log_w = evaluation.linear_log_weights(self.x, *self.model, *q, self.noise)
        bounds, sizes = evaluation.running(log_w)
        draws = (10**log_k).round()
        at, repetition = (draws - 1).long()[None], (shown.round() - 1).long()[None]
        estimates = bounds.index_select(1, at)[:, 0]
        row, size = log_w.index_select(0, repetition)[0], sizes.index_select(0, repetition)[0]
        bound, ess = estimates.mean(), size.index_select(0, at)[0]
        variance = self.variance(offset, width)
        return [
            *self.of_bounds(bounds - self.log_p, draws, bound - self.log_p, repetition, variance),
            *self.of_sizes(size, draws, ess, variance),
            *self.of_weights(row - self.log_p, draws),
            Readout("log p(x), exact", self.log_p, "nats", 3, role="model", name="log_p"),
            Readout("bound, mean of 16", bound, "nats", 3, role="bound", name="bound"),
            Readout("their spread", estimates.std(), "nats", 3, role="bound", name="spread"),
            Readout("below log p(x)", self.log_p - bound, "nats", 3, role="gap", name="gap"),
            Readout("draws K", draws, "", 0, role="approximation", name="draws"),
            Readout("effective draws", ess, "of K", 1, role="approximation", name="ess"),
            Action("next repetition", {"shown": shown.round() % REPETITIONS + 1}),
        ]

    def variance(self, offset, width):
        """The weights' exact relative variance, which may be infinite."""
        first = torch.eye(LATENTS, dtype=torch.float64)[0]
        return evaluation.relative_variance(offset * first, width * torch.ones_like(first))

    def of_bounds(self, bounds, draws, bound, repetition, variance):
        """Every repetition's bound for every K less log p(x), their mean, and what 1/K promises."""
        at = (self.places - 1).long()
        lines = bounds[:, at]
        mean = lines.mean(0)
        x = self.places.log10()
        promised = -evaluation.bias(variance, self.places)
        promised = torch.where(promised > mean.min() - 2, promised, NOWHERE)
        every = torch.cat([lines, NOWHERE.expand(REPETITIONS, 1)], 1).reshape(-1)
        along = torch.cat([x, NOWHERE[None]]).expand(REPETITIONS, -1).reshape(-1)
        low = mean.min() - 1.0
        return [
            Limits(y=torch.stack([low, torch.clamp(-0.25 * low, min=0.6)]), panel="bound"),
            Line(along, every, role="bound", width=0.6, panel="bound"),
            Line(x, lines.index_select(0, repetition)[0], role="approximation", width=1.5, panel="bound"),
            Line(x, promised, role="gap", dash=True, width=1.5, panel="bound"),
            Line(x, mean, role="bound", width=3.0, panel="bound"),
            Rule(y=0 * low, role="model", label="log p(x)", dash=False, panel="bound"),
            Rule(x=draws.log10(), role="approximation", panel="bound"),
            Points(draws.log10()[None], bound[None], role="bound", size=5.0, panel="bound"),
        ]

    def of_sizes(self, size, draws, ess, variance):
        """The effective sample size of the shown repetition's first K draws, and K / (1 + v)."""
        x = self.places.log10()
        expected = (self.places / (1 + variance)).log10()
        expected = torch.where(expected > 0, expected, NOWHERE)
        return [
            Line(x, x, role="data", dash=True, width=1.0, label="K", label_at="end", panel="size"),
            *cover(Line(x, expected, role="gap", dash=True, width=1.5, panel="size")),
            Line(x, size[(self.places - 1).long()].log10(), role="approximation", width=2.5, label="these draws",
                 label_at="start", panel="size"),
            Rule(x=draws.log10(), role="approximation", panel="size"),
            *cover(Points(draws.log10()[None], ess.log10()[None], role="approximation", size=5.0, panel="size")),
        ]  # fmt: skip

    def of_weights(self, log_w, draws):
        """For the shown repetition: the share of its first K draws in each bin, and the share of their weight."""
        high = log_w.max() + 0.25
        low = torch.maximum(log_w.min() - 0.25, high - SPAN)
        edges = low + (high - low) * torch.linspace(0, 1, BINS + 1, dtype=torch.float64)
        inside = torch.maximum(log_w, low + 1e-9)
        used = (torch.arange(DRAWS) < draws).double()
        weight = (log_w - high).exp() * used
        of_draws = in_bins(inside, edges, used / draws)
        of_weight = in_bins(inside, edges, weight / weight.sum())
        middle, width = (edges[1:] + edges[:-1]) / 2, 0.96 * (high - low) / BINS
        top = 1.25 * torch.maximum(of_draws.max(), of_weight.max())
        return [
            Limits(x=edges[[0, -1]], y=torch.stack([0 * top, top]), panel="weights"),
            Bars(middle, of_draws, width, role="approximation", label="share of the draws", panel="weights"),
            Bars(middle, of_weight, width, role="bound", label="share of the weight", panel="weights"),
        ]

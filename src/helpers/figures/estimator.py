"""Chapter "How good is the estimate?": what the estimates do over many samples, and how sharp a likelihood's peak is.

The colony is a Gaussian whose parameters are known, so every estimate can be held against the truth. The noise of all
samples is drawn once, here, and rounded to 64ths, so that the page and Jupyter have the same numbers. The
seed of the thousand samples was chosen among sixty as a typical one: at no n does an average stray from its exact value
by more than 1.5 standard errors. The chapter's own checks draw fresh samples instead.
"""

import torch

from helpers import estimator, gaussian
from helpers.figures.counting import in_bins
from livebook.figure import Figure
from livebook.marks import Action, Axis, Bars, Limits, Line, Panel, Points, Readout, Rule
from livebook.parameters import Choice, Guess, Slider

MU, SIGMA = 217.0, 6.0  # mm, rounded from the Gentoos
LARGEST = 40  # birds in a sample


def noise(samples: int, seed: int) -> torch.Tensor:
    """Standard Gaussian noise (samples, LARGEST) in 64ths: exact in half precision, and light to load."""
    generator = torch.Generator().manual_seed(seed)
    return (64 * torch.randn(samples, LARGEST, generator=generator, dtype=torch.float64)).round() / 64


def histogram(values, counted, low, width, bins):
    """Bars of width ``width`` from ``low``, as a density: middles (bins,), heights (bins,)."""
    edges = low + width * torch.arange(bins + 1, dtype=torch.float64)
    return edges[:-1] + width / 2, in_bins(values, edges, counted.double()) / (counted.double().sum() * width)


def average(values, counted):
    """The average of the values that count."""
    return (values * counted).sum() / counted.double().sum()


class SamplingDistribution(Figure):
    """A thousand samples of n birds from one colony, with an estimate from each. Green is the truth, which a
    researcher would not know; blue is what the samples say.
    """

    n = Slider(3.0, 2, LARGEST, step=1, symbol="n", label="birds in a sample", role="data")
    samples = Slider(1000.0, 1, 1000, step=1, label="samples so far", role="data")
    divisor = Choice("n", ("n", "n − 1", "n + 1"), symbol="d", label="the variance divides by")

    panels = {
        "sample": Panel(Axis("flipper length", (196, 238), "mm"), Axis("density", (0, 0.15), "1/mm", 3), 0.22, 2.7),
        "mean": Panel(Axis("mean of a sample", (205, 229), "mm", 6), Axis("density", (0, 0.46), "1/mm", 4), 0.62),
        "variance": Panel(
            Axis("variance from a sample", (0, 120), "mm²", 6), Axis("density", (0, 0.075), "1/mm²", 4), 0.62
        ),
    }
    guess = Guess(
        "average_variance", "The colony’s variance is 36 mm². What is the average of the thousand estimates, each from "
        "three birds by maximum likelihood?", 0, 72, start=54, step=1, unit="mm²",
        hides=("average",), panel="variance", axis="x",
    )  # fmt: skip
    equation = r"\text{spread of } \model{\hat\mu} = \frac{\posterior{\sigma}}{\sqrt{n}}"
    numbers = r"\frac{\posterior{6}}{\sqrt{<<n>>}} = \posterior{<<exact_spread>>}\ \text{mm}"

    noise = noise(1000, seed=41)
    lengths = torch.linspace(196, 238, 169, dtype=torch.float64)
    means = torch.linspace(205, 229, 193, dtype=torch.float64)
    variances = torch.linspace(0, 120, 241, dtype=torch.float64)[1:]

    def scene(self, n, samples, divisor):
        """Above: the newest sample. Below: the estimates of all samples so far, beside their exact densities."""
        n, samples = n.round(), samples.round()
        divisor = n + torch.tensor([0.0, -1.0, 1.0], dtype=torch.float64).index_select(0, divisor.long()[None])[0]
        chosen = torch.arange(LARGEST) < n
        counted = torch.arange(len(self.noise)) < samples
        mean = (self.noise * chosen).sum(1) / n
        squares = ((self.noise - mean[:, None]) ** 2 * chosen).sum(1)
        mu_hat, variance = MU + SIGMA * mean, SIGMA**2 * squares / divisor
        newest = (samples - 1).long()[None]
        shown = mu_hat.index_select(0, newest)[0], variance.index_select(0, newest)[0]
        exact_error = estimator.mean_squared_error(SIGMA, n, divisor).sqrt()
        return [
            *self.sample(self.noise.index_select(0, newest)[0], chosen, *shown),
            *self.of_means(n, mu_hat, counted, shown[0]),
            *self.of_variances(n, divisor, variance, counted, shown[1]),
            Readout("spread of μ̂", average((mu_hat - average(mu_hat, counted)) ** 2, counted).sqrt(), "mm", 2,
                    role="model", name="spread"),
            Readout("exact spread", SIGMA / n.sqrt(), "mm", 2, role="posterior"),
            Readout("average of σ̂²", average(variance, counted), "mm²", 1, role="model", name="average_variance"),
            Readout("error of σ̂²", average((variance - SIGMA**2) ** 2, counted).sqrt(), "mm²", 1,
                    role="model", name="error"),
            Readout("exact error", exact_error, "mm²", 1, role="posterior"),
            Action("new sample", {"samples": samples % len(self.noise) + 1}),
            Action("50 more", {"samples": (samples + 49) % len(self.noise) + 1}),
        ]  # fmt: skip

    def sample(self, noise, chosen, mu_hat, variance):
        """The colony, the birds of one sample, and the curve fitted to them."""
        birds = torch.where(chosen, MU + SIGMA * noise, torch.nan)
        fitted = gaussian.log_prob(self.lengths, mu_hat, variance.sqrt()).exp()
        colony = gaussian.log_prob(self.lengths, MU, SIGMA).exp()
        flank = self.lengths >= 222.5
        return [
            Line(self.lengths, colony, role="posterior", panel="sample"),
            Line(self.lengths[flank], colony[flank], role="posterior", label="the colony", panel="sample"),
            Line(self.lengths, fitted, label="fitted", panel="sample"),
            Points(birds, torch.zeros_like(birds), size=4.5, panel="sample"),
        ]

    def of_means(self, n, mu_hat, counted, shown):
        """The means so far."""
        exact = estimator.mean_log_density(self.means, MU, SIGMA, n).exp()
        return [
            Bars(*histogram(mu_hat, counted, 205, 0.5, 48), width=0.46, panel="mean"),
            Line(self.means, exact, role="posterior", panel="mean"),
            Rule(x=MU, role="posterior", label="μ", panel="mean"),
            Line(
                average(mu_hat, counted).expand(2),
                torch.tensor([0.0, 0.355], dtype=torch.float64),
                panel="mean",
                width=3,
            ),
            Points(shown, torch.zeros_like(shown), size=4.5, panel="mean"),
        ]

    def of_variances(self, n, divisor, variance, counted, shown):
        """The variances so far; their average is what the figure asks for."""
        exact = estimator.variance_log_density(self.variances, SIGMA, n, divisor).exp()
        middle = average(variance, counted).expand(2)
        return [
            Bars(*histogram(variance, counted, 0, 4, 30), width=3.7, panel="variance"),
            Line(self.variances, exact, role="posterior", panel="variance"),
            Rule(x=SIGMA**2, role="posterior", label="σ²", panel="variance"),
            Line(middle, torch.tensor([0.0, 0.058], dtype=torch.float64), label="average", panel="variance", width=3),
            Points(shown, torch.zeros_like(shown), size=4.5, panel="variance"),
        ]


class PeakWidth(Figure):
    """Twelve samples of n birds. Each hill is one sample's log-likelihood of μ, moved up or down until its top is at 0;
    where it has fallen by ½ it is one standard error from its top. Below: where the tops of 400 such hills lie.
    """

    n = Slider(4.0, 2, LARGEST, step=1, symbol="n", label="birds in a sample", role="data")
    sigma = Slider(6.0, 3, 8, step=0.5, symbol="σ", label="spread of the colony", unit="mm", role="posterior")

    panels = {
        "hills": Panel(Axis("μ", (205, 229), "mm", 6), Axis("log-likelihood", (-4, 0.35), "nats", 5), 0.34, 2.7),
        "tops": Panel(Axis("top of the hill", (205, 229), "mm", 6), Axis("density", (0, 0.5), "1/mm", 3), 0.2, 2.7),
    }
    equation = r"\frac{1}{\sqrt{n\, I_\mu}} = \frac{1}{\sqrt{n / \posterior{\sigma}^2}}"
    numbers = r"\frac{1}{\sqrt{<<n>> / \posterior{<<sigma>>}^2}} = \model{<<standard_error>>}\ \text{mm}"

    hills = 12
    noise = noise(400, seed=12)
    mu = torch.linspace(205, 229, 193, dtype=torch.float64)

    def scene(self, n, sigma):
        """Above: the hills. Below: the histogram of their tops, and the exact density."""
        n = n.round()
        chosen = torch.arange(LARGEST) < n
        x = MU + sigma * self.noise
        tops = (x * chosen).sum(1) / n
        everything = torch.ones(len(self.noise), dtype=torch.bool)
        error = estimator.standard_errors(sigma, n)[0]
        exact = estimator.mean_log_density(self.mu, MU, sigma, n).exp()
        return [
            *(self.hill(x[i], chosen, tops[i], sigma) for i in range(self.hills)),
            Rule(y=-0.5, panel="hills", label="½ below the top"),
            Rule(x=MU, role="posterior", panel="hills", label="truth"),
            Points(tops[: self.hills], torch.zeros(self.hills, dtype=torch.float64), role="model", panel="hills"),
            Bars(*histogram(tops, everything, 205, 0.5, 48), width=0.46, panel="tops"),
            Line(self.mu, exact, role="posterior", panel="tops"),
            Rule(x=MU, role="posterior", panel="tops"),
            Limits(y=1.3 * torch.stack([torch.zeros_like(error), exact.max()]), panel="tops"),
            Readout("curvature at the top", 1 / error**2, "nats/mm²", 3, role="model", name="curvature"),
            Readout("standard error from it", error, "mm", 3, role="model", name="standard_error"),
            Readout("spread of the tops", tops.var(unbiased=False).sqrt(), "mm", 3, role="model", name="spread"),
        ]

    def hill(self, x, chosen, top, sigma):
        """The log-likelihood of μ from one sample, less its largest value."""
        height = self.log_likelihood(x, chosen, self.mu[:, None], sigma) - self.log_likelihood(x, chosen, top, sigma)
        return Line(self.mu, height, panel="hills", width=1.2)

    def log_likelihood(self, x, chosen, mu, sigma):
        """Of the first n birds."""
        return (gaussian.log_prob(x, mu, sigma) * chosen).sum(-1)

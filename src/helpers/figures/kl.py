"""Chapter "Kullback-Leibler": one Gaussian q for a target with two humps, and estimates of a divergence."""

import torch

from helpers import divergence, fit_q, gaussian
from helpers.figures.counting import in_bins
from livebook.figure import Figure
from livebook.marks import (
    Action,
    Area,
    Axis,
    Bars,
    Handle,
    HeatMap,
    Limits,
    Line,
    Panel,
    Points,
    Readout,
    Rule,
    centres,
)
from livebook.parameters import Choice, Guess, Slider

STEPS = 12


def ends(low, high):
    """The two ends of an axis."""
    return torch.stack([torch.as_tensor(low, dtype=torch.float64), torch.as_tensor(high, dtype=torch.float64)])


def target_and_q(z, mu, sigma, distance, weight, panel, label="q"):
    """Both densities over ``z``, and an axis that holds the higher one."""
    p, q = fit_q.log_p(z, distance, weight).exp(), gaussian.log_prob(z, mu, sigma).exp()
    return [
        Limits(y=ends(0.0, 1.18 * torch.maximum(p.max(), q.max())), panel=panel),
        Line(z, p, role="posterior", label="p", width=3.0, panel=panel),
        Line(z, q, role="approximation", label=label, width=2.5, panel=panel),
    ]


class ForwardReverse(Figure):
    """A target p with two humps, and one Gaussian q. Below: what each place contributes to either divergence; hatched counts as positive, grey as negative. Dashed are two other q: matched has p’s own mean and width, downhill is where sliding leads."""  # noqa: E501

    mu = Slider(1.0, -5, 5, step=0.05, symbol="μ", label="centre", role="approximation")
    sigma = Slider(1.0, 0.5, 5, step=0.05, symbol="σ", label="width", role="approximation")
    distance = Slider(7.0, 0, 8, step=0.1, symbol="d", label="between the humps", role="posterior")
    weight = Slider(0.5, 0.1, 0.9, step=0.01, symbol="w", label="in the right hump", role="posterior")

    panels = {
        "density": Panel(Axis("z", (-9, 9)), Axis("density", (0, 0.47), ticks=4), 0.34, 2.7),
        "reverse": Panel(Axis("z", (-9, 9)), Axis("q log(q/p)", (-0.5, 1.5), ticks=4), 0.6),
        "forward": Panel(Axis("z", (-9, 9)), Axis("p log(p/q)", (-0.5, 4), ticks=4), 0.6),
    }
    equation = (
        r"\begin{aligned}"
        r"\mathrm{KL}(\approximation{q}\,\|\,\posterior{p}) &= \int \approximation{q}\, \log(\approximation{q}/\posterior{p})\, dz \\"  # noqa: E501
        r"\mathrm{KL}(\posterior{p}\,\|\,\approximation{q}) &= \int \posterior{p}\, \log(\posterior{p}/\approximation{q})\, dz"  # noqa: E501
        r"\end{aligned}"
    )
    numbers = (
        r"\begin{aligned}"
        r"\mathrm{KL}(\approximation{q}\,\|\,\posterior{p}) &= \gap{<<reverse>>} \\"
        r"\mathrm{KL}(\posterior{p}\,\|\,\approximation{q}) &= \gap{<<forward>>}"
        r"\end{aligned}"
    )
    guess = Guess(
        "rest_mu", "q slides downhill, to lower and lower KL(q‖p). Where will its centre come to rest?",
        -5, 5, step=0.1, hides=("downhill",), panel="density", axis="x",
    )  # fmt: skip

    z = torch.linspace(-9, 9, 145, dtype=torch.float64)

    def scene(self, mu, sigma, distance, weight):
        """Above: the two densities, and the best q of either kind. Below: both integrands."""
        rest_mu, rest_sigma = (path[-1] for path in fit_q.descend(mu, sigma, distance, weight, STEPS))
        best_mu, best_sigma = fit_q.match_moments(distance, weight)
        log_p, log_q = fit_q.log_p(self.z, distance, weight), gaussian.log_prob(self.z, mu, sigma)
        height = gaussian.log_prob(mu, mu, sigma).exp()
        return [
            *target_and_q(self.z, mu, sigma, distance, weight, "density", label=""),
            self.dashed(rest_mu, rest_sigma, "downhill"),
            self.dashed(best_mu, best_sigma, "matched", label_at="end"),
            Handle(mu, height, drags=("mu", None), role="approximation", panel="density"),
            Handle(
                mu + sigma,
                gaussian.log_prob(mu + sigma, mu, sigma).exp(),
                drags=("sigma", None),
                origin_x=mu,
                role="approximation",
                label="q",
                panel="density",
            ),
            *self.integrand(log_q.exp() * (log_q - log_p), "reverse"),
            *self.integrand(log_p.exp() * (log_p - log_q), "forward"),
            Readout("KL(q‖p)", fit_q.reverse_kl(mu, sigma, distance, weight), "nats", 3, role="gap", name="reverse"),
            Readout("KL(p‖q)", fit_q.forward_kl(mu, sigma, distance, weight), "nats", 3, role="gap", name="forward"),
            Readout("downhill: μ", rest_mu, digits=2, role="approximation", name="rest_mu"),
            Readout("p’s own μ", best_mu, digits=2, role="posterior", name="best_mu"),
            Readout("p’s own σ", best_sigma, digits=2, role="posterior", name="best_sigma"),
            Action("Slide down KL(q‖p)", {"mu": rest_mu, "sigma": rest_sigma}),
            Action("Lowest KL(p‖q)", {"mu": best_mu, "sigma": best_sigma}),
        ]

    def dashed(self, mu, sigma, label, label_at="peak"):
        """Another q, for comparison."""
        density = gaussian.log_prob(self.z, mu, sigma).exp()
        style = {"label": label, "label_at": label_at, "dash": True, "width": 1.5}
        return Line(self.z, density, role="approximation", panel="density", **style)

    def integrand(self, height, panel):
        """What each place contributes; above 0 and below 0 apart."""
        return [
            Limits(y=ends(torch.minimum(1.3 * height.min(), -0.04 * height.max()), 1.15 * height.max()), panel=panel),
            Area(self.z, height.clamp(min=0), role="gap", hatch=True, panel=panel),
            Area(self.z, height.clamp(max=0), role="data", panel=panel),
            Line(self.z, height, role="gap", width=1.5, panel=panel),
        ]


REVERSE, FORWARD = "KL(q‖p)", "KL(p‖q)"


class Landscape(Figure):
    """Every Gaussian q is a point of this plane; the stronger the colour, the larger its divergence. The line leads down from where q stands: step by step for KL(q‖p), straight to the known lowest point for KL(p‖q)."""  # noqa: E501

    mu = Slider(3.0, -6, 6, step=0.05, symbol="μ", label="centre", role="approximation")
    sigma = Slider(3.0, 0.5, 5, step=0.05, symbol="σ", label="width", role="approximation")
    distance = Slider(6.0, 0, 8, step=0.1, symbol="d", label="between the humps", role="posterior")
    weight = Slider(0.5, 0.1, 0.9, step=0.01, symbol="w", label="in the right hump", role="posterior")
    kind = Choice(REVERSE, (REVERSE, FORWARD), label="divergence", role="gap")

    MU, SIGMA = (-6.0, 6.0), (0.5, 5.0)
    panels = {
        "plane": Panel(Axis("μ", MU), Axis("σ", SIGMA), 0.72, 1.45),
        "density": Panel(Axis("z", (-9, 9)), Axis("density", (0, 0.47), ticks=4), 1.0),
    }

    z = torch.linspace(-9, 9, 145, dtype=torch.float64)
    over_mu, over_sigma = centres(*MU, 48), centres(*SIGMA, 32)[:, None]
    levels = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0]

    def scene(self, mu, sigma, distance, weight, kind):
        """Left: the divergence of every q, and the way down. Right: this q."""
        down = torch.stack(fit_q.descend(mu, sigma, distance, weight, STEPS))
        best = torch.stack(fit_q.match_moments(distance, weight))
        straight = torch.stack([mu, sigma])[:, None] + (best - torch.stack([mu, sigma]))[:, None] * self.along
        path = torch.where(kind > 0, straight, down)
        # Computed in the page: as constants the places of all averages would weigh megabytes.
        over_mu, over_sigma = self.over_mu + 0 * distance, self.over_sigma + 0 * distance
        of = torch.where(
            kind > 0,
            fit_q.forward_kl(over_mu, over_sigma, distance, weight),
            fit_q.reverse_kl(over_mu, over_sigma, distance, weight, points=65),
        )
        here, there = (self.divergence(*place, distance, weight, kind) for place in ((mu, sigma), path[:, -1]))
        return [
            HeatMap(of, self.MU, self.SIGMA, (0.0, 4.0), self.levels, role="gap", panel="plane"),
            Line(path[0], path[1], role="approximation", panel="plane", width=2.0),
            Points(path[0], path[1], role="approximation", panel="plane", size=2.5),
            Handle(mu, sigma, drags=("mu", "sigma"), role="approximation", label="q", panel="plane"),
            *target_and_q(self.z, mu, sigma, distance, weight, "density"),
            Readout("divergence of q", here, "nats", 3, role="gap", name="here"),
            Readout("at the path’s end", there, "nats", 3, role="gap", name="there"),
            Readout("path’s end: μ", path[0, -1], digits=2, role="approximation", name="end_mu"),
            Readout("path’s end: σ", path[1, -1], digits=2, role="approximation", name="end_sigma"),
            Action("Go down", {"mu": path[0, -1], "sigma": path[1, -1]}),
        ]

    along = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64)

    def divergence(self, mu, sigma, distance, weight, kind):
        """The chosen one, of a single q."""
        reverse, forward = (kl(mu, sigma, distance, weight) for kl in (fit_q.reverse_kl, fit_q.forward_kl))
        return torch.where(kind > 0, forward, reverse)


RUNS, MOST = 1000, 12


class Estimates(Figure):
    """A thousand estimates of KL(q‖p), each from K draws of its own, for q = N(m, 1) and p = N(0, 1). Dashed: the true divergence."""  # noqa: E501

    m = Slider(0.5, 0.1, 2, step=0.05, symbol="m", label="q’s centre", role="approximation")
    draws = Slider(4, 1, MOST, step=1, symbol="K", label="draws", role="data")

    panels = {
        "plain": Panel(Axis("mean of −log r", (-1, 1), "nats", 5), Axis("runs", (0, 110), ticks=4), 0.62),
        "other": Panel(Axis("mean of r − 1 − log r", (-1, 1), "nats", 5), Axis("runs", (0, 300), ticks=4), 0.62),
    }
    guess = Guess(
        "below", "Each of 1,000 estimates averages 4 draws. How many of them will be negative?",
        0, 1000, step=10, hides=("below 0", "exact"),
    )  # fmt: skip

    # Rounded to 128ths, which half precision holds, so that the page computes with exactly these draws.
    noise = (torch.randn(RUNS, MOST, generator=torch.Generator().manual_seed(8)) * 128).round().double() / 128
    bins = torch.arange(44, dtype=torch.float64)

    def scene(self, m, draws):
        """Left: the plain estimates, beside their exact distribution. Right: the ones that cannot be negative."""
        z = m + self.noise
        log_r = gaussian.log_prob(z, 0.0, 1.0) - gaussian.log_prob(z, m, 1.0)
        share = (torch.arange(MOST) < draws).double() / draws
        plain, other = (-log_r) @ share, (log_r.exp() - 1 - log_r) @ share
        truth, spread = divergence.kl_gaussian(m, 1.0), m / draws.sqrt()
        width = 7 * spread / 40
        edges = width * (((truth - 3.5 * spread) / width).floor() + self.bins)
        exact = gaussian.log_prob(edges[:-1] + width / 2, truth, spread).exp() * width * RUNS
        return [
            *self.histogram(plain, edges, truth, "plain"),
            Line(
                edges[:-1] + width / 2, exact, role="posterior", label="exact", label_at="end", width=2.0, panel="plain"
            ),
            *self.histogram(other, edges, truth, "other"),
            Readout("KL(q‖p)", truth, "nats", 4, role="posterior", name="truth"),
            Readout("plain, below 0", (plain < 0).double().sum(), "of 1,000", 0, role="gap", name="below"),
            Readout("spread, plain", plain.std(), "nats", 4, role="approximation", name="spread_plain"),
            Readout("spread, r − 1 − log r", other.std(), "nats", 4, role="approximation", name="spread_other"),
        ]

    def histogram(self, estimates, edges, truth, panel):
        """Runs in each bin; those below 0 in another colour. No bin has 0 inside."""
        width, middle = edges[1] - edges[0], edges[:-1] + (edges[1] - edges[0]) / 2
        count = in_bins(estimates, edges)
        below = (middle < 0).double()
        return [
            Limits(x=edges[[0, -1]], y=ends(0.0, 1.12 * count.max()), panel=panel),
            Bars(middle, count * (1 - below), width, role="approximation", panel=panel),
            Bars(middle, count * below, width, role="gap", label="below 0" if panel == "plain" else "", panel=panel),
            Rule(x=truth, role="posterior", panel=panel),
        ]

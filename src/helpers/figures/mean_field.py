"""Chapter "Mean field": coordinate steps of a product towards a correlated Gaussian, and a mean with its precision."""

import math

import torch

from helpers import datasets, gaussian, mean_field
from livebook.figure import Figure
from livebook.marks import Action, Axis, Ellipse, Handle, Limits, Line, Panel, Points, Readout, Rule
from livebook.parameters import Guess, Slider

UPDATES = 24
ORIGIN, ONE = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)


def diagonal(s):
    """Covariance (2, 2) of a product with standard deviations ``s`` (2,)."""
    return torch.diag_embed(s**2)


class MeanField(Figure):
    """Green is the exact posterior of the two weights, drawn at one and two standard deviations; vermilion is q, a product. Both axes count standard deviations of the exact answer. Drag q by its middle or by its outer edge, or update one factor at a time; the thin line is the way that the updates take from here."""  # noqa: E501

    rho = Slider(-0.9, -0.98, 0.98, step=0.01, symbol="ρ", label="correlation", role="posterior")
    m1 = Slider(-1.4, -3, 3, step=0.05, label="mean of q₁", role="approximation")
    m2 = Slider(2.1, -3, 3, step=0.05, label="mean of q₂", role="approximation")
    w1 = Slider(1.0, 0.1, 1.5, step=0.01, label="width of q₁", role="approximation")
    w2 = Slider(1.0, 0.1, 1.5, step=0.01, label="width of q₂", role="approximation")

    panels = {
        "plane": Panel(Axis("z₁", (-4.2, 4.2)), Axis("z₂", (-4.2, 4.2)), 0.95, 1.3),
        "updates": Panel(Axis("updates from here", (0, UPDATES), ticks=4), Axis("gap", (0, 8), "nats", 4), 1.12, 1.0),
        "margin": Panel(Axis("z₁", (-4, 4)), Axis("density of z₁", (0, 1)), 0.5),
        "width": Panel(Axis("correlation ρ", (-1, 1)), Axis("best q₁ ÷ exact", (0, 1.12), ticks=4), 0.5),
    }
    guess = Guess(
        "best_width",
        "You may choose both factors freely. How wide is the best q₁, if the exact width of z₁ is 1?",
        0, 1.1, step=0.01, hides=("best q", "width", "variance", "ρ"),
        panel="width", axis="y",
    )  # fmt: skip
    equation = (
        r"\gap{\mathrm{KL}\big(\approximation{q}\,\|\,\posterior{p(z \mid x)}\big)}"
        r" = \underbrace{\gap{-\tfrac12\log(1-\posterior{\rho}^2)}}_{\text{stays}}"
        r" + \underbrace{\gap{\text{the rest}}}_{\text{goes}}"
    )
    numbers = r"\gap{<<gap>>} = \gap{<<price>>} + \gap{<<rest>>}"

    grid = torch.linspace(-4, 4, 201, dtype=torch.float64)
    correlations = torch.sin(torch.linspace(-math.pi / 2, math.pi / 2, 121, dtype=torch.float64))
    count = torch.arange(UPDATES + 1, dtype=torch.float64)

    def scene(self, rho, m1, m2, w1, w2):
        """The plane with q and its way, the gap along it, the first margin, and the width for every correlation."""
        precision = mean_field.precision_matrix(ONE, rho)
        m, s = torch.stack([m1, m2]), torch.stack([w1, w2])
        path, gaps = self.climb(m, s, precision)
        first, best = mean_field.update(0, m, ORIGIN, precision)
        second, _ = mean_field.update(1, m, ORIGIN, precision)
        gap, price = gaps[0], mean_field.price(precision)
        return [
            *self.plane(rho, m1, m2, w1, w2, path, best),
            *self.updates(gaps, price),
            *self.margin(m1, w1),
            *self.width(rho, best),
            Readout("gap", gap, "nats", 3, role="gap"),
            Readout("no product gets below", price, "nats", 3, role="gap", name="price"),
            Readout("the rest", gap - price, "nats", 3, role="gap", name="rest"),
            Readout("width of the best q₁", best, "", 3, role="approximation", name="best_width"),
            Action("update q₁", {"m1": first, "w1": best}),
            Action("update q₂", {"m2": second, "w2": best}),
        ]

    def climb(self, m, s, precision):
        """Means (UPDATES + 1, 2) along the way, first factor first, and the gap (UPDATES + 1,) at each."""
        path, gaps = [m], [mean_field.gap(m, s, ORIGIN, precision)]
        for k in range(UPDATES):
            j = k % 2
            new_m, new_s = mean_field.update(j, m, ORIGIN, precision)
            m = torch.stack([new_m, m[1]] if j == 0 else [m[0], new_m])
            s = torch.stack([new_s, s[1]] if j == 0 else [s[0], new_s])
            path.append(m)
            gaps.append(mean_field.gap(m, s, ORIGIN, precision))
        return torch.stack(path), torch.stack(gaps)

    def plane(self, rho, m1, m2, w1, w2, path, best):
        """The exact ellipses, q's, the best q's, and the way."""
        cross = torch.stack([ONE[0], rho, rho, ONE[0]]).reshape(2, 2)
        q, target = diagonal(torch.stack([w1, w2])), diagonal(torch.stack([best, best]))
        m = torch.stack([m1, m2])
        return [
            Ellipse(ORIGIN, cross, 2.0, role="posterior", width=1.5),
            Ellipse(ORIGIN, cross, role="posterior", width=3, label="p(z|x)", label_at="start"),
            Line(path[:, 0], path[:, 1], role="approximation", width=1.2),
            Points(path[1:, 0], path[1:, 1], role="approximation", size=2.5),
            Ellipse(ORIGIN, target, role="approximation", width=1.8, dash=True, label="best q"),
            Ellipse(m, q, role="approximation", width=2.5, label="q"),
            Ellipse(m, q, 2.0, role="approximation", width=1),
            Handle(m1, m2, drags=("m1", "m2"), role="approximation"),
            Handle(m1 + 2 * w1, m2, drags=("w1", None), origin_x=m1, scale_x=2.0, role="approximation"),
            Handle(m1, m2 + 2 * w2, drags=(None, "w2"), origin_y=m2, scale_y=2.0, role="approximation"),
        ]

    def updates(self, gaps, price):
        """The gap after each update to come, and the floor it cannot leave behind."""
        top = 1.08 * torch.maximum(gaps[0], torch.tensor(0.5, dtype=torch.float64))
        return [
            Limits(y=torch.stack([ORIGIN[0], top]), panel="updates"),
            Line(self.count, gaps, role="gap", width=1.5, panel="updates"),
            Points(self.count, gaps, role="gap", size=3.5, panel="updates"),
            Rule(y=price, role="gap", panel="updates"),
        ]

    def margin(self, m1, w1):
        """What each says about the first weight alone."""
        exact = gaussian.log_prob(self.grid, 0.0, 1.0).exp()
        q = gaussian.log_prob(self.grid, m1, w1).exp()
        top = 1.15 * torch.maximum(q.max(), exact.max())
        return [
            Limits(y=torch.stack([ORIGIN[0], top]), panel="margin"),
            Line(self.grid, exact, role="posterior", width=3, label="p(z₁|x)", label_at="end", panel="margin"),
            Line(self.grid, q, role="approximation", width=2.5, label="q₁", panel="margin"),
        ]

    def width(self, rho, best):
        """Width and variance of the best first factor, as shares of the exact ones."""
        free = 1 - self.correlations**2
        return [
            Rule(y=1.0, role="posterior", panel="width"),
            Line(self.correlations, free.sqrt(), role="approximation", width=2.5, label="width", panel="width"),
            Line(
                self.correlations, free, role="approximation", width=1.5, dash=True, label="variance", label_at="end",
                panel="width",
            ),
            Handle(rho, best, drags=("rho", None), role="approximation", label="ρ", panel="width"),
        ]  # fmt: skip


PRIOR = (200.0, 0.1, 1.0, 50.0)  # mean in mm, worth a tenth of a bird; sigma near 7 mm, worth two birds
BIRDS = 30
TURN = torch.linspace(0, 2 * math.pi, 121, dtype=torch.float64)
SIDE = TURN.sin().sign() * (TURN.sin().abs() > 1e-9)  # of a closed curve: right, left, and 0 at both tips


def of_first_birds():
    """Exact posteriors (BIRDS, 4) and evidences (BIRDS,), given the first 1, 2, ... flippers of the list of Gentoos."""
    x = datasets.penguins().of("Gentoo").flipper_length
    counts = range(1, BIRDS + 1)
    posteriors = [torch.stack(mean_field.normal_posterior(x[:n], *PRIOR)) for n in counts]
    return torch.stack(posteriors), torch.stack([mean_field.normal_evidence(x[:n], *PRIOR) for n in counts])


def oval(mu, width, power, scale, depth):
    r"""The closed curve (121,) of means and sigmas where a density lies ``depth`` nats below its peak.

    Its logarithm is power · (log u - u) - ½ ((mean - mu) / width(sigma))², where u = (scale / sigma)².
    """
    r = depth / power
    ends = torch.stack([-(2 * r).sqrt() - r / 3, (2 * r).sqrt()])
    for _ in range(7):  # Newton for log u - u + 1 = -r, in v = log u
        ends = ends - (ends - ends.exp() + 1 + r) / (1 - ends.exp())
    v = ends.mean() + 0.5 * (ends[1] - ends[0]) * TURN.cos()
    sigma = scale * (-v / 2).exp()
    height = (depth + power * (v - v.exp() + 1)).clamp(min=0)
    return mu + width(sigma) * (2 * height).sqrt() * SIDE, sigma


class MeanAndPrecision(Figure):
    """Where do Gentoo flippers lie, and how much do they spread? Green is the exact posterior of mean μ and spread σ given the first birds of the list, vermilion is q, a product of a factor for μ and one for σ; contours where the density of μ and log σ has fallen by ½ and by 2 nats. Below: μ alone, and σ alone."""  # noqa: E501

    n = Slider(3, 1, BIRDS, step=1, symbol="n", label="birds", role="data")
    m = Slider(212.0, 200, 230, step=0.1, label="mean of μ", unit="mm", role="approximation")
    w = Slider(2.0, 0.3, 20, step=0.1, label="width of μ", unit="mm", role="approximation")
    s = Slider(7.0, 2, 20, step=0.1, label="typical σ", unit="mm", role="approximation")

    panels = {
        "plane": Panel(Axis("mean μ", (195, 235), "mm"), Axis("spread σ", (2, 24), "mm", 5), 0.5, 2.4),
        "mean": Panel(Axis("mean μ", (195, 235), "mm"), Axis("density", (0, 0.2), "1/mm", 4), 0.5),
        "spread": Panel(Axis("spread σ", (2, 24), "mm"), Axis("density", (0, 0.2), "1/mm", 4), 0.5),
    }
    equation = (
        r"\underbrace{\log p(\data{x})}_{\text{evidence}} = \underbrace{\bound{\mathcal{L}(\approximation{q})}}_"
        r"{\text{ELBO}} + \underbrace{\gap{\mathrm{KL}\big(\approximation{q}\,\|\,\posterior{p}\big)}}_{\text{gap}}"
    )
    numbers = r"\model{<<log_p>>} = \bound{<<elbo>>} + \gap{<<gap>>}"

    posteriors, evidences = of_first_birds()
    means = torch.linspace(195, 235, 161, dtype=torch.float64)
    spreads = torch.linspace(2, 24, 161, dtype=torch.float64)

    def scene(self, n, m, w, s):
        """The plane of mean and spread, and each of them alone."""
        row = (n - 1).round().long()[None]
        exact = mu_n, kappa_n, a_n, b_n = self.posteriors.index_select(0, row)[0].unbind()
        log_p = self.evidences.index_select(0, row)[0]
        a = a_n + 0.5
        b = a * s**2
        gap = mean_field.normal_gap(m, w**2, a, b, *exact)
        best_mean, best_variance = mean_field.update_mean(1 / s**2, mu_n, kappa_n)
        new_a, new_b = mean_field.update_precision(m, w**2, *exact)
        return [
            *self.plane(m, w, a, b, exact),
            *self.alone(m, w, a, b, exact),
            Readout("log p(x)", log_p, "nats", 3, role="model", name="log_p"),
            Readout("ELBO", log_p - gap, "nats", 3, role="bound"),
            Readout("gap", gap, "nats", 4, role="gap"),
            Readout("no product gets below", mean_field.normal_price(a_n), "nats", 4, role="gap", name="price"),
            Action("update q(μ)", {"m": best_mean, "w": best_variance.sqrt()}),
            Action("update q(σ)", {"s": (new_b / new_a).sqrt()}),
        ]

    def plane(self, m, w, a, b, exact):
        """Two contours of each density over mean and log sigma."""
        mu_n, kappa_n, a_n, b_n = exact
        marks = []
        for depth, width in ((2.0, 1.2), (0.5, 2.8)):
            fall = torch.tensor(depth, dtype=torch.float64)
            scale = (b_n / (a_n + 0.5)).sqrt()
            x, y = oval(mu_n, lambda sigma: sigma / kappa_n.sqrt(), a_n + 0.5, scale, fall)
            name = "p(μ, σ|x)" if depth > 1 else ""
            marks.append(Line(x, y, role="posterior", width=width + 0.4, closed=True, label=name))
            x, y = oval(m, lambda sigma: w, a, (b / a).sqrt(), fall)
            marks.append(Line(x, y, role="approximation", width=width, closed=True, label="" if depth > 1 else "q"))
        marks.append(Handle(m, (b / a).sqrt(), drags=("m", "s"), role="approximation"))
        return marks

    def alone(self, m, w, a, b, exact):
        """The two margins."""
        mu_n, kappa_n, a_n, b_n = exact

        def of_sigma(a, b):
            lam = self.spreads**-2
            return (a * b.log() - a.lgamma() + (a + 0.5) * lam.log() - b * lam + math.log(2)).exp()

        student = mean_field.mean_log_prob(self.means, *exact).exp()
        normal = gaussian.log_prob(self.means, m, w).exp()
        sigma_p, sigma_q = of_sigma(a_n, b_n), of_sigma(a, b)
        zero = torch.zeros((), dtype=torch.float64)
        return [
            Limits(y=torch.stack([zero, 1.15 * torch.maximum(student.max(), normal.max())]), panel="mean"),
            Line(self.means, student, role="posterior", width=3, label="p(μ|x)", label_at="end", panel="mean"),
            Line(self.means, normal, role="approximation", width=2.5, label="q(μ)", panel="mean"),
            Limits(y=torch.stack([zero, 1.15 * torch.maximum(sigma_p.max(), sigma_q.max())]), panel="spread"),
            Line(self.spreads, sigma_p, role="posterior", width=3, label="p(σ|x)", label_at="end", panel="spread"),
            Line(self.spreads, sigma_q, role="approximation", width=2.5, label="q(σ)", panel="spread"),
        ]

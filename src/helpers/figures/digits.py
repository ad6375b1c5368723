"""Chapter "A VAE on digits": the latent plane with the decoder behind it, and the encoder's answer to an image.

Both take a trained ``helpers.vae.VAE`` with two latents. Its weights are rounded to half precision once, in Python, so
that the page and Jupyter compute with exactly the same numbers and the file stays small.
"""

import copy
import math

import torch

from helpers import gaussian, quadrature, vae
from livebook.figure import Figure
from livebook.marks import Action, Axis, Ellipse, Handle, Image, Panel, Points, Readout
from livebook.parameters import Pixels, Slider

SIDE = 8
PICTURE = Axis("", (0, SIDE), visible=False)
PLANE = (-3.2, 3.2)
# A two-dimensional standard Gaussian puts the share s of its draws within the radius sqrt(-2 log(1 - s)).
RADII = [math.sqrt(-2 * math.log(1 - share)) for share in (0.5, 0.9)]


def rounded(model: vae.VAE) -> vae.VAE:
    """A float64 copy whose every weight is a half-precision number."""
    if model.latents != 2:
        raise ValueError(f"model must have 2 latents to be drawn in a plane, got {model.latents}")
    return copy.deepcopy(model).half().double().requires_grad_(False)


def plane(share=1.0) -> Panel:
    """The latent plane, as wide as it is high."""
    return Panel(Axis("z₁", PLANE, ticks=7), Axis("z₂", PLANE, ticks=7), 1.0, share)


def circles(panel) -> list:
    """Where half and where nine tenths of the prior's draws lie: its circles of that probability."""
    zero, unit = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    return [Ellipse(zero, unit, radius, role="model", width=1.0, dash=True, panel=panel) for radius in RADII]


class LatentPlane(Figure):
    """Every point of the plane is an image: the decoder draws what lies under the handle. Numerals show where test digits are encoded; half of the prior's draws fall inside the inner circle, nine in ten inside the outer one."""  # noqa: E501

    z1 = Slider(0.0, *PLANE, step=0.05, symbol="z₁")
    z2 = Slider(0.0, *PLANE, step=0.05, symbol="z₂")
    panels = {"plane": plane(1.5), "image": Panel(PICTURE, PICTURE, 1.0)}
    equation = r"p_{\model{\theta}}(\data{x} \mid z) = \prod_{d=1}^{64} \model{\pi_d(z)}^{\data{x_d}} \big(1-\model{\pi_d(z)}\big)^{1-\data{x_d}}"  # noqa: E501

    def __init__(self, model: vae.VAE, images: torch.Tensor, labels: torch.Tensor, **parameters):
        """``images`` (n, 64) with their ``labels`` (n,) are shown as numerals at the mean of their q(z|x)."""
        self.model, self.labels = rounded(model), [str(int(label)) for label in labels]
        self.means = self.model.encode(images.double())[0]
        super().__init__(**parameters)

    def scene(self, z1, z2):
        """Left: the plane. Right: the decoder's image at z."""
        z = torch.stack([z1, z2])
        brightness = self.model.decode(z).sigmoid()
        return [
            Points(self.means[:, 0], self.means[:, 1], text=self.labels, opacity=0.75, panel="plane"),
            *circles("plane"),
            Handle(z1, z2, drags=("z1", "z2"), label="z", panel="plane"),
            Image(brightness.reshape(SIDE, SIDE), (0, SIDE), (0, SIDE), role="model", panel="image"),
            Readout("log p(z)", gaussian.log_prob(z, 0.0, 1.0).sum(), "nats", 2, role="model", name="log_p_z"),
            Readout("pixels expected on", brightness.sum(), "of 64", 1, role="model"),
        ]


class EncodeDigit(Figure):
    """An image to take and to change by painting; the encoder's answer to it, whose ellipses hold half and nine tenths of q(z|x); and what the decoder makes of the point z, which lies ε widths of q from its middle."""  # noqa: E501

    x = Pixels([0.0] * SIDE**2, SIDE, SIDE, label="an image x")
    eps1 = Slider(0.0, -3, 3, step=0.05, symbol="ε₁", role="approximation")
    eps2 = Slider(0.0, -3, 3, step=0.05, symbol="ε₂", role="approximation")
    panels = {"plane": plane(1.0), "decoded": Panel(PICTURE, PICTURE, 1.0, 0.85)}
    equation = (
        r"\bound{\mathcal{L}} = \underbrace{\mathbb{E}_{\approximation{q(z \mid x)}}"
        r"\big[\log \model{p(}\data{x}\model{ \mid z)}\big]}_{\text{reconstruction}}"
        r" - \underbrace{\mathrm{KL}\big(\approximation{q(z \mid x)}\,\|\,\model{p(z)}\big)}_{\text{regulariser}}"
    )
    numbers = r"\bound{<<elbo>>} = <<reconstruction>> - <<kl>>"

    def __init__(self, model: vae.VAE, images: torch.Tensor, labels: torch.Tensor, **parameters):
        """The first of ``images`` (n, 64) with each label 0 to 9 can be taken; the 3 is there at the start."""
        self.model = rounded(model)
        first = [int((labels == digit).nonzero()[0]) for digit in range(10)]
        self.digits, self.labels = images[first].double(), [str(digit) for digit in range(10)]
        self.means = self.model.encode(self.digits)[0]
        super().__init__(**{"x": self.digits[3].tolist()} | parameters)

    def scene(self, x, eps1, eps2):
        """Left: the encoder's Gaussian, and z in it. Right: the decoder at z."""
        mu, log_sigma = self.model.encode(x)
        z = vae.reparameterise(mu, log_sigma, torch.stack([eps1, eps2]))
        logits, width = self.model.decode(z), log_sigma.exp()
        reconstruction = quadrature.expected_reconstruction(self.model, x, mu, log_sigma)
        kl = vae.kl(mu, log_sigma)
        log_p = quadrature.log_p(self.model, x, mu, log_sigma)
        return [
            Points(self.means[:, 0], self.means[:, 1], text=self.labels, opacity=0.75, panel="plane"),
            *circles("plane"),
            *ellipses(mu, log_sigma),
            Handle(*z, ("eps1", "eps2"), mu[0], mu[1], width[0], width[1], "approximation", label="z", panel="plane"),
            Image(logits.sigmoid().reshape(SIDE, SIDE), (0, SIDE), (0, SIDE), role="model", panel="decoded"),
            Readout("log p(x|z)", self.model.likelihood(x, logits), "nats", 2, role="model", name="log_p_x_given_z"),
            Readout("reconstruction", reconstruction, "nats", 2),
            Readout("KL", kl, "nats", 2, role="approximation"),
            Readout("ELBO", reconstruction - kl, "nats", 2, role="bound"),
            Readout("log p(x)", log_p, "nats", 1, role="model", name="log_p"),
            Readout("gap", log_p - reconstruction + kl, "nats", 1, role="gap"),
            *(Action(label, {"x": digit}) for label, digit in zip(self.labels, self.digits, strict=True)),
        ]


def ellipses(mu, log_sigma) -> list:
    """Where half and nine tenths of q(z|x) lie."""
    covariance = (2 * log_sigma).exp().diag()
    style = {"role": "approximation", "panel": "plane"}
    return [Ellipse(mu, covariance, radius, label="q" if radius > 2 else "", **style) for radius in RADII]

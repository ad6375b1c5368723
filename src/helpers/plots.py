"""Matplotlib drawings. Each takes ``ax`` and draws on it; none does mathematics, and none writes a title."""

import torch

from livebook.palette import colour


def curve(ax, x, y, role="model", label=None, scheme="light"):
    """A line of ``y`` over ``x`` in the colour of ``role``, named at its right end rather than in a legend."""
    ink = colour(role, scheme)
    (line,) = ax.plot(_array(x), _array(y), color=ink, linewidth=2)
    if label:
        end = (float(x[-1]), float(y[-1]))
        ax.annotate(label, end, xytext=(4, 0), textcoords="offset points", color=ink, va="center")
    _quiet(ax, scheme)
    return line


def stems(ax, x, heights, role="data", scheme="light"):
    """A thin stem with a dot for each draw: where it fell, and how high the density is there."""
    ink = colour(role, scheme)
    lines = ax.vlines(_array(x), 0, _array(heights), color=ink, linewidth=0.8, alpha=0.6)
    dots = ax.scatter(_array(x), _array(heights), color=ink, s=14, zorder=3)
    _quiet(ax, scheme)
    return lines, dots


def gap(ax, x, lower, upper, scheme="light"):
    """The hatched room between a bound and what it bounds."""
    ink = colour("gap", scheme)
    return ax.fill_between(_array(x), _array(lower), _array(upper), facecolor="none", edgecolor=ink, hatch="///", lw=0)


def image_grid(ax, images, columns=10, scheme="light"):
    """Images (n, D) with D a square number, side by side in rows of ``columns``; 0 is paper and 1 is ink."""
    images = torch.as_tensor(images).detach()
    if images.ndim != 2 or (side := round(images.shape[1] ** 0.5)) ** 2 != images.shape[1]:
        raise ValueError(f"images must have shape (n, D) with D a square number, got {tuple(images.shape)}")
    rows = -(-len(images) // columns)
    canvas = images.new_zeros(rows * columns, side + 1, side + 1)
    canvas[: len(images), :side, :side] = images.reshape(-1, side, side)
    sheet = canvas.reshape(rows, columns, side + 1, side + 1).transpose(1, 2).flatten(2).flatten(0, 1)
    ax.set_axis_off()
    shades = "gray_r" if scheme == "light" else "gray"
    return ax.imshow(_array(sheet), cmap=shades, vmin=0, vmax=max(1.0, float(images.max())))


def latent_plane(ax, z, labels, scheme="light"):
    """Points ``z`` (n, 2) written as their labels, so that shape as well as colour tells them apart."""
    points = _array(z)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"z must have shape (n, 2), got {points.shape}")
    ax.scatter(*points.T, s=0)
    for (a, b), label in zip(points, _array(labels), strict=True):
        ax.text(a, b, str(label), color=f"C{int(label) % 10}", fontsize=7, ha="center", va="center")
    ax.set_xlabel("$z_1$")
    ax.set_ylabel("$z_2$")
    _quiet(ax, scheme)


def _array(values):
    return torch.as_tensor(values).detach().numpy()


def _quiet(ax, scheme):
    """Thin axes on two sides only."""
    ax.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(color=colour("axis", scheme), linewidth=0.8)
    ax.tick_params(colors=colour("axis", scheme), labelcolor=colour("ink", scheme), width=0.8)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_color(colour("ink", scheme))

"""The figure without JavaScript: its opening state drawn by matplotlib as an SVG.

It is what a reader sees in print, on a code host, or with scripts turned off. Palette colours become CSS variables
(with the light colour as fallback), so that the picture follows dark mode like the live figure does.
"""

import io
import re

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas

from livebook.palette import PALETTE, colour

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "likelihood-to-vae", "font.size": 10, "font.family": "sans-serif",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": colour("axis"),
    "axes.labelcolor": colour("axis"), "xtick.color": colour("axis"), "ytick.color": colour("axis"),
    "axes.linewidth": 0.8, "hatch.linewidth": 1.0,
}  # fmt: skip


def _array(tensor):
    return tensor.detach().numpy()


def _label(ax, mark, x, y):
    """The direct label of a curve, where the live figure puts it."""
    if not mark.label:
        return
    inside = np.flatnonzero(np.isfinite(y) & (x >= ax.get_xlim()[0]) & (x <= ax.get_xlim()[1]))
    if not inside.size:
        return
    at = {"start": inside[0], "end": inside[-1]}.get(getattr(mark, "label_at", "peak"), inside[np.argmax(y[inside])])
    low, high = ax.get_xlim()
    side = "right" if x[at] > low + 0.7 * (high - low) else "left"
    ax.annotate(mark.label, (x[at], min(y[at], ax.get_ylim()[1])), (0, 4), textcoords="offset points",
                color=PALETTE["light_text"][mark.role], ha=side, annotation_clip=False)  # fmt: skip


def _line(ax, mark, paint):
    x, y = _array(mark.x), _array(mark.y)
    style = "--" if mark.dash else "-"
    ax.plot(x, y, style, color=paint, lw=mark.width)
    _label(ax, mark, x, y)


def _area(ax, mark, paint):
    x, y, base = _array(mark.x), _array(mark.y), _array(mark.base)
    extra = {"hatch": "///", "facecolor": "none", "edgecolor": paint} if mark.hatch else {"color": paint, "alpha": 0.25}
    ax.fill_between(x, base, y, lw=0, **extra)
    _label(ax, mark, x, y)


def _stems(ax, mark, paint):
    ax.vlines(_array(mark.x), 0, _array(mark.y), color=paint, lw=mark.width)
    _label(ax, mark, _array(mark.x), _array(mark.y))


def _points(ax, mark, paint):
    x, y = np.atleast_1d(_array(mark.x)), np.atleast_1d(_array(mark.y))
    if not mark.text:
        ax.scatter(x, y, s=mark.size**2, color=paint, alpha=mark.opacity, lw=0)
        return _label(ax, mark, x, y)
    for at_x, at_y, text in zip(x, y, mark.text, strict=True):
        ax.text(at_x, at_y, text, color=paint, alpha=mark.opacity, ha="center", va="center", fontsize=8, clip_on=True)


def _trail(ax, mark, paint):
    ax.plot([float(mark.x)], [float(mark.y)], "o", ms=4, color=paint)


def _handle(ax, mark, paint):
    x, y = _array(mark.x), _array(mark.y)
    ax.plot([x], [y], "o", ms=9, color=paint, mec=colour("paper"), mew=1.5, clip_on=False)
    _label(ax, mark, x[None], y[None])


def _arrow(ax, mark, paint):
    tail, tip = (float(mark.x0), float(mark.y0)), (float(mark.x1), float(mark.y1))
    ax.annotate("", tip, tail, arrowprops={"arrowstyle": "-|>", "color": paint, "lw": 1.8, "shrinkA": 0, "shrinkB": 0})
    _label(ax, mark, np.array([tip[0]]), np.array([tip[1]]))


def _rule(ax, mark, paint):
    style = {"color": paint, "lw": 1.2, "ls": "--" if mark.dash else "-"}
    if mark.x is not None:
        ax.axvline(float(mark.x), **style)
        return _label(ax, mark, np.array([float(mark.x)]), np.array([ax.get_ylim()[1]]))
    ax.axhline(float(mark.y), **style)
    return _label(ax, mark, np.array([ax.get_xlim()[1]]), np.array([float(mark.y)]))


def _bars(ax, mark, paint):
    ax.bar(_array(mark.x), _array(mark.height), float(mark.width), color=paint, alpha=mark.opacity, lw=0)
    _label(ax, mark, _array(mark.x), _array(mark.height))


def _limits(ax, mark, paint):
    for ends, place in ((mark.x, ax.set_xlim), (mark.y, ax.set_ylim)):
        if ends is not None and ends.isfinite().all() and ends[0] < ends[1]:
            place(*_array(ends))


def _ramp(paint):
    return LinearSegmentedColormap.from_list("ramp", [colour("paper"), paint])


def _heatmap(ax, mark, paint):
    values = _array(mark.values)
    low, high = mark.limits
    extent = (*mark.x, *mark.y)
    ax.imshow(values, origin="lower", extent=extent, vmin=low, vmax=high, cmap=_ramp(paint), aspect="auto")
    if mark.levels:
        ax.contour(values, mark.levels, extent=extent, colors=[paint], linewidths=0.8, origin="lower")


def _image(ax, mark, paint):
    ax.imshow(_array(mark.values), extent=(*mark.x, *mark.y), vmin=0, vmax=1, cmap=_ramp(paint), aspect="auto")


DRAW = {
    "line": _line, "area": _area, "stems": _stems, "points": _points, "handle": _handle, "arrow": _arrow,
    "rule": _rule, "bars": _bars, "heatmap": _heatmap, "image": _image,
    "limits": _limits, "trail": _trail,
}  # fmt: skip


def _frame(ax, panel):
    """Set the limits first and for good, so that marks cannot move them."""
    ax.set_autoscale_on(False)
    ax.set_xlim(panel.x.domain)
    ax.set_ylim(panel.y.domain)
    ax.set_box_aspect(panel.aspect)
    for axis, spec, spine in ((ax.xaxis, panel.x, "bottom"), (ax.yaxis, panel.y, "left")):
        axis.set_label_text(spec.title() if spec.visible else "")
        axis.set_major_locator(mpl.ticker.MaxNLocator(spec.ticks))
        if not spec.visible:
            axis.set_visible(False)
            ax.spines[spine].set_visible(False)


def svg(canvas, **options) -> str:
    """A matplotlib figure as SVG text: no XML prologue, palette colours as CSS variables, no fixed size.

    ``options`` go to matplotlib's ``savefig``.
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "likelihood-to-vae"}):
        canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}, **options)
    text = re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), flags=re.S)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    for size in ("height", "width"):
        text = re.sub(rf'(<svg [^>]*?){size}="[^"]*" ', r"\1", text, count=1)
    for scheme, suffix in (("light_text", "-text"), ("light", "")):
        for role, hex_ in PALETTE[scheme].items():
            text = re.sub(re.escape(hex_) + r"(?![^(]*\))", f"var(--lb-{role}{suffix}, {hex_})", text, flags=re.I)
    return text


def render(figure) -> str:
    """SVG text of ``figure`` at its current parameters."""
    drawn = [(mark, mark.panel or next(iter(figure.panels))) for mark in figure.marks() if hasattr(mark, "panel")]
    shares = [panel.share for panel in figure.panels.values()]
    tallest = max(p.aspect * p.share for p in figure.panels.values()) / sum(shares)
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(7.4, max(1.6, 7.0 * tallest + 0.6)), layout="constrained")
        axes = canvas.subplots(1, len(shares), width_ratios=shares, squeeze=False)[0]
        for ax, panel in zip(axes, figure.panels.values(), strict=True):
            _frame(ax, panel)
        by_name = dict(zip(figure.panels, axes, strict=True))
        for mark, panel in sorted(drawn, key=lambda one: one[0].KIND != "limits"):  # axes first
            DRAW[mark.KIND](by_name[panel], mark, colour(getattr(mark, "role", "model")))
        return svg(canvas)

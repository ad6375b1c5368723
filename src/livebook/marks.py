"""What a scene is made of: marks, axes, panels, readouts and actions.

A mark holds tensors (which may depend on the figure's parameters) and static settings (which may not).
``livebook.figure`` compiles the tensors to JavaScript; ``livebook.static`` and the front end draw the rest from
``Mark.describe``. Every coordinate is in data units; ``role`` is one of ``livebook.palette.ROLES``.
"""

import re
from dataclasses import dataclass, field, fields
from typing import ClassVar

import torch

from livebook.palette import ROLES


@dataclass(frozen=True)
class Axis:
    """One axis: its label, the interval it shows, the unit, and about how many ticks."""

    label: str
    domain: tuple[float, float]
    unit: str = ""
    ticks: int = 5
    visible: bool = True

    def __post_init__(self):
        """Refuse an interval that is empty or not finite."""
        low, high = (float(end) for end in self.domain)
        if not (low < high and abs(low) < float("inf") and abs(high) < float("inf")):
            raise ValueError(f"domain must be two finite, rising numbers, got {self.domain!r}")
        object.__setattr__(self, "domain", (low, high))

    def title(self) -> str:
        """Label and unit as they stand at the axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True)
class Panel:
    """One plot: two axes, its height over its width, and its share of the row.

    ``square`` keeps one unit equally long on both axes' pixels (for images and planes).
    """

    x: Axis
    y: Axis
    aspect: float = 0.55
    share: float = 1.0


class Mark:
    """Base of everything a scene returns. Subclasses are dataclasses which name their tensor fields in ``TENSORS``."""

    TENSORS: ClassVar[tuple[str, ...]] = ()
    KIND: ClassVar[str] = "mark"
    covered = False  # until the reader has guessed, in a figure that asks

    def __post_init__(self):
        """Check the role, and turn numbers into tensors."""
        role = getattr(self, "role", "model")
        if role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(ROLES)}; got {role!r}")
        for name in self.TENSORS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, torch.Tensor):
                setattr(self, name, torch.as_tensor(value, dtype=torch.float64))

    def tensors(self) -> dict[str, torch.Tensor]:
        """The tensor fields that are set, by name."""
        return {name: getattr(self, name) for name in self.TENSORS if getattr(self, name) is not None}

    def describe(self) -> dict:
        """The static settings, as JSON."""
        settings = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.TENSORS}
        return {"kind": self.KIND, **settings} | ({"covered": True} if self.covered else {})


def cover(*marks: Mark) -> list[Mark]:
    """The same marks, covered until the reader has guessed: for marks that have no label to be covered by."""
    for mark in marks:
        mark.covered = True
    return list(marks)


@dataclass
class Line(Mark):
    """A curve through ``x`` [n], ``y`` [n]; ``label`` stands at its ``peak``, ``start`` or ``end``."""

    KIND, TENSORS = "line", ("x", "y")
    x: torch.Tensor
    y: torch.Tensor
    role: str = "model"
    label: str = ""
    label_at: str = "peak"
    panel: str = ""
    dash: bool = False
    width: float = 2.0
    closed: bool = False


@dataclass
class Area(Mark):
    """The region between ``base`` [n] (0 when left out) and ``y`` [n] over ``x`` [n]; ``hatch`` for a gap."""

    KIND, TENSORS = "area", ("x", "y", "base")
    x: torch.Tensor
    y: torch.Tensor
    base: torch.Tensor = 0.0
    role: str = "model"
    label: str = ""
    panel: str = ""
    hatch: bool = False

    def __post_init__(self):
        """Give ``base`` the shape of ``y``, so that the front end need not broadcast."""
        super().__post_init__()
        self.base = self.base.expand(self.y.shape)


@dataclass
class Stems(Mark):
    """A vertical stem from 0 to ``y`` [n] at each ``x`` [n]."""

    KIND, TENSORS = "stems", ("x", "y")
    x: torch.Tensor
    y: torch.Tensor
    role: str = "data"
    label: str = ""
    panel: str = ""
    width: float = 1.0


@dataclass
class Points(Mark):
    """Dots at ``x`` [n], ``y`` [n]; with ``text`` each is drawn as that character instead."""

    KIND, TENSORS = "points", ("x", "y")
    x: torch.Tensor
    y: torch.Tensor
    role: str = "data"
    label: str = ""
    panel: str = ""
    size: float = 3.0
    opacity: float = 1.0
    text: list[str] = field(default_factory=list)


@dataclass
class Trail(Mark):
    """Where a point ``x`` [], ``y`` [] has been since the figure opened or was reset: its last ``length`` places.

    A picture without scripts shows the first place only.
    """

    KIND, TENSORS = "trail", ("x", "y")
    x: torch.Tensor
    y: torch.Tensor
    length: int = 60
    role: str = "model"
    label: str = ""
    panel: str = ""


@dataclass
class Handle(Mark):
    """A point at ``x`` [], ``y`` [] that can be dragged: ``drags`` names the sliders it sets, along x and along y.

    Where the point is not the slider's value itself, ``origin_x`` and ``scale_x`` (and the same for y) tell how it
    follows: place = origin + scale * slider. A point at mu + sigma which sets sigma has ``origin_x=mu``.
    """

    KIND, TENSORS = "handle", ("x", "y", "origin_x", "origin_y", "scale_x", "scale_y")
    x: torch.Tensor
    y: torch.Tensor
    drags: tuple[str | None, str | None] = (None, None)
    origin_x: torch.Tensor | None = None
    origin_y: torch.Tensor | None = None
    scale_x: torch.Tensor | None = None
    scale_y: torch.Tensor | None = None
    role: str = "model"
    label: str = ""
    panel: str = ""


@dataclass
class Arrow(Mark):
    """An arrow from (``x0``, ``y0``) to (``x1``, ``y1``), each []."""

    KIND, TENSORS = "arrow", ("x0", "y0", "x1", "y1")
    x0: torch.Tensor
    y0: torch.Tensor
    x1: torch.Tensor
    y1: torch.Tensor
    role: str = "model"
    label: str = ""
    panel: str = ""


@dataclass
class Rule(Mark):
    """A straight line across the panel at ``x`` [] or at ``y`` []."""

    KIND, TENSORS = "rule", ("x", "y")
    x: torch.Tensor | None = None
    y: torch.Tensor | None = None
    role: str = "data"
    label: str = ""
    panel: str = ""
    dash: bool = True

    def __post_init__(self):
        """Exactly one of x and y says where the rule stands."""
        if (self.x is None) == (self.y is None):
            raise ValueError(f"give exactly one of x and y, got x={self.x!r}, y={self.y!r}")
        super().__post_init__()


@dataclass
class Bars(Mark):
    """Bars of ``height`` [n] at ``x`` [n], each ``width`` [] wide in x's unit."""

    KIND, TENSORS = "bars", ("x", "height", "width")
    x: torch.Tensor
    height: torch.Tensor
    width: torch.Tensor = 0.8
    role: str = "model"
    label: str = ""
    panel: str = ""
    opacity: float = 0.5


@dataclass
class Limits(Mark):
    """The interval that an axis shows, when numbers decide it: ``x`` [2] and/or ``y`` [2] replace the axes' domains.

    An interval that is empty or not finite is passed over, and the axis stays as it was.
    """

    KIND, TENSORS = "limits", ("x", "y")
    x: torch.Tensor | None = None
    y: torch.Tensor | None = None
    panel: str = ""

    def __post_init__(self):
        """At least one axis, and two ends for each."""
        super().__post_init__()
        ends = self.tensors()
        if not ends:
            raise ValueError("give x or y, or both, got neither")
        for name, value in ends.items():
            if tuple(value.shape) != (2,):
                raise ValueError(f"{name} must have shape (2,), got {tuple(value.shape)}")


def centres(low: float, high: float, n: int) -> torch.Tensor:
    """Middles [n] of ``n`` equal cells between ``low`` and ``high``: where a heat map's values belong."""
    return low + (torch.arange(n, dtype=torch.float64) + 0.5) * (high - low) / n


@dataclass
class HeatMap(Mark):
    """``values`` [rows, columns] at the ``centres`` of cells, row 0 lowest, over ``x`` and ``y`` (outer cell edges).

    Shaded from the page's colour at ``limits[0]`` to the role's colour at ``limits[1]``; ``levels`` draws contours.
    """

    KIND, TENSORS = "heatmap", ("values",)
    values: torch.Tensor
    x: tuple[float, float]
    y: tuple[float, float]
    limits: tuple[float, float] = (0.0, 1.0)
    levels: list[float] = field(default_factory=list)
    role: str = "model"
    label: str = ""
    panel: str = ""


@dataclass
class Image(Mark):
    """A picture ``values`` [rows, columns], row 0 at the top, from page colour (0) to the role's colour (1)."""

    KIND, TENSORS = "image", ("values",)
    values: torch.Tensor
    x: tuple[float, float]
    y: tuple[float, float]
    role: str = "data"
    label: str = ""
    panel: str = ""


def Ellipse(mu: torch.Tensor, covariance: torch.Tensor, radius: float = 1.0, **style) -> Line:  # noqa: N802
    """The curve at Mahalanobis distance ``radius`` from ``mu`` [2] under ``covariance`` [2, 2], as a closed line."""
    turn = torch.linspace(0.0, 2.0 * torch.pi, 97, dtype=torch.float64)
    root_a = covariance[0, 0].sqrt()
    slope = covariance[1, 0] / root_a
    rest = (covariance[1, 1] - slope**2).sqrt()
    x = mu[0] + radius * root_a * turn.cos()
    y = mu[1] + radius * (slope * turn.cos() + rest * turn.sin())
    return Line(x, y, closed=True, **style)


@dataclass
class Readout(Mark):
    """A number under a label: ``value`` [] with ``digits`` decimals (``style`` "f") or significant digits ("e")."""

    KIND, TENSORS = "readout", ("value",)
    label: str
    value: torch.Tensor
    unit: str = ""
    digits: int = 2
    style: str = "f"
    role: str = "data"
    name: str = ""

    def __post_init__(self):
        """Derive the name that tests and assistive technology address it by."""
        super().__post_init__()
        self.name = self.name or re.sub(r"\W+", "_", self.label.lower()).strip("_")
        if self.style not in ("f", "e"):
            raise ValueError(f"style must be 'f' or 'e', got {self.style!r}")


@dataclass
class Action(Mark):
    """A button which sets parameters to computed values: ``sets`` maps a slider's name to a tensor []."""

    KIND = "action"
    label: str
    sets: dict[str, torch.Tensor]

    def tensors(self) -> dict[str, torch.Tensor]:
        """The new values by parameter."""
        return {name: torch.as_tensor(value, dtype=torch.float64) for name, value in self.sets.items()}

    def describe(self) -> dict:
        """The label; the values are tensors."""
        return {"kind": self.KIND, "label": self.label}

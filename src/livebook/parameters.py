"""The parameters of a figure: traits with a range, a symbol and a control in the page."""

import math
from dataclasses import asdict, dataclass
from decimal import Decimal

import torch
import traitlets


def nice_step(low: float, high: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that cuts the range into at least 100 steps."""
    raw = (high - low) / 100
    power = 10.0 ** math.floor(math.log10(raw))
    return max(m * power for m in (1, 2, 5) if m * power <= raw * (1 + 1e-12))


def decimals(step: float) -> int:
    """How many decimals a number on the grid of ``step`` needs."""
    return max(0, -Decimal(str(step)).normalize().as_tuple().exponent)


class Parameter:
    """What all parameters share: how the scene receives a value."""

    def tensor(self, value) -> torch.Tensor:
        """The value as the scene's float64 tensor."""
        return torch.tensor(value, dtype=torch.float64)


class Slider(Parameter, traitlets.Float):
    """A real parameter on [low, high] that starts at ``start``; ``symbol`` is how the text writes it.

    Raises ValueError when the range is empty, or ``start`` is off the grid of steps (a browser would move it silently).
    """

    def __init__(self, start, low, high, step=None, symbol="", label="", unit="", role="model", digits=None):
        """See the class."""
        if not low < high:
            raise ValueError(f"low must be below high, got low={low!r}, high={high!r}")
        step = nice_step(low, high) if step is None else step
        steps = (start - low) / step
        if not low <= start <= high or abs(steps - round(steps)) > 1e-6:
            raise ValueError(f"start must lie on the grid {low!r}, {low + step!r}, ..., {high!r}; got {start!r}")
        digits = decimals(step) if digits is None else digits
        super().__init__(float(start), min=float(low), max=float(high), allow_none=False)
        self.tag(sync=True)
        self.control = {
            "kind": "slider", "start": float(start), "low": float(low), "high": float(high), "step": float(step),
            "symbol": symbol, "label": label, "unit": unit, "role": role, "digits": digits,
        }  # fmt: skip

    def validate(self, obj, value):
        """Refuse NaN, which passes every comparison with the range's ends."""
        value = super().validate(obj, value)
        if math.isnan(value):
            self.error(obj, value)
        return value


class Choice(Parameter, traitlets.Int):
    """One of a few named options; the scene receives its index, counted from 0."""

    def __init__(self, start, options, symbol="", label="", role="model"):
        """See the class."""
        if start not in options:
            raise ValueError(f"start must be one of {options!r}, got {start!r}")
        index = list(options).index(start)
        super().__init__(index, min=0, max=len(options) - 1)
        self.tag(sync=True)
        self.control = {
            "kind": "choice", "start": index, "options": list(options),
            "symbol": symbol, "label": label, "role": role,
        }  # fmt: skip


class Pixels(Parameter, traitlets.List):
    """A picture of ``rows`` by ``columns`` cells, each 0 or 1, which the reader draws; the scene receives it flat."""

    def __init__(self, start, rows, columns, symbol="", label="", role="data"):
        """See the class."""
        cells = [float(cell) for cell in start]
        if len(cells) != rows * columns:
            raise ValueError(f"start must hold rows*columns = {rows * columns} cells, got {len(cells)}")
        super().__init__(traitlets.Float(min=0.0, max=1.0), cells, minlen=len(cells), maxlen=len(cells))
        self.tag(sync=True)
        self.control = {
            "kind": "pixels", "start": cells, "rows": rows, "columns": columns,
            "symbol": symbol, "label": label, "role": role,
        }  # fmt: skip


class Numbers(Parameter, traitlets.List):
    """Numbers which the reader types or pastes, from ``least`` to ``capacity`` of them.

    The scene receives a tensor [capacity]: the numbers first, NaN after them.
    """

    def __init__(self, start, capacity=200, least=2, symbol="", label="", unit="", role="data"):
        """See the class."""
        numbers = [float(number) for number in start]
        if not 1 <= least <= len(numbers) <= capacity:
            raise ValueError(f"start must hold {least} to {capacity} numbers, got {len(numbers)}")
        super().__init__(traitlets.Float(), numbers, minlen=least, maxlen=capacity)
        self.tag(sync=True)
        self.capacity = capacity
        self.control = {
            "kind": "numbers", "start": numbers, "capacity": capacity, "least": least,
            "symbol": symbol, "label": label, "unit": unit, "role": role,
        }  # fmt: skip

    def validate(self, obj, value):
        """Refuse NaN and infinity: they would pass for the empty places."""
        value = super().validate(obj, value)
        if not all(map(math.isfinite, value)):
            self.error(obj, value)
        return value

    def tensor(self, value) -> torch.Tensor:
        """The numbers [capacity], with NaN in the places that are free."""
        return super().tensor([*value, *[math.nan] * (self.capacity - len(value))])


@dataclass(frozen=True)
class Guess:
    """A question which the figure asks before it answers: the readout ``readout`` stays covered until the reader has
    set a guess and pressed Reveal. Marks whose label is in ``hides``, and those that went through ``marks.cover``, are
    covered too.

    ``panel`` and ``axis`` ("x" or "y") say where the guess also stands as a marker that can be dragged.
    Raises ValueError when the range is empty, or ``start`` (the middle when left out) is outside it.
    """

    readout: str
    question: str
    low: float
    high: float
    start: float | None = None
    step: float | None = None
    unit: str = ""
    hides: tuple[str, ...] = ()
    panel: str = ""
    axis: str | None = None

    def control(self) -> dict:
        """The slider of the guess, as the front end makes it."""
        if not self.low < self.high:
            raise ValueError(f"low must be below high, got low={self.low!r}, high={self.high!r}")
        step = nice_step(self.low, self.high) if self.step is None else self.step
        middle = self.low + round((self.high - self.low) / 2 / step) * step
        slider = Slider(
            middle if self.start is None else self.start, self.low, self.high, step, label="your guess",
            unit=self.unit, role="data",
        )  # fmt: skip
        return slider.control | {"name": "guess"}

    def describe(self, marks: list[dict], panels) -> dict:
        """As JSON; ValueError when the readout, a hidden label or the panel is not in the figure."""
        readouts = [mark["name"] for mark in marks if mark["kind"] == "readout"]
        labels = {mark["label"] for mark in marks if mark.get("label") and mark["kind"] != "readout"}
        if self.readout not in readouts:
            raise ValueError(f"readout must be one of {', '.join(readouts)}; got {self.readout!r}")
        for label in self.hides:
            if label not in labels:
                raise ValueError(f"hides must name marks by their label ({', '.join(sorted(labels))}); got {label!r}")
        if self.axis not in (None, "x", "y"):
            raise ValueError(f"axis must be 'x', 'y' or None, got {self.axis!r}")
        if self.axis and self.panel not in panels:
            raise ValueError(f"panel must be one of {', '.join(panels)}; got {self.panel!r}")
        return asdict(self) | {"control": self.control()}

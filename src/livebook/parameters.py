"""The parameters of a figure: traits with a range, a symbol and a control in the page."""

import math
from decimal import Decimal

import traitlets


def nice_step(low: float, high: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that cuts the range into at least 100 steps."""
    raw = (high - low) / 100
    power = 10.0 ** math.floor(math.log10(raw))
    return max(m * power for m in (1, 2, 5) if m * power <= raw * (1 + 1e-12))


def decimals(step: float) -> int:
    """How many decimals a number on the grid of ``step`` needs."""
    return max(0, -Decimal(str(step)).normalize().as_tuple().exponent)


class Slider(traitlets.Float):
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


class Choice(traitlets.Int):
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


class Pixels(traitlets.List):
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

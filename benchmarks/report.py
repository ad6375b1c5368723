"""One row a measurement: its value, the bar it is held to, and the table and the file that they make."""

import json
import math
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HEAD = ("section", "what", "measure", "value", "", "bar", "", "more")
RIGHT = {3, 5}  # columns of numbers


@dataclass(frozen=True)
class Bar:
    """A limit that a value must keep to, from above (``at most``) or below (``at least``)."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether ``value`` keeps to it; not a number never does."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self):
        """As the table shows it."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """A measurement. ``note`` is for the table's last column, ``detail`` for the file."""

    section: str
    item: str
    measure: str
    value: float
    unit: str = ""
    bar: Bar | None = None
    note: str = ""
    detail: dict = field(default_factory=dict)

    def verdict(self) -> str:
        """``ok`` or ``MISSED``, nothing without a bar."""
        if self.bar is None:
            return ""
        return "ok" if self.bar.holds(self.value) else "MISSED"

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        bar = "" if self.bar is None else str(self.bar)
        return self.section, self.item, self.measure, shown(self.value), self.unit, bar, self.verdict(), self.note

    def as_json(self) -> dict:
        """The row as the file holds it."""
        bar = None if self.bar is None else str(self.bar)
        value = self.value if math.isfinite(self.value) else None
        return vars(self) | {"value": value, "bar": bar, "verdict": self.verdict()}


def shown(value: float) -> str:
    """Three digits at least, and no decimals that mean nothing."""
    if not math.isfinite(value):
        return str(value)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def table(rows: list[Row]) -> str:
    """Aligned columns under a head."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    lines.insert(1, tuple("─" * width for width in widths))
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in lines)


def _aligned(line: tuple[str, ...], widths: list[int]):
    for i, (text, width) in enumerate(zip(line, widths, strict=True)):
        yield text.rjust(width) if i in RIGHT else text.ljust(width)


def write(path: Path, rows: list[Row], quick: bool, crashed: list[str]) -> None:
    """Write rows, and the versions that the numbers hold for."""
    versions = {"python": platform.python_version()} | {name: version(name) for name in ("torch", "pyro-ppl")}
    content = {"versions": versions, "quick": quick, "crashed": crashed, "rows": [row.as_json() for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")

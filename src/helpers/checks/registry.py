"""The checkers by name, and how a reader's answer reaches one."""

import inspect
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from helpers.checks import reader
from helpers.checks.judging import Refused
from helpers.checks.result import Result


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that a checker must refuse, and a pattern which its message must match."""

    source: str
    says: str


@dataclass(frozen=True)
class Curve:
    """What the page draws beside the editor: the reader's function over its first argument, the rest held still."""

    function: str
    args: dict
    x: tuple[float, float]
    y: tuple[float, float]
    label: str
    y_label: str

    def to_dict(self) -> dict:
        """Plain data for the page."""
        return asdict(self)

    def points(self, function, count: int = 141) -> tuple[list[float], list[float | None]]:
        """``count`` places and the function's heights there; None where it gives no number."""
        low, high = self.x
        xs = [low + (high - low) * i / (count - 1) for i in range(count)]
        return xs, [self._height(function, x) for x in xs]

    def _height(self, function, x):
        try:
            y = function(x, **self.args)
            if inspect.iscoroutine(y):
                y.close()  # else Python warns that nobody awaited it
            y = float(y) if not isinstance(y, str | bool) else math.nan
        except KeyboardInterrupt:
            raise
        except BaseException:  # whatever a reader's code raises, SystemExit too: there is no height here
            return None
        return y if math.isfinite(y) else None


@dataclass(frozen=True)
class Checker:
    """One exercise's judge. Its function's parameters are the names which the exercise defines."""

    name: str
    chapter: str
    judge: Callable
    wrong: list[Wrong]
    needs: list[str]
    curve: Curve | None

    @property
    def defines(self) -> list[str]:
        """The names that the exercise's cell gives to the chapter."""
        return list(inspect.signature(self.judge).parameters)


_CHECKERS: dict[str, Checker] = {}


def checker(name: str, *, chapter: str, wrong: list[Wrong], needs: list[str] | None = None, curve: Curve | None = None):
    """Register a judge: a function of the reader's objects that returns a Result, or raises Refused."""

    def register(judge):
        if name in _CHECKERS:
            raise ValueError(f"there are two checkers called {name!r}")
        _CHECKERS[name] = Checker(name, chapter, judge, wrong, needs or [], curve)
        return judge

    return register


def checkers(chapter: str | None = None) -> list[Checker]:
    """All checkers, or one chapter's."""
    return [one for one in _CHECKERS.values() if chapter in (None, one.chapter)]


def get(name: str) -> Checker:
    """The checker called ``name``. Raises ValueError with all names when there is none."""
    if name not in _CHECKERS:
        raise ValueError(f"there is no exercise called {name!r}; there are {', '.join(sorted(_CHECKERS))}")
    return _CHECKERS[name]


def check(name: str, *objects) -> Result:
    """Judge an answer to the exercise ``name``. Raises ValueError when there is no such exercise."""
    one = get(name)
    if len(objects) != len(one.defines):
        return Result(False, f"This check looks at {', '.join(f'`{n}`' for n in one.defines)}: pass exactly that.")
    try:
        result = _needed(one, objects) or one.judge(*objects)
    except Refused as refused:
        result = refused.result
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        result = reader.explain(error)
    if result.kind == "error":
        _say_what_is_missing(one, result)
    if one.curve and callable(objects[0]) and not reader.untouched(objects[0]):
        result.picture = lambda: _svg(one.curve, objects[0])
    return result


def _needed(one: Checker, objects) -> Result | None:
    """What is wrong with an earlier exercise that this answer calls; None if nothing is."""
    for name in one.needs:
        for defined in get(name).defines:
            for thing in objects:
                if defined not in reader.names_used(thing):
                    continue
                if defined not in reader.globals_of(thing):
                    return Result(False, _run_first(defined), kind="error")
                if not check(name, reader.globals_of(thing)[defined]).correct:
                    said = f"This exercise uses `{defined}` from the exercise before, which is not right yet."
                    return Result(False, said + " Solve that one first.")
    return None


def _run_first(name: str) -> str:
    return f"This exercise uses `{name}` from the exercise before: run that cell first."


def _say_what_is_missing(one: Checker, result: Result) -> None:
    for other in checkers(one.chapter):
        for name in other.defines:
            if other is not one and f"name '{name}' is not defined" in result.message:
                result.message = _run_first(name)


def run(source: str, call: str = "", namespace: dict | None = None) -> Result:
    """Run a reader's cell, then its check ``call``; whatever happens, a Result. Without a call nothing is judged.

    ``namespace`` is shared by the cells of one chapter. As in a notebook, the value of a cell's last line is printed.
    """
    names = {} if namespace is None else namespace
    names.setdefault("__name__", "__main__")
    one = _checker_of(call)
    before = {name: names.pop(name) for name in (one.defines if one else []) if name in names}
    try:
        value = reader.execute(source, names)
        if value is not None and value is not ...:
            print(repr(value))
    except BaseException as error:
        names.update({name: value for name, value in before.items() if name not in names})
        result = reader.explain(error)
        _say_what_is_missing(one, result) if one else _say_missing_anywhere(result, names)
        return result
    if not call.strip():
        return Result(False, "Your code ran without an error.", kind="ran")
    for name in one.defines if one else []:
        if name not in names:
            return Result(False, f"Your cell does not define `{name}`, which the check looks for. Did its name change?")
    names["check"] = check
    try:
        return reader.execute(call, names, expression=True)
    except BaseException as error:
        return reader.explain(error)


def _say_missing_anywhere(result: Result, names: dict) -> None:
    for one in checkers():
        for name in one.defines:
            if name not in names and f"name '{name}' is not defined" in result.message:
                result.message = f"`{name}` is written in another exercise of this chapter: run that cell first."


def _checker_of(call: str) -> Checker | None:
    """The checker that a call like ``check("name", …)`` names, if it is registered."""
    return next((one for one in checkers() if f'"{one.name}"' in call or f"'{one.name}'" in call), None)


def curve_points(name: str, namespace: dict) -> dict | None:
    """What the page draws for the exercise ``name``: ``{"x": […], "y": […]}``; None without a curve or a function."""
    one = get(name)
    function = namespace.get(one.curve.function) if one.curve else None
    if not callable(function) or reader.untouched(function):
        return None
    xs, ys = one.curve.points(function)
    return {"x": xs, "y": ys}


def _svg(curve: Curve, function) -> str:
    """The curve as an SVG, where matplotlib is installed."""
    try:
        from io import StringIO

        from matplotlib.figure import Figure
    except ImportError:
        return ""
    xs, ys = curve.points(function)
    figure = Figure(figsize=(4.5, 2.2), layout="constrained")
    ax = figure.subplots()
    ax.plot(xs, [math.nan if y is None else y for y in ys], color="#0072b2")
    ax.set(xlabel=curve.label, ylabel=curve.y_label, xlim=curve.x, ylim=curve.y)
    ax.spines[["top", "right"]].set_visible(False)
    file = StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()[file.getvalue().index("<svg") :]

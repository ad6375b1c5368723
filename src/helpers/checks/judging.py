"""How an answer is held against the truth, and how a wrong one is recognised as a mistake that people make."""

import inspect
import math
import reprlib
import warnings
from collections.abc import Callable, Iterable
from typing import NamedTuple

from helpers.checks.reader import explain, untouched
from helpers.checks.result import Result

RELATIVE = 1e-9


class Refused(Exception):
    """An answer that cannot be judged further; carries the result."""

    def __init__(self, result: Result):
        """Keep what to say."""
        super().__init__(result.message)
        self.result = result


class Mistake(NamedTuple):
    """What people write instead, and what to tell them."""

    says: str
    function: Callable


class Case(NamedTuple):
    """Arguments for the reader's function; ``note`` says what is special about them."""

    arguments: tuple
    note: str = ""


def refuse(message: str, *details: str, kind: str = "wrong"):
    """Stop judging with this message."""
    raise Refused(Result(False, message, list(details), kind))


def shown(value) -> str:
    """A value in a few characters; anything at all may come here."""
    short = reprlib.Repr()
    short.maxlist = short.maxtuple = 4
    short.maxstring = short.maxother = 60
    try:
        return f"{value:.10g}" if isinstance(value, float) else short.repr(value)
    except Exception:
        return f"a {type(value).__name__}"


def _shown_call(name: str, arguments: tuple) -> str:
    def one(value):
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, list | tuple):
            inner = [one(entry) for entry in value[:4]] + (["…"] if len(value) > 4 else [])
            return ("[{}]" if isinstance(value, list) else "({})").format(", ".join(inner))
        return shown(value)

    return f"{name}({', '.join(map(one, arguments))})"


def _fresh(value):
    """A copy, so that nothing the reader does to an argument reaches the next call."""
    return [_fresh(entry) for entry in value] if isinstance(value, list) else value


def _name(truth) -> str:
    return truth.__name__.removeprefix("_")


def _need_function(function, truth) -> None:
    name, wanted = _name(truth), inspect.signature(truth)
    if function is None or function is ...:
        refuse(f"There is no `{name}` yet: write it in place of the dots.", kind="stub")
    if not callable(function):
        refuse(f"`{name}` should be a function, and yours is {shown(function)}, a {type(function).__name__}.")
    if untouched(function):
        refuse(f"`{name}` is still empty: write its body in place of the dots.", kind="stub")
    try:
        inspect.signature(function).bind(*wanted.parameters)
    except TypeError:
        refuse(f"`{name}` must take {len(wanted.parameters)} arguments: {', '.join(wanted.parameters)}.")
    except ValueError:
        pass  # a builtin that keeps its signature to itself: calling it will tell


def _number(value, name: str, call: str) -> float:
    if value is None:
        refuse(f"`{name}` returned None. Does it end with `return`? Printing is not returning.", call)
    if value is ...:
        refuse(f"`{name}` still returns the dots.", call, kind="stub")
    if inspect.isgenerator(value):
        refuse(f"`{name}` returned a generator. Use `return` rather than `yield`, and sum or multiply inside.", call)
    if inspect.iscoroutine(value):
        value.close()
        refuse(f"`{name}` returned a coroutine. Write `def`, not `async def`.", call)
    if isinstance(value, bool):
        refuse(f"`{name}` returned {value}, which is true or false; the exercise asks for a number.", call)
    if isinstance(value, str | bytes):
        refuse(f"`{name}` returned the text {shown(value)}; return the number itself.", call)
    if isinstance(value, complex):
        refuse(f"`{name}` returned a complex number, {shown(value)}.", call)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(value)
    except Exception:
        refuse(f"`{name}` returned {shown(value)}, a {type(value).__name__}; the exercise asks for one number.", call)


def close(value: float, truth: float, absolute: float = 0.0) -> bool:
    """Equal within the tolerance; NaN equals nothing."""
    return math.isclose(value, truth, rel_tol=RELATIVE, abs_tol=absolute)


def _alike(mistake: Mistake, seen: list, absolute: float) -> bool:
    """Whether the mistake gives what the reader's function gives, and this differs from the truth somewhere."""
    tried, telling = 0, False
    for case, truth, value in seen:
        try:
            given = float(mistake.function(*map(_fresh, case.arguments)))
        except (ArithmeticError, ValueError):
            continue
        if not close(given, value, absolute) and not (math.isnan(given) and math.isnan(value)):
            return False
        tried += 1
        telling = telling or not close(given, truth, absolute)
    return tried > 0 and telling


def compare(
    function,
    truth: Callable,
    cases: Iterable[Case],
    mistakes: Iterable[Mistake] = (),
    *,
    solved: str,
    absolute: float = 0.0,
    errors: dict | None = None,
) -> Result:
    """Hold ``function`` against ``truth``, which has the arguments that the exercise asks for, and its name after a _.

    ``errors`` maps exception types to a hint for readers whose function raises one.
    """
    name = _name(truth)
    _need_function(function, truth)
    seen, stopped = [], None
    for case in cases:
        call = _shown_call(name, case.arguments)
        try:
            value = function(*map(_fresh, case.arguments))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            hint = next((words for type_, words in (errors or {}).items() if isinstance(error, type_)), "")
            stopped = explain(error, call, " ".join(filter(None, [case.note, hint])))
            break
        seen.append((case, truth(*case.arguments), _number(value, name, call)))
    wrong = [one for one in seen if not close(one[2], one[1], absolute)]
    if not wrong:
        return stopped or Result(True, solved)
    return _refusal(name, seen, wrong, mistakes, absolute)


def _refusal(name, seen, wrong, mistakes, absolute) -> Result:
    case, truth, value = wrong[0]
    call = _shown_call(name, case.arguments)
    details = [f"{call} gives {shown(value)}, should be {shown(truth)}"]
    if shown(value) == shown(truth):
        details = [f"{call} gives {value!r}, should be {truth!r}"]
    if len(seen) > len(wrong):
        details.append(f"{len(seen) - len(wrong)} of {len(seen)} trials are right")
    for mistake in mistakes:
        if _alike(mistake, seen, absolute):
            return Result(False, mistake.says, details)
    if len(seen) > 2 and len({one[2] for one in seen}) == 1:
        return Result(False, f"`{name}` gives the same number whatever it is given.", details)
    if math.isnan(value):
        return Result(False, f"`{name}` returns nan, which is not a number. {case.note}".strip(), details)
    if case.note:
        return Result(False, f"`{name}` is right for ordinary input, but not here: {case.note}", details)
    return Result(False, f"`{name}` does not give the right number, and it is none of the usual mistakes.", details)

"""The reader's own code: running it, and saying where it stopped in the reader's own lines."""

import ast
import inspect
import itertools
import linecache
import os
import sys
from pathlib import Path
from types import CodeType

from helpers.checks.result import Result

_count = itertools.count(1)
_LIBRARIES = (str(Path(__file__).parents[1]), os.path.dirname(os.__file__), "<frozen")

_SAID = {
    RecursionError: "Your function calls itself again and again and never ends.",
    KeyboardInterrupt: "Your code was stopped while it was still running. Does a loop never end?",
    SystemExit: "Your code asked Python to end (`exit()` or `quit()`). Leave that out.",
    MemoryError: "Your code asked for more memory than there is.",
}


def remember(source: str) -> str:
    """A file name for ``source``, under which errors find its lines."""
    name = f"<exercise {next(_count)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def text(thing) -> str:
    """``str(thing)``, also for a thing that cannot be written down."""
    try:
        return str(thing)
    except Exception:
        return f"(a {type(thing).__name__} that has no text)"


def execute(source: str, namespace: dict, expression: bool = False):
    """Run ``source``; the value of its last line if that is an expression.

    With ``expression`` the lines themselves are ours, and their errors are raised as they come.
    """
    name = "<frozen check>" if expression else remember(source)
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last else None


def _written_by_reader(file: str) -> bool:
    return file.startswith("<exercise") or "ipykernel" in os.path.basename(os.path.dirname(file))


def _elsewhere(file: str) -> bool:
    return not file.startswith(_LIBRARIES) and "site-packages" not in file


def _where(exception: BaseException):
    """``(line number, function name, line)`` of the deepest place in the reader's code, or None."""
    steps, step = [], exception.__traceback__
    while step is not None:
        steps.append(step)
        step = step.tb_next
    for belongs in (_written_by_reader, _elsewhere):
        for step in reversed(steps):
            code = step.tb_frame.f_code
            if belongs(code.co_filename):
                line = linecache.getline(code.co_filename, step.tb_lineno, step.tb_frame.f_globals)
                return step.tb_lineno, code.co_name, line.strip()
    return None


def _syntax(error: SyntaxError) -> Result:
    details = []
    if error.text:
        line = error.text.rstrip("\n")
        shift = len(line) - len(line.lstrip())
        details = [line.strip()]
        if error.offset:
            start = max(error.offset - 1 - shift, 0)
            width = 1
            if error.end_offset and error.end_lineno == error.lineno:
                width = max(error.end_offset - error.offset, 1)
            details.append(" " * start + "^" * width)
    place = f" line {error.lineno}" if error.lineno else " your code"
    return Result(False, f"Python cannot read{place}: {error.msg}.", details, "error")


def _name_error(error: NameError) -> str:
    name = getattr(error, "name", None)
    if name in sys.stdlib_module_names:
        return f" Write `import {name}` at the top of the cell."
    return ""


def explain(exception: BaseException, calling: str = "", hint: str = "") -> Result:
    """Say what stopped the reader's code and in which of the reader's lines; nothing of the checker's is shown."""
    if isinstance(exception, SyntaxError):
        place = _where(exception)
        if place is None or not exception.lineno:
            return _syntax(exception)
    place = _where(exception)
    kind = type(exception).__name__
    said = next((words for type_, words in _SAID.items() if isinstance(exception, type_)), "")
    if not said:
        message = text(exception)
        said = f"{kind}: {message.removesuffix('.')}." if message else f"{kind}."
    if isinstance(exception, NameError):
        said += _name_error(exception)
    details = []
    if place is not None:
        number, function, line = place
        inside = "" if function.startswith("<module") else f" of `{function}`"
        said = f"In line {number}{inside}: {said[0].lower() + said[1:] if said.startswith('Your') else said}"
        details = [line] if line else []
    if calling:
        details.append(f"when called as {calling}")
    return Result(False, f"{said} {hint}".strip(), details, "error")


def untouched(function) -> bool:
    """Whether a function's body is still ``...``, or nothing but a docstring."""
    code, stub = getattr(function, "__code__", None), _stub.__code__
    if code is None or code.co_code[::2] != stub.co_code[::2]:
        return False
    return all(const in (None, ..., function.__doc__) for const in code.co_consts)


def _stub(): ...


def globals_of(thing) -> dict:
    """The namespace in which a reader's function was defined."""
    return getattr(inspect.unwrap(thing) if callable(thing) else thing, "__globals__", {})


def names_used(thing) -> set[str]:
    """The global names that a function's code asks for, inner functions included."""
    waiting, names = [getattr(thing, "__code__", None)], set()
    while waiting:
        code = waiting.pop()
        if code is not None:
            names.update(code.co_names)
            waiting += [const for const in code.co_consts if isinstance(const, CodeType)]
    return names

"""Runs a reader's cells inside Pyodide; standard library only. Bundled as text into exercise-worker.js."""

import ast
import io
import linecache
import sys
import traceback

FILE = "your code"
OUTPUT_LIMIT = 20_000
ABSENT = (
    "Python in this page has its standard library only; the exercises that run here need no more."
    " The chapter's notebook has the rest."
)


class Sink(io.TextIOBase):
    """Where ``print`` goes: hands text on as it comes, and stops at a limit."""

    def __init__(self, emit, limit=OUTPUT_LIMIT):
        """Hand text to ``emit``, at most ``limit`` characters of it."""
        self._emit, self._left = emit, limit

    def writable(self):
        """See io.TextIOBase."""
        return True

    def write(self, text):
        """Emit what still fits; say once that the rest is cut."""
        if self._left > 0 and text:
            self._emit(text[: self._left])
            self._left -= len(text)
            if self._left < 0:
                self._emit("\n… The output was cut here: it is longer than 20,000 characters.")
        return len(text)


def _line(error) -> int | None:
    """The last line of the reader's own code that was on the way to the error."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    return lines[-1] if lines else None


def explain(error: BaseException, source: str) -> str:
    """The error with the reader's own line, never with the machinery's stack."""
    number, lines = _line(error), source.splitlines()
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    said = f"{type(error).__name__}: {what}" if what else type(error).__name__
    if number and number <= len(lines):
        said = f"Line {number}: {lines[number - 1].strip()}\n{said}"
    if isinstance(error, ModuleNotFoundError):
        said += f"\n{ABSENT}"
    if isinstance(error, RecursionError):
        said += "\nA function calls itself and never stops."
    return said


def execute(source: str, namespace: dict) -> BaseException | None:
    """Run ``source`` as a notebook would: the last expression is shown. Return what went wrong."""
    linecache.cache[FILE] = (len(source), None, source.splitlines(True), FILE)
    try:
        tree = ast.parse(source, FILE)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, FILE, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), FILE, "eval"), namespace)
            if value is not None:
                print(repr(value))
    except BaseException as error:
        return error
    return None


class Session:
    """One chapter's interpreter: a namespace that its exercises share."""

    def __init__(self):
        """Start with an empty namespace."""
        self.namespace = {"__name__": "__main__"}

    def replay(self, sources) -> None:
        """Run earlier exercises' solved answers again, silently, in an interpreter that has just started."""
        sys.stdout = sys.stderr = io.StringIO()
        for source in sources:
            execute(source, self.namespace)

    def answer(self, job: dict, emit) -> dict:
        """Run or check one exercise; what comes back can be sent to the page."""
        sys.stdout = sys.stderr = Sink(emit)
        try:
            return self._check(job) if job.get("call") else self._run(job)
        except MemoryError:
            return {"memory": True}
        except BaseException as error:
            return {"error": explain(error, job["source"])}
        finally:
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def _run(self, job: dict) -> dict:
        error = execute(job["source"], self.namespace)
        if isinstance(error, MemoryError):
            raise error
        if error is not None:
            return {"error": explain(error, job["source"])}
        return {"curve": self._curve(job["name"])} if job.get("curve") else {}

    def _check(self, job: dict) -> dict:
        from helpers import checks

        result = checks.run(job["source"], job["call"], self.namespace).to_dict()
        drawn = self._curve(job["name"]) if job.get("curve") else None
        return {"result": result, "curve": drawn}

    def _curve(self, name: str) -> dict | None:
        """The reader's curve, where their function gives numbers."""
        from helpers import checks

        return checks.curve(name, self.namespace)

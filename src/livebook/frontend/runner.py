"""One chapter's interpreter inside Pyodide; standard library only. Bundled as text into exercise-worker.js."""

import io
import sys

from helpers import checks

OUTPUT_LIMIT = 20_000
CUT = "\n… The output was cut here: it is longer than 20,000 characters.\n"
ABSENT = (
    "Python in this page has its standard library only, and these exercises need no more. The notebook has the rest."
)


class Sink(io.TextIOBase):
    """Where ``print`` goes: hands text on as it comes, up to a limit."""

    def __init__(self, emit, limit=OUTPUT_LIMIT):
        """Hand text to ``emit``, at most ``limit`` characters of it."""
        self._emit, self._left = emit, limit

    def writable(self):
        """See io.TextIOBase."""
        return True

    def write(self, text):
        """Emit what still fits; say once that the rest is cut."""
        if self._left >= 0 and text:
            self._emit(text[: self._left])
            self._left -= len(text)
            if self._left < 0:
                self._emit(CUT)
        return len(text)


class Session:
    """A namespace that the exercises of one chapter share."""

    def __init__(self):
        """Start with an empty namespace."""
        self.namespace = {"__name__": "__main__"}

    def replay(self, sources) -> None:
        """Run earlier exercises' solved answers again, silently, in an interpreter that does not know them."""
        sys.stdout = sys.stderr = io.StringIO()
        for source in sources:
            checks.run(source, "", self.namespace)

    def answer(self, job: dict, emit) -> dict:
        """Run one exercise's cell, and its check if the job has one; what comes back can be sent to the page."""
        sys.stdout = sys.stderr = Sink(emit)
        try:
            result = checks.run(job["source"], job.get("call") or "", self.namespace).to_dict()
            drawn = self._curve(job["name"]) if job.get("curve") and result["kind"] != "error" else None
        finally:
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        if "ModuleNotFoundError" in result["message"]:
            result["details"].append(ABSENT)
        return {"result": result, "curve": drawn}

    def _curve(self, name: str) -> dict | None:
        """The reader's curve and the frame to draw it in."""
        points = checks.curve_points(name, self.namespace)
        return points and {"points": points, "frame": checks.get(name).curve.to_dict()}

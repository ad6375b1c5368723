"""Quick questions: a choice, several choices, a number. Plain data, answered without running any code."""

import html
import math
import re
from dataclasses import dataclass

from helpers.checks.result import Result

MIME = "application/vnd.livebook.question+json"
_QUESTIONS: dict = {}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SYMBOLS = {r"\mu": "μ", r"\sigma": "σ", r"\theta": "θ", r"\times": "×", r"\log": "log", r"\le": "≤", r"\ge": "≥"}


def plain(text: str) -> str:
    """Text with its little TeX written in Unicode, for places that cannot set formulas."""

    def formula(found):
        inside = re.sub(r"\^\{?(-?\d+)\}?", lambda power: power[1].translate(_SUPERSCRIPT), found[1])
        for tex, symbol in _SYMBOLS.items():
            inside = re.sub(re.escape(tex) + r"(?![a-zA-Z])\s?", symbol, inside)
        return inside

    return re.sub(r"\$([^$]+)\$", formula, text)


@dataclass(frozen=True)
class Option:
    """One thing to choose, whether it is right, and what to say to who takes it."""

    text: str
    feedback: str
    correct: bool = False


def right(text: str, feedback: str = "") -> Option:
    """An option that is right."""
    return Option(text, feedback, True)


def wrong(text: str, feedback: str) -> Option:
    """An option that is wrong, and why."""
    return Option(text, feedback)


class Question:
    """What all questions share: their place among the others, and how they show in a notebook."""

    def __post_init__(self):
        """Register under the name."""
        if self.name in _QUESTIONS:
            raise ValueError(f"there are two questions called {self.name!r}")
        _QUESTIONS[self.name] = self

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The data for the page, a widget for Jupyter, and plain HTML for everything else."""
        from helpers.checks.widgets import widget

        data = {MIME: self.to_dict(), "text/html": self._html(), "text/plain": repr(self)}
        try:
            shown = widget(self)
        except ImportError:
            return data
        bundle = shown._repr_mimebundle_()
        more = bundle[0] if isinstance(bundle, tuple) else bundle
        view = "application/vnd.jupyter.widget-view+json"
        return {**data, **({view: more[view]} if more and view in more else {})}


@dataclass(frozen=True, repr=False)
class Choice(Question):
    """A question with options. ``several``: all that are right must be taken, else exactly one is right."""

    name: str
    chapter: str
    prompt: str
    options: tuple[Option, ...]
    solved: str
    several: bool = False
    missing: str = "All that you took are right, but there is at least one more."

    def __repr__(self):
        """For a terminal."""
        return "\n".join([self.prompt, *(f"  {'☐' if self.several else '○'} {plain(o.text)}" for o in self.options)])

    def to_dict(self) -> dict:
        """Plain data for the page."""
        options = [{"text": o.text, "correct": o.correct, "feedback": o.feedback} for o in self.options]
        data = {"kind": "choices" if self.several else "choice", "name": self.name, "prompt": self.prompt}
        data |= {"options": options, "solved": self.solved}
        return data | ({"missing": self.missing} if self.several else {})

    def judge(self, chosen) -> Result:
        """Judge the indices of the options taken (an int, or several)."""
        chosen = {chosen} if isinstance(chosen, int) else set(chosen)
        if not chosen:
            return Result(False, "Choose first.")
        bad = [o.feedback for i, o in enumerate(self.options) if i in chosen and not o.correct]
        if bad:
            return Result(False, bad[0])
        if chosen != {i for i, o in enumerate(self.options) if o.correct}:
            return Result(False, self.missing)
        return Result(True, self.solved)

    def _html(self) -> str:
        items = "".join(f"<li>{html.escape(plain(o.text))}</li>" for o in self.options)
        return f'<div class="lb-question"><p>{html.escape(self.prompt)}</p><ol type="A">{items}</ol></div>'


@dataclass(frozen=True, repr=False)
class Number(Question):
    """A question whose answer is a number. ``wrong``: typical wrong numbers, and what to say to them."""

    name: str
    chapter: str
    prompt: str
    answer: float
    tolerance: float
    wrong: tuple[tuple[float, str], ...]
    solved: str
    otherwise: str
    unit: str = ""

    def __repr__(self):
        """For a terminal."""
        return f"{self.prompt} = ____ {self.unit}".rstrip()

    def to_dict(self) -> dict:
        """Plain data for the page."""
        return {
            "kind": "number",
            "name": self.name,
            "prompt": self.prompt,
            "answer": self.answer,
            "tolerance": self.tolerance,
            "unit": self.unit,
            "wrong": [{"value": value, "feedback": feedback} for value, feedback in self.wrong],
            "otherwise": self.otherwise,
            "solved": self.solved,
        }

    def judge(self, given) -> Result:
        """Judge a number, or the text of one; a decimal comma is read too, and so is the minus sign of print."""
        try:
            value = float(str(given).strip().replace(",", ".").replace("−", "-"))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            return Result(False, "Give a number, for instance 0.25.")
        if abs(value - self.answer) <= self.tolerance:
            return Result(True, self.solved)
        for typical, feedback in self.wrong:
            if abs(value - typical) <= self.tolerance:
                return Result(False, feedback)
        return Result(False, self.otherwise)

    def _html(self) -> str:
        return f'<div class="lb-question"><p>{html.escape(repr(self))}</p></div>'


def questions(chapter: str | None = None) -> list[Question]:
    """All questions, or one chapter's."""
    return [one for one in _QUESTIONS.values() if chapter in (None, one.chapter)]


def question(name: str) -> Question:
    """The question called ``name``. Raises ValueError with all names when there is none."""
    if name not in _QUESTIONS:
        raise ValueError(f"there is no question called {name!r}; there are {', '.join(sorted(_QUESTIONS))}")
    return _QUESTIONS[name]


def _asked(name: str, kind: str) -> Question:
    one = question(name)
    if one.to_dict()["kind"] != kind:
        raise ValueError(f"{name!r} asks for a {one.to_dict()['kind']}, not a {kind}")
    return one


def choice(name: str) -> Question:
    """Ask a question with exactly one right option."""
    return _asked(name, "choice")


def choices(name: str) -> Question:
    """Ask a question with several right options."""
    return _asked(name, "choices")


def number(name: str) -> Question:
    """Ask for a number."""
    return _asked(name, "number")

"""What a check answers."""

import html
from collections.abc import Callable
from dataclasses import dataclass, field

MARKS = {"correct": "✓", "ran": "✓", "stub": "…"}
WORDS = {
    "correct": "Right",
    "wrong": "Not yet",
    "error": "Your code stopped",
    "stub": "Nothing to check yet",
    "ran": "Your code ran",
}


@dataclass
class Result:
    """Whether an answer is right, what to say about it, and lines which show what is meant.

    ``kind`` is "correct", "wrong", "error" (the reader's code stopped), "stub" (nothing written yet) or "ran" (no
    check was asked for). ``picture``, if there is one, draws an SVG for Jupyter.
    """

    correct: bool
    message: str
    details: list[str] = field(default_factory=list)
    kind: str = ""
    picture: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        """Fill in the usual kind."""
        self.kind = self.kind or ("correct" if self.correct else "wrong")

    def to_dict(self) -> dict:
        """Plain data for the page."""
        return {"correct": self.correct, "message": self.message, "details": list(self.details), "kind": self.kind}

    @property
    def heading(self) -> str:
        """A mark and a word: never a colour alone."""
        return f"{MARKS.get(self.kind, '✗')} {WORDS[self.kind]}"

    def __repr__(self):
        """For a terminal."""
        return "\n".join([f"{self.heading}. {self.message}", *(f"    {line}" for line in self.details)])

    def _repr_html_(self) -> str:
        """For a notebook."""
        details = html.escape("\n".join(self.details))
        picture = self.picture() if self.picture else ""
        return (
            f'<div class="lb-result lb-{self.kind}" role="status">'
            f"<p><strong>{self.heading}.</strong> {html.escape(self.message)}</p>"
            + (f"<pre>{details}</pre>" if details else "")
            + f"{picture}</div>"
        )

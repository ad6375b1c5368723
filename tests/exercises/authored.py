"""The exercises as the chapters hold them."""

import ast
import re
from dataclasses import dataclass, field

import jupytext

from tests.chapters.test_text import CHAPTERS


@dataclass
class Exercise:
    """One code exercise: its cells, in the order in which they stand."""

    chapter: str
    name: str
    objects: list[str]
    stub: str
    call: str
    tags: list[str]
    solution: str = ""
    hints: list[str] = field(default_factory=list)
    solution_of: str = ""


def _call(source):
    call = ast.parse(source).body[-1].value
    return call.func.id, call.args[0].value, [argument.id for argument in call.args[1:]]


def _tags(cell):
    return cell.metadata.get("tags", [])


def code_exercises(chapter):
    """Every exercise of a chapter. Cells out of order fail here."""
    found, cells = [], jupytext.read(CHAPTERS[chapter]).cells
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown" and found and not found[-1].solution:
            found[-1].hints += re.findall(
                r"\{admonition\} Hint\n:class: dropdown hint\n\n(.+?)\n```", cell.source, re.S
            )
            labels = re.findall(r"\{solution-start\} ([\w-]+)", cell.source)
            found[-1].solution_of = labels[0] if labels else found[-1].solution_of
        if "exercise" in _tags(cell):
            assert "check" in _tags(cells[i + 1]), f"no check after {cell.source!r}"
            function, name, objects = _call(cells[i + 1].source)
            assert function == "check"
            found.append(Exercise(chapter, name, objects, cell.source, cells[i + 1].source, _tags(cell)))
        if "check" in _tags(cell):
            assert "exercise" in _tags(cells[i - 1]), f"no exercise before {cell.source!r}"
        if "solution" in _tags(cell):
            assert not found[-1].solution, f"two solutions for {found[-1].name}"
            found[-1].solution = cell.source
    return found


def asked(chapter):
    """``(function, name)`` of every quick question of a chapter."""
    cells = [cell for cell in jupytext.read(CHAPTERS[chapter]).cells if "question" in _tags(cell)]
    return [_call(cell.source)[:2] for cell in cells]


EXERCISES = [exercise for chapter in CHAPTERS for exercise in code_exercises(chapter)]
SOLUTIONS = {exercise.name: exercise.solution for exercise in EXERCISES}

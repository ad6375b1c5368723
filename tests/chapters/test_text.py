"""What each chapter keeps to: its sections, its length, short cells, tested equations, enough exercises."""

import re

import jupytext
import pytest
import yaml

from livebook.notebook import dress, front_matter, undress
from livebook.palette import ROLES, macros
from tests.conftest import IN_TOC, ROOT

SECTIONS = ["Play", "Say it exactly", "In code", "Against the truth", "Where it breaks", "Exercises", "Further reading"]


CHAPTERS = {name: ROOT / "book" / f"{name}.md" for name in IN_TOC if not name.startswith("reference/")}


@pytest.fixture(params=CHAPTERS, scope="module")
def text(request):
    return CHAPTERS[request.param].read_text("utf-8")


@pytest.fixture(params=CHAPTERS, scope="module")
def notebook(request):
    return jupytext.read(CHAPTERS[request.param])


def prose(text):
    """The chapter's words: no front matter, no code, no exercises, no directives' options."""
    text = text.split("---", 2)[2].split("## Exercises")[0]
    text = re.sub(r"```\{code-cell\}.*?\n```", "", text, flags=re.S)
    text = re.sub(r"```\{math\}.*?\n```|\$\$.*?\$\$", "", text, flags=re.S)
    return re.findall(r"[A-Za-zα-ω][\w’'-]*", re.sub(r"\$[^$]*\$", "x", text))


def test_the_sections_stand_in_their_order(text):
    found = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert [heading for heading in found if heading in SECTIONS] == SECTIONS


def test_a_chapter_has_900_to_2000_words(text):
    assert 900 <= len(prose(text)) <= 2000


def test_a_chapter_asks_before_it_answers(text):
    assert "?" in text.split("## Play")[0] and "?" in text.split("## Play")[1].split("```")[0]


def test_cells_are_short(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [cell for cell in cells if "remove-cell" not in cell.metadata.get("tags", [])]
    assert len(shown) >= 6
    for cell in shown:
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")]
        assert len(lines) <= 14, cell.source
        assert max(map(len, lines)) <= 78, cell.source


def test_every_equation_that_has_a_number_has_a_test(text, root):
    tests = "".join(path.read_text("utf-8") for path in (root / "tests").rglob("test_*.py"))
    calls = re.findall(r"mark\.equation\(([^)]*)\)", tests)
    borne = {label for call in calls for label in re.findall(r'"([^"]+)"', call)}
    labels = set(re.findall(r":label: (eq-[\w-]+)", text))
    assert labels and labels <= borne


def test_five_exercises_each_with_a_solution(text):
    exercises = set(re.findall(r"```+\{exercise(?:-start)?\}\n:label: ([\w-]+)", text))
    solutions = set(re.findall(r"```+\{solution(?:-start)?\} ([\w-]+)", text))
    assert len(exercises) >= 5 and exercises == solutions
    for kind in ("(quick, choice)", "(quick, number)", "(code", "(pencil)"):
        assert kind in text


def test_a_stock_slider_drives_the_figure(text):
    assert "ipywidgets.link((" in text


def test_a_chapter_says_how_to_get_helpers(notebook):
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert "make lab" in first.source


def test_dressing_for_lab_can_be_undone(notebook):
    dressed = dress(notebook)
    assert dressed.cells[0].source.startswith(front_matter())
    assert "{glue:text}" not in "".join(cell.source for cell in dressed.cells)
    assert undress(dressed) == notebook
    assert dress(undress(dressed)) == dressed


def test_lab_knows_the_macros_that_the_page_knows():
    defined = yaml.safe_load(front_matter().strip().strip("-"))["math"]
    assert set(defined) == set(macros()) == {f"\\{role}" for role in ROLES}


def test_a_chapter_glues_values_under_their_own_names(text):
    for name, value in re.findall(r'glue\("(\w+)", ([^,]+), display=False\)', text):
        assert name == value
    glued = set(re.findall(r'glue\("(\w+)"', text))
    used = set(re.findall(r"\{glue:text\}`(\w+)", text))
    assert glued == used


def test_a_number_is_glued_before_it_is_said(notebook):
    """JupyterLab evaluates it while it renders the text, from top to bottom."""
    known = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            known |= set(re.findall(r'glue\("(\w+)"', cell.source))
        else:
            assert set(re.findall(r"\{glue:text\}`(\w+)", cell.source)) <= known

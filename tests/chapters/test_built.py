"""The built chapters: their numbers, their downloads, and that nothing stale can stay in them."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from helpers.figures.variational_em import VariationalEM
from livebook.payload import MIME
from tests.chapters.test_text import CHAPTERS

TOC = "format: jb-book\nroot: index\n"
HEADER = (
    "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n"
    "kernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"
)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_downloaded_notebook_holds_its_figures(book, chapter):
    notebook = json.loads((book / "_sources" / f"{chapter}.ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    figures = [output["data"] for output in outputs if MIME in output.get("data", {})]
    page = (book / f"{chapter}.html").read_text("utf-8")
    assert len(figures) == page.count('<figure class="live-figure" data-figure=') > 0
    for data in figures:
        assert "<svg" in "".join(data["text/html"])
        assert "application/vnd.jupyter.widget-view+json" in data
    assert not any(output["output_type"] == "error" for output in outputs)


def test_the_digits_chapter_reaches_its_score(book):
    text = (book / "vae" / "digits.html").read_text("utf-8")
    score = float(re.search(r"test ELBO (-[\d.]+) nats per digit", text)[1])
    assert -18.6 <= score <= -16


def test_the_cut_font_has_every_letter_that_is_shown(book):
    """Of KaTeX's AMS font the bundle keeps blackboard capitals (livebook.bundle): nothing else of it may be set."""
    pages = "".join(path.read_text("utf-8") for path in book.rglob("*.html"))
    assert "amsrm" not in pages
    assert re.fullmatch("[A-Z]+", "".join(re.findall(r'class="[^"]*mathbb[^"]*"[^>]*>([^<]*)', pages)))


def test_every_program_is_a_file_with_its_spec(book):
    programs = list((book / "_figures").glob("*.js"))
    assert len(programs) >= len(CHAPTERS)
    for path in programs:
        text = path.read_text("utf-8")
        assert "export default function" in text and "export const spec = {" in text
        assert "import " not in text


def test_panels_keep_the_order_in_which_a_figure_declares_them(visit):
    figure = visit.open("variational-inference/variational-em.html").figure("variational-em")
    shown = figure.locator(".lb-panel").evaluate_all("all => all.map(panel => panel.dataset.panel)")
    assert shown == list(VariationalEM.panels) == ["bound", "groups", "belief"]


@pytest.fixture
def small_book(root, tmp_path):
    """A copy of what a build needs with a one-page book, so that sources can be changed in it."""
    for name in ("_config.yml", "package.json", "pyproject.toml"):
        shutil.copy(root / name, tmp_path / name)
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / "book" / "reference").mkdir(parents=True)
    shutil.copy(root / "book" / "favicon.svg", tmp_path / "book")
    shutil.copy(root / "book" / "reference" / "references.bib", tmp_path / "book" / "reference")
    (tmp_path / "_toc.yml").write_text(TOC)
    return tmp_path


def build(folder):
    """Build the copy with the copy's own sources; (exit code, everything it said)."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder / 'src')!r});"
        f"sys.argv = ['build', '--out', {str(folder / '_build')!r}];"
        "from livebook.build import main; sys.exit(main())"
    )
    variables = {**__import__("os").environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, timeout=300)
    return done.returncode, done.stdout + done.stderr


def write(folder, cell):
    (folder / "book" / "index.md").write_text(f"{HEADER}# A page\n\n```{{code-cell}} ipython3\n{cell}\n```\n")


def test_a_changed_helper_gives_new_outputs(small_book):
    helper = small_book / "src" / "helpers" / "answer.py"
    helper.write_text('"""For this test."""\n\nANSWER = "the first answer"\n')
    write(small_book, "from helpers.answer import ANSWER\nprint(ANSWER)")
    code, said = build(small_book)
    assert code == 0, said
    page = small_book / "_build" / "html" / "index.html"
    assert "the first answer" in page.read_text("utf-8")
    helper.write_text('"""For this test."""\n\nANSWER = "the second answer"\n')
    code, said = build(small_book)
    assert code == 0, said
    assert "the second answer" in page.read_text("utf-8")
    assert "the first answer" not in page.read_text("utf-8")


def test_an_unchanged_book_runs_no_cell_again(small_book):
    write(small_book, "import time\nprint(time.time_ns())")
    assert build(small_book)[0] == 0
    page = small_book / "_build" / "html" / "index.html"
    before = page.read_text("utf-8")
    assert build(small_book)[0] == 0
    assert page.read_text("utf-8") == before


def test_a_notebook_keeps_its_outputs_when_only_words_change(small_book):
    write(small_book, "print('an answer')")
    assert build(small_book)[0] == 0
    page = small_book / "book" / "index.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    assert build(small_book)[0] == 0
    notebook = (small_book / "_build" / "html" / "_sources" / "index.ipynb").read_text("utf-8")
    assert "One more sentence" in notebook and "an answer" in notebook.split('"outputs"', 1)[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# A page\n\n$\\model{x$\n", "KaTeX cannot set"),
        ("# A page\n\n[nowhere](missing.md)\n", "missing.md"),
    ],
)
def test_a_warning_is_an_error(small_book, content, message):
    (small_book / "book" / "index.md").write_text(content)
    code, said = build(small_book)
    assert code != 0 and message in said


def test_a_cell_that_fails_stops_the_build(small_book):
    write(small_book, "raise RuntimeError('this cell is broken')")
    code, said = build(small_book)
    assert code != 0 and "this cell is broken" in said

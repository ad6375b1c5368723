"""Exercises that check themselves: the cells of one exercise become one part of the page.

An exercise is ordinary cells: a stub tagged ``exercise``, a cell tagged ``check`` whose last line calls
``check("name", ...)``, admonitions of class ``hint``, and a solution. In the page the stub becomes an editor (see
``frontend/exercise.js``); the check cell and all that the stub printed while the book was built are left out. Without
scripts the stub, the hints and the solution can still be read.
"""

import ast
import html
import json
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.osutil import relative_uri
from sphinx_exercise.nodes import solution_node

from livebook.sphinx.questions import question

logger = logging.getLogger(__name__)
FOLDER = "_exercises"


class code_exercise(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """One exercise: the stub's code, then its hints. Attributes: name, check, docname, torch, curve, solution."""


class exercise_hint(nodes.General, nodes.Element):  # noqa: N801
    """One hint, folded."""


class book_progress(nodes.General, nodes.Element):  # noqa: N801
    """The place on the landing page where what is solved is shown, saved and cleared."""


def _tags(node) -> list[str]:
    """Tags of a code cell, none for any other node."""
    if not isinstance(node, nodes.Element) or node.get("nb_element") != "cell_code":
        return []
    return node["cell_metadata"].get("tags", [])


def _source(cell) -> str:
    """The code of a cell."""
    return next(cell.findall(nodes.literal_block)).astext()


def check_call(source: str) -> tuple[str, str]:
    """Name of the exercise and the call in the last line of a check cell. Raises ValueError on any other line."""
    try:
        statement = ast.parse(source).body[-1]
        last = statement.value
        if isinstance(statement, ast.Expr) and last.func.id == "check" and isinstance(last.args[0].value, str):
            return last.args[0].value, ast.unparse(last)
    except (SyntaxError, IndexError, AttributeError):
        pass
    raise ValueError(f'the last line of a cell tagged "check" must be check("name", ...), got {source!r}')


def _following(node):
    """The siblings after ``node``, without comments and targets."""
    siblings = node.parent.children[node.parent.index(node) + 1 :]
    return [one for one in siblings if not isinstance(one, (nodes.comment, nodes.target))]


def _is_hint(node) -> bool:
    return isinstance(node, nodes.admonition) and "hint" in node["classes"]


def _hints(after) -> list:
    """The hints directly after the check cell."""
    found = []
    for node in after:
        if not _is_hint(node):
            break
        found.append(node)
    return found


def _hint(admonition):
    """The admonition's content, without its title."""
    admonition.parent.remove(admonition)
    content = [child for child in admonition.children if not isinstance(child, nodes.title)]
    return exercise_hint("", *content)


def _solution_id(doctree, stub) -> str:
    """Identifier of the solution that follows the stub; empty when none does."""
    after = False
    for node in doctree.findall(nodes.Element):
        if after and isinstance(node, solution_node):
            return node["ids"][0] if node["ids"] else node.get("label", "")
        after = after or node is stub
    return ""


def _assemble(doctree, docname, stub) -> None:
    """Replace the cells of one exercise by a ``code_exercise``."""
    after = _following(stub)
    if not after or "check" not in _tags(after[0]):
        logger.warning('a cell tagged "exercise" must be followed by its check cell', location=stub)
        return
    try:
        name, call = check_call(_source(after[0]))
    except ValueError as error:
        logger.warning(str(error), location=after[0])
        return
    tags, code = _tags(stub), next(stub.findall(nodes.literal_block))
    hints = _hints(after[1:])
    exercise = code_exercise(
        "", code, *map(_hint, hints), name=name, check=call, docname=docname, solution=_solution_id(doctree, stub),
        torch="needs-torch" in tags, curve="curve" in tags,
    )  # fmt: skip
    after[0].parent.remove(after[0])
    stub.replace_self(exercise)


def _hide_code(cell) -> None:
    """Leave a question's code out of the page: the question itself is there."""
    for part in [part for part in cell.children if part.get("nb_element") == "cell_code_source"]:
        cell.remove(part)


def _read(app, doctree):
    """Assemble the exercises of a page and note what it asks, for the count in the table of contents."""
    docname = app.env.docname
    cells = list(doctree.findall(nodes.container))
    for stub in [cell for cell in cells if "exercise" in _tags(cell)]:
        _assemble(doctree, docname, stub)
    for cell in [cell for cell in cells if "question" in _tags(cell)]:
        _hide_code(cell)
    parts = (node for node in doctree.findall() if isinstance(node, (code_exercise, question)))
    # What needs torch is solved in the notebook, where this browser cannot see it.
    names = list(dict.fromkeys(node["name"] for node in parts if not node.get("torch")))
    app.env.livebook_exercises[docname] = names
    if docname == app.config.root_doc:
        doctree.append(book_progress())


def _purge(app, env, docname):
    env.livebook_exercises = getattr(env, "livebook_exercises", {})
    env.livebook_exercises.pop(docname, None)


def _prepare(app):
    app.env.livebook_exercises = getattr(app.env, "livebook_exercises", {})


def _merge(app, env, docnames, other):
    env.livebook_exercises.update({name: other.livebook_exercises.get(name, []) for name in docnames})


def _write_index(app, error):
    """``_exercises/index.json``: for each chapter that asks something, its address and the names of what it asks."""
    if error or app.builder.format != "html":
        return
    index = {
        docname: {"page": app.builder.get_target_uri(docname), "exercises": names}
        for docname, names in sorted(app.env.livebook_exercises.items()) if names
    }  # fmt: skip
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_text(json.dumps(index, indent=1), "utf-8")


def _visit_exercise(self, node):
    page = self.builder.get_target_uri(node["docname"])
    data = {
        "exercise": node["name"], "check": node["check"], "chapter": node["docname"], "solution": node["solution"],
        "notebook": relative_uri(page, f"_sources/{node['docname']}.ipynb"),
    }  # fmt: skip
    data |= {kind: "yes" for kind in ("torch", "curve") if node[kind]}
    attributes = "".join(f' data-{key}="{html.escape(value)}"' for key, value in data.items())
    self.body.append(f'<section class="lb-exercise" aria-label="Exercise {html.escape(node["name"])}"{attributes}>\n')


def _depart_exercise(self, node):
    self.body.append("</section>\n")


def _visit_hint(self, node):
    number = 1 + sum(isinstance(one, exercise_hint) for one in node.parent.children[: node.parent.index(node)])
    self.body.append(f'<details class="lb-hint"><summary>Hint {number}</summary>\n')


def _depart_hint(self, node):
    self.body.append("</details>\n")


def _visit_progress(self, node):
    self.body.append('<div class="lb-progress" hidden></div>\n')
    raise nodes.SkipNode


def _skip(self, node):
    raise nodes.SkipNode


def _pass(self, node):
    """Leave the children to the builder."""


def connect(app):
    """Connect to Sphinx."""
    kinds = ("latex", "text", "man", "texinfo")
    app.add_node(code_exercise, html=(_visit_exercise, _depart_exercise), **dict.fromkeys(kinds, (_pass, _pass)))
    app.add_node(exercise_hint, html=(_visit_hint, _depart_hint), **dict.fromkeys(kinds, (_pass, _pass)))
    app.add_node(book_progress, html=(_visit_progress, None), **dict.fromkeys(kinds, (_skip, None)))
    app.connect("builder-inited", _prepare)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-read", _read)
    app.connect("build-finished", _write_index)

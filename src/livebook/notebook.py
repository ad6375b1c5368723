"""Chapters in JupyterLab: what the page sets by other means is put into the notebook on opening, taken out on saving.

- The book's TeX macros (``\\model{...}`` and so on) go as front matter into the first markdown cell, where
  jupyterlab-myst looks for them, with the palette's colours.
- ``{glue:text}`name:.2f` `` becomes ``{eval}`format(name, ".2f")` ``, which jupyterlab-myst evaluates in the kernel;
  so a chapter glues a value under its variable's own name.
- Cells that the page leaves out are folded.

The file on disk never changes by being opened: ``undress(dress(notebook))`` is ``notebook``.
"""

import copy
import re

from livebook.palette import PALETTE, ROLES

HIDDEN_TAG = "remove-cell"
GLUE = re.compile(r"\{glue:text\}`([A-Za-z_]\w*)(?::([^`]+))?`")
EVAL = re.compile(r"\{eval\}`format\(([A-Za-z_]\w*), \"([^`\"]*)\"\)`")


def front_matter() -> str:
    """YAML block that defines the macros for jupyterlab-myst."""
    # Without the number sign, which would start a macro's argument; KaTeX reads six hex digits as a colour.
    colours = {role: PALETTE["light_text"][role].removeprefix("#") for role in ROLES}
    lines = [f"  '\\{role}': '\\textcolor{{{colour}}}{{#1}}'" for role, colour in colours.items()]
    return "---\nmath:\n" + "\n".join(lines) + "\n---\n\n"


def dress(notebook):
    """A copy of ``notebook`` (nbformat) as JupyterLab should show it."""
    notebook = copy.deepcopy(notebook)
    markdown = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in markdown:
        cell.source = GLUE.sub(lambda m: f'{{eval}}`format({m[1]}, "{m[2] or ""}")`', cell.source)
    if markdown:
        markdown[0].source = front_matter() + markdown[0].source
    for cell in notebook.cells:
        if HIDDEN_TAG in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}
    return notebook


def undress(notebook):
    """A copy of ``notebook`` as it belongs in the file."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.removeprefix(front_matter())
            cell.source = EVAL.sub(lambda m: f"{{glue:text}}`{m[1]}{':' + m[2] if m[2] else ''}`", cell.source)
        if HIDDEN_TAG in cell.metadata.get("tags", []):
            cell.metadata.pop("jupyter", None)
    return notebook

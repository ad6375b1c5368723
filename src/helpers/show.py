"""How a chapter shows a helper's own source, the very code that the figures run, and a matplotlib picture."""

import ast
import html
import inspect
import os
import re
import subprocess
import sys
import textwrap

import matplotlib.pyplot as plt
from IPython.display import HTML, Markdown

from livebook.static import svg

BUILDING = "LIVEBOOK_BUILDING"  # set while the pages are built
WIDTH = 76  # what fits the page's text column


def source(*functions) -> Markdown:
    """The source of ``functions`` as highlighted Python, each docstring cut to its summary to show the formula.

    Lines are broken to fit the page. Raises TypeError for what has no Python source.
    """
    texts = [_summarised(textwrap.dedent(inspect.getsource(function))) for function in functions]
    return Markdown("```python\n" + "\n\n".join(map(_broken, texts)) + "\n```")


def _summarised(text) -> str:
    """Python ``text`` in which every docstring is its first line."""
    lines = text.splitlines()
    owners = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for owner in sorted(owners, key=lambda node: -node.lineno):  # from the end, so that places stay right
        if (docstring := ast.get_docstring(owner)) is None:
            continue
        place = owner.body[0]
        summary = re.sub(r":\w+:`([^`]*)`", r"\1", docstring.splitlines()[0]).replace("``", "`")
        quoted = textwrap.fill(f'"""{summary}"""', WIDTH - place.col_offset)
        lines[place.lineno - 1 : place.end_lineno] = textwrap.indent(quoted, " " * place.col_offset).splitlines()
    return "\n".join(lines)


def _broken(text) -> str:
    """Python ``text`` with lines of at most ``WIDTH`` characters, by the formatter that keeps the book's code."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        f"--line-length={WIDTH}",
        "--stdin-filename=shown.py",
        "-",
    ]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.rstrip()


def table(header, rows) -> HTML:
    """A table: ``header`` names the columns, each of ``rows`` has a cell for each (text, or numbers already as text).

    Columns whose cells are all numbers stand at the right. Raises ValueError for a row of another length.
    """
    rows = [[str(cell) for cell in row] for row in rows]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"rows must have {len(header)} cells each, got {row!r}")
    right = [all(map(_is_number, column)) for column in zip(*rows, strict=True)]
    head = _line("th", header, right)
    body = "".join(_line("td", row, right) for row in rows)
    return HTML(f'<table class="dataframe"><thead>{head}</thead><tbody>{body}</tbody></table>')


def _line(tag, cells, right) -> str:
    sides = ['style="text-align: right"' if at_right else 'style="text-align: left"' for at_right in right]
    inner = (f"<{tag} {side}>{html.escape(str(c))}</{tag}>" for c, side in zip(cells, sides, strict=True))
    return f"<tr>{''.join(inner)}</tr>"


def _is_number(text) -> bool:
    return bool(re.fullmatch(r"[-−+]?[\d.,]+( ?± ?[\d.,]+)?%?", text))


def progress(steps):
    """Iterate over ``steps``, a sized iterable, with a bar that shows how far it is and goes when all is done.

    While the pages are built there is no bar: it would leave its last state in them.
    """
    from tqdm.auto import tqdm

    return tqdm(steps, leave=False, disable=BUILDING in os.environ)


def picture(figure) -> HTML:
    """A matplotlib figure as an inline SVG which follows the page into dark mode; the figure is closed."""
    plt.close(figure)
    return HTML(f'<div class="lb-picture">{svg(figure, bbox_inches="tight", pad_inches=0.05)}</div>')

"""Shows a helper's own source in a chapter, so that the reader sees the very code that the figures run."""

import ast
import inspect
import textwrap

from IPython.display import Markdown


def source(*functions) -> Markdown:
    """The source of ``functions`` as highlighted Python; each docstring is cut to its first line to leave the formula in sight.

    Raises TypeError for what has no Python source.
    """
    return Markdown("```python\n" + "\n\n".join(map(_shortened, functions)) + "\n```")


def _shortened(function) -> str:
    text = textwrap.dedent(inspect.getsource(function)).rstrip()
    node = ast.parse(text).body[0]
    docstring = node.body[0] if ast.get_docstring(node) else None
    if docstring is None or docstring.lineno == docstring.end_lineno:
        return text
    lines = text.splitlines()
    first = lines[docstring.lineno - 1].rstrip()
    return "\n".join([*lines[: docstring.lineno - 1], f'{first}"""', *lines[docstring.end_lineno :]])

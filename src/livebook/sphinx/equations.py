"""Equations set by KaTeX while the book builds: no script in the page, and MathML kept for screen readers.

One Node process sets them all; it ends with the build (a lingering one would hold the build's output open).
"""

import json
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from livebook.palette import macros

logger = logging.getLogger(__name__)
SETTER = Path(__file__).parents[1] / "frontend" / "equations.mjs"


class Setter:
    """A Node process that turns TeX into HTML, one JSON line for another."""

    def __init__(self):
        """Start no process yet: a build without equations needs none."""
        self._process = None

    def html(self, tex: str, display: bool) -> str:
        """HTML with MathML inside. Raises ValueError with KaTeX's message on bad TeX."""
        if self._process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen(["node", str(SETTER)], encoding="utf-8", **pipes)
        question = {"tex": tex, "display": display, "macros": macros()}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "node ended"}')
        if "error" in answer:
            raise ValueError(f"KaTeX cannot set {tex!r}: {answer['error']}")
        return answer["html"]

    def close(self, *_):
        """End the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None


setter = Setter()


def _set(node, tex: str, display: bool) -> str:
    try:
        return setter.html(tex, display)
    except ValueError as error:
        logger.warning(str(error), location=node)
        return f"<code>{nodes.Text(tex)}</code>"


def _visit_inline(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_set(node, node.astext(), False) + "</span>")
    raise nodes.SkipNode


def _visit_display(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    tex = node.astext()
    # As in Sphinx's own renderer, a bare line break asks for an aligned block.
    if r"\\" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    self.body.append(_set(node, tex, True) + "</div>\n")
    raise nodes.SkipNode


def _use_katex(app, config):
    config.html_math_renderer = "livebook-katex"


def connect(app):
    """Connect to Sphinx."""
    app.add_html_math_renderer("livebook-katex", (_visit_inline, None), (_visit_display, None))
    app.connect("config-inited", _use_katex)
    app.connect("build-finished", setter.close)

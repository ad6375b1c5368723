"""Live figures in the built page: program and numbers go into files, the picture and the words into the page."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.util.osutil import relative_uri

from livebook.numbers import shown
from livebook.payload import MIME
from livebook.sphinx.equations import setter
from livebook.sphinx.questions import QUESTION_MIME, question_nodes, read_payload

FOLDER = "_figures"


class live_figure(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A figure's payload (``livebook.figure.Figure.payload``), kept until the page is written."""


class FigureRenderer:
    """MyST-NB's plugin: an output that holds a figure or a quick question becomes a node of its own."""

    mime_priority_overrides = [("*", MIME, 1), ("*", QUESTION_MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        """Nodes for the payload; None leaves every other output to MyST-NB."""
        if inline or data.mime_type not in (MIME, QUESTION_MIME):
            return None
        payload = read_payload(data.content)
        return [live_figure("", payload=payload)] if data.mime_type == MIME else question_nodes(payload)


def write_files(folder: Path, payload: dict) -> tuple[str, str]:
    """Write program and constants into ``folder`` under names that change with their content; return the two names.

    The second is empty when the program needs no constants.
    """
    spec = json.dumps(payload["spec"], separators=(",", ":"), allow_nan=False)
    source = f"{payload['program']}\nexport const spec = {spec};\n"
    constants = base64.b64decode(payload["constants"])
    stem = f"{payload['spec']['name']}-{hashlib.sha256(source.encode() + constants).hexdigest()[:10]}"
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.js").write_text(source, "utf-8")
    if constants:
        (folder / f"{stem}.bin").write_bytes(constants)
    return f"{stem}.js", f"{stem}.bin" if constants else ""


def _number(payload: dict, name: str) -> str:
    """The opening value of a parameter or readout, as the front end will show it."""
    value = payload["values"][name]
    settings = next(
        s for s in [*payload["spec"]["controls"], *payload["spec"]["marks"]] if s.get("name") == name
    )  # fmt: skip
    return shown(value, settings["digits"], settings.get("style", "f"))


def _readouts(payload: dict) -> str:
    """The numbers above the picture, for readers without scripts."""
    parts = []
    for mark in payload["spec"]["marks"]:
        if mark["kind"] == "readout":
            unit = f" {mark['unit']}" if mark["unit"] else ""
            parts.append(
                f'<div class="lb-readout"><span class="lb-readout-label">{html.escape(mark["label"])}</span>'
                f'<span class="lb-static lb-text-{mark["role"]}">{_number(payload, mark["name"])}{unit}</span></div>'
            )
    return f'<div class="lb-readouts">{"".join(parts)}</div>'


def _equation(payload: dict) -> str:
    """The equation in symbols, then with the current numbers in places that the front end fills anew."""
    rows = [setter.html(payload["equation"], True)] if payload["equation"] else []
    if payload["numbers"]:
        rows.append(f'<div class="lb-now">{_with_numbers(payload)}</div>')
    return f'<div class="lb-equation">{"".join(rows)}</div>' if rows else ""


def _with_numbers(payload: dict) -> str:
    """KaTeX sets a stand-in for each number, which is then replaced: it has no glyph for a superscript minus."""
    names = re.findall(r"<<(\w+)>>", payload["numbers"])
    tex = payload["numbers"]
    for index, name in enumerate(names):
        tex = tex.replace(f"<<{name}>>", rf"\htmlClass{{lb-live-{name}}}{{\text{{LIVE{index}E}}}}", 1)
    row = setter.html(tex, True)
    for index, name in enumerate(names):
        row = row.replace(f"LIVE{index}E", _number(payload, name))
    return row


def _source(payload: dict, program: str) -> str:
    """The torch function and the JavaScript that it became."""
    code = highlight(payload["source"], PythonLexer(), HtmlFormatter(cssclass="highlight"))
    return (
        '<details class="lb-source"><summary>How this figure computes</summary>'
        f"<p>This torch function draws the figure in Jupyter and here:</p>{code}"
        f'<p>For this page it was compiled to <a href="{program}">JavaScript</a>, which your browser runs.</p>'
        "</details>"
    )


def figure_html(payload: dict, program: str, constants: str) -> str:
    """The ``<figure>`` of a page: a picture and its numbers, which the module at ``program`` then brings to life."""
    spec = payload["spec"]
    return (
        f'<figure class="live-figure" data-figure="{spec["name"]}" data-program="{program}"'
        f' data-constants="{constants}">'
        f'<div class="lb-stage">{_readouts(payload)}{payload["picture"]}</div>{_equation(payload)}'
        f"<figcaption>{html.escape(spec['caption'])}</figcaption>{_source(payload, program)}</figure>"
    )


def _visit_html(self, node):
    page = self.builder.get_target_uri(self.builder.current_docname)
    names = write_files(Path(self.builder.outdir, FOLDER), node["payload"])
    program, constants = (name and relative_uri(page, f"{FOLDER}/{name}") for name in names)
    self.body.append(figure_html(node["payload"], program, constants))
    raise nodes.SkipNode


def _skip(self, node):
    raise nodes.SkipNode


def connect(app):
    """Connect to Sphinx."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(live_figure, html=(_visit_html, None), **others)

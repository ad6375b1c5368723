"""Quick questions in the built page: native inputs in a fieldset, with a word for every wrong answer.

All that a question can say stands in the page, hidden; ``frontend/questions.js`` shows what fits the answer. Without
scripts the choices can be read, and the button is not there.
"""

import html
import json
import re

from docutils import nodes

from livebook.sphinx.equations import setter

QUESTION_MIME = "application/vnd.livebook.question+json"
TASKS = {"choice": "choose one", "choices": "choose all that are right", "number": "give a number"}
PIECE = re.compile(r"\$([^$]+)\$|`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")


class question(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A quick question's payload, kept until the page is written."""


def question_nodes(payload: dict) -> list:
    """Nodes for the output of a cell tagged ``question``."""
    return [question("", payload=payload, name=payload["name"])]


def _piece(match) -> str:
    tex, code, strong, emphasis = match.groups()
    if tex:
        return setter.html(tex, False)
    if code:
        return f"<code>{html.escape(code)}</code>"
    return f"<strong>{html.escape(strong)}</strong>" if strong else f"<em>{html.escape(emphasis)}</em>"


def inline(text: str) -> str:
    """HTML of a line with ``$TeX$``, code in backticks, and emphasis by asterisks."""
    parts, at = [], 0
    for match in PIECE.finditer(text):
        parts += [html.escape(text[at : match.start()]), _piece(match)]
        at = match.end()
    return "".join([*parts, html.escape(text[at:])])


def _option(payload, index, option) -> str:
    """One choice: the input inside its label, then what is said about it."""
    kind = "radio" if payload["kind"] == "choice" else "checkbox"
    name, right = html.escape(payload["name"]), "yes" if option["correct"] else "no"
    feedback = option.get("feedback") or ""
    said = f'<p class="lb-feedback" hidden>{inline(feedback)}</p>' if feedback else ""
    return (
        f'<div class="lb-option" data-correct="{right}"><label><input type="{kind}" name="{name}" value="{index}">'
        f"<span>{inline(option['text'])}</span></label>{said}</div>"
    )


def _number(payload) -> str:
    """A field for a number, with what is said about each number that is often given wrongly."""
    unit = f' <span class="lb-unit">{inline(payload["unit"])}</span>' if payload.get("unit") else ""
    wrong = "".join(
        f'<p class="lb-feedback" hidden data-value="{one["value"]!r}">{inline(one["feedback"])}</p>'
        for one in payload.get("wrong") or []
    )
    label = html.escape(f"Your number{' in ' + payload['unit'] if payload.get('unit') else ''}")
    field = f'<input type="text" inputmode="decimal" autocomplete="off" aria-label="{label}">'
    return f'<div class="lb-number">{field}{unit}</div>{wrong}'


def _solved(payload) -> str:
    return f'<p class="lb-solved" hidden>{inline(payload.get("solved") or "")}</p>'


def _legend(payload) -> str:
    prompt = f"{inline(payload['prompt'])}: " if payload.get("prompt") else ""
    return f"<legend>{prompt}{TASKS[payload['kind']]}</legend>"


def _data(payload, chapter: str) -> str:
    """What ``frontend/questions.js`` judges by, as attributes."""
    data = {"question": payload["name"], "kind": payload["kind"], "chapter": chapter}
    data |= {key: payload[key] for key in ("missing", "otherwise") if payload.get(key)}
    data |= {key: repr(payload[key]) for key in ("answer", "tolerance") if key in payload}
    return "".join(f' data-{key}="{html.escape(value)}"' for key, value in data.items())


def question_html(payload: dict, chapter: str) -> str:
    """The ``<fieldset>`` of a question."""
    if payload["kind"] == "number":
        body = _number(payload)
    else:
        body = "".join(_option(payload, index, option) for index, option in enumerate(payload["options"]))
    attributes = _data(payload, chapter)
    return f'<fieldset class="lb-question"{attributes}>{_legend(payload)}{body}{_solved(payload)}</fieldset>\n'


def read_payload(content) -> dict:
    """The payload as MyST-NB hands it over: a dictionary, or its JSON."""
    return content if isinstance(content, dict) else json.loads(content)


def _visit_html(self, node):
    self.body.append(question_html(node["payload"], self.builder.current_docname))
    raise nodes.SkipNode


def _skip(self, node):
    raise nodes.SkipNode


def connect(app):
    """Connect to Sphinx."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(question, html=(_visit_html, None), **others)

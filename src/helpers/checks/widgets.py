"""Quick questions in Jupyter: stock widgets, and what the answer deserves to hear below them."""

import html

from helpers.checks.questions import Number, plain


def widget(question):
    """An ipywidget that asks ``question``. Raises ImportError where ipywidgets is not installed."""
    import ipywidgets

    said = ipywidgets.HTML()
    wide = ipywidgets.Layout(width="auto")
    button = ipywidgets.Button(description="Check")
    prompt = ipywidgets.Label(question.prompt)
    if isinstance(question, Number):
        box = ipywidgets.Text(placeholder="a number", continuous_update=False)
        inputs = [ipywidgets.HBox([prompt, box, ipywidgets.Label(question.unit)])]
        box.observe(lambda change: answer(), "value")
    elif question.several:
        boxes = [ipywidgets.Checkbox(description=plain(o.text), indent=False, layout=wide) for o in question.options]
        inputs = [prompt, *boxes]
    else:
        texts = [(plain(o.text), i) for i, o in enumerate(question.options)]
        radio = ipywidgets.RadioButtons(options=texts, value=None, layout=wide)
        inputs = [prompt, radio]

    def given():
        if isinstance(question, Number):
            return box.value
        if question.several:
            return [i for i, one in enumerate(boxes) if one.value]
        return [] if radio.value is None else [radio.value]

    def answer(*_):
        result = question.judge(given())
        said.value = f'<div role="status"><b>{result.heading}.</b> {html.escape(plain(result.message))}</div>'

    button.on_click(answer)
    return ipywidgets.VBox([*inputs, button, said])

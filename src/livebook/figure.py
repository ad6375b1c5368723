"""A live figure: parameters declared once, a scene written in torch, shown in Jupyter and in the built page.

In Jupyter it is an anywidget, so ``fig.mu = 3``, ``fig.observe`` and ``ipywidgets.link`` work. In the built page the
Sphinx extension turns the same object into a ``<figure>`` and an ES module compiled from the same scene.
"""

import base64
import html
import inspect
import re
import textwrap
from importlib import resources
from types import FunctionType

import anywidget
import torch
import traitlets

from livebook.compiler import compile as compile_to_js
from livebook.marks import Panel, Readout
from livebook.parameters import Guess, Parameter
from livebook.payload import MIME

STATIC = resources.files(__package__).joinpath("static")


def _asset(name: str) -> str:
    """Text of a bundled front-end file; says how to make it when it is missing."""
    try:
        return STATIC.joinpath(name).read_text("utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(f"{name} is not built yet: run `python -m livebook.bundle` (make book does)") from None


class Figure(anywidget.AnyWidget):
    """Base class. A subclass declares sliders, ``panels`` and ``scene``; its docstring begins with the caption.

    ``equation`` is TeX in symbols; ``numbers`` is the same with ``<<name>>`` where the current value of a parameter
    or readout stands. ``guess`` makes the figure ask before it answers. Raises AttributeError where a parameter or an
    attribute would hide one of the methods.
    """

    panels: dict[str, Panel] = {}
    equation: str = ""
    numbers: str = ""
    guess: Guess | None = None

    _css = traitlets.Unicode().tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)
    _program = traitlets.Unicode().tag(sync=True)
    _constants = traitlets.Bytes().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        """Refuse a parameter with the name of a method."""
        super().__init_subclass__(**kwargs)
        for name in METHODS & {n for n, own in vars(cls).items() if isinstance(own, Parameter)}:
            raise AttributeError(f"{cls.__name__}.{name}: every figure has a method of this name; take another")

    def __setattr__(self, name, value):
        """Refuse an attribute with the name of a method."""
        if name in METHODS:
            raise AttributeError(f"{type(self).__name__}.{name}: every figure has a method of this name; take another")
        super().__setattr__(name, value)

    def __init__(self, **parameters):
        """Compile the scene; ``parameters`` override the starts."""
        program, layout = self._compile()
        super().__init__(**parameters)
        self._esm, self._css = _asset("widget.js"), _asset("widget.css")
        self._program, self._constants = program.source, program.constants
        self._spec = self._describe(layout)

    def scene(self, **parameters: torch.Tensor) -> list:
        """Marks for these parameters, each a float64 tensor: [] for a slider or choice, else flat."""
        raise NotImplementedError(f"{type(self).__name__} must define scene")

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The declared parameters in the order of the class body."""
        own = cls.class_traits(sync=True)
        order = [name for base in reversed(cls.__mro__) for name in vars(base)]
        return {n: own[n] for n in sorted(own, key=order.index) if isinstance(own[n], Parameter)}

    @classmethod
    def name(cls) -> str:
        """``data-figure`` of the page: the class name in kebab case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def values(self) -> dict[str, float]:
        """Every readout at the current parameters, computed by torch in Python, by name."""
        return {mark.name: mark.value.item() for mark in self.marks() if isinstance(mark, Readout)}

    def marks(self) -> list:
        """The scene at the current parameters, computed by torch in Python."""
        return self.scene(**{n: p.tensor(getattr(self, n)) for n, p in self.parameters().items()})

    def _compile(self):
        """Program and layout (one entry a mark: settings, and which output holds each tensor)."""
        names = list(self.parameters())
        layout = []

        def scene(*tensors):
            layout.clear()
            outputs = []
            for mark in self.scene(**dict(zip(names, tensors, strict=True))):
                found = mark.tensors()
                layout.append({**mark.describe(), "outputs": {n: len(outputs) + i for i, n in enumerate(found)}})
                layout[-1]["shapes"] = {n: list(t.shape) for n, t in found.items()}
                outputs.extend(found.values())
            return outputs

        # Only shapes matter here; free places (NaN) are no example of a value.
        starts = [p.tensor(p.control["start"]).nan_to_num() for p in self.parameters().values()]
        scene.__qualname__ = f"{type(self).__name__}.scene"
        program = compile_to_js(scene, *starts, name=self.name().replace("-", "_"), input_names=names)
        return program, layout

    def _describe(self, layout: list[dict]) -> dict:
        """All that the front end needs besides the program, as JSON."""
        # A list, because notebooks sort the keys of what they store, and panels stand in their order.
        panels = [
            {
                "key": key,
                "aspect": panel.aspect,
                "share": panel.share,
                "x": vars(panel.x) | {"title": panel.x.title()},
                "y": vars(panel.y) | {"title": panel.y.title()},
            }
            for key, panel in self.panels.items()
        ]
        first = next(iter(self.panels), "")
        for mark in layout:
            if "panel" in mark:
                mark["panel"] = mark["panel"] or first
                if mark["panel"] not in self.panels:
                    raise ValueError(f"panel must be one of {', '.join(self.panels)}; got {mark['panel']!r}")
        controls = [{"name": n, **p.control, "start": getattr(self, n)} for n, p in self.parameters().items()]
        described = {
            "name": self.name(), "caption": self.caption(), "panels": panels, "controls": controls, "marks": layout,
        }  # fmt: skip
        if self.guess:
            described["guess"] = self.guess.describe(layout, self.panels)
            for mark in layout:
                if mark["kind"] != "readout" and mark.get("label") in self.guess.hides:
                    mark["covered"] = True
        return described

    def caption(self) -> str:
        """First paragraph of the docstring, on one line."""
        return " ".join(inspect.getdoc(type(self)).split("\n\n")[0].split())

    def source(self) -> str:
        """The Python text of the scene, as the page offers it."""
        return textwrap.dedent(inspect.getsource(type(self).scene))

    def payload(self) -> dict:
        """What the Sphinx extension lifts into files: the program, its constants, and the figure without JavaScript."""
        from livebook.static import render

        # The page opens where the figure stands now, which may not be where it was made.
        controls = [control | {"start": getattr(self, control["name"])} for control in self._spec["controls"]]
        return {
            "spec": self._spec | {"controls": controls},
            "program": self._program,
            "constants": base64.b64encode(self._constants).decode(),
            "source": self.source(),
            "equation": self.equation,
            "numbers": self.numbers,
            "values": {n: getattr(self, n) for n in self.parameters()} | self.values(),
            "picture": render(self),
        }

    def _repr_mimebundle_(self, **kwargs):
        """The widget for Jupyter, a picture for readers without it, and the payload for the built page."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        payload = self.payload()
        caption = f"<figcaption>{html.escape(payload['spec']['caption'])}</figcaption>"
        data["text/html"] = f'<figure class="live-figure">{payload["picture"]}{caption}</figure>'
        data[MIME] = payload
        return data, metadata


# What every figure can do: an attribute or a parameter of such a name would hide it.
METHODS = frozenset(
    name
    for name, own in vars(Figure).items()
    if not name.startswith("_") and isinstance(own, FunctionType | classmethod)
)

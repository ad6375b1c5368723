"""Figures: declared once, the same in torch and in JavaScript, an ipywidget in Jupyter, a picture without scripts."""

import importlib
import inspect
import pkgutil
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
import torch
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers.figures
from helpers import datasets, encoder, linear_gaussian, vae
from helpers.figures.digits import EncodeDigit, LatentPlane, rounded
from helpers.figures.encoder import HIDDEN, LineByHand, TwoGaps
from helpers.figures.likelihood import Likelihood
from helpers.figures.linear import LinearTraining
from helpers.figures.regulariser import RUNS, ActiveUnits, BetaModels
from livebook.figure import Figure
from livebook.marks import Axis, Limits, Line, Panel, Readout, Rule
from livebook.parameters import Choice, Guess, Numbers, Pixels, Slider, decimals, nice_step
from livebook.payload import MIME
from tests.compiler.harness import Node


@pytest.fixture(scope="module")
def node():
    process = Node()
    yield process
    process.close()


def classes():
    """Every figure of the book."""
    names = [module.name for module in pkgutil.iter_modules(helpers.figures.__path__)]
    modules = [importlib.import_module(f"helpers.figures.{name}") for name in names]
    found = [cls for module in modules for _, cls in inspect.getmembers(module, inspect.isclass)]
    return [cls for cls in dict.fromkeys(found) if issubclass(cls, Figure) and cls is not Figure]


CLASSES = classes()


@pytest.fixture(scope="module")
def figures():
    data = datasets.digits()
    model = vae.VAE(latents=2, hidden=(16, 16), seed=3)
    digits = (model, data.test, data.test_labels)
    return {cls: cls(*models_for(cls, data, digits)) for cls in CLASSES}


def models_for(cls, data, digits):
    """What a figure takes that shows trained models: small ones, not trained or hardly so."""
    if cls in (LatentPlane, EncodeDigit):
        return digits
    if cls in (TwoGaps, LineByHand):
        untrained = [encoder.Encoder(hidden, seed=4) for hidden in HIDDEN]
        return (untrained,) if cls is TwoGaps else (untrained[1],)
    if cls is LinearTraining:
        grey = datasets.digits_grey()
        rows = grey.train.double()
        return linear_gaussian.train(rows, 2, steps=50, keep=50), rows, grey.test, grey.test_labels
    if cls is BetaModels:
        betas = [0, 0.25, 0.5, 1, 2, 4, 8]
        two = [vae.VAE(latents=2, hidden=(8, 8), seed=seed) for seed in range(len(betas))]
        return two, betas, data.train[:100], data.test[:130], data.test_labels[:130]
    if cls is ActiveUnits:
        return [vae.VAE(latents=10, hidden=(8, 8), seed=seed) for seed in range(len(RUNS))], data.test[:100]
    return ()


def draw(control, rng):
    if control["kind"] == "slider":
        return rng.uniform(control["low"], control["high"])
    if control["kind"] == "choice":
        return float(rng.integers(len(control["options"])))
    if control["kind"] == "numbers":
        return rng.normal(5, 2, rng.integers(control["least"], control["capacity"] + 1)).tolist()
    return rng.integers(0, 2, len(control["start"])).astype(float)


@pytest.mark.parametrize("cls", CLASSES)
def test_javascript_gives_what_torch_gives(figures, node, cls):
    figure, rng = figures[cls], np.random.default_rng(len(cls.__name__))
    program = node.open(SimpleNamespace(source=figure._program, constants=figure._constants))
    for _ in range(12):
        values = {c["name"]: draw(c, rng) for c in figure._spec["controls"]}
        tensors = {name: parameter.tensor(values[name]) for name, parameter in figure.parameters().items()}
        marks = figure.scene(**tensors)
        expected = [tensor for mark in marks for tensor in mark.tensors().values()]
        got = program(*(tensor.numpy() for tensor in tensors.values()))
        assert len(got) == len(expected)
        for ours, theirs in zip(got, expected, strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_figure_describes_itself(figures, cls):
    figure = figures[cls]
    payload = figure.payload()
    assert payload["spec"]["caption"] and "\n" not in payload["spec"]["caption"]
    assert payload["picture"].startswith("<svg") and "var(--lb-" in payload["picture"]
    assert "def scene(self" in payload["source"]
    names = [mark["name"] for mark in payload["spec"]["marks"] if mark["kind"] == "readout"]
    assert names and len(set(names)) == len(names)
    for name in names:
        assert payload["values"][name] == figure.values()[name]


def test_jupyter_gets_a_widget_a_picture_and_the_payload(figures):
    data, _ = figures[Likelihood]._repr_mimebundle_()
    assert set(data) >= {"application/vnd.jupyter.widget-view+json", "text/html", MIME}
    assert data["text/html"].startswith('<figure class="live-figure">')


def test_a_parameter_is_a_trait():
    figure = Likelihood(mu=190)
    seen = []
    figure.observe(lambda change: seen.append(change["new"]), "mu")
    figure.mu = 200
    slider = ipywidgets.FloatSlider(min=175, max=235)
    ipywidgets.link((slider, "value"), (figure, "mu"))
    slider.value = 210.5
    assert seen == [200, 175, 210.5] and figure.mu == 210.5


def test_the_page_opens_where_the_figure_stands():
    figure = Likelihood(mu=190)
    figure.sigma = 5.5
    starts = {control["name"]: control["start"] for control in figure.payload()["spec"]["controls"]}
    assert starts["mu"] == 190 and starts["sigma"] == 5.5


@pytest.mark.parametrize("value", [100, 300, float("nan"), "wide", None])
def test_a_bad_value_is_refused_by_name(value):
    figure = Likelihood()
    with pytest.raises(traitlets.TraitError, match="mu"):
        figure.mu = value
    assert figure.mu == 204


def test_a_bad_figure_is_refused_by_name():
    class Astray(Figure):
        """A mark in a panel that is not there."""

        a = Slider(0, 0, 1)
        panels = {"left": Panel(Axis("x", (0, 1)), Axis("y", (0, 1)))}

        def scene(self, a):
            return [Rule(x=a, panel="right")]

    with pytest.raises(ValueError, match="panel must be one of left; got 'right'"):
        Astray()


@pytest.mark.parametrize("value", [[1.0], [1.0, float("nan")], [1.0, "two"], [0.0] * 7, 3.0, None])
def test_bad_numbers_are_refused_by_name(value):
    class Own(Figure):
        """Numbers of one's own."""

        own = Numbers([1, 2], capacity=6)
        panels = {"main": Panel(Axis("x", (0, 1)), Axis("y", (0, 1)))}

        def scene(self, own):
            return [Readout("first", own[0])]

    figure = Own()
    with pytest.raises(traitlets.TraitError, match="own"):
        figure.own = value
    assert figure.own == [1, 2]
    figure.own = [3.0, 4.0, 5.0]
    assert figure.values() == {"first": 3.0}


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        (Guess("b", "?", 0, 1), "readout must be one of a; got 'b'"),
        (Guess("a", "?", 0, 1, hides=("line",)), "hides must name marks by their label.*'line'"),
        (Guess("a", "?", 0, 1, axis="z"), "axis must be"),
        (Guess("a", "?", 0, 1, axis="x", panel="right"), "panel must be one of left; got 'right'"),
        (Guess("a", "?", 1, 0), "low must be below high"),
    ],
)
def test_a_bad_guess_is_refused_by_name(guess, message):
    class Asking(Figure):
        """A question."""

        a = Slider(0, 0, 1)
        panels = {"left": Panel(Axis("x", (0, 1)), Axis("y", (0, 1)))}

        def scene(self, a):
            return [Readout("a", a), Rule(x=a, label="rule")]

    Asking.guess = guess
    with pytest.raises(ValueError, match=message):
        Asking()


@pytest.mark.parametrize("name", ["values", "marks", "caption"])
def test_a_name_that_would_hide_a_method_is_refused(name):
    class Holding(Figure):
        """A figure that holds data."""

        def scene(self):
            return []

    figure = Holding()
    with pytest.raises(AttributeError, match=f"Holding.{name}"):
        setattr(figure, name, [1.0])
    assert figure.values() == {}
    with pytest.raises(AttributeError, match=f"Sliding.{name}"):
        type("Sliding", (Figure,), {name: Slider(0, 0, 1)})


def test_what_the_compiler_cannot_do_names_the_scene():
    from livebook.compiler import CompileError

    class Branching(Figure):
        """A scene that decides by a value."""

        a = Slider(0, 0, 1)
        panels = {"left": Panel(Axis("x", (0, 1)), Axis("y", (0, 1)))}

        def scene(self, a):
            return [Readout("a", a if a > 0.5 else -a)]

    with pytest.raises(CompileError, match=r"Branching.scene.*test_figures.py:\d+"):
        Branching()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Slider(0, 1, 1), "low must be below high"),
        (lambda: Slider(5, 0, 1), "start must lie on the grid"),
        (lambda: Slider(0.33, 0, 1, step=0.1), "start must lie on the grid"),
        (lambda: Choice("c", ("a", "b")), "start must be one of"),
        (lambda: Pixels([0] * 5, 2, 2), "rows.columns = 4 cells, got 5"),
        (lambda: Axis("x", (1, 1)), "domain must be two finite, rising numbers"),
        (lambda: Axis("x", (0, float("inf"))), "domain must be two finite, rising numbers"),
        (lambda: Line([0.0], [1.0], role="blue"), "role must be one of"),
        (lambda: Rule(), "exactly one of x and y"),
        (lambda: Limits(), "give x or y, or both"),
        (lambda: Limits(x=torch.zeros(3)), r"x must have shape \(2,\), got \(3,\)"),
        (lambda: Numbers([1.0]), "start must hold 2 to 200 numbers, got 1"),
        (lambda: Numbers([1.0] * 5, capacity=4), "start must hold 2 to 4 numbers, got 5"),
        (lambda: Readout("a", 1.0, style="g"), "style must be"),
        (lambda: rounded(vae.VAE(latents=3)), "model must have 2 latents"),
        (
            lambda: LinearTraining(linear_gaussian.train(torch.rand(9, 4), 2, 3, keep=3), *[None] * 3),
            "got 3 steps of 2",
        ),
    ],
)
def test_bad_settings_name_the_argument(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_a_step_is_a_nice_hundredth_of_the_range(low, width):
    high = low + width
    if not low < high:
        return
    step = nice_step(low, high)
    assert 100 * (1 - 1e-9) <= (high - low) / step < 251
    assert f"{step:e}"[0] in "125"
    assert round(step, decimals(step)) == pytest.approx(step)

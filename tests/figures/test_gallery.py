"""Every kind of mark, drawn by the front end in Chromium and by matplotlib: as many shapes, at the right places."""

import functools
import http.server
import re
import shutil
import threading

import pytest
import torch

from livebook import bundle
from livebook.figure import Figure
from livebook.marks import (
    Action,
    Area,
    Arrow,
    Axis,
    Bars,
    Ellipse,
    Handle,
    HeatMap,
    Image,
    Line,
    Panel,
    Points,
    Readout,
    Rule,
    Stems,
    centres,
)  # fmt: skip
from livebook.parameters import Choice, Pixels, Slider
from livebook.sphinx.equations import setter
from livebook.sphinx.figures import figure_html, write_files
from livebook.static import DRAW
from tests.conftest import Visit, _Quiet, set_slider

X = torch.linspace(0, 1, 41, dtype=torch.float64)


class Gallery(Figure):
    """All marks, one of each <kind> & more."""

    a = Slider(0.5, 0, 1, symbol="α", label="height")
    which = Choice("one", ("one", "two"), label="which")
    cells = Pixels([1, 0, 0, 1], 2, 2, label="cells")
    panels = {
        "main": Panel(Axis("x", (0, 1), "mm"), Axis("y", (0, 1)), 0.6),
        "map": Panel(Axis("x", (-2, 2)), Axis("y", (-2, 2)), 1.0, 0.6),
        "bare": Panel(Axis("", (0, 2), visible=False), Axis("", (0, 2), visible=False), 1.0, 0.4),
    }
    equation = r"\model{\alpha} = a"
    numbers = r"\model{<<a>>} = <<twice>>"

    def scene(self, a, which, cells):
        z = centres(-2, 2, 24)
        height = torch.exp(-0.5 * ((z[None, :] - a) ** 2 + z[:, None] ** 2))
        covariance = torch.stack([torch.stack([1 + 0 * a, a / 2]), torch.stack([a / 2, 0.5 + 0 * a])])
        return [
            Line(X, a * X, label="line", label_at="end"),
            Area(X, a * X**2, role="gap", hatch=True),
            Stems(torch.tensor([0.2, 0.4]), torch.stack([a, a / 2])),
            Points(torch.tensor([0.2, 0.4, 0.6]), torch.stack([a, a, a / 2]), label="points"),
            Points(torch.tensor([0.8, 0.9]), torch.stack([a, a]), text=["A", "B"]),
            Bars(torch.tensor([0.3, 0.7]), torch.stack([a / 4, a / 3]), width=0.1, role="bound"),
            Arrow(0.1, 0.1, 0.5, a, role="posterior", label="arrow"),
            Rule(y=a, label="rule"),
            Rule(x=0.5, role="data"),
            Handle(0.5, a, drags=(None, "a"), label="handle"),
            HeatMap(height, (-2, 2), (-2, 2), levels=[0.25, 0.5], panel="map"),
            Ellipse(torch.stack([a, 0 * a]), covariance, role="approximation", label="ellipse", panel="map"),
            Image(cells.reshape(2, 2) * (1 + which) / 2, (0, 2), (0, 2), panel="bare"),
            Readout("twice", 2 * a, "mm"),
            Readout("tiny", a * 1e-30, style="e", digits=3),
            Action("halve", {"a": a / 2}),
            Action("wipe", {"cells": torch.zeros(4)}),
        ]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """(figure, address): a page with the gallery alone."""
    folder = tmp_path_factory.mktemp("gallery")
    shutil.copytree(bundle.STATIC, folder / "static")
    figure = Gallery()
    payload = figure.payload()
    program, constants = (name and f"figures/{name}" for name in write_files(folder / "figures", payload))
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>Gallery</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="static/book.css">'
        '<script type="module" src="static/page.js"></script>'
        f"<body style='margin:1rem'>{figure_html(payload, program, constants)}</body></html>",
        "utf-8",
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield figure, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    setter.close()


@pytest.fixture(params=[360, 1000])
def live(request, chromium, gallery):
    context = chromium.new_context(viewport={"width": request.param, "height": 900})
    visit = Visit(context.new_page(), gallery[1])
    yield visit.open("index.html").figure("gallery")
    context.close()
    assert visit.problems == []


def test_the_gallery_shows_every_kind(gallery):
    kinds = {mark["kind"] for mark in gallery[0]._spec["marks"]}
    assert kinds == set(DRAW) | {"readout", "action"}


def test_every_mark_is_drawn_inside_the_page(live):
    for path in live.locator("svg .lb-mark path, svg .lb-mark text, circle.lb-handle").all():
        assert path.get_attribute("d") != ""
    text = live.locator("svg").evaluate_all("all => all.map(svg => svg.outerHTML).join()")
    assert not re.search(r"NaN|undefined|Infinity", text)
    labels = live.locator("text.lb-label").all_text_contents()
    assert {"line", "points", "arrow", "rule", "handle", "ellipse"} <= set(labels)
    for panel in live.locator(".lb-panel").all():
        box, outer = panel.locator("svg").bounding_box(), panel.bounding_box()
        assert box["width"] <= outer["width"] + 1
    width = live.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0


def test_a_line_stands_where_its_numbers_say(live):
    """The end of y = a x, read back from the path in pixels."""
    svg = live.locator("[data-panel=main] svg")
    geometry = svg.evaluate(
        """svg => {
            const clip = svg.querySelector('clipPath rect');
            const path = svg.querySelector('.lb-mark path.lb-stroke').getAttribute('d');
            const [x, y] = path.split('L').at(-1).split(',').map(Number);
            return [x / clip.getAttribute('width'), 1 - y / clip.getAttribute('height')];
        }"""
    )
    assert geometry == pytest.approx([1.0, 0.5], abs=0.01)


def test_contours_stand_at_their_levels(live):
    """The contour 0.5 of exp(-r²/2) is the circle of radius sqrt(2 log 2) around (a, 0)."""
    reach = live.locator("[data-panel=map] svg").evaluate(
        """svg => {
            const path = svg.querySelector('.lb-mark path.lb-stroke');
            const clip = svg.querySelector('clipPath rect');
            const rings = path.getAttribute('d').split('M').filter(Boolean);
            const xs = rings.at(-1).split('L').map(p => Number(p.trim().split(' ')[0]));
            return [Math.min(...xs), Math.max(...xs)].map(x => -2 + 4 * x / clip.getAttribute('width'));
        }"""
    )
    radius = (2 * torch.tensor(2.0).log()).sqrt().item()
    assert reach == pytest.approx([0.5 - radius, 0.5 + radius], abs=0.01)


def test_actions_set_numbers_and_drawings(live):
    live.get_by_role("button", name="halve").click()
    assert live.locator("output[name=twice]").get_attribute("data-value") == "0.5"
    assert live.locator("input[type=checkbox]:checked").count() == 2
    live.get_by_role("button", name="wipe").click()
    assert live.locator("input[type=checkbox]:checked").count() == 0


def test_a_handle_on_one_axis_answers_up_and_down(live):
    handle = live.locator("circle.lb-handle")
    handle.focus()
    live.page.keyboard.press("ArrowUp")
    assert float(live.locator("input[name=a]").input_value()) == pytest.approx(0.51)
    live.page.keyboard.press("Shift+ArrowDown")
    assert float(live.locator("input[name=a]").input_value()) == pytest.approx(0.41)


def test_a_tiny_number_is_written_as_a_power_of_ten(live):
    assert live.locator("output[name=tiny]").inner_text() == "5.00 × 10⁻³¹"


def test_extremes_are_drawn_without_breaking(live):
    for value in (0, 1):
        set_slider(live, "a", value)
        assert live.locator(".lb-error").count() == 0


def test_the_picture_has_the_shapes_and_the_words(gallery):
    picture = gallery[0].payload()["picture"]
    for word in ("line", "points", "arrow", "rule", "handle", "ellipse", "x (mm)"):
        assert f">{word}</text>" in picture
    assert picture.count("<image") >= 2
    assert "var(--lb-gap" in picture and "url(#" in picture


def test_a_caption_is_escaped(gallery):
    payload = gallery[0].payload()
    assert "&lt;kind&gt; &amp; more" in figure_html(payload, "p.js", "")
    data, _ = gallery[0]._repr_mimebundle_()
    assert "&lt;kind&gt; &amp; more" in data["text/html"]

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
    Limits,
    Line,
    Panel,
    Points,
    Readout,
    Rule,
    Stems,
    Trail,
    centres,
)  # fmt: skip
from livebook.parameters import Choice, Guess, Numbers, Pixels, Slider
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
    own = Numbers([1, 2, 4], capacity=6, label="your numbers", unit="mm")
    panels = {
        "main": Panel(Axis("x", (0, 1), "mm"), Axis("y", (0, 1)), 0.6),
        "map": Panel(Axis("x", (-2, 2)), Axis("y", (-2, 2)), 1.0, 0.6),
        "bare": Panel(Axis("", (0, 2), visible=False), Axis("", (0, 2), visible=False), 1.0, 0.4),
        "data": Panel(Axis("own", (0, 1), "mm"), Axis("", (0, 1)), 0.6, 0.6),
    }
    guess = Guess("square", "How large is the square?", 0, 1, step=0.05, hides=("secret",), panel="main", axis="y")
    equation = r"\model{\alpha} = a"
    numbers = r"\model{<<a>>} = <<twice>>"

    def scene(self, a, which, cells, own):
        z = centres(-2, 2, 24)
        height = torch.exp(-0.5 * ((z[None, :] - a) ** 2 + z[:, None] ** 2))
        covariance = torch.stack([torch.stack([1 + 0 * a, a / 2]), torch.stack([a / 2, 0.5 + 0 * a])])
        given = ~own.isnan()
        numbers = torch.where(given, own, 0.0)
        mean = numbers.sum() / given.sum()
        spread = torch.where(given, (own - mean).abs(), 0.0).amax()
        return [
            Limits(x=torch.stack([mean - 2 * spread, mean + 2 * spread]), panel="data"),
            Points(own, 0.2 + 0 * own, panel="data"),
            Bars(mean[None], torch.full((1,), 0.5), width=spread, panel="data"),
            Handle(mean + spread * a, 0.8, drags=("a", None), origin_x=mean, scale_x=spread, panel="data"),
            Trail(a, a**2),
            Rule(y=a**2, label="secret"),
            Readout("mean", mean, "mm"),
            Readout("square", a**2),
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
    assert {"line", "points", "arrow", "rule", "handle", "ellipse", "your guess"} <= set(labels)
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
            const path = [...svg.querySelectorAll('.lb-mark path.lb-stroke')]
                .map(path => path.getAttribute('d')).find(d => d.split('L').length > 20);
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
    handle = live.locator("[data-panel=main] circle[data-drags=a]")
    handle.focus()
    live.page.keyboard.press("ArrowUp")
    assert float(live.locator("input[name=a]").input_value()) == pytest.approx(0.51)
    live.page.keyboard.press("Shift+ArrowDown")
    assert float(live.locator("input[name=a]").input_value()) == pytest.approx(0.41)


def test_a_handle_with_an_origin_sets_what_lies_between(live):
    """It stands at mean + spread * a, so a place half way is a = 0.5, and one far outside is the end of the range."""
    handle = live.locator("[data-panel=data] circle[data-drags=a]")
    handle.evaluate("node => node.scrollIntoView({ block: 'center' })")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    set_slider(live, "a", 0)
    start = handle.bounding_box()
    live.page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    live.page.mouse.down()
    live.page.mouse.move(x, y, steps=4)
    assert float(live.locator("input[name=a]").input_value()) == pytest.approx(0.5, abs=0.025)  # a pixel is up to 0.02
    live.page.mouse.move(x + 2000, y, steps=2)
    live.page.mouse.up()
    assert live.locator("input[name=a]").input_value() == "1"


def ticks(live):
    return [
        float(t.replace("−", "-")) for t in live.locator("[data-panel=data] .lb-axis .tick text").all_text_contents()
    ]


def test_pasted_numbers_move_the_figure_and_its_axis(live):
    box = live.locator("textarea[name=own]")
    assert box.input_value() == "1 2 4"
    before = ticks(live)
    box.fill("100, 300")
    live.page.wait_for_timeout(500)
    assert live.locator("output[name=mean]").get_attribute("data-value") == "200"
    assert live.locator(".lb-said").inner_text() == "2 numbers, from 100 to 300 mm."
    assert max(ticks(live)) > 300 > max(before)
    assert box.input_value() == "100, 300"
    live.get_by_role("button", name="Reset").click()
    assert box.input_value() == "100, 300"
    live.get_by_role("button", name="Example numbers").click()
    assert live.locator("output[name=mean]").inner_text() == "2.33 mm"
    live.get_by_role("button", name="Back to my numbers").click()
    assert box.input_value() == "100, 300"
    assert live.locator("output[name=mean]").get_attribute("data-value") == "200"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 two 3", "“two” (entry 2) is not a number."),
        ("5", "at least 2 numbers; this is 1 number."),
        ("", "Paste or type at least 2 numbers."),
        ("1 2 3 4 5 6 7", "at most 6 numbers; these are 7 numbers."),
        ("1 NaN", "“NaN” (entry 2) is not a number."),
        ("1 1e999", "“1e999” (entry 2) is not a number."),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_lost(live, text, said):
    box = live.locator("textarea[name=own]")
    before = live.locator("output[name=mean]").get_attribute("data-value")
    box.fill(text)
    live.page.wait_for_timeout(500)
    assert said in live.locator(".lb-said").inner_text()
    assert box.input_value() == text and box.get_attribute("aria-invalid") is not None
    assert live.locator("output[name=mean]").get_attribute("data-value") == before
    box.fill("1 2 9")
    live.page.wait_for_timeout(500)
    assert live.locator("output[name=mean]").get_attribute("data-value") == "4"
    assert box.get_attribute("aria-invalid") is None


def test_a_trail_remembers_until_it_is_reset(live):
    places = live.locator("[data-panel=main] path.lb-trail-dots")
    assert places.get_attribute("d").count("M") == 1
    for value in (0.4, 0.6, 0.6, 0.9):
        set_slider(live, "a", value)
    assert places.get_attribute("d").count("M") == 4
    live.get_by_role("button", name="Reset").click()
    assert places.get_attribute("d").count("M") == 1


def test_a_guess_covers_the_answer_until_it_is_revealed(live):
    output = live.locator("output[name=square]")
    secret = live.locator("text.lb-label", has_text="secret")
    assert output.inner_text() == "?" and not secret.is_visible()
    marker = live.locator("circle[data-drags=guess]")
    marker.focus()
    live.page.keyboard.press("Shift+ArrowUp")
    assert live.locator("input[name=guess]").input_value() == "1"
    set_slider(live, "guess", 0.3)
    live.get_by_role("button", name="Reveal").click()
    assert output.inner_text() == "0.25" and secret.is_visible()
    assert live.locator(".lb-revealed").inner_text() == "You guessed 0.30; it is 0.25: 0.05 too high."
    assert live.locator("input[name=guess]").count() == 0
    set_slider(live, "a", 0.4)
    assert output.inner_text() == "0.16"


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

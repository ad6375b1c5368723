"""Figures under a reader's hand: keys, pointer, buttons, no scripts, print, dark mode, and failure."""

import re

import pytest

from tests.chapters.test_text import CHAPTERS as SOURCES
from tests.conftest import Visit, readout, set_slider
from tests.figures.test_figures import CLASSES

EM = "variational-inference/variational-em.html"
CHAPTERS = {name: path.read_text("utf-8") for name, path in SOURCES.items()}
FIGURES = [
    (f"{chapter}.html", cls.name())
    for chapter, text in CHAPTERS.items()
    for cls in CLASSES
    if re.search(rf"^from helpers\.figures\.\w+ import .*\b{cls.__name__}\b", text, re.M)
]


def test_every_figure_is_in_a_chapter():
    assert {name for _, name in FIGURES} == {cls.name() for cls in CLASSES}


@pytest.mark.parametrize(("path", "name"), FIGURES)
def test_every_control_has_a_visible_label(visit, path, name):
    figure = visit.open(path).figure(name)
    for control in figure.locator("input[type=range], select").all():
        label = figure.locator(f"label[for={control.get_attribute('id')}]")
        assert label.is_visible() and label.inner_text().strip()
    for control in figure.locator("input[type=checkbox]").all():
        assert control.get_attribute("aria-label")
    assert figure.locator("svg[role=img]").first.get_attribute("aria-label")


@pytest.mark.parametrize(("path", "name"), FIGURES)
def test_sliders_at_both_ends_give_numbers(visit, path, name):
    figure = visit.open(path).figure(name)
    for slider in figure.locator("input[type=range]").all():
        parameter = slider.get_attribute("name")
        for end in (slider.get_attribute("min"), slider.get_attribute("max")):
            set_slider(figure, parameter, end)
            assert figure.locator(".lb-error").count() == 0
            for output in figure.locator("output").all():
                assert "not a number" not in output.inner_text()
            drawn = figure.locator(".lb-panels").evaluate("panels => panels.outerHTML")
            assert not re.search(r'="[^"]*(NaN|undefined|Infinity)', drawn)


@pytest.mark.parametrize(("path", "name"), FIGURES)
def test_reset_brings_the_opening_state_back(visit, path, name):
    figure = visit.open(path).figure(name)
    before = figure.locator(".lb-readouts").inner_text()
    for slider in figure.locator("input[type=range]").all():
        ends = [slider.get_attribute(name) for name in ("max", "min")]
        set_slider(figure, slider.get_attribute("name"), ends[float(slider.input_value()) == float(ends[0])])
    for box in figure.locator("input[type=checkbox]").all()[:5]:
        box.click()
    for menu in figure.locator("select").all():
        menu.select_option(index=menu.locator("option").count() - 1)
    assert figure.locator(".lb-readouts").inner_text() != before
    figure.get_by_role("button", name="Reset").click()
    assert figure.locator(".lb-readouts").inner_text() == before


def test_arrow_keys_move_a_slider_and_are_spoken(visit):
    figure = visit.open(EM).figure("variational-em")
    slider = figure.locator("input[name=theta]")
    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    assert slider.input_value() == "10.25"
    said = figure.locator("[aria-live]").inner_text()
    assert said.startswith("θ is 10.25 mm") and "ELBO" in said and "gap" in said


def test_a_handle_moves_by_pointer_and_by_keys(visit):
    figure = visit.open("vae/digits.html").figure("latent-plane")
    handle = figure.locator("circle.lb-handle")
    box = handle.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 60, box["y"] - 40, steps=5)
    visit.page.mouse.up()
    z1, z2 = (float(figure.locator(f"input[name={name}]").input_value()) for name in ("z1", "z2"))
    assert z1 > 0.3 and z2 > 0.3
    handle.focus()
    visit.page.keyboard.press("ArrowLeft")
    visit.page.keyboard.press("ArrowUp")
    assert float(figure.locator("input[name=z1]").input_value()) == pytest.approx(z1 - 0.05)
    assert float(figure.locator("input[name=z2]").input_value()) == pytest.approx(z2 + 0.05)


def test_a_finger_drags_a_handle(chromium, site):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit = Visit(context.new_page(), site)
    figure = visit.open(EM).figure("variational-em")
    handle = figure.locator("circle.lb-handle")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = context.new_cdp_session(visit.page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        point = {"x": x + 12 * step, "y": y}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    theta = float(figure.locator("input[name=theta]").input_value())
    context.close()
    assert theta > 14
    assert visit.problems == []


def test_live_equation_shows_the_readouts(visit):
    figure = visit.open(EM).figure("variational-em")
    set_slider(figure, "theta", 30)
    for name in ("log_likelihood", "elbo", "gap"):
        shown = figure.locator(f".lb-equation .katex-html .lb-live-{name}").inner_text()
        assert shown == figure.locator(f"output[name={name}]").inner_text().removesuffix(" nats")


def test_painting_a_pixel_changes_the_answer(visit):
    figure = visit.open("vae/digits.html").figure("encode-digit")
    before = readout(figure, "elbo")
    box = figure.locator("input[type=checkbox]").first
    assert not box.is_checked()
    box.click()
    assert box.is_checked() and readout(figure, "elbo") != before
    box.focus()
    visit.page.keyboard.press("Space")
    assert not box.is_checked() and readout(figure, "elbo") == before
    visit.page.keyboard.press("ArrowRight")
    assert figure.locator("input[type=checkbox]").nth(1).evaluate("box => box === document.activeElement")
    figure.get_by_role("button", name="Clear").click()
    assert figure.locator("input[type=checkbox]:checked").count() == 0


def test_a_stroke_paints_what_it_passes(visit):
    figure = visit.open("vae/digits.html").figure("encode-digit")
    figure.get_by_role("button", name="Clear").click()
    first, last = (figure.locator("input[type=checkbox]").nth(i).bounding_box() for i in (24, 31))
    visit.page.mouse.move(first["x"] + 5, first["y"] + 5)
    visit.page.mouse.down()
    visit.page.mouse.move(last["x"] + 5, last["y"] + 5, steps=20)
    visit.page.mouse.up()
    assert figure.locator("input[type=checkbox]:checked").count() == 8


def test_a_figure_sleeps_until_it_is_near(chromium, site):
    context = chromium.new_context(viewport={"width": 1280, "height": 700})
    visit = Visit(context.new_page(), site)
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open("vae/digits.html")
    assert not any("encode-digit" in url for url in asked)
    visit.figure("encode-digit")
    context.close()
    assert any("encode-digit" in url and url.endswith(".bin") for url in asked)
    assert visit.problems == []


@pytest.mark.parametrize(("path", "name"), FIGURES)
def test_without_scripts_the_picture_and_its_numbers_are_there(chromium, site, path, name):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + path)
    figure = page.locator(f"figure.live-figure[data-figure={name}]")
    assert figure.locator(".lb-stage > svg").is_visible()
    assert figure.locator(".lb-stage > svg").bounding_box()["width"] > 300
    assert figure.locator(".lb-static").first.is_visible()
    assert figure.locator("figcaption").inner_text()
    context.close()


def test_opening_numbers_are_the_same_with_and_without_scripts(visit, chromium, site):
    for path, name in FIGURES:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(site + path)
        static = page.locator(f"figure[data-figure={name}] .lb-static").all_inner_texts()
        context.close()
        figure = visit.open(path).figure(name)
        for button in figure.get_by_role("button", name="Reveal").all():
            button.click()
        assert figure.locator("output").all_inner_texts() == static


def test_print_leaves_out_the_controls(visit):
    figure = visit.open("likelihood/likelihood.html").figure("likelihood")
    visit.page.emulate_media(media="print")
    assert not figure.locator(".lb-controls").is_visible()
    assert figure.locator("svg").first.is_visible()


def test_dark_mode_repaints_the_rasters(visit):
    figure = visit.open("vae/digits.html").figure("latent-plane")
    corner = """canvas => {
        const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        return [...copy.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }"""
    canvas = figure.locator("canvas.lb-image")
    light = canvas.evaluate(corner)
    visit.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    visit.page.wait_for_timeout(100)
    dark = canvas.evaluate(corner)
    assert min(light) > 200 and max(dark) < 60


def test_a_broken_figure_says_so_and_the_rest_goes_on(chromium, site):
    context = chromium.new_context()
    page = context.new_page()
    broken = "export const constants = null; export const spec = {broken: true}; export default () => []"
    page.route(
        "**/_figures/latent-plane-*.js",
        lambda route: route.fulfill(body=broken, content_type="text/javascript"),
    )
    page.goto(site + "vae/digits.html")
    page.locator("figure[data-figure=latent-plane]").scroll_into_view_if_needed()
    message = page.locator("figure[data-figure=latent-plane] [role=alert]")
    message.wait_for()
    assert "could not start" in message.inner_text()
    page.locator("figure[data-figure=encode-digit]").scroll_into_view_if_needed()
    page.wait_for_selector("figure[data-figure=encode-digit].ready")
    context.close()


def test_a_figure_that_throws_while_moving_says_so(chromium, site, book):
    program = next((book / "_figures").glob("likelihood-*.js"))
    name = program.read_text("utf-8").split("export default function ")[1].split("(")[0]
    text = program.read_text("utf-8").replace(f"export default function {name}", f"function {name}_inner")
    # A number of calls would not do: the page may lay a figure out anew at any moment.
    text += "export default (...given) => { if (given.includes(190)) throw new Error('out of curves');"
    text += f" return {name}_inner(...given); }};"
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/_figures/likelihood-*.js", lambda route: route.fulfill(body=text, content_type="text/javascript"))
    page.goto(site + "likelihood/likelihood.html")
    figure = page.locator("figure[data-figure=likelihood]")
    figure.scroll_into_view_if_needed()
    page.wait_for_selector("figure[data-figure=likelihood].ready")
    set_slider(figure, "mu", 180)
    assert figure.locator("[role=alert]").count() == 0
    set_slider(figure, "mu", 190)
    assert "out of curves" in figure.locator("[role=alert]").inner_text()
    context.close()


def test_pointing_at_a_symbol_lights_up_its_mark(visit):
    visit.open("likelihood/likelihood.html").figure("likelihood")
    symbol = visit.page.locator("p .katex .enclosing.lb-model").first
    symbol.scroll_into_view_if_needed()
    symbol.hover()
    assert visit.page.locator("body.lb-model-lit").count() == 1
    visit.page.mouse.move(5, 5)
    assert visit.page.locator("body.lb-model-lit").count() == 0

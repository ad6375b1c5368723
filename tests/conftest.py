"""What all tests share: the built book, a server for it, and a real browser that may talk to that server only."""

import functools
import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
import yaml
from tools.browser import installed
from tools.lock import only_one

ROOT = Path(__file__).resolve().parents[1]
PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
IN_TOC = [page["file"] for part in PARTS for page in part["chapters"]]
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "equation(*labels): the numbered equations which this test holds against the truth"
    )
    if hasattr(config, "workerinput"):  # a process beside others: its threads would only wait for theirs
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def book():
    """The built HTML. The build itself decides what is stale; warnings are errors in it.

    Tests run in several processes: one builds, and the others, which wait for it, find nothing stale.
    """
    command = [sys.executable, "-m", "livebook.build", "--out", str(ROOT / "_build")]
    with only_one(ROOT / ".venv" / "test-build.lock", say=lambda *_, **__: None):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2700)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return ROOT / "_build" / "html"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Keep the test's output to the tests."""


@pytest.fixture(scope="session")
def site(book):
    """Address of the served book, ending in a slash."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Visit:
    """One tab on the book, with everything that went wrong in it."""

    def __init__(self, page, site):
        self.page, self.site, self.problems = page, site, []
        page.on("console", lambda m: m.type in ("error", "warning") and self.problems.append(f"console: {m.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", lambda r: r.status >= 400 and self.problems.append(f"{r.status}: {r.url}"))
        page.on("requestfailed", lambda r: self.problems.append(f"failed: {r.url} {r.failure}"))
        page.route("**/*", self._only_this_site)

    def _only_this_site(self, route):
        if route.request.url.startswith((self.site, "data:", "blob:")):
            return route.continue_()
        self.problems.append(f"foreign request: {route.request.url}")
        return route.abort()

    def open(self, path):
        """Load a page of the book."""
        self.page.goto(self.site + path)
        return self

    def scroll_through(self):
        """Pass the whole page before the screen, so that every figure wakes, and wait until the page is quiet."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height, 700):
            self.page.evaluate(f"window.scrollTo(0, {top})")
            self.page.wait_for_timeout(30)
        figures = "[...document.querySelectorAll('figure.live-figure')]"
        self.page.wait_for_function(f"{figures}.every(f => f.matches('.ready, .lb-failed'))")
        self.page.wait_for_load_state("networkidle")
        return self

    def figure(self, name):
        """A live figure, brought into view and awake."""
        figure = self.page.locator(f"figure.live-figure[data-figure={name}]")
        figure.scroll_into_view_if_needed()
        self.page.wait_for_selector(f"figure.live-figure[data-figure={name}].ready")
        return figure


def set_slider(figure, name, value):
    """Move a native slider as a reader's hand does: value, then the events that follow."""
    figure.locator(f"input[name={name}]").evaluate(
        "(input, value) => { input.value = value;"
        " for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true })); }",
        str(value),
    )


def set_sliders(figure, values):
    """Move several sliders, by name."""
    for name, value in values.items():
        set_slider(figure, name, value)


def drag(visit, handle, dx, dy):
    """Take a handle by its middle and move it so many pixels."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + dx, y + dy, steps=6)
    visit.page.mouse.up()


def uncovered_by_guessing(figure, name, guess, verdict, covered=None):
    """The text of a readout that stays hidden, with its mark if there is one, until the reader has guessed."""
    assert "?" in figure.locator(f"output[name={name}]").inner_text()
    assert covered is None or not covered.is_visible()
    set_slider(figure, "guess", guess)
    figure.get_by_role("button", name="Reveal").click()
    assert verdict in figure.locator(".lb-guess [role=status]").inner_text()
    assert covered is None or covered.is_visible()
    return figure.locator(f"output[name={name}]").inner_text()


def readout(figure, name):
    """A readout's number in full precision."""
    return float(figure.locator(f"output[name={name}]").get_attribute("data-value"))


@pytest.fixture
def visit(chromium, site):
    """Open a tab; at the end nothing may have gone wrong in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = Visit(context.new_page(), site)
    yield tab
    context.close()
    assert tab.problems == []

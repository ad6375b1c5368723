"""Chapters in a real JupyterLab: opened by a double click, run to the end, moved by hand and by a linked slider."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from tools import lab

from tests.chapters.test_text import CHAPTERS

FIRST_FIGURE = ".jp-Notebook figure.live-figure.ready"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    """(address, token, folder): JupyterLab on a copy of the chapters, with the settings of `make lab`."""
    folder = tmp_path_factory.mktemp("lab") / "book"
    shutil.copytree(root / "book", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    port, token = free_port(), secrets.token_hex(8)
    log = (folder.parent / "lab.log").open("w")
    process = subprocess.Popen(
        lab.command(port, token=token, browser=False, folder=folder),
        env=os.environ | lab.variables(folder.parent / "state") | {"OMP_NUM_THREADS": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api/status?token={token}").close()
            break
        except OSError:
            time.sleep(0.5)
    yield address, token, folder
    process.terminate()
    process.wait(timeout=30)
    log.close()


class Lab:
    """One tab with JupyterLab in it."""

    def __init__(self, page, server):
        self.page, (self.address, self.token, self.folder) = page, server
        self.problems = []
        page.on("pageerror", self._note)
        page.on(
            "request",
            lambda r: r.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws:")) or self.problems.append(r.url),
        )
        page.goto(f"{self.address}/lab?token={self.token}&reset")
        page.wait_for_selector(".jp-DirListing-item", timeout=60_000)

    def _note(self, error):
        """Keep an error of the book's; JupyterLab's own, from its scrolling list, are not ours to mend."""
        if "/static/lab/jlab_core" not in error.stack or "live-figure" in error.stack:
            self.problems.append(f"{error} {error.stack}")

    def open(self, folder, file):
        """Double-click through the file browser."""
        for name in (folder, file):
            self.page.locator(f".jp-DirListing-item:has-text('{name}')").first.dblclick()
        self.page.wait_for_selector(".jp-Notebook", timeout=30_000)
        self.page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=60_000)

    def run_all(self):
        """Run > Run All Cells, and wait until every cell has run."""
        self.page.locator(".lm-MenuBar-itemLabel:text-is('Run')").click()
        self.page.locator(".lm-Menu-itemLabel:text-is('Run All Cells')").click()
        self.page.wait_for_timeout(1000)
        self.wait_until_at_rest(seconds=900)

    def wait_until_at_rest(self, seconds):
        """Wait until no kernel works: between two cells it is idle for a moment, so it is asked again and again."""
        end, in_a_row = time.monotonic() + seconds, 0
        while in_a_row < 10:
            assert time.monotonic() < end, f"a kernel still works after {seconds} s"
            states = {kernel["execution_state"] for kernel in kernels(self.address, self.token)}
            in_a_row = in_a_row + 1 if states == {"idle"} else 0
            self.page.wait_for_timeout(200)

    def top(self):
        """Scroll the notebook to its beginning."""
        self.page.locator(".jp-WindowedPanel-outer").first.evaluate("panel => { panel.scrollTop = 0; }")
        self.page.wait_for_timeout(500)


@pytest.fixture
def tab(chromium, server):
    context = chromium.new_context(viewport={"width": 1400, "height": 2400})
    yield Lab(context.new_page(), server)
    context.close()
    stop_kernels(server)


def kernels(address, token):
    """What the server says of each running kernel."""
    with urllib.request.urlopen(f"{address}/api/kernels?token={token}") as answer:
        return json.load(answer)


def stop_kernels(server):
    """A closed tab leaves its kernel at work, which would slow down everything after it."""
    address, token, _ = server
    for kernel in kernels(address, token):
        request = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}?token={token}", method="DELETE")
        urllib.request.urlopen(request).close()


def readouts(figure):
    """Every number above a figure."""
    return figure.locator("output").evaluate_all("all => all.map(output => output.dataset.value)")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_and_its_figure_moves(tab, chapter):
    folder, file = f"{chapter}.md".split("/")
    before_on_disk = (tab.folder / folder / file).read_text("utf-8")
    tab.open(folder, file)
    tab.run_all()
    tab.top()
    tab.page.wait_for_selector(FIRST_FIGURE, timeout=300_000)
    figure = tab.page.locator(FIRST_FIGURE).first
    slider = figure.locator("input[type=range]:not([name=guess])").first
    before = readouts(figure)
    slider.focus()
    position = slider.input_value()
    tab.page.keyboard.press("ArrowRight")
    assert slider.input_value() != position, "JupyterLab kept the key for itself"
    assert readouts(figure) != before
    assert (
        tab.page.locator(
            ".jp-OutputArea-output[data-mime-type*=error], .jp-RenderedText[data-mime-type*=stderr]"
        ).count()
        == 0
    )
    assert tab.page.locator(".myst-error, .katex-error").count() == 0
    assert tab.problems == []
    # JupyterLab saves by itself after two minutes; then its own header may differ, the chapter may not.
    body_on_disk = (tab.folder / folder / file).read_text("utf-8").split("---", 2)[2]
    assert body_on_disk == before_on_disk.split("---", 2)[2]


def test_a_stock_slider_moves_the_figure(tab):
    tab.open("likelihood", "likelihood.md")
    tab.run_all()
    tab.top()
    figure = tab.page.locator(FIRST_FIGURE).first
    figure.wait_for(timeout=60_000)
    figure.locator("input[name=mu]").evaluate(
        "input => { input.value = 212; input.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    panel = tab.page.locator(".jp-WindowedPanel-outer").first
    linked = tab.page.locator(".widget-hslider .widget-readout")
    for _ in range(30):
        if linked.count():
            break
        panel.evaluate("panel => { panel.scrollTop += 900; }")
        tab.page.wait_for_timeout(300)
    tab.page.wait_for_function(
        "document.querySelector('.widget-hslider .widget-readout')?.textContent === '212.00'", timeout=15_000
    )


def test_saving_leaves_the_file_as_it_was_written(tab):
    """Opening adds macros and evaluated numbers; saving takes them out again."""
    path = tab.folder / "likelihood" / "likelihood.md"
    before = path.read_text("utf-8")
    tab.open("likelihood", "likelihood.md")
    tab.page.locator(".jp-Notebook .jp-Cell").first.click()
    tab.page.keyboard.press("Control+s")
    tab.page.wait_for_timeout(3000)
    after = path.read_text("utf-8")
    assert after.split("---", 2)[2] == before.split("---", 2)[2]


def test_the_notebook_that_lab_shows_has_the_macros(server):
    address, token, _ = server
    url = f"{address}/api/contents/likelihood/likelihood.md?type=notebook&token={token}"
    with urllib.request.urlopen(url) as answer:
        notebook = json.load(answer)["content"]
    assert "\\model" in notebook["cells"][0]["source"]

"""A Chromium that loads every page as if for the first time."""

import contextlib

from playwright.sync_api import Page, sync_playwright
from tools import browser as machine

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZE = {"width": 1280, "height": 800}
PATIENCE = 20_000  # milliseconds that a page or a figure may take before the measurement gives up


@contextlib.contextmanager
def started():
    """A running browser: the one of ``BOOK_CHROMIUM`` or of this machine, else Playwright's own."""
    with sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=machine.installed(), args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def fresh_page(running):
    """A page with an empty cache."""
    context = running.new_context(viewport=SIZE)
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()


def open_page(page: Page, address: str) -> None:
    """Go there; a page that the site does not have is an error, not a light and fast page."""
    answer = page.goto(address)
    if not answer.ok:
        raise RuntimeError(f"{address} answered {answer.status}: is the site that you measure complete?")


def scroll_through(page: Page) -> None:
    """Scroll to the end as a reader would, screen by screen, until every figure lives and nothing loads any more."""
    page.evaluate("""async () => {
      const pause = () => new Promise((done) => setTimeout(done, 100));
      for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
        scrollTo({ top: y, behavior: 'instant' });
        await pause();
      }
    }""")
    page.wait_for_function("() => !document.querySelector('figure.live-figure:not(.ready, .lb-failed)')")
    page.wait_for_load_state("networkidle")

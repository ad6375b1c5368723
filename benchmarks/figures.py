"""How soon a live figure answers, and how much script one step of a control takes."""

from pathlib import Path

from benchmarks.browser import fresh_page, open_page, started
from benchmarks.report import Bar, Row
from benchmarks.site import Site
from benchmarks.summary import percentile

READY, STEP = Bar(1.0), Bar(4.0)  # seconds, milliseconds
FRAME = Bar(16.0)  # milliseconds: a press or a painted pixel may take a frame of the screen
LOADS, ROUNDS, STEPS = 7, 3, 200
CONTROLS = Path(__file__).with_name("controls.js").read_text("utf-8")

# Keeps figure number NUMBER on the screen from its first frame on, and notes when it is ready (0: navigation's start).
WATCH = """
  const watch = () => {
    const figure = document.querySelectorAll('figure.live-figure')[NUMBER];
    if (figure?.classList.contains('ready')) { window.readyAt = performance.now(); return; }
    figure?.scrollIntoView({ block: 'center', behavior: 'instant' });
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
"""


def names(running, address: str) -> list[str]:
    """The live figures of a page, in its order."""
    with fresh_page(running) as page:
        open_page(page, address)
        return page.eval_on_selector_all("figure.live-figure", "all => all.map((one) => one.dataset.figure)")


def load(page, address: str, number: int) -> float:
    """Seconds from the start of navigation to a figure that is ready."""
    page.add_init_script(WATCH.replace("NUMBER", str(number)))
    open_page(page, address)
    return page.wait_for_function("() => window.readyAt").json_value() / 1000


def readiness(running, address: str, number: int, loads: int) -> list[float]:
    """Seconds to ready, each with an empty cache."""
    seconds = []
    for _ in range(loads):
        with fresh_page(running) as page:
            seconds.append(load(page, address, number))
    return seconds


def steps(running, address: str, number: int, count: int) -> dict[str, list[float]]:
    """Milliseconds of script of each step, by kind of control; the figure must have survived them."""
    with fresh_page(running) as page:
        load(page, address, number)
        figure = page.locator("figure.live-figure").nth(number)
        times = figure.evaluate(CONTROLS, count)
        if "lb-failed" in figure.get_attribute("class"):
            raise RuntimeError(f"a figure stopped while its controls moved: {figure.inner_text()[:200]}")
        return times


def calmest(rounds: list[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Of each kind of control the round with the lowest p95: what else runs on the machine can only add time."""
    return {kind: min((times[kind] for times in rounds), key=lambda all: percentile(all, 0.95)) for kind in rounds[0]}


def rows(name: str, seconds: list[float], times: dict[str, list[float]]) -> list[Row]:
    """What one figure took: the median load, for a load is disturbed by what else runs, and nearly the worst step."""
    found = [row(name, "ready", 0.5, seconds, "s", READY)]
    return found + [
        row(name, f"{kind} step", 0.95, values, "ms", STEP if kind == "slider" else FRAME)
        for kind, values in times.items()
    ]


def row(name: str, what: str, share: float, values: list[float], unit: str, bar: Bar) -> Row:
    """One percentile against its bar, the other beside it."""
    found = {0.5: percentile(values, 0.5), 0.95: percentile(values, 0.95)}
    other = 0.95 if share == 0.5 else 0.5
    note = f"p{100 * other:.0f} {found[other]:.2f} {unit}, {len(values)} times"
    detail = {"p50": found[0.5], "p95": found[0.95], "n": len(values)}
    return Row("figures", name, f"{what}, p{100 * share:.0f}", found[share], unit, bar, note, detail)


def measure(book: Site, quick: bool) -> list[Row]:
    """Rows of all live figures of the book."""
    found = []
    with started() as running:
        for address in book.pages().values():
            for number, name in enumerate(names(running, address)):
                seconds = readiness(running, address, number, 2 if quick else LOADS)
                rounds = [steps(running, address, number, STEPS) for _ in range(1 if quick else ROUNDS)]
                found += rows(name, seconds, calmest(rounds))
    return found

"""Exercises in the built page: Python in a real browser, in every way that a reader's code can go wrong."""

import json
import re
import time

import pytest

from helpers.checks import get, question
from livebook.sphinx.exercises import check_call
from tests.conftest import Visit
from tests.exercises.authored import EXERCISES, SOLUTIONS

PAGE = "likelihood/likelihood.html"
IN_PAGE = [exercise for exercise in EXERCISES if "needs-torch" not in exercise.tags]
IN_JUPYTER = [exercise for exercise in EXERCISES if "needs-torch" in exercise.tags]
FIRST, CURVED = "likelihood-code", "likelihood-curve"
PASTE = """(node, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    node.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""


class Desk:
    """A tab in which a reader works on exercises."""

    def __init__(self, visit):
        self.visit, self.page, self.solved = visit, visit.page, []

    def open(self, path=PAGE):
        if self.visit.site + path != self.page.url:
            self.visit.open(path)
            self.solved = []
        return self

    def exercise(self, name):
        section = self.page.locator(f"section.lb-exercise[data-exercise={name}]")
        section.scroll_into_view_if_needed()
        self.page.wait_for_selector(f"section.lb-exercise[data-exercise={name}].ready")
        return section

    def write(self, name, text):
        content = self.exercise(name).locator(".cm-content")
        content.focus()
        self.page.keyboard.press("Control+A")
        content.evaluate(PASTE, text)

    def text(self, name):
        lines = self.exercise(name).locator(".cm-line").all_inner_texts()
        return "\n".join("" if line == "\n" else line for line in lines)

    def press(self, name, button):
        """Press a button and wait for what comes of it; everything that is said then."""
        section = self.exercise(name)
        section.get_by_role("button", name=button, exact=True).click()
        section.locator(".lb-toolbar[aria-busy=false]").wait_for()
        return section.locator(".lb-result").inner_text().strip()

    def run(self, name, text):
        self.write(name, text)
        return self.press(name, "Run")

    def check(self, name, text):
        self.write(name, text)
        return self.press(name, "Check")

    def solve(self, names):
        """Have the right answers of these exercises in the page's interpreter."""
        for name in names:
            if name not in self.solved:
                assert "Right." in self.check(name, SOLUTIONS[name])
                self.solved.append(name)


def _desk(chromium, site):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    return Desk(Visit(context.new_page(), site))


@pytest.fixture(scope="module")
def shared(chromium, site):
    """One tab for all listed answers: Python starts once a chapter."""
    desk = _desk(chromium, site)
    yield desk
    desk.page.context.close()
    assert desk.visit.problems == []


@pytest.fixture
def desk(chromium, site):
    """A tab on the first chapter with exercises, its Python not started yet."""
    desk = _desk(chromium, site).open()
    yield desk
    desk.page.context.close()
    assert desk.visit.problems == []


def _answers():
    for exercise in IN_PAGE:
        yield pytest.param(exercise, exercise.stub, r"Nothing to check yet|Not yet", id=f"{exercise.name}: stub")
        for index, wrong in enumerate(get(exercise.name).wrong):
            yield pytest.param(exercise, wrong.source, wrong.says, id=f"{exercise.name}: wrong {index}")
        yield pytest.param(exercise, exercise.solution, r"^✓ Right\.", id=f"{exercise.name}: solution")


def test_every_key_reaches_the_editor(visit):
    """The page listens for keys too ("/" opens its search): a formula must be typed, not only pasted."""
    desk = Desk(visit).open()
    desk.write(FIRST, "")
    formula = "x = -(1 / 2) * [a, b][0] ** 2 - {'k': 3}['k'] % 4 < 5 != \"s\" # ?"
    visit.page.keyboard.type(formula.replace("\n", ""))
    assert desk.text(FIRST).rstrip() == formula


@pytest.mark.parametrize(("exercise", "source", "says"), list(_answers()))
def test_an_answer_is_judged_in_the_page(shared, exercise, source, says):
    shared.open(f"{exercise.chapter}.html").solve(get(exercise.name).needs)
    said = shared.check(exercise.name, source)
    # An inline code's backticks are not in the page.
    assert re.search(says.replace("`", ""), said, re.S), said
    assert ("Right." in said) == (source == exercise.solution)


@pytest.mark.parametrize("exercise", IN_JUPYTER, ids=lambda one: one.name)
def test_a_torch_exercise_keeps_its_stub_and_links_the_notebook(visit, exercise):
    """The page cannot run it: it shows the stub to read, the hints and the solution, and where to solve it."""
    page = visit.open(f"{exercise.chapter}.html").page
    section = page.locator(f"section[data-torch][data-exercise={exercise.name}]")
    section.scroll_into_view_if_needed()
    link = section.get_by_role("link", name="Download the chapter's notebook")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == f"{exercise.chapter.rsplit('/', 1)[-1]}.ipynb"
    notebook = json.loads(download.value.path().read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert exercise.stub in cells and exercise.call in cells
    assert section.locator("pre").first.inner_text().strip() == exercise.stub.strip()
    section.get_by_role("button", name="Hint").click()
    assert section.locator(".lb-hint").first.is_visible()
    assert section.get_by_role("button", name="Run").count() == 0
    assert section.get_by_role("button", name="Check").count() == 0


@pytest.mark.parametrize("source", ["", "check(", "print(1)", "check(name)", "x = check('a', f)"])
def test_a_check_cell_without_a_call_is_refused(source):
    with pytest.raises(ValueError, match="must be check"):
        check_call(source)


def test_a_check_cell_gives_name_and_call():
    assert check_call("from helpers.checks import check\n\ncheck('a-b', f, g)") == ("a-b", "check('a-b', f, g)")


def test_syntax_error_and_exception_name_the_line(desk):
    assert "line 2" in desk.run(FIRST, "x = 1\nif x\n")
    said = desk.run(FIRST, "import math\n\n\ndef f():\n    return math.log(-1)\n\n\nf()\n")
    assert "line 5" in said and "ValueError" in said and "return math.log(-1)" in said
    assert "runner" not in said and "helpers" not in said


def test_output_and_the_last_value_are_shown(desk):
    said = desk.run(FIRST, "import sys\nprint('one')\nprint('two', file=sys.stderr)\n1 + 2\n")
    assert said.split() == ["one", "two", "3"]


def test_a_loop_without_end_is_stopped_and_the_page_goes_on(desk):
    desk.solve([FIRST])
    desk.exercise("likelihood-bug").evaluate("section => section.dataset.limit = '1200'")
    said = desk.run("likelihood-bug", "print('before')\nwhile True:\n    pass\n")
    assert "Stopped after 1.2 s" in said and "before" in said
    assert desk.text("likelihood-bug").startswith("print('before')")
    # The new interpreter gets the solved answers of before.
    assert desk.run("likelihood-bug", "likelihood([0.0], 0.0, 1.0)").startswith("0.39894")


def test_ten_seconds_are_the_limit(desk):
    desk.run(FIRST, "1")
    start = time.monotonic()
    assert "Stopped after 10 s" in desk.run(FIRST, "while True:\n    pass\n")
    assert 9.5 < time.monotonic() - start < 14


def test_a_flood_of_output_is_cut(desk):
    said = desk.run(FIRST, "for i in range(100_000):\n    print('flood', i)\n")
    assert "cut here" in said and len(said) < 25_000
    assert "flood" not in desk.run(FIRST, "print('calm')")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return likelihood(x, mu, sigma)", "never ends"),
        ("return 'a word'", "Not yet"),
        ("return None", "Nothing to check yet"),
        ("return float('nan')", "Not yet"),
        ("return [1.0]", "Not yet"),
        ("return 0.25", "Not yet"),
        ("raise SystemExit", "exit"),
        ("import numpy", "standard library only"),
        ("return input()", "stopped"),
    ],
)
def test_odd_answers_are_refused(shared, body, says):
    shared.open()
    assert says in shared.check(FIRST, f"def likelihood(x, mu, sigma):\n    {body}\n")
    shared.solved.clear()


def test_memory_exhausted_starts_python_afresh(desk):
    # One large piece, then more than can be had at all: filling gigabytes bit by bit may outlast the time limit.
    said = desk.run(FIRST, "hoard = bytearray(2**29)\nwhile True:\n    hoard *= 4\n")
    assert "asked for more memory than there is" in said and "afresh" in said
    assert desk.run(FIRST, "'hoard' in globals()") == "False"


def test_the_text_survives_a_reload_and_reset_brings_the_stub_back(desk):
    stub = desk.text(FIRST)
    desk.write(FIRST, "print('half way')\n")
    desk.page.reload()
    assert desk.text(FIRST) == "print('half way')\n"
    desk.exercise(FIRST).get_by_role("button", name="Reset").click()
    assert desk.text(FIRST) == stub
    desk.page.reload()
    assert desk.text(FIRST) == stub


def test_a_reload_while_python_works_keeps_the_text(desk):
    desk.write(FIRST, "while True:\n    pass\n")
    desk.exercise(FIRST).get_by_role("button", name="Run").click()
    desk.page.wait_for_timeout(300)
    desk.page.reload()
    assert desk.text(FIRST).startswith("while True")
    desk.visit.problems.clear()  # the reload cut off what was still loading


def test_solved_answers_run_again_after_a_reload(desk):
    desk.solve([FIRST])
    desk.page.reload()
    assert desk.exercise(FIRST).locator(".lb-state").inner_text() == "✓ Solved"
    assert desk.run("likelihood-bug", "likelihood([0.0], 0.0, 1.0)").startswith("0.39894")


def test_another_tab_does_not_disturb_what_is_typed(desk):
    other = Desk(Visit(desk.page.context.new_page(), desk.visit.site)).open()
    desk.write(FIRST, "mine\n")
    other.write(FIRST, "theirs\n")
    assert desk.text(FIRST) == "mine\n"
    other.solve(["likelihood-bug"])
    badge = desk.exercise("likelihood-bug").locator(".lb-state")
    badge.filter(has_text="Solved").wait_for()
    assert desk.text(FIRST) == "mine\n"
    desk.page.reload()
    assert desk.text(FIRST) == "theirs\n"
    assert other.visit.problems == []


def test_hints_come_one_at_a_time(desk):
    section = desk.exercise(FIRST)
    hints = section.locator(".lb-hint")
    total = hints.count()
    assert total == len(next(one for one in EXERCISES if one.name == FIRST).hints) >= 2
    for shown in range(total):
        assert [hint.is_visible() for hint in hints.all()] == [i < shown for i in range(total)]
        section.get_by_role("button", name="Hint").click()
        assert hints.nth(shown).locator("summary").evaluate("node => node === document.activeElement")
    assert section.get_by_role("button", name="Hint").is_disabled()


def _solution(desk, name):
    section = desk.exercise(name)
    return desk.page.locator(f"[id='{section.get_attribute('data-solution')}']")


def test_the_solution_waits_for_an_attempt_or_a_second_press(desk):
    solution = _solution(desk, FIRST)
    assert not solution.is_visible()
    desk.exercise(FIRST).get_by_role("button", name="Solution").click()
    assert not solution.is_visible()
    desk.exercise(FIRST).get_by_role("button", name="Show it without trying?").click()
    assert solution.is_visible() and "product *=" in solution.inner_text()


def test_after_a_wrong_answer_one_press_shows_the_solution(desk):
    assert "Not yet" in desk.check(FIRST, "def likelihood(x, mu, sigma):\n    return 0.25\n")
    desk.exercise(FIRST).get_by_role("button", name="Solution").click()
    assert _solution(desk, FIRST).is_visible()


def test_tab_indents_and_escape_tab_leaves(desk):
    desk.write(FIRST, "a")
    desk.page.keyboard.press("Home")
    desk.page.keyboard.press("Tab")
    assert desk.text(FIRST) == "    a"
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Tab")
    run = desk.exercise(FIRST).get_by_role("button", name="Run", exact=True)
    assert run.evaluate("node => node === document.activeElement")
    desk.page.keyboard.press("Enter")
    desk.exercise(FIRST).locator(".lb-result > *").first.wait_for()


def test_the_editor_is_named_and_described(desk):
    content = desk.exercise(FIRST).locator(".cm-content")
    assert content.get_attribute("role") == "textbox"
    assert re.match(r"Your Python for Exercise \d+", content.get_attribute("aria-label"))
    described = desk.page.locator(f"#{content.get_attribute('aria-describedby')}")
    assert "Escape, then Tab" in described.inner_text() and described.is_visible()
    assert desk.exercise(FIRST).locator(".lb-result").get_attribute("aria-live") == "polite"


def _path(desk, nth):
    return desk.exercise(CURVED).locator(".lb-curve .lb-mark path").nth(nth).get_attribute("d")


def test_the_readers_python_draws_the_curve(desk):
    solution = SOLUTIONS[CURVED]
    assert desk.exercise(CURVED).locator(".lb-curve svg").count() == 0
    desk.run(CURVED, "def log_density(x, mu, sigma):\n    return -10.0\n")
    flat = _path(desk, 0)
    assert len({pair.split(",")[1] for pair in re.findall(r"[-\d.]+,[-\d.]+", flat)}) == 1
    assert desk.exercise(CURVED).locator(".lb-curve .lb-mark").count() == 1
    # Typing alone moves it now.
    desk.write(CURVED, solution)
    moved = "before => document.querySelector('.lb-curve .lb-mark path').getAttribute('d') !== before"
    desk.page.wait_for_function(moved, arg=flat)
    assert desk.exercise(CURVED).locator(".lb-curve .lb-mark").count() == 1
    assert "Right." in desk.press(CURVED, "Check")
    assert desk.exercise(CURVED).locator(".lb-curve .lb-mark").count() == 2
    ids = desk.page.locator("clipPath").evaluate_all("all => all.map(node => node.id)")
    assert len(ids) == len(set(ids))
    assert "lowest" in desk.exercise(CURVED).locator(".lb-curve svg").get_attribute("aria-label")


def _payload(name):
    return question(name).to_dict()


def _question(visit, name):
    return visit.page.locator(f"fieldset.lb-question[data-question={name}]")


def test_a_choice_is_answered_by_keyboard(visit):
    payload = _payload("likelihood-units")
    root = _question(visit.open(PAGE), payload["name"])
    said = root.locator("[aria-live]")
    root.get_by_role("button", name="Check").click()
    assert said.inner_text() == "Choose an answer first."
    root.locator("input").first.focus()
    visit.page.keyboard.press("Space")
    for index, option in enumerate(payload["options"]):
        if index:
            visit.page.keyboard.press("ArrowDown")
        visit.page.keyboard.press("Enter")
        verdict = "Right." if option["correct"] else "Not yet."
        assert verdict in said.inner_text()
        if option["feedback"] and "$" not in option["feedback"]:
            assert option["feedback"] in said.inner_text()


def test_several_choices_need_all_and_only_the_right_ones(visit):
    payload = _payload("likelihood-statements")
    root = _question(visit.open(PAGE), payload["name"])
    said, button = root.locator("[aria-live]"), root.get_by_role("button", name="Check")
    right = [i for i, option in enumerate(payload["options"]) if option["correct"]]
    wrong = next(i for i, option in enumerate(payload["options"]) if not option["correct"])
    root.locator("input").nth(right[0]).check()
    button.click()
    assert payload["missing"] in said.inner_text()
    for index in right:
        root.locator("input").nth(index).check()
    root.locator("input").nth(wrong).check()
    button.click()
    assert "Not yet." in said.inner_text() and "Right" not in said.inner_text()
    root.locator("input").nth(wrong).uncheck()
    button.click()
    assert "Right." in said.inner_text() and root.locator(".lb-state").inner_text() == "✓ Solved"


def test_a_number_is_judged_within_its_tolerance(visit):
    payload = _payload("likelihood-two")
    root = _question(visit.open(PAGE), payload["name"])
    said, field = root.locator("[aria-live]"), root.locator("input")

    def answer(text):
        field.fill(text)
        field.press("Enter")
        return said.inner_text()

    assert "Type a number" in answer("many") and "Type a number" in answer("")
    for wrong in payload["wrong"]:
        assert wrong["feedback"] in answer(str(wrong["value"]))
    assert payload["otherwise"] in answer("123456")
    for right in ("1", "1,0", "2/2", "1.004", "+1e0"):
        assert "Right." in answer(right)


def test_every_question_shows_its_options_without_scripts(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + PAGE)
    root = page.locator("fieldset.lb-question[data-question=likelihood-units]")
    for option in root.locator(".lb-option label").all():
        assert option.is_visible() and option.inner_text().strip()
    section = page.locator(f"section.lb-exercise[data-exercise={FIRST}]")
    assert "def likelihood" in section.locator("pre").first.inner_text()
    assert section.locator(".lb-hint summary").first.is_visible()
    context.close()


def test_nothing_of_a_failing_check_is_in_the_page(book):
    for exercise in EXERCISES:
        text = (book / f"{exercise.chapter}.html").read_text("utf-8")
        assert "Nothing to check yet" not in text and "tag_check" not in text and "lb-stub" not in text


def _count(visit, place=".bd-links"):
    link = visit.page.locator(f"{place} a", has_text="Likelihood: which curve").first
    return link.locator("xpath=following-sibling::*[1]").inner_text().split("\n")[0]


def test_progress_is_shown_saved_loaded_and_cleared(visit, tmp_path):
    visit.open(PAGE)
    total = json.loads(visit.page.request.get(visit.site + "_exercises/index.json").text())
    names = total["likelihood/likelihood"]["exercises"]
    assert _count(visit).startswith(f"0/{len(names)}")
    field = _question(visit, "likelihood-two").locator("input")
    field.fill("1")
    field.press("Enter")
    assert _count(visit).startswith(f"1/{len(names)}")
    visit.open("index.html")
    assert _count(visit).startswith("1/") and _count(visit, ".bd-article").startswith("1/")
    assert "1 of" in visit.page.locator(".lb-total").inner_text()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save to a file").click()
    download.value.save_as(tmp_path / "progress.json")
    assert json.loads((tmp_path / "progress.json").read_text())["entries"] == {
        "solved/likelihood/likelihood#likelihood-two": "answered"
    }
    visit.page.get_by_role("button", name="Clear").click()
    assert _count(visit).startswith("1/")
    visit.page.get_by_role("button", name="Clear all answers?").click()
    assert _count(visit).startswith("0/")
    (tmp_path / "other.json").write_text('{"entries": {"wallet/x": "1"}}')
    for name, count in (("other.json", "0/"), ("progress.json", "1/")):
        visit.page.locator("input.lb-file").set_input_files(tmp_path / name)
        visit.page.locator(".lb-progress .lb-said").filter(has_text="file").wait_for()
        visit.page.wait_for_timeout(100)
        assert _count(visit).startswith(count)


def test_storage_that_is_refused_is_no_obstacle(chromium, site):
    desk = _desk(chromium, site)
    desk.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    desk.open("index.html").open(PAGE)
    assert desk.run(FIRST, "6 * 7") == "42"
    desk.page.context.close()


@pytest.mark.parametrize("path", sorted({f"{one.chapter}.html" for one in EXERCISES} | {"index.html"}))
def test_who_runs_nothing_fetches_no_python(chromium, site, path):
    context = chromium.new_context()
    visit = Visit(context.new_page(), site)
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open(path).scroll_through()
    visit.page.wait_for_timeout(300)
    context.close()
    assert visit.problems == []
    assert [url for url in asked if "pyodide" in url or "exercise-" in url] == []


def test_python_which_cannot_load_says_so_and_tries_again(chromium, site):
    context = chromium.new_context()
    page = context.new_page()
    desk = Desk(Visit(page, site)).open()
    page.route("**/snapshot.bin", lambda route: route.abort())
    assert "could not start" in desk.run(FIRST, "1 + 1")
    page.unroute("**/snapshot.bin")
    assert desk.press(FIRST, "Run") == "2"
    context.close()


def test_an_editor_which_cannot_load_leaves_stub_hints_and_solution(chromium, site):
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/chunks/editor-*.js", lambda route: route.abort())
    page.goto(site + PAGE)
    section = page.locator(f"section.lb-exercise[data-exercise={FIRST}]")
    section.scroll_into_view_if_needed()
    section.locator("[role=alert]").wait_for()
    assert section.locator("pre").first.is_visible() and section.locator(".lb-hint").first.is_visible()
    assert page.locator(f"[id='{section.get_attribute('data-solution')}']").is_visible()
    context.close()


def test_print_and_phone(chromium, site):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    desk = Desk(Visit(context.new_page(), site)).open()
    desk.run(CURVED, SOLUTIONS[CURVED] + "\nprint('x' * 500)\n")
    assert desk.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert desk.exercise(CURVED).locator(".lb-curve svg").bounding_box()["width"] > 200
    desk.page.emulate_media(media="print")
    assert not desk.exercise(CURVED).get_by_role("button", name="Run").is_visible()
    context.close()
    assert desk.visit.problems == []


TIMED = """section => new Promise(answered => {
    const start = performance.now();
    const watch = new MutationObserver(() => {
        if (section.querySelector('.lb-toolbar').getAttribute('aria-busy') === 'true') return;
        watch.disconnect();
        answered(performance.now() - start);
    });
    watch.observe(section, { subtree: true, attributes: true, attributeFilter: ['aria-busy'] });
    [...section.querySelectorAll('button')].find(button => button.textContent === 'Run').click();
})"""


def test_time_to_the_first_answer(chromium, site):
    """Printed, not judged: a busy machine tells nothing. No interception here, which would switch the cache off."""
    context = chromium.new_context()
    page = context.new_page()
    for state in ("cold", "warm"):
        page.goto(site + PAGE)
        section = page.locator(f"section.lb-exercise[data-exercise={FIRST}]")
        section.scroll_into_view_if_needed()
        page.wait_for_selector(f"section.lb-exercise[data-exercise={FIRST}].ready")
        times = [section.evaluate(TIMED) for _ in range(4)]
        print(f"first Run, {state}: {times[0]:.0f} ms; later", ", ".join(f"{one:.0f} ms" for one in times[1:]))
    context.close()

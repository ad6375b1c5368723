"""What an author keeps to, so that page, notebook and checkers agree."""

import re

import pytest

from helpers.checks import checkers, curve_points, get, questions, run

from .authored import CHAPTERS, EXERCISES, SOLUTIONS, asked, code_exercises


def test_every_checker_is_used_and_every_check_is_registered():
    assert sorted(exercise.name for exercise in EXERCISES) == sorted(one.name for one in checkers())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_its_own_checkers(chapter):
    name = chapter.rsplit("/", 1)[-1]
    assert [one.name for one in code_exercises(chapter)] == [one.name for one in checkers(name)]
    assert [asked_name for _, asked_name in asked(chapter)] == [one.name for one in questions(name)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_two_quick_questions_two_in_code_one_with_pencil(chapter):
    text = CHAPTERS[chapter].read_text("utf-8")
    assert len(asked(chapter)) >= 2 and len(code_exercises(chapter)) >= 2
    assert "**(pencil)**" in text
    assert len(re.findall(r"\*\*\(quick", text)) == len(asked(chapter))
    assert len(re.findall(r"\*\*\(code", text)) == len(code_exercises(chapter))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_an_exercise_is_whole(exercise):
    assert exercise.solution and exercise.hints
    assert exercise.solution_of == f"exercise-{exercise.name}"
    assert get(exercise.name).defines == exercise.objects
    assert exercise.stub != exercise.solution


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_stub_and_solution_need_nothing_but_the_standard_library_or_say_so(exercise):
    names = {}
    for needed in get(exercise.name).needs:
        run(SOLUTIONS[needed], "", names)
    assert run(exercise.stub, "", dict(names)).kind == "ran"
    imported = set(re.findall(r"^(?:import|from) (\w+)", exercise.stub + "\n" + exercise.solution, re.M))
    if "needs-torch" in exercise.tags:
        assert "torch" in imported and imported <= {"math", "torch", "helpers"}
        assert "with torch" in exercise_text(exercise)
    else:
        assert imported <= {"math"}


def exercise_text(exercise):
    """What the chapter says above the exercise's stub."""
    text = CHAPTERS[exercise.chapter].read_text("utf-8")
    return text.split(f":label: exercise-{exercise.name}\n")[1].split("{exercise-end}")[0]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_check_is_imported_in_the_first_check_cell(chapter):
    first, *rest = code_exercises(chapter)
    assert "from helpers.checks import check\n" in first.call
    assert all("import" not in one.call for one in rest)


def test_curves_and_their_tag_agree():
    assert sorted(e.name for e in EXERCISES if "curve" in e.tags) == sorted(c.name for c in checkers() if c.curve)
    assert any(c.curve for c in checkers())


def test_a_reader_drives_the_curve():
    names = {}
    run("def log_density(x, mu, sigma): ...", "", names)
    assert curve_points("likelihood-curve", names) is None
    run("def log_density(x, mu, sigma): return -abs(x - mu) / sigma if x < 230 else 1 / 0", "", names)
    drawn = curve_points("likelihood-curve", names)
    assert len(drawn["x"]) == len(drawn["y"]) == 141
    assert (drawn["x"][0], drawn["x"][-1], drawn["y"][0], drawn["y"][-1]) == (170, 240, -34 / 9, None)
    assert curve_points("likelihood-code", names) is None
    assert curve_points("likelihood-curve", {}) is None


def test_the_curve_spec_fits_the_function():
    one = get("likelihood-curve")
    names = {}
    run(SOLUTIONS["likelihood-curve"], "", names)
    _, ys = one.curve.points(names[one.curve.function])
    low, high = one.curve.y
    assert all(low <= y <= high for y in ys)
    assert set(one.curve.to_dict()) == {"function", "args", "x", "y", "label", "y_label"}


def test_a_notebook_draws_the_curve_below_the_result():
    names = {}
    result = run(SOLUTIONS["likelihood-curve"], 'check("likelihood-curve", log_density)', names)
    assert "<svg" in result._repr_html_() and "flipper length" in result._repr_html_()
    stub = run("def log_density(x, mu, sigma): ...", 'check("likelihood-curve", log_density)', names)
    assert "<svg" not in stub._repr_html_()

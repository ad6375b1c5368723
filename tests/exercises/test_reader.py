"""The reader's own lines: where code stopped, in words, with nothing of the checker's in it."""

import linecache

import pytest

from helpers.checks import check, run

CALL = 'check("likelihood-code", likelihood)'


def ran(source, call=CALL, names=None):
    return run(source, call, names)


def test_a_syntax_error_shows_its_line_and_place():
    result = ran("import math\ndef likelihood(x, mu, sigma)\n    return 1")
    assert result.kind == "error" and result.message == "Python cannot read line 2: expected ':'."
    assert result.details == ["def likelihood(x, mu, sigma)", " " * 28 + "^"]


def test_a_caret_stands_below_its_place_in_an_indented_line():
    result = ran("def likelihood(x, mu, sigma):\n    return (1 + * 2)")
    line, caret = result.details
    assert line == "return (1 + * 2)" and line[caret.index("^")] == "*"


@pytest.mark.parametrize("source", ["def f():\n\tif 1:\n        pass", "x = '\0'", "return 1", "(" * 500, "x = '"])
def test_every_unreadable_text_is_a_result(source):
    result = ran(source)
    assert result.kind == "error" and not result.correct and result.message


def test_an_exception_shows_the_readers_line_and_the_call():
    result = ran("def likelihood(x, mu, sigma):\n    total = 1\n    return total / 0 * sum(x)")
    assert result.message.startswith("In line 3 of `likelihood`: ZeroDivisionError: division by zero.")
    assert result.details[0] == "return total / 0 * sum(x)"
    assert result.details[1].startswith("when called as likelihood([210, 212, 214], 217, 6.5)")
    assert "checks" not in repr(result) and "judging" not in repr(result)


def test_the_deepest_line_of_the_reader_is_shown_not_the_librarys():
    source = "import statistics\ndef inner(x):\n    return statistics.mean([])\ndef likelihood(x, mu, sigma):\n"
    result = ran(source + "    return inner(x)")
    assert result.message.startswith("In line 3 of `inner`: StatisticsError")
    assert result.details[0] == "return statistics.mean([])"


def test_lines_of_an_earlier_cell_are_its_own():
    names = {}
    run("\n\ndef inner(x):\n    return x[99]", "", names)
    result = ran("def likelihood(x, mu, sigma):\n    return inner(x)", CALL, names)
    assert result.message.startswith("In line 4 of `inner`: IndexError") and result.details[0] == "return x[99]"


def test_an_exception_outside_a_function():
    result = ran("x = 1\ny = x + 'a'")
    assert result.message.startswith("In line 2: TypeError") and result.details == ["y = x + 'a'"]


def test_a_missing_import_is_named():
    result = ran("def likelihood(x, mu, sigma):\n    return math.exp(0)")
    assert "name 'math' is not defined. Write `import math` at the top of the cell." in result.message


def test_a_changed_name_is_noticed_and_a_stale_function_is_not_judged():
    names = {}
    good = "import math\ndef likelihood(x, mu, sigma):\n    return math.prod(map(len, x))"
    ran(good, CALL, names)
    assert "likelihood" in names
    result = ran(good.replace("likelihood", "likelyhood"), CALL, names)
    assert "does not define `likelihood`" in result.message


def test_a_cell_that_stops_leaves_the_earlier_function_to_other_exercises():
    names = {}
    ran("def likelihood(x, mu, sigma): return 1", CALL, names)
    assert ran("1 / 0", CALL, names).kind == "error"
    assert names["likelihood"](0, 0, 0) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise SystemExit", "asked Python to end"),
        ("exit()", "exit"),
        ("raise KeyboardInterrupt", "was stopped while it was still running"),
        ("return likelihood(x, mu, sigma)", "never ends"),
        ("raise MemoryError", "more memory than there is"),
        ("return undefined", "name 'undefined' is not defined"),
    ],
)
def test_every_way_to_stop_is_a_result(body, says):
    result = ran(f"def likelihood(x, mu, sigma):\n    {body}")
    assert result.kind == "error" and says in result.message
    top = ran(body.replace("return ", "x = ").replace("likelihood(x, mu, sigma)", "(lambda f: f(f))(lambda f: f(f))"))
    assert top.kind == "error" and says in top.message


def test_a_name_of_another_exercise_is_explained():
    result = run("log_density(1, 2, 3)", "", {})
    assert result.message == "`log_density` is written in another exercise of this chapter: run that cell first."


def test_running_without_a_check_judges_nothing_and_prints_the_last_value(capsys):
    names = {}
    result = run("x = 2\nx + 3", "", names)
    assert (result.kind, result.correct, names["x"]) == ("ran", False, 2)
    assert capsys.readouterr().out == "5\n"
    run("x = 3", "", names)
    run("...", "", names)
    assert capsys.readouterr().out == ""


def test_the_reader_may_take_the_name_check():
    result = run("check = 3\ndef likelihood(x, mu, sigma): ...", CALL, {})
    assert result.kind == "stub"


def test_a_value_that_cannot_be_shown_is_a_result():
    result = run("class A:\n    def __repr__(self):\n        return 1 / 0\nA()", "", {})
    assert result.kind == "error" and result.message.startswith("In line 3 of `__repr__`: ZeroDivisionError")


def test_results_are_marked_by_more_than_colour():
    good = run("x = 1", "", {})
    bad = ran("def likelihood(x, mu, sigma): return '<b>'")
    assert repr(good).startswith("✓ ") and repr(bad).startswith("✗ Not yet.")
    assert "✗ Not yet" in bad._repr_html_() and "&lt;b&gt;" in bad._repr_html_() and "<b>" not in bad._repr_html_()


def test_in_jupyter_the_line_is_the_cells():
    source = "def likelihood(x, mu, sigma):\n    return x[99]\n"
    file, names = "/tmp/ipykernel_12/345.py", {}
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    exec(compile(source, file, "exec"), names)
    result = check("likelihood-code", names["likelihood"])
    assert result.message.startswith("In line 2 of `likelihood`: IndexError") and result.details[0] == "return x[99]"

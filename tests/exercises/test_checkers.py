"""Every checker: what it must accept, what it must refuse and with which words, and that nothing makes it fall over."""

import re

import pytest

from helpers.checks import check, checker, checkers, get, run
from helpers.checks.registry import _CHECKERS

from .authored import EXERCISES, SOLUTIONS


@pytest.fixture(params=EXERCISES, ids=lambda exercise: exercise.name)
def exercise(request):
    return request.param


def namespace(name):
    """A chapter's namespace in which the exercises that ``name`` needs are solved."""
    names = {}
    for needed in get(name).needs:
        assert run(SOLUTIONS[needed], "", names).kind == "ran"
    return names


def answer(exercise, source):
    return run(source, exercise.call, namespace(exercise.name))


def test_the_stub_is_not_enough(exercise):
    result = answer(exercise, exercise.stub)
    assert not result.correct and result.kind in ("stub", "wrong")
    assert len(result.message) > 20


def test_the_solution_is_accepted(exercise):
    result = answer(exercise, exercise.solution)
    assert result.correct and result.kind == "correct", repr(result)


def test_a_solved_exercise_stays_solved_when_it_is_checked_again(exercise):
    names = namespace(exercise.name)
    first, second = (run(exercise.solution, exercise.call, names) for _ in range(2))
    assert first == second and first.correct


WRONG = [(exercise, wrong) for exercise in EXERCISES for wrong in get(exercise.name).wrong]


@pytest.mark.parametrize(("exercise", "wrong"), WRONG, ids=lambda one: getattr(one, "name", None) or one.says[:30])
def test_a_known_wrong_answer_is_refused_in_its_own_words(exercise, wrong):
    result = answer(exercise, wrong.source)
    assert not result.correct
    assert re.search(wrong.says, result.message, re.S), repr(result)


def test_each_known_wrong_answer_gets_another_message(exercise):
    listed = get(exercise.name).wrong
    assert len(listed) >= 5
    messages = [answer(exercise, wrong.source).message for wrong in listed]
    assert len(set(messages)) == len(messages)


def test_the_solution_of_an_earlier_exercise_is_missed_in_words(exercise):
    for needed in get(exercise.name).needs:
        (name,) = get(needed).defines
        result = run(exercise.solution, exercise.call, {})
        assert not result.correct
        assert result.message == f"This exercise uses `{name}` from the exercise before: run that cell first."
        stub = next(one.stub for one in EXERCISES if one.name == needed)
        names = {}
        run(stub, "", names)
        assert "is not right yet" in run(exercise.solution, exercise.call, names).message


def test_some_exercise_needs_another():
    assert "likelihood-ratio" in [one.name for one in checkers() if one.needs]


def truths(exercise):
    """What the solution returns in the trials of its checker."""
    names, returned = namespace(exercise.name), []
    run(exercise.solution, "", names)
    function = names[exercise.objects[0]]

    def recording(*arguments):
        returned.append(function(*arguments))
        return returned[-1]

    recording.__wrapped__ = function
    assert check(exercise.name, recording).correct
    return returned


def test_a_constant_is_refused_even_if_it_is_right_once(exercise):
    constants = {0.0, 1.0, -1.0, float("nan"), float("inf"), *truths(exercise)}
    assert len(constants) > 8
    for constant in constants:
        result = check(exercise.name, lambda *_, value=constant: value)
        assert not result.correct, constant


def test_an_answer_that_is_slightly_off_is_refused(exercise):
    names = namespace(exercise.name)
    run(exercise.solution, "", names)
    function = names[exercise.objects[0]]
    assert not check(exercise.name, lambda *a: function(*a) * (1 + 1e-6)).correct
    assert check(exercise.name, lambda *a: function(*a) * (1 + 1e-12)).correct


class Hostile:
    """A value that refuses everything."""

    def __float__(self):
        raise RuntimeError("no float")

    def __repr__(self):
        raise RuntimeError("no repr")

    def __eq__(self, other):
        raise RuntimeError("no ==")

    __hash__ = None


async def coroutine(*_):
    return 1.0


def generator(*_):
    yield 1.0


def endless(*arguments):
    return endless(*arguments)


def raising(*_):
    raise Hostile_error


class HostileError(BaseException):
    def __str__(self):
        raise RuntimeError("no text")


Hostile_error = HostileError()


def leaving(*_):
    raise SystemExit


ODD = {
    "None": (None, "There is no"),
    "dots": (..., "There is no"),
    "number": (3.0, "should be a function"),
    "text": ("abc", "should be a function"),
    "hostile": (Hostile(), "should be a function"),
    "returns None": (lambda *_: print(end=""), "returned None"),
    "returns text": (lambda *_: "1.0", "the text '1.0'"),
    "returns a list": (lambda *_: [1.0], "a list; the exercise asks for one number"),
    "returns True": (lambda *_: True, "true or false"),
    "returns nan": (lambda *_: float("nan"), "nan|same number"),
    "returns inf": (lambda *_: float("inf"), "same number"),
    "returns complex": (lambda *_: 1j, "complex"),
    "returns hostile": (lambda *_: Hostile(), "a Hostile; the exercise asks for one number"),
    "returns a huge whole number": (lambda *_: 10**400, "one number"),
    "returns a function": (lambda *_: max, "one number"),
    "generator": (generator, "returned a generator"),
    "coroutine": (coroutine, "returned a coroutine"),
    "no arguments": (lambda: 1.0, r"must take \d arguments: "),
    "too many arguments": (lambda a, b, c, d, e, f: 1.0, r"must take \d arguments: "),
    "class": (dict, "dict|expected at most|one number|TypeError"),
    "builtin": (max, "TypeError|one number|does not give|ValueError|none of the usual"),
    "endless": (endless, "never ends"),
    "raises": (raising, "HostileError"),
    "leaves": (leaving, "asked Python to end"),
}


@pytest.mark.parametrize("odd", ODD)
def test_nothing_makes_a_checker_fall_over(exercise, odd):
    thing, says = ODD[odd]
    result = check(exercise.name, thing)
    assert not result.correct
    assert re.search(says, result.message), repr(result)
    assert result.to_dict()["message"] == result.message and repr(result) and result._repr_html_()


def test_a_function_may_ruin_its_arguments(exercise):
    names = namespace(exercise.name)
    run(exercise.solution, "", names)
    function = names[exercise.objects[0]]

    def ruining(*arguments):
        value = function(*arguments)
        for argument in arguments:
            if isinstance(argument, list):
                argument.clear()
        return value

    assert check(exercise.name, ruining).correct


def test_the_wrong_number_of_objects_is_said(exercise):
    assert "pass exactly that" in check(exercise.name).message
    assert "pass exactly that" in check(exercise.name, max, max).message


def test_an_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match="no exercise called 'nothing'.*likelihood-code"):
        check("nothing", max)


def test_two_checkers_may_not_share_a_name():
    with pytest.raises(ValueError, match="two checkers"):
        checker("likelihood-code", chapter="likelihood", wrong=[])(lambda likelihood: None)
    assert _CHECKERS["likelihood-code"].wrong


def test_a_stop_by_the_reader_reaches_the_notebook():
    def stopped(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("likelihood-code", stopped)


def test_trials_are_the_same_every_time(exercise):
    assert truths(exercise) == truths(exercise)


def test_numbers_of_other_libraries_are_numbers(exercise):
    import numpy as np
    import torch

    names = namespace(exercise.name)
    run(exercise.solution, "", names)
    function = names[exercise.objects[0]]
    assert check(exercise.name, lambda *a: np.float64(function(*a))).correct
    assert check(exercise.name, lambda *a: torch.tensor(function(*a), dtype=torch.float64)).correct

"""Quick questions: exactly what is right solves them, and everything else hears why not."""

import itertools
import json

import pytest

from helpers.checks import choice, choices, number, question, questions
from helpers.checks.questions import MIME, Choice, Number, plain, right
from helpers.checks.widgets import widget

from .authored import CHAPTERS, asked

ASKED = [one for chapter in CHAPTERS for one in asked(chapter)]
KINDS = {"choice": choice, "choices": choices, "number": number}
CHOICES = [one for one in questions() if isinstance(one, Choice)]
NUMBERS = [one for one in questions() if isinstance(one, Number)]


def by_name(one):
    return one.name


@pytest.mark.parametrize(("kind", "name"), ASKED)
def test_a_chapter_asks_what_is_registered(kind, name):
    data = KINDS[kind](name).to_dict()
    assert data["kind"] == kind and data["name"] == name
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert all(data[key] for key in ("prompt", "solved"))


def test_every_question_is_asked_once():
    assert sorted(name for _, name in ASKED) == sorted(one.name for one in questions())
    assert {kind for kind, _ in ASKED} == set(KINDS)


@pytest.mark.parametrize("one", CHOICES, ids=by_name)
def test_every_wrong_option_has_its_own_feedback(one):
    feedback = [o.feedback for o in one.options if not o.correct]
    assert feedback and all(len(words) > 20 for words in feedback) and len(set(feedback)) == len(feedback)
    for i, option in enumerate(one.options):
        if not option.correct:
            result = one.judge(i)
            assert not result.correct and result.message == option.feedback


@pytest.mark.parametrize("one", CHOICES, ids=by_name)
def test_exactly_the_right_options_solve(one):
    indices = range(len(one.options))
    correct = {i for i in indices if one.options[i].correct}
    assert len(correct) >= 2 if one.several else len(correct) == 1
    for size in range(len(one.options) + 1):
        for chosen in itertools.combinations(indices, size):
            assert one.judge(chosen).correct == (set(chosen) == correct)


@pytest.mark.parametrize("one", NUMBERS, ids=by_name)
def test_a_number_is_right_within_its_tolerance(one):
    assert one.judge(one.answer).correct and one.judge(one.answer + 0.9 * one.tolerance).correct
    assert not one.judge(one.answer + 1.1 * one.tolerance).correct
    assert one.judge(f" {one.answer:.3f} ".replace(".", ",")).correct
    assert one.judge(one.answer + 1234).message == one.otherwise


@pytest.mark.parametrize("one", NUMBERS, ids=by_name)
def test_a_typical_wrong_number_hears_why(one):
    assert len(one.wrong) >= 3
    for value, feedback in one.wrong:
        result = one.judge(f"{value:.3f}".replace("-", "−"))
        assert not result.correct and result.message == feedback


@pytest.mark.parametrize("given", ["", "abc", "nan", "inf", None, [], "1,2,3"])
def test_what_is_no_number_is_asked_for_again(given):
    assert all("Give a number" in one.judge(given).message for one in NUMBERS)


@pytest.mark.parametrize("one", questions(), ids=by_name)
def test_plain_text_holds_no_tex(one):
    for text in [one.prompt, *(o.text for o in getattr(one, "options", ()))]:
        assert not set("$\\{}") & set(plain(text))


def test_tex_becomes_unicode():
    assert plain(r"about $10^8$ or $10^{-12}$, $\mu$") == "about 10⁸ or 10⁻¹², μ"


@pytest.mark.parametrize("one", questions(), ids=by_name)
def test_a_notebook_gets_a_widget_the_page_its_data_and_paper_the_words(one):
    bundle = one._repr_mimebundle_()
    assert bundle[MIME] == one.to_dict()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert one.prompt in bundle["text/plain"] and one.prompt in bundle["text/html"]


def answer_in_jupyter(one, wanted):
    """Answer a question's widget as a hand would; what it says."""
    box = widget(one)
    *inputs, button, said = box.children
    if isinstance(one, Number):
        inputs[0].children[1].value = wanted
    elif one.several:
        for i, child in enumerate(inputs[1:]):
            child.value = i in wanted
    else:
        inputs[1].index = wanted[0]
    button.click()
    return said.value


@pytest.mark.parametrize("one", CHOICES, ids=by_name)
def test_the_widget_of_a_choice_answers(one):
    correct = [i for i, o in enumerate(one.options) if o.correct]
    bad = next(i for i, o in enumerate(one.options) if not o.correct)
    assert "✓ Right" in answer_in_jupyter(one, correct)
    assert "✗ Not yet" in answer_in_jupyter(one, [bad])
    assert "Choose first" in answer_in_jupyter(one, [] if one.several else [None])


@pytest.mark.parametrize("one", NUMBERS, ids=by_name)
def test_the_widget_of_a_number_answers(one):
    assert "✓ Right" in answer_in_jupyter(one, f"{one.answer:.3f}")
    assert "✗ Not yet" in answer_in_jupyter(one, "12345")


def test_an_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match="no question called 'nothing'.*likelihood-units"):
        question("nothing")


def test_the_kind_must_fit():
    with pytest.raises(ValueError, match="'likelihood-two' asks for a number, not a choice"):
        choice("likelihood-two")


def test_two_questions_may_not_share_a_name():
    with pytest.raises(ValueError, match="two questions"):
        Choice("likelihood-units", "likelihood", "?", (right("a"),), "s")

"""What a chapter shows of code and results: sources, tables, progress that leaves no trace."""

import ast
import inspect
import re

import pytest

from helpers import show


def test_a_table_has_its_numbers_at_the_right_and_its_text_escaped():
    text = show.table(["name", "nats"], [["a < b", "-1.50"], ["c | d", "12 ± 0.3"]]).data
    cells = re.findall(r'<t[hd] style="text-align: (\w+)">(.*?)</t[hd]>', text)
    assert cells == [
        ("left", "name"), ("right", "nats"), ("left", "a &lt; b"), ("right", "-1.50"),
        ("left", "c | d"), ("right", "12 ± 0.3"),
    ]  # fmt: skip


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"rows must have 2 cells each, got \['1'\]"):
        show.table(["a", "b"], [[1]])


def test_progress_passes_every_step_and_is_silent_while_pages_are_built(capsys, monkeypatch):
    monkeypatch.setenv(show.BUILDING, "1")
    assert list(show.progress(range(3))) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
    monkeypatch.delenv(show.BUILDING)
    assert list(show.progress(range(3))) == [0, 1, 2]
    assert "/3" in capsys.readouterr().err


def test_training_leaves_no_trace_in_a_page(book):
    page = (book / "vae" / "digits.html").read_text("utf-8")
    assert "progress=progress" in re.sub(r"<[^>]+>", "", page)
    assert "it/s" not in page and "%|" not in page


class _Shown:
    """A class whose ``name`` is long enough.

    More of it.
    """

    def method(self, first, second=(1, 2, 3), third=("a", "b", "c"), fourth=None, fifth=None):
        """Return ``first`` and all the others, in the order in which they were given to the method.

        Not shown.
        """
        # A comment stays.
        return first, second, third, fourth, fifth


def test_shown_code_is_the_code_with_short_lines_and_short_docstrings():
    text = show.source(_Shown).data
    code = text.removeprefix("```python\n").removesuffix("\n```")
    assert max(map(len, code.splitlines())) <= show.WIDTH
    assert "More of it" not in code and "Not shown" not in code and "``" not in code and "# A comment stays." in code
    [shown], [own] = ast.parse(code).body, ast.parse(inspect.getsource(_Shown)).body
    for tree in (shown, own):
        for node in (tree, tree.body[1]):
            del node.body[0]  # the docstring
    assert ast.dump(shown) == ast.dump(own)

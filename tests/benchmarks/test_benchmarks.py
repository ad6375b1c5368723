"""The pure parts of the benchmarks: summaries, the table, what counts as what. Nothing is measured here."""

import gzip
import json
import math

import pytest
from benchmarks.site import chapters

from benchmarks import report, summary


def test_percentile_is_one_of_the_values():
    assert summary.percentile([3, 1, 2], 0.5) == 2
    assert summary.percentile(range(1, 101), 0.95) == 95
    assert summary.percentile([7.0], 0.95) == 7.0
    assert summary.percentile([1, 2], 1) == 2
    with pytest.raises(ValueError, match="empty"):
        summary.percentile([], 0.5)


def test_ratio_of_pairs_ignores_a_slow_moment_that_hits_both():
    assert summary.median_ratio([2, 20, 2], [1, 10, 1]) == 2
    with pytest.raises(ValueError, match="shorter"):
        summary.median_ratio([1, 2], [1])


def test_first_reached_interpolates_between_the_steps():
    assert summary.first_reached([10, 20], [0.0, 1.0], 0.5) == 15
    assert summary.first_reached([10, 20], [0.0, 1.0], -1.0) == 10
    assert summary.first_reached([10, 20, 30], [0.0, 1.0, 0.5], 1.0) == 20
    assert summary.first_reached([10, 20], [0.0, 1.0], 2.0) == math.inf


@pytest.mark.parametrize(
    ("bar", "value", "verdict"),
    [
        (report.Bar(4), 4.0, "ok"),
        (report.Bar(4), 4.1, "MISSED"),
        (report.Bar(4), math.nan, "MISSED"),
        (report.Bar(1.3, at_least=True), 1.3, "ok"),
        (report.Bar(1.3, at_least=True), 1.2, "MISSED"),
        (None, 1e9, ""),
    ],
)
def test_verdict(bar, value, verdict):
    assert report.Row("s", "i", "m", value, bar=bar).verdict() == verdict


def test_table_is_aligned():
    rows = [
        report.Row("pages", "one", "size", 571.2, "kB", report.Bar(600)),
        report.Row("x", "a longer name", "m", 0.5),
    ]
    head, _, first, second = report.table(rows).splitlines()
    assert first.index("size") == second.index("m ") == head.index("measure")
    assert first.index("571") + len("571") == second.index("0.50") + len("0.50") == head.index("value") + len("value")
    assert "≤ 600" in first and "ok" in first


def test_file_is_strict_json(tmp_path):
    path = tmp_path / "new" / "bench.json"
    row = report.Row("pages", "one", "size", math.inf, "kB", report.Bar(600), "note", {"n": 3})
    report.write(path, [row], quick=True, crashed=[])
    content = json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    assert content["rows"][0] | {"value": None, "verdict": "MISSED", "bar": "≤ 600"} == content["rows"][0]


def test_every_page_of_a_table_of_contents_is_found():
    toc = {
        "root": "index",
        "parts": [
            {"caption": "One", "chapters": [{"file": "a", "sections": [{"file": "a/b"}]}, {"url": "elsewhere"}]},
            {"caption": "Two", "chapters": [{"file": "c"}]},
        ],
    }
    assert chapters(toc) == ["index", "a", "a/b", "c"]


def test_kinds_and_sizes_of_answers():
    pages = pytest.importorskip("benchmarks.pages", reason="needs playwright")
    kinds = {
        "http://h/vae/digits.html": "html",
        "http://h/_static/a.css?digest=1": "css",
        "http://h/_figures/likelihood-1.js": "figures",
        "http://h/_figures/likelihood-1.bin": "figures",
        "http://h/searchindex.js": "search index",
        "http://h/f.woff2": "fonts",
        "http://h/data": "other",
    }
    assert {url: pages.kind(url) for url in kinds} == kinds
    text = b"again and " * 100
    assert pages.transferred("http://h/a.js?v=1", text) == len(gzip.compress(text, 6)) < len(text)
    assert pages.transferred("http://h/f.woff2", text) == len(text)


def test_the_calmest_round_is_chosen_for_each_kind_of_control():
    figures = pytest.importorskip("benchmarks.figures", reason="needs playwright")
    rounds = [{"slider": [1.0, 9.0], "button": [1.0]}, {"slider": [2.0, 3.0], "button": [5.0]}]
    assert figures.calmest(rounds) == {"slider": [2.0, 3.0], "button": [1.0]}


def test_equal_elbo_is_judged_at_what_both_reach():
    training = pytest.importorskip("benchmarks.training")
    elbos = {training.LEAN: [-20.0, -18.0], "other": [-20.0, -19.0]}
    target, ours, theirs = training.at_equal_elbo([100, 200], elbos, "other")
    assert target == pytest.approx(-19.0 - training.TOLERANCE)
    assert (ours, theirs) == (pytest.approx(145), pytest.approx(190))


def test_only_takes_known_sections():
    main = pytest.importorskip("benchmarks.__main__", reason="needs playwright")
    assert main.arguments(["--only", "training,build"]).only == ["build", "training"]
    assert main.arguments([]).only == list(main.SECTIONS)
    with pytest.raises(SystemExit):
        main.arguments(["--only", "speed"])

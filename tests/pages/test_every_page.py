"""Every page of the built book, on a phone and on a desk, by day and by night."""

import gzip
import re

import pytest

from tests.conftest import IN_TOC, Visit

CHAPTERS = [f"{name}.html" for name in IN_TOC if not name.startswith("reference/")]
REFERENCE = [f"{name}.html" for name in IN_TOC if name.startswith("reference/")]
PAGES = ["index.html", *CHAPTERS, *REFERENCE, "search.html?q=likelihood", "genindex.html"]


def test_the_list_of_pages_is_complete(book):
    found = {str(path.relative_to(book)) for path in book.rglob("*.html") if "_static" not in path.parts}
    assert found == {page.split("?")[0] for page in PAGES}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(chromium, site, path, width, scheme):
    """No foreign request, no console message, nothing missing, nothing wider than the screen, every figure awake."""
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    visit = Visit(context.new_page(), site).open(path).scroll_through()
    overflow = visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    theme = visit.page.evaluate("document.documentElement.dataset.theme")
    failed = visit.page.locator(".lb-failed, .lb-error").count()
    context.close()
    assert visit.problems == []
    assert overflow <= 0
    assert theme == scheme
    assert failed == 0


@pytest.mark.parametrize("path", CHAPTERS)
def test_equations_are_set_in_the_page_with_mathml(book, path):
    text = (book / path).read_text("utf-8")
    assert text.count("<math ") == text.count('class="katex-mathml"') > 20
    assert "MathJax" not in text and "katex-error" not in text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_names_a_script_of_another_host(book, path):
    text = (book / path.split("?")[0]).read_text("utf-8")
    scripts_and_styles = re.findall(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"([^\"]+)\"", text)
    assert scripts_and_styles
    assert [address for address in scripts_and_styles if "//" in address and not address.startswith("data:")] == []
    assert "thebe" not in text and "widget-state" not in text


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_weighs_at_most_600_kb(chromium, site, path):
    """Everything loaded while a reader scrolls to the end, gzipped as a web server would send it."""
    context = chromium.new_context()
    visit = Visit(context.new_page(), site)
    answers = []
    visit.page.on("response", lambda answer: answers.append(answer))
    visit.open(path).scroll_through()
    packed = {answer.url: _weight(answer) for answer in answers if answer.url.startswith("http")}
    context.close()
    assert len(packed) > 10
    assert sum(packed.values()) <= 600_000, sorted(packed.items(), key=lambda item: -item[1])[:5]


def _weight(answer) -> int:
    body = answer.body()
    return len(body) if answer.url.endswith((".woff2", ".png")) else len(gzip.compress(body, 6))


def test_weights_travel_as_a_small_binary(book):
    sizes = [path.stat().st_size for path in (book / "_figures").glob("*.bin")]
    assert sizes and max(sizes) < 300_000


@pytest.mark.parametrize("path", PAGES)
def test_only_the_search_page_loads_the_index(book, path):
    """It grows with the book, and no reader pays for it who does not search."""
    name = path.split("?")[0]
    assert ("searchindex.js" in (book / name).read_text("utf-8")) == (name == "search.html")


def test_search_finds_a_word_of_a_chapter(visit):
    visit.open("search.html?q=flipper")
    visit.page.wait_for_selector("ul.search li")
    assert "Likelihood" in visit.page.locator("ul.search").inner_text()


def test_navigation_leads_from_the_landing_page_to_each_chapter(visit):
    visit.open("index.html")
    links = visit.page.locator(".bd-article a.reference.internal").evaluate_all("all => all.map(a => a.href)")
    for chapter in CHAPTERS:
        assert any(link.endswith(chapter) for link in links), chapter

"""What a page weighs when it is loaded and read to its end: every answer, as gzip (level 6) would send it."""

import gzip
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from benchmarks.browser import fresh_page, open_page, scroll_through, started
from benchmarks.report import Bar, Row
from benchmarks.site import Site

LIMIT = Bar(600)  # kB
COMPRESSED = {".woff2", ".woff", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".gz", ".zip", ".whl"}
KINDS = {
    ".html": "html", ".css": "css", ".js": "js", ".mjs": "js", ".woff2": "fonts", ".woff": "fonts", ".ttf": "fonts",
    ".svg": "images", ".png": "images", ".jpg": "images", ".jpeg": "images", ".webp": "images", ".ico": "images",
}  # fmt: skip


def kind(url: str) -> str:
    """What an address brings; a figure's program and its constants count as figures."""
    path = PurePosixPath(urlsplit(url).path)
    if "_figures" in path.parts:
        return "figures"
    if path.name == "searchindex.js":
        return "search index"
    return KINDS.get(path.suffix, "other")


def transferred(url: str, body: bytes) -> int:
    """Bytes of ``body`` on the way; what is compressed already goes as it is."""
    if PurePosixPath(urlsplit(url).path).suffix in COMPRESSED:
        return len(body)
    return len(gzip.compress(body, 6))


def answers(running, address: str) -> dict[str, bytes]:
    """Every answer that the page asked for, by its address."""
    requests = []
    with fresh_page(running) as page:
        page.context.on("requestfinished", lambda request: requests.append(request))
        open_page(page, address)
        scroll_through(page)
        return {r.url: r.response().body() for r in requests if not r.url.startswith("data:")}


def weigh(name: str, address: str, found: dict[str, bytes]) -> Row:
    """The row of one page, its kinds from heavy to light."""
    by_kind = Counter()
    for url, body in found.items():
        by_kind[kind(url)] += transferred(url, body)
    note = " · ".join(f"{what} {size / 1000:.1f}" for what, size in by_kind.most_common())
    elsewhere = sorted({urlsplit(url).netloc for url in found} - {urlsplit(address).netloc})
    if elsewhere:
        note += f" · asks {', '.join(elsewhere)}"
    detail = {"bytes": dict(by_kind), "requests": len(found), "other_hosts": elsewhere}
    return Row("pages", name, "gzip, read to the end", by_kind.total() / 1000, "kB", LIMIT, note, detail)


def measure(book: Site, quick: bool) -> list[Row]:
    """One row a page."""
    with started() as running:
        return [weigh(name, address, answers(running, address)) for name, address in book.pages().items()]

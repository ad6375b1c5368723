"""The built book: made when first asked for, in a temporary folder, and served to a browser from this machine."""

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml
from tools import serve

ROOT = Path(__file__).resolve().parents[1]
PORT = 8800  # or the next free one


def chapters(toc: dict) -> list[str]:
    """Names of all pages of a table of contents, its root first."""
    return [toc["root"], *_files(toc)]


def _files(node) -> list[str]:
    if isinstance(node, list):
        return [name for entry in node for name in _files(entry)]
    below = [name for value in node.values() if isinstance(value, list) for name in _files(value)]
    return [node["file"], *below] if "file" in node else below


class Site:
    """The book's pages. ``html`` is a folder that is built already; without one, the pages are built when needed."""

    def __init__(self, html: Path | None = None):
        """Nothing is built yet."""
        self._html, self._address = html, None
        self.cleanup = contextlib.ExitStack()

    def __enter__(self):
        """Files and server live until the end of the ``with``."""
        return self

    def __exit__(self, *_):
        """Stop the server, remove the files."""
        self.cleanup.close()

    def html(self) -> Path:
        """The folder of the pages."""
        if self._html is None:
            self.build(self.new_folder())
        return self._html

    def new_folder(self) -> Path:
        """An empty folder to build in, removed at the end."""
        return Path(self.cleanup.enter_context(tempfile.TemporaryDirectory())) / "_build"

    def build(self, out: Path) -> float:
        """Build into ``out`` and return the seconds that it took; these are the pages from now on."""
        command = [sys.executable, "-m", "livebook.build", "--out", str(out)]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(f"the book did not build:\n{done.stdout[-4000:]}")
        self._html = out / "html"
        return seconds

    def address(self) -> str:
        """Where a browser finds the pages."""
        if self._address is None:
            server = self.cleanup.enter_context(serve.server(self.html(), PORT))
            self.cleanup.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._address = f"http://{serve.HOST}:{server.server_port}/"
        return self._address

    def pages(self) -> dict[str, str]:
        """Address of each chapter, by name."""
        toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
        return {name: f"{self.address()}{name}.html" for name in chapters(toc)}

"""Bundles the front end: JavaScript by esbuild, CSS from the palette and the sources, KaTeX's style and fonts.

``python -m livebook.bundle`` writes ``src/livebook/static``, which is generated and never committed.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from livebook import palette

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parents[1]
FRONTEND, STATIC = PACKAGE / "frontend", PACKAGE / "static"
MODULES = ROOT / "node_modules"


def scripts() -> None:
    """One ES module for the built page, one for Jupyter; both minified, neither with outside imports."""
    tool = MODULES / ".bin" / "esbuild"
    if not tool.exists():
        raise SystemExit("The front-end parts are not installed: run `make book`, which gets them with npm.")
    entries = [str(FRONTEND / "page.js"), str(FRONTEND / "widget.js")]
    options = ["--bundle", "--minify", "--format=esm", "--target=es2022", f"--outdir={STATIC}", "--log-level=warning"]
    subprocess.run([str(tool), *entries, *options], check=True, cwd=ROOT)


def styles() -> None:
    """The figure's style alone for Jupyter, and with the book's own for the page."""
    figure = palette.css() + (FRONTEND / "figure.css").read_text("utf-8")
    (STATIC / "widget.css").write_text(figure, "utf-8")
    (STATIC / "book.css").write_text(figure + (FRONTEND / "book.css").read_text("utf-8"), "utf-8")


def katex() -> None:
    """KaTeX's style with its woff2 fonts: every browser that runs an ES module reads woff2."""
    source, target = MODULES / "katex" / "dist", STATIC / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    css = (source / "katex.min.css").read_text("utf-8")
    css = re.sub(r',url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)', "", css)
    (target / "katex.css").write_text(css, "utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy2(font, target / "fonts" / font.name)


def main() -> None:
    """Build everything afresh; takes well under a second."""
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir()
    scripts()
    styles()
    katex()


if __name__ == "__main__":
    sys.exit(main())

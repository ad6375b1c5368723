"""Bundles the front end: JavaScript by esbuild, CSS from the palette and the sources, KaTeX's style, Python.

``python -m livebook.bundle`` writes ``src/livebook/static``, which is generated and never committed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from string import ascii_uppercase

from fontTools import subset

from livebook import palette

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parents[1]
FRONTEND, STATIC = PACKAGE / "frontend", PACKAGE / "static"
MODULES = ROOT / "node_modules"
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def _bundle(*names: str, options=()) -> None:
    """Bundle and minify these entries into ES modules."""
    tool = MODULES / ".bin" / "esbuild"
    if not tool.exists():
        raise SystemExit("The front-end parts are not installed: run `make book`, which gets them with npm.")
    entries = [str(FRONTEND / name) for name in names]
    common = ["--bundle", "--minify", "--format=esm", "--target=es2022", f"--outdir={STATIC}", "--log-level=warning"]
    subprocess.run([str(tool), *entries, *common, *options], check=True, cwd=ROOT)


def scripts() -> None:
    """One ES module for the page's figures and one for Jupyter, neither with outside imports; then the exercises'.

    Editor and curve are parts of their own, which a page loads when an exercise comes near the screen.
    """
    _bundle("page.js", "widget.js", "exercise-worker.js", options=["--loader:.py=text"])
    _bundle("exercise.js", "progress.js", options=["--splitting", "--chunk-names=chunks/[name]-[hash]"])


def python() -> None:
    """Python for the exercises: Pyodide, its memory just after the start, and the checkers."""
    target = STATIC / "pyodide"
    target.mkdir()
    for name in PYODIDE:
        shutil.copyfile(MODULES / "pyodide" / name, target / name)
    shutil.copyfile(_snapshot(), target / "snapshot.bin")
    checkers()


def checkers() -> None:
    """The checkers as a zip to import from; each build of the pages makes it again, since it is older otherwise."""
    STATIC.mkdir(exist_ok=True)
    helpers = PACKAGE.parent / "helpers"
    sources = [helpers / "__init__.py", *sorted((helpers / "checks").rglob("*.py"))]
    with zipfile.ZipFile(STATIC / "exercise-helpers.zip", "w") as archive:
        for path in sources:
            # Without a date: the same sources give the same file.
            entry = zipfile.ZipInfo(path.relative_to(PACKAGE.parent).as_posix())
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _snapshot() -> Path:
    """Path of the saved memory; it takes seconds to make, so it is kept until Pyodide or the script changes."""
    script = FRONTEND / "snapshot.mjs"
    version = json.loads((MODULES / "pyodide" / "package.json").read_text("utf-8"))["version"]
    digest = hashlib.sha256(script.read_bytes() + version.encode()).hexdigest()[:12]
    kept = MODULES / ".cache" / f"pyodide-{digest}.bin"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(".part")
        subprocess.run(["node", str(script), str(fresh)], check=True, cwd=ROOT, env=with_node())
        fresh.replace(kept)
    return kept


def with_node() -> dict[str, str]:
    """Variables in which this environment's Node comes first, whatever the shell's PATH says."""
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def styles() -> None:
    """The figure's style alone for Jupyter, and with the book's own for the page."""
    figure = palette.css() + (FRONTEND / "figure.css").read_text("utf-8")
    (STATIC / "widget.css").write_text(figure, "utf-8")
    page = [(FRONTEND / name).read_text("utf-8") for name in ("book.css", "exercise.css")]
    (STATIC / "book.css").write_text(figure + "".join(page), "utf-8")


def katex() -> None:
    """KaTeX's style with its woff2 fonts: every browser that runs an ES module reads woff2."""
    source, target = MODULES / "katex" / "dist", STATIC / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    css = (source / "katex.min.css").read_text("utf-8")
    css = re.sub(r',url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)', "", css)
    (target / "katex.css").write_text(css, "utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy2(font, target / "fonts" / font.name)
    # Of this font (28 kB) the book shows blackboard letters only, which a test watches.
    cut_font(target / "fonts" / "KaTeX_AMS-Regular.woff2", {ord(letter) for letter in ascii_uppercase})


def cut_font(path: Path, code_points: set[int]) -> None:
    """Keep only the glyphs of these code points in a woff2 font, in place."""
    options = subset.Options(flavor="woff2", notdef_outline=True)
    font = subset.load_font(str(path), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=code_points)
    cutter.subset(font)
    subset.save_font(font, str(path), options)


def main() -> None:
    """Build everything afresh; takes about a second, the first time some more."""
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir()
    scripts()
    styles()
    katex()
    python()


if __name__ == "__main__":
    sys.exit(main())

"""Runs the chapters and builds the HTML: ``python -m livebook.build --out FOLDER``. Warnings are errors."""

import argparse
import os
import sys
from pathlib import Path

from livebook import bundle

ROOT = Path(__file__).parents[2]


def command(out: Path) -> list[str]:
    """The jupyter-book call. The source is ``book/``, with the settings outside it, so that addresses are clean."""
    return [
        "build", str(ROOT / "book"), "--path-output", str(out.parent), "--config", str(ROOT / "_config.yml"),
        "--toc", str(ROOT / "_toc.yml"), "-W", "--keep-going",
    ]  # fmt: skip


def main() -> int:
    """Build into ``OUT/html`` (OUT must be called ``_build``, as jupyter-book names it)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "_build")
    out = parser.parse_args().out.resolve()
    if out.name != "_build":
        parser.error(f"--out must be a folder called _build, got {str(out)!r}")
    os.environ.update(bundle.with_node())  # kernels stand beside it
    os.environ["OMP_NUM_THREADS"] = "1"  # matrices this small gain nothing from more
    os.environ["LIVEBOOK_BUILDING"] = "1"  # for cells that would leave a progress bar in the page
    bundle.checkers()
    from jupyter_book.cli.main import build

    out.parent.mkdir(parents=True, exist_ok=True)
    return build.main(args=command(out)[1:], standalone_mode=False) or 0


if __name__ == "__main__":
    sys.exit(main())

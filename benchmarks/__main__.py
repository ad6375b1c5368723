"""Measures the book's speed, prints a table, writes ``_build/bench.json``: ``python -m benchmarks``.

A missed bar is printed and changes nothing else: this is a measurement, not a test. Exit code 1 means that a
measurement crashed or, with ``--strict``, that a bar was missed.
"""

import argparse
import sys
import traceback
from pathlib import Path

from benchmarks import building, figures, pages, report, site, training

SECTIONS = {
    "build": building.measure,
    "pages": pages.measure,
    "figures": figures.measure,
    "training": training.measure,
}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", type=chosen, default=list(SECTIONS), metavar=",".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="fewer repeats: a first look")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--site", type=Path, help="measure pages that are built already (a folder html) instead of new")
    parser.add_argument("--json", type=Path, default=Path("_build", "bench.json"), help="where the numbers go")
    return parser.parse_args(given)


def chosen(text: str) -> list[str]:
    """Sections named in ``--only``, in the order in which they run."""
    names = text.split(",")
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(SECTIONS)}")
    return [name for name in SECTIONS if name in names]


def measure(options: argparse.Namespace) -> tuple[list[report.Row], list[str]]:
    """Every row, and the sections that crashed; one that crashes does not take the others with it."""
    rows, crashed = [], []
    with site.Site(options.site) as book:
        for name in options.only:
            print(f"Measuring {name} …", file=sys.stderr, flush=True)
            try:
                rows += SECTIONS[name](book, options.quick)
            except Exception:
                traceback.print_exc()
                crashed.append(name)
    return rows, crashed


def main() -> int:
    """Measure what was asked for."""
    options = arguments()
    rows, crashed = measure(options)
    print(report.table(rows))
    report.write(options.json, rows, options.quick, crashed)
    missed = [row for row in rows if row.verdict() == "MISSED"]
    bars = sum(row.bar is not None for row in rows)
    print(f"\n{len(missed)} of {bars} bars missed; the numbers are in {options.json}")
    if crashed:
        print(f"Crashed, see above: {', '.join(crashed)}")
    return 1 if crashed or (options.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())

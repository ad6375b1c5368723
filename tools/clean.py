"""Remove what builds and tests have written: nothing that anyone typed, and not the installed packages."""

import shutil

WHOLE = ("_build", "src/livebook/static", ".pytest_cache", ".ruff_cache", ".hypothesis")
SOURCES = ("src", "tests", "tools", "benchmarks", "book")
INSIDE_SOURCES = ("__pycache__", ".ipynb_checkpoints", ".pytest_cache")


def generated(root):
    """Remove the generated files of the checkout; return what went, relative to it."""
    found = [root / name for name in WHOLE]
    for source in SOURCES:
        for name in INSIDE_SOURCES:
            found += (root / source).rglob(name)
    gone = [path for path in found if path.is_dir()]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    print(f"Removed {len(gone)} generated folders; .venv and node_modules stay (delete them to start from nothing).")
    return sorted(str(path.relative_to(root)) for path in gone)

"""No stale outputs: a change in ``src/`` re-runs the chapters.

jupyter-cache knows a notebook by its own text, and Sphinx a page by its file; both would keep outputs which an edited
helper has made wrong. So the execution cache gets a folder named after all that the outputs depend on, and pages are
read again when that name changes.
"""

import hashlib
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

SOURCES = Path(__file__).parents[2]


def fingerprint() -> str:
    """Digest of the Python in ``src/``, of the palette, and of the versions that numbers depend on."""
    digest = hashlib.sha256()
    for path in sorted(p for p in SOURCES.rglob("*") if p.suffix in (".py", ".json") or p.parent.name == "frontend"):
        digest.update(str(path.relative_to(SOURCES)).encode() + b"\0" + path.read_bytes() + b"\0")
    for package in ("torch", "numpy", "scipy", "scikit-learn", "matplotlib"):
        digest.update(f"{package} {version(package)}\n".encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()[:16]


def _choose_cache(app, config):
    root = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(root / fingerprint())
    for old in root.glob("*"):
        if old.name != fingerprint():
            shutil.rmtree(old, ignore_errors=True)


def _outdated(app, env, added, changed, removed):
    before, env.livebook_fingerprint = getattr(env, "livebook_fingerprint", None), fingerprint()
    return [] if before in (None, env.livebook_fingerprint) else sorted(env.found_docs)


def connect(app):
    """Connect to Sphinx."""
    app.connect("config-inited", _choose_cache, priority=100)
    app.connect("env-get-outdated", _outdated)

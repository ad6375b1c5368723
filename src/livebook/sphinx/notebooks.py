"""Every chapter can be downloaded as an executed notebook, dressed for JupyterLab as `make lab` dresses it.

The theme offers this only to books that name a repository.
"""

from contextlib import suppress
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from livebook.notebook import dress


def _with_outputs(notebook, cache: str):
    """MyST-NB writes a notebook without its outputs when these came from the cache: take them from there."""
    if not any(cell.get("outputs") for cell in notebook.cells):
        with suppress(KeyError):  # a page whose cells were never run
            return get_cache(cache).merge_match_into_notebook(notebook)[1]
    return notebook


def _offer(app, pagename, templatename, context, doctree):
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if not executed.exists() or doctree is None:
        return
    target = Path(app.outdir, "_sources", f"{pagename}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    notebook = _with_outputs(nbformat.read(executed, as_version=4), app.config.nb_execution_cache_path)
    nbformat.write(dress(notebook), target)
    context["ipynb_source"] = f"{pagename}.ipynb"


def connect(app):
    """Connect to Sphinx, before the theme makes its download button."""
    app.connect("html-page-context", _offer, priority=100)

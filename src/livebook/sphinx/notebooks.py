"""Every chapter can be downloaded as an executed notebook, dressed for JupyterLab as `make lab` dresses it.

The theme offers this only to books that name a repository.
"""

from pathlib import Path

import nbformat

from livebook.notebook import dress


def _offer(app, pagename, templatename, context, doctree):
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if not executed.exists() or doctree is None:
        return
    target = Path(app.outdir, "_sources", f"{pagename}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(dress(nbformat.read(executed, as_version=4)), target)
    context["ipynb_source"] = f"{pagename}.ipynb"


def connect(app):
    """Connect to Sphinx, before the theme makes its download button."""
    app.connect("html-page-context", _offer, priority=100)

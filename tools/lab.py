"""How JupyterLab is started on the chapters, with settings of the project's own (nobody's home is touched).

`lab_settings/labconfig/default_setting_overrides.json` makes a chapter (.md) open as a notebook on a double click,
as `jupytext-config set-default-viewer` would for a whole account. JupyterLab finds it through JUPYTER_CONFIG_PATH.
"""

import os
from pathlib import Path

from tools import environment

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = "livebook.lab.ChapterManager"  # shows a chapter's macros and numbers as the page shows them
SETTINGS = ROOT / "tools" / "lab_settings"


def variables(state=None, root=ROOT):
    """Return the environment variables for JupyterLab: the project's settings, and `state` in place of the home.

    What Jupyter and IPython remember (open tabs, theme, history) goes to the folder `state`, `_build/lab` by default;
    a test gives a fresh one, for JupyterLab opens a file again in the editor that its workspace remembers.
    """
    state = Path(state or root / "_build" / "lab")
    places = [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")]
    return environment.variables(root) | {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, places)),
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "IPYTHONDIR": str(state / "ipython"),
    }


def command(port, token=None, browser=True, folder=None, extra=(), root=ROOT):
    """Return the command that serves `folder` (the chapters) on `port`.

    A test gives `token` and `browser=False`, and runs the command with `variables(state)`.
    """
    options = [f"--ServerApp.root_dir={folder or root / 'book'}", f"--ServerApp.port={port}"]
    options.append(f"--ServerApp.contents_manager_class={CHAPTERS}")
    if token is not None:
        options.append(f"--IdentityProvider.token={token}")
    if not browser:
        options.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # Jupyter otherwise refuses root, who owns everything in a container
    return [environment.python(root), "-m", "jupyterlab", *options, *extra]

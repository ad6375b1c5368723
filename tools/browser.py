"""Find a Chromium for the tests, or get one."""

import os
import shutil
from pathlib import Path

from tools import environment, progress
from tools.failures import Stop

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = "/usr/share/fonts"
NO_BROWSER = (
    "The tests need a Chromium: install one (on Debian: apt-get install chromium fonts-liberation)"
    " or set BOOK_CHROMIUM to its path, then run again."
)


def installed(which=shutil.which):
    """Return the path of this machine's Chromium, None if it has none."""
    return os.environ.get("BOOK_CHROMIUM") or next(filter(None, map(which, NAMES)), None)


def has_fonts(folder=FONTS):
    """Tell whether any scalable font is installed: without one a browser draws no letters."""
    return any(Path(folder).rglob("*.[to]tf"))


def can_apt():
    """Tell whether Debian packages can be installed here."""
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def _apt(root, *packages):
    """Install Debian packages."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    log = environment.logs(root) / "apt.log"
    progress.run("Updating Debian's package lists", ["apt-get", "update"], log, root, quiet, tool="apt-get")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    progress.run(f"Installing {', '.join(packages)}", install, log, root, quiet, tool="apt-get")


def _playwright(root):
    """Let Playwright fetch its own Chromium (nothing happens if it has)."""
    command = [environment.python(root), "-m", "playwright", "install", "chromium"]
    log = environment.logs(root) / "playwright.log"
    progress.run("Fetching a Chromium", command, log, root, environment.variables(root), tool="playwright")


def ensure(root):
    """Make sure of a browser with a font; return the variables that tell the tests where it is."""
    if can_apt() and not (installed() and has_fonts()):
        try:
            _apt(root, "fonts-liberation", *([] if installed() else ["chromium"]))
        except Stop as stop:
            # Ubuntu has no such package; Playwright may still help.
            print(f"{stop}\nTrying Playwright's Chromium instead.", flush=True)
    if installed():
        return {"BOOK_CHROMIUM": installed()}
    try:
        _playwright(root)
    except Stop as stop:
        raise Stop(f"{stop}\n{NO_BROWSER}") from None
    return {}

"""Resolve requirements*.in into pinned requirements*.txt."""

import re
import tempfile
from pathlib import Path

from tools import environment, progress

FILES = ("requirements", "requirements-test")
OPTIONS = (
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--strip-extras",
    "--allow-unsafe",
    "--no-header",
)


def without_local_versions(text):
    """Drop a local version (2.13.0+cpu) from each pin: it names one registry's build, and 2.13.0 admits it too."""
    return re.sub(r"^([A-Za-z0-9._-]+==[^\s+]+)\+[A-Za-z0-9.]+", r"\1", text, flags=re.MULTILINE)


def resolve(root, extra=()):
    """Write requirements.txt and requirements-test.txt anew, in an environment of their own: .venv needs them to exist.

    The pins suit the Python that resolves and newer ones; a test asks whether the oldest can install them too.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "environment"
        environment.create(root, folder)
        interpreter = str(folder / "bin" / "python")
        environment.pip(root, "Installing pip-tools", "install", "pip-tools", interpreter=interpreter)
        for name in FILES:
            pins = root / f"{name}.txt"
            command = [interpreter, "-m", "piptools", "compile", *OPTIONS, *extra]
            command += ["--output-file", pins.name, f"{name}.in"]
            log = environment.logs(root) / "requirements.log"
            progress.run(f"Resolving {name}.in", command, log, root, environment.variables(root), tool="pip-compile")
            pins.write_text(without_local_versions(pins.read_text()))

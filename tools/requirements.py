"""Resolve requirements*.in into pinned requirements*.txt."""

import re

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
    """Write requirements.txt and requirements-test.txt anew."""
    environment.pip(root, "Installing pip-tools", "install", "pip-tools")
    for name in FILES:
        pins = root / f"{name}.txt"
        command = [environment.python(root), "-m", "piptools", "compile", *OPTIONS, *extra]
        command += ["--output-file", pins.name, f"{name}.in"]
        log = environment.logs(root) / "requirements.log"
        progress.run(f"Resolving {name}.in", command, log, root, environment.variables(root), tool="pip-compile")
        pins.write_text(without_local_versions(pins.read_text()))

"""What the setup's tests share: `tools` on the path, and a checkout made of fakes."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Stands for every tool that the setup starts: notes its arguments in `calls`, fails at those in the file `fault`.
FAKE = """#!/bin/sh
root='{root}'
echo "$(basename "$0") $*" >> "$root/calls"
case "$*" in *"$(cat "$root/fault" 2>/dev/null || echo nothing-goes-wrong)"*) cat "$root/words"; exit 1;; esac
case "$0 $*" in *"npm ci"*) rm -rf "$root/node_modules"; mkdir "$root/node_modules";; esac
"""


class Checkout:
    """A folder that looks like a checkout, whose Python, pip and npm are fakes."""

    def __init__(self, root):
        self.root = root
        for name in (
            "requirements.txt",
            "requirements-test.txt",
            "pyproject.toml",
            "package.json",
            "package-lock.json",
        ):
            (root / name).write_text(f"# {name}\n")
        (root / "calls").write_text("")

    def write_tools(self):
        """Write the fakes where a new environment would have its tools."""
        for name in ("python", "npm"):
            tool = self.root / ".venv" / "bin" / name
            tool.parent.mkdir(parents=True, exist_ok=True)
            tool.write_text(FAKE.format(root=self.root))
            tool.chmod(0o755)

    def break_tool(self, arguments, words):
        """Let the tool called with these arguments print `words` and fail."""
        (self.root / "fault").write_text(arguments)
        (self.root / "words").write_text(words)

    def mend(self):
        """Let every tool work again."""
        (self.root / "fault").unlink()

    def calls(self):
        """Return the calls since the last look."""
        text = (self.root / "calls").read_text()
        (self.root / "calls").write_text("")
        return text.splitlines()


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    from tools import environment

    folder = tmp_path / "a checkout"
    folder.mkdir()
    made = Checkout(folder)
    original = environment.progress.run

    def run(title, command, *arguments, **options):
        """Make the environment of fakes; run everything else for real."""
        if "venv" in command:
            made.write_tools()
            with (made.root / "calls").open("a") as calls:
                calls.write("venv\n")
            return
        original(title, command, *arguments, **options)

    monkeypatch.setattr(environment.progress, "run", run)
    monkeypatch.setattr(environment, "room_missing", lambda root: None)
    monkeypatch.setenv("PATH", os.defpath)
    return made

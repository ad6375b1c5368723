"""What every tracked file keeps to, and what the README promises."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from tools import bootstrap

LARGEST = 1_000_000  # bytes


@pytest.fixture(scope="module")
def files():
    """Return the files that are tracked, or would be by the next commit."""
    root = Path(__file__).resolve().parents[2]
    if not shutil.which("git") or not (root / ".git").exists():
        pytest.skip("only git knows which files are tracked, and this is no git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    return [root / name for name in listed if name and (root / name).is_file()]


def test_no_file_is_above_a_megabyte(files):
    assert [path.name for path in files if path.stat().st_size > LARGEST] == []


def test_no_file_names_this_machine_or_a_registry(files, root):
    """Words are put together here, for this file is looked at too."""
    private = ["/" + "work/", "/" + "root/", "/" + "opt/pypi", str(root) + "/"]
    private += ["pypi" + ".org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian"]
    found = []
    for path in files:
        text = path.read_bytes().decode(errors="ignore")
        found += [(str(path.relative_to(root)), word) for word in private if word in text]
    assert found == []


def test_ruff_is_content(root):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_make_command_of_the_readme_exists(root):
    targets = set(re.findall(r"^([a-z]+):.*## ", (root / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|\s)make ([a-z]+)", _code(root), re.MULTILINE))
    assert {"book", "test", "lab"} <= named
    assert named <= targets


def _code(root):
    """Return the README's code: its blocks and what stands between backquotes."""
    text = (root / "README.md").read_text()
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks + re.findall(r"`[^`\n]+`", text))


def test_every_file_that_the_readme_links_to_exists(root):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (root / "README.md").read_text())
    assert "LICENSE" in links
    assert [link for link in links if not (root / link).exists()] == []


def _declared(root):
    """Return every package that we ask a registry for by name."""
    names = set(json.loads((root / "package.json").read_text()).get("dependencies", {}))
    names |= set(json.loads((root / "package.json").read_text()).get("devDependencies", {}))
    for name in ("requirements.in", "requirements-test.in"):
        for line in (root / name).read_text().splitlines():
            if match := re.match(r"[A-Za-z0-9][\w.-]*", line):
                names.add(match[0])
    return names


def test_every_dependency_has_its_reason_in_the_readme(root):
    reasons = {}
    section = (root / "README.md").read_text().split("## What it depends on", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            packages, reason = line.strip("|").split("|")
            reasons |= dict.fromkeys(re.findall(r"`([^`]+)`", packages), reason.strip())
    declared = _declared(root)
    assert {name for name in declared if not reasons.get(name)} == set()
    assert set(reasons) - declared == set(), "the README gives a reason for what we no longer use"


def test_the_oldest_python_can_install_every_pin(root):
    """Pins that were resolved by 3.11.7 once refused Debian's 3.11.2."""
    oldest = ".".join(map(str, bootstrap.OLDEST)) + ".0"
    pins = re.findall(r"^([\w.-]+)==", (root / "requirements-test.txt").read_text(), re.MULTILINE)
    pins += re.findall(r"^([\w.-]+)==", (root / "requirements.txt").read_text(), re.MULTILINE)
    admitted = {name: importlib.metadata.metadata(name).get("Requires-Python") or "" for name in pins}
    assert len(admitted) > 50
    assert {name: bound for name, bound in admitted.items() if oldest not in SpecifierSet(bound)} == {}


def test_the_licences_are_those_that_the_readme_names(root):
    assert (root / "LICENSE").read_text().startswith("MIT License")
    assert "https://creativecommons.org/licenses/by/4.0/" in (root / "LICENSE-TEXT").read_text()


def test_ci_runs_make_test_and_nothing_else(root):
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines()[-1].startswith("exec make test")
    subprocess.run(["bash", "-n", str(script)], check=True)

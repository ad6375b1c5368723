"""An old Python is refused in one sentence, by a file that it can read."""

import ast
import subprocess
import sys

from tools import bootstrap

PRETEND = """
import runpy, sys
sys.version_info = (3, 10, 4)
sys.argv = ["bootstrap.py", "book"]
runpy.run_path({path!r}, run_name="__main__")
"""


def test_an_old_python_ends_in_one_sentence(root):
    script = PRETEND.format(path=str(root / "tools" / "bootstrap.py"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("The book needs Python 3.11 or newer and this is 3.10.4")
    assert done.stderr.count("\n") == 1


def test_a_newer_python_that_is_there_is_named():
    only = "python3.12".__eq__
    assert "make test PYTHON=python3.12" in bootstrap.too_old((3, 9), "test", available=only)
    assert "PYTHON=/path/to/" in bootstrap.too_old((3, 9), "test", available=lambda name: False)
    assert bootstrap.too_old((3, 11, 0), "book") is None


def test_a_shim_that_does_not_start_is_not_named(tmp_path):
    shim = tmp_path / "python3.14"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert not bootstrap.runs(str(shim))
    assert not bootstrap.runs(str(tmp_path / "absent"))
    assert bootstrap.runs(sys.executable)


def test_python_3_6_can_read_the_entry_point(root):
    ast.parse((root / "tools" / "bootstrap.py").read_text(), feature_version=(3, 6))


def test_the_oldest_python_is_the_one_that_the_package_declares(root):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={bootstrap.OLDEST[0]}.{bootstrap.OLDEST[1]}"

"""The smaller tools: the browser's finder, pins, cleaning, JupyterLab's settings, the Makefile's arguments."""

import importlib
import json
import subprocess
import sys

import pytest
from tools import browser, clean, goals, lab, requirements
from tools.failures import Stop


def test_the_first_browser_on_the_path_is_taken(monkeypatch):
    monkeypatch.delenv("BOOK_CHROMIUM", raising=False)
    there = {"google-chrome": "/usr/bin/google-chrome", "chromium-browser": "/usr/bin/chromium-browser"}
    assert browser.installed(there.get) == "/usr/bin/chromium-browser"
    assert browser.installed({}.get) is None
    monkeypatch.setenv("BOOK_CHROMIUM", "/opt/mine")
    assert browser.installed(there.get) == "/opt/mine"


def test_a_font_is_found_at_any_depth(tmp_path):
    assert not browser.has_fonts(tmp_path)
    (tmp_path / "truetype" / "some").mkdir(parents=True)
    (tmp_path / "truetype" / "some" / "Some.ttf").write_text("")
    assert browser.has_fonts(tmp_path)


def test_no_browser_and_no_way_to_get_one_is_told_with_the_remedy(tmp_path, monkeypatch):
    def fail(*_):
        raise Stop("playwright failed.")

    monkeypatch.setattr(browser, "installed", lambda: None)
    monkeypatch.setattr(browser, "can_apt", lambda: False)
    monkeypatch.setattr(browser, "_playwright", fail)
    with pytest.raises(Stop, match="apt-get install chromium"):
        browser.ensure(tmp_path)


@pytest.mark.parametrize(
    ("chromium", "fonts", "installs"),
    [
        (None, False, ["fonts-liberation", "chromium"]),
        ("/usr/bin/chromium", False, ["fonts-liberation"]),
        ("/usr/bin/chromium", True, None),
    ],
)
def test_debian_gets_what_it_lacks(tmp_path, monkeypatch, chromium, fonts, installs):
    state = {"chromium": chromium, "installed": None}

    def apt(root, *packages):
        state.update(chromium="/usr/bin/chromium", installed=list(packages))

    monkeypatch.setattr(browser, "installed", lambda: state["chromium"])
    monkeypatch.setattr(browser, "has_fonts", lambda: fonts)
    monkeypatch.setattr(browser, "can_apt", lambda: True)
    monkeypatch.setattr(browser, "_apt", apt)
    assert browser.ensure(tmp_path) == {"BOOK_CHROMIUM": "/usr/bin/chromium"}
    assert state["installed"] == installs


def test_pins_lose_their_local_version():
    text = "torch==2.13.0+cpu\n    # via -r requirements.in\nnumpy==2.4.6  # a+b\n"
    assert requirements.without_local_versions(text) == text.replace("+cpu", "")


def test_clean_removes_only_generated_folders(tmp_path):
    kept = ["src/helpers/gaussian.py", "book/index.md", ".venv/bin/python", "node_modules/katex/katex.js"]
    generated = ["_build/html/index.html", "src/livebook/static/page.js", "src/helpers/__pycache__/gaussian.pyc"]
    for name in kept + generated:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert clean.generated(tmp_path) == ["_build", "src/helpers/__pycache__", "src/livebook/static"]
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


def test_jupyterlab_resolves_the_settings_that_lab_ships(tmp_path):
    """Ask the server's own code, in a process of its own, what a chapter (.md) opens with."""
    script = (
        "import json; from jupyterlab_server.settings_utils import _get_overrides;"
        "print(json.dumps(_get_overrides('/nonexistent')[0]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=lab.variables(tmp_path), capture_output=True, text=True, check=True
    )
    viewers = json.loads(done.stdout)["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers["markdown"] == "Jupytext Notebook"


def test_jupyterlab_remembers_in_the_given_folder_only(tmp_path):
    variables = lab.variables(tmp_path)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert variables[name].startswith(str(tmp_path))


def test_the_lab_command_takes_port_token_and_more():
    command = lab.command(8123, token="secret", browser=False, folder="/tmp/chapters", extra=["--debug"])
    assert command[1:3] == ["-m", "jupyterlab"]
    for option in (
        "--ServerApp.port=8123",
        "--IdentityProvider.token=secret",
        "--ServerApp.open_browser=False",
        "--ServerApp.root_dir=/tmp/chapters",
        "--debug",
    ):
        assert option in command


def test_the_lab_command_names_a_contents_manager_that_exists():
    module, name = lab.CHAPTERS.rsplit(".", 1)
    assert f"--ServerApp.contents_manager_class={lab.CHAPTERS}" in lab.command(8888)
    assert callable(getattr(importlib.import_module(module), name).save)


def test_jupytexts_front_end_fits_the_jupyterlab_that_is_installed():
    """Jupytext 1.19.5 was built for JupyterLab 4.6: on 4.5 its front end fails, and chapters open as text."""
    import jupyterlab
    import jupytext

    lab_version = tuple(int(part) for part in jupyterlab.__version__.split(".")[:2])
    jupytext_version = tuple(int(part) for part in jupytext.__version__.split(".")[:3])
    assert lab_version >= (4, 6) or jupytext_version < (1, 19, 5)


def test_arguments_are_split_as_a_shell_would(monkeypatch):
    monkeypatch.setenv("ARGS", "-k 'a or b' -x")
    assert goals.arguments() == ["-k", "a or b", "-x"]
    monkeypatch.delenv("ARGS")
    assert goals.arguments() == []


def test_make_passes_its_variables_and_lists_its_targets(root):
    listed = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    names = {line.split()[1] for line in listed}
    assert set(goals.GOALS) <= names
    assert subprocess.run(["make"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines() == listed


def test_make_without_python_ends_in_a_sentence(root):
    done = subprocess.run(["make", "book", "PYTHON=no-such-python"], cwd=root, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("There is no 'no-such-python' here")

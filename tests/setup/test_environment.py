"""Setting up: each step once, again when its inputs change, and one clear sentence when it fails."""

import subprocess
import sys
import threading

import pytest
from tools import environment, failures, lock, progress, stamps

BOOK = "python -m pip install -r requirements.txt"
OWN = "python -m pip install --no-deps --no-build-isolation -e ."
TESTS = "python -m pip install -r requirements-test.txt"


def summary(calls):
    return [" ".join(call.split()[:2]) if call.startswith("npm") else call for call in calls]


def test_a_first_run_does_every_step_and_a_second_none(checkout):
    environment.prepare(checkout.root)
    assert summary(checkout.calls()) == ["venv", BOOK, OWN, "npm ci"]
    environment.prepare(checkout.root)
    assert checkout.calls() == []


def test_testing_adds_only_the_test_requirements(checkout):
    environment.prepare(checkout.root)
    checkout.calls()
    environment.prepare(checkout.root, testing=True)
    assert checkout.calls() == [TESTS]


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        ("requirements.txt", [BOOK, OWN, TESTS]),
        ("pyproject.toml", [BOOK, OWN, TESTS]),
        ("requirements-test.txt", [TESTS]),
        ("package-lock.json", ["npm ci"]),
        ("package.json", ["npm ci"]),
    ],
)
def test_a_changed_file_redoes_the_steps_that_read_it(checkout, changed, redone):
    environment.prepare(checkout.root, testing=True)
    checkout.calls()
    (checkout.root / changed).write_text("changed\n")
    environment.prepare(checkout.root, testing=True)
    assert summary(checkout.calls()) == redone


def test_another_python_makes_a_new_environment(checkout, monkeypatch):
    environment.prepare(checkout.root)
    checkout.calls()
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.99.0")
    environment.prepare(checkout.root)
    assert summary(checkout.calls()) == ["venv", BOOK, OWN]


def test_a_moved_checkout_makes_a_new_environment(checkout, tmp_path):
    environment.prepare(checkout.root)
    checkout.calls()
    checkout.root = checkout.root.rename(tmp_path / "moved")
    environment.prepare(checkout.root)
    assert summary(checkout.calls()) == ["venv", BOOK, OWN]


@pytest.mark.parametrize(
    ("fault", "then"),
    [("-r requirements.txt", [BOOK, OWN, "npm ci"]), ("-e .", [BOOK, OWN, "npm ci"]), ("ci ", ["npm ci"])],
)
def test_an_interrupted_setup_continues_at_the_step_that_failed(checkout, fault, then):
    checkout.break_tool(fault, "interrupted")
    with pytest.raises(failures.Stop):
        environment.prepare(checkout.root)
    checkout.mend()
    checkout.calls()
    environment.prepare(checkout.root)
    assert summary(checkout.calls()) == then


def test_an_environment_without_stamp_is_made_anew(checkout):
    half = checkout.root / ".venv" / "lib"
    half.mkdir(parents=True)
    (half / "left-behind").write_text("")
    environment.prepare(checkout.root)
    assert not half.exists()


def test_a_step_that_fails_leaves_no_stamp_even_of_an_earlier_success(tmp_path):
    stamp = tmp_path / "stamp"
    stamps.once(stamp, "one", lambda: None)

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stamps.once(stamp, "two", interrupted)
    assert not stamps.current(stamp, "one")
    assert not stamps.current(stamp, "two")


def test_a_key_tells_where_one_input_ends(tmp_path):
    file = tmp_path / "file"
    file.write_text("ab")
    assert stamps.key("ab", "c") != stamps.key("a", "bc")
    assert stamps.key(file) == stamps.key("ab")


NO_NETWORK = {
    "pip": "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<HTTPSConnection>:"
    " Failed to establish a new connection: [Errno 111] Connection refused')'\nERROR: No matching distribution found\n",
    "npm": "npm error code ENOTFOUND\nnpm error network request failed, reason: getaddrinfo ENOTFOUND\n",
}


@pytest.mark.parametrize(("tool", "fault"), [("pip", "-r requirements.txt"), ("npm", "ci ")])
def test_no_network_is_one_sentence(checkout, tool, fault):
    checkout.break_tool(fault, NO_NETWORK[tool])
    with pytest.raises(failures.Stop) as stop:
        environment.prepare(checkout.root)
    assert str(stop.value) == failures.no_network(tool)
    assert "\n" not in str(stop.value)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "-r requirements.txt",
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
        ),
        ("ci ", "npm error code ENOSPC\nnpm error syscall write\n"),
    ],
)
def test_a_full_disk_is_one_sentence(checkout, fault, words):
    checkout.break_tool(fault, words)
    with pytest.raises(failures.Stop) as stop:
        environment.prepare(checkout.root)
    assert str(stop.value) == failures.disk_full()
    assert "\n" not in str(stop.value)


def test_any_other_failure_shows_the_last_lines_and_where_the_log_is(checkout):
    checkout.break_tool("-r requirements.txt", "first\n" + "filler\n" * 20 + "ERROR: these two releases disagree\n")
    with pytest.raises(failures.Stop) as stop:
        environment.prepare(checkout.root)
    assert "ERROR: these two releases disagree" in str(stop.value)
    assert "first" not in str(stop.value)
    log = checkout.root / str(stop.value).rsplit(" ", 1)[1]
    assert log.read_text().startswith("first")


def test_a_connection_that_recovered_is_not_blamed(checkout):
    checkout.break_tool(
        "-r requirements.txt", NO_NETWORK["pip"] + "Collecting\n" * 50 + "ERROR: ResolutionImpossible\n"
    )
    with pytest.raises(failures.Stop, match="ResolutionImpossible"):
        environment.prepare(checkout.root)


def test_a_full_disk_while_we_write_is_one_sentence(monkeypatch, capsys):
    from tools import goals

    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(goals.GOALS, "book", full)
    assert goals.run("book") == 1
    assert capsys.readouterr().err == failures.disk_full("book") + "\n"


def test_too_little_room_is_one_sentence(tmp_path):
    assert environment.room_missing(tmp_path, needed=0) is None
    assert "GB are free" in environment.room_missing(tmp_path, needed=10**18)


def test_a_missing_venv_module_names_the_debian_package():
    assert environment.venv_parts_missing() is None
    sentence = environment.venv_parts_missing(found=lambda name: name != "ensurepip")
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in sentence


def test_what_a_killed_pip_leaves_is_forgotten(tmp_path):
    def package(name, record):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("")
        if record is not None:
            (folder / "RECORD").write_text(record)

    package("whole", "whole/__init__.py,,\nwhole-1.0.dist-info/INSTALLER,,\n")
    package("unrecorded", None)
    package("cut", "cut/__init__.py,,\n")
    (tmp_path / "~alf").mkdir()
    assert environment.forget_half_installed(tmp_path) == ["cut-1.0.dist-info", "unrecorded-1.0.dist-info", "~alf"]
    assert [path.name for path in tmp_path.iterdir()] == ["whole-1.0.dist-info"]


def test_every_package_of_this_environment_counts_as_whole(tmp_path):
    import importlib.metadata

    for package in importlib.metadata.distributions():
        name = package.metadata["Name"]
        if package.read_text("INSTALLER") == "pip\n":
            folder = tmp_path / f"{name}.dist-info"
            folder.mkdir(exist_ok=True)
            record = package.read_text("RECORD")
            (folder / "RECORD").write_text(f"{folder.name}/INSTALLER" if "dist-info/INSTALLER" in record else "")
    assert any(tmp_path.iterdir())
    assert environment.forget_half_installed(tmp_path) == []


def test_the_lock_outlives_a_killed_setup_as_long_as_its_tool_runs(tmp_path):
    gate, log = tmp_path / "gate", tmp_path / "log"
    tool = f"while [ ! -e '{gate}' ]; do sleep 0.02; done"
    said = threading.Event()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock"), tool, str(log)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        holder.stdout.readline()  # the tool has started
        holder.kill()
        holder.wait()
        waiter = threading.Thread(target=_take, args=(tmp_path / "lock", said))
        waiter.start()
        assert said.wait(10), "the second setup did not wait for the orphan"
        gate.touch()
        waiter.join(10)
        assert not waiter.is_alive()


HOLD = """
import sys
from pathlib import Path
from tools import lock, progress
with lock.only_one(Path(sys.argv[1])):
    progress.run("tool", ["sh", "-c", sys.argv[2]], Path(sys.argv[3]), ".")
"""


def _take(path, said):
    with lock.only_one(path, say=lambda *_, **__: said.set()):
        pass


def test_plain_output_tells_what_is_being_done_and_for_how_long(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.1)
    progress.run("Waiting", ["sh", "-c", "sleep 0.3"], tmp_path / "log", tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Waiting ..."
    assert lines[1].startswith("Waiting ... ")
    assert lines[-1].startswith("Waiting: done in ")

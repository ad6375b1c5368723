"""The goals of the Makefile, one function each."""

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tools import browser, clean, environment, lab, requirements, serve
from tools.failures import Stop, disk_full, sentence_for_os_error

ROOT = Path(__file__).resolve().parent.parent
# One process a core (a Chromium each, hence a ceiling); who is done first takes over from the others' ends.
IN_PARALLEL = ("--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")


def arguments():
    """Return what the reader passed as ARGS=, split as a shell would."""
    return shlex.split(os.environ.get("ARGS", ""))


def call(module, *extra):
    """Run a module of the book with the book's own Python; Stop if it fails (it has said why)."""
    command = [environment.python(ROOT), "-m", module, *extra]
    code = subprocess.run(command, cwd=ROOT, env=environment.variables(ROOT)).returncode
    if code:
        raise Stop(f"`python -m {' '.join([module, *extra])}` ended with code {code}: the lines above say why.")


def become(*command, extra_variables=None):
    """Replace this process by the book's Python, so that its output is the last and its exit code is ours."""
    sys.stdout.flush()
    os.chdir(ROOT)
    variables = environment.variables(ROOT) | (extra_variables or {})
    python = environment.python(ROOT)
    os.execve(python, [python, *command], variables)


def set_up(testing=False):
    """Prepare packages and front end: everything a goal needs before its own work."""
    environment.prepare(ROOT, testing=testing)
    call("livebook.bundle")


def book():
    """Build the book, then serve it unless SERVE=0."""
    set_up()
    call("livebook.build", "--out", "_build")
    if os.environ.get("SERVE") != "0":
        serve.forever(ROOT / "_build" / "html", serve.wanted_port(os.environ.get("PORT")))


def test():
    """Run the tests; the closing line is pytest's."""
    set_up(testing=True)
    become("-m", "pytest", *IN_PARALLEL, *arguments(), extra_variables=browser.ensure(ROOT))


def bench():
    """Run the benchmarks."""
    set_up(testing=True)
    become("-m", "benchmarks", *arguments(), extra_variables=browser.ensure(ROOT))


def open_lab():
    """Open the chapters in JupyterLab."""
    set_up()
    port = serve.wanted_port(os.environ.get("PORT"), default=8888)
    _, *command = lab.command(port, extra=arguments())
    become(*command, extra_variables=lab.variables())


def resolve_requirements():
    """Pin every dependency anew."""
    requirements.resolve(ROOT, arguments())


def remove_generated():
    """Delete what builds and tests have written."""
    clean.generated(ROOT)


GOALS = {
    "book": book,
    "test": test,
    "bench": bench,
    "lab": open_lab,
    "requirements": resolve_requirements,
    "clean": remove_generated,
}


def run(goal):
    """Run one goal; whatever stops it is told in a sentence, never a traceback of ours."""
    try:
        GOALS[goal]()
    except KeyboardInterrupt:
        print(f"\nStopped. `make {goal}` continues from here.", file=sys.stderr)
        return 130
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except OSError as error:
        print(disk_full(goal) if error.errno == errno.ENOSPC else sentence_for_os_error(error), file=sys.stderr)
        return 1
    return 0

"""Run a long command quietly: a moving line on a terminal, plain lines elsewhere, its output in a log."""

import os
import shutil
import subprocess
import sys
import time

from tools.failures import Stop, explain

SPINNER = "|/-\\"
PLAIN_EVERY = 30.0  # seconds between signs of life where there is no terminal (a CI log)


def last_line(log):
    """Return the last full line the command has printed so far."""
    with log.open("rb") as output:
        output.seek(max(0, log.stat().st_size - 2000))
        lines = output.read().decode(errors="replace").split("\n")[:-1]
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _watch_on_terminal(process, title, started, log):
    """Redraw one line, with the seconds and what the command last said, until the process ends."""
    turn = 0
    while process.poll() is None:
        head = f"{SPINNER[turn % len(SPINNER)]} {title} ({time.monotonic() - started:.0f} s)"
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write("\r\x1b[K" + f"{head}  {last_line(log)}"[:width])
        sys.stdout.flush()
        turn += 1
        time.sleep(0.1)
    sys.stdout.write("\r\x1b[K")


def _watch_plainly(process, title, started):
    """Print a line now and then until the process ends."""
    print(f"{title} ...", flush=True)
    while True:
        try:
            process.wait(PLAIN_EVERY)
            return
        except subprocess.TimeoutExpired:
            print(f"{title} ... {time.monotonic() - started:.0f} s", flush=True)


def run(title, command, log, cwd, env=None, tool=None):
    """Run `command` with its output in the file `log`; Stop with an explanation if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as output:
        # close_fds=False: the setup's lock is the one handle open to children, and they have to hold it (see lock.py).
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, close_fds=False
        )
        try:
            if sys.stdout.isatty():
                _watch_on_terminal(process, title, started, log)
            else:
                _watch_plainly(process, title, started)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        raise Stop(explain(tool or title, log.read_text(errors="replace"), os.path.relpath(log, cwd)))
    print(f"{title}: done in {time.monotonic() - started:.0f} s", flush=True)

"""Entry point of `make`: refuse a Python that is too old in one sentence, then run the goal.

An old Python has to be able to read this file, so it keeps to the syntax of Python 3.6 and
imports its neighbours only after the check.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def runs(name):
    """Tell whether a command of this name starts (finding a file is not enough: version managers leave shims)."""
    try:
        return subprocess.call([name, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def too_old(version, goal, available=runs):
    """Say what to do when `version` is older than the book needs; None when it is new enough."""
    if tuple(version[:2]) >= OLDEST:
        return None
    newer = [name for name in (f"python3.{minor}" for minor in range(14, 10, -1)) if available(name)]
    found = ".".join(str(part) for part in version[:3])
    advice = f"make {goal} PYTHON={newer[0] if newer else '/path/to/python3.11'}"
    return f"The book needs Python 3.11 or newer and this is {found}: install a newer one or name it ({advice})."


def main(arguments):
    """Run the goal named by the first argument; return the exit code."""
    goal = arguments[0] if arguments else "book"
    refusal = too_old(sys.version_info, goal)
    if refusal:
        sys.stderr.write(refusal + "\n")
        return 1
    sys.path.insert(0, ROOT)
    from tools import goals

    return goals.run(goal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

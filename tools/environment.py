"""Set up the checkout: the virtual environment, Python's packages and the front-end parts.

Every step is stamped (see stamps.py), so a second run costs milliseconds and an interrupted one continues.
A stamp lies inside the folder that it vouches for: who deletes the folder deletes the stamp.
"""

import importlib.util
import os
import platform
import shutil
import sys

from tools import lock, progress, stamps
from tools.failures import Stop

ROOM = 3 * 10**9  # bytes that a new environment takes, with what pip needs on the way


def python(root):
    """Return the path of the environment's Python."""
    return str(root / ".venv" / "bin" / "python")


def variables(root):
    """Return the environment variables for the book's commands: its own tools come first on PATH."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    path = os.pathsep.join([str(root / ".venv" / "bin"), os.environ.get("PATH", os.defpath)])
    return kept | {"PATH": path, "VIRTUAL_ENV": str(root / ".venv"), "PYTHONUNBUFFERED": "1"}


def logs(root):
    """Return the folder for the setup's lock and logs."""
    return root / "_build" / "setup"


def pip(root, title, *arguments, interpreter=None):
    """Run pip in the environment, or in that of another interpreter."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    command = [interpreter or python(root), "-m", "pip", *arguments]
    progress.run(title, command, logs(root) / "pip.log", root, variables(root) | quiet, tool="pip")


def venv_parts_missing(found=importlib.util.find_spec):
    """Say which Debian package is missing when this Python cannot make environments; None when it can."""
    if all(found(name) for name in ("venv", "ensurepip")):
        return None
    package = f"python3.{sys.version_info.minor}-venv"
    return f"This Python lacks its venv module: `apt-get install {package}` (or python3-venv) adds it; then run again."


def room_missing(root, needed=ROOM):
    """Say that the disk has too little room; None when it has enough."""
    free = shutil.disk_usage(root).free
    if free >= needed:
        return None
    return f"The setup needs {needed / 1e9:.0f} GB of disk and {free / 1e9:.1f} GB are free: make room and run again."


def create(root, folder):
    """Create an environment in `folder`, by the base interpreter: this one may live in a folder that goes."""
    refusal = venv_parts_missing()
    if refusal:
        raise Stop(refusal)
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "venv", str(folder)]
    progress.run(f"Creating {folder.name}", command, logs(root) / "venv.log", root, tool="venv")


def _new_environment(root):
    """Create .venv, in place of whatever is there."""
    refusal = venv_parts_missing() or room_missing(root)
    if refusal:
        raise Stop(refusal)
    folder = root / ".venv"
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    create(root, folder)


def forget_half_installed(site_packages):
    """Remove the traces that a killed pip leaves of packages it had not finished; return their names.

    pip writes RECORD, with INSTALLER listed in it, as the last act of an installation. Metadata without it would make
    pip believe that the package is there. A name that begins with ~ is a package which pip was about to replace.
    """
    half = list(site_packages.glob("~*"))
    for metadata in site_packages.glob("*.dist-info"):
        record = metadata / "RECORD"
        if not record.is_file() or f"{metadata.name}/INSTALLER" not in record.read_text(errors="replace"):
            half.append(metadata)
    for path in half:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return sorted(path.name for path in half)


def _install(root, requirements, own_packages):
    """Install a requirements file, and the book's own packages with it if asked."""
    for site_packages in (root / ".venv" / "lib").glob("python*/site-packages"):
        forget_half_installed(site_packages)
    pip(root, f"Installing {requirements}", "install", "-r", requirements)
    if own_packages:
        pip(root, "Installing the book's own packages", "install", "--no-deps", "--no-build-isolation", "-e", ".")


def _front_end(root):
    """Install the front-end parts, by the npm that requirements.txt brings."""
    command = ["npm", "ci", "--include=optional", "--no-audit", "--no-fund", "--no-progress"]
    command += ["--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=8000"]  # without a network, say so soon
    npm = variables(root)
    # Looked up by hand: Popen would search this process's PATH, not the one given to the command.
    command[0] = shutil.which("npm", path=npm["PATH"]) or "npm"
    progress.run("Installing the front-end parts", command, logs(root) / "npm.log", root, npm, tool="npm")


def prepare(root, testing=False):
    """Bring the checkout to what the pinned requirements say, doing only what is missing."""
    with lock.only_one(logs(root) / "lock"):
        venv, front_end = root / ".venv", root / "node_modules"
        # Scripts in an environment hold its path: a moved checkout needs a new one.
        interpreter = stamps.key(
            platform.python_implementation(), platform.python_version(), platform.machine(), str(root)
        )
        made = stamps.current(venv / ".stamp-python", interpreter) and os.path.exists(python(root))
        if not made:
            (venv / ".stamp-python").unlink(missing_ok=True)
        stamps.once(venv / ".stamp-python", interpreter, lambda: _new_environment(root))

        book = stamps.key(interpreter, root / "requirements.txt", root / "pyproject.toml")
        stamps.once(venv / ".stamp-book", book, lambda: _install(root, "requirements.txt", own_packages=True))
        if testing:
            tests = stamps.key(book, root / "requirements-test.txt")
            stamps.once(venv / ".stamp-tests", tests, lambda: _install(root, "requirements-test.txt", False))

        parts = stamps.key(platform.system(), platform.machine(), root / "package.json", root / "package-lock.json")
        stamps.once(front_end / ".stamp", parts, lambda: _front_end(root))

"""Remember that a step is done, and from which inputs, so that it runs again only when they change.

A stamp is a small file that holds a hash of the step's inputs. It goes before the step starts and
comes back when the step has succeeded: whatever interrupts the step leaves no stamp.
"""

import hashlib
import os
from pathlib import Path


def key(*inputs):
    """Hash the inputs: a Path stands for its file's bytes, anything else for its text."""
    digest = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else str(item).encode()
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def current(stamp, wanted):
    """Tell whether `stamp` says that the step was done from just these inputs."""
    try:
        return stamp.read_text() == wanted
    except (OSError, UnicodeDecodeError):
        return False


def once(stamp, wanted, step):
    """Run `step` unless `stamp` is current; tell whether it ran."""
    if current(stamp, wanted):
        return False
    stamp.unlink(missing_ok=True)
    step()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    half_written = stamp.with_name(stamp.name + ".new")
    half_written.write_text(wanted)
    os.replace(half_written, stamp)
    return True

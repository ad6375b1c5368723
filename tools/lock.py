"""Let one setup at a time work in a checkout."""

import contextlib
import fcntl
import os


@contextlib.contextmanager
def only_one(path, say=print):
    """Hold the lock file `path`, after waiting for whoever holds it.

    The tools started meanwhile inherit the lock (progress.run leaves it open for them): should this process be
    killed while pip or npm lives on, the next run waits for that orphan instead of writing to the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.set_inheritable(handle, True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another setup is at work in this folder: waiting for it to end.", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

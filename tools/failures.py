"""Turn what a tool printed before it failed into a sentence that says what to do."""

import re

# What pip (urllib3) and npm (Node) print when no registry answers.
NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|Max retries exceeded"
    r"|Failed to establish a new connection|Temporary failure in name resolution|Name or service not known"
    r"|Network is unreachable|Cannot connect to proxy"
    r"|\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b"
)
DISK_FULL = re.compile(r"No space left on device|\bENOSPC\b|Errno 28\b|Disk quota exceeded|\bEDQUOT\b")

LAST_LINES = 12  # shown
LAST_WORDS = 40  # lines searched for a cause: further up, a tool may have met a trouble that it overcame


class Stop(Exception):
    """A failure that is already told in words for the reader."""


def disk_full(goal="book"):
    """Say that the disk is full."""
    return f"The disk is full: free about 3 GB (or point TMPDIR at a larger disk) and run `make {goal}` again."


def no_network(tool):
    """Say that no registry could be reached."""
    return f"{tool} could not reach its package registry: connect to the network (or check its proxy) and run it again."


def sentence_for_os_error(error):
    """Say which file the system refused, and why."""
    where = f" ({error.filename})" if error.filename else ""
    return f"The system refused: {error.strerror or error}{where}; check that this folder may be written to."


def explain(tool, output, log):
    """Return the message for a failed `tool`: a sentence if its output tells a known cause, else its last lines."""
    tail = [line for line in output.splitlines() if line.strip()][-LAST_WORDS:]
    last_words = "\n".join(tail)
    if DISK_FULL.search(last_words):
        return disk_full()
    if NO_NETWORK.search(last_words):
        return no_network(tool)
    shown = "\n".join("    " + line for line in tail[-LAST_LINES:])
    return f"{tool} failed. Its last lines:\n{shown}\nThe whole of it is in {log}"

"""The one error of the compiler, and where in the reader's source it happened."""

import os
import re
import traceback
from pathlib import Path

import torch

_INTERNAL = (str(Path(torch.__file__).parent) + os.sep, str(Path(__file__).parent) + os.sep)
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<where>\S+)')


class CompileError(Exception):
    """A torch function that cannot become JavaScript.

    The message names the operation, the function, its file and line, and says what to do about it.
    """


def is_user_frame(frame):
    """Tell whether a traceback frame belongs to the caller's code rather than to torch or to this package."""
    return not frame.filename.startswith((*_INTERNAL, "<"))


def frame_place(frames):
    """Describe the innermost user frame of a traceback as ``file:line, in function``; "" if there is none."""
    users = [frame for frame in frames if is_user_frame(frame)]
    return f"{users[-1].filename}:{users[-1].lineno}, in {users[-1].name}" if users else ""


def node_place(node):
    """Describe where the caller's code asked for a traced node; "" if that is not known."""
    match = list(_FRAME.finditer(getattr(node, "stack_trace", None) or ""))
    return "{file}:{line}, in {where}".format(**match[-1].groupdict()) if match else ""


def exception_place(error):
    """Describe the innermost user frame that an exception passed through."""
    return frame_place(traceback.extract_tb(error.__traceback__))


def qualified_name(fn):
    """Return ``module.qualname`` of any callable, or its repr if it has neither."""
    name = getattr(fn, "__qualname__", None)
    return f"{fn.__module__}.{name}" if name else repr(fn)


def definition_place(fn):
    """Return ``file:line`` of a function's own definition, or "" for callables without code."""
    code = getattr(fn, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""


def compile_error(fn, what, advice, place=""):
    """Build a CompileError which names the construct, the function and its place, and gives the advice."""
    where = place or definition_place(fn)
    at = f" at {where}" if where else ""
    return CompileError(f"{qualified_name(fn)} cannot become JavaScript: {what}{at}. {advice}")

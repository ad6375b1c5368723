"""Constants: small ones are printed, large ones go to a binary file, each as narrow as loses nothing."""

import numpy as np
import torch

from .expressions import Literal

INLINE_BYTES = 4096
_FORMATS = ((np.float16, "half"), (np.float32, "single"), (np.float64, "double"))
READERS = {
    "half": "for (let i = 0; i < {n}; i++) {name}[i] = halfToNumber(view.getUint16({at} + 2 * i, true));",
    "single": "for (let i = 0; i < {n}; i++) {name}[i] = view.getFloat32({at} + 4 * i, true);",
    "double": "for (let i = 0; i < {n}; i++) {name}[i] = view.getFloat64({at} + 8 * i, true);",
}


def as_doubles(tensor):
    """Return the elements, flat and row-major, as float64."""
    return tensor.to(torch.float64).contiguous().reshape(-1).numpy()


def is_large(tensor):
    """Tell whether a constant belongs into the binary file."""
    return tensor.numel() * 8 > INLINE_BYTES


def printed(tensor):
    """Print a small constant as a Float64Array."""
    if tensor.numel() and (as_doubles(tensor) == as_doubles(tensor)[0]).all():
        return f"new Float64Array({tensor.numel()}).fill({Literal(as_doubles(tensor)[0])})"
    return f"new Float64Array([{','.join(str(Literal(x)) for x in as_doubles(tensor))}])"


def packed(data):
    """Return ``(format name, bytes)``: the narrowest format that gives back every element, padded to 8 bytes."""
    for dtype, name in _FORMATS:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            narrow = data.astype(dtype)
        if np.array_equal(narrow.astype(np.float64), data, equal_nan=True):
            content = narrow.astype(narrow.dtype.newbyteorder("<")).tobytes()
            return name, content + b"\0" * (-len(content) % 8)
    raise AssertionError("float64 holds float64")


class Binary:
    """The binary file beside a module, and the statements that read it."""

    def __init__(self):
        """Start empty."""
        self.content = b""
        self.statements = []

    def add(self, name, tensor):
        """Append a constant; ``name`` is the array that ``load`` fills."""
        kind, content = packed(as_doubles(tensor))
        self.statements.append(READERS[kind].format(n=tensor.numel(), name=name, at=len(self.content)))
        self.content += content

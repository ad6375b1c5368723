"""What a program is made of: immutable values, and strided reads of them.

Every value is stored (if at all) row-major and contiguous; a ``Read`` walks it with strides, so views cost nothing.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch


def row_major(shape):
    """Return the contiguous strides of a shape."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


@dataclass(eq=False)
class Value:
    """Base of all values: ``shape``, torch ``dtype`` and a readable ``name``."""

    shape: tuple
    dtype: torch.dtype
    name: str

    @property
    def numel(self):
        """The number of elements."""
        return math.prod(self.shape)

    def groups(self):
        """Yield ``(group, reads)``: the loops that compute this value, and what each pulls into its body."""
        return ()

    def arrays(self):
        """Return the reads that need their value in memory, because they are random access."""
        return ()


class Read(NamedTuple):
    """``size``-shaped access to the elements ``offset + sum(index * stride)`` of a value."""

    value: Value
    size: tuple
    stride: tuple
    offset: int

    @property
    def is_whole(self):
        """Whether it visits the value's elements once each, in their own order."""
        if math.prod(self.size) != self.value.numel or self.offset:
            return False
        expected = row_major(self.size)
        return all(n == 1 or s == e for n, s, e in zip(self.size, self.stride, expected, strict=True))

    def reshaped(self, size):
        """Return the same elements in another shape, or None if no strides do that."""
        stride = reshaped_strides(self.size, self.stride, size)
        return None if stride is None else Read(self.value, tuple(size), stride, self.offset)


def reshaped_strides(size, stride, target):
    """Return strides that walk ``target`` in the row-major order of ``(size, stride)``, or None."""
    if tuple(size) == tuple(target):
        return tuple(stride)
    if math.prod(size) == 0:
        return (0,) * len(target)
    runs = merged_runs([(n, s) for n, s in zip(size, stride, strict=True) if n != 1])
    result = []
    for n in reversed(target):
        if n == 1:
            result.append(0)
            continue
        length, step = runs.pop()
        if length % n:
            return None
        result.append(step)
        if length > n:
            runs.append((length // n, step * n))
    return tuple(reversed(result))


def merged_runs(dims):
    """Join neighbouring ``(size, stride)`` dimensions that one longer dimension walks as well."""
    runs = []
    for n, s in dims:
        if runs and runs[-1][1] == n * s:
            runs[-1] = (runs[-1][0] * n, s)
        else:
            runs.append((n, s))
    return runs


@dataclass(eq=False)
class Input(Value):
    """An argument of the program."""


@dataclass(eq=False)
class Constant(Value):
    """A tensor known when the program is built; ``uniform`` if all its elements are the same, to the bit."""

    data: torch.Tensor = None
    uniform: bool = False


@dataclass(eq=False)
class Poison(Value):
    """A value that cannot be computed; ``error`` is raised if an output needs it."""

    error: Exception = None


@dataclass(eq=False)
class Map(Value):
    """Elementwise: ``expression(*args)`` prints JavaScript; ``args`` are Reads of this shape, or Python values."""

    expression: object = None
    args: tuple = ()

    def groups(self):
        """See Value."""
        yield (self, 0), [arg for arg in self.args if isinstance(arg, Read)]


class Index(NamedTuple):
    """One computed coordinate: where it is read, the stride it multiplies, and the length it counts in."""

    read: Read
    stride: int
    length: int


@dataclass(eq=False)
class Gather(Value):
    """Element ``source.offset + sum(index * source.stride) + sum(indices)`` of the source."""

    source: Read = None
    indices: tuple = ()

    def groups(self):
        """See Value."""
        yield (self, 0), [index.read for index in self.indices]

    def arrays(self):
        """See Value."""
        return [self.source]


@dataclass(eq=False)
class Reduce(Value):
    """Fold the dimensions ``dims`` of a read, by the rule ``kind``."""

    kind: str = ""
    read: Read = None
    dims: tuple = ()

    def groups(self):
        """See Value."""
        yield (self, 0), [self.read]


@dataclass(eq=False)
class Scan(Value):
    """Running fold along dimension ``dim``, by the rule ``kind``."""

    kind: str = ""
    read: Read = None
    dim: int = 0

    def groups(self):
        """See Value."""
        yield (self, 0), [self.read]


class Part(NamedTuple):
    """One write: the elements of ``read`` go to strided (and perhaps computed) places of the result."""

    read: Read
    stride: tuple
    offset: int
    indices: tuple = ()
    operator: str = "="


@dataclass(eq=False)
class Assemble(Value):
    """A buffer that starts as ``base`` (a Read, or None if the parts cover it) and is overwritten part by part."""

    base: Read = None
    parts: list = field(default_factory=list)

    def all_parts(self):
        """Return the writes in order, the base being the first."""
        first = [Part(self.base, row_major(self.shape), 0)] if self.base else []
        return first + list(self.parts)

    def groups(self):
        """See Value."""
        for number, part in enumerate(self.all_parts()):
            yield (self, number), [part.read, *(index.read for index in part.indices)]


@dataclass(eq=False)
class Call(Value):
    """A call of a JavaScript helper: ``helper(*arrays, *results, *numbers)``; this value is its first result."""

    helper: str = ""
    operands: tuple = ()
    numbers: tuple = ()
    extra: list = field(default_factory=list)

    def arrays(self):
        """See Value."""
        return self.operands


@dataclass(eq=False)
class Extra(Value):
    """A further result of a Call."""

    call: Call = None
    number: int = 1


def dependencies(value):
    """Return every value that this one is computed from."""
    read = [r.value for _, reads in value.groups() for r in reads] + [r.value for r in value.arrays()]
    return [*read, value.call] if isinstance(value, Extra) else read


def iteration_shape(group):
    """Return the shape of the loop nest that computes one group of a value."""
    value, number = group
    if isinstance(value, (Reduce, Scan)):
        return value.read.size
    return value.all_parts()[number].read.size if isinstance(value, Assemble) else value.shape

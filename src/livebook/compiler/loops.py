"""One loop nest: which dimensions to walk, where each access lies, and the statements inside.

Statements are written before the loops are known, with marks for what depends on them: ``⟦n⟧`` is the position of
walker ``n``, ``⟨n⟩`` is the element that load ``n`` reads.
"""

import re
from typing import NamedTuple

from . import ir
from .expressions import Literal, Operand, render


class Walker(NamedTuple):
    """Strides over the iteration shape, and where they start."""

    stride: tuple
    offset: int


class Loop(NamedTuple):
    """One ``for``: its variable, its length, and each walker's stride."""

    variable: str
    length: int
    strides: tuple


class Nest:
    """The body of one group: pulls elements, and prints the loops around them."""

    def __init__(self, emitter, group):
        """Start an empty body for ``group``, a pair (value, number of the loop)."""
        self.emitter = emitter
        self.group = group
        self.shape = tuple(ir.iteration_shape(group))
        self.walkers = []
        self.loads = []
        self.statements = []
        self.names = {}

    def walker(self, stride, offset):
        """Return the mark of a position."""
        walker = Walker(tuple(stride), offset)
        if walker not in self.walkers:
            self.walkers.append(walker)
        return f"⟦{self.walkers.index(walker)}⟧"

    def pull(self, read):
        """Return the operand that holds the current element of a read."""
        value = read.value
        if isinstance(value, ir.Constant) and value.uniform:
            return Literal(value.data.reshape(-1)[0].item())
        if self.emitter.plan.is_scalar(value):
            return self.emitter.scalar(value)
        if self.emitter.plan.inlined.get(value) == self.group:
            return self._inline(value)
        read = read.reshaped(self.shape)
        load = (self.emitter.array(value), self.walker(read.stride, read.offset))
        if load not in self.loads:
            self.loads.append(load)
        return Operand(f"⟨{self.loads.index(load)}⟩", value.dtype)

    def _inline(self, value):
        if value not in self.names:
            self.names[value] = self.named(self.element(value), value)
        return self.names[value]

    def named(self, text, value):
        """Give an expression a name of its own, unless it is one element already."""
        if re.fullmatch(r"⟨\d+⟩|\w+", text):
            return Operand(text, value.dtype)
        name = self.emitter.names.fresh(value.name)
        self.statements.append(f"const {name} = {text};")
        return Operand(name, value.dtype)

    def element(self, value):
        """Return the expression of one element of a Map or a Gather."""
        if isinstance(value, ir.Map):
            return render(value.expression, [self.pull(a) if isinstance(a, ir.Read) else a for a in value.args])
        source = value.source.reshaped(self.shape)
        place = self.place(source.stride, source.offset, value.indices)
        return f"{self.emitter.array(value.source.value)}[{place}]"

    def place(self, stride, offset, indices=()):
        """Return the position of an access, computed coordinates included."""
        terms = [self.walker(stride, offset)]
        return " + ".join(terms + [self._coordinate(index) for index in indices])

    def _coordinate(self, index):
        at = self.pull(index.read)
        if isinstance(at, Literal):
            return str((int(at) + index.length if at < 0 else int(at)) * index.stride)
        if not _never_negative(index.read.value):
            at = f"({at} < 0 ? {at} + {index.length} : {at})"
        return at if index.stride == 1 else f"{at} * {index.stride}"

    def lines(self, outer, inner=(), before=(), body=(), after=()):
        """Print the loops over dimensions ``outer``, then ``inner``.

        ``before`` and ``after`` stand around the inner loops, ``body`` inside them after the pulled statements.
        """
        loops_outer, loops_inner = self._collapse(outer, 0), self._collapse(inner, len(outer))
        loops = loops_outer + loops_inner
        depth = len(loops_outer)
        text, hoisted = self._resolve([*self.statements, *body], loops)
        inside = self._wrapped(loops_inner, hoisted, depth, text)
        block = [*self._positions(before, loops), *inside, *self._positions(after, loops)]
        return hoisted.get(0, []) + self._wrapped(loops_outer, hoisted, 0, block)

    def _collapse(self, dims, start):
        loops = []
        for d in dims:
            length, strides = self.shape[d], tuple(w.stride[d] for w in self.walkers)
            if length == 1:
                continue
            if loops and loops[-1][1] == tuple(s * length for s in strides):
                loops[-1] = (loops[-1][0] * length, strides)
            else:
                loops.append((length, strides))
        return [Loop(self.emitter.variable(start + n), *loop) for n, loop in enumerate(loops)]

    def _resolve(self, statements, loops):
        """Replace the marks of loads: written where used once, named and as far out as possible otherwise."""
        text, hoisted, deepest = "\n".join(statements), {}, len(loops)
        for number in reversed(range(len(self.loads))):
            array, mark = self.loads[number]
            level, uses = self._level(mark, loops), text.count(f"⟨{number}⟩")
            name = f"{array}[{mark}]"
            if uses > 1 or level < deepest:
                name = self.emitter.names.fresh(f"{array}_{self.emitter.variable(max(level - 1, 0))}")
                hoisted.setdefault(level, []).insert(0, f"const {name} = {array}[{mark}];")
            text = text.replace(f"⟨{number}⟩", name)
        hoisted = {level: self._positions(lines, loops) for level, lines in hoisted.items()}
        inner = hoisted.pop(deepest, []) if deepest else []
        return inner + self._positions(text.split("\n") if text else [], loops), hoisted

    def _level(self, mark, loops):
        number = int(mark[1:-1])
        moving = [level for level, loop in enumerate(loops, 1) if loop.strides[number]]
        return max(moving, default=0)

    def _positions(self, lines, loops):
        return [re.sub(r"⟦(\d+)⟧", lambda m: self._position(int(m[1]), loops), line) for line in lines]

    def _position(self, number, loops):
        terms = [_term(loop.variable, loop.strides[number]) for loop in loops if loop.strides[number]]
        offset = self.walkers[number].offset
        terms += [str(offset)] if offset or not terms else []
        return " + ".join(terms).replace("+ -", "- ")

    def _wrapped(self, loops, hoisted, depth, block):
        if not loops:
            return block
        head, *rest = loops
        inside = hoisted.get(depth + 1, []) + self._wrapped(rest, hoisted, depth + 1, block)
        i = head.variable
        return [f"for (let {i} = 0; {i} < {head.length}; {i}++) {{", *(f"  {line}" for line in inside), "}"]


def _term(variable, stride):
    return variable if stride == 1 else f"{variable} * {stride}" if stride > 0 else f"-{-stride} * {variable}"


def _never_negative(value):
    return isinstance(value, ir.Constant) and value.numel > 0 and bool((value.data >= 0).all())

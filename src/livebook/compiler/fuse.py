"""Decide what is computed inside another value's loop, and what is kept in memory."""

from . import ir


class Plan:
    """The live values in order; for each, the loop it is inlined in (or None), and whether it needs an array."""

    def __init__(self, values, outputs):
        """Plan for ``values`` in order of dependence and ``outputs``, a list of Reads."""
        self.outputs = outputs
        self.live = _live(values, outputs)
        self.inlined = {}
        self.arrays = {read.value for value in self.live for read in value.arrays()}
        self._fuse()

    def is_scalar(self, value):
        """Tell whether a value is a JavaScript number rather than an array."""
        if isinstance(value, ir.Input):
            return not value.shape
        computed_in_place = isinstance(value, (ir.Map, ir.Gather, ir.Reduce, ir.Constant))
        return value.numel == 1 and computed_in_place and value not in self.arrays

    def roots(self):
        """Return the values that get statements of their own, in order."""
        return [value for value in self.live if self.inlined.get(value) is None]

    def _fuse(self):
        users = {value: [] for value in self.live}
        kept = {read.value for read in self.outputs} | self.arrays
        for value in reversed(self.live):
            home = None if value in kept else _home(value, users[value])
            self.inlined[value] = home
            for group, reads in value.groups():
                for read in reads:
                    users[read.value].append((home or group, read))


def _home(value, users):
    """Return the one loop that a value can be computed in, or None."""
    if not isinstance(value, (ir.Map, ir.Gather)) or value.numel <= 1 or not users:
        return None
    homes = {group for group, _ in users}
    if len(homes) != 1 or not all(read.is_whole for _, read in users):
        return None
    home = users[0][0]
    shape = ir.iteration_shape(home)
    reads = [read for _, group in value.groups() for read in group]
    reads += [value.source] if isinstance(value, ir.Gather) else []
    return home if all(read.reshaped(shape) is not None for read in reads) else None


def _live(values, outputs):
    wanted, stack = set(), [read.value for read in outputs]
    while stack:
        value = stack.pop()
        if value not in wanted:
            wanted.add(value)
            stack.extend(ir.dependencies(value))
    return [value for value in values if value in wanted]

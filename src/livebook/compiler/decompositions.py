"""Which ATen operations torch takes apart before we see them."""

import functools

import torch
from torch._decomp import core_aten_decompositions
from torch._decomp import decomposition_table as full_table

aten = torch.ops.aten

# Beyond the core set, torch's own decompositions that give only operations with an entry in ``ops``.
_ALSO = (
    aten._softmax.default,
    aten._log_softmax.default,
    aten.addmm.default,
    aten.elu.default,
    aten.leaky_relu.default,
    aten.hardtanh.default,
)
# Decompositions of the core set which we do not want: one entry of ours is smaller and quicker.
_NOT = (aten.mv.default, aten.dot.default, aten.all.default, aten.all.dim, aten.all.dims)


@functools.cache
def decomposition_table():
    """Return the decomposition table that functions are captured with (a dict, OpOverload to callable)."""
    table = dict(core_aten_decompositions())
    table.update({op: full_table[op] for op in _ALSO})
    return {op: rule for op, rule in table.items() if op not in _NOT}

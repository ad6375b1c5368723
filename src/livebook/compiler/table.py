"""The table: which entry each ATen operation has.

Two kinds of entry, both by packet name (``aten.add.Tensor`` and ``aten.add.Scalar`` share ``add``): elementwise ones,
in ``expressions``, and structural ones in ``structure``, ``indexing`` and ``linalg``: functions
``(builder, *args, **kwargs) -> view(s)`` which combine the builder's moves (map, reduce, scan, gather, assemble, call).
"""

import torch

from .expressions import ELEMENTWISE

STRUCTURAL = {}
CHECKS = {"_linalg_check_errors", "is_same_size", "_has_same_storage_numel", "_assert_async"}
RESHAPES = {"view", "_unsafe_view", "reshape"}
UNFOLDED = {"empty", "empty_permuted", "_efficientzerotensor"}  # torch's own result has no data
_VIEWS_TOO = {"_unsafe_view", "reshape", "lift_fresh", "_reshape_alias"}


class Unsupported(Exception):
    """A combination of arguments that an entry does not cover; ``advice`` says what to do."""

    def __init__(self, what, advice="Write it with other torch functions."):
        """Say what is not covered, and what to do instead."""
        super().__init__(what)
        self.advice = advice


def structural(*names):
    """Register a structural entry under its packet names."""

    def register(function):
        STRUCTURAL.update(dict.fromkeys(names, function))
        return function

    return register


def structural_family(*names):
    """Register, under each packet name, the entry that the decorated function makes for that name."""

    def register(factory):
        STRUCTURAL.update({name: factory(name) for name in names})
        return factory

    return register


def packet(target):
    """Return the packet name of an ATen overload (``add`` for ``aten.add.Tensor``), "" for anything else."""
    if not isinstance(target, torch._ops.OpOverload) or not target._schema.name.startswith("aten::"):
        return ""
    return target._schema.name.removeprefix("aten::")


def entry(target):
    """Return the function ``(builder, *args, **kwargs) -> view(s)`` for an overload, or None."""
    name = packet(target)
    if name in STRUCTURAL:
        return STRUCTURAL[name]
    return elementwise(name) if name in ELEMENTWISE else None


def elementwise(name):
    """Return the entry of an elementwise operation; keyword arguments follow the positional ones."""

    def lower(b, *args, **kwargs):
        return b.op(name, *args, *kwargs.values())

    return lower


def is_view(target):
    """Tell whether an overload only looks at its argument with other strides."""
    return isinstance(target, torch._ops.OpOverload) and (target.is_view or packet(target) in _VIEWS_TOO)


def out_of_place(target):
    """Return the overload that computes what an in-place overload writes, or None."""
    name = packet(target).removesuffix("_")
    plain = getattr(getattr(torch.ops.aten, name, None), target._overloadname, None)
    return plain if plain is not None and entry(plain) else None


def is_exact(target, args):
    """Tell whether an operation rounds nothing, so that single precision is as good as double."""
    if packet(target) == "_to_copy":
        return not args[0].dtype.is_floating_point
    return packet(target) == "where"


def is_constant_index(target, args):
    """Tell whether an indexing operation has no computed boolean mask, hence a static shape."""
    if packet(target) != "index":
        return False
    return all(i is None or i.dtype != torch.bool or i.constant() is not None for i in args[1])

"""What the caller's code calls the tensors that a function uses but does not take as arguments."""

import inspect

import torch

_DEPTH = 4


def tensor_names(fn):
    """Return ``{data pointer: name}`` for the tensors that ``fn`` reaches: closures, globals, ``self``, modules."""
    found = {}
    _visit(fn, found, set(), _DEPTH)
    return found


def _visit(thing, found, seen, depth):
    if depth < 0 or id(thing) in seen:
        return
    seen.add(id(thing))
    for name, value in _members(thing):
        if isinstance(value, torch.Tensor):
            found.setdefault(value.data_ptr(), name)
        elif callable(value) and not inspect.isbuiltin(value):
            _visit(value, found, seen, depth - 1)


def _members(thing):
    """Yield ``(name, value)`` of what a callable refers to."""
    if isinstance(thing, torch.nn.Module):
        yield from ((name.replace(".", "_"), value) for name, value in thing.state_dict().items())
    elif inspect.ismethod(thing):
        yield from _attributes(thing.__self__)
        yield "function", thing.__func__
    elif inspect.isfunction(thing):
        names = inspect.getclosurevars(thing)
        yield from {**names.globals, **names.nonlocals}.items()
    elif not inspect.isclass(thing) and not inspect.ismodule(thing):
        yield from _attributes(thing)
        yield "call", vars(type(thing)).get("__call__")


def _attributes(thing):
    return list(getattr(thing, "__dict__", {}).items())

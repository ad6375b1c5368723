"""Torch functions become dependency-free ES modules that compute the same numbers in float64."""

from dataclasses import dataclass

import torch

from . import ir
from .capture import capture, example_tensor, parameter_names
from .emit import Emitter
from .errors import CompileError
from .expressions import ELEMENTWISE
from .lower import Lowering

__all__ = ["CompileError", "Program", "compile"]


@dataclass(frozen=True)
class Program:
    """A compiled function.

    ``source`` is an ES module: ``inputs``, ``outputs`` and ``constants`` describe it, the default export computes
    (numbers for 0-d, flat row-major arrays otherwise; it returns a list of outputs), and ``load(arrayBuffer)`` takes
    the bytes of ``constants`` first, if there are any. ``inputs`` lists ``{"name", "shape"}``, ``outputs`` lists
    ``{"shape"}``; ``out_spec`` is the pytree spec that gives the list of outputs the structure of what ``fn`` returns.
    """

    source: str
    constants: bytes
    inputs: list
    outputs: list
    out_spec: object


def compile(fn, *example_inputs, name=None, input_names=None):
    """Compile ``fn`` at the shapes of ``example_inputs`` and return a Program.

    ``fn`` takes float64 tensors and returns a tensor or nested tuples, lists and dicts of tensors; booleans and
    integers come out as numbers. ``example_inputs`` are numbers or array-likes; only their shapes matter. An index
    out of range, an error in torch, gives NaN. ``name`` names the JavaScript function, ``input_names`` its arguments.

    Raises CompileError (what, where, and what to do) if the function cannot be compiled, TypeError or ValueError if the
    example inputs or names do not fit.
    """
    names = parameter_names(fn, len(example_inputs), input_names)
    inputs = [example_tensor(n, value) for n, value in zip(names, example_inputs, strict=True)]
    module, spec = capture(fn, inputs)
    lowering = Lowering(fn, module, names)
    outputs = _owned(lowering.run(), lowering.build)
    emitter = Emitter(_function_name(fn, name), lowering.inputs, lowering.build.values, outputs)
    source, constants = emitter.module()
    described = [{"name": n, "shape": list(x.shape)} for n, x in zip(names, inputs, strict=True)]
    return Program(source, constants, described, [{"shape": list(read.size)} for read in outputs], spec)


def _function_name(fn, name):
    name = name or getattr(fn, "__name__", "program")
    return name if name.isidentifier() and name.isascii() else "program"


def _owned(views, build):
    """Return whole reads of distinct computed values: what an output returns, nobody else holds."""
    reads, seen = [], set()
    for view in views:
        read = view.read()
        shared = isinstance(read.value, (ir.Input, ir.Constant)) or read.value in seen
        if (shared and read.size) or not read.is_whole:
            read = _copied(read, build)
        seen.add(read.value)
        reads.append(read)
    return reads


def _copied(read, build):
    args = {"expression": ELEMENTWISE["clone"], "args": (read,)}
    value = ir.Map(shape=read.size, dtype=torch.float64, name=f"{read.value.name}_out", **args)
    build.values.append(value)
    return ir.Read(value, read.size, ir.row_major(read.size), 0)

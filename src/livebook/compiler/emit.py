"""Print values as an ES module."""

import json

from . import helpers, ir
from .constants import Binary, is_large, printed
from .expressions import Literal, Operand
from .folds import FOLDS
from .fuse import Plan
from .loops import Nest
from .names import Names

_LOAD = """export function load(arrayBuffer) {{
  if (arrayBuffer.byteLength !== {size}) {{
    throw new Error(`{name}: the constants have ${{arrayBuffer.byteLength}} bytes, not {size}`);
  }}
  const view = new DataView(arrayBuffer);
{reads}
  loaded = true;
}}
"""
_GUARD = "if (!loaded) throw new Error('{name}: call load(arrayBuffer) before the function');"


class Emitter:
    """Prints one program. ``outputs`` are whole reads, one fresh value each (see ``lower.Lowering``)."""

    def __init__(self, name, inputs, values, outputs):
        """Plan the program and choose the names of its arguments."""
        self.inputs = inputs
        self.plan = Plan(values, outputs)
        self.names = Names(helpers.names())
        self.text = {x: self.names.fresh(x.name) for x in inputs}
        self.name = self.names.fresh(name)
        self.variables = [self.names.fresh(letter) for letter in "ijklmnpqrs"]
        self.fresh = {read.value for read in outputs if not self.plan.is_scalar(read.value)}
        self.binary = Binary()
        self.header = []
        self.body = []

    def variable(self, depth):
        """Return the loop variable of a depth."""
        while depth >= len(self.variables):
            self.variables.append(self.names.fresh("i"))
        return self.variables[depth]

    def scalar(self, value):
        """Return the operand of a value that is a number."""
        if isinstance(value, ir.Constant):
            return Literal(value.data.reshape(()).item())
        return Operand(self.text[value], value.dtype)

    def array(self, value):
        """Return the name of a value that is an array; constants are declared when first needed."""
        if value not in self.text:
            self.text[value] = self._declared(value)
        return self.text[value]

    def _declared(self, value):
        name = self.names.fresh(value.name)
        if isinstance(value, ir.Constant) and not is_large(value.data):
            self.header.append(f"const {name} = {printed(value.data)};")
            return name
        if isinstance(value, ir.Constant):
            self.binary.add(name, value.data)
        allocation = f"const {name} = new Float64Array({value.numel});"
        (self.body if value in self.fresh else self.header).append(allocation)
        return name

    def module(self):
        """Return ``(source, constants)``."""
        for value in self.plan.roots():
            if not isinstance(value, (ir.Input, ir.Constant, ir.Extra)):
                self.body.extend(getattr(self, f"_{type(value).__name__.lower()}")(value))
        results = [self._result(read) for read in self.plan.outputs]
        return self._assembled(results), self.binary.content

    def _result(self, read):
        value = read.value
        if not self.plan.is_scalar(value):
            return self.array(value) if read.size else f"{self.array(value)}[0]"
        return str(self.scalar(value)) if not read.size else f"Float64Array.of({self.scalar(value)})"

    def _assembled(self, results):
        size = len(self.binary.content)
        guard = [_GUARD.format(name=self.name)] if size else []
        body = "\n".join(f"  {line}" for line in [*guard, *self.body, f"return [{', '.join(results)}];"])
        parameters = ", ".join(self.text[x] for x in self.inputs)
        parts = [self._interface(size), "\n".join(self.header)]
        if size:
            reads = "\n".join(f"  {line}" for line in self.binary.statements)
            parts.append("let loaded = false;\n" + _LOAD.format(size=size, name=self.name, reads=reads).rstrip())
        parts.append(f"export default function {self.name}({parameters}) {{\n{body}\n}}")
        parts += helpers.needed("\n".join(parts))
        return "\n\n".join(part for part in parts if part) + "\n"

    def _interface(self, size):
        inputs = json.dumps([{"name": x.name, "shape": list(x.shape)} for x in self.inputs])
        outputs = json.dumps([{"shape": list(read.size)} for read in self.plan.outputs])
        constants = json.dumps({"bytes": size} if size else None)
        return (
            f"export const inputs = {inputs};\nexport const outputs = {outputs};\nexport const constants = {constants};"
        )

    # ---- one method a kind of value; each returns statements

    def _map(self, value):
        return self._elementwise(value)

    def _gather(self, value):
        return self._elementwise(value)

    def _elementwise(self, value):
        nest = Nest(self, (value, 0))
        element = nest.element(value)
        if self.plan.is_scalar(value):
            return self._number(value, nest, element)
        place = nest.walker(ir.row_major(value.shape), 0)
        return nest.lines(range(len(nest.shape)), body=[f"{self.array(value)}[{place}] = {element};"])

    def _number(self, value, nest, element):
        name = self.text[value] = self.names.fresh(value.name)
        return nest.lines(range(len(nest.shape)), body=[f"const {name} = {element};"])

    def _reduce(self, value):
        nest, rule = Nest(self, (value, 0)), FOLDS[value.kind]
        x = nest.named(str(nest.pull(value.read)), value.read.value)
        kept = [d for d in range(len(nest.shape)) if d not in value.dims]
        stride = [0] * len(nest.shape)
        for d, step in zip(kept, ir.row_major(value.shape), strict=True):
            stride[d] = step
        scalar = self.plan.is_scalar(value)
        after = [] if scalar else [f"{self.array(value)}[{nest.walker(stride, 0)}] = {{a}};"]
        a = self.names.fresh(value.name if scalar else value.kind)
        after = [line.format(a=a) for line in after]
        self.text.setdefault(value, a)
        return nest.lines(kept, value.dims, [_start(rule, a)], [rule.step.format(a=a, x=x)], after)

    def _scan(self, value):
        nest, rule = Nest(self, (value, 0)), FOLDS[value.kind]
        x = nest.pull(value.read)
        kept = [d for d in range(len(nest.shape)) if d != value.dim]
        a, place = self.names.fresh(value.kind), nest.walker(ir.row_major(value.shape), 0)
        body = [rule.step.format(a=a, x=x), f"{self.array(value)}[{place}] = {a};"]
        return nest.lines(kept, [value.dim], [_start(rule, a)], body)

    def _assemble(self, value):
        array, lines = self.array(value), []
        for number, part in enumerate(value.all_parts()):
            nest = Nest(self, (value, number))
            element = nest.pull(part.read)
            place = nest.place(part.stride, part.offset, part.indices)
            lines += nest.lines(range(len(nest.shape)), body=[f"{array}[{place}] {part.operator} {element};"])
        return lines

    def _call(self, value):
        operands = [self.array(read.value) for read in value.operands]
        results = [self.array(result) for result in (value, *value.extra)]
        return [f"{value.helper}({', '.join([*operands, *results, *map(str, value.numbers)])});"]


def _start(rule, name):
    return "let " + ", ".join(f"{name}{suffix} = {start}" for suffix, start in rule.start) + ";"

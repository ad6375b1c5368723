"""From the captured graph to values: views become strides, writes become new values, constants are folded."""

import numbers
import operator

import torch

from . import indexing, ir, linalg, structure, table  # noqa: F401  (three of them fill the table)
from .errors import compile_error, node_place
from .expressions import ELEMENTWISE, Literal
from .tensor_names import tensor_names

_TAGS = torch.Tag
_FLOATS_NOT_DOUBLE = (torch.float16, torch.bfloat16, torch.float32)
_RANDOM_ADVICE = "Draw the noise once in Python and pass it as an argument."
_WHERE_ADVICE = "Select with torch.where: shapes and indices must not depend on the values."
_DOUBLE_ADVICE = "Programs compute in float64: convert with .double()."
_ENTRY_ADVICE = "It has no entry in livebook.compiler.ops: write it with other torch functions, or add an entry there."


class Cell:
    """Storage that views share: a write replaces the value that all of them read."""

    def __init__(self, value, fixed=""):
        """Hold ``value``; ``fixed`` says what it is, if it must not be written into."""
        self.value = value
        self.fixed = fixed


class View:
    """A tensor during lowering: a cell, and a meta tensor whose strides say how it is read."""

    def __init__(self, cell, geometry=None):
        """Look at ``cell`` with the strides of the meta tensor ``geometry`` (row-major, if None)."""
        self.cell = cell
        self.geometry = torch.empty(cell.value.shape, device="meta") if geometry is None else geometry

    @property
    def shape(self):
        """The shape, a tuple."""
        return tuple(self.geometry.shape)

    @property
    def dtype(self):
        """The torch dtype."""
        return self.cell.value.dtype

    def read(self):
        """Return the strided read of what the cell holds now."""
        g = self.geometry
        return ir.Read(self.cell.value, tuple(g.shape), tuple(g.stride()), g.storage_offset())

    def constant(self):
        """Return the tensor if it is known now, else None."""
        if not isinstance(self.cell.value, ir.Constant):
            return None
        read = self.read()
        return self.cell.value.data.contiguous().as_strided(read.size, read.stride, read.offset)


class Builder:
    """Makes values; equal values are made once."""

    def __init__(self):
        """Start without values."""
        self.values = []
        self.known = {}
        self.hint = "value"
        self.dtype = torch.float64

    def _make(self, cls, key, **fields):
        key = (cls, *key)
        if key not in self.known:
            value = cls(name=self.hint, **fields)
            self.known[key] = value
            self.values.append(value)
        return self.known[key]

    def view(self, value):
        """Return a fresh view of a value."""
        return View(Cell(value))

    def constant(self, tensor):
        """Return a constant, equal ones shared."""
        data, raw = tensor.detach().resolve_conj().resolve_neg().contiguous().clone(), content(tensor)
        if data.numel() and raw == raw[: data.itemsize] * data.numel():
            return self.full(data.shape, data.reshape(-1)[0])
        key = (data.dtype, tuple(data.shape), raw)
        return self.view(self._make(ir.Constant, key, shape=tuple(data.shape), dtype=data.dtype, data=data))

    def full(self, shape, element):
        """Return a constant with one value everywhere; ``element`` is a 0-d tensor."""
        shape = tuple(shape)
        key = (element.dtype, shape, content(element), "uniform")
        fields = {"shape": shape, "dtype": element.dtype, "data": element.expand(shape), "uniform": True}
        return self.view(self._make(ir.Constant, key, **fields))

    def map(self, expression, *args, dtype=None):
        """Return the elementwise value of ``expression``; tensors among ``args`` are broadcast."""
        shape = torch.broadcast_shapes(*[a.shape for a in args if isinstance(a, View)])
        dtype = dtype or self.dtype
        args = tuple(self.expand(a, shape).read() if isinstance(a, View) else _plain(a) for a in args)
        key = (expression, _key(args), dtype, tuple(shape))
        return self.view(self._make(ir.Map, key, shape=tuple(shape), dtype=dtype, expression=expression, args=args))

    def op(self, name, *args, dtype=None):
        """Return an elementwise value by the name of its table entry."""
        kept = _unchanged(name, args)
        if kept is not None and dtype in (None, kept.dtype) and kept.dtype == self.dtype:
            return self.copy(kept)
        return self.map(ELEMENTWISE[name], *args, dtype=dtype)

    def expand(self, x, shape):
        """Broadcast a view."""
        return self.reviewed(x, torch.Tensor.expand, shape)

    def reviewed(self, x, view, *args):
        """Apply a torch view function to the strides of ``x``."""
        return View(x.cell, view(x.geometry, *args))

    def reshape(self, x, shape):
        """Reshape, through a copy if no strides give the new shape."""
        try:
            return View(x.cell, x.geometry.view(shape))
        except RuntimeError:
            copy = self.copy(x)
            copy.cell.fixed = "a reshaped copy"
            return View(copy.cell, copy.geometry.view(shape))

    def copy(self, x):
        """Return a contiguous copy with storage of its own."""
        if x.read().is_whole and x.shape == x.cell.value.shape:
            return self.view(x.cell.value)
        return self.map(ELEMENTWISE["clone"], x, dtype=x.dtype)

    def flip(self, x, dims):
        """Reverse dimensions; the only strides that are negative."""
        read, strides, offset = x.read(), list(x.read().stride), x.read().offset
        for d in {d % max(len(strides), 1) for d in dims if strides}:
            offset += strides[d] * (read.size[d] - 1)
            strides[d] = -strides[d]
        args = (ir.Read(read.value, read.size, tuple(strides), offset),)
        fields = {"shape": read.size, "dtype": x.dtype, "expression": ELEMENTWISE["clone"], "args": args}
        return self.view(self._make(ir.Map, (fields["expression"], args, x.dtype), **fields))

    def reduce(self, kind, x, dims=None, keepdim=False, dtype=None):
        """Fold the dimensions ``dims`` (all, if None or empty)."""
        rank = len(x.shape)
        dims = tuple(sorted({d % rank for d in dims})) if dims and rank else tuple(range(rank))
        shape = tuple(n for d, n in enumerate(x.shape) if d not in dims)
        dtype = dtype or self.dtype
        read = x.read()
        fields = {"shape": shape, "dtype": dtype, "kind": kind, "read": read, "dims": dims}
        result = self.view(self._make(ir.Reduce, (kind, read, dims, dtype), **fields))
        kept = tuple(1 if d in dims else n for d, n in enumerate(x.shape))
        return self.reshape(result, kept) if keepdim else result

    def scan(self, kind, x, dim):
        """Fold along one dimension, keeping each step."""
        if not x.shape:
            return self.reshape(self.scan(kind, self.reshape(x, (1,)), 0), ())
        read, dim = x.read(), dim % len(x.shape)
        fields = {"shape": x.shape, "dtype": self.dtype, "kind": kind, "read": read, "dim": dim}
        return self.view(self._make(ir.Scan, (kind, read, dim), **fields))

    def assemble(self, shape, base, parts, dtype=None):
        """Return a buffer that starts as ``base`` (a view or None) and takes the parts in turn."""
        read = None if base is None else self.expand(base, shape).read()
        fields = {"shape": tuple(shape), "dtype": dtype or self.dtype, "base": read, "parts": parts}
        return self.view(self._make(ir.Assemble, (tuple(shape), read, tuple(parts)), **fields))

    def gather(self, shape, source, indices):
        """Return ``source`` (a Read over ``shape``) displaced by computed coordinates."""
        fields = {"shape": tuple(shape), "dtype": source.value.dtype, "source": source, "indices": tuple(indices)}
        return self.view(self._make(ir.Gather, (tuple(shape), source, tuple(indices)), **fields))

    def call(self, helper, operands, shapes, numbers=(), dtypes=None):
        """Call a JavaScript helper on contiguous copies of ``operands``; return a view for each result."""
        reads = tuple(self.contiguous(x).read() for x in operands)
        dtypes = dtypes or [torch.float64] * len(shapes)
        fields = {"helper": helper, "operands": reads, "numbers": tuple(numbers)}
        call = self._make(ir.Call, (helper, reads, tuple(numbers)), shape=tuple(shapes[0]), dtype=dtypes[0], **fields)
        for number in range(len(call.extra) + 1, len(shapes)):
            extra = {"shape": tuple(shapes[number]), "dtype": dtypes[number], "call": call, "number": number}
            call.extra.append(self._make(ir.Extra, (call, number), **extra))
        return [self.view(value) for value in (call, *call.extra)]

    def contiguous(self, x):
        """Return ``x`` itself if it is read whole, else a copy."""
        return x if x.read().is_whole else self.map(ELEMENTWISE["clone"], x, dtype=x.dtype)


def _unchanged(name, args):
    """Return the operand that a product with 1, or a quotient by 1, leaves as it is; else None."""
    if name in ("mul", "div") and isinstance(args[0], View) and _is_one(args[1]):
        return args[0]
    return args[1] if name == "mul" and isinstance(args[1], View) and _is_one(args[0]) else None


def _is_one(x):
    """Tell whether a factor changes nothing: a plain 1, or a 0-d constant 1."""
    if isinstance(x, View):
        return not x.shape and (known := x.constant()) is not None and known.item() == 1
    return x == 1


def content(tensor):
    """Return the elements, row-major, as bytes."""
    return tensor.detach().resolve_conj().resolve_neg().contiguous().numpy().tobytes()


def _key(args):
    """Make arguments a key that tells 0.0 from -0.0 and is equal for nan."""
    return tuple(a if isinstance(a, ir.Read) else (type(a).__name__, str(a)) for a in args)


def _plain(x):
    return Literal(x) if isinstance(x, numbers.Number) and not isinstance(x, bool) else x


class Lowering:
    """Runs through a captured graph once, in order."""

    def __init__(self, fn, module, names):
        """Prepare to lower ``module``, the capture of ``fn``, whose arguments are called ``names``."""
        self.fn = fn
        self.module = module
        self.names = names
        self.build = Builder()
        self.env = {}
        self.inputs = []
        self.tensor_names = tensor_names(fn)

    def run(self):
        """Return the flat list of output views. Raises CompileError if an output needs what cannot be computed."""
        for node in self.module.graph.nodes:
            if node.op == "output":
                return [self._output(view) for view in self._value(node.args[0])]
            self.build.hint = node.name
            self.env[node] = getattr(self, f"_{node.op}")(node)
        raise AssertionError("a graph ends in its output")

    def _output(self, view):
        _raise_if_poisoned(view)
        return view

    def _value(self, arg):
        return torch.fx.node.map_arg(arg, lambda node: self.env[node])

    def _placeholder(self, node):
        name = self.names[len(self.inputs)]
        value = ir.Input(shape=tuple(node.meta["val"].shape), dtype=torch.float64, name=name)
        self.inputs.append(value)
        self.build.values.append(value)
        return View(Cell(value, fixed=f"its argument {name!r}"))

    def _get_attr(self, node):
        key = node.target
        if key not in self.env:
            tensor = getattr(self.module, key)
            self.build.hint = self.tensor_names.get(tensor.data_ptr(), "constant")
            view = self.build.constant(tensor)
            view.cell.fixed = "a tensor from outside it"
            self.env[key] = view
        return self.env[key]

    def _call_function(self, node):
        args, kwargs = self._value(node.args), self._value(node.kwargs)
        if node.target is operator.getitem:
            return args[0] if isinstance(args[0], View) else args[0][args[1]]
        poison = next((v for v in _views((args, kwargs)) if isinstance(v.cell.value, ir.Poison)), None)
        if poison is not None and not _writes(node.target):
            return poison
        problem = self._problem(node, args)
        return self._poison(problem) if problem else self._operation(node, args, kwargs)

    def _poison(self, error):
        value = ir.Poison(shape=(), dtype=torch.float64, name="poison", error=error)
        return View(Cell(value))

    def _error(self, node, what, advice):
        return compile_error(self.fn, what, advice, node_place(node))

    def _problem(self, node, args):
        """Return the CompileError that this node deserves if its result is needed, or None."""
        target, name = node.target, str(node.target)
        tags = getattr(target, "tags", ())
        if _TAGS.nondeterministic_seeded in tags:
            return self._error(node, f"{name} is random", _RANDOM_ADVICE)
        if _TAGS.dynamic_output_shape in tags and not table.is_constant_index(target, args):
            return self._error(node, f"{name} has a shape that depends on the data", _WHERE_ADVICE)
        if _TAGS.data_dependent_output in tags:
            return self._error(node, f"{name} turns data into a Python value", _WHERE_ADVICE)
        return None

    def _operation(self, node, args, kwargs):
        target = node.target
        if _writes(target):
            return self._write(node, args, kwargs)
        if table.is_view(target):
            return self._view(node, args, kwargs)
        folded = self._folded(target, args, kwargs)
        return folded if folded is not None else self._compute(node, args, kwargs)

    def _folded(self, target, args, kwargs):
        """Evaluate by torch what depends on no argument of the program; None if something does."""
        if (
            any(v.constant() is None for v in _views((args, kwargs)))
            or table.packet(target) in table.CHECKS | table.UNFOLDED
        ):
            return None
        plain = torch.utils._pytree.tree_map(lambda v: v.constant() if isinstance(v, View) else v, (args, kwargs))
        result = target(*plain[0], **plain[1])
        return torch.utils._pytree.tree_map(self._known, result)

    def _known(self, tensor):
        if not isinstance(tensor, torch.Tensor) or tensor.is_meta:
            return self._poison(compile_error(self.fn, "a tensor without data", "Use ordinary tensors."))
        return self.build.constant(tensor)

    def _view(self, node, args, kwargs):
        x, rest = args[0], args[1:]
        if table.packet(node.target) in table.RESHAPES:
            return self.build.reshape(x, tuple(rest[0]))
        geometry = node.target(x.geometry, *rest, **kwargs)
        return View(x.cell, geometry) if isinstance(geometry, torch.Tensor) else [View(x.cell, g) for g in geometry]

    def _compute(self, node, args, kwargs):
        entry = table.entry(node.target)
        if entry is None:
            return self._poison(self._error(node, f"no entry for {node.target}", _ENTRY_ADVICE))
        dtypes = [v.dtype for v in _tensors(node.meta.get("val"))] or [torch.float64]
        if dtypes[0].is_complex or (dtypes[0] in _FLOATS_NOT_DOUBLE and not table.is_exact(node.target, args)):
            what = f"{node.target} computes in {str(dtypes[0]).removeprefix('torch.')}"
            return self._poison(self._error(node, what, _DOUBLE_ADVICE))
        self.build.dtype = dtypes[0]
        try:
            return entry(self.build, *args, **kwargs)
        except table.Unsupported as limit:
            return self._poison(self._error(node, f"{node.target}: {limit}", limit.advice))

    def _write(self, node, args, kwargs):
        """Lower an in-place operation: compute, then replace what the cell of its first argument holds."""
        target, plain = args[0], table.out_of_place(node.target)
        if _TAGS.inplace_view in node.target.tags:
            node.target(target.geometry, *args[1:], **kwargs)
            return target
        if target.cell.fixed:
            advice = "Work on a copy (.clone()), or return new tensors instead of writing into old ones."
            return self._poisoned_cell(
                target, self._error(node, f"{node.target} writes into {target.cell.fixed}", advice)
            )
        poison = next((v for v in _views((args, kwargs)) if _is_poison(v)), None)
        if poison is not None:
            return self._poisoned_cell(target, poison.cell.value.error)
        if plain is None:
            return self._poisoned_cell(target, self._error(node, f"no entry for {node.target}", _ENTRY_ADVICE))
        new = self._folded(plain, args, kwargs)
        self.build.dtype = target.dtype
        new = new if new is not None else table.entry(plain)(self.build, *args, **kwargs)
        return self._poisoned_cell(target, new.cell.value.error) if _is_poison(new) else self._store(target, new)

    def _poisoned_cell(self, target, error):
        target.cell.value = self._poison(error).cell.value
        return target

    def _store(self, target, new):
        read, old = target.read(), target.cell.value
        if target.dtype != new.dtype:
            new = self.build.op("_to_copy", new, dtype=target.dtype)
        new = self.build.expand(new, target.shape)
        if read.is_whole:
            target.cell.value = self.build.contiguous(new).cell.value
            return target
        part = ir.Part(new.read(), read.stride, read.offset)
        base = self.build.view(old)
        target.cell.value = self.build.assemble(old.shape, base, [part], dtype=old.dtype).cell.value
        return target


def _writes(target):
    return isinstance(target, torch._ops.OpOverload) and target._schema.is_mutable


def _is_poison(view):
    return isinstance(view.cell.value, ir.Poison)


def _raise_if_poisoned(view):
    if _is_poison(view):
        raise view.cell.value.error


def _views(tree):
    return [leaf for leaf in torch.utils._pytree.tree_leaves(tree) if isinstance(leaf, View)]


def _tensors(tree):
    return [leaf for leaf in torch.utils._pytree.tree_leaves(tree) if isinstance(leaf, torch.Tensor)]

"""Entries that move elements: joining, padding, indexing, scattering."""

import torch

from . import ir
from .structure import cast
from .table import Unsupported, structural, structural_family

_MASK_ADVICE = "Select with torch.where: shapes must not depend on the values."


@structural("cat")
def cat(b, tensors, dim=0):
    """Join along a dimension."""
    tensors = [t for t in tensors if t.shape != (0,)] or list(tensors)
    dim %= len(tensors[0].shape)
    shape = list(tensors[0].shape)
    shape[dim] = sum(t.shape[dim] for t in tensors)
    strides, parts, at = ir.row_major(shape), [], 0
    for t in tensors:
        parts.append(ir.Part(t.read(), strides, at * strides[dim]))
        at += t.shape[dim]
    return b.assemble(shape, None, parts)


@structural("flip")
def flip(b, x, dims):
    """Reverse dimensions."""
    return b.flip(x, dims)


@structural("repeat")
def repeat(b, x, repeats):
    """Tile."""
    shape = (1,) * (len(repeats) - len(x.shape)) + x.shape
    paired = [n for size in shape for n in (1, size)]
    tiled = [n for r, size in zip(repeats, shape, strict=True) for n in (r, size)]
    spread = b.expand(b.reshape(x, paired), tiled)
    return b.copy(b.reshape(spread, [r * n for r, n in zip(repeats, shape, strict=True)]))


@structural("constant_pad_nd")
def pad(b, x, pad, value=0):
    """Pad (or, where negative, crop) from the last dimension backwards."""
    shape, source, region = list(x.shape), x.geometry, [slice(None)] * len(x.shape)
    for i in range(len(pad) // 2):
        d, low, high = len(shape) - 1 - i, pad[2 * i], pad[2 * i + 1]
        source = source.narrow(d, max(-low, 0), shape[d] - max(-low, 0) - max(-high, 0))
        shape[d] += low + high
        region[d] = slice(max(low, 0), shape[d] - max(high, 0))
    base = b.constant(torch.tensor(value, dtype=b.dtype))
    return _overwrite(b, shape, base, x.__class__(x.cell, source), lambda g: g[tuple(region)])


def _overwrite(b, shape, base, source, region):
    """Return ``base`` (broadcast to ``shape``) with ``region`` of it replaced by ``source``."""
    place = region(torch.empty(tuple(shape), device="meta"))
    read = b.expand(source, place.shape).read()
    return b.assemble(shape, base, [ir.Part(read, tuple(place.stride()), place.storage_offset())])


@structural("slice_scatter")
def slice_scatter(b, x, source, dim=0, start=None, end=None, step=1):
    """Return ``x`` with a slice replaced."""
    return _overwrite(b, x.shape, x, source, lambda g: torch.ops.aten.slice.Tensor(g, dim, start, end, step))


@structural("diagonal_scatter")
def diagonal_scatter(b, x, source, offset=0, dim1=0, dim2=1):
    """Return ``x`` with a diagonal replaced."""
    return _overwrite(b, x.shape, x, source, lambda g: g.diagonal(offset, dim1, dim2))


# ---- computed places


def _expanded_masks(b, indices):
    """Replace constant boolean masks by the positions they select."""
    result = []
    for index in indices:
        if index is None or index.dtype != torch.bool:
            result.append(index)
            continue
        mask = index.constant()
        if mask is None:
            raise Unsupported("a boolean mask that depends on the arguments", _MASK_ADVICE)
        result.extend(b.constant(positions) for positions in mask.nonzero(as_tuple=True))
    return result


def _placed(x, indices):
    """Lay out advanced indexing: the shape of ``x[indices]``, its strides, and the computed coordinates."""
    indices = indices + [None] * (len(x.shape) - len(indices))
    which = [d for d, i in enumerate(indices) if i is not None]
    common = tuple(torch.broadcast_shapes(*[indices[d].shape for d in which]))
    front = 0 if which != list(range(which[0], which[-1] + 1)) else which[0]
    kept = [d for d in range(len(x.shape)) if d not in which]
    shape = [x.shape[d] for d in kept]
    stride = [x.geometry.stride(d) for d in kept]
    shape[front:front] = common
    stride[front:front] = (0,) * len(common)
    after = len(shape) - front - len(common)
    coordinates = []
    for d in which:
        walk = indices[d].geometry.expand(common)[(..., *(None,) * after)].expand(shape)
        read = ir.Read(indices[d].cell.value, tuple(shape), tuple(walk.stride()), walk.storage_offset())
        coordinates.append(ir.Index(read, x.geometry.stride(d), x.shape[d]))
    return tuple(shape), tuple(stride), coordinates


def _gather(b, x, shape, stride, coordinates):
    read = x.read()
    if read.value.numel == 1:
        return b.copy(b.expand(x.__class__(x.cell, x.geometry.reshape(())), shape))
    return b.gather(shape, ir.Read(read.value, shape, stride, read.offset), coordinates)


@structural("index")
def index(b, x, indices):
    """Advanced indexing by integer tensors (or constant masks)."""
    shape, stride, coordinates = _placed(x, _expanded_masks(b, list(indices)))
    return _gather(b, x, shape, stride, coordinates)


@structural("index_select")
def index_select(b, x, dim, positions):
    """Pick positions along a dimension."""
    if not x.shape:
        return b.copy(x)
    positions = b.reshape(positions, (positions.cell.value.numel,)) if not positions.shape else positions
    return index(b, x, [None] * (dim % len(x.shape)) + [positions])


@structural("embedding")
def embedding(b, weight, positions, *_, **__):
    """Pick rows."""
    return index(b, weight, [positions])


def _along(x, dim, index):
    """Lay out gather and scatter along one dimension."""
    dim %= max(len(index.shape), 1)
    strides = x.geometry.stride()
    stride = tuple(0 if d == dim else strides[d] for d in range(len(index.shape)))
    length, step = (x.shape[dim], strides[dim]) if x.shape else (1, 1)
    return index.shape, stride, [ir.Index(index.read(), step, length)]


@structural("gather")
def gather(b, x, dim, index, sparse_grad=False):
    """Pick along a dimension, one index an element."""
    return _gather(b, x, *_along(x, dim, index))


def _scatter(b, x, source, layout, operator):
    shape, stride, coordinates = layout
    source = b.expand(source, shape) if source.shape != shape else source
    part = ir.Part(source.read(), stride, 0, tuple(coordinates), operator)
    return b.assemble(x.shape, x, [part])


@structural_family("scatter", "scatter_add")
def _scatter_entry(name):
    operator = "+=" if name == "scatter_add" else "="

    def lower(b, x, dim, index, source, reduce=None):
        if reduce is not None:
            raise Unsupported(f"reduce={reduce!r}", "Use scatter_add.")
        if not hasattr(source, "cell"):
            source = b.constant(torch.tensor(source, dtype=x.dtype))
        elif source.shape:
            source = x.__class__(source.cell, source.geometry[tuple(slice(n) for n in index.shape)])
        plain = b.contiguous(x)
        fresh = x.__class__(plain.cell, torch.empty(x.shape, device="meta"))
        return _scatter(b, x, source, _along(fresh, dim, index), operator)

    return lower


@structural("index_put")
def index_put(b, x, indices, values, accumulate=False):
    """Write (or add) values at computed places; one computed mask with one value is a choice."""
    indices = list(indices)
    if len(indices) == 1 and indices[0].dtype == torch.bool and indices[0].constant() is None:
        return _masked_put(b, x, indices[0], values, accumulate)
    fresh = x.__class__(x.cell, torch.empty(x.shape, device="meta"))
    layout = _placed(fresh, _expanded_masks(b, indices))
    return _scatter(b, x, cast(b, values, x.dtype), layout, "+=" if accumulate else "=")


def _masked_put(b, x, mask, values, accumulate):
    if values.cell.value.numel != 1:
        raise Unsupported("a boolean mask with several values", _MASK_ADVICE)
    value = b.expand(x.__class__(values.cell, values.geometry.reshape(())), ())
    mask = b.reshape(mask, mask.shape + (1,) * (len(x.shape) - len(mask.shape)))
    return b.op("where", mask, b.op("add", x, value) if accumulate else value, x)

"""Every structural entry against torch: views, reductions, products, indexing, matrices."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from livebook.compiler import table

from .harness import check, compile, double, torch_outputs

aten = torch.ops.aten
ROWS = torch.tensor([2, 0, -1, 1])
A34, A33, A234, V3, V4 = (3, 4), (3, 3), (2, 3, 4), (3,), (4,)


def spd(x):
    """A symmetric positive definite matrix from any."""
    return x @ x.mT + torch.eye(x.shape[-1], dtype=torch.float64)


def written(x):
    y = torch.zeros(3, 4, dtype=torch.float64)
    y[1] = x[0]
    y[:, 1:3] += 1
    y[0, 0] = x.sum()
    z = x.clone()
    z.mul_(2).add_(y)
    z[:, 0].fill_(7)
    z[0, 1:].zero_()
    return y, z


def written_through_views(x):
    y = x.clone()
    row = y[1]
    column = y.t()[2]
    row += 1
    column *= 2
    return y, row, column


# entry: list of (function, shapes of its arguments)
CASES = {
    "add": [(lambda x, y: (x > 0) + (y > 0), [A34, A34])],
    "sub": [(lambda x, y: x - y, [A34, V4])],
    "div": [(lambda x: torch.div(x, 0.3, rounding_mode="floor"), [A34])],
    "bitwise_and": [(lambda x, y: (x > 0) & (y > 0), [V4, V4])],
    "bitwise_or": [(lambda x, y: (x > 0) | (y > 0), [V4, V4])],
    "bitwise_xor": [(lambda x, y: (x > 0) ^ (y > 0), [V4, V4])],
    "bitwise_not": [(lambda x: ~(x > 0), [V4])],
    "_to_copy": [(lambda x: x.long() + x.bool().double() + (x > 0).long().double(), [A34])],
    "clone": [(lambda x: x.t().clone() + 1, [A34]), (lambda x: x.clone(), [A34])],
    "lift_fresh_copy": [(lambda x: torch.ops.aten.lift_fresh_copy(x) * 2, [V4])],
    "copy": [(lambda x, y: x.clone().copy_(y), [A34, V4])],
    "full_like": [(lambda x: torch.full_like(x, 2.5) * x, [V4])],
    "empty": [
        (lambda x: x.new_empty(3).copy_(x), [V3]),
        (lambda x: torch.empty(3, dtype=torch.float64).copy_(x), [V3]),
    ],
    "empty_permuted": [
        (lambda x: torch.empty_like(x).copy_(x), [A34]),
        (lambda x: aten.empty_permuted(x.shape, [0, 1], dtype=x.dtype).copy_(x), [A34]),
    ],
    "_efficientzerotensor": [(lambda x: torch.func.hessian(lambda t: t.exp().sum())(x), [V3])],
    "_new_zeros_with_same_feature_meta": [(lambda x: torch.func.hessian(lambda t: (t.abs() * t).sum())(x), [V3])],
    "sum": [
        (lambda x, d=d: x.sum(**d), [A234]) for d in ({}, {"dim": 0}, {"dim": (0, -1)}, {"dim": 1, "keepdim": True})
    ],
    "prod": [(lambda x: x.prod(), [A34]), (lambda x: x.prod(-1, keepdim=True), [A234]), (torch.prod, [()])],
    "amax": [(lambda x: x.amax(), [A34]), (lambda x: x.amax((0, 2)), [A234]), (lambda x: x.amax(1, True), [A234])],
    "amin": [(lambda x: x.amin(), [A34]), (lambda x: x.amin((0, 2)), [A234]), (lambda x: x.amin(1, True), [A234])],
    "any": [(lambda x: (x > 1).any(), [A34]), (lambda x: (x > 0).any(1), [A34]), (lambda x: x.any((0, 1)), [A234])],
    "all": [(lambda x: (x > -1).all(), [A34]), (lambda x: (x > 0).all(1), [A34])],
    "mean": [(torch.mean, [A34]), (lambda x: x.mean((0, 1)), [A234]), (lambda x: x.mean(-1, True), [A34])],
    "var": [(torch.var, [A34]), (lambda x: x.var(0, correction=0), [A34]), (lambda x: x.std(1, keepdim=True), [A34])],
    "var_mean": [(lambda x: torch.var_mean(x, dim=1), [A34]), (lambda x: torch.std_mean(x), [A34])],
    "argmax": [(torch.argmax, [A34]), (lambda x: x.argmax(1), [A34]), (lambda x: x.argmax(0, keepdim=True), [A234])],
    "argmin": [(torch.argmin, [A34]), (lambda x: x.argmin(1), [A34]), (lambda x: x.argmin(0, keepdim=True), [A234])],
    "max": [(torch.max, [A34]), (lambda x: tuple(x.max(1)), [A34]), (lambda x: tuple(x.max(0, True)), [A34])],
    "min": [(torch.min, [A34]), (lambda x: tuple(x.min(1)), [A34]), (lambda x: tuple(x.min(0, True)), [A34])],
    "linalg_vector_norm": [
        (lambda x, p=p: torch.linalg.vector_norm(x, p, 1), [A34]) for p in (2, 1, 3, 0, np.inf, -np.inf)
    ],
    "_cdist_forward": [(lambda x, y, p=p: torch.cdist(x, y, p), [A34, (2, 4)]) for p in (1.0, 2.0, 3.0)],
    "native_layer_norm": [
        (lambda x: F.layer_norm(x, (4,)), [A34]),
        (lambda x, w, b: F.layer_norm(x, (4,), w, b), [A234, V4, V4]),
    ],
    "cumsum": [(lambda x, d=d: x.cumsum(d), [A234]) for d in (0, 1, -1)] + [(lambda x: x.cumsum(0), [()])],
    "cumprod": [(lambda x, d=d: x.cumprod(d), [A234]) for d in (0, 1, -1)],
    "logcumsumexp": [(lambda x, d=d: (30 * x).logcumsumexp(d), [A234]) for d in (0, 1, -1)],
    "mm": [(torch.mm, [A34, (4, 2)]), (lambda x, y: x.t() @ y.t(), [A34, (5, 3)]), (F.linear, [A34, (2, 4), (2,)])],
    "bmm": [(torch.bmm, [A234, (2, 4, 5)]), (lambda x, y: torch.einsum("bij,bkj->bik", x, y), [A234, (2, 5, 4)])],
    "mv": [(torch.mv, [A34, V4])],
    "dot": [(torch.dot, [V4, V4])],
    "cat": [
        (lambda x, y: torch.cat([x, y * 2, x.exp()]), [A34, (2, 4)]),
        (lambda x, y: torch.cat([x, y], -1), [A34, (3, 2)]),
        (lambda x: torch.stack([x, x.sin(), torch.ones(3, 4).double()], 1), [A34]),
        (lambda x: torch.stack([x, x + 1, x * 2]), [()]),
    ],
    "flip": [(lambda x, d=d: x.flip(d) * 2, [A234]) for d in ((0,), (1,), (0, 2), (0, 1, 2))],
    "repeat": [(lambda x: x.repeat(2, 3) + 1, [A34]), (lambda x: x.repeat(2, 1, 2), [A34])],
    "constant_pad_nd": [
        (lambda x, p=p: F.pad(x, p, value=1.5), [A34]) for p in ((1, 2), (1, 0, 2, 1), (-1, 2), (0, -1, 1, 1))
    ],
    "slice_scatter": [(lambda x, y: torch.slice_scatter(x, y, 1, 0, 4, 2), [A34, (3, 2)])],
    "diagonal_scatter": [(lambda x, y: torch.diagonal_scatter(x, y, 1), [A34, (3,)])],
    "index": [
        (lambda x: x[ROWS] * 2, [(3, 2)]),
        (lambda x: x[:, ROWS], [A234]),
        (lambda x: x[..., ROWS[:3], ROWS[:3]], [(2, 3, 3)]),
        (lambda x: x[ROWS[:2], :, ROWS[:2]], [(3, 2, 4)]),
        (lambda x: x[ROWS[:, None], ROWS[None, :3]], [A34]),
        (lambda x: x[torch.tensor([True, False, True])], [A34]),
        (lambda x: x[x.argmax(0)], [A33]),
        (lambda x: x.exp()[x.argmax(1) - 3], [A33]),
        (lambda x: x[(x > 0).long()], [(2,)]),
        (lambda x: (x[torch.tensor([1])] * 2, x[:, torch.tensor([-1, -1])] + 1), [A34]),
        (lambda x: x[torch.tensor([0, 0, -1])], [(1,)]),
    ],
    "index_select": [(lambda x: x.index_select(1, ROWS % 3), [A34]), (lambda x: x.roll(1, 0), [A34])],
    "embedding": [(lambda x: F.embedding(ROWS % 3, x), [A34])],
    "gather": [
        (lambda x: x.gather(1, torch.tensor([[0], [3], [1]])), [A34]),
        (lambda x: x.gather(1, x.argmax(1, keepdim=True)), [A34]),
        (lambda x: x.gather(0, torch.tensor([1, 1, 0])), [V3]),
    ],
    "scatter": [
        (lambda x, y: x.scatter(1, torch.tensor([[0], [3], [1]]), y), [A34, A34]),
        (lambda x: x.scatter(1, x.argmax(1, keepdim=True), 9.0), [A34]),
    ],
    "scatter_add": [(lambda x, y: x.scatter_add(0, torch.tensor([[0, 0], [0, 1]]), y), [A34, A34])],
    "index_put": [
        (lambda x, y: torch.index_put(x, (ROWS % 3,), y), [A34, V4]),
        (lambda x, y: torch.index_put(x, (ROWS % 3,), y, accumulate=True), [A34, (4, 4)]),
        (lambda x: torch.index_put(x, (x > 0,), torch.tensor(2.0).double()), [A34]),
        (lambda x, y: x.index_add(0, ROWS % 3, y), [A34, (4, 4)]),
        (lambda x: torch.index_put(x, (torch.tensor([-1]),), torch.tensor(0.5).double()), [V3]),
    ],
    "linalg_cholesky_ex": [
        (lambda x: torch.linalg.cholesky(spd(x)), [A33]),
        (lambda x: torch.linalg.cholesky(spd(x), upper=True), [(2, 3, 3)]),
    ],
    "linalg_solve_triangular": [
        (
            lambda x, y, u=u, left=left: torch.linalg.solve_triangular(spd(x), y if left else y.mT, upper=u, left=left),
            [(2, 3, 3), (3, 4)],
        )
        for u in (False, True)
        for left in (False, True)
    ]
    + [(lambda x, y: torch.linalg.solve_triangular(x, y, upper=True, unitriangular=True), [A33, A34])],
    "cholesky_solve": [(lambda x, y, u=u: torch.cholesky_solve(y, spd(x), upper=u), [A33, A34]) for u in (False, True)],
    "cholesky_inverse": [(lambda x: torch.cholesky_inverse(torch.linalg.cholesky(spd(x))), [A33])],
    "linalg_lu_factor_ex": [(lambda x: torch.linalg.lu_factor(x), [(4, 4)])],
    "linalg_lu_solve": [
        (lambda x, y, a=a: torch.linalg.lu_solve(*torch.linalg.lu_factor(x), y, adjoint=a), [(4, 4), (4, 2)])
        for a in (False, True)
    ]
    + [(lambda x, y: torch.linalg.lu_solve(*torch.linalg.lu_factor(x), y, left=False), [(4, 4), (2, 4)])],
    "_linalg_solve_ex": [
        (lambda x, y: torch.linalg.solve(spd(x), y), [(2, 3, 3), (2, 3, 4)]),
        (lambda x, y: torch.linalg.solve(x, y), [(4, 4), (4,)]),
    ],
    "linalg_inv_ex": [(torch.linalg.inv, [(4, 4)]), (torch.linalg.inv, [(2, 3, 3)])],
    "_linalg_slogdet": [
        (lambda x: tuple(torch.linalg.slogdet(x)), [(2, 4, 4)]),
        (lambda x: torch.logdet(spd(x)), [A33]),
    ],
    "_linalg_det": [(torch.linalg.det, [(3, 4, 4)]), (torch.linalg.det, [(2, 2)])],
}
ALL = [(name, number) for name, cases in CASES.items() for number in range(len(cases))]
# Other names of the same functions, for which no public torch function leads to the entry.
SAME_AS = {"_conj_physical": "clone", "contiguous": "clone", "detach_copy": "clone"}


def test_every_structural_entry_has_a_case():
    assert set(table.STRUCTURAL) - set(CASES) == set(SAME_AS)
    assert all(table.STRUCTURAL[other] is table.STRUCTURAL[name] for other, name in SAME_AS.items())


@pytest.mark.parametrize(("name", "number"), ALL)
def test_structural(node, recorded, rng, name, number):
    fn, shapes = CASES[name][number]
    args = [rng.normal(size=shape) for shape in shapes]
    check(node, fn, *args, rtol=1e-12, atol=1e-13, examples=[rng.normal(size=shape) for shape in shapes])
    assert name in recorded


VIEWS = {
    "transpose": lambda x: x.transpose(0, 2) + 0,
    "permute": lambda x: x.permute(2, 0, 1).exp(),
    "reshape": lambda x: x.permute(2, 0, 1).reshape(3, 8) * 2,
    "flatten": lambda x: x.mT.flatten(),
    "slice": lambda x: x[:, 1:, ::2] + 1,
    "select": lambda x: x[1, :, -1],
    "narrow of a product": lambda x: (x * 2)[:, 1:].sum(1),
    "squeeze": lambda x: x[:, :1].squeeze(1) + x[:, None].squeeze().sum(1),
    "unsqueeze": lambda x: x.unsqueeze(2) * x.unsqueeze(-1),
    "expand": lambda x: x[:, :1].expand(5, 2, 3, 4).sum((0, 2)),
    "diagonal": lambda x: x.diagonal(1, 1, 2) + x.diagonal(0, 0, 1).sum(),
    "unfold": lambda x: x.unfold(2, 2, 1).sum(-1),
    "split": lambda x: [t * 2 for t in x.split([1, 3], 2)],
    "chunk": lambda x: x.chunk(2, 1),
    "unbind": lambda x: [t.sum() for t in x.unbind(1)],
    "movedim": lambda x: x.movedim(0, -1).cumsum(1),
    "swapped sum": lambda x: (x.permute(2, 0, 1) * x.permute(2, 0, 1)).sum(0),
    "view of an elementwise value": lambda x: (x + 1).view(6, 4).exp().view(2, 12).sum(1),
    "triangles": lambda x: (x.tril(), x.triu(1)),
    "the input itself": lambda x: x,
    "one value twice": lambda x: ((y := x + 1), y, y[0], x),
    "a constant": lambda x: (torch.arange(3.0).double(), x.sum() * 0, torch.ones(2).double()),
    "a view of the input": lambda x: x.t() if x.ndim == 2 else x[0].t(),
    "diag": lambda x: torch.diag(x[0, 0]) + torch.diag_embed(x[0, 1]),
    "meshgrid": lambda x: torch.meshgrid(x[0, 0], x[0, 1], indexing="ij"),
    "diff and trapezoid": lambda x: (x.diff(dim=1), torch.trapezoid(x, dx=0.1)),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "written": lambda x: written(x[0]),
    "written through views": lambda x: written_through_views(x[0]),
    "masked": lambda x: x.masked_fill(x > 0, -1.0),
    "mask assignment": lambda x: x.clone().index_put_((x > 0.5,), torch.tensor(0.0).double()),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views(node, rng, name):
    _, got = check(node, VIEWS[name], rng.normal(size=A234), atol=1e-14)
    assert got


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (0,), (3, 0), (0, 3), (1, 5)])
def test_small_and_empty_shapes(node, rng, shape):
    def fn(x):
        y = x.exp() + 1
        return y, y.sum(), y.sum(dim=-1) if x.ndim else y, y.prod(), (y > 1).all(), (y > 9).any(), y.unsqueeze(0) * y

    check(node, fn, rng.normal(size=shape), rtol=1e-13)


@pytest.mark.parametrize("kind", ["amax", "amin", "argmax", "argmin", "logsumexp", "any", "all", "sum", "prod"])
def test_reductions_of_awkward_values(node, kind):
    inf, nan = np.inf, np.nan
    rows = [
        [1, nan, 2, nan],
        [nan, nan, 1, 1],
        [inf, -inf, 1, inf],
        [-inf] * 4,
        [inf] * 4,
        [3, 3, 3, 3],
        [0, -0.0, 0, 0],
    ]
    fn = (lambda x: getattr(x, kind)(1)) if kind != "logsumexp" else (lambda x: x.logsumexp(1))
    check(node, fn, np.array(rows, dtype=float), rtol=1e-14, examples=[np.ones((7, 4))])


@pytest.mark.parametrize("kind", ["cumsum", "cumprod", "logcumsumexp"])
def test_running_folds_of_awkward_values(node, kind):
    inf, nan = np.inf, np.nan
    rows = [[1, nan, 2, 3], [-inf, 1, 2, -inf], [-inf, -inf, -inf, 1], [inf, 1, -inf, 2], [1000, -1000, 1000, 0.0]]
    check(node, lambda x: getattr(x, kind)(1), np.array(rows), rtol=1e-14, examples=[np.ones((5, 4))])


def test_a_matrix_that_is_not_positive_definite_gives_nan(node):
    module = node.open(compile(torch.linalg.cholesky, np.eye(2)))
    (factor,) = module(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert factor[0, 0] == 1 and np.isnan(factor[1, 1])


def test_an_index_out_of_range_gives_nan(node):
    module = node.open(compile(lambda x: x[(x * 1.0).long()], np.zeros(3)))
    (picked,) = module(np.array([0.0, 2.0, 3.0]))
    assert np.array_equal(picked, [0, 3, np.nan], equal_nan=True)


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 2), (-1, 0)])
def test_an_entry_of_a_held_table_is_a_factor(node, rng, place):
    """One entry is 1 and another is not: a factor 1 is left out, and must not be looked for in the whole table."""
    held = torch.tensor([[1.0, 2.0, 0.0], [3.0, -1.0, 1.0]], dtype=torch.float64)
    x = rng.normal(size=3)
    check(node, lambda x: (x * held[place], held[place] * x, x / (held[place] + 5), x.sum() * held[place]), x)


def test_input_orders_do_not_matter(node, rng):
    x = rng.normal(size=A34)
    module = node.open(compile(lambda x: x.cumsum(1), np.asfortranarray(x)))
    assert np.allclose(module(x), torch_outputs(lambda x: x.cumsum(1), [double(x)]), rtol=1e-14)
    assert np.array_equal(module(x)[0], module(x, plain=True)[0])

"""The module's interface, its constants and its names."""

import subprocess

import numpy as np
import pytest
import torch

from livebook.compiler.constants import as_doubles, packed, printed

from .harness import Program, check, compile, double, node_path

AWKWARD = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    5e-324,
    1.7976931348623157e308,
    0.1,
    1 / 3,
    1e21,
    123456789012345680.0,
    -1e-7,
    1e22,
]


def test_interface(node):
    program = compile(lambda mu, x: (x * mu, x.sum()), 1.0, np.ones((2, 3)), name="scaled")
    described = node.open(program).described
    assert described["inputs"] == program.inputs == [{"name": "mu", "shape": []}, {"name": "x", "shape": [2, 3]}]
    assert described["outputs"] == program.outputs == [{"shape": [2, 3]}, {"shape": []}]
    assert described["constants"] is None and not described["load"] and program.constants == b""
    assert "export default function scaled(mu, x) {" in program.source
    assert isinstance(program, Program)
    with pytest.raises(AttributeError):
        program.source = ""


def test_small_constants_keep_every_bit(node):
    data = double([*AWKWARD, *np.random.default_rng(0).normal(size=50) * 10.0 ** np.arange(-25, 25)])
    module = node.open(compile(lambda x: (data + 0 * x, data.reshape(-1, 1)), 1.0))
    outputs = module(0.0)
    assert outputs[1].tobytes() == data.numpy().tobytes()
    assert np.array_equal(outputs[0], data.numpy(), equal_nan=True)


@pytest.mark.parametrize("x", AWKWARD)
def test_scalar_constants_keep_every_bit(node, x):
    value = double(x)
    module = node.open(compile(lambda t: (torch.where(t > 0, value, t), value), 1.0))
    assert module(1.0)[0].tobytes() == module(1.0)[1].tobytes() == value.numpy().tobytes()


@pytest.mark.parametrize(
    ("dtype", "kind", "width"), [(np.float16, "half", 2), (np.float32, "single", 4), (np.float64, "double", 8)]
)
def test_large_constants_go_to_the_binary_as_narrow_as_is_exact(node, dtype, kind, width):
    with np.errstate(over="ignore"):
        data = np.array([*AWKWARD, *np.random.default_rng(0).normal(size=700)]).astype(dtype).astype(float)
    table = torch.from_numpy(data)
    program = compile(lambda x: torch.where(x > 0, table, x), 1.0)
    assert packed(data)[0] == kind and len(program.constants) == -(-width * data.size // 8) * 8
    module = node.open(program)
    assert module.described["constants"] == {"bytes": len(program.constants)} and module.described["load"]
    assert module(1.0)[0].tobytes() == data.tobytes()


def test_every_half_precision_number_is_decoded(node):
    bits = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(float)
    table = torch.from_numpy(bits)
    (got,) = node.open(compile(lambda x: torch.where(x > 0, table, x), 1.0))(1.0)
    assert len(compile(lambda x: table * x, 1.0).constants) == 2**17
    assert np.array_equal(got, bits, equal_nan=True) and np.array_equal(
        np.signbit(got), np.signbit(bits) & ~np.isnan(bits) | np.signbit(got) & np.isnan(bits)
    )


def test_several_constants_are_aligned_and_equal_ones_stored_once(node):
    one, two = (
        torch.from_numpy(np.random.default_rng(n).normal(size=601).astype(np.float16).astype(float)) for n in (0, 1)
    )
    program = compile(lambda x: (one * x, two * x, one.clone() + x, one @ two * x), 1.0)
    assert len(program.constants) == 2 * 1208
    check(node, lambda x: (one * x, two * x, one + x), 2.0)


def test_load_refuses_a_wrong_size_and_calls_before_it(node):
    table = torch.from_numpy(np.random.default_rng(0).normal(size=600))
    program = compile(lambda x: table * x, 1.0, name="scaled")
    node.ask("open", id="bare", source=program.source)
    with pytest.raises(RuntimeError, match=r"scaled: call load\(arrayBuffer\) before"):
        node.ask("call", id="bare", args=[{"hex": "00" * 8, "scalar": True}])
    with pytest.raises(RuntimeError, match="scaled: the constants have 8 bytes, not 4800"):
        node.ask("load", id="bare", hex="00" * 8)


def test_the_threshold_is_four_kilobytes():
    at, above = (torch.from_numpy(np.random.default_rng(0).normal(size=n)) for n in (512, 513))
    assert compile(lambda x: at * x, 1.0).constants == b""
    assert len(compile(lambda x: above * x, 1.0).constants) == 513 * 8


def test_uniform_constants_are_not_stored(node):
    ones = torch.ones(5000, dtype=torch.float64)
    program = compile(lambda x: (ones * x).sum() + torch.zeros(3, 3).double(), 1.0)
    assert program.constants == b"" and len(program.source) < 1000
    assert node.open(program)(2.0)[0].tolist() == [[10000.0] * 3] * 3


def test_constants_are_folded_by_torch():
    program = compile(lambda x: x * torch.linspace(0, 1, 5, dtype=torch.float64).exp().lgamma().sum(), 1.0)
    assert "lgamma" not in program.source and "for" not in program.source


def test_equal_computations_are_done_once():
    program = compile(lambda x: (x.exp() + 1) * (x.exp() + 1) + x.exp(), 1.0)
    assert program.source.count("Math.exp") == 1


def test_unused_work_is_dropped():
    program = compile(lambda x: (x.sin(), x + 1)[1], 1.0)
    assert "Math.sin" not in program.source


def test_elementwise_work_is_fused_into_its_reduction():
    program = compile(lambda x: ((x - 1).exp() * 2).sum(), np.ones((4, 5)))
    assert program.source.count("for (") == 1 and "new Float64Array" not in program.source


def test_only_outputs_are_allocated_in_a_call():
    program = compile(lambda x: ((x.cumsum(0) + 1).cumsum(0), x.sum()), np.ones(9))
    body = program.source[program.source.index("export default") :]
    assert body.count("new Float64Array") == 1 and program.source.count("new Float64Array") > 1


JS_WORDS = [
    "var",
    "let",
    "function",
    "new",
    "Math",
    "Float64Array",
    "NaN",
    "Infinity",
    "undefined",
    "arguments",
    "eval",
    "loaded",
]
JS_WORDS += [
    "inputs",
    "outputs",
    "constants",
    "load",
    "i",
    "j",
    "exp",
    "sum_1",
    "lgamma",
    "power",
    "program",
    "isNaN",
    "default",
]


@pytest.mark.parametrize("name", JS_WORDS)
def test_any_argument_name_will_do(node, name):
    def fn(x):
        table = torch.arange(6.0).double().reshape(2, 3)
        return (x**x.T @ table).exp().lgamma().sum() + (x * x).sum(0).exp()

    x = np.array([[0.5, 0.7], [1.1, 0.2]])
    program = compile(fn, x, input_names=[name], name=name)
    assert program.inputs[0]["name"] == name
    ordinary = node.open(compile(fn, x))(x)[0]
    assert np.array_equal(node.open(program)(x)[0], ordinary) and np.isfinite(ordinary).all()


def test_names_of_callables(node):
    class Model:
        def __call__(self, z):
            return z + 1

        def method(self, z, *more):
            return z + sum(more)

    assert "function program(z)" in compile(Model(), 1.0).source
    assert compile(Model().method, 1.0, 2.0, 3.0).inputs[2]["name"] == "more1"
    assert compile(torch.exp, 1.0).inputs[0]["name"] == "x0"
    assert node.open(compile(lambda z, *more: z + sum(more), 1.0, 2.0, 3.0))(1.0, 2.0, 3.0) == [6.0]


def test_module_is_deterministic_and_self_contained(tmp_path):
    def fn(mu):
        return (torch.linspace(-1, 1, 600, dtype=torch.float64).erf() - mu).lgamma().logsumexp(0)

    one, two = compile(fn, 0.3), compile(fn, 0.3)
    assert one.source == two.source and one.constants == two.constants
    assert "import" not in one.source and "require" not in one.source
    file = tmp_path / "module.mjs"
    file.write_text(one.source, encoding="utf-8")
    subprocess.run([node_path(), "--check", file], check=True)


def test_printed_constants_are_compact():
    assert printed(double([0.5, 2.0, -3.0, 1e300])) == "new Float64Array([0.5,2,-3,1e300])"
    assert printed(double([7.0] * 100)) == "new Float64Array(100).fill(7)"
    assert as_doubles(torch.arange(3).reshape(3, 1)).tolist() == [0, 1, 2]

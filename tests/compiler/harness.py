"""Compile, run in Node, and compare with torch."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from livebook.compiler import CompileError, Program, compile  # noqa: F401  (for the tests)

_RUNNER = Path(__file__).with_name("runner.mjs")


def node_path():
    """Return the path of Node: the environment's own, else the first on PATH, else None."""
    own = Path(sys.prefix) / "bin" / "node"
    return str(own) if own.exists() else shutil.which("node")


def to_hex(values):
    return np.asarray(values, dtype="<f8").tobytes().hex()


def from_hex(text):
    return np.frombuffer(bytes.fromhex(text), dtype="<f8")


class Node:
    """A Node process that runs compiled modules."""

    def __init__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([node_path(), str(_RUNNER)], text=True, encoding="utf-8", **pipes)
        self.count = 0

    def ask(self, action, **request):
        self.process.stdin.write(json.dumps({"action": action, **request}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def open(self, program):
        """Load a Program; return a JavaScript function that takes and returns arrays."""
        self.count += 1
        described = self.ask("open", id=self.count, source=program.source)
        module = Module(self, self.count, described)
        if program.constants:
            self.ask("load", id=self.count, hex=program.constants.hex())
        return module

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


class Module:
    """A compiled module in Node. Arguments and outputs are float64 arrays."""

    def __init__(self, node, number, described):
        self.node, self.number, self.described = node, number, described

    def arguments(self, args, plain=False):
        shapes = [i["shape"] for i in self.described["inputs"]]
        return [{"hex": to_hex(a), "scalar": not shape, "plain": plain} for a, shape in zip(args, shapes, strict=True)]

    def __call__(self, *args, plain=False):
        outputs = self.node.ask("call", id=self.number, args=self.arguments(args, plain))
        shapes = [o["shape"] for o in self.described["outputs"]]
        assert [o["scalar"] for o in outputs] == [not shape for shape in shapes]
        return [from_hex(o["hex"]).reshape(shape) for o, shape in zip(outputs, shapes, strict=True)]

    def aliased(self, *args):
        return self.node.ask("aliased", id=self.number, args=self.arguments(args))

    def time(self, *args, repeats=200):
        return self.node.ask("time", id=self.number, args=self.arguments(args), repeats=repeats)


def double(x):
    return torch.as_tensor(x, dtype=torch.float64)


def torch_outputs(fn, args):
    leaves = torch.utils._pytree.tree_leaves(fn(*[double(a) for a in args]))
    return [leaf.detach().to(torch.float64).numpy() for leaf in leaves]


def assert_close(got, want, rtol, atol=0.0):
    """Compare lists of arrays; NaN equals NaN, and a zero's sign is not compared."""
    assert [g.shape for g in got] == [w.shape for w in want]
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=rtol, atol=atol, equal_nan=True)


def check(node, fn, *args, rtol=1e-12, atol=0.0, examples=None):
    """Compile ``fn`` and hold JavaScript against torch at ``args`` (compiled at ``examples``, if given)."""
    program = compile(fn, *(args if examples is None else examples))
    module = node.open(program)
    got = module(*args)
    assert_close(got, torch_outputs(fn, args), rtol, atol)
    return module, got

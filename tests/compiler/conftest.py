import zlib

import numpy as np
import pytest

from livebook.compiler import table
from livebook.compiler.lower import Builder

from .harness import Node


@pytest.fixture(scope="session")
def node():
    process = Node()
    yield process
    process.close()


@pytest.fixture
def rng(request):
    """A generator seeded by the test's name."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture
def recorded(monkeypatch):
    """The names of the entries that a lowering used."""
    seen, entry, op = set(), table.entry, Builder.op

    def recording_op(self, name, *args, **kwargs):
        seen.add(name)
        return op(self, name, *args, **kwargs)

    monkeypatch.setattr(table, "entry", lambda target: seen.add(table.packet(target)) or entry(target))
    monkeypatch.setattr(Builder, "op", recording_op)
    return seen

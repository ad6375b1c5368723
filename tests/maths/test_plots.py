"""Drawings land on the axes they are given, in the book's colours."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from helpers import plots
from livebook.palette import colour

matplotlib.use("Agg")


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    assert ax.get_title() == ""
    figure.canvas.draw()
    plt.close(figure)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curve_is_drawn_in_its_role_and_labelled_directly(ax, scheme):
    x = torch.linspace(0, 1, 5)
    line = plots.curve(ax, x, x**2, "bound", "ELBO", scheme)
    assert to_hex(line.get_color()) == colour("bound", scheme).lower()
    assert line.get_ydata().tolist() == (x**2).tolist()
    assert [text.get_text() for text in ax.texts] == ["ELBO"]
    assert ax.get_legend() is None


def test_stems_reach_their_heights(ax):
    lines, dots = plots.stems(ax, torch.tensor([1.0, 2.0]), torch.tensor([0.3, 0.1]))
    assert [segment[1, 1] for segment in lines.get_segments()] == pytest.approx([0.3, 0.1])
    assert len(dots.get_offsets()) == 2


def test_gap_is_hatched_between_its_curves(ax):
    x = torch.linspace(0, 1, 5)
    room = plots.gap(ax, x, x - 1, x)
    assert room.get_hatch() == "///"
    assert room.get_datalim(ax.transData).extents.tolist() == [0, -1, 1, 1]


def test_image_grid_places_each_image(ax):
    images = torch.rand(5, 9)
    sheet = plots.image_grid(ax, images, columns=2).get_array()
    assert sheet.shape == (12, 8)
    assert torch.equal(torch.tensor(sheet[4:7, 4:7]), images[3].reshape(3, 3))
    assert sheet[8:, 4:].max() == 0


def test_latent_plane_writes_each_label_at_its_point(ax):
    z = torch.tensor([[0.0, 1.0], [2.0, -1.0]], requires_grad=True)
    plots.latent_plane(ax, z, torch.tensor([7, 3]))
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [("7", (0, 1)), ("3", (2, -1))]
    assert ax.get_xlim()[1] > 2

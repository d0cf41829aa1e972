"""Convolutions for images."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sklearn_mtl.neural_network.encoders import ConvEncoder


def test_it_is_what_it_says_it_is():
    """Convolution, normalisation, activation, maximum of 2x2, and the mean at last."""
    module = ConvEncoder((4, 6), activation="tanh", grid_size=1)((2, 9, 10)).eval()
    (conv_1, conv_2), (norm_1, norm_2) = (
        [layer for layer in module.modules() if isinstance(layer, kind)]
        for kind in (nn.Conv2d, nn.BatchNorm2d)
    )
    norm_1.running_mean.normal_()
    norm_2.running_var.uniform_(1, 2)
    X = torch.randn(5, 2, 9, 10)
    hidden = F.max_pool2d(norm_1(conv_1(X)).tanh(), 2)
    hidden = F.max_pool2d(norm_2(conv_2(hidden)).tanh(), 2)
    assert hidden.shape == (5, 6, 2, 2)
    torch.testing.assert_close(module(X), hidden.mean((2, 3)))


def test_grey_images_need_no_axis_of_channels():
    encoder = ConvEncoder((4,))
    flat, deep = encoder((8, 7)).eval(), encoder((1, 8, 7)).eval()
    deep.load_state_dict(flat.state_dict())
    X = torch.randn(5, 8, 7)
    torch.testing.assert_close(flat(X), deep(X.unsqueeze(1)))


def test_the_layout_in_memory_does_not_matter():
    module = ConvEncoder((4, 4))((3, 8, 8)).eval()
    X = torch.randn(5, 3, 8, 8)
    for same in (
        X.contiguous(memory_format=torch.channels_last),
        X.transpose(2, 3).contiguous().transpose(2, 3),
    ):
        torch.testing.assert_close(module(same), module(X))


def test_maximum_and_mean():
    params = {"channels": (4,), "normalisation": None, "grid_size": 1}
    modules = {
        kind: ConvEncoder(**params, readout=kind)((1, 6, 6))
        for kind in ("average", "max", "both")
    }
    for module in modules.values():
        module.load_state_dict(modules["both"].state_dict())
    X = torch.randn(5, 1, 6, 6)
    found = {kind: module(X) for kind, module in modules.items()}
    assert (found["max"] >= found["average"]).all()
    torch.testing.assert_close(
        found["both"], torch.cat([found["average"], found["max"]], dim=1)
    )


@pytest.mark.parametrize("readout", ["average", "max"])
def test_cells_of_a_grid(readout):
    """The last image has 3x6 pixels: a cell has the mean of two."""
    module = ConvEncoder((4,), readout=readout, grid_size=3)((2, 6, 12)).eval()
    X = torch.randn(5, 2, 6, 12)
    by_cell = module.stages(X).reshape(5, 4, 3, 3, 2)
    expected = by_cell.mean(-1) if readout == "average" else by_cell.amax(-1)
    torch.testing.assert_close(module(X), expected.flatten(1))


def test_a_shift_of_the_image_is_forgotten():
    """By whole windows of all stages, away from the border."""
    module = ConvEncoder((4, 4), normalisation=None, grid_size=1)((1, 32, 32))
    X = torch.zeros(2, 1, 32, 32)
    X[0, 0, 8:14, 8:14] = pattern = torch.rand(6, 6)
    X[1, 0, 16:22, 12:18] = pattern
    first, second = module(X)
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("shape", [(28, 28, 3), (32, 20, 4), (28, 28, 1)])
def test_channels_last(shape):
    with pytest.raises(ValueError, match=r"channels last: use np.moveaxis\(X, -1, 1\)"):
        ConvEncoder()(shape)


@pytest.mark.parametrize("shape", [(3, 28, 28), (64, 9, 2), (3, 3, 3), (40, 30, 1)])
def test_channels_first(shape):
    assert ConvEncoder((4,))(shape)(torch.zeros(2, *shape)).shape == (2, 4 * 9)


@pytest.mark.parametrize("shape", [(784,), 784, (2, 3, 28, 28), (3, 0, 28), ()])
def test_rows_that_are_no_images(shape):
    with pytest.raises(ValueError, match=r"ConvEncoder takes rows of shape \(channels"):
        ConvEncoder()(shape)

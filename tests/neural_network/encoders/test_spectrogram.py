"""Convolutions over time."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sklearn_mtl.neural_network.encoders import SpectrogramEncoder


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_it_convolves_over_time_alone(kernel_size):
    module = SpectrogramEncoder((4, 6), kernel_size=kernel_size)((13, 5)).eval()
    convs = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    norms[0].running_mean.normal_()
    X = torch.randn(7, 13, 5)
    hidden = X.transpose(1, 2)
    for conv, norm in zip(convs, norms, strict=True):
        hidden = F.conv1d(hidden, conv.weight.squeeze(-1), padding=kernel_size // 2)
        hidden = F.batch_norm(
            hidden, norm.running_mean, norm.running_var, norm.weight, norm.bias
        )
        hidden = F.max_pool1d(hidden.relu(), 2)
    torch.testing.assert_close(module(X), hidden.mean(2))


def test_the_order_of_the_bands_is_a_matter_of_names():
    encoder = SpectrogramEncoder((4, 6))
    module, permuted = encoder((12, 5)).eval(), encoder((12, 5)).eval()
    state = {key: value.clone() for key, value in module.state_dict().items()}
    order = torch.tensor([3, 1, 4, 0, 2])
    first = next(key for key in state if key.endswith("weight"))
    state[first] = state[first][:, order]
    permuted.load_state_dict(state)
    X = torch.randn(6, 12, 5)
    torch.testing.assert_close(permuted(X[..., order]), module(X))


@pytest.mark.parametrize("shape", [(40,), 40, (1, 40, 32), (40, 0)])
def test_rows_that_are_no_spectrograms(shape):
    with pytest.raises(ValueError, match=r"takes rows of shape \(time, bands\), got"):
        SpectrogramEncoder()(shape)

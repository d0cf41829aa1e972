"""The whole network: encoder, layers of an architecture, heads."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.architectures import SharedBottom
from sklearn_mtl.neural_network.architectures._base import LayerSettings

# Groups of one class, of two classes (two tasks), of three, and a quantity.
CLASSES = (np.arange(2), None, np.arange(3), np.arange(1), np.arange(2))
N_OUTPUTS = 6


@pytest.fixture
def layout():
    return OutputLayout(
        Tasks(
            names=tuple("abcde"),
            kinds=tuple(
                "regression" if known is None else "classification" for known in CLASSES
            ),
            classes=CLASSES,
            one_dimensional=False,
            named=False,
        )
    )


def make_net(layout, architecture, constants=None):
    settings = LayerSettings(
        n_features_in=3,
        hidden_layer_sizes=(5, 4),
        n_tasks=layout.n_tasks,
        activation="tanh",
        dropout=0.0,
        generator=torch.Generator().manual_seed(0),
        dtype=torch.float64,
    )
    if constants is None:
        constants = torch.zeros(N_OUTPUTS, dtype=torch.float64)
    return Network(nn.Identity(), architecture.build(settings), layout, constants)


ARCHITECTURES = [SharedBottom(), SharedBottom(task_layer_sizes=(3,))]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_a_new_network_predicts_the_constants(layout, architecture):
    constants = torch.linspace(-2, 5, N_OUTPUTS, dtype=torch.float64)
    net = make_net(layout, architecture, constants)
    X = torch.randn(7, 3, dtype=torch.float64)
    assert torch.equal(net(X), constants.expand(7, -1))


def test_outputs_are_heads_on_the_representation(layout):
    net = make_net(layout, SharedBottom())
    nn.init.normal_(net.heads.weight)
    X = torch.randn(6, 3, dtype=torch.float64)
    assert net.represent(X).shape == (6, 4) == (6, net.n_represented)
    torch.testing.assert_close(net(X), net.represent(X) @ net.heads.weight.T)


def test_heads_take_the_representation_of_their_own_task(layout):
    net = make_net(layout, SharedBottom(task_layer_sizes=(3,)))
    nn.init.normal_(net.heads.weight)
    X = torch.randn(6, 3, dtype=torch.float64)
    assert net.represent(X).shape == (6, 15) == (6, net.n_represented)
    by_task = net.represent(X).split(3, dim=1)
    weights = net.heads.weight.split(net.widths.tolist())
    expected = [z @ weight.T for z, weight in zip(by_task, weights, strict=True)]
    torch.testing.assert_close(net(X), torch.cat(expected, dim=1))


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_parameters_are_shared_or_of_tasks(layout, architecture):
    net = make_net(layout, architecture)
    shared, own = net.shared_parameters(), net.task_parameters()
    assert {id(p) for p in shared} == {id(p) for p in net.trunk.layers.parameters()}
    assert len(shared) + len(own) == len(list(net.parameters()))
    assert not {id(p) for p in shared} & {id(p) for p in own}


def test_the_constants_are_not_trained(layout):
    net = make_net(layout, SharedBottom())
    assert "heads.constant_outputs" not in dict(net.named_parameters())
    assert "heads.constant_outputs" in net.state_dict()

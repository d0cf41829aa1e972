"""Snapshots keep weights as they were."""

import torch
from torch import nn

from sklearn_mtl.neural_network._snapshot import Snapshot


def make_module():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def change(module):
    module(torch.randn(8, 3))  # moves the running statistics
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def assert_same_state(module, expected):
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_restores_parameters_and_buffers():
    module = make_module()
    before, snapshot = state(module), Snapshot(module)
    change(module)
    snapshot.restore(module)
    assert_same_state(module, before)


def test_update_takes_the_weights_as_they_are_now():
    module = make_module()
    snapshot = Snapshot(module)
    change(module)
    snapshot.update(module)
    changed = state(module)
    change(module)
    snapshot.restore(module)
    assert_same_state(module, changed)


def test_restores_in_place():
    """Optimisers hold on to the parameters."""
    module = make_module()
    parameters, snapshot = list(module.parameters()), Snapshot(module)
    change(module)
    snapshot.restore(module)
    assert all(a is b for a, b in zip(module.parameters(), parameters, strict=True))

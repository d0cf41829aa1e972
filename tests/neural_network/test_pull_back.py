"""Gradients of parameters task by task, and all tasks at once."""

import pytest
import torch
from torch import nn

from sklearn_mtl.neural_network._modules import ACTIVATIONS, MLP, seed_dropout
from sklearn_mtl.neural_network._pull_back import LayerByLayer, TaskByTask


class Gradients:
    """Given gradients at the cut."""

    def __init__(self, *rows):
        self._rows = rows

    def rows(self):
        return self._rows

    def by_task(self):
        return zip(*self._rows, strict=True)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_at_once_are_tasks_one_by_one(activation, dropout):
    generator = torch.Generator().manual_seed(0)
    layers = MLP(
        5,
        (7, 6, 4),
        activation=activation,
        dropout=dropout,
        generator=generator,
        dtype=torch.float64,
    )
    seed_dropout(layers, generator)
    fast, slow = LayerByLayer(layers), TaskByTask(list(layers.parameters()))
    X = torch.randn(20, 5, dtype=torch.float64)
    rows = Gradients(torch.randn(3, 20, 4, dtype=torch.float64))
    with fast.watching():
        ends = [layers(X)]
    for found, expected in zip(fast(ends, rows), slow(ends, rows), strict=True):
        torch.testing.assert_close(found, expected)


def test_nothing_is_watched_after():
    generator = torch.Generator().manual_seed(0)
    layers = MLP(
        5,
        (3,),
        activation="relu",
        dropout=0.0,
        generator=generator,
        dtype=torch.float32,
    )
    with LayerByLayer(layers).watching():
        assert all(layer._forward_hooks for layer in layers)
    assert not any(layer._forward_hooks for layer in layers)


def test_parameters_that_a_task_does_not_reach_have_no_gradient():
    first, second = (nn.Linear(2, 2, dtype=torch.float64) for _ in range(2))
    X = torch.randn(4, 2, dtype=torch.float64)
    ends = [first(X), second(X)]
    ones = torch.ones(1, 4, 2, dtype=torch.float64)
    rows = Gradients(ones, 0 * ones)
    found = TaskByTask([first.weight, second.weight])(ends, rows)
    assert found[0].any()
    assert not found[1].any()

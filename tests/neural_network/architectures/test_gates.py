"""Gates and mixtures of experts."""

import torch

from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.architectures._gates import (
    Gates,
    mix,
    mix_own_and_shared,
)

SETTINGS = LayerSettings(3, (), 2, "tanh", 0.0, torch.Generator(), torch.float64)


def randn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def test_gates_are_softmaxes():
    gates, X = Gates(2, 3, 4, SETTINGS), randn(7, 3)
    with torch.no_grad():
        gates.weight.copy_(randn(2, 3, 4))
    found = gates(X)
    torch.testing.assert_close(found.sum(-1), torch.ones_like(found[..., 0]))
    torch.testing.assert_close(found[1], (X @ gates.weight[1]).softmax(1))


def test_gates_start_equal():
    assert (Gates(2, 3, 4, SETTINGS)(randn(7, 3)) == 0.25).all()


def test_mix():
    gates, experts = randn(2, 7, 4), randn(4, 7, 3)
    found = mix(gates, experts)
    for t in range(2):
        expected = sum(gates[t, :, e, None] * experts[e] for e in range(4))
        torch.testing.assert_close(found[t], expected)


def test_mix_the_same_for_all_inputs():
    gates, experts = randn(2, 4), randn(4, 7, 3)
    expected = mix(gates[:, None].expand(-1, 7, -1), experts)
    torch.testing.assert_close(mix(gates, experts), expected)


def test_mix_own_and_shared():
    gates, own, shared = randn(2, 7, 5), randn(6, 7, 4), randn(2, 7, 4)
    found = mix_own_and_shared(gates, own, shared)
    for t in range(2):
        experts = [*own[3 * t : 3 * t + 3], *shared]
        expected = sum(gates[t, :, e, None] * experts[e] for e in range(5))
        torch.testing.assert_close(found[t], expected)

"""Sluice networks."""

import pytest
import torch

from sklearn_mtl.neural_network.architectures import CrossStitch, Sluice
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear


def by_loop(trunk, X):
    """One subspace of one task after the other; the layers as they were mixed."""
    streams, layers = [X] * 3, []
    mixings = [*trunk.mixings, trunk.task_layers[0]]
    for layer, mixing in zip(trunk.layers, mixings, strict=True):
        linear, g = layer[0], mixing.n_subspaces
        h = [
            torch.tanh(streams[t] @ linear.weight[t] + linear.bias[t]) for t in range(3)
        ]
        parts = [part for of_task in h for part in of_task.chunk(g, dim=1)]
        alpha = mixing.weights()
        mixed = [
            sum(alpha[i, j] * parts[j] for j in range(3 * g)) for i in range(3 * g)
        ]
        streams = [torch.cat(mixed[g * t : g * t + g], dim=1) for t in range(3)]
        layers.append(streams)
    return layers


@pytest.mark.parametrize("n_subspaces", [1, 2, 3])
def test_is_the_loop_over_subspaces(n_subspaces, make_trunk, features):
    trunk = make_trunk(Sluice(n_subspaces, mix_layers=False), (6, 12))
    expected = torch.stack(by_loop(trunk, features)[-1])
    torch.testing.assert_close(trunk(features), expected)


def test_the_head_takes_a_sum_of_the_layers(make_trunk, features):
    trunk = make_trunk(Sluice(), (6, 6, 6))
    layers, change = by_loop(trunk, features), trunk.task_layers[1].change
    for t, found in enumerate(trunk(features)):
        first, second, last = (layer[t] for layer in layers)
        beta = change[:, t]
        expected = beta[0] * first + beta[1] * second + (1 + beta[2]) * last
        torch.testing.assert_close(found, expected)


def test_starts_as_the_last_layer(build_trunk, features):
    trunk, without = (
        build_trunk(Sluice(mix_layers=mix_layers)) for mix_layers in (True, False)
    )
    assert torch.equal(trunk(features), without(features))


def test_with_one_subspace_it_is_a_cross_stitch_network(build_trunk, features):
    sluice, stitch = build_trunk(Sluice(1)), build_trunk(CrossStitch())
    torch.testing.assert_close(sluice(features), stitch(features))
    assert sluice.penalty() is None


def test_penalty(make_trunk):
    """The squares of the products of incoming weights, per unit of a subspace."""
    trunk = make_trunk(Sluice(3, orthogonality=0.2))
    overlaps = []
    for layer in trunk.layers:
        for weight in layer[0].weight:
            parts = weight.detach().numpy().reshape(-1, 3, 2).transpose(1, 0, 2)
            for i, j in [(0, 1), (0, 2), (1, 2)]:
                overlaps.append(((parts[i].T @ parts[j]) ** 2).sum() / 2)
    assert trunk.penalty().item() == pytest.approx(0.2 * sum(overlaps) / len(overlaps))


def test_penalty_is_0_for_orthogonal_subspaces(make_trunk):
    trunk = make_trunk(Sluice(), (4,))
    (linear,) = (part for part in trunk.modules() if isinstance(part, StackedLinear))
    with torch.no_grad():
        linear.weight[:, :2, 2:] = 0
        linear.weight[:, 2:, :2] = 0
    assert trunk.penalty() == 0


def test_no_penalty(make_trunk):
    assert make_trunk(Sluice(orthogonality=0)).penalty() is None

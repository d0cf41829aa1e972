"""Cross-stitch networks."""

import pytest
import torch

from sklearn_mtl.neural_network.architectures import CrossStitch
from sklearn_mtl.neural_network.architectures._mixing import Mixing


def by_loop(trunk, X, per_unit):
    """One task after the other, one unit after the other."""
    streams = [X] * 3
    for layer, mixing in zip(
        trunk.layers, [*trunk.mixings, trunk.task_layers], strict=True
    ):
        linear = layer[0]
        h = [
            torch.tanh(streams[t] @ linear.weight[t] + linear.bias[t]) for t in range(3)
        ]
        alpha = mixing.weights()
        streams = []
        for t in range(3):
            units = [
                sum(
                    (alpha[u, t, s] if per_unit else alpha[t, s]) * h[s][:, u]
                    for s in range(3)
                )
                for u in range(h[t].shape[1])
            ]
            streams.append(torch.stack(units, dim=1))
    return torch.stack(streams)


@pytest.mark.parametrize("per_unit", [False, True])
def test_is_the_loop_over_tasks(per_unit, make_trunk, features):
    trunk = make_trunk(CrossStitch(per_unit=per_unit), (6, 4))
    torch.testing.assert_close(trunk(features), by_loop(trunk, features, per_unit))


@pytest.mark.parametrize("n_units", [None, 2])
def test_a_task_starts_mostly_as_itself(n_units):
    alpha = Mixing(3, 0.9, torch.float64, n_units).weights()
    expected = torch.tensor([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    torch.testing.assert_close(alpha, expected.double().expand_as(alpha))


def test_one_task_is_itself():
    assert Mixing(1, 0.9, torch.float64).weights() == 1


def test_without_others_the_networks_are_separate(build_trunk, features):
    trunk = build_trunk(CrossStitch(self_weight=1.0))
    for t, of_task in enumerate(trunk(features)):
        (gradient,) = torch.autograd.grad(
            of_task.sum(), trunk.layers[0][0].weight, retain_graph=True
        )
        assert gradient[t].any()
        assert not gradient[torch.arange(3) != t].any()

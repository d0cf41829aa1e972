"""Multi-gate mixture of experts."""

import torch

from sklearn_mtl.neural_network.architectures import MMoE


def run_expert(layers, e, X):
    for linear in list(layers)[::2]:
        X = torch.tanh(X @ linear.weight[e] + linear.bias[e])
    return X


def test_is_the_loop_over_experts(make_trunk, features):
    trunk = make_trunk(MMoE(4), (6, 3))
    gates = trunk.task_layers
    for t, found in enumerate(trunk(features)):
        weights = (features @ gates.weight[t] + gates.bias[t]).softmax(1)
        expected = sum(
            weights[:, e, None] * run_expert(trunk.experts, e, features)
            for e in range(4)
        )
        torch.testing.assert_close(found, expected)


def test_starts_as_the_mean_of_the_experts(build_trunk, features):
    trunk = build_trunk(MMoE(4))
    expected = trunk.experts(features).mean(0)
    for found in trunk(features):
        torch.testing.assert_close(found, expected)


def test_experts_differ(build_trunk, features):
    experts = build_trunk(MMoE(3)).experts(features)
    assert not torch.isclose(experts[0], experts[1]).any()

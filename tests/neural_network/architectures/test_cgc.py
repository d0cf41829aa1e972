"""Customized gate control."""

import torch

from sklearn_mtl.neural_network.architectures import CGC


def run_expert(layers, e, X):
    for linear in list(layers)[::2]:
        X = torch.tanh(X @ linear.weight[e] + linear.bias[e])
    return X


def test_is_the_loop_over_experts(make_trunk, features):
    trunk = make_trunk(CGC(n_shared_experts=2, n_task_experts=3), (6, 4))
    own, gates = trunk.task_layers["experts"], trunk.task_layers["gates"]
    for t, found in enumerate(trunk(features)):
        experts = [run_expert(own, 3 * t + i, features) for i in range(3)]
        experts += [run_expert(trunk.experts, e, features) for e in range(2)]
        weights = (features @ gates.weight[t] + gates.bias[t]).softmax(1)
        expected = sum(weights[:, e, None] * experts[e] for e in range(5))
        torch.testing.assert_close(found, expected)


def test_no_other_task_trains_the_experts_of_a_task(make_trunk, features):
    trunk = make_trunk(CGC(2, 3))
    weight = trunk.task_layers["experts"][0].weight
    for t, of_task in enumerate(trunk(features)):
        (gradient,) = torch.autograd.grad(of_task.sum(), weight, retain_graph=True)
        own = torch.arange(9) // 3 == t
        assert gradient[own].flatten(1).any(1).all()
        assert not gradient[~own].any()

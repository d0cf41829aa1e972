"""Progressive layered extraction."""

import pytest
import torch

from sklearn_mtl.neural_network.architectures import CGC, PLE


def by_loop(trunk, X, n_shared, n_own):
    """One level, task and expert after the other, as in the paper."""
    last_experts, last_gates, *gates_before = trunk.task_layers
    own_experts = [*trunk.own_experts, last_experts]
    own_gates = [*trunk.own_gates, *gates_before, last_gates]
    streams, common = [X] * 3, X

    def expert(layer, e, h):
        return torch.tanh(h @ layer[0].weight[e] + layer[0].bias[e])

    def fuse(gates, t, h, experts):
        weights = (h @ gates.weight[t] + gates.bias[t]).softmax(1)
        return sum(weights[:, e, None] * experts[e] for e in range(len(experts)))

    for level, shared_experts in enumerate(trunk.shared_experts):
        own = [
            [
                expert(own_experts[level], n_own * t + i, streams[t])
                for i in range(n_own)
            ]
            for t in range(3)
        ]
        shared = [expert(shared_experts, e, common) for e in range(n_shared)]
        streams = [
            fuse(own_gates[level], t, streams[t], own[t] + shared) for t in range(3)
        ]
        if level < len(trunk.shared_gates):
            all_experts = [e for of_task in own for e in of_task] + shared
            common = fuse(trunk.shared_gates[level], 0, common, all_experts)
    return torch.stack(streams)


@pytest.mark.parametrize("sizes", [(6,), (6, 4), (6, 4, 3), (6, 5, 4, 3)])
@pytest.mark.parametrize(("n_shared", "n_own"), [(1, 1), (2, 1), (1, 2), (2, 3)])
def test_is_the_loop_over_levels(sizes, n_shared, n_own, make_trunk, features):
    trunk = make_trunk(PLE(n_shared, n_own), sizes)
    expected = by_loop(trunk, features, n_shared, n_own)
    torch.testing.assert_close(trunk(features), expected)


def test_one_level_is_customized_gate_control(build_trunk, features):
    ple, cgc = build_trunk(PLE(2, 3), (6,)), build_trunk(CGC(2, 3), (6,))
    torch.testing.assert_close(ple(features), cgc(features))


def test_the_experts_of_a_task_reach_the_others_by_the_shared_gate(
    make_trunk, features
):
    """But not those of the last level."""
    trunk = make_trunk(PLE(), (6, 6))
    lower, last = trunk.own_experts[0][0].weight, trunk.task_layers[0][0].weight
    of_lower, of_last = torch.autograd.grad(trunk(features)[0].sum(), [lower, last])
    assert of_lower.flatten(1).any(1).all()
    assert of_last[0].any()
    assert not of_last[1:].any()

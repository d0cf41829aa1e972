"""DSelect-k: gates that select."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl.neural_network.architectures import DSelectK
from sklearn_mtl.neural_network.architectures._dselect_k import _smooth_step


def decide(trunk):
    """Move every bit to where it is 0 or 1."""
    with torch.no_grad():
        trunk.task_layers.z.bias.sign_()
    return trunk


@given(st.floats(-2, 2))
def test_smooth_step_is_the_one_of_the_paper(t):
    expected = float(t > 0) if abs(t) >= 0.5 else -2 * t**3 + 1.5 * t + 0.5
    assert _smooth_step(torch.tensor(t)).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("per_example", [False, True])
@pytest.mark.parametrize("n_experts", [2, 3, 4, 5, 8])
def test_is_the_loop_over_experts(n_experts, per_example, make_trunk, features):
    k = 2
    trunk = make_trunk(DSelectK(n_experts, k, gamma=2.0, per_example=per_example))
    selection = trunk.task_layers
    n_bits = math.ceil(math.log2(n_experts))
    experts = trunk.experts(features)
    X = features if per_example else features[:, :0]
    for t, found in enumerate(trunk(features)):
        a = (X @ selection.a.weight[t] + selection.a.bias[t]).softmax(1)
        z = (X @ selection.z.weight[t] + selection.z.bias[t]).view(-1, k, n_bits)
        bits = _smooth_step(z / 2)
        expected = torch.zeros_like(found)
        for i in range(k):
            for number in range(2**n_bits):
                weight = a[:, i]
                for j in range(n_bits):
                    bit = bits[:, i, j]
                    weight = weight * (bit if number >> j & 1 else 1 - bit)
                expected = expected + weight[:, None] * experts[number % n_experts]
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("per_example", [False, True])
@pytest.mark.parametrize("n_experts", [2, 3, 6, 8])
def test_weights_sum_to_1(n_experts, per_example, make_trunk, features):
    trunk = make_trunk(DSelectK(n_experts, per_example=per_example))
    weights = trunk.task_layers(*trunk.share(features)[1:])
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


@pytest.mark.parametrize("n_selected", [1, 2, 3])
def test_at_most_k_experts_are_selected(n_selected, make_trunk):
    trunk = decide(make_trunk(DSelectK(8, n_selected), n_tasks=20))
    counts = (trunk.task_layers() > 0).sum(-1)
    assert counts.max() == n_selected
    assert trunk.task_layers.pop_entropy() < 1e-3


def test_starts_undecided(build_trunk):
    weights = build_trunk(DSelectK(8)).task_layers()
    assert weights.flatten().tolist() == pytest.approx([1 / 8] * 24, rel=0.2)


@pytest.mark.parametrize("per_example", [False, True])
def test_penalty_is_the_entropy(per_example, make_trunk, features):
    trunk = make_trunk(DSelectK(4, 3, entropy=0.7, per_example=per_example))
    trunk(features)
    selection = trunk.task_layers
    X = features if per_example else features[:1, :0]
    z = selection.z(X).detach().numpy().reshape(3, -1, 3, 2)
    ones = _smooth_step(torch.tensor(z)).numpy()
    weights = np.stack([1 - ones, ones])
    numbers = np.einsum("atnk,btnk->abtnk", weights[..., 0], weights[..., 1])
    logs = np.log(numbers, out=np.zeros_like(numbers), where=numbers > 0)
    entropy = -(numbers * logs).sum((0, 1, 4)).mean()
    assert trunk.penalty().item() == pytest.approx(0.7 * entropy, rel=1e-4)


def train_on_penalty(trunk, features, n_steps=300):
    """Return the entropy, and the weights, after steps on the penalty alone."""
    optimizer = torch.optim.Adam(trunk.parameters(), lr=0.01)
    for _ in range(n_steps):
        optimizer.zero_grad()
        trunk(features.detach())
        penalty = trunk.penalty()
        if penalty is None:
            break
        penalty.backward()
        optimizer.step()
    return trunk.task_layers().detach()


def test_penalty_makes_the_gates_decide(build_trunk, features):
    """It reaches the weights, of every task."""
    free = train_on_penalty(build_trunk(DSelectK(8, entropy=0.0)), features)
    decided = train_on_penalty(build_trunk(DSelectK(8, entropy=0.1)), features)
    assert (free > 0.05).all()
    assert ((decided > 0.05).sum(-1) <= 2).all()


def test_penalty_has_a_slope_where_a_bit_is_decided(make_trunk, features):
    trunk = decide(make_trunk(DSelectK(8)))
    trunk(features)
    trunk.penalty().backward()
    assert trunk.task_layers.z.bias.grad.isfinite().all()

"""Networks whose weights are kept alike."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl.neural_network.architectures import Separate, SoftSharing
from sklearn_mtl.neural_network.architectures._soft_sharing import (
    PENALTIES,
    measure_distance,
    measure_l21,
    measure_trace_norm,
)

every_penalty = pytest.mark.parametrize("penalty", PENALTIES)
seeds = st.integers(0, 10**6)
n_tasks = st.integers(1, 6)


def draw_weights(seed, n_tasks, n_in=4, n_out=3):
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(n_tasks, n_in, n_out)))


@given(seeds, n_tasks)
def test_distance(seed, n_tasks):
    W = draw_weights(seed, n_tasks).numpy()
    mean = sum(W) / n_tasks
    expected = sum(np.linalg.norm(w - mean) ** 2 for w in W) / (n_tasks * 3)
    assert measure_distance(torch.tensor(W)).item() == pytest.approx(expected)


@given(seeds, n_tasks)
def test_trace_norm(seed, n_tasks):
    W = draw_weights(seed, n_tasks)
    expected = np.linalg.norm(W.flatten(1).numpy(), "nuc") / (n_tasks * 3**0.5)
    assert measure_trace_norm(W).item() == pytest.approx(expected, rel=1e-3)


@given(seeds, n_tasks)
def test_l21(seed, n_tasks):
    W = draw_weights(seed, n_tasks).numpy()
    norms = [np.linalg.norm(W[:, i]) for i in range(4)]
    expected = sum(norms) / np.sqrt(n_tasks * 4 * 3)
    assert measure_l21(torch.tensor(W)).item() == pytest.approx(expected, rel=1e-3)


@every_penalty
@pytest.mark.parametrize("kind", ["drawn", "alike", "zero inputs", "all zero"])
def test_slopes(penalty, kind):
    """They are those of finite differences, or finite where there are none."""
    W = draw_weights(0, 4)
    if kind == "alike":
        W[:] = W[0].clone()
    elif kind == "zero inputs":
        W[:, :2] = 0
    elif kind == "all zero":
        W[:] = 0
    W.requires_grad_()
    if kind == "drawn":
        assert torch.autograd.gradcheck(PENALTIES[penalty], W, atol=1e-4)
    PENALTIES[penalty](W).backward()
    assert W.grad.isfinite().all()


@every_penalty
@pytest.mark.parametrize("shape", [(3, 40, 80), (12, 40, 80), (3, 160, 80), (3, 40, 8)])
def test_strength_does_not_depend_on_the_sizes(penalty, shape):
    """Neither the value of drawn weights does, nor the slope of a task's unit."""
    generator = torch.Generator().manual_seed(0)
    W = torch.randn(shape, generator=generator, dtype=torch.float64)
    W = (W * (2 / shape[1]) ** 0.5).requires_grad_()
    value = PENALTIES[penalty](W)
    value.backward()
    assert 1 < value < 2.1
    slope = W.grad.flatten(1).norm(dim=1).mean() * shape[0] * shape[2] ** 0.5
    assert 0.8 < slope < 3.2


@every_penalty
def test_penalty_is_the_sum_over_layers(penalty, make_trunk):
    """The bias is one more row of the weights."""
    trunk = make_trunk(SoftSharing(penalty, strength=0.3), (6, 4))
    layers = [trunk.task_layers[0], trunk.task_layers[2]]
    weights = [torch.cat([layer.weight, layer.bias], dim=1) for layer in layers]
    expected = 0.3 * sum(PENALTIES[penalty](W) for W in weights)
    torch.testing.assert_close(trunk.penalty(), expected)


def test_no_penalty(make_trunk):
    assert make_trunk(SoftSharing(strength=0)).penalty() is None


@every_penalty
def test_all_tasks_start_alike(penalty, build_trunk, features):
    trunk = build_trunk(SoftSharing(penalty))
    for of_task in trunk(features)[1:]:
        torch.testing.assert_close(of_task, trunk(features)[0])
    if penalty == "distance":
        assert trunk.penalty() < 1e-20


def test_a_strong_penalty_makes_the_tasks_alike(make_trunk):
    trunk = make_trunk(SoftSharing(strength=1.0))
    optimizer = torch.optim.SGD(trunk.parameters(), lr=1.0)
    before = trunk.penalty().item()
    for _ in range(30):
        optimizer.zero_grad()
        trunk.penalty().backward()
        optimizer.step()
    assert trunk.penalty() < 1e-3 * before


def test_the_trace_norm_lowers_the_rank():
    """Its step shrinks all singular values by as much."""
    W = draw_weights(0, 4, n_out=1)
    W.requires_grad_()
    measure_trace_norm(W).backward()
    before, after = (
        torch.linalg.svdvals(A.flatten(1)) for A in (W.detach(), W - 0.1 * W.grad)
    )
    differences = (before - after.detach()).numpy()
    assert differences == pytest.approx([0.1 / 4] * 4, rel=1e-2)


# Nothing shared


def test_separate_networks_do_not_mix(make_trunk, features):
    trunk = make_trunk(Separate())
    parameters = list(trunk.parameters())
    for t, of_task in enumerate(trunk(features)):
        found = torch.autograd.grad(of_task.sum(), parameters, retain_graph=True)
        for gradient in found:
            assert gradient[t].any()
            assert not gradient[torch.arange(3) != t].any()


def test_separate_networks_start_differently(build_trunk):
    for parameter in build_trunk(Separate()).parameters():
        assert not torch.isclose(parameter[0], parameter[1]).all()


def test_separate_networks_are_soft_sharing_without_a_penalty(make_trunk, features):
    separate, soft = make_trunk(Separate()), make_trunk(SoftSharing(strength=0))
    soft.load_state_dict(separate.state_dict())
    assert torch.equal(separate(features), soft(features))

"""The objective, and its unbiased estimate from a batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._rows import TableRows
from sklearn_mtl.neural_network._task_groups import OutputLayout

LAYOUT = OutputLayout(
    Tasks(
        names=("a", "b", "c"),
        kinds=("classification", "regression", "classification"),
        classes=(np.arange(2), None, np.arange(3)),
        one_dimensional=False,
        named=False,
    )
)


def draw(n, seed):
    """Return data with sparse labels, and outputs to be scored on it."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(2, size=n), rng.integers(3, size=n), rng.normal(size=n)]
    weights = rng.uniform(size=(n, 3)) * (rng.random((n, 3)) < 0.3)
    weights[0] = 1
    weights *= n / weights.sum(axis=0)
    data = TaskData(
        TableRows(rng.normal(size=(n, 5)), "cpu", torch.float64),
        torch.from_numpy(np.column_stack(codes)),
        torch.from_numpy(weights),
    )
    return data, torch.from_numpy(rng.normal(size=(5, 5))).requires_grad_()


def make_criterion(task_weights):
    criterion = WeightedTaskLoss(LAYOUT, torch.float64)
    criterion.weigh(np.array(task_weights, dtype=np.float64))
    return criterion


def objective(data, heads, task_weights):
    """L = sum_t λ_t L_t / sum_t λ_t, with L_t the weighted mean over labels."""
    X, (targets, weights) = next(iter(Batches(data, len(data))))
    losses = LAYOUT.losses(X @ heads, targets)
    means = (losses * weights).sum(0) / weights.sum(0)
    weights = torch.tensor(task_weights, dtype=torch.float64)[LAYOUT.order]
    return weights @ means / weights.sum()


@settings(deadline=None)
@given(
    n=st.integers(2, 40),
    batch_size=st.integers(1, 50),
    task_weights=st.tuples(*[st.floats(0.1, 10)] * 3),
    seed=st.integers(0, 999),
)
def test_batches_estimate_the_objective_and_its_gradient_without_bias(
    n, batch_size, task_weights, seed
):
    """The mean over the batches of an epoch, by their sizes, is the objective.

    Whatever labels a batch happens to hold, none of a task among them.
    """
    data, heads = draw(n, seed)
    criterion = make_criterion(task_weights)
    estimate = sum(
        criterion(X @ heads, y) * len(X) / n
        for X, y in Batches(data, batch_size, torch.Generator().manual_seed(seed))
    )
    expected = objective(data, heads, task_weights)
    torch.testing.assert_close(estimate, expected)
    torch.testing.assert_close(
        *(torch.autograd.grad(loss, heads)[0] for loss in (estimate, expected))
    )


def test_a_task_absent_from_a_batch_takes_no_part():
    data, heads = draw(20, 0)
    data.weights[:, 1] = 0
    outputs = data.rows.tensor @ heads
    loss = make_criterion([1, 1, 1])(outputs, (data.targets, data.weights))
    (gradient,) = torch.autograd.grad(loss, heads)
    assert (gradient[:, 1:4] == 0).all()  # its outputs, of three classes
    assert (gradient[:, [0, 4]] != 0).all()


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e6])
def test_only_the_ratios_of_task_weights_matter(factor):
    weights = np.array([1.0, 2.0, 0.5])
    shares = make_criterion(weights).shares()
    np.testing.assert_allclose(shares, weights / weights.sum())
    np.testing.assert_allclose(make_criterion(weights * factor).shares(), shares)


def test_it_is_a_criterion_of_torch():
    """A module that a skorch net can be given, without parameters of its own."""
    criterion = make_criterion([1, 2, 3])
    assert isinstance(criterion, torch.nn.Module)
    assert not list(criterion.parameters())
    assert "task_weights" in criterion.state_dict()

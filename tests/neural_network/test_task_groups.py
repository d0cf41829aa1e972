"""Grouped outputs and losses are those of each task computed alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._task_groups import OutputLayout

# The number of classes of each task, None for a quantity.
TASKS = st.lists(
    st.sampled_from([None, 1, 2, 3, 4, 11]), min_size=1, max_size=7, unique=False
)


def make_layout(n_classes):
    return OutputLayout(
        Tasks(
            names=tuple(f"task{t}" for t in range(len(n_classes))),
            kinds=tuple(
                "regression" if k is None else "classification" for k in n_classes
            ),
            classes=tuple(None if k is None else np.arange(k) for k in n_classes),
            one_dimensional=False,
            named=False,
        )
    )


def width_of(k):
    """Log-odds or a quantity are one output, a constant none."""
    return {None: 1, 1: 0, 2: 1}.get(k, k)


def draw(n_classes, n=9, seed=0):
    """Return one block of outputs and one column of targets per task."""
    rng = np.random.default_rng(seed)
    outputs = [torch.from_numpy(rng.normal(size=(n, width_of(k)))) for k in n_classes]
    targets = [
        torch.from_numpy(rng.normal(size=n) if k is None else rng.integers(k, size=n))
        for k in n_classes
    ]
    return outputs, targets


def lay_out(layout, outputs, targets):
    """Put the blocks and columns of the tasks into the order of the layout."""
    return (
        torch.cat([outputs[t] for t in layout.order], dim=1),
        torch.stack([targets[t].double() for t in layout.order], dim=1),
    )


def loss_alone(k, outputs, targets):
    if k is None:
        return F.mse_loss(outputs[:, 0], targets, reduction="none")
    if k == 1:
        return torch.zeros(len(targets), dtype=torch.float64)
    if k == 2:
        return F.binary_cross_entropy_with_logits(
            outputs[:, 0], targets.double(), reduction="none"
        )
    return F.cross_entropy(outputs, targets.long(), reduction="none")


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS, seed=st.integers(0, 99))
def test_losses_are_those_of_each_task_alone(n_classes, seed):
    layout = make_layout(n_classes)
    outputs, targets = draw(n_classes, seed=seed)
    losses = layout.losses(*lay_out(layout, outputs, targets))
    assert losses.shape == (9, len(n_classes))
    for column, t in enumerate(layout.order):
        expected = loss_alone(n_classes[t], outputs[t], targets[t])
        torch.testing.assert_close(losses[:, column], expected)


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS, seed=st.integers(0, 99))
def test_gradients_are_those_of_each_task_alone(n_classes, seed):
    layout = make_layout(n_classes)
    outputs, targets = draw(n_classes, seed=seed)
    for block in outputs:
        block.requires_grad_()
    layout.losses(*lay_out(layout, outputs, targets)).sum().backward()
    for k, block, target in zip(n_classes, outputs, targets, strict=True):
        if block.shape[1]:
            alone = block.detach().requires_grad_()
            loss_alone(k, alone, target).sum().backward()
            torch.testing.assert_close(block.grad, alone.grad)


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS)
def test_positions_undo_the_order(n_classes):
    layout = make_layout(n_classes)
    assert layout.n_tasks == len(n_classes)
    assert layout.order[layout.positions].tolist() == list(range(len(n_classes)))
    quantities = layout.quantities()[layout.positions]
    assert quantities.tolist() == [k is None for k in n_classes]


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS, seed=st.integers(0, 99))
def test_predictions_are_the_most_probable_classes(n_classes, seed):
    layout = make_layout(n_classes)
    outputs, targets = draw(n_classes, seed=seed)
    laid_out, _ = lay_out(layout, outputs, targets)
    predicted = layout.predict(laid_out)[:, layout.positions]
    probabilities = layout.probabilities(laid_out)
    for t, k in enumerate(n_classes):
        if k is None:
            assert probabilities[t] is None
            torch.testing.assert_close(predicted[:, t], outputs[t][:, 0])
        else:
            assert probabilities[t].shape == (9, k)
            np.testing.assert_allclose(probabilities[t].sum(axis=1), 1)
            assert (predicted[:, t].numpy() == probabilities[t].argmax(axis=1)).all()


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS, seed=st.integers(0, 99))
def test_the_log_probability_of_a_label_is_minus_its_loss(n_classes, seed):
    layout = make_layout(n_classes)
    outputs, targets = draw(n_classes, seed=seed)
    laid_out = lay_out(layout, outputs, targets)
    losses = layout.losses(*laid_out)[:, layout.positions].numpy()
    for t, probabilities in enumerate(layout.probabilities(laid_out[0])):
        if probabilities is not None:
            of_label = probabilities[np.arange(9), targets[t].numpy().astype(int)]
            np.testing.assert_allclose(-np.log(of_label), losses[:, t], atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(n_classes=TASKS, seed=st.integers(0, 99))
def test_no_constant_has_a_lower_loss(n_classes, seed):
    """The gradient of the weighted loss vanishes at the constant outputs."""
    layout = make_layout(n_classes)
    rng = np.random.default_rng(seed)
    n = 60
    outputs, targets = draw(n_classes, n, seed)
    for k, target in zip(n_classes, targets, strict=True):
        if k is not None:
            target[:k] = torch.arange(k)  # every class is there
    _, targets = lay_out(layout, outputs, targets)
    weights = torch.from_numpy(rng.uniform(0.5, 1.5, size=targets.shape))
    best = layout.constant_outputs(targets, weights).requires_grad_()
    losses = layout.losses(best.expand(n, -1), targets)
    (losses * weights).sum().backward()
    if best.numel():
        assert best.grad.abs().max() < 1e-9


def test_a_task_without_labels_starts_undecided():
    layout = make_layout([None, 2, 3])
    targets, weights = torch.ones(4, 3), torch.zeros(4, 3)
    outputs = layout.constant_outputs(targets, weights).expand(4, -1)
    assert outputs.isfinite().all()
    probabilities = layout.probabilities(outputs)
    np.testing.assert_allclose(probabilities[1], 1 / 2)
    np.testing.assert_allclose(probabilities[2], 1 / 3)
    assert layout.predict(outputs)[0, layout.positions[0]] == 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_class_without_labels_starts_with_finite_odds(n_classes):
    layout = make_layout([n_classes])
    outputs = layout.constant_outputs(torch.zeros(5, 1), torch.ones(5, 1))
    assert outputs.isfinite().all()
    assert (outputs.abs() < 10).all()


def test_constant_tasks_alone_can_be_trained_on():
    """They have no outputs, and still a loss that gradients flow through."""
    layout = make_layout([1, 1])
    outputs = torch.zeros(4, 0, requires_grad=True)
    losses = layout.losses(outputs, torch.zeros(4, 2))
    losses.sum().backward()
    assert losses.shape == (4, 2)
    assert (losses == 0).all()
    assert (layout.predict(outputs) == 0).all()
    assert [p.shape for p in layout.probabilities(outputs.detach())] == [(4, 1)] * 2


def test_tasks_of_one_shape_are_one_group():
    """Losses are computed group by group: a hundred tasks cost one call."""
    layout = make_layout([2] * 100 + [3] * 50 + [None] * 20)
    assert [len(group.tasks) for group in layout.groups] == [100, 50, 20]


def test_losses_of_missing_labels_are_finite():
    """Trap 33: the mean over no label is NaN; a missing label just has weight 0."""
    layout = make_layout([None, 1, 2, 5])
    losses = layout.losses(torch.randn(3, 7), torch.zeros(3, 4))
    assert losses.isfinite().all()

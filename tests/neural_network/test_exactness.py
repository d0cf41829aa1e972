"""What must be exactly the same, up to the rounding of float64."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network._modules import seeded_linear

NETS = {
    "classifier": MultiTaskNetClassifier,
    "regressor": MultiTaskNetRegressor,
    "mixed": MultiTaskNet,
}
BATCHES = {"full batch": 1000, "mini batches": 16}

every_kind = pytest.mark.parametrize("kind", NETS)
every_preset = pytest.mark.parametrize("preset", ["plain", "default"])
every_batch = pytest.mark.parametrize("batch", BATCHES)
with_and_without_stopping = pytest.mark.parametrize("early_stopping", [False, True])


def make_data(kind, missing_fraction=0.0, n_samples=60):
    """Return X and Y with four columns."""
    shape = {"n_samples": n_samples, "n_features": 5, "random_state": 0}
    X, classes = make_multitask_classification(
        **shape, n_tasks=4, n_classes=[2, 3, 2, 5]
    )
    X, quantities = make_multitask_regression(**shape, n_tasks=4)
    Y = {
        "classifier": classes.astype(float),
        "regressor": quantities,
        "mixed": np.column_stack([classes[:, :2], quantities[:, :2]]),
    }[kind]
    hidden = np.random.default_rng(1).random(Y.shape) < missing_fraction
    return X, np.where(hidden, np.nan, Y)


def make_net(kind, batch="full batch", **params):
    defaults = {
        "hidden_layer_sizes": (8,),
        "preset": "plain",
        "lr": 0.01,
        "weight_decay": 0.1,
        "max_epochs": 4,
        "precision": "float64",
        "early_stopping": False,
        "validation_fraction": 0.3,
        "random_state": 0,
        "batch_size": BATCHES[batch],
    }
    return NETS[kind](**{**defaults, **params})


def outputs_of(net, X):
    """Return what the net says of each task: probabilities, or a quantity."""
    columns = net.predict(X).reshape(len(X), -1).T
    probabilities = [None] * len(columns)
    if hasattr(net, "predict_proba"):
        probabilities = net.predict_proba(X)
        if net.n_tasks_ == 1 and not isinstance(probabilities, list):
            probabilities = [probabilities]
    return [
        column if p is None else p
        for column, p in zip(columns, probabilities, strict=True)
    ]


def assert_same(one, other, X, order=None, rtol=1e-7):
    """Two nets say the same of each task; the order is that of the first in the other.

    AdamW divides gradients by their size, which blows up the rounding of small ones.
    """
    expected = outputs_of(other, X)
    if order is not None:
        expected = [expected[t] for t in order]
    for a, b in zip(outputs_of(one, X), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-8)


def assert_different(one, other, X):
    with pytest.raises(AssertionError):
        assert_same(one, other, X, rtol=1e-4)


# Missing labels and weights


@every_kind
@every_batch
@with_and_without_stopping
@every_preset
def test_a_missing_label_is_a_label_of_weight_zero(kind, preset, batch, early_stopping):
    X, Y = make_data(kind)
    _, missing = make_data(kind, missing_fraction=0.3)
    params = {"preset": preset, "batch": batch, "early_stopping": early_stopping}
    one = make_net(kind, **params).fit(X, missing)
    weights = (~np.isnan(missing)).astype(float)
    other = make_net(kind, **params).fit(X, Y, sample_weight=weights)
    np.testing.assert_array_equal(*(net.predict(X) for net in (one, other)))
    assert one.history_ == other.history_
    assert_different(one, make_net(kind, **params).fit(X, Y), X)


@every_kind
@every_batch
@every_preset
def test_what_is_written_at_weight_zero_does_not_matter(kind, preset, batch):
    X, Y = make_data(kind)
    weights = (np.random.default_rng(2).random(Y.shape) < 0.7).astype(float)
    other = np.where(weights == 0, Y[0], Y)
    nets = [make_net(kind, batch, preset=preset).fit(X, y, weights) for y in (Y, other)]
    np.testing.assert_array_equal(*(net.predict(X) for net in nets))


@every_kind
@every_batch
@with_and_without_stopping
@every_preset
def test_a_row_without_labels_is_a_row_left_out(kind, preset, batch, early_stopping):
    X, Y = make_data(kind, missing_fraction=0.3)
    empty = np.arange(60) % 4 == 1
    Y[empty] = np.nan
    params = {"preset": preset, "batch": batch, "early_stopping": early_stopping}
    one = make_net(kind, **params).fit(X, Y)
    other = make_net(kind, **params).fit(X[~empty], Y[~empty])
    np.testing.assert_array_equal(*(net.predict(X) for net in (one, other)))
    assert one.history_ == other.history_


@every_kind
@every_batch
@every_preset
def test_inputs_of_rows_without_labels_do_not_matter(kind, preset, batch):
    X, Y = make_data(kind)
    Y[::4] = np.nan
    elsewhere = np.where(np.arange(60)[:, None] % 4 == 0, 1e6, X)
    nets = [make_net(kind, batch, preset=preset).fit(x, Y) for x in (X, elsewhere)]
    np.testing.assert_array_equal(*(net.predict(X) for net in nets))


@every_kind
def test_a_row_is_as_good_as_a_row_per_label(kind):
    """Each task is learnt from the rows with its label, as if there were no others."""
    X, Y = make_data(kind, missing_fraction=0.3)
    rows, tasks = np.nonzero(~np.isnan(Y))
    Y_long = np.full((len(rows), 4), np.nan)
    Y_long[np.arange(len(rows)), tasks] = Y[rows, tasks]
    one = make_net(kind, preprocess=False).fit(X, Y)
    assert_same(make_net(kind, preprocess=False).fit(X[rows], Y_long), one, X)


@every_kind
@pytest.mark.parametrize("missing_fraction", [0.0, 0.3])
def test_integer_weights_are_repeated_rows(kind, missing_fraction):
    X, Y = make_data(kind, missing_fraction)
    weights = np.random.default_rng(2).integers(0, 4, size=60)
    repeated = np.repeat(np.arange(60), weights)
    one = make_net(kind).fit(X, Y, sample_weight=weights)
    assert_same(make_net(kind).fit(X[repeated], Y[repeated]), one, X)


@every_kind
def test_integer_weights_of_labels_are_repeated_labels(kind):
    X, Y = make_data(kind)
    weights = np.random.default_rng(2).integers(0, 4, size=Y.shape)
    rows, tasks = np.nonzero(weights)
    rows, tasks = (np.repeat(index, weights[weights > 0]) for index in (rows, tasks))
    Y_long = np.full((len(rows), 4), np.nan)
    Y_long[np.arange(len(rows)), tasks] = Y[rows, tasks]
    one = make_net(kind, preprocess=False).fit(X, Y, sample_weight=weights)
    assert_same(make_net(kind, preprocess=False).fit(X[rows], Y_long), one, X)


@every_kind
@every_batch
@with_and_without_stopping
@every_preset
def test_only_the_ratios_of_weights_matter(kind, preset, batch, early_stopping):
    X, Y = make_data(kind, missing_fraction=0.3)
    weights = np.random.default_rng(2).uniform(0.1, 1, size=Y.shape)
    params = {"preset": preset, "batch": batch, "early_stopping": early_stopping}
    one = make_net(kind, **params, task_weights=[1, 2, 3, 4]).fit(X, Y, weights)
    scaled = make_net(kind, **params, task_weights=[8, 16, 24, 32])
    assert_same(scaled.fit(X, Y, 1024 * weights), one, X)


@every_kind
@every_batch
@every_preset
def test_the_scale_of_one_tasks_weights_does_not_matter(kind, preset, batch):
    """Each task is a weighted mean of its own."""
    X, Y = make_data(kind, missing_fraction=0.3)
    weights = np.random.default_rng(2).uniform(0.1, 1, size=Y.shape)
    params = {"preset": preset, "batch": batch, "preprocess": False}
    one = make_net(kind, **params).fit(X, Y, weights)
    assert_same(make_net(kind, **params).fit(X, Y, weights * [1, 9, 1e-3, 1]), one, X)


@every_batch
def test_class_weights_are_sample_weights(batch):
    X, Y = make_data("classifier", missing_fraction=0.3)
    class_weight = {"task0": {0: 3}, "task1": {1: 0.5, 2: 0}}
    weights = np.ones(Y.shape)
    weights[Y[:, 0] == 0, 0] = 3
    weights[Y[:, 1] == 1, 1] = 0.5
    weights[Y[:, 1] == 2, 1] = 0
    params = {"batch": batch, "preprocess": False}
    one = make_net("classifier", **params, class_weight=class_weight).fit(X, Y)
    # The class of weight 0 is still known to be one.
    other = make_net("classifier", **params)
    other.partial_fit(
        X, Y, classes=[range(k) for k in (2, 3, 2, 5)], sample_weight=weights
    )
    for _ in range(3):
        other.partial_fit(X, Y, sample_weight=weights)
    assert_same(other, one, X)


# Tasks among each other


@every_kind
@every_batch
@with_and_without_stopping
@pytest.mark.parametrize("order", [[3, 2, 1, 0], [2, 0, 3, 1]])
@every_preset
def test_permuting_tasks_permutes_the_results(
    kind, preset, batch, early_stopping, order
):
    X, Y = make_data(kind, missing_fraction=0.3)
    weights = np.array([1.0, 2.0, 3.0, 0.5])
    params = {"preset": preset, "batch": batch, "early_stopping": early_stopping}
    one = make_net(kind, **params, task_weights=weights).fit(X, Y)
    other = make_net(kind, **params, task_weights=weights[order]).fit(X, Y[:, order])
    assert_same(other, one, X, order)
    for row, permuted in zip(one.history_, other.history_, strict=True):
        for position, t in enumerate(order):
            for figure in ("train_loss", "train_score", "weight"):
                a, b = row[f"{figure}_task{t}"], permuted[f"{figure}_task{position}"]
                assert a == pytest.approx(b)
        assert row["train_loss"] == pytest.approx(permuted["train_loss"])


@every_kind
@every_batch
@pytest.mark.parametrize("t", [0, 1, 2, 3])
def test_one_column_is_a_plain_net(kind, batch, t):
    X, Y = make_data(kind)
    column = make_net(kind, batch).fit(X, Y[:, [t]])
    plain = make_net(kind, batch).fit(X, Y[:, t])
    np.testing.assert_array_equal(column.predict(X)[:, 0], plain.predict(X))
    for a, b in zip(outputs_of(column, X), outputs_of(plain, X), strict=True):
        np.testing.assert_array_equal(a, b)


@every_kind
@every_batch
@every_preset
def test_a_task_of_weight_zero_does_not_affect_the_others(kind, preset, batch):
    X, Y = make_data(kind, missing_fraction=0.3)
    Y[:, 0] = make_data(kind)[1][:, 0]  # every row has a label
    others = [0, 2, 3]
    weights = np.array([1.0, 0.0, 2.0, 3.0])
    one = make_net(kind, batch, preset=preset, task_weights=weights).fit(X, Y)
    other = make_net(kind, batch, preset=preset, task_weights=weights[others]).fit(
        X, Y[:, others]
    )
    for t, expected in zip(others, outputs_of(other, X), strict=True):
        np.testing.assert_allclose(outputs_of(one, X)[t], expected, rtol=1e-9)
    head = one.module_.heads.weight[one.net_.criterion_.layout.positions[1]]
    assert kind == "classifier" or (head == 0).all()


@every_kind
@every_batch
def test_without_shared_layers_tasks_do_not_affect_each_other(kind, batch):
    """Labels that one task lacks in a batch change nothing for the other tasks."""
    X, Y = make_data(kind)
    _, sparse = make_data(kind, missing_fraction=0.8)
    sparse[:, 0] = Y[:, 0]
    params = {"batch": batch, "hidden_layer_sizes": ()}
    one, other = (make_net(kind, **params).fit(X, y) for y in (Y, sparse))
    np.testing.assert_allclose(outputs_of(one, X)[0], outputs_of(other, X)[0])


@every_kind
def test_without_shared_layers_tasks_are_learnt_as_alone(kind):
    """But for the learning rate, of which each of four tasks has its share."""
    X, Y = make_data(kind, missing_fraction=0.3)
    params = {"hidden_layer_sizes": (), "preprocess": False}
    params |= {"optimizer": "sgd", "weight_decay": 0.0}
    jointly = outputs_of(make_net(kind, **params, lr=0.4).fit(X, Y), X)
    for t, expected in enumerate(jointly):
        there = ~np.isnan(Y[:, t])
        alone = make_net(kind, **params, lr=0.1).fit(X[there], Y[there, t])
        np.testing.assert_allclose(outputs_of(alone, X)[0], expected)


# An oracle


def train_by_hand(X, Y, n_classes, task_weights, batch_size):
    """Train as the defaults of `make_net` do, in plain torch, with a loop over tasks.

    Return the outputs of each task: logits, log-odds or a quantity.
    """
    seed = np.random.RandomState(0).randint(2**31 - 1)
    generator = torch.Generator().manual_seed(int(seed))
    low, median, high = np.quantile(X, [0.25, 0.5, 0.75], axis=0, method="inverted_cdf")
    z = 1.349 * (X - median) / (high - low)
    X = torch.as_tensor(z / np.sqrt(1 + (z / 5) ** 2))
    labels, there = torch.as_tensor(np.nan_to_num(Y)), torch.as_tensor(~np.isnan(Y))

    hidden = seeded_linear(X.shape[1], 8, generator, torch.float64)
    heads, constants = [], []
    for t, k in enumerate(n_classes):
        width = k if k is not None and k > 2 else 1
        heads.append(nn.Linear(8, width, dtype=torch.float64))
        nn.init.zeros_(heads[t].weight)
        nn.init.zeros_(heads[t].bias)
        y = labels[there[:, t], t]
        if k is None:
            constants.append(y.mean())
        elif k == 2:
            constants.append(y.mean().logit())
        else:
            constants.append(torch.bincount(y.long()).double().div(len(y)).log())

    def outputs(X):
        shared = F.silu(hidden(X))
        return [c + head(shared) for head, c in zip(heads, constants, strict=True)]

    parameters = [p for layer in (hidden, *heads) for p in layer.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1)
    for _ in range(4):
        for batch in torch.randperm(len(X), generator=generator).split(batch_size):
            loss = 0.0
            for t, z in enumerate(outputs(X[batch])):
                rows = there[batch, t]
                y, z, k = labels[batch, t][rows], z[rows], n_classes[t]
                if k is None:
                    total = F.mse_loss(z[:, 0], y, reduction="sum")
                elif k == 2:
                    total = F.binary_cross_entropy_with_logits(
                        z[:, 0], y, reduction="sum"
                    )
                else:
                    total = F.cross_entropy(z, y.long(), reduction="sum")
                expected = there[:, t].sum() * len(batch) / len(X)
                loss = loss + task_weights[t] / sum(task_weights) * total / expected
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return [z.detach().numpy() for z in outputs(X)]


@every_batch
@pytest.mark.parametrize("tasks", [[0], [1], [2, 3], [0, 1, 2, 3]], ids=str)
def test_classes_are_learnt_as_by_hand(batch, tasks):
    X, Y = make_data("classifier", missing_fraction=0.3, n_samples=64)
    Y = Y[:, tasks]
    Y[np.isnan(Y).all(axis=1)] = 0
    n_classes = [[2, 3, 2, 5][t] for t in tasks]
    task_weights = [1.0, 3.0, 2.0, 0.5][: len(tasks)]
    net = make_net("classifier", batch, task_weights=task_weights).fit(X, Y)
    by_hand = train_by_hand(X, Y, n_classes, task_weights, BATCHES[batch])
    for p, z, k in zip(outputs_of(net, X), by_hand, n_classes, strict=True):
        odds = np.exp(z) if k > 2 else np.column_stack([np.ones(64), np.exp(z)])
        np.testing.assert_allclose(p, odds / odds.sum(axis=1, keepdims=True), rtol=1e-8)


@every_batch
@pytest.mark.parametrize("n_tasks", [1, 4])
def test_quantities_are_learnt_as_by_hand(batch, n_tasks):
    """In units of the standard deviation of each task."""
    X, Y = make_data("regressor", missing_fraction=0.3, n_samples=64)
    Y = Y[:, :n_tasks]
    Y[np.isnan(Y).all(axis=1)] = 0
    mean, std = np.nanmean(Y, axis=0), np.nanstd(Y, axis=0)
    net = make_net("regressor", batch).fit(X, Y)
    by_hand = train_by_hand(
        X, (Y - mean) / std, [None] * n_tasks, np.ones(n_tasks), BATCHES[batch]
    )
    expected = np.hstack(by_hand) * std + mean
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-8, atol=1e-9)


# Units of quantities


@every_batch
@with_and_without_stopping
def test_shifting_and_scaling_targets_shifts_and_scales_predictions(
    batch, early_stopping
):
    X, Y = make_data("regressor", missing_fraction=0.3)
    shift, scale = np.array([0, 1e3, -5, 1e-6]), np.array([1, 1e3, 1e-20, 1e6])
    params = {"batch": batch, "early_stopping": early_stopping}
    expected = make_net("regressor", **params).fit(X, Y).predict(X)
    moved = make_net("regressor", **params).fit(X, scale * (Y + shift)).predict(X)
    np.testing.assert_allclose(moved / scale - shift, expected, rtol=1e-6)

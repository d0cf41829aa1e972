"""From labels and weights to what the engine trains on."""

import numpy as np
import pytest
import torch

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl._validation import check_sample_weight
from sklearn_mtl.neural_network._target_scale import TargetScale
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network._training_data import TrainingData

# Of three rows with labels, the first has one, the others two; the last row has none.
Y = np.array([[0, np.nan, 5.0], [1, 2, 7.0], [1, 0, np.nan], [np.nan, np.nan, np.nan]])
KINDS = ("classification", "classification", "regression")


def make_data(Y=Y, kinds=KINDS, sample_weight=None):
    targets = read_targets(Y, owner="Net")
    weights = check_sample_weight(sample_weight, targets.observed, "Net")
    tasks = Tasks.infer(targets, kinds, "Net")
    X = np.arange(2.0 * len(targets.observed)).reshape(-1, 2)
    return TrainingData(X, targets, tasks, tasks.encode(targets, "Net"), weights)


def for_engine(data, rows):
    layout = OutputLayout(data.tasks)
    scale = TargetScale(~data.tasks.are_classification)
    scale.learn(data.encoded[rows], data.weights[rows])
    engine_data = data.for_engine(np.array(rows), layout, scale, torch.float64, "cpu")
    return engine_data, layout.positions


def test_rows_without_labels_are_left_out():
    assert make_data().labelled_rows().tolist() == [0, 1, 2]


def test_weights_of_a_task_average_one():
    """Whatever they were, and however many labels there are."""
    weights = np.array([1e-9, 5, 2, 1])
    data, positions = for_engine(make_data(sample_weight=weights), [0, 1, 2])
    np.testing.assert_allclose(data.weights.mean(0), 1)
    in_order = data.weights[:, positions].numpy()
    np.testing.assert_allclose(in_order[:, 1] / in_order[1, 1], [0, 1, 2 / 5])


def test_missing_labels_have_weight_zero_and_a_finite_target():
    data, positions = for_engine(make_data(), [0, 1, 2])
    assert data.targets.isfinite().all()
    missing = data.weights[:, positions].numpy() == 0
    np.testing.assert_array_equal(missing, np.isnan(Y[:3]))


def test_a_task_without_labels_among_the_rows_has_no_weight():
    data, positions = for_engine(make_data(), [0])
    np.testing.assert_array_equal(data.weights[:, positions], [[1, 0, 1]])


def test_inputs_are_not_copied():
    data = make_data(Y[:3])
    engine_data, _ = for_engine(data, [0, 1, 2])
    assert np.shares_memory(engine_data.rows.X, data.X)
    engine_data, _ = for_engine(data, [2, 0])
    assert np.shares_memory(engine_data.rows.X, data.X)
    assert engine_data.rows.take(torch.tensor([0])).tolist() == [[4, 5]]


def test_the_split_is_stratified_over_the_tasks():
    """Each part has its share of the rare labels of every task."""
    rng = np.random.default_rng(0)
    Y = np.column_stack([np.arange(200) % 10 == 0, np.arange(200) % 7 == 0]).astype(
        float
    )
    Y[:, 1][rng.random(200) < 0.5] = np.nan
    data = make_data(Y, KINDS[:2])
    rows = np.arange(0, 200, 2)
    split = data.split(rows, 0.2, seed=0)
    train, valid = split.train, split.valid
    assert sorted([*train, *valid]) == rows.tolist()
    assert len(valid) == 20
    for t in range(2):
        n_rare = np.nansum(Y[rows, t])
        assert abs(np.nansum(Y[valid, t]) - 0.2 * n_rare) <= 1


def test_the_split_depends_on_the_seed_alone():
    data, rows = make_data(np.arange(40.0) % 3, "classification"), np.arange(40)
    first, again, other = (data.split(rows, 0.25, seed).valid for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize(("fraction", "n_networks"), [(0.1, 3), (0.4, 2), (0.5, 4)])
def test_each_network_holds_out_rows_of_its_own(fraction, n_networks):
    """No row twice, of every class as many; the rows take turns."""
    data, rows = make_data(np.arange(120.0) % 3, "classification"), np.arange(20, 120)
    split = data.split(rows, fraction, 0, n_networks)
    assert split.train.tolist() == rows.tolist()
    assert len(set(split.valid)) == len(split.valid)
    n_each = len(split.valid) // n_networks
    expected = 100 * min(fraction, 1 / n_networks)
    for j, own in enumerate(split.own):
        held_out = split.valid[j::n_networks]
        assert len(held_out) == n_each
        assert expected - 1 <= n_each <= 100 - len(own) <= expected + 1
        assert not set(split.train[own]) & set(held_out)
        assert np.ptp(np.bincount(held_out % 3)) <= 2


def test_rows_of_networks_come_along():
    data = make_data(Y[:3])
    layout = OutputLayout(data.tasks)
    scale = TargetScale(~data.tasks.are_classification)
    own = (np.array([0, 1]), np.array([1, 2]))
    given = (np.arange(3), layout, scale, torch.float64, "cpu")
    converted = data.for_engine(*given, own_rows=own, n_turns=2)
    assert [part.tolist() for part in converted.own_rows] == [[0, 1], [1, 2]]
    assert converted.n_turns == 2


def test_the_labels_of_a_row_are_side_by_side():
    """Gathering a batch takes several times as long from columns."""
    data, _ = for_engine(make_data(), [0, 1, 2])
    assert data.targets.is_contiguous()
    assert data.weights.is_contiguous()

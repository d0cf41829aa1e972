"""Batches of the tasks that a sampler draws: none starves, and none is overcounted."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.datasets import combine_tasks, load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._rows import TableRows
from sklearn_mtl.neural_network._sampled_batches import (
    SampledBatches,
    Supply,
    count_labels,
)
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.samplers import SAMPLERS, Alternating, Subset


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


class Drawn:
    """A sampler whose tasks are known."""

    def __init__(self, *tasks):
        self.tasks = np.array(tasks, dtype=bool)

    def probabilities(self, epoch):
        return self.tasks.mean(axis=0)

    def draw(self, n_steps, epoch, rng):
        return np.resize(self.tasks, (n_steps, self.tasks.shape[1]))


def make_criterion(task_weights):
    n_tasks = len(task_weights)
    layout = OutputLayout(
        Tasks(
            names=tuple(f"task{t}" for t in range(n_tasks)),
            kinds=("regression",) * n_tasks,
            classes=(None,) * n_tasks,
            one_dimensional=False,
            named=False,
        )
    )
    criterion = WeightedTaskLoss(layout, torch.float64)
    criterion.weigh(np.array(task_weights, dtype=np.float64))
    return criterion


def make_data(labelled):
    """Return rows whose feature is their number, with weights that average 1."""
    n = len(labelled)
    weights = np.random.default_rng(0).uniform(0.5, 2, size=labelled.shape) * labelled
    weights *= n / weights.sum(axis=0)
    rows = TableRows(np.arange(n, dtype=np.float64)[:, None], "cpu", torch.float64)
    return TaskData(rows, torch.zeros(*labelled.shape), torch.from_numpy(weights))


def draw_batches(data, batch_size, sampler, criterion, n_epochs=1):
    batches = SampledBatches(data, batch_size, sampler, criterion, seeded())
    return [batch for _ in range(n_epochs) for batch in batches]


def disjoint(*sizes):
    """Return which labels are there if each row has that of one task."""
    return np.repeat(np.eye(len(sizes), dtype=bool), sizes, axis=0)


# Supplies


@given(st.integers(1, 20), st.lists(st.integers(0, 30), max_size=8))
@settings(deadline=None)
def test_no_row_comes_again_before_all_have_come(n, amounts):
    supply = Supply(torch.arange(n), seeded())
    taken = torch.cat([supply.take(amount) for amount in [*amounts, 0]])
    assert len(taken) == sum(amounts)
    for start in range(0, len(taken), n):
        part = taken[start : start + n].tolist()
        assert len(set(part)) == len(part)


# Objective


def objectives(data, criterion, losses, steps):
    """Return the objective of each step, for losses of every label."""
    return torch.stack(
        [
            criterion.combine(losses[X[:, 0].long()], weights)
            for X, (_, weights) in steps
        ]
    )


@pytest.mark.parametrize("task_weights", [(1, 1), (1, 3)])
def test_the_steps_of_a_pass_over_all_rows_average_the_objective(task_weights):
    data, criterion = make_data(disjoint(24, 8)), make_criterion(task_weights)
    losses = torch.rand(32, 2, dtype=torch.float64, generator=seeded(1))
    steps = draw_batches(data, 8, Drawn([1, 0], [0, 1]), criterion, n_epochs=3)
    means = (losses * data.weights).mean(0)
    expected = torch.from_numpy(criterion.shares()) @ means
    found = objectives(data, criterion, losses, steps).mean()
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("task_weights", [(1, 1, 1), (1, 3, 0.5)])
@pytest.mark.parametrize("overlap", [False, True])
def test_a_step_estimates_the_losses_of_its_tasks_without_bias(task_weights, overlap):
    """The mean over steps is sum_t f_t λ_t L_t / sum_t f_t λ_t, f_t the frequencies.

    Labels may overlap in any way: a row counts by how often it was to be expected.
    """
    rng = np.random.default_rng(2)
    labelled = rng.random((36, 3)) < [0.9, 0.3, 0.5] if overlap else disjoint(24, 8, 4)
    data, criterion = make_data(labelled), make_criterion(task_weights)
    losses = torch.from_numpy(rng.uniform(size=(36, 3)))
    sampler = Drawn([1, 0, 0], [0, 1, 1], [1, 1, 0])
    steps = draw_batches(data, 6, sampler, criterion, n_epochs=400)
    found = objectives(data, criterion, losses, steps)
    shares = torch.tensor(task_weights) * torch.tensor([2, 2, 1])
    expected = (shares * (losses * data.weights).mean(0)).sum() / shares.sum()
    assert abs(found.mean() - expected) < 4 * found.std() / len(found) ** 0.5


def test_labels_of_other_tasks_do_not_count():
    data = make_data(np.ones((20, 2), dtype=bool))
    for _, (_, weights) in draw_batches(data, 5, Drawn([0, 1]), make_criterion([1, 1])):
        assert not weights[:, 0].any()
        assert weights[:, 1].all()


def test_shared_rows_with_all_labels_are_weighed_as_without_a_sampler():
    data = make_data(np.ones((24, 3), dtype=bool))
    criterion = make_criterion([1, 1, 1])
    for X, (_, weights) in draw_batches(data, 6, Drawn([1, 1, 1]), criterion):
        torch.testing.assert_close(weights, data.weights[X[:, 0].long()])


# Epochs and sizes


def test_an_epoch_has_as_many_steps_as_a_pass_over_the_rows():
    data, criterion = make_data(disjoint(60, 5)), make_criterion([1, 1])
    batches = SampledBatches(data, 8, Drawn([1, 0], [0, 1]), criterion, seeded())
    assert len(batches) == len(list(batches)) == 8


def test_a_batch_is_split_evenly_over_its_tasks():
    data, criterion = make_data(disjoint(60, 30, 3)), make_criterion([1, 1, 1])
    for X, _ in draw_batches(data, 12, Drawn([1, 1, 1]), criterion):
        rows = X[:, 0]
        counts = [int((rows < 60).sum()), int(((rows >= 60) & (rows < 90)).sum())]
        assert [*counts, int((rows >= 90).sum())] == [4, 4, 3]


def test_a_task_without_weight_has_nothing_to_draw():
    data = make_data(disjoint(10, 4, 2))
    assert count_labels(data, make_criterion([1, 0, 1])).tolist() == [10, 0, 2]


@pytest.mark.parametrize("name", SAMPLERS)
def test_60000_and_600_rows_starve_neither(name):
    """Each task gets its share of the steps, and over time all its rows."""
    data, criterion = make_data(disjoint(60000, 600)), make_criterion([1, 1])
    sampler = SAMPLERS[name]().reset(count_labels(data, criterion), 2)
    batches = SampledBatches(data, 128, sampler, criterion, seeded())
    rows = torch.cat([X[:, 0] for _ in range(2) for X, _ in batches])
    n_small = int((rows >= 60000).sum())
    n_different = len(rows[rows >= 60000].unique())
    if name == "proportional":
        # Its 1 % of 948 steps.
        assert n_small == pytest.approx(948 * 128 * 600 / 60600, abs=2 * 128)
    else:
        assert n_small > 3 * 600
    assert n_different == 600
    assert (rows < 60000).sum() > 60000 * 0.5


# In an estimator


@pytest.fixture(scope="module")
def apart():
    X, Y = load_digits_tasks(return_X_y=True)
    return combine_tasks({"digit": (X, Y[:, 0]), "parity": (X[:90] + 0, Y[:90, 1])})


def fit(X, Y, **params):
    return MultiTaskNetClassifier(
        (32,), max_epochs=6, lr=0.01, random_state=0, **params
    ).fit(X, Y)


@pytest.mark.parametrize("name", SAMPLERS)
def test_networks_learn_both_tasks(name, apart):
    net = fit(*apart, task_sampler=name)
    scores = net.score_tasks(*apart)
    assert scores["digit"] > 0.8
    assert scores["parity"] > 0.8


def test_the_history_tells_which_tasks_steps_used(apart):
    net = fit(*apart, task_sampler=Alternating())
    for row in net.history_:
        assert row["sampled_digit"] == pytest.approx(0.5, abs=0.05)
        assert row["sampled_digit"] + row["sampled_parity"] == pytest.approx(1)


def test_learnt_scores_can_be_read(apart):
    net = fit(*apart, task_sampler=Subset(learning_rate=0.5))
    assert net.net_.sampler_.scores_.shape == (2,)
    assert net.net_.sampler_.scores_.any()


def test_the_same_seed_gives_the_same_fit(apart):
    one, other = (fit(*apart, task_sampler="temperature") for _ in range(2))
    for p, q in zip(
        one.predict_proba(apart[0]), other.predict_proba(apart[0]), strict=True
    ):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("balancer", ["uncertainty", "cagrad", "pcgrad"])
def test_balancers_see_the_tasks_of_a_step(apart, balancer):
    net = fit(*apart, task_sampler=Subset(), balancer=balancer)
    assert net.score(*apart) > 0.7


def test_a_parameter_of_a_sampler_can_be_searched():
    net = MultiTaskNetClassifier(task_sampler=Subset())
    net.set_params(task_sampler__learning_rate=0.5)
    assert net.task_sampler.learning_rate == 0.5


def test_task_weights_count_where_an_epoch_is_one_step():
    """Alternating tasks get steps in the ratio of their weights."""
    data = make_data(np.ones((20, 2), dtype=bool))
    criterion = make_criterion([1, 3])
    sampler = Alternating().reset(count_labels(data, criterion), 2)
    steps = draw_batches(data, 32, sampler, criterion, n_epochs=2)
    losses = torch.ones(20, 2, dtype=torch.float64)
    found = objectives(data, criterion, losses, steps)
    assert sorted(found.tolist()) == pytest.approx([0.5, 1.5])


def test_more_training_goes_on_with_the_sampler():
    X, Y = load_digits_tasks(return_X_y=True)
    net = MultiTaskNetClassifier((8,), task_sampler="alternating", random_state=0)
    for _ in range(4):
        net.partial_fit(X[:100], Y[:100, :2])
    used = [row["sampled_task1"] for row in net.history_]
    assert sorted(used) == [0, 0, 1, 1]


def test_more_data_of_tasks_without_weight_trains_nothing():
    X, Y = load_digits_tasks(return_X_y=True)
    net = MultiTaskNetClassifier((8,), task_sampler="uniform", task_weights=[1, 0])
    net.partial_fit(X[:100], Y[:100, :2])
    only_second = Y[:100, :2].astype(float)
    only_second[:, 0] = np.nan
    net.partial_fit(X[:100], only_second)
    assert net.n_iter_ == 2


class Normalising(torch.nn.Sequential):
    out_features = 64

    def __init__(self, n_features_in):
        super().__init__(torch.nn.BatchNorm1d(n_features_in))


def test_a_task_of_one_label_can_be_normalised():
    X, Y = load_digits_tasks(return_X_y=True)
    few = Y[:50, :2].astype(float)
    few[1:, 1] = np.nan
    with pytest.warns(UserWarning, match="single class"):
        net = fit(X[:50], few, encoder=Normalising, task_sampler="alternating")
    assert np.isfinite(net.predict_proba(X)[0]).all()


def test_bad_samplers(apart):
    with pytest.raises(
        ValueError, match=r"'task_sampler' parameter .*did you mean 'uni"
    ):
        fit(*apart, task_sampler="unifrom")
    with pytest.raises(ValueError, match="scores"):
        fit(*apart, task_sampler=Subset([1.0, 2.0, 3.0]))

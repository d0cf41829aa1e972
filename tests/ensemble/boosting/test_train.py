from dataclasses import replace

import numpy as np
import pytest
import xgboost

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs
from sklearn_mtl.ensemble._boosting._splits import split_rows
from sklearn_mtl.ensemble._boosting._train import train


def ignore(tracker):
    pass


def test_one_booster_of_all_rows_without_early_stopping(data, make_settings):
    training = train(xgboost, data, make_settings(early_stopping=False), ignore)
    assert len(training.boosters) == 1
    assert training.n_iter == 8
    assert training.n_rounds.tolist() == [8, 8, 8]


def test_losses_are_those_of_the_rows_held_out(data, make_settings):
    seen = []
    settings = make_settings()
    training = train(xgboost, data, settings, lambda t: seen.append(t.losses[-1]))
    assert len(seen) == training.n_iter
    sums = np.zeros(3)
    for booster, (_, rows) in zip(
        training.boosters, split_rows(data, settings), strict=True
    ):
        part = data.take(rows)
        whole = booster.cut(np.array([training.n_iter]))
        margins = whole.inplace_predict(part.X, predict_type="margin")
        sums += data.outputs.sum_losses(margins, part.labels)
    np.testing.assert_allclose(seen[-1], sums / data.labels.total_weights(), rtol=1e-5)


def test_a_task_that_is_done_learns_no_more(data, make_settings):
    """Leaves are 0 for it, so that the others have the trees to themselves."""
    seen = []
    settings = make_settings(n_estimators=60, n_iter_no_change=2)
    training = train(xgboost, data, settings, lambda t: seen.append(t.losses[-1]))
    done = training.n_rounds + 2
    assert done.min() < training.n_iter
    for task, losses in enumerate(np.transpose(seen)):
        np.testing.assert_array_equal(losses[done[task] :], losses[-1])


def test_tasks_of_weight_0_do_not_prolong_it(data, make_settings):
    weights = np.where(np.arange(3) == 0, 1.0, 0.0)
    weighted = replace(data, task_weights=weights)
    training = train(xgboost, weighted, make_settings(n_estimators=60), ignore)
    assert training.n_iter == training.n_rounds[0] + 5


@pytest.mark.parametrize("early_stopping", [True, False])
def test_nothing_is_trained_without_outputs(data, make_settings, early_stopping):
    nothing = replace(data, outputs=TaskOutputs(np.array([1]), np.array([True])))
    settings = make_settings(early_stopping=early_stopping)
    assert train(xgboost, nothing, settings, ignore).boosters == []

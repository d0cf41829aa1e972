import numpy as np
import pytest
import xgboost

from sklearn_mtl.ensemble._boosting._boosted_trees import BoostedTrees
from sklearn_mtl.ensemble._boosting._train import train


@pytest.fixture
def trees(data, make_settings):
    """Two boosters of eight rounds, of which the tasks keep 5, 0 and 8."""
    settings = make_settings(early_stopping=False)
    boosters = [
        train(xgboost, data, make_settings(early_stopping=False, seed=seed), print)
        for seed in range(2)
    ]
    assert settings.n_estimators == 8
    return BoostedTrees(
        data.outputs,
        data.constants,
        [training.boosters[0].cut(np.array([8])) for training in boosters],
        np.array([5, 0, 8]),
    )


def mean_margins(trees, X, n_rounds):
    return np.mean(
        [
            booster.inplace_predict(
                X, predict_type="margin", iteration_range=(0, n_rounds)
            )
            for booster in trees.boosters
        ],
        axis=0,
    )


def test_each_task_keeps_its_rounds(trees, data):
    expected = mean_margins(trees, data.X, 8)
    expected[:, data.outputs.task == 0] = mean_margins(trees, data.X, 5)[
        :, data.outputs.task == 0
    ]
    expected[:, data.outputs.task == 1] = data.constants[data.outputs.task == 1]
    np.testing.assert_allclose(
        trees.predict(data.X), data.outputs.predict(expected), rtol=1e-5
    )


def test_without_rounds_the_constants_are_predicted(data):
    trees = BoostedTrees(data.outputs, data.constants, [], np.zeros(3, dtype=int))
    expected = data.outputs.predict(np.tile(data.constants, (60, 1)))
    np.testing.assert_allclose(trees.predict(data.X), expected, rtol=1e-6)

from dataclasses import replace

import numpy as np
import pytest

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs

NAMES = ("min_child_weight", "colsample_bynode", "max_bin")


@pytest.mark.parametrize(
    ("n_tasks", "n_features", "expected"),
    [(1, 500, (1.0, 1.0, 256)), (2, 500, (0.3, 0.1**0.5, 64)), (2, 4, (0.3, 1.0, 64))],
)
def test_a_single_task_has_the_defaults_of_xgboost(
    data, make_settings, n_tasks, n_features, expected
):
    data = replace(
        data,
        X=np.zeros((60, n_features), np.float32),
        outputs=TaskOutputs(np.full(n_tasks, 2), np.ones(n_tasks, dtype=bool)),
    )
    params = make_settings(tree_params=dict.fromkeys(NAMES)).for_xgboost(data, 0)
    assert [params[name] for name in NAMES] == pytest.approx(expected)


def test_what_is_given_goes_first(data, make_settings):
    given = {"min_child_weight": 0.0, "colsample_bynode": 0.5, "max_bin": 7}
    params = make_settings(tree_params=given).for_xgboost(data, 3)
    assert given.items() <= params.items()
    assert params["seed"] == 3
    assert params["num_target"] == len(params["base_score"]) == 5


def test_several_tasks_have_a_tree_in_common(data, make_settings):
    several = make_settings().for_xgboost(data, 0)
    assert several["multi_strategy"] == "multi_output_tree"
    one = replace(data, outputs=TaskOutputs(np.array([3]), np.array([True])))
    params = make_settings().for_xgboost(one, 0)
    assert params["multi_strategy"] == "one_output_per_tree"

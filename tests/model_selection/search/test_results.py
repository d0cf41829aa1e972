"""What the results of candidates say of each task."""

import numpy as np

from sklearn_mtl.model_selection._search._results import (
    fill_in_names,
    find_front,
    find_task_scores,
    score_weightings,
)

TASKS = ["a", "b"]


def result(**scores):
    return {"test_scores": scores}


def test_a_fold_without_a_score_is_left_out_of_the_mean_of_its_task():
    results = {
        "split0_test_a": [1.0, np.nan],
        "split1_test_a": [np.nan, np.nan],
        "split0_test_b": [0.0, 1.0],
        "split1_test_b": [1.0, 1.0],
    }
    scores = find_task_scores(results, TASKS, 2)
    np.testing.assert_array_equal(scores, [[1.0, 0.5], [np.nan, 1.0]])
    assert find_front(scores).tolist() == [0]


def test_without_scores_by_task_there_are_none():
    assert find_task_scores({"split0_test_score": [1.0]}, TASKS, 1) is None


def test_the_best_point_of_the_grid_stands_for_its_weighting():
    results = [
        [result(a=0.1, b=0.1)],
        [result(a=0.9, b=0.2)],
        [result(a=0.3, b=0.3)],
        [result(a=0.2, b=0.2)],
    ]
    scores = score_weightings(results, TASKS, n_points=2)
    np.testing.assert_array_equal(scores, [[0.9, 0.2], [0.3, 0.3]])


def test_one_score_for_all_is_a_single_column():
    results = [[{"test_scores": 0.5}, {"test_scores": 0.7}], [None, None]]
    scores = score_weightings(results, TASKS, n_points=1)
    np.testing.assert_allclose(scores, [[0.6], [np.nan]])


def test_a_candidate_without_any_score_has_none_of_any_task():
    results = [[{"test_scores": np.nan}, None], [result(a=0.5, b=0.1), None]]
    scores = score_weightings(results, TASKS, n_points=1)
    np.testing.assert_array_equal(scores, [[np.nan, np.nan], [0.5, 0.1]])


def test_names_are_filled_in_where_scoring_failed():
    results = [{"test_scores": np.nan}, result(a=1.0, b=0.0)]
    fill_in_names(results)
    assert set(results[0]["test_scores"]) == {"a", "b"}
    assert np.isnan(list(results[0]["test_scores"].values())).all()
    only_numbers = [{"test_scores": np.nan}, {"test_scores": 1.0}]
    fill_in_names(only_numbers)
    assert only_numbers[1] == {"test_scores": 1.0}

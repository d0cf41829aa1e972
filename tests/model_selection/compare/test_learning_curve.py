import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression, Ridge

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.model_selection import compare_estimators, compare_with_single_task
from sklearn_mtl.model_selection._compare._learning_curve import (
    say_curve_delta_m,
    say_last_help,
)
from sklearn_mtl.model_selection._compare._task_result import compare_on_task


class MeanOfTasks(RegressorMixin, BaseEstimator):
    """Linear regression that takes all tasks for one: the more rows, the worse."""

    def fit(self, X, y):
        rows = np.reshape(y, (len(X), -1))
        observed = ~np.isnan(rows)
        self.n_outputs_ = rows.shape[1]
        repeated = np.repeat(X, observed.sum(axis=1), axis=0)
        self.ridge_ = Ridge(0.1).fit(repeated, rows[observed])
        return self

    def predict(self, X):
        return np.tile(self.ridge_.predict(X)[:, np.newaxis], self.n_outputs_).squeeze()


@pytest.fixture(scope="module")
def related():
    """Eight tasks that are nearly the same, and one that is opposite."""
    X, Y = make_multitask_regression(
        1200, 20, n_tasks=9, relatedness=0.8, n_informative=20, noise=1, random_state=0
    )
    Y[:, 8] = -Y[:, 0]
    return X, Y


@pytest.fixture(scope="module")
def comparison(related):
    X, Y = related
    return compare_with_single_task(
        MeanOfTasks(), X, Y[:, :8], cv=10, train_sizes=[40, 120], random_state=0
    )


def test_summary_is_of_the_whole_training_part(related, comparison):
    X, Y = related
    plain = compare_with_single_task(MeanOfTasks(), X, Y[:, :8], cv=10, random_state=0)
    assert plain.summary().equals(comparison.summary())
    assert plain.train_sizes_ is None
    assert plain.helps_up_to_ == {}
    with pytest.raises(ValueError, match="needs a comparison made with train_sizes"):
        plain.learning_curve()


def test_a_row_per_estimator_size_and_task(comparison):
    curve = comparison.learning_curve()
    assert curve.index.names == ["estimator", "train_size", "task"]
    assert curve.index.get_level_values("train_size").unique().tolist() == [
        40,
        120,
        1080,
    ]
    assert curve.index.get_level_values("task").unique().tolist() == [
        f"task{t}" for t in range(8)
    ]
    assert curve.columns.tolist() == [
        "metric",
        "n_labels",
        *comparison.summary().columns[1:],
    ]
    whole = curve.xs(1080, level="train_size").droplevel("estimator")
    assert whole.drop(columns="n_labels").equals(comparison.summary())
    assert curve["n_labels"].tolist() == [40.0] * 8 + [120.0] * 8 + [1080.0] * 8


def test_sharing_pays_while_labels_are_few(comparison):
    """Tasks that are alike but not the same: sharing helps, and then it hurts."""
    verdicts = comparison.learning_curve()["verdict"].unstack("train_size")
    assert (verdicts[40] == "helps").sum() >= 4
    assert (verdicts[1080] == "hurts").sum() >= 6
    assert not (verdicts[40] == "hurts").any()
    assert not (verdicts[1080] == "helps").any()
    up_to = comparison.helps_up_to_["multi-task"]
    for task, of_task in verdicts.droplevel("estimator").iterrows():
        assert up_to[task] == max(of_task.index[of_task == "helps"], default=0)
    assert "training rows, it helps up to" in str(comparison)


def test_opposite_tasks_are_helped_with_no_number_of_rows(related):
    X, Y = related
    comparison = compare_with_single_task(
        MeanOfTasks(), X, Y[:, [0, 8]], train_sizes=[0.2], random_state=0
    )
    assert set(comparison.helps_up_to_["multi-task"].values()) == {0}


def test_nothing_is_found_where_there_is_nothing(related):
    estimators = {"a": LinearRegression(), "b": LinearRegression()}
    comparison = compare_estimators(
        estimators, *related, train_sizes=[0.2, 0.5], random_state=0
    )
    assert (comparison.learning_curve()["verdict"] == "no evidence").all()
    assert set(comparison.helps_up_to_["b"].values()) == {0}


def test_intervals_are_corrected_by_the_whole_training_part(comparison):
    curve = comparison.learning_curve()
    expected = compare_on_task(
        comparison.curve_scores_["multi-task"][0, :, 1],
        comparison.curve_scores_["single task"][0, :, 1],
        comparison.n_train_[:, 1],
        comparison.n_test_[:, 1],
        0.95,
    )
    row = curve.loc[("multi-task", 40, "task1")]
    assert row.iloc[2:].tolist() == list(expected)


def test_scores_are_of_estimators_fitted_to_fewer_rows(related):
    """With the same rows, a number and a fraction of them are the same."""
    estimators = {"a": LinearRegression(), "b": Ridge()}
    by_fraction, by_number = (
        compare_estimators(estimators, *related, train_sizes=sizes, random_state=0)
        for sizes in ([0.125], [120])
    )
    for name, scores in by_fraction.curve_scores_.items():
        np.testing.assert_array_equal(scores, by_number.curve_scores_[name])
        np.testing.assert_array_equal(scores[-1], by_fraction.scores_[name])
        assert (scores[0] != scores[-1]).all()


def test_sparse_labels_are_counted():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 3))
    Y = X[:, :2] + rng.normal(size=(200, 2))
    Y[::2, 1] = np.nan
    comparison = compare_with_single_task(
        MeanOfTasks(), X, Y, cv=2, train_sizes=[0.5], random_state=0
    )
    labels = comparison.learning_curve()["n_labels"].unstack("task")
    np.testing.assert_allclose(labels["task0"], [50, 100])
    np.testing.assert_allclose(labels["task1"], [25, 50], atol=1)


def test_tasks_without_a_label_in_a_part_are_nan_there():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 3))
    Y = np.column_stack([X[:, 0], np.where(np.arange(80) < 6, X[:, 1], np.nan)])
    with pytest.warns(UserWarning, match="'task1' have no score .* of the learning"):
        comparison = compare_with_single_task(
            MeanOfTasks(), X, Y, cv=2, train_sizes=[2], random_state=0
        )
    curve = comparison.learning_curve()
    assert curve["n_folds"].xs("task0", level="task").tolist() == [2, 2]
    assert curve["n_folds"].xs("task1", level="task").tolist()[0] < 2


def test_delta_m_at_every_size(comparison):
    curve = comparison.curve_delta_m_["multi-task"]
    assert curve.shape == (3, 3)
    expected = [
        comparison.delta_m_["multi-task"],
        *comparison.delta_m_interval_["multi-task"],
    ]
    assert curve[-1].tolist() == expected
    # All tasks together tell more than each.
    assert curve[0, 1] > 0
    assert curve[-1, 2] < 0


def test_delta_m_in_words():
    said = say_curve_delta_m(np.array([[2, 1, 3], [1, np.nan, np.nan]]), np.arange(2))
    assert said == "Δm with 0 rows +2.0 % [+1.0, +3.0]; 1 rows +1.0 %."


def test_in_words():
    sizes = np.array([10, 100])
    said = say_last_help({"a": 100, "b": 10, "c": 0, "d": 10}, sizes)
    assert said == (
        "Of 10, 100 training rows, it helps up to 100 (all): 'a'; up to 10: 'b', 'd'; "
        "at none: 'c'."
    )

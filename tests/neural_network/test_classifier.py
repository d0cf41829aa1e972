"""MultiTaskNetClassifier: classes in, classes and probabilities out."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score

from sklearn_mtl.datasets import load_digits_tasks, make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier

X, Y = make_multitask_classification(
    120, 5, n_tasks=3, n_classes=[2, 4, 2], random_state=0
)


def small(**params):
    defaults = {"hidden_layer_sizes": (16,), "lr": 0.02, "max_epochs": 20}
    defaults |= {"early_stopping": False}
    return MultiTaskNetClassifier(**{**defaults, "random_state": 0, **params})


# What comes out for what goes in


def test_several_tasks():
    net = small().fit(X, Y)
    assert net.n_tasks_ == net.n_outputs_ == 3
    assert net.task_names_ == ["task0", "task1", "task2"]
    assert [classes.tolist() for classes in net.classes_] == [
        [0, 1],
        [0, 1, 2, 3],
        [0, 1],
    ]
    predicted, probabilities = net.predict(X), net.predict_proba(X)
    assert predicted.shape == (120, 3)
    assert predicted.dtype == Y.dtype
    assert isinstance(probabilities, list)
    for t, p in enumerate(probabilities):
        assert p.shape == (120, len(net.classes_[t]))
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert_array_equal(net.classes_[t][p.argmax(axis=1)], predicted[:, t])


def test_one_task():
    net = small().fit(X, Y[:, 1])
    assert net.n_tasks_ == 1
    assert_array_equal(net.classes_, [0, 1, 2, 3])
    assert net.predict(X).shape == (120,)
    assert net.predict_proba(X).shape == (120, 4)


def test_a_single_column():
    net = small().fit(X, Y[:, 1:2])
    assert isinstance(net.classes_, list)
    assert net.predict(X).shape == (120, 1)
    assert [p.shape for p in net.predict_proba(X)] == [(120, 4)]


def test_tasks_are_learnt():
    X, Y = load_digits_tasks(return_X_y=True)
    net = small(hidden_layer_sizes=(64,)).fit(X[::2], Y[::2])
    scores = net.score_tasks(X[1::2], Y[1::2])
    assert min(scores.values()) > 0.93
    assert net.history_[-1]["train_loss"] < 0.2 * net.history_[0]["train_loss"]


LABELS = {
    "integers": ([-5, 3, 70], np.int64),
    "small integers": (np.array([1, 2, 9], dtype=np.uint8), np.uint8),
    "floats": ([0.0, 1.0, 4.0], np.float64),
    "booleans": ([False, True, True], np.bool_),
    "strings": (["red", "green", "blue"], "<U5"),
    "objects": (np.array(["red", "green", "blue"], dtype=object), object),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("n_tasks", [None, 2], ids=["1-D", "2-D"])
def test_labels_of_every_kind_come_back(kind, n_tasks):
    labels, dtype = LABELS[kind]
    labels = np.asarray(labels)
    y = labels[np.arange(120) % 3]
    X = np.arange(120)[:, None] % 3 == np.arange(3)
    if n_tasks:
        y = np.column_stack([y, y[::-1]])
        X = np.hstack([X, X[::-1]])
    predicted = small(max_epochs=60).fit(X, y).predict(X)
    assert_array_equal(predicted, y)
    assert predicted.dtype == dtype


def test_columns_of_different_kinds():
    """Section 2.4 of the conventions: elsewhere they fail, or are compared as text."""
    table = pd.DataFrame(
        {
            "code": Y[:, 0],
            "colour": np.array(["red", "green", "blue", "grey"])[Y[:, 1]],
            "flag": Y[:, 2].astype(bool),
            "size": pd.Categorical(np.array(["S", "M"])[Y[:, 0]], ["S", "M"]),
        }
    )
    net = small().fit(X, table)
    assert net.task_names_ == ["code", "colour", "flag", "size"]
    predicted = net.predict(X)
    assert predicted.dtype == object
    for t, task in enumerate(table):
        assert set(predicted[:, t]) <= set(table[task])
    assert net.score(X, table) > 0.6


FRAMES = {
    "pandas": lambda: pd.DataFrame(Y, columns=["a", "b", "c"]),
    "pandas Int64": lambda: pd.DataFrame(Y, columns=["a", "b", "c"]).astype("Int64"),
    "polars": lambda: pl.DataFrame(Y, schema=["a", "b", "c"]),
    "nested list": Y.tolist,
}


@pytest.mark.parametrize("frame", FRAMES)
def test_tables_of_every_kind(frame):
    expected = small().fit(X, Y)
    net = small().fit(X, FRAMES[frame]())
    assert_array_equal(net.predict(X), expected.predict(X))
    names = ["task0", "task1", "task2"] if frame == "nested list" else ["a", "b", "c"]
    assert net.task_names_ == names


MISSING = {
    "nan": lambda Y: Y,
    "None": lambda Y: np.where(np.isnan(Y), None, Y.astype(object)),
    "pd.NA": lambda Y: pd.DataFrame(Y).astype("Int64"),
    "masked array": np.ma.masked_invalid,
    "polars null": lambda Y: pl.DataFrame(Y, nan_to_null=True),
    "sentinel": lambda Y: np.nan_to_num(Y, nan=-1).astype(int),
}


@pytest.mark.parametrize("spelling", MISSING)
def test_missing_labels_of_every_spelling(spelling):
    """Traps 13 and 15: NaN, None and NA are missing, and -1 if one says so."""
    Y_missing = np.where(np.random.default_rng(0).random(Y.shape) < 0.3, np.nan, Y)
    expected = small().fit(X, Y_missing)
    given = MISSING[spelling](Y_missing)
    net = small(missing_label=-1 if spelling == "sentinel" else np.nan).fit(X, given)
    for a, b in zip(net.predict_proba(X), expected.predict_proba(X), strict=True):
        assert_array_equal(a, b)
    assert net.score(X, given) == pytest.approx(expected.score(X, Y_missing))


def test_trap_13_minus_one_is_a_class_unless_it_is_the_missing_label():
    y = np.where(Y[:, 0] == 0, -1, 1)
    assert_array_equal(small().fit(X, y).classes_, [-1, 1])


def test_trap_10_nan_is_no_class():
    Y_missing = np.where(np.arange(120)[:, None] % 4 == 0, np.nan, Y)
    net = small().fit(X, Y_missing)
    assert [classes.tolist() for classes in net.classes_] == [
        [0, 1],
        [0, 1, 2, 3],
        [0, 1],
    ]
    assert not np.isnan(net.predict(X)).any()


def test_a_task_of_one_class_is_constant():
    constant = np.column_stack([Y[:, 0], np.full(120, 7), np.full(120, 8)])
    with pytest.warns(UserWarning, match="a single class for 'task1', 'task2'"):
        net = small().fit(X, constant)
    assert_array_equal(net.predict(X)[:, 1:], constant[:, 1:])
    assert_array_equal(net.predict_proba(X)[1], np.ones((120, 1)))
    assert net.score_tasks(X, constant)["task1"] == 1


@pytest.mark.filterwarnings("error::UserWarning:torch")
def test_nothing_but_constant_tasks():
    with pytest.warns(UserWarning, match="a single class for 'task0'"):
        net = small().fit(X, np.full(120, "only"))
    assert (net.predict(X) == "only").all()
    assert_array_equal(net.predict_proba(X), np.ones((120, 1)))


def test_one_row():
    with pytest.warns(UserWarning, match="single class"):
        net = small().fit(X[:1], Y[:1])
    assert_array_equal(net.predict(X[:1]), Y[:1])


# Attributes


def test_fitted_attributes():
    net = small().fit(X, Y)
    assert net.n_features_in_ == 5
    assert net.n_iter_ == len(net.history_) == net.best_epoch_ == 20
    assert_array_equal(net.task_weights_, [1, 1, 1])
    assert net.device_ == "cpu"
    assert net.module_ is net.net_.module_
    assert not net.module_.training


def test_task_weights_by_name_and_position():
    table = pd.DataFrame(Y, columns=["a", "b", "c"])
    by_name = small(task_weights={"b": 3}).fit(X, table)
    assert_array_equal(by_name.task_weights_, [1, 3, 1])
    for weights in (
        [1, 3, 1],
        np.array([1, 3, 1]),
        pd.Series({"b": 3, "a": 1, "c": 1}),
    ):
        net = small(task_weights=weights).fit(X, table)
        assert_array_equal(net.task_weights_, [1, 3, 1])
        assert_array_equal(net.predict_proba(X)[1], by_name.predict_proba(X)[1])


def test_a_task_of_more_weight_is_learnt_better():
    losses = [
        small(task_weights=weights, lr=0.003).fit(X, Y).history_[-1]["train_loss_task1"]
        for weights in ([1, 0.01, 1], [1, 1, 1], [1, 100, 1])
    ]
    assert losses == sorted(losses, reverse=True)


def test_class_weights_move_predictions_to_a_class():
    rare = (X[:, 0] + X[:, 1] > 2).astype(int)
    y = np.column_stack([rare, Y[:, 1]])
    plain = small(max_epochs=10).fit(X, y)
    balanced = small(max_epochs=10, class_weight="balanced").fit(X, y)
    heavy = small(max_epochs=10, class_weight={"task0": {1: 100.0}}).fit(X, y)
    shares = [net.predict_proba(X)[0][:, 1].mean() for net in (plain, balanced, heavy)]
    assert shares[0] + 0.1 < shares[1] < shares[2]


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "transform", "score", "score_tasks"]
)
def test_not_fitted(method):
    args = (X, Y) if method.startswith("score") else (X,)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(small(), method)(*args)


def test_no_decision_function():
    """scikit-learn has no format of it for several tasks."""
    assert not hasattr(small().fit(X, Y), "decision_function")


# Scores


def test_traps_3_and_4_the_score_is_the_mean_over_tasks():
    """Not the fraction of rows that are right for all tasks, as elsewhere."""
    net = small().fit(X, Y)
    predicted = net.predict(X)
    by_task = [accuracy_score(Y[:, t], predicted[:, t]) for t in range(3)]
    assert net.score(X, Y) == pytest.approx(np.mean(by_task))
    assert net.score(X, Y) > (predicted == Y).all(axis=1).mean()
    assert net.score_tasks(X, Y) == pytest.approx(
        dict(zip(net.task_names_, by_task, strict=True))
    )


def test_trap_4_also_for_a_table_of_zeros_and_ones():
    net = small(max_epochs=3).fit(X, Y[:, [0, 2]])
    correct = net.predict(X) == Y[:, [0, 2]]
    assert net.score(X, Y[:, [0, 2]]) == pytest.approx(correct.mean())
    assert correct.mean() > correct.all(axis=1).mean()


def test_scores_skip_missing_labels():
    net = small().fit(X, Y)
    hidden = np.random.default_rng(0).random(Y.shape) < 0.5
    correct = np.where(hidden, np.nan, net.predict(X) == Y)
    expected = np.nanmean(correct, axis=0)
    assert list(
        net.score_tasks(X, np.where(hidden, np.nan, Y)).values()
    ) == pytest.approx(expected)
    weights = (~hidden).astype(float)
    assert net.score(X, Y, sample_weight=weights) == pytest.approx(expected.mean())


def test_scores_are_weighted():
    net = small().fit(X, Y)
    weights = np.random.default_rng(0).integers(0, 3, size=120)
    repeated = np.repeat(np.arange(120), weights)
    expected = net.score(X[repeated], Y[repeated])
    assert net.score(X, Y, sample_weight=weights) == pytest.approx(expected)


def test_weights_follow_the_columns_of_a_frame():
    table = pd.DataFrame(Y, columns=["a", "b", "c"])
    net = small(max_epochs=2).fit(X, table)
    weights = np.random.default_rng(0).uniform(size=Y.shape)
    expected = net.score_tasks(X, table, weights)
    order = [2, 0, 1]
    again = net.score_tasks(X, table.iloc[:, order], weights[:, order])
    assert again == pytest.approx(expected)


# The representation


def test_the_representation_is_the_last_shared_layer():
    net = small(hidden_layer_sizes=(16, 7), n_members=1).fit(X, Y)
    represented = net.transform(X)
    assert represented.shape == (120, 7)
    heads = net.module_.heads
    outputs = represented @ heads.weight.detach().numpy().T
    spread = net.net_.outputs(X.astype(np.float32)).numpy()
    np.testing.assert_allclose(outputs - outputs[0], spread - spread[0], atol=1e-4)


def test_names_of_the_representation():
    net = small().fit(X, Y)
    names = net.get_feature_names_out()
    assert names.shape == (16,)
    assert names[3] == "multitasknetclassifier3"


def test_without_shared_layers_the_inputs_are_the_representation():
    net = small(hidden_layer_sizes=(), preprocess=False).fit(X, Y)
    np.testing.assert_allclose(net.transform(X), X, rtol=1e-6)

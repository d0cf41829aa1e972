"""MultiTaskNet: classes beside quantities."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags

from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(150, 4))
Y = pd.DataFrame(
    {
        "level": np.where(X[:, 0] > 0, "high", "low"),
        "height": 170 + 10 * (X[:, 0] + X[:, 1]),
        "grade": np.digitize(X[:, 1], [-0.5, 0.5]),
        "count": rng.permutation(150),
    }
)


def small(Net=MultiTaskNet, **params):
    defaults = {"hidden_layer_sizes": (16,), "lr": 0.02, "max_epochs": 30}
    defaults |= {"early_stopping": False}
    return Net(**{**defaults, "random_state": 0, **params})


def test_kinds_are_inferred():
    net = small(max_epochs=1).fit(X, Y)
    assert net.task_types_ == [
        "classification",
        "regression",
        "classification",
        "regression",
    ]
    classes = [None if c is None else c.tolist() for c in net.classes_]
    assert classes == [["high", "low"], None, [0, 1, 2], None]


@pytest.mark.parametrize(
    "task_types",
    [
        {"grade": "regression"},
        ["classification", "regression", "regression", "regression"],
        np.array(["classification", "regression", "regression", "regression"]),
    ],
)
def test_kinds_are_overridden(task_types):
    net = small(max_epochs=1, task_types=task_types).fit(X, Y)
    assert net.task_types_[2] == "regression"
    assert net.classes_[2] is None


def test_both_kinds_are_learnt():
    net = small(max_epochs=60).fit(X, Y)
    scores = net.score_tasks(X, Y)
    assert list(scores) == list(Y)
    assert scores["level"] > 0.9
    assert scores["height"] > 0.9
    assert scores["grade"] > 0.9


def test_scores_are_accuracy_and_r2():
    net = small(max_epochs=3).fit(X, Y)
    predicted = net.predict(X)
    scores = net.score_tasks(X, Y)
    assert scores["level"] == pytest.approx(accuracy_score(Y["level"], predicted[:, 0]))
    expected = r2_score(Y["height"], predicted[:, 1].astype(float))
    assert scores["height"] == pytest.approx(expected)
    assert net.score(X, Y) == pytest.approx(np.mean(list(scores.values())))


def test_predictions_of_both_kinds():
    net = small().fit(X, Y)
    predicted = net.predict(X)
    assert predicted.dtype == object
    assert set(predicted[:, 0]) == {"high", "low"}
    assert isinstance(predicted[0, 1], float)
    probabilities = net.predict_proba(X)
    assert [None if p is None else p.shape for p in probabilities] == [
        (150, 2),
        None,
        (150, 3),
        None,
    ]


def test_numbers_of_both_kinds_are_predicted_as_numbers():
    predicted = small(max_epochs=1).fit(X, Y[["height", "grade"]]).predict(X)
    assert predicted.dtype == np.float64


@pytest.mark.parametrize("missing", [False, True])
def test_like_the_classifier_and_the_regressor(missing):
    """Columns of one kind are learnt as by the estimator for them."""
    for Net, columns in (
        (MultiTaskNetClassifier, ["level", "grade"]),
        (MultiTaskNetRegressor, ["height", "count"]),
    ):
        labels = Y[columns]
        if missing:
            labels = labels.mask(rng.random(labels.shape) < 0.3)
        both = small().fit(X, labels), small(Net).fit(X, labels)
        np.testing.assert_array_equal(*(net.predict(X) for net in both))
        assert both[0].history_ == both[1].history_


def test_one_task():
    quantity = small(max_epochs=1).fit(X, Y["height"])
    assert quantity.predict(X).shape == (150,)
    assert quantity.predict_proba(X) is None
    assert quantity.classes_ is None
    classes = small(max_epochs=1).fit(X, Y["level"])
    assert classes.predict_proba(X).shape == (150, 2)
    assert classes.classes_.tolist() == ["high", "low"]


def test_task_weights_and_class_weights_by_name():
    net = small(task_weights={"height": 3}, class_weight={"level": {"low": 50}})
    net.fit(X, Y)
    np.testing.assert_array_equal(net.task_weights_, [1, 3, 1, 1])
    plain = small().fit(X, Y)
    shares = [fitted.predict_proba(X)[0][:, 1].mean() for fitted in (plain, net)]
    assert shares[0] < shares[1]


def test_it_is_neither_a_classifier_nor_a_regressor():
    tags = get_tags(MultiTaskNet())
    assert tags.estimator_type is None
    assert tags.target_tags.multi_output
    assert tags.classifier_tags is not None
    assert tags.regressor_tags is not None

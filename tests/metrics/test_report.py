import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    f1_score,
    precision_score,
    recall_score,
)

from sklearn_mtl.metrics import multitask_classification_report as report

Y_TRUE = [["cat", 1], ["dog", 0], ["cat", None], ["dog", 1]]
Y_PRED = [["cat", 1], ["dog", 1], ["dog", 0], ["dog", 1]]
NAMES = ["animal", "indoors"]
COLUMNS = ["accuracy", "precision", "recall", "f1", "support", "n_classes"]


def test_text():
    assert report(Y_TRUE, Y_PRED, task_names=NAMES).split("\n") == [
        "         accuracy  precision  recall     f1  support  n_classes",
        "animal      0.750      0.833   0.750  0.733        4          2",
        "indoors     0.667      0.333   0.500  0.400        3          2",
        "",
        "mean        0.708      0.583   0.625  0.567        7",
    ]


def test_digits():
    lines = report(Y_TRUE, Y_PRED, digits=1).split("\n")
    assert lines[1].split() == ["task0", "0.8", "0.8", "0.8", "0.7", "4", "2"]


def test_frame():
    frame = report(Y_TRUE, Y_PRED, task_names=NAMES, output="frame")
    assert frame.index.tolist() == ["animal", "indoors", "mean"]
    assert frame.columns.tolist() == COLUMNS
    assert frame["support"].tolist() == [4, 3, 7]
    assert frame["n_classes"].tolist() == [2, 2, pd.NA]
    scores = frame[COLUMNS[:4]]
    assert_allclose(scores.loc["mean"], scores.iloc[:2].mean())


def test_frame_needs_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-mtl\[pandas\]"'):
        report(Y_TRUE, Y_PRED, output="frame")


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_scores_are_those_of_scikit_learn(average):
    y_true, y_pred = [0, 1, 2, 2, 1, 0, 2], [0, 2, 2, 1, 1, 0, 2]
    row = report(y_true, y_pred, average=average, output="dict")["task0"]
    options = {"average": average, "zero_division": 0}
    assert row == {
        "accuracy": accuracy_score(y_true, y_pred),
        "precision": precision_score(y_true, y_pred, **options),
        "recall": recall_score(y_true, y_pred, **options),
        "f1": f1_score(y_true, y_pred, **options),
        "support": 7,
        "n_classes": 3,
    }


@given(
    arrays(float, (8, 2), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])),
    arrays(float, (8, 2), elements=st.sampled_from([0.0, 1.0, 2.0])),
    arrays(float, (8, 2), elements=st.sampled_from([0.0, 1.0, 2.5])),
)
def test_rows_are_scikit_learns_reports_of_the_labelled_rows(Y_true, Y_pred, weights):
    Y_true[0], weights[0] = 0, 1
    rows = report(Y_true, Y_pred, sample_weight=weights, output="dict")
    for t in range(2):
        there = ~np.isnan(Y_true[:, t]) & (weights[:, t] > 0)
        y_true, y_pred = Y_true[there, t], Y_pred[there, t]
        expected = classification_report(
            y_true,
            y_pred,
            sample_weight=weights[there, t],
            output_dict=True,
            zero_division=0,
        )
        row = rows[f"task{t}"]
        assert row["support"] == there.sum()
        assert row["n_classes"] == len(np.unique(y_true))
        macro = expected["macro avg"]
        assert_allclose(row["precision"], macro["precision"])
        assert_allclose(row["recall"], macro["recall"])
        assert_allclose(row["f1"], macro["f1-score"])


@pytest.mark.parametrize("positive", [1, "yes"])
def test_the_positive_class(positive):
    negative = {1: 0, "yes": "no"}[positive]
    y_true = [positive, positive, negative]
    y_pred = [positive, negative, negative]
    row = report(y_true, y_pred, average="binary", output="dict")["task0"]
    assert (row["precision"], row["recall"]) == (1, 0.5)


def test_columns_are_matched_by_name():
    Y_true = pd.DataFrame(Y_TRUE, columns=NAMES)
    Y_pred = pd.DataFrame(Y_PRED, columns=NAMES)[NAMES[::-1]]
    assert report(Y_true, Y_pred) == report(Y_TRUE, Y_PRED, task_names=NAMES)


def test_a_sentinel_is_a_missing_label():
    Y_true = [["cat", 1], ["dog", 0], ["cat", -1], ["dog", 1]]
    assert report(Y_true, Y_PRED, missing_label=-1) == report(Y_TRUE, Y_PRED)


def test_a_task_without_labels():
    with pytest.warns(UndefinedMetricWarning, match=r"'task1' \(no labels\)"):
        rows = report([[0, None], [1, None]], [[0, 0], [0, 0]], output="dict")
    assert np.isnan(rows["task1"]["f1"])
    assert rows["task1"]["support"] == 0
    assert rows["mean"] == rows["task0"] | {"n_classes": None}
    with pytest.warns(UndefinedMetricWarning, match="'task0'"):
        rows = report([None], [1], output="dict")
    assert np.isnan(rows["mean"]["accuracy"])


def test_zero_division():
    options = {"average": "binary", "output": "dict"}
    rows = report([0, 1], [0, 0], zero_division=1, **options)
    assert rows["task0"]["precision"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"average": "samples"},
            r"'average' .* 'macro', 'weighted', 'micro', 'binary'",
        ),
        ({"output": "table"}, r"'output' .* 'text', 'frame', 'dict'"),
        ({"task_names": ["a"]}, r"'task_names' .* 2 different names"),
        ({"task_names": ["a", "mean"]}, r"'task_names' .* other than 'mean'"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        report(Y_TRUE, Y_PRED, **options)


def test_quantities_are_refused():
    with pytest.raises(ValueError, match=r"cannot apply the metric .* task 'task0'"):
        report([0.5, 1.5], [0.5, 1.5])
    with pytest.raises(ValueError, match="'task0': Target is multiclass"):
        report([0, 1, 2], [0, 1, 2], average="binary")

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    fbeta_score,
    get_scorer,
    hamming_loss,
    log_loss,
    make_scorer,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)

from sklearn_mtl.metrics import multitask_score, task_scores

NAN = np.nan
N_SAMPLES = 40


class Frozen(ClassifierMixin, BaseEstimator):
    """A fitted classifier that predicts these probabilities."""

    def __init__(self, classes, probabilities):
        self.classes = classes
        self.probabilities = probabilities
        self.classes_ = np.array(classes)

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return self.probabilities

    def predict(self, X):
        return self.classes_[self.probabilities.argmax(axis=1)]


def draw_task(classes, seed=0):
    """Return labels of all classes and probabilities that know something of them."""
    rng = np.random.RandomState(seed)
    codes = rng.permutation(np.arange(N_SAMPLES) % len(classes))
    logits = rng.normal(size=(N_SAMPLES, len(classes))) + np.eye(len(classes))[codes]
    odds = np.exp(logits)
    return np.array(classes)[codes], odds / odds.sum(axis=1, keepdims=True)


def stack(*columns):
    """Return the columns side by side, each with its own type."""
    return [list(row) for row in zip(*columns, strict=True)]


# The formulas are scikit-learn's

UNDEFINED = "ignore::sklearn.exceptions.UndefinedMetricWarning"

OF_PREDICTIONS = ["accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"]
OF_PROBABILITIES = ["neg_log_loss", "roc_auc_ovr"]
# scikit-learn takes 1 as the positive class here, and raises if there is no 1.
OF_CLASS_1 = ["f1", "recall", "average_precision", "neg_brier_score"]


def check_against_scorer(metric, classes):
    y, probabilities = draw_task(classes)
    model = Frozen(classes, probabilities)
    labels = metric in {*OF_PREDICTIONS, "f1", "recall"}
    scores = task_scores(metric, y, model.predict(y) if labels else probabilities)
    assert scores == {"task0": get_scorer(metric)(model, np.empty((N_SAMPLES, 1)), y)}


@pytest.mark.parametrize(
    "metric", [*OF_PREDICTIONS, *OF_PROBABILITIES, *OF_CLASS_1, "roc_auc"]
)
@pytest.mark.parametrize("classes", [[0, 1], [1, 2], [-1, 1], [False, True]], ids=str)
def test_scores_of_two_classes_are_those_of_the_scorer(metric, classes):
    check_against_scorer(metric, classes)


@pytest.mark.parametrize("metric", [*OF_PREDICTIONS, *OF_PROBABILITIES, "roc_auc"])
def test_scores_of_two_strings_are_those_of_the_scorer(metric):
    check_against_scorer(metric, ["no", "yes"])


@pytest.mark.parametrize(
    "metric", [*OF_PREDICTIONS, *OF_PROBABILITIES, "roc_auc_ovo", "top_k_accuracy"]
)
def test_scores_of_three_classes_are_those_of_the_scorer(metric):
    check_against_scorer(metric, ["bad", "fair", "good"])


@pytest.mark.parametrize(
    ("metric", "function", "sign"),
    [("r2", r2_score, 1), ("neg_mean_squared_error", mean_squared_error, -1)],
)
def test_scores_of_quantities_are_those_of_the_scorer(metric, function, sign):
    y, y_pred = np.random.RandomState(0).normal(size=(2, N_SAMPLES))
    assert task_scores(metric, y, y_pred) == {"task0": sign * function(y, y_pred)}


def test_roc_auc_of_more_classes_is_one_versus_rest():
    (y, p), (z, q) = draw_task([0, 1, 2]), draw_task(["a", "b"], seed=1)
    assert task_scores("roc_auc", stack(y, z), [p, q]) == {
        "task0": roc_auc_score(y, p, multi_class="ovr"),
        "task1": roc_auc_score(z, q[:, 1]),
    }


def test_the_last_class_is_positive_where_1_is_none():
    y, probabilities = draw_task(["no", "yes"])
    y_pred = Frozen(["no", "yes"], probabilities).predict(None)
    expected = f1_score(y, y_pred, pos_label="yes")
    assert task_scores("f1", y, y_pred) == {"task0": expected}
    expected = average_precision_score(y, probabilities[:, 1], pos_label="yes")
    assert task_scores("average_precision", y, probabilities) == {"task0": expected}


@pytest.mark.filterwarnings(UNDEFINED)
def test_classes_tell_the_positive_one_where_only_one_is_seen():
    scores = task_scores("f1", ["no"], ["no"], classes=["no", "yes"])
    assert scores == {"task0": 0.0}


@pytest.mark.parametrize(
    "metric", [hamming_loss, lambda y_true, y_pred: np.mean(y_true != y_pred)]
)
def test_a_function_is_given_labels_and_predictions(metric):
    Y_true, Y_pred = stack([0, 1, 1], "aba"), stack([0, 0, 1], "abb")
    assert_allclose(list(task_scores(metric, Y_true, Y_pred).values()), [1 / 3, 1 / 3])


def test_a_function_may_be_given_probabilities():
    y, probabilities = draw_task(["a", "b", "c"])
    scores = task_scores(log_loss, y, probabilities, response_method="predict_proba")
    assert scores == {"task0": log_loss(y, probabilities)}


def test_a_scorer_brings_its_options_and_sign():
    y_true, y_pred = [0, 1, 1, 0], [0, 1, 0, 1]
    scorer = make_scorer(fbeta_score, beta=2, greater_is_better=False)
    expected = -fbeta_score(y_true, y_pred, beta=2)
    assert task_scores(scorer, y_true, y_pred) == {"task0": expected}
    counts = make_scorer(accuracy_score, normalize=False)
    assert task_scores(counts, y_true, y_pred) == {"task0": 2}


@st.composite
def labelled(draw):
    """Draw labels with some missing, predictions, and weights of the labels."""
    shape = draw(st.tuples(st.integers(2, 12), st.integers(1, 4)))
    codes = st.integers(0, 2).map(float)
    Y_true = draw(arrays(float, shape, elements=codes | st.just(NAN)))
    Y_pred = draw(arrays(float, shape, elements=codes))
    weights = draw(arrays(float, shape, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
    assume(~np.isnan(Y_true).all(axis=0).any())
    return Y_true, Y_pred, weights


METRICS = st.sampled_from(
    [
        ("accuracy", accuracy_score),
        ("r2", r2_score),
        (
            "neg_mean_squared_error",
            lambda *args, **kw: -mean_squared_error(*args, **kw),
        ),
        (hamming_loss, hamming_loss),
    ]
)


def quiet_scores(*args, **kwargs):
    """Score without warnings, which are not the subject of a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return task_scores(*args, **kwargs)


@given(labelled(), METRICS)
def test_a_score_is_that_of_the_labelled_rows(data, metric):
    (Y_true, Y_pred, _), (metric, function) = data, metric
    scores = quiet_scores(metric, Y_true, Y_pred)
    for t, score in enumerate(scores.values()):
        rows = ~np.isnan(Y_true[:, t])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            expected = function(Y_true[rows, t], Y_pred[rows, t])
        assert_allclose(score, expected)


@given(labelled())
def test_weights_are_those_of_scikit_learn(data):
    Y_true, Y_pred, weights = data
    scores = quiet_scores("accuracy", Y_true, Y_pred, sample_weight=weights)
    for t, score in enumerate(scores.values()):
        rows = ~np.isnan(Y_true[:, t]) & (weights[:, t] > 0)
        if rows.any():
            args = Y_true[rows, t], Y_pred[rows, t]
            expected = accuracy_score(*args, sample_weight=weights[rows, t])
            assert_allclose(score, expected)
        else:
            assert np.isnan(score)


@given(labelled(), METRICS)
def test_weight_0_is_a_missing_label(data, metric):
    Y_true, Y_pred, weights = data
    metric, _ = metric
    masked = np.where(weights > 0, Y_true, NAN)
    assume(~np.isnan(masked).all(axis=0).any())
    assert_allclose(
        list(quiet_scores(metric, Y_true, Y_pred, sample_weight=weights > 0).values()),
        list(quiet_scores(metric, masked, Y_pred).values()),
    )


@given(labelled(), st.randoms(use_true_random=False))
def test_permuting_tasks_permutes_scores(data, random):
    Y_true, Y_pred, weights = data
    names = [f"name{t}" for t in range(Y_true.shape[1])]
    order = random.sample(range(len(names)), len(names))
    scores = quiet_scores(
        "accuracy", Y_true, Y_pred, sample_weight=weights, task_names=names
    )
    permuted = quiet_scores(
        "accuracy",
        Y_true[:, order],
        Y_pred[:, order],
        sample_weight=weights[:, order],
        task_names=[names[t] for t in order],
    )
    assert list(permuted) == [names[t] for t in order]
    assert_allclose([permuted[name] for name in names], list(scores.values()))


@given(labelled())
def test_a_sentinel_is_a_missing_label(data):
    Y_true, Y_pred, _ = data
    marked = np.where(np.isnan(Y_true), -1, Y_true).astype(int)
    assert task_scores("accuracy", marked, Y_pred, missing_label=-1) == task_scores(
        "accuracy", Y_true, Y_pred
    )


# Trap 13: with -1 for missing, a 0/1 table looks like multiclass to scikit-learn
def test_a_sentinel_is_no_class_of_probabilities():
    y, probabilities = draw_task([0, 1])
    y[::3] = -1
    rows = y >= 0
    assert task_scores("roc_auc", y, probabilities, missing_label=-1) == {
        "task0": roc_auc_score(y[rows], probabilities[rows, 1])
    }


def test_a_predicted_sentinel_is_a_wrong_prediction():
    scores = task_scores("accuracy", [1, 0, -1], [-1, 0, 0], missing_label=-1)
    assert scores == {"task0": 0.5}


# Several tasks


def test_tasks_of_any_classes():
    Y = stack([0, 1, 2, 1], ["a", "b", "a", "a"], [True, True, None, False])
    with pytest.raises(ValueError, match="multiclass-multioutput is not supported"):
        accuracy_score([[0, 1], [2, 0]], [[0, 1], [2, 0]])
    scores = task_scores("accuracy", Y, stack([0, 1, 2, 2], "abab", [True] * 4))
    assert_allclose(list(scores.values()), [3 / 4, 3 / 4, 2 / 3])


def test_accuracy_is_not_that_all_tasks_are_right():
    Y_true, Y_pred = np.eye(3), np.zeros((3, 3))
    assert accuracy_score(Y_true, Y_pred) == 0
    assert_allclose(multitask_score("accuracy", Y_true, Y_pred), 2 / 3)


def test_log_loss_counts_the_labels_that_are_0():
    Y_true, Y_pred = np.zeros((3, 2)), np.full((3, 2), 0.9)
    assert_allclose(multitask_score("neg_log_loss", Y_true, Y_pred), np.log(0.1))


def binary_tasks():
    (y, p), (z, q) = draw_task([0, 1]), draw_task([0, 1], seed=1)
    return np.column_stack([y, z]), [p, q]


@pytest.mark.parametrize(
    "spelling",
    [
        tuple,
        np.array,
        lambda tables: [table.tolist() for table in tables],
        lambda tables: [pd.DataFrame(table) for table in tables],
        lambda tables: np.column_stack([table[:, 1] for table in tables]),
        lambda tables: np.column_stack([table[:, 1] for table in tables]).tolist(),
        lambda tables: pd.DataFrame({t: table[:, 1] for t, table in enumerate(tables)}),
        lambda tables: pl.DataFrame({"a": tables[0][:, 1], "b": tables[1][:, 1]}),
    ],
)
@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "neg_log_loss"])
def test_spellings_of_probabilities(metric, spelling):
    Y, tables = binary_tasks()
    scores = task_scores(metric, Y, spelling(tables))
    expected = task_scores(metric, Y, tables)
    assert_allclose(list(scores.values()), list(expected.values()))


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_spellings_of_the_probabilities_of_one_task(shape):
    y, probabilities = draw_task([0, 1])
    expected = {"task0": roc_auc_score(y, probabilities[:, 1])}
    for spelling in (
        probabilities,
        [probabilities],
        probabilities.tolist(),
        pd.DataFrame(probabilities, columns=["no", "yes"]),
        probabilities[:, 1],
        probabilities[:, 1:],
    ):
        assert task_scores("roc_auc", y.reshape(shape), spelling) == expected


def test_classes_tell_the_columns():
    y, probabilities = draw_task(["a", "b", "c"])
    classes, columns = ["c", "a", "b"], probabilities[:, [2, 0, 1]]
    expected = task_scores("neg_log_loss", y, probabilities)
    assert task_scores("neg_log_loss", y, columns, classes=classes) == expected
    assert task_scores("neg_log_loss", y, [columns], classes=[classes]) == expected


def test_classes_without_labels_count():
    y, probabilities = draw_task([0, 1, 2])
    rows = y < 2
    score = task_scores("neg_log_loss", y[rows], probabilities[rows], classes=[0, 1, 2])
    assert score == {"task0": -log_loss(y[rows], probabilities[rows], labels=[0, 1, 2])}


def test_classes_may_be_needed():
    with pytest.raises(ValueError, match=r"given for the task 'task0', .* 3 columns"):
        task_scores("neg_log_loss", [0, 2], np.full((2, 3), 1 / 3))
    with pytest.raises(ValueError, match=r"'classes' .* must be 2 different classes"):
        task_scores("neg_log_loss", [0, 1], np.full((2, 2), 0.5), classes=[1, 1])


def test_a_class_the_estimator_never_saw_has_probability_0():
    proba = np.array([[0.5, 0.5], [0.5, 0.5], [0.1, 0.9]])
    with pytest.warns(UserWarning, match="labels 2 of the task 'task0' are not among"):
        scores = task_scores("neg_log_loss", [0, 2, 1], proba, classes=[0, 1])
    padded = np.insert(proba, 2, 0, axis=1)
    assert scores == {"task0": -log_loss([0, 2, 1], padded)}
    with pytest.warns(UserWarning, match="are not among"):
        scores = task_scores("roc_auc", [0, 1, 0], np.ones((3, 1)), classes=[0])
    assert scores == {"task0": 0.5}


def test_classes_of_another_kind_are_refused():
    with pytest.raises(ValueError, match=r"labels 0, 1 .* not among its classes, 'a'"):
        task_scores("roc_auc", [0, 1], np.full((2, 2), 0.5), classes=["a", "b"])


# Names


def frames(columns, frame=pd.DataFrame):
    Y_true = frame({"age": [1, 2, 3, 3], "sex": ["m", "f", "f", None]})
    Y_pred = frame({"age": [1, 2, 3, 1], "sex": ["m", "m", "f", "m"]})
    return Y_true[columns], Y_pred


SCORES = {"age": 3 / 4, "sex": 2 / 3}


@pytest.mark.parametrize("columns", [["age", "sex"], ["sex", "age"]])
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_are_matched_by_name(columns, frame):
    assert task_scores("accuracy", *frames(columns, frame)) == SCORES


@pytest.mark.parametrize("columns", [["age", "sex"], ["sex", "age"]])
def test_task_names_are_those_of_predictions_without_names(columns):
    Y_true, Y_pred = frames(columns)
    scores = task_scores(
        "accuracy", Y_true, Y_pred.to_numpy(), task_names=["age", "sex"]
    )
    assert scores == SCORES


@pytest.mark.parametrize("columns", [["age", "sex"], ["sex", "age"]])
def test_weights_go_with_their_labels(columns):
    Y_true, Y_pred = frames(columns)
    weights = pd.DataFrame({"age": [0, 0, 1, 1], "sex": [1, 0, 0, 1]})[columns]
    scores = task_scores("accuracy", Y_true, Y_pred, sample_weight=weights)
    assert scores == {"age": 0.5, "sex": 1.0}


def test_names_come_from_either_side():
    Y_true, Y_pred = frames(["age", "sex"])
    assert task_scores("accuracy", Y_true, Y_pred.to_numpy()) == SCORES
    assert task_scores("accuracy", Y_true.to_numpy(), Y_pred) == SCORES
    assert list(task_scores("accuracy", [[0, 1]], [[0, 1]])) == ["task0", "task1"]


@pytest.mark.parametrize(
    ("Y_true", "Y_pred", "names", "message"),
    [
        (["age", "sex"], ["age", "sox"], None, r"'Y_pred' .* column 'sox'.*'sex'"),
        (["age", "sox"], None, ["age", "sex"], r"'Y_true' .* column 'sox'.*'sex'"),
        (None, ["age", "sox"], ["age", "sex"], r"'Y_pred' .* column 'sox'.*'sex'"),
        (None, None, ["age"], r"'task_names' .* 2 different names, .* got 'age'"),
        (None, None, ["age", "age"], r"'task_names' .* 2 different names"),
    ],
)
def test_other_names_are_refused(Y_true, Y_pred, names, message):
    table = [[0, 1], [1, 0]]
    Y_true, Y_pred = (
        table if columns is None else pd.DataFrame(table, columns=columns)
        for columns in (Y_true, Y_pred)
    )
    with pytest.raises(ValueError, match=message):
        task_scores("accuracy", Y_true, Y_pred, task_names=names)


# What has no score


@pytest.mark.parametrize(
    ("metric", "y", "reason"),
    [
        ("accuracy", [NAN, NAN, NAN], "no labels"),
        ("roc_auc", [0, 0, NAN], "labels of one class only"),
        ("average_precision", [0, 0, NAN], "labels of one class only"),
        ("r2", [1.0, NAN, NAN], "its value is NaN"),
    ],
)
@pytest.mark.filterwarnings("ignore:R.2 score")
def test_an_undefined_score_is_nan_with_a_warning(metric, y, reason):
    Y_true = pd.DataFrame({"whole": [0, 1, 0], "hole": y})
    Y_pred = np.full((3, 2), 0.5 if "_" in metric else 1)
    with pytest.warns(UndefinedMetricWarning, match=rf"'hole' \({reason}\)"):
        scores = task_scores(metric, Y_true, Y_pred)
    assert np.isnan(scores["hole"])
    assert not np.isnan(scores["whole"])


def test_one_warning_names_all_tasks():
    Y_true = pd.DataFrame({"a": [NAN], "b": [NAN], "c": [1]})
    with pytest.warns(UndefinedMetricWarning) as record:
        task_scores("roc_auc", Y_true, [[0.1, 0.2, 0.3]])
    (warning,) = record
    expected = "for the task(s) 'a', 'b' (no labels), 'c' (labels of one class only)."
    assert str(warning.message).endswith(expected)


def test_an_estimator_of_one_class_cannot_be_ranked():
    with pytest.warns(UndefinedMetricWarning, match="one class only"):
        scores = task_scores("neg_log_loss", [1, 1], np.ones((2, 1)), classes=[1])
    assert np.isnan(scores["task0"])


@pytest.mark.parametrize("missing", [NAN, None, pd.NA])
def test_a_label_needs_a_prediction(missing):
    Y_pred = pd.DataFrame({"a": [0, 1], "b": pd.Series([0, missing], dtype=object)})
    assert task_scores("accuracy", [[0, 1], [1, None]], Y_pred) == {"a": 1, "b": 0}
    with pytest.raises(
        ValueError, match=r"'Y_pred' .* missing values for the task 'b'"
    ):
        task_scores("accuracy", [[0, 1], [1, 1]], Y_pred)


def test_a_label_needs_probabilities():
    tables = [np.full((2, 2), 0.5), np.array([[0.5, 0.5], [NAN, 0.5]])]
    with pytest.raises(ValueError, match="missing values for the task 'task1'"):
        task_scores("roc_auc", [[0, 0], [1, 1]], tables)


# What is refused


@pytest.mark.parametrize(
    ("metric", "Y_pred", "options", "message"),
    [
        (
            "acuracy",
            [[0, 1]] * 3,
            {},
            r"'metric' .* 'acuracy' .did you mean 'accuracy'",
        ),
        (3, [[0, 1]] * 3, {}, r"'metric' .* a scorer or a function, got 3"),
        ("accuracy", [[0, 1]] * 2, {}, r"shape \(3, 2\) .* 2 task.s. of 2 sample"),
        ("accuracy", [[0]] * 3, {}, r"shape \(3, 2\) .* 1 task.s. of 3 sample"),
        ("accuracy", [0, 1, 0], {}, r"shape \(3, 2\) .* 1 task.s. of 3 sample"),
        ("accuracy", [np.ones((3, 2))] * 2, {}, "unless response_method='predict_pro"),
        ("accuracy", [[0, 0.5]] * 3, {}, "metric 'accuracy' to the task 'task1'"),
        ("f1", [[0, 2]] * 3, {}, "metric 'f1' to the task 'task1': Target is multi"),
        ("roc_auc", [np.ones((3, 2))] * 3, {}, r"or 2 arrays of shape \(3, n_classes"),
        ("roc_auc", [np.ones((2, 2))] * 2, {}, r"or 2 arrays of shape \(3, n_classes"),
        (
            "neg_max_error",
            [[0, 1]] * 3,
            {"sample_weight": [1, 2, 3]},
            "no sample_weight",
        ),
        ("accuracy", [[0, 1]] * 3, {"sample_weight": [1, 2]}, "'sample_weight'"),
        (
            "accuracy",
            [[0, 1]] * 3,
            {"response_method": "predict_proba"},
            "'predict' for",
        ),
        ("accuracy", [[0, 1]] * 3, {"response_method": "decide"}, "one of 'predict'"),
        ("roc_auc", [[0, 1]] * 3, {"classes": [[0, 1]]}, "a list of 2 arrays"),
    ],
)
def test_refused(metric, Y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        task_scores(metric, [[0, 0], [1, 1], [0, 1]], Y_pred, **options)


def test_equal_weights_suit_a_metric_without_weights():
    args = [[0], [1], [5]], [[0], [3], [9]]
    assert task_scores("neg_max_error", *args, sample_weight=[2, 2, 0]) == {"task0": -2}


# The average


def test_average_of_tasks():
    Y_true = [[0, 1], [1, 1], [None, 1], [None, 0]]
    Y_pred = [[0, 1], [0, 1], [0, 1], [0, 1]]
    assert multitask_score("accuracy", Y_true, Y_pred) == (1 / 2 + 3 / 4) / 2
    weighted = multitask_score("accuracy", Y_true, Y_pred, average="weighted")
    assert_allclose(weighted, 4 / 6)
    weighted = multitask_score(
        "accuracy", Y_true, Y_pred, average="weighted", sample_weight=[3, 1, 1, 1]
    )
    assert_allclose(weighted, (3 + 5) / (4 + 6))


@pytest.mark.parametrize("task_weights", [[1, 3], {"task1": 3}, np.array([0.25, 0.75])])
def test_task_weights(task_weights):
    score = multitask_score(
        "accuracy", [[0, 1], [1, 0]], [[0, 1], [0, 0]], task_weights=task_weights
    )
    assert score == (1 / 2 + 3 * 1) / 4


@pytest.mark.parametrize("task", ["sex", 1, np.int64(1)])
def test_a_single_task(task):
    Y_true, Y_pred = frames(["age", "sex"])
    assert multitask_score("accuracy", Y_true, Y_pred, task=task) == SCORES["sex"]


@given(labelled(), st.sampled_from(["macro", "weighted"]))
def test_the_average_is_that_of_the_task_scores(data, average):
    Y_true, Y_pred, weights = data
    assume(((weights > 0) & ~np.isnan(Y_true)).any(axis=0).all())
    options = {"sample_weight": weights}
    scores = list(task_scores("accuracy", Y_true, Y_pred, **options).values())
    support = np.where(np.isnan(Y_true), 0, weights).sum(axis=0)
    expected = np.average(scores, weights=support if average == "weighted" else None)
    score = multitask_score("accuracy", Y_true, Y_pred, average=average, **options)
    assert_allclose(score, expected)


def test_undefined_tasks_are_left_out_of_the_average():
    Y_true, Y_pred = [[0, 0], [1, 0]], [[0.1, 0.2], [0.3, 0.4]]
    with pytest.warns(UndefinedMetricWarning, match="'task1'"):
        assert multitask_score("roc_auc", Y_true, Y_pred, task_weights=[1, 2]) == 1


@pytest.mark.filterwarnings(UNDEFINED)
@pytest.mark.parametrize("options", [{"task": 1}, {"task_weights": [0, 1]}])
def test_an_average_needs_a_score(options):
    Y_true, Y_pred = [[0, 0], [1, 0]], [[0.1, 0.2], [0.3, 0.4]]
    with pytest.raises(ValueError, match="found no task that has a score"):
        multitask_score("roc_auc", Y_true, Y_pred, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "ag"}, r"'task' .* got 'ag' .did you mean 'age'"),
        ({"task": 2}, r"'task' .* or its position, got 2"),
        ({"task": -1}, r"'task' .* or its position, got -1"),
        ({"average": "makro"}, r"'average' .* 'macro', 'weighted', got 'makro'"),
        ({"task_weights": {"ag": 1}}, r"'task_weights' .*did you mean 'age'"),
        ({"task_weights": [1]}, r"'task_weights' .* of length 2"),
        ({"task": 0, "task_weights": [1, 2]}, r"'task_weights' .* None for task=0"),
    ],
)
def test_refused_averages(options, message):
    with pytest.raises(ValueError, match=message):
        multitask_score("accuracy", *frames(["age", "sex"]), **options)


@pytest.mark.parametrize("unit", [1e-250, 1e-150, 1e30, 1e200])
def test_r2_of_huge_and_tiny_quantities(unit):
    """Their squares overflow, or vanish."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 10))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = task_scores("r2", y_true * unit, y_pred * unit)
    assert found["task0"] == pytest.approx(r2_score(y_true, y_pred))

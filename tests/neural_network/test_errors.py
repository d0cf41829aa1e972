"""Bad input: errors name the parameter or task, what is allowed and what was given."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from torch import nn

from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = pd.DataFrame({"colour": rng.integers(3, size=40), "size": rng.integers(2, size=40)})
QUANTITIES = pd.DataFrame(rng.normal(size=(40, 2)), columns=["height", "weight"])


def small(Net=MultiTaskNetClassifier, **params):
    return Net(
        **{"hidden_layer_sizes": (4,), "max_epochs": 1, "random_state": 0, **params}
    )


def replaced(table, row, column, value):
    """Return the table with another value in one place."""
    table = table.astype(object)
    table.iloc[row, column] = value
    return table


def assert_refused(message, net, X=X, Y=Y, **fit_params):
    """`fit` raises, and leaves the estimator as it was."""
    before = vars(net).copy()
    with pytest.raises(ValueError, match=message):
        net.fit(X, Y, **fit_params)
    assert vars(net) == before


# Parameters

MUST_BE = "The '{}' parameter of MultiTaskNetClassifier must be .*"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("activation", "rele", "one of .*'relu'.* got 'rele'.*did you mean 'relu'"),
        ("optimizer", "adamm", "one of 'adamw', .* got 'adamm'.*did you mean 'adam"),
        ("precision", "float23", "one of .* got 'float23'.*did you mean 'float32'"),
        ("device", "cpuu", "one of 'auto', .* got 'cpuu'.*did you mean 'cpu'"),
        ("class_weight", "balanecd", "'balanced'.* got 'balanecd'.*did you mean"),
        ("early_stopping", "atuo", "among {'auto'}. Got 'atuo' instead"),
        ("hidden_layer_sizes", 16, "an array-like. Got 16 instead"),
        ("hidden_layer_sizes", (8, 0), r"positive integers, got \(8, 0\)"),
        ("hidden_layer_sizes", [-3], r"positive integers, got \[-3\]"),
        ("hidden_layer_sizes", (2.5,), r"positive integers, got \(2.5,\)"),
        ("hidden_layer_sizes", ("8",), r"positive integers, got \('8',\)"),
        ("dropout", 1.0, r"in the range \[0.0, 1.0\) or .*'auto'}. Got 1.0"),
        ("lr", 0, r"in the range \(0.0, inf\) or .*'auto'}. Got 0"),
        ("weight_decay", -1, r"in the range \[0.0, inf\) or None. Got -1"),
        ("batch_size", 0, r"an int in the range \[1, inf\) or .*'auto'}. Got 0"),
        ("max_epochs", 2.5, r"an int in the range \[1, inf\) or .*'auto'}. Got 2.5"),
        ("validation_fraction", 1.0, r"in the range \(0.0, 1.0\). Got 1.0"),
        ("n_iter_no_change", 0, r"an int in the range \[1, inf\) or .* Got 0"),
        ("random_state", "zero", "Got 'zero'"),
        ("warm_start", "yes", "Got 'yes'"),
        ("net_params", [1], r"dict.* Got \[1\]"),
        ("callbacks", 1, "Got 1"),
    ],
)
def test_parameters(name, value, message):
    assert_refused(MUST_BE.format(name) + message, small(**{name: value}))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there():
    assert_refused("'auto' or 'cpu' .* without CUDA, got 'cuda'", small(device="cuda"))


@pytest.mark.parametrize(
    ("task_weights", "message"),
    [
        (
            {"color": 2},
            r"keyed by task names \('colour', 'size'\), got 'color' \(did you",
        ),
        ([1, 2, 3], r"of length 2, one weight per task \('colour', 'size'\), got"),
        (np.ones((1, 2)), r"of length 2, .* of shape \(1, 2\)"),
        ([1, -1], r"non-negative, with at least one weight above 0, got \[1, -1\]"),
        ([0, 0], r"at least one weight above 0, got \[0, 0\]"),
        ({"colour": 0, "size": 0}, "at least one weight above 0, got"),
        ([1, np.nan], "finite and non-negative"),
        ([1, np.inf], "finite and non-negative"),
        (["a", "b"], "a sequence of numbers or a dict from task name to number"),
    ],
)
def test_task_weights(task_weights, message):
    net = small(task_weights=task_weights)
    assert_refused(MUST_BE.format("task_weights") + message, net)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        (
            {"color": "balanced"},
            "keyed by task names .* got 'color'.*did you mean 'colour'",
        ),
        ({"colour": {7: 1}}, r"the classes of task 'colour' \(\[0, 1, 2\]\), got 7"),
        ({"colour": {0: -1}}, "non-negative for every class of task 'colour', got -1"),
        ({"colour": {0: np.nan}}, "finite .* of task 'colour', got nan for class 0"),
        ({"colour": {0: "a"}}, "finite .* of task 'colour', got 'a' for class 0"),
        (["balanced"], r"of length 2, one setting per task, got 1 setting"),
        ([None, "even"], "'balanced' or a dict .* for task 'size', got 'even'"),
    ],
)
def test_class_weight(class_weight, message):
    net = small(class_weight=class_weight)
    assert_refused(MUST_BE.format("class_weight") + message, net)


def test_class_weights_that_leave_a_task_without_labels():
    net = small(class_weight={"colour": {0: 0, 1: 0, 2: 0}})
    assert_refused("above 0 for a class that task 'colour' has labels of, got", net)


@pytest.mark.parametrize(
    ("task_types", "message"),
    [
        ("automatic", "one of 'auto', got 'automatic'"),
        (["classification"], "of length 2, one per task, got length 1"),
        (["classification", "regresion"], "did you mean 'regression'"),
        ({"color": "regression"}, "keyed by task names .*did you mean 'colour'"),
    ],
)
def test_task_types(task_types, message):
    net = small(MultiTaskNet, task_types=task_types)
    assert_refused(
        "The 'task_types' parameter of MultiTaskNet must be .*" + message, net
    )


class Identity(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.out_features = n_features

    def forward(self, X):
        return X


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (
            lambda n: nn.Sequential(nn.Linear(n, 2)),
            "'out_features', got .*Sequential without",
        ),
        (lambda n: n, "returns an nn.Module .*, got one that returns int"),
        (Identity(3), "a class or function .*, got an instance of Identity"),
        ("konv", "did you mean 'conv'"),
    ],
)
def test_encoder(encoder, message):
    assert_refused(MUST_BE.format("encoder") + ".*" + message, small(encoder=encoder))


class NormalisingEncoder(nn.BatchNorm1d):
    def __init__(self, n_features):
        super().__init__(n_features)
        self.out_features = n_features


def test_batches_of_one_row():
    """Batch normalisation cannot train on them; everything else can."""
    message = MUST_BE.format("batch_size") + "at least 2 .* batch normalisation, got "
    assert_refused(message + "1 on 40", small(encoder=NormalisingEncoder, batch_size=1))
    one = {"X": X[:1], "Y": QUANTITIES[:1]}
    message = message.replace("Classifier", "Regressor")
    net = small(MultiTaskNetRegressor, encoder=NormalisingEncoder)
    assert_refused(message + "128 on 1", net, **one)
    small(batch_size=1).fit(X, Y)
    small(MultiTaskNetRegressor).fit(*one.values())


@pytest.mark.parametrize(("n", "batch_size"), [(40, 3), (40, 13), (3, 2), (2, 2)])
def test_a_last_batch_of_one_row_is_no_error(n, batch_size):
    net = small(
        MultiTaskNetRegressor, encoder=NormalisingEncoder, batch_size=batch_size
    )
    assert np.isfinite(net.fit(X[:n], QUANTITIES[:n]).transform(X)).all()


# Labels


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (Y.assign(size=np.nan), "at least one label .*, got none for 'size'"),
        (replaced(Y, 3, 1, np.inf), "infinity: the labels of task 'size'"),
        (
            replaced(Y, 3, 1, 0.5),
            "Unknown label type: continuous. The task 'size' .*use a regressor",
        ),
        (
            replaced(Y, 3, 1, "big"),
            "labels of task 'size' .* of one type, got int, str",
        ),
        (
            sparse.csr_matrix(Y.to_numpy()),
            r"dense array \(use .toarray\(\)\), got a sparse",
        ),
        (Y.to_numpy()[:, :, None], "1-D .* or 2-D of shape .*, got 3-D"),
        (Y[:39], r"inconsistent numbers of samples: \[40, 39\]"),
        (
            np.empty((40, 0)),
            r"at least 1 row and 1 column, got 0 sample\(s\) and 0 task",
        ),
        (
            pd.DataFrame(Y.to_numpy(), columns=["a", "a"]),
            "unique task names, got 'a', 'a'",
        ),
    ],
)
def test_labels(bad, message):
    assert_refused(message, small(), Y=bad)


def test_trap_16_labels_in_a_list_per_task():
    """It is the habit of Keras; scikit-learn wants a table."""
    message = r"inconsistent numbers of samples: \[40, 2\]"
    assert_refused(message, small(), Y=[Y["colour"].to_numpy(), Y["size"].to_numpy()])
    assert_refused("1-D .* or 2-D", small(), Y=dict(Y))


def test_trap_19_sparse_labels_are_refused_everywhere():
    net = small().fit(X, Y)
    for use in (net.fit, net.partial_fit, net.score):
        with pytest.raises(ValueError, match="must be a dense array"):
            use(X, sparse.csr_array(Y.to_numpy()))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (replaced(QUANTITIES, 3, 1, -np.inf), "infinity: the labels of task 'weight'"),
        (replaced(QUANTITIES, 3, 1, "heavy"), "labels of task 'weight' .* one type"),
        (QUANTITIES.assign(weight="heavy"), "task 'weight' .* must hold numbers"),
        (QUANTITIES.assign(weight=np.nan), "got none for 'weight'"),
    ],
)
def test_quantities(bad, message):
    assert_refused(message, small(MultiTaskNetRegressor), Y=bad)


# Sample weights


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(39), r"of shape \(40,\) or \(40, 2\), got shape \(39,\)"),
        (np.ones((40, 3)), r"of shape \(40,\) or \(40, 2\), got shape \(40, 3\)"),
        (np.ones((2, 40)), r"got shape \(2, 40\)"),
        (-np.ones(40), "finite and non-negative"),
        (np.full(40, np.nan), "finite and non-negative"),
        (np.full((40, 2), np.inf), "finite and non-negative"),
    ],
)
def test_sample_weight(weights, message):
    message = MUST_BE.format("sample_weight") + message
    assert_refused(message, small(), sample_weight=weights)


def test_weights_that_leave_a_task_without_labels():
    weights = np.ones((40, 2))
    weights[:, 1] = 0
    assert_refused("got none for 'size'", small(), sample_weight=weights)
    assert_refused("for 'colour', 'size'", small(), sample_weight=np.zeros(40))


# Inputs


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.vstack([X[:39], [[0, np.inf, 0]]]), "Input X contains infinity"),
        (np.empty((0, 3)), r"inconsistent|0 sample\(s\)"),
        (np.empty((40, 0)), r"0 feature\(s\)"),
        (X[:, 0], "Expected 2D array, got 1D array"),
        (X.reshape(40, 3, 1), "dim 3, while dim <= 2 is required"),
        (X[:39], r"inconsistent numbers of samples: \[39, 40\]"),
        (np.full((40, 3), "a"), "could not convert string to float"),
        (X + 1j, "Complex data not supported"),
    ],
)
def test_inputs(bad, message):
    assert_refused(message, small(), X=bad)


@pytest.mark.parametrize("params", [{"preprocess": False}, {"encoder": Identity}])
def test_gaps_need_preprocessing(params):
    gap = np.vstack([X[:39], [[0, np.nan, 0]]])
    assert_refused("Input X contains NaN", small(**params), X=gap)
    assert np.isfinite(small().fit(gap, Y).predict_proba(gap)[0]).all()


def test_empty_table():
    message = r"at least 1 row and 1 column, got 0 sample\(s\)|0 sample"
    assert_refused(message, small(), X=X[:0], Y=Y[:0])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (X[:, :2], "X has 2 features, but MultiTaskNetClassifier is expecting 3"),
        (X[:0], r"Found array with 0 sample\(s\)"),
        (np.full((2, 3), np.nan), "Input X contains NaN"),
        (np.full((2, 3), np.inf), "Input X contains infinity"),
    ],
)
def test_inputs_to_predict(method, bad, message):
    net = small(preprocess="NaN" not in message).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        getattr(net, method)(bad)


# Scores


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X, Y)


def test_trap_18_columns_are_matched_by_name(fitted):
    """Elsewhere the order of the tasks is never checked."""
    assert fitted.score(X, Y[["size", "colour"]]) == fitted.score(X, Y)
    assert fitted.score_tasks(X, Y[["size", "colour"]]) == fitted.score_tasks(X, Y)
    assert list(fitted.score_tasks(X, Y)) == ["colour", "size"]


@pytest.mark.parametrize("method", ["score", "score_tasks", "partial_fit"])
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["color", "size"],
            "the tasks 'colour', 'size', got the column 'color' .did you mean",
        ),
        (
            ["colour"],
            r"a table of 2 task\(s\) \('colour', 'size'\) as in fit, got 1 task",
        ),
    ],
)
def test_columns_that_are_not_the_tasks(fitted, method, columns, message):
    bad = Y.iloc[:, : len(columns)].set_axis(columns, axis=1)
    with pytest.raises(ValueError, match=message):
        getattr(fitted, method)(X, bad)


def test_no_label_to_score(fitted):
    with (
        pytest.warns(UserWarning, match="undefined for the task"),
        pytest.raises(ValueError, match=r"No task .* has a score: every task needs"),
    ):
        fitted.score(X, np.full((40, 2), np.nan))


def test_a_task_without_labels_has_no_score_and_the_others_have(fitted):
    partly = Y.assign(size=np.nan)
    with pytest.warns(UserWarning, match="undefined for the task.* 'size'"):
        scores = fitted.score_tasks(X, partly)
    assert np.isnan(scores["size"])
    with pytest.warns(UserWarning, match="'size'"):
        assert fitted.score(X, partly) == scores["colour"]


# partial_fit and early stopping


def test_labels_that_were_not_among_the_classes(fitted):
    message = r"task 'colour' .* must be among its classes \(0, 1, 2\), got 7"
    with pytest.raises(ValueError, match=message):
        fitted.partial_fit(X, replaced(Y, 3, 0, 7))


@pytest.mark.parametrize("classes", [[[0, 1, 2]], [0, 1, 2], [[0, 1, 2], [[0, 1]]]])
def test_classes(classes):
    with pytest.raises(ValueError, match=r"The 'classes' parameter .* 2 arrays"):
        small().partial_fit(X, Y, classes=classes)


def test_too_few_rows_to_stop_early():
    net = small(early_stopping=True, validation_fraction=1e-6)
    assert_refused(
        MUST_BE.format("validation_fraction")
        + "such that rows are left .*, got 1e-06 for 40",
        net,
    )

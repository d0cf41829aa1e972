"""The nets inside the tools of scikit-learn, joblib, pandas and polars."""

import copy
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.metrics import make_multitask_scorer, per_task_scorers
from sklearn_mtl.model_selection import MultiTaskKFold, task_weight_grid
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

X, Y = make_multitask_classification(
    120, 5, n_tasks=2, n_classes=[2, 3], random_state=0
)
hidden = np.random.default_rng(0).random(Y.shape) < 0.3
Y_missing = np.where(hidden, np.nan, Y)
X_frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(5)])
Y_frame = pd.DataFrame({"colour": np.array(["red", "blue"])[Y[:, 0]], "size": Y[:, 1]})

NETS = [MultiTaskNetClassifier, MultiTaskNetRegressor, MultiTaskNet]


def small(Net=MultiTaskNetClassifier, **params):
    defaults = {"hidden_layer_sizes": (16,), "lr": 0.02, "max_epochs": 20}
    defaults |= {"batch_size": 32, "early_stopping": False, "random_state": 0}
    return Net(**{**defaults, **params})


def pipeline(**params):
    return Pipeline([("scale", StandardScaler()), ("net", small(**params))])


# Parameters


@pytest.mark.parametrize("Net", NETS)
def test_clones_have_the_same_parameters(Net):
    encoder, weights = torch.nn.Identity, np.array([1.0, 2.0])
    net = Net(encoder=encoder, task_weights=weights, missing_label=-1, callbacks=[])
    cloned = clone(net)
    assert cloned.get_params().keys() == net.get_params().keys()
    assert cloned.encoder is encoder
    assert cloned.missing_label == -1
    assert_array_equal(cloned.task_weights, weights)
    assert cloned.set_params(lr=0.5).lr == 0.5
    assert net.lr != 0.5


def test_parameters_are_kept_as_they_were_given():
    sizes, weights, params = [8], {"colour": 2}, {"optimizer__betas": (0.8, 0.9)}
    net = small(hidden_layer_sizes=sizes, task_weights=weights, net_params=params)
    net.fit(X, Y_frame)
    assert net.hidden_layer_sizes is sizes
    assert net.task_weights is weights
    assert net.net_params is params
    assert params == {"optimizer__betas": (0.8, 0.9)}


def test_kinds_of_estimators():
    assert is_classifier(MultiTaskNetClassifier())
    assert is_regressor(MultiTaskNetRegressor())
    for Net in NETS:
        tags = get_tags(Net())
        assert tags.target_tags.multi_output
        assert tags.input_tags.sparse
        assert tags.input_tags.allow_nan
        assert not get_tags(Net(preprocess=False)).input_tags.allow_nan
        assert not get_tags(Net(encoder="conv")).input_tags.allow_nan


def test_trap_32_an_unfitted_net_is_truthy():
    assert small()


@pytest.mark.parametrize("fitted", [False, True])
def test_trap_25_representations(fitted):
    model = pipeline(task_weights=[1, 2])
    if fitted:
        model.fit(X, Y)
    assert "MultiTaskNetClassifier" in estimator_html_repr(model)
    assert "task_weights=[1, 2]" in repr(model)


# Copies


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deepcopy", "pickle"],
)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_copies_predict_the_same(duplicate, dropout):
    model = pipeline(dropout=dropout).fit(X, Y_missing)
    duplicated = duplicate(model)
    assert_array_equal(duplicated.predict(X), model.predict(X))
    assert duplicated["net"].history_ == model["net"].history_
    # Trap 30: the state that is pickled is the live one.
    assert_array_equal(model.predict(X), duplicated.predict(X))


def test_unfitted_nets_can_be_pickled():
    assert repr(pickle.loads(pickle.dumps(small()))) == repr(small())


@pytest.mark.parametrize("compress", [0, 3])
def test_joblib_files(compress, tmp_path):
    model = pipeline().fit(X, Y)
    joblib.dump(model, tmp_path / "model", compress=compress)
    assert_array_equal(joblib.load(tmp_path / "model").predict(X), model.predict(X))


# Searches

KFOLD = KFold(3, shuffle=True, random_state=0)


def test_grid_search_over_task_weights():
    """Trap 21: dicts and arrays as values."""
    grid = {"net__task_weights": task_weight_grid(["colour", "size"], 2)}
    search = GridSearchCV(pipeline(), grid, cv=KFOLD, error_score="raise")
    search.fit(X, Y_frame)
    assert len(search.cv_results_["params"]) == len(grid["net__task_weights"])
    assert search.best_score_ > 0.6
    assert search.predict(X).shape == (120, 2)
    assert search.best_params_["net__task_weights"] in grid["net__task_weights"]


@pytest.mark.parametrize(
    "weights", [[(1, 1), (1, 3)], [[1, 1], [1, 3]], task_weight_grid(2, 2)]
)
def test_grid_search_over_sequences_of_task_weights(weights):
    search = GridSearchCV(
        pipeline(max_epochs=2), {"net__task_weights": weights}, cv=KFOLD
    )
    assert np.isfinite(search.fit(X, Y).cv_results_["mean_test_score"]).all()


def test_trap_2_searches_score_what_other_classifiers_cannot():
    scores = cross_val_score(pipeline(), X, Y, cv=KFOLD, error_score="raise")
    assert ((scores > 0.6) & (scores < 1)).all()


def test_grid_search_with_a_scorer():
    search = GridSearchCV(
        pipeline(),
        {"net__hidden_layer_sizes": [(), (16,)]},
        scoring=make_multitask_scorer("neg_log_loss"),
        cv=KFOLD,
    )
    assert search.fit(X, Y_frame).best_score_ < 0


def test_grid_search_with_a_scorer_per_task():
    """Trap 22: several scores, and one that decides."""
    search = GridSearchCV(
        pipeline(),
        {"net__task_weights": [{"colour": 1}, {"colour": 100}]},
        scoring=per_task_scorers("accuracy", ["colour", "size"]),
        refit="mean",
        cv=KFOLD,
    )
    results = search.fit(X, Y_frame).cv_results_
    means = (results["mean_test_colour"] + results["mean_test_size"]) / 2
    assert_allclose(results["mean_test_mean"], means)
    assert search.best_index_ == means.argmax()


def test_randomized_search():
    space = {
        "net__lr": [1e-3, 1e-2],
        "net__dropout": [0, 0.1],
        "net__batch_size": [16, 64],
    }
    search = RandomizedSearchCV(pipeline(), space, n_iter=3, cv=KFOLD, random_state=0)
    assert search.fit(X, Y).best_score_ > 0.5


def test_grid_search_over_parameters_of_every_kind():
    space = [
        {"optimizer": ["sgd", torch.optim.RMSprop]},
        {"class_weight": ["balanced", {"colour": {"red": 2}}]},
        {"net_params": [{"optimizer__betas": (0.8, 0.9)}]},
        {"early_stopping": [True, "auto"], "activation": ["relu"]},
    ]
    search = GridSearchCV(small(max_epochs=2), space, cv=KFold(2), error_score="raise")
    assert len(search.fit(X, Y_frame).cv_results_["params"]) == 7


# Cross-validation


def test_cross_validate():
    scoring = per_task_scorers("balanced_accuracy", ["colour", "size"])
    results = cross_validate(
        pipeline(), X, Y_frame, cv=KFOLD, scoring=scoring, return_train_score=True
    )
    for part in ("test", "train"):
        parts = [results[f"{part}_{task}"] for task in ("colour", "size")]
        assert_allclose(results[f"{part}_mean"], np.mean(parts, axis=0))


def test_trap_17_frames_of_labels_keep_their_names_in_folds():
    fitted = cross_validate(
        pipeline(), X_frame, Y_frame, cv=KFOLD, return_estimator=True
    )["estimator"]
    assert [model["net"].task_names_ for model in fitted] == [["colour", "size"]] * 3


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_traps_7_and_9_integer_cv():
    """scikit-learn takes it for unshuffled folds, and refuses missing labels."""
    assert cross_val_score(pipeline(), X, Y, cv=3).shape == (3,)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        cross_val_score(pipeline(), X, Y_missing, cv=3)


@pytest.mark.parametrize("cv", [MultiTaskKFold(3, random_state=0), KFOLD])
def test_trap_9_missing_labels_in_cross_validation(cv):
    results = cross_validate(
        pipeline(),
        X,
        Y_missing,
        cv=cv,
        scoring=per_task_scorers("roc_auc", 2),
        error_score="raise",
    )
    assert results["test_mean"].mean() > 0.75
    search = GridSearchCV(pipeline(), {"net__lr": [0.01, 0.02]}, cv=cv)
    assert search.fit(X, Y_missing).best_score_ > 0.6


def test_trap_8_missing_labels_in_splits():
    splits = train_test_split(X, Y_missing, random_state=0)
    assert np.isnan(splits[2]).any()
    assert small().fit(splits[0], splits[2]).score(splits[1], splits[3]) > 0.6


def test_trap_14_masked_labels_in_cross_validation():
    masked = np.ma.array(Y, mask=hidden)
    scores = cross_val_score(pipeline(), X, masked, cv=KFOLD, error_score="raise")
    assert_allclose(scores, cross_val_score(pipeline(), X, Y_missing, cv=KFOLD))


def test_cross_val_predict():
    predicted = cross_val_predict(pipeline(), X, Y, cv=KFOLD)
    assert predicted.shape == (120, 2)
    assert (predicted == Y).mean() > 0.6


def test_trap_10_missing_labels_in_cross_val_predict():
    """With method="predict" they reach the net as they are."""
    predicted = cross_val_predict(pipeline(), X, Y_missing, cv=KFOLD)
    assert not np.isnan(predicted).any()
    assert set(np.unique(predicted)) == {0, 1, 2}


def test_trap_11_probabilities_in_cross_val_predict():
    """scikit-learn turns strings into codes: the columns are of the sorted classes."""
    probabilities = cross_val_predict(
        pipeline(), X, Y_frame.to_numpy(), cv=KFOLD, method="predict_proba"
    )
    assert [p.shape for p in probabilities] == [(120, 2), (120, 3)]
    predicted = np.array(["blue", "red"])[probabilities[0].argmax(axis=1)]
    assert (predicted == Y_frame["colour"]).mean() > 0.6


def test_trap_12_a_class_that_a_fold_has_not_seen():
    rare = Y.copy()
    rare[:40, 1] = 3
    with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
        probabilities = cross_val_predict(
            pipeline(), X, rare, cv=KFold(3), method="predict_proba"
        )
    assert probabilities[1].shape == (120, 4)
    assert (probabilities[1][:40, 3] == 0).all()


def test_learning_curve():
    sizes, train, test = learning_curve(
        pipeline(), X, Y, cv=ShuffleSplit(2, random_state=0), train_sizes=[0.3, 1.0]
    )
    assert train.shape == test.shape == (2, 2)
    assert test[1].mean() > 0.6
    assert sizes[0] < sizes[1]


def test_validation_curve():
    train, _ = validation_curve(
        pipeline(), X, Y, param_name="net__max_epochs", param_range=[1, 20], cv=KFOLD
    )
    assert train[0].mean() < train[1].mean()


def test_permutation_importance():
    informative = np.column_stack([X, np.random.default_rng(0).normal(size=(120, 1))])
    model = pipeline(max_epochs=30).fit(informative, Y)
    scoring = per_task_scorers("accuracy", 2)
    found = permutation_importance(
        model, informative, Y, scoring=scoring, n_repeats=5, random_state=0
    )
    assert set(found) == {"task0", "task1", "mean"}
    importances = found["mean"]["importances_mean"]
    assert importances[:5].max() > importances[5] + 0.03


def test_searches_in_threads():
    search = GridSearchCV(pipeline(), {"net__lr": [0.01, 0.02]}, cv=KFOLD)
    expected = clone(search).fit(X, Y).cv_results_["mean_test_score"]
    with joblib.parallel_config("threading", n_jobs=3):
        assert_array_equal(search.fit(X, Y).cv_results_["mean_test_score"], expected)


# Scores


def test_trap_1_metrics_of_one_task():
    """Those of scikit-learn refuse several tasks, loudly; ours take them."""
    net = small().fit(X, Y)
    with pytest.raises(ValueError, match="multiclass-multioutput is not supported"):
        get_scorer("accuracy")(net, X, Y)
    expected = net.score(X, Y)
    assert make_multitask_scorer("accuracy")(net, X, Y) == pytest.approx(expected)


LABELS = {
    "0 and 1": np.array([0, 1]),
    "1 and 2": np.array([1, 2]),
    "strings": np.array(["no", "yes"]),
    "booleans": np.array([False, True]),
}


@pytest.mark.parametrize("labels", LABELS)
def test_traps_5_and_6_probabilities_of_two_classes(labels):
    """Whatever the labels are called: a list per task, and every label counts."""
    targets = LABELS[labels][np.column_stack([Y[:, 0], Y[:, 1] > 0]).astype(int)]
    net = small().fit(X, targets)
    probabilities = net.predict_proba(X)
    assert isinstance(probabilities, list)
    expected = np.mean([log_loss(targets[:, t], probabilities[t]) for t in range(2)])
    score = make_multitask_scorer("neg_log_loss")(net, X, targets)
    assert score == pytest.approx(-expected)


# Other meta-estimators


@pytest.mark.parametrize(
    "wrap",
    [
        lambda net: CalibratedClassifierCV(net, cv=2),
        lambda net: BaggingClassifier(net, 2, random_state=0),
        lambda net: VotingClassifier([("net", net)], voting="soft"),
        lambda net: StackingClassifier([("net", net)], cv=2),
        MultiOutputClassifier,
        lambda net: SequentialFeatureSelector(net, n_features_to_select=2, cv=2),
    ],
    ids=["calibration", "bagging", "voting", "stacking", "multi-output", "selection"],
)
def test_trap_23_meta_estimators(wrap):
    """Most of them take one task; there the net is like any classifier."""
    model = wrap(small())
    several = isinstance(model, MultiOutputClassifier | SequentialFeatureSelector)
    y = Y if several else np.array(["no", "yes"])[Y[:, 0]]
    model.fit(X, y)
    if isinstance(model, SequentialFeatureSelector):
        assert model.get_support().sum() == 2
    else:
        assert model.score(X, y) > (0.4 if several else 0.7)


def test_partial_dependence_of_one_task():
    net = small().fit(X, Y[:, 0])
    found = partial_dependence(net, X, [0], grid_resolution=5)
    assert found["average"].shape == (1, 5)


# Frames and pipelines


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_through_a_pipeline(library):
    """Trap 24: with set_output the net gets named columns."""
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library]
    X_named = frame({f"x{j}": X[:, j] for j in range(5)})
    Y_named = frame({"a": Y[:, 0], "b": Y[:, 1]})
    model = pipeline().set_output(transform=library).fit(X_named, Y_named)
    assert model["net"].feature_names_in_.tolist() == ["x0", "x1", "x2", "x3", "x4"]
    assert model["net"].task_names_ == ["a", "b"]
    assert_array_equal(model.predict(X_named), pipeline().fit(X, Y).predict(X))
    represented = model.transform(X_named)
    assert isinstance(represented, frame)
    assert list(represented.columns) == list(model.get_feature_names_out())


def test_trap_24_reordered_inputs_are_refused():
    net = small(max_epochs=1).fit(X_frame, Y)
    with pytest.raises(ValueError, match="same order as they were in fit"):
        net.predict(X_frame[["x1", "x0", "x2", "x3", "x4"]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        net.predict(X)


def test_nullable_and_mixed_frames_of_inputs():
    table = X_frame.astype({"x0": "Float64", "x1": "float32"})
    table["x2"] = (X_frame["x2"] > 0).astype("boolean")
    table["x3"] = (10 * X_frame["x3"]).round().astype("Int64")
    assert small().fit(table, Y).score(table, Y) > 0.5


def test_a_net_after_a_column_transformer():
    table = X_frame.assign(kind=np.array(["a", "b"])[Y[:, 0]])
    preparation = ColumnTransformer(
        [("kind", OneHotEncoder(), ["kind"]), ("rest", StandardScaler(), ["x0", "x1"])]
    )
    model = make_pipeline(preparation, small()).fit(table, Y_frame)
    assert model[-1].score_tasks(preparation.transform(table), Y_frame)["colour"] > 0.95


def test_a_net_as_a_transformer():
    """The shared representation feeds another model."""
    union = FeatureUnion([("as it is", "passthrough"), ("shared", small())])
    union.set_output(transform="pandas")
    features = union.fit_transform(X_frame, Y)
    assert features.shape == (120, 5 + 16)
    assert features.columns[-1] == "shared__multitasknetclassifier15"
    assert_array_equal(union.transform(X_frame), features)
    model = make_pipeline(small(), LogisticRegression()).fit(X, Y[:, 0])
    assert model.score(X, Y[:, 0]) > 0.8


def test_fit_transform_is_fit_and_transform():
    assert_array_equal(small().fit_transform(X, Y), small().fit(X, Y).transform(X))


# Metadata routing


@pytest.fixture
def _metadata_routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("_metadata_routing")
def test_trap_26_routed_sample_weights():
    """Weights of labels are split like the rows."""
    weights = np.random.default_rng(0).uniform(size=Y.shape)
    net = small().set_fit_request(sample_weight=True)
    net.set_score_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    results = cross_validate(
        make_pipeline(scaler, net),
        X,
        Y,
        cv=KFOLD,
        params={"sample_weight": weights},
        return_estimator=True,
    )
    for (train, test), fitted, score in zip(
        KFOLD.split(X), results["estimator"], results["test_score"], strict=True
    ):
        scaled = clone(scaler).fit(X[train]).transform(X)
        alone = small().fit(scaled[train], Y[train], weights[train])
        assert_array_equal(alone.predict(scaled[test]), fitted.predict(X[test]))
        expected = alone.score(scaled[test], Y[test], weights[test])
        assert score == pytest.approx(expected)


@pytest.mark.usefixtures("_metadata_routing")
def test_trap_26_weights_that_nobody_asked_for():
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        cross_validate(small(), X, Y, params={"sample_weight": np.ones(120)})


@pytest.mark.usefixtures("_metadata_routing")
@pytest.mark.parametrize("Net", NETS)
def test_every_method_can_ask_for_weights(Net):
    net = Net()
    net.set_fit_request(sample_weight=True)
    net.set_partial_fit_request(sample_weight=True)
    net.set_score_request(sample_weight=True)


# Arrays of every kind

ARRAYS = {
    "nested lists": lambda X: X.tolist(),
    "float32": lambda X: X.astype(np.float32),
    "Fortran order": np.asfortranarray,
    "backwards": lambda X: X[::-1].astype(np.float32)[::-1],
    "not contiguous": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "torch": torch.as_tensor,
    "torch with gradients": lambda X: torch.as_tensor(X).requires_grad_(),
    "pandas": pd.DataFrame,
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "coo_array": sparse.coo_array,
    "csr_matrix of long indices": lambda X: sparse.csr_matrix(
        (X.ravel(), np.tile(np.arange(5), 120), np.arange(0, 601, 5, dtype=np.int64)),
        (120, 5),
    ),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_inputs_of_every_kind(kind):
    """Traps 28 and 29: tensors and sparse matrices among them."""
    given = ARRAYS[kind](X)
    # What is sparse has neither quartiles nor bins.
    like = sparse.csr_array(X) if sparse.issparse(given) else X
    net, expected = small().fit(given, Y_missing), small().fit(like, Y_missing)
    for a, b in zip(net.predict_proba(given), expected.predict_proba(X), strict=True):
        assert_allclose(a, b, rtol=1e-4)
    assert_allclose(net.transform(given), expected.transform(X), rtol=1e-3, atol=1e-5)
    net.partial_fit(given, Y_missing)


def test_labels_and_weights_may_be_tensors():
    weights = torch.rand(120, generator=torch.Generator().manual_seed(0))
    net = small().fit(X, torch.as_tensor(Y), weights)
    expected = small().fit(X, Y, weights.numpy())
    assert_array_equal(net.predict(X), expected.predict(X))
    assert net.score(X, torch.as_tensor(Y)) == expected.score(X, Y)


def test_text():
    """What a text pipeline makes is sparse."""
    words = np.array([["apple", "pear", "plum"], ["dog", "cat", "cow"]])
    texts = [f"{words[0, b]} {words[1, 2 - b]} {a} the" for a, b in Y]
    model = make_pipeline(TfidfVectorizer(), small(max_epochs=30)).fit(texts, Y_frame)
    assert model[-1].score_tasks(model[0].transform(texts), Y_frame)["size"] == 1


def test_trap_28_tensors_with_array_api_dispatch():
    """It must be on before scikit-learn is imported."""
    code = """
import torch
from sklearn import config_context
from sklearn_mtl.neural_network import MultiTaskNetClassifier

torch.manual_seed(0)
X, Y = torch.randn(60, 4), torch.randint(2, (60, 2))
net = MultiTaskNetClassifier((8,), max_epochs=2)
with config_context(array_api_dispatch=True):
    net.fit(X, Y).partial_fit(X, Y)
    assert net.predict(X).shape == net.predict_proba(X)[0].shape == (60, 2)
    assert 0 < net.score(X, Y) < 1
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert not done.returncode, done.stderr.decode()


def test_trap_20_names_of_inputs_beside_missing_labels():
    net = small(max_epochs=1).fit(X_frame, Y_missing)
    assert_array_equal(net.feature_names_in_, X_frame.columns)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_scalings_of_sparse_inputs_are_those_of_dense_ones(container):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.2, size=(120, 30)) * rng.uniform(0, 100, size=30)
    own = {"encoder": None, "precision": "float64"}
    net = small(**own).fit(container(counts), Y)
    expected = small(**own).fit(counts, Y)
    assert_allclose(net.transform(counts), expected.transform(counts), rtol=1e-6)

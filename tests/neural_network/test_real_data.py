"""Defaults on real data: after a StandardScaler, 70 % of the rows to learn from."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.metrics import label_ranking_average_precision_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.datasets import load_digits_tasks, targets_from_long
from sklearn_mtl.metrics import make_multitask_scorer
from sklearn_mtl.model_selection import multitask_train_test_split
from sklearn_mtl.multioutput import IndependentTasksRegressor
from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor


def make_model(seed, **params):
    net = MultiTaskNetClassifier(missing_label=-1, random_state=seed, **params)
    return make_pipeline(StandardScaler(), net)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("name", "metric", "least"),
    [
        ("yeast", "roc_auc", 0.71),
        ("scene", "roc_auc", 0.95),
        ("tox21", "roc_auc", 0.81),
        ("hydraulic", "accuracy", 0.90),
    ],
)
def test_mean_over_tasks(name, metric, least, seed, shared_data):
    data = shared_data(name)
    X = data["X"] if "X" in data else np.unpackbits(data["X_bits"], axis=1)
    X_train, X_test, Y_train, Y_test = train_test_split(
        X, data["Y"], test_size=0.3, random_state=seed
    )
    model = make_model(seed).fit(X_train, Y_train)
    scorer = make_multitask_scorer(metric, missing_label=-1)
    assert scorer(model, X_test, Y_test) >= least


@pytest.mark.parametrize("seed", [0, 1])
def test_every_task_of_the_digits(seed):
    X_train, X_test, Y_train, Y_test = train_test_split(
        *load_digits_tasks(return_X_y=True), test_size=0.3, random_state=seed
    )
    model = make_model(seed).fit(X_train, Y_train)
    scaled = model[:-1].transform(X_test)
    assert min(model[-1].score_tasks(scaled, Y_test).values()) >= 0.97


@pytest.mark.parametrize("seed", [0, 1])
def test_schools(seed, shared_data):
    """139 schools, a task each; every pupil is at one of them."""
    data = shared_data("school")
    Y, _ = targets_from_long(data["y"], data["task"])
    X_train, X_test, Y_train, Y_test = multitask_train_test_split(
        data["X"], Y, test_size=0.3, random_state=seed
    )
    scaler = StandardScaler().fit(X_train)
    there = ~np.isnan(Y_test)

    def explained(model):
        model.fit(scaler.transform(X_train), Y_train)
        return r2_score(Y_test[there], model.predict(scaler.transform(X_test))[there])

    ridge = explained(IndependentTasksRegressor(Ridge()))
    net = explained(MultiTaskNetRegressor(random_state=seed))
    assert net > max(ridge, 0.3)  # the mean explains nothing


def test_tags_of_bookmarks(shared_data):
    """983 tags of bags of words: better ranked than by how frequent they are."""
    data = shared_data("delicious")
    X = sparse.csr_matrix(
        (data["X_data"].astype(np.float32), data["X_indices"], data["X_indptr"]),
        shape=data["X_shape"],
    )
    X_train, X_test, Y_train, Y_test = train_test_split(
        X, data["Y"], test_size=0.3, random_state=0
    )
    X_test, Y_test = X_test[:1000], Y_test[:1000]
    net = MultiTaskNetClassifier(max_epochs=5, random_state=0)
    model = make_pipeline(StandardScaler(with_mean=False), net).fit(X_train, Y_train)
    of_tags = np.column_stack([p[:, 1] for p in model.predict_proba(X_test)])
    frequencies = np.tile(Y_train.mean(axis=0), (1000, 1))
    by_net, by_frequency = (
        label_ranking_average_precision_score(Y_test, ranked)
        for ranked in (of_tags, frequencies)
    )
    assert by_net > by_frequency + 0.15

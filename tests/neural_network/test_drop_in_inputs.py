"""Named inputs go through the tools of scikit-learn, and ours, as a table does."""

import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline

from sklearn_mtl.datasets import combine_tasks, load_digits_tasks
from sklearn_mtl.inspection import task_affinity
from sklearn_mtl.model_selection import (
    MultiTaskKFold,
    TaskWeightSearchCV,
    compare_with_single_task,
    multitask_train_test_split,
)
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.augmentations import Mixup, RandomCrop
from sklearn_mtl.neural_network.encoders import ConvEncoder
from sklearn_mtl.neural_network.samplers import Subset

TABLE, DIGITS = load_digits_tasks(return_X_y=True)
IMAGES = TABLE.reshape(-1, 8, 8).astype(np.uint8)
X, Y = combine_tasks(
    {"digit": (IMAGES[:400], DIGITS[:400, 0]), "parity": (TABLE[:200], DIGITS[:200, 1])}
)


def make_net(Net=MultiTaskNetClassifier, **params):
    return Net(
        **{
            "hidden_layer_sizes": (16,),
            "encoder": {"digit": ConvEncoder((8,))},
            "max_epochs": 15,
            "lr": 0.01,
            "random_state": 0,
            **params,
        }
    )


@pytest.fixture(scope="module")
def net():
    return make_net().fit(X, Y)


@pytest.mark.parametrize("split", [train_test_split, multitask_train_test_split])
def test_splits(split):
    X_train, X_test, Y_train, Y_test = split(X, Y, test_size=0.3, random_state=0)
    net = make_net().fit(X_train, Y_train)
    assert net.score(X_test, Y_test) > 0.7


@pytest.mark.parametrize(
    "cv", [KFold(2, shuffle=True, random_state=0), MultiTaskKFold(2, random_state=0)]
)
def test_cross_validation(cv):
    assert cross_val_score(make_net(), X, Y, cv=cv).min() > 0.7


def test_predictions_by_cross_validation():
    cv = KFold(2, shuffle=True, random_state=0)
    labels = Y.fillna(-1).to_numpy(dtype=int)
    net = make_net(missing_label=-1)
    predicted = cross_val_predict(net, X, labels, cv=cv)
    assert np.mean((predicted == labels)[labels >= 0]) > 0.7


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_over_the_parameters_of_an_encoder(n_jobs):
    net = make_net(encoder={"digit": ConvEncoder()}, max_epochs=2)
    grid = {
        "encoder": [{"digit": ConvEncoder((4,))}, {"digit": ConvEncoder((8,))}],
        "task_weights": [[1, 1], [3, 1]],
    }
    cv = MultiTaskKFold(2, random_state=0)
    search = GridSearchCV(net, grid, cv=cv, n_jobs=n_jobs).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_over_task_weights(n_jobs):
    search = TaskWeightSearchCV(make_net(max_epochs=3), 3, cv=2, n_jobs=n_jobs)
    search.fit(X, Y)
    candidates = [
        {name: [value] for name, value in params.items()}
        for params in search.cv_results_["params"]
    ]
    cv = MultiTaskKFold(2, random_state=0)
    grid = GridSearchCV(make_net(max_epochs=3), candidates, cv=cv)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_mean"],
        grid.fit(X, Y).cv_results_["mean_test_score"],
    )
    assert search.best_estimator_.predict(X).shape == Y.shape
    assert search.score(X, Y) > 0.3


def test_pipelines_and_clones():
    pipeline = Pipeline([("nothing", "passthrough"), ("net", make_net())])
    assert clone(pipeline).fit(X, Y).score(X, Y) > 0.8


def test_a_comparison_with_single_tasks():
    comparison = compare_with_single_task(make_net(max_epochs=4), X, Y, cv=2)
    assert comparison.summary()["verdict"].notna().all()


def test_single_tasks_take_the_rows_of_their_input():
    independent = IndependentTasksClassifier(make_net()).fit(X, Y)
    assert independent.score(X, Y) > 0.8


def test_affinities_by_gradients():
    X, Y = combine_tasks(
        {
            "digit": (IMAGES[:200], DIGITS[:200, 0]),
            "parity": (IMAGES[200:300], DIGITS[200:300, 1]),
        }
    )
    net = make_net(encoder=ConvEncoder((4,)), max_epochs=2)
    assert task_affinity(net, X, Y, method="gradient", random_state=0).shape == (2, 2)


@pytest.mark.parametrize("copy_of", ["pickle", "joblib"])
def test_stored_nets_predict_the_same(net, copy_of, tmp_path):
    if copy_of == "pickle":
        stored = pickle.loads(pickle.dumps(net))
    else:
        joblib.dump(net, tmp_path / "net")
        stored = joblib.load(tmp_path / "net")
    for p, q in zip(stored.predict_proba(X), net.predict_proba(X), strict=True):
        np.testing.assert_array_equal(p, q)


def test_the_same_seed_gives_the_same_fit(net):
    other = make_net().fit(X, Y)
    for p, q in zip(other.predict_proba(X), net.predict_proba(X), strict=True):
        np.testing.assert_array_equal(p, q)


def test_missing_labels_are_weights_of_0():
    hidden = Y.copy()
    hidden.iloc[::3] = None
    weights = np.ones(len(Y))
    weights[::3] = 0
    one = make_net(max_epochs=3).fit(X, hidden)
    other = make_net(max_epochs=3).fit(X, Y, sample_weight=weights)
    for p, q in zip(one.predict_proba(X), other.predict_proba(X), strict=True):
        np.testing.assert_array_equal(p, q)


def test_the_representation_of_all_rows(net):
    assert net.transform(X).shape == (600, 16)


@pytest.mark.parametrize("continued", ["warm_start", "partial_fit"])
def test_training_goes_on(continued):
    net = make_net(max_epochs=1, early_stopping=False, warm_start=True)
    for _ in range(12):
        getattr(net, "fit" if continued == "warm_start" else "partial_fit")(X, Y)
    assert net.n_iter_ == 12
    assert net.score(X, Y) > 0.7


def test_more_data_may_lack_an_input(net):
    net = make_net(max_epochs=2).fit(X, Y)
    images = X.has("digit")
    net.partial_fit(X[images], Y[images])
    assert net.predict(X).shape == Y.shape


def test_quantities():
    targets = {"sum": TABLE.sum(axis=1), "mean": TABLE.mean(axis=1)}
    X, Y = combine_tasks(
        {
            "sum": (IMAGES[:300], targets["sum"][:300]),
            "mean": (TABLE[:200], targets["mean"][:200]),
        }
    )
    net = make_net(MultiTaskNetRegressor, encoder={"sum": "conv"}, max_epochs=20)
    assert net.fit(X, Y).score(X, Y) > 0.5


def test_tasks_of_both_kinds():
    X, Y = combine_tasks(
        {
            "digit": (IMAGES[:300], DIGITS[:300, 0].astype(str)),
            "mean": (TABLE[:200], TABLE[:200].mean(axis=1)),
        }
    )
    net = make_net(MultiTaskNet).fit(X, Y)
    assert net.task_types_ == ["classification", "regression"]
    assert net.score(X, Y) > 0.6


@pytest.mark.parametrize(
    "params",
    [
        {"balancer": "uncertainty"},
        {"balancer": "cagrad"},
        {"balancer": "pcgrad", "gradient_level": "parameters"},
        {"architecture": "mmoe"},
        {"architecture": "soft_sharing", "task_sampler": "alternating"},
        {"hidden_layer_sizes": ()},
        {"optimizer": "sgd", "lr": 0.05},
        {"precision": "float64"},
        {"class_weight": "balanced"},
        {"batch_size": 1000},
    ],
)
def test_other_parameters(params):
    assert make_net(**params).fit(X, Y).score(X, Y) > 0.6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu():
    net = make_net(
        encoder={"digit": "conv"},
        augment=[{"digit": RandomCrop(1)}, Mixup(), lambda X: X],
        task_sampler="alternating",
        device="cuda",
    )
    score = net.fit(X, Y).score(X, Y)
    before = net.predict(X)
    net.transfer(X[:400], DIGITS[:400, 2], name="large", freeze="gradual")
    assert score > 0.7
    np.testing.assert_array_equal(net.predict(X)[:, :2], before)


def test_scores_of_a_sampler_belong_to_tasks():
    net = make_net(task_sampler=Subset([1.0, np.inf]), max_epochs=2)
    independent = IndependentTasksClassifier(net).fit(X, Y)
    scores = [of_task.task_sampler.scores for of_task in independent.estimators_]
    assert scores == [[1.0], [np.inf]]
    comparison = compare_with_single_task(net, X, Y, cv=2)
    assert len(comparison.summary()) == 2

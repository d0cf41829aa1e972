import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    check_scoring,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.metrics import make_multitask_scorer, per_task_scorers, task_scores

FOLDS = KFold(3, shuffle=True, random_state=0)
X, Y3 = make_classification(120, 6, n_informative=4, n_classes=3, random_state=0)
BINARY = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0.5]).astype(int)
MIXED = np.column_stack([Y3, BINARY])
STRINGS = np.array(["bad", "fair", "good"])[MIXED]
CONSTANT = np.column_stack([Y3, np.zeros_like(Y3)])

FOREST = RandomForestClassifier(10, max_depth=4, random_state=0)
MLP = MLPClassifier((8,), solver="lbfgs", max_iter=20, random_state=0)
LOGISTIC = LogisticRegression()
MULTICLASS = [
    FOREST,
    DecisionTreeClassifier(max_depth=3, random_state=0),
    KNeighborsClassifier(),
    DummyClassifier(),
    MultiOutputClassifier(LOGISTIC),
]
MULTILABEL = [*MULTICLASS, MLP, ClassifierChain(LOGISTIC)]


def one_task(estimator, Y, t):
    """Return the labels, predictions and probabilities of a task of scikit-learn's."""
    probabilities = estimator.predict_proba(X)
    if isinstance(probabilities, list):
        return Y[:, t], estimator.predict(X)[:, t], probabilities[t]
    positive = probabilities[:, t]
    table = np.column_stack([1 - positive, positive])
    return Y[:, t], estimator.predict(X)[:, t], table


# Estimators


@pytest.mark.parametrize("estimator", MULTICLASS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("Y", [MIXED, STRINGS], ids=["integers", "strings"])
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_estimators_of_tasks_with_any_classes(estimator, Y):
    estimator = clone(estimator).fit(X, Y)
    tasks = [one_task(estimator, Y, t) for t in range(3)]
    score = make_multitask_scorer("accuracy")(estimator, X, Y)
    assert_allclose(score, np.mean([accuracy_score(y, pred) for y, pred, _ in tasks]))
    score = make_multitask_scorer("neg_log_loss")(estimator, X, Y)
    assert_allclose(score, -np.mean([log_loss(y, proba) for y, _, proba in tasks]))
    score = make_multitask_scorer("roc_auc")(estimator, X, Y)
    first = roc_auc_score(tasks[0][0], tasks[0][2], multi_class="ovr")
    others = [roc_auc_score(y, proba[:, 1]) for y, _, proba in tasks[1:]]
    assert_allclose(score, np.mean([first, *others]))


# Trap 6: probabilities come as a list or as an array, which depends on the labels
@pytest.mark.parametrize("estimator", MULTILABEL, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_of_binary_tasks(estimator):
    estimator = clone(estimator).fit(X, BINARY)
    tasks = [one_task(estimator, BINARY, t) for t in range(2)]
    for metric, function in [("roc_auc", roc_auc_score), ("neg_log_loss", log_loss)]:
        sign = -1 if metric.startswith("neg") else 1
        score = make_multitask_scorer(metric)(estimator, X, BINARY)
        expected = np.mean([function(y, proba[:, 1]) for y, _, proba in tasks])
        assert_allclose(score, sign * expected)


@pytest.mark.parametrize("labels", [[1, 2], ["no", "yes"], [False, True]], ids=str)
def test_binary_tasks_may_have_any_labels(labels):
    Y = np.array(labels)[BINARY]
    scorer = make_multitask_scorer("roc_auc")
    score = scorer(clone(FOREST).fit(X, Y), X, Y)
    assert score == scorer(clone(FOREST).fit(X, BINARY), X, BINARY)


@pytest.mark.parametrize("estimator", [FOREST, MLP, LOGISTIC])
@pytest.mark.parametrize("y", [Y3, BINARY[:, 0], STRINGS[:, 0]])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_of_one_task(estimator, y):
    estimator = clone(estimator).fit(X, y)
    for metric in ["accuracy", "roc_auc_ovr", "neg_log_loss"]:
        score = make_multitask_scorer(metric)(estimator, X, y)
        assert_allclose(score, check_scoring(estimator, metric)(estimator, X, y))


def test_regressors():
    Y = X[:, :2] ** 2 + X[:, 2:4]
    model = LinearRegression().fit(X, Y)
    score = make_multitask_scorer("r2")(model, X, Y)
    assert_allclose(score, r2_score(Y, model.predict(X)))


def test_a_constant_task_has_no_auc():
    model = clone(FOREST).fit(X, CONSTANT)
    with pytest.warns(UndefinedMetricWarning, match="'task1'"):
        score = make_multitask_scorer("roc_auc")(model, X, CONSTANT)
    expected = roc_auc_score(Y3, model.predict_proba(X)[0], multi_class="ovr")
    assert_allclose(score, expected)


class Named(ClassifierMixin, BaseEstimator):
    """A forest that remembers the names of its tasks."""

    def fit(self, X, Y):
        self.forest_ = clone(FOREST).fit(X, Y)
        self.classes_ = self.forest_.classes_
        self.task_names_ = (
            list(Y.columns) if hasattr(Y, "columns") else ["task0", "task1", "task2"]
        )
        return self

    def predict(self, X):
        return self.forest_.predict(X)

    def predict_proba(self, X):
        return self.forest_.predict_proba(X)


FRAME = pd.DataFrame(MIXED, columns=["grade", "left", "right"])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: model,
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: GridSearchCV(model, {}, cv=FOLDS, scoring=lambda *_: 0),
        lambda model: GridSearchCV(
            make_pipeline(StandardScaler(), model), {}, cv=FOLDS, scoring=lambda *_: 0
        ),
    ],
)
@pytest.mark.parametrize("metric", ["accuracy", "roc_auc"])
def test_tasks_are_matched_by_the_names_of_fit(wrap, metric):
    model = wrap(Named()).fit(X, FRAME)
    scorer = make_multitask_scorer(metric)
    score = scorer(model, X, FRAME)
    assert score > 0.8
    assert_allclose(scorer(FrozenEstimator(model), X, FRAME), score)
    assert_allclose(scorer(model, X, FRAME[["right", "grade", "left"]]), score)
    assert_allclose(scorer(model, X, MIXED), score)
    with pytest.raises(
        ValueError, match=r"'Y_true' .* column 'lft'.*did you mean 'left'"
    ):
        scorer(model, X, FRAME.rename(columns={"left": "lft"}))


def test_names_that_were_not_known_in_fit_do_not_matter():
    model = Named().fit(X, MIXED)
    scores = per_task_scorers("accuracy", FRAME.columns)(model, X, FRAME)
    assert list(scores) == ["grade", "left", "right", "mean"]


# Options


def test_options_are_those_of_the_score():
    model = clone(FOREST).fit(X, FRAME)
    Y = FRAME.astype(float)
    Y.loc[:60, "left"] = np.nan
    weights = np.arange(len(X))
    y_pred = model.predict(X)
    scores = task_scores("accuracy", Y, y_pred, sample_weight=weights)

    def score(**options):
        scorer = make_multitask_scorer("accuracy", **options)
        return scorer(model, X, Y, sample_weight=weights)

    assert_allclose(score(), np.mean(list(scores.values())))
    assert_allclose(score(task="left"), scores["left"])
    assert_allclose(score(task=1), scores["left"])
    assert_allclose(score(task_weights={"left": 0, "right": 0}), scores["grade"])
    support = [weights.sum(), weights[61:].sum(), weights.sum()]
    expected = np.average(list(scores.values()), weights=support)
    assert_allclose(score(average="weighted"), expected)


def test_a_sentinel_is_a_missing_label():
    Y = np.where(np.arange(len(X))[:, None] % 3, BINARY, -1)
    model = clone(FOREST).fit(X, BINARY)
    marked = make_multitask_scorer("roc_auc", missing_label=-1)(model, X, Y)
    missing = make_multitask_scorer("roc_auc")(model, X, np.where(Y < 0, np.nan, Y))
    assert marked == missing


def test_a_function_of_predictions():
    Y = X[:, :2] ** 2
    model = LinearRegression().fit(X, Y)
    scorer = make_multitask_scorer(mean_absolute_error, greater_is_better=False)
    assert_allclose(scorer(model, X, Y), -mean_absolute_error(Y, model.predict(X)))


def test_a_function_of_probabilities():
    model = clone(FOREST).fit(X, BINARY)
    scorer = make_multitask_scorer(roc_auc_score, response_method="predict_proba")
    assert scorer(model, X, BINARY) == make_multitask_scorer("roc_auc")(
        model, X, BINARY
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "acuracy"}, r"'metric' .*did you mean 'accuracy'"),
        ({"average": "makro"}, r"'average' .* 'macro', 'weighted', got 'makro'"),
        ({"response_method": "decide"}, r"'response_method' .* one of 'predict'"),
        ({"response_method": "predict_proba"}, r"must be 'predict' for 'accuracy'"),
        ({"greater_is_better": False}, r"'greater_is_better' .* own sign"),
    ],
)
@pytest.mark.parametrize(
    "make",
    [make_multitask_scorer, lambda metric, **kw: per_task_scorers(metric, 2, **kw)],
)
def test_refused_options(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**{"metric": "accuracy"} | options)


def test_a_single_task_has_no_weights():
    with pytest.raises(ValueError, match=r"'task_weights' .* None for task='a'"):
        make_multitask_scorer("accuracy", task="a", task_weights={"a": 1})


@pytest.mark.parametrize("tasks", [0, -1, [], "digit", ["a", "a"], ["a", "mean"]])
def test_refused_tasks(tasks):
    with pytest.raises(
        ValueError, match="'tasks' parameter of per_task_scorers must be"
    ):
        per_task_scorers("accuracy", tasks)


def test_an_unknown_task_is_named():
    scorer = make_multitask_scorer("accuracy", task="lft")
    with pytest.raises(ValueError, match=r"'task' .* got 'lft' .did you mean 'left'"):
        scorer(clone(FOREST).fit(X, FRAME), X, FRAME)


# scikit-learn's tools

SCORERS = [
    make_multitask_scorer("accuracy"),
    make_multitask_scorer("roc_auc", average="weighted", task_weights=[1, 2, 0]),
    make_multitask_scorer("neg_log_loss", task=1),
]


# Trap 2: without a scorer, every score of a search is NaN
@pytest.mark.parametrize("scorer", SCORERS, ids=repr)
def test_grid_search(scorer):
    search = GridSearchCV(FOREST, {"max_depth": [1, 4]}, scoring=scorer, cv=FOLDS)
    search.fit(X, MIXED)
    assert search.best_params_ == {"max_depth": 4}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    expected = scorer(search.best_estimator_, X, MIXED)
    assert search.score(X, MIXED) == expected
    assert scorer(search, X, MIXED) == expected


def test_grid_search_with_missing_labels():
    Y = np.where(np.arange(len(X))[:, None] % 4 == [[0, 1, 2]], np.nan, MIXED)
    model = clone(FOREST).fit(X, MIXED)
    scores = cross_val_score(
        FrozenEstimator(model), X, Y, scoring=make_multitask_scorer("roc_auc"), cv=FOLDS
    )
    assert np.isfinite(scores).all()


def test_cross_validate_returns_training_scores():
    results = cross_validate(
        FOREST,
        X,
        MIXED,
        cv=FOLDS,
        scoring={"auc": make_multitask_scorer("roc_auc"), "all": SCORERS[0]},
        return_train_score=True,
    )
    assert (results["train_auc"] > results["test_auc"]).all()
    assert (results["train_all"] > results["test_all"]).all()


@pytest.mark.parametrize("scorer", SCORERS, ids=repr)
def test_permutation_importance(scorer):
    model = clone(FOREST).fit(X, MIXED)
    result = permutation_importance(model, X, MIXED, scoring=scorer, random_state=0)
    assert result.importances.shape == (6, 5)
    assert result.importances_mean[:3].max() > 0


def test_learning_curve():
    _, _, scores = learning_curve(FOREST, X, MIXED, scoring=SCORERS[0], cv=FOLDS)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scorers_go_to_other_processes(n_jobs):
    scores = cross_val_score(
        FOREST, X, MIXED, scoring=SCORERS[1], cv=FOLDS, n_jobs=n_jobs
    )
    assert_allclose(
        scores, cross_val_score(FOREST, X, MIXED, scoring=SCORERS[1], cv=FOLDS)
    )


@pytest.mark.parametrize(
    "scorer", [*SCORERS, per_task_scorers("roc_auc", 3)], ids=lambda s: repr(s)[:20]
)
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_score_alike(scorer, copied):
    model = clone(FOREST).fit(X, MIXED)
    assert copied(scorer)(model, X, MIXED) == scorer(model, X, MIXED)
    assert repr(copied(scorer)) == repr(scorer)


def test_repr():
    scorer = make_multitask_scorer("roc_auc", average="weighted", task_weights={"a": 2})
    assert repr(scorer) == (
        "make_multitask_scorer('roc_auc', response_method='predict_proba', "
        "average='weighted', task_weights={'a': 2})"
    )
    scorer = make_multitask_scorer(
        mean_absolute_error, greater_is_better=False, task="a"
    )
    assert repr(scorer) == (
        "make_multitask_scorer('neg_mean_absolute_error', response_method='predict', "
        "task='a')"
    )
    assert (
        repr(per_task_scorers("accuracy", 2)) == "TaskScorers('task0', 'task1', 'mean')"
    )


# One scorer per task


@pytest.mark.parametrize(
    ("tasks", "names"),
    [(3, ["task0", "task1", "task2"]), (np.array(["a", "b", "c"]), ["a", "b", "c"])],
)
def test_per_task_scores(tasks, names):
    model = clone(FOREST).fit(X, MIXED)
    scorers = per_task_scorers("accuracy", tasks)
    assert isinstance(scorers, dict)
    assert list(scorers) == [*names, "mean"]
    accuracies = (model.predict(X) == MIXED).mean(axis=0)
    expected = [*accuracies, accuracies.mean()]
    assert_allclose([scorer(model, X, MIXED) for scorer in scorers.values()], expected)
    assert_allclose(list(scorers(model, X, MIXED).values()), expected)


class Counting(DecisionTreeClassifier):
    """Counts its predictions."""

    n_calls = 0

    def predict(self, X):
        type(self).n_calls += 1
        return super().predict(X)


def test_one_prediction_is_enough_for_all_tasks():
    Counting.n_calls = 0
    cross_validate(
        Counting(), X, MIXED, scoring=per_task_scorers("accuracy", 3), cv=FOLDS
    )
    assert Counting.n_calls == 3


def test_plain_dicts_score_alike():
    scorers = per_task_scorers("roc_auc", 3)
    shared, alone = (
        cross_validate(FOREST, X, MIXED, scoring=scoring, cv=FOLDS)
        for scoring in (scorers, dict(scorers))
    )
    for name in ["test_task0", "test_task1", "test_task2", "test_mean"]:
        assert_allclose(shared[name], alone[name])


def test_grid_search_with_per_task_scorers():
    search = GridSearchCV(
        FOREST,
        {"max_depth": [1, 4]},
        scoring=per_task_scorers("accuracy", FRAME.columns),
        refit="mean",
        cv=FOLDS,
        n_jobs=2,
    ).fit(X, FRAME)
    results = search.cv_results_
    tasks = [results[f"mean_test_{name}"] for name in FRAME]
    assert_allclose(results["mean_test_mean"], np.mean(tasks, axis=0))
    assert search.best_params_ == {"max_depth": 4}
    expected = make_multitask_scorer("accuracy")(search.best_estimator_, X, FRAME)
    assert search.score(X, FRAME) == expected
    with pytest.raises(ValueError, match="refit must be set to a scorer key"):
        search.set_params(refit=True).fit(X, FRAME)


def test_permutation_importance_of_each_task():
    model = clone(FOREST).fit(X, BINARY)
    scorers = per_task_scorers("accuracy", 2)
    results = permutation_importance(model, X, BINARY, scoring=scorers, random_state=0)
    for name, scorer in scorers.items():
        alone = permutation_importance(model, X, BINARY, scoring=scorer, random_state=0)
        assert_allclose(results[name].importances, alone.importances)


def test_scorers_may_be_added_and_removed():
    model = clone(FOREST).fit(X, MIXED)
    scorers = per_task_scorers("accuracy", 3)
    del scorers["task1"]
    scorers["auc"] = make_multitask_scorer("roc_auc")
    scorers["seen"] = lambda estimator, X, y: len(y)
    scores = scorers(model, X, MIXED)
    assert list(scores) == ["task0", "task2", "mean", "auc", "seen"]
    assert scores["auc"] == scorers["auc"](model, X, MIXED)
    assert scores["seen"] == len(X)


def test_some_of_the_tasks():
    model = clone(FOREST).fit(X, FRAME)
    scores = per_task_scorers("accuracy", ["right", "grade"])(model, X, FRAME)
    everything = task_scores("accuracy", FRAME, model.predict(X))
    assert scores.pop("mean") == (everything.pop("right") + everything["grade"]) / 2
    assert scores["grade"] == everything["grade"]
    assert list(scores) == ["right", "grade"]


def test_weights_of_the_mean():
    model = clone(FOREST).fit(X, FRAME)
    scorers = per_task_scorers("accuracy", FRAME.columns, task_weights={"left": 0})
    scores = scorers(model, X, FRAME)
    assert_allclose(scores["mean"], (scores["grade"] + scores["right"]) / 2)


@pytest.mark.parametrize("n_tasks", [2, 4])
def test_the_number_of_tasks_must_be_right(n_tasks):
    with pytest.raises(ValueError, match=rf"'tasks' .* must be 3, .* got {n_tasks}"):
        per_task_scorers("accuracy", n_tasks)(clone(FOREST).fit(X, MIXED), X, MIXED)


def test_a_task_without_a_score_is_nan():
    model = clone(FOREST).fit(X, BINARY)
    Y = BINARY * [1, 0]
    scorers = per_task_scorers("roc_auc", 2)
    with pytest.warns(UndefinedMetricWarning, match="'task1'") as record:
        scores = scorers(model, X, Y)
    assert len(record) == 1
    assert scores["mean"] == scores["task0"] > 0.8
    assert np.isnan(scores["task1"])
    with pytest.warns(UndefinedMetricWarning, match="'task0', 'task1'"):
        scores = scorers(model, X, 0 * Y)
    assert np.isnan(list(scores.values())).all()
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match="found no task that has a score"),
    ):
        scorers["mean"](model, X, 0 * Y)


def test_threads_do_not_disturb_each_other():
    scorers = per_task_scorers("accuracy", 3)
    models = [clone(FOREST).set_params(max_depth=d).fit(X, MIXED) for d in range(1, 9)]
    expected = [scorers(model, X, MIXED) for model in models]
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda m: scorers(m, X, MIXED), models * 5))
    assert scores == expected * 5


# Metadata and callbacks


@pytest.mark.parametrize(
    ("scorer", "refit"),
    [
        (make_multitask_scorer("accuracy"), True),
        (per_task_scorers("accuracy", 3), "mean"),
    ],
    ids=["one", "per task"],
)
def test_weights_are_routed(scorer, refit):
    weights = np.random.RandomState(0).rand(*MIXED.shape)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = copy.deepcopy(scorer).set_score_request(sample_weight="importance")
        search = GridSearchCV(FOREST, {}, scoring=scorer, refit=refit, cv=FOLDS)
        search.fit(X, MIXED, importance=weights)
    expected = [
        make_multitask_scorer("accuracy")(
            clone(FOREST).fit(X[train], MIXED[train]),
            X[test],
            MIXED[test],
            weights[test],
        )
        for train, test in FOLDS.split(X)
    ]
    assert_allclose(search.best_score_, np.mean(expected))


@pytest.mark.parametrize(
    "scorer", [make_multitask_scorer("accuracy"), per_task_scorers("accuracy", 1)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scoring_monitor_takes_scorers(scorer):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring=scorer)
    model = LogisticRegression(max_iter=3).set_callbacks(monitor)
    model.fit(X, BINARY[:, 0])
    (last, *_) = monitor.get_logs().data
    expected = accuracy_score(BINARY[:, 0], model.predict(X))
    assert expected in {last.get("score"), last.get("task0")}

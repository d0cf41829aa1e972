"""Several estimators combined on every task as well as they can be."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import (
    BayesianRidge,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.ensemble import (
    MultiTaskStackingClassifier,
    MultiTaskStackingRegressor,
)
from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.model_selection import MultiTaskKFold
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier

FOLDS = KFold(3, shuffle=True, random_state=0)


def classifiers():
    return [("line", LogisticRegression()), ("bayes", GaussianNB())]


def regressors():
    return [("line", Ridge()), ("tree", DecisionTreeRegressor(max_depth=2))]


@parametrize_with_checks(
    [
        MultiTaskStackingClassifier(classifiers(), cv=2, random_state=0),
        MultiTaskStackingClassifier(
            classifiers(), LogisticRegression(), cv=2, random_state=0
        ),
        MultiTaskStackingRegressor(
            [("line", Ridge()), ("tree", DecisionTreeRegressor(random_state=0))],
            cv=2,
            random_state=0,
        ),
        MultiTaskStackingRegressor(
            [("line", Ridge())], Ridge(), passthrough=True, cv=2, random_state=0
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """Tasks of two, three and two classes; a fifth of the labels is missing."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(150, 4))
    noisy = X + rng.normal(0, 0.5, X.shape)
    Y = np.column_stack(
        [
            noisy[:, 0] > 0,
            np.digitize(noisy[:, 1], [-0.5, 0.5]),
            np.abs(noisy[:, 2]) < 0.7,
        ]
    ).astype(float)
    Y[rng.uniform(size=Y.shape) < 0.2] = np.nan
    return X, Y


def test_probabilities_are_the_weighted_mean(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), cv=FOLDS).fit(X, Y)
    alone = [
        IndependentTasksClassifier(estimator).fit(X, Y).predict_proba(X)
        for _, estimator in classifiers()
    ]
    for t, found in enumerate(stack.predict_proba(X)):
        expected = sum(w * p[t] for w, p in zip(stack.weights_[t], alone, strict=True))
        np.testing.assert_allclose(found, expected)
        np.testing.assert_array_equal(
            stack.predict(X)[:, t], stack.classes_[t][expected.argmax(axis=1)]
        )
    np.testing.assert_allclose(stack.weights_.sum(axis=1), 1)
    assert stack.candidate_names_.tolist() == ["line", "bayes"]
    assert stack.n_tasks_ == stack.n_outputs_ == 3
    assert stack.n_features_in_ == 4


def test_quantities_are_the_weighted_mean(data):
    X, _ = data
    Y = np.column_stack([X[:, 0] + X[:, 1] ** 2, 1e3 * X[:, 2]])
    stack = MultiTaskStackingRegressor(regressors(), cv=FOLDS, random_state=0)
    found = stack.fit(X, Y).predict(X)
    alone = [stack.named_estimators_[name].predict(X) for name, _ in regressors()]
    np.testing.assert_allclose(
        found, sum(w * p for w, p in zip(stack.weights_.T, alone, strict=True))
    )
    assert stack.weights_[1, 0] > 0.99


def test_one_candidate_is_itself(data):
    X, Y = data
    linear = RegularizedMTLClassifier("trace", 0.01)
    stack = MultiTaskStackingClassifier([("linear", linear)]).fit(X, Y)
    assert stack.weights_.tolist() == [[1.0]] * 3
    for found, expected in zip(
        stack.predict_proba(X), clone(linear).fit(X, Y).predict_proba(X), strict=True
    ):
        np.testing.assert_allclose(found, expected)


class _Oracle(ClassifierMixin, BaseEstimator):
    """Reads the label from the first feature."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.eye(2)[(X[:, 0] > 0).astype(int)]

    def predict(self, X):
        return X[:, 0] > 0


def test_perfect_candidate_gets_all(data):
    X, _ = data
    Y = np.column_stack([X[:, 0] > 0, X[:, 0] > 0])
    stack = MultiTaskStackingClassifier([*classifiers(), ("oracle", _Oracle())])
    stack.fit(X, Y)
    assert stack.weights_.tolist() == [[0, 0, 1]] * 2
    assert list(stack.named_estimators_) == ["oracle"]
    assert stack.score(X, Y) == 1
    assert stack.candidate_losses_[:, 2] == pytest.approx(0)


def test_random_labels_stay_at_chance():
    """Trees that know their rows by heart get no weight beside a constant."""
    rng = np.random.RandomState(0)
    X, Y = rng.normal(size=(200, 5)), rng.randint(0, 2, (200, 4))
    estimators = [
        ("tree", DecisionTreeClassifier(random_state=0)),
        ("forest", RandomForestClassifier(20, random_state=0)),
        ("constant", DummyClassifier(strategy="prior")),
    ]
    stack = MultiTaskStackingClassifier(estimators, random_state=0).fit(X, Y)
    assert (stack.weights_[:, 2] > 0.8).all()
    losses = [log_loss(Y[:, t], p) for t, p in enumerate(stack.predict_proba(X))]
    assert min(losses) > 0.4


def mean_log_loss(Y, probabilities):
    clipped = [p.clip(1e-3) for p in probabilities]
    return np.mean(
        [
            log_loss(y, p / p.sum(axis=1, keepdims=True))
            for y, p in zip(Y.T, clipped, strict=True)
        ]
    )


def test_better_than_every_candidate():
    """Where one knows of lines and the other of bumps."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(1200, 10))
    bumps = 4 * (np.abs(X[:, :3]) < 0.7)
    Y = (X @ rng.normal(size=(10, 3)) + bumps + rng.logistic(size=(1200, 3)) > 2) * 1
    train, test = slice(300), slice(300, None)
    estimators = [
        ("line", IndependentTasksClassifier(LogisticRegression())),
        ("forest", RandomForestClassifier(50, random_state=0)),
    ]
    stack = MultiTaskStackingClassifier(estimators, random_state=0)
    losses = [
        mean_log_loss(Y[test], model.fit(X[train], Y[train]).predict_proba(X[test]))
        for model in [stack, *dict(estimators).values()]
    ]
    assert losses[0] < 0.97 * min(losses[1:])


@settings(max_examples=15, deadline=None)
@given(
    Y=arrays(np.float64, (18, 2), elements=st.sampled_from([0.0, 1.0, 2.0])),
    missing=arrays(bool, (18, 2)),
)
def test_missing_is_weight_0(Y, missing):
    """Exactly, for any pattern that leaves every task a label."""
    Y[0], missing[0] = [0, 1], False
    X = np.random.RandomState(0).normal(size=(18, 3))
    as_nan, as_sentinel = (np.where(missing, other, Y) for other in (np.nan, -1))
    estimators = [("a", BayesianRidge()), ("b", _Median())]
    stack = MultiTaskStackingRegressor(estimators, cv=FOLDS)
    fitted = [
        clone(stack).fit(X, as_nan),
        clone(stack).set_params(missing_label=-1).fit(X, as_sentinel),
        clone(stack).fit(X, Y, sample_weight=(~missing).astype(float)),
    ]
    for other in fitted[1:]:
        np.testing.assert_array_equal(other.weights_, fitted[0].weights_)
        np.testing.assert_array_equal(other.predict(X), fitted[0].predict(X))


class _Median(BayesianRidge):
    """Another regressor of one task, that takes weights."""

    def fit(self, X, y, sample_weight=None):
        self.median_ = np.median(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.median_)


def test_weights_are_counts(data):
    """A label of weight 2 is one that comes twice: in fits, and in the combination."""
    X, Y = data
    weights = np.random.RandomState(1).randint(0, 3, len(X))
    rows = np.repeat(np.arange(len(X)), weights)
    folds = [(train, test) for train, test in FOLDS.split(X)]
    of_rows = [tuple(np.flatnonzero(np.isin(rows, part)) for part in f) for f in folds]
    weighted = MultiTaskStackingClassifier(classifiers(), cv=folds)
    weighted.fit(X, Y, sample_weight=weights)
    repeated = MultiTaskStackingClassifier(classifiers(), cv=of_rows)
    repeated.fit(X[rows], Y[rows])
    np.testing.assert_allclose(weighted.weights_, repeated.weights_, atol=1e-4)
    np.testing.assert_allclose(
        weighted.candidate_losses_, repeated.candidate_losses_, rtol=1e-4
    )


def test_weights_that_a_candidate_cannot_take(data):
    X, Y = data
    stack = MultiTaskStackingClassifier([("a", _NoWeights())])
    with pytest.raises(ValueError, match="None, as the fit of the estimator 'a' takes"):
        stack.fit(X, Y, sample_weight=np.ones(len(X)))


def test_copies_that_cannot_take_weights_are_told_before_any_fit(data, monkeypatch):
    X, Y = data
    monkeypatch.setattr(_Failing, "left", 0)
    estimators = [("bad", _Failing()), ("near", KNeighborsClassifier())]
    stack = MultiTaskStackingClassifier(estimators)
    message = "of MultiTaskStackingClassifier .* of KNeighborsClassifier takes no weigh"
    with pytest.raises(ValueError, match=message):
        stack.fit(X, Y, sample_weight=np.arange(1.0, 151))


class _NoWeights(RegularizedMTLClassifier):
    def fit(self, X, y):
        return super().fit(X, y)


def test_labels_of_every_type():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 3))
    Y = np.empty((60, 3), dtype=object)
    Y[:, 0] = np.where(X[:, 0] > 0, "yes", "no")
    Y[:, 1] = np.digitize(X[:, 1], [-0.5, 0.5]).tolist()
    Y[:, 2] = (X[:, 2] > 0).tolist()
    Y[::7, 1] = None
    stack = MultiTaskStackingClassifier(classifiers(), random_state=0).fit(X, Y)
    predicted = stack.predict(X)
    assert [type(label) for label in predicted[0]] == [str, int, bool]
    assert [len(classes) for classes in stack.classes_] == [2, 3, 2]
    assert stack.score(X, Y) > 0.85


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(data, library):
    module = pytest.importorskip(library)
    X, Y = data
    columns = [f"x{j}" for j in range(X.shape[1])]
    frame = module.DataFrame(dict(zip(columns, X.T, strict=True)))
    labels = [[None if np.isnan(y) else f"c{y:.0f}" for y in column] for column in Y.T]
    table = module.DataFrame(dict(zip("abc", labels, strict=True)))
    stack = MultiTaskStackingClassifier(classifiers(), cv=FOLDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted = stack.fit(frame, table).predict(frame)
    codes = clone(stack).fit(X, Y).predict(X).astype(int)
    np.testing.assert_array_equal(predicted, np.array(["c0", "c1", "c2"])[codes])
    assert stack.task_names_.tolist() == ["a", "b", "c"]
    assert stack.feature_names_in_.tolist() == columns
    assert stack.score(frame, table[["c", "a", "b"]]) == stack.score(frame, table)


def test_one_dimensional(data):
    X, Y = data
    y = np.where(np.isnan(Y[:, 1]), None, Y[:, 1])
    stack = MultiTaskStackingClassifier(classifiers(), cv=FOLDS).fit(X, y)
    assert stack.predict(X).shape == y.shape
    assert stack.predict_proba(X).shape == (len(X), 3)
    assert stack.classes_.tolist() == [0, 1, 2]
    table = clone(stack).fit(X, Y[:, 1:2])
    np.testing.assert_allclose(table.predict_proba(X)[0], stack.predict_proba(X))


@pytest.mark.filterwarnings("ignore:The task 'task1' given to Independent:UserWarning")
def test_constant_task(data):
    X, Y = data
    Y = np.column_stack([Y[:, 0], np.full(len(X), 7)])
    stack = MultiTaskStackingClassifier(classifiers())
    message = "MultiTaskStackingClassifier was given a single class for 'task1'"
    with pytest.warns(UserWarning, match=message):
        stack.fit(X, Y)
    assert (stack.predict(X)[:, 1] == 7).all()
    assert stack.predict_proba(X)[1].tolist() == [[1.0]] * len(X)


@pytest.mark.filterwarnings("ignore:.* has one class only:UserWarning")
def test_task_with_labels_in_one_fold_only(data):
    """Nothing is predicted out of fold for it: it gets what the other tasks share."""
    X, Y = data
    Y = Y.copy()
    rows = np.flatnonzero(~np.isnan(Y[:50, 2]))[:4]
    Y[:, 2] = np.nan
    Y[rows, 2] = [0, 1, 0, 1]
    stack = MultiTaskStackingClassifier(classifiers(), cv=KFold(3)).fit(X, Y)
    np.testing.assert_array_equal(stack.weights_[2], stack.shared_weights_)
    assert np.isnan(stack.candidate_losses_[2]).all()
    assert np.isfinite(stack.candidate_losses_[:2]).all()


def test_candidates_of_every_family(data):
    X, Y = data
    net = MultiTaskNetClassifier((8,), max_epochs=3, task_weights=[1, 2, 1])
    grid, cv = {"alpha": [0.1, 1]}, MultiTaskKFold(2)
    search = GridSearchCV(RegularizedMTLClassifier(), grid, cv=cv)
    estimators = [
        ("net", net.set_params(random_state=0)),
        ("linear", make_pipeline(StandardScaler(), RegularizedMTLClassifier())),
        ("alone", IndependentTasksClassifier(DecisionTreeClassifier(max_depth=3))),
        ("search", search),
    ]
    stack = MultiTaskStackingClassifier(estimators, cv=2, random_state=0).fit(X, Y)
    assert stack.weights_.shape == (3, 4)
    assert stack.score(X, Y) > 0.7
    assert stack.get_params()["net__task_weights"] == [1, 2, 1]


def test_candidates_without_probabilities(data):
    """They count as sure of what they predict."""
    X, Y = data
    stack = MultiTaskStackingClassifier([("ridge", RidgeClassifier())], cv=FOLDS)
    stack.fit(X, Y)
    for t, found in enumerate(stack.predict_proba(X)):
        alone = RidgeClassifier().fit(X[~np.isnan(Y[:, t])], Y[~np.isnan(Y[:, t]), t])
        certain = alone.predict(X)[:, np.newaxis] == alone.classes_
        np.testing.assert_array_equal(found, certain)
    assert not hasattr(stack, "decision_function")


def test_several_inputs():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 3))
    inputs = combine_inputs({"a": X, "b": X[:, :1]})
    net = MultiTaskNetClassifier((4,), max_epochs=2, random_state=0)
    stack = MultiTaskStackingClassifier([("net", net)], cv=2)
    assert stack.fit(inputs, X[:, :2] > 0).predict(inputs).shape == (60, 2)


def test_the_default_folds_are_stratified_over_tasks(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), random_state=3).fit(X, Y)
    folds = MultiTaskKFold(5, random_state=3)
    same = MultiTaskStackingClassifier(classifiers(), cv=folds).fit(X, Y)
    np.testing.assert_array_equal(stack.weights_, same.weights_)


def test_same_seed_same_fit(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), random_state=3)
    first = clone(stack).fit(X, Y)
    again = clone(stack).fit(X, Y)
    np.testing.assert_array_equal(first.weights_, again.weights_)
    with parallel_config("threading"):
        parallel = clone(stack).set_params(n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(first.weights_, parallel.weights_)
    np.testing.assert_array_equal(first.predict(X), parallel.predict(X))


def test_parameters_of_candidates_and_dropping(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), cv=FOLDS)
    stack.set_params(line__C=0.1, bayes="drop").fit(X, Y)
    assert stack.named_estimators.line.C == 0.1
    assert stack.named_estimators_["line"].estimator.C == 0.1
    assert stack.candidate_names_.tolist() == ["line"]
    assert len(stack.estimators_) == 1


def test_in_a_search(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), cv=2, random_state=0)
    grid = {"line__C": [1e-4, 1.0], "bayes": ["drop"]}
    search = GridSearchCV(stack, grid, cv=FOLDS).fit(X, Y)
    assert search.best_params_ == {"line__C": 1.0, "bayes": "drop"}
    assert make_pipeline(StandardScaler(), stack).fit(X, Y).score(X, Y) > 0.7


def test_clone_and_pickle(data):
    X, Y = data
    for final in (None, LogisticRegression()):
        stack = MultiTaskStackingClassifier(classifiers(), final, cv=FOLDS).fit(X, Y)
        again = pickle.loads(pickle.dumps(stack))
        np.testing.assert_array_equal(again.predict(X), stack.predict(X))
        assert not hasattr(clone(stack), "estimators_")


class _Failing(LogisticRegression):
    """Fails after some fits."""

    left = 0

    def __init__(self, error=ValueError):
        super().__init__()
        self.error = error

    def fit(self, X, y, sample_weight=None):
        type(self).left -= 1
        if self.left < 0:
            raise self.error("that is enough")
        return super().fit(X, y, sample_weight)


def test_error_names_the_candidate_and_the_fold(data, monkeypatch):
    X, Y = data
    stack = MultiTaskStackingClassifier([*classifiers(), ("bad", _Failing())], cv=3)
    monkeypatch.setattr(_Failing, "left", 3)
    with pytest.raises(ValueError, match="that is enough") as error:
        stack.fit(X, Y)
    assert (
        "While fitting 'bad' in fold 1, or predicting by it." in error.value.__notes__
    )
    monkeypatch.setattr(_Failing, "left", 9)
    with pytest.raises(ValueError, match="that is enough") as error:
        stack.fit(X, Y)
    assert "While fitting 'bad' to all rows." in error.value.__notes__


@pytest.mark.parametrize("n_fits", [0, 4, 9, 10])
def test_interrupt_leaves_the_last_fit(data, monkeypatch, n_fits):
    X, Y = data
    estimators = [("bad", _Failing(KeyboardInterrupt)), ("bayes", GaussianNB())]
    stack = MultiTaskStackingClassifier(estimators, cv=3, random_state=0)
    monkeypatch.setattr(_Failing, "left", 100)
    stack.fit(X, Y)
    fitted, predicted = vars(stack).copy(), stack.predict(X)
    monkeypatch.setattr(_Failing, "left", n_fits)
    with pytest.raises(KeyboardInterrupt):
        stack.fit(X[:, :3], Y[:, ::-1])
    assert vars(stack) == fitted
    np.testing.assert_array_equal(stack.predict(X), predicted)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sharing": -1}, "The 'sharing' parameter"),
        ({"line": None}, "'estimators' parameter of MultiTaskSt.* got 'line': None"),
        ({"line": Ridge()}, r"must be made of classifiers, .* got 'line': Ridge\(\)"),
        ({"cv": 1}, "The 'cv' parameter"),
        ({"passthrough": True}, "must be False without a final_estimator"),
        ({"final_estimator": "best"}, "The 'final_estimator' parameter"),
        (
            {"final_estimator": Ridge()},
            r"'final_estimator' .* a classifier or None, got Ridge\(\)",
        ),
        ({"missing_label": -1}, "'missing_label' .* must be nan, as it is of .* 'own'"),
    ],
    ids=[
        "sharing",
        "none",
        "regressor",
        "cv",
        "passthrough",
        "final_estimator",
        "final regressor",
        "missing_label",
    ],
)
def test_mistakes(data, params, message):
    X, Y = data
    estimators = [*classifiers(), ("own", RegularizedMTLClassifier())]
    stack = MultiTaskStackingClassifier(estimators).set_params(**params)
    with pytest.raises(ValueError, match=message):
        stack.fit(X, Y)


def test_final_estimator_of_another_kind_is_told_before_any_fit(data, monkeypatch):
    X, _ = data
    monkeypatch.setattr(_Failing, "left", 0)
    stack = MultiTaskStackingRegressor([("line", Ridge())], LogisticRegression())
    with pytest.raises(ValueError, match="a regressor or None, got LogisticRegr"):
        stack.fit(X, X[:, :2])
    stack = MultiTaskStackingClassifier([("bad", _Failing())], BayesianRidge())
    with pytest.raises(ValueError, match="a classifier or None, got BayesianRidge"):
        stack.fit(X, X[:, :2] > 0)


def test_candidates_that_take_no_missing_labels(data):
    """They are copied for each task, as those of one task are."""
    X, Y = data
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    for params in ({}, {"missing_label": -1}):
        table = np.nan_to_num(Y, nan=-1) if params else Y
        stack = MultiTaskStackingClassifier([("tree", tree)], cv=FOLDS, **params)
        found = stack.fit(X, table).predict_proba(X)
        expected = IndependentTasksClassifier(tree).fit(X, Y).predict_proba(X)
        for own, alone in zip(found, expected, strict=True):
            np.testing.assert_array_equal(own, alone)


@pytest.mark.parametrize("as_list", [False, True], ids=["array", "list"])
def test_candidates_that_take_no_mixed_columns(data, as_list):
    X, _ = data
    Y = np.empty((len(X), 3), dtype=object)
    Y[:, 0] = np.where(X[:, 0] > 0, "yes", "no")
    Y[:, 1] = (X[:, 1] > 0).tolist()
    Y[:, 2] = (X[:, 2] > 0).astype(int).tolist()
    forest = RandomForestClassifier(5, random_state=0)
    stack = MultiTaskStackingClassifier([("forest", forest)], cv=2, random_state=0)
    stack.fit(X, Y.tolist() if as_list else Y)
    assert stack.score(X, Y) > 0.9
    assert [type(label) for label in stack.predict(X)[0]] == [str, bool, int]


def test_rows_of_weight_0_beside_candidates_that_take_no_missing_labels(data):
    """Several tasks are not learnt together, as with missing labels instead."""
    X, _ = data
    Y = X[:, :2].copy()
    weights = (np.arange(len(X)) % 3 > 0).astype(float)
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    stack = MultiTaskStackingRegressor([("tree", tree)], cv=FOLDS)
    found = clone(stack).fit(X, Y, sample_weight=weights).predict(X)
    Y[weights == 0] = np.nan
    np.testing.assert_array_equal(found, stack.fit(X, Y).predict(X))


def test_candidates_that_take_no_weights_of_labels(data):
    X, _ = data
    weights = np.random.RandomState(0).uniform(0.5, 2, (len(X), 2))
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    stack = MultiTaskStackingRegressor([("tree", tree)], cv=FOLDS)
    found = stack.fit(X, X[:, :2], sample_weight=weights).predict(X)
    for t in range(2):
        alone = clone(tree).fit(X, X[:, t], weights[:, t])
        np.testing.assert_array_equal(found[:, t], alone.predict(X))


def test_missing_is_weight_0_in_the_default_folds(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), random_state=0)
    missing = clone(stack).fit(X, Y)
    weightless = clone(stack).fit(X, np.nan_to_num(Y), sample_weight=~np.isnan(Y))
    np.testing.assert_allclose(weightless.weights_, missing.weights_, atol=1e-6)
    np.testing.assert_allclose(weightless.candidate_losses_, missing.candidate_losses_)


def test_all_tasks_may_have_the_same_weights(data):
    X, Y = data
    stack = MultiTaskStackingClassifier(classifiers(), cv=FOLDS, sharing=np.inf)
    stack.fit(X, Y)
    np.testing.assert_array_equal(stack.weights_, [stack.shared_weights_] * 3)


def test_binary_relevance_of_one_column(data):
    """A chain tells the probability of the second class alone."""
    X, _ = data
    Y = (X[:, :1] > 0).astype(int)
    chain = ClassifierChain(LogisticRegression())
    stack = MultiTaskStackingClassifier([("chain", chain)], cv=FOLDS).fit(X, Y)
    (found,) = stack.predict_proba(X)
    alone = LogisticRegression().fit(X, Y[:, 0])
    np.testing.assert_allclose(found, alone.predict_proba(X))


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        ([[0, np.nan], [1, np.nan], [1, np.nan]], "got none for 'task1'"),
        ([[0, 0.5], [1, 1.5], [1, 1]], "continuous. The task 'task1'"),
        ([0, 1], "inconsistent numbers of samples"),
    ],
    ids=["no label", "quantity", "length"],
)
def test_bad_labels(Y, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskStackingClassifier(classifiers()).fit(np.eye(3), Y)


def test_real_data(shared_data):
    """The stack is better than its best member on tasks that differ."""
    arrays_ = shared_data("hydraulic")
    rows = np.random.RandomState(0).permutation(len(arrays_["X"]))
    train, test = rows[:250], rows[250:]
    X, Y = arrays_["X"], arrays_["Y"]
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    estimators = [
        ("forest", RandomForestClassifier(50, random_state=0)),
        ("linear", IndependentTasksClassifier(linear)),
    ]
    stack = MultiTaskStackingClassifier(estimators, cv=3, random_state=0)
    losses = [
        mean_log_loss(Y[test], model.fit(X[train], Y[train]).predict_proba(X[test]))
        for model in [stack, *dict(estimators).values()]
    ]
    assert losses[0] < min(losses[1:])


def test_real_quantities(shared_data):
    arrays_ = shared_data("parkinsons")
    rows = np.random.RandomState(0).permutation(len(arrays_["X"]))[:1000]
    X, Y = arrays_["X"][rows], arrays_["Y"][rows]
    estimators = [
        ("tree", DecisionTreeRegressor(min_samples_leaf=5, random_state=0)),
        ("linear", make_pipeline(StandardScaler(), RegularizedMTLRegressor())),
    ]
    stack = MultiTaskStackingRegressor(estimators, random_state=0)
    stack.fit(X[:500], Y[:500])
    alone = [e.fit(X[:500], Y[:500]) for _, e in estimators]
    scores = [1 - ((m.predict(X[500:]) - Y[500:]) ** 2).mean() for m in [stack, *alone]]
    assert scores[0] > max(scores[1:])

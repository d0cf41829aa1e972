import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.model_selection import MultiTaskKFold, compare_estimators
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


@pytest.fixture(scope="module")
def quantities():
    """Two quantities, the second missing in a fifth of the rows."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 3))
    Y = np.column_stack([X[:, 0], X[:, 1] ** 2]) + 0.3 * rng.normal(size=(100, 2))
    Y[::5, 1] = np.nan
    return X, Y


@pytest.fixture(scope="module")
def classes():
    """Two tasks, the second with a class that is rarer than there are folds."""
    X = np.random.RandomState(0).normal(size=(90, 3))
    Y = np.column_stack([X[:, 0] > 0, np.arange(90) < 3]).astype(int)
    return X, Y


@pytest.fixture
def linear():
    return {
        "mean": IndependentTasksRegressor(DummyRegressor()),
        "ridge": IndependentTasksRegressor(Ridge()),
    }


@pytest.fixture
def classifiers():
    return {
        "neighbours": IndependentTasksClassifier(KNeighborsClassifier()),
        "logistic": IndependentTasksClassifier(LogisticRegression()),
    }


def test_scores_are_those_of_cross_validation(quantities, linear):
    X, Y = quantities
    cv = KFold(4, shuffle=True, random_state=0)
    comparison = compare_estimators(linear, X, Y, cv=cv)
    for name, estimator in linear.items():
        for fold, (train, test) in enumerate(cv.split(X)):
            predicted = clone(estimator).fit(X[train], Y[train]).predict(X[test])
            for t in (0, 1):
                seen = ~np.isnan(Y[test, t])
                expected = r2_score(Y[test][seen, t], predicted[seen, t])
                assert comparison.scores_[name][fold, t] == pytest.approx(expected)
    np.testing.assert_array_equal(comparison.n_train_.sum(axis=0), [300, 240])
    np.testing.assert_array_equal(comparison.n_test_.sum(axis=0), [100, 80])
    assert comparison.metrics_ == ["r2", "r2"]
    assert {name: len(time) for name, time in comparison.fit_time_.items()} == {
        "mean": 4,
        "ridge": 4,
    }
    assert min(map(np.min, comparison.fit_time_.values())) > 0


def test_truth_is_found(quantities, linear):
    """Ridge learns the first task, and does what the mean does on the second."""
    summary = compare_estimators(linear, *quantities, random_state=0).summary()
    assert summary["verdict"].tolist() == ["helps", "no evidence"]


def test_baseline_turns_the_sign(quantities, linear):
    comparison = compare_estimators(
        linear, *quantities, baseline="ridge", random_state=0
    )
    assert comparison.baseline_ == "ridge"
    assert comparison.summary()["verdict"].tolist() == ["hurts", "no evidence"]


def test_an_estimator_is_no_better_than_itself(quantities, linear):
    linear["again"] = linear["ridge"]
    comparison = compare_estimators(
        linear, *quantities, baseline="ridge", random_state=0
    )
    results = comparison.summary().loc["again"]
    assert (results[["difference", "ci_low", "ci_high"]] == 0).all(axis=None)
    assert (results["verdict"] == "no evidence").all()
    assert comparison.delta_m_["again"] == 0


def test_default_folds(quantities, linear):
    X, Y = quantities
    cv = MultiTaskKFold(5, random_state=3)
    expected = compare_estimators(linear, X, Y, cv=list(cv.split(X, Y)))
    for given in (None, 5, cv):
        comparison = compare_estimators(linear, X, Y, cv=given, random_state=3)
        for name, scores in comparison.scores_.items():
            np.testing.assert_array_equal(scores, expected.scores_[name])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_estimators_are_not_touched(quantities, linear, n_jobs):
    comparison = compare_estimators(linear, *quantities, cv=2, n_jobs=n_jobs)
    assert not any(hasattr(estimator, "estimators_") for estimator in linear.values())
    assert comparison.scores_["ridge"].shape == (2, 2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_scoring_by_name_callable_and_task(classes, classifiers):
    X, Y = classes
    cv = [(np.arange(0, 90, 2), np.arange(1, 90, 2))] * 2
    train, test = cv[0]

    def share_of_ones(y_true, y_pred):
        return y_pred.mean()

    proba = classifiers["logistic"].fit(X[train], Y[train]).predict_proba(X[test])
    auc = [roc_auc_score(Y[test, t], proba[t][:, 1]) for t in (0, 1)]
    ones = classifiers["logistic"].predict(X[test]).mean(axis=0)
    accuracy = (classifiers["logistic"].predict(X[test]) == Y[test]).mean(axis=0)
    for scoring, expected, names in (
        ("roc_auc", auc, ["roc_auc"] * 2),
        (share_of_ones, ones, ["share_of_ones"] * 2),
        (None, accuracy, ["accuracy"] * 2),
        ({"task1": "roc_auc"}, [accuracy[0], auc[1]], ["accuracy", "roc_auc"]),
    ):
        comparison = compare_estimators(classifiers, X, Y, cv=cv, scoring=scoring)
        assert comparison.scores_["logistic"][0] == pytest.approx(expected)
        assert comparison.metrics_ == names


def test_undefined_folds_are_told(classes, classifiers):
    with pytest.warns(UserWarning, match=r"'task1' have no score in some folds"):
        comparison = compare_estimators(
            classifiers, *classes, scoring="roc_auc", random_state=0
        )
    assert comparison.summary()["n_folds"].tolist() == [5, 3]


def test_weight_0_is_a_missing_label(quantities, linear):
    X, Y = quantities
    cv = KFold(4, shuffle=True, random_state=0)
    seen = (~np.isnan(Y)).astype(float)
    for fill in (-50.0, 50.0):
        filled = np.where(np.isnan(Y), fill, Y)
        weighted = compare_estimators(linear, X, filled, cv=cv, sample_weight=seen)
        plain = compare_estimators(linear, X, Y, cv=cv)
        np.testing.assert_array_equal(weighted.n_test_, plain.n_test_)
        for name, scores in plain.scores_.items():
            np.testing.assert_allclose(weighted.scores_[name], scores)


def test_weights_of_rows(quantities):
    """Integer weights are repeated rows, in fitting and in scoring, in a pipeline."""
    X, Y = quantities[0], quantities[1][:, 0]
    weight = np.random.RandomState(0).randint(1, 4, size=len(X))
    rows = np.repeat(np.arange(len(X)), weight)
    half = len(X) // 2
    estimators = {
        "ols": LinearRegression(),
        "ridge": make_pipeline("passthrough", Ridge()),
    }
    weighted = compare_estimators(
        estimators,
        X,
        Y,
        sample_weight=weight,
        cv=[(np.arange(half), np.arange(half, 100))],
    )
    repeated = compare_estimators(
        estimators,
        X[rows],
        Y[rows],
        cv=[(np.flatnonzero(rows < half), np.flatnonzero(rows >= half))],
    )
    for name, scores in repeated.scores_.items():
        np.testing.assert_allclose(weighted.scores_[name], scores)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(quantities, linear, library):
    X, Y = quantities
    module = pytest.importorskip(library)
    plain = compare_estimators(linear, X, Y, random_state=0)
    frame = module.DataFrame(dict(zip("xyz", X.T, strict=True)))
    table = module.DataFrame(dict(zip("ab", Y.T, strict=True)))
    named = compare_estimators(linear, frame, table, random_state=0)
    assert named.task_names_.tolist() == ["a", "b"]
    for name, scores in plain.scores_.items():
        np.testing.assert_allclose(named.scores_[name], scores)


def test_missing_label_must_be_that_of_the_estimators(classes):
    X, Y = classes
    Y = np.where(np.arange(90)[:, np.newaxis] % 7, Y, -1)[:, :1]
    base = make_pipeline(StandardScaler(), LogisticRegression())
    estimators = {
        name: IndependentTasksClassifier(base, missing_label=-1) for name in "ab"
    }
    comparison = compare_estimators(estimators, X, Y, cv=3, missing_label=-1)
    assert comparison.n_test_.sum() == (Y >= 0).sum()
    message = (
        "'missing_label' parameter of compare_estimators must be -1, as it is of the "
        "estimator 'a', got nan"
    )
    with pytest.raises(ValueError, match=message):
        compare_estimators(estimators, X, Y)


def test_errors_name_estimator_and_fold(quantities, linear):
    X, Y = quantities

    class Broken(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            raise RuntimeError("no luck")

    linear["broken"] = Broken()
    with pytest.raises(RuntimeError, match="no luck") as error:
        compare_estimators(linear, X, Y)
    assert error.value.__notes__ == ["While fitting or scoring 'broken' in fold 0."]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"baseline": "rigde"}, r"'baseline' .* \(did you mean 'ridge'\?\)"),
        ({"scoring": "acuracy"}, r"compare_estimators .* \(did you mean 'accuracy'"),
        ({"scoring": {"task3": "r2"}}, "'scoring' .* keyed by task names"),
        ({"confidence": 1.5}, "'confidence' parameter of compare_estimators"),
        ({"cv": 1}, "'cv' parameter of compare_estimators"),
        ({"sample_weight": np.ones(3)}, "inconsistent numbers of samples"),
        ({"sample_weight": np.ones((100, 3))}, "'sample_weight' parameter of compare"),
    ],
)
def test_bad_input(quantities, linear, arguments, message):
    with pytest.raises(ValueError, match=message):
        compare_estimators(linear, *quantities, **arguments)


def test_bad_estimators(quantities, linear):
    X, Y = quantities
    with pytest.raises(ValueError, match="must be at least two, by name"):
        compare_estimators({"ridge": linear["ridge"]}, X, Y)
    with pytest.raises(ValueError, match="'estimators' parameter of compare_estim"):
        compare_estimators([*linear.values()], X, Y)
    for name, estimator in [(1, linear["ridge"]), ("class", Ridge), ("number", 3)]:
        message = f"'estimators' .* must be a dict from str to estimator.*got {name!r}:"
        with pytest.raises(ValueError, match=message):
            compare_estimators(linear | {name: estimator}, X, Y)


def test_scoring_by_columns_that_are_numbers(classes, classifiers):
    pd = pytest.importorskip("pandas")
    X, Y = classes
    frame = pd.DataFrame(Y, columns=[3 + t for t in range(Y.shape[1])])
    comparison = compare_estimators(classifiers, X, frame, scoring={3: "roc_auc"})
    assert comparison.metrics_ == ["roc_auc"] + ["accuracy"] * (Y.shape[1] - 1)


def test_estimator_that_takes_no_weights(classes):
    class Unweighted(ClassifierMixin, BaseEstimator):
        def fit(self, X, y): ...

    estimators = {"a": LogisticRegression(), "b": Unweighted()}
    message = "must be None, as the fit of the estimator 'b' takes no weights"
    with pytest.raises(ValueError, match=message):
        compare_estimators(estimators, *classes, sample_weight=np.ones(90))

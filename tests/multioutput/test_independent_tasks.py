import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    MultiTaskLasso,
    Ridge,
)
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


@parametrize_with_checks(
    [
        IndependentTasksClassifier(LogisticRegression()),
        IndependentTasksRegressor(Ridge()),
        IndependentTasksClassifier(DecisionTreeClassifier(random_state=0)),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """Three tasks of different classes; a third of the labels is missing."""
    X, y = make_classification(
        150, n_informative=5, n_classes=3, n_clusters_per_class=1, random_state=0
    )
    Y = np.column_stack([y, X[:, 0] > 0, X[:, 1] > 0.5]).astype(float)
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.3] = np.nan
    return X, Y


@pytest.fixture
def clf():
    return IndependentTasksClassifier(LogisticRegression())


def test_is_the_estimator_of_each_task(data, clf):
    X, Y = data
    clf.fit(X, Y)
    for t, probabilities in enumerate(clf.predict_proba(X)):
        rows = ~np.isnan(Y[:, t])
        alone = LogisticRegression().fit(X[rows], Y[rows, t])
        np.testing.assert_array_equal(probabilities, alone.predict_proba(X))
        np.testing.assert_array_equal(clf.predict(X)[:, t], alone.predict(X))
        np.testing.assert_array_equal(clf.classes_[t], alone.classes_)
    assert clf.n_tasks_ == clf.n_outputs_ == len(clf.estimators_) == 3
    assert clf.n_features_in_ == X.shape[1]


@settings(max_examples=25, deadline=None)
@given(
    Y=arrays(np.float64, (20, 2), elements=st.sampled_from([0.0, 1.0, 2.0])),
    missing=arrays(bool, (20, 2)),
)
def test_missing_is_weight_0_is_row_left_out(Y, missing):
    """Exactly, for any pattern that leaves every task a label."""
    Y[0], missing[0] = [0, 1], False
    X = np.random.RandomState(0).normal(size=(20, 3))
    weight = np.where(missing, 0.0, 2.0)
    as_nan, as_sentinel = (np.where(missing, other, Y) for other in (np.nan, -1))
    base = LinearRegression()
    expected = np.column_stack(
        [base.fit(X[~missing[:, t]], Y[~missing[:, t], t]).predict(X) for t in (0, 1)]
    )
    reg = IndependentTasksRegressor(base)
    for fitted in (
        reg.fit(X, as_nan),
        clone(reg).set_params(missing_label=-1).fit(X, as_sentinel),
        clone(reg).fit(X, Y, sample_weight=(~missing).astype(int)),
        clone(reg).fit(X, as_nan, sample_weight=np.ones(20)),
    ):
        np.testing.assert_allclose(fitted.predict(X), expected, atol=1e-9)
    even = clone(reg).fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(even.predict(X), expected, atol=1e-9)


def test_weights_are_those_of_each_task(data):
    X, Y = data
    weight = np.random.RandomState(1).randint(0, 4, size=Y.shape)
    rows = [np.repeat(np.arange(len(X)), weight[:, t]) for t in range(3)]
    reg = IndependentTasksRegressor(Ridge()).fit(X, Y, sample_weight=weight)
    for t, predicted in enumerate(reg.predict(X).T):
        repeated = IndependentTasksRegressor(Ridge()).fit(X[rows[t]], Y[rows[t], t])
        np.testing.assert_allclose(predicted, repeated.predict(X), atol=1e-10)


def test_weights_reach_the_last_step_of_a_pipeline(data):
    X, Y = data
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    weight = np.random.RandomState(1).rand(len(X))
    clf = IndependentTasksClassifier(pipeline).fit(X, Y, sample_weight=weight)
    rows = ~np.isnan(Y[:, 0])
    fit_params = {"logisticregression__sample_weight": weight[rows]}
    alone = clone(pipeline).fit(X[rows], Y[rows, 0], **fit_params)
    np.testing.assert_array_equal(clf.predict_proba(X)[0], alone.predict_proba(X))


def test_estimator_that_takes_no_weights(data):
    X, Y = data
    clf = IndependentTasksClassifier(KNeighborsClassifier())
    mask = ~np.isnan(Y)
    kept = clf.fit(X, np.nan_to_num(Y), sample_weight=mask).predict(X)
    np.testing.assert_array_equal(kept, clf.fit(X, Y).predict(X))
    message = (
        "The 'sample_weight' parameter of IndependentTasksClassifier must be 0 or 1 .*"
        "KNeighborsClassifier takes no weights, got other weights."
    )
    with pytest.raises(ValueError, match=message):
        clf.fit(X, Y, sample_weight=np.full(len(X), 2.0))


def test_one_dimensional(data, clf):
    X, _ = data
    y = (X[:, 0] > 0).astype(int)
    clf.fit(X, y)
    alone = LogisticRegression().fit(X, y)
    assert clf.predict(X).shape == y.shape
    np.testing.assert_array_equal(clf.predict_proba(X), alone.predict_proba(X))
    np.testing.assert_array_equal(clf.classes_, [0, 1])
    assert clf.score(X, y) == alone.score(X, y)


def test_labels_of_every_type():
    X = np.arange(12.0)[:, np.newaxis]
    Y = np.empty((12, 3), dtype=object)
    Y[:, 0] = ["no"] * 6 + ["yes"] * 6
    Y[:, 1] = [1] * 3 + [None] + [2] * 4 + [3] * 4
    Y[:, 2] = [False] * 4 + [True] * 8
    clf = IndependentTasksClassifier(KNeighborsClassifier(1)).fit(X, Y)
    predicted = clf.predict(X)
    assert predicted.dtype == object
    Y[3, 1] = 1
    np.testing.assert_array_equal(predicted, Y)
    assert [type(label) for label in predicted[0]] == [str, int, bool]


@pytest.mark.parametrize(
    ("Y", "kind"),
    [
        ([[1, 0], [2, 1], [1, 0]], "i"),
        ([[1, 0.0], [2, 1.0], [1, 0.0]], "f"),
        ([["a", "c"], ["b", "d"], ["a", "c"]], "O"),
        (np.array([["a", "c"], ["b", "d"], ["a", "c"]]), "U"),
        (np.array([[1, 0], [0, 1], [0, 0]], bool), "b"),
    ],
)
def test_dtype_of_predictions(Y, kind):
    X = np.arange(3.0)[:, np.newaxis]
    clf = IndependentTasksClassifier(KNeighborsClassifier(1)).fit(X, Y)
    assert clf.predict(X).dtype.kind == kind
    assert clf.score(X, Y) == 1


@pytest.mark.parametrize("as_table", [np.asarray, list, sparse.csr_array])
def test_constant_task(as_table):
    X = np.arange(8.0)[:, np.newaxis]
    Y = np.column_stack([np.arange(8) % 2, np.full(8, 7)])
    clf = IndependentTasksClassifier(LogisticRegression())
    with pytest.warns(UserWarning, match="'task1' .* has one class only, 7"):
        clf.fit(as_table(X), Y)
    np.testing.assert_array_equal(clf.predict(as_table(X))[:, 1], 7)
    np.testing.assert_array_equal(clf.predict_proba(as_table(X))[1], np.ones((8, 1)))
    np.testing.assert_array_equal(clf.classes_[1], [7])


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_rows_are_checked_when_all_tasks_are_constant(method):
    X = np.arange(8.0).reshape(4, 2)
    clf = IndependentTasksClassifier(LogisticRegression())
    with pytest.warns(UserWarning, match="one class only"):
        clf.fit(X, np.ones((4, 2)))
    with pytest.raises(ValueError, match="X has 3 features, but Independent"):
        getattr(clf, method)(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"0 sample.s. .* IndependentTasksClassifier"):
        getattr(clf, method)(X[:0])


def test_score_is_the_mean_over_tasks(data, clf):
    X, Y = data
    clf.fit(X, Y)
    predicted, seen = clf.predict(X), ~np.isnan(Y)
    expected = {
        f"task{t}": accuracy_score(Y[seen[:, t], t], predicted[seen[:, t], t])
        for t in range(3)
    }
    assert clf.score_tasks(X, Y) == pytest.approx(expected)
    assert clf.score(X, Y) == pytest.approx(np.mean(list(expected.values())))
    weight = np.random.RandomState(0).rand(*Y.shape)
    weighted = clf.score_tasks(X, Y, sample_weight=weight)
    rows = seen[:, 2]
    assert weighted["task2"] == pytest.approx(
        accuracy_score(Y[rows, 2], predicted[rows, 2], sample_weight=weight[rows, 2])
    )


def test_regressor_scores_r2(data):
    X, _ = data
    Y = np.column_stack([X[:, 0] + X[:, 1] ** 2, X[:, 2]])
    reg = IndependentTasksRegressor(Ridge()).fit(X, Y)
    expected = r2_score(Y, reg.predict(X), multioutput="raw_values")
    assert list(reg.score_tasks(X, Y).values()) == pytest.approx(expected.tolist())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_no_task_has_a_score(data, clf):
    X, Y = data
    clf.fit(X, Y)
    partly = np.full_like(Y, np.nan)
    with pytest.raises(ValueError, match="has a score: every task"):
        clf.score(X, partly)
    partly[:, 0] = clf.predict(X)[:, 0]
    assert clf.score(X, partly) == 1


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(data, clf, library):
    """X keeps its names, tasks get theirs, and columns of Y are matched by name."""
    module = pytest.importorskip(library)
    X, Y = data
    columns = [f"x{j}" for j in range(X.shape[1])]
    frame = module.DataFrame(dict(zip(columns, X.T, strict=True)))
    labels = [[None if np.isnan(y) else f"c{y:.0f}" for y in column] for column in Y.T]
    table = module.DataFrame(dict(zip("abc", labels, strict=True)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.fit(frame, table)
        predicted = clf.predict(frame)
    codes = clone(clf).fit(X, Y).predict(X)
    np.testing.assert_array_equal(
        predicted, np.array(["c0", "c1", "c2"])[codes.astype(int)]
    )
    assert clf.task_names_.tolist() == ["a", "b", "c"]
    assert clf.feature_names_in_.tolist() == columns
    assert clf.estimators_[0].feature_names_in_.tolist() == columns
    assert clf.score(frame, table[["c", "a", "b"]]) == clf.score(frame, table)
    with pytest.raises(ValueError, match="'d'"):
        clf.score(
            frame,
            table.rename({"c": "d"}, **({"axis": 1} if library == "pandas" else {})),
        )


@pytest.mark.parametrize("to_sparse", [sparse.csr_array, sparse.coo_matrix])
def test_sparse(data, clf, to_sparse):
    X, Y = data
    dense = np.where(np.abs(X) > 1, X, 0)
    expected = clf.fit(dense, Y).predict_proba(dense)
    got = clf.fit(to_sparse(dense), Y).predict_proba(to_sparse(dense))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_what_the_estimator_takes_is_taken(data):
    """Missing features, or documents: X reaches the estimator as it comes."""
    X, Y = data
    X = np.where(X > 1, np.nan, X)
    forest = HistGradientBoostingClassifier(max_iter=3)
    assert IndependentTasksClassifier(forest).fit(X, Y).score(X, Y) > 0.6
    documents = ["good film", "bad film", "good book", "bad book"]
    Y = [["pos", "film"], ["neg", None], ["pos", "book"], ["neg", "book"]]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100))
    clf = IndependentTasksClassifier(pipeline).fit(documents, Y)
    np.testing.assert_array_equal(clf.predict(["good film"]), [["pos", "film"]])
    assert not hasattr(clf, "n_features_in_")


def test_takes_estimators_of_2d_labels_only(data):
    X, _ = data
    Y = X[:, :2] + X[:, 2:4]
    reg = IndependentTasksRegressor(
        make_pipeline(StandardScaler(), MultiTaskLasso(0.1))
    )
    assert reg.fit(X, Y).predict(X).shape == Y.shape
    clf = IndependentTasksClassifier(MultiOutputClassifier(LogisticRegression()))
    probabilities = clf.fit(X, Y > 0).predict_proba(X)
    assert [p.shape for p in probabilities] == [(len(X), 2), (len(X), 2)]


class _PerTask(LogisticRegression):
    """Like a net: weights of tasks, and class weights of each."""

    def __init__(self, task_weights=None, class_weight=None):
        super().__init__(class_weight=class_weight)
        self.task_weights = task_weights


@pytest.mark.parametrize("named", [True, False])
def test_parameters_of_tasks_are_reduced_to_one(data, named):
    X, Y = data
    weights, balance = [1.0, 2.0, 3.0], ["balanced", None, {0.0: 1.0, 1.0: 5.0}]
    if named:
        Y = pytest.importorskip("pandas").DataFrame(Y, columns=["a", "b", "c"])
        weights = dict(zip("abc", weights, strict=True))
        balance = dict(zip("abc", balance, strict=True))
    estimator = make_pipeline(StandardScaler(), _PerTask(weights, balance))
    clf = IndependentTasksClassifier(estimator).fit(X, Y)
    copies = [pipeline[-1] for pipeline in clf.estimators_]
    assert [copy.task_weights for copy in copies] == [None] * 3
    assert [copy.class_weight for copy in copies] == [
        "balanced",
        None,
        {0.0: 1.0, 1.0: 5.0},
    ]
    assert estimator[-1].task_weights is weights


def test_class_weight_of_all_tasks_is_kept(data):
    X, Y = data
    class_weight = {0.0: 1.0, 1.0: 2.0}
    clf = IndependentTasksClassifier(LogisticRegression(class_weight=class_weight))
    clf.fit(X, Y[:, 1:])
    assert [copy.class_weight for copy in clf.estimators_] == [class_weight] * 2


def test_predict_proba_is_there_if_the_estimator_has_it(data, clf):
    assert hasattr(clf, "predict_proba")
    assert not hasattr(IndependentTasksClassifier(LinearSVC()), "predict_proba")
    assert not hasattr(clf, "decision_function")
    assert not hasattr(IndependentTasksRegressor(Ridge()), "predict_proba")


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel(data, clf, backend):
    X, Y = data
    expected = clf.fit(X, Y).predict_proba(X)
    with parallel_config(backend):
        parallel = clone(clf).set_params(n_jobs=2).fit(X, Y)
    for a, b in zip(parallel.predict_proba(X), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_clone_and_pickle(data, clf):
    X, Y = data
    clf.fit(X, Y)
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.predict(X), clf.predict(X))
    assert not hasattr(clone(clf), "estimators_")


def test_in_a_search(data, clf):
    X, Y = data
    cv = KFold(3, shuffle=True, random_state=0)
    search = GridSearchCV(clf, {"estimator__C": [1e-6, 1]}, cv=cv).fit(X, Y)
    assert search.best_params_ == {"estimator__C": 1}
    assert cross_val_score(clf, X, Y, cv=cv).mean() == pytest.approx(search.best_score_)


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        ([[0, np.nan], [1, np.nan], [1, np.nan]], "got none for 'task1'"),
        ([[0, 0.5], [1, 1.5], [1, 1]], "continuous. The task 'task1'"),
        ([[0, np.inf], [1, 0], [1, 1]], "infinity: the labels of task 'task1'"),
        ([0, 1], "inconsistent numbers of samples"),
    ],
)
def test_bad_labels(clf, Y, message):
    with pytest.raises(ValueError, match=message):
        clf.fit(np.eye(3), Y)


def test_errors_of_the_estimator_name_the_task(data, clf):
    X, Y = data
    X = X.copy()
    X[np.isnan(Y[:, 0]) & ~np.isnan(Y[:, 1]), 0] = np.nan
    with pytest.raises(ValueError, match="NaN") as error:
        clf.fit(X, Y)
    assert error.value.__notes__ == ["While fitting the task 'task1'."]


def test_bad_estimator():
    message = "'estimator' parameter of IndependentTasksClassifier must be"
    with pytest.raises(ValueError, match=message):
        IndependentTasksClassifier("tree").fit(np.eye(2), [0, 1])

"""An estimator per task that learns from what the candidates predict."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, SVR

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.ensemble import (
    MultiTaskStackingClassifier,
    MultiTaskStackingRegressor,
)

FOLDS = KFold(3, shuffle=True, random_state=0)
CLASSIFIERS = [
    ("line", LogisticRegression()),
    ("bayes", GaussianNB()),
]
REGRESSORS = [
    ("line", BayesianRidge()),
    ("kernel", SVR()),
]


@pytest.fixture(scope="module")
def X():
    return np.random.RandomState(0).normal(size=(90, 4))


@pytest.mark.parametrize("passthrough", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_task_is_the_stacking_of_scikit_learn(X, passthrough, n_classes):
    y = np.digitize(X[:, 0] * X[:, 1], np.linspace(-0.5, 0.5, n_classes - 1))
    params = {"cv": FOLDS, "passthrough": passthrough}
    stacks = [
        Stacking(CLASSIFIERS, LogisticRegression(), **params).fit(X, y)
        for Stacking in (MultiTaskStackingClassifier, StackingClassifier)
    ]
    ours, theirs = (stack.predict_proba(X) for stack in stacks)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    ours, theirs = (stack.predict(X) for stack in stacks)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("passthrough", [False, True])
def test_one_quantity_is_the_stacking_of_scikit_learn(X, passthrough):
    y = X[:, 0] * X[:, 1]
    params = {"cv": FOLDS, "passthrough": passthrough}
    ours = MultiTaskStackingRegressor(REGRESSORS, Ridge(), **params).fit(X, y)
    theirs = StackingRegressor(REGRESSORS, Ridge(), **params).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X))


def test_several_tasks_are_each_a_stacking(X):
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] * X[:, 2] > 0])
    stack = MultiTaskStackingClassifier(CLASSIFIERS, LogisticRegression(), cv=FOLDS)
    found = stack.fit(X, Y).predict_proba(X)
    for t, probabilities in enumerate(found):
        alone = StackingClassifier(CLASSIFIERS, LogisticRegression(), cv=FOLDS)
        alone.fit(X, Y[:, t])
        np.testing.assert_allclose(probabilities, alone.predict_proba(X), atol=1e-6)
    assert len(stack.final_estimators_) == 2
    assert stack.weights_ is None
    assert stack.shared_weights_ is None


def test_labels_that_are_there(X):
    """A missing label, or one of weight 0, is a row left out of its task."""
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
    missing = np.random.RandomState(1).uniform(size=Y.shape) < 0.3
    stack = MultiTaskStackingRegressor(REGRESSORS, Ridge(), cv=FOLDS)
    found = stack.fit(X, np.where(missing, np.nan, Y)).predict(X)
    weighted = stack.fit(X, Y, sample_weight=(~missing).astype(float)).predict(X)
    np.testing.assert_allclose(found, weighted)


def test_classes_that_the_final_estimator_has_not_seen(X):
    """They come in one training part only, and so in no prediction out of fold."""
    y = np.where(np.arange(90) < 30, 2, np.arange(90) % 2)
    folds = [(np.arange(90), np.arange(30, 90))]
    stack = MultiTaskStackingClassifier(CLASSIFIERS, LogisticRegression(), cv=folds)
    probabilities = stack.fit(X, y).predict_proba(X)
    assert stack.final_estimators_[0].classes_.tolist() == [0, 1]
    assert probabilities.shape == (90, 3)
    assert (probabilities[:, 2] == 0).all()


def test_final_estimator_without_probabilities(X):
    Y = np.where(X[:, :2] > 0, "yes", "no")
    stack = MultiTaskStackingClassifier(CLASSIFIERS, SVC()).fit(X, Y)
    assert not hasattr(stack, "predict_proba")
    assert stack.score(X, Y) > 0.9


@pytest.mark.filterwarnings("ignore:The task 'task1' given to Independent:UserWarning")
def test_constant_task(X):
    Y = np.column_stack([X[:, 0] > 0, np.ones(90)])
    stack = MultiTaskStackingClassifier(CLASSIFIERS, LogisticRegression())
    with pytest.warns(UserWarning, match="single class for 'task1'"):
        stack.fit(X, Y)
    assert (stack.predict(X)[:, 1] == 1).all()


NOTHING_TO_LEARN = (
    r"no label of the task\(s\) 'task1' that was predicted out of fold, and takes the "
    "mean of the candidates"
)


def test_task_without_a_prediction_to_learn_from(X):
    Y = np.column_stack([X[:, 0], np.full(90, np.nan)])
    Y[0, 1] = 1.0
    stack = MultiTaskStackingRegressor(REGRESSORS, Ridge())
    with pytest.warns(UserWarning, match=NOTHING_TO_LEARN):
        stack.fit(X, Y)
    assert stack.final_estimators_[1] is None
    mean = np.mean([e.predict(X)[:, 1] for e in stack.estimators_], axis=0)
    np.testing.assert_allclose(stack.predict(X)[:, 1], mean)


@pytest.mark.filterwarnings("ignore:.* has one class only:UserWarning")
def test_classes_without_a_prediction_to_learn_from(X):
    Y = np.column_stack([X[:, 0] > 0, np.full(90, np.nan)])
    Y[:4, 1] = [0, 2, 2, 0]
    folds = KFold(3)
    stack = MultiTaskStackingClassifier(CLASSIFIERS, LogisticRegression(), cv=folds)
    with pytest.warns(UserWarning, match=NOTHING_TO_LEARN):
        stack.fit(X, Y)
    mean = np.mean([e.predict_proba(X)[1] for e in stack.estimators_], axis=0)
    np.testing.assert_allclose(stack.predict_proba(X)[1], mean)
    expected = np.array([0, 2])[mean.argmax(axis=1)]
    np.testing.assert_array_equal(stack.predict(X)[:, 1], expected)


def test_weights_that_the_final_estimator_cannot_take(X):
    y = (X[:, 0] > 0).astype(int)
    stack = MultiTaskStackingClassifier(CLASSIFIERS, KNeighborsClassifier())
    stack.fit(X, y, sample_weight=np.full(90, 2.0))
    with pytest.raises(ValueError, match="KNeighborsClassifier takes no weights"):
        stack.fit(X, y, sample_weight=np.arange(1.0, 91))


def test_passthrough_of_a_sparse_matrix(X):
    X = np.maximum(X, 0)
    y = (X[:, 0] > 0).astype(int)
    candidates = CLASSIFIERS[:1]
    stack = MultiTaskStackingClassifier(
        candidates, LogisticRegression(), cv=FOLDS, passthrough=True
    )
    dense = stack.fit(X, y).predict_proba(X)
    thin = sparse.csr_array(X)
    np.testing.assert_allclose(stack.fit(thin, y).predict_proba(thin), dense, atol=1e-4)


class _OfInputs(LogisticRegression):
    """Takes rows with several named inputs."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X["a"], y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(X["a"])


def test_passthrough_of_several_inputs(X):
    inputs = combine_inputs({"a": X, "b": X[:, :2]})
    stack = MultiTaskStackingClassifier([("a", _OfInputs())], LogisticRegression())
    assert stack.fit(inputs, X[:, 0] > 0).predict_proba(inputs).shape == (90, 2)
    stack.set_params(passthrough=True)
    with pytest.raises(ValueError, match=r"'passthrough' .* must be False for several"):
        stack.fit(inputs, X[:, 0] > 0)

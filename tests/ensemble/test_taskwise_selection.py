"""For each task the candidate that wins under cross-validation."""

import pickle
import warnings

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.ensemble import (
    TaskwiseSelectionClassifier,
    TaskwiseSelectionRegressor,
)
from sklearn_mtl.inspection import GroupedTasksRegressor
from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.model_selection import TaskComparison, compare_estimators
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier

FOLDS = KFold(3, shuffle=True, random_state=0)


def classifiers():
    return [("line", LogisticRegression()), ("bayes", GaussianNB())]


@parametrize_with_checks(
    [
        TaskwiseSelectionClassifier(classifiers(), cv=2, random_state=0),
        TaskwiseSelectionRegressor(
            [("line", Ridge()), ("tree", DecisionTreeRegressor(random_state=0))],
            cv=2,
            random_state=0,
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """A task for lines, and one for curves; a fifth of the labels is missing."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 3))
    noisy = X + rng.normal(0, 0.3, X.shape)
    Y = np.column_stack([noisy.sum(axis=1) > 0, np.abs(noisy[:, 2]) < 0.7])
    Y = Y.astype(float)
    Y[rng.uniform(size=Y.shape) < 0.2] = np.nan
    return X, Y


@pytest.fixture(scope="module")
def three_related_and_one_else():
    """Few labels of many features; the fourth task is against the others."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 30))
    common = rng.normal(size=30)
    coefs = common + 0.2 * rng.normal(size=(3, 30))
    Y = np.column_stack([X @ coefs.T, -X @ common])
    Y[:, :3] += rng.normal(0, 4, (60, 3))
    return X, Y


def test_each_task_is_predicted_by_its_winner(data):
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS).fit(X, Y)
    assert selection.selected_ == {"task0": "line", "task1": "bayes"}
    assert list(selection.named_estimators_) == ["line", "bayes"]
    for t, (_, estimator) in enumerate(classifiers()):
        rows = ~np.isnan(Y[:, t])
        alone = estimator.fit(X[rows], Y[rows, t])
        np.testing.assert_array_equal(selection.predict(X)[:, t], alone.predict(X))
        np.testing.assert_array_equal(
            selection.predict_proba(X)[t], alone.predict_proba(X)
        )


@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "roc_auc"])
def test_winners_are_those_of_a_comparison(data, scoring):
    X, Y = data
    estimators = [
        ("alone", IndependentTasksClassifier(LogisticRegression())),
        ("linear", RegularizedMTLClassifier("trace", 0.1)),
        ("tree", IndependentTasksClassifier(DecisionTreeClassifier(random_state=0))),
    ]
    selection = TaskwiseSelectionClassifier(estimators, cv=FOLDS, scoring=scoring)
    selection.fit(X, Y)
    comparison = compare_estimators(dict(estimators), X, Y, cv=FOLDS, scoring=scoring)
    assert isinstance(selection.comparison_, TaskComparison)
    for name, scores in comparison.scores_.items():
        np.testing.assert_array_equal(selection.comparison_.scores_[name], scores)
    means = np.array([scores.mean(axis=0) for scores in comparison.scores_.values()])
    expected = [estimators[j][0] for j in means.argmax(axis=0)]
    assert list(selection.selected_.values()) == expected


def test_scores_are_those_of_the_folds(data):
    """By hand: copies fitted on the training part, scored on the labels of the test."""
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS).fit(X, Y)
    for name, estimator in classifiers():
        for t in range(2):
            observed = ~np.isnan(Y[:, t])
            for fold, (train, test) in enumerate(FOLDS.split(X)):
                train, test = train[observed[train]], test[observed[test]]
                predicted = estimator.fit(X[train], Y[train, t]).predict(X[test])
                score = selection.comparison_.scores_[name][fold, t]
                assert score == pytest.approx(accuracy_score(Y[test, t], predicted))


def test_tasks_are_learnt_together_where_it_helps(three_related_and_one_else):
    X, Y = three_related_and_one_else
    estimators = [
        ("apart", RegularizedMTLRegressor("ridge", 0.01)),
        ("together", RegularizedMTLRegressor("mean", 10.0)),
    ]
    selection = TaskwiseSelectionRegressor(estimators, random_state=0).fit(X, Y)
    assert list(selection.selected_.values()) == ["together"] * 3 + ["apart"]


def test_groups_may_win_too(three_related_and_one_else):
    X, Y = three_related_and_one_else
    together = RegularizedMTLRegressor("mean", 10.0)
    estimators = [
        ("together", together),
        ("groups", GroupedTasksRegressor(together, [[0, 1, 2], [3]])),
    ]
    selection = TaskwiseSelectionRegressor(estimators, random_state=0).fit(X, Y)
    assert set(selection.selected_.values()) == {"groups"}
    assert list(selection.named_estimators_) == ["groups"]


def test_nothing_is_gained_from_random_labels():
    """The winner's score is a little lucky; predictions are at chance all the same."""
    rng = np.random.RandomState(0)
    X, Y = rng.normal(size=(200, 5)), rng.randint(0, 2, (200, 6))
    estimators = [
        (f"tree{seed}", DecisionTreeClassifier(random_state=seed)) for seed in range(3)
    ]
    selection = TaskwiseSelectionClassifier(estimators, random_state=0)
    train, test = slice(100), slice(100, None)
    selection.fit(X[train], Y[train])
    assert selection.score(X[test], Y[test]) == pytest.approx(0.5, abs=0.06)
    means = [np.mean(s) for s in selection.comparison_.scores_.values()]
    assert np.mean(means) == pytest.approx(0.5, abs=0.06)


def test_a_metric_for_each_task(data):
    X, Y = data
    selection = TaskwiseSelectionClassifier(
        classifiers(), cv=FOLDS, scoring={"task1": "neg_log_loss"}
    ).fit(X, Y)
    assert selection.comparison_.metrics_ == ["accuracy", "neg_log_loss"]
    rows = ~np.isnan(Y[:, 1])
    first = next(FOLDS.split(X))
    train, test = (part[rows[part]] for part in first)
    probabilities = GaussianNB().fit(X[train], Y[train, 1]).predict_proba(X[test])
    score = selection.comparison_.scores_["bayes"][0, 1]
    assert score == pytest.approx(-log_loss(Y[test, 1], probabilities))


def test_the_simpler_one_unless_another_is_better_by_more_than_noise(data):
    X, Y = data
    estimators = [
        ("strong", LogisticRegression(C=0.05)),
        ("weak", LogisticRegression(C=0.1)),
        ("curves", GaussianNB()),
    ]
    selection = TaskwiseSelectionClassifier(estimators, cv=FOLDS)
    selection.set_params(rule="one_standard_error").fit(X, Y)
    assert selection.selected_ == {"task0": "strong", "task1": "curves"}


def test_the_first_of_equals(data):
    X, Y = data
    estimators = [("first", GaussianNB()), ("second", GaussianNB())]
    selection = TaskwiseSelectionClassifier(estimators, cv=FOLDS).fit(X, Y)
    assert set(selection.selected_.values()) == {"first"}


def test_missing_is_weight_0(data):
    X, Y = data
    observed = ~np.isnan(Y)
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS)
    fitted = [
        clone(selection).fit(X, Y),
        clone(selection).fit(X, np.nan_to_num(Y), sample_weight=observed.astype(float)),
        clone(selection).set_params(missing_label=-1).fit(X, np.nan_to_num(Y, nan=-1)),
    ]
    for other in fitted[1:]:
        assert other.selected_ == fitted[0].selected_
        for a, b in zip(
            other.predict_proba(X), fitted[0].predict_proba(X), strict=True
        ):
            np.testing.assert_allclose(a, b)
        for name, scores in fitted[0].comparison_.scores_.items():
            np.testing.assert_allclose(other.comparison_.scores_[name], scores)


def test_weights_count_in_fits_and_scores(data):
    X, Y = data
    weights = np.random.RandomState(0).uniform(0.5, 2, Y.shape)
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS)
    selection.fit(X, Y, sample_weight=weights)
    rows = ~np.isnan(Y[:, 0])
    train, test = (part[rows[part]] for part in next(FOLDS.split(X)))
    alone = LogisticRegression().fit(X[train], Y[train, 0], weights[train, 0])
    score = alone.score(X[test], Y[test, 0], weights[test, 0])
    assert selection.comparison_.scores_["line"][0, 0] == pytest.approx(score)


def test_labels_of_every_type(data):
    X, Y = data
    labels = np.empty(Y.shape, dtype=object)
    labels[:, 0] = np.where(Y[:, 0] == 1, "yes", "no")
    labels[:, 1] = (Y[:, 1] == 1).tolist()
    labels[np.isnan(Y)] = None
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS).fit(X, labels)
    assert [type(label) for label in selection.predict(X)[0]] == [str, bool]
    assert selection.score(X, labels) > 0.8
    assert [p.shape for p in selection.predict_proba(X)] == [(200, 2)] * 2


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(data, library):
    module = pytest.importorskip(library)
    X, Y = data
    frame = module.DataFrame(dict(zip("abc", X.T, strict=True)))
    labels = [[None if np.isnan(y) else f"c{y:.0f}" for y in column] for column in Y.T]
    table = module.DataFrame({"lines": labels[0], "curves": labels[1]})
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        selection.fit(frame, table)
        selection.predict(frame)
    assert selection.selected_ == {"lines": "line", "curves": "bayes"}
    assert selection.feature_names_in_.tolist() == list("abc")
    reordered = table[["curves", "lines"]]
    assert selection.score(frame, reordered) == selection.score(frame, table)
    if library == "pandas":
        assert selection.comparison_.summary().index.tolist() == ["lines", "curves"]


def test_one_dimensional(data):
    X, Y = data
    y = np.nan_to_num(Y[:, 1])
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS).fit(X, y)
    alone = GaussianNB().fit(X, y)
    np.testing.assert_array_equal(selection.predict(X), alone.predict(X))
    np.testing.assert_array_equal(selection.predict_proba(X), alone.predict_proba(X))
    assert selection.selected_ == {"task0": "bayes"}


@pytest.mark.filterwarnings("ignore:The task 'task1' given to Independent:UserWarning")
def test_task_without_a_score_has_the_first_candidate(data):
    X, Y = data
    Y = np.column_stack([Y[:, 0], np.full(len(X), 3.0)])
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS, scoring="roc_auc")
    with (
        pytest.warns(UserWarning, match=r"no score of the task\(s\) 'task1'"),
        pytest.warns(UserWarning, match="given a single class for 'task1'"),
    ):
        selection.fit(X, Y)
    assert selection.selected_["task1"] == "line"
    assert (selection.predict(X)[:, 1] == 3).all()


def test_task_that_some_folds_lack(data):
    X, Y = data
    Y = Y.copy()
    Y[70:, 1] = np.nan
    selection = TaskwiseSelectionClassifier(classifiers(), cv=KFold(3)).fit(X, Y)
    scores = selection.comparison_.scores_["line"]
    assert np.isnan(scores[:, 1]).tolist() == [False, False, True]
    assert np.isfinite(scores[:, 0]).all()


def test_probabilities_where_the_candidates_have_them(data):
    X, Y = data
    estimators = [("ridge", RidgeClassifier()), ("bayes", GaussianNB())]
    selection = TaskwiseSelectionClassifier(estimators, cv=FOLDS)
    assert not hasattr(selection, "predict_proba")
    assert not hasattr(selection.fit(X, Y), "predict_proba")
    assert selection.score(X, Y) > 0.8
    # Of those that are used.
    assert hasattr(selection.fit(X, Y[:, 1]), "predict_proba")


def test_metric_that_a_candidate_has_no_probabilities_for(data):
    estimators = [("bayes", GaussianNB()), ("ridge", RidgeClassifier())]
    selection = TaskwiseSelectionClassifier(estimators, scoring="neg_log_loss")
    message = "of predicted labels, as 'ridge' has no predict_proba, got 'neg_log_loss'"
    with pytest.raises(ValueError, match=message):
        selection.fit(*data)


def test_missing_is_weight_0_in_the_default_folds(data):
    X, Y = data
    selection = TaskwiseSelectionClassifier(
        [*classifiers(), ("tree", DecisionTreeClassifier(max_depth=3, random_state=0))],
        random_state=0,
    )
    missing = clone(selection).fit(X, Y)
    weightless = clone(selection).fit(X, np.nan_to_num(Y), sample_weight=~np.isnan(Y))
    for name, scores in missing.comparison_.scores_.items():
        np.testing.assert_allclose(weightless.comparison_.scores_[name], scores)


def test_parameters_of_tasks_are_left_alone(data):
    X, Y = data
    net = MultiTaskNetClassifier(
        (8,), max_epochs=3, task_weights=[1, 3], random_state=0
    )
    selection = TaskwiseSelectionClassifier([("net", net)], cv=2, random_state=0)
    selection.fit(X, Y)
    alone = clone(net).fit(X, Y)
    np.testing.assert_array_equal(selection.predict(X), alone.predict(X))
    assert selection.named_estimators_["net"].task_weights_.tolist() == [1, 3]


def test_parameters_search_pipeline_clone_and_pickle(data):
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers(), cv=2, random_state=0)
    grid = {"line__C": [1e-6, 1.0], "bayes": ["drop"]}
    search = GridSearchCV(selection, grid, cv=FOLDS).fit(X, Y)
    assert search.best_params_ == {"line__C": 1.0, "bayes": "drop"}
    assert search.best_estimator_.selected_ == {"task0": "line", "task1": "line"}
    pipeline = make_pipeline(StandardScaler(), selection).fit(X, Y)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
    assert not hasattr(clone(pipeline)[-1], "selected_")


def test_in_parallel(data):
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers(), random_state=0).fit(X, Y)
    with parallel_config("threading"):
        parallel = clone(selection).set_params(n_jobs=2).fit(X, Y)
    for name, scores in selection.comparison_.scores_.items():
        np.testing.assert_array_equal(parallel.comparison_.scores_[name], scores)


def test_verbose(data, capsys):
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers(), cv=FOLDS, verbose=1)
    selection.fit(X, Y)
    out = capsys.readouterr().out
    assert "[6/6] fold 2, 134 rows, bayes: mean score 0.8" in out


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
    selection = TaskwiseSelectionClassifier([("bad", _Failing())], cv=3)
    monkeypatch.setattr(_Failing, "left", 2)
    with pytest.raises(ValueError, match="that is enough") as error:
        selection.fit(X, Y)
    assert "While fitting or scoring 'bad' in fold 1." in error.value.__notes__


@pytest.mark.parametrize("n_fits", [0, 5, 6, 7])
def test_interrupt_leaves_the_last_fit(data, monkeypatch, n_fits):
    """Also where a comparison would keep the folds that are finished."""
    X, Y = data
    estimators = [("bad", _Failing(KeyboardInterrupt))]
    selection = TaskwiseSelectionClassifier(estimators, cv=3, random_state=0)
    monkeypatch.setattr(_Failing, "left", 100)
    fitted = vars(selection.fit(X, Y)).copy()
    monkeypatch.setattr(_Failing, "left", n_fits)
    with pytest.raises(KeyboardInterrupt):
        selection.fit(X[:, :2], Y[:, ::-1])
    assert vars(selection) == fitted


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rule": "bets"}, r"The 'rule' parameter .* \(did you mean 'best'\?\)"),
        ({"scoring": "acuracy"}, r"\(did you mean 'accuracy'\?\)"),
        ({"scoring": {"task7": "r2"}}, "The 'scoring' parameter of TaskwiseSelection"),
        ({"cv": 0}, "The 'cv' parameter"),
        ({"estimators": []}, "The 'estimators' parameter of TaskwiseSelection"),
    ],
    ids=["rule", "metric", "task", "cv", "estimators"],
)
def test_mistakes(data, params, message):
    X, Y = data
    selection = TaskwiseSelectionClassifier(classifiers()).set_params(**params)
    with pytest.raises(ValueError, match=message):
        selection.fit(X, Y)

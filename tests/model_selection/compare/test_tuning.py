import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.metrics import make_multitask_scorer
from sklearn_mtl.metrics._metric import resolve_metric
from sklearn_mtl.model_selection import (
    MultiTaskKFold,
    compare_estimators,
    compare_with_single_task,
)
from sklearn_mtl.model_selection._compare._tuning import (
    Tuned,
    draw_candidates,
    split_search,
)
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetRegressor

ACCURACY = resolve_metric("accuracy", "test")
NEIGHBOURS = [{"n_neighbors": k} for k in (1, 5, 25)]


@pytest.fixture(scope="module")
def classes():
    """The first task is smooth, the second is memorised: each wants its own k."""
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(240, 2))
    noisy = (X[:, 0] + 0.4 * rng.normal(size=240) > 0.5).astype(float)
    return X, np.column_stack([noisy, (X[:, 1] * 8).astype(int) % 2])


def tuned(estimator, candidates, n_tasks=2):
    return Tuned(estimator, candidates, [ACCURACY] * n_tasks, np.nan, 0)


def test_chooses_what_a_grid_search_chooses(classes):
    X, Y = classes
    ours = tuned(KNeighborsClassifier(), NEIGHBOURS).fit(X, Y)
    search = GridSearchCV(
        KNeighborsClassifier(),
        {"n_neighbors": [1, 5, 25]},
        scoring=make_multitask_scorer("accuracy"),
        cv=MultiTaskKFold(3, random_state=0),
    ).fit(X, Y)
    assert ours.best_params_ == search.best_params_
    np.testing.assert_allclose(
        ours.candidate_scores_, search.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(ours.predict(X), search.predict(X))
    for proba, expected in zip(
        ours.predict_proba(X), search.predict_proba(X), strict=True
    ):
        np.testing.assert_array_equal(proba, expected)


def test_weight_0_is_a_missing_label_when_tuning(classes):
    X, Y = classes
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    labelled = np.arange(240) % 3 > 0
    candidates = [{"logisticregression__C": C} for C in (1e-4, 1.0)]
    weighted = tuned(pipeline, candidates, 1)
    y = np.where(labelled, Y[:, 0], 1 - Y[:, 0])
    weighted.fit(X, y, sample_weight=labelled.astype(float))
    # The wrong labels would tell the other way.
    assert weighted.best_params_ == {"logisticregression__C": 1.0}
    assert weighted.candidate_scores_[1] > 0.7


def test_missing_labels_of_either_spelling_have_the_same_folds_when_tuning(classes):
    X, Y = classes
    labelled = np.random.RandomState(1).uniform(size=Y.shape) < 0.6
    search = tuned(
        IndependentTasksClassifier(LogisticRegression()),
        [{"estimator__C": C} for C in (0.01, 1.0)],
    )
    weightless = clone(search).fit(X, Y, sample_weight=labelled.astype(float))
    missing = clone(search).fit(X, np.where(labelled, Y, np.nan))
    np.testing.assert_allclose(weightless.candidate_scores_, missing.candidate_scores_)


def test_one_candidate_is_taken_without_a_search(classes):
    search = tuned(KNeighborsClassifier(), NEIGHBOURS[2:]).fit(*classes)
    assert search.best_params_ == {"n_neighbors": 25}
    assert search.candidate_scores_.tolist() == [0]


def test_looks_like_what_it_tunes(classes):
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    search = tuned(pipeline, [{"kneighborsclassifier__n_neighbors": 3}])
    assert is_classifier(search)
    assert hasattr(search, "predict_proba")
    assert not hasattr(tuned(Ridge(), [{"alpha": 1}]), "predict_proba")
    assert len(search.fit(*classes).classes_) == 2


def test_candidates_that_are_estimators_are_not_fitted(classes):
    scaler = StandardScaler()
    pipeline = make_pipeline("passthrough", KNeighborsClassifier())
    tuned(pipeline, [{"passthrough": scaler}, {"passthrough": "passthrough"}]).fit(
        *classes
    )
    assert not hasattr(scaler, "mean_")


def test_undefined_scores_are_told():
    X, y = np.arange(6.0)[:, None], np.array([0, 0, 0, 0, 0, 0])
    auc = resolve_metric("roc_auc", "test")
    search = Tuned(KNeighborsClassifier(1), NEIGHBOURS[:2], [auc], np.nan, 0)
    search.set_params(candidates=[{"n_neighbors": 2}, {"n_neighbors": 1}])
    with pytest.warns(UserWarning, match="No parameters that were tried have a score"):
        search.fit(X, y)
    assert search.best_params_ == {"n_neighbors": 2}


class TestCandidates:
    def test_a_grid_within_the_budget_is_tried_as_a_whole(self):
        grid = {"a": [1, 2, 3], "b": ["x", "y"]}
        assert len(draw_candidates([grid], 6, seed=0)) == 6
        assert len(draw_candidates([grid, {"a": [4]}], 10, seed=0)) == 7

    def test_a_larger_grid_is_sampled_without_repetition(self):
        grid = {"a": list(range(10)), "b": list(range(10))}
        drawn = draw_candidates([grid], 20, seed=0)
        assert len({tuple(c.items()) for c in drawn}) == 20
        assert drawn == draw_candidates([grid], 20, seed=0)
        assert drawn != draw_candidates([grid], 20, seed=1)

    def test_distributions_are_sampled(self):
        drawn = draw_candidates([{"a": stats.uniform(0, 1), "b": [1]}], 5, seed=0)
        assert len({c["a"] for c in drawn}) == 5


class TestSearch:
    estimators = {"ridge": Ridge(), "tree": DecisionTreeClassifier()}

    def split(self, search):
        return split_search(search, self.estimators, "compare_estimators")

    def test_for_all(self):
        both = {"a": Ridge(), "b": Ridge()}
        found = split_search({"alpha": [1, 2]}, both, "compare_estimators")
        assert found == {name: [{"alpha": [1, 2]}] for name in "ab"}

    def test_by_estimator(self):
        found = self.split({"ridge": {"alpha": [1]}, "tree": None})
        assert found == {"ridge": [{"alpha": [1]}]}
        several = [{"alpha": [1]}, {"fit_intercept": [False]}]
        assert self.split({"ridge": several}) == {"ridge": several}

    @pytest.mark.parametrize(
        ("search", "message"),
        [
            ({"alhpa": [1]}, r"parameters of the estimator 'ridge' .*'alpha'\?\)"),
            ({"rigde": {"alpha": [1]}}, r"one of .*'rigde' \(did you mean 'ridge'\?\)"),
            ({"ridge": {"alhpa": [1]}}, r"'alhpa' \(did you mean 'alpha'\?\)"),
            ({"alpha": 1}, "a list of values, not empty, .* got 'alpha': 1"),
            ({"alpha": []}, "a list of values, not empty"),
            ({"solver": "svd"}, "a list of values, not empty"),
            ([1], "a dict from parameter to values"),
            ("alpha", "a dict from parameter to values"),
            ({}, "a dict from parameter to values"),
        ],
    )
    def test_errors(self, search, message):
        pattern = f"'search' parameter of compare_estimators must be .*{message}"
        with pytest.raises(ValueError, match=pattern):
            self.split(search)

    def test_parameters_of_what_another_is_set_to(self):
        found = split_search(
            {"net": {"architecture": ["mmoe"], "architecture__n_experts": [2]}},
            {"net": MultiTaskNetRegressor()},
            "compare_estimators",
        )
        assert list(found) == ["net"]


def test_independent_copies_are_tuned_for_their_task(classes):
    alone = IndependentTasksClassifier(KNeighborsClassifier())
    comparison = compare_estimators(
        {"alone": alone, "together": KNeighborsClassifier()},
        *classes,
        search={
            "alone": {"estimator__n_neighbors": [1, 25]},
            "together": {"n_neighbors": [1, 25]},
        },
        cv=3,
        random_state=0,
    )
    for chosen in comparison.best_params_["alone"]:
        assert chosen == {"task0": {"n_neighbors": 25}, "task1": {"n_neighbors": 1}}
    for chosen in comparison.best_params_["together"]:
        assert set(chosen) == {"n_neighbors"}
    assert comparison.delta_m_["together"] < 0


def test_tuned_scores_are_those_of_a_search_within_the_fold(classes):
    X, Y = classes
    cv = MultiTaskKFold(2, random_state=0)
    comparison = compare_estimators(
        {"fixed": KNeighborsClassifier(), "tuned": KNeighborsClassifier()},
        X,
        Y,
        search={"tuned": {"n_neighbors": [1, 25]}},
        cv=cv,
        random_state=0,
    )
    assert list(comparison.best_params_) == ["tuned"]
    for fold, (train, test) in enumerate(cv.split(X, Y)):
        k = comparison.best_params_["tuned"][fold]["n_neighbors"]
        fitted = KNeighborsClassifier(k).fit(X[train], Y[train])
        expected = (fitted.predict(X[test]) == Y[test]).mean(axis=0)
        np.testing.assert_allclose(comparison.scores_["tuned"][fold], expected)


def test_both_sides_have_the_same_budget(classes):
    fits = []

    class Counted(KNeighborsClassifier):
        def fit(self, X, y):
            fits.append((np.ndim(y), self.n_neighbors))
            return super().fit(X, y)

    grid = {"n_neighbors": list(range(1, 30))}
    comparison = compare_with_single_task(
        Counted(), *classes, search=grid, n_candidates=4, cv=2, random_state=0
    )
    single = [k for ndim, k in fits if ndim == 1]
    joint = [k for ndim, k in fits if ndim == 2]
    # Two outer folds, each with four candidates in three folds and the fit of the best.
    assert len(joint) == 2 * (4 * 3 + 1)
    assert len(single) == 2 * len(joint)
    assert set(single) == set(joint)
    assert len(set(joint)) == 4
    assert set(comparison.best_params_) == {"single task", "multi-task"}


def test_single_task_has_no_task_weights_to_tune():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 3))
    net = MultiTaskNetRegressor((4,), max_epochs=3, random_state=0)
    comparison = compare_with_single_task(
        make_pipeline(StandardScaler(), net),
        X,
        X[:, :2],
        search={"multitasknetregressor__task_weights": [[1, 2], [2, 1]]},
        cv=2,
        random_state=0,
    )
    assert list(comparison.best_params_) == ["multi-task"]


def test_sides_with_a_search_each(classes):
    comparison = compare_with_single_task(
        KNeighborsClassifier(),
        *classes,
        search={"single task": {"n_neighbors": [1, 3]}},
        cv=2,
    )
    assert list(comparison.best_params_) == ["single task"]


def test_tasks_of_both_kinds_are_tuned_by_their_metrics():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 2))
    pd = pytest.importorskip("pandas")
    Y = pd.DataFrame({"sign": np.where(X[:, 0] > 0, "+", "-"), "value": X[:, 1]})
    net = MultiTaskNet((4,), max_epochs=3, random_state=0)
    comparison = compare_with_single_task(
        net,
        X,
        Y,
        search={"lr": [1e-3, 1e-2]},
        scoring={"value": "neg_mean_squared_error"},
        cv=2,
        random_state=0,
    )
    assert comparison.metrics_ == ["accuracy", "neg_mean_squared_error"]
    assert set(comparison.best_params_["single task"][0]) == {"sign", "value"}
    assert np.isfinite(comparison.scores_["single task"]).all()


def test_missing_labels_and_one_dimension(classes):
    X, Y = classes
    Y = np.where(np.arange(240)[:, np.newaxis] % 5, Y, np.nan)
    comparison = compare_with_single_task(
        IndependentTasksClassifier(KNeighborsClassifier()),
        X,
        Y,
        search={"estimator__n_neighbors": [1, 25]},
        cv=2,
        random_state=0,
    )
    np.testing.assert_allclose(
        comparison.scores_["single task"], comparison.scores_["multi-task"]
    )
    one = compare_estimators(
        {"a": KNeighborsRegressor(), "b": KNeighborsRegressor()},
        X,
        X[:, 0],
        search={"n_neighbors": [1, 5]},
        cv=2,
        random_state=0,
    )
    assert set(one.best_params_) == {"a", "b"}


def test_searches_are_estimators_too(classes):
    search = GridSearchCV(
        KNeighborsClassifier(),
        {"n_neighbors": [1, 25]},
        scoring=make_multitask_scorer("accuracy"),
        cv=MultiTaskKFold(2, random_state=0),
    )
    comparison = compare_estimators(
        {
            "fixed": KNeighborsClassifier(),
            "search": search,
            "in pipeline": make_pipeline(StandardScaler(), clone(search)),
        },
        *classes,
        cv=2,
    )
    assert list(comparison.best_params_) == ["search", "in pipeline"]
    assert comparison.best_params_["search"][0].keys() == {"n_neighbors"}


def test_search_is_handed_the_weights():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2)
    weight = rng.randint(1, 4, size=60)
    comparison = compare_estimators(
        {"ridge": Ridge(), "search": search}, X, y, sample_weight=weight, cv=2
    )
    np.testing.assert_allclose(
        comparison.scores_["ridge"], comparison.scores_["search"]
    )


def test_errors_name_the_candidate(classes):
    class Broken(RegressorMixin, BaseEstimator):
        def __init__(self, a=0):
            self.a = a

        def fit(self, X, y):
            raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck") as error:
        compare_estimators(
            {"a": Broken(), "b": Broken()}, *classes, search={"a": [1, 2]}
        )
    assert "While trying the parameters {'a': 1}." in error.value.__notes__


def test_regressors_stay_regressors():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 3))
    comparison = compare_with_single_task(
        IndependentTasksRegressor(Ridge()),
        X,
        np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int),
        search={"estimator__alpha": [0.1, 1.0]},
        cv=2,
    )
    assert comparison.metrics_ == ["r2", "r2"]

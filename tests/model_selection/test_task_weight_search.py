"""A search over task weights finds what a grid search finds, and more about tasks."""

import pickle
import re
import signal
import subprocess
import sys
import warnings
from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning, NotFittedError
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from sklearn_mtl.datasets import load_digits_tasks, make_multitask_regression
from sklearn_mtl.inspection import GroupedTasksClassifier
from sklearn_mtl.metrics import make_multitask_scorer, per_task_scorers
from sklearn_mtl.model_selection import (
    MultiTaskKFold,
    TaskWeightSearchCV,
    compare_with_single_task,
    task_weight_grid,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.balancers import Uncertainty

FOLDS = MultiTaskKFold(3, random_state=0)
LOSS = "neg_log_loss"
WEIGHTS = [[1, 1, 1], [0.6, 0.3, 0.1], [0, 1, 2]]


class Encoder(nn.Module):
    """A layer with a slope, of which its text and its weights do not tell."""

    out_features = 8

    def __init__(self, n_features_in, slope=1.0, p=0.0):
        super().__init__()
        self.slope = slope
        self.layer = nn.Linear(n_features_in, 8)
        self.dropout = nn.Dropout(p)

    def forward(self, X):
        return self.dropout(torch.tanh(self.slope * self.layer(X)))


@pytest.fixture(scope="module")
def digits():
    X, Y = load_digits_tasks(return_X_y=True)
    return X[:400], Y[:400]


def make_net(**params):
    defaults = {
        "hidden_layer_sizes": (8,),
        "preset": "plain",
        "lr": 0.01,
        "max_epochs": 8,
        "random_state": 0,
    }
    return MultiTaskNetClassifier(**{**defaults, **params})


def assert_same_results(found, expected):
    """All but the times are the same."""
    columns = {name for name in expected if not name.endswith("_time")}
    assert set(found) == set(expected)
    assert found["params"] == expected["params"] or str(found["params"]) == str(
        expected["params"]
    )
    for name in columns - {"params"}:
        if name.startswith("param_"):
            assert list(map(str, found[name])) == list(map(str, expected[name]))
        else:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-6)


def search_both(
    estimator,
    X,
    Y,
    *,
    tasks=3,
    weights=WEIGHTS,
    param_grid=None,
    metric="accuracy",
    fit_params=None,
    **params,
):
    """Return our search and scikit-learn's, fitted."""
    fit_params = fit_params or {}
    name = "task_weights"
    if isinstance(estimator, Pipeline):
        name = f"{estimator.steps[-1][0]}__task_weights"
    grids = param_grid if isinstance(param_grid, list) else [param_grid or {}]
    ours = TaskWeightSearchCV(
        estimator, weights, param_grid=param_grid, cv=FOLDS, **params
    ).fit(X, Y, **fit_params)
    theirs = GridSearchCV(
        estimator,
        [{**grid, name: weights} for grid in grids],
        scoring=per_task_scorers(metric, tasks),
        refit="mean",
        cv=FOLDS,
        return_train_score=params.get("return_train_score", False),
    ).fit(X, Y, **fit_params)
    return ours, theirs


def by_params(results):
    """Return the scores of each candidate, by its parameters as text."""
    columns = sorted(name for name in results if "_test_" in name or "_train_" in name)
    columns = [name for name in columns if not name.startswith("rank")]
    scores = np.array([results[name] for name in columns]).T
    keys = [str(sorted(params.items())) for params in results["params"]]
    return dict(zip(keys, scores, strict=True))


def assert_same_by_params(ours, theirs):
    found, expected = by_params(ours.cv_results_), by_params(theirs.cv_results_)
    assert set(found) == set(expected)
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], atol=1e-3)


class TestSameAsGridSearch:
    def test_all_of_it(self, digits):
        ours, theirs = search_both(make_net(), *digits, return_train_score=True)
        assert_same_results(ours.cv_results_, theirs.cv_results_)
        assert ours.best_index_ == theirs.best_index_
        assert ours.best_params_ == theirs.best_params_
        assert ours.best_score_ == pytest.approx(theirs.best_score_)
        assert ours.multimetric_
        assert ours.n_splits_ == theirs.n_splits_
        assert set(ours.scorer_) == set(theirs.scorer_)
        assert ours.refit_time_ > 0
        assert ours.n_features_in_ == theirs.n_features_in_
        X, Y = digits
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
        for own, their in zip(
            ours.predict_proba(X), theirs.predict_proba(X), strict=True
        ):
            np.testing.assert_array_equal(own, their)
        assert ours.score(X, Y) == theirs.score(X, Y)
        for own, their in zip(ours.classes_, theirs.classes_, strict=True):
            np.testing.assert_array_equal(own, their)

    @pytest.mark.parametrize(
        "param_grid",
        [
            {"lr": [0.001, 0.01], "weight_decay": [0.0, 0.1, None]},
            {"dropout": [0.0, 0.2], "random_state": [0, 1]},
            {"hidden_layer_sizes": [(8,), (5, 4)], "early_stopping": [True, False]},
            [{"lr": [0.001]}, {"batch_size": [32, 64], "lr": [0.01]}],
            {"balancer": [None, "uncertainty"]},
            {"balancer": [Uncertainty()], "balancer__lr": [0.001, 1.0]},
            {"architecture": ["mmoe", "soft_sharing"]},
        ],
        ids=str,
    )
    def test_further_parameters(self, param_grid, digits):
        net = make_net(max_epochs=3)
        assert_same_by_params(*search_both(net, *digits, param_grid=param_grid))

    def test_members_a_schedule_and_bins(self, digits):
        net = make_net(preset="default", precision="float64", max_epochs=4)
        grid = {"lr": [0.003, 0.03], "n_members": [2, 8], "dropout": [0.0, "auto"]}
        weights = WEIGHTS[1:]
        params = {"metric": LOSS, "scoring": LOSS, "weights": weights}
        assert_same_by_params(*search_both(net, *digits, param_grid=grid, **params))

    def test_categories_and_gaps(self, digits):
        X, Y = digits
        frame = pd.DataFrame(X).add_prefix("pixel")
        frame["pixel20"] = pd.Categorical((X[:, 20] / 4).astype(int))
        frame.iloc[::7, 30] = np.nan
        net = make_net(preset="default", precision="float64", max_epochs=3)
        assert_same_by_params(*search_both(net, frame, Y, metric=LOSS, scoring=LOSS))

    def test_encoders_that_differ_in_nothing_that_they_print(self, digits):
        grid = {"encoder": [partial(Encoder, slope=s) for s in (0.1, 5.0)]}
        net = make_net(encoder=Encoder, max_epochs=3)
        assert_same_by_params(*search_both(net, *digits, param_grid=grid))

    @pytest.mark.parametrize("dropout", [0.0, 0.3])
    def test_dropout_in_an_encoder(self, dropout, digits):
        net = make_net(
            encoder=partial(Encoder, p=0.5), dropout=dropout, precision="float64"
        )
        ours, theirs = search_both(net, *digits, metric=LOSS, scoring=LOSS)
        assert_same_results(ours.cv_results_, theirs.cv_results_)

    @pytest.mark.parametrize("encoder", [None, partial(Encoder, p=0.5)])
    def test_chunks_start_from_the_same_weights(self, encoder, digits, monkeypatch):
        monkeypatch.setattr("sklearn_mtl.neural_network._stack._memory._BUDGET_CPU", 1)
        net = make_net(encoder=encoder, precision="float64", max_epochs=3)
        ours, theirs = search_both(net, *digits, metric=LOSS, scoring=LOSS)
        assert_same_results(ours.cv_results_, theirs.cv_results_)

    def test_weight_decay_for_an_optimizer_without(self, digits):
        net = make_net(optimizer=torch.optim.Rprop, max_epochs=2)
        with pytest.warns(FitFailedWarning, match="9 fits failed"):
            ours, theirs = search_both(
                net, *digits, param_grid={"weight_decay": [0.1, None]}
            )
        assert_same_by_params(ours, theirs)

    @pytest.mark.parametrize("balancer", ["mgda", "gradnorm"])
    def test_a_member_whose_gradients_break_its_balancer(self, balancer, digits):
        net = make_net(balancer=balancer, optimizer="sgd", max_epochs=3)
        with pytest.warns(FitFailedWarning, match="9 fits failed"):
            ours, theirs = search_both(net, *digits, param_grid={"lr": [0.01, 1e18]})
        assert_same_by_params(ours, theirs)

    def test_a_pipeline(self, digits):
        pipeline = Pipeline(
            [("scale", StandardScaler()), ("pca", PCA()), ("net", make_net())]
        )
        grid = {"pca__n_components": [5, 10], "net__lr": [0.01, 0.03]}
        ours, theirs = search_both(pipeline, *digits, param_grid=grid)
        assert_same_by_params(ours, theirs)
        assert ours.best_params_ == theirs.best_params_

    def test_missing_labels_and_weights(self, digits):
        X, Y = digits
        rng = np.random.default_rng(0)
        Y = np.where(rng.random(Y.shape) < [0.0, 0.5, 0.8], np.nan, Y)
        weights = {"sample_weight": rng.exponential(size=len(Y))}
        assert_same_by_params(*search_both(make_net(), X, Y, fit_params=weights))
        pipeline = make_pipeline(StandardScaler(), make_net())
        weights = {"multitasknetclassifier__sample_weight": weights["sample_weight"]}
        assert_same_by_params(*search_both(pipeline, X, Y, fit_params=weights))

    def test_one_dimensional_labels(self, digits):
        X, Y = digits
        ours, theirs = search_both(
            make_net(),
            X,
            Y[:, 0],
            tasks=1,
            weights=[None],
            param_grid={"lr": [0.001, 0.01]},
        )
        assert_same_by_params(ours, theirs)
        assert ours.predict(X).shape == (len(X),)

    def test_quantities(self):
        X, Y = make_multitask_regression(200, n_tasks=2, random_state=0)
        net = MultiTaskNetRegressor((8,), max_epochs=5, random_state=0)
        weights = [[1, 1], [1, 3]]
        assert_same_by_params(
            *search_both(net, X, Y, tasks=2, weights=weights, metric="r2")
        )

    def test_a_data_frame_and_named_weights(self):
        X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
        X, Y = X[:300], Y[:300]
        weights = [{"digit": 2.0}, None, {"parity": 0.5, "digit": 3.0}]
        ours, theirs = search_both(make_net(), X, Y, tasks=Y.columns, weights=weights)
        assert_same_results(ours.cv_results_, theirs.cv_results_)
        assert ours.task_names_ == ["digit", "parity", "at_least_five"]
        assert "mean_test_at_least_five" in ours.cv_results_
        np.testing.assert_array_equal(ours.feature_names_in_, X.columns)

    @pytest.mark.parametrize("n_jobs", [2, 5])
    def test_processes(self, n_jobs, digits):
        net = make_net(dropout=0.2)
        alone = TaskWeightSearchCV(net, WEIGHTS, cv=3).fit(*digits)
        shared = TaskWeightSearchCV(net, WEIGHTS, cv=3, n_jobs=n_jobs).fit(*digits)
        assert_same_results(shared.cv_results_, alone.cv_results_)

    def test_an_estimator_that_is_no_network(self, digits):
        ours, theirs = search_both(Weighable(), *digits)
        assert_same_results(ours.cv_results_, theirs.cv_results_)


class Weighable(ClassifierMixin, BaseEstimator):
    """Predicts 0, or 1 where the first task has no weight."""

    def __init__(self, task_weights=None):
        self.task_weights = task_weights

    def fit(self, X, y):
        self.classes_ = [np.unique(column) for column in np.asarray(y).T]
        return self

    def predict(self, X):
        label = int(self.task_weights[0] == 0)
        return np.full((len(X), len(self.classes_)), label)


class TestScoring:
    def test_a_name_stands_for_each_task(self, digits):
        X, Y = digits
        search = TaskWeightSearchCV(
            make_net(), WEIGHTS, scoring="roc_auc", refit="task1", cv=FOLDS
        ).fit(X, Y)
        results = search.cv_results_
        mean = np.mean([results[f"mean_test_task{t}"] for t in range(3)], axis=0)
        np.testing.assert_allclose(results["mean_test_mean"], mean)
        assert search.best_index_ == results["mean_test_task1"].argmax()
        assert search.score(X, Y) == search.scorer_["task1"](search, X, Y)

    def test_classes_beside_quantities(self, digits):
        X, Y = digits
        Y = np.column_stack([Y[:, :2], X @ np.linspace(0, 1, X.shape[1])])
        net = MultiTaskNet((8,), max_epochs=5, random_state=0)
        search = TaskWeightSearchCV(net, WEIGHTS[:2], cv=FOLDS).fit(X, Y)
        train, test = next(FOLDS.split(X, Y))
        alone = clone(net).set_params(task_weights=WEIGHTS[1]).fit(X[train], Y[train])
        scores = alone.score_tasks(X[test], Y[test])
        results = search.cv_results_
        for task, score in scores.items():
            assert results[f"split0_test_{task}"][1] == pytest.approx(score, abs=1e-5)
        assert results["split0_test_mean"][1] == pytest.approx(
            np.mean(list(scores.values())), abs=1e-5
        )

    def test_one_score_for_all(self, digits):
        scorer = make_multitask_scorer("accuracy")
        search = TaskWeightSearchCV(make_net(), WEIGHTS, scoring=scorer, cv=FOLDS)
        with pytest.warns(UserWarning, match="no score for each task"):
            search.fit(*digits)
        assert not search.multimetric_
        assert not hasattr(search, "pareto_front_")
        expected = TaskWeightSearchCV(make_net(), WEIGHTS, cv=FOLDS).fit(*digits)
        np.testing.assert_allclose(
            search.cv_results_["mean_test_score"],
            expected.cv_results_["mean_test_mean"],
        )
        assert search.score(*digits) == expected.score(*digits)

    def test_several_scorers(self, digits):
        scoring = {
            "all": make_multitask_scorer("accuracy"),
            "first": make_multitask_scorer("accuracy", task=0),
        }
        search = TaskWeightSearchCV(make_net(), WEIGHTS, scoring=scoring, refit="first")
        with pytest.warns(UserWarning, match="no score for each task"):
            search.set_params(cv=FOLDS).fit(*digits)
        expected = TaskWeightSearchCV(make_net(), WEIGHTS, cv=FOLDS).fit(*digits)
        for name, other in (("all", "mean"), ("first", "task0")):
            np.testing.assert_allclose(
                search.cv_results_[f"mean_test_{name}"],
                expected.cv_results_[f"mean_test_{other}"],
            )

    def test_refit_by_a_function_or_not_at_all(self, digits):
        search = TaskWeightSearchCV(make_net(), WEIGHTS, cv=FOLDS)
        search.set_params(refit=lambda results: 1).fit(*digits)
        assert search.best_params_["task_weights"] == WEIGHTS[1]
        assert not hasattr(search, "best_score_")
        search = clone(search).set_params(refit=False).fit(*digits)
        assert not hasattr(search, "best_estimator_")
        assert not hasattr(search, "predict")
        with pytest.raises(
            ValueError, match=r"'refit' .* must be one of .*, got 'tsk1'"
        ):
            clone(search).set_params(refit="tsk1").fit(*digits)


class TestParetoFront:
    def test_none_on_it_is_dominated(self, digits):
        search = TaskWeightSearchCV(make_net(max_epochs=3), 3, cv=FOLDS).fit(*digits)
        results = search.cv_results_
        scores = np.array([results[f"mean_test_task{t}"] for t in range(3)]).T
        dominated = [
            ((scores >= own).all(axis=1) & (scores > own).any(axis=1)).any()
            for own in scores
        ]
        expected = np.flatnonzero(~np.array(dominated))
        assert sorted(search.pareto_front_) == expected.tolist()
        means = scores[search.pareto_front_].mean(axis=1)
        assert (np.diff(means) <= 1e-12).all()
        assert search.best_index_ in search.pareto_front_


class TestAutomaticWeights:
    def test_rounds_refine(self, digits):
        net = make_net(max_epochs=2)
        search = TaskWeightSearchCV(net, "auto", cv=2, max_candidates=25).fit(*digits)
        rounds = search.cv_results_["iter"]
        assert len(rounds) <= 25
        assert rounds.max() >= 1
        assert (np.diff(rounds) >= 0).all()
        weights = np.array([p["task_weights"] for p in search.cv_results_["params"]])
        np.testing.assert_allclose(weights.sum(axis=1), 1)
        assert (weights > 0).all()
        np.testing.assert_allclose(weights[0], 1 / 3)
        assert len(np.unique(weights.round(9), axis=0)) == len(weights)

    def test_it_finds_the_task_that_counts(self):
        """Only the first task is scored, so that its weight had better be large."""
        X, Y = make_multitask_regression(
            300, n_tasks=2, n_clusters=2, noise=0.5, random_state=0
        )
        net = MultiTaskNetRegressor((3,), max_epochs=30, random_state=0)
        scoring = make_multitask_scorer("r2", task=0)
        search = TaskWeightSearchCV(net, "auto", scoring=scoring, max_candidates=15)
        with pytest.warns(UserWarning, match="no score for each task"):
            search.fit(X, Y)
        assert search.best_params_["task_weights"][0] > 0.6

    def test_with_further_parameters(self, digits):
        net = make_net(max_epochs=2)
        search = TaskWeightSearchCV(
            net, "auto", param_grid={"lr": [0.001, 0.01]}, cv=2, max_candidates=12
        ).fit(*digits)
        n_weightings = len(search.cv_results_["params"]) / 2
        assert n_weightings == int(n_weightings) <= 12


class TestErrors:
    @pytest.mark.parametrize(
        ("task_weights", "message"),
        [
            ([[1, 2]], "'task_weights' .* must be of length 3, one weight per task"),
            ([[1, -1, 1]], "must be finite and non-negative"),
            ([{"task7": 1}], r"keyed by task names .*'task7' \(did you mean 'task"),
            ([], "must be a list of weightings, a number of divisions, or 'auto'"),
            ("atuo", "must be one of 'auto', got 'atuo' .did you mean 'auto'"),
            ([1, 2, 3], "a single weighting: put it into a list"),
            ({"task0": 1}, "must be a list of weightings"),
            (0, "at least 1, a number of divisions"),
            (1.5, "must be a list of weightings"),
        ],
    )
    def test_weights(self, task_weights, message, digits):
        with pytest.raises(ValueError, match=message):
            TaskWeightSearchCV(make_net(), task_weights).fit(*digits)

    @pytest.mark.parametrize(
        ("param_grid", "message"),
        [
            ({"net__lrr": [1]}, "'net__lrr' .did you mean 'net__lr'"),
            ([], "list with a dict at least, got ."),
            ({"lr": [1]}, "'lr' .did you mean 'net__lr'"),
            ({"net__task_weights": [None]}, "without the task weights"),
        ],
    )
    def test_further_parameters(self, param_grid, message, digits):
        pipeline = Pipeline([("scale", StandardScaler()), ("net", make_net())])
        search = TaskWeightSearchCV(pipeline, WEIGHTS, param_grid=param_grid)
        with pytest.raises(ValueError, match=message):
            search.fit(*digits)

    def test_an_estimator_without_weights(self, digits):
        search = TaskWeightSearchCV(StandardScaler(), WEIGHTS)
        with pytest.raises(
            ValueError, match=r"'estimator' .* parameter 'task_weights'"
        ):
            search.fit(*digits)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([[1, 1, 1]], "one weighting only"),
            ([[1, 1, 1], [2, 2, 2], [1, 2, 3]], "1 of the 3 weightings are multiples"),
            ([[1, 0, 1], [2, 0, 1]], "No weighting gives any weight to 'task1'"),
        ],
    )
    def test_poor_grids_are_warned_of(self, weights, message, digits):
        search = TaskWeightSearchCV(make_net(max_epochs=1), weights, cv=2)
        with pytest.warns(UserWarning, match=message):
            search.fit(*digits)

    def test_no_warning_otherwise(self, digits):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=2).fit(*digits)

    def test_candidates_that_fail(self, digits):
        net = make_net(max_epochs=2)
        search = TaskWeightSearchCV(
            net, WEIGHTS[:1], param_grid={"lr": [0.01, 1e30, -1.0]}, cv=2
        )
        with pytest.warns() as caught:
            search.fit(*digits)
        messages = [str(w.message) for w in caught if w.category is FitFailedWarning]
        assert len(messages) == 1
        assert "4 fits failed out of a total of 6" in messages[0]
        assert "NaN or infinite" in messages[0]
        assert "'lr' parameter" in messages[0]
        np.testing.assert_array_equal(
            np.isnan(search.cv_results_["mean_test_mean"]), [False, True, True]
        )
        assert search.best_index_ == 0
        assert search.pareto_front_.tolist() == [0]

    def test_all_fail(self, digits):
        search = TaskWeightSearchCV(make_net(lr=-1), WEIGHTS, cv=2)
        with pytest.raises(ValueError, match="All the 6 fits failed"):
            search.fit(*digits)

    def test_a_fold_in_which_a_task_has_no_label(self, digits):
        """Its score is NaN there, and in its mean; the other tasks have theirs."""
        X, Y = digits[0], digits[1].astype(float)
        Y[:200, 2] = np.nan
        folds = [
            (np.arange(100, 400), np.arange(100)),
            (np.arange(300), np.arange(300, 400)),
        ]
        with pytest.warns(UserWarning, match="undefined for the task"):
            search = TaskWeightSearchCV(make_net(), WEIGHTS, cv=folds).fit(X, Y)
        results = search.cv_results_
        assert np.isnan(results["split0_test_task2"]).all()
        assert not np.isnan(results["split1_test_task2"]).any()
        assert not np.isnan(results["mean_test_task1"]).any()
        assert not np.isnan(results["mean_test_mean"]).any()
        assert len(search.pareto_front_) >= 1

    def test_not_fitted(self, digits):
        with pytest.raises(NotFittedError):
            TaskWeightSearchCV(make_net(), 2).predict(digits[0])


class TestInterruption:
    def test_what_was_finished_is_kept(self, digits, monkeypatch):
        """One candidate is through when the interrupt comes."""
        from sklearn_mtl.model_selection._search import _evaluation

        train = _evaluation.train_together

        def interrupted(members, encode_now):
            yield from list(train(members, encode_now))[:3]
            raise KeyboardInterrupt

        monkeypatch.setattr(_evaluation, "train_together", interrupted)
        search = TaskWeightSearchCV(make_net(), WEIGHTS, cv=FOLDS)
        with pytest.warns(ConvergenceWarning, match="before 2 of 3 candidates"):
            search.fit(*digits)
        known = ~np.isnan(search.cv_results_["mean_test_mean"])
        assert known.sum() == 1
        assert search.best_index_ == np.flatnonzero(known)[0]
        assert search.predict(digits[0]).shape == digits[1].shape

    def test_nothing_was_finished(self, digits, monkeypatch):
        from sklearn_mtl.model_selection._search import _evaluation

        def interrupted(members, encode_now):
            raise KeyboardInterrupt
            yield

        monkeypatch.setattr(_evaluation, "train_together", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TaskWeightSearchCV(make_net(), WEIGHTS).fit(*digits)

    @pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_ctrl_c(self, n_jobs):
        code = f"""
import warnings, numpy as np
from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import MultiTaskNetClassifier
warnings.simplefilter("ignore")
X, Y = load_digits_tasks(return_X_y=True)
net = MultiTaskNetClassifier((8,), early_stopping=False, max_epochs=4, random_state=0)
search = TaskWeightSearchCV(net, 18, n_jobs={n_jobs}, verbose=1).fit(X, Y)
known = ~np.isnan(search.cv_results_["mean_test_mean"])
print("known", known.sum(), known.size, search.predict(X).shape, flush=True)
"""
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout:
            if "fits done" in line:
                break
        process.send_signal(signal.SIGINT)
        last = process.communicate(timeout=120)[0].splitlines()[-1]
        known, total = map(
            int, re.match(r"known (\d+) (\d+) \(1797, 3\)", last).groups()
        )
        assert process.returncode == 0
        assert 0 < known < total


class Recorder:
    """Writes down what it is told."""

    def __init__(self):
        self.events = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, **data):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, **data):
        self.events.append(f"end {context.task_name}")


class TestManners:
    def test_progress(self, digits, capsys):
        search = TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=2)
        search.fit(*digits)
        assert capsys.readouterr().out == ""
        search.set_params(verbose=1).fit(*digits)
        first, last = capsys.readouterr().out.splitlines()
        assert first == ("Fitting 2 folds for each of 3 candidates, totalling 6 fits")
        assert last.startswith("6 of 6 fits done")

    def test_callbacks_of_scikit_learn(self, digits):
        """They are told of the same tasks as by a grid search."""
        pytest.importorskip("sklearn.callback")
        ours = TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=FOLDS)
        theirs = GridSearchCV(
            make_net(max_epochs=1),
            {"task_weights": WEIGHTS},
            scoring=per_task_scorers("accuracy", 3),
            refit="mean",
            cv=FOLDS,
        )
        events = []
        for search in (ours, theirs):
            recorder = Recorder()
            search.set_callbacks(recorder).fit(*digits)
            events.append(recorder.events)
        assert Counter(events[0]) == Counter(events[1])
        assert events[0][-1] == "teardown"

    def test_pickle(self, digits):
        search = TaskWeightSearchCV(make_net(), WEIGHTS, cv=2).fit(*digits)
        copy = pickle.loads(pickle.dumps(search))
        np.testing.assert_array_equal(
            copy.predict(digits[0]), search.predict(digits[0])
        )

    def test_nothing_is_left_of_an_earlier_search(self, digits):
        search = TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=2)
        search.fit(*digits).set_params(refit=False).fit(*digits)
        assert hasattr(search, "pareto_front_")
        for name in ("best_estimator_", "best_params_", "best_score_", "refit_time_"):
            assert not hasattr(search, name)

    def test_a_search_that_cannot_start_keeps_the_last(self, digits):
        search = TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=2).fit(*digits)
        expected = search.predict(digits[0])
        with pytest.raises(ValueError, match="'task_weights'"):
            search.set_params(task_weights=[[1, 2]]).fit(*digits)
        np.testing.assert_array_equal(search.predict(digits[0]), expected)

    def test_the_estimator_is_cloned(self, digits):
        net = make_net()
        TaskWeightSearchCV(net, WEIGHTS, cv=2).fit(*digits)
        assert not hasattr(net, "net_")
        assert net.task_weights is None

    def test_within_a_cross_validation(self, digits):
        from sklearn.model_selection import cross_val_score

        search = TaskWeightSearchCV(make_net(max_epochs=3), WEIGHTS, cv=2)
        scores = cross_val_score(search, *digits, cv=KFold(2))
        assert (scores > 0.3).all()

    def test_weights_of_many_members_fit_the_budget(self, digits):
        """A thousand networks of 0.7 MB each take less than a quarter of their sum."""
        code = """
import resource, numpy as np
from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import TaskWeightSearchCV, task_weight_grid
from sklearn_mtl.neural_network import MultiTaskNetClassifier
X, Y = load_digits_tasks(return_X_y=True)
X, Y = X[:200], Y[:200]
net = MultiTaskNetClassifier((128, 128), max_epochs=1, batch_size=64, random_state=0)
TaskWeightSearchCV(net, 2, cv=2, refit=False).fit(X, Y)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
weights = np.random.default_rng(0).uniform(size=(500, 3)).tolist()
TaskWeightSearchCV(net, weights, cv=2, refit=False).fit(X, Y)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        n_parameters = 65 * 128 + 129 * 128 + 129 * 12
        one = 6 * 4 * n_parameters
        assert int(done.stdout) * 1024 < 1000 * one / 4


class TestInsideOfOthers:
    """A search goes where estimators go; who takes fewer tasks takes fewer weights."""

    @pytest.mark.parametrize("weights", [2, "auto", [None, [1, 2, 3], {"task1": 2}]])
    def test_compared_with_single_tasks(self, weights, digits):
        net = make_net(max_epochs=2)
        search = TaskWeightSearchCV(
            net, weights, param_grid={"lr": [0.01, 0.03]}, cv=2, max_candidates=4
        )
        comparison = compare_with_single_task(search, *digits, cv=2)
        assert not np.isnan(comparison.scores_["single task"]).any()
        chosen = comparison.best_params_["multi-task"]
        assert set(chosen[0]) == {"task_weights", "lr"}

    @pytest.mark.parametrize("weights", [2, [None, [1, 2, 3], {"task1": 2}]])
    def test_on_groups_of_tasks(self, weights, digits):
        search = TaskWeightSearchCV(make_net(max_epochs=2), weights, cv=2)
        groups = [["task0", "task2"], ["task1"]]
        grouped = GroupedTasksClassifier(search, groups).fit(*digits)
        assert grouped.predict(digits[0]).shape == digits[1].shape
        if weights != 2:
            tried = grouped.estimators_[0].task_weights
            assert tried == [None, [1.0, 3.0], [1.0, 1.0]]


def test_equal_weights_alone(digits):
    net = make_net(max_epochs=1)
    search = TaskWeightSearchCV(net, None, param_grid={"lr": [0.01, 0.03]}, cv=2)
    with pytest.warns(UserWarning, match="one weighting only"):
        search.fit(*digits)
    assert search.best_params_["task_weights"] is None
    assert len(search.cv_results_["params"]) == 2


def test_grid_of_a_number(digits):
    search = TaskWeightSearchCV(make_net(max_epochs=1), 2, cv=2).fit(*digits)
    weights = [params["task_weights"] for params in search.cv_results_["params"]]
    np.testing.assert_array_equal(weights, task_weight_grid(3, 2))


def test_scores_of_a_frame_in_another_order():
    X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
    X, Y = X[:200], Y[:200]
    search = TaskWeightSearchCV(make_net(), [None, {"digit": 3}], cv=2).fit(X, Y)
    assert search.score(X, Y[Y.columns[::-1]]) == search.score(X, Y)
    assert isinstance(pd.DataFrame(search.cv_results_), pd.DataFrame)


def fail(y_true, y_pred):
    raise RuntimeError("no score today")


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:The scoring of")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_a_scorer_that_fails(digits):
    net = make_net(max_epochs=1)
    search = TaskWeightSearchCV(net, WEIGHTS, scoring=make_scorer(fail), cv=2)
    with pytest.raises(ValueError, match="can choose none of its candidates"):
        search.fit(*digits)
    assert np.isnan(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test")
def test_a_fold_in_which_scoring_fails(digits):
    """The others have their scores, by the same names."""
    X, Y = digits
    Y = Y.astype(float)
    Y[:50] = np.nan
    rows = np.arange(400)
    folds = [(rows[50:], rows[:50]), (rows[:300], rows[300:])]
    search = TaskWeightSearchCV(make_net(max_epochs=1), WEIGHTS, cv=folds, refit=False)
    results = search.fit(X, Y).cv_results_
    assert np.isnan(results["split0_test_task0"]).all()
    assert not np.isnan(results["split1_test_task0"]).any()


SMALL = {
    "hidden_layer_sizes": (32,),
    "batch_size": 1000,
    "max_epochs": 60,
    "early_stopping": False,
    "lr": 0.02,
    "precision": "float64",
    "random_state": 0,
}


@pytest.mark.filterwarnings("ignore:.*one weighting only")
@parametrize_with_checks(
    [
        TaskWeightSearchCV(MultiTaskNetClassifier(**SMALL), [None], cv=2),
        TaskWeightSearchCV(MultiTaskNetRegressor(**SMALL), [None], cv=2),
    ],
    expected_failed_checks=lambda search: {
        "check_dtype_object": "wants the error of the last fit, which is not made, as "
        "no candidate has a score in every fold"
    },
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)

"""What the regularised classifier and regressor with a search have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import _fit_context
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils._metadata_requests import _raise_for_params, _routing_enabled
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.linear_model._base import BaseRegularizedMTL
from sklearn_mtl.linear_model._folds import make_folds
from sklearn_mtl.linear_model._held_out import (
    HeldOutLoss,
    HeldOutScore,
    ScorerOnHeldOut,
    resolve_scoring,
)
from sklearn_mtl.linear_model._layout import count_columns
from sklearn_mtl.linear_model._path_search import PathSearch
from sklearn_mtl.linear_model._penalty_search import (
    check_alphas,
    search_penalties,
    warn_of_search,
)
from sklearn_mtl.linear_model._search_results import find_best, make_results
from sklearn_mtl.linear_model._task_data import TaskData, weigh_rows
from sklearn_mtl.linear_model.solvers._solve import make_problem
from sklearn_mtl.model_selection import MultiTaskKFold


class BaseRegularizedMTLCV(BaseRegularizedMTL):
    """The weight and the parameters of the penalty by cross-validation."""

    _parameter_constraints: dict[str, Any] = {
        name: constraint
        for name, constraint in BaseRegularizedMTL._parameter_constraints.items()
        if name not in {"alpha", "warm_start"}
    } | {
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither")],
        "param_grid": [StrOptions({"auto"}), dict, list, None],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        penalty: Any = "l21",
        *,
        alphas: Any = 50,
        eps: float = 1e-3,
        param_grid: Any = "auto",
        fit_intercept: bool = True,
        positive: bool = False,
        missing_label: Any = np.nan,
        solver: str = "auto",
        max_iter: int = 10000,
        tol: float = 1e-6,
        cv: Any = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.penalty = penalty
        self.alphas = alphas
        self.eps = eps
        self.param_grid = param_grid
        self.fit_intercept = fit_intercept
        self.positive = positive
        self.missing_label = missing_label
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, **params: Any
    ) -> "BaseRegularizedMTLCV":
        """Search the weight of the penalty, then fit all data with the best one.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs. A sparse matrix is not made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels, in the fits and in the held-out loss. Weight 0
            is the same as a missing label.
        **params : dict
            What the splitter and the scorer ask for, such as ``groups``, where
            scikit-learn's routing of metadata is enabled.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a task has no label, or the penalty does not fit the tasks.
        """
        _raise_for_params(params, self, "fit")
        check_alphas(self.alphas, type(self).__name__)
        given = X, y
        X, encoded, weights, tasks = self._read(X, y, sample_weight, min_samples=2)
        widths = count_columns(tasks)
        data = weigh_rows(X, encoded, weights, widths, self.fit_intercept)
        routed = self._route(sample_weight, params)
        score = self._make_score(data, tasks, y, routed["score"])
        splits = self._split(given, encoded, routed["split"])
        with self._limit_threads(data):
            problem = make_problem(data, self._make_loss, is_reused=True)
            classify = self._kind == "classification"
            folds = make_folds(data, problem, splits, classify=classify)
            search = PathSearch(copy(self), folds, score, self.n_jobs, self.verbose)
            paths = search_penalties(search, problem, tasks)
            path, best = find_best(paths)
            regularizer = replace(path.regularizer, alpha=float(path.alphas[best]))
            start = np.zeros((regularizer.penalty.n_components, *problem.shape))
            solution = self._solve(data, problem, regularizer, start)
            self._keep_fit(solution, problem, regularizer, tasks)
        warn_of_search(search, path, best, tasks)
        self.alpha_, self.alphas_ = regularizer.alpha, path.alphas
        self.penalty_ = regularizer.penalty
        self.best_params_ = {"alpha": self.alpha_, **path.params}
        scored = np.isfinite(path.means[best])
        self.best_score_ = float(path.means[best]) if scored else np.nan
        self.cv_results_ = make_results(paths, tasks.names)
        return self

    @abstractmethod
    def _losses(
        self, scores: np.ndarray, targets: np.ndarray, tasks: Tasks
    ) -> np.ndarray:
        """Return the loss of every label, (n_samples, n_tasks)."""

    def _split(
        self, given: tuple[Any, Any], encoded: np.ndarray, params: Mapping[str, Any]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        splitter = self._make_splitter()
        if isinstance(splitter, MultiTaskKFold) and splitter is not self.cv:
            # A label of weight 0 is missing here too.
            given = given[0], encoded
        splits = list(splitter.split(*given, **params))
        if not splits:
            owner = type(self).__name__
            raise parameter_error("cv", owner, "one split or more", "none")
        return splits

    def _make_splitter(self) -> Any:
        if self.cv is None or isinstance(self.cv, Integral):
            n_splits = 5 if self.cv is None else int(self.cv)
            return MultiTaskKFold(n_splits, random_state=self.random_state)
        return check_cv(self.cv)

    def _make_scorer(self) -> Any:
        owner = type(self).__name__
        if isinstance(self.scoring, str):
            check_option(self.scoring, get_scorer_names(), "scoring", owner)
        if isinstance(self.scoring, Mapping):
            expected = "one scorer, such as one of them"
            raise parameter_error("scoring", owner, expected, "a dict of scorers")
        return resolve_scoring(self.scoring, self, self.missing_label)

    def _make_score(
        self, data: TaskData, tasks: Tasks, y: Any, params: dict[str, Any]
    ) -> HeldOutScore:
        if self.scoring is None:
            return HeldOutLoss(tasks, data.targets)
        return ScorerOnHeldOut(self._make_scorer(), tasks, data.X, y, params)

    def _route(self, sample_weight: Any, params: dict[str, Any]) -> dict[str, Any]:
        if _routing_enabled():
            routed = process_routing(self, "fit", sample_weight=sample_weight, **params)
            score = routed.scorer.score if self.scoring is not None else {}
            return {"split": routed.splitter.split, "score": score}
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return {"split": {}, "score": weights}

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata is passed to the splitter and the scorer.

        Returns
        -------
        MetadataRouter
            The routing.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        split = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=self._make_splitter(), method_mapping=split)
        if self.scoring is not None:
            score = MethodMapping().add(caller="fit", callee="score")
            router.add(scorer=self._make_scorer(), method_mapping=score)
        return router

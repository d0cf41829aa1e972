"""What the regularised classifier and regressor have in common."""

import warnings
from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_consistent_length
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import _get_threadpool_controller
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_mtl._plain_state import PlainStateMixin
from sklearn_mtl._tasks import Kind, Tasks, read_targets
from sklearn_mtl._validation import check_sample_weight, parameter_error
from sklearn_mtl.linear_model._layout import count_columns, join_tasks
from sklearn_mtl.linear_model._ranges import check_ranges
from sklearn_mtl.linear_model._task_data import TaskData, make_task_data
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._registry import check_positive, make_penalty
from sklearn_mtl.linear_model.solvers import SOLVERS
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solution import Solution
from sklearn_mtl.linear_model.solvers._solve import make_problem, solve

# Up to so many features, a second thread costs more than it brings.
_FEW_FEATURES = 1000


class BaseRegularizedMTL(PlainStateMixin, BaseEstimator):
    """A loss per task and a penalty on the coefficients of all tasks."""

    _parameter_constraints: dict[str, Any] = {
        "penalty": "no_validation",
        "alpha": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "positive": ["boolean"],
        "missing_label": "no_validation",
        "solver": [StrOptions(set(SOLVERS))],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
    }

    def __init__(
        self,
        penalty: Any = "l21",
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        positive: bool = False,
        missing_label: Any = np.nan,
        solver: str = "auto",
        max_iter: int = 10000,
        tol: float = 1e-6,
        warm_start: bool = False,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.positive = positive
        self.missing_label = missing_label
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BaseRegularizedMTL":
        """Fit the coefficients of all tasks together.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs. A sparse matrix is not made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels. Weight 0 is the same as a missing label.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a task has no label, or the penalty does not fit the tasks.
        """
        X, encoded, weights, tasks = self._read(X, y, sample_weight)
        regularizer = self._make_regularizer(self.penalty, tasks, X.shape[1])
        regularizer = replace(regularizer, alpha=self.alpha)
        widths = count_columns(tasks)
        data = make_task_data(X, encoded, weights, widths, self.fit_intercept)
        with self._limit_threads(data):
            problem = make_problem(data, self._make_loss)
            start = self._start(regularizer.penalty, problem.shape)
            solution = self._solve(data, problem, regularizer, start)
            self._keep_fit(solution, problem, regularizer, tasks)
        return self

    _kind: Kind

    @abstractmethod
    def _make_loss(self, n_columns: int) -> Loss:
        """Return the loss of a task with so many columns of coefficients."""

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, min_samples: int = 1
    ) -> tuple[Any, np.ndarray, np.ndarray, Tasks]:
        """Return the inputs, the encoded labels, their weights, and the tasks.

        Where there is nothing to learn from a label, its weight is 0.
        """
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X = validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=np.float64,
            ensure_min_samples=min_samples,
        )
        check_consistent_length(X, targets.observed)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        targets = targets.mask(weights)
        tasks = Tasks.infer(targets, self._kind, owner)
        encoded = tasks.encode(targets, owner)
        check_ranges(X, encoded, owner)
        return X, encoded, weights * self._has_loss(tasks), tasks

    def _limit_threads(self, data: TaskData) -> Any:
        n_threads = 1 if data.n_features <= _FEW_FEATURES else None
        controller = _get_threadpool_controller()
        return controller.limit(limits=n_threads, user_api="blas")

    def _solve(
        self,
        data: TaskData,
        problem: Problem,
        regularizer: Regularizer,
        start: np.ndarray,
    ) -> Solution:
        return solve(
            data,
            problem,
            regularizer,
            start,
            solver=self.solver,
            max_iter=self.max_iter,
            tol=self.tol,
            owner=type(self).__name__,
        )

    def _has_loss(self, tasks: Tasks) -> np.ndarray:
        """Return which tasks there is something to learn of."""
        return np.ones(tasks.n_tasks, dtype=bool)

    def _make_regularizer(
        self, penalty: Any, tasks: Tasks, n_features: int
    ) -> Regularizer:
        """Return the penalty with a weight of 1, checked against the tasks."""
        owner = type(self).__name__
        penalty, widths = make_penalty(penalty, owner), count_columns(tasks)
        if self.positive:
            check_positive(penalty, owner)
        if not penalty.relates_tasks:
            penalty._check(n_features, int(widths.sum()))
            return Regularizer(penalty, 1.0, positive=self.positive)
        penalty._check(n_features, tasks.n_tasks)
        if widths.max() > 1 and not _have_same_classes(tasks):
            raise parameter_error(
                "penalty",
                owner,
                "one that does not compare the tasks class by class, as they have "
                "different classes",
                type(penalty).__name__,
            )
        return Regularizer(penalty, 1.0, int(widths[0]), self.positive)

    def _start(self, penalty: Penalty, shape: tuple[int, int]) -> np.ndarray:
        start = np.zeros((penalty.n_components, *shape))
        last = getattr(self, "_components", None)
        if self.warm_start and last is not None and last.shape == start.shape:
            return last
        return start

    def _warn_if_not_converged(self, solution: Solution) -> None:
        if solution.converged:
            return
        what = "the size of the next step" if np.isnan(solution.gap) else "duality gap"
        warnings.warn(
            f"{type(self).__name__} did not converge in {solution.n_iter} iteration(s):"
            f" relative {what} {solution.error:.2g}, above tol={self.tol:.2g}. Raise "
            "max_iter or tol, or scale the features.",
            ConvergenceWarning,
            stacklevel=5,
        )

    def _keep_fit(
        self,
        solution: Solution,
        problem: Problem,
        regularizer: Regularizer,
        tasks: Tasks,
    ) -> None:
        at_zero = problem.evaluate(np.zeros(problem.shape))
        self.alpha_max_ = regularizer.alpha_max(at_zero.gradient)
        self._warn_if_not_converged(solution)
        self._keep(solution, tasks, regularizer.penalty)

    def _keep(self, solution: Solution, tasks: Tasks, penalty: Penalty) -> None:
        for name in ("components_", "task_covariance_"):
            # Not every penalty has them.
            self.__dict__.pop(name, None)
        self._tasks = tasks
        self._components = solution.components
        W = solution.components.sum(axis=0)
        self.coef_ = self._arrange(W.T, tasks)
        self.intercept_ = self._arrange(solution.intercept, tasks)
        if penalty.n_components > 1:
            self.components_ = [
                self._arrange(component.T, tasks) for component in solution.components
            ]
        if (covariance := penalty._find_task_covariance(W)) is not None:
            self.task_covariance_ = covariance
        self.dual_gap_, self.n_iter_ = solution.gap, solution.n_iter
        self.n_tasks_ = self.n_outputs_ = tasks.n_tasks
        self.task_names_ = np.array(tasks.names, dtype=object)

    @abstractmethod
    def _arrange(self, rows: np.ndarray, tasks: Tasks) -> Any:
        """Return what has a row per column of W as the user sees it."""

    def _predict_scores(self, X: Any) -> np.ndarray:
        """Return the scores (n_samples, n_columns)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        coef = np.atleast_2d(join_tasks(self.coef_))
        return X @ coef.T + join_tasks(self.intercept_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _have_same_classes(tasks: Tasks) -> bool:
    lists = [[] if known is None else known.tolist() for known in tasks.classes]
    return all(known == lists[0] for known in lists)

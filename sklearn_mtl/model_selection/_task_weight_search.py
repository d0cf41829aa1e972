import warnings
from collections.abc import Mapping, Sequence
from copy import copy
from itertools import product
from numbers import Integral
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV, _search_estimator_has
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures
from sklearn.utils import get_tags, indexable
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_method_params, check_is_fitted

from sklearn_mtl._tasks import Targets, read_targets
from sklearn_mtl._validation import check_option
from sklearn_mtl.model_selection._k_fold import MultiTaskKFold
from sklearn_mtl.model_selection._search._callbacks import SearchTasks
from sklearn_mtl.model_selection._search._parameters import (
    find_missing_label,
    find_weights_parameter,
    list_points,
)
from sklearn_mtl.model_selection._search._progress import SearchProgress
from sklearn_mtl.model_selection._search._results import (
    Result,
    fill_in_names,
    find_front,
    find_task_scores,
    score_weightings,
)
from sklearn_mtl.model_selection._search._scoring import make_scorers
from sklearn_mtl.model_selection._search._weightings import (
    Listed,
    Refinement,
    make_plan,
)
from sklearn_mtl.multioutput._find_kinds import find_kinds

if TYPE_CHECKING:
    from sklearn_mtl.model_selection._search._jobs import Jobs

_OWNER = "TaskWeightSearchCV"

# What a search may not find, and must not have from an earlier one then.
_CHOSEN = (
    "best_estimator_",
    "best_index_",
    "best_params_",
    "best_score_",
    "feature_names_in_",
    "pareto_front_",
    "refit_time_",
)


class TaskWeightSearchCV(BaseSearchCV):
    """Search for the weights of the tasks, at the price of a few fits.

    What ``GridSearchCV`` would find, but the networks of all candidates and folds are
    trained together, as one network with a leading axis of members: each with its own
    task weights, rows, order of batches, learning rate, weight decay, early stopping
    and best epoch. Weightings are judged task by task, and those that no other
    dominates are the Pareto front.

    Parameters
    ----------
    estimator : estimator
        A network, a pipeline that ends with one, or any other estimator that has a
        parameter `task_weights`. It is cloned.
    task_weights : list of weightings, int, "auto" or None
        What to try: a list with, for each weighting, what the parameter `task_weights`
        takes; a number of divisions, for the grid of :func:`task_weight_grid`; "auto",
        which starts with a coarse grid and refines it around the Pareto front; or None,
        for equal weights alone, where `param_grid` is all there is to search.
    param_grid : dict or list of dict, default=None
        More parameters to try together with each weighting, as in
        :class:`~sklearn.model_selection.ParameterGrid`. In a pipeline they carry the
        name of the step, such as ``net__lr``.
    scoring : str, callable, list, tuple or dict, default=None
        How to score. The name of a scikit-learn scorer, such as `"roc_auc"`, stands
        for the score of each task and their mean; None for the accuracy of
        classification tasks and the R² of regression tasks. All else is taken as
        ``GridSearchCV`` takes it: use :func:`~sklearn_mtl.metrics.per_task_scorers` for
        scores by task.
    refit : bool, str or callable, default=True
        Which score chooses the parameters that the estimator is fitted with on all
        data: its name, or a function of `cv_results_` that returns the index. True
        stands for "mean", or for the only score there is. False fits nothing.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. A number n, 5 by default, stands for
        ``MultiTaskKFold(n, random_state=0)``.
    n_jobs : int, default=None
        In how many processes to train. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    return_train_score : bool, default=False
        Whether to score the training parts as well.
    verbose : int, default=0
        1 prints how far the search is.
    max_candidates : int, default=50
        How many weightings "auto" tries at most.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        A column for each parameter and score, with an entry for each candidate, as of
        ``GridSearchCV``: ``params``, ``mean_test_<task>``, ``std_test_<task>``,
        ``rank_test_<task>``, ``split0_test_<task>``, the same for ``mean``, times, and
        with "auto" the round of each candidate, ``iter``.
    pareto_front_ : ndarray of int
        The candidates that no other dominates: none is as good on all tasks and better
        on one. Best mean first. Only if there are scores by task.
    best_index_ : int
        The candidate that was chosen.
    best_params_ : dict
        Its parameters.
    best_score_ : float
        Its mean score over the folds.
    best_estimator_ : estimator
        The estimator with these parameters, fitted on all data.
    refit_time_ : float
        The seconds that fit took.
    n_splits_ : int
        The number of folds.
    scorer_ : callable or dict of callable
        What scored.
    multimetric_ : bool
        Whether there are several scores.
    task_names_ : list of str
        The names of the tasks.
    n_features_in_ : int
        The number of features, if `best_estimator_` knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if `best_estimator_` knows them.

    Raises
    ------
    ValueError
        In `fit`, if a weighting or a parameter is bad, or every fit failed.

    Warns
    -----
    FitFailedWarning
        If some fits failed: their scores are NaN.
    ConvergenceWarning
        If the search was interrupted: scores that it did not get to are NaN.

    See Also
    --------
    task_weight_grid : The grid of a number of divisions.
    compare_with_single_task : Tells whether learning together helped.
    sklearn.model_selection.GridSearchCV : Fits one by one, with the same results.

    Notes
    -----
    Candidates that differ in task weights, `lr` and `weight_decay` start from the same
    weights and get the same batches. Other parameters may differ too. An MLP is stacked
    by hand, and those that leave its shape as it is (`dropout`, `random_state`,
    parameters of a balancer) differ within one stack; there is one for each shape. Any
    other network is mapped by ``torch.func.vmap``, in a stack for each setting of the
    other parameters, and where it has dropout for each fold. What cannot be stacked is
    fitted by itself: networks with callbacks, with layers that keep statistics (batch
    normalisation), with a penalty on their layers, or with a balancer of gradients
    that is not one of products of gradients at the last layer of an MLP; and
    estimators other than networks and their pipelines. Either way, the results are
    those of ``GridSearchCV`` up to rounding.

    Members are trained in chunks of 64 MB (2 GB on a GPU), all folds of a candidate
    together.

    Of an interrupted search (Ctrl-C) the results that are there are kept, and the best
    of them is refitted.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.model_selection import TaskWeightSearchCV
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
    >>> X, Y = X[:300], Y[:300]
    >>> net = MultiTaskNetClassifier((16,), max_epochs=20, random_state=0)
    >>> search = TaskWeightSearchCV(net, 2, cv=3).fit(X, Y)
    >>> len(search.cv_results_["params"])
    6
    >>> search.best_params_["task_weights"]
    array([...])
    >>> search.predict(X).shape
    (300, 3)
    """

    _parameter_constraints: dict[str, Any] = {
        **BaseSearchCV._parameter_constraints,
        "task_weights": "no_validation",
        "param_grid": [Mapping, list, None],
        "max_candidates": [Interval(Integral, 1, None, closed="left")],
    }
    for _name in ("pre_dispatch", "error_score"):
        del _parameter_constraints[_name]

    # What scikit-learn's methods look for.
    error_score = np.nan
    pre_dispatch = "2*n_jobs"

    def __init__(
        self,
        estimator: Any,
        task_weights: Any,
        *,
        param_grid: Any = None,
        scoring: Any = None,
        refit: Any = True,
        cv: Any = None,
        n_jobs: int | None = None,
        return_train_score: bool = False,
        verbose: int = 0,
        max_candidates: int = 50,
    ) -> None:
        self.estimator = estimator
        self.task_weights = task_weights
        self.param_grid = param_grid
        self.scoring = scoring
        self.refit = refit
        self.cv = cv
        self.n_jobs = n_jobs
        self.return_train_score = return_train_score
        self.verbose = verbose
        self.max_candidates = max_candidates

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Search, and fit the estimator with the best parameters.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs, in any form that the estimator takes.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; they may be missing.
        **params : dict of str to object
            Parameters of the estimator's `fit`, such as `sample_weight`, and `groups`
            for the splitter, as ``GridSearchCV`` takes them.

        Returns
        -------
        self : object
            The fitted search.
        """
        label = find_missing_label(self.estimator)
        targets = read_targets(y, missing_label=label, owner=_OWNER)
        tasks = targets.names
        parameter = find_weights_parameter(self.estimator, _OWNER)
        points = list_points(self.param_grid, self.estimator, parameter, _OWNER)
        plan = make_plan(self.task_weights, tasks, self.max_candidates, _OWNER)
        for flaw in plan.flaws:
            warnings.warn(f"{_OWNER}: {flaw}", stacklevel=3)
        self._scorers = self._make_scorers(targets, label)
        self._check_refit()
        X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        cv = self._make_splitter(y, label)
        folds = list(cv.split(X, y, **routed.splitter.split))
        self.task_names_ = list(tasks)
        self.n_splits_ = len(folds)
        tasks_of_fit = SearchTasks(self, X, y)
        jobs = self._make_jobs(X, y, folds, routed, tasks_of_fit)
        n_fits = plan.n_weightings
        if n_fits is not None:
            n_fits *= len(points) * len(folds)
        with tasks_of_fit.searching(n_fits), jobs:
            self._search(plan, points, parameter, jobs)
        if jobs.interrupted:
            self._warn_of_interruption()
        if self._choose(jobs.interrupted) and self.refit:
            self._refit_best(X, y, routed.estimator.fit, tasks_of_fit)
        tasks_of_fit.end()
        return self

    @property
    def n_features_in_(self) -> int:
        """The number of features of the best estimator."""
        return super().n_features_in_

    @available_if(_search_estimator_has("transform"))
    def fit_transform(self, X: Any, y: Any, **params: Any) -> np.ndarray:
        """Search, and return the representation of X that the tasks share.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels.
        **params : dict of str to object
            As in `fit`.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_units)
            What `transform` of the best estimator returns.
        """
        return self.fit(X, y, **params).transform(X)

    def _make_scorers(self, targets: Targets, label: Any) -> Any:
        kinds = find_kinds(self.estimator, targets)
        if isinstance(kinds, str):
            kinds = [kinds] * targets.n_tasks
        return make_scorers(self.scoring, self.estimator, targets.names, kinds, label)

    def _check_refit(self) -> None:
        """Raise before the search if the score to choose by is known to be none."""
        scorers = getattr(self._scorers, "_scorers", self._scorers)
        if isinstance(self.refit, str) and isinstance(scorers, Mapping):
            check_option(self.refit, scorers, "refit", _OWNER)

    def _get_scorers(self) -> tuple[Any, Any]:
        """Return the scorers, and by which to choose, as scikit-learn asks for them."""
        if not hasattr(self, "_scorers"):
            return super()._get_scorers()
        return self._scorers, self.refit

    def _make_splitter(self, y: Any, label: Any) -> Any:
        if self.cv is None or isinstance(self.cv, Integral):
            n_splits = 5 if self.cv is None else int(self.cv)
            return MultiTaskKFold(n_splits, random_state=0, missing_label=label)
        return check_cv(self.cv, y)

    def _make_jobs(
        self,
        X: Any,
        y: Any,
        folds: Sequence[tuple[Any, Any]],
        routed: Any,
        tasks: SearchTasks,
    ) -> "Jobs":
        # With torch, which is slow to import.
        from sklearn_mtl.model_selection._search._evaluation import Evaluation
        from sklearn_mtl.model_selection._search._jobs import Jobs

        evaluation = Evaluation(
            clone(self.estimator),
            X,
            y,
            tuple(self.task_names_),
            self._scorers,
            routed.estimator.fit,
            routed.scorer.score,
            self.return_train_score,
        )
        progress = SearchProgress(self.verbose, tasks)
        return Jobs(evaluation, folds, self.n_jobs, progress)

    def _search(
        self,
        plan: Listed | Refinement,
        points: Sequence[dict[str, Any]],
        parameter: str,
        jobs: "Jobs",
    ) -> None:
        """Evaluate what the plan says, round by round, and set the results."""
        candidates: list[dict[str, Any]] = []
        results: list[list[Result | None]] = []
        rounds: list[int] = []
        weightings = plan.start()
        while weightings:
            new = [
                {**point, parameter: weights}
                for weights, point in product(weightings, points)
            ]
            rounds += [max(rounds, default=-1) + 1] * len(new)
            candidates += new
            results += jobs.run(new)
            if jobs.interrupted:
                break
            scores = score_weightings(results, self.task_names_, len(points))
            weightings = plan.go_on(scores)
        self._set_results(candidates, results, jobs.evaluation.without_scores())
        if isinstance(plan, Refinement):
            self.cv_results_["iter"] = np.array(rounds)

    def _set_results(
        self,
        candidates: list[dict[str, Any]],
        results: list[list[Result | None]],
        without_scores: Result,
    ) -> None:
        found = [result for folds in results for result in folds]
        done = [result for result in found if result is not None]
        if not done:
            raise KeyboardInterrupt
        _warn_or_raise_about_fit_failures(done, np.nan)
        for name in _CHOSEN:
            self.__dict__.pop(name, None)
        absent = {"fit_error": "", "fit_time": np.nan, "score_time": np.nan}
        out = [
            {**absent, **without_scores} if result is None else result
            for result in found
        ]
        fill_in_names(out)
        self.multimetric_ = isinstance(out[0]["test_scores"], dict)
        self.cv_results_ = self._format_results(candidates, self.n_splits_, out)
        scorers = self._scorers
        self.scorer_ = getattr(scorers, "_scorers", scorers)
        scores = find_task_scores(self.cv_results_, self.task_names_, self.n_splits_)
        if scores is not None:
            self.pareto_front_ = find_front(scores)
        elif len(self.task_names_) > 1:
            warnings.warn(
                f"The scoring of {_OWNER} has no score for each task, and there is no "
                "pareto_front_: see sklearn_mtl.metrics.per_task_scorers.",
                stacklevel=5,
            )

    def _choose(self, interrupted: bool) -> bool:
        """Set the best candidate, and return whether there is one to choose."""
        if not self.refit and self.multimetric_:
            return False
        metric = self._find_metric()
        results = self.cv_results_
        if not callable(metric) and np.isnan(results[f"mean_test_{metric}"]).all():
            if not interrupted:
                raise ValueError(
                    f"{_OWNER} can choose none of its candidates: the mean of the "
                    f"score {metric!r} over the folds is NaN for all. See cv_results_."
                )
            return False
        self.best_index_ = self._select_best_index(self.refit, metric, results)
        if not callable(metric):
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]
        return True

    def _find_metric(self) -> Any:
        """Return the score to choose by: its name, or what the user gave to choose."""
        if callable(self.refit):
            return self.refit
        if not self.multimetric_:
            return "score"
        names = [
            name.removeprefix("mean_test_")
            for name in self.cv_results_
            if name.startswith("mean_test_")
        ]
        metric = "mean" if self.refit is True else self.refit
        check_option(metric, names, "refit", _OWNER)
        return metric

    def _warn_of_interruption(self) -> None:
        n_absent = int(np.isnan(self.cv_results_["mean_fit_time"]).sum())
        n_candidates = len(self.cv_results_["params"])
        warnings.warn(
            f"The search was interrupted before {n_absent} of {n_candidates} "
            "candidates were through. Their scores are NaN, and the best of the others "
            "is used.",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _refit_best(
        self, X: Any, y: Any, fit_params: Mapping[str, Any], tasks: SearchTasks
    ) -> None:
        best = clone(self.best_params_, safe=False)
        self.best_estimator_ = clone(self.estimator).set_params(**best)
        start = perf_counter()
        with tasks.refitting(self.best_estimator_):
            self.best_estimator_.fit(X, y, **fit_params)
        self.refit_time_ = perf_counter() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    def score(self, X: Any, y: Any = None, **params: Any) -> float:
        """Return the score of the best estimator that chose it.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels.
        **params : dict of str to object
            Parameters of the scorer, with metadata routing.

        Returns
        -------
        score : float
            The score named by `refit`: the mean over tasks by default.
        """
        check_is_fitted(self)
        if not self.multimetric_ or self.refit is not True:
            return super().score(X, y, **params)
        named = copy(self)
        named.refit = self._find_metric()
        return named.score(X, y, **params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.transformer_tags = inner.transformer_tags
        tags.target_tags = inner.target_tags
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags

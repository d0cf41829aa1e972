import inspect
import warnings
from abc import abstractmethod
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.ensemble._base import _BaseHeterogeneousEnsemble
from sklearn.utils import Bunch, check_random_state, get_tags, indexable
from sklearn.utils.validation import validate_data

from sklearn_mtl._tasks import Kind, Tasks, read_targets
from sklearn_mtl._validation import check_sample_weight, list_some
from sklearn_mtl.ensemble._candidates._candidates import Candidates
from sklearn_mtl.ensemble._candidates._read_candidates import (
    are_pairs,
    are_plain,
    drop_dropped,
    read_candidates,
    spread_over_tasks,
)
from sklearn_mtl.model_selection._compare._fit_and_score import (
    Trial,
    check_weighable,
    is_estimator,
    resolve_metrics,
)
from sklearn_mtl.model_selection._compare._missing_labels import check_missing_labels
from sklearn_mtl.model_selection._compare._repeats import make_splitter, split_repeats
from sklearn_mtl.multioutput._base import BaseIndependentTasks
from sklearn_mtl.multioutput._fit_one_task import check_use_of_weights


class BaseCandidateEnsemble(_BaseHeterogeneousEnsemble):
    """What the estimators have in common that try several candidates, fold by fold.

    A subclass has the parameters `estimators`, `cv`, `n_jobs`, `missing_label`,
    `random_state` and `verbose`.
    """

    _kind: Kind
    _tasks: Tasks
    estimators: list[tuple[str, Any]]
    cv: Any
    n_jobs: int | None
    missing_label: Any
    random_state: Any
    verbose: int

    _parameter_constraints: dict[str, Any] = {
        "estimators": [list],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "missing_label": "no_validation",
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Try the candidates in every fold, and fit those that are used to all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs, in any form that the candidates take.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels, with which candidates are fitted, and scored
            or combined. Weight 0 is the same as a missing label.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a task has no label, or a candidate takes no weights that are given, or
            has another `missing_label`. An error of a candidate carries a note that
            names it and the fold.
        """
        candidates = self._read(X, y, sample_weight)
        choice = self._choose(candidates)
        fitted = candidates.fit(self._find_used(choice), self.n_jobs)
        # From here on nothing takes time: an interrupt leaves the last fit as it was.
        validate_data(self, X, skip_check_array=True)
        self._keep(choice)
        self._tasks = candidates.tasks
        self.estimators_ = list(fitted.values())
        self.named_estimators_ = Bunch(**fitted)
        self.n_tasks_ = self.n_outputs_ = self._tasks.n_tasks
        self.task_names_ = np.array(self._tasks.names, dtype=object)
        return self

    @abstractmethod
    def _choose(self, candidates: Candidates) -> Any:
        """Try the candidates, and return what is to become of them."""

    @abstractmethod
    def _find_used(self, choice: Any) -> Sequence[str]:
        """Return the names of the candidates that the predictions are made of."""

    @abstractmethod
    def _keep(self, choice: Any) -> None:
        """Set the fitted attributes that tell what was chosen."""

    def _read(self, X: Any, y: Any, sample_weight: Any) -> Candidates:
        owner = type(self).__name__
        reserved = list(inspect.signature(type(self)).parameters)
        given = read_candidates(self.estimators, self._kind, reserved, owner)
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X, y, sample_weight = indexable(X, y, sample_weight)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        estimators = spread_over_tasks(
            given,
            self._kind,
            self.missing_label,
            plain=are_plain(y, targets, sample_weight, weights),
        )
        check_missing_labels(estimators, targets, self.missing_label, owner)
        if sample_weight is not None:
            check_weighable(estimators, owner)
            for estimator in estimators.values():
                if isinstance(estimator, BaseIndependentTasks):
                    check_use_of_weights(estimator.estimator, weights, owner)
            sample_weight = np.asarray(sample_weight)
        targets = targets.mask(weights)
        tasks = Tasks.infer(targets, self._kind, owner)
        self._warn_of_constants(tasks)
        metrics = resolve_metrics(self._scoring(), tasks.names, tasks.kinds, owner)
        trial = Trial(
            X, y, sample_weight, targets.observed, self.missing_label, metrics
        )
        splitter = make_splitter(self.cv, 1, trial, self.random_state, owner)
        rng = check_random_state(self.random_state)
        (folds,) = split_repeats(splitter, 1, trial, rng)
        return Candidates(estimators, trial, targets, weights, tasks, splitter, folds)

    def _scoring(self) -> Any:
        """Return the metric of the candidates, None for the default one."""
        return None

    def _warn_of_constants(self, tasks: Tasks) -> None:
        constant = [
            task
            for task, classes in zip(tasks.names, tasks.classes, strict=True)
            if classes is not None and len(classes) == 1
        ]
        if constant:
            warnings.warn(
                f"{type(self).__name__} was given a single class for "
                f"{list_some(constant)}, and will predict it always.",
                stacklevel=5,
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        if are_pairs(self.estimators):
            tags.non_deterministic = any(
                get_tags(estimator).non_deterministic
                for estimator in drop_dropped(self.estimators)
                if is_estimator(estimator)
            )
        return tags

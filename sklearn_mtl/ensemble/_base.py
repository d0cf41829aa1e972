"""What the ensembles share: how they read labels, and how they show predictions."""

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_mtl._class_weight import weigh_classes
from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Tasks, read_targets
from sklearn_mtl._validation import check_sample_weight, check_task_weights
from sklearn_mtl.ensemble._class_probabilities import ClassProbabilitiesMixin


@dataclass(frozen=True)
class LabelledRows:
    """Inputs with the code or the quantity, and the weight, of every label.

    `encoded` and `weights` are (n_samples, n_tasks): a missing label is NaN and has
    weight 0, all others weigh more. `task_weights` are the λ of the tasks.
    """

    X: Any
    encoded: np.ndarray
    weights: np.ndarray
    tasks: Tasks
    task_weights: np.ndarray

    @property
    def n_classes(self) -> np.ndarray:
        """The number of classes of each task, 1 for a quantity."""
        return np.array([1 if c is None else len(c) for c in self.tasks.classes])

    def with_labels(self) -> "LabelledRows":
        """Return the rows that have a label; the others teach nothing."""
        rows = np.flatnonzero(self.weights.any(axis=1))
        if len(rows) == len(self.weights):
            return self
        return LabelledRows(
            self.X[rows],
            self.encoded[rows],
            self.weights[rows],
            self.tasks,
            self.task_weights,
        )


class BaseTaskEnsemble(BaseEstimator):
    """An ensemble of trees for several tasks.

    A subclass has the parameters `task_weights` and `missing_label`, and for classes
    `class_weight`.
    """

    _kind: Kind
    _tasks: Tasks
    task_weights: Any
    missing_label: Any

    def _read(self, X: Any, y: Any, sample_weight: Any) -> LabelledRows:
        """Return what `fit` was given, checked."""
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X = self._check_X(X, reset=True)
        check_consistent_length(X, targets.observed)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        targets = targets.mask(weights)
        tasks = Tasks.infer(targets, self._kind, owner)
        task_weights = check_task_weights(self.task_weights, tasks.names, owner)
        encoded = tasks.encode(targets, owner)
        weights = self._weigh(encoded, weights, tasks)
        encoded[weights == 0] = np.nan
        self._warn_of_constant_tasks(tasks)
        return LabelledRows(X, encoded, weights, tasks, task_weights)

    def _check_X(self, X: Any, *, reset: bool = False) -> Any:
        """Return the inputs in float32, as a dense array or a CSR matrix."""
        return validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=np.float32,
            ensure_all_finite="allow-nan",
            reset=reset,
        )

    def _weigh(
        self, encoded: np.ndarray, weights: np.ndarray, tasks: Tasks
    ) -> np.ndarray:
        """Return the weights of the labels, times those of their classes."""
        return weights

    def _warn_of_constant_tasks(self, tasks: Tasks) -> None:
        for task, classes in zip(tasks.names, tasks.classes, strict=True):
            if classes is not None and len(classes) == 1:
                warnings.warn(
                    f"The task {task!r} given to {type(self).__name__} has one class "
                    f"only, {classes.tolist()[0]!r}, and will be predicted as such "
                    "always.",
                    stacklevel=5,
                )

    def _keep_tasks(self, tasks: Tasks) -> None:
        """Set the fitted attributes about the tasks."""
        self._tasks = tasks
        self.n_tasks_ = self.n_outputs_ = tasks.n_tasks
        self.task_names_ = np.array(tasks.names, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


class ClassifierEnsembleMixin(ClassProbabilitiesMixin):
    """Classes that are the most probable; it comes before `BaseTaskEnsemble`."""

    class_weight: Any

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Predicted labels. The dtype is numeric when the labels of all tasks are,
            else object.
        """
        check_is_fitted(self)
        codes = [p.argmax(axis=1) for p in self._probabilities(X)]
        return self._tasks.decode(np.column_stack(codes))

    def _weigh(
        self, encoded: np.ndarray, weights: np.ndarray, tasks: Tasks
    ) -> np.ndarray:
        owner = type(self).__name__
        return weigh_classes(self.class_weight, tasks, encoded, weights, owner)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class RegressorEnsembleMixin(TaskScoringMixin, RegressorMixin):
    """Quantities; it comes before `BaseTaskEnsemble`."""

    _kind: Kind = "regression"
    _tasks: Tasks

    @abstractmethod
    def _quantities(self, X: Any) -> np.ndarray:
        """Return the predictions, (n_samples, n_tasks)."""

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks)
            The predicted targets; 1-D if `y` was.
        """
        check_is_fitted(self)
        predicted = self._quantities(X)
        return predicted[:, 0] if self._tasks.one_dimensional else predicted

"""What the ensembles of classifiers share."""

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Tasks


def _has_predict_proba(self: "ClassProbabilitiesMixin") -> bool:
    return self._has_probabilities()


class ClassProbabilitiesMixin(TaskScoringMixin, ClassifierMixin):
    """Classes and their probabilities; it comes before the base of an ensemble."""

    _kind: Kind = "classification"
    _tasks: Tasks

    def _has_probabilities(self) -> bool:
        """Return whether what the probabilities come from has some."""
        return True

    @abstractmethod
    def _probabilities(self, X: Any) -> list[np.ndarray]:
        """Return the probabilities of each task, (n_samples, n_classes)."""

    @property
    def classes_(self) -> Any:
        """The classes of each task."""
        classes = list(self._tasks.classes)
        return classes[0] if self._tasks.one_dimensional else classes

    @available_if(_has_predict_proba)
    def predict_proba(self, X: Any) -> Any:
        """Predict the probabilities of the classes of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of such arrays
            One array per task, in the order of its `classes_`; an array if `y` was 1-D.
        """
        check_is_fitted(self)
        probabilities = self._probabilities(X)
        return probabilities[0] if self._tasks.one_dimensional else probabilities

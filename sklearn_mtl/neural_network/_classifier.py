"""A network that classifies several columns at once."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import Tags

from sklearn_mtl._class_weight import CLASS_WEIGHT_OPTIONS
from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Targets
from sklearn_mtl.neural_network import _docs
from sklearn_mtl.neural_network._base import BaseMultiTaskNet


@dataclass(repr=False, eq=False)
class MultiTaskNetClassifier(TaskScoringMixin, ClassifierMixin, BaseMultiTaskNet):
    __doc__ = f"""Classify several columns of labels with one shared network.

    A trunk that all tasks share is trained with one head per task on::

        L = sum_t λ_t L_t / sum_t λ_t,    L_t = sum_i w_it l_it / sum_i w_it

    where l_it is the cross-entropy of label t of row i, w_it its weight (0 if it is
    missing) and λ_t the weight of the task. Labels may be missing anywhere.

    Parameters
    ----------
    {_docs.PARAMETERS}
    class_weight : "balanced", dict, list or None, default=None
        Weights of the classes. "balanced" weighs them in each task inversely to their
        frequency. A dict maps classes to weights if y is 1-D, else names of tasks to
        "balanced" or such a dict; a list has one of these, or None, per task.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of such
        The classes; a list with the classes of each task if y was 2-D.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskNetRegressor : The same for columns of quantities.
    MultiTaskNet : The same for columns of both kinds.
    sklearn_mtl.multioutput.IndependentTasksClassifier : One model per task, the
        baseline.
    sklearn_mtl.model_selection.compare_with_single_task : Says whether learning
        together helped.

    Notes
    -----
    A batch estimates L without bias: it divides the sum over its labels of a task by
    the number it expects to hold of them, so that rare tasks are neither drowned nor
    blown up by the batches they happen to be in.

    There is no ``decision_function``, since scikit-learn has no format of it for
    several tasks.

    References
    ----------
    Caruana, R. (1997). Multitask learning. Machine Learning, 28, 41-75.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> Y = Y.astype(float)
    >>> Y[::2, 1] = np.nan  # half the labels of the second task are missing
    >>> net = MultiTaskNetClassifier((64,), max_epochs=50, random_state=0)
    >>> net.fit(X[:1000], Y[:1000]).predict(X[1000:]).shape
    (797, 3)
    >>> net.score(X[1000:], Y[1000:]) > 0.8
    True
    """

    _: KW_ONLY
    class_weight: Any = None

    _parameter_constraints = {
        **BaseMultiTaskNet._parameter_constraints,
        "class_weight": CLASS_WEIGHT_OPTIONS,
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> "MultiTaskNetClassifier":
        """Train for one epoch on more data.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels. From the second call on a task may have none.
        classes : array-like, or list of array-like per task, default=None
            All classes, in the first call. None takes those in y.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight, classes)

    def predict_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the probabilities of the classes of every task.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes) or list of such
            The probabilities; a list with those of each task if y was 2-D.
        """
        return self._probabilities(X)

    def _kinds(self, targets: Targets) -> Kind:
        return "classification"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

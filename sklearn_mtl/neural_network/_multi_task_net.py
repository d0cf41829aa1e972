"""A network for columns of classes beside columns of quantities."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import ClassifierTags, RegressorTags, Tags

from sklearn_mtl._class_weight import CLASS_WEIGHT_OPTIONS
from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Targets, infer_kind
from sklearn_mtl._validation import check_option, check_task_names, parameter_error
from sklearn_mtl.neural_network import _docs
from sklearn_mtl.neural_network._base import BaseMultiTaskNet


@dataclass(repr=False, eq=False)
class MultiTaskNet(TaskScoringMixin, BaseMultiTaskNet):
    __doc__ = f"""Learn columns of classes and columns of quantities together.

    A trunk that all tasks share is trained with one head per task on::

        L = sum_t λ_t L_t / sum_t λ_t,    L_t = sum_i w_it l_it / sum_i w_it

    where l_it is the cross-entropy of a class, or the squared error of a quantity in
    units of its standard deviation; w_it is the weight of the label (0 if it is
    missing) and λ_t the weight of the task.

    Parameters
    ----------
    {_docs.PARAMETERS}
    class_weight : "balanced", dict, list or None, default=None
        Weights of the classes, as in `MultiTaskNetClassifier`.
    task_types : "auto", sequence or dict, default="auto"
        What each column holds, "classification" or "regression"; a dict maps names of
        tasks, the others are inferred. "auto" takes numbers with a fractional part,
        and numbers of more than 50 different values, for quantities, and everything
        else for classes.

    Attributes
    ----------
    classes_ : list of (ndarray of shape (n_classes,) or None)
        The classes of each task, None for a quantity; not in a list if y was 1-D.
    task_types_ : list of str
        What each column holds.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskNetClassifier : For columns of classes only.
    MultiTaskNetRegressor : For columns of quantities only.

    References
    ----------
    Caruana, R. (1997). Multitask learning. Machine Learning, 28, 41-75.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.neural_network import MultiTaskNet
    >>> X = np.random.default_rng(0).normal(size=(300, 4))
    >>> Y = np.empty((300, 2), dtype=object)
    >>> Y[:, 0] = np.where(X[:, 0] > 0, "high", "low")
    >>> Y[:, 1] = X[:, 0] + X[:, 1]
    >>> net = MultiTaskNet((32,), random_state=0).fit(X, Y)
    >>> net.task_types_
    ['classification', 'regression']
    >>> net.predict(X[:1]).shape
    (1, 2)
    """

    _: KW_ONLY
    class_weight: Any = None
    task_types: Any = "auto"

    _parameter_constraints = {
        **BaseMultiTaskNet._parameter_constraints,
        "class_weight": CLASS_WEIGHT_OPTIONS,
        "task_types": ["array-like", dict, str],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> "MultiTaskNet":
        """Train for one epoch on more data.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels. From the second call on a task may have none.
        classes : array-like, or list of (array-like or None) per task, default=None
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

    def predict_proba(self, X: Any) -> np.ndarray | list[np.ndarray | None] | None:
        """Predict the probabilities of the classes of every classification task.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        p : list of (ndarray of shape (n_samples, n_classes) or None)
            The probabilities of each task, None for a quantity; not in a list if y was
            1-D.
        """
        return self._probabilities(X)

    @property
    def task_types_(self) -> list[Kind]:
        """What each column holds."""
        return list(self._tasks.kinds)

    def _kinds(self, targets: Targets) -> list[Kind]:
        owner, given = type(self).__name__, self.task_types
        if isinstance(given, str):
            check_option(given, ["auto"], "task_types", owner)
            given = {}
        if not isinstance(given, Mapping):
            given = list(given)
            if len(given) != targets.n_tasks:
                raise parameter_error(
                    "task_types",
                    owner,
                    f"of length {targets.n_tasks}, one per task",
                    f"length {len(given)}",
                )
            given = dict(zip(targets.names, given, strict=True))
        check_task_names(given, targets.names, "task_types", owner)
        for kind in given.values():
            check_option(kind, get_args(Kind), "task_types", owner)
        return [
            given.get(task) or infer_kind(column, targets.observed[:, t])
            for t, (task, column) in enumerate(
                zip(targets.names, targets.columns, strict=True)
            )
        ]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags = ClassifierTags()
        tags.regressor_tags = RegressorTags()
        return tags

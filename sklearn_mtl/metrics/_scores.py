from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_mtl.metrics._metric import resolve_metric
from sklearn_mtl.metrics._pairs import pair_up, read_labels
from sklearn_mtl.metrics._task_scores import (
    check_has_score,
    check_one_task,
    score_tasks,
)


def task_scores(
    metric: str | Callable[..., float],
    Y_true: Any,
    Y_pred: Any,
    *,
    sample_weight: Any = None,
    classes: Sequence[Any] | None = None,
    task_names: Sequence[str] | None = None,
    missing_label: Any = np.nan,
    response_method: str | None = None,
) -> dict[str, float]:
    """Score each task over the labels that are there.

    The score of a task is the metric of the rows that have its label, and of no others.

    Parameters
    ----------
    metric : str, scorer or callable
        The name of a scikit-learn scorer, such as `"accuracy"`, `"roc_auc"`, `"r2"` or
        `"neg_log_loss"`, of which the sign is kept; a scorer made by
        :func:`sklearn.metrics.make_scorer`; or a function ``metric(y_true, y_pred)``
        that may take `sample_weight`.
    Y_true : array-like of shape (n_samples,) or (n_samples, n_tasks)
        The labels.
    Y_pred : array-like, or list of array-like of shape (n_samples, n_classes)
        The predictions, of the same shape as `Y_true`. For a metric of probabilities,
        what `predict_proba` returned: a list with one array per task, one array for a
        1-D `Y_true`, or an array of shape (n_samples, n_tasks) with the probability of
        the second class of each task.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels. A weight of 0 is the same as a missing label.
    classes : list of array-like, default=None
        For each task the classes that the columns of its probabilities stand for; an
        array for a 1-D `Y_true`. By default the sorted labels in `Y_true`, if there
        are as many, or 0 and 1.
    task_names : sequence of str, default=None
        The names of the tasks, in the order of the columns of `Y_pred`. By default the
        column names of `Y_true` or `Y_pred`, else `"task0"`, `"task1"`, ...
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.
    response_method : {"predict", "predict_proba"}, default=None
        What `Y_pred` holds. By default what the scorer asks for, `"predict"` for a
        function.

    Returns
    -------
    dict of str to float
        The score by name of the task. NaN if it is undefined, with a warning.

    Raises
    ------
    ValueError
        If a prediction is missing where there is a label, if the metric cannot be
        applied to a task, or if the columns of `Y_true`, `Y_pred` and `task_names` are
        not the same tasks.

    Warns
    -----
    UndefinedMetricWarning
        If a task has no label, or labels of one class only where the metric ranks
        (`"roc_auc"`, `"average_precision"`).

    See Also
    --------
    multitask_score : The mean of these scores.
    per_task_scorers : These scores for :class:`~sklearn.model_selection.GridSearchCV`.
    multitask_classification_report : Accuracy, precision, recall and F1 of each task.

    Notes
    -----
    Columns of data frames are matched by name, whatever their order.

    The positive class of a task with two classes is the one that scikit-learn's scorer
    takes (1 where it has a parameter `pos_label`), else the last of the sorted classes.
    `"roc_auc"` of a task with more classes is the mean over one-versus-rest curves.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.metrics import task_scores
    >>> Y_true = [["cat", 1], ["dog", 0], ["cat", None], ["dog", 1]]
    >>> Y_pred = [["cat", 1], ["dog", 1], ["dog", 0], ["dog", 1]]
    >>> task_scores("accuracy", Y_true, Y_pred, task_names=["animal", "indoors"])
    {'animal': 0.75, 'indoors': 0.666...}

    Probabilities, as :class:`~sklearn.ensemble.RandomForestClassifier` returns them:

    >>> animal = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    >>> indoors = np.array([[0.1, 0.9], [0.6, 0.4], [0.5, 0.5], [0.7, 0.3]])
    >>> task_scores("roc_auc", Y_true, [animal, indoors])
    {'task0': 1.0, 'task1': 0.5}
    """
    owner = "task_scores"
    resolved = resolve_metric(metric, owner, response_method)
    pairs = pair_up(
        read_labels(Y_true, sample_weight, missing_label, owner),
        Y_pred,
        probabilities=resolved.needs_probabilities,
        classes=classes,
        task_names=task_names,
        owner=owner,
    )
    return score_tasks(resolved, pairs).as_dict()


def multitask_score(
    metric: str | Callable[..., float],
    Y_true: Any,
    Y_pred: Any,
    *,
    average: str = "macro",
    task_weights: Any = None,
    task: str | int | None = None,
    sample_weight: Any = None,
    classes: Sequence[Any] | None = None,
    task_names: Sequence[str] | None = None,
    missing_label: Any = np.nan,
    response_method: str | None = None,
) -> float:
    """Average the scores of the tasks.

    The average is::

        sum_t w_t n_t s_t / sum_t w_t n_t

    where s_t is the score of task t over its labels, w_t its weight in `task_weights`,
    and n_t is 1 for `average="macro"`, its number of labels for `average="weighted"`.

    Parameters
    ----------
    metric : str, scorer or callable
        The name of a scikit-learn scorer, a scorer or a function, as in
        :func:`task_scores`.
    Y_true : array-like of shape (n_samples,) or (n_samples, n_tasks)
        The labels.
    Y_pred : array-like, or list of array-like of shape (n_samples, n_classes)
        The predictions or probabilities, as in :func:`task_scores`.
    average : {"macro", "weighted"}, default="macro"
        Whether tasks count alike, or by their number of labels (by the sum of their
        sample weights, if there are any).
    task_weights : sequence of float or dict of str to float, default=None
        The weight of each task; tasks that a dict leaves out have weight 1.
    task : str or int, default=None
        The name or position of the only task to score.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels. A weight of 0 is the same as a missing label.
    classes : list of array-like, default=None
        The classes of each task, as in :func:`task_scores`.
    task_names : sequence of str, default=None
        The names of the tasks, in the order of the columns of `Y_pred`.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.
    response_method : {"predict", "predict_proba"}, default=None
        What `Y_pred` holds. By default what the scorer asks for, `"predict"` for a
        function.

    Returns
    -------
    float
        The average. Tasks whose score is undefined are left out, with a warning.

    Raises
    ------
    ValueError
        If no task with a positive weight has a score; and as in :func:`task_scores`.

    See Also
    --------
    task_scores : The scores that are averaged.
    make_multitask_scorer : This score for cross-validation.

    Examples
    --------
    >>> from sklearn_mtl.metrics import multitask_score
    >>> Y_true = [[0, 1], [1, 2], [None, 3], [None, 4]]
    >>> Y_pred = [[0, 1], [0, 2], [1, 3], [0, 3]]
    >>> multitask_score("accuracy", Y_true, Y_pred)
    0.625
    >>> multitask_score("accuracy", Y_true, Y_pred, average="weighted")
    0.666...
    """
    owner = "multitask_score"
    check_one_task(task, task_weights, owner)
    resolved = resolve_metric(metric, owner, response_method)
    pairs = pair_up(
        read_labels(Y_true, sample_weight, missing_label, owner),
        Y_pred,
        probabilities=resolved.needs_probabilities,
        classes=classes,
        task_names=task_names,
        owner=owner,
    )
    scores = score_tasks(resolved, pairs, None if task is None else [task])
    return check_has_score(scores.average(average, task_weights, owner), owner)

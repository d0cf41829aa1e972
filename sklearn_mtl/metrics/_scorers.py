from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.metrics._metric import resolve_metric
from sklearn_mtl.metrics._task_scorers import Evaluator, MultiTaskScorer, TaskScorers
from sklearn_mtl.metrics._task_scores import AVERAGES, check_one_task


def make_multitask_scorer(
    metric: str | Callable[..., float],
    *,
    average: str = "macro",
    task_weights: Any = None,
    task: str | int | None = None,
    response_method: str | None = None,
    greater_is_better: bool = True,
    missing_label: Any = np.nan,
) -> MultiTaskScorer:
    """Make a scorer of estimators with several tasks.

    The scorer predicts, scores each task over the labels that are there, and averages
    the scores as :func:`multitask_score` does. It takes any estimator of several tasks,
    those of scikit-learn included, and of a 1-D `y`.

    Parameters
    ----------
    metric : str, scorer or callable
        The name of a scikit-learn scorer, such as `"accuracy"`, `"roc_auc"` or
        `"neg_log_loss"`; a scorer made by :func:`sklearn.metrics.make_scorer`; or a
        function ``metric(y_true, y_pred)`` that may take `sample_weight`.
    average : {"macro", "weighted"}, default="macro"
        Whether tasks count alike, or by their number of labels.
    task_weights : sequence of float or dict of str to float, default=None
        The weight of each task; tasks that a dict leaves out have weight 1.
    task : str or int, default=None
        The name or position of the only task to score.
    response_method : {"predict", "predict_proba"}, default=None
        What to score. By default what the scorer asks for, `"predict"` for a function.
        From `predict_proba`, a function gets the probability of the positive class of a
        task with two classes, and one column per class of a task with more.
    greater_is_better : bool, default=True
        Whether greater is better of a function; if not, the sign of the score is
        changed. A scorer has its own sign.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    Returns
    -------
    scorer : callable
        A scorer ``scorer(estimator, X, Y, sample_weight=None)``. It raises if no task
        has a score, and warns of those that have none.

    See Also
    --------
    per_task_scorers : One scorer per task and their mean.
    multitask_score : The score of given predictions.

    Notes
    -----
    If the estimator knows its tasks by name (`task_names_`), the columns of a data
    frame `Y` are matched by name, whatever their order.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import KFold, cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.metrics import make_multitask_scorer
    >>> X, species = load_iris(return_X_y=True, as_frame=True)
    >>> Y = species.to_frame("species").assign(wide=X.pop("sepal width (cm)") > 3)
    >>> scorer = make_multitask_scorer("roc_auc")
    >>> scorer
    make_multitask_scorer('roc_auc', response_method='predict_proba', average='macro')
    >>> tree = DecisionTreeClassifier(max_depth=2, random_state=0)
    >>> folds = KFold(3, shuffle=True, random_state=0)
    >>> cross_val_score(tree, X, Y, scoring=scorer, cv=folds).round(2)
    array([0.93, 0.85, 0.93])
    """
    owner = "make_multitask_scorer"
    check_one_task(task, task_weights, owner)
    check_option(average, AVERAGES, "average", owner)
    resolved = resolve_metric(metric, owner, response_method, greater_is_better)
    return MultiTaskScorer(
        Evaluator(resolved, missing_label), average, task_weights, task
    )


def per_task_scorers(
    metric: str | Callable[..., float],
    tasks: int | Iterable[str],
    *,
    average: str = "macro",
    task_weights: Any = None,
    response_method: str | None = None,
    greater_is_better: bool = True,
    missing_label: Any = np.nan,
) -> TaskScorers:
    """Make one scorer per task and one of their mean.

    Made for ``GridSearchCV(..., scoring=per_task_scorers(...), refit="mean")``, which
    then reports the score of every task.

    Parameters
    ----------
    metric : str, scorer or callable
        The name of a scikit-learn scorer, a scorer or a function, as in
        :func:`make_multitask_scorer`.
    tasks : int or sequence of str
        The number of tasks, or the names of those to score.
    average : {"macro", "weighted"}, default="macro"
        Whether tasks count alike in the mean, or by their number of labels.
    task_weights : sequence of float or dict of str to float, default=None
        The weight of each task in the mean; tasks that a dict leaves out have weight 1.
    response_method : {"predict", "predict_proba"}, default=None
        What to score. By default what the scorer asks for, `"predict"` for a function.
    greater_is_better : bool, default=True
        Whether greater is better of a function; if not, the sign of the scores is
        changed.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    Returns
    -------
    scorers : dict of str to callable
        A scorer for each task, by its name or as `"task0"`, `"task1"`, ..., and
        `"mean"`. The dict itself can be called like a scorer and returns a dict of
        scores, with one prediction for all; scikit-learn's tools do that.

    Raises
    ------
    ValueError
        If two tasks have the same name, or one is named "mean".

    See Also
    --------
    make_multitask_scorer : A single scorer.
    task_scores : The scores of given predictions.

    Notes
    -----
    A task whose score is undefined in a fold gets NaN there and is left out of the
    mean, with a warning. Other scorers may be added to the dict; copied into a plain
    dict, each scorer predicts for itself.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV, KFold
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.metrics import per_task_scorers
    >>> X, species = load_iris(return_X_y=True, as_frame=True)
    >>> Y = species.to_frame("species").assign(wide=X.pop("sepal width (cm)") > 3)
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 2, 3]},
    ...     scoring=per_task_scorers("accuracy", Y.columns),
    ...     refit="mean",
    ...     cv=KFold(3, shuffle=True, random_state=0),
    ... )
    >>> results = search.fit(X, Y).cv_results_
    >>> results["mean_test_species"].round(2)
    array([0.62, 0.95, 0.96])
    >>> results["mean_test_wide"].round(2)
    array([0.78, 0.8 , 0.83])
    """
    owner = "per_task_scorers"
    check_option(average, AVERAGES, "average", owner)
    resolved = resolve_metric(metric, owner, response_method, greater_is_better)
    named = _name_tasks(tasks, owner)
    listed = int(tasks) if isinstance(tasks, Integral) else tuple(named)
    evaluator = Evaluator(resolved, missing_label, listed)
    scorers = {
        name: MultiTaskScorer(evaluator, average, None, task)
        for name, task in named.items()
    }
    mean = MultiTaskScorer(evaluator, average, task_weights, None)
    return TaskScorers(scorers, mean=mean)


def _name_tasks(tasks: Any, owner: str) -> dict[str, int | str]:
    """Return how to find each task, its position or name, by the name of its scorer."""
    pairs: list[tuple[str, int | str]] = []
    if isinstance(tasks, Integral):
        pairs = [(f"task{t}", t) for t in range(int(tasks))]
    elif not isinstance(tasks, str):
        pairs = [(str(task), str(task)) for task in tasks]
    named = dict(pairs)
    if not named or len(named) < len(pairs) or "mean" in named:
        expected = "a positive number, or different names other than 'mean'"
        raise parameter_error("tasks", owner, expected, repr(tasks))
    return named

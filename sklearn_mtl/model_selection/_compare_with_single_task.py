from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from sklearn_mtl.model_selection._compare_estimators import compare_estimators
from sklearn_mtl.model_selection._comparison import TaskComparison
from sklearn_mtl.multioutput._independent_tasks import (
    IndependentTasks,
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


def compare_with_single_task(
    estimator: Any,
    X: Any,
    Y: Any,
    *,
    cv: Any = None,
    scoring: Any = None,
    sample_weight: Any = None,
    missing_label: Any = np.nan,
    confidence: float = 0.95,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> TaskComparison:
    """Compare learning the tasks together with learning each alone.

    The estimator is cross-validated on all tasks at once, and so is one copy of it per
    task, which is fitted on the rows that have the task's label: a pipeline with all
    its steps. The copies have no `task_weights`.

    Parameters
    ----------
    estimator : estimator
        An estimator of several tasks, or a pipeline that ends with one.
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs.
    Y : array-like of shape (n_samples, n_tasks)
        Labels; missing ones are left out of every score.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. A number n, 5 by default, stands for `MultiTaskKFold(n)`.
    scoring : str, scorer, callable or dict, default=None
        The metric, greater is better: the name of a scikit-learn scorer such as
        `"roc_auc"`, a scorer, or a function ``metric(y_true, y_pred)``; or a dict from
        task to one of these. By default the accuracy of classification tasks and the R²
        of regression tasks.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels, for fitting and scoring. Weight 0 is the same as a
        missing label.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the estimator is
        told. NaN, None, pd.NA and NaT always are missing.
    confidence : float, default=0.95
        The confidence level of the intervals.
    n_jobs : int, default=None
        How many fits to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling of the default folds. The estimator has its own.
    verbose : int, default=0
        How much to tell of the progress.

    Returns
    -------
    TaskComparison
        The scores of the estimators "single task", which is the baseline, and
        "multi-task"; differences, intervals and verdicts.

    Raises
    ------
    ValueError
        As :func:`compare_estimators`.

    Warns
    -----
    UndefinedMetricWarning
        If tasks have no score in some folds, which are left out.

    See Also
    --------
    compare_estimators : Compare with any other baseline, such as one that is tuned.
    sklearn_mtl.multioutput.IndependentTasksClassifier : The single-task side.

    Notes
    -----
    Both sides have the same parameters. Whether one would do better with others, such
    as a smaller network for a single task, takes a comparison of tuned estimators.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.model_selection import compare_with_single_task
    >>> X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> compare_with_single_task(tree, X, Y, random_state=0)
    task           metric    single task    multi-task     difference ... verdict
    digit          accuracy  0.849 ± 0.034  0.867 ± 0.008  +0.018 ... no evidence
    parity         accuracy  0.930 ± 0.010  0.942 ± 0.013  +0.012 ... no evidence
    at_least_five  accuracy  0.883 ± 0.017  0.922 ± 0.009  +0.039 ... helps
    multi-task helps 1 and hurts 0 of 3 task(s), Δm +2.6 % (95% intervals).
    A fit takes ... s, single task ... s.
    """
    if is_classifier(estimator):
        independent = IndependentTasksClassifier
    elif is_regressor(estimator):
        independent = IndependentTasksRegressor
    else:
        independent = IndependentTasks
    return compare_estimators(
        {
            "single task": independent(estimator, missing_label=missing_label),
            "multi-task": estimator,
        },
        X,
        Y,
        cv=cv,
        scoring=scoring,
        sample_weight=sample_weight,
        missing_label=missing_label,
        confidence=confidence,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
    )

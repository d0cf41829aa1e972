"""The parts of the docstrings that the comparisons share."""

from collections.abc import Callable
from typing import TypeVar

_Function = TypeVar("_Function", bound=Callable[..., object])

_DATA = """\
X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs.
    Y : array-like of shape (n_samples, n_tasks) or (n_samples,)
        Labels; missing ones are left out of every score."""

_OPTIONS = """\
cv : int, splitter or iterable of (train, test), default=None
        The folds. A number n, 5 by default, stands for `MultiTaskKFold(n)`.
    scoring : str, scorer, callable or dict, default=None
        The metric, greater is better: the name of a scikit-learn scorer such as
        `"roc_auc"`, a scorer, or a function ``metric(y_true, y_pred)``; or a dict from
        task to one of these. By default the accuracy of classification tasks and the R²
        of regression tasks.
    search : dict, list of dict or None, default=None
        What to tune in the training part of every fold: a dict from parameters to lists
        or distributions of values, as for scikit-learn's searches, for all sides; or a
        dict from the name of an estimator to such a dict. Candidates are scored by
        `scoring`, on average over the tasks, in three folds `MultiTaskKFold(3)` of the
        training part. Of estimators in `IndependentTasksClassifier` or
        `IndependentTasksRegressor` each copy is tuned for its task.
    n_candidates : int, default=10
        How many candidates each side may try. A grid that is not larger is tried as a
        whole; else they are drawn from it, with `random_state`.
    n_repeats : int, default=1
        How often to repeat the folds with others, and the fits with other seeds: every
        `random_state` of the estimators, or within them, that is None or an integer is
        set anew, alike where it was alike. The first repeat is as without others.
    train_sizes : sequence of float or int, default=None
        Also compare with less to train on: fractions, at most 1, or numbers of rows of
        the training parts, which are chosen such that all tasks are stratified and
        each lot is part of the next larger one. The whole training part is always
        used, and is what the summary is about.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels, for fitting and scoring. Weight 0 is the same as a
        missing label.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the estimators are
        told. NaN, None, pd.NA and NaT always are missing.
    confidence : float, default=0.95
        The confidence level of the intervals.
    n_jobs : int, default=None
        How many fits to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling of the default folds, the candidates of `search`, the
        rows of `train_sizes` and the seeds of repeats after the first. In the first,
        the estimators have their own.
    verbose : int, default=0
        1 writes a line after every fit."""

_WARNS = """\
UndefinedMetricWarning
        If tasks have no score in some folds, which are left out. A task that has no
        label in a training part is not learnt there, and has none.
    UserWarning
        If the comparison is interrupted (Ctrl-C) after at least two folds of all
        estimators: it is then about the folds that are finished. Before that,
        KeyboardInterrupt is raised."""


def share_docs(function: _Function) -> _Function:
    """Fill in the parts that the docstrings share."""
    if function.__doc__:
        for name, part in (("data", _DATA), ("options", _OPTIONS), ("warns", _WARNS)):
            function.__doc__ = function.__doc__.replace(f"{{{name}}}", part)
    return function

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from sklearn_mtl._validation import (
    check_option,
    import_optional,
    list_some,
    parameter_error,
)
from sklearn_mtl.metrics._metric import Metric, UndefinedScoreError, resolve_metric
from sklearn_mtl.metrics._pairs import Pairs, pair_up, read_labels
from sklearn_mtl.metrics._task_scores import warn_undefined

_OWNER = "multitask_classification_report"
_AVERAGES = ("macro", "weighted", "micro", "binary")
_SCORES = ("accuracy", "precision", "recall", "f1")


def multitask_classification_report(
    Y_true: Any,
    Y_pred: Any,
    *,
    task_names: Sequence[str] | None = None,
    average: str = "macro",
    sample_weight: Any = None,
    missing_label: Any = np.nan,
    output: str = "text",
    digits: int = 3,
    zero_division: Any = 0,
) -> Any:
    """Report accuracy, precision, recall and F1 of each task.

    Each task is scored over the labels that are there, its classes alike by default.

    Parameters
    ----------
    Y_true : array-like of shape (n_samples,) or (n_samples, n_tasks)
        The labels.
    Y_pred : array-like of shape (n_samples,) or (n_samples, n_tasks)
        The predicted labels.
    task_names : sequence of str, default=None
        The names of the tasks, in the order of the columns of `Y_pred`. By default the
        column names of `Y_true` or `Y_pred`, else `"task0"`, `"task1"`, ...
    average : {"macro", "weighted", "micro", "binary"}, default="macro"
        How the precision, recall and F1 of the classes of a task make up those of the
        task, as in :func:`sklearn.metrics.f1_score`. `"macro"` is their mean, also with
        two classes; `"binary"` reports the positive class, 1 or else the last of the
        sorted classes, and needs tasks of two classes.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels. A weight of 0 is the same as a missing label.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.
    output : {"text", "frame", "dict"}, default="text"
        What to return.
    digits : int, default=3
        The number of decimals in the text.
    zero_division : {"warn", 0, 1, np.nan}, default=0
        The precision of a class that is never predicted, and the recall of one that has
        no label.

    Returns
    -------
    str, DataFrame or dict of dict
        One row per task, with its number of labels (`support`) and of classes among
        them, and a row `"mean"` with the means over the tasks that have labels and the
        total number of labels.

    Raises
    ------
    ValueError
        If a prediction is missing where there is a label, or a metric cannot be applied
        to a task.

    See Also
    --------
    task_scores : One metric, for each task.
    sklearn.metrics.classification_report : The classes of one task.

    Examples
    --------
    >>> from sklearn_mtl.metrics import multitask_classification_report
    >>> Y_true = [["cat", 1], ["dog", 0], ["cat", None], ["dog", 1]]
    >>> Y_pred = [["cat", 1], ["dog", 1], ["dog", 0], ["dog", 1]]
    >>> names = ["animal", "indoors"]
    >>> print(multitask_classification_report(Y_true, Y_pred, task_names=names))
             accuracy  precision  recall     f1  support  n_classes
    animal      0.750      0.833   0.750  0.733        4          2
    indoors     0.667      0.333   0.500  0.400        3          2
    <BLANKLINE>
    mean        0.708      0.583   0.625  0.567        7
    """
    check_option(average, _AVERAGES, "average", _OWNER)
    check_option(output, ("text", "frame", "dict"), "output", _OWNER)
    if output == "frame":
        pandas = import_optional("pandas", "pandas", f"{_OWNER}(output='frame')")
    labels = read_labels(Y_true, sample_weight, missing_label, _OWNER)
    pairs = pair_up(labels, Y_pred, task_names=task_names, owner=_OWNER)
    if "mean" in pairs.names:
        expected = "names other than 'mean', which is that of the last row"
        raise parameter_error("task_names", _OWNER, expected, list_some(pairs.names))
    options = {"average": average, "zero_division": zero_division}
    rows = _make_rows(pairs, options)
    if output == "text":
        return _as_text(rows, digits)
    if output == "dict":
        return rows
    frame = pandas.DataFrame.from_dict(rows, orient="index")
    return frame.astype({"support": "Int64", "n_classes": "Int64"})


def _make_rows(pairs: Pairs, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the row of each task and of their mean."""
    metrics = (
        resolve_metric("accuracy", _OWNER),
        Metric("precision, recall, F1", _precision_recall_f1, "predict", 1, options),
    )
    scores = np.full((len(pairs), len(_SCORES)), np.nan)
    rows, unlabelled = {}, []
    for t, pair in enumerate(pairs):
        try:
            scores[t] = np.hstack([metric.apply(pair) for metric in metrics])
        except UndefinedScoreError:
            unlabelled.append(pair.task)
        n_classes = len(np.unique(pair.y_true))
        rows[pair.task] = _make_row(scores[t], len(pair.y_true), n_classes)
    if unlabelled:
        warn_undefined("The scores are", {"no labels": unlabelled})
    means = np.full(len(_SCORES), np.nan)
    if len(unlabelled) < len(pairs):
        means = np.nanmean(scores, axis=0)
    support = sum(row["support"] for row in rows.values())
    return rows | {"mean": _make_row(means, support, None)}


def _make_row(
    scores: np.ndarray, support: int, n_classes: int | None
) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(_SCORES, scores.tolist(), strict=True))
    return row | {"support": support, "n_classes": n_classes}


def _precision_recall_f1(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    *,
    average: str,
    zero_division: Any,
    pos_label: Any = 1,
    sample_weight: np.ndarray | None = None,
) -> np.ndarray:
    scores = precision_recall_fscore_support(
        y_true,
        y_pred,
        average=average,
        zero_division=zero_division,
        pos_label=pos_label,
        sample_weight=sample_weight,
    )
    return np.array(scores[:3])


def _as_text(rows: dict[str, dict[str, Any]], digits: int) -> str:
    """Lay the rows out in columns, the mean apart from the tasks."""
    lines = [["", *_SCORES, "support", "n_classes"]]
    for task, row in rows.items():
        scores = [f"{row[name]:.{digits}f}" for name in _SCORES]
        n_classes = "" if row["n_classes"] is None else str(row["n_classes"])
        lines.append([task, *scores, str(row["support"]), n_classes])
    lines.insert(-1, [""] * len(lines[0]))
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "  ".join([task.ljust(first), *map(str.rjust, cells, others)]).rstrip()
        for task, *cells in lines
    )

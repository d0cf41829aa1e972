import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_mtl._validation import check_task_names, list_some, parameter_error

_OWNER = "delta_m"


def delta_m(
    scores: Mapping[str, float] | Sequence[float],
    baseline: Mapping[str, float] | Sequence[float],
    *,
    greater_is_better: bool | Mapping[str, bool] | Sequence[bool] = True,
) -> float:
    r"""Compute the mean relative gain over the single-task baseline, in percent.

    .. math::
        \Delta_m = \frac{100}{T} \sum_{t=1}^T
                   (-1)^{\ell_t}\, \frac{M_t - B_t}{|B_t|},

    where :math:`M_t` and :math:`B_t` are the scores of the multi-task model and of the
    single-task baseline on task :math:`t`, and :math:`\ell_t` is 1 if lower is better
    for the task, else 0. **Positive is better**: 5 means that the tasks are better by
    5 % on average.

    Parameters
    ----------
    scores : dict of str to float, or sequence of float
        The score of each task, as :func:`task_scores` returns them.
    baseline : dict of str to float, or sequence of float
        The scores of the same tasks when each is learned alone.
    greater_is_better : bool, dict of str to bool, or sequence of bool, default=True
        Whether greater is better, for all tasks or for each; True for the tasks that a
        dict leaves out. The scores that scikit-learn negates, such as
        `"neg_mean_squared_error"`, are better when greater.

    Returns
    -------
    float
        The gain in percent. Tasks whose score or baseline is NaN are left out.

    Raises
    ------
    ValueError
        If a baseline is 0 or infinite, if the two sides are not of the same tasks, or
        if no task is left.

    Warns
    -----
    UndefinedMetricWarning
        If a task is left out.

    See Also
    --------
    task_scores : The scores of each task.

    Notes
    -----
    Papers differ in the sign. Gains are positive here and in [1]_, where the measure
    comes from; the later papers that compare on NYUv2 print the opposite, a mean
    relative drop.

    The unit of a score matters: an error that falls from 2 % to 1 % is a gain of 50 %,
    the same change as accuracy, from 98 % to 99 %, one of 1 %.

    References
    ----------
    .. [1] K.-K. Maninis, I. Radosavovic and I. Kokkinos, "Attentive Single-Tasking of
       Multiple Tasks", CVPR 2019.

    Examples
    --------
    >>> from sklearn_mtl.metrics import delta_m
    >>> together = {"accuracy of parts": 0.44, "depth error": 0.5}
    >>> alone = {"accuracy of parts": 0.40, "depth error": 0.4}
    >>> delta_m(together, alone, greater_is_better={"depth error": False})
    -7.5
    """
    ours, alone = _by_task(scores), _by_task(baseline)
    if set(ours) != set(alone):
        expected = f"of the same tasks as scores ({list_some(ours)})"
        raise parameter_error("baseline", _OWNER, expected, list_some(alone))
    greater = _read_directions(greater_is_better, list(ours))
    gains, left_out = [], []
    for task, score in ours.items():
        base = alone[task]
        if np.isnan(score) or np.isnan(base):
            left_out.append(task)
            continue
        if base == 0 or np.isinf(base):
            expected = "finite and not 0, to divide by"
            raise parameter_error(
                "baseline", _OWNER, expected, f"{base} for the task {task!r}"
            )
        gain = (score - base) / abs(base)
        gains.append(gain if greater[task] else -gain)
    if not gains:
        raise ValueError(f"{_OWNER} found no task that has a score and a baseline.")
    if left_out:
        warnings.warn(
            f"{_OWNER} leaves out the task(s) without a score: {list_some(left_out)}.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return float(100 * np.mean(gains))


def _by_task(values: Any) -> dict[str, Any]:
    if hasattr(values, "to_dict"):
        values = values.to_dict()
    if isinstance(values, Mapping):
        return {str(task): value for task, value in values.items()}
    return {f"task{t}": value for t, value in enumerate(values)}


def _read_directions(greater_is_better: Any, tasks: list[str]) -> dict[str, bool]:
    if isinstance(greater_is_better, Mapping):
        check_task_names(greater_is_better, tasks, "greater_is_better", _OWNER)
        return dict.fromkeys(tasks, True) | _by_task(greater_is_better)
    if np.ndim(greater_is_better) == 0:
        return dict.fromkeys(tasks, greater_is_better)
    if len(greater_is_better) != len(tasks):
        expected = f"of length {len(tasks)}, one per task"
        got = repr(greater_is_better)
        raise parameter_error("greater_is_better", _OWNER, expected, got)
    return dict(zip(tasks, greater_is_better, strict=True))

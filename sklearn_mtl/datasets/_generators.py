from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_mtl.datasets._related_tasks import (
    assign_clusters,
    centre_classes,
    count_informative,
    describe_truth,
    draw_coef,
    hide_labels,
    per_task,
    warn_empty_classes,
)

_N_CLASSES = Interval(Integral, 2, None, closed="left")
_FRACTION = Interval(Real, 0, 1, closed="left")
_NOISE = Interval(Real, 0, None, closed="left")

_CONSTRAINTS: dict[str, list[Any]] = {
    "n_samples": [Interval(Integral, 1, None, closed="left")],
    "n_features": [Interval(Integral, 1, None, closed="left")],
    "n_tasks": [Interval(Integral, 1, None, closed="left")],
    "n_informative": [Interval(Integral, 1, None, closed="left"), None],
    "n_clusters": [Interval(Integral, 1, None, closed="left")],
    "relatedness": [Interval(Real, 0, 1, closed="both")],
    "noise": [_NOISE, "array-like"],
    "missing_fraction": [_FRACTION, "array-like"],
    "random_state": ["random_state"],
    "return_truth": ["boolean"],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def make_multitask_regression(
    n_samples: int = 100,
    n_features: int = 20,
    *,
    n_tasks: int = 3,
    n_informative: int | None = None,
    n_clusters: int = 1,
    relatedness: float = 0.8,
    noise: float | Sequence[float] = 0.1,
    missing_fraction: float | Sequence[float] = 0.0,
    random_state: int | np.random.RandomState | None = None,
    return_truth: bool = False,
) -> tuple[Any, ...]:
    r"""Generate regression tasks as related as you like.

    Standard normal inputs :math:`x`, and for task :math:`t` the target

    .. math::
        y_t = x^\top w_t + \sigma_t \varepsilon_t, \qquad
        w_t \propto \sqrt{\rho}\, u_{c(t)} + \sqrt{1 - \rho}\, v_t,

    where :math:`\rho` is `relatedness`, :math:`\sigma_t` is `noise`, :math:`u_c` is
    shared by the tasks of cluster :math:`c`, :math:`v_t` is the task's own, and
    :math:`u_c`, :math:`v_t`, :math:`\varepsilon_t` are standard normal. As
    :math:`\|w_t\| = 1`, the noise-free targets have variance 1, and their correlation
    between two tasks is that of the coefficients: :math:`\rho` in expectation within a
    cluster (the more closely, the more informative features there are), 0 across.

    Parameters
    ----------
    n_samples : int, default=100
        The number of samples.
    n_features : int, default=20
        The number of features.
    n_tasks : int, default=3
        The number of tasks.
    n_informative : int or None, default=None
        The number of features with a nonzero coefficient, the same ones for all tasks,
        chosen at random. None: 10, or all if there are fewer.
    n_clusters : int, default=1
        The number of clusters of tasks; the clusters are unrelated to each other.
        Neighbouring tasks share a cluster.
    relatedness : float, default=0.8
        The expected correlation of two tasks of a cluster: 1 for identical tasks, 0 for
        unrelated ones.
    noise : float or sequence of float of length n_tasks, default=0.1
        The standard deviation of the noise, relative to that of the signal.
    missing_fraction : float or sequence of float of length n_tasks, default=0.0
        The fraction of missing labels of each task, rounded to whole labels.
    random_state : int, RandomState instance or None, default=None
        Determines the data. With the same integer, the inputs stay the same whatever
        the tasks, and the noise-free targets whatever `noise` and `missing_fraction`.
    return_truth : bool, default=False
        Return what the data were made from as well.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The inputs.
    Y : ndarray of shape (n_samples, n_tasks)
        The targets, NaN where missing.
    truth : Bunch
        Only if `return_truth=True`. It has the attributes

        Y : ndarray of shape (n_samples, n_tasks)
            The targets without noise and without missing labels.
        coef : ndarray of shape (n_tasks, n_features)
            The coefficients :math:`w_t`.
        relatedness : ndarray of shape (n_tasks, n_tasks)
            The correlations of the noise-free targets, :math:`w_s^\top w_t`.
        cluster : ndarray of shape (n_tasks,)
            The cluster of each task.

    Raises
    ------
    ValueError
        If a parameter is invalid, or `missing_fraction` leaves a task without a label.

    See Also
    --------
    make_multitask_classification : The same for classes.
    targets_from_long : Targets of data where each row belongs to one task.

    References
    ----------
    .. [1] Evgeniou, T. and Pontil, M. (2004). "Regularized multi-task learning."
       Proceedings of KDD, 109-117.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> X, Y, truth = make_multitask_regression(
    ...     n_tasks=2,
    ...     relatedness=1.0,
    ...     missing_fraction=[0.0, 0.3],
    ...     random_state=0,
    ...     return_truth=True,
    ... )
    >>> X.shape, Y.shape, truth.coef.shape
    ((100, 20), (100, 2), (2, 20))
    >>> truth.relatedness
    array([[1., 1.],
           [1., 1.]])
    >>> import numpy as np
    >>> np.isnan(Y).mean(axis=0)
    array([0. , 0.3])
    """
    owner = "make_multitask_regression"
    noise = per_task(noise, n_tasks, _NOISE, "noise", owner)
    missing_fraction = per_task(
        missing_fraction, n_tasks, _FRACTION, "missing_fraction", owner
    )
    cluster = assign_clusters(n_tasks, n_clusters, owner)
    informative = count_informative(n_informative, n_features, owner)
    rng = check_random_state(random_state)

    X = rng.standard_normal((n_samples, n_features))
    coef = draw_coef(rng, cluster, 1, n_features, informative, relatedness)[:, 0]
    coef /= np.linalg.norm(coef, axis=1, keepdims=True)
    Y_true = X @ coef.T
    Y = Y_true + np.array(noise) * rng.standard_normal(Y_true.shape)
    Y = hide_labels(rng, Y, np.zeros_like(Y), missing_fraction, owner)
    if not return_truth:
        return X, Y
    return X, Y, describe_truth(Y_true, coef, cluster)


@validate_params(
    {**_CONSTRAINTS, "n_classes": [_N_CLASSES, "array-like"]},
    prefer_skip_nested_validation=True,
)
def make_multitask_classification(
    n_samples: int = 100,
    n_features: int = 20,
    *,
    n_tasks: int = 3,
    n_classes: int | Sequence[int] = 2,
    n_informative: int | None = None,
    n_clusters: int = 1,
    relatedness: float = 0.8,
    noise: float | Sequence[float] = 0.1,
    missing_fraction: float | Sequence[float] = 0.0,
    random_state: int | np.random.RandomState | None = None,
    return_truth: bool = False,
) -> tuple[Any, ...]:
    r"""Generate classification tasks as related as you like.

    Standard normal inputs :math:`x`, and for class :math:`k` of task :math:`t` the
    score :math:`x^\top w_{tk}` with

    .. math::
        w_{tk} \propto \sqrt{\rho}\, u_{c(t)k} + \sqrt{1 - \rho}\, v_{tk}, \qquad
        P(y_t = k \mid x) \propto \exp(x^\top w_{tk} / \tau_t),

    where :math:`\rho` is `relatedness`, :math:`\tau_t` is `noise`, :math:`u_{ck}` is
    shared by the tasks of cluster :math:`c`, :math:`v_{tk}` is the task's own, and
    both are standard normal. The coefficients of a task, a matrix :math:`W_t` with one
    row per class, are centred over its classes and scaled to a mean squared norm of 1.
    Without noise, the label is the class with the highest score.

    Parameters
    ----------
    n_samples : int, default=100
        The number of samples.
    n_features : int, default=20
        The number of features.
    n_tasks : int, default=3
        The number of tasks.
    n_classes : int or sequence of int of length n_tasks, default=2
        The number of classes of each task.
    n_informative : int or None, default=None
        The number of features with a nonzero coefficient, the same ones for all tasks,
        chosen at random. None: 10, or all if there are fewer.
    n_clusters : int, default=1
        The number of clusters of tasks; the clusters are unrelated to each other.
        Neighbouring tasks share a cluster.
    relatedness : float, default=0.8
        The expected correlation of the scores of two tasks of a cluster that have the
        same number of classes: 1 for identical tasks, 0 for unrelated ones.
    noise : float or sequence of float of length n_tasks, default=0.1
        The temperature of the class probabilities: 0 for labels that are a function of
        the input, large for labels at random.
    missing_fraction : float or sequence of float of length n_tasks, default=0.0
        The fraction of missing labels of each task, rounded to whole labels. At least
        one label of every class is kept.
    random_state : int, RandomState instance or None, default=None
        Determines the data. With the same integer, the inputs stay the same whatever
        the tasks, and the noise-free labels whatever `noise` and `missing_fraction`.
    return_truth : bool, default=False
        Return what the data were made from as well.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The inputs.
    Y : ndarray of shape (n_samples, n_tasks)
        The labels, ``0, ..., n_classes - 1``: integers, or floats with NaN where
        missing if any label is missing.
    truth : Bunch
        Only if `return_truth=True`. It has the attributes

        Y : ndarray of shape (n_samples, n_tasks)
            The labels without noise and without missing labels.
        coef : list of ndarray of shape (n_classes, n_features)
            The coefficients :math:`W_t` of each task.
        relatedness : ndarray of shape (n_tasks, n_tasks)
            The cosines between the coefficients of the tasks, over the classes that
            two tasks have in common.
        cluster : ndarray of shape (n_tasks,)
            The cluster of each task.

    Raises
    ------
    ValueError
        If a parameter is invalid, or `missing_fraction` leaves a task fewer labels
        than it has classes.

    Warns
    -----
    UserWarning
        If no sample falls into one of the classes.

    See Also
    --------
    make_multitask_regression : The same for quantities.
    load_digits_tasks : Real images, three tasks.

    References
    ----------
    .. [1] Evgeniou, T. and Pontil, M. (2004). "Regularized multi-task learning."
       Proceedings of KDD, 109-117.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> X, Y, truth = make_multitask_classification(
    ...     n_classes=[2, 2, 4], random_state=0, return_truth=True
    ... )
    >>> X.shape, Y.shape, Y.dtype
    ((100, 20), (100, 3), dtype('int64'))
    >>> [coef.shape for coef in truth.coef]
    [(2, 20), (2, 20), (4, 20)]
    >>> Y.max(axis=0)
    array([1, 1, 3])
    """
    owner = "make_multitask_classification"
    n_classes = per_task(n_classes, n_tasks, _N_CLASSES, "n_classes", owner)
    noise = per_task(noise, n_tasks, _NOISE, "noise", owner)
    missing_fraction = per_task(
        missing_fraction, n_tasks, _FRACTION, "missing_fraction", owner
    )
    cluster = assign_clusters(n_tasks, n_clusters, owner)
    informative = count_informative(n_informative, n_features, owner)
    rng = check_random_state(random_state)

    X = rng.standard_normal((n_samples, n_features))
    drawn = draw_coef(
        rng, cluster, max(n_classes), n_features, informative, relatedness
    )
    coef = [centre_classes(W[:k]) for W, k in zip(drawn, n_classes, strict=True)]
    scores = [X @ W.T for W in coef]
    Y_true = np.column_stack([score.argmax(axis=1) for score in scores])
    # The class with the highest Gumbel-noised score is a draw from the softmax.
    Y = np.column_stack(
        [
            (score + scale * rng.gumbel(size=score.shape)).argmax(axis=1)
            for score, scale in zip(scores, noise, strict=True)
        ]
    )
    warn_empty_classes(Y, n_classes)
    Y = hide_labels(rng, Y, Y, missing_fraction, owner)
    if not return_truth:
        return X, Y
    return X, Y, describe_truth(Y_true, coef, cluster)

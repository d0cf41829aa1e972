"""The parts of the docstrings that the estimators share."""

PARAMETERS = """\
penalty : str or object, default="l21"
        What keeps the coefficients of the tasks small, few or alike: a name in
        ``sklearn_mtl.linear_model.penalties.PENALTIES``, or an object with parameters
        of its own, such as ``SparseGroupPenalty(l1_ratio=0.2)``, which a search
        reaches as ``penalty__l1_ratio``.
    alpha : float, default=1.0
        The weight of the penalty, at least 0.
    fit_intercept : bool, default=True
        Whether each task has an intercept, which is not penalised.
    missing_label : object, default=np.nan
        A label that means "missing", besides NaN, None, pd.NA and NaT.
    solver : {"auto", "closed_form", "fista"}, default="auto"
        The algorithm. "auto" is the closed form for a regression with a quadratic
        penalty ("ridge", "mean", "graph"), else accelerated proximal gradients.
    max_iter : int, default=10000
        Iterations, at most.
    tol : float, default=1e-6
        The duality gap to stop at, relative to the loss of a model without
        coefficients. For a penalty of which no gap is known, the length of the next
        step, relative to that of the first.
    warm_start : bool, default=False
        Whether `fit` starts from the coefficients of the last fit, where they are of
        the same shape."""

ATTRIBUTES = """\
alpha_max_ : float
        The smallest `alpha` with which all coefficients would be 0; infinite if there
        is none, NaN if it is not known.
    dual_gap_ : float
        The duality gap: the objective is at most this far from its minimum. NaN where
        it is not known.
    n_iter_ : int
        The iterations that were made.
    task_covariance_ : ndarray of shape (n_tasks, n_tasks)
        The covariance of the tasks, learnt with the penalty "squared_trace" only. With
        more than two classes it has a row for each row of coefficients.
    n_tasks_ : int
        The number of tasks.
    n_outputs_ : int
        The same number, under scikit-learn's name.
    task_names_ : ndarray of shape (n_tasks,)
        The names of the tasks: the columns of a data frame, else "task0", "task1", ...
    n_features_in_ : int
        The number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the features, where X has names that are all strings."""

NOTES = """\
The features are used as they are: standardise them first where they are on different
    scales, since the penalty treats them alike.

    A weight of 0 is the same as a missing label, and a common factor of all weights of
    a task changes nothing."""

"""The parts of the docstrings that the estimators share."""

_PENALTY = """\
penalty : str or object, default="l21"
        What keeps the coefficients of the tasks small, few or alike: a name in
        ``sklearn_mtl.linear_model.penalties.PENALTIES``, or an object with parameters
        of its own, such as ``SparseGroupPenalty(l1_ratio=0.2)``, which a search
        reaches as ``penalty__l1_ratio``."""

_ALPHA = """\
alpha : float, default=1.0
        The weight of the penalty, at least 0."""

_COMMON = """\
fit_intercept : bool, default=True
        Whether each task has an intercept, which is not penalised.
    positive : bool, default=False
        Whether no coefficient may be below 0. Only for penalties of the sizes of the
        coefficients, such as "ridge", "lasso", "elastic", "l21", "l1inf",
        "sparse_group", "tree" and "dirty".
    missing_label : object, default=np.nan
        A label that means "missing", besides NaN, None, pd.NA and NaT.
    solver : {"auto", "closed_form", "coordinate_descent", "fista"}, default="auto"
        The algorithm. "closed_form" is for a regression with a quadratic penalty
        ("ridge", "mean", "graph"); "coordinate_descent", with working sets, for a
        penalty of each row of coefficients for itself ("lasso", "l21", "sparse_group",
        "elastic", "ridge") where no task has more than two classes; "fista",
        accelerated proximal gradients, for all. "auto" is the first that can.
    max_iter : int, default=10000
        Iterations, at most: sweeps over the coefficients, or steps.
    tol : float, default=1e-6
        The duality gap to stop at, relative to the loss of a model without
        coefficients. For a penalty of which no gap is known, the length of the next
        step, relative to that of the first; for one that is not convex, what the last
        of its lassos brought."""

_WARM_START = """\
warm_start : bool, default=False
        Whether `fit` starts from the coefficients of the last fit, where they are of
        the same shape."""

_PATH = """\
alphas : int or array-like of shape (n_alphas,), default=50
        The weights of the penalty to try, or how many of them: they then fall in
        geometric steps from the smallest with which all coefficients are 0 to `eps`
        times that. For a penalty without such a weight, such as "ridge", "mean" or
        "cluster", they fall from the largest curvature of the loss to `eps` / 10 times
        that. Where the best one is the last, and the score still rises, the path goes
        on, up to twice, as long as the solver converges.
    eps : float, default=1e-3
        The length of the path.
    param_grid : "auto", dict, list of dict or None, default="auto"
        Parameters of the penalty to try, each combination with a path of its own, such
        as ``{"n_clusters": [1, 2, 3]}``. "auto" tries what is sensible for a penalty
        given by name, such as weights inside the window of a sum of penalties; of an
        object it changes nothing, and so does None."""

_SEARCH = """\
cv : int, cross-validation generator or iterable, default=None
        The splits: a number of folds of
        :class:`~sklearn_mtl.model_selection.MultiTaskKFold`, which knows of missing
        labels, 5 for None; a splitter; or pairs of row numbers to train and to score
        on.
    scoring : str or callable, default=None
        The score to choose by: the name of a scikit-learn scorer, which is applied to
        each task where it has labels and averaged; a scorer of
        :func:`~sklearn_mtl.metrics.make_multitask_scorer`; or any other
        ``scorer(estimator, X, y)``. None is minus the loss: the weighted mean squared
        error, or log-loss, of each task, averaged.
    n_jobs : int, default=None
        Parallel jobs over penalties and folds, with one thread each. The result does
        not depend on it.
    verbose : int, default=0
        How much joblib tells of the jobs.
    random_state : int, RandomState instance or None, default=None
        Controls the folds where `cv` is a number or None."""

PARAMETERS = f"{_PENALTY}\n    {_ALPHA}\n    {_COMMON}\n    {_WARM_START}"
CV_PARAMETERS = f"{_PENALTY}\n    {_PATH}\n    {_COMMON}\n    {_SEARCH}"

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

CV_ATTRIBUTES = """\
alpha_ : float
        The weight of the penalty that was chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The weights that were tried with the chosen penalty, from large to small.
    penalty_ : object
        The chosen penalty, with its parameters.
    best_params_ : dict
        The chosen weight, as ``"alpha"``, and the parameters from `param_grid`.
    best_score_ : float
        The mean score of the choice over the folds.
    cv_results_ : dict of ndarray
        What was tried and its scores, as :class:`~sklearn.model_selection.GridSearchCV`
        has them, and for each task ``mean_test_score_<task>`` and
        ``std_test_score_<task>``."""

CV_NOTES = """\
A label that nothing was learnt of in a fold is not scored there: that of a task
    without training labels, or of a class without any.

    A row of weight 2 is like the same row twice if both come in the same fold. The
    weights of a task sum to 1 in each training part, so that `alpha` means the same in
    all of them.

    Where Gram matrices of the features are the faster way, those of a training part
    come from those of all rows less what was held out: the folds together cost about as
    much as one more fit's."""

NOTES = """\
The features are used as they are: standardise them first where they are on different
    scales, since the penalty treats them alike.

    A weight of 0 is the same as a missing label, and a common factor of all weights of
    a task changes nothing."""

"""What the docstrings of the estimators of candidates have in common."""


def describe_candidates(kind: str) -> str:
    """Return the text about `estimators`, of classifiers or regressors."""
    independent = f":class:`~sklearn_mtl.multioutput.IndependentTasks{kind.title()}`"
    return f"""estimators : list of (str, {kind}) tuples
        The candidates by name: networks, linear models, trees, groups of tasks,
        pipelines and searches. One that takes the labels of a single task is copied for
        each task, as by
        {independent}.
        So is one of several tasks, such as a random forest of scikit-learn, that has no
        parameter `missing_label`, if labels are missing or of several types, or each
        has a weight of its own.
        ``set_params(name="drop")`` leaves one out, ``set_params(name__parameter=...)``
        sets a parameter of it."""


CV = """cv : int, splitter or iterable of (train, test), default=None
        The folds that the candidates are tried on. A number n, 5 by default, stands for
        :class:`~sklearn_mtl.model_selection.MultiTaskKFold` with n folds."""

OPTIONS = """n_jobs : int, default=None
        How many fits to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the candidates are
        told. NaN, None, pd.NA and NaT always are missing.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling of the default folds. The candidates have their own."""

ATTRIBUTES = """n_tasks_ : int
        The number of tasks.
    n_outputs_ : int
        The same number, under scikit-learn's name.
    task_names_ : ndarray of shape (n_tasks,)
        The names of the tasks: the columns of a data frame, else "task0", "task1", ...
    n_features_in_ : int
        The number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the features, where X has names that are all strings."""

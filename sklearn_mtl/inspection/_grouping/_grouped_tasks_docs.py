"""What the docstrings of the estimators of groups have in common."""

GROUPS = """groups : "auto" or array-like or list or dict, default="auto"
        The groups of tasks.

        - "auto": found by `affinity` and :func:`group_tasks`;
        - one integer per task, as :func:`group_tasks` returns them;
        - a list of groups, each a list of names or positions of tasks. Groups may
          overlap: the first one that names a task predicts it;
        - a dict from each task to the tasks that it is learnt with, or the same as a
          matrix of booleans with a row per task, as :func:`group_tasks` returns it with
          `overlapping=True`. Equal groups are fitted once.

    affinity : str or array-like of shape (n_tasks, n_tasks), default="auto"
        For groups="auto": the method of :func:`task_affinity`, or affinities. "auto" is
        "gradient" for networks and pipelines that end with one, else "label". Of a data
        frame with the names of the tasks, the order does not matter.
    n_groups : int or "auto", default="auto"
        For groups="auto": the number of groups.
    n_jobs : int, default=None
        How many groups to fit in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.
    random_state : int, RandomState instance or None, default=None
        Controls what finding the groups draws at random. The estimator has its own."""

ATTRIBUTES = """estimators_ : list of estimators
        The fitted copy of each group.
    groups_ : list of (list of str)
        The names of the tasks of each group.
    group_of_task_ : ndarray of int of shape (n_tasks,)
        Which group predicts each task.
    affinity_ : ndarray of shape (n_tasks, n_tasks)
        With groups="auto" and several tasks: what the groups were made of.
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

NOTES = """A group of one task is fitted as by
    :class:`~sklearn_mtl.multioutput.IndependentTasksClassifier`, on labels in one
    dimension and the rows that have one; any estimator will do for it. Of larger groups
    the estimator gets the columns, without names, of the rows that have a label of the
    group. What it says of each task, such as `task_weights`, is reduced to these.

    The groups are found on the training data, so that a cross-validation of the whole
    is honest."""

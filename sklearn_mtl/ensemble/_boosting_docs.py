"""The parts of the docstrings that the boosting estimators share."""

PARAMETERS = """\
n_estimators : int, default=1000
        The rounds of boosting, at most: each adds a tree.
    learning_rate : float, default=0.1
        What the values of the leaves are multiplied by.
    max_depth : int, default=6
        The depth of the trees, at most.
    min_child_weight : float or None, default=None
        The sum of the second derivatives that a leaf must have for an output to get a
        value there. None is 0.3; for a single task it is 1.
    reg_lambda : float, default=1.0
        The penalty λ on the squares of the values of the leaves.
    subsample : float, default=1.0
        The fraction of the rows that each tree is grown on.
    colsample_bytree : float, default=1.0
        The fraction of the features that each tree may use.
    colsample_bynode : float or None, default=None
        The fraction of these that are tried for each split. None is the square root of
        50 over the number of features, and at most 1; for a single task it is 1.
    max_bin : int or None, default=None
        How many bins the values of a feature fall into. None is 64; for a single task
        it is 256.
    n_directions : int or None, default=1
        How many random sums of the outputs of all tasks the splits of a tree are sought
        on. None seeks them on all outputs, which takes time in proportion to their
        number, and is seldom better.
    task_weights : array-like of shape (n_tasks,), dict of str to float or None, \
default=None
        The weights λ_t of the tasks when a split is chosen. A dict maps names of tasks
        to weights; the others keep weight 1. None weighs all tasks alike. Tasks of
        weight 0 get values in the leaves, too.
    missing_label : object, default=np.nan
        A label that means "missing", besides NaN, None, pd.NA and NaT.
    early_stopping : bool, default=True
        Whether to hold out rows, stratified over the tasks, to find the best number of
        rounds for each task. Otherwise there is one booster, with `n_estimators` rounds
        on all rows.
    n_members : int, default=5
        The boosters whose margins are averaged. Each holds out a fold of the rows, and
        all of them are judged together. One holds out a `validation_fraction`.
    validation_fraction : float, default=0.1
        The fraction of the rows that are held out where `n_members` is 1.
    n_iter_no_change : int, default=20
        Rounds without a lower loss on the rows held out after which a task is done. It
        keeps the rounds up to the lowest loss.
    n_jobs : int or None, default=None
        The threads of XGBoost. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the rows that are held out, the random sums, and the rows and features
        that are drawn. It is the `random_state` of a booster that is by itself.
    verbose : int, default=0
        After how many rounds each to print a line about the rows held out; 0 prints
        nothing."""

ATTRIBUTES = """\
boosters_ : list of xgboost.Booster
        The boosters, with the rounds that some task keeps.
    n_iter_ : int
        The rounds of boosting.
    best_iterations_ : ndarray of shape (n_tasks,)
        The rounds that each task keeps; 0 predicts the best constant.
    history_ : list of dict
        A row per round, of the rows held out: "iteration", "valid_loss_<task>" (the
        log-loss, or the squared error in units of the variance) and
        "valid_relative_loss", the mean over the tasks of the loss divided by that of
        the best constant prediction. ``pandas.DataFrame(history_)`` is a table.
    feature_importances_ : ndarray of shape (n_features,)
        The share of each feature in what the splits gain for all tasks, which XGBoost
        calls "total_gain".
    task_feature_importances_ : ndarray of shape (n_tasks, n_features)
        The same for each task, over its labels and the rounds that it keeps; a row sums
        to 1, or is 0 if nothing was learnt about the task.
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
A tree is grown on the gain of one random sum of the outputs, weighed by their
    curvature. On average, half of it is the gain of all outputs, and half that of tasks
    with as many classes added up, which finds splits that tasks with few labels have in
    common. So a tree of many outputs takes the time of one of a single output, and many
    small steps in changing directions generalise better than fewer in all at once.

    A task that is by itself, or with tasks of one class only, is learnt exactly as
    XGBoost learns it: with ``early_stopping=False`` the predictions are those of
    XGBoost with the same parameters."""

REFERENCES = """\
Chen, T. and Guestrin, C. (2016). XGBoost: a scalable tree boosting system. KDD.

    Iosipoi, L. and Vakhrushev, A. (2022). SketchBoost: fast gradient boosted decision
    tree for multioutput problems. NeurIPS."""

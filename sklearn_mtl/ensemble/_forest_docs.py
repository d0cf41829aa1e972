"""The parts of the docstrings that the forests share."""

TREES = """\
n_estimators : int, default=100
        The number of trees.
    splitter : {"random", "best"}, default="random"
        Where to split a feature: at the best of all thresholds, as in a random forest,
        or at one drawn at random, as in extremely randomised trees; the best feature
        wins in both cases.
    max_depth : int or None, default=None
        The depth of the trees, at most.
    min_samples_split : int or float, default=2
        The rows that a node must have to be split. A fraction is one of all rows.
    min_samples_leaf : int or float, default=1
        The rows that a leaf must have. A fraction is one of all rows."""

MAX_FEATURES = """\
The number of features to try for each split, or their fraction; None tries all.
        "auto" tries half of them, but at most 32 or, if that is more, the square root
        of their number."""

SHRINKAGE = """\
The weight m of the parent's value in that of a node, in labels. With 0 a node has the
        mean of its own labels, and its parent's value only if it has none."""

SAMPLES = """\
bootstrap : bool, default=False
        Whether each tree is grown on a sample of the rows, drawn with replacement,
        instead of all rows.
    max_samples : int, float or None, default=None
        The size of the sample, or the fraction of rows; None draws as many as there
        are.
    oob_score : bool, default=False
        Whether to score the tasks on the rows that the samples left out.
    task_weights : array-like of shape (n_tasks,), dict of str to float or None, \
default=None
        The weights λ of the tasks when a split is chosen. A dict maps names of tasks
        to weights; the others keep weight 1. None weighs all tasks alike. Tasks of
        weight 0 are predicted too.
    missing_label : object, default=np.nan
        A label that means "missing", besides NaN, None, pd.NA and NaT.
    n_jobs : int or None, default=None
        How many trees to grow, and blocks of rows to predict, in parallel threads.
        None means 1 unless in a :func:`joblib.parallel_config` context; -1 means all
        cores. The result does not depend on it.
    random_state : int, RandomState instance or None, default=None
        Controls the samples of rows, the features that are tried and the random
        thresholds."""

ATTRIBUTES = """\
feature_importances_ : ndarray of shape (n_features,)
        The share of each feature in the decrease of the impurity of all tasks, as in
        scikit-learn's forests.
    task_feature_importances_ : ndarray of shape (n_tasks, n_features)
        The same for each task, over the rows that have its label; a row sums to 1,
        or is 0 if nothing was learnt about the task.
    oob_score_ : float
        The mean of `oob_score_tasks_`. Only with ``oob_score=True``.
    oob_score_tasks_ : dict of str to float
        The score of each task, as in `score_tasks`, where each row is predicted by the
        trees that were not grown on it. NaN for a task of which every such row lacks
        the label. Only with ``oob_score=True``.
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
Where no label is missing, and rows and tasks weigh alike, the trees are scikit-learn's
    own. Other labels are beyond what these can be told: then the same splits are looked
    for in the labels that are there, compiled the first time they are needed, which
    takes some seconds.

    A node without labels of a task has its parent's value. A small node has few labels
    of a task even where none is missing, and a fully grown tree says 0 or 1 there; to
    lean on the parent makes up for both, and improves probabilities in particular.

    The values of the leaves take 4 bytes for each tree, leaf and class but one of a
    task, and 8 bytes for each quantity. With hundreds of tasks, `min_samples_leaf`
    keeps them small."""

REFERENCES = """\
Breiman, L. (2001). Random forests. Machine Learning, 45, 5-32.

    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine
    Learning, 63, 3-42.

    Ferri, C., Flach, P. and Hernández-Orallo, J. (2003). Improving the AUC of
    probabilistic estimation trees. ECML.

    Agarwal, A., Tan, Y. S., Ronen, O., Singh, C. and Yu, B. (2022). Hierarchical
    shrinkage: improving the accuracy and interpretability of tree-based methods.
    ICML."""

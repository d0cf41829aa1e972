"""What the docstrings of the stacking estimators have in common."""


def describe_final_estimator(kind: str, responses: str) -> str:
    """Return the text about `final_estimator`, of classifiers or regressors."""
    return f"""final_estimator : {kind}, default=None
        What learns each task from the {responses} of the candidates, out of fold. None
        weighs the candidates as told above."""


OPTIONS = """sharing : float, default=10.0
        Without `final_estimator`: how many labels the weights that all tasks share are
        worth, m. With 0 every task has its own, with infinity all have the same.
    passthrough : bool, default=False
        Whether `final_estimator` learns from the features of X too."""

VERBOSE = """verbose : int, default=0
        How much :class:`joblib.Parallel` tells of the fits."""

ATTRIBUTES = """estimators_ : list of estimators
        The candidates that are used, fitted to all rows.
    named_estimators_ : :class:`~sklearn.utils.Bunch`
        The same by name. Candidates without weight in any task are left out.
    final_estimators_ : list of estimators or None
        The fitted copy of `final_estimator` of each task; None for a task of which no
        label was predicted out of fold.
    candidate_names_ : ndarray of shape (n_candidates,)
        The names of the candidates that were tried.
    weights_ : ndarray of shape (n_tasks, n_candidates) or None
        The weights of the candidates in each task; None with a `final_estimator`.
    shared_weights_ : ndarray of shape (n_candidates,) or None
        The weights that those of all tasks are pulled towards."""

NOTES = """Stacking was introduced in [1]_. Out of fold is what a candidate predicts for
    the test part of a fold when it is fitted to the training part. A task without a
    label in the training part of a fold is not learnt there: its labels in the test
    part are left out. A task that has no other label gets the shared weights.

    With a `final_estimator`, the tasks share nothing but the candidates. Of two classes
    it gets the probability of the second one. A task of which no label was predicted
    out of fold gets the mean of the candidates."""

"""What the docstrings of the selecting estimators have in common."""

SUMMARY = """Tasks are learnt together where it helps and apart where it hurts, if
    there are candidates that do the one and the other. Every candidate is scored on
    every task in every fold. Those that win a task are fitted to all rows, with all
    tasks, and predict the tasks that they have won."""

ORDER = "The first one is taken of those that are as good: begin with the simplest."


def describe_scoring(default: str) -> str:
    """Return the text about `scoring` and `rule`."""
    return f"""scoring : str, scorer, callable or dict, default=None
        The metric, greater is better: the name of a scikit-learn scorer such as
        `"roc_auc"`, a scorer, or a function ``metric(y_true, y_pred)``; or a dict from
        task to one of these. By default the {default}.
    rule : {{"best", "one_standard_error"}}, default="best"
        Which candidate wins a task: the one of the best mean score, or the first one
        that the best one does not beat by more than one standard error of their mean
        difference over the folds."""


VERBOSE = """verbose : int, default=0
        1 writes a line after every fit."""

ATTRIBUTES = """selected_ : dict of str to str
        The name of the candidate that was selected for each task.
    comparison_ : :class:`~sklearn_mtl.model_selection.TaskComparison`
        The scores of all candidates on all tasks and folds; with ``summary()`` and
        ``plot()`` of what differs from the first candidate by more than chance.
    estimators_ : list of estimators
        The candidates that were selected for some task, fitted to all rows.
    named_estimators_ : :class:`~sklearn.utils.Bunch`
        The same by name."""

NOTES = """The candidate that looks best is in part the one that was lucky: its score in
    `comparison_` is too good by that. A cross-validation of the whole is honest.

    Folds where a candidate has no score on a task, such as the AUC where the test part
    has one class only, are left out of the task. If there are no others, the first
    candidate is taken, with a warning."""

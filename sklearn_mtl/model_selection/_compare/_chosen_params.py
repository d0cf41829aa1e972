from typing import Any


def find_chosen_params(estimator: Any) -> Any:
    """Return what a fitted search chose, or the search in a pipeline; None if none.

    Of one search per task it is a dict from task to what was chosen.
    """
    if hasattr(estimator, "best_params_"):
        return dict(estimator.best_params_)
    if hasattr(estimator, "steps"):
        return find_chosen_params(estimator.steps[-1][1])
    copies = getattr(estimator, "estimators_", None)
    names = getattr(estimator, "task_names_", None)
    if isinstance(copies, list) and names is not None and len(copies) == len(names):
        chosen = dict(zip(names, map(find_chosen_params, copies), strict=True))
        return chosen if any(params is not None for params in chosen.values()) else None
    return None

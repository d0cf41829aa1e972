from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl._tasks import Targets, Tasks
from sklearn_mtl.model_selection._compare._fit_and_score import Trial
from sklearn_mtl.model_selection._compare._repeats import Fold


@dataclass(frozen=True)
class Candidates:
    """Estimators by name, and what they are tried on.

    `weights` (n_samples, n_tasks) are those of the labels, 0 where one is missing.
    """

    estimators: Mapping[str, Any]
    trial: Trial
    targets: Targets
    weights: np.ndarray
    tasks: Tasks
    splitter: Any
    folds: list[Fold]

    def fit(self, names: Iterable[str], n_jobs: int | None) -> dict[str, Any]:
        """Return some candidates, fitted to all rows."""
        names = list(names)
        jobs = [(name, clone(self.estimators[name])) for name in names]
        fitted = run_jobs(_fit, self.trial, jobs, n_jobs)
        return dict(zip(names, fitted, strict=True))


def _fit(trial: Trial, name: str, estimator: Any) -> Any:
    try:
        trial.fit(estimator, np.arange(len(trial.observed)))
    except Exception as error:
        error.add_note(f"While fitting {name!r} to all rows.")
        raise
    return estimator

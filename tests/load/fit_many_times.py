"""Fit every kind of estimator again and again: `python fit_many_times.py HOW_MANY`.

Prints, as JSON, what the process holds after a tenth of the fits of each, after half of
them, and at the end: bytes of memory, objects of Python, threads and open files.
"""

import gc
import json
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from typing import Any

import psutil
from sklearn.base import clone

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.ensemble import MultiTaskBoostingClassifier, MultiTaskForestClassifier
from sklearn_mtl.linear_model import RegularizedMTLClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier

NET = {"hidden_layer_sizes": (16,), "max_epochs": 2, "random_state": 0}
TREES = {"n_estimators": 3, "random_state": 0}
ESTIMATORS = {
    "default network": MultiTaskNetClassifier(**NET),
    "plain network": MultiTaskNetClassifier(**NET, preset="plain"),
    "network with checkpoints": MultiTaskNetClassifier(**NET, preset="plain"),
    "linear model": RegularizedMTLClassifier(alpha=0.01),
    "forest": MultiTaskForestClassifier(**TREES, n_jobs=2),
    "boosting": MultiTaskBoostingClassifier(**TREES, early_stopping=False, n_jobs=2),
}


def what_is_held() -> dict[str, int]:
    """Return what the process holds, once all garbage is gone."""
    gc.collect()
    process = psutil.Process()
    return {
        "bytes": process.memory_info().rss,
        "objects": len(gc.get_objects()),
        "python threads": threading.active_count(),
        "threads": process.num_threads(),
        "files": len(process.open_files()),
    }


def fit_many_times(fit: Callable[[], Any], how_many: int) -> list[dict[str, int]]:
    """Fit so many times, and return what is held along the way."""
    found = []
    for number in range(1, how_many + 1):
        fit()
        if number in (how_many // 10, how_many // 2, how_many):
            found.append(what_is_held())
    return found


def main(how_many: int) -> None:
    X, Y = make_multitask_classification(120, 8, n_tasks=3, random_state=0)
    warnings.simplefilter("error")
    found = {}
    for name, estimator in ESTIMATORS.items():
        keeps = name == "network with checkpoints"

        def fit(estimator: Any = estimator, keeps: bool = keeps) -> None:
            with tempfile.TemporaryDirectory() as folder:
                model = clone(estimator)
                if keeps:
                    model.set_params(checkpoint_dir=folder)
                model.fit(X, Y).predict_proba(X)

        found[name] = fit_many_times(fit, how_many)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

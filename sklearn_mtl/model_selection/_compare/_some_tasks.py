from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_mtl._class_weight import spell_out
from sklearn_mtl._validation import check_task_weights


class SomeTasks:
    """Some of the columns of Y, and estimators that are told of these alone.

    Where no row of a training part has a label of a task, the others can still be
    learnt.
    """

    def __init__(self, Y: Any, tasks: np.ndarray) -> None:
        self.tasks = tasks
        if hasattr(Y, "columns"):
            self._names = [str(column) for column in Y.columns]
            self._new_names = [self._names[t] for t in tasks]
            self.labels = _safe_indexing(Y, tasks, axis=1)
            return
        columns = np.array(Y, dtype=None if hasattr(Y, "dtype") else object)
        self._names = [f"task{t}" for t in range(columns.shape[1])]
        self._new_names = self._names[: len(tasks)]
        self.labels = columns[:, tasks]

    def adapt(self, estimator: Any) -> Any:
        """Reduce what an unfitted estimator says of each task to the tasks there are.

        The estimator is changed, and returned.
        """
        return estimator.set_params(**self._adapt(estimator.get_params(deep=True)))

    def _adapt(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the parameters that are about tasks, reduced."""
        readers = {
            "task_weights": self._reduce_weights,
            "task_types": self._reduce,
            "class_weight": self._reduce_class_weight,
            "task_metrics": self._reduce,
            "scores": self._reduce,
            "candidates": self._reduce_candidates,
        }
        reduced = {}
        for path, value in params.items():
            name = path.rpartition("__")[2]
            if name in readers:
                reduced[path] = readers[name](value)
        return reduced

    def _reduce_candidates(self, value: Any) -> Any:
        # What is to be tried in a search may be about tasks too.
        return [{**params, **self._adapt(params)} for params in value]

    def _reduce_weights(self, value: Any) -> Any:
        if value is None or (not isinstance(value, Mapping) and not self._fits(value)):
            return value
        weights = check_task_weights(value, self._names, "compare_estimators")
        return weights[self.tasks].tolist()

    def _reduce_class_weight(self, value: Any) -> Any:
        return self._reduce(spell_out(value, self._names))

    def _reduce(self, value: Any) -> Any:
        if isinstance(value, Mapping) and set(map(str, value)) <= set(self._names):
            by_name = {str(name): setting for name, setting in value.items()}
            renamed = zip(self._new_names, self.tasks, strict=True)
            old = {new: self._names[t] for new, t in renamed}
            return {new: by_name[name] for new, name in old.items() if name in by_name}
        return [value[t] for t in self.tasks] if self._fits(value) else value

    def _fits(self, value: Any) -> bool:
        """Return whether it holds one setting for each task."""
        listed = not isinstance(value, (str, Mapping)) and hasattr(value, "__len__")
        return listed and np.ndim(value) == 1 and len(value) == len(self._names)

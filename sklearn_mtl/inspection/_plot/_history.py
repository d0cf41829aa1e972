"""What a fitted net tells of its training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error


def find_fitted_net(estimator: Any, owner: str) -> Any:
    """Return the estimator, or the fitted net inside a search or a pipeline."""
    net = estimator
    while not hasattr(net, "history_"):
        if hasattr(net, "best_estimator_"):
            net = net.best_estimator_
        elif hasattr(net, "steps"):
            net = net.steps[-1][1]
        else:
            expected = "a fitted net with a history_, or a pipeline or search with one"
            raise parameter_error("estimator", owner, expected, repr(estimator))
    return net


class History:
    """The rows of `history_`, a table of numbers for each kind of column."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        task_names: Sequence[str] | None,
        owner: str,
    ) -> None:
        self._rows = list(rows)
        if not self._rows or "train_loss" not in self._rows[0]:
            expected = "a list of a dict per epoch, such as history_ of a fitted net"
            got = repr(rows)[:80] if self._rows else "no epoch"
            raise parameter_error("history", owner, expected, got)
        self.epochs = np.array(
            [row.get("epoch", e + 1) for e, row in enumerate(self._rows)]
        )
        if task_names is None:
            task_names = [
                name.removeprefix("weight_")
                for name in self._rows[0]
                if name.startswith("weight_")
            ]
        self.task_names = [str(name) for name in task_names]

    def has(self, kind: str) -> bool:
        """Whether there are numbers of this kind, such as "valid_loss"."""
        return any(f"{kind}_{name}" in self._rows[0] for name in self.task_names)

    def parts(self, kind: str) -> list[str]:
        """Return the rows that there are losses or scores of, "valid" and "train"."""
        return [part for part in ("valid", "train") if self.has(f"{part}_{kind}")]

    def table(self, kind: str) -> dict[str, np.ndarray]:
        """Return the values of each task over the epochs, NaN where there are none."""
        return {
            name: np.array([_number(row.get(f"{kind}_{name}")) for row in self._rows])
            for name in self.task_names
        }

    def last(self, kind: str) -> np.ndarray:
        """Return where each task ends, by the validation rows if there are any."""
        part = "valid" if self.has(f"valid_{kind}") else "train"
        return np.array([v[-1] for v in self.table(f"{part}_{kind}").values()])

    def varying_weights(self) -> dict[str, np.ndarray] | None:
        """Return the weights of the tasks, None if none is known to change."""
        weights = self.table("weight")
        for values in weights.values():
            known = values[~np.isnan(values)]
            if len(known) and np.ptp(known) > 1e-6:
                return weights
        return None


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)

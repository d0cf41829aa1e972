"""What was seen of every round on the rows held out."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._rounds import RoundTracker

_MAX_TASKS_SHOWN = 6


class History:
    """A row for each round; every so many rounds one is printed, if not 0.

    The names of the tasks are in the order of the outputs.
    """

    def __init__(self, task_names: Sequence[str], print_every: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self._task_names = task_names
        self._print_every = print_every

    def __call__(self, tracker: RoundTracker) -> None:
        """Take in the last round."""
        relative = tracker.relative_losses()
        known = relative[~np.isnan(relative)]
        row = {"iteration": tracker.n_rounds, "valid_relative_loss": known.mean()}
        for task, loss in zip(self._task_names, tracker.losses[-1], strict=True):
            row[f"valid_loss_{task}"] = float(loss)
        self.rows.append(row)
        if self._print_every and tracker.n_rounds % self._print_every == 0:
            self._print(row)

    def _print(self, row: dict[str, Any]) -> None:
        parts = [
            f"round {row['iteration']:>4}",
            f"valid relative loss {row['valid_relative_loss']:.4f}",
        ]
        if len(self._task_names) <= _MAX_TASKS_SHOWN:
            parts += [f"{t} {row[f'valid_loss_{t}']:.4f}" for t in self._task_names]
        sys.stdout.write("  ".join(parts) + "\n")

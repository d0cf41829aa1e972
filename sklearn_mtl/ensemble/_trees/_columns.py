"""How the values of all tasks lie side by side."""

import numpy as np


class TaskColumns:
    """A column for each class of a task but the first, or one for a quantity.

    The first class gets what the others leave. A task of one class has no column.
    """

    def __init__(self, n_classes: np.ndarray, is_class: np.ndarray) -> None:
        self.n_classes = n_classes
        self.is_class = is_class
        self.widths = np.where(is_class, n_classes - 1, 1)
        self.firsts = np.r_[0, np.cumsum(self.widths)]

    @property
    def n_columns(self) -> int:
        """The number of columns of all tasks."""
        return int(self.firsts[-1])

    def split(self, n_columns: int) -> list[np.ndarray]:
        """Return the tasks that have columns, in blocks of about so many columns."""
        tasks = np.flatnonzero(self.widths)
        block = self.firsts[tasks] // max(n_columns, 1)
        ends = np.flatnonzero(np.diff(block)) + 1
        return [tasks for tasks in np.split(tasks, ends) if len(tasks)]

    def find_probabilities(
        self, total: np.ndarray, n_trees: float | np.ndarray
    ) -> list[np.ndarray]:
        """Return the probabilities of all classes, task by task.

        `total` has what so many trees say, added up; their number may be a column.
        """
        starts = np.cumsum(self.n_classes) - self.n_classes
        votes = np.zeros((len(total), self.n_classes.sum()))
        is_first = np.zeros(votes.shape[1], dtype=bool)
        is_first[starts] = True
        votes[:, ~is_first] = total
        others = np.add.reduceat(votes, starts, axis=1)
        votes[:, starts] = np.maximum(n_trees - others, 0)
        # Rounding may have left less than nothing.
        votes /= np.repeat(np.maximum(others, n_trees), self.n_classes, axis=1)
        return np.split(votes, starts[1:], axis=1)

"""What the samplers have in common: a sampler says which tasks each step trains."""

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from sklearn_mtl._validation import list_some, parameter_error


@dataclass(repr=False, eq=False)
class TaskSampler(BaseEstimator):
    """A rule for the tasks of each training step; its parameters are its fields.

    A subclass has `_draw` and `_probabilities`, which are about the tasks that have
    labels: the others are never drawn.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    def reset(self, n_labels: Any, n_epochs: int) -> Self:
        """Return a copy that is ready for the first epoch.

        Parameters
        ----------
        n_labels : array-like of shape (n_tasks,)
            The number of training labels of each task. A task without any is never
            drawn.
        n_epochs : int
            The number of epochs, at most.

        Returns
        -------
        self : object
            The copy.

        Raises
        ------
        ValueError
            If a parameter is bad, or does not fit the number of tasks, or no task has
            a label.
        """
        self._validate_params()
        started = clone(self)
        started.n_labels_ = _check_n_labels(n_labels, type(self).__name__)
        started.n_epochs_ = _check_count(n_epochs, "n_epochs", 1, type(self).__name__)
        started._start()
        return started

    def go_on(self, n_labels: Any) -> None:
        """Take other numbers of labels, for more training, and forget nothing.

        Parameters
        ----------
        n_labels : array-like of shape (n_tasks,)
            The number of training labels of each task.

        Raises
        ------
        ValueError
            If no task has a label.
        sklearn.exceptions.NotFittedError
            If it was not reset.
        """
        self._check_started()
        self.n_labels_ = _check_n_labels(n_labels, type(self).__name__)

    def draw(self, n_steps: int, epoch: int, rng: np.random.RandomState) -> np.ndarray:
        """Draw the tasks of each step of an epoch.

        Parameters
        ----------
        n_steps : int
            The number of steps.
        epoch : int
            Which epoch it is, from 0 on.
        rng : RandomState instance
            Where to draw from.

        Returns
        -------
        ndarray of bool of shape (n_steps, n_tasks)
            Whether a step trains a task; each trains one at least.

        Raises
        ------
        ValueError
            If a count is negative.
        sklearn.exceptions.NotFittedError
            If it was not reset.
        """
        self._check_started()
        n_steps = _check_count(n_steps, "n_steps", 0, type(self).__name__)
        epoch = _check_count(epoch, "epoch", 0, type(self).__name__)
        drawn = np.zeros((n_steps, len(self.n_labels_)), dtype=bool)
        drawn[:, self.n_labels_ > 0] = self._draw(n_steps, epoch, rng)
        return drawn

    def probabilities(self, epoch: int = 0) -> np.ndarray:
        """Return how probable it is that a step of an epoch trains each task.

        Parameters
        ----------
        epoch : int, default=0
            Which epoch, from 0 on.

        Returns
        -------
        ndarray of shape (n_tasks,)
            The probabilities; they sum to 1 where each step trains one task.

        Raises
        ------
        ValueError
            If the epoch is negative.
        sklearn.exceptions.NotFittedError
            If it was not reset.
        """
        self._check_started()
        epoch = _check_count(epoch, "epoch", 0, type(self).__name__)
        p = np.zeros(len(self.n_labels_))
        p[self.n_labels_ > 0] = self._probabilities(epoch)
        return p

    def observe_epoch(self, losses: Any) -> None:
        """Take in the mean training loss of each task over an epoch.

        Parameters
        ----------
        losses : array-like of shape (n_tasks,)
            The losses; NaN for a task that was not trained.

        Raises
        ------
        ValueError
            If there is not one loss per task.
        sklearn.exceptions.NotFittedError
            If it was not reset.
        """
        self._check_started()
        losses = np.asarray(losses, dtype=np.float64)
        if losses.shape != self.n_labels_.shape:
            raise parameter_error(
                "losses",
                type(self).__name__,
                f"of shape {self.n_labels_.shape}, one per task",
                f"shape {losses.shape}",
            )
        self._observe_epoch(losses)

    def _check_started(self) -> None:
        if not hasattr(self, "n_labels_"):
            name = type(self).__name__
            raise NotFittedError(
                f"This {name} does not know its tasks yet. Call 'reset' first, and use "
                "what it returns."
            )

    def _start(self) -> None:
        """Set up what is remembered."""

    def _observe_epoch(self, losses: np.ndarray) -> None:
        """Take in the losses of all tasks."""

    @abstractmethod
    def _draw(self, n_steps: int, epoch: int, rng: np.random.RandomState) -> np.ndarray:
        """Return whether each step trains each of the tasks that have labels."""

    @abstractmethod
    def _probabilities(self, epoch: int) -> np.ndarray:
        """Return the probabilities of the tasks that have labels."""


@dataclass(repr=False, eq=False)
class OneTaskSampler(TaskSampler):
    """A sampler of one task per step, by a power of the numbers of labels.

    A subclass has `_exponent`.

    An epoch gives each task its share of the steps up to rounding, in random order: the
    rounding is random, so that each step trains a task with exactly its probability.
    """

    @abstractmethod
    def _exponent(self, epoch: int) -> float:
        """Return the power of the numbers of labels that an epoch uses."""

    def _probabilities(self, epoch: int) -> np.ndarray:
        # Logarithms, as the power of a large number may be none.
        log_n = np.log(self.n_labels_[self.n_labels_ > 0])
        return softmax(self._exponent(epoch) * log_n)

    def _draw(self, n_steps: int, epoch: int, rng: np.random.RandomState) -> np.ndarray:
        p = self._probabilities(epoch)
        # Points at equal distances cut the unit interval in proportion to p.
        points = (np.arange(n_steps) + rng.random_sample()) / max(n_steps, 1)
        chosen = np.searchsorted(np.cumsum(p)[:-1], points, side="right")
        return one_task_per_step(rng.permutation(chosen), len(p))


def one_task_per_step(chosen: np.ndarray, n_tasks: int) -> np.ndarray:
    """Return the mask of shape (n_steps, n_tasks) of the task that each step has."""
    return chosen[:, np.newaxis] == np.arange(n_tasks)


def _check_n_labels(n_labels: Any, owner: str) -> np.ndarray:
    counts = np.array(n_labels, dtype=np.float64)
    if counts.ndim != 1 or not np.isfinite(counts).all() or (counts < 0).any():
        expected = "1-D with a number of labels, 0 or more, per task"
        raise parameter_error("n_labels", owner, expected, repr(n_labels))
    if not counts.any():
        expected = "above 0 for a task at least, as there is nothing to draw from"
        raise parameter_error("n_labels", owner, expected, list_some(counts.tolist()))
    return counts


def _check_count(value: Any, name: str, least: int, owner: str) -> int:
    if not isinstance(value, Integral) or value < least:
        expected = f"an integer of at least {least}"
        raise parameter_error(name, owner, expected, repr(value))
    return int(value)

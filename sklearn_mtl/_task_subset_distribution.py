from collections.abc import Iterable
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, log_expit, logsumexp
from sklearn.utils import check_random_state

from sklearn_mtl._validation import list_some, parameter_error

# All subsets of more tasks do not fit into memory.
_MAX_LISTED = 20


class SubsetProbabilities(NamedTuple):
    """All subsets of the tasks, and how probable they are."""

    subsets: np.ndarray
    probabilities: np.ndarray


class TaskSubsetDistribution:
    r"""A distribution over sets of tasks, by a score of each task.

    A set S of tasks has the probability

    .. math::
        P(S) = \frac{1}{Z} \exp\Bigl(\sum_{t \in S} s_t\Bigr)

    for the scores :math:`s_t`. With all sets allowed, this is to include each task t by
    itself, with the probability :math:`\sigma(s_t) = 1 / (1 + \exp(-s_t))`. Without the
    empty set it is the same, given that there is a task.

    Parameters
    ----------
    scores : array-like of shape (n_tasks,)
        The score of each task: 0 includes it as often as not, where the empty set is
        allowed. Infinite scores are for tasks that are always, or never, included.
    allow_empty : bool, default=False
        Whether the empty set has a probability above 0.

    Attributes
    ----------
    scores : ndarray of shape (n_tasks,)
        The scores.
    allow_empty : bool
        Whether the empty set has a probability above 0.
    inclusion_probabilities : ndarray of shape (n_tasks,)
        The probability that a set includes each task.

    Raises
    ------
    ValueError
        If a score is NaN, or no task can ever be included where one must be.

    See Also
    --------
    select_auxiliary_tasks : Find the set of tasks that helps one task most.

    Notes
    -----
    All is exact, in time that grows with the number of tasks, except for
    `probabilities`, which lists all sets. Without the empty set, the first task of a
    set is drawn from its exact distribution, and each later one by itself.

    Examples
    --------
    >>> from sklearn_mtl.inspection import TaskSubsetDistribution
    >>> subsets = TaskSubsetDistribution([0.0, 0.0], allow_empty=True)
    >>> subsets.inclusion_probabilities
    array([0.5, 0.5])
    >>> subsets = TaskSubsetDistribution([0.0, 0.0])
    >>> subsets.inclusion_probabilities.round(2)
    array([0.67, 0.67])
    >>> subsets.sample(2, random_state=0)
    array([[ True, False],
           [ True, False]])
    """

    def __init__(self, scores: Any, *, allow_empty: bool = False) -> None:
        owner = type(self).__name__
        self.scores = np.array(scores, dtype=np.float64)
        self.allow_empty = allow_empty
        shape = self.scores.shape
        if self.scores.ndim != 1 or not len(self.scores):
            expected = "1-D with one score per task"
            raise parameter_error("scores", owner, expected, f"shape {shape}")
        if np.isnan(self.scores).any():
            raise parameter_error("scores", owner, "without NaN", list_some(scores))
        if not allow_empty and (self.scores == -np.inf).all():
            expected = (
                "above minus infinity for a task, as the empty set is not allowed"
            )
            raise parameter_error("scores", owner, expected, list_some(scores))

    @property
    def inclusion_probabilities(self) -> np.ndarray:
        """The probability that a set includes each task."""
        return np.exp(log_expit(self.scores) - self._log_mass_allowed())

    def log_probability(self, subset: Iterable[Any]) -> float:
        """Return the logarithm of the probability of a set.

        Parameters
        ----------
        subset : iterable of int, or array-like of bool of shape (n_tasks,)
            The positions of its tasks, or a mask.

        Returns
        -------
        float
            The log-probability; minus infinity for a set that cannot come up.

        Raises
        ------
        ValueError
            If it is no set of the tasks.
        """
        included = self._as_mask(subset)
        if not included.any() and not self.allow_empty:
            return -np.inf
        signed = np.where(included, self.scores, -self.scores)
        return float(log_expit(signed).sum() - self._log_mass_allowed())

    def probabilities(self) -> SubsetProbabilities:
        """Return all sets with their probabilities.

        Returns
        -------
        subsets : ndarray of bool of shape (n_subsets, n_tasks)
            The sets, as masks; the empty set only where it is allowed.
        probabilities : ndarray of shape (n_subsets,)
            Their probabilities, which sum to 1.

        Raises
        ------
        ValueError
            If there are more than 20 tasks.
        """
        n_tasks = len(self.scores)
        if n_tasks > _MAX_LISTED:
            raise parameter_error(
                "scores",
                type(self).__name__,
                f"of at most {_MAX_LISTED} tasks to list all subsets",
                f"{n_tasks} tasks",
            )
        codes = np.arange(0 if self.allow_empty else 1, 1 << n_tasks)
        subsets = (codes[:, np.newaxis] >> np.arange(n_tasks) & 1).astype(bool)
        log_p = np.zeros(len(codes))
        for t, score in enumerate(self.scores):
            log_p += log_expit(np.where(subsets[:, t], score, -score))
        return SubsetProbabilities(subsets, np.exp(log_p - self._log_mass_allowed()))

    def sample(
        self, n: int, random_state: int | np.random.RandomState | None = None
    ) -> np.ndarray:
        """Draw sets of tasks.

        Parameters
        ----------
        n : int
            How many.
        random_state : int, RandomState instance or None, default=None
            Where to draw from.

        Returns
        -------
        ndarray of bool of shape (n, n_tasks)
            The sets, as masks.
        """
        if not isinstance(n, Integral) or n < 0:
            owner = type(self).__name__
            raise parameter_error("n", owner, "an integer of at least 0", repr(n))
        rng = check_random_state(random_state)
        subsets = rng.random_sample((n, len(self.scores))) < expit(self.scores)
        if not self.allow_empty:
            # What comes after the first task is drawn as if all sets were allowed.
            p = np.exp(self._log_first() - self._log_mass_allowed())
            chosen = rng.choice(len(p), size=n, p=p / p.sum())
            subsets &= np.arange(len(p)) > chosen[:, np.newaxis]
            subsets[np.arange(n), chosen] = True
        return subsets

    def _log_first(self) -> np.ndarray:
        """Return how probable each task is to be the first, if all sets are allowed."""
        without_earlier = np.cumsum(log_expit(-self.scores))[:-1]
        return log_expit(self.scores) + np.concatenate([[0.0], without_earlier])

    def _log_mass_allowed(self) -> float:
        """Return how probable the sets allowed are, if all sets were."""
        return 0.0 if self.allow_empty else float(logsumexp(self._log_first()))

    def _as_mask(self, subset: Iterable[Any]) -> np.ndarray:
        n_tasks = len(self.scores)
        given = np.asarray(subset if isinstance(subset, np.ndarray) else list(subset))
        if given.dtype == bool and given.shape == (n_tasks,):
            return given
        included = np.zeros(n_tasks, dtype=bool)
        positions = given.tolist() if given.ndim == 1 else [-1]
        allowed = set(range(n_tasks)) if given.dtype != bool else set()
        if not set(positions) <= allowed or len(set(positions)) < len(positions):
            raise parameter_error(
                "subset",
                type(self).__name__,
                f"different positions from 0 to {n_tasks - 1}, or a mask of {n_tasks}",
                repr(subset),
            )
        included[np.array(positions, dtype=np.intp)] = True
        return included

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.scores.tolist()}, "
            f"allow_empty={self.allow_empty})"
        )

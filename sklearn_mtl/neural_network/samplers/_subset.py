from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._task_subset_distribution import TaskSubsetDistribution
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.samplers._base import TaskSampler

# Smaller losses count as this one: the logarithm of 0 is no number.
_SMALLEST_LOSS = 1e-6
# Progress, in logarithms of a loss per epoch, too small to tell tasks apart.
_NO_PROGRESS = 0.01
# Progress is not divided by less: what is hardly ever drawn says little.
_RAREST = 0.01


@dataclass(repr=False, eq=False)
class Subset(TaskSampler):
    r"""A random set of tasks per step, by given or learnt scores.

    .. math::
        P(S) = \frac{\exp\bigl(\sum_{t \in S} s_t\bigr)}
        {\sum_{S' \ne \emptyset} \exp\bigl(\sum_{t \in S'} s_t\bigr)}

    The tasks are independent, each in S with the probability :math:`\sigma(s_t) = 1 /
    (1 + \exp(-s_t))`, but for the condition that S is not empty.

    With a learning rate η above 0, the scores follow the progress of the tasks. With
    the training loss L of an epoch, the last one, and the one before it that had one,

    .. math::
        g_t = \frac{\log L_t' - \log L_t}{\max(0.01, P(t \in S))}, \qquad
        a_t = \frac{g_t - \bar g}{\max(0.01, \max_r |g_r - \bar g|)}, \qquad
        m_t \leftarrow (1 - \eta) m_t + \eta a_t

    and the score is the given one plus :math:`\lambda m_t`. So g is the progress as if
    all steps trained the task; a compares the tasks, and is between -1 and 1; m, first
    0, is its moving average.

    Parameters
    ----------
    scores : array-like of shape (n_tasks,), default=None
        The score of each task: 0 draws it as often as not, infinity always. None is 0
        for all.
    learning_rate : float, default=0.0
        The weight η of the last epoch in the moving average, from 0 to 1. With 0 the
        scores stay as given.
    limit : float, default=3.0
        By how much λ a learnt score may differ from the given one at most.

    Attributes
    ----------
    scores_ : ndarray of shape (n_tasks,)
        The scores in use.

    See Also
    --------
    sklearn_mtl.inspection.TaskSubsetDistribution : The distribution by itself.
    Uniform : One task per step.

    Notes
    -----
    No task starves: with scores 0 and the default limit, each step trains each task
    with a probability of 0.047 at least, whatever is learnt.

    The progress is divided by how often the task was trained. Otherwise a task that is
    drawn more would get better faster, and be drawn more and more for that alone. Where
    no task differs from the mean progress by more than 1 % of its loss, differences
    count in proportion, so that noise does not count as much as progress would.

    The reward is the learning progress of Graves et al. (2017), relative to the loss
    and measured by epoch; in place of their bandit there is a moving average, which
    forgets as well: a task that has been learnt makes room.

    References
    ----------
    Graves, A., Bellemare, M. G., Menick, J., Munos, R. and Kavukcuoglu, K. (2017).
    Automated curriculum learning for neural networks. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.neural_network.samplers import Subset
    >>> sampler = Subset(scores=[np.inf, 0.0]).reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.probabilities()
    array([1. , 0.5])
    >>> sampler.draw(3, epoch=0, rng=np.random.RandomState(1))
    array([[ True, False],
           [ True,  True],
           [ True,  True]])

    Tasks that make progress come to be drawn more often:

    >>> sampler = Subset(learning_rate=0.1).reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.observe_epoch([1.0, 1.0])
    >>> sampler.observe_epoch([0.5, 1.0])
    >>> sampler.scores_
    array([ 0.3, -0.3])
    """

    scores: Any = None
    learning_rate: float = 0.0
    limit: float = 3.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "scores": [None, "array-like"],
        "learning_rate": [Interval(Real, 0, 1, closed="both")],
        "limit": [Interval(Real, 0, None, closed="neither")],
    }

    def _start(self) -> None:
        self.given_scores_ = self._check_scores()
        self.scores_ = self.given_scores_.copy()
        self.advantages_ = np.zeros(len(self.n_labels_))
        self.losses_ = np.full(len(self.n_labels_), np.nan)

    def _draw(self, n_steps: int, epoch: int, rng: np.random.RandomState) -> np.ndarray:
        return self._distribution().sample(n_steps, random_state=rng)

    def _probabilities(self, epoch: int) -> np.ndarray:
        return self._distribution().inclusion_probabilities

    def _distribution(self) -> TaskSubsetDistribution:
        return TaskSubsetDistribution(self.scores_[self.n_labels_ > 0])

    def _observe_epoch(self, losses: np.ndarray) -> None:
        seen = np.isfinite(losses)
        known = seen & np.isfinite(self.losses_) & (self.n_labels_ > 0)
        if self.learning_rate and known.any():
            before, now = np.log(
                np.maximum([self.losses_[known], losses[known]], _SMALLEST_LOSS)
            )
            progress = (before - now) / np.maximum(self.probabilities()[known], _RAREST)
            advantages = progress - progress.mean()
            advantages /= max(_NO_PROGRESS, np.abs(advantages).max())
            self.advantages_[known] += self.learning_rate * (
                advantages - self.advantages_[known]
            )
            self.scores_ = self.given_scores_ + self.limit * self.advantages_
        self.losses_[seen] = losses[seen]

    def _check_scores(self) -> np.ndarray:
        n_tasks = len(self.n_labels_)
        if self.scores is None:
            return np.zeros(n_tasks)
        expected = f"None or {n_tasks} numbers above minus infinity, one per task"
        try:
            scores = np.array(self.scores, dtype=np.float64)
        except (TypeError, ValueError):
            raise parameter_error(
                "scores", "Subset", expected, repr(self.scores)
            ) from None
        if scores.shape != (n_tasks,) or not (scores > -np.inf).all():
            raise parameter_error("scores", "Subset", expected, repr(self.scores))
        return scores

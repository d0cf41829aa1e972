from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval

from sklearn_mtl.neural_network.samplers._base import OneTaskSampler


@dataclass(repr=False, eq=False)
class Annealed(OneTaskSampler):
    r"""One task per step, by a power of its number of labels that changes with time.

    .. math::
        p_t = \frac{n_t^\alpha}{\sum_s n_s^\alpha}, \qquad
        \alpha = \alpha_0 + (\alpha_1 - \alpha_0) \frac{e}{E - 1}

    Here n is the number of training labels of each task, and e runs from 0 to E - 1,
    where E is the number of epochs that training may take. With the defaults, large
    tasks come first, and towards the end all are trained nearly alike, so that none has
    been forgotten when training ends.

    Parameters
    ----------
    start : float, default=1.0
        The power in the first epoch, 0 or more.
    end : float, default=0.2
        The power in the last epoch, and in all after it where training goes on. A
        training that stops early does not get there.

    See Also
    --------
    Temperature : A power that stays the same.

    Notes
    -----
    An epoch gives each task its share of the steps up to rounding, in random order. The
    rounding is random, so that each step trains a task with exactly its probability.

    References
    ----------
    Stickland, A. C. and Murray, I. (2019). BERT and PALs: projected attention layers
    for efficient adaptation in multi-task learning. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.samplers import Annealed
    >>> sampler = Annealed(end=0.0).reset(n_labels=[900, 100], n_epochs=3)
    >>> for epoch in range(3):
    ...     print(sampler.probabilities(epoch))
    [0.9 0.1]
    [0.75 0.25]
    [0.5 0.5]
    """

    start: float = 1.0
    end: float = 0.2

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "start": [Interval(Real, 0, None, closed="left")],
        "end": [Interval(Real, 0, None, closed="left")],
    }

    def _exponent(self, epoch: int) -> float:
        part_done = min(epoch / max(self.n_epochs_ - 1, 1), 1.0)
        return self.start + (self.end - self.start) * part_done

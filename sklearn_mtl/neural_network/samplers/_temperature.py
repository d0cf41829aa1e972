from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval

from sklearn_mtl.neural_network.samplers._base import OneTaskSampler


@dataclass(repr=False, eq=False)
class Temperature(OneTaskSampler):
    r"""One task per step, by a power of its number of labels.

    .. math::
        p_t = \frac{n_t^\alpha}{\sum_s n_s^\alpha}

    Here n is the number of training labels of each task. The power is the inverse of
    what is called the temperature: 1 is `Proportional`, 0 is `Uniform`.

    Parameters
    ----------
    alpha : float, default=0.5
        The power α, 0 or more.

    See Also
    --------
    Annealed : A power that changes in the course of the training.

    Notes
    -----
    An epoch gives each task its share of the steps up to rounding, in random order. The
    rounding is random, so that each step trains a task with exactly its probability.

    References
    ----------
    Arivazhagan, N. et al. (2019). Massively multilingual neural machine translation in
    the wild: findings and challenges. arXiv:1907.05019.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.samplers import Temperature
    >>> sampler = Temperature(alpha=0.5).reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.probabilities()
    array([0.75, 0.25])
    """

    alpha: float = 0.5

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left")]
    }

    def _exponent(self, epoch: int) -> float:
        return self.alpha

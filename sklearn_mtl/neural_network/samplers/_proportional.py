from dataclasses import dataclass

from sklearn_mtl.neural_network.samplers._base import OneTaskSampler


@dataclass(repr=False, eq=False)
class Proportional(OneTaskSampler):
    r"""One task per step, as often as it has labels.

    .. math::
        p_t = \frac{n_t}{\sum_s n_s}

    Here n is the number of training labels of each task. All labels count the same; a
    small task is rarely trained.

    See Also
    --------
    Temperature : A compromise between this and `Uniform`.
    Uniform : All tasks count the same.

    Notes
    -----
    An epoch gives each task its share of the steps up to rounding, in random order. The
    rounding is random, so that each step trains a task with exactly its probability.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.samplers import Proportional
    >>> sampler = Proportional().reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.probabilities()
    array([0.9, 0.1])
    """

    def _exponent(self, epoch: int) -> float:
        return 1.0

from dataclasses import dataclass

from sklearn_mtl.neural_network.samplers._base import OneTaskSampler


@dataclass(repr=False, eq=False)
class Uniform(OneTaskSampler):
    r"""One task per step, each as often as any other.

    .. math::
        p_t = \frac1T

    All T tasks count the same, whatever their sizes: the labels of a small task are
    seen more often than those of a large one.

    See Also
    --------
    Alternating : The same in a fixed order.
    Temperature : A compromise between this and `Proportional`.

    Notes
    -----
    An epoch gives each task its share of the steps up to rounding, in random order. The
    rounding is random, so that each step trains a task with exactly its probability.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.neural_network.samplers import Uniform
    >>> sampler = Uniform().reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.probabilities()
    array([0.5, 0.5])
    >>> sampler.draw(1000, epoch=0, rng=np.random.RandomState(0)).sum(axis=0)
    array([500, 500])
    """

    def _exponent(self, epoch: int) -> float:
        return 0.0

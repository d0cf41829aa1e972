from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.samplers._base import OneTaskSampler, one_task_per_step


@dataclass(repr=False, eq=False)
class Alternating(OneTaskSampler):
    """One task per step, one after the other, in the order of the columns of Y.

    Two tasks have half of the steps each. An epoch goes on with the task that comes
    after the last one of the epoch before. Nothing is random.

    See Also
    --------
    Uniform : As often, in random order.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.neural_network.samplers import Alternating
    >>> sampler = Alternating().reset(n_labels=[900, 100], n_epochs=10)
    >>> sampler.draw(3, epoch=0, rng=np.random.RandomState(0))
    array([[ True, False],
           [False,  True],
           [ True, False]])
    """

    def _start(self) -> None:
        self.n_drawn_ = 0

    def _exponent(self, epoch: int) -> float:
        return 0.0

    def _draw(self, n_steps: int, epoch: int, rng: np.random.RandomState) -> np.ndarray:
        n_tasks = int(np.count_nonzero(self.n_labels_))
        turns = np.arange(self.n_drawn_, self.n_drawn_ + n_steps)
        self.n_drawn_ += n_steps
        return one_task_per_step(turns % n_tasks, n_tasks)

"""The average of the weights over the last steps, which varies less than they do."""

from collections.abc import Sequence

from torch import Tensor

# About so many averages of so many last steps fit into a training.
_N_SPANS = 10


class WeightAverage:
    """Takes the place of the weights between the epochs of training.

    After step t it is::

        a_t = a_{t-1} + (w_t - a_{t-1}) · 10 / (t + 9)

    which is a mean of the weights w over about the last tenth of the steps. So what is
    validated and kept has not just been moved about by the last batches.

    Parameters
    ----------
    weights : sequence of Tensor
        The weights, which an optimizer changes in place; none if there is to be no
        average.

    References
    ----------
    Shamir, O. and Zhang, T. (2013). Stochastic gradient descent for non-smooth
    optimization: convergence results and optimal averaging schemes. ICML.
    """

    def __init__(self, weights: Sequence[Tensor]):
        self._weights = [weight.detach() for weight in weights]
        self._others = [weight.clone() for weight in self._weights]
        self._is_in_place = False
        self._step = 0

    def update(self) -> None:
        """Take in the weights after a step."""
        self._step += 1
        share = _N_SPANS / (self._step + _N_SPANS - 1)
        for average, weight in zip(self._others, self._weights, strict=True):
            average.lerp_(weight, share)

    def put_in_place(self) -> None:
        """Let the weights be the average, if they are not."""
        if not self._is_in_place:
            self._swap()

    def take_away(self) -> None:
        """Let the weights be those of the last step, to go on with."""
        if self._is_in_place:
            self._swap()

    def move_to(self, weights: Sequence[Tensor], rows: Tensor) -> "WeightAverage":
        """Return that of some rows of the weights, which are elsewhere now."""
        moved = WeightAverage(weights if self._weights else [])
        moved._others = [other.index_select(0, rows) for other in self._others]
        moved._is_in_place, moved._step = self._is_in_place, self._step
        return moved

    def _swap(self) -> None:
        self._is_in_place = not self._is_in_place
        for other, weight in zip(self._others, self._weights, strict=True):
            held = weight.clone()
            weight.copy_(other)
            other.copy_(held)

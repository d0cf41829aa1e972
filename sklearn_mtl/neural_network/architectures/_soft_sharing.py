from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor

from sklearn_mtl._validation import check_option
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._separate import SeparateTrunk
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear

# Below it, relative to the whole, singular values and norms are rounded off to be
# smooth at 0.
_SMOOTHING = 1e-6


@dataclass(repr=False, eq=False)
class SoftSharing(Architecture):
    r"""A network for each task, whose weights are kept alike by a penalty.

    What is added to the objective is `strength` times a sum over the layers. With
    :math:`W_t` the weights of task t there, the bias as one more row, of :math:`n_{in}`
    inputs and :math:`n_{out}` units, it is of

    - "distance": :math:`\frac1{T n_{out}} \sum_t \|W_t - \bar W\|_F^2`, the distances
      of the tasks to their mean;
    - "trace": :math:`\frac1{T \sqrt{n_{out}}} \|[\operatorname{vec} W_1, \dots,
      \operatorname{vec} W_T]\|_*`, the sum of the singular values: tasks are to be
      combinations of a few networks;
    - "l21": :math:`\frac1{\sqrt{T n_{in} n_{out}}} \sum_i (\sum_t \|W_{t,i\cdot}\|^2)
      ^{1/2}`: tasks are to use the same inputs of a layer.

    The factors make the strength mean the same whatever the number of tasks and units.
    The layers of ``hidden_layer_sizes`` are those of each task's network. All tasks
    start from the same weights, so that their units correspond. This suits tasks that
    are alike but not the same, and at most some tens of them: a network takes n_tasks
    times the parameters of a shared one.

    Parameters
    ----------
    penalty : {"distance", "trace", "l21"}, default="distance"
        What keeps the weights alike.
    strength : float, default=0.1
        The strength of the penalty.

    See Also
    --------
    Separate : No penalty, and each task starts from weights of its own.
    CrossStitch : The activations of the networks are mixed.

    References
    ----------
    Duong, L., Cohn, T., Bird, S. and Cook, P. (2015). Low resource dependency parsing:
    cross-lingual parameter sharing in a neural network parser. ACL.

    Yang, Y. and Hospedales, T. M. (2017). Trace norm regularised deep multi-task
    learning. ICLR workshop.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import SoftSharing
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,),
    ...     architecture=SoftSharing("trace"),
    ...     lr=0.01,
    ...     max_epochs=5,
    ...     random_state=0,
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    penalty: str = "distance"
    strength: float = 0.1

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "penalty": [StrOptions({"distance", "trace", "l21"})],
        "strength": [Interval(Real, 0, None, closed="left")],
    }

    def _validate_params(self) -> None:
        if isinstance(self.penalty, str):
            check_option(self.penalty, PENALTIES, "penalty", type(self).__name__)
        super()._validate_params()

    def _build(self, settings: LayerSettings) -> Trunk:
        return _SoftSharingTrunk(settings, PENALTIES[self.penalty], self.strength)


class _SoftSharingTrunk(SeparateTrunk):
    def __init__(
        self,
        settings: LayerSettings,
        measure: Callable[[Tensor], Tensor],
        strength: float,
    ):
        super().__init__(settings)
        self.measure, self.strength = measure, strength
        with torch.no_grad():
            for parameter in self.task_layers.parameters():
                parameter.copy_(parameter[:1].expand_as(parameter))

    def penalty(self) -> Tensor | None:
        if not self.training or not self.strength:
            return None
        by_layer = [
            self.measure(torch.cat([layer.weight, layer.bias], dim=1))
            for layer in self.task_layers
            if isinstance(layer, StackedLinear)
        ]
        return self.strength * torch.stack(by_layer).sum()


def measure_distance(weights: Tensor) -> Tensor:
    """Return the squared distances of (T, n_in, n_out) to their mean, per unit."""
    n_tasks, _, n_out = weights.shape
    return (weights - weights.mean(0)).square().sum() / (n_tasks * n_out)


def measure_trace_norm(weights: Tensor) -> Tensor:
    """Return the sum of the singular values of the T vectors (T, n_in, n_out)."""
    n_tasks, _, n_out = weights.shape
    vectors = weights.flatten(1)
    gramian = vectors @ vectors.T
    # Its eigenvalues alone have a stable gradient, even if some are the same.
    rounding = _round_off(gramian.detach().trace())
    squares = torch.linalg.eigvalsh(gramian).clamp(min=0) + rounding
    return squares.sqrt().sum() / (n_tasks * n_out**0.5)


def measure_l21(weights: Tensor) -> Tensor:
    """Return the sum over the inputs of the norms of (T, n_in, n_out) over the rest."""
    squares = weights.square().sum((0, 2))
    rounding = _round_off(squares.detach().mean())
    return (squares + rounding).sqrt().sum() / weights.numel() ** 0.5


def _round_off(squares: Tensor) -> Tensor:
    return _SMOOTHING * squares + torch.finfo(squares.dtype).tiny


PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "distance": measure_distance,
    "trace": measure_trace_norm,
    "l21": measure_l21,
}

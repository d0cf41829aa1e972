from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._gates import (
    Gates,
    mix,
    mix_own_and_shared,
)
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class PLE(Architecture):
    r"""Progressive layered extraction: experts of all and of each task, level by level.

    Every layer of ``hidden_layer_sizes`` is a level, and every expert of it one layer
    of that size. A level takes a stream of each task and a shared one, and makes the
    next ones:

    .. math::
        z_t^k = \sum_{e \in \text{shared or of } t} g_{te}^k(z_t^{k-1}) f_e^k, \qquad
        z_0^k = \sum_{e} g_{0e}^k(z_0^{k-1}) f_e^k

    where the experts of task t see :math:`z_t^{k-1}`, the shared ones
    :math:`z_0^{k-1}`, and each gate is a softmax of a linear function, which starts at
    0. All streams start as the input, and the last of each task goes to its head. This
    suits tasks as those of `CGC`, when what is shared and what is not separates only
    in deeper layers.

    Parameters
    ----------
    n_shared_experts : int, default=2
        The number of experts of a level that all tasks use.
    n_task_experts : int, default=1
        The number of experts of a level that each task has for itself.

    See Also
    --------
    CGC : One level, of experts with several layers.
    MMoE : All tasks use all experts.

    References
    ----------
    Tang, H., Liu, J., Zhao, M. and Gong, X. (2020). Progressive layered extraction
    (PLE): a novel multi-task learning model for personalized recommendations. RecSys.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import PLE
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32, 32), architecture=PLE(), lr=0.01, max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_shared_experts: int = 2
    n_task_experts: int = 1

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_shared_experts": [Interval(Integral, 1, None, closed="left")],
        "n_task_experts": [Interval(Integral, 1, None, closed="left")],
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        return _PLETrunk(settings, self.n_shared_experts, self.n_task_experts)


class _PLETrunk(Trunk):
    task_layers: nn.ModuleList

    def __init__(self, settings: LayerSettings, n_shared: int, n_own: int):
        super().__init__()
        sizes, n_tasks = settings.hidden_layer_sizes, settings.n_tasks
        self.shared_experts, self.own_experts = nn.ModuleList(), nn.ModuleList()
        self.shared_gates, self.own_gates = nn.ModuleList(), nn.ModuleList()
        n_in = settings.n_features_in
        for size in sizes:
            self.shared_experts.append(StackedMLP(n_shared, n_in, (size,), settings))
            self.own_experts.append(_OwnExperts(n_own, n_in, size, settings))
            self.own_gates.append(Gates(n_tasks, n_in, n_own + n_shared, settings))
            n_experts = n_tasks * n_own + n_shared
            self.shared_gates.append(Gates(1, n_in, n_experts, settings))
            n_in = size
        self.out_features = n_in
        # The streams of the tasks are the last that is shared no more.
        self.shared_gates.pop(-1)
        last_gates = [self.own_gates.pop(-1) for _ in sizes[-2:]]
        self.task_layers = nn.ModuleList([self.own_experts.pop(-1), *last_gates])

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        streams = common = features
        cut: tuple[Tensor, ...] = (features,)
        for level, gates in enumerate(self.shared_gates):
            own = self.own_experts[level](streams)
            shared = self.shared_experts[level](common)
            common = mix(gates(common), torch.cat([own, shared]))[0]
            cut = streams, own, shared
            if level < len(self.own_gates):
                streams = mix_own_and_shared(self.own_gates[level](streams), *cut[1:])
        return self.shared_experts[-1](common), *cut

    def specialise(self, *shared: Tensor) -> Tensor:
        experts, streams, *lower = shared
        own_experts, gates, *lower_gates = self.task_layers
        if lower:
            streams = mix_own_and_shared(lower_gates[0](streams), *lower)
        return mix_own_and_shared(gates(streams), own_experts(streams), experts)


class _OwnExperts(StackedMLP):
    """A layer for each expert of each task; the experts of a task see its stream."""

    def __init__(self, n_own: int, n_in: int, size: int, settings: LayerSettings):
        super().__init__(settings.n_tasks * n_own, n_in, (size,), settings)
        self.n_own = n_own

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim == 2:
            return super().forward(input)
        return super().forward(input.repeat_interleave(self.n_own, dim=0))

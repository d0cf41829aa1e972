from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._gates import Gates, mix_own_and_shared
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class CGC(Architecture):
    r"""Customized gate control: shared experts, and experts of each task.

    .. math::
        h_t(x) = \sum_{e \in \text{shared or of } t} g_{te}(x) f_e(x), \qquad
        g_t(x) = \operatorname{softmax}(G_t x + c_t)

    Each expert is a network with the layers of ``hidden_layer_sizes``. The gates see
    what the experts see, and start at 0: all experts weigh the same. This suits tasks
    that have something in common, and something that disturbs the others: an expert of
    a task is trained by no other.

    Parameters
    ----------
    n_shared_experts : int, default=2
        The number of experts that all tasks use.
    n_task_experts : int, default=1
        The number of experts that each task has for itself.

    See Also
    --------
    PLE : A gate after every layer.
    MMoE : All tasks use all experts.

    References
    ----------
    Tang, H., Liu, J., Zhao, M. and Gong, X. (2020). Progressive layered extraction
    (PLE): a novel multi-task learning model for personalized recommendations. RecSys.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import CGC
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,), architecture=CGC(), lr=0.01, max_epochs=5, random_state=0
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
        return _CGCTrunk(settings, self.n_shared_experts, self.n_task_experts)


class _CGCTrunk(Trunk):
    task_layers: nn.ModuleDict

    def __init__(self, settings: LayerSettings, n_shared: int, n_own: int):
        super().__init__()
        n_in, sizes = settings.n_features_in, settings.hidden_layer_sizes
        n_tasks = settings.n_tasks
        self.experts = StackedMLP(n_shared, n_in, sizes, settings)
        self.task_layers = nn.ModuleDict(
            {
                "experts": StackedMLP(n_tasks * n_own, n_in, sizes, settings),
                "gates": Gates(n_tasks, n_in, n_own + n_shared, settings),
            }
        )
        self.out_features = self.experts.out_features

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        return self.experts(features), features

    def specialise(self, *shared: Tensor) -> Tensor:
        experts, features = shared
        own = self.task_layers["experts"](features)
        return mix_own_and_shared(self.task_layers["gates"](features), own, experts)

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._gates import Gates, mix
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class MMoE(Architecture):
    r"""Multi-gate mixture of experts: tasks weigh the same experts differently.

    .. math::
        h_t(x) = \sum_e g_{te}(x) f_e(x), \qquad
        g_t(x) = \operatorname{softmax}(G_t x + c_t)

    Each expert is a network with the layers of ``hidden_layer_sizes``. The gates see
    what the experts see: the input, or what the encoder returns. They start at 0, so
    that at first all tasks use all experts alike. This suits tasks of which some are
    closely related and others are not, and inputs of different kinds.

    Parameters
    ----------
    n_experts : int, default=8
        The number of experts.

    See Also
    --------
    CGC : Each task also has experts of its own.
    DSelectK : Each task uses a few of the experts.

    References
    ----------
    Ma, J., Zhao, Z., Yi, X., Chen, J., Hong, L. and Chi, E. H. (2018). Modeling task
    relationships in multi-task learning with multi-gate mixture-of-experts. KDD.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import MMoE
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,), architecture=MMoE(n_experts=4), lr=0.01, max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_experts: int = 8

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_experts": [Interval(Integral, 1, None, closed="left")]
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        return _MMoETrunk(settings, self.n_experts)


class _MMoETrunk(Trunk):
    task_layers: Gates

    def __init__(self, settings: LayerSettings, n_experts: int):
        super().__init__()
        n_in = settings.n_features_in
        self.experts = StackedMLP(
            n_experts, n_in, settings.hidden_layer_sizes, settings
        )
        self.task_layers = Gates(settings.n_tasks, n_in, n_experts, settings)
        self.out_features = self.experts.out_features

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        return self.experts(features), features

    def specialise(self, *shared: Tensor) -> Tensor:
        experts, features = shared
        return mix(self.task_layers(features), experts)

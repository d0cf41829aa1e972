from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network._modules import ACTIVATIONS, MLP
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear


@dataclass(repr=False, eq=False)
class TaskAttention(Architecture):
    r"""A shared network of which each task masks the layers (MTAN).

    .. math::
        h_t^k = \sigma\bigl(B_t^k \phi(A_t^k [p^{k-1}; h_t^{k-1}] + a_t^k) + b_t^k\bigr)
        \odot p^k

    Here p are the shared layers, of the sizes ``hidden_layer_sizes``, and p⁰ is the
    input; each task chooses by a mask between 0 and 1 what it uses of a layer, for each
    input. The head takes the last masked layer. Masks start at ½ everywhere. The paper
    has convolutions and a further one between levels; here layer k is a level. This
    suits related tasks that need different features of a common pool, for few more
    parameters than a shared network.

    Parameters
    ----------
    attention_size : int, default=32
        The number of units between what a mask sees and the mask.

    See Also
    --------
    FiLM : Scales the units of a layer by parameters of the task alone.
    MMoE : Weighs experts instead of units.

    References
    ----------
    Liu, S., Johns, E. and Davison, A. J. (2019). End-to-end multi-task learning with
    attention. CVPR.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import TaskAttention
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32, 32),
    ...     architecture=TaskAttention(16),
    ...     lr=0.01,
    ...     max_epochs=15,
    ...     random_state=0,
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    attention_size: int = 32

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "attention_size": [Interval(Integral, 1, None, closed="left")]
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        return _TaskAttentionTrunk(settings, self.attention_size)


class _TaskAttentionTrunk(Trunk):
    task_layers: nn.ModuleList

    def __init__(self, settings: LayerSettings, attention_size: int):
        super().__init__()
        self.layers = nn.ModuleList()
        self.task_layers = nn.ModuleList()
        n_in, n_own = settings.n_features_in, 0
        for size in settings.hidden_layer_sizes:
            self.layers.append(
                MLP(
                    n_in,
                    (size,),
                    activation=settings.activation,
                    dropout=settings.dropout,
                    generator=settings.generator,
                    dtype=settings.dtype,
                )
            )
            self.task_layers.append(_Mask(n_in + n_own, attention_size, size, settings))
            n_in = n_own = size
        self.out_features = n_in

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        layers = [features]
        for layer in self.layers:
            layers.append(layer(layers[-1]))
        return tuple(layers)

    def specialise(self, *shared: Tensor) -> Tensor:
        seen, *layers = shared
        for mask, layer in zip(self.task_layers, layers, strict=True):
            masked = mask(seen) * layer
            seen = torch.cat([layer.expand_as(masked), masked], dim=-1)
        return masked


class _Mask(nn.Module):
    """What each task uses of the units of a layer, (T, n, n_out), between 0 and 1."""

    def __init__(self, n_in: int, size: int, n_out: int, settings: LayerSettings):
        super().__init__()
        n_tasks, dtype = settings.n_tasks, settings.dtype
        self.inner = StackedLinear(n_tasks, n_in, size, settings.generator, dtype)
        self.activation = ACTIVATIONS[settings.activation]()
        self.outer = StackedLinear(n_tasks, size, n_out, None, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return self.outer(self.activation(self.inner(input))).sigmoid()

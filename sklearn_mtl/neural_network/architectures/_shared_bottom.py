from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from torch import Tensor, nn

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._modules import MLP
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class SharedBottom(Architecture):
    """Hard sharing: all tasks have the same hidden layers, and heads of their own.

    Parameters
    ----------
    task_layer_sizes : sequence of int, default=()
        The widths of further layers that each task has for itself, between the shared
        ones and its head.

    See Also
    --------
    CrossStitch : Each task has its own layers, which are mixed.
    Separate : Nothing is shared.

    References
    ----------
    Caruana, R. (1997). Multitask learning. Machine Learning, 28, 41-75.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import SharedBottom
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (64,), architecture=SharedBottom((16,)), max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.8
    True
    """

    task_layer_sizes: Sequence[int] = ()

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "task_layer_sizes": ["array-like"]
    }
    needs_layers: ClassVar[bool] = False

    def _build(self, settings: LayerSettings) -> Trunk:
        if not all(isinstance(k, Integral) and k > 0 for k in self.task_layer_sizes):
            raise parameter_error(
                "task_layer_sizes",
                type(self).__name__,
                "a sequence of positive integers",
                repr(self.task_layer_sizes),
            )
        return SharedBottomTrunk(settings, self.task_layer_sizes)


class SharedBottomTrunk(Trunk):
    def __init__(self, settings: LayerSettings, task_layer_sizes: Sequence[int]):
        super().__init__()
        self.layers = MLP(
            settings.n_features_in,
            settings.hidden_layer_sizes,
            activation=settings.activation,
            dropout=settings.dropout,
            generator=settings.generator,
            dtype=settings.dtype,
        )
        self.out_features = self.layers.out_features
        self.per_task = len(task_layer_sizes) > 0
        if self.per_task:
            own = StackedMLP(
                settings.n_tasks, self.out_features, task_layer_sizes, settings
            )
            self.task_layers, self.out_features = own, own.out_features

    @property
    def first_linear(self) -> nn.Linear | None:
        first = next(iter(self.layers), None)
        return first if isinstance(first, nn.Linear) else None

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        return (self.layers(features),)

    def share_after_first(self, hidden: Tensor) -> tuple[Tensor, ...]:
        for layer in list(self.layers)[1:]:
            hidden = layer(hidden)
        return (hidden,)

    def specialise(self, *shared: Tensor) -> Tensor:
        return self.task_layers(*shared) if self.per_task else shared[0]

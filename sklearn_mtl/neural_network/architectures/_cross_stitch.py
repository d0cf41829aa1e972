from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._mixing import Mixing
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class CrossStitch(Architecture):
    r"""A network for each task, mixed after every layer by weights that are learned.

    .. math::
        \tilde h_t = \sum_s \alpha_{ts} h_s

    The layers of ``hidden_layer_sizes`` are those of each task's network. After a
    layer, its activations h are replaced by linear combinations of those of all tasks,
    before they enter the next layer or the head. This suits tasks of which it is not
    known which are related, or in which layers: α can come to share all, some or
    nothing. A network takes n_tasks times the parameters of a shared one.

    Parameters
    ----------
    self_weight : float, default=0.9
        The weight of a task's own activations at first; the other tasks share the
        rest. Weight decay pulls back to it.
    per_unit : bool, default=False
        Whether each unit of a layer has an α of its own, instead of the layer one for
        all.

    See Also
    --------
    Sluice : Also divides the layers into parts, and joins layers to the heads.
    SoftSharing : The weights of the networks are kept similar.

    References
    ----------
    Misra, I., Shrivastava, A., Gupta, A. and Hebert, M. (2016). Cross-stitch networks
    for multi-task learning. CVPR.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import CrossStitch
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,), architecture=CrossStitch(0.8), lr=0.01, max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    self_weight: float = 0.9
    per_unit: bool = False

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "self_weight": [Interval(Real, 0, 1, closed="both")],
        "per_unit": ["boolean"],
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        return _CrossStitchTrunk(settings, self.self_weight, self.per_unit)


class _CrossStitchTrunk(Trunk):
    task_layers: nn.Module

    def __init__(self, settings: LayerSettings, self_weight: float, per_unit: bool):
        super().__init__()
        sizes = settings.hidden_layer_sizes
        self.layers = nn.ModuleList()
        self.mixings = nn.ModuleList()
        n_in = settings.n_features_in
        for size in sizes:
            self.layers.append(StackedMLP(settings.n_tasks, n_in, (size,), settings))
            self.mixings.append(
                Mixing(
                    settings.n_tasks,
                    self_weight,
                    settings.dtype,
                    size if per_unit else None,
                )
            )
            n_in = size
        self.out_features = n_in
        # What goes into a head is no other task's.
        self.task_layers = self.mixings.pop(-1)

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        streams = self.layers[0](features)
        for mixing, layer in zip(self.mixings, self.layers[1:], strict=True):
            streams = layer(mixing(streams))
        return (streams,)

    def specialise(self, *shared: Tensor) -> Tensor:
        return self.task_layers(*shared)

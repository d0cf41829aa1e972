from dataclasses import dataclass
from itertools import combinations
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._mixing import Mixing
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear, StackedMLP


@dataclass(repr=False, eq=False)
class Sluice(Architecture):
    r"""A network for each task, of whose layers parts are mixed, as is learned.

    The units of each layer are divided into subspaces. After layer k, subspace i of
    task t becomes

    .. math::
        \tilde h_{t,k,i} = \sum_{s,j} \alpha_{k,ti,sj} h_{s,k,j}

    and the head takes :math:`\sum_k \beta_{t,k} \tilde h_{t,k}`. The layers of
    ``hidden_layer_sizes`` are those of each task's network; for β they must have one
    size. This suits tasks that have only a part of what they need in common, or have
    it in different layers.

    What is added to the objective is, times `orthogonality`, the mean over tasks,
    layers and pairs of subspaces of :math:`\|W_i^\top W_j\|_F^2 / d`, where the columns
    of W are the incoming weights of the d units of a subspace: subspaces are to see
    different things.

    Parameters
    ----------
    n_subspaces : int, default=2
        The number of subspaces, which must divide the sizes of the layers.
    self_weight : float, default=0.9
        The weight of a subspace in itself at first; all others share the rest. Weight
        decay pulls back to it.
    mix_layers : bool, default=True
        Whether the head takes a sum of all layers, weighted by β, which starts as the
        last layer alone. Otherwise it takes the last layer.
    orthogonality : float, default=0.01
        The strength of the penalty that keeps the subspaces different.

    See Also
    --------
    CrossStitch : The same with one subspace, without β.

    References
    ----------
    Ruder, S., Bingel, J., Augenstein, I. and Søgaard, A. (2019). Latent multi-task
    architecture learning. AAAI.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import Sluice
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32, 32), architecture=Sluice(), lr=0.01, max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_subspaces: int = 2
    self_weight: float = 0.9
    mix_layers: bool = True
    orthogonality: float = 0.01

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_subspaces": [Interval(Integral, 1, None, closed="left")],
        "self_weight": [Interval(Real, 0, 1, closed="both")],
        "mix_layers": ["boolean"],
        "orthogonality": [Interval(Real, 0, None, closed="left")],
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        sizes = settings.hidden_layer_sizes
        if any(size % self.n_subspaces for size in sizes):
            expected = f"multiples of n_subspaces={self.n_subspaces}"
        elif self.mix_layers and len(set(sizes)) > 1:
            expected = "of one size, unless mix_layers=False"
        else:
            return _SluiceTrunk(settings, self)
        raise parameter_error(
            "hidden_layer_sizes", type(self).__name__, expected, repr(sizes)
        )


class _SluiceTrunk(Trunk):
    task_layers: nn.ModuleList

    def __init__(self, settings: LayerSettings, sluice: Sluice):
        super().__init__()
        self.orthogonality = sluice.orthogonality
        self.n_subspaces = sluice.n_subspaces
        self.layers = nn.ModuleList()
        self.mixings = nn.ModuleList()
        n_in = settings.n_features_in
        for size in settings.hidden_layer_sizes:
            self.layers.append(StackedMLP(settings.n_tasks, n_in, (size,), settings))
            self.mixings.append(
                _SubspaceMixing(settings, sluice.n_subspaces, sluice.self_weight)
            )
            n_in = size
        self.out_features = n_in
        self.task_layers = nn.ModuleList([self.mixings.pop(-1)])
        if sluice.mix_layers and len(self.mixings):
            self.task_layers.append(_LayerMixing(settings))

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        streams, lower = self.layers[0](features), []
        for mixing, layer in zip(self.mixings, self.layers[1:], strict=True):
            lower.append(mixing(streams))
            streams = layer(lower[-1])
        return (*lower, streams) if len(self.task_layers) > 1 else (streams,)

    def specialise(self, *shared: Tensor) -> Tensor:
        *lower, last = shared
        mixing, *layer_mixing = self.task_layers
        last = mixing(last)
        return layer_mixing[0](*lower, last) if layer_mixing else last

    def penalty(self) -> Tensor | None:
        if not self.training or not self.orthogonality or self.n_subspaces == 1:
            return None
        linears = [part for part in self.modules() if isinstance(part, StackedLinear)]
        overlaps = [_overlap(linear.weight, self.n_subspaces) for linear in linears]
        return self.orthogonality * torch.stack(overlaps).mean()


class _SubspaceMixing(Mixing):
    def __init__(self, settings: LayerSettings, n_subspaces: int, self_weight: float):
        super().__init__(settings.n_tasks * n_subspaces, self_weight, settings.dtype)
        self.n_subspaces = n_subspaces

    def forward(self, streams: Tensor) -> Tensor:
        by_subspace = streams.unflatten(-1, (self.n_subspaces, -1)).transpose(1, 2)
        mixed = super().forward(by_subspace.flatten(0, 1)).view_as(by_subspace)
        return mixed.transpose(1, 2).flatten(2)


class _LayerMixing(nn.Module):
    """A weighted sum of the layers for each task; it starts as the last one."""

    start: Tensor

    def __init__(self, settings: LayerSettings):
        super().__init__()
        n_layers = len(settings.hidden_layer_sizes)
        start = torch.zeros(n_layers, 1, dtype=settings.dtype)
        start[-1] = 1
        self.register_buffer("start", start, persistent=False)
        self.change = nn.Parameter(start.new_zeros(n_layers, settings.n_tasks))

    def forward(self, *layers: Tensor) -> Tensor:
        weights = self.start + self.change
        return torch.einsum("kt,ktnd->tnd", weights, torch.stack(layers))


def _overlap(weight: Tensor, n_subspaces: int) -> Tensor:
    """Return the mean over tasks and pairs of subspaces of ‖Wi' Wj‖² / d."""
    subspaces = weight.chunk(n_subspaces, dim=-1)
    size = subspaces[0].shape[-1]
    squares = [
        (first.mT @ second).square().sum((1, 2)).mean() / size
        for first, second in combinations(subspaces, 2)
    ]
    return torch.stack(squares).mean()

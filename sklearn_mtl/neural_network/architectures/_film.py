from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._modules import (
    ACTIVATIONS,
    SeededDropout,
    seeded_linear,
)
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)


@dataclass(repr=False, eq=False)
class FiLM(Architecture):
    r"""Shared layers, whose units each task scales and shifts.

    .. math::
        h_t^k = \phi\bigl(\gamma_t^k \odot (W^k h_t^{k-1} + b^k) + \beta_t^k\bigr)

    The weights W of the layers ``hidden_layer_sizes`` are shared; each task has a γ and
    a β for every unit, which start at 1 and 0: as a shared network, to which weight
    decay pulls back. This suits many related tasks that differ a little, or that need
    different units: a task costs but two numbers per unit.

    See Also
    --------
    SharedBottom : Without γ and β.
    TaskAttention : Scales that depend on the input.

    References
    ----------
    Perez, E., Strub, F., de Vries, H., Dumoulin, V. and Courville, A. (2018). FiLM:
    visual reasoning with a general conditioning layer. AAAI.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import FiLM
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32, 32), architecture=FiLM(), lr=0.01, max_epochs=15, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    def _build(self, settings: LayerSettings) -> Trunk:
        return _FiLMTrunk(settings)


class _FiLMTrunk(Trunk):
    task_layers: nn.Module

    def __init__(self, settings: LayerSettings):
        super().__init__()
        self.linears = nn.ModuleList()
        self.modulations = nn.ModuleList()
        n_in = settings.n_features_in
        for size in settings.hidden_layer_sizes:
            self.linears.append(
                seeded_linear(n_in, size, settings.generator, settings.dtype)
            )
            self.modulations.append(_Modulation(size, settings))
            n_in = size
        self.out_features = n_in
        self.task_layers = self.modulations.pop(-1)
        # The first product is the same for all tasks.
        self.makes_streams = len(self.linears) > 1

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        z = self.linears[0](features)
        for modulation, linear in zip(self.modulations, self.linears[1:], strict=True):
            z = linear(modulation(z))
        return (z,)

    def specialise(self, *shared: Tensor) -> Tensor:
        return self.task_layers(*shared)


class _Modulation(nn.Module):
    """Scales, shifts and activates (n, d) or (T, n, d), to (T, n, d)."""

    def __init__(self, size: int, settings: LayerSettings):
        super().__init__()
        shape, dtype = (settings.n_tasks, 1, size), settings.dtype
        # The change of the scales, so that weight decay pulls them to 1.
        self.scale = nn.Parameter(torch.zeros(shape, dtype=dtype))
        self.shift = nn.Parameter(torch.zeros(shape, dtype=dtype))
        self.activation = ACTIVATIONS[settings.activation]()
        self.dropout = SeededDropout(settings.dropout)

    def forward(self, z: Tensor) -> Tensor:
        z = torch.addcmul(z + self.shift, z, self.scale)
        return self.dropout(self.activation(z))

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._gates import mix
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear, StackedMLP

# Entropies of bits nearer to 0 or 1 are as good as 0, and their slopes infinite.
_MARGIN = 1e-6


@dataclass(repr=False, eq=False)
class DSelectK(Architecture):
    r"""A mixture of experts of which each task learns to select a few.

    .. math::
        h_t = \sum_e q_{te} f_e, \qquad
        q_t = \sum_{i=1}^k \operatorname{softmax}(a_t)_i\, r(z_{ti})

    Each expert is a network with the layers of ``hidden_layer_sizes``. The selector
    r(z) weighs the experts by the bits of their numbers: each bit is 1 with the
    probability S(z_j), where the cubic S goes from 0 at -γ/2 to 1 at γ/2 and is flat
    beyond. A selector whose bits have got there has selected one expert, and all of it
    is smooth. If `n_experts` is not a power of 2, the numbers that are left stand for
    the first experts once more, so that the weights always sum to 1; the paper
    penalises them instead.

    What is added to the objective is `entropy` times the mean over tasks of the
    entropies of the selectors, in nats. This suits many tasks in unknown groups: tasks
    that select the same experts share them, and others do not meet.

    Parameters
    ----------
    n_experts : int, default=8
        The number of experts.
    n_selected : int, default=2
        The number k of selectors of a task: how many experts it can have in the end.
    entropy : float, default=0.001
        The strength of the penalty that makes the selectors decide.
    gamma : float, default=1.0
        The width γ of where the selectors have not decided.
    per_example : bool, default=False
        Whether a and z are linear functions of what the experts see, instead of
        parameters of each task.

    See Also
    --------
    MMoE : Each task uses all experts.

    References
    ----------
    Hazimeh, H., Zhao, Z., Chowdhery, A., Sathiamoorthy, M., Chen, Y., Mazumder, R.,
    Hong, L. and Chi, E. H. (2021). DSelect-k: Differentiable selection in the mixture
    of experts with applications to multi-task learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.architectures import DSelectK
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,),
    ...     architecture=DSelectK(n_experts=4),
    ...     lr=0.01,
    ...     max_epochs=5,
    ...     random_state=0,
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_experts: int = 8
    n_selected: int = 2
    entropy: float = 0.001
    gamma: float = 1.0
    per_example: bool = False

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_experts": [Interval(Integral, 2, None, closed="left")],
        "n_selected": [Interval(Integral, 1, None, closed="left")],
        "entropy": [Interval(Real, 0, None, closed="left")],
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "per_example": ["boolean"],
    }

    def _build(self, settings: LayerSettings) -> Trunk:
        if self.n_selected > self.n_experts:
            raise parameter_error(
                "n_selected",
                type(self).__name__,
                f"at most n_experts={self.n_experts}",
                self.n_selected,
            )
        return _DSelectKTrunk(settings, self)


class _DSelectKTrunk(Trunk):
    task_layers: "_Selection"

    def __init__(self, settings: LayerSettings, dselect: DSelectK):
        super().__init__()
        self.experts = StackedMLP(
            dselect.n_experts,
            settings.n_features_in,
            settings.hidden_layer_sizes,
            settings,
        )
        self.entropy = dselect.entropy
        self.task_layers = _Selection(settings, dselect)
        self.out_features = self.experts.out_features

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        experts = self.experts(features)
        return (experts, features) if self.task_layers.per_example else (experts,)

    def specialise(self, *shared: Tensor) -> Tensor:
        experts, *features = shared
        return mix(self.task_layers(*features), experts)

    def penalty(self) -> Tensor | None:
        entropy = self.task_layers.pop_entropy()
        return self.entropy * entropy if self.entropy and entropy is not None else None


class _Selection(nn.Module):
    """The weights of the experts, (T, n_experts), or per example (T, n, n_experts)."""

    numbers: Tensor

    def __init__(self, settings: LayerSettings, dselect: DSelectK):
        super().__init__()
        self.n_experts, self.gamma = dselect.n_experts, dselect.gamma
        n_bits = math.ceil(math.log2(dselect.n_experts))
        numbers = torch.arange(2**n_bits)[:, None] >> torch.arange(n_bits) & 1
        self.register_buffer("numbers", numbers.bool(), persistent=False)
        # Without inputs a linear layer is its bias.
        self.per_example = dselect.per_example
        n_in = settings.n_features_in if self.per_example else 0
        n_tasks, k, dtype = settings.n_tasks, dselect.n_selected, settings.dtype
        self.shape = (k, n_bits)
        self.a = StackedLinear(n_tasks, n_in, k, None, dtype)
        self.z = StackedLinear(n_tasks, n_in, k * n_bits, settings.generator, dtype)
        with torch.no_grad():
            # Undecided at first, but not quite: there the entropy is flat.
            for parameter in self.z.parameters():
                parameter.mul_(self.gamma / 100)
        self._bits: Tensor | None = None

    def forward(self, features: Tensor | None = None) -> Tensor:
        if features is None:
            features = self.z.weight.new_zeros(1, 0)
        bits = _smooth_step(self.z(features).unflatten(-1, self.shape) / self.gamma)
        self._bits = bits if self.training else None
        bits = bits.unsqueeze(-2)
        by_number = torch.where(self.numbers, bits, 1 - bits).prod(-1)
        first, rest = by_number.tensor_split([self.n_experts], dim=-1)
        by_expert = first + F.pad(rest, (0, self.n_experts - rest.shape[-1]))
        weights = torch.einsum("tnk,tnke->tne", self.a(features).softmax(-1), by_expert)
        return weights if self.per_example else weights[:, 0]

    def pop_entropy(self) -> Tensor | None:
        """Return the mean over tasks of what the last training step was undecided."""
        bits, self._bits = self._bits, None
        if bits is None:
            return None
        bits = bits.clamp(_MARGIN, 1 - _MARGIN)
        entropies = torch.special.entr(bits) + torch.special.entr(1 - bits)
        return entropies.sum((-1, -2)).mean()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bits": None}


def _smooth_step(t: Tensor) -> Tensor:
    """Return the cubic that is 0 up to -1/2 and 1 from 1/2 on."""
    t = t.clamp(-0.5, 0.5)
    return (1.5 - 2 * t * t) * t + 0.5

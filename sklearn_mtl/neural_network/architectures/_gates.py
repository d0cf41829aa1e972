"""Gates: what each task takes of each expert."""

import torch
from torch import Tensor

from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear


class Gates(StackedLinear):
    """Weights of the experts for each of k tasks, which depend on the input.

    It maps (n, n_in) or (k, n, n_in) to (k, n, n_experts), which sum to 1. At first all
    experts weigh the same for every task and every input.
    """

    def __init__(self, k: int, n_in: int, n_experts: int, settings: LayerSettings):
        super().__init__(k, n_in, n_experts, None, settings.dtype)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).softmax(-1)


def mix(gates: Tensor, experts: Tensor) -> Tensor:
    """Return the mixtures (k, n, d) of experts (n_experts, n, d) by their gates.

    Gates are (k, n, n_experts), or (k, n_experts) if all inputs have the same.
    """
    if gates.ndim == 2:
        return (gates @ experts.flatten(1)).unflatten(1, experts.shape[1:])
    return torch.einsum("tne,end->tnd", gates, experts)


def mix_own_and_shared(gates: Tensor, own: Tensor, shared: Tensor) -> Tensor:
    """Return the mixtures (T, n, d) of the experts of each task and the shared ones.

    Gates are (T, n, n_own + n_shared), own experts (T * n_own, n, d), task by task.
    """
    own = own.unflatten(0, (len(gates), -1))
    of_own, of_shared = gates.tensor_split([own.shape[1]], dim=-1)
    return torch.einsum("tnm,tmnd->tnd", of_own, own) + mix(of_shared, shared)

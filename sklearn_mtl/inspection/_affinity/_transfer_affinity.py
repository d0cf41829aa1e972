"""What a step for one task does to the loss of another, seen in one training run."""

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from sklearn_mtl.inspection._affinity._looks import Looks, Sight

# The length of a step, as a share of the norm of the shared parameters.
_STEP = 0.01


class TransferLooks(Looks):
    """Sees the share of a task's loss that a step for another takes away."""

    def __init__(self, n_tasks: int, seed: int):
        super().__init__(n_tasks, seed, passes_back=True)

    def _see(self, sight: Sight) -> np.ndarray:
        ids = {id(parameter) for parameter in self.parameters_}
        shared = {
            name: parameter.detach()
            for name, parameter in sight.module.named_parameters()
            if id(parameter) in ids
        }
        rows = sight.parameter_rows()
        length = _STEP * _norm(list(shared.values()))
        before = sight.losses.means.cpu().double().numpy()
        after = np.full((len(before), len(before)), np.nan)
        for s in range(len(before)):
            gradient = [of_parameter[s] for of_parameter in rows]
            size = _norm(gradient)
            if size > 0:
                after[s] = self._losses_after(sight, shared, gradient, length / size)
        unknown = np.full_like(after, np.nan)
        return np.divide(before - after, before, unknown, where=before > 0)

    @torch.no_grad()
    def _losses_after(
        self,
        sight: Sight,
        shared: dict[str, Tensor],
        gradient: list[Tensor],
        rate: float,
    ) -> np.ndarray:
        moved = {
            name: parameter - rate * part
            for (name, parameter), part in zip(shared.items(), gradient, strict=True)
        }
        return sight.losses_of(functional_call(sight.module, moved, (sight.X,)))


def _norm(tensors: list[Tensor]) -> float:
    return float(sum((tensor**2).sum() for tensor in tensors)) ** 0.5

"""From the gradients at the cut to those of the shared parameters, task by task."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._modules import MLP
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._task_gradients import TaskGradients


class PullBack(Protocol):
    """Gradients of the shared parameters, a row per task."""

    def watching(self) -> AbstractContextManager[None]:
        """Return the context in which the shared layers are to be run."""

    def __call__(
        self, ends: Sequence[Tensor], gradients: TaskGradients
    ) -> list[Tensor]:
        """Return them for the gradients at the ends of what is shared."""


def make_pull_back(
    module: Network, parameters: Sequence[nn.Parameter], is_used: bool
) -> PullBack:
    """Return the faster way for a network; one that is not used watches nothing."""
    layers = getattr(module.trunk, "layers", None)
    if is_used and isinstance(layers, MLP):
        own = {id(parameter) for parameter in layers.parameters()}
        if own == {id(parameter) for parameter in parameters}:
            return LayerByLayer(layers)
    return TaskByTask(parameters)


class TaskByTask:
    """One pass back for each task, through any layers."""

    def __init__(self, parameters: Sequence[nn.Parameter]):
        self._parameters = parameters

    def watching(self) -> AbstractContextManager[None]:
        return nullcontext()

    def __call__(
        self, ends: Sequence[Tensor], gradients: TaskGradients
    ) -> list[Tensor]:
        by_task = [
            torch.autograd.grad(
                ends,
                self._parameters,
                grad_outputs=of_task,
                retain_graph=True,
                materialize_grads=True,
            )
            for of_task in gradients.by_task()
        ]
        return [torch.stack(found) for found in zip(*by_task, strict=True)]


class LayerByLayer:
    """All tasks at once, through linear layers and functions of single activations.

    The errors of all tasks lie side by side, (n, n_tasks, units), so that the products
    of a layer are two large ones, without a copy.
    """

    def __init__(self, layers: MLP):
        self._layers = list(layers)
        self._passed: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        handles = [layer.register_forward_hook(self._keep) for layer in self._layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _keep(self, layer: nn.Module, args: tuple[Tensor], output: Tensor) -> None:
        self._passed[layer] = args[0], output

    def __call__(
        self, ends: Sequence[Tensor], gradients: TaskGradients
    ) -> list[Tensor]:
        errors = (
            gradients.rows()[0]
            .transpose(0, 1)
            .clone(memory_format=torch.contiguous_format)
        )
        n, n_tasks, _ = errors.shape
        found: list[Tensor] = []
        for layer in reversed(self._layers):
            entering, output = self._passed[layer]
            if not isinstance(layer, nn.Linear):
                slopes = torch.autograd.grad(
                    output, entering, torch.ones_like(output), retain_graph=True
                )[0]
                errors.mul_(slopes[:, None])
                continue
            # Training in bfloat16 hands on activations that are less precise.
            products = errors.view(n, -1).T @ entering.detach().to(errors.dtype)
            found += [errors.sum(0), products.view(n_tasks, *layer.weight.shape)]
            if layer is not self._layers[0]:
                back = errors.view(n * n_tasks, -1) @ layer.weight.detach()
                errors = back.view(n, n_tasks, -1)
        return found[::-1]

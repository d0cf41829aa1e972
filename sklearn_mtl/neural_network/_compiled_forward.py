"""The forward pass of a network in training, compiled for batches of one shape."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._modules import SeededDropout


class CompiledForward:
    """Runs a network that `torch.compile` has compiled.

    Batches of any other shape than the first one, such as the last one of an epoch, run
    as they are. So that the passes are one graph, dropout is drawn before, in the order
    in which the layers draw it. On a GPU the graph is captured and replayed.

    Parameters
    ----------
    module : nn.Module
        The network, in training.
    X : Tensor
        A batch, the shape of which it is compiled for.
    """

    def __init__(self, module: nn.Module, X: Tensor):
        self._module, self._shape = module, X.shape
        self._is_replayed = is_replayed(X)
        self._dropouts = _find_dropouts(module, X)
        self._run = torch.compile(
            _own_function(repr(module), X.shape, X.dtype),
            mode="reduce-overhead" if self._is_replayed else None,
            dynamic=False,
        )

    def __call__(self, X: Any) -> Tensor:
        # Each shape, and passes without gradients, would be compiled by themselves.
        is_other = not isinstance(X, Tensor) or X.shape != self._shape
        if is_other or not torch.is_grad_enabled():
            return self._module(X)
        try:
            for layer, like in self._dropouts:
                assert layer.generator is not None
                layer.mask = layer.draw_mask(like, layer.generator)
            if self._is_replayed:
                torch.compiler.cudagraph_mark_step_begin()
            outputs = self._run(self._module, X)
        finally:
            for layer, _ in self._dropouts:
                layer.mask = None
        # The next replay writes over what this one returns.
        return outputs.clone() if self._is_replayed else outputs


def is_replayed(X: Tensor) -> bool:
    """Return whether passes are captured, on the device of a batch, and replayed."""
    return X.device.type == "cuda"


@lru_cache(maxsize=32)
def _own_function(*what: Any) -> Callable[[nn.Module, Tensor], Tensor]:
    """Return a function that torch compiles by itself.

    It compiles a function for a few kinds of networks only. Networks of one kind share
    what was compiled.
    """

    def run(module: nn.Module, X: Tensor) -> Tensor:
        return module(X)

    return FunctionType(run.__code__.replace(), run.__globals__)


def _find_dropouts(module: nn.Module, X: Tensor) -> list[tuple[SeededDropout, Tensor]]:
    """Return the layers that draw, in their order, and what their rows are like."""
    found: list[tuple[SeededDropout, Tensor]] = []

    def remember(layer: nn.Module, args: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, SeededDropout)
        if 0 < layer.p < 1:
            like = args[0].detach().new_empty(()).expand(args[0].shape)
            found.append((layer, like))

    layers = [layer for layer in module.modules() if isinstance(layer, SeededDropout)]
    handles = [layer.register_forward_pre_hook(remember) for layer in layers]
    try:
        with torch.no_grad():
            module(X)
    finally:
        for handle in handles:
            handle.remove()
    if len({id(layer) for layer, _ in found}) < len(found):
        raise NotImplementedError("a layer of dropout is used twice in a pass")
    return found


@contextmanager
def left_untouched(
    module: nn.Module, generators: Sequence[torch.Generator]
) -> Iterator[None]:
    """Give back the buffers of a module and the generators, as they are now."""
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    states = [generator.get_state() for generator in generators]
    device = next(module.parameters()).device
    devices = [] if device.type == "cpu" else [device.index or 0]
    try:
        with torch.random.fork_rng(devices, device_type=_fork_type(device)):
            yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        with torch.no_grad():
            for buffer, kept in buffers:
                buffer.copy_(kept)


def _fork_type(device: torch.device) -> str:
    return "cuda" if device.type == "cpu" else device.type

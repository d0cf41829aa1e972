"""How the network is run in training: as it is, or compiled, as a trial decides."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._compiled_forward import (
    CompiledForward,
    left_untouched,
)
from sklearn_mtl.neural_network._input_encoder import (
    InputEncoder,
    OneInputEncoder,
)
from sklearn_mtl.neural_network._on_device import is_host
from sklearn_mtl.neural_network.balancers._base import GradientBalancer

if TYPE_CHECKING:
    from sklearn_mtl.neural_network._engine import MultiTaskEngine

Compile = bool | Literal["auto"]
Forward = Callable[[Any], Tensor]

# Steps that are timed, after some that may be slow.
_N_STEPS, _N_SLOW = 20, 3
# Seconds of training that a trial, which itself takes some, is worth.
_WORTH = 60.0
# What torch raises where something cannot be compiled, or there is nothing to do so.
_FAILURES = (RuntimeError, ImportError, OSError)

AS_IT_IS = {"is_compiled": False, "reason": "compile=False"}
TOO_SHORT = {"is_compiled": False, "reason": "the fit took too few steps to tell"}
# What was trained before, or with other networks together.
NOT_TRAINED = {"is_compiled": False, "reason": "it took no steps now"}


class TrainingForward:
    """The forward pass of the steps of a fit.

    With `compile="auto"`, the first steps tell how long the rest of the fit takes. If
    it is worth it, passes of both kinds are timed on a batch, which leaves everything
    as it was, and the faster kind is kept.

    Parameters
    ----------
    net : MultiTaskEngine
        The net in training, which is told what was decided, in `compiled_`.
    n_steps : int
        How many steps are to come, at most.
    """

    def __init__(self, net: "MultiTaskEngine", n_steps: int):
        self._net, self._n_steps = net, n_steps
        self._forward: Forward = net.module_
        self._shape: torch.Size | None = None
        self._times: list[float] = []
        self._is_open = net.compile_ is not False
        net.compiled_ = TOO_SHORT if self._is_open else AS_IT_IS
        obstacle = find_obstacle(net)
        if self._is_open and obstacle is not None:
            self._keep(obstacle)

    def __call__(self, X: Any) -> Tensor:
        if self._is_open and torch.is_grad_enabled():
            self._look_at(X)
        return self._forward(X)

    def _look_at(self, X: Tensor) -> None:
        if self._net.compile_ is True:
            self._compile(X)
            return
        self._n_steps -= 1
        self._times.append(perf_counter())
        self._shape = self._shape or X.shape
        if len(self._times) <= _N_SLOW + _N_STEPS or X.shape != self._shape:
            return
        steps = zip(self._times[_N_SLOW:], self._times[_N_SLOW + 1 :], strict=False)
        seconds = self._n_steps * median(after - before for before, after in steps)
        if seconds < _WORTH:
            self._keep(f"the rest of the fit was to take {seconds:.1f} s")
        else:
            self._try_both(X)

    def _compile(self, X: Tensor) -> None:
        found = self._try_to_compile(X)
        if isinstance(found, str):
            raise compile_error(self._net.owner_, found)
        self._use(found, "compile=True")

    def _try_both(self, X: Tensor) -> None:
        found = self._try_to_compile(X)
        if isinstance(found, str):
            self._keep(found)
            return
        with self._left_untouched():
            as_it_is, compiled = (self._time(f, X) for f in (self._forward, found))
        reason = (
            f"forward and backward took {1000 * compiled:.2f} ms compiled, "
            f"{1000 * as_it_is:.2f} ms as they are"
        )
        if compiled < as_it_is:
            self._use(found, reason)
        else:
            self._keep(reason)

    def _try_to_compile(self, X: Tensor) -> CompiledForward | str:
        """Return the compiled network, which was run once, or why there is none."""
        module = self._net.module_
        try:
            with self._left_untouched():
                found = CompiledForward(module, X)
                self._run(found, X)
        except torch.OutOfMemoryError:
            # Smaller batches come next, which may be compiled.
            raise
        except _FAILURES as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            return f"torch.compile fails: {lines[0]}"
        return found

    def _left_untouched(self) -> AbstractContextManager[None]:
        net = self._net
        others = net.current_rows_.generator
        generators = [net.device_generator_, *([] if others is None else [others])]
        return left_untouched(net.module_, generators)

    def _time(self, forward: Forward, X: Tensor) -> float:
        """Return the seconds of a pass forward and back."""
        times = []
        for _ in range(_N_SLOW + _N_STEPS):
            start = perf_counter()
            self._run(forward, X)
            times.append(perf_counter() - start)
        return median(times[_N_SLOW:])

    def _run(self, forward: Forward, X: Tensor) -> None:
        parameters = [p for p in self._net.module_.parameters() if p.requires_grad]
        total = forward(X).sum()
        torch.autograd.grad(total, parameters, allow_unused=True)
        if not is_host(str(total.device)):
            # What it is waited for.
            total.item()

    def _use(self, forward: Forward, reason: str) -> None:
        self._forward = forward
        self._decide(True, reason)

    def _keep(self, reason: str) -> None:
        self._decide(False, reason)

    def _decide(self, is_compiled: bool, reason: str) -> None:
        self._is_open = False
        self._net.compiled_ = {"is_compiled": is_compiled, "reason": reason}


def find_obstacle(net: "MultiTaskEngine") -> str | None:
    """Return why the passes of a net cannot be compiled; None if they may."""
    balancer = net.criterion_.balancer
    if isinstance(balancer, GradientBalancer):
        return f"{type(balancer).__name__} goes back through the network in parts"
    if isinstance(net.module_.encoder, (InputEncoder, OneInputEncoder)):
        return "the rows have named inputs, of which batches have any number"
    return None


def compile_error(owner: str, reason: str) -> ValueError:
    """Return the error that says why `compile=True` is not possible."""
    return parameter_error("compile", owner, f"False or 'auto' here ({reason})", "True")

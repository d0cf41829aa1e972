"""How the learning rate changes over the steps of a fit."""

import copy
import math
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

# The share of the steps in which the rate rises to its full height.
_WARM_UP = 0.1


def constant(progress: float) -> float:
    """Return 1 at all times."""
    return 1.0


def cosine(progress: float) -> float:
    """Return a factor that rises in a line, and then falls to 0 as a cosine does.

    References
    ----------
    Loshchilov, I. and Hutter, F. (2017). SGDR: stochastic gradient descent with warm
    restarts. ICLR.
    """
    if progress < _WARM_UP:
        return max(progress / _WARM_UP, 0.01)
    return 0.5 * (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP)))


# From the share of the steps that were taken to a factor of the learning rate.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "cosine": cosine,
}


class Schedule:
    """Sets the rates of an optimizer before each of the steps of a fit.

    Parameters
    ----------
    name : str
        The schedule.
    n_steps : int
        The number of steps, of which fewer may be taken.
    optimizer : Optimizer
        What to set the rates of; those that it has now are the full ones. What others
        do to them stays.
    """

    def __init__(self, name: str, n_steps: int, optimizer: Optimizer):
        self._factor = SCHEDULES[name]
        self._is_constant = name == "constant"
        self._n_steps, self._step = n_steps, 0
        self._optimizer = optimizer
        self._full = [group["lr"] for group in optimizer.param_groups]
        self._last = list(self._full)

    def set_rates(self) -> None:
        """Set the rates for the next step."""
        if not self._is_constant:
            self._scale(self._factor(self._step / self._n_steps))
            self._step += 1

    def reset_rates(self) -> None:
        """Give the optimizer its full rates back."""
        if not self._is_constant:
            self._scale(1.0)

    def move_to(self, optimizer: Optimizer) -> "Schedule":
        """Return the schedule as it goes on for an optimizer with as many groups."""
        moved = copy.copy(self)
        moved._optimizer = optimizer
        moved._full, moved._last = list(self._full), list(self._last)
        return moved

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep, beside the rates of the optimizer."""
        return {"step": self._step, "full": self._full, "last": self._last}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""
        self._step, self._full, self._last = state["step"], state["full"], state["last"]

    def _scale(self, factor: float) -> None:
        for k, group in enumerate(self._optimizer.param_groups):
            if group["lr"] != self._last[k]:
                self._full[k] *= group["lr"] / self._last[k]
            group["lr"] = self._last[k] = self._full[k] * factor

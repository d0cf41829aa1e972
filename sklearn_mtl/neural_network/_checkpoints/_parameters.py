"""The parameters of checkpoints, and how often one is written."""

import re
from numbers import Integral
from time import monotonic
from typing import Any

from sklearn_mtl._validation import parameter_error

_MINUTES = re.compile(r"(\d+(?:\.\d+)?) ?min")


def check_parameters(estimator: Any) -> None:
    """Raise if a parameter is bad, or does not go with another."""
    owner = type(estimator).__name__
    Interval(estimator.checkpoint_every, owner)
    if estimator.checkpoint_dir is None:
        if estimator.resume:
            expected = "a folder where 'resume' is set"
            raise parameter_error("checkpoint_dir", owner, expected, "None")
        return
    if not isinstance(estimator.random_state, Integral):
        expected = "an integer where 'checkpoint_dir' is set: the same fit has the same"
        got = repr(estimator.random_state)
        raise parameter_error("random_state", owner, expected, got)


def _read_interval(every: Any, owner: str) -> tuple[int | None, float]:
    if isinstance(every, Integral) and int(every) > 0:
        return int(every), 0.0
    found = _MINUTES.fullmatch(every) if isinstance(every, str) else None
    if found is None:
        expected = "a number of epochs, or of minutes such as '10min'"
        raise parameter_error("checkpoint_every", owner, expected, repr(every))
    return None, 60 * float(found[1])


class Interval:
    """Says after which epochs a checkpoint is due.

    Parameters
    ----------
    every : int or str
        Epochs, or minutes such as "10min".
    owner : str
        Who was given it.
    """

    def __init__(self, every: Any, owner: str):
        self._n_epochs, self._seconds = _read_interval(every, owner)
        self._last = monotonic()

    def is_due(self, epoch: int) -> bool:
        """Return whether to write a checkpoint now, after so many epochs of a fit."""
        if self._n_epochs is not None:
            return epoch % self._n_epochs == 0
        if monotonic() - self._last < self._seconds:
            return False
        self._last = monotonic()
        return True

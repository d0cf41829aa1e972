"""Torch's global generators: whether a fit draws from them, and where they are."""

from typing import Any

import torch
from torch import Tensor


class GlobalDraws:
    """Watches the global generators that a network on a device may draw from.

    They are given back only to a fit that drew from them: others leave them alone.

    Parameters
    ----------
    device : str
        Where the network is.
    """

    def __init__(self, device: Any):
        self._generators = [torch.default_generator]
        if torch.device(device).type == "cuda":
            index = torch.device(device).index or 0
            self._generators.append(torch.cuda.default_generators[index])
        self._start = self._states()
        self._were_used = False

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep: nothing where nothing was drawn."""
        now = self._states()
        pairs = zip(now, self._start, strict=True)
        if not self._were_used and all(torch.equal(a, b) for a, b in pairs):
            return {"states": None}
        return {"states": now}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Bring the generators to where they were, if they were used."""
        if state["states"] is None:
            return
        self._were_used = True
        for generator, kept in zip(self._generators, state["states"], strict=True):
            generator.set_state(kept)

    def _states(self) -> list[Tensor]:
        return [generator.get_state() for generator in self._generators]

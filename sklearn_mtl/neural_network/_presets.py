"""What the parameters that are "auto" stand for."""

import copy
import math
from dataclasses import dataclass
from typing import Any

from skorch.callbacks import LRScheduler

AUTO = "auto"


@dataclass(frozen=True)
class Preset:
    """Settings that suit each other.

    `n_steps` are the training steps of a small table; a batch size or a number of
    epochs that is given is always the same.
    """

    encoder: str | None = AUTO
    n_members: int = 8
    n_networks: int = 1
    dropout: float = 0.1
    lr: float = 6e-3
    lr_schedule: str = "cosine"
    average: bool = True
    n_steps: int = 1500
    batch_size: int | None = None
    max_epochs: int | None = None
    n_iter_no_change: int | None = None

    def count_rows(self, n_rows: int) -> int:
        """Return how many of the rows a training step has."""
        if self.batch_size is not None:
            return self.batch_size
        return next((size for most, size in _BATCH_SIZES if n_rows <= most), _LARGEST)

    def count_epochs(self, n_rows: int, batch_size: int) -> int:
        """Return how often training goes through the rows."""
        if self.max_epochs is not None:
            return self.max_epochs
        steps = math.ceil(n_rows / batch_size)
        return min(max(round(self.n_steps / steps), _FEWEST_EPOCHS), _MOST_EPOCHS)

    def count_patience(self, max_epochs: int) -> int:
        """Return after how many epochs without improvement training stops."""
        if self.n_iter_no_change is not None:
            return self.n_iter_no_change
        return math.ceil(_PATIENCE * max_epochs)


# Rows of a training step by the number of rows that there are at most.
_BATCH_SIZES = ((8_000, 128), (30_000, 256))
_LARGEST = 512
_FEWEST_EPOCHS, _MOST_EPOCHS = 20, 400

# The share of the epochs that training waits for an improvement.
_PATIENCE = 0.25

# Without an end in sight, the rate stays where it was good for all that is trained.
_CONSTANT_RATE = 1e-3

PRESETS: dict[str, Preset] = {
    "plain": Preset(
        encoder=None,
        n_members=1,
        dropout=0.0,
        lr=_CONSTANT_RATE,
        lr_schedule="constant",
        average=False,
        batch_size=128,
        max_epochs=200,
        n_iter_no_change=20,
    ),
    "fast": Preset(n_steps=400),
    "default": Preset(),
    "best": Preset(n_networks=4, n_steps=2000),
}


# The parameters that a preset has a value for; the first make the network.
STRUCTURE = ("encoder", "n_members", "n_networks", "dropout")
SETTINGS = (
    *STRUCTURE,
    "lr",
    "lr_schedule",
    "average",
    "batch_size",
    "max_epochs",
    "n_iter_no_change",
)


def resolve(
    estimator: Any, n_rows: int, *, for_tables: bool, one_epoch: bool = False
) -> Any:
    """Return a copy of the estimator with a value for everything that is "auto".

    Presets other than "plain" are made for tables. With `one_epoch`, an epoch is to be
    trained to which others may be added.
    """
    preset = PRESETS[estimator.preset if for_tables else "plain"]
    resolved = copy.copy(estimator)
    for name in {"lr", "batch_size", "max_epochs"} & set(estimator.net_params or ()):
        setattr(resolved, name, estimator.net_params[name])

    def choose(name: str, value: Any) -> Any:
        if _is_auto(getattr(resolved, name)):
            setattr(resolved, name, value)
        return getattr(resolved, name)

    choose("encoder", preset.encoder)
    # Members of a linear model would be the same model.
    is_linear = not len(estimator.hidden_layer_sizes)
    choose("n_members", 1 if is_linear else preset.n_members)
    for name in ("n_networks", "dropout", "average"):
        choose(name, getattr(preset, name))
    is_constant = one_epoch or _has_scheduler(estimator.callbacks)
    schedule = choose("lr_schedule", "constant" if is_constant else preset.lr_schedule)
    choose("lr", preset.lr if schedule == "cosine" else _CONSTANT_RATE)
    batch_size = choose("batch_size", preset.count_rows(n_rows))
    max_epochs = choose("max_epochs", preset.count_epochs(n_rows, batch_size))
    choose("n_iter_no_change", preset.count_patience(max_epochs))
    return resolved


def _has_scheduler(callbacks: Any) -> bool:
    """Return whether one of the callbacks sets the rate: objects, classes, or named."""
    given = [each[-1] if isinstance(each, tuple) else each for each in callbacks or ()]
    kinds = [each if isinstance(each, type) else type(each) for each in given]
    return any(issubclass(kind, LRScheduler) for kind in kinds)


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == AUTO

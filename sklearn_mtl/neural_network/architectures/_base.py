"""What the architectures have in common: an architecture says what the tasks share."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from sklearn_mtl._validation import parameter_error


@dataclass(frozen=True)
class LayerSettings:
    """What the layers between the encoder and the heads are to be like."""

    n_features_in: int
    hidden_layer_sizes: Sequence[int]
    n_tasks: int
    activation: str
    dropout: float
    generator: torch.Generator
    dtype: torch.dtype


class Trunk(nn.Module):
    """The layers between the encoder and the heads.

    `share` maps what the encoder returns, (n, n_features_in), to the last tensors that
    more than one task uses. `specialise` maps these to what the heads take:
    (n, out_features) for all tasks, or with `per_task` (n_tasks, n, out_features). All
    that `specialise` needs parameters for is in `task_layers`; the other parameters are
    shared. With `makes_streams`, `share` returns one tensor (n_tasks, n, k), a part for
    each task, made by the same parameters.
    """

    out_features: int
    per_task: bool = True
    makes_streams: bool = False
    # How many networks it stands for, and how many of these share no weights.
    n_members: int = 1
    n_networks: int = 1
    # Only where tasks have layers of their own.
    task_layers: nn.Module

    @abstractmethod
    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return the last tensors that more than one task uses."""

    @property
    def first_linear(self) -> nn.Linear | None:
        """The layer that comes first, if it is one, and all that sees the features."""
        return None

    def share_with_all(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return what `share` does, each row n_members times in turn."""
        return self.share(features.repeat_interleave(self.n_members, dim=0))

    def share_in_turn(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return what `share` does, each row for all members of a network in turn."""
        return self.share_with_all(features)

    def share_after_first(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """Return what `share` does, given what its first linear layer does."""
        raise NotImplementedError

    @abstractmethod
    def specialise(self, *shared: Tensor) -> Tensor:
        """Return what the heads take."""

    def own_modules(self) -> list[nn.Module]:
        """Return what has the parameters that `specialise` needs."""
        return [self.task_layers] if hasattr(self, "task_layers") else []

    def penalty(self) -> Tensor | None:
        """Return what is added to the objective, after a training step's forward."""
        return None

    def forward(self, features: Tensor) -> Tensor:
        return self.specialise(*self.share(features))


@dataclass(repr=False, eq=False)
class Architecture(BaseEstimator):
    """How much the tasks share; its parameters are its fields.

    A subclass has `_build`.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    # Whether it makes no sense without a hidden layer.
    needs_layers: ClassVar[bool] = True

    def build(self, settings: LayerSettings) -> Trunk:
        """Return the layers between the encoder and the heads.

        Parameters
        ----------
        settings : LayerSettings
            Their sizes, and what they are made of.

        Returns
        -------
        Trunk
            The layers, with weights drawn from the generator of the settings.

        Raises
        ------
        ValueError
            If a parameter is bad, or there is no hidden layer where one is needed.
        """
        self._validate_params()
        if self.needs_layers and not len(settings.hidden_layer_sizes):
            raise parameter_error(
                "hidden_layer_sizes",
                type(self).__name__,
                "at least one layer",
                "none",
            )
        return self._build(settings)

    @abstractmethod
    def _build(self, settings: LayerSettings) -> Trunk:
        """Return the layers for parameters that are fine."""

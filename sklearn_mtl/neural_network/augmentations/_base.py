"""What the augmentations have in common: rows of a batch are changed at random."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from sklearn_mtl._validation import parameter_error


@dataclass(repr=False, eq=False)
class Augmentation(BaseEstimator):
    """A random change of the rows of a batch; its parameters are its fields.

    A subclass has `_augment`, which makes no loop over rows.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    # What a row must be like, and how many axes it has at least.
    rows: ClassVar[str] = "of any shape"
    min_row_axes: ClassVar[int] = 1

    def __call__(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Return the batch with each row changed at random.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch, which is left as it is.
        generator : torch.Generator
            Where to draw from, on the device of the batch.

        Returns
        -------
        Tensor of shape (n, ...)
            The changed rows.

        Raises
        ------
        ValueError
            If a parameter is bad, or the rows are not what the change is for.
        """
        self._validate_params()
        if X.ndim <= self.min_row_axes or not X.is_floating_point():
            raise parameter_error(
                "X",
                type(self).__name__,
                f"a batch of floats with rows {self.rows}",
                f"{X.dtype} of shape {tuple(X.shape)}",
            )
        return self._augment(X, generator) if X.numel() else X.clone()

    @abstractmethod
    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Return a changed copy of a batch that is not empty."""

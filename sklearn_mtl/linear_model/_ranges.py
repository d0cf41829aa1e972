"""Numbers whose squares are numbers."""

from typing import Any

import numpy as np
from scipy import sparse

from sklearn_mtl._validation import parameter_error

# Its square, times any other such square, is no infinity.
_LARGEST = 1e75


def check_ranges(X: Any, encoded: np.ndarray, owner: str) -> None:
    """Raise if inputs or quantities are so large that their products overflow."""
    values = X.data if sparse.issparse(X) else X
    for name, numbers in (("X", values), ("y", encoded[~np.isnan(encoded)])):
        largest = max(numbers.max(initial=0), -numbers.min(initial=0))
        if largest > _LARGEST:
            expected = f"of numbers up to {_LARGEST:.0e}, in other units"
            raise parameter_error(name, owner, expected, f"{largest:.3g}")

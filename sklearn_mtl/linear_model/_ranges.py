"""Numbers whose squares are numbers."""

from typing import Any

import numpy as np

from sklearn_mtl._validation import largest_number, parameter_error

# Its square, times any other such square, is no infinity.
_LARGEST = 1e75


def check_ranges(X: Any, encoded: np.ndarray, owner: str) -> None:
    """Raise if inputs or quantities are so large that their products overflow."""
    quantities = encoded[~np.isnan(encoded)]
    for name, table in (("X", X), ("y", quantities)):
        largest = largest_number(table)
        if largest > _LARGEST:
            expected = f"of numbers up to {_LARGEST:.0e}, in other units"
            raise parameter_error(name, owner, expected, f"{largest:.3g}")

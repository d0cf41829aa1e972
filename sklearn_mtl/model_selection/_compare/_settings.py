"""How a comparison was made, as text."""

import platform
import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import scipy
import sklearn
from sklearn.base import BaseEstimator

from sklearn_mtl._version import __version__

_NO_LIMIT = 10**6

# Addresses in memory tell nothing, and differ from run to run.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def describe_settings(
    estimators: Mapping[str, Any],
    searches: Mapping[str, Any],
    n_candidates: int,
    **settings: Any,
) -> dict[str, Any]:
    """Return the settings by name: texts, or dicts of texts."""
    described: dict[str, Any] = {
        "estimators": {name: show(estimator) for name, estimator in estimators.items()},
        "parameters": {
            name: {
                path: show(value)
                for path, value in sorted(estimator.get_params(deep=True).items())
            }
            for name, estimator in estimators.items()
        },
    }
    described |= {name: show(value) for name, value in settings.items()}
    if searches:
        described["search"] = {name: show(values) for name, values in searches.items()}
        described["n_candidates"] = show(n_candidates)
    described["versions"] = {
        "Python": platform.python_version(),
        "sklearn_mtl": __version__,
        "scikit-learn": sklearn.__version__,
        "torch": version("torch"),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
    return described


def show(value: Any) -> str:
    """Return the value as code, in full for an estimator, without addresses."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseEstimator):
        return _ADDRESS.sub("", value.__repr__(N_CHAR_MAX=_NO_LIMIT))
    return _ADDRESS.sub("", repr(value))

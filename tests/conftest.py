"""What every test shares."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

# The nets of the tests are small: more threads make them slower.
torch.set_num_threads(1)

DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[2] / "shared" / "data"
)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], dict[str, np.ndarray]]:
    """A function: name of a real data set -> its arrays; skips where it is absent."""

    def load(name: str) -> dict[str, np.ndarray]:
        path = DATA / f"{name}.npz"
        if not path.is_file():
            pytest.skip(f"{path} is absent: set SKLEARN_MTL_DATA to the folder with it")
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)

    return load

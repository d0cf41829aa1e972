"""Parquet files that the tests read."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("pyarrow")


@pytest.fixture
def write(tmp_path):
    """A function: frames -> the folder with a file for each of them."""

    def write(*frames, row_group_size=4, folder="files"):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        for number, frame in enumerate(frames):
            name = path / f"part-{number:02d}.parquet"
            frame.to_parquet(name, row_group_size=row_group_size, index=False)
        return path

    return write


@pytest.fixture
def frame():
    """Columns of every kind, with gaps, and labels that are missing in places."""
    rng = np.random.default_rng(0)
    n = 30
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "single": rng.normal(size=n).astype(np.float32),
            "count": rng.integers(0, 9, n),
            "flag": rng.random(n) < 0.5,
            "gaps": pd.array([None, *range(n - 1)], dtype="Int64"),
            "text": rng.choice(["a", "b", "c"], n),
            "category": pd.Categorical(rng.choice(["x", "y"], n)),
        }
    )
    frame.loc[::4, "number"] = np.nan
    frame.loc[1::5, "text"] = None
    frame["label"] = pd.array([1, None, *[0, 1] * 14], dtype="Int64")
    frame["quantity"] = rng.normal(size=n)
    frame.loc[2, "quantity"] = np.nan
    return frame

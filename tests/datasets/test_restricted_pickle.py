"""Pickles of arrays, which may be damaged or may do harm."""

import pickle
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sklearn_mtl.datasets._restricted_pickle import read_arrays_from_pickle


@given(
    array=npst.arrays(
        st.sampled_from([np.uint8, np.int64, np.float32]), npst.array_shapes()
    ),
    protocol=st.integers(2, pickle.HIGHEST_PROTOCOL),
    as_bytes=st.booleans(),
)
def test_arrays(tmp_path_factory, array, protocol, as_bytes):
    path = tmp_path_factory.mktemp("pickles") / "batch"
    name = b"data" if as_bytes else "data"
    path.write_bytes(pickle.dumps({name: array, "labels": [1, 2]}, protocol))
    read = read_arrays_from_pickle(path, ["data", "labels"], "fetch_toy")
    np.testing.assert_array_equal(read["data"], array)
    assert read["data"].dtype == array.dtype
    np.testing.assert_array_equal(read["labels"], [1, 2])


def test_as_python_2_and_old_numpy_wrote_it(tmp_path):
    path = tmp_path / "batch"
    content = pickle.dumps({b"data": np.arange(4, dtype=np.uint8)}, 2)
    assert b"numpy._core" in content
    path.write_bytes(content.replace(b"numpy._core", b"numpy.core"))
    read = read_arrays_from_pickle(path, ["data"], "fetch_toy")
    np.testing.assert_array_equal(read["data"], np.arange(4))


def test_runs_nothing(tmp_path):
    class Harm:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'harm')!r}, 'w')",))

    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({"data": Harm()}))
    with pytest.raises(OSError, match=r"exec is no part of an array"):
        read_arrays_from_pickle(path, ["data"], "fetch_toy")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_overwritten_anywhere(tmp_path, protocol):
    """It is read or refused: what numpy makes of such pickles may crash."""
    path = tmp_path / "batch"
    whole = pickle.dumps({"data": np.arange(9), "labels": [1, 2]}, protocol)
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 0x55
        path.write_bytes(broken)
        with suppress(OSError):
            read = read_arrays_from_pickle(path, ["data", "labels"], "fetch_toy")
            assert all(array.dtype.kind in "biufOUS" for array in read.values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        pickle.dumps([1, 2]),
        pickle.dumps({"labels": [1]}),
        pickle.dumps({"data": [[1], [1, 2]]}),
        pickle.dumps({"data": np.ones(99)})[:-30],
    ],
)
def test_damaged(tmp_path, content):
    path = tmp_path / "batch"
    path.write_bytes(content)
    with pytest.raises(OSError, match=f"fetch_toy cannot use {re.escape(str(path))}"):
        read_arrays_from_pickle(path, ["data"], "fetch_toy")

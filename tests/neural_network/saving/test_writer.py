"""Values become plain data and come back as they were."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_mtl.neural_network._saving._arrays import is_numeric
from sklearn_mtl.neural_network._saving._reader import Reader
from sklearn_mtl.neural_network._saving._tensors import SavedTensors, write_tensors
from sklearn_mtl.neural_network._saving._writer import Writer
from sklearn_mtl.neural_network.encoders import ConvEncoder

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
DTYPES = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes()
    | hnp.floating_dtypes(sizes=(16, 32, 64))
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
    | hnp.unicode_string_dtypes(max_len=5)
)


def round_trip(value, folder):
    """Return a value after it was a text and a file."""
    writer = Writer("Net", lambda *args: None)
    data = json.loads(json.dumps(writer.write(value, "params.x"), allow_nan=False))
    path = folder / "model.safetensors"
    write_tensors(writer.tensors, path, "Net")
    tensors = SavedTensors(path, "Net")
    found = Reader(tensors, lambda said: None).read(data)
    tensors.check_all_taken()
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("values")


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_plain_values(folder, value):
    found = round_trip(value, folder)
    assert found == value
    assert repr(found) == repr(value)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)))
def test_arrays(folder, array):
    found = round_trip(array, folder)
    assert found.dtype == array.dtype.newbyteorder("<")
    assert found.shape == array.shape
    if is_numeric(array.dtype):
        assert found.tobytes() == array.astype(found.dtype).tobytes()
    else:
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("n", [3, 5000])
def test_arrays_of_objects(folder, n):
    array = np.array([f"name ü{k}" for k in range(n)], dtype=object)
    found = round_trip(array, folder)
    assert found.dtype == object
    assert found.tolist() == array.tolist()


def test_objects_of_ours(folder):
    found = round_trip({("a", "b"): ConvEncoder((4,), dropout=np.float32(0.5))}, folder)
    (encoder,) = found.values()
    assert type(encoder) is ConvEncoder
    assert encoder.channels == (4,)
    assert type(encoder.dropout) is np.float32


def test_tensors_in_part_of_a_memory(folder):
    tensor = torch.arange(12.0).reshape(3, 4)
    found = round_trip([tensor[1], tensor.T], folder)
    assert torch.equal(found[0], tensor[1])
    assert torch.equal(found[1], tensor.T)

"""Large tables are not copied."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from sklearn_mtl.datasets import combine_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.encoders import ConvEncoder

N_ROWS, N_FEATURES = 40_000, 100
N_BYTES = 4 * N_ROWS * N_FEATURES


@pytest.fixture(scope="module", autouse=True)
def _imported():
    """What the first fit of a process imports is no copy of the data."""
    make_net().fit(np.eye(8), np.arange(8) % 2)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(N_ROWS, N_FEATURES)).astype(np.float32)


@pytest.fixture
def memory_map(X, tmp_path):
    """Read-only, as joblib hands large arrays to its workers."""
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def make_net():
    return MultiTaskNetClassifier((8,), batch_size=4000, max_epochs=1, random_state=0)


def peak_of(action, *args):
    """Return the most memory that numpy held at once, beyond what was there."""
    tracemalloc.start()
    try:
        action(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def labels_of(X):
    return (X[:, :2] > 0).astype(int)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_memory_map_is_not_copied(memory_map, early_stopping):
    net = make_net().set_params(early_stopping=early_stopping)
    Y = labels_of(memory_map)
    assert peak_of(net.fit, memory_map, Y) < 0.9 * N_BYTES
    assert peak_of(net.predict, memory_map) < 0.9 * N_BYTES
    assert peak_of(net.partial_fit, memory_map, Y) < 0.9 * N_BYTES


def test_a_memory_map_is_learnt_like_an_array(X, memory_map):
    in_memory, mapped = (make_net().fit(x, labels_of(X)) for x in (X, memory_map))
    np.testing.assert_array_equal(in_memory.transform(X), mapped.transform(memory_map))


def test_an_array_of_the_precision_is_not_copied(X):
    net = make_net().set_params(early_stopping=False)
    assert peak_of(net.fit, X, labels_of(X)) < 0.9 * N_BYTES
    assert peak_of(net.predict, X) < 0.9 * N_BYTES


def test_another_array_is_copied_once(X):
    net = make_net().set_params(early_stopping=False)
    assert peak_of(net.fit, X.astype(np.float64), labels_of(X)) < 1.9 * N_BYTES


def test_a_sparse_matrix_is_never_made_dense():
    rng = np.random.default_rng(0)
    X = sparse.random(
        8000, 5000, density=0.002, format="csr", rng=rng, dtype=np.float32
    )
    Y = np.column_stack([X[:, :50].sum(axis=1), X[:, 50:].sum(axis=1)]) > 0.5
    net = make_net().set_params(batch_size=100)
    dense = 4 * 8000 * 5000
    assert peak_of(net.fit, X, Y) < 0.2 * dense
    assert peak_of(net.partial_fit, X, Y) < 0.2 * dense


# Images and named inputs


@pytest.mark.parametrize("on_disk", [False, True], ids=["in memory", "on disk"])
@pytest.mark.parametrize("named", [False, True], ids=["table", "named"])
def test_images_of_bytes_stay_bytes(named, on_disk, tmp_path):
    images = np.random.default_rng(0).integers(
        256, size=(10_000, 32, 32), dtype=np.uint8
    )
    labels = np.arange(10_000) % 2
    if on_disk:
        np.save(tmp_path / "X.npy", images)
        images = np.load(tmp_path / "X.npy", mmap_mode="r")
    X, Y = combine_tasks({"digit": (images, labels)}) if named else (images, labels)
    net = make_net().set_params(
        encoder=ConvEncoder((2,)), batch_size=64, early_stopping=False
    )
    assert peak_of(net.fit, X, Y) < 0.5 * images.nbytes
    assert peak_of(net.predict, X) < 0.5 * images.nbytes

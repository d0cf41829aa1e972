"""MNIST, out of each of the files that it may be in."""

import gzip
import struct

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.datasets import fetch_mnist

N_IMAGES = {"train": 30, "t10k": 12}


@pytest.fixture
def parts() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and digits, under the names of the official files."""
    rng = np.random.default_rng(0)
    return {
        prefix: (
            rng.integers(0, 256, (n_images, 28, 28), dtype=np.uint8),
            rng.integers(0, 10, n_images, dtype=np.uint8),
        )
        for prefix, n_images in N_IMAGES.items()
    }


def idx(array) -> bytes:
    lengths = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


@pytest.fixture
def folder(home, parts):
    """A data home with official files."""
    folder = home / "mnist"
    folder.mkdir()
    for prefix, (images, digits) in parts.items():
        for name, array in [("images-idx3", images), ("labels-idx1", digits)]:
            path = folder / f"{prefix}-{name}-ubyte.gz"
            path.write_bytes(gzip.compress(idx(array)))
    return folder


def fetch(folder, **options):
    return fetch_mnist(
        data_home=folder.parent.parent, download_if_missing=False, **options
    )


def test_official_files(folder, parts):
    mnist = fetch(folder)
    (train, train_digits), (test, test_digits) = parts.values()
    np.testing.assert_array_equal(mnist.data, np.concatenate([train, test]))
    np.testing.assert_array_equal(
        mnist.target, np.concatenate([train_digits, test_digits])
    )
    assert mnist.data.dtype == np.uint8
    assert mnist.target.dtype == np.int64
    assert mnist.task_names == ["digit"]
    assert mnist.target_names == [[str(digit) for digit in range(10)]]
    assert mnist.frame is None
    assert "digit" in mnist.DESCR


def test_subsets(folder, parts):
    for subset, prefix in [("train", "train"), ("test", "t10k")]:
        images, digits = fetch(folder, subset=subset, return_X_y=True)
        np.testing.assert_array_equal(images, parts[prefix][0])
        np.testing.assert_array_equal(digits, parts[prefix][1])


def test_files_that_are_not_packed(folder, parts):
    for path in folder.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    np.testing.assert_array_equal(fetch(folder, subset="test").data, parts["t10k"][0])


def test_prepared_file_goes_first(folder, parts):
    images, digits = parts["train"]
    split = np.repeat([2, 0], 15)
    np.savez(folder.parent / "mnist.npz", X=images, y=digits, split=split)
    np.testing.assert_array_equal(fetch(folder).data, images)
    for subset, rows in [("train", split == 0), ("test", split == 2)]:
        mnist = fetch(folder, subset=subset)
        np.testing.assert_array_equal(mnist.data, images[rows])
        np.testing.assert_array_equal(mnist.target, digits[rows])


@pytest.mark.parametrize(
    ("images", "split", "reason"),
    [
        (np.zeros((2, 28, 28), np.float32), [0, 2], "'X' .* float32, not bytes"),
        (np.zeros((2, 28, 28), np.int8), [0, 2], "'X' .* int8, not bytes"),
        (np.zeros((2, 28, 28), np.uint8), [0, 0], "no rows of the subset 'test'"),
        (np.zeros((0, 28, 28), np.uint8), [], "no rows of the subset 'test'"),
    ],
)
def test_bad_prepared_file(home, images, split, reason):
    path = home / "mnist.npz"
    np.savez(path, X=images, y=np.zeros(len(images)), split=np.array(split, int))
    with pytest.raises(OSError, match=f"cannot use {path}.*{reason}"):
        fetch(home / "mnist", subset="test")


def test_prepared_file_without_rows(home):
    np.savez(home / "mnist.npz", X=np.zeros((0, 28, 28), np.uint8), y=[], split=[])
    with pytest.raises(OSError, match="no rows of the subset 'all'"):
        fetch(home / "mnist")


def test_target_as_series(folder):
    target = fetch(folder, as_frame=True).target
    assert isinstance(target, pd.Series)
    assert target.name == "digit"
    np.testing.assert_array_equal(target, fetch(folder).target)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(idx(np.zeros((12, 28, 28), np.uint8)))[:-5],
        gzip.compress(idx(np.zeros((12, 28, 28), np.uint8))[:-5]),
        gzip.compress(idx(np.zeros((12, 27, 28), np.uint8))),
        gzip.compress(idx(np.zeros(12, np.uint8))),
        gzip.compress(b"\0\0\x08\x03\0"),
    ],
    # Names that do not have the time in them, as packed files do.
    ids=["empty", "no gzip", "cut", "cut inside", "narrow", "flat", "no lengths"],
)
def test_damaged_images(folder, content):
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(OSError, match=f"fetch_mnist cannot use {path}"):
        fetch(folder)


@pytest.mark.parametrize("digits", [[1, 2], [10] * 12])
def test_labels_that_do_not_fit(folder, digits):
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(np.array(digits, np.uint8))))
    with pytest.raises(OSError, match=f"fetch_mnist cannot use {path}"):
        fetch(folder)


def test_nothing_there_says_what_to_put_where(home):
    with pytest.raises(OSError, match="fetch_mnist found no data") as info:
        fetch(home / "mnist")
    message = str(info.value)
    assert str(home / "mnist.npz") in message
    assert str(home / "mnist" / "train-images-idx3-ubyte.gz") in message
    assert "https://ossci-datasets.s3.amazonaws.com/mnist/" in message
    assert "SKLEARN_MTL_DATA" in message
    assert not list(home.iterdir())


def test_options():
    with pytest.raises(
        ValueError,
        match=r"'subset' parameter of fetch_mnist .* \(did you mean 'train'",
    ):
        fetch_mnist(subset="trian")
    with pytest.raises(ValueError, match="'as_frame' parameter of fetch_mnist"):
        fetch_mnist(as_frame="yes")


def test_real_file(shared_data, shared_folder):
    arrays = shared_data("mnist")
    mnist = fetch_mnist()
    assert mnist.data.shape == (70000, 28, 28)
    np.testing.assert_array_equal(mnist.data, arrays["X"])
    np.testing.assert_array_equal(mnist.target, arrays["y"])
    test, digits = fetch_mnist(subset="test", return_X_y=True)
    np.testing.assert_array_equal(test, arrays["X"][60000:])
    np.testing.assert_array_equal(digits, arrays["y"][60000:])

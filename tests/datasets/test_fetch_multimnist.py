"""Two digits of MNIST on one image."""

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.datasets import fetch_multimnist

N_TRAIN, N_TEST = 20000, 4000


@pytest.fixture
def mnist(home):
    """A small MNIST in the data home, whose test images are brighter."""
    rng = np.random.default_rng(1)
    split = np.repeat([0, 2], [20, 10]).astype(np.uint8)
    images = rng.integers(1, 101, (30, 28, 28)) + 100 * (split[:, None, None] == 2)
    arrays = {
        "X": images.astype(np.uint8),
        "y": rng.integers(0, 10, 30, dtype=np.uint8),
        "split": split,
    }
    np.savez(home / "mnist.npz", **arrays)
    return arrays


def fetch(home, **options):
    return fetch_multimnist(data_home=home.parent, download_if_missing=False, **options)


def test_is_made_of_mnist(home, mnist):
    digits = fetch(home)
    assert digits.data.shape == (N_TRAIN + N_TEST, 36, 36)
    assert digits.data.dtype == np.uint8
    assert digits.target.shape == (N_TRAIN + N_TEST, 2)
    assert digits.task_names == ["top_left", "bottom_right"]
    assert [len(names) for names in digits.target_names] == [10, 10]
    # The other corners are empty, and the digits are in their own.
    assert not digits.data[:, :8, 28:].any()
    assert not digits.data[:, 28:, :8].any()
    for row in [0, 1, N_TRAIN - 1, N_TRAIN, N_TRAIN + N_TEST - 1]:
        image, labels = digits.data[row], digits.target[row]
        edges = mnist["X"][:, :8], mnist["X"][:, 20:]
        found = [
            np.flatnonzero((known == part).all(axis=(1, 2)))
            for known, part in zip(edges, (image[:8, :28], image[28:, 8:]), strict=True)
        ]
        np.testing.assert_array_equal(mnist["y"][np.ravel(found)], labels)
        first, second = mnist["X"][np.ravel(found)]
        expected = np.zeros((2, 36, 36))
        expected[0, :28, :28], expected[1, 8:, 8:] = first, second
        np.testing.assert_array_equal(image, expected.max(axis=0))


def test_subsets_are_of_their_own_images(home, mnist):
    both = fetch(home)
    for subset, rows in [
        ("train", slice(None, N_TRAIN)),
        ("test", slice(N_TRAIN, None)),
    ]:
        images, target = fetch(home, subset=subset, return_X_y=True)
        np.testing.assert_array_equal(images, both.data[rows])
        np.testing.assert_array_equal(target, both.target[rows])
        assert (images.max() > 100) == (subset == "test")


def test_training_images_need_no_test_images(home, mnist):
    expected = fetch(home, subset="train").data
    parts = {name: array[mnist["split"] == 0] for name, array in mnist.items()}
    np.savez(home / "mnist.npz", **parts)
    np.testing.assert_array_equal(fetch(home, subset="train").data, expected)
    with pytest.raises(OSError, match=r"mnist\.npz.* no rows of the subset 'test'"):
        fetch(home, subset="test")


def test_is_always_the_same(home, mnist):
    np.testing.assert_array_equal(fetch(home).data, fetch(home).data)


def test_prepared_file_goes_first(home, mnist):
    images = np.arange(2 * 36 * 36).reshape(2, 36, 36).astype(np.uint8)
    np.savez(home / "multimnist.npz", X=images, Y=[[1, 2], [3, 4]], split=[0, 2])
    np.testing.assert_array_equal(fetch(home).data, images)
    frame = fetch(home, subset="test", as_frame=True).target
    expected = pd.DataFrame([[3, 4]], columns=["top_left", "bottom_right"])
    pd.testing.assert_frame_equal(frame, expected)


def test_labels_that_are_no_digits(home):
    images = np.zeros((1, 36, 36), np.uint8)
    np.savez(home / "multimnist.npz", X=images, Y=[[1, -1]], split=[0])
    with pytest.raises(OSError, match="task 'bottom_right'"):
        fetch(home)


def test_images_that_are_no_bytes(home):
    images = np.zeros((1, 36, 36), np.int16)
    np.savez(home / "multimnist.npz", X=images, Y=[[1, 1]], split=[0])
    with pytest.raises(OSError, match=r"'X' .* int16, not bytes"):
        fetch(home)


def test_nothing_there(home):
    with pytest.raises(OSError, match="fetch_multimnist found no data") as info:
        fetch(home)
    assert str(home / "multimnist.npz") in str(info.value)
    assert str(home / "mnist.npz") in str(info.value)


def test_real_file_is_what_the_recipe_makes(
    home, shared_data, shared_folder, monkeypatch
):
    arrays = shared_data("multimnist")
    read = fetch_multimnist()
    np.testing.assert_array_equal(read.data, arrays["X"])
    np.testing.assert_array_equal(read.target, arrays["Y"])
    monkeypatch.delenv("SKLEARN_MTL_DATA")
    (home / "mnist.npz").symlink_to(shared_folder / "mnist.npz")
    made = fetch(home)
    np.testing.assert_array_equal(made.data, read.data)
    np.testing.assert_array_equal(made.target, read.target)

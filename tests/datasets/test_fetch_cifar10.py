"""CIFAR-10, out of JPEG files and out of pickles."""

import io
import pickle
import sys
import tarfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sklearn_mtl.datasets import fetch_cifar10

BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
ANIMALS = {"bird", "cat", "deer", "dog", "frog", "horse"}


def fetch(home, **options):
    return fetch_cifar10(data_home=home.parent, download_if_missing=False, **options)


class TestBatches:
    """The official folder and archive."""

    @pytest.fixture
    def batches(self):
        rng = np.random.default_rng(0)
        return {
            name: {
                b"batch_label": name.encode(),
                b"labels": rng.integers(0, 10, 4).tolist(),
                b"data": rng.integers(0, 256, (4, 3072), dtype=np.uint8),
                b"filenames": [b"a.png"] * 4,
            }
            for name in BATCHES
        }

    @pytest.fixture
    def folder(self, home, batches):
        folder = home / "cifar-10-batches-py"
        folder.mkdir()
        for name, batch in batches.items():
            (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
        return folder

    def test_images(self, home, folder, batches):
        cifar = fetch(home)
        data = np.concatenate([batch[b"data"] for batch in batches.values()])
        labels = np.concatenate([batch[b"labels"] for batch in batches.values()])
        np.testing.assert_array_equal(cifar.data, data.reshape(24, 3, 32, 32))
        np.testing.assert_array_equal(cifar.target[:, 0], labels)
        assert cifar.data.dtype == np.uint8
        assert cifar.target.dtype == np.int64
        assert cifar.frame is None

    def test_tasks(self, home, folder):
        cifar = fetch(home)
        assert cifar.task_names == ["object", "animal"]
        objects, kinds = cifar.target_names
        for label, animal in cifar.target:
            assert kinds[animal] == (
                "animal" if objects[label] in ANIMALS else "vehicle"
            )

    def test_subsets(self, home, folder):
        both = fetch(home)
        for subset, rows in [("train", slice(20)), ("test", slice(20, None))]:
            data, target = fetch(home, subset=subset, return_X_y=True)
            np.testing.assert_array_equal(data, both.data[rows])
            np.testing.assert_array_equal(target, both.target[rows])

    def test_target_as_frame(self, home, folder):
        target = fetch(home, as_frame=True).target
        assert isinstance(target, pd.DataFrame)
        assert list(target.columns) == ["object", "animal"]
        np.testing.assert_array_equal(target, fetch(home).target)

    def test_archive(self, home, folder):
        expected = fetch(home)
        with tarfile.open(home / "cifar-10-python.tar.gz", "w:gz") as tar:
            tar.add(folder, folder.name)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        np.testing.assert_array_equal(fetch(home).data, expected.data)
        assert {path.name for path in home.iterdir()} == {
            "cifar-10-python.tar.gz",
            "cifar-10-batches-py",
        }

    def test_missing_batch(self, home, folder):
        (folder / "data_batch_3").unlink()
        assert len(fetch(home, subset="test").data) == 4
        with pytest.raises(
            OSError, match=f"cannot use {folder}, .*it has no data_batch_3"
        ):
            fetch(home)
        (folder / "data_batch_3").mkdir()
        with pytest.raises(OSError, match=f"cannot use {folder}, .*data_batch_3"):
            fetch(home)

    def test_archive_without_a_batch(self, home, folder):
        (folder / "test_batch").unlink()
        path = home / "cifar-10-python.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            tar.add(folder, folder.name)
        folder.rename(home / "elsewhere")
        with pytest.raises(OSError, match=f"cannot use {path}, .*test_batch"):
            fetch(home, subset="train")
        assert not folder.exists()

    @pytest.mark.parametrize(
        "batch",
        [
            {b"data": np.zeros((4, 3071), np.uint8), b"labels": [0] * 4},
            {b"data": np.zeros((4, 3072)), b"labels": [0] * 4},
            {b"data": np.zeros((4, 3072), np.uint8), b"labels": [0] * 3},
            {b"data": np.zeros((4, 3072), np.uint8), b"labels": [0, 1, 2, 10]},
            {b"data": np.zeros((4, 3072), np.uint8)},
        ],
    )
    def test_damaged_batch(self, home, folder, batch):
        path = folder / "test_batch"
        path.write_bytes(pickle.dumps(batch, 2))
        with pytest.raises(OSError, match=f"fetch_cifar10 cannot use {path}"):
            fetch(home)


class TestPrepared:
    """The file with JPEG images."""

    @pytest.fixture
    def arrays(self):
        """Each image has one colour, which JPEG keeps nearly."""
        rng = np.random.default_rng(0)
        colours = rng.integers(0, 256, (6, 3), dtype=np.uint8)
        contents = []
        for colour in colours:
            stream = io.BytesIO()
            Image.new("RGB", (32, 32), tuple(map(int, colour))).save(stream, "JPEG")
            contents.append(stream.getvalue())
        return {
            "jpeg": np.frombuffer(b"".join(contents), np.uint8),
            "offsets": np.cumsum([0, *map(len, contents)]),
            "Y": np.column_stack([[0, 3, 9, 6, 2, 8], [0, 1, 0, 1, 1, 0]]),
            "split": np.array([0, 2, 0, 0, 2, 0]),
            "colours": colours,
        }

    def save(self, home, arrays):
        np.savez(home / "cifar10_jpeg_60k.npz", **arrays)

    def test_images(self, home, arrays):
        self.save(home, arrays)
        cifar = fetch(home)
        assert cifar.data.shape == (6, 3, 32, 32)
        difference = cifar.data.astype(int) - arrays["colours"][:, :, None, None]
        assert np.abs(difference).max() <= 3
        np.testing.assert_array_equal(cifar.target, arrays["Y"])

    def test_subsets(self, home, arrays):
        self.save(home, arrays)
        both = fetch(home)
        for subset, code in [("train", 0), ("test", 2)]:
            rows = arrays["split"] == code
            data, target = fetch(home, subset=subset, return_X_y=True)
            np.testing.assert_array_equal(data, both.data[rows])
            np.testing.assert_array_equal(target, both.target[rows])

    def test_damaged_image_is_named(self, home, arrays):
        jpeg = arrays["jpeg"].copy()
        jpeg[arrays["offsets"][1] : arrays["offsets"][1] + 4] = 0
        self.save(home, {**arrays, "jpeg": jpeg})
        assert len(fetch(home, subset="train").data) == 4
        with pytest.raises(OSError, match="image 1:"):
            fetch(home)

    def test_truncated_image_is_named(self, home, arrays):
        offsets = arrays["offsets"].copy()
        self.save(home, {**arrays, "jpeg": arrays["jpeg"][: offsets[-1] - 90]})
        with pytest.raises(OSError, match="image 5:"):
            fetch(home)

    def test_image_of_another_size(self, home, arrays):
        stream = io.BytesIO()
        Image.new("RGB", (1, 1)).save(stream, "JPEG")
        jpeg = np.frombuffer(stream.getvalue(), np.uint8)
        one = {"jpeg": jpeg, "offsets": [0, len(jpeg)], "Y": [[0, 0]], "split": [0]}
        self.save(home, one)
        with pytest.raises(OSError, match=r"image 0: it has shape \(3, 1, 1\)"):
            fetch(home)

    @pytest.mark.parametrize("side", [20000, 10000, 60000])
    def test_huge_image_is_refused_before_it_is_decoded(
        self, home, arrays, side, recwarn
    ):
        """The header of an image may promise any size."""
        jpeg = arrays["jpeg"].copy()
        frame = jpeg.tobytes().index(b"\xff\xc0")
        jpeg[frame + 5 : frame + 9] = np.array([side] * 2, ">u2").view(np.uint8)
        self.save(home, {**arrays, "jpeg": jpeg})
        with pytest.raises(OSError, match=r"cannot use .*image 0"):
            fetch(home)
        assert not recwarn

    def test_bytes_are_needed(self, home, arrays):
        self.save(home, {**arrays, "jpeg": arrays["jpeg"].astype(np.int64) + 256})
        with pytest.raises(OSError, match=r"'jpeg' .* int64, not bytes"):
            fetch(home)

    @pytest.mark.parametrize("name", ["offsets", "Y", "split"])
    def test_array_that_is_too_short(self, home, arrays, name):
        self.save(home, {**arrays, name: arrays[name][:-1]})
        with pytest.raises(OSError, match="should hold numbers in the shape"):
            fetch(home)

    def test_without_pillow(self, home, arrays, monkeypatch):
        self.save(home, arrays)
        monkeypatch.setitem(sys.modules, "PIL.Image", None)
        with pytest.raises(ImportError, match=r"fetch_cifar10 needs PIL"):
            fetch(home)


def test_nothing_there(home):
    with pytest.raises(OSError, match="fetch_cifar10 found no data") as info:
        fetch(home)
    for name in (
        "cifar10_jpeg_60k.npz",
        "cifar-10-python.tar.gz",
        "cifar-10-batches-py",
    ):
        assert str(home / name) in str(info.value)
    assert not list(home.iterdir())


def test_real_file(shared_data, shared_folder):
    arrays = shared_data("cifar10_jpeg_60k")
    data, target = fetch_cifar10(subset="test", return_X_y=True)
    rows = np.flatnonzero(arrays["split"] == 2)
    assert data.shape == (10000, 3, 32, 32)
    np.testing.assert_array_equal(target, arrays["Y"][rows])
    start, stop = arrays["offsets"][rows[7] : rows[7] + 2]
    image = Image.open(io.BytesIO(arrays["jpeg"][start:stop].tobytes()))
    np.testing.assert_array_equal(data[7].transpose(1, 2, 0), np.asarray(image))

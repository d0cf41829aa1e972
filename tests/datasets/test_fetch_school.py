"""Exam scores, one task a school."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from sklearn_mtl.datasets import _fetch_school as module
from sklearn_mtl.datasets import fetch_school
from sklearn_mtl.datasets._data_files import RemoteFile

TASK = np.array([0, 0, 1, 1, 1, 2])


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (6, 28)).astype(np.float32)
    X[:, -1] = 1
    return {"X": X, "y": np.arange(6, dtype=np.float32), "task": TASK}


def fetch(home, **options):
    return fetch_school(data_home=home.parent, download_if_missing=False, **options)


def check(school, arrays):
    np.testing.assert_array_equal(school.data, arrays["X"][:, :27])
    np.testing.assert_array_equal(school.school, TASK + 1)
    for task in range(3):
        own = task == TASK
        np.testing.assert_array_equal(school.target[own, task], arrays["y"][own])
        assert np.isnan(school.target[~own, task]).all()


def test_prepared_file(home, arrays):
    np.savez(home / "school.npz", **arrays)
    school = fetch(home)
    check(school, arrays)
    assert school.task_names == ["school_1", "school_2", "school_3"]
    assert len(set(school.feature_names)) == 27
    assert school.frame is None


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("task", np.nan, "task nan of row 3"),
        ("task", np.inf, "task inf of row 3"),
        ("task", 1e300, "task 1e[+]300 of row 3"),
        ("task", 0.5, "task 0.5 of row 3"),
        ("task", -1, "task -1.0 of row 3"),
        ("X", np.nan, "'X' .* NaN or infinite"),
        ("y", np.inf, "'y' .* NaN or infinite"),
    ],
)
def test_bad_prepared_file(home, arrays, name, value, reason):
    array = arrays[name].astype(np.float64)
    array[3] = value
    path = home / "school.npz"
    np.savez(path, **{**arrays, name: array})
    with pytest.raises(OSError, match=f"cannot use {path}.*{reason}"):
        fetch(home)


def test_prepared_file_without_rows(home, arrays):
    np.savez(home / "school.npz", **{name: a[:0] for name, a in arrays.items()})
    with pytest.raises(OSError, match="it has no rows"):
        fetch(home)


@pytest.fixture
def mat(home, arrays, monkeypatch):
    """The published layout: X and Y are cells with the rows of each school."""
    cells = {"X": np.empty((1, 3), object), "Y": np.empty((1, 3), object)}
    for task in range(3):
        cells["X"][0, task] = arrays["X"][task == TASK].astype(np.uint8)
        cells["Y"][0, task] = arrays["y"][task == TASK, None].astype(np.uint8)
    path = home / "school.mat"
    savemat(path, cells)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(module, "_SHA256", sha256)
    return path


def test_published_file(home, arrays, mat):
    check(fetch(home), arrays)


def test_download(home, arrays, mat, server, monkeypatch):
    server.files["school.mat"] = mat.read_bytes()
    mat.unlink()
    file = RemoteFile(
        "school.mat", f"{server.url}/school.mat", f"sha256:{module._SHA256}"
    )
    monkeypatch.setattr(module, "_FILE", file)
    for _ in range(2):
        check(fetch_school(data_home=home.parent), arrays)
    assert server.requests == ["school.mat"]


def test_damaged_file(home, mat):
    mat.write_bytes(mat.read_bytes()[:-1])
    with pytest.raises(OSError, match=f"fetch_school cannot use {mat}.*sha256"):
        fetch(home)


def test_folder_in_place_of_the_file(home):
    (home / "school.mat").mkdir()
    with pytest.raises(OSError, match=r"cannot use .*school\.mat, .*it is a folder"):
        fetch(home)


def test_frames(home, arrays):
    np.savez(home / "school.npz", **arrays)
    school, frames = fetch(home), fetch(home, as_frame=True)
    assert isinstance(frames.data, pd.DataFrame)
    assert list(frames.data.columns) == school.feature_names
    assert list(frames.target.columns) == school.task_names
    np.testing.assert_array_equal(frames.data, school.data)
    np.testing.assert_array_equal(frames.target, school.target)
    assert frames.frame.shape == (6, 30)
    data, target = fetch(home, return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(pd.concat([data, target], axis=1), frames.frame)


def test_nothing_there(home):
    with pytest.raises(OSError, match="fetch_school found no data") as info:
        fetch(home)
    assert str(home / "school.npz") in str(info.value)
    assert str(home / "school.mat") in str(info.value)


def test_real_file(shared_data, shared_folder):
    arrays = shared_data("school")
    school = fetch_school()
    assert school.data.shape == (15362, 27)
    assert school.target.shape == (15362, 139)
    assert school.task_names[9:11] == ["school_10", "school_11"]
    np.testing.assert_array_equal(np.isfinite(school.target).sum(axis=1), 1)
    rows = np.arange(15362)
    np.testing.assert_array_equal(school.target[rows, school.school - 1], arrays["y"])
    # A category each: year, gender, ethnic group, school's gender and denomination.
    for prefix in ("year", "gender", "ethnic_group", "school_gender", "school_denom"):
        columns = [name.startswith(prefix) for name in school.feature_names]
        np.testing.assert_array_equal(school.data[:, columns].sum(axis=1), 1)

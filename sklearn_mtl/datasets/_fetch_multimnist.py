import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_mtl.datasets._archives import check_bytes, check_labels, read_arrays
from sklearn_mtl.datasets._data_files import DataFiles
from sklearn_mtl.datasets._fetch_mnist import PREPARED as PREPARED_MNIST
from sklearn_mtl.datasets._fetch_mnist import read_mnist
from sklearn_mtl.datasets._task_data import (
    LOADER_OPTIONS,
    TaskData,
    check_subset,
    split_rows,
)

_OWNER = "fetch_multimnist"

_PREPARED = "multimnist.npz"
_TASKS = ("top_left", "bottom_right")
_SIZE = 36
_N_IMAGES = {"train": 20000, "test": 4000}

_DESCR = """\
MultiMNIST
----------

24000 images of two handwritten digits that overlap, grey, 36x36 pixels from 0 to 255:
20000 for training, of digits from MNIST's training images, and 4000 for testing, of
digits from its test images. Two tasks:

- top_left: the digit at the top left, 0 to 9;
- bottom_right: the digit at the bottom right, 0 to 9.

Two digits are drawn at random, with replacement, for each image, by numpy's
default_rng(0). They are 28x28 pixels each, and a pixel that both cover takes the larger
value.

Sabour, Frosst and Hinton: Dynamic routing between capsules. NeurIPS 2017.
Sener and Koltun: Multi-task learning as multi-objective optimization. NeurIPS 2018.
"""


@validate_params(
    {"subset": [str], **LOADER_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_multimnist(
    *,
    subset: str = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MultiMNIST, 24000 images of two overlapping digits.

    They are made of MNIST's images, always in the same way.

    ===============   ==============================   =======
    Task              Meaning                          Classes
    ===============   ==============================   =======
    top_left          the digit at the top left        0 to 9
    bottom_right      the digit at the bottom right    0 to 9
    ===============   ==============================   =======

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        The first 20000 images are for training, of digits that are for training in
        MNIST; the last 4000 are for testing.
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download MNIST if it is not there (11 MB), which needs pooch. If False, raise an
        error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the target as a pandas DataFrame, with the names of the tasks.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : ndarray of shape (n_samples, 36, 36)
            The images, bytes.
        target : {ndarray, DataFrame} of shape (n_samples, 2)
            The digits, integers, one column per task.
        frame : None
            Images do not make a table.
        task_names : list of str
            The names of the tasks.
        target_names : list of list of str
            The names of the classes of each task.
        DESCR : str
            The description of the data set.

        With `return_X_y=True`, the tuple ``(data, target)``.

    Raises
    ------
    OSError
        If the data are not there and cannot be downloaded, or a file is damaged.
    ImportError
        If pooch is needed and not installed, or pandas.

    See Also
    --------
    fetch_mnist : The digits that these are made of, and where they are looked for.

    Notes
    -----
    A prepared file ``multimnist.npz`` with the arrays X, Y and split (0 train, 2 test)
    is read where there is one; else the images are made, which takes less than a second
    once MNIST has been read.

    References
    ----------
    Sabour, Frosst and Hinton: Dynamic routing between capsules. NeurIPS 2017.

    Sener and Koltun: Multi-task learning as multi-objective optimization. NeurIPS 2018.

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_multimnist
    >>> digits = fetch_multimnist(subset="test")  # doctest: +SKIP
    >>> digits.data.shape, digits.target.shape  # doctest: +SKIP
    ((4000, 36, 36), (4000, 2))
    """
    check_subset(subset, list(_N_IMAGES), _OWNER)
    files = DataFiles(_OWNER, _PREPARED, data_home, download_if_missing)
    prepared = files.find_prepared()
    if prepared is not None:
        images, digits = _read_prepared(prepared, subset)
    else:
        mnist = replace(files, prepared=PREPARED_MNIST, alternatives=(_PREPARED,))
        images, digits = _make(mnist, subset)
    classes = {task: [str(digit) for digit in range(10)] for task in _TASKS}
    data = TaskData(images, digits, classes, _DESCR)
    return data.hand_over(_OWNER, return_X_y=return_X_y, as_frame=as_frame)


def _read_prepared(path: Path, subset: str) -> tuple[np.ndarray, np.ndarray]:
    shapes = {"X": ("n", _SIZE, _SIZE), "Y": ("n", 2), "split": ("n",)}
    arrays = read_arrays(path, shapes, _OWNER)
    check_bytes(arrays["X"], "X", path, _OWNER)
    for task, digits in zip(_TASKS, arrays["Y"].T, strict=True):
        check_labels(digits, 10, task, path, _OWNER)
    rows = split_rows(arrays["split"], subset, path, _OWNER)
    return arrays["X"][rows], arrays["Y"][rows].astype(np.int64)


def _make(mnist: DataFiles, subset: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    made = []
    for part, n_images in _N_IMAGES.items():
        if part == "test" and subset == "train":
            break
        images, digits = read_mnist(mnist, part)
        # The training images are drawn even if they are not wanted, so that the
        # test images are always the same.
        pairs = rng.integers(0, len(images), (2, n_images))
        if subset in {"all", part}:
            made.append((_overlay(images, pairs), digits[pairs].T))
    images, digits = zip(*made, strict=True)
    return np.concatenate(images), np.concatenate(digits)


def _overlay(images: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return one image per column of `pairs`, of these two images."""
    top_left, bottom_right = pairs
    size = images.shape[1]
    canvas = np.zeros((len(top_left), _SIZE, _SIZE), dtype=images.dtype)
    canvas[:, :size, :size] = images[top_left]
    corner = canvas[:, -size:, -size:]
    np.maximum(corner, images[bottom_right], out=corner)
    return canvas

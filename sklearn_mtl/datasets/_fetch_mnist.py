import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_mtl.datasets._archives import (
    Shape,
    check_arrays,
    check_bytes,
    check_labels,
    damaged,
    read_arrays,
    read_gzip,
)
from sklearn_mtl.datasets._data_files import DataFiles, RemoteFile
from sklearn_mtl.datasets._task_data import (
    LOADER_OPTIONS,
    TaskData,
    check_subset,
    split_rows,
)

_OWNER = "fetch_mnist"
_URL = "https://ossci-datasets.s3.amazonaws.com/mnist"

_FILES = {
    name: RemoteFile(f"mnist/{name}.gz", f"{_URL}/{name}.gz", f"md5:{checksum}")
    for name, checksum in {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    }.items()
}
PREPARED = "mnist.npz"
_PREFIXES = {"train": "train", "test": "t10k"}

# The idx format: two zeros, the type of the numbers (8: bytes), how many axes.
_MAGIC = {1: b"\0\0\x08\x01", 3: b"\0\0\x08\x03"}

_DESCR = """\
MNIST
-----

70000 images of handwritten digits, grey, 28x28 pixels from 0 to 255: 60000 for
training and 10000 for testing, written by other people. One task:

- digit: 0 to 9.

LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document
recognition. Proceedings of the IEEE 86(11), 1998.
"""


@validate_params(
    {"subset": [str], **LOADER_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_mnist(
    *,
    subset: str = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MNIST, 70000 images of handwritten digits.

    ===============   ==========================   =======
    Task              Meaning                      Classes
    ===============   ==========================   =======
    digit             the digit                    0 to 9
    ===============   ==========================   =======

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        The official split: the first 60000 images are for training, the last 10000 for
        testing.
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download what is not there (11 MB), which needs pooch. If False, raise an error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the target as a pandas Series.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : ndarray of shape (n_samples, 28, 28)
            The images, bytes.
        target : {ndarray, Series} of shape (n_samples,)
            The digits, integers.
        frame : None
            Images do not make a table.
        task_names : list of str
            The name of the task, in a list.
        target_names : list of list of str
            The names of its classes.
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
    fetch_multimnist : Two digits on one image.
    fetch_free_spoken_digits : The same digits, spoken.
    load_digits_tasks : Small images of digits, with three tasks.

    Notes
    -----
    These are looked for, in this order: a prepared file ``mnist.npz`` with the arrays
    X, y and split (0 train, 2 test), in the folder that the environment variable
    ``SKLEARN_MTL_DATA`` names, then in the data home; the official files
    ``mnist/train-images-idx3-ubyte.gz`` and so on, packed or not, in the same folders;
    the network. A downloaded file is kept if its checksum is right.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_mnist
    >>> mnist = fetch_mnist(subset="test")  # doctest: +SKIP
    >>> mnist.data.shape  # doctest: +SKIP
    (10000, 28, 28)
    """
    check_subset(subset, ["train", "test"], _OWNER)
    files = DataFiles(_OWNER, PREPARED, data_home, download_if_missing)
    images, digits = read_mnist(files, subset)
    classes = {"digit": [str(digit) for digit in range(10)]}
    data = TaskData(images, digits, classes, _DESCR)
    return data.hand_over(_OWNER, return_X_y=return_X_y, as_frame=as_frame)


def read_mnist(files: DataFiles, subset: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and the digits of a subset."""
    prepared = files.find_prepared()
    if prepared is not None:
        return _read_prepared(prepared, subset, files.owner)
    parts = ["train", "test"] if subset == "all" else [subset]
    read = [_read_part(files, _PREFIXES[part]) for part in parts]
    images, digits = zip(*read, strict=True)
    return np.concatenate(images), np.concatenate(digits)


def _read_prepared(
    path: Path, subset: str, owner: str
) -> tuple[np.ndarray, np.ndarray]:
    arrays = read_arrays(
        path, {"X": ("n", 28, 28), "y": ("n",), "split": ("n",)}, owner
    )
    check_bytes(arrays["X"], "X", path, owner)
    check_labels(arrays["y"], 10, "digit", path, owner)
    rows = split_rows(arrays["split"], subset, path, owner)
    return arrays["X"][rows], arrays["y"][rows].astype(np.int64)


def _read_part(files: DataFiles, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    _, images = _read_idx(files, f"{prefix}-images-idx3-ubyte", ("n", 28, 28))
    path, labels = _read_idx(files, f"{prefix}-labels-idx1-ubyte", (len(images),))
    check_labels(labels, 10, "digit", path, files.owner)
    return images, labels.astype(np.int64)


def _read_idx(files: DataFiles, name: str, shape: Shape) -> tuple[Path, np.ndarray]:
    path = files.obtain(_FILES[name], f"mnist/{name}")
    content = read_gzip(path, files.owner)
    start = 4 + 4 * len(shape)
    if content[:4] != _MAGIC[len(shape)] or len(content) < start:
        raise damaged(path, files.owner, "it is no idx file of bytes")
    lengths = np.frombuffer(content, ">u4", len(shape), offset=4).tolist()
    values = np.frombuffer(content, np.uint8, offset=start)
    if len(values) != math.prod(lengths):
        reason = f"it has {len(values)} values, and announces {math.prod(lengths)}"
        raise damaged(path, files.owner, reason)
    array = values.reshape(lengths)
    check_arrays({name: array}, {name: shape}, path, files.owner)
    return path, array

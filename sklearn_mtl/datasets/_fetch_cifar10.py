import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_mtl.datasets._archives import (
    check_arrays,
    check_bytes,
    check_labels,
    damaged,
    read_arrays,
)
from sklearn_mtl.datasets._data_files import DataFiles, RemoteArchive
from sklearn_mtl.datasets._jpeg import decode_images
from sklearn_mtl.datasets._restricted_pickle import read_arrays_from_pickle
from sklearn_mtl.datasets._task_data import (
    LOADER_OPTIONS,
    TaskData,
    check_subset,
    split_rows,
)

_OWNER = "fetch_cifar10"

_FOLDER = "cifar-10-batches-py"
_BATCHES = {
    "train": [f"data_batch_{number}" for number in range(1, 6)],
    "test": ["test_batch"],
}
_ARCHIVE = RemoteArchive(
    name="cifar-10-python.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    checksum="md5:c58f30108f718f92721af3b95e74349a",
    root=_FOLDER,
    folders=(_FOLDER,),
    needed=tuple(name for part in _BATCHES.values() for name in part),
)

_SHAPE = (3, 32, 32)
_OBJECTS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_ANIMALS = ("bird", "cat", "deer", "dog", "frog", "horse")
_IS_ANIMAL = np.isin(_OBJECTS, _ANIMALS).astype(np.int64)

_DESCR = """\
CIFAR-10
--------

60000 colour photographs of 32x32 pixels, three channels from 0 to 255: 50000 for
training and 10000 for testing. Two tasks:

- object: airplane, automobile, bird, cat, deer, dog, frog, horse, ship or truck;
- animal: 0 for a vehicle, 1 for an animal.

The second follows from the first.

Krizhevsky: Learning multiple layers of features from tiny images. Technical report,
University of Toronto, 2009.
"""


@validate_params(
    {"subset": [str], **LOADER_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_cifar10(
    *,
    subset: str = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load CIFAR-10, 60000 small photographs, as two classification tasks.

    ===============   ============================   ==========================
    Task              Meaning                        Classes
    ===============   ============================   ==========================
    object            what is on the photograph      0 (airplane) to 9 (truck)
    animal            is it an animal?               0 (vehicle) and 1 (animal)
    ===============   ============================   ==========================

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        The official split: the first 50000 images are for training, the last 10000 for
        testing.
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download what is not there (170 MB), which needs pooch. If False, raise an
        error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the target as a pandas DataFrame, with the names of the tasks.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : ndarray of shape (n_samples, 3, 32, 32)
            The images, bytes: the channels red, green and blue come first.
        target : {ndarray, DataFrame} of shape (n_samples, 2)
            The labels, integers, one column per task.
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
        If pooch or Pillow is needed and not installed, or pandas.

    See Also
    --------
    fetch_mnist : Grey images of digits.
    combine_tasks : Train on images of several data sets at once.

    Notes
    -----
    These are looked for, in this order: a prepared file ``cifar10_jpeg_60k.npz`` with
    the arrays jpeg, offsets, Y and split (0 train, 2 test), in the folder that the
    environment variable ``SKLEARN_MTL_DATA`` names, then in the data home; the official
    folder ``cifar-10-batches-py`` or archive ``cifar-10-python.tar.gz`` in the same
    folders; the network. A downloaded archive is used if its checksum is right.

    The images of the prepared file are compressed again, as JPEG: they differ from the
    original pixels, and they are in another order. Pillow decodes those that are
    wanted. The pickles of the official folder may hold arrays, numbers and text;
    anything else in them is refused, not run.

    References
    ----------
    Krizhevsky: Learning multiple layers of features from tiny images. Technical report,
    University of Toronto, 2009.

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_cifar10
    >>> cifar = fetch_cifar10(subset="test")  # doctest: +SKIP
    >>> cifar.data.shape, cifar.target.shape  # doctest: +SKIP
    ((10000, 3, 32, 32), (10000, 2))
    """
    check_subset(subset, list(_BATCHES), _OWNER)
    files = DataFiles(_OWNER, "cifar10_jpeg_60k.npz", data_home, download_if_missing)
    prepared = files.find_prepared()
    if prepared is not None:
        images, objects = _read_prepared(prepared, subset)
    else:
        images, objects = _read_batches(files.obtain_folder(_ARCHIVE), subset)
    target = np.column_stack([objects, _IS_ANIMAL[objects]])
    classes = {"object": _OBJECTS, "animal": ("vehicle", "animal")}
    data = TaskData(images, target, classes, _DESCR)
    return data.hand_over(_OWNER, return_X_y=return_X_y, as_frame=as_frame)


def _read_prepared(path: Path, subset: str) -> tuple[np.ndarray, np.ndarray]:
    shapes = {"jpeg": ("b",), "offsets": ("m",), "Y": ("n", 2), "split": ("n",)}
    arrays = read_arrays(path, shapes, _OWNER)
    n_images = len(arrays["Y"])
    check_arrays(arrays, {"offsets": (n_images + 1,)}, path, _OWNER)
    check_bytes(arrays["jpeg"], "jpeg", path, _OWNER)
    objects = arrays["Y"][:, 0]
    check_labels(objects, len(_OBJECTS), "object", path, _OWNER)
    rows = np.arange(n_images)[split_rows(arrays["split"], subset, path, _OWNER)]
    images = decode_images(
        arrays["jpeg"], arrays["offsets"], rows, shape=_SHAPE, path=path, owner=_OWNER
    )
    return images, objects[rows].astype(np.int64)


def _read_batches(folder: Path, subset: str) -> tuple[np.ndarray, np.ndarray]:
    parts = list(_BATCHES) if subset == "all" else [subset]
    paths = [folder / name for part in parts for name in _BATCHES[part]]
    for path in paths:
        if not path.is_file():
            raise damaged(folder, _OWNER, f"it has no {path.name}")
    images, objects = zip(*map(_read_batch, paths), strict=True)
    return np.concatenate(images), np.concatenate(objects)


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    arrays = read_arrays_from_pickle(path, ["data", "labels"], _OWNER)
    shapes = {"data": ("n", int(np.prod(_SHAPE))), "labels": ("n",)}
    check_arrays(arrays, shapes, path, _OWNER)
    check_labels(arrays["labels"], len(_OBJECTS), "object", path, _OWNER)
    check_bytes(arrays["data"], "data", path, _OWNER)
    return arrays["data"].reshape(-1, *_SHAPE), arrays["labels"].astype(np.int64)

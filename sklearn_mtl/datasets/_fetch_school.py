import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from sklearn.utils import Bunch
from sklearn.utils._param_validation import validate_params

from sklearn_mtl._validation import import_optional
from sklearn_mtl.datasets._archives import damaged, read_arrays
from sklearn_mtl.datasets._data_files import DataFiles, RemoteFile
from sklearn_mtl.datasets._long_format import targets_from_long
from sklearn_mtl.datasets._task_data import LOADER_OPTIONS

_OWNER = "fetch_school"

_SHA256 = "57fb3238fdd03a9aa17276e2ce18d9bbb5d128c3261e794fe6233b58b6909068"
_FILE = RemoteFile(
    name="school.mat",
    url=(
        "https://raw.githubusercontent.com/jiayuzhou/MALSAR/"
        "fb9751594983df020ddc4f7e4a40520ee7c37989/data/school.mat"
    ),
    checksum=f"sha256:{_SHA256}",
)

# Each categorical column was made one column per category; 0 and 1.
_FEATURES = [
    *(f"year_{number}" for number in range(1, 4)),
    "free_meals_percentage",
    "vr_band_1_percentage",
    *(f"gender_{number}" for number in range(1, 3)),
    *(f"vr_band_{number}" for number in range(1, 4)),
    *(f"ethnic_group_{number}" for number in range(1, 12)),
    *(f"school_gender_{number}" for number in range(1, 4)),
    *(f"school_denomination_{number}" for number in range(1, 4)),
]
# The file has one column more: ones, for an intercept.
_N_COLUMNS = len(_FEATURES) + 1

_DESCR = """\
School
------

The exam scores of 15362 pupils of 139 secondary schools in London, in three years of
the 1980s. Each school is a task, to which its pupils alone belong: a row has the score
of one task, and the others are missing (NaN).

The 27 features are the year, the gender, the ethnic group and the verbal reasoning band
of the pupil, the gender and the denomination of the school (one column of zeros and
ones per category), and the percentages of the school's pupils who are eligible for free
meals and who are in the first verbal reasoning band. The order of the categories
carries no meaning here. The column of ones of the published file is left out.

Goldstein: Multilevel modelling of survey data. The Statistician 40(2), 1991.
Argyriou, Evgeniou and Pontil: Convex multi-task feature learning. Machine Learning
73(3), 2008.
"""


@validate_params(LOADER_OPTIONS, prefer_skip_nested_validation=True)
def fetch_school(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load the exam scores of the pupils of 139 schools, one regression task a school.

    Each row belongs to one task, and its labels of the other tasks are missing.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download what is not there (45 kB), which needs pooch. If False, raise an error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the data and the target as pandas DataFrames. The columns of the target
        are then the names of the tasks.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : {ndarray, DataFrame} of shape (15362, 27)
            The features, without the column of ones of the published file.
        target : {ndarray, DataFrame} of shape (15362, 139)
            The scores, from 1 to 70, one column per school; NaN for the pupils of
            other schools.
        frame : DataFrame of shape (15362, 166)
            Data and target side by side; None unless `as_frame=True`.
        feature_names : list of str
            The names of the features.
        task_names : list of str
            The names of the tasks, ``"school_1"`` to ``"school_139"``.
        school : ndarray of shape (15362,)
            The number of the school of each pupil, from 1: of use as `groups`.
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
    targets_from_long : It makes one column per task of rows that belong to one.
    make_multitask_regression : Related tasks that share their rows.

    Notes
    -----
    These are looked for, in this order: a prepared file ``school.npz`` with the arrays
    X, y and task, in the folder that the environment variable ``SKLEARN_MTL_DATA``
    names, then in the data home; the file ``school.mat`` of the MALSAR package in the
    same folders; the network. A file ``school.mat`` is used if its checksum is right.

    References
    ----------
    Goldstein: Multilevel modelling of survey data. The Statistician 40(2), 1991.

    Argyriou, Evgeniou and Pontil: Convex multi-task feature learning. Machine Learning
    73(3), 2008.

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_school
    >>> school = fetch_school()  # doctest: +SKIP
    >>> school.data.shape, school.target.shape  # doctest: +SKIP
    ((15362, 27), (15362, 139))
    """
    files = DataFiles(_OWNER, "school.npz", data_home, download_if_missing)
    prepared = files.find_prepared()
    if prepared is not None:
        shapes = {"X": ("n", _N_COLUMNS), "y": ("n",), "task": ("n",)}
        arrays = read_arrays(prepared, shapes, _OWNER)
        _check_values(arrays, prepared)
    else:
        arrays = _read_mat(files.obtain(_FILE))
    data = arrays["X"][:, :-1].astype(np.float64)
    school = arrays["task"].astype(np.int64) + 1
    target, numbers = targets_from_long(arrays["y"].astype(np.float64), school)
    task_names = [f"school_{number}" for number in numbers]
    frame = None
    if as_frame:
        pd = import_optional("pandas", "pandas", f"{_OWNER} with as_frame=True")
        data = pd.DataFrame(data, columns=_FEATURES)
        target = pd.DataFrame(target, columns=task_names)
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=list(_FEATURES),
        task_names=task_names,
        school=school,
        DESCR=_DESCR,
    )


def _check_values(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Raise unless there are rows, of finite numbers and of tasks counted from 0."""
    tasks = arrays["task"]
    if not len(tasks):
        raise damaged(path, _OWNER, "it has no rows")
    for name in ("X", "y"):
        if not np.isfinite(arrays[name]).all():
            raise damaged(path, _OWNER, f"array {name!r} has NaN or infinite numbers")
    # There are no more tasks than rows, but there may be numbers that are left out.
    is_valid = (tasks >= 0) & (tasks < 2**31) & (tasks == np.floor(tasks))
    if not is_valid.all():
        row = int(np.argmin(is_valid))
        raise damaged(
            path, _OWNER, f"task {tasks[row]} of row {row} is no whole number from 0 on"
        )


def _read_mat(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a prepared file from the published one.

    X and Y are lists there, with the rows of each school.
    """
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    if checksum != _SHA256:
        raise damaged(path, _OWNER, f"its sha256 is {checksum}, not {_SHA256}")
    content = loadmat(path, variable_names=["X", "Y"])
    X, y = (list(content[name].ravel()) for name in ("X", "Y"))
    task = np.repeat(np.arange(len(X)), [len(rows) for rows in X])
    return {"X": np.concatenate(X), "y": np.concatenate(y)[:, 0], "task": task}

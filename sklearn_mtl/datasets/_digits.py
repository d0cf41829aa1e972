from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import validate_params

_CLASS_NAMES = {
    "digit": [str(digit) for digit in range(10)],
    "parity": ["even", "odd"],
    "at_least_five": ["below five", "at least five"],
}

_DESCR = """\
Handwritten digits, three tasks
-------------------------------

The same 1797 images of 8x8 pixels, labelled for three tasks:

- digit: 0 to 9;
- parity: 0 for an even digit, 1 for an odd one;
- at_least_five: 0 for the digits 0 to 4, 1 for the digits 5 to 9.

The last two follow from the first, so the tasks are related by construction.
The description of the images:

"""


@validate_params(
    {"return_X_y": ["boolean"], "as_frame": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def load_digits_tasks(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load scikit-learn's handwritten digits as three classification tasks.

    The images come with scikit-learn: nothing is downloaded.

    ===============   ==========================   =======
    Task              Meaning                      Classes
    ===============   ==========================   =======
    digit             the digit                    0 to 9
    parity            is it odd?                   0 and 1
    at_least_five     is it at least five?         0 and 1
    ===============   ==========================   =======

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the data and the target as pandas DataFrames. The columns of the target
        are then the names of the tasks.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : {ndarray, DataFrame} of shape (1797, 64)
            The pixels, from 0 to 16.
        target : {ndarray, DataFrame} of shape (1797, 3)
            The labels, integers, one column per task.
        frame : DataFrame of shape (1797, 67)
            Data and target side by side; None unless `as_frame=True`.
        feature_names : list of str
            The names of the pixels.
        task_names : list of str
            The names of the tasks.
        target_names : list of list of str
            The names of the classes of each task.
        images : ndarray of shape (1797, 8, 8)
            The images.
        DESCR : str
            The description of the data set.

        With `return_X_y=True`, the tuple ``(data, target)``.

    Raises
    ------
    ImportError
        If `as_frame=True` and pandas is not installed.

    See Also
    --------
    make_multitask_classification : Tasks as related as you like.
    sklearn.datasets.load_digits : The same images with the first task alone.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> digits = load_digits_tasks()
    >>> digits.task_names
    ['digit', 'parity', 'at_least_five']
    >>> digits.target[:3]
    array([[0, 0, 0],
           [1, 1, 0],
           [2, 0, 0]])
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    data, digit = digits.data, digits.target
    target = np.column_stack([digit, digit % 2, digit >= 5])
    task_names = list(_CLASS_NAMES)
    frame = None
    if as_frame:
        pd = _import_pandas()
        data = pd.DataFrame(data, columns=digits.feature_names)
        target = pd.DataFrame(target, columns=task_names)
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=digits.feature_names,
        task_names=task_names,
        target_names=[list(names) for names in _CLASS_NAMES.values()],
        images=digits.images,
        DESCR=_DESCR + digits.DESCR,
    )


def _import_pandas() -> Any:
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "load_digits_tasks with as_frame=True needs pandas: "
            'pip install "sklearn-mtl[pandas]"'
        ) from error
    return pd

import numpy as np
import pytest

from sklearn_mtl.neural_network._onnx._outputs import as_labels


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [
        (np.array(["a", "bé"]), object),
        (np.array(["a", "b"], dtype=object), object),
        (np.array([1, 2], dtype=np.uint8), np.int64),
        (np.array([0.5, 1.5], dtype=np.float32), np.float64),
        (np.array([False, True]), bool),
    ],
    ids=["str", "object", "uint8", "float32", "bool"],
)
def test_classes_that_onnx_can_hold(classes, dtype):
    labels = as_labels(classes)
    assert labels.dtype == dtype
    assert labels.tolist() == classes.tolist()


@pytest.mark.parametrize(
    "classes",
    [
        np.array([1, "a"], dtype=object),
        np.array([2**63, 2**64 - 1], dtype=np.uint64),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
    ids=["mixed", "uint64", "dates"],
)
def test_others(classes):
    assert as_labels(classes) is None

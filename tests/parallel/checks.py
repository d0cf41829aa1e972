"""What tests of several files check."""

import numpy as np


def assert_same_results(found, expected):
    """The `cv_results_` of two searches are the same, but for the times."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        if name.startswith("param"):
            assert str(found[name]) == str(values)
        elif not name.endswith("_time"):
            np.testing.assert_array_equal(found[name], values, err_msg=name)

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._onnx._inputs import find_inputs
from sklearn_mtl.neural_network._onnx._trial_rows import make_trial_rows


def fit(columns):
    table = pd.DataFrame(columns)
    net = MultiTaskNetClassifier((), preset="plain", max_epochs=1, random_state=0)
    return net.fit(table, np.arange(len(table)) % 2)


def as_category(values):
    return pd.Categorical(np.resize(np.array(values, dtype=object), 20))


def test_columns_in_their_order():
    x = np.arange(20.0)
    net = fit({"a": x, "b": as_category([3, 1]), "c": x, "d": as_category(["u", None])})
    numbers, b, d = find_inputs(net)
    assert (numbers.name, numbers.about) == ("X", {"columns": ["a", "c"]})
    assert (b.name, b.categories.tolist()) == ("b", [1, 3])
    assert (d.name, d.categories.tolist()) == ("d", ["u"])


@pytest.mark.parametrize(
    "values",
    [[date(2020, 1, 1), date(2021, 1, 1)], [2**70, 1]],
    ids=["dates", "too large"],
)
def test_categories_that_onnx_cannot_hold(values):
    net = fit({"when": as_category(values)})
    with pytest.raises(ValueError, match=r"strings, integers, .* in column 'when'"):
        find_inputs(net)


def test_trial_rows_have_what_is_known_and_what_is_not():
    values = [["u", "vv"], [0, 2], [0.5, 1.5], [True, False]]
    net = fit({f"c{k}": as_category(v) for k, v in enumerate(values)})
    inputs = find_inputs(net)
    rows = make_trial_rows(net, inputs)
    for known, column, given in zip(values, rows.X.T, inputs, strict=True):
        found = set(column.tolist())
        assert found >= set(known)
        assert len(found) > len(known) or known == [True, False]
        np.testing.assert_array_equal(column.tolist(), rows.feeds[given.name].tolist())

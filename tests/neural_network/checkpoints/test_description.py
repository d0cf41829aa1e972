"""Parameters have a text that tells them apart, and is the same in every process."""

import functools

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import LRScheduler
from torch import nn

from sklearn_mtl.neural_network._checkpoints._description import (
    describe,
    describe_rows,
    describe_tensors,
)
from sklearn_mtl.neural_network._rows import TableRows
from sklearn_mtl.neural_network.balancers import CAGrad

DIFFERENT = [
    None,
    True,
    1,
    1.5,
    "1",
    float("nan"),
    [1, 2],
    [1, 3],
    {"a": 1},
    {"a": 2},
    {1, 2},
    np.arange(3),
    np.arange(3.0),
    np.array(["a", None], dtype=object),
    np.array(["b", None], dtype=object),
    pd.Series([1, 2]),
    torch.ones(2),
    torch.zeros(2),
    CAGrad(c=0.2),
    CAGrad(c=0.3),
    LRScheduler("StepLR", step_size=2),
    LRScheduler("StepLR", step_size=3),
    np.mean,
    np.sum,
    nn.Linear,
    functools.partial(nn.Linear, 3),
    functools.partial(nn.Linear, 4),
    list(range(100)),
    list(range(101)),
]


def test_what_differs_has_another_text():
    texts = [describe(value) for value in DIFFERENT]
    assert len(set(texts)) == len(texts)
    assert max(map(len, texts)) < 100


def test_no_text_has_an_address():
    texts = [describe(value) for value in [*DIFFERENT, object(), lambda x: x]]
    assert not [text for text in texts if "0x" in text]


def test_modules_differ_by_their_weights():
    layer = nn.Linear(2, 2)
    before = describe(layer)
    assert describe(layer) == before
    with torch.no_grad():
        layer.bias += 1
    assert describe(layer) != before


def test_what_an_object_found_out_does_not_count():
    balancer = CAGrad()
    before = describe(balancer)
    balancer.reset(3)
    assert describe(balancer) == before


def test_an_object_that_holds_itself():
    values: list = []
    values.append(values)
    assert describe(values).count("[") < 10


def test_sets_do_not_depend_on_the_process():
    assert describe({"b", "c", "a"}) == "{'a', 'b', 'c'}"


@pytest.mark.parametrize("change", ["value", "name", "dtype", "shape"])
def test_tensors(change):
    tensors = {"a": torch.arange(4.0)}
    changed = {
        "value": {"a": torch.tensor([0, 1, 2, 4.0])},
        "name": {"b": torch.arange(4.0)},
        "dtype": {"a": torch.arange(4.0).double()},
        "shape": {"a": torch.arange(4.0).view(2, 2)},
    }[change]
    assert describe_tensors(tensors) == describe_tensors({"a": torch.arange(4.0)})
    assert describe_tensors(changed) != describe_tensors(tensors)


def test_all_of_a_few_rows_count_and_some_of_many():
    X = np.zeros((100, 3), dtype=np.float32)

    def text(most):
        return describe_rows(TableRows(X, "cpu", torch.float32), most)

    few, some = text(1000), text(10)
    X[98, 2] = 1
    assert text(1000) != few
    assert text(10) == some
    X[99, 2] = 1
    assert text(10) != some

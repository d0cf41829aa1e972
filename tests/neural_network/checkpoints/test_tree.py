"""Nested values come back as they were, bit by bit."""

import json
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sklearn_mtl.neural_network._checkpoints._tree import (
    UnstorableError,
    flatten,
    unflatten,
)


def there_and_back(value):
    tree, tensors = flatten(value)
    return unflatten(json.loads(json.dumps(tree)), tensors)


def same(a, b):
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        pairs = zip(a, b, strict=True)
        return type(a) is type(b) and all(same(x, y) for x, y in pairs)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and repr(a) == repr(b)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
keys = st.integers() | st.text() | st.tuples(st.integers(), st.text())
numbers = arrays.arrays(
    st.sampled_from(["f4", "f8", "i8", "u4", "u1", "?", "c8"]),
    arrays.array_shapes(min_dims=0, min_side=0, max_side=3),
)
values = st.recursive(
    plain | numbers | numbers.filter(lambda a: a.ndim == 0).map(lambda a: a[()]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_values_come_back(value):
    assert same(there_and_back(value), value)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool], ids=str
)
def test_tensors_come_back(dtype):
    tensor = torch.arange(12).view(3, 4).to(dtype)
    for given_ in (
        tensor,
        tensor.T,
        tensor[:, 1:3],
        torch.nn.Parameter(tensor.float()),
    ):
        found = there_and_back({"x": given_})["x"]
        assert found.dtype == given_.dtype
        assert torch.equal(found, given_)


def test_the_order_in_memory_comes_back():
    tensor = torch.randn(4, 3, 5, 5).to(memory_format=torch.channels_last)
    tree, tensors = flatten(tensor)
    stored = {name: t.contiguous() for name, t in tensors.items()}
    found = unflatten(tree, stored)
    assert torch.equal(found, tensor)
    assert found.stride() == tensor.stride()


@pytest.mark.parametrize(
    ("make", "draw"),
    [
        (lambda: np.random.RandomState(3), lambda rng: rng.standard_normal(3)),
        (lambda: np.random.default_rng(3), lambda rng: rng.standard_normal(3)),
        (
            lambda: np.random.Generator(np.random.MT19937(3)),
            lambda rng: rng.standard_normal(3),
        ),
        (
            lambda: torch.Generator().manual_seed(3),
            lambda rng: torch.rand(3, generator=rng).numpy(),
        ),
    ],
    ids=["RandomState", "PCG64", "MT19937", "torch"],
)
def test_generators_go_on(make, draw):
    rng = make()
    draw(rng)
    copy = there_and_back(rng)
    np.testing.assert_array_equal(draw(copy), draw(rng))


def test_dicts_keep_their_order():
    value = OrderedDict([("b", 1), ("a", 2)])
    assert list(there_and_back(value)) == ["b", "a"]


@pytest.mark.parametrize(
    "value",
    [
        lambda x: x,
        {1},
        object(),
        np.array(["a"]),
        np.array([None]),
        torch.eye(2).to_sparse(),
    ],
    ids=["function", "set", "object", "text", "objects", "sparse"],
)
def test_other_values_are_refused_with_their_path(value):
    with pytest.raises(UnstorableError, match=r"state\.a\.1 is a \w+"):
        flatten({"a": [0, value]}, "state")

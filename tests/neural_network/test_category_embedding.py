"""Vectors of categories, which are learnt."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl.neural_network._category_embedding import CategoryEmbedding

NAN = float("nan")


def make(*counts, seed=0):
    torch.manual_seed(seed)
    return CategoryEmbedding([np.array(c, dtype=float) for c in counts]).double()


def look_up(module, codes):
    return module(torch.tensor(codes, dtype=torch.float64)).detach().numpy()


def test_it_starts_as_a_one_hot_encoding():
    module = make([3, 1, 2], [5, 5])
    found = look_up(module, [[0, 1], [2, 0], [1, 1]])
    expected = [[1, 0, 0, 0, 1], [0, 0, 1, 1, 0], [0, 1, 0, 0, 1]]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("size", "length"), [(1, 1), (2, 2), (8, 8), (9, 8), (500, 8)])
def test_vectors_of_many_categories_are_short(size, length):
    module = make(np.ones(size))
    assert module.out_features == length
    found = look_up(module, [[k] for k in range(size)])
    assert found.shape == (size, length)
    assert len(np.unique(found, axis=0)) == size


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_each_code_has_its_vector_and_the_rest_has_the_mean(data):
    """The mean over the training rows; that of nothing is zero."""
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    counts = [
        data.draw(st.lists(st.integers(0, 3), min_size=k, max_size=k)) for k in sizes
    ]
    module = make(*counts)
    codes = [
        [data.draw(st.sampled_from([NAN, -1, k, k + 7, *range(k)])) for k in sizes]
        for _ in range(5)
    ]
    expected = []
    for row in codes:
        parts = []
        for code, weight, seen in zip(row, module.weights, counts, strict=True):
            vectors = weight.detach().numpy()
            if code == code and 0 <= code < len(seen) and seen[int(code)]:
                parts.append(vectors[int(code)])
            else:
                parts.append(np.array(seen) @ vectors / max(sum(seen), 1))
        expected.append(np.concatenate(parts))
    np.testing.assert_allclose(look_up(module, codes), expected, atol=1e-12)


def test_only_what_was_seen_is_trained():
    module = make([2, 0, 3])
    module(torch.tensor([[0.0], [1.0], [2.0]]).double())[0].sum().backward()
    (weight,) = module.weights
    assert (weight.grad.abs().sum(1) > 0).tolist() == [True, False, False]


def test_what_is_missing_trains_what_was_seen():
    module = make([2, 0, 3])
    module(torch.tensor([[NAN]]).double()).sum().backward()
    (weight,) = module.weights
    np.testing.assert_allclose(weight.grad.sum(1), np.array([2, 0, 3]) / 5 * 3)


def test_counts_may_be_weights_of_rows():
    found = look_up(make([0.2, 0.6]), [[NAN]])
    np.testing.assert_allclose(found, [[0.25, 0.75]])


def test_vectors_come_from_the_global_generator():
    """Networks lend it to encoders."""
    codes = [[0], [5]]
    first = look_up(make(np.ones(20), seed=0), codes)
    np.testing.assert_array_equal(first, look_up(make(np.ones(20), seed=0), codes))
    assert not np.array_equal(first, look_up(make(np.ones(20), seed=1), codes))


def test_float32_codes_of_many_categories():
    module = make(np.ones(70_000)).float()
    codes = torch.tensor([[69_999.0], [69_998.0]])
    expected = module.weights[0][[69_999, 69_998]]
    assert torch.equal(module(codes), expected)

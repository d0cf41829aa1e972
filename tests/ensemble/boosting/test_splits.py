from dataclasses import replace

import numpy as np
import pytest

from sklearn_mtl.ensemble._boosting._splits import split_rows


def test_several_hold_out_a_fold_each(data, make_settings):
    splits = split_rows(data, make_settings(n_members=4))
    held_out = np.concatenate([rows for _, rows in splits])
    np.testing.assert_array_equal(np.sort(held_out), np.arange(60))
    for learnt, rows in splits:
        np.testing.assert_array_equal(np.sort(np.r_[learnt, rows]), np.arange(60))


def test_folds_have_their_share_of_the_labels_of_each_class(data, make_settings):
    for _, rows in split_rows(data, make_settings(n_members=4)):
        for codes in data.encoded.T:
            for code in np.unique(codes[~np.isnan(codes)]):
                expected = (codes == code).sum() / 4
                assert abs((codes[rows] == code).sum() - expected) <= 2


def test_a_single_one_holds_out_a_fraction(data, make_settings):
    ((learnt, held_out),) = split_rows(data, make_settings(n_members=1))
    assert (len(learnt), len(held_out)) == (45, 15)


def test_the_same_inputs_are_on_one_side(data, make_settings):
    twice = data.take(np.tile(np.arange(60), 2))
    for learnt, held_out in split_rows(twice, make_settings()):
        assert not set(learnt % 60) & set(held_out % 60)


def test_it_does_not_depend_on_the_order_of_rows(data, make_settings):
    order = np.random.RandomState(1).permutation(60)
    splits = split_rows(data, make_settings())
    shuffled = split_rows(data.take(order), make_settings())
    for (_, rows), (_, of_shuffled) in zip(splits, shuffled, strict=True):
        np.testing.assert_array_equal(rows, np.sort(order[of_shuffled]))


def test_nothing_can_be_held_out_of_a_single_input(data, make_settings):
    alike = replace(data, X=np.zeros_like(data.X))
    assert split_rows(alike, make_settings()) == []
    with pytest.raises(ValueError, match=r"'validation_fraction' .* got 0.25 for 60"):
        split_rows(alike, make_settings(n_members=1))

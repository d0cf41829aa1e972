"""Data sets of torch as X."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from sklearn_mtl.neural_network import MultiTaskNetClassifier

DIGITS = load_digits()
X = (DIGITS.data[:300] / 16).astype(np.float32)
Y = np.column_stack([DIGITS.target, DIGITS.target % 2])[:300]


class Rows(Dataset):
    """Items that a function makes of a row, and how often each was asked for."""

    def __init__(self, make):
        self.make = make
        self.asked = np.zeros(len(X), dtype=int)

    def __len__(self):
        return len(X)

    def __getitem__(self, row):
        self.asked[row] += 1
        return self.make(row)


def make_net(**given):
    parameters = {"max_epochs": 10, "lr": 0.01, "random_state": 0}
    return MultiTaskNetClassifier((32,), **(parameters | given))


@pytest.mark.parametrize(
    "make",
    [lambda row: X[row], lambda row: torch.from_numpy(X[row]), lambda row: (X[row], 0)],
    ids=["arrays", "tensors", "tuples"],
)
def test_items(make):
    net = make_net().fit(Rows(make), Y)
    assert net.score(X, Y) > 0.85
    np.testing.assert_allclose(net.transform(Rows(make)), net.transform(X), rtol=1e-5)


def test_a_data_set_is_learnt_as_its_array_is_about():
    net = make_net(preset="plain").fit(TensorDataset(torch.from_numpy(X)), Y)
    held = make_net(preset="plain").fit(X, Y)
    assert abs(net.score(X, Y) - held.score(X, Y)) < 0.05


def test_the_same_seed_gives_the_same_network():
    data = TensorDataset(torch.from_numpy(X))
    first, second = (make_net(max_epochs=2).fit(data, Y).transform(X) for _ in "12")
    np.testing.assert_array_equal(first, second)


def test_items_are_made_anew_in_each_epoch():
    """They may differ at random, which an epoch is to see."""
    data = Rows(lambda row: X[row])
    make_net(preset="plain", max_epochs=3, early_stopping=False).fit(data, Y)
    assert data.asked.min() >= 3


def test_named_inputs():
    def make(row):
        return {"image": X[row].reshape(1, 8, 8), "sums": X[row].reshape(8, 8).sum(0)}

    data = Rows(make)
    net = make_net(encoder={"image": "conv"}, max_epochs=5).fit(data, Y)
    assert net.feature_names_in_.tolist() == ["image", "sums"]
    assert net.score(data, Y) > 0.5


def test_named_inputs_share_what_was_read():
    data = Rows(lambda row: {"a": X[row, :3], "b": X[row, 3:]})
    net = make_net(preset="plain", max_epochs=1, early_stopping=False).fit(data, Y)
    data.asked[:] = 0
    net.predict(data)
    assert data.asked[1:].max() == 1


def test_images_of_bytes():
    images = DIGITS.images[:300].astype(np.uint8)
    net = make_net(encoder="conv", max_epochs=5).fit(Rows(lambda row: images[row]), Y)
    np.testing.assert_allclose(
        net.transform(Rows(lambda row: images[row])), net.transform(images), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda row: X[row, : 3 + (row == 7)], "all of the same shape, got shape"),
        (lambda row: {"a": X[row]} if row != 7 else {}, "items all have 'a'"),
        (lambda row: "text", "at least 1 dimension|arrays of numbers"),
        (lambda row: X[row, 0], "at least 1 dimension"),
        (lambda row: X[row] / (row != 7), "must be finite"),
    ],
    ids=["shapes", "lacking", "text", "numbers", "infinite"],
)
def test_wrong_items(make, message):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        make_net().fit(Rows(make), Y)


def test_no_items():
    with pytest.raises(ValueError, match="at least 1 row, got 0 rows"):
        make_net().fit(TensorDataset(torch.empty(0, 3)), Y)


def test_items_without_numbers():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(X)

    with pytest.raises(ValueError, match="a data set of a known length"):
        make_net().fit(Stream(), Y)


def test_labels_of_another_length():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make_net().fit(Rows(lambda row: X[row]), Y[:10])

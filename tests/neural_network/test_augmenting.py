"""Batches of training are changed as asked, with their labels, and no others are."""

import numpy as np
import pytest
import torch

from sklearn_mtl.datasets import combine_inputs, combine_tasks, load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._augmenting import Augmenter
from sklearn_mtl.neural_network._input_rows import InputRows
from sklearn_mtl.neural_network.augmentations import GaussianNoise, Mixup, RandomCrop

TABLE, Y = load_digits_tasks(return_X_y=True)
TABLE, Y = TABLE[:200], Y[:200]
IMAGES = TABLE.reshape(-1, 8, 8).astype(np.uint8)
HAS_TABLE = np.arange(200) % 3 > 0
BOTH = combine_inputs({"image": IMAGES, "table": TABLE}, present={"table": HAS_TABLE})


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def augment(augmentation, X, names=None, labels=None):
    n = len(X)
    if labels is None:
        labels = torch.zeros(n, 2), torch.ones(n, 2)
    return Augmenter(augmentation, names, "Net")((X, labels), seeded())


def batch_of(rows):
    return InputRows(BOTH, "cpu", torch.float64).take(torch.tensor(rows))


def test_functions_are_called_in_their_order():
    X = torch.ones(3, 2)
    found, _ = augment([lambda X: X + 1, lambda X, generator: X * 3], X)
    assert (found == 6).all()
    assert (X == 1).all()


def test_a_function_may_draw_from_the_generator_or_from_torch():
    """Either way the draws follow from the seed, and torch's generator stays."""
    X, state = torch.zeros(4, 2), torch.get_rng_state()
    for function in (
        torch.rand_like,
        lambda X, generator: torch.rand(X.shape, generator=generator),
    ):
        one, other = (augment(function, X)[0] for _ in range(2))
        assert torch.equal(one, other)
        assert one.any()
    assert torch.equal(torch.get_rng_state(), state)


def test_each_input_has_functions_of_its_own():
    batch = batch_of([0, 1, 2])
    changes = {"image": [lambda X: X + 1, lambda X: X * 2], "table": lambda X: -X}
    found, _ = augment(changes, batch, BOTH.names)
    assert torch.equal(found.tables["image"], (batch.tables["image"] + 1) * 2)
    assert torch.equal(found.tables["table"], -batch.tables["table"])
    assert found.places == batch.places


def test_an_input_without_functions_stays():
    batch = batch_of([0, 1, 2])
    found, _ = augment({"image": RandomCrop(1)}, batch, BOTH.names)
    assert torch.equal(found.tables["table"], batch.tables["table"])


# Mixup


def test_mixed_rows_are_between_a_row_and_its_partner():
    X = torch.eye(6, dtype=torch.float64)
    labels = torch.arange(6)[:, None].expand(6, 2), torch.ones(6, 2)
    found, (targets, _) = augment(Mixup(1.0), X, labels=labels)
    assert torch.allclose(found.sum(1), torch.ones(6, dtype=torch.float64))
    assert (found.diagonal() >= 0.5).all()
    for row, target in zip(found, targets[:, 0], strict=True):
        assert row[target] > 0


def test_rows_are_mixed_with_rows_of_the_same_inputs():
    """The inputs of a row all have the same partner and share."""
    rows = list(range(30))
    batch = batch_of(rows)
    numbers = torch.arange(30.0)[:, None]
    marked = batch.with_tables(
        {"image": numbers, "table": numbers[batch.places["table"]]}
    )
    found, _ = augment(Mixup(1.0), marked, BOTH.names)
    has_table = batch.places["table"]
    image, table = found.tables["image"], found.tables["table"]
    torch.testing.assert_close(image[has_table], table)
    assert not torch.equal(table, numbers[has_table])


def test_a_missing_label_of_a_partner_counts_nothing():
    X = torch.eye(40)
    weights = (torch.arange(80).view(40, 2) % 3 > 0).float()
    labels = torch.arange(80).view(40, 2), weights
    _, (targets, mixed) = augment(Mixup(1.0), X, labels=labels)
    source = targets[:, 0] // 2
    assert torch.equal(mixed, weights[source])
    assert torch.equal(targets, labels[0][source])


def test_a_lone_row_stays_doubled_for_layers_that_normalise():
    batch = batch_of([0, 1, 3])
    assert len(batch.tables["table"]) == 2
    found, _ = augment(Mixup(), batch_of([0, 1, 3]), BOTH.names)
    assert len(found.tables["table"]) == 2


def test_functions_may_return_another_precision():
    found, _ = augment(lambda X: X.double(), torch.ones(3, 2))
    assert found.dtype == torch.float32


# In an estimator


def fit(X, Y, **params):
    params = {"max_epochs": 3, "random_state": 0, **params}
    return MultiTaskNetClassifier((16,), **params).fit(X, Y)


@pytest.mark.parametrize(
    "augmentation",
    [RandomCrop(1), [RandomCrop(1), GaussianNoise(), Mixup()], Mixup(), torch.relu],
    ids=["crop", "list", "mixup", "function"],
)
def test_networks_of_images(augmentation):
    net = fit(IMAGES, Y, encoder="conv", augment=augmentation, max_epochs=30)
    assert net.score(IMAGES, Y) > 0.7


def test_networks_of_named_inputs_with_missing_labels():
    X, Z = combine_tasks({"digit": (IMAGES, Y[:, 0]), "parity": (TABLE, Y[:, 1])})
    augmentation = [{"digit": RandomCrop(1)}, Mixup()]
    net = fit(X, Z, encoder={"digit": "conv"}, augment=augmentation, max_epochs=30)
    assert net.score(X, Z) > 0.7


def test_validation_and_prediction_see_rows_as_they_are():
    seen = []

    def remember(X):
        seen.append(len(X))
        return X

    net = fit(TABLE, Y, augment=remember, early_stopping=True, max_epochs=2)
    n_train = round(200 * 0.9)
    assert sum(seen) == pytest.approx(2 * n_train, abs=6)
    net.predict(TABLE)
    assert sum(seen) == pytest.approx(2 * n_train, abs=6)


def test_the_same_seed_gives_the_same_fit():
    augmentation = [torch.rand_like, Mixup()]
    one, other = (fit(TABLE, Y, augment=augmentation) for _ in range(2))
    np.testing.assert_array_equal(
        one.predict_proba(TABLE)[0], other.predict_proba(TABLE)[0]
    )


# Bad input


@pytest.mark.parametrize(
    ("augmentation", "names", "message"),
    [
        ({"imag": RandomCrop()}, ("image", "table"), "did you mean 'image'"),
        ({"image": RandomCrop()}, None, "X that is one table, got a dict"),
        (RandomCrop(), ("image", "table"), "a dict by the inputs of X"),
        (3, None, "functions that map .* got 3"),
        (
            {"image": Mixup()},
            ("image", "table"),
            r"functions that map .* got Mixup\(\)",
        ),
        (RandomCrop(-1), None, "padding"),
        (Mixup(0), None, "alpha"),
    ],
)
def test_bad_augmentations(augmentation, names, message):
    with pytest.raises(ValueError, match=message):
        Augmenter(augmentation, names, "Net")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda X: X[1:], r"shape \(3, 2\), got one of shape \(2, 2\)"),
        (lambda X: X[:, :1], r"shape \(3, 2\), got one of shape \(3, 1\)"),
        (lambda X: None, r"shape \(3, 2\), got NoneType"),
    ],
)
def test_what_a_function_returns(function, message):
    with pytest.raises(ValueError, match=f"'augment' parameter of Net .*{message}"):
        augment(function, torch.ones(3, 2))

"""A new task on top of what was learnt; the old ones do not notice."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.datasets import combine_inputs, combine_tasks, load_digits_tasks
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.architectures import SharedBottom
from sklearn_mtl.neural_network.augmentations import GaussianNoise, RandomCrop

X, Y = load_digits_tasks(return_X_y=True)
FEW = np.arange(1000, 1050)
REST = np.arange(1050, 1797)
IMAGES = X.reshape(-1, 8, 8).astype(np.uint8)
IS_PRIME = np.isin(Y[:, 0], [2, 3, 5, 7])
FREEZE = [True, False, "gradual"]


def make_net(Net=MultiTaskNetClassifier, **params):
    return Net(
        **{
            "hidden_layer_sizes": (32,),
            "lr": 0.01,
            "max_epochs": 15,
            "random_state": 0,
            **params,
        }
    )


def fit(**params):
    return make_net(**params).fit(X[:1000], Y[:1000, :2])


@pytest.mark.parametrize("freeze", FREEZE)
@pytest.mark.parametrize(
    "architecture", ["shared_bottom", "mmoe", "soft_sharing", SharedBottom((8,))]
)
def test_old_predictions_are_the_same_bit_by_bit(freeze, architecture):
    net = fit(architecture=architecture)
    labels, probabilities = net.predict(X), net.predict_proba(X)
    represented = net.transform(X)
    net.transfer(X[FEW], IS_PRIME[FEW], name="prime", freeze=freeze)
    np.testing.assert_array_equal(net.predict(X)[:, :2], labels)
    np.testing.assert_array_equal(net.transform(X), represented)
    for p, q in zip(net.predict_proba(X), probabilities, strict=False):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("freeze", FREEZE)
def test_the_estimator_has_one_more_task(freeze):
    net = fit()
    assert net.transfer(X[FEW], IS_PRIME[FEW], name="prime", freeze=freeze) is net
    assert net.task_names_ == ["task0", "task1", "prime"]
    assert net.n_tasks_ == net.n_outputs_ == len(net.task_weights_) == 3
    assert net.classes_[2].tolist() == [False, True]
    assert net.predict(X).shape == (1797, 3)
    probabilities = net.predict_proba(X)
    assert [p.shape[1] for p in probabilities] == [10, 2, 2]
    expected = probabilities[2].argmax(axis=1)
    np.testing.assert_array_equal(net.predict(X)[:, 2], expected)
    assert list(net.transferred_) == ["prime"]
    scores = net.score_tasks(X, np.column_stack([Y[:, :2], IS_PRIME]))
    assert set(scores) == {"task0", "task1", "prime"}


def test_with_50_labels_it_beats_a_net_from_scratch():
    """On a related task, in the mean over seeds and in nearly every one."""
    gains = []
    sizes = (128, 128)
    for seed in range(3):
        few = np.random.default_rng(seed).choice(np.arange(1000, 1797), 50, False)
        rest = np.setdiff1d(np.arange(1000, 1797), few)
        net = fit(hidden_layer_sizes=sizes, random_state=seed)
        net.transfer(X[few], IS_PRIME[few], name="prime")
        alone = make_net(hidden_layer_sizes=sizes, random_state=seed, max_epochs=200)
        alone.fit(X[few], IS_PRIME[few])
        transferred = np.mean(net.predict(X[rest])[:, 2] == IS_PRIME[rest])
        gains.append(transferred - alone.score(X[rest], IS_PRIME[rest]))
    assert np.mean(gains) > 0.01
    assert min(gains) > -0.01


@pytest.mark.parametrize("freeze", [False, "gradual"])
def test_training_further_fits_the_new_task_more_closely(freeze):
    frozen = fit().transfer(X[FEW], Y[FEW, 2], name="large", freeze=True)
    tuned = fit().transfer(X[FEW], Y[FEW, 2], name="large", freeze=freeze)
    assert (
        tuned.transferred_["large"].history_[-1]["train_loss"]
        < (frozen.transferred_["large"].history_[-1]["train_loss"])
    )


def test_several_tasks_one_after_the_other():
    net = fit()
    net.transfer(X[FEW], IS_PRIME[FEW], name="prime", hidden_layer_sizes=(16,))
    before = net.predict(X)
    names = np.array(["small", "large"])[Y[FEW, 2]]
    net.transfer(X[FEW], names, name="size", freeze=False)
    assert net.task_names_ == ["task0", "task1", "prime", "size"]
    np.testing.assert_array_equal(net.predict(X)[:, :3], before)
    assert set(net.predict(X)[:, 3]) == {"small", "large"}


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (pd.Series(IS_PRIME[FEW], name="prime"), "prime"),
        (pd.DataFrame({"prime": IS_PRIME[FEW]}), "prime"),
        (IS_PRIME[FEW], "task2"),
    ],
)
def test_names_by_themselves(y, name):
    assert fit().transfer(X[FEW], y).task_names_[2] == name


def test_missing_labels_and_weights_of_0_are_left_out():
    net, other = fit(), fit()
    y = IS_PRIME[FEW].astype(object)
    y[::3] = None
    net.transfer(X[FEW], y, name="prime")
    weights = np.ones(50)
    weights[::3] = 0
    other.transfer(X[FEW], IS_PRIME[FEW], name="prime", sample_weight=weights)
    np.testing.assert_array_equal(net.predict(X), other.predict(X))


def test_one_task_becomes_two():
    net = make_net().fit(X[:500], Y[:500, 0])
    before = net.predict(X)
    net.transfer(X[FEW], IS_PRIME[FEW], name="prime")
    np.testing.assert_array_equal(net.predict(X)[:, 0], before)
    assert len(net.predict_proba(X)) == len(net.classes_) == 2


def test_quantities():
    targets = np.column_stack([X[:, 20] * 100, X[:, 30]])
    net = make_net(MultiTaskNetRegressor).fit(X[:500], targets[:500])
    before = net.predict(X)
    y = 1000 + targets.sum(axis=1)
    net.transfer(X[FEW], y[FEW], name="sum")
    np.testing.assert_array_equal(net.predict(X)[:, :2], before)
    assert net.score_tasks(X, np.column_stack([targets, y]))["sum"] > 0.5
    assert not hasattr(net, "classes_")


def test_tasks_of_both_kinds():
    net = make_net(MultiTaskNet).fit(X[:500], Y[:500, :2])
    net.transfer(X[FEW], X[FEW, 20] / 3, name="pixel")
    assert net.task_types_ == ["classification", "classification", "regression"]
    assert net.predict_proba(X)[2] is None
    assert net.predict(X).shape == (1797, 3)


@pytest.mark.parametrize("freeze", FREEZE)
def test_images_and_named_inputs(freeze):
    both = combine_inputs({"image": IMAGES, "table": X})
    net = make_net(encoder={"image": "conv"}, max_epochs=3).fit(both[:500], Y[:500])
    before = net.predict(both)
    net.transfer(both[FEW], IS_PRIME[FEW], name="prime", freeze=freeze)
    np.testing.assert_array_equal(net.predict(both)[:, :3], before)
    assert np.mean(net.predict(both)[REST, 3] == IS_PRIME[REST]) > 0.6


@pytest.mark.parametrize("freeze", FREEZE)
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_predict_the_same(duplicate, freeze):
    net = fit().transfer(X[FEW], IS_PRIME[FEW], name="prime", freeze=freeze)
    np.testing.assert_array_equal(duplicate(net).predict(X), net.predict(X))


def test_the_same_seed_gives_the_same_task():
    one, other = (fit().transfer(X[FEW], IS_PRIME[FEW]) for _ in range(2))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_a_new_fit_starts_without_transferred_tasks():
    net = fit().transfer(X[FEW], IS_PRIME[FEW], name="prime")
    net.fit(X[:100], Y[:100, :2])
    assert net.transferred_ == {}
    assert net.predict(X).shape == (1797, 2)


# Bad input


@pytest.mark.parametrize(
    ("y", "params", "message"),
    [
        (IS_PRIME[FEW], {"name": "task1"}, "'name' parameter .*got 'task1'"),
        (IS_PRIME[FEW], {"freeze": "half"}, "'freeze' parameter of MultiTaskNet"),
        (Y[FEW], {}, "'y' parameter .* one task is transferred at a time, got 3"),
        (IS_PRIME[:9], {}, "inconsistent numbers of samples"),
        (np.full(50, np.nan), {}, "'y' parameter .* at least one label"),
        (IS_PRIME[FEW], {"name": 5}, "'name' parameter"),
    ],
)
def test_an_error_leaves_the_estimator_as_it_was(y, params, message):
    net = fit()
    before = vars(net).copy()
    with pytest.raises(ValueError, match=message):
        net.transfer(X[FEW], y, **params)
    assert vars(net).keys() == before.keys()
    assert net.task_names_ == ["task0", "task1"]


def test_more_data_after_a_transfer():
    net = fit().transfer(X[FEW], IS_PRIME[FEW], name="prime")
    with pytest.raises(ValueError, match="must be fitted anew"):
        net.partial_fit(X[:50], Y[:50, :2])
    assert net.predict(X).shape == (1797, 3)


@pytest.mark.parametrize("freeze", FREEZE)
def test_rows_with_some_of_the_inputs(freeze):
    """A new task may have one input, and all rows are predicted as before."""
    both, labels = combine_tasks(
        {"digit": (IMAGES[:300], Y[:300, 0]), "parity": (X[:200], Y[:200, 1])}
    )
    net = make_net(
        encoder={"digit": "conv"},
        max_epochs=2,
        augment={"digit": RandomCrop(1), "parity": GaussianNoise()},
    ).fit(both, labels)
    before = net.predict(both)
    images = combine_inputs({"digit": IMAGES[FEW]})
    net.transfer(images, IS_PRIME[FEW], name="prime", freeze=freeze)
    np.testing.assert_array_equal(net.predict(both)[:, :2], before)
    assert net.predict(images).shape == (50, 3)


@pytest.mark.parametrize("freeze", FREEZE)
def test_tables_with_names(freeze):
    frame = pd.DataFrame(X, columns=[f"pixel{j}" for j in range(64)])
    net = make_net(max_epochs=2).fit(frame[:500], Y[:500, :2])
    with pytest.raises(ValueError, match="same order"):
        net.transfer(frame.iloc[FEW, ::-1], IS_PRIME[FEW], freeze=freeze)
    net.transfer(frame.iloc[FEW], IS_PRIME[FEW], freeze=freeze)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert net.predict(frame).shape == (1797, 3)


@pytest.mark.parametrize("freeze", FREEZE)
def test_rows_of_another_shape(freeze):
    with pytest.raises(ValueError, match="64 features"):
        fit().transfer(X[FEW, :9], IS_PRIME[FEW], freeze=freeze)


def test_a_warm_start_begins_without_transferred_tasks():
    net = fit(warm_start=True).transfer(X[FEW], IS_PRIME[FEW])
    assert net.fit(X[:200], Y[:200, :2]).task_names_ == ["task0", "task1"]


def test_a_name_of_its_own_is_found():
    frame = pd.DataFrame(Y[:500, :2], columns=["task2", "other"])
    net = make_net(max_epochs=2).fit(X[:500], frame)
    net.transfer(X[FEW], IS_PRIME[FEW])
    assert net.task_names_ == ["task2", "other", "task3"]


def test_frames_as_output_change_nothing():
    net = fit().set_output(transform="pandas")
    net.transfer(X[FEW], IS_PRIME[FEW], name="prime")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = net.predict(X)
    np.testing.assert_array_equal(net.set_output(transform="default").predict(X), found)

"""partial_fit and warm_start go on from where training stopped."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

X, Y = make_multitask_classification(
    90, 5, n_tasks=2, n_classes=[2, 3], missing_fraction=0.2, random_state=0
)
X_r, Y_r = make_multitask_regression(90, 5, n_tasks=2, random_state=0)


def small(Net=MultiTaskNetClassifier, **params):
    defaults = {"hidden_layer_sizes": (8,), "dropout": 0.1, "batch_size": 32}
    defaults |= {"max_epochs": 3, "early_stopping": False, "random_state": 0}
    # With a schedule, what an epoch is like depends on how many there are to be; and an
    # average of the weights is of one call.
    defaults |= {"lr_schedule": "constant", "average": False}
    return Net(**{**defaults, **params})


def assert_same_fit(one, other, X=X):
    assert_array_equal(one.transform(X), other.transform(X))
    assert_array_equal(one.predict(X), other.predict(X))
    # What has been best so far is found anew in each call.
    one, other = (
        pd.DataFrame(net.history_).filter(regex="(?<!_best)$") for net in (one, other)
    )
    assert one.equals(other)


# partial_fit

KINDS = {
    "classifier": (MultiTaskNetClassifier, X, Y),
    "regressor": (MultiTaskNetRegressor, X_r, Y_r),
    "mixed": (MultiTaskNet, X, np.column_stack([Y, Y_r])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_call_is_an_epoch(kind):
    Net, X, Y = KINDS[kind]
    net = small(Net)
    for _ in range(3):
        assert net.partial_fit(X, Y) is net
    assert net.n_iter_ == net.best_epoch_ == 3
    assert_same_fit(net, small(Net).fit(X, Y), X)


def test_fit_can_be_followed_by_partial_fit():
    net = small(max_epochs=2).fit(X, Y).partial_fit(X, Y)
    assert_same_fit(net, small(max_epochs=3).fit(X, Y))


def test_fit_starts_anew_after_partial_fit():
    assert_same_fit(small().partial_fit(X, Y).fit(X, Y), small().fit(X, Y))


def test_no_rows_are_set_aside():
    net = small(early_stopping=True).partial_fit(X, Y)
    assert "valid_loss" not in net.history_[0]


def test_classes_of_later_calls():
    net = small().partial_fit(X[:1], Y[:1], classes=[[0, 1], [0, 1, 2]])
    assert [classes.tolist() for classes in net.classes_] == [[0, 1], [0, 1, 2]]
    net.partial_fit(X, Y)
    assert [p.shape for p in net.predict_proba(X)] == [(90, 2), (90, 3)]


def test_classes_may_be_given_again():
    classes = [[0, 1], [0, 1, 2]]
    net = small()
    for _ in range(2):
        net.partial_fit(X, Y, classes=classes)
    assert net.n_iter_ == 2


@pytest.mark.parametrize("classes", [["no", "yes"], [["no", "yes"]]])
def test_classes_of_one_task(classes):
    net = small().partial_fit(X[:4], ["yes"] * 4, classes=np.array(classes))
    assert net.classes_.tolist() == ["no", "yes"]
    assert net.predict_proba(X).shape == (90, 2)


def test_classes_of_a_mixed_net():
    table = np.column_stack([Y[:, 0], Y_r[:, 0]])
    net = small(MultiTaskNet).partial_fit(X[:1], table[:1], classes=[[0, 1], None])
    assert net.task_types_ == ["classification", "regression"]
    assert net.partial_fit(X, table).classes_[1] is None


def test_a_task_may_have_no_labels_in_a_call():
    """Not in the first one either, if its classes are known."""
    net = small().partial_fit(
        X, np.where([True, False], Y, np.nan), classes=[[0, 1], [0, 1, 2]]
    )
    probabilities = net.predict_proba(X)[1]
    np.testing.assert_allclose(probabilities, 1 / 3, rtol=1e-6)
    net.partial_fit(X, np.where([False, True], Y, np.nan))
    assert np.isnan(net.history_[1]["train_loss_task0"])
    assert np.abs(net.predict_proba(X)[1] - 1 / 3).max() > 1e-3


def test_quantities_of_later_calls_keep_the_first_scale():
    """And a task gets its scale from its first labels."""
    later = np.where([True, False], Y_r, np.nan)
    net = small(MultiTaskNetRegressor, lr=1e-12, weight_decay=0)
    net.partial_fit(X_r[:30], np.column_stack([Y_r[:30, 0], np.full(30, 5.0)]))
    net.partial_fit(X_r[30:], later[30:] * 100)
    np.testing.assert_allclose(net.predict(X_r)[:, 0], Y_r[:30, 0].mean(), rtol=1e-4)
    np.testing.assert_allclose(net.predict(X_r)[:, 1], 5)


def test_later_calls_learn():
    net = small(lr=0.01)
    for _ in range(40):
        for rows in np.split(np.arange(90), 3):
            net.partial_fit(X[rows], Y[rows])
    assert net.score(X, Y) > 0.85


def test_columns_of_a_frame_in_another_order():
    table = pd.DataFrame(Y, columns=["a", "b"])
    net = small().partial_fit(X, table).partial_fit(X, table[["b", "a"]])
    weights = np.random.default_rng(0).uniform(size=Y.shape)
    net.partial_fit(X, table[["b", "a"]], sample_weight=weights[:, ::-1])
    other = small().partial_fit(X, table).partial_fit(X, table)
    other.partial_fit(X, table, sample_weight=weights)
    assert_same_fit(net, other)


@pytest.mark.parametrize("fitted", [False, True])
def test_a_call_needs_a_label(fitted):
    net = small()
    if fitted:
        net.fit(X, Y)
    with pytest.raises(ValueError, match="at least one label of a weight above 0"):
        net.partial_fit(X, np.full((90, 2), np.nan), classes=[[0, 1], [0, 1, 2]])
    assert hasattr(net, "net_") is fitted


# warm_start


@pytest.mark.parametrize("kind", KINDS)
def test_warm_start_goes_on(kind):
    Net, X, Y = KINDS[kind]
    net = small(Net, warm_start=True, max_epochs=2)
    assert net.fit(X, Y).n_iter_ == 2
    assert net.fit(X, Y).n_iter_ == 4
    assert [row["epoch"] for row in net.history_] == [1, 2, 3, 4]
    assert_same_fit(net, small(Net, max_epochs=4).fit(X, Y), X)


def test_without_warm_start_a_fit_starts_anew():
    net = small().fit(X, Y)
    assert net.fit(X, Y).n_iter_ == 3


def test_warm_start_takes_new_settings():
    net = small(warm_start=True).fit(X, Y)
    before = net.predict_proba(X)[0]
    net.set_params(lr=1e-15, batch_size=90, task_weights=[0, 1], weight_decay=0)
    net.fit(X, Y)
    np.testing.assert_allclose(net.predict_proba(X)[0], before, rtol=1e-6)
    assert net.history_[-1]["train_batch_count"] == 1
    assert_array_equal(net.task_weights_, [0, 1])


def test_warm_start_with_early_stopping_keeps_the_validation_rows():
    """What was learnt from must not become what is watched."""
    net = small(warm_start=True, early_stopping=True, max_epochs=30, lr=0.03)
    first = net.fit(X, Y).history_[-1]
    assert net.best_epoch_ < 30
    again = net.fit(X, Y)
    assert again.n_iter_ > 30
    assert again.history_[30]["valid_relative_loss"] > first["valid_relative_loss"] / 2
    assert 30 <= again.best_epoch_ <= again.n_iter_


def test_warm_start_needs_the_same_tasks():
    net = small(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=r"table of 2 task\(s\) .* as in fit, got 1"):
        net.fit(X, Y[:, :1])
    with pytest.raises(ValueError, match="expecting 5 features"):
        net.fit(X[:, :3], Y)
    with pytest.raises(ValueError, match=r"must be among its classes \(.*\), got"):
        net.fit(X, Y + 1)


@pytest.mark.parametrize("warm", [False, True])
def test_a_fitted_net_keeps_its_precision(warm):
    rng = np.random.RandomState(0)
    X, Y = rng.normal(size=(60, 4)), rng.randint(2, size=(60, 2))
    net = MultiTaskNetClassifier(
        (8,), max_epochs=2, warm_start=True, random_state=0
    ).fit(X, Y)
    expected = net.predict(X)
    net.set_params(precision="float64")
    if warm:
        assert net.fit(X, Y).transform(X).dtype == np.float32
    else:
        np.testing.assert_array_equal(net.predict(X), expected)

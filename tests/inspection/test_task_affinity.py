"""What all methods of task_affinity have in common."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.inspection import task_affinity
from sklearn_mtl.neural_network import MultiTaskNetClassifier

METHODS = ["gradient", "transfer", "label", "pairwise"]


@pytest.fixture
def data():
    X, Y = make_multitask_classification(150, 6, random_state=0)
    return X, pd.DataFrame(Y, columns=["a", "b", "c"])


def make_net(**params):
    return MultiTaskNetClassifier((8,), max_epochs=3, random_state=0, **params)


@pytest.mark.parametrize("method", METHODS)
def test_a_table_by_names_of_tasks(data, method):
    affinity = task_affinity(make_net(), *data, method, cv=2, random_state=0)
    assert affinity.index.tolist() == affinity.columns.tolist() == ["a", "b", "c"]
    assert not np.isnan(affinity.to_numpy()).any()


@pytest.mark.parametrize("method", METHODS)
def test_the_missing_label_of_the_estimator(data, method):
    X, Y = data
    hidden = np.random.RandomState(0).rand(*Y.shape) < 0.2
    expected = task_affinity(
        make_net(), X, Y.mask(hidden), method, cv=2, random_state=0
    )
    found = task_affinity(
        make_net(missing_label=-1),
        X,
        Y.mask(hidden, -1),
        method,
        cv=2,
        missing_label=-1,
        random_state=0,
    )
    assert found.to_numpy() == pytest.approx(expected.to_numpy())
    with pytest.raises(ValueError, match="'missing_label' parameter of task_affinity"):
        task_affinity(make_net(missing_label=-1), X, Y.mask(hidden, -1), method)


@pytest.mark.parametrize("method", ["gradient", "transfer"])
def test_a_pipeline_that_ends_with_a_net(data, method):
    X, Y = data
    scaled = StandardScaler().fit_transform(X)
    pipeline = make_pipeline(StandardScaler(), make_net())
    found = task_affinity(pipeline, X, Y, method, random_state=0)
    expected = task_affinity(make_net(), scaled, Y, method, random_state=0)
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-5)


@pytest.mark.parametrize("method", ["gradient", "transfer"])
def test_weights_reach_the_training(data, method):
    X, Y = data
    weights = np.ones(Y.shape)
    weights[:30, 0] = 0
    pipeline = make_pipeline(StandardScaler(), make_net())
    found = task_affinity(pipeline, X, Y, method, sample_weight=weights, random_state=0)
    hidden = task_affinity(pipeline, X, Y.where(weights > 0), method, random_state=0)
    assert found.to_numpy() == pytest.approx(hidden.to_numpy(), abs=1e-5)


@pytest.mark.parametrize("method", ["gradient", "transfer"])
def test_only_nets_have_gradients(data, method):
    with pytest.raises(ValueError, match="got LogisticRegression") as caught:
        task_affinity(LogisticRegression(), *data, method)
    assert "'label' and 'pairwise' take others" in str(caught.value)


def test_the_estimator_is_left_as_it_is(data):
    net = make_net()
    task_affinity(net, *data)
    assert net.callbacks is None
    assert not hasattr(net, "net_")


def test_callbacks_of_the_user_are_kept(data):
    from skorch.callbacks import Callback

    class Counts(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            Counts.epochs += 1

    task_affinity(make_net(callbacks=[Counts()]), *data)
    assert Counts.epochs == 3


def test_errors(data):
    X, Y = data
    with pytest.raises(ValueError, match="did you mean 'gradient'"):
        task_affinity(make_net(), X, Y, "gradients")
    with pytest.raises(ValueError, match="at least two tasks"):
        task_affinity(make_net(), X, Y["a"])
    with pytest.raises(
        ValueError, match="an estimator for method='gradient', got None"
    ):
        task_affinity(None, X, Y)
    with pytest.raises(ValueError, match=r"'X' .* for method='gradient', got None"):
        task_affinity(make_net(), None, Y)
    with pytest.raises(ValueError, match="at least one label"):
        task_affinity(None, X, Y.assign(b=np.nan), "label")

"""Every architecture trains with every balancer, also where labels are missing."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.balancers import BALANCERS

pytestmark = pytest.mark.filterwarnings(
    # Of networks that share nothing, gradients are not balanced.
    "ignore:The balancer of:UserWarning"
)


@pytest.fixture(scope="module")
def digits():
    X, Y = load_digits_tasks(return_X_y=True)
    Y = Y[:128].astype(float)
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.3] = np.nan
    # A task that most batches do not have.
    Y[12:, 2] = np.nan
    return X[:128], Y


@pytest.fixture(scope="module")
def tox21(shared_data):
    data = shared_data("tox21")
    X = np.unpackbits(data["X_bits"][:300], axis=1)[:, ::16].astype(np.float32)
    return X, np.where(data["Y"][:300] < 0, np.nan, data["Y"][:300])


def assert_trains(net, X, Y):
    net = clone(net).fit(X, Y)
    probabilities = net.predict_proba(X)
    assert len(probabilities) == Y.shape[1]
    for of_task in probabilities:
        assert np.isfinite(of_task).all()
        np.testing.assert_allclose(of_task.sum(axis=1), 1, atol=1e-5)
    for row in net.history_:
        assert np.isfinite(row["train_loss"])
        assert row.get("balancer_failures", 0) == 0
    assert net.transform(X).shape == (len(X), net.module_.n_represented)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.predict_proba(X)[0], probabilities[0])


@pytest.mark.parametrize("name", ["digits", "tox21"])
@pytest.mark.parametrize("balancer", BALANCERS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_pair(architecture, balancer, name, request):
    X, Y = request.getfixturevalue(name)
    net = MultiTaskNetClassifier(
        (8, 8),
        architecture=architecture,
        balancer=balancer,
        batch_size=len(X) // 4,
        max_epochs=2 if name == "digits" else 1,
        early_stopping=False,
        random_state=0,
    )
    assert_trains(net, X, Y)

"""Estimators are stored, by pickle or without it, as what they are."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression, Ridge

from sklearn_mtl._plain_state import pack, unpack
from sklearn_mtl._tasks import Tasks
from sklearn_mtl.ensemble import (
    MultiTaskBoostingClassifier,
    MultiTaskBoostingRegressor,
    MultiTaskForestClassifier,
    MultiTaskForestRegressor,
    MultiTaskStackingClassifier,
    TaskwiseSelectionRegressor,
)
from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
)
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
CLASSES = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
QUANTITIES = X @ RNG.normal(size=(4, 2))

PLAIN = [
    (RegularizedMTLClassifier(), CLASSES),
    (RegularizedMTLRegressor(), QUANTITIES),
    (IndependentTasksClassifier(LogisticRegression()), CLASSES),
    (IndependentTasksRegressor(Ridge()), QUANTITIES),
    (MultiTaskForestClassifier(n_estimators=2), CLASSES),
    (MultiTaskForestRegressor(n_estimators=2), QUANTITIES),
    (MultiTaskBoostingClassifier(n_estimators=2), CLASSES),
    (MultiTaskBoostingRegressor(n_estimators=2), QUANTITIES),
]
NETWORKS = [
    (MultiTaskNetClassifier((4,), max_epochs=1), CLASSES),
    (MultiTaskNetRegressor((4,), max_epochs=1), QUANTITIES),
    (MultiTaskNet((4,), max_epochs=1), CLASSES),
    (
        MultiTaskNetClassifier(
            (4,),
            max_epochs=2,
            preset="best",
            architecture="mmoe",
            balancer="uncertainty",
            task_sampler="uniform",
            early_stopping=True,
            random_state=np.random.RandomState(0),
        ),
        CLASSES,
    ),
]
TWO = [
    ("linear", RegularizedMTLClassifier()),
    ("forest", MultiTaskForestClassifier(n_estimators=2)),
]
OTHERS = [
    (RegularizedMTLClassifierCV(cv=2), CLASSES),
    (RegularizedMTLRegressorCV(cv=2), QUANTITIES),
    (MultiTaskStackingClassifier(TWO, cv=2), CLASSES),
    (
        TaskwiseSelectionRegressor(
            [
                ("linear", RegularizedMTLRegressor()),
                ("forest", MultiTaskForestRegressor(n_estimators=2)),
            ],
            cv=2,
        ),
        QUANTITIES,
    ),
    *NETWORKS,
]


def name(value):
    return type(value).__name__ if hasattr(value, "fit") else ""


@pytest.mark.parametrize(("estimator", "Y"), [*PLAIN, *NETWORKS], ids=name)
def test_skops_needs_to_trust_the_estimator(estimator, Y):
    estimator.fit(X, Y)
    stored = skops.io.dumps(estimator)
    untrusted = skops.io.get_untrusted_types(data=stored)
    kind = type(estimator)
    ours = [one for one in untrusted if one.startswith("sklearn_mtl.")]
    assert ours == [f"{kind.__module__}.{kind.__name__}"]
    # What engines have, skops asks about in estimators of scikit-learn, too.
    assert set(untrusted) <= {*ours, "sklearn.tree._tree.Tree", "xgboost.core.Booster"}
    loaded = skops.io.loads(stored, trusted=untrusted)
    np.testing.assert_array_equal(loaded.predict(X), estimator.predict(X))
    assert list(vars(loaded)) == list(vars(estimator))


@pytest.mark.parametrize(("estimator", "Y"), [*PLAIN, *OTHERS], ids=name)
def test_pickle_joblib_and_copies(estimator, Y):
    estimator.fit(X, Y)
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    for other in (
        pickle.loads(pickle.dumps(estimator)),
        joblib.load(file),
        copy.copy(estimator),
        copy.deepcopy(estimator),
    ):
        np.testing.assert_array_equal(other.predict(X), estimator.predict(X))
        assert list(vars(other)) == list(vars(estimator))


def test_private_objects_become_dicts_and_back():
    tasks = Tasks(("a",), ("classification",), (np.arange(2),), False, True)
    packed = pack([(tasks, 1), {"a": tasks}])
    assert type(packed[0][0]) is dict
    assert packed[1] == {"a": tasks}
    ((found, one), _) = unpack(packed)
    assert one == 1
    assert type(found) is Tasks
    assert vars(found) == vars(tasks)

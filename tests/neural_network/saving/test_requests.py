"""What a network asks of metadata routing is saved with it."""

import numpy as np
import pytest
from sklearn import config_context

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._saving._requests import restore_requests

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)


def test_a_loaded_network_asks_for_the_same(tmp_path):
    with config_context(enable_metadata_routing=True):
        net = MultiTaskNetClassifier((4,), max_epochs=1, random_state=0).fit(X, Y)
        net.set_fit_request(sample_weight=True)
        net.set_score_request(sample_weight="weight_of_scores")
        net.save(tmp_path / "net")
        loaded = MultiTaskNetClassifier.load(tmp_path / "net")
        for method in ("fit", "partial_fit", "score"):
            asked = getattr(loaded.get_metadata_routing(), method).requests
            assert asked == getattr(net.get_metadata_routing(), method).requests
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))


@pytest.mark.parametrize(
    "said",
    [
        {"__init__": {"sample_weight": True}},
        {"fit": {"sample weight": True}},
        {"fit": {"sample_weight": "no name"}},
        {"fit": {"sample_weight": 3}},
        {"fit": [1]},
        [],
    ],
    ids=["method", "name", "alias", "number", "list", "no dict"],
)
def test_other_requests_are_refused(said):
    with pytest.raises(ValueError, match="a card with"):
        restore_requests(MultiTaskNetClassifier(), said)

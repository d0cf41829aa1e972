import numpy as np
import xgboost

from sklearn_mtl.ensemble._boosting._gains import LeafPenalty, TreeSplits
from sklearn_mtl.ensemble._boosting._train import train


def test_gain_is_the_decrease_of_the_penalised_loss():
    """Twice -(G v + (H + λ) v² / 2) at its lowest."""
    G, H, penalty = np.array([3.0]), np.array([2.0]), LeafPenalty(1.0, 0.5)
    v = np.linspace(-3, 3, 6001)
    lowest = (G * v + (H + 1) * v**2 / 2).min()
    np.testing.assert_allclose(penalty.gain(G, H), -2 * lowest, rtol=1e-6)


def test_a_leaf_without_value_gains_nothing():
    penalty = LeafPenalty(0.0, 1.0)
    G, H = np.array([3.0, 3.0, 0.0]), np.array([0.9, 1.0, 0.0])
    np.testing.assert_array_equal(penalty.gain(G, H), [0, 9, 0])


def test_splits_of_a_tree():
    """A root that splits feature 2, and its left child that splits feature 0."""
    tree = {
        "left_children": [1, 3, -1, -1, -1],
        "right_children": [2, 4, -1, -1, -1],
        "split_indices": [2, 0, 0, 0, 0],
    }
    splits = TreeSplits(tree)
    assert splits.feature.tolist() == [0, 2]
    gradients = np.array([[1.0], [-1.0], [4.0]])
    gains = splits.gains(
        np.array([3, 4, 2]), gradients, np.ones((3, 1)), LeafPenalty(0.0, 0.0)
    )
    np.testing.assert_allclose(gains, [[1 + 1 - 0], [0 + 16 - 16 / 3]])


def gains_of(training, data):
    booster = training.boosters[0]
    return booster.mean_gains(training.n_rounds) * data.labels.total_weights()[:, None]


def test_gains_are_those_of_xgboost_where_all_outputs_seek_the_splits(
    data, make_settings
):
    settings = make_settings(early_stopping=False, n_directions=None)
    complete = data.take(np.flatnonzero((data.labels.weights > 0).all(axis=1)))
    training = train(xgboost, complete, settings, print)
    booster = training.boosters[0].cut(training.n_rounds)
    expected = booster.get_score(importance_type="total_gain")
    found = gains_of(training, complete).sum(axis=0)
    np.testing.assert_allclose(
        found, [expected.get(f"f{j}", 0) for j in range(4)], rtol=1e-4
    )


def test_only_the_rounds_that_a_task_keeps_count(data, make_settings):
    booster = train(xgboost, data, make_settings(early_stopping=False), print).boosters[
        0
    ]
    all_rounds, fewer = (
        booster.mean_gains(np.array(rounds)) for rounds in ([8, 8, 8], [8, 0, 3])
    )
    np.testing.assert_array_equal(all_rounds[0], fewer[0])
    assert not fewer[1].any()
    assert fewer[2].sum() < all_rounds[2].sum()

"""The association of labels, against other ways to find it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.inspection import group_tasks, task_affinity
from sklearn_mtl.inspection._affinity._label_affinity import (
    adjusted_correlation_ratio,
    adjusted_rank_correlation,
    corrected_cramers_v,
)


def affinity_of(Y, **params):
    return task_affinity(None, None, Y, "label", **params)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_classes_have_the_corrected_v_of_cramer(rng):
    a = rng.integers(3, size=200)
    b = np.where(rng.random(200) < 0.5, a, rng.integers(4, size=200))
    table = pd.crosstab(a, b).to_numpy()
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    n, (r, k) = 200, table.shape
    phi2 = max(0, chi2 / n - (r - 1) * (k - 1) / (n - 1))
    r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    expected = np.sqrt(phi2 / (min(r, k) - 1))
    assert corrected_cramers_v(a, b, np.ones(200)) == pytest.approx(expected)


def test_quantities_have_the_rank_correlation(rng):
    a = rng.normal(size=100)
    b = -np.exp(a) + rng.normal(size=100)
    r2 = stats.spearmanr(a, b).statistic ** 2
    expected = np.sqrt(1 - (1 - r2) * 99 / 98)
    assert adjusted_rank_correlation(a, b, np.ones(100)) == pytest.approx(expected)


def test_one_of_each_has_the_correlation_ratio(rng):
    classes = rng.integers(3, size=100)
    values = classes + rng.normal(size=100)
    ranks = stats.rankdata(values)
    F = stats.f_oneway(*(ranks[classes == k] for k in range(3))).statistic
    eta2 = F * 2 / (F * 2 + 97)
    expected = np.sqrt(1 - (1 - eta2) * 99 / 97)
    found = adjusted_correlation_ratio(classes, values, np.ones(100))
    assert found == pytest.approx(expected)


def test_is_one_for_equal_labels_and_near_zero_for_independent_ones(rng):
    same = rng.integers(3, size=1000).astype(float)
    quantity = rng.normal(size=1000)
    Y = np.column_stack([same, (same + 1) % 3, quantity, -(quantity**3)])
    affinity = affinity_of(Y).to_numpy()
    assert affinity[0, 1] == pytest.approx(1, abs=1e-3)
    assert affinity[2, 3] == pytest.approx(1)
    assert affinity[:2, 2:].max() < 0.1
    assert (affinity == affinity.T).all()
    assert (affinity.diagonal() == 1).all()


def test_has_no_bias_where_there_is_nothing(rng):
    """The mean of squares over many small samples; without correction it is 0.27."""
    squares = [
        corrected_cramers_v(*rng.integers(4, size=(2, 30)), np.ones(30)) ** 2
        for _ in range(200)
    ]
    assert np.mean(squares) < 0.06


def test_only_rows_with_both_labels_count(rng):
    Y = rng.integers(2, size=(60, 2)).astype(float)
    missing = Y.copy()
    missing[::3, 0] = np.nan
    missing[1::3, 1] = np.nan
    found = affinity_of(missing).loc["task0", "task1"]
    assert found == affinity_of(Y[2::3]).loc["task0", "task1"]


def test_weight_zero_is_a_missing_label(rng):
    Y = rng.normal(size=(60, 2))
    Y[:, 1] += Y[:, 0]
    weights = np.ones((60, 2))
    weights[:20, 0] = 0
    masked = np.where(weights > 0, Y, np.nan)
    assert affinity_of(Y, sample_weight=weights).equals(affinity_of(masked))
    twice = affinity_of(Y, sample_weight=np.full(60, 2.0))
    assert twice.to_numpy() == pytest.approx(affinity_of(Y).to_numpy())


def test_names_and_strings(rng):
    animal = rng.choice(["cat", "dog"], size=50)
    Y = pd.DataFrame(
        {"animal": animal, "says": np.where(animal == "cat", "meow", "wow")}
    )
    Y.loc[0, "says"] = None
    affinity = affinity_of(Y)
    assert affinity.index.tolist() == affinity.columns.tolist() == ["animal", "says"]
    assert affinity.loc["animal", "says"] == pytest.approx(1, abs=0.02)


def test_too_few_common_rows_are_not_known(rng):
    Y = rng.integers(2, size=(40, 3)).astype(float)
    Y[:20, 0] = np.nan
    Y[15:, 1] = np.nan
    with pytest.warns(UserWarning, match="NaN, for 'task0 - task1'") as caught:
        affinity = affinity_of(Y)
    assert len(caught) == 1
    assert np.isnan(affinity.loc["task0", "task1"])
    assert not np.isnan(affinity.loc["task1", "task2"])


def test_planted_clusters_are_recovered():
    _, Y, truth = make_multitask_classification(
        800,
        n_tasks=6,
        n_clusters=2,
        n_classes=3,
        n_informative=20,
        noise=0.3,
        random_state=0,
        return_truth=True,
    )
    assert (group_tasks(affinity_of(Y)) == truth.cluster).all()

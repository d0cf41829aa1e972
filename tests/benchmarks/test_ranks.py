"""The statistics behind the tables of benchmarks/tables.py."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import friedmanchisquare

from benchmarks._tables.ranks import (
    critical_difference,
    find_cliques,
    friedman_test,
    rank_methods,
)


@pytest.fixture
def scores():
    rng = np.random.RandomState(0)
    # Rounded, so that there are ties.
    values = (rng.standard_normal((12, 4)) + np.arange(4) / 4).round(1)
    return pd.DataFrame(values, columns=list("abcd"))


def test_the_best_has_rank_1():
    scores = pd.DataFrame([[0.9, 0.7, 0.8]])
    assert rank_methods(scores, greater_is_better=True).loc[0].tolist() == [1, 3, 2]
    assert rank_methods(scores, greater_is_better=False).loc[0].tolist() == [3, 1, 2]


def test_ties_share_the_mean_of_their_ranks():
    ranks = rank_methods(pd.DataFrame([[0.9, 0.7, 0.9]]), greater_is_better=True)
    assert ranks.loc[0].tolist() == [1.5, 3, 1.5]


def test_friedman_test_is_that_of_scipy(scores):
    p = friedman_test(rank_methods(scores, greater_is_better=True))
    assert_allclose(p, friedmanchisquare(*scores.to_numpy().T).pvalue)


@pytest.mark.parametrize(
    ("n_methods", "quantile"), [(2, 1.960), (5, 2.728), (10, 3.164)]
)
def test_critical_difference_is_that_of_the_published_table(n_methods, quantile):
    """Table 5 (a) of Demšar (2006) has the quantiles."""
    expected = quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * 14))
    assert_allclose(critical_difference(n_methods, 14), expected, rtol=1e-3)


def test_cliques_are_the_largest_groups_within_the_difference():
    mean_ranks = np.array([1.0, 1.8, 2.5, 4.0, 4.1])
    assert find_cliques(mean_ranks, 1.0) == [(0, 1), (1, 2), (3, 4)]
    assert find_cliques(mean_ranks, 10.0) == [(0, 4)]
    assert find_cliques(mean_ranks, 0.05) == []

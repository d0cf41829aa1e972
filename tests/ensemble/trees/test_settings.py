import pytest

from sklearn_mtl.ensemble._trees._settings import (
    TreeSettings,
    count_features,
    count_rows,
)


@pytest.mark.parametrize(
    ("max_features", "expected"),
    [(None, 20), (3, 3), (0.5, 10), (0.01, 1), (1.0, 20), ("sqrt", 4), ("log2", 4)],
)
def test_count_features(max_features, expected):
    assert count_features(max_features, 20) == expected


@pytest.mark.parametrize(
    ("n_features", "expected"), [(1, 1), (20, 10), (64, 32), (500, 32), (10000, 100)]
)
def test_count_features_automatically(n_features, expected):
    assert count_features("auto", n_features) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [(5, 5), (0.1, 3), (0.11, 4), (1e-9, 2), (2, 2)]
)
def test_count_rows(limit, expected):
    assert count_rows(limit, 30, 2) == expected


@pytest.mark.parametrize(
    ("min_samples_leaf", "max_depth", "expected"),
    [(1, None, 199), (10, None, 19), (7, None, 27), (1, 3, 15), (60, 9, 1)],
)
def test_most_nodes(min_samples_leaf, max_depth, expected):
    settings = TreeSettings("best", 1, max_depth, 2, min_samples_leaf)
    assert settings.count_nodes(100) == expected

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_mtl.model_selection._pareto import pareto_front

VALUES = st.sampled_from([0.0, 0.25, 0.5, 1.0, -np.inf, np.inf, np.nan])
TABLES = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=VALUES
)


def brute_force(scores):
    def dominates(a, b):
        return all(x >= y for x, y in zip(a, b, strict=True)) and any(
            x > y for x, y in zip(a, b, strict=True)
        )

    return [
        not np.isnan(row).any() and not any(dominates(other, row) for other in scores)
        for row in scores
    ]


@settings(deadline=None)
@given(TABLES)
def test_is_what_nothing_dominates(scores):
    front = pareto_front(scores)
    assert front.dtype == bool
    assert front.tolist() == brute_force(scores)


@settings(deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order(scores, random):
    rows = random.sample(range(len(scores)), len(scores))
    columns = random.sample(range(scores.shape[1]), scores.shape[1])
    front = pareto_front(scores[rows][:, columns])
    np.testing.assert_array_equal(front, pareto_front(scores)[rows])


@pytest.mark.parametrize(
    ("scores", "front"),
    [
        ([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], [True, True, True]),
        ([[1.0, 0.0], [0.0, 1.0], [0.0, 0.5]], [True, True, False]),
        ([[1.0, 1.0], [1.0, 1.0], [1.0, 0.9]], [True, True, False]),
        ([[np.nan, 2.0], [0.0, 1.0]], [False, True]),
        ([[np.nan, np.nan]], [False]),
        ([[0.3], [0.5], [0.5]], [False, True, True]),
        (np.empty((0, 3)), []),
    ],
)
def test_examples(scores, front):
    assert pareto_front(np.asarray(scores)).tolist() == front


def test_a_shell_hides_what_is_inside():
    points = np.random.default_rng(0).normal(size=(2000, 5))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    shell = np.abs(points)
    assert pareto_front(shell).all()
    assert pareto_front(np.vstack([shell, 0.5 * shell]))[:2000].all()

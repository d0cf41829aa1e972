"""What the tests of the plots share."""

import numpy as np
import pytest


@pytest.fixture
def plt():
    """pyplot without a window; figures that a test has drawn are closed after it."""
    pytest.importorskip("matplotlib").use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    yield plt
    plt.close("all")


@pytest.fixture
def make_cv_results():
    """A function that makes the results of a search over task weights."""

    def make(weights, scores, stds=0.01, **others):
        """`weights` and `scores` are dicts of task to values over candidates."""
        tasks = list(scores)
        n_candidates = len(next(iter(scores.values())))
        params = [
            {
                "task_weights": {task: weights[task][c] for task in weights},
                **{name: values[c] for name, values in others.items()},
            }
            for c in range(n_candidates)
        ]
        results = {"params": params}
        for task in tasks:
            results[f"mean_test_{task}"] = np.asarray(scores[task], dtype=float)
            results[f"std_test_{task}"] = np.full(n_candidates, stds)
        results["mean_test_mean"] = np.mean([*scores.values()], axis=0)
        return results

    return make

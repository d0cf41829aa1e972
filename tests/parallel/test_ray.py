"""Searches and comparisons on two actors of Ray."""

import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_mtl._parallel import Workers
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.model_selection import compare_with_single_task
from tests.parallel.checks import assert_same_results
from tests.parallel.jobs import Counted, MortalAccuracy, MortalRidge, add, fail

ray = pytest.importorskip("ray", reason="ray is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    from ray.util.joblib import register_ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100 * 2**20,
        log_to_driver=False,
    )
    register_ray()
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def backend(cluster):
    with joblib.parallel_config("ray", n_jobs=2):
        yield


@pytest.fixture
def counted(monkeypatch):
    monkeypatch.setattr(Counted, "n_pickled", 0)
    return lambda X: np.array(X).view(Counted)


def test_jobs(counted):
    """Data are sent once, and an error of a job is raised."""
    jobs = [(number,) for number in range(6)]
    with Workers(counted(np.ones((200, 10))), None) as workers:
        assert list(workers.run(add, jobs)) == [1, 2, 3, 4, 5, 6]
        with pytest.raises(ValueError, match="job 3 of"):
            list(workers.run(fail, jobs))
    assert Counted.n_pickled == 1


def test_search(search, digits, searched, counted, tmp_path):
    """A worker is killed in the middle."""
    X, Y = digits
    mortal = clone(search).set_params(
        scoring=per_task_scorers(MortalAccuracy(tmp_path), 2)
    )
    found = mortal.fit(counted(X), Y).cv_results_
    assert (tmp_path / "killed").exists()
    assert_same_results(found, searched)
    assert Counted.n_pickled == 1


def test_comparison(net, digits, compared, counted):
    X, Y = digits
    found = compare_with_single_task(net, counted(X), Y, cv=2, random_state=0)
    for name, scores in compared.items():
        np.testing.assert_array_equal(found.scores_[name], scores)
    assert Counted.n_pickled == 1


def test_grid_search(digits, tmp_path):
    """scikit-learn does not ask Ray to do what a killed worker did."""
    X, y = digits[0][:100], digits[1][:100].astype(float)
    grid = {"alpha": [1.0, 2.0, 3.0, 4.0]}
    with joblib.parallel_config("sequential"):
        expected = GridSearchCV(MortalRidge(), grid, cv=2).fit(X, y).cv_results_
    retries = {"max_restarts": 1, "max_task_retries": 1}
    with joblib.parallel_config("ray", n_jobs=2, ray_remote_args=retries):
        search = GridSearchCV(MortalRidge(folder=tmp_path), grid, cv=2).fit(X, y)
    assert (tmp_path / "killed").exists()
    assert_same_results(search.cv_results_, expected)

"""Searches and comparisons on two processes of Dask."""

import logging
import sys
import time
import warnings
from contextlib import ExitStack

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from sklearn_mtl._parallel import Workers, run_jobs
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.model_selection import compare_estimators, compare_with_single_task
from sklearn_mtl.model_selection._search._progress import SearchProgress
from tests.parallel.checks import assert_same_results
from tests.parallel.jobs import (
    Counted,
    MortalAccuracy,
    MortalRidge,
    add,
    die,
    die_once,
    fail,
    work,
)

distributed = pytest.importorskip("distributed", reason="dask is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes")


def start_cluster(stack):
    """Return the client of a cluster that is closed with the stack."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    quiet = {"silence_logs": logging.CRITICAL, "memory_limit": None}
    cluster = stack.enter_context(distributed.LocalCluster(**options, **quiet))
    return stack.enter_context(distributed.Client(cluster))


@pytest.fixture(scope="module")
def clients():
    """A list of one client, and what closes it and its cluster."""
    with ExitStack() as stack:
        yield [start_cluster(stack)], stack


@pytest.fixture
def client(clients):
    current, stack = clients
    try:
        current[0].wait_for_workers(2, timeout=15)
    except TimeoutError:
        # Dask does not always start a worker again that was killed as it started.
        stack.close()
        current[0] = start_cluster(stack)
    return current[0]


@pytest.fixture(autouse=True)
def backend(client):
    with joblib.parallel_config("dask", client=client):
        yield


@pytest.fixture
def counted(monkeypatch):
    monkeypatch.setattr(Counted, "n_pickled", 0)
    return lambda X: np.array(X).view(Counted)


JOBS = [(number,) for number in range(6)]


class TestJobs:
    @pytest.mark.parametrize("ordered", [True, False])
    def test_data_are_sent_once(self, counted, ordered):
        X = counted(np.ones((200, 10)))
        with Workers(X, None, ordered=ordered) as workers:
            for _ in range(2):
                assert sorted(workers.run(work, JOBS)) == [1, 2, 3, 4, 5, 6]
        assert Counted.n_pickled == 1

    def test_data_are_let_go_of(self, client, counted):
        run_jobs(add, counted(np.ones((200, 10))), JOBS, None)
        deadline = time.monotonic() + 10
        while any(client.has_what().values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(client.has_what().values())

    def test_an_error_of_a_job(self):
        with pytest.raises(ValueError, match="job 3 of"):
            run_jobs(fail, np.ones((2, 2)), JOBS, None)

    def test_a_killed_worker(self, tmp_path):
        assert run_jobs(die_once, str(tmp_path), JOBS, None) == [0, 1, 2, 3, 4, 5]
        assert (tmp_path / "killed").exists()

    def test_a_job_that_dask_gives_up(self, client, monkeypatch):
        """joblib by itself waits for ever then."""
        monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
        with pytest.raises(distributed.KilledWorker):
            run_jobs(die, "", JOBS, None)
        client.wait_for_workers(1, timeout=30)
        assert run_jobs(add, np.zeros((1, 1)), JOBS, None) == [0, 1, 2, 3, 4, 5]

    def test_nobody_waits_for_results(self):
        with Workers(np.zeros((1, 1)), None) as workers:
            found = workers.run(work, JOBS)
            assert next(found) == 0
            with pytest.warns(UserWarning, match="not used|cancelled"):
                found.close()


class TestGridSearch:
    def test_same_results(self, client, net, digits, monkeypatch):
        X, Y = digits
        sent, scatter = [], client.scatter

        def note(data, **params):
            sent.append(data)
            return scatter(data, **params)

        grid = {"task_weights": [None, [3, 1], [1, 3]]}
        search = GridSearchCV(net, grid, cv=2, refit=False)
        with joblib.parallel_config("sequential"):
            expected = clone(search).fit(*digits).cv_results_
        monkeypatch.setattr(client, "scatter", note)
        assert_same_results(search.fit(X, Y).cv_results_, expected)
        assert sum(data is X for data in sent) == 1

    def test_a_killed_worker(self, digits, tmp_path):
        X, y = digits[0][:100], digits[1][:100].astype(float)
        grid = {"alpha": [1.0, 2.0, 3.0, 4.0]}
        expected = GridSearchCV(MortalRidge(), grid, cv=2).fit(X, y).cv_results_
        with joblib.parallel_config("dask", scatter=[X, y]):
            search = GridSearchCV(MortalRidge(folder=tmp_path), grid, cv=2).fit(X, y)
        assert (tmp_path / "killed").exists()
        assert_same_results(search.cv_results_, expected)


class TestTaskWeightSearch:
    def test_same_results(self, search, digits, searched, counted, capsys):
        X, Y = digits
        found = clone(search).set_params(verbose=1).fit(counted(X), Y).cv_results_
        assert_same_results(found, searched)
        assert Counted.n_pickled == 1
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(" fits")[0] for line in lines[1:]] == [
            "4 of 8",
            "8 of 8",
        ]

    def test_a_killed_worker(self, search, digits, searched, tmp_path):
        mortal = clone(search).set_params(
            scoring=per_task_scorers(MortalAccuracy(tmp_path), 2)
        )
        found = mortal.fit(*digits).cv_results_
        assert (tmp_path / "killed").exists()
        assert_same_results(found, searched)

    def test_ctrl_c(self, search, digits, searched, monkeypatch):
        """After the first of two jobs, which each have half of the candidates."""

        def interrupt(progress, n_fits, seconds):
            raise KeyboardInterrupt

        monkeypatch.setattr(SearchProgress, "advance", interrupt)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            results = clone(search).fit(*digits).cv_results_
        assert any("before 2 of 4 candidates" in str(w.message) for w in told)
        there = ~np.isnan(results["mean_test_mean"])
        assert there.tolist() == [True, False] * 2
        np.testing.assert_array_equal(
            results["mean_test_mean"][there], searched["mean_test_mean"][there]
        )

    def test_failed_candidates_are_results(self, search, digits):
        search = clone(search).set_params(param_grid={"lr": [0.1, -1.0]})
        with pytest.warns(FitFailedWarning, match="8 fits failed out of a total"):
            results = search.fit(*digits).cv_results_
        assert np.isnan(results["mean_test_mean"]).tolist() == [False, True] * 4


class TestComparison:
    def test_same_results(self, net, digits, compared, counted):
        X, Y = digits
        found = compare_with_single_task(net, counted(X), Y, cv=2, random_state=0)
        for name, scores in compared.items():
            np.testing.assert_array_equal(found.scores_[name], scores)
        assert Counted.n_pickled == 1

    def test_a_killed_worker(self, net, digits, compared, tmp_path):
        found = compare_with_single_task(
            net, *digits, cv=2, random_state=0, scoring=MortalAccuracy(tmp_path)
        )
        assert (tmp_path / "killed").exists()
        for name, scores in compared.items():
            np.testing.assert_array_equal(found.scores_[name], scores)

    def test_a_search_within(self, search, net, digits):
        """The workers hand the jobs of the search to the same cluster."""
        estimators = {"net": net, "tuned": clone(search).set_params(refit=True)}
        with joblib.parallel_config("sequential"):
            expected = compare_estimators(estimators, *digits, cv=2, random_state=0)
        found = compare_estimators(estimators, *digits, cv=2, random_state=0)
        for name, scores in expected.scores_.items():
            np.testing.assert_array_equal(found.scores_[name], scores)

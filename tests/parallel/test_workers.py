"""Jobs on one machine; those on clusters are in test_dask and test_ray."""

import threading

import joblib
import numpy as np
import pytest

from sklearn_mtl._parallel import Workers, run_jobs

BACKENDS = ["sequential", "threading", "loky"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_are_in_the_order_of_the_jobs(backend):
    def add(shared, number):
        return shared["base"] + number

    jobs = ((number,) for number in range(7))
    with joblib.parallel_config(backend):
        found = run_jobs(add, {"base": 10}, jobs, 2)
    assert found == list(range(10, 17))


@pytest.mark.parametrize("backend", BACKENDS)
def test_any_order(backend):
    with joblib.parallel_config(backend), Workers(1, 2, ordered=False) as workers:
        found = workers.run(lambda shared, x: shared + x, [(x,) for x in range(5)])
        assert sorted(found) == [1, 2, 3, 4, 5]


def test_results_come_as_soon_as_they_are_there():
    """The second job waits for what is done with the result of the first."""
    first_is_seen = threading.Event()

    def wait(shared, number):
        return number == 0 or first_is_seen.wait(10)

    with joblib.parallel_config("threading"), Workers(None, 2) as workers:
        found = workers.run(wait, [(0,), (1,)])
        assert next(found)
        first_is_seen.set()
        assert next(found)


def test_workers_are_used_again():
    with joblib.parallel_config("loky"), Workers(np.arange(3), 2) as workers:
        for k in range(2):
            found = workers.run(lambda shared, k: shared[k], [(k,), (k + 1,)])
            assert list(found) == [k, k + 1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_is_raised(backend):
    def fail(shared, number):
        if number == shared:
            raise ValueError("of a job")
        return number

    with joblib.parallel_config(backend), pytest.raises(ValueError, match="of a job"):
        run_jobs(fail, 3, [(number,) for number in range(5)], 2)


def test_verbose(capsys):
    run_jobs(lambda shared, number: number, None, [(1,)], None, verbose=1)
    assert "Done" in capsys.readouterr().err

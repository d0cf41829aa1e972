"""Small products run on one thread; the user's setting comes back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._threads import one_thread_if_small


@pytest.fixture
def _two_threads():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(n_threads)


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize(("n_parameters", "n_threads"), [(1000, 1), (10**9, 2)])
def test_only_small_steps_run_on_one_thread(n_parameters, n_threads):
    with one_thread_if_small(n_parameters, 128):
        assert torch.get_num_threads() == n_threads
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
def test_threads_come_back_after_an_error():
    with pytest.raises(RuntimeError), one_thread_if_small(10, 10):
        raise RuntimeError
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
def test_who_leaves_first_does_not_speed_up_the_others():
    """A worker of Dask may fit in several threads, which share the setting."""
    second_is_inside, first_has_left = threading.Event(), threading.Event()

    def stay():
        with one_thread_if_small(10, 10):
            second_is_inside.set()
            assert first_has_left.wait(10)
            # What a thread that starts now would have.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(torch.get_num_threads).result()

    with ThreadPoolExecutor(1) as pool:
        with one_thread_if_small(10, 10):
            within = pool.submit(stay)
            assert second_is_inside.wait(10)
        first_has_left.set()
        assert within.result() == 1
        assert pool.submit(torch.get_num_threads).result() == 2


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize("params", [{}, {"n_members": 2}, {"encoder": "conv"}], ids=str)
def test_fits_in_threads_are_those_of_one(params):
    """And what is global, the generators of torch and numpy, is left alone."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5)).astype(np.float32)
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    if "encoder" in params:
        X = rng.normal(size=(200, 8, 8)).astype(np.float32)
        X[:, :4] += Y[:, :1, np.newaxis]
    nets = [
        MultiTaskNetClassifier(
            (8,), max_epochs=3, dropout=0.2, random_state=seed, **params
        )
        for seed in range(6)
    ]
    expected = [clone(net).fit(X, Y).predict_proba(X) for net in nets]
    states = torch.get_rng_state(), check_random_state(None).get_state()[1]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda net: net.fit(X, Y).predict_proba(X), nets))
    np.testing.assert_array_equal(found, expected)
    torch.testing.assert_close(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(check_random_state(None).get_state()[1], states[1])

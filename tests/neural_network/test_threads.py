"""Small products run on one thread; the user's setting comes back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

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


# Several threads at once. The setting of torch is one of each thread; a new thread
# starts with what any other has set last.


def run_new_threads(*actions):
    """Run each action in a thread of its own, all at once, and return the answers."""
    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(action) for action in actions]
        return [future.result(timeout=60) for future in running]


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_a_thread_that_starts_during_a_small_step_is_not_left_with_one(small):
    def other():
        n_products = 10 if small else 10**9
        with one_thread_if_small(n_products, 10):
            within = torch.get_num_threads()
        return within, torch.get_num_threads()

    with one_thread_if_small(10, 10):
        (found,) = run_new_threads(other)
        assert torch.get_num_threads() == 1
    assert found == (1 if small else 2, 2)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_small_steps_that_overlap_leave_the_setting_of_the_user(first_to_leave):
    both_inside, first_left = Barrier(2), Event()

    def step(number):
        with one_thread_if_small(10, 10):
            both_inside.wait(timeout=60)
            if number != first_to_leave:
                first_left.wait(timeout=60)
                assert torch.get_num_threads() == 1
        if number == first_to_leave:
            first_left.set()
        return torch.get_num_threads()

    found = run_new_threads(lambda: step(0), lambda: step(1))
    assert found == [2, 2]
    # What is new starts with it, too.
    assert run_new_threads(torch.get_num_threads) == [2]


@pytest.mark.usefixtures("_two_threads")
def test_a_step_within_a_step_stays_on_one_thread():
    """Callbacks of a fit predict."""
    with one_thread_if_small(10, 10):
        with one_thread_if_small(10, 10):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
def test_many_threads_that_come_and_go():
    found = []

    def steps():
        for _ in range(20):
            with one_thread_if_small(10, 10):
                inside = torch.get_num_threads()
            found.append((inside, torch.get_num_threads()))

    for _ in range(5):
        threads = [Thread(target=steps) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(found) == {(1, 2)}
    assert len(found) == 5 * 8 * 20

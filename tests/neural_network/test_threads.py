"""Small products run on one thread; the user's setting comes back."""

import pytest
import torch

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

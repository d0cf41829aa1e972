"""Torch's global generator is given back to fits that drew from it, and no others."""

import torch

from sklearn_mtl.neural_network._checkpoints._global_draws import GlobalDraws


def test_nothing_is_kept_where_nothing_was_drawn():
    draws = GlobalDraws("cpu")
    state = draws.state_dict()
    assert state == {"states": None}
    before = torch.get_rng_state()
    draws.load_state_dict(state)
    assert torch.equal(torch.get_rng_state(), before)


def test_draws_go_on():
    with torch.random.fork_rng(devices=[]):
        draws = GlobalDraws("cpu")
        torch.rand(3)
        state = draws.state_dict()
        expected = torch.rand(3)
        torch.manual_seed(5)
        resumed = GlobalDraws("cpu")
        resumed.load_state_dict(state)
        assert torch.equal(torch.rand(3), expected)


def test_a_fit_that_drew_before_it_went_on_keeps_the_state():
    with torch.random.fork_rng(devices=[]):
        draws = GlobalDraws("cpu")
        torch.rand(3)
        resumed = GlobalDraws("cpu")
        resumed.load_state_dict(draws.state_dict())
        assert resumed.state_dict()["states"] is not None

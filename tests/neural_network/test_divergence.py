"""The guard goes back to the last weights that were good."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.neural_network._divergence import DivergenceError, DivergenceGuard


class Weight(nn.Module):
    """A module of one weight; one that is not finite breaks the second task."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def set(self, value):
        with torch.no_grad():
            self.weight.fill_(value)

    def find_broken(self):
        return np.array([False, not self.weight.isfinite()])


def guard_after(*weights):
    """Return a module and its guard after epochs that ended with these weights."""
    module = Weight()
    guard = DivergenceGuard(module, ["a", "b"], module.find_broken, epoch=0)
    for epoch, weight in enumerate(weights, start=1):
        module.set(weight)
        guard.keep(epoch)
    return module, guard


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ([], 0),
        ([1], 1),
        ([1, 2, 3], 3),
        # The losses of an epoch say nothing of the weights after its last step.
        ([torch.nan], 0),
        ([1, 2, torch.inf], 2),
    ],
)
def test_goes_back_to_the_last_good_weights(weights, kept):
    module, guard = guard_after(*weights)
    assert guard.kept_epoch == len(weights)
    module.set(torch.nan)
    guard.go_back(module.find_broken(), epoch=len(weights) + 1)
    assert module.weight == kept
    assert guard.kept_epoch == kept


@pytest.mark.parametrize(
    ("broken", "named"),
    [([False, True], "task 'b' became"), ([True, True], "task 'a', 'b' became")],
)
def test_the_error_names_the_tasks_and_the_epoch(broken, named):
    _, guard = guard_after(1)
    error = guard.go_back(np.array(broken), epoch=7)
    assert isinstance(error, DivergenceError)
    assert isinstance(error, ValueError)
    assert named in str(error)
    assert "in epoch 7" in str(error)

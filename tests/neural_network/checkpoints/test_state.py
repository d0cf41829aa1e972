"""What cannot be stored is an error that names the parameter, before training."""

import threading
from dataclasses import dataclass

import pytest
import torch

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.samplers import Uniform


@dataclass(repr=False, eq=False)
class Locked(GramianBalancer):
    """A balancer that holds on to what no file can hold."""

    def _start(self):
        self.lock_ = threading.Lock()

    def _weights(self, G, tasks):
        raise AssertionError("training has begun")


@dataclass(repr=False, eq=False)
class LockedSampler(Uniform):
    def _start(self):
        self.lock_ = threading.Lock()


class LockedSGD(torch.optim.SGD):
    def step(self, closure=None):
        loss = super().step(closure)
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["lock"] = threading.Lock()
        return loss


class LockedFunction:
    def __init__(self):
        self.lock = None

    def __call__(self, J):
        self.lock = self.lock or threading.Lock()
        return J.mean(0)

    def __deepcopy__(self, memo):
        return LockedFunction()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("balancer", Locked()),
        ("task_sampler", LockedSampler()),
        ("optimizer", LockedSGD),
    ],
    ids=["balancer", "task_sampler", "optimizer"],
)
def test_the_parameter_is_named(make_net, data, tmp_path, name, value):
    net = make_net(**{name: value}, checkpoint_dir=tmp_path)
    message = f"'{name}' parameter of MultiTaskNetClassifier .*lock_? is a lock"
    with pytest.raises(ValueError, match=message):
        net.fit(*data)
    assert not hasattr(net, "module_")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_stored_later_is_a_warning(make_net, data, tmp_path):
    net = make_net(balancer=LockedFunction(), checkpoint_dir=tmp_path)
    with pytest.warns(UserWarning, match="could not write a checkpoint") as caught:
        net.fit(*data)
    assert net.n_iter_ == 8
    assert len([w for w in caught if "checkpoint" in str(w.message)]) == 1


class HalfMean:
    """A function that remembers how often it was called."""

    def __init__(self):
        self.n_calls = 0

    def __call__(self, J):
        self.n_calls += 1
        return J.mean(0) * (1 + 1 / self.n_calls)


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": torch.optim.RMSprop},
        {"optimizer": torch.optim.LBFGS, "batch_size": 1000},
        {"balancer": HalfMean()},
    ],
    ids=["RMSprop", "LBFGS", "function"],
)
def test_what_users_bring_goes_on(
    make_net, data, tmp_path, fit_until, assert_same_fit, params
):
    whole = make_net(**params).fit(*data)
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    fit_until(net, *data, 4)
    assert_same_fit(net.fit(*data), whole)

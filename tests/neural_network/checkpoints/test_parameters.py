"""The parameters of checkpoints are checked before anything is read."""

import numpy as np
import pytest

from sklearn_mtl.neural_network._checkpoints import _parameters
from sklearn_mtl.neural_network._checkpoints._parameters import (
    Interval,
    check_parameters,
)


def test_epochs():
    interval = Interval(3, "Net")
    assert [e for e in range(1, 10) if interval.is_due(e)] == [3, 6, 9]


@pytest.mark.parametrize("every", ["2min", "2 min", "2.0min"])
def test_minutes(monkeypatch, every):
    now = [100.0]
    monkeypatch.setattr(_parameters, "monotonic", lambda: now[0])
    interval = Interval(every, "Net")
    due = []
    for epoch in range(1, 10):
        now[0] += 50
        if interval.is_due(epoch):
            due.append(epoch)
    assert due == [3, 6, 9]


@pytest.mark.parametrize("every", ["10", "min", "10s", "-1min", "ten min"])
def test_other_intervals_are_refused(make_net, every):
    with pytest.raises(
        ValueError, match=r"'checkpoint_every' parameter of Multi.*10min"
    ):
        check_parameters(make_net(checkpoint_every=every))


def test_going_on_takes_a_folder(make_net):
    with pytest.raises(ValueError, match=r"'checkpoint_dir' parameter .* got None"):
        check_parameters(make_net(resume=True))


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)], ids=["None", "rng"])
def test_a_fit_is_only_found_again_by_an_integer(make_net, tmp_path, seed):
    with pytest.raises(ValueError, match=r"'random_state' parameter .* an integer"):
        check_parameters(make_net(checkpoint_dir=tmp_path, random_state=seed))


def test_good_parameters_pass(make_net, tmp_path):
    check_parameters(make_net(checkpoint_dir=tmp_path, random_state=np.int64(0)))
    check_parameters(make_net(random_state=None))

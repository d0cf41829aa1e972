"""A fit that was cut off ends as if it had never been, bit by bit."""

import errno
import os
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import EarlyStopping, LRScheduler
from torch import nn

from sklearn_mtl.datasets import combine_inputs, make_multitask_regression
from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetRegressor
from sklearn_mtl.neural_network._engine import MultiTaskEngine
from sklearn_mtl.neural_network.augmentations import GaussianNoise, Mixup, RandomFlip
from sklearn_mtl.neural_network.balancers import BALANCERS, MGDA
from sklearn_mtl.neural_network.samplers import SAMPLERS


class NoisyEncoder(nn.Module):
    """Draws from torch's global generator."""

    out_features = 5

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, 5)

    def forward(self, X):
        return nn.functional.dropout(self.layer(X), 0.3, self.training)


def shift(X):
    return X + torch.rand(())


CASES = {
    **{
        name: {"preset": name, "max_epochs": 6} for name in ("plain", "default", "best")
    },
    "adam": {"optimizer": "adam", "dropout": 0.3},
    "sgd": {"optimizer": "sgd", "lr_schedule": "cosine", "average": True},
    "augment": {"augment": [GaussianNoise(), Mixup(), shift]},
    "best with a sampler": {"preset": "best", "task_sampler": "subset"},
    "stale weights": {"balancer": MGDA(update_weights_every=7)},
    "at parameters": {"balancer": "pcgrad", "gradient_level": "parameters"},
    "soft sharing": {"architecture": "soft_sharing"},
    "float64": {"precision": "float64"},
    "class weights": {"class_weight": "balanced"},
    "no early stopping": {"early_stopping": False},
    "StepLR": {"callbacks": [LRScheduler("StepLR", step_size=2, gamma=0.5)]},
    "plateau": {
        "callbacks": [
            LRScheduler("ReduceLROnPlateau", monitor="train_loss", patience=0)
        ]
    },
    **{f"sampler {name}": {"task_sampler": name} for name in SAMPLERS},
    **{f"balancer {name}": {"balancer": name} for name in BALANCERS},
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_weights(make_net, data, tmp_path, fit_until, assert_same_fit, case):
    params = CASES[case]
    whole = make_net(**params).fit(*data)
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    fit_until(net, *data, 1)
    # The first checkpoint is the start, or where the fit went on.
    fit_until(clone(net), *data, 4)
    torch.manual_seed(99)
    assert_same_fit(clone(net).fit(*data), whole)


@pytest.mark.parametrize("after", [-2, 0, 3])
def test_early_stopping_before_and_after_the_best_epoch(
    make_net, data, tmp_path, fit_until, assert_same_fit, after
):
    params = {"lr": 0.3, "n_iter_no_change": 6, "max_epochs": 60}
    whole = make_net(**params).fit(*data)
    assert 2 < whole.best_epoch_ < whole.n_iter_ < 60
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    # The first is of epoch 0.
    fit_until(net, *data, 1 + whole.best_epoch_ + after)
    assert_same_fit(net.fit(*data), whole)


def test_draws_from_the_global_generator(
    make_net, data, tmp_path, fit_until, assert_same_fit
):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        whole = make_net(encoder=NoisyEncoder).fit(*data)
        net = make_net(encoder=NoisyEncoder, checkpoint_dir=tmp_path, resume=True)
        torch.manual_seed(3)
        fit_until(net, *data, 3)
        torch.manual_seed(4)
        assert_same_fit(net.fit(*data), whole)


def test_the_global_generator_is_left_alone(make_net, data, tmp_path, fit_until):
    before = torch.get_rng_state()
    net = make_net(checkpoint_dir=tmp_path, resume=True)
    fit_until(net, *data, 3)
    net.fit(*data)
    assert torch.equal(torch.get_rng_state(), before)


def test_convolutions_with_batch_normalisation(
    make_net, data, tmp_path, fit_until, assert_same_fit
):
    images = np.random.RandomState(0).randn(120, 1, 8, 8).astype(np.float32)
    params = {"encoder": "conv", "augment": RandomFlip(), "max_epochs": 4}
    whole = make_net(**params).fit(images, data[1])
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    fit_until(net, images, data[1], 3)
    assert_same_fit(net.fit(images, data[1]), whole)


def test_several_inputs(make_net, data, tmp_path, fit_until, assert_same_fit):
    X = combine_inputs({"left": data[0][:, :2], "right": data[0][:, 2:]})
    params = {"encoder": {"left": None, "right": None}}
    whole = make_net(**params).fit(X, data[1])
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    fit_until(net, X, data[1], 3)
    assert_same_fit(net.fit(X, data[1]), whole)


@pytest.mark.parametrize("Net", [MultiTaskNetRegressor, MultiTaskNet])
def test_quantities(tmp_path, fit_until, assert_same_fit, Net):
    X, Y = make_multitask_regression(150, 5, n_tasks=3, random_state=0)
    params = {"max_epochs": 6, "random_state": 0, "balancer": "uncertainty"}
    whole = Net((8,), **params).fit(X, Y)
    net = Net((8,), **params, checkpoint_dir=tmp_path, resume=True)
    fit_until(net, X, Y, 4)
    assert_same_fit(net.fit(X, Y), whole)
    np.testing.assert_array_equal(net.predict(X), whole.predict(X))
    finished = clone(net).fit(X, Y)
    if Net is MultiTaskNetRegressor:
        np.testing.assert_array_equal(finished.noise_, whole.noise_)


def test_every_few_epochs(make_net, data, tmp_path, fit_until, assert_same_fit):
    params = {"checkpoint_dir": tmp_path, "checkpoint_every": 3, "resume": True}
    net = make_net(**params)
    fit_until(net, *data, 3)
    names = sorted(path.stem.partition("-")[2] for path in tmp_path.iterdir())
    assert [int(name) for name in names] == [3, 6]
    assert_same_fit(net.fit(*data), make_net().fit(*data))


def test_warm_start_goes_on(make_net, data, tmp_path, fit_until, assert_same_fit):
    def start(**params):
        net = make_net(warm_start=True, task_sampler="subset").fit(*data)
        return net.set_params(max_epochs=6, **params)

    whole = start().fit(*data)
    assert whole.n_iter_ > 8
    kept = {"checkpoint_dir": tmp_path, "resume": True}
    fit_until(start(**kept), *data, 3)
    assert_same_fit(start(**kept).fit(*data), whole)


def test_callbacks_go_on(make_net, data, tmp_path, fit_until, assert_same_fit):
    def params():
        stop = EarlyStopping("train_loss", patience=2, threshold=0.5, sink=lambda s: s)
        return {"callbacks": [stop], "max_epochs": 12}

    whole = make_net(**params()).fit(*data)
    assert whole.n_iter_ < 12
    kept = {"checkpoint_dir": tmp_path, "resume": True}
    fit_until(make_net(**params(), **kept), *data, 3)
    # A callback that stops training does so by Ctrl-C, which ends no fit for good.
    assert_same_fit(make_net(**params(), **kept).fit(*data), whole)


# What is there already


def test_a_finished_fit_is_not_trained_again(
    make_net, data, tmp_path, monkeypatch, assert_same_fit
):
    kept = {"checkpoint_dir": tmp_path, "resume": True, "lr": 0.3}
    first = make_net(**kept).fit(*data)
    with monkeypatch.context() as patch:
        patch.setattr(MultiTaskEngine, "train", None)
        second = make_net(**kept).fit(*data)
    assert_same_fit(second, first)
    assert_same_fit(second.partial_fit(*data), first.partial_fit(*data))


def test_without_resume_a_fit_starts_anew(make_net, data, tmp_path, assert_same_fit):
    net = make_net(checkpoint_dir=tmp_path)
    net.fit(*data)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert_same_fit(clone(net).fit(*data), make_net().fit(*data))
    again = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert written.keys() == again.keys()
    assert all(again[path] > written[path] for path in written)


def test_other_parameters_or_data_are_refused(make_net, data, tmp_path, fit_until):
    X, Y = data
    net = make_net(checkpoint_dir=tmp_path, resume=True)
    fit_until(net, X, Y, 3)
    with pytest.raises(ValueError, match=r"'resume' .* lr \('auto' there, 0.5 now\)"):
        clone(net).set_params(lr=0.5).fit(X, Y)
    with pytest.raises(ValueError, match="differs in the training rows"):
        clone(net).fit(X + 1, Y)
    with pytest.raises(ValueError, match=r"differs in .*the labels"):
        clone(net).fit(X, Y, sample_weight=np.arange(len(X)))
    assert not hasattr(clone(net), "module_")


def test_fits_may_share_a_folder(make_net, data, tmp_path, fit_until, assert_same_fit):
    first = make_net(checkpoint_dir=tmp_path, resume="auto")
    second = clone(first).set_params(lr=0.01)
    for n in (2, 2):
        fit_until(first, *data, n)
        fit_until(second, *data, n)
    assert_same_fit(first.fit(*data), make_net().fit(*data))
    assert_same_fit(second.fit(*data), make_net(lr=0.01).fit(*data))


def test_a_search_goes_on(make_net, data, tmp_path):
    X, Y = data[0], np.nan_to_num(data[1])
    net = make_net(max_epochs=2)
    grid = {"lr": [0.001, 0.01]}
    whole = GridSearchCV(net, grid, cv=2).fit(X, Y)
    net.set_params(checkpoint_dir=tmp_path, resume="auto")
    for _ in range(2):
        search = GridSearchCV(net, grid, cv=2).fit(X, Y)
        scores = search.cv_results_["mean_test_score"]
        np.testing.assert_array_equal(scores, whole.cv_results_["mean_test_score"])
    assert len({path.name.partition("-")[0] for path in tmp_path.iterdir()}) == 5


def test_candidates_that_are_trained_together_have_none(make_net, data, tmp_path):
    net = make_net(max_epochs=2)
    weights = [[1, 1, 1], [1, 2, 3]]
    whole = TaskWeightSearchCV(net, weights, cv=2).fit(*data)
    net.set_params(checkpoint_dir=tmp_path, resume=True)
    search = TaskWeightSearchCV(net, weights, cv=2).fit(*data)
    for name in (name for name in whole.cv_results_ if name.startswith("mean_test")):
        scores = search.cv_results_[name]
        np.testing.assert_array_equal(scores, whole.cv_results_[name])
    # Those of the best one on all rows.
    assert len(list(tmp_path.iterdir())) == 2


def test_partial_fit_and_transfer_write_none(make_net, data, tmp_path):
    net = make_net(checkpoint_dir=tmp_path, resume=True, max_epochs=2)
    net.partial_fit(np.nan_to_num(data[0]), np.nan_to_num(data[1]))
    net.transfer(data[0], np.arange(120) % 2)
    assert list(tmp_path.iterdir()) == []


# What goes wrong


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        content = content[: len(content) // 2]
    else:
        content[-5] ^= 16
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["truncated", "bit flipped"])
@pytest.mark.parametrize("finished", [False, True])
def test_the_one_before_stands_in_for_a_damaged_one(
    make_net, data, tmp_path, fit_until, assert_same_fit, how, finished
):
    net = make_net(checkpoint_dir=tmp_path, resume=True)
    if finished:
        net.fit(*data)
    else:
        fit_until(net, *data, 5)
    damage(max(tmp_path.iterdir()), how)
    message = r"cannot go on from .*\. Training goes on from the one after epoch \d"
    with pytest.warns(UserWarning, match=message):
        resumed = clone(net).fit(*data)
    assert_same_fit(resumed, make_net().fit(*data))


def test_training_starts_anew_if_all_are_damaged(
    make_net, data, tmp_path, fit_until, assert_same_fit
):
    net = make_net(checkpoint_dir=tmp_path, resume=True)
    fit_until(net, *data, 5)
    for path in tmp_path.iterdir():
        damage(path, "truncated")
    with pytest.warns(UserWarning, match="Training starts anew"):
        resumed = clone(net).fit(*data)
    assert_same_fit(resumed, make_net().fit(*data))


def test_a_folder_that_cannot_be(make_net, data, tmp_path):
    (tmp_path / "file").touch()
    net = make_net(checkpoint_dir=tmp_path / "file" / "folder")
    with pytest.raises(ValueError, match=r"'checkpoint_dir' .* written to"):
        net.fit(*data)
    assert not hasattr(net, "module_")


def fill_disk_after(monkeypatch, n):
    """Let the disk be full after so many files."""
    left = [2 * n]

    def fsync(handle):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_full_disk_is_an_error_before_training(make_net, data, tmp_path, monkeypatch):
    fill_disk_after(monkeypatch, 0)
    net = make_net(checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match=r"'checkpoint_dir' .* \(No space left"):
        net.fit(*data)
    assert not hasattr(net, "module_")
    assert list(tmp_path.iterdir()) == []


def test_training_goes_on_when_the_disk_gets_full(
    make_net, data, tmp_path, monkeypatch, assert_same_fit
):
    fill_disk_after(monkeypatch, 3)
    net = make_net(checkpoint_dir=tmp_path)
    with pytest.warns(UserWarning, match="could not write a checkpoint") as caught:
        net.fit(*data)
    assert len([w for w in caught if "checkpoint" in str(w.message)]) == 1
    whole = make_net().fit(*data)
    assert_same_fit(net, whole)
    monkeypatch.undo()
    assert max(tmp_path.iterdir()).stem.endswith("-00000002")
    assert_same_fit(clone(net).set_params(resume=True).fit(*data), whole)


def test_the_extra_is_named(make_net, data, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    monkeypatch.setitem(__import__("sys").modules, "safetensors.torch", None)
    net = make_net(checkpoint_dir=tmp_path)
    with pytest.raises(ImportError, match=r"sklearn-mtl\[saving\]"):
        net.fit(*data)


class CtrlC(nn.Module):
    """An encoder in whose n-th training batch Ctrl-C is pressed."""

    out_features = 5
    left = 0

    def __init__(self, n_features):
        super().__init__()

    def forward(self, X):
        CtrlC.left -= self.training
        if self.training and CtrlC.left == 0:
            raise KeyboardInterrupt
        return X


@pytest.mark.parametrize("early_stopping", [False, True])
def test_after_ctrl_c_the_net_is_usable_and_goes_on(
    make_net, data, tmp_path, assert_same_fit, early_stopping
):
    params = {"encoder": CtrlC, "early_stopping": early_stopping}
    whole = make_net(**params).fit(*data)
    CtrlC.left = 15
    net = make_net(**params, checkpoint_dir=tmp_path, resume=True)
    with pytest.warns(ConvergenceWarning, match="interrupted after epoch 3"):
        net.fit(*data)
    assert np.isfinite(net.predict_proba(data[0])).all()
    assert 0 < net.best_epoch_ <= net.n_iter_ == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resumed = clone(net).fit(*data)
    assert_same_fit(resumed, whole)

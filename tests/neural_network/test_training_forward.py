"""Compiled training: the same fit, decided by a trial that changes nothing."""

import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from torch import nn

from sklearn_mtl.datasets import combine_inputs, make_multitask_classification
from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import (
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
    _training_forward,
    load,
)
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.augmentations import Mixup

X, Y = make_multitask_classification(200, 6, n_tasks=3, random_state=0)
X = X.astype(np.float32)


@pytest.fixture
def graphs(monkeypatch):
    """The graphs that are compiled, by a compiler that leaves them as they are."""
    found = []

    def keep(graph, example):
        found.append(graph)
        return graph.forward

    torch.compiler.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=keep))
    yield found
    torch.compiler.reset()


@pytest.fixture
def worth(monkeypatch):
    """A function that sets how many seconds of training a trial is worth."""
    return partial(monkeypatch.setattr, _training_forward, "_WORTH")


@pytest.fixture
def timed(monkeypatch):
    """A function that lets passes of each kind take so many seconds."""

    def pretend(as_it_is, compiled):
        def time(self, forward, X):
            self._run(forward, X)
            return as_it_is if forward is self._net.module_ else compiled

        monkeypatch.setattr(_training_forward.TrainingForward, "_time", time)

    return pretend


def fit(cls=MultiTaskNetClassifier, X=X, Y=Y, **params):
    small = {"max_epochs": 3, "batch_size": 64, "random_state": 0, "device": "cpu"}
    return cls((16,), **{**small, **params}).fit(X, Y)


def check_same(one, other, rtol=0.0):
    for found, expected in zip(
        one.module_.parameters(), other.module_.parameters(), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=rtol, atol=rtol)


class Normalising(nn.Module):
    """An encoder with statistics, and dropout that draws from the global generator."""

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, 8)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.AlphaDropout(0.2)
        self.out_features = 8

    def forward(self, X):
        return self.drop(self.norm(self.layer(X)))


FRAME = pd.DataFrame(X[:, :2]).rename(columns=str)
FRAME["kind"] = pd.Categorical(np.where(X[:, 0] > 0, "a", "b"))
FRAME.iloc[::9, 1] = np.nan
IMAGES = np.random.RandomState(0).normal(size=(200, 1, 8, 8)).astype(np.float32)

FITS = {
    "gaps and categories": {"X": FRAME, "encoder": "periodic"},
    "images": {"X": IMAGES, "encoder": "conv"},
    "members and dropout": {},
    "several networks": {"preset": "best"},
    "plain": {"preset": "plain"},
    "mmoe": {"architecture": "mmoe", "dropout": 0.2},
    "losses": {"balancer": "uncertainty"},
    "looks back": {"balancer": "famo", "dropout": 0.2},
    "penalty": {"architecture": "soft_sharing", "preset": "plain"},
    "mixup": {"augment": Mixup()},
    "sampler": {"task_sampler": "temperature"},
    "normalises": {"encoder": Normalising, "preset": "plain"},
    "bfloat16": {"precision": "bf16-mixed"},
    "rows over": {"batch_size": 66},
}


@pytest.mark.parametrize("params", FITS.values(), ids=FITS)
def test_a_compiled_fit_is_the_same(params, graphs):
    torch.manual_seed(0)
    plain = fit(**params)
    torch.manual_seed(0)
    compiled = fit(compile=True, **params)
    assert compiled.compiled_ == {"is_compiled": True, "reason": "compile=True"}
    assert not plain.compiled_["is_compiled"]
    # One graph: neither dropout nor batches of other sizes make more.
    assert len(graphs) == 1
    check_same(compiled, plain, rtol=1e-5)
    assert [row["train_loss"] for row in compiled.history_] == pytest.approx(
        [row["train_loss"] for row in plain.history_], rel=1e-4
    )


def test_quantities(graphs):
    Z = np.column_stack([X[:, 0], X[:, 1] - X[:, 2]])
    compiled = fit(MultiTaskNetRegressor, Y=Z, compile=True)
    check_same(compiled, fit(MultiTaskNetRegressor, Y=Z), rtol=1e-5)
    assert len(graphs) == 1


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_architectures(architecture, graphs):
    params = {"architecture": architecture, "preset": "plain", "max_epochs": 1}
    check_same(fit(compile=True, **params), fit(**params), rtol=1e-4)
    assert len(graphs) == 1


def test_networks_of_one_kind_share_what_is_compiled(graphs):
    for seed in range(3):
        fit(compile=True, max_epochs=1, random_state=seed)
    assert len(graphs) == 1


def test_more_kinds_than_torch_compiles_of_one_function(graphs):
    for n_units in range(10, 22):
        net = MultiTaskNetClassifier((n_units,), preset="plain", max_epochs=1)
        net.set_params(compile=True, device="cpu").fit(X, Y)
    assert len(graphs) == 12


def test_the_net_is_as_without(graphs, tmp_path):
    pytest.importorskip("safetensors")
    plain, net = fit(), fit(compile=True)
    assert list(net.module_.state_dict()) == list(plain.module_.state_dict())
    assert vars(net.net_).keys() == vars(plain.net_).keys()
    net.save(tmp_path / "model")
    for again in (load(tmp_path / "model"), pickle.loads(pickle.dumps(net))):
        assert again.compiled_ == net.compiled_
        np.testing.assert_array_equal(again.predict(X), net.predict(X))
        again.set_params(warm_start=True).fit(X, Y)
    assert clone(net).compile is True
    assert net.transfer(X, Y[:, 0], name="new").predict(X).shape == (200, 4)


class Cramped(nn.Module):
    """An encoder with memory for 40 rows."""

    def __init__(self, n_features):
        super().__init__()
        self.out_features = n_features

    def forward(self, X):
        if len(X) > 40:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return X


@pytest.mark.filterwarnings("ignore:Memory of")
@pytest.mark.filterwarnings("ignore:The device has too little memory")
def test_parts_of_batches_are_compiled(graphs):
    params = {"encoder": Cramped, "dropout": 0.2, "batch_size": 60}
    compiled = fit(compile=True, **params)
    check_same(compiled, fit(**params), rtol=1e-5)
    assert compiled.compiled_["is_compiled"]
    assert len(graphs) == 1


def test_a_fit_that_was_finished_is_not_compiled_again(graphs, tmp_path):
    pytest.importorskip("safetensors")
    for _ in range(2):
        net = fit(compile=True, checkpoint_dir=tmp_path, resume="auto")
    assert net.compiled_ == {"is_compiled": False, "reason": "it took no steps now"}
    assert len(graphs) == 1


def test_partial_fit_compiles_too(graphs):
    net = MultiTaskNetClassifier((16,), random_state=0, compile=True, device="cpu")
    plain = clone(net).set_params(compile=False)
    for _ in range(2):
        net.partial_fit(X, Y)
        plain.partial_fit(X, Y)
    check_same(net, plain, rtol=1e-5)


# What cannot be compiled


INPUTS = combine_inputs({"a": X, "b": X[:, :2]})
OBSTACLES = {
    "balancer": ({"balancer": "mgda"}, "MGDA goes back through the network in parts"),
    "inputs": ({"X": INPUTS}, "the rows have named inputs"),
}


@pytest.mark.parametrize(("params", "reason"), OBSTACLES.values(), ids=OBSTACLES)
def test_obstacles(params, reason, graphs, worth):
    worth(0.0)
    expected = f"The 'compile' parameter of MultiTaskNetClassifier must .* .{reason}"
    with pytest.raises(ValueError, match=expected):
        fit(compile=True, **params)
    auto = fit(compile="auto", max_epochs=10, **params)
    assert reason in auto.compiled_["reason"]
    check_same(auto, fit(max_epochs=10, **params))
    assert not graphs


ERRORS = {
    "compiler": RuntimeError("No working C++ compiler found"),
    "python": RuntimeError("torch.compile is not supported on this Python"),
    "triton": ImportError("no triton"),
    "disk": OSError("no space left"),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_no_compiler(error, monkeypatch, worth):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(torch, "compile", fail)
    worth(0.0)
    with pytest.raises(
        ValueError, match=f"here .torch.compile fails: {re.escape(str(error))}"
    ):
        fit(compile=True)
    auto = fit(compile="auto", max_epochs=20)
    assert auto.compiled_ == {
        "is_compiled": False,
        "reason": f"torch.compile fails: {error}",
    }
    check_same(auto, fit(max_epochs=20))


def test_a_layer_that_drops_twice_in_a_pass(graphs):
    class Twice(nn.Module):
        def __init__(self, n_features):
            super().__init__()
            self.drop = nn.Dropout(0.2)
            self.out_features = n_features

        def forward(self, X):
            return self.drop(self.drop(X) + 1)

    with pytest.raises(ValueError, match="dropout is used twice"):
        fit(encoder=Twice, compile=True)


@pytest.mark.parametrize("wrong", ["yes", None, 2])
def test_other_values(wrong):
    with pytest.raises(ValueError, match="The 'compile' parameter"):
        fit(compile=wrong)


def test_members_of_a_search_are_not_compiled(graphs):
    net = MultiTaskNetClassifier((8,), preset="plain", max_epochs=1, random_state=0)
    net.set_params(compile=True, device="cpu")
    search = TaskWeightSearchCV(net, [[1, 1, 1], [2, 1, 1]], cv=2, refit=False)
    search.fit(X, Y)
    assert not graphs


# What "auto" decides


def test_auto_tries_nothing_in_a_short_fit(graphs):
    auto = fit(compile="auto", max_epochs=20)
    assert auto.compiled_["reason"].startswith("the rest of the fit was to take")
    assert not graphs
    check_same(auto, fit(max_epochs=20))


def test_a_fit_of_few_steps_is_not_even_timed(graphs, worth):
    worth(0.0)
    found = fit(compile="auto", max_epochs=2).compiled_
    assert found == {
        "is_compiled": False,
        "reason": "the fit took too few steps to tell",
    }
    assert not graphs


@pytest.mark.parametrize("params", FITS.values(), ids=FITS)
def test_a_trial_changes_nothing(params, graphs, worth, timed):
    """Where it is lost, the fit is that without it, bit by bit."""
    worth(0.0)
    timed(as_it_is=1e-3, compiled=2e-3)
    torch.manual_seed(0)
    params = {**params, "early_stopping": False}
    plain = fit(max_epochs=15, **params)
    drawn = torch.rand(3)
    torch.manual_seed(0)
    auto = fit(max_epochs=15, compile="auto", **params)
    assert auto.compiled_ == {
        "is_compiled": False,
        "reason": "forward and backward took 2.00 ms compiled, 1.00 ms as they are",
    }
    assert len(graphs) == 1
    assert torch.equal(torch.rand(3), drawn)
    check_same(auto, plain)
    for buffer, expected in zip(
        auto.module_.buffers(), plain.module_.buffers(), strict=True
    ):
        assert torch.equal(buffer, expected)
    states = zip(
        auto.net_.optimizer_.state.values(),
        plain.net_.optimizer_.state.values(),
        strict=True,
    )
    for found, expected in states:
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_trial_that_is_won(graphs, worth, timed, capsys):
    worth(0.0)
    timed(as_it_is=2e-3, compiled=1e-3)
    auto = fit(max_epochs=15, compile="auto", verbose=1)
    assert auto.compiled_["is_compiled"]
    assert "compiled: forward and backward took 1.00 ms" in capsys.readouterr().out
    check_same(auto, fit(max_epochs=15), rtol=1e-4)


def test_times_are_measured(graphs, worth):
    worth(0.0)
    auto = fit(max_epochs=15, compile="auto")
    assert "ms compiled" in auto.compiled_["reason"]


def test_a_gpu_gets_graphs_that_are_replayed(monkeypatch, graphs):
    """They need no GPU to be asked for."""
    asked = Counter()

    def compile_for_cpu(function, mode, dynamic):
        asked[mode] += 1
        return function

    from sklearn_mtl.neural_network import _compiled_forward

    monkeypatch.setattr(torch, "compile", compile_for_cpu)
    monkeypatch.setattr(_compiled_forward, "is_replayed", lambda X: True)
    monkeypatch.setattr(
        torch.compiler,
        "cudagraph_mark_step_begin",
        lambda: asked.update(["step"]),
    )
    check_same(fit(compile=True), fit())
    # Each pass of a whole batch, and the first one, which is a trial.
    assert asked == {"reduce-overhead": 1, "step": 1 + 3 * (180 // 64)}


def test_nothing_of_the_compiler_is_imported():
    code = (
        "import sys; import sklearn_mtl.neural_network; "
        "assert 'torch._dynamo' not in sys.modules; "
        "assert 'torch._inductor' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(
    "SKLEARN_MTL_COMPILE" not in os.environ, reason="takes a C++ compiler, and minutes"
)
@pytest.mark.filterwarnings("default::DeprecationWarning:torch")
@pytest.mark.parametrize("precision", ["float32", "bf16-mixed"])
def test_a_real_compiler(precision):
    torch.compiler.reset()
    rtol = 1e-3 if precision == "float32" else 0.05
    params = {"precision": precision, "dropout": 0.2, "balancer": "uncertainty"}
    compiled = fit(compile=True, **params)
    assert compiled.compiled_["is_compiled"]
    check_same(compiled, fit(**params), rtol=rtol)

"""Whatever a network does on the CPU, it does on another device, with the same result.

The device is a pretended one, which refuses what a GPU refuses: what a test finds is
that tensors of two devices met.
"""

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from torch import nn

from sklearn_mtl.datasets import (
    combine_inputs,
    combine_tasks,
    make_multitask_classification,
)
from sklearn_mtl.inspection import task_affinity, task_feature_importance
from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
    _on_device,
    _transfer,
    load,
)
from sklearn_mtl.neural_network._balancing import GRADIENT_LEVELS
from sklearn_mtl.neural_network._divergence import DivergenceError
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.augmentations import (
    FrequencyMask,
    GaussianNoise,
    Mixup,
    RandomCrop,
    RandomFlip,
    RandomShift,
    TimeMask,
)
from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.samplers import SAMPLERS

DEVICE = "meta"
N = 80
X, Y = make_multitask_classification(N, 6, n_tasks=3, random_state=0)
X = X.astype(np.float32)
Y_GAPS = Y.astype(float)
Y_GAPS[::5, 0] = np.nan
QUANTITIES = np.column_stack([X[:, 0] + X[:, 1], X[:, 0] - 2 * X[:, 2]])
MIXED = np.column_stack([Y[:, 0], QUANTITIES[:, 0]])
IMAGES = np.random.RandomState(0).normal(size=(N, 1, 8, 8)).astype(np.float32)
GAPS = X.copy()
GAPS[::7, 2] = np.nan
PLAIN = {"preset": "plain"}


def make(cls=MultiTaskNetClassifier, **params):
    small = {"max_epochs": 2, "batch_size": 32, "random_state": 0}
    # torch has no fused steps of optimizers for the pretended device.
    small["net_params"] = {"optimizer__fused": False}
    # With an index, the CPU has a generator for dropout as other devices have.
    return cls((16,), **{**small, "device": "cpu:0", **params})


def ask(net, X):
    found = [net.predict(X), net.transform(X)]
    if hasattr(net, "predict_proba"):
        found += [p for p in net.predict_proba(X) if p is not None]
    return found


def check_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            np.asarray(one, float), np.asarray(other, float), rtol=1e-5, atol=1e-6
        )


def check(on_device, X=X, Y=Y, cls=MultiTaskNetClassifier, **params):
    """A fit on the device is that on the CPU."""
    expected = make(cls, **params).fit(X, Y)
    answers = ask(expected, X)
    with on_device():
        net = make(cls, **{**params, "device": DEVICE}).fit(X, Y)
        assert {p.device.type for p in net.module_.parameters()} == {DEVICE}
        check_same(ask(net, X), answers)
    for row, other in zip(net.history_, expected.history_, strict=True):
        assert row.keys() == other.keys()
        assert row["train_loss"] == pytest.approx(other["train_loss"], rel=1e-4)


# The device itself


def test_the_device_refuses_what_a_gpu_refuses(on_device):
    with on_device():
        here, there = torch.ones(3), torch.ones(3, device=DEVICE)
        with pytest.raises(RuntimeError, match="on the same device"):
            here + there
        with pytest.raises(RuntimeError, match="on the same device"):
            there.index_select(0, torch.tensor([1]))
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        with pytest.raises(TypeError, match="numpy"):
            np.asarray(there)
        with pytest.raises(RuntimeError, match="generator of another device"):
            torch.rand(3, generator=torch.Generator(), device=DEVICE)


def test_the_device_computes(on_device):
    with on_device():
        there = torch.tensor([1.0, 2.0], device=DEVICE, requires_grad=True)
        (there[torch.tensor([1])] * 3.0 * torch.tensor(2.0)).sum().backward()
        assert there.grad.cpu().tolist() == [0.0, 6.0]
        assert there.grad.device.type == DEVICE
        assert there.detach().cpu().numpy().tolist() == [1.0, 2.0]


# Fits


@pytest.mark.parametrize("preset", ["default", "plain", "best"])
def test_presets(preset, on_device):
    check(on_device, preset=preset)


def test_missing_labels_and_class_weights(on_device):
    check(on_device, Y=Y_GAPS, class_weight="balanced", task_weights=[1, 2, 3])


@pytest.mark.parametrize("cls", [MultiTaskNetRegressor, MultiTaskNet])
def test_quantities(cls, on_device):
    check(on_device, cls=cls, Y=MIXED if cls is MultiTaskNet else QUANTITIES)


@pytest.mark.parametrize("balancer", sorted(BALANCERS))
def test_balancers(balancer, on_device):
    level = GRADIENT_LEVELS[sorted(BALANCERS).index(balancer) % 2]
    check(on_device, balancer=balancer, gradient_level=level, Y=Y_GAPS, **PLAIN)


@pytest.mark.filterwarnings("ignore:.*nothing to balance")
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_architectures(architecture, on_device):
    balancer = ("mgda", "pcgrad", None)[sorted(ARCHITECTURES).index(architecture) % 3]
    check(on_device, architecture=architecture, balancer=balancer, n_members=2)


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_samplers(sampler, on_device):
    check(on_device, task_sampler=sampler, Y=Y_GAPS, n_members=2, n_networks=2)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", torch.optim.RMSprop])
def test_optimizers(optimizer, on_device):
    fused = {} if isinstance(optimizer, str) else {"net_params": None}
    check(on_device, optimizer=optimizer, lr_schedule="cosine", average=True, **fused)


@pytest.mark.parametrize("encoder", ["periodic", "linear_relu", "piecewise_linear"])
def test_tables_with_gaps(encoder, on_device):
    check(on_device, X=GAPS, encoder=encoder)


def test_categories(on_device):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, :2]).rename(columns=str)
    frame["kind"] = pd.Categorical(np.where(X[:, 0] > 0, "a", "b"))
    check(on_device, X=frame)


def test_sparse_rows(on_device):
    check(on_device, X=sparse.csr_array(np.where(X > 0, X, 0)))


def test_rows_on_disk(on_device, tmp_path):
    np.save(tmp_path / "X.npy", X)
    check(on_device, X=np.load(tmp_path / "X.npy", mmap_mode="r"))


STREAMED = {
    "table": (X, None),
    "sparse": (sparse.csr_array(np.where(X > 0, X, 0)), None),
    "inputs": (
        combine_inputs({"a": X, "b": IMAGES}, present={"b": np.arange(N) % 3 > 0}),
        {"a": None, "b": "conv"},
    ),
}


@pytest.mark.parametrize(("rows", "encoder"), STREAMED.values(), ids=STREAMED)
def test_rows_that_the_device_has_no_memory_for(rows, encoder, on_device, monkeypatch):
    monkeypatch.setattr(_on_device, "find_free_bytes", lambda device: 0)
    check(on_device, X=rows, encoder=encoder, n_networks=2)


@pytest.mark.parametrize("n_networks", [1, 2])
def test_files_of_parquet(n_networks, on_device, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    from sklearn_mtl.datasets import ParquetTable

    frame = pd.DataFrame(X, columns=list("abcdef"))
    frame.to_parquet(tmp_path / "X.parquet", row_group_size=20)
    table = ParquetTable(tmp_path, memory_budget=3000)
    check(on_device, X=table, n_networks=n_networks)


@pytest.mark.parametrize(
    ("encoder", "augment"),
    [
        ("conv", [RandomCrop(1), RandomFlip(), RandomShift(1)]),
        ("spectrogram", [TimeMask(2), FrequencyMask(2)]),
    ],
    ids=["conv", "spectrogram"],
)
def test_images(encoder, augment, on_device):
    images = IMAGES if encoder == "conv" else IMAGES[:, 0]
    check(on_device, X=images, encoder=encoder, augment=augment)


@pytest.mark.parametrize(
    "augment",
    [Mixup(), GaussianNoise(0.1), lambda rows: rows + torch.rand_like(rows)],
    ids=["mixup", "noise", "function"],
)
def test_augmentations(augment, on_device):
    if callable(augment) and not isinstance(augment, GaussianNoise):
        # A global generator of the device is not pretended.
        def augment(rows, generator):
            return rows + torch.rand(
                rows.shape, generator=generator, device=rows.device
            )

    check(on_device, augment=augment, **PLAIN)


@pytest.mark.parametrize("balancer", [None, "cagrad"])
def test_named_inputs(balancer, on_device):
    inputs = combine_inputs(
        {"table": X, "image": IMAGES, "sparse": sparse.csr_array(X)},
        present={"image": np.arange(N) % 3 > 0},
    )
    encoder = {"table": None, "image": "conv", "sparse": None}
    augment = [{"image": RandomFlip()}, Mixup()]
    check(on_device, X=inputs, encoder=encoder, balancer=balancer, augment=augment)


def test_data_sets_of_their_own(on_device):
    inputs, labels = combine_tasks({"a": (X, Y[:, 0]), "b": (IMAGES, Y[:, 1])})
    check(on_device, X=inputs, Y=labels, encoder={"a": None, "b": "shared_conv"})


def test_an_encoder_with_statistics_and_dropout(on_device):
    def encoder(n_features):
        module = nn.Sequential(
            nn.Linear(n_features, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2)
        )
        module.out_features = 8
        return module

    check(on_device, encoder=encoder)


# More than a fit


def test_partial_fit_and_warm_start(on_device):
    nets = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            net = make(device=device).partial_fit(X[:40], Y[:40])
            net.partial_fit(X[40:], Y[40:])
            net.set_params(warm_start=True, batch_size=16).fit(X, Y)
            nets.append(ask(net, X))
    check_same(*nets)


@pytest.mark.parametrize("freeze", [True, False])
def test_transfer(freeze, on_device, monkeypatch):
    monkeypatch.setattr(_transfer, "_MIN_STEPS", 10)
    found = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            net = make(device=device).fit(X, Y)
            new = net.transfer(X, Y[:, 0], name="new", freeze=freeze)
            found.append(ask(new, X))
    check_same(*found)


def test_a_start_from_another_network(on_device):
    found = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            first = make(device=device).fit(X, Y)
            second = make(device=device, encoder_init=first, random_state=1)
            found.append(ask(second.fit(X, Y[:, :2]), X))
    check_same(*found)


def test_saved_on_the_device_and_loaded(on_device, tmp_path):
    pytest.importorskip("safetensors")
    with on_device():
        net = make(device=DEVICE, balancer="gradnorm").fit(X, Y)
        net.set_params(device="cpu").save(tmp_path / "model")
        expected = ask(net, X)
    again = load(tmp_path / "model")
    assert again.device_ == "cpu"
    check_same(ask(again, X), expected)


@pytest.mark.parametrize("balancer", [None, "moco"])
def test_checkpoints(balancer, on_device, tmp_path):
    pytest.importorskip("safetensors")
    with on_device():
        net = make(device=DEVICE, balancer=balancer, checkpoint_dir=tmp_path)
        expected = ask(clone(net).fit(X, Y), X)
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        again = clone(net).set_params(resume=True).fit(X, Y)
        check_same(ask(again, X), expected)
        # Without the end of the fit, it goes on from its last epoch.
        newest.unlink()
        again = clone(net).set_params(resume="auto").fit(X, Y)
        check_same(ask(again, X), expected)


def test_divergence(on_device):
    with on_device():
        net = make(device=DEVICE, optimizer="sgd", lr=1e30)
        with pytest.raises(DivergenceError):
            net.fit(X, Y)


@pytest.mark.parametrize("method", ["permutation", "integrated_gradients"])
def test_importances(method, on_device):
    found = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            net = make(device=device).fit(X, Y)
            result = task_feature_importance(net, X, Y, method=method, random_state=0)
            found.append([result.to_numpy()])
    check_same(*found)


@pytest.mark.parametrize("method", ["gradient", "transfer"])
def test_affinities(method, on_device):
    found = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            result = task_affinity(
                make(device=device), X, Y, method=method, random_state=0
            )
            found.append([result.to_numpy()])
    check_same(*found)


SEARCHES = {
    "mlp": PLAIN,
    "members": {},
    "vmap": {"architecture": "mmoe", **PLAIN},
    "losses": {"balancer": "uncertainty", **PLAIN},
    "gradients": {"balancer": "mgda", **PLAIN},
}


@pytest.mark.parametrize("params", SEARCHES.values(), ids=SEARCHES)
def test_searches(params, on_device):
    found = []
    for device in ("cpu:0", DEVICE):
        with on_device():
            net = make(device=device, **params)
            weights = [[1, 1, 1], [3, 1, 1]]
            search = TaskWeightSearchCV(net, weights, cv=2).fit(X, Y)
            found.append([search.cv_results_["mean_test_mean"], search.predict(X)])
    check_same(*found)

"""Several processes find what one finds; threads stand in for them here."""

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from numpy.testing import assert_allclose
from sklearn.base import clone

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._base import BaseMultiTaskNet
from sklearn_mtl.neural_network._processes import ONE_PROCESS
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.augmentations import Mixup
from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.encoders import ConvEncoder
from tests.neural_network.launched.threads import run_together
from tests.neural_network.launched.train_together import (
    fit_as_launched,
    make_cases,
    make_data,
    plain,
)


def fit_together(n, estimator, monkeypatch, data=None):
    """Return a clone for each of n ranks that trained together, and one alone."""
    X, Y = make_data() if data is None else data

    def fit(rank):
        together = clone(estimator).set_params(data_parallel=True)
        return together.fit(X, Y)

    return run_together(n, fit, monkeypatch), clone(estimator).fit(X, Y)


def assert_same_fit(found, expected, rtol=1e-8):
    assert found.n_iter_ == expected.n_iter_
    assert found.best_epoch_ == expected.best_epoch_
    for own, other in zip(found.history_, expected.history_, strict=True):
        assert own.keys() == other.keys()
        for name in own:
            assert_allclose(own[name], other[name], rtol=rtol, atol=1e-9, err_msg=name)
    for own, other in zip(
        found.module_.parameters(), expected.module_.parameters(), strict=True
    ):
        assert_allclose(own.detach(), other.detach(), rtol=1e-6, atol=1e-8)


def assert_identical(fits):
    """All ranks must go on from the same weights, bit by bit."""
    first = list(fits[0].module_.parameters())
    for other in fits[1:]:
        for one, own in zip(first, other.module_.parameters(), strict=True):
            assert torch.equal(one, own)
        assert fits[0].n_iter_ == other.n_iter_


class TestOneProcess:
    def test_has_all_rows_and_sums_nothing(self):
        tensor = torch.arange(3.0)
        assert ONE_PROCESS.is_main
        assert ONE_PROCESS.share(7, 2).is_whole
        assert ONE_PROCESS.sum(tensor) is tensor
        assert ONE_PROCESS.gather(tensor) == (tensor, 0)
        assert ONE_PROCESS.from_main(lambda: 5) == 5
        assert ONE_PROCESS.all_same(tensor)


@pytest.mark.filterwarnings("ignore:.*nothing to balance")
@pytest.mark.parametrize("name", make_cases())
def test_case_in_three_processes(name, monkeypatch):
    estimator = make_cases()[name].set_params(precision="float64")
    fits, alone = fit_together(3, estimator, monkeypatch)
    assert_identical(fits)
    assert_same_fit(fits[0], alone)


@pytest.mark.parametrize("balancer", sorted(BALANCERS))
def test_balancer_in_several_processes(balancer, monkeypatch):
    estimator = plain(balancer=balancer, precision="float64")
    fits, alone = fit_together(2, estimator, monkeypatch)
    assert_identical(fits)
    assert_same_fit(fits[0], alone, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:.*nothing to balance")
@pytest.mark.parametrize("balancer", [None, "cagrad", "dwa"])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_architecture_in_several_processes(architecture, balancer, monkeypatch):
    estimator = plain(
        architecture=architecture, balancer=balancer, precision="float64", max_epochs=2
    )
    fits, alone = fit_together(2, estimator, monkeypatch)
    assert_identical(fits)
    assert_same_fit(fits[0], alone)


class TestData:
    def test_named_inputs_that_rows_lack(self, monkeypatch):
        rng = np.random.default_rng(0)
        X, Y = make_data()
        has = rng.random(len(X)) < 0.4
        both = combine_inputs({"a": X[:, :4], "b": X[has, 4:]}, present={"b": has})
        estimator = MultiTaskNetClassifier(
            (8,),
            batch_size=8,
            max_epochs=2,
            precision="float64",
            random_state=0,
        )
        fits, alone = fit_together(3, estimator, monkeypatch, (both, Y[:, :2]))
        assert_identical(fits)
        assert_same_fit(fits[0], alone)

    def test_mixtures_of_rows_that_lie_in_other_processes(self, monkeypatch):
        X, Y = make_data()
        estimator = plain(augment=Mixup(alpha=1.0), precision="float64")
        fits, alone = fit_together(3, estimator, monkeypatch, (X, Y))
        assert_identical(fits)
        assert_same_fit(fits[0], alone)

    def test_arrays_on_disk(self, monkeypatch, tmp_path):
        X, Y = make_data()
        np.save(tmp_path / "X.npy", X)
        mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
        estimator = plain(precision="float64")
        fits, _ = fit_together(2, estimator, monkeypatch, (mapped, Y))
        assert_identical(fits)
        assert_same_fit(fits[0], estimator.fit(X, Y))

    @pytest.mark.parametrize("name", ["X", "y", "sample_weight"])
    def test_must_be_the_same(self, name, monkeypatch):
        X, Y = make_data()
        weights = np.ones(len(X))

        def fit(rank):
            given = {"X": X.copy(), "y": Y.copy(), "sample_weight": weights.copy()}
            given[name][0] += rank
            with pytest.raises(ValueError, match=f"'{name}' parameter.*the same in"):
                plain(data_parallel=True).fit(**given)
            return True

        assert run_together(2, fit, monkeypatch) == [True, True]

    def test_of_other_lengths(self, monkeypatch):
        X, Y = make_data()

        def fit(rank):
            with pytest.raises(ValueError, match="the same in all processes"):
                plain(data_parallel=True).fit(X[rank:], Y[rank:])
            return True

        assert run_together(2, fit, monkeypatch) == [True, True]


def test_batch_normalisation_is_refused(monkeypatch):
    class Encoder(torch.nn.Sequential):
        def __init__(self, n_features_in):
            super().__init__(torch.nn.BatchNorm1d(n_features_in))
            self.out_features = n_features_in

    def fit(rank):
        with pytest.raises(ValueError, match=r"data_parallel.*layer BatchNorm1d"):
            plain(encoder=Encoder, data_parallel=True).fit(*make_data())
        return True

    assert run_together(2, fit, monkeypatch) == [True, True]


def test_images_with_a_normalisation_of_groups(monkeypatch):
    X = make_data()[0].reshape(-1, 4, 2)
    encoder = ConvEncoder(channels=(4,), normalisation="group")
    estimator = plain(encoder=encoder, precision="float64", max_epochs=2)
    fits, alone = fit_together(2, estimator, monkeypatch, (X, make_data()[1]))
    assert_identical(fits)
    assert_same_fit(fits[0], alone)


def test_items_of_a_data_set_may_be_random(monkeypatch):
    X, Y = make_data()

    class Noisy(torch.utils.data.Dataset):
        def __init__(self, seed):
            self.generator = torch.Generator().manual_seed(seed)

        def __len__(self):
            return len(X)

        def __getitem__(self, row):
            return torch.from_numpy(X[row]) + torch.randn(8, generator=self.generator)

    fits = run_together(
        2,
        lambda rank: plain(data_parallel=True).fit(Noisy(rank), Y),
        monkeypatch,
    )
    assert_identical(fits)


@pytest.mark.skipif(not hasattr(BaseMultiTaskNet, "set_callbacks"), reason="new")
def test_a_callback_of_scikit_learn_stops_all(monkeypatch):
    X, Y = make_data()

    class StopAfter:
        """Asks for an end after the second epoch."""

        n_calls = 0

        def setup(self, estimator, context):
            """Nothing is to be set up."""

        def teardown(self, estimator, context):
            """Nothing is left."""

        def on_fit_task_begin(self, estimator, context):
            """Wait for the end of an epoch."""

        def on_fit_task_end(self, estimator, context):
            self.n_calls += 1
            return self.n_calls == 2

    def fit(rank):
        net = plain(max_epochs=9, data_parallel=True, early_stopping=False)
        callback = StopAfter()
        return net.set_callbacks(callback).fit(X, Y), callback.n_calls

    found = run_together(2, fit, monkeypatch)
    assert [net.n_iter_ for net, _ in found] == [2, 2]
    # The end of the fit is told too, by the main process alone.
    assert [n_calls for _, n_calls in found] == [3, 0]


def test_who_has_no_seed_takes_that_of_the_main_process(monkeypatch):
    X, Y = make_data()
    fits = run_together(
        3,
        lambda rank: plain(random_state=None, data_parallel=True).fit(X, Y),
        monkeypatch,
    )
    assert_identical(fits)


def test_only_the_main_process_prints(monkeypatch, capsys):
    X, Y = make_data()

    def fit(rank):
        return plain(verbose=1, data_parallel=True).fit(X, Y)

    fits = run_together(3, fit, monkeypatch)
    assert len(capsys.readouterr().out.splitlines()) == fits[0].n_iter_


def test_partial_fit(monkeypatch):
    X, Y = make_data()

    def fit(data_parallel):
        net = plain(precision="float64", data_parallel=data_parallel)
        for rows in (slice(0, 120), slice(120, None)):
            net.partial_fit(X[rows], Y[rows])
        return net

    fits = run_together(2, lambda rank: fit(True), monkeypatch)
    assert_identical(fits)
    assert_same_fit(fits[0], fit(False))


def test_a_loss_that_breaks_stops_all_of_them_at_once(monkeypatch):
    X, Y = make_data()
    X = X.copy()
    X[7, 0] = 1e30

    class Encoder(torch.nn.Identity):
        def __init__(self, n_features_in):
            super().__init__()
            self.out_features = n_features_in

        def forward(self, X):
            return (X * X) * X

    def fit(data_parallel):
        net = plain(encoder=Encoder, preprocess=False, data_parallel=data_parallel)
        with pytest.raises(ValueError, match="became NaN or infinite") as raised:
            net.fit(X, Y)
        return str(raised.value)

    messages = run_together(2, lambda rank: fit(True), monkeypatch)
    assert messages == [fit(False)] * 2


def test_an_interrupt_of_one_stops_all_of_them_after_one_step(monkeypatch):
    X, Y = make_data()

    def fit(rank):
        net = plain(data_parallel=True, early_stopping=False)
        run = net._prepare(X, Y)
        processes, n_steps = run.processes, 0
        sum_gradients = processes.sum_gradients

        def count_and_sum(parameters, loss):
            nonlocal n_steps
            n_steps += 1
            if rank == 1 and n_steps == 12:
                processes._take_note(2, None)
            return sum_gradients(parameters, loss)

        processes.sum_gradients = count_and_sum
        run.net.train(run.train, None, 50, [], processes=processes)
        return n_steps, run.net.interrupted, len(run.net.history)

    assert run_together(2, fit, monkeypatch) == [(12, True, 1)] * 2


def test_an_interrupt_after_the_last_step_keeps_the_weights_in_all(monkeypatch):
    X, Y = make_data()

    def fit(rank):
        net = plain(data_parallel=True, early_stopping=False)
        run = net._prepare(X, Y)
        processes = run.processes
        run_epoch = run.net.run_single_epoch

        def run_and_stop(*args, **kwargs):
            run_epoch(*args, **kwargs)
            if rank == 1 and len(run.net.history) == 3:
                processes._take_note(2, None)

        monkeypatch.setattr(run.net, "run_single_epoch", run_and_stop)
        run.net.train(run.train, None, 3, [], processes=processes)
        return run.net.interrupted, len(run.net.history)

    assert run_together(2, fit, monkeypatch) == [(True, 3)] * 2


class TestJobsOfJoblib:
    """The process of a job would wait for others, or meet the wrong ones."""

    message = r"'data_parallel'.* False where joblib"

    def test_in_threads(self, monkeypatch):
        monkeypatch.setenv("WORLD_SIZE", "2")
        net, (X, Y) = plain(data_parallel=True), make_data()
        with pytest.raises(ValueError, match=self.message):
            Parallel(2, backend="threading")(delayed(net.fit)(X, Y) for _ in "ab")

    def test_in_processes(self):
        net, data = plain(data_parallel=True), make_data()
        with pytest.raises(ValueError, match=self.message):
            Parallel(2, backend="loky")(
                delayed(fit_as_launched)(net, data) for _ in "ab"
            )

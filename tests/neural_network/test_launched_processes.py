"""What `torchrun` and `accelerate launch` start trains as one process does."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.neural_network.launched.train_together import (
    describe,
    fit_cases,
    lonely,
    make_cases,
    make_data,
)

pytest.importorskip("accelerate", reason="takes the extra 'accelerate'")

SCRIPT = Path(__file__).with_name("launched") / "train_together.py"
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node=2")
# On CPUs it would start a single process, or several through MPI; without GPUs these
# are as with torchrun.
ACCELERATE = (
    "accelerate.commands.launch",
    "--multi_gpu",
    "--num_processes=2",
    "--num_machines=1",
    "--main_process_port=0",
    "--mixed_precision=no",
    "--dynamo_backend=no",
)
# Others are tested with threads instead of processes.
NAMES = (
    "fixed weights",
    "uncertainty, representation",
    "mgda, representation",
    "mgda, parameters",
    "graddrop, representation",
    "default",
    "dropout",
    "sampled tasks",
    "stops early",
)


def launch(launcher, folder, names):
    """Return what each of two processes found, and what they printed."""
    command = [sys.executable, "-m", *launcher, str(SCRIPT), str(folder), *names]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [pickle.loads((folder / f"{rank}.pkl").read_bytes()) for rank in (0, 1)]
    return found, done.stdout


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    return launch(TORCHRUN, tmp_path_factory.mktemp("found"), NAMES)


@pytest.fixture(scope="module")
def alone():
    torch.set_num_threads(1)
    return fit_cases(NAMES, data_parallel=False)


def assert_same_losses(found, expected):
    assert len(found["history"]) == len(expected["history"])
    for row, other in zip(found["history"], expected["history"], strict=True):
        assert row.keys() == other.keys()
        for name in row:
            if "loss" in name:
                assert_allclose(row[name], other[name], atol=1e-5, err_msg=name)


def assert_identical(found, expected):
    assert found["history"] == pytest.approx(expected["history"], nan_ok=True, abs=0)
    for own, other in zip(found["weights"], expected["weights"], strict=True):
        assert_array_equal(own, other)


@pytest.mark.parametrize("name", NAMES)
def test_losses_are_those_of_one_process(name, together, alone):
    (first, second), _ = together
    assert_same_losses(first["fits"][name], alone[name])
    assert first["fits"][name]["best_epoch"] == alone[name]["best_epoch"]
    for own, other in zip(
        first["fits"][name]["weights"], second["fits"][name]["weights"], strict=True
    ):
        assert_array_equal(own, other)


def test_one_process_without_a_label_of_a_task(together):
    (first, second), _ = together
    X, Y = make_data()
    n_labels = np.isfinite(Y).sum(0)
    assert sorted([first["labels"][2], second["labels"][2]]) == [0, 2]
    assert_array_equal(np.add(first["labels"], second["labels"]), n_labels)
    assert_same_losses(first["lonely"], describe(lonely().fit(X, Y), X))


def test_only_the_main_process_prints(together):
    _, printed = together
    assert len([line for line in printed.splitlines() if "epoch" in line]) == 2


def test_only_the_main_process_writes(together):
    (first, second), _ = together
    assert first["stopped"]["n_saves"] > 0
    assert second["stopped"]["n_saves"] == 0


def test_an_interrupt_of_one_stops_both_in_the_same_epoch(together):
    found, _ = together
    stopped = [of_rank["stopped"] for of_rank in found]
    assert [each["n_done"] for each in stopped] == [3, 3]
    assert all(each["works"] for each in stopped)
    for of_rank in found:
        assert any("interrupted after epoch 3" in each for each in of_rank["warnings"])


def test_what_was_stopped_ends_in_the_same_weights(together):
    for of_rank in together[0]:
        stopped = of_rank["stopped"]
        for own, other in zip(
            stopped["resumed"]["weights"], stopped["whole"]["weights"], strict=True
        ):
            assert_array_equal(own, other)


def test_launched_by_accelerate(tmp_path, alone):
    names = NAMES[:3]
    (first, second), _ = launch(ACCELERATE, tmp_path, names)
    for name in names:
        assert_same_losses(first["fits"][name], alone[name])
        assert_same_losses(second["fits"][name], alone[name])


def test_cases_are_known():
    assert set(NAMES) <= set(make_cases())

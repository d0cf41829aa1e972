"""What benchmarks/bench_scaling.py counts, trains and writes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from torch.utils.flop_counter import FlopCounterMode

from benchmarks._scaling.by_hand import HandWritten
from benchmarks._scaling.cases import Case, count_flops, count_products, make_blocks
from benchmarks._scaling.growth import compare, fit_power, measure_growth
from benchmarks._scaling.machine import MemoryMeter, measure_peak
from benchmarks._scaling.measure import measure_case
from benchmarks._scaling.ours import epochs_timed, make_net
from benchmarks._scaling.stream import measure_stream
from benchmarks._scaling.sweeps import count_rounds, make_sweeps
from sklearn_mtl.neural_network._engine import MultiTaskEngine

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RESULTS = BENCHMARKS / "results"
SMALL = Case(n_rows=100, n_features=4, n_tasks=3, width=8, batch_size=32)


def run(script: str, *args: object) -> str:
    command = [sys.executable, BENCHMARKS / script, *args]
    done = subprocess.run(
        list(map(str, command)), check=True, capture_output=True, text=True
    )
    return done.stdout


sizes = st.integers(1, 20)


@settings(max_examples=10, deadline=None)
@given(n_features=sizes, width=sizes, n_tasks=sizes, n_rows=st.integers(2, 9))
def test_operations_are_those_that_torch_counts(n_features, width, n_tasks, n_rows):
    case = Case(n_rows, n_features, n_tasks, width, batch_size=n_rows)
    X, Y = make_blocks(case)(n_rows)
    with FlopCounterMode(display=False) as counter:
        HandWritten(case).train(X, Y)
    assert counter.get_total_flops() == count_flops(case) * n_rows


@settings(max_examples=10, deadline=None)
@given(n_features=sizes, width=sizes, n_tasks=sizes)
def test_prediction_takes_two_operations_for_each_product(n_features, width, n_tasks):
    case = Case(7, n_features, n_tasks, width)
    with FlopCounterMode(display=False) as counter:
        HandWritten(case).predict(make_blocks(case)(7)[0])
    assert counter.get_total_flops() == 2 * 7 * count_products(case)


@pytest.mark.parametrize("regression", [False, True])
def test_both_train_a_network_of_the_same_size(regression):
    case = replace(SMALL, regression=regression)
    net = make_net(case, "plain").fit(*make_blocks(case)(case.n_rows))
    by_hand = sum(p.numel() for p in HandWritten(case).net.parameters())
    assert net.net_.n_products_ == by_hand


@pytest.mark.parametrize("regression", [False, True])
def test_the_hand_written_loop_learns(regression):
    case = Case(2000, 5, 3, 64, batch_size=32, regression=regression)
    make = make_blocks(case)
    X, Y = make(case.n_rows)
    hand = HandWritten(case)
    for _ in range(10):
        hand.train(X, Y)
    X, Y = make(500)
    error = np.mean((hand.predict(X) - Y) ** 2) / np.var(Y)
    assert error < 0.2


def test_blocks_are_new_and_can_be_made_again():
    make, again = make_blocks(SMALL), make_blocks(SMALL)
    first, second = make(10)[0], make(10)[0]
    assert not np.array_equal(first, second)
    assert_array_equal(again(10)[0], first)


def test_only_epochs_are_timed():
    fit_loop = MultiTaskEngine.fit_loop
    with epochs_timed() as seconds:
        net = make_net(SMALL, "plain").fit(*make_blocks(SMALL)(100))
        net.partial_fit(*make_blocks(SMALL)(100))
    assert len(seconds) == 2
    assert min(seconds) > 0
    assert MultiTaskEngine.fit_loop is fit_loop


def test_the_peak_is_that_of_a_computer():
    assert 1e7 < measure_peak(1) < 1e15


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_memory_grows_by_what_is_used():
    memory = MemoryMeter()
    used = np.ones(10_000_000)
    assert memory.growth() == pytest.approx(used.nbytes / 1e6, rel=0.05)


def test_a_case_has_a_line_for_each_method():
    first, *others = measure_case(SMALL, 1, peak=1e9)
    assert [line["method"] for line in others] == ["default", "by hand", "roofline"]
    assert first["times_by_hand"] == pytest.approx(
        others[1]["rows_per_s"] / first["rows_per_s"]
    )
    assert others[2]["rows_per_s"] == 1e9 / count_flops(SMALL)


def test_a_stream_has_all_rows_once():
    ours, by_hand, roofline = measure_stream(SMALL, 40, peak=1e9)
    assert ours["rows"] == by_hand["rows"] == roofline["rows"] == 100
    assert ours["times_by_hand"] == pytest.approx(
        by_hand["rows_per_s"] / ours["rows_per_s"]
    )
    assert ours["setup_s"] > 0


def test_sweeps_change_one_number():
    sweeps = make_sweeps(1)
    assert {case.n_tasks for case in sweeps["tasks"]} >= {1, 10, 100, 1000}
    assert max(case.n_rows for case in sweeps["stream"]) == 10**8
    assert len({replace(case, width=1, n_rows=1) for case in sweeps["width"]}) == 1
    tenth = make_sweeps(0.1)["stream"]
    assert [case.n_rows for case in tenth] == [10**5, 10**6, 10**7]
    assert count_rounds(sweeps["rows"][0], 5) == 5
    assert count_rounds(sweeps["rows"][-1], 5) == 1


def test_powers_are_found():
    values = np.array([10.0, 100.0, 1000.0])
    assert_allclose(fit_power(values, 3 * values**1.5), 1.5)


@pytest.fixture
def lines():
    points = [(2**k, method) for k in range(5) for method in ("plain", "by hand")]
    table = pd.DataFrame(points, columns=["width", "method"])
    table["rows_per_s"] = 1e6 / table["width"] ** 2
    table["times_by_hand"] = np.where(table["method"] == "plain", 1.25, 1.0)
    roofline = table[table["method"] == "plain"].assign(method="roofline")
    return pd.concat([table, roofline]).assign(kind="binary")


def test_growth_is_a_power_of_the_number(lines):
    growth = measure_growth({"width": lines})
    assert growth.loc["width"].unique().tolist() == ["2.00"]


def test_a_table_compares_speeds(lines):
    table = compare(lines, "width")
    assert table.loc["1"].tolist() == ["1 000 000"] * 3 + ["1.25"]
    assert table.loc["16", "ours, rows/s"] == "3 910"


def test_the_script_runs_at_a_small_scale(tmp_path):
    options = ["--scale", "0.002", "--rounds", "1", "--sweeps", "batch_size"]
    printed = run("bench_scaling.py", *options, "--output", tmp_path)
    written = pd.read_csv(tmp_path / "scaling_batch_size.csv")
    assert "GFLOP/s" in printed
    assert written["batch_size"].nunique() == 10
    assert (written["rows_per_s"] > 0).all()


def test_the_page_shows_what_was_measured(tmp_path):
    """Its tables are those of the CSV files that are kept."""
    run("plot_scaling.py", "--output", tmp_path)
    tables = sorted(path.name for path in tmp_path.glob("*.rst"))
    assert tables == sorted(path.name for path in RESULTS.glob("scaling_*.rst"))
    for name in tables:
        assert (tmp_path / name).read_text() == (RESULTS / name).read_text()
    for name in ("speed", "rows", "predict"):
        assert (tmp_path / f"scaling_{name}.png").stat().st_size > 10_000

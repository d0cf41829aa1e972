import builtins
import pickle
from html.parser import HTMLParser

import numpy as np
import pytest

from sklearn_mtl.metrics import delta_m
from sklearn_mtl.model_selection import TaskComparison
from sklearn_mtl.model_selection._compare._task_result import compare_on_task


def make_comparison(n_tasks=3, challengers=("net",), metrics=None, seed=0, **options):
    """Tasks from hurt to helped; the last fold of the first task has no score."""
    rng = np.random.RandomState(seed)
    base = rng.uniform(0.6, 0.9, n_tasks) + 0.01 * rng.normal(size=(5, n_tasks))
    base[4, 0] = np.nan
    effect = np.linspace(-0.1, 0.1, n_tasks)
    scores = {"alone": base}
    for name in challengers:
        scores[name] = base + effect + 0.01 * rng.normal(size=base.shape)
    return TaskComparison(
        scores,
        task_names=[f"task {t} <b>" for t in range(n_tasks)],
        baseline="alone",
        n_train=np.full((5, n_tasks), 80),
        n_test=np.full((5, n_tasks), 20),
        metrics=metrics or ["accuracy"] * n_tasks,
        fit_time={name: np.full(5, 0.25) for name in scores},
        **options,
    )


@pytest.fixture
def comparison():
    return make_comparison()


@pytest.fixture
def without_package(monkeypatch):
    """A function that makes a package look as if it was not installed."""

    def hide(package):
        def find(name, *args, **kwargs):
            if name.partition(".")[0] == package:
                raise ImportError(name)
            return real(name, *args, **kwargs)

        real = builtins.__import__
        monkeypatch.setattr("importlib.import_module", find_module := find)
        monkeypatch.setattr("sklearn_mtl._validation.import_module", find_module)

    return hide


def test_summary_has_a_row_per_task(comparison):
    summary = comparison.summary()
    assert summary.index.tolist() == ["task 0 <b>", "task 1 <b>", "task 2 <b>"]
    assert summary.columns.tolist() == [
        "metric",
        "baseline_mean",
        "baseline_std",
        "mean",
        "std",
        "difference",
        "ci_low",
        "ci_high",
        "p_value",
        "n_folds",
        "verdict",
    ]
    assert summary["verdict"].tolist() == ["hurts", "no evidence", "helps"]
    assert summary["n_folds"].tolist() == [4, 5, 5]
    expected = compare_on_task(
        comparison.scores_["net"][:, 2],
        comparison.scores_["alone"][:, 2],
        np.full(5, 80),
        np.full(5, 20),
        0.95,
    )
    assert summary.iloc[2].tolist() == ["accuracy", *expected]


def test_summary_has_a_row_per_estimator_and_task():
    summary = make_comparison(challengers=("net", "forest")).summary()
    assert summary.index.names == ["estimator", "task"]
    assert summary.loc["forest", "verdict"].iloc[-1] == "helps"
    assert len(summary) == 6


def test_delta_m_is_of_the_folds_that_both_have(comparison):
    both = [slice(0, 4), slice(None), slice(None)]
    net, alone = (
        [comparison.scores_[name][rows, t].mean() for t, rows in enumerate(both)]
        for name in ("net", "alone")
    )
    assert comparison.delta_m_ == {"net": pytest.approx(delta_m(net, alone))}


@pytest.mark.parametrize("baseline", [0.0, np.nan])
def test_delta_m_is_nan_if_undefined(baseline):
    comparison = TaskComparison(
        {"alone": np.full((3, 1), baseline), "net": np.ones((3, 1))},
        task_names=["a"],
        baseline="alone",
        n_train=np.ones((3, 1)),
        n_test=np.ones((3, 1)),
        metrics=["r2"],
        fit_time={"alone": [1], "net": [1]},
    )
    assert np.isnan(comparison.delta_m_["net"])
    assert "nan" in str(comparison)


def test_text_is_an_aligned_table_without_pandas(comparison, without_package):
    without_package("pandas")
    lines = str(comparison).splitlines()
    assert lines[0].split() == (
        ["task", "metric", "alone", "net", "difference", "p", "folds", "verdict"]
    )
    column = lines[0].index("verdict")
    verdicts = [line[column:] for line in lines[1:4]]
    assert verdicts == ["hurts", "no evidence", "helps"]
    assert lines[4].startswith("net helps 1 and hurts 1 of 3 task(s), Δm ")
    assert lines[5] == "A fit takes 0.25 s, alone 0.25 s."
    assert repr(comparison) == str(comparison)


def test_text_of_many_tasks_is_cut_in_the_middle():
    lines = str(make_comparison(n_tasks=200)).splitlines()
    assert len(lines) == 63
    assert lines[1].startswith("task 0 ")
    assert lines[30].startswith("...")
    assert lines[60].startswith("task 199 ")


def test_html_is_well_formed_and_escaped():
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.cells = [], []

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            if self.open[-1:] == ["td"]:
                self.cells.append(data)

    reader = Reader()
    reader.feed(make_comparison(challengers=("net", "forest"))._repr_html_())
    assert not reader.open
    assert "task 0 <b>" in reader.cells
    assert len(reader.cells) == 2 * 3 * 8


def test_plot_shows_every_task(comparison):
    plt = pytest.importorskip("matplotlib.pyplot")
    ax = comparison.plot()
    ax.figure.canvas.draw()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == comparison.task_names_.tolist()
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "difference in accuracy, with 95% intervals"
    assert ax.get_title("left").startswith("net (Δm ")
    drawn = {tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2}
    intervals = comparison.summary()[["ci_low", "ci_high"]].to_numpy()
    assert {tuple(interval) for interval in intervals} <= drawn
    plt.close(ax.figure)


def test_plot_of_several_estimators_and_metrics():
    plt = pytest.importorskip("matplotlib.pyplot")
    comparison = make_comparison(
        n_tasks=2, challengers=("net", "forest"), metrics=["accuracy", "r2"]
    )
    _, ax = plt.subplots()
    assert comparison.plot(ax) is ax
    assert ax.get_xlabel().startswith("difference in score")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [name.split()[0] for name in names] == ["net", "forest"]
    plt.close(ax.figure)


def test_plot_of_a_task_without_a_score(comparison):
    plt = pytest.importorskip("matplotlib.pyplot")
    comparison.scores_["net"][:, 1] = np.nan
    again = TaskComparison(
        comparison.scores_,
        task_names=comparison.task_names_,
        baseline="alone",
        n_train=comparison.n_train_,
        n_test=comparison.n_test_,
        metrics=comparison.metrics_,
        fit_time=comparison.fit_time_,
    )
    ax = again.plot()
    ax.figure.canvas.draw()
    assert "no score" in [text.get_text() for text in ax.texts]
    plt.close(ax.figure)


@pytest.mark.parametrize(
    ("package", "extra", "method"),
    [("pandas", "pandas", "summary"), ("matplotlib", "plot", "plot")],
)
def test_missing_package_names_the_extra(
    comparison, without_package, package, extra, method
):
    without_package(package)
    message = rf'{method} needs {package}: pip install "sklearn-mtl\[{extra}\]"'
    with pytest.raises(ImportError, match=message):
        getattr(comparison, method)()


def test_pickle(comparison):
    again = pickle.loads(pickle.dumps(comparison))
    assert str(again) == str(comparison)


def test_size_of_models_is_told():
    comparison = make_comparison()
    assert comparison.model_size_ == {}
    sized = make_comparison(model_size={"alone": [1000.0] * 5, "net": [1500.0] * 5})
    assert str(sized).splitlines()[-1] == (
        "Fitted numbers of a model: 1,500, alone 1,000."
    )
    unknown = make_comparison(model_size={"alone": [np.nan] * 5, "net": [1500.0] * 5})
    assert str(unknown).splitlines()[-1] == (
        "Fitted numbers of a model: 1,500, alone an unknown number."
    )


def test_delta_m_has_an_interval(comparison):
    low, high = comparison.delta_m_interval_["net"]
    assert low < comparison.delta_m_["net"] < high
    assert f"[{low:+.1f}, {high:+.1f}] (95% intervals)" in str(comparison)
    assert f"[{low:+.1f}, {high:+.1f}]" in comparison._repr_html_()


def test_plot_is_the_display(comparison):
    plt = pytest.importorskip("matplotlib.pyplot")
    from sklearn_mtl.inspection import ComparisonDisplay

    ax = comparison.plot()
    display = ComparisonDisplay.from_comparison(comparison)
    assert ax.get_title("left") == display.ax_.get_title("left")
    plt.close(ax.figure)
    plt.close(display.figure_)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_sizes": [10, 80]}, "'train_sizes' .* together with curve_scores"),
        ({"curve_labels": np.ones((2, 5, 3))}, "'train_sizes' .* TaskComparison must"),
    ],
)
def test_learning_curve_is_complete_or_absent(options, message):
    with pytest.raises(ValueError, match=message):
        make_comparison(**options)


def test_baseline_must_be_there(comparison):
    with pytest.raises(ValueError, match=r"'baseline' .*\(did you mean 'alone'\?\)"):
        TaskComparison(
            comparison.scores_,
            task_names=comparison.task_names_,
            baseline="alnoe",
            n_train=comparison.n_train_,
            n_test=comparison.n_test_,
            metrics=comparison.metrics_,
            fit_time=comparison.fit_time_,
        )


def test_learning_curve_made_by_hand():
    rng = np.random.RandomState(0)
    few = {"alone": rng.uniform(size=(5, 3)), "net": rng.uniform(size=(5, 3))}
    whole = make_comparison()
    curve = {name: np.stack([few[name], whole.scores_[name]]) for name in few}
    comparison = make_comparison(
        train_sizes=[10, 80], curve_scores=curve, curve_labels=np.full((2, 5, 3), 7)
    )
    assert len(comparison.learning_curve()) == 2 * 3
    assert comparison.learning_curve()["n_labels"].tolist() == [7.0] * 6
    assert comparison.helps_up_to_["net"]["task 2 <b>"] == 80


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("scores", {"a": [[1.0]] * 3, "b": [[1.0]] * 2}, r"scores\['b'\]' .* of shape"),
        ("task_names", ["s", "t"], r"shape \(n_folds, n_tasks\)=\(3, 2\), got shape"),
        ("n_test", [4, 4, 4], r"'n_test' .* got shape \(3,\)"),
        ("fit_time", {"a": [1.0] * 3}, "'fit_time' parameter of TaskComparison"),
    ],
)
def test_parts_must_fit_together(part, value, message):
    parts = {
        "scores": {"a": [[1.0]] * 3, "b": [[2.0]] * 3},
        "task_names": ["t"],
        "baseline": "a",
        "n_train": [[8]] * 3,
        "n_test": [[4]] * 3,
        "metrics": ["r2"],
        "fit_time": {"a": [1.0] * 3, "b": [1.0] * 3},
    }
    assert TaskComparison(**parts).delta_m_ == {"b": 100.0}
    with pytest.raises(ValueError, match=message):
        TaskComparison(**parts | {part: value})

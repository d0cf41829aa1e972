import numpy as np
import pytest

from sklearn_mtl.inspection import ComparisonDisplay
from sklearn_mtl.model_selection import TaskComparison


@pytest.fixture
def comparison():
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.6, 0.9, 3) + 0.01 * rng.normal(size=(5, 3))
    change = np.array([-0.1, 0, 0.1]) + 0.01 * rng.normal(size=(5, 3))
    return TaskComparison(
        {"alone": scores, "joint": scores + change},
        task_names=["a", "b", "c"],
        baseline="alone",
        n_train=np.full((5, 3), 80),
        n_test=np.full((5, 3), 20),
        metrics=["accuracy"] * 3,
        fit_time={"alone": np.ones(5), "joint": np.ones(5)},
    )


def test_draws_the_differences(plt, comparison):
    display = ComparisonDisplay.from_comparison(comparison)
    summary = comparison.summary()
    assert display.figure_ is display.ax_.figure
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["a", "b", "c"]
    points = [line for line in display.ax_.lines if line.get_marker() == "o"]
    drawn = [line.get_xdata()[0] for line in points[:3]]
    np.testing.assert_allclose(drawn, summary["difference"])


def test_is_what_the_comparison_plots(plt, comparison):
    display = ComparisonDisplay.from_comparison(comparison)
    ax = comparison.plot()
    assert ax.get_title(loc="left") == display.ax_.get_title(loc="left")
    assert ax.get_xlabel() == display.ax_.get_xlabel()
    assert len(ax.lines) == len(display.ax_.lines)


def test_draws_results_that_are_given(plt, comparison):
    forest = comparison._forest()
    display = ComparisonDisplay(
        task_names=forest["tasks"], results=forest["results"], title="t", xlabel="x"
    ).plot()
    assert display.ax_.get_title(loc="left") == "t"
    assert display.ax_.get_xlabel() == "x"


def test_bad_input(plt):
    with pytest.raises(ValueError, match=r"must be a TaskComparison, .* got 3"):
        ComparisonDisplay.from_comparison(3)


def test_dollars_in_names_are_no_formulas(plt, comparison):
    display = ComparisonDisplay(
        task_names=["$a$ b $", "$\\frac{$", "price ($)"],
        results={"$x$ y $": next(iter(comparison._results.values()))},
        title="$x$ y $ against $z",
    ).plot()
    display.figure_.canvas.draw()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels[2] == r"price (\$)"


def test_the_middle_of_long_names_is_left_out(plt, comparison):
    results = comparison._forest()["results"]
    names = [f"{name}{'x' * 200}{name}" for name in "abc"]
    display = ComparisonDisplay(task_names=names, results=results).plot()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert [(label[0], len(label), label[-1]) for label in labels] == [
        ("a", 40, "a"), ("b", 40, "b"), ("c", 40, "c")
    ]  # fmt: skip


def test_a_legend_of_long_names_leaves_room_for_the_rows(plt, comparison):
    rows = next(iter(comparison._results.values()))
    names = [f"estimator number {e} (Δm -14.1 % [-85.2, +57.0])" for e in range(8)]
    display = ComparisonDisplay(
        task_names=["a", "b", "c"], results=dict.fromkeys(names, rows)
    ).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_window_extent().width / display.figure_.dpi > 2.5

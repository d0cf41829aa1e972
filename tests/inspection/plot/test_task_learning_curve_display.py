import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.inspection import TaskLearningCurveDisplay
from sklearn_mtl.model_selection import compare_estimators

pd = pytest.importorskip("pandas")


def make_curve(n_tasks=2, estimators=("joint",), sizes=(50, 100, 200)):
    """Joint learning helps with few labels, and hurts with many."""
    names = ["estimator", "train_size", "task"]
    tasks = [f"task{t}" for t in range(n_tasks)]
    index = pd.MultiIndex.from_product([estimators, sizes, tasks], names=names)
    rng = np.random.default_rng(0)
    verdicts = dict(zip(sizes, ["helps", "no evidence", "hurts"], strict=False))
    return pd.DataFrame(
        {
            "metric": "accuracy",
            "baseline_mean": rng.random(len(index)),
            "baseline_std": 0.1,
            "mean": rng.random(len(index)),
            "std": 0.2,
            "verdict": [verdicts[size] for size in index.get_level_values(1)],
        },
        index=index,
    )


@pytest.mark.parametrize("n_tasks", [1, 2, 3, 12])
@pytest.mark.parametrize("estimators", [["joint"], ["net", "forest", "linear"]])
def test_draws_both_sides_of_every_task(plt, n_tasks, estimators):
    curve = make_curve(n_tasks, estimators)
    display = TaskLearningCurveDisplay(learning_curve=curve, baseline="alone").plot()
    assert len(display.axes_) == n_tasks
    for t, lines in enumerate(display.lines_):
        assert display.axes_[t].get_title(loc="left") == f"task{t}"
        assert list(lines) == ["alone", *estimators]
        for name, line in lines.items():
            rows = curve.xs(f"task{t}", level="task").xs(
                estimators[0] if name == "alone" else name, level="estimator"
            )
            assert line.get_xdata().tolist() == [50, 100, 200]
            column = "baseline_mean" if name == "alone" else "mean"
            assert line.get_ydata().tolist() == rows[column].tolist()


def test_verdicts_are_marks_on_the_line(plt):
    curve = make_curve()
    display = TaskLearningCurveDisplay(learning_curve=curve).plot()
    marks = display.verdicts_[1]["joint"]
    assert [mark.get_marker() for mark in marks] == ["^", "o", "v"]
    line = display.lines_[1]["joint"]
    assert [m.get_ydata()[0] for m in marks] == line.get_ydata().tolist()
    texts = display.ax_.get_legend().get_texts()
    assert [text.get_text() for text in texts] == (
        ["baseline", "joint", "helps", "hurts", "no evidence"]
    )


def test_bands_are_standard_deviations(plt):
    display = TaskLearningCurveDisplay(learning_curve=make_curve()).plot()
    line, band = display.lines_[0]["joint"], display.bands_[0]["joint"]
    low, high = band.get_datalim(display.ax_.transData).intervaly
    assert low == pytest.approx(line.get_ydata().min() - 0.2)
    assert high == pytest.approx(line.get_ydata().max() + 0.2)


def test_sizes_far_apart_are_on_a_logarithmic_axis(plt):
    curve = make_curve(sizes=(10, 100, 1000))
    display = TaskLearningCurveDisplay(learning_curve=curve).plot()
    assert display.ax_.get_xscale() == "log"
    display = TaskLearningCurveDisplay(learning_curve=make_curve()).plot()
    assert display.ax_.get_xscale() == "linear"
    assert display.axes_[0].get_xlim() == display.axes_[1].get_xlim()


def test_ticks_are_at_sizes_that_are_apart(plt):
    curve = make_curve(sizes=(100, 700, 1000))
    (panel, _) = TaskLearningCurveDisplay(learning_curve=curve).plot().axes_
    labels = [label.get_text() for label in panel.get_xticklabels()]
    assert labels == ["100", "1000"]
    assert panel.get_xticks().tolist() == [100, 1000]


def test_scores_may_be_missing_and_sizes_one(plt):
    curve = make_curve(sizes=(50,))
    display = TaskLearningCurveDisplay(learning_curve=curve).plot()
    display.figure_.canvas.draw()
    curve = make_curve()
    curve.iloc[:2, 1:5] = np.nan
    display = TaskLearningCurveDisplay(learning_curve=curve).plot()
    display.figure_.canvas.draw()
    assert np.isnan(display.lines_[0]["joint"].get_ydata()[0])


def test_from_comparison(plt):
    class Comparison:
        train_sizes_ = np.array([50, 100, 200])
        baseline_ = "alone"

        def learning_curve(self):
            return make_curve()

    display = TaskLearningCurveDisplay.from_comparison(
        Comparison(), line_kw={"lw": 3}, fill_between_kw={"alpha": 0.5}
    )
    assert list(display.lines_[0]) == ["alone", "joint"]
    assert display.lines_[0]["joint"].get_linewidth() == 3
    assert display.bands_[0]["joint"].get_alpha() == 0.5


def test_takes_a_comparison_made_with_train_sizes(plt):
    X = np.random.default_rng(0).normal(size=(60, 3))
    Y = (X[:, :2] > 0).astype(int)
    tree = DecisionTreeClassifier(random_state=0)
    comparison = compare_estimators(
        {"stump": DecisionTreeClassifier(max_depth=1), "tree": tree},
        X,
        Y,
        baseline="tree",
        cv=3,
        train_sizes=[0.3, 0.6],
        random_state=0,
    )
    display = TaskLearningCurveDisplay.from_comparison(comparison)
    table = comparison.learning_curve().xs("stump")
    for task, lines in zip(["task0", "task1"], display.lines_, strict=True):
        rows = table.xs(task, level="task")
        assert lines["stump"].get_xdata().tolist() == rows.index.tolist()
        assert lines["stump"].get_ydata().tolist() == rows["mean"].tolist()
        assert lines["tree"].get_ydata().tolist() == rows["baseline_mean"].tolist()


def test_bad_input(plt):
    class Comparison:
        train_sizes_ = None

    with pytest.raises(ValueError, match=r"'comparison' .* made with train_sizes"):
        TaskLearningCurveDisplay.from_comparison(Comparison())
    with pytest.raises(ValueError, match=r"'learning_curve' .* indexed by estimator"):
        TaskLearningCurveDisplay(learning_curve=pd.DataFrame({"mean": [1]})).plot()


def test_dollars_in_names_are_no_formulas(plt):
    curve = make_curve(1, ["$x$ y $"]).rename(index={"task0": "$\\frac{$"})
    display = TaskLearningCurveDisplay(learning_curve=curve, baseline="$a$ $").plot()
    display.figure_.canvas.draw()
    assert display.axes_[0].get_title(loc="left") == r"\$\frac{\$"

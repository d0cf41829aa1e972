import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.inspection import TrainingCurveDisplay
from sklearn_mtl.neural_network import MultiTaskNetClassifier


def make_history(n_tasks, n_epochs=8, valid=True, weights_vary=True):
    """Task t ends with a loss of t + 1, and has the score of its loss times -1."""
    rows = []
    for e in range(n_epochs):
        row = {"epoch": e + 1, "train_loss": 1.0}
        for t in range(n_tasks):
            loss = (t + 1.0) * (n_epochs - e)
            for part in ["train", "valid"] if valid else ["train"]:
                row[f"{part}_loss_t{t}"] = loss
                row[f"{part}_score_t{t}"] = -loss
            row[f"weight_t{t}"] = (1 + weights_vary * e * t) / n_tasks
        rows.append(row)
    return rows


def column(history, name):
    return [row[name] for row in history]


@pytest.fixture(scope="module")
def data():
    X, Y = load_digits_tasks(return_X_y=True)
    return X[:150], Y[:150]


@pytest.fixture(scope="module")
def net(data):
    net = MultiTaskNetClassifier((8,), max_epochs=4, early_stopping=True)
    return net.set_params(random_state=0, balancer="uncertainty").fit(*data)


@pytest.mark.parametrize("kind", ["loss", "score"])
def test_draws_the_history_of_a_net(plt, net, kind):
    display = TrainingCurveDisplay.from_estimator(net, kind=kind)
    assert sorted(display.lines_) == ["train", "valid"]
    for part, lines in display.lines_.items():
        assert list(lines) == net.task_names_
        for task, line in lines.items():
            assert line.get_xdata().tolist() == [1, 2, 3, 4]
            expected = column(net.history_, f"{part}_{kind}_{task}")
            assert line.get_ydata().tolist() == expected
    for task, line in display.weight_lines_.items():
        assert line.get_ydata().tolist() == column(net.history_, f"weight_{task}")
    assert [panel.get_ylabel() for panel in display.axes_] == [kind, "weight"]
    assert [line.get_xdata()[0] for line in display.best_lines_] == (
        [net.best_epoch_] * 2
    )


def test_finds_the_net_in_a_search_over_a_pipeline(plt, data, net):
    search = GridSearchCV(
        make_pipeline(StandardScaler(), net),
        {"multitasknetclassifier__max_epochs": [2]},
        cv=[(np.arange(100), np.arange(100, 150))],
    ).fit(*data)
    display = TrainingCurveDisplay.from_estimator(search)
    assert len(display.lines_["valid"]["task0"].get_xdata()) == 2


def test_one_task_will_do(plt, data):
    X, Y = data
    net = MultiTaskNetClassifier((8,), max_epochs=2, early_stopping=False)
    display = TrainingCurveDisplay.from_estimator(net.fit(X, Y[:, 0]))
    assert list(display.lines_) == ["train"]
    assert display.ax_.get_ylabel() == "training loss"
    assert display.weight_lines_ == {}
    assert display.axes_.tolist() == [display.ax_]


@pytest.mark.parametrize("value", [0.5, np.nan, None])
def test_weights_that_do_not_change_are_not_drawn(plt, value):
    history = make_history(2)
    for row in history:
        row["weight_t0"] = row["weight_t1"] = value
    display = TrainingCurveDisplay(history=history).plot()
    assert display.weight_lines_ == {}
    assert len(display.figure_.axes) == 1


@pytest.mark.parametrize("n_tasks", [7, 12, 40])
def test_of_many_tasks_the_ends_are_in_colour(plt, n_tasks):
    history = make_history(n_tasks)
    display = TrainingCurveDisplay(history=history).plot()
    lines = display.lines_["valid"]
    assert len(lines) == n_tasks
    colored = [task for task, line in lines.items() if line.get_color() != "0.75"]
    assert colored == ["t0", "t1", f"t{n_tasks - 2}", f"t{n_tasks - 1}"]
    assert list(display.lines_["train"]) == colored
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == [*colored, "median of all tasks", "training"]
    medians = [
        line for line in display.ax_.lines if line.get_label() == "median of all tasks"
    ]
    expected = [np.median(np.arange(1, n_tasks + 1)) * e for e in range(8, 0, -1)]
    assert medians[0].get_ydata().tolist() == expected


def test_the_tasks_in_colour_can_be_chosen(plt):
    display = TrainingCurveDisplay(history=make_history(10)).plot(tasks=["t5", "t3"])
    assert list(display.lines_["train"]) == ["t5", "t3"]
    lines = display.lines_["valid"]
    assert lines["t5"].get_color() != lines["t3"].get_color() != "0.75"


def test_tasks_without_labels_to_score_leave_gaps(plt):
    history = make_history(9)
    for row in history:
        row["valid_loss_t4"] = np.nan
    history[0] = {n: np.nan if "valid" in n else v for n, v in history[0].items()}
    display = TrainingCurveDisplay(history=history).plot()
    assert np.isnan(display.lines_["valid"]["t4"].get_ydata()).all()


def test_wide_ranges_of_losses_are_on_a_logarithmic_axis(plt):
    assert TrainingCurveDisplay(history=make_history(2)).plot().ax_.get_yscale() == (
        "linear"
    )
    history = make_history(2, n_epochs=40)
    display = TrainingCurveDisplay(history=history)
    assert display.plot().ax_.get_yscale() == "log"
    assert display.plot(kind="score").ax_.get_yscale() == "linear"


def test_styles_are_those_given(plt):
    display = TrainingCurveDisplay(history=make_history(2), best_epoch=3)
    display.plot(line_kw={"lw": 4}, train_kw={"ls": "-."}, best_kw={"c": "red"})
    assert display.lines_["valid"]["t0"].get_linewidth() == 4
    assert display.lines_["train"]["t0"].get_linestyle() == "-."
    assert display.best_lines_[0].get_color() == "red"


def test_bad_input(plt):
    display = TrainingCurveDisplay(history=make_history(2))
    with pytest.raises(ValueError, match=r"'kind' .* got 'los' \(did you mean 'loss'"):
        display.plot(kind="los")
    with pytest.raises(
        ValueError, match=r"'tasks' .* of the tasks 't0', 't1', got 't9"
    ):
        display.plot(tasks=["t9"])
    losses = [
        {k: v for k, v in row.items() if "score" not in k} for row in display.history
    ]
    with pytest.raises(ValueError, match=r"'history' .* has a train_score_<task>"):
        TrainingCurveDisplay(history=losses).plot(kind="score")
    with pytest.raises(ValueError, match=r"'history' .* got no epoch"):
        TrainingCurveDisplay(history=[]).plot()
    with pytest.raises(ValueError, match=r"'estimator' .* got LinearRegression\(\)"):
        TrainingCurveDisplay.from_estimator(LinearRegression())

"""What all displays promise."""

import inspect

import numpy as np
import pytest

import sklearn_mtl.inspection
from sklearn_mtl.inspection import (
    ComparisonDisplay,
    ParetoFrontDisplay,
    TaskAffinityDisplay,
    TaskImportanceDisplay,
    TaskLearningCurveDisplay,
    TaskWeightDisplay,
    TrainingCurveDisplay,
)
from sklearn_mtl.model_selection._compare._task_result import TaskResult

ALL = [
    getattr(sklearn_mtl.inspection, name)
    for name in sklearn_mtl.inspection.__all__
    if name.endswith("Display")
]
RNG = np.random.default_rng(0)


def make_learning_curve():
    pd = pytest.importorskip("pandas")
    names = ["estimator", "train_size", "task"]
    index = pd.MultiIndex.from_product([["net"], [1, 2], ["a", "b"]], names=names)
    columns = ["baseline_mean", "baseline_std", "mean", "std"]
    frame = pd.DataFrame(RNG.random((4, 4)), index, columns)
    return frame.assign(verdict="helps")


def make_history():
    epoch = {"train_loss": 1, "train_loss_a": 1, "valid_loss_a": 1}
    return [{**epoch, "weight_a": 0.5}, {**epoch, "weight_a": 1.0}]


RESULT = TaskResult(0.7, 0.1, 0.8, 0.1, 0.1, 0.05, 0.15, 0.01, 5, "helps")
DATA = {
    ComparisonDisplay: lambda: {"task_names": ["a"], "results": {"net": [RESULT]}},
    ParetoFrontDisplay: lambda: {"scores": RNG.random((9, 3))},
    TaskAffinityDisplay: lambda: {"affinity": np.eye(3), "groups": [0, 0, 1]},
    TaskImportanceDisplay: lambda: {"importance": RNG.random((5, 3))},
    TaskLearningCurveDisplay: lambda: {"learning_curve": make_learning_curve()},
    TaskWeightDisplay: lambda: {
        "weights": RNG.random((9, 3)),
        "scores": RNG.random((9, 3)),
        "best": 0,
    },
    TrainingCurveDisplay: lambda: {"history": make_history(), "best_epoch": 2},
}
MANY_PANELS = [TaskLearningCurveDisplay, TaskWeightDisplay, TrainingCurveDisplay]

every = pytest.mark.parametrize("cls", ALL)


def test_all_are_tested():
    assert set(ALL) == set(DATA)


@every
def test_parameters_are_stored_as_they_came(cls):
    data = DATA[cls]()
    display = cls(**data)
    for name, value in data.items():
        assert getattr(display, name) is value
    parameters = list(inspect.signature(cls).parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
    assert not [name for name in vars(display) if name.endswith("_")]


@every
def test_from_takes_all_options_of_plot(cls):
    options = set(inspect.signature(cls.plot).parameters) - {"self"}
    makers = [name for name in vars(cls) if name.startswith("from_")]
    assert makers
    for maker in makers:
        assert options <= set(inspect.signature(getattr(cls, maker)).parameters)


@every
def test_plot_makes_a_figure_and_returns_the_display(plt, cls):
    display = cls(**DATA[cls]())
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    assert plt.get_fignums() == [display.figure_.number]
    display.figure_.canvas.draw()


@every
def test_plot_can_be_called_again(plt, cls):
    display = cls(**DATA[cls]())
    first, second = display.plot().figure_, display.plot().figure_
    assert first is not second
    assert len(first.axes) == len(second.axes)


@every
@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_axes_that_are_given_are_used_and_no_others(plt, cls, layout):
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5), layout=layout)
    right.plot([1, 2], [3, 4])
    right.set(title="mine", xlabel="x")
    figure.canvas.draw()
    before = right.get_position().bounds
    display = cls(**DATA[cls]()).plot(ax=left)
    assert display.ax_ is left
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()
    assert len(right.lines) == 1
    assert (right.get_title(), right.get_xlabel()) == ("mine", "x")
    if layout is None:
        assert right.get_position().bounds == before
        for ax in {*figure.axes} - {left, right}:
            assert ax.get_position().x1 < right.get_position().x0


@every
def test_axes_of_a_part_of_a_figure_will_do(plt, cls):
    figure = plt.figure(layout="constrained")
    part, other = figure.subfigures(1, 2)
    ax = part.subplots()
    display = cls(**DATA[cls]()).plot(ax=ax)
    figure.canvas.draw()
    assert display.figure_ is part
    assert other.axes == []


@pytest.mark.parametrize("cls", MANY_PANELS)
def test_panels_may_be_drawn_into_axes_of_ones_own(plt, cls):
    display = cls(**DATA[cls]())
    n_panels = len(display.plot().axes_)
    figure, axes = plt.subplots(1, n_panels)
    display.plot(ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    assert display.ax_ is axes[0]
    assert figure.axes == axes.tolist()
    _, axes = plt.subplots(1, n_panels + 1)
    with pytest.raises(ValueError, match=f"'ax' parameter of .* {n_panels} axes"):
        display.plot(ax=axes)


@pytest.mark.parametrize("cls", MANY_PANELS)
def test_panels_fit_into_axes_without_a_grid(plt, cls):
    figure = plt.figure()
    ax = figure.add_axes((0.1, 0.2, 0.5, 0.6))
    display = cls(**DATA[cls]()).plot(ax=ax)
    for panel in display.axes_:
        x0, y0, x1, y1 = panel.get_position().extents
        assert 0.1 - 1e-6 <= x0 < x1 <= 0.6 + 1e-6
        assert 0.2 - 1e-6 <= y0 < y1 <= 0.8 + 1e-6


@every
@pytest.mark.parametrize("style", ["dark_background", "ggplot", "classic"])
def test_any_style_will_do(plt, cls, style):
    with plt.style.context(style):
        display = cls(**DATA[cls]()).plot()
        display.figure_.canvas.draw()
    assert display.figure_.axes


@every
def test_without_matplotlib_says_what_to_install(cls, monkeypatch):
    def find(name, *args):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return __import__(name)

    monkeypatch.setattr("sklearn_mtl._validation.import_module", find)
    data = DATA[cls]()
    with pytest.raises(ImportError, match=r'pip install "sklearn-mtl\[plot\]"'):
        cls(**data).plot()

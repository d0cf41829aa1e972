import numpy as np
import pytest

from sklearn_mtl.inspection import TaskImportanceDisplay

IMPORTANCE = np.array([[0.0, 0.01, 0.0], [0.3, 0.2, 0.4], [0.01, 0.4, -0.1]])


def names_of(labels):
    return [label.get_text() for label in labels]


def test_the_cells_are_the_importances_of_the_greatest(plt):
    display = TaskImportanceDisplay.from_importance(IMPORTANCE, n_features=2)
    assert display.order_.tolist() == [1, 2]
    np.testing.assert_array_equal(display.image_.get_array(), IMPORTANCE[[1, 2]])
    assert names_of(display.ax_.get_yticklabels()) == ["x1", "x2"]
    assert names_of(display.ax_.get_xticklabels()) == ["task0", "task1", "task2"]
    assert display.text_[1, 2].get_text() == "−0.10"


def test_tasks_that_use_a_feature_are_counted(plt):
    display = TaskImportanceDisplay.from_importance(IMPORTANCE)
    assert display.n_used_by_.tolist() == [3, 1, 0]
    written = names_of(display.ax_.texts)
    assert written[-4:] == ["3", "1", "0", "used by, of 3"]


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_the_order_does_not_depend_on_the_unit_of_a_task(plt, scale):
    importance = np.random.default_rng(0).random((20, 3))
    order = TaskImportanceDisplay.from_importance(importance).order_
    assert len(order) == 15
    scaled = TaskImportanceDisplay.from_importance(importance * [1, scale, 1])
    assert scaled.order_.tolist() == order.tolist()


def test_names_come_from_a_data_frame(plt):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(IMPORTANCE, list("abc"), ["digit", "parity", "high"])
    display = TaskImportanceDisplay.from_importance(frame)
    assert names_of(display.ax_.get_yticklabels()) == ["b", "c", "a"]
    assert names_of(display.ax_.get_xticklabels()) == ["digit", "parity", "high"]


def test_many_tasks_have_no_values_written(plt):
    importance = np.ones((3, 40))
    assert TaskImportanceDisplay.from_importance(importance).text_ is None
    display = TaskImportanceDisplay.from_importance(importance, annotate=True)
    assert display.text_.shape == (3, 40)


def test_importances_may_be_unknown_or_all_negative(plt):
    importance = IMPORTANCE.copy()
    importance[:, 1] = np.nan
    display = TaskImportanceDisplay.from_importance(importance)
    assert display.n_used_by_.tolist() == [2, 0, 0]
    assert display.text_[0, 1] is None
    display = TaskImportanceDisplay.from_importance(-np.ones((2, 2)))
    assert display.image_.get_clim() == (-1, 1)
    TaskImportanceDisplay.from_importance(np.zeros((1, 1))).figure_.canvas.draw()


@pytest.mark.parametrize(
    ("importance", "options", "message"),
    [
        ([1, 2], {}, "a table of shape"),
        (IMPORTANCE, {"n_features": 0}, "'n_features' .* at least 1, got 0"),
        (IMPORTANCE, {"feature_names": ["a"]}, "'feature_names' .* length 3"),
        (IMPORTANCE, {"task_names": ["a"]}, "'task_names' .* length 3"),
    ],
)
def test_bad_input(plt, importance, options, message):
    with pytest.raises(ValueError, match=message):
        TaskImportanceDisplay.from_importance(importance, **options)

import numpy as np
import pytest

from sklearn_mtl.inspection import ParetoFrontDisplay
from sklearn_mtl.model_selection._pareto import pareto_front

SCORES = [[0.80, 0.93], [0.84, 0.92], [0.83, 0.88], [0.85, 0.90]]
WEIGHTS = [[1, 3], [1, 1], [2, 1], [3, 1]]


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def test_two_tasks_are_points_and_a_front(plt):
    display = ParetoFrontDisplay(
        scores=SCORES, weights=WEIGHTS, task_names=["a", "b"], best=3
    ).plot()
    assert display.scatter_.get_offsets().tolist() == SCORES
    np.testing.assert_allclose(display.scatter_.get_array(), [0.25, 0.5, 2 / 3, 0.75])
    assert display.front_.tolist() == [True, True, False, True]
    (line,) = display.lines_
    assert np.transpose(line.get_data()).tolist() == [SCORES[0], SCORES[1], SCORES[3]]
    assert np.ravel(display.best_.get_data()).tolist() == SCORES[3]
    assert np.ravel(display.equal_.get_data()).tolist() == SCORES[1]
    assert display.ax_.get_xlabel() == "score of a"
    assert display.ax_.get_ylabel() == "score of b"
    assert display.colorbar_.ax.get_ylabel() == "share of a"
    assert texts(display.ax_.get_legend()) == ["not dominated", "best", "equal weights"]


def test_weights_are_not_needed(plt):
    display = ParetoFrontDisplay(scores=SCORES).plot()
    assert display.colorbar_ is display.best_ is display.equal_ is None
    assert len(display.figure_.axes) == 1


@pytest.mark.parametrize("n_tasks", [3, 6, 12, 40])
def test_more_tasks_are_lines(plt, n_tasks):
    rng = np.random.default_rng(0)
    scores = rng.random((20, n_tasks))
    weights = rng.dirichlet(np.ones(n_tasks), 20)
    weights[4] = 1
    display = ParetoFrontDisplay(scores=scores, weights=weights, best=7).plot()
    assert display.scatter_ is None
    np.testing.assert_array_equal(display.front_, pareto_front(scores))
    heights = (scores - scores.min(0)) / np.ptp(scores, axis=0)
    assert len(display.lines_) == 20
    for line, height in zip(display.lines_, heights, strict=True):
        np.testing.assert_allclose(line.get_ydata(), height)
    np.testing.assert_allclose(display.best_.get_ydata(), heights[7])
    np.testing.assert_allclose(display.equal_.get_ydata(), heights[4])
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == [f"task{t}" for t in range(n_tasks)]


def test_the_dominated_are_grey(plt):
    scores = [[1, 2, 3], [3, 2, 1], [0, 1, 1], [0, 0, 0]]
    display = ParetoFrontDisplay(scores=scores).plot()
    colors = [line.get_color() for line in display.lines_]
    assert colors[2] == colors[3] == "0.75"
    assert "0.75" not in map(str, colors[:2])


def test_a_task_without_weight_does_not_flatten_the_others(plt):
    scores = [[0.80, 0.82], [0.81, 0.81], [0.82, 0.80], [0.83, 0.1]]
    weights = [[1, 3], [1, 1], [3, 1], [1, 0]]
    display = ParetoFrontDisplay(scores=scores, weights=weights).plot()
    low, high = display.ax_.get_ylim()
    assert 0.79 < low < high < 0.83
    assert "a task has no weight" in texts(display.ax_.get_legend())
    three = np.column_stack([scores, [0.5, 0.6, 0.7, 0.65]])
    weights = np.column_stack([weights, [1, 1, 1, 1]])
    display = ParetoFrontDisplay(scores=three, weights=weights).plot()
    np.testing.assert_allclose(display.lines_[1].get_ydata(), [1 / 3, 0.5, 0.5])


def test_candidates_with_nan_are_not_on_the_front(plt):
    scores = [[0.9, np.nan], [0.5, 0.6], [0.6, 0.5]]
    assert ParetoFrontDisplay(scores=scores).plot().front_.tolist() == [False, 1, 1]
    scores = np.column_stack([scores, [1, 1, 1]])
    display = ParetoFrontDisplay(scores=scores).plot()
    assert display.front_.tolist() == [False, True, True]
    # A task on which all are equal is in the middle.
    assert [line.get_ydata()[2] for line in display.lines_] == [0.5, 0.5, 0.5]


def test_one_candidate_will_do(plt):
    for n_tasks in (2, 3):
        scores = np.full((1, n_tasks), 0.7)
        display = ParetoFrontDisplay(scores=scores, weights=scores, best=0).plot()
        display.figure_.canvas.draw()
        assert display.front_.tolist() == [True]


def test_from_cv_results_keeps_all_candidates(plt, make_cv_results):
    weights = {"a": [1, 1, 3, 3], "b": [1, 1, 1, 1]}
    scores = {"a": [0.5, 0.6, 0.8, 0.7], "b": [0.9, 0.6, 0.3, 0.7]}
    results = make_cv_results(weights, scores, lr=[0.1, 0.01, 0.1, 0.01])
    display = ParetoFrontDisplay.from_cv_results(results, score_name="AUC")
    assert display.scatter_.get_offsets()[:, 0].tolist() == scores["a"]
    assert display.ax_.get_xlabel() == "AUC of a"
    # Of equal weights, the better one is marked.
    assert np.ravel(display.equal_.get_data()).tolist() == [0.5, 0.9]
    display = ParetoFrontDisplay.from_cv_results(results, params={"lr": 0.01})
    assert display.scatter_.get_offsets()[:, 0].tolist() == [0.6, 0.7]
    assert display.best == 1


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ([[0.5], [0.6]], None, "with at least two tasks, got shape"),
        ([0.5, 0.6], None, "with at least two tasks, got shape"),
        ([[0.5, np.nan]], None, "a candidate has a score on every task, got none"),
        ([[0.5, 0.6]], [[1, 2, 3]], "'weights' parameter .* of shape \\(1, 2\\)"),
        ([[0.5, 0.6]], [[0, 0]], "'weights' .* one above zero for every candidate"),
    ],
)
def test_bad_input(plt, scores, weights, message):
    with pytest.raises(ValueError, match=message):
        ParetoFrontDisplay(scores=scores, weights=weights).plot()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task_names": ["a"]}, "'task_names' .* must be 2 names, .* got 'a'"),
        ({"best": 3}, "'best' .* one of the 1 candidates, got 3"),
    ],
)
def test_names_and_the_best_must_be_of_the_scores(plt, options, message):
    with pytest.raises(ValueError, match=message):
        ParetoFrontDisplay(scores=[[0.5, 0.6]], **options).plot()


def test_one_task_has_no_front(plt, make_cv_results):
    results = make_cv_results({"a": [1, 2]}, {"a": [0.5, 0.6]})
    with pytest.raises(ValueError, match="at least two tasks"):
        ParetoFrontDisplay.from_cv_results(results)

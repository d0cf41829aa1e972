import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.inspection import TaskWeightDisplay
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.model_selection import MultiTaskKFold
from sklearn_mtl.neural_network import MultiTaskNetClassifier

TWO = {"a": [1, 2, 3], "b": [3, 2, 1]}
SCORES = {"a": [0.6, 0.7, 0.8], "b": [0.9, 0.85, 0.7]}


@pytest.fixture
def results(make_cv_results):
    return make_cv_results(TWO, SCORES)


def xy(line):
    return np.transpose(line.get_data()).tolist()


def test_two_tasks_share_a_panel(plt, results):
    display = TaskWeightDisplay.from_cv_results(results, score_name="accuracy")
    assert display.axes_.tolist() == [display.ax_]
    assert display.figure_ is display.ax_.figure
    ((a, b),) = display.lines_
    assert xy(a) == [[0.25, 0.6], [0.5, 0.7], [0.75, 0.8]]
    assert xy(b) == [[0.25, 0.9], [0.5, 0.85], [0.75, 0.7]]
    assert display.ax_.get_xlabel() == "share of a (the rest: b)"
    assert display.ax_.get_ylabel() == "accuracy"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["a", "b", "best"]


def test_the_best_is_marked(plt, results):
    display = TaskWeightDisplay.from_cv_results(results)
    (line,) = display.best_lines_
    assert display.best == 1
    assert set(line.get_xdata()) == {0.5}


def test_three_tasks_have_a_panel_each(plt, make_cv_results):
    weights = {"a": [2, 1, 1], "b": [1, 2, 1], "c": [1, 1, 2]}
    scores = {"a": [0.3, 0.2, 0.1], "b": [0.4, 0.6, 0.5], "c": [0.7, 0.8, 0.9]}
    results = make_cv_results(weights, scores)
    display = TaskWeightDisplay.from_cv_results(results)
    labels = [panel.get_xlabel() for panel in display.axes_]
    assert labels == ["share of a", "share of b", "share of c"]
    assert sorted(xy(display.points_[1][0])) == [[0.25, 0.1], [0.25, 0.3], [0.5, 0.2]]
    # The line is the mean of the candidates with the same share.
    np.testing.assert_allclose(xy(display.lines_[1][0]), [[0.25, 0.2], [0.5, 0.2]])


def test_of_many_tasks_a_panel_shows_its_own(plt):
    rng = np.random.default_rng(0)
    weights, scores = rng.random((50, 6)), rng.random((50, 6))
    display = TaskWeightDisplay(weights=weights, scores=scores).plot()
    assert len(display.axes_) == 6
    for t, (points,) in enumerate(display.points_):
        shares = weights[:, t] / weights.sum(axis=1)
        np.testing.assert_allclose(points.get_xdata(), shares)
        np.testing.assert_allclose(points.get_ydata(), scores[:, t])


def test_a_task_without_weight_does_not_count(plt, make_cv_results):
    weights = {"a": [0, 1, 2, 3], "b": [3, 2, 1, 0]}
    scores = {"a": [0.1, 0.80, 0.81, 0.82], "b": [0.9, 0.88, 0.87, 0.2]}
    display = TaskWeightDisplay.from_cv_results(make_cv_results(weights, scores))
    ((a, b),) = display.lines_
    assert a.get_ydata().tolist() == [0.80, 0.81, 0.82]
    assert b.get_ydata().tolist() == [0.9, 0.88, 0.87]
    low, high = display.ax_.get_ylim()
    assert 0.75 < low < 0.80
    assert 0.90 < high < 0.95
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[-1] == "no weight"


def test_weights_may_be_none_arrays_or_name_some_tasks(plt, results):
    weights = [None, np.array([3, 1]), {"b": 3}]
    results["params"] = [{"net__task_weights": w} for w in weights]
    display = TaskWeightDisplay.from_cv_results(results)
    np.testing.assert_allclose(display.weights[:, 0], [0.25, 0.5, 0.75])
    np.testing.assert_allclose(display.scores[:, 0], [0.8, 0.6, 0.7])


def test_failed_candidates_are_left_out(plt, results):
    for name in ("mean_test_a", "mean_test_b", "mean_test_mean"):
        results[name][2] = np.nan
    display = TaskWeightDisplay.from_cv_results(results)
    assert len(display.scores) == 2
    results["mean_test_a"][1] = np.nan
    display = TaskWeightDisplay.from_cv_results(results)
    assert [len(line.get_xdata()) for line in display.lines_[0]] == [1, 2]


def test_the_best_of_each_weighting_is_shown(plt, make_cv_results):
    weights = {"a": [1, 1, 3, 3], "b": [1, 1, 1, 1]}
    scores = {"a": [0.5, 0.6, 0.8, 0.7], "b": [0.5, 0.6, 0.8, 0.7]}
    results = make_cv_results(weights, scores, lr=[0.1, 0.01, 0.1, 0.01])
    display = TaskWeightDisplay.from_cv_results(results)
    assert display.scores[:, 0].tolist() == [0.6, 0.8]
    display = TaskWeightDisplay.from_cv_results(results, params={"lr": 0.01})
    assert display.scores[:, 0].tolist() == [0.6, 0.7]


def test_standard_deviations_are_drawn_if_asked_for(plt, results):
    assert TaskWeightDisplay.from_cv_results(results).errorbars_ == []
    display = TaskWeightDisplay.from_cv_results(results, std=True)
    (bars,) = display.errorbars_[0].lines[2]
    np.testing.assert_allclose(bars.get_segments()[0], [[0.25, 0.59], [0.25, 0.61]])


def test_styles_are_those_given(plt, results):
    display = TaskWeightDisplay.from_cv_results(
        results, line_kw={"c": "red", "lw": 5}, best_kw={"ls": "-"}
    )
    assert display.lines_[0][0].get_color() == "red"
    assert display.lines_[0][1].get_linewidth() == 5
    assert display.best_lines_[0].get_linestyle() == "-"


def test_takes_a_fitted_search(plt):
    X, Y = load_digits_tasks(return_X_y=True)
    X, Y = X[:120], Y[:120, :2]
    net = MultiTaskNetClassifier((8,), max_epochs=2, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), net),
        {"multitasknetclassifier__task_weights": [None, [1, 3], {"task0": 3}]},
        scoring=per_task_scorers("accuracy", 2),
        refit="task1",
        cv=MultiTaskKFold(2, random_state=0),
    ).fit(X, Y)
    display = TaskWeightDisplay.from_cv_results(search)
    assert display.weights[:, 0].tolist() == [0.25, 0.5, 0.75]
    order = [1, 0, 2]
    for t in range(2):
        scores = search.cv_results_[f"mean_test_task{t}"][order]
        np.testing.assert_array_equal(display.scores[:, t], scores)
    assert order[display.best] == search.best_index_


def test_a_fitted_search_knows_the_names_of_numbered_scores(plt, results):
    class Net:
        task_names_ = ["digit", "parity"]

    class Search:
        cv_results_ = {
            name.replace("_a", "_task0").replace("_b", "_task1"): values
            for name, values in results.items()
        }
        best_estimator_ = Net()
        best_index_ = 2

    weights = [{"digit": 1, "parity": 3}, {"parity": 1}, {"digit": 3}]
    Search.cv_results_["params"] = [{"task_weights": w} for w in weights]
    display = TaskWeightDisplay.from_cv_results(Search())
    assert display.task_names == ["digit", "parity"]
    assert display.best == 2


def test_a_data_frame_of_results_will_do(plt, results):
    pd = pytest.importorskip("pandas")
    display = TaskWeightDisplay.from_cv_results(pd.DataFrame(results))
    assert display.scores[:, 0].tolist() == SCORES["a"]


def without(results, *names):
    return {name: values for name, values in results.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda r: {**r, "params": [{"lr": 1}] * 3},
            {},
            "'param_task_weights'.*task_weight_grid.*the parameters 'lr'",
        ),
        (
            lambda r: {"params": r["params"], "mean_test_score": [1, 2, 3]},
            {},
            "'mean_test_<task>'.*per_task_scorers.*got 'mean_test_score'",
        ),
        (lambda r: without(r, "params"), {}, "a fitted search or its cv_results_"),
        (lambda r: 3, {}, "a fitted search or its cv_results_.*got 3"),
        (lambda r: r, {"task_names": ["a", "bb"]}, r"got 'bb' \(did you mean 'b'\?\)"),
        (lambda r: r, {"params": {"lr": 1}}, "'params' parameter.*got 'lr'"),
        (
            lambda r: (
                r
                | {"mean_test_mean": [np.nan] * 3, "mean_test_a": [np.nan] * 3}
                | {"mean_test_b": [np.nan] * 3}
            ),
            {},
            "in which a candidate has scores",
        ),
        (
            lambda r: {**r, "params": [{}, *r["params"][1:]]},
            {},
            "every candidate has the parameter 'task_weights'",
        ),
        (
            lambda r: {**r, "params": [{"task_weights": [1, 2, 3]}] * 3},
            {},
            "'task_weights' parameter of TaskWeightDisplay.from_cv_results .* length 2",
        ),
    ],
)
def test_bad_results(plt, results, change, options, message):
    with pytest.raises(ValueError, match=message):
        TaskWeightDisplay.from_cv_results(change(results), **options)


def test_shapes_must_fit(plt):
    display = TaskWeightDisplay(weights=[[1, 2]], scores=[[1, 2, 3]])
    with pytest.raises(ValueError, match="'weights' parameter of TaskWeightDisplay"):
        display.plot()
    display = TaskWeightDisplay(weights=[[1, 2]], scores=[[1, 2]])
    with pytest.raises(ValueError, match="no standard deviations"):
        display.plot(std=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [[0, 0]]}, "'weights' .* one above zero for every candidate"),
        ({"task_names": ["a"]}, "'task_names' .* must be 2 names, .* got 'a'"),
        ({"best": 3}, "'best' .* one of the 1 candidates, got 3"),
        (
            {"weights": np.ones((0, 2)), "scores": np.ones((0, 2))},
            "'scores' .* of at least one candidate, got none",
        ),
    ],
)
def test_parameters_must_fit(plt, change, message):
    display = TaskWeightDisplay(**{"weights": [[1, 2]], "scores": [[1, 2]], **change})
    with pytest.raises(ValueError, match=message):
        display.plot()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.inspection import TaskAffinityDisplay
from sklearn_mtl.inspection._plot._task_order import TaskTree, find_runs, read_groups


def make_affinity(n_tasks=6, n_groups=2, seed=0, symmetric=True):
    """Tasks t with the same t % n_groups are close."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n_tasks) % n_groups
    affinity = np.where(groups[:, np.newaxis] == groups, 0.6, -0.2)
    affinity += 0.05 * rng.normal(size=affinity.shape)
    if symmetric:
        affinity = (affinity + affinity.T) / 2
    np.fill_diagonal(affinity, 1)
    return affinity, groups


def names_of(labels):
    return [label.get_text() for label in labels]


@pytest.mark.parametrize(("n_tasks", "n_groups"), [(2, 1), (6, 2), (12, 3), (40, 4)])
def test_the_cells_are_the_affinities_in_order(plt, n_tasks, n_groups):
    affinity, groups = make_affinity(n_tasks, n_groups)
    display = TaskAffinityDisplay.from_affinity(affinity)
    order = display.order_
    assert sorted(order) == list(range(n_tasks))
    # Tasks that are close are together, whatever the order of the groups.
    assert np.sum(np.diff(groups[order]) != 0) == n_groups - 1
    shown = display.image_.get_array()
    off = ~np.eye(n_tasks, dtype=bool)
    np.testing.assert_array_equal(shown[off], affinity[np.ix_(order, order)][off])
    assert shown.mask.diagonal().all()
    names = [f"task{t}" for t in order]
    assert names_of(display.ax_.get_xticklabels()) == names
    assert names_of(display.ax_.get_yticklabels()) == names
    assert (display.text_ is not None) == (n_tasks <= 12)


def test_colours_are_centred_on_zero(plt):
    affinity = [[1, -0.4, 0.2], [-0.4, 1, 0.1], [0.2, 0.1, 1]]
    display = TaskAffinityDisplay.from_affinity(affinity)
    assert display.image_.get_clim() == (-0.4, 0.4)


def test_values_are_written_where_they_are(plt):
    affinity = np.array([[0.9, -0.4, 0.2], [-0.001, 0.8, 0.1], [0.2, np.nan, 0.7]])
    display = TaskAffinityDisplay.from_affinity(affinity, dendrogram=False)
    assert display.order_.tolist() == [0, 1, 2]
    written = [[text and text.get_text() for text in row] for row in display.text_]
    assert written == [
        ["0.90", "−0.40", "0.20"],
        ["0.00", "0.80", "0.10"],
        ["0.20", None, "0.70"],
    ]
    assert display.text_[0, 1].get_position() == (1, 0)
    assert display.dendrogram_ax_ is None


def test_only_asymmetric_affinities_have_a_direction(plt):
    display = TaskAffinityDisplay.from_affinity(make_affinity()[0])
    assert display.ax_.get_xlabel() == display.ax_.get_ylabel() == ""
    affinity, _ = make_affinity(symmetric=False)
    display = TaskAffinityDisplay.from_affinity(affinity)
    assert display.ax_.get_ylabel() == "from task"
    assert display.ax_.get_xlabel() == "to task"


@pytest.mark.parametrize(
    "groups",
    [
        [0, 0, 0, 1, 1, 1],
        list("aaabbb"),
        [[0, 1, 2], [3, 4, 5]],
        [["t0", "t1", "t2"], ["t3", "t4", "t5"]],
        np.kron(np.eye(2), np.ones((3, 3))).astype(bool),
    ],
)
def test_groups_are_kept_together_and_outlined(plt, groups):
    # By affinity, even tasks would be together.
    affinity, _ = make_affinity()
    names = [f"t{t}" for t in range(6)]
    display = TaskAffinityDisplay.from_affinity(
        affinity, groups=groups, task_names=names
    )
    assert sorted(display.order_[:3]) in ([0, 1, 2], [3, 4, 5])
    boxes = [box.get_bbox().bounds for box in display.outlines_]
    assert sorted(boxes) == [(-0.5, -0.5, 3, 3), (2.5, 2.5, 3, 3)]


def test_groups_may_overlap(plt):
    affinity = np.array([[1, 0.5, -0.3], [0.5, 1, 0.4], [-0.3, 0.4, 1]])
    display = TaskAffinityDisplay.from_affinity(affinity, groups=[[0, 1], [1, 2]])
    assert display.order_[1] == 1
    assert [box.get_width() for box in display.outlines_] == [2, 2]
    table = [[True, True, False], [True, True, True], [False, True, True]]
    display = TaskAffinityDisplay.from_affinity(affinity, groups=np.array(table))
    assert sorted(box.get_width() for box in display.outlines_) == [2, 2, 3]


def test_names_come_from_a_data_frame(plt):
    pd = pytest.importorskip("pandas")
    names = ["digit", "parity", "x" * 50]
    affinity = pd.DataFrame(make_affinity(3)[0], index=names, columns=names)
    display = TaskAffinityDisplay.from_affinity(affinity, dendrogram=False)
    shown = names_of(display.ax_.get_yticklabels())
    assert shown[:2] == names[:2]
    assert len(shown[2]) == 24


def test_one_task_will_do(plt):
    display = TaskAffinityDisplay.from_affinity([[0.3]])
    assert display.dendrogram_ax_ is None
    assert names_of(display.ax_.get_yticklabels()) == ["task0"]


def test_affinities_may_be_unknown(plt):
    display = TaskAffinityDisplay.from_affinity(np.full((4, 4), np.nan))
    display.figure_.canvas.draw()
    assert sorted(display.order_) == [0, 1, 2, 3]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_any_groups_are_together_in_the_tree(data):
    n_tasks = data.draw(st.integers(2, 9))
    shape = (n_tasks, n_tasks)
    numbers = st.floats(-1, 1, width=16) | st.just(np.nan)
    affinity = data.draw(hnp.arrays(np.float64, shape, elements=numbers))
    labels = data.draw(hnp.arrays(np.int64, n_tasks, elements=st.integers(0, 3)))
    groups = read_groups(labels, [f"t{t}" for t in range(n_tasks)], "Test")
    order = TaskTree(affinity, groups).order
    assert sorted(order) == list(range(n_tasks))
    for group in groups:
        assert [n for _, n in find_runs(np.isin(order, group))] == [len(group)]


def test_leaves_of_the_tree_are_at_the_tasks():
    affinity, _ = make_affinity(8, 2)
    tree = TaskTree(affinity, [])
    branches = list(tree.branches())
    assert len(branches) == 7
    leaves = {x for xs, ys in branches for x, y in zip(xs, ys, strict=True) if y == 0}
    assert leaves == set(range(8))


@pytest.mark.parametrize(
    ("affinity", "options", "message"),
    [
        ([[1, 2]], {}, "a square matrix .* got shape \\(1, 2\\)"),
        (np.empty((0, 0)), {}, "a square matrix"),
        (np.eye(2), {"task_names": ["a"]}, "'task_names' .* 2 names"),
        (np.eye(2), {"groups": [1]}, "a group for each of the 2 tasks"),
        (np.eye(2), {"groups": [["taks0"]]}, r"did you mean 'task0'\?"),
        (np.eye(2), {"groups": np.ones((2, 3), bool)}, "with 2 columns"),
    ],
)
def test_bad_input(plt, affinity, options, message):
    with pytest.raises(ValueError, match=message):
        TaskAffinityDisplay.from_affinity(affinity, **options)


def test_from_estimator_finds_the_affinities(plt, monkeypatch):
    asked = {}

    def task_affinity(estimator, X, Y, **options):
        asked.update(options, data=(estimator, X, Y))
        return make_affinity(3)[0]

    monkeypatch.setattr("sklearn_mtl.inspection.task_affinity", task_affinity)
    display = TaskAffinityDisplay.from_estimator(
        "net", "X", "Y", method="label", affinity_params={"random_state": 3}
    )
    assert asked == {"method": "label", "random_state": 3, "data": ("net", "X", "Y")}
    assert display.image_.get_array().shape == (3, 3)


def test_from_estimator_takes_data_frames(plt):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    signs = rng.choice([0, 1], size=(60, 1)) ^ (rng.random((60, 3)) < 0.1)
    signs[:, 2] = rng.choice([0, 1], 60)
    Y = pd.DataFrame(signs, columns=["a", "like a", "alone"])
    display = TaskAffinityDisplay.from_estimator(
        DecisionTreeClassifier(), rng.normal(size=(60, 2)), Y, method="label"
    )
    assert set(names_of(display.ax_.get_yticklabels())) == set(Y.columns)
    assert set(display.order_[[0, 2]]) & {2}, "what stands alone is at an end"

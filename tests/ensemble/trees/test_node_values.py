import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._trees import _node_values
from sklearn_mtl.ensemble._trees._columns import TaskColumns
from sklearn_mtl.ensemble._trees._node_values import NodeValues
from sklearn_mtl.ensemble._trees._structure import without_values


def make_rows(Y, weights, kind):
    targets = read_targets(Y, owner="Forest")
    tasks = Tasks.infer(targets, kind, "Forest")
    encoded = tasks.encode(targets, "Forest")
    weights = weights * targets.observed
    return LabelledRows(None, encoded, weights, tasks, np.ones(tasks.n_tasks))


@pytest.fixture(params=["classification", "regression"])
def grown(request):
    """Rows of 5 tasks, half the labels missing, and a tree that they are in."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 3)).astype(np.float32)
    Y = rng.randint(0, [2, 3, 1, 4, 2], (60, 5)).astype(float)
    Y[rng.rand(*Y.shape) < 0.6] = np.nan
    Y[X[:, 0] > 0, 4] = np.nan
    rows = make_rows(Y, rng.rand(60, 5) + 0.5, request.param)
    tree = DecisionTreeClassifier(random_state=0).fit(X, X[:, 0] * X[:, 1] > 0).tree_
    return X, rows, without_values(tree), rng.randint(0, 3, 60).astype(float)


def find_nodes(structure, X, rows, counts, shrinkage):
    """Return the values of all nodes from their definition, task by task."""
    paths = structure.decision_path(X).toarray().astype(bool)
    left, right = structure.children_left, structure.children_right
    parents = np.full(structure.node_count, -1)
    for children in (left, right):
        parents[children[left >= 0]] = np.flatnonzero(left >= 0)
    values = []
    for t, kind in enumerate(rows.tasks.kinds):
        y, weight = rows.encoded[:, t], rows.weights[:, t]
        seen = weight > 0
        if kind == "classification":
            y = (y[:, np.newaxis] == np.arange(rows.n_classes[t])[1:]).astype(float)
        else:
            y = np.nan_to_num(y)[:, np.newaxis]
        of_task = np.zeros((structure.node_count, y.shape[1]))
        mean = np.average(y[seen], axis=0, weights=weight[seen])
        # A child has a larger number than its parent.
        for node in range(structure.node_count):
            w = weight * counts * paths[:, node]
            above = mean if node == 0 else of_task[parents[node]]
            total = w.sum() + shrinkage
            of_task[node] = (w @ y + shrinkage * above) / total if total else above
        values.append(of_task)
    return np.column_stack(values)


@pytest.mark.parametrize("shrinkage", [0.0, 1.0, 7.5])
def test_values_are_those_of_the_definition(grown, shrinkage):
    X, rows, structure, counts = grown
    columns = TaskColumns(rows.n_classes, rows.tasks.are_classification)
    values, _ = NodeValues(rows, columns, shrinkage).find(
        structure, structure.apply(X), counts
    )
    expected = find_nodes(structure, X, rows, counts, shrinkage)
    is_leaf = structure.children_left < 0
    is_class = rows.tasks.are_classification.all()
    assert values.dtype == (np.float32 if is_class else np.float64)
    np.testing.assert_allclose(values, expected[is_leaf], rtol=1e-5, atol=1e-6)


def test_decrease_is_that_of_the_impurity(grown):
    X, rows, structure, counts = grown
    columns = TaskColumns(rows.n_classes, rows.tasks.are_classification)
    leaves = structure.apply(X)
    _, decrease = NodeValues(rows, columns, 0.0).find(structure, leaves, counts)
    paths = structure.decision_path(X).toarray().astype(bool)

    def find_impurity(node, t):
        y, w = rows.encoded[:, t], rows.weights[:, t] * counts * paths[:, node]
        y, w = y[w > 0], w[w > 0]
        if not len(w):
            return 0.0
        if rows.tasks.kinds[t] == "classification":
            y = y[:, np.newaxis] == np.arange(rows.n_classes[t])
        mean = np.average(y, axis=0, weights=w)
        return np.sum(w @ (y - mean) ** 2)

    expected = np.zeros_like(decrease)
    for node in np.flatnonzero(structure.children_left >= 0):
        left, right = structure.children_left[node], structure.children_right[node]
        for t in range(len(expected)):
            expected[t, structure.feature[node]] += (
                find_impurity(node, t)
                - find_impurity(left, t)
                - find_impurity(right, t)
            )
    np.testing.assert_allclose(decrease, expected, atol=1e-9)


def test_blocks_of_tasks_change_nothing(grown, monkeypatch):
    X, rows, structure, counts = grown
    columns = TaskColumns(rows.n_classes, rows.tasks.are_classification)
    found = []
    for limit in (2**22, 1):
        monkeypatch.setattr(_node_values, "_MAX_VALUES", limit)
        node_values = NodeValues(rows, columns, 1.0)
        found.append(node_values.find(structure, structure.apply(X), counts))
    for whole, in_blocks in zip(*found, strict=True):
        np.testing.assert_allclose(whole, in_blocks, rtol=1e-6)

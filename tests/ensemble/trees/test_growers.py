import numpy as np
import pytest
from scipy import sparse
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._trees._growers import (
    MaskedGrower,
    ScikitLearnGrower,
    make_grower,
)
from sklearn_mtl.ensemble._trees._settings import TreeSettings

KINDS = ["classification", "regression"]


def make_rows(X, Y, kind, weights=None, task_weights=None):
    targets = read_targets(Y, owner="Forest")
    tasks = Tasks.infer(targets, kind, "Forest")
    observed = targets.observed.astype(float)
    return LabelledRows(
        X,
        tasks.encode(targets, "Forest"),
        observed if weights is None else weights * observed,
        tasks,
        np.ones(tasks.n_tasks) if task_weights is None else np.array(task_weights),
    )


def settings(splitter="best", **params):
    return TreeSettings(
        **{
            "splitter": splitter,
            "max_features": 4,
            "max_depth": None,
            "min_samples_split": 2,
            "min_samples_leaf": 1,
            **params,
        }
    )


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def table(kind):
    """Inputs of 4 features, and complete labels of 3 tasks."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 4)).astype(np.float32)
    Z = X[:, :3] + rng.normal(size=(120, 3))
    Y = np.digitize(Z, [-0.5, 0.5]) if kind == "classification" else Z / Z.std(axis=0)
    return X, Y


def drop_labels(Y, fraction=0.5):
    return np.where(np.random.RandomState(1).rand(*Y.shape) < fraction, np.nan, Y)


def find_worth(rows, members):
    """Return what the labels of some rows are worth, from its definition."""
    worth = 0.0
    for t, weight in enumerate(rows.task_weights):
        seen = members & (rows.weights[:, t] > 0)
        w, y = rows.weights[seen, t], rows.encoded[seen, t]
        if rows.tasks.kinds[t] == "classification":
            y = np.eye(rows.n_classes[t])[y.astype(int)]
        if seen.any():
            worth += weight * np.sum((w @ y) ** 2) / w.sum()
    return worth


def find_best_worth(rows, members):
    """Return the worth of the best split of some rows, of all there are."""
    best = 0.0
    for x in rows.X.T:
        present = np.unique(x[members & ~np.isnan(x)])
        for threshold in present:
            for missing_left in (False, True):
                left = members & ((x <= threshold) | (np.isnan(x) & missing_left))
                right = members & ~left
                if left.any() and right.any():
                    worth = find_worth(rows, left) + find_worth(rows, right)
                    best = max(best, worth)
    return best


def walk(structure, X):
    """Yield each node that is split, and which rows are there and go left."""
    path = structure.decision_path(X).toarray().astype(bool)
    for node in np.flatnonzero(structure.children_left >= 0):
        yield node, path[:, node], path[:, structure.children_left[node]]


@pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
def test_every_split_is_the_best(table, kind, missing):
    """Over the labels that are there, with the weights of labels and tasks."""
    X, Y = table
    if missing:
        X[np.random.RandomState(2).rand(*X.shape) < 0.2] = np.nan
    weights = np.random.RandomState(3).randint(1, 4, Y.shape)
    rows = make_rows(X, drop_labels(Y), kind, weights, task_weights=[1, 3, 0.5])
    grower = MaskedGrower(rows, settings(max_depth=3))
    structure = grower.grow(np.ones(len(X)), seed=0)
    assert structure.max_depth == 3
    for _, here, left in walk(structure, X):
        worth = find_worth(rows, left) + find_worth(rows, here & ~left)
        assert worth == pytest.approx(find_best_worth(rows, here))


@pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
@pytest.mark.parametrize("min_samples_leaf", [12, 25])
def test_is_the_tree_of_scikit_learn(table, kind, min_samples_leaf, missing):
    """With leaves so large that no two splits are equally good."""
    X, Y = table
    if missing:
        X[np.random.RandomState(2).rand(*X.shape) < 0.1] = np.nan
    rule = settings(min_samples_leaf=min_samples_leaf)
    tree = MaskedGrower(make_rows(X, Y, kind), rule).grow(np.ones(len(X)), seed=0)
    is_class = kind == "classification"
    Other = DecisionTreeClassifier if is_class else DecisionTreeRegressor
    other = Other(min_samples_leaf=min_samples_leaf, random_state=0).fit(X, Y).tree_
    assert tree.node_count == other.node_count
    assert tree.max_depth == other.max_depth
    assert tree.feature[0] == other.feature[0]
    np.testing.assert_allclose(np.sort(tree.threshold), np.sort(other.threshold))
    new = np.random.RandomState(4).normal(size=(200, 4)).astype(np.float32)
    new[:50, 0] = np.nan
    # The same rows come together, whatever the numbers of the leaves.
    together = [t.apply(new)[:, None] == t.apply(new) for t in (tree, other)]
    np.testing.assert_array_equal(*together)


@pytest.mark.parametrize("splitter", ["best", "random"])
def test_sparse_tables_give_the_same_tree(table, kind, splitter):
    X, Y = table
    X[np.random.RandomState(2).rand(*X.shape) < 0.6] = 0
    rule = settings(splitter, max_features=2)
    counts = np.random.RandomState(3).randint(0, 3, len(X)).astype(float)
    dense, from_sparse = (
        MaskedGrower(make_rows(table, drop_labels(Y), kind), rule).grow(counts, 0)
        for table in (X, sparse.csr_matrix(X))
    )
    for name in ("feature", "threshold", "children_left", "n_node_samples"):
        np.testing.assert_array_equal(getattr(dense, name), getattr(from_sparse, name))


@pytest.mark.parametrize("splitter", ["best", "random"])
def test_limits(table, kind, splitter):
    X, Y = table
    rows, every = make_rows(X, drop_labels(Y), kind), np.ones(len(X))
    shallow = MaskedGrower(rows, settings(splitter, max_depth=2)).grow(every, 0)
    assert shallow.max_depth == 2
    bushy = MaskedGrower(rows, settings(splitter, min_samples_leaf=9)).grow(every, 0)
    is_leaf = bushy.children_left < 0
    assert bushy.n_node_samples[is_leaf].min() >= 9
    big = MaskedGrower(rows, settings(splitter, min_samples_split=30)).grow(every, 0)
    assert big.n_node_samples[big.children_left >= 0].min() >= 30


def test_random_thresholds_are_spread_between_the_values(table, kind):
    X, Y = table
    grower = MaskedGrower(
        make_rows(X[:, :1], drop_labels(Y), kind),
        settings("random", max_features=1, max_depth=1),
    )
    thresholds = np.array(
        [grower.grow(np.ones(len(X)), seed).threshold[0] for seed in range(300)]
    )
    low, high = X[:, 0].min(), X[:, 0].max()
    place = np.sort((thresholds - low) / (high - low))
    assert np.abs(place - np.linspace(0, 1, 300)).max() < 0.1


def test_constant_features_are_passed_over():
    X = np.zeros((40, 30), dtype=np.float32)
    X[:, 17] = np.arange(40)
    Y = np.column_stack([np.arange(40) > 20, np.full(40, np.nan)]).astype(float)
    Y[:2, 1] = [0, 1]
    rows = make_rows(X, Y, "classification")
    for splitter in ("best", "random"):
        grower = MaskedGrower(rows, settings(splitter, max_features=1))
        assert grower.grow(np.ones(40), seed=0).feature[0] == 17


def test_who_grows_what(table, kind):
    """Scikit-learn's trees know of labels that are all there, and weigh by row."""
    X, Y = table
    by_row = np.random.RandomState(0).rand(len(X), 1) * np.ones(3)
    for weights in (None, by_row):
        grower = make_grower(make_rows(X, Y, kind, weights), settings())
        assert isinstance(grower, ScikitLearnGrower)
    by_label = np.random.RandomState(0).rand(len(X), 3)
    for rows in (
        make_rows(X, drop_labels(Y), kind),
        make_rows(X, Y, kind, by_label),
        make_rows(X, Y, kind, task_weights=[1, 2, 1]),
    ):
        assert isinstance(make_grower(rows, settings()), MaskedGrower)


def make_uneven_rows(n_rows, n_classes):
    Y = np.arange(n_rows)[:, np.newaxis] % np.array(n_classes)
    X = np.random.RandomState(0).normal(size=(n_rows, 4)).astype(np.float32)
    return make_rows(X, Y, "classification")


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "params", "kind"),
    [
        (1000, [200] + 99 * [2], {}, MaskedGrower),
        (1000, 100 * [200], {}, ScikitLearnGrower),
        (300, [200] + 99 * [2], {}, ScikitLearnGrower),
        (1000, [200] + 99 * [2], {"min_samples_leaf": 10}, ScikitLearnGrower),
        (1000, [200] + 99 * [2], {"max_depth": 5}, ScikitLearnGrower),
    ],
    ids=["uneven", "even", "few rows", "large leaves", "shallow"],
)
def test_room_for_classes_that_tasks_do_not_have(n_rows, n_classes, params, kind):
    """Scikit-learn's nodes have room for the most classes of a task in every task."""
    rows = make_uneven_rows(n_rows, n_classes)
    assert type(make_grower(rows, settings(**params))) is kind


def test_uneven_tasks_are_learnt():
    rows = make_uneven_rows(1000, [200] + 99 * [2])
    tree = make_grower(rows, settings(max_features=4)).grow(np.ones(1000), seed=0)
    leaves = tree.apply(rows.X)
    for leaf in np.unique(leaves):
        assert len(np.unique(rows.encoded[leaves == leaf], axis=0)) == 1

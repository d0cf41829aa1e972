"""One estimator per group, and to the outside one for all tasks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.inspection import (
    GroupedTasksClassifier,
    GroupedTasksRegressor,
    group_tasks,
    task_affinity,
)
from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.model_selection import compare_with_single_task
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor


@parametrize_with_checks(
    [
        GroupedTasksClassifier(DecisionTreeClassifier(random_state=0)),
        GroupedTasksClassifier(RegularizedMTLClassifier(alpha=1e-3), random_state=0),
        GroupedTasksRegressor(Ridge()),
        GroupedTasksRegressor(RegularizedMTLRegressor(alpha=1e-3)),
        GroupedTasksRegressor(
            MultiTaskNetRegressor(
                (8,),
                preset="plain",
                lr=0.01,
                batch_size=1000,
                max_epochs=20,
                early_stopping=False,
                precision="float64",
                random_state=0,
            ),
            random_state=0,
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def planted():
    """Two clusters of three tasks of three classes."""
    return make_multitask_classification(
        400,
        n_tasks=6,
        n_classes=3,
        n_clusters=2,
        n_informative=20,
        noise=0.3,
        random_state=0,
    )


@pytest.fixture(scope="module")
def mixed():
    """Three tasks of strings, numbers and booleans, with missing labels."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 4))
    Y = pd.DataFrame(
        {
            "colour": np.where(X[:, 0] > 0, "red", "blue"),
            "size": np.digitize(X[:, 0], [-0.5, 0.5]),
            "round": X[:, 1] > 0,
        }
    ).astype(object)
    Y = Y.mask(rng.rand(*Y.shape) < 0.2, None)
    return X, Y


def make_net(**params):
    return MultiTaskNetClassifier((16,), max_epochs=15, random_state=0, **params)


def test_each_group_is_what_its_estimator_learns_alone(planted):
    X, Y = planted
    groups = [[0, 4], [1, 2, 3], [5]]
    grouped = GroupedTasksClassifier(make_net(), groups).fit(X, Y)
    assert grouped.groups_ == [[f"task{t}" for t in group] for group in groups]
    for group, fitted in zip(groups, grouped.estimators_, strict=True):
        y = Y[:, group] if len(group) > 1 else Y[:, group[0]]
        alone = make_net().fit(X, y)
        assert (
            grouped.predict(X)[:, group] == alone.predict(X).reshape(len(X), -1)
        ).all()
        assert fitted.n_iter_ == alone.n_iter_


def test_groups_of_one_are_independent_tasks(mixed):
    X, Y = mixed
    params = {"max_epochs": 5, "random_state": 0}
    grouped = GroupedTasksClassifier(MultiTaskNetClassifier((4,), **params), [0, 1, 2])
    single = IndependentTasksClassifier(MultiTaskNetClassifier((4,), **params))
    assert (grouped.fit(X, Y).predict(X) == single.fit(X, Y).predict(X)).all()


def test_one_group_is_the_estimator(mixed):
    X, Y = mixed
    net = MultiTaskNetClassifier((4,), max_epochs=5, random_state=0)
    grouped = GroupedTasksClassifier(net, [0, 0, 0]).fit(X, Y)
    whole = clone(net).fit(X, Y)
    assert (grouped.predict(X) == whole.predict(X)).all()
    for found, expected in zip(
        grouped.predict_proba(X), whole.predict_proba(X), strict=True
    ):
        assert found == pytest.approx(expected)


def test_auto_finds_the_planted_groups(planted):
    X, Y = planted
    grouped = GroupedTasksClassifier(make_net(), random_state=0).fit(X, Y)
    affinity = task_affinity(make_net(), X, Y, random_state=0)
    assert grouped.affinity_ == pytest.approx(affinity.to_numpy())
    assert grouped.group_of_task_.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("affinity", ["transfer", "label", np.eye(6) + np.eye(6)[::-1]])
def test_other_affinities(planted, affinity):
    grouped = GroupedTasksClassifier(make_net(), affinity=affinity, random_state=0)
    grouped.fit(*planted)
    assert (grouped.group_of_task_ == group_tasks(grouped.affinity_)).all()


def test_affinities_of_named_tasks_in_another_order(planted):
    X, Y = planted
    names = list("abcdef")
    affinity = pd.DataFrame(np.kron(np.eye(2), np.ones((3, 3))), names, names)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0)
    grouped = GroupedTasksClassifier(tree, affinity=affinity.loc[:, ::-1].iloc[::2])
    with pytest.raises(ValueError, match=r"of shape \(6, 6\)"):
        grouped.fit(X, pd.DataFrame(Y, columns=names))
    shuffled = list("aebfcd")
    grouped.set_params(affinity=affinity.loc[shuffled, shuffled[::-1]])
    grouped.fit(X, pd.DataFrame(Y, columns=names))
    assert grouped.groups_ == [["a", "b", "c"], ["d", "e", "f"]]
    # Where the names are others, the order is that of the tasks.
    assert grouped.set_params(affinity=affinity).fit(X, Y).groups_ == [
        ["task0", "task1", "task2"],
        ["task3", "task4", "task5"],
    ]


def test_affinity_by_pairs():
    X, Y = make_multitask_regression(100, n_tasks=3, random_state=0)
    reg = GroupedTasksRegressor(
        RegularizedMTLRegressor(alpha=0.01), affinity="pairwise", random_state=0
    )
    assert (reg.fit(X, Y).affinity_.diagonal() == 0).all()


def test_the_number_of_groups(planted):
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    grouped = GroupedTasksClassifier(tree, n_groups=3).fit(*planted)
    assert len(grouped.estimators_) == 3


def test_affinity_of_an_earlier_fit_is_forgotten(planted):
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    grouped = GroupedTasksClassifier(tree).fit(*planted)
    grouped.set_params(groups=[0] * 6).fit(*planted)
    assert not hasattr(grouped, "affinity_")


def test_overlapping_groups(planted):
    """The first group that names a task predicts it; a dict says which does."""
    X, Y = planted
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    overlap = GroupedTasksClassifier(tree, [[0, 1, 2, 3], [3, 4, 5]]).fit(X, Y)
    first = clone(tree).fit(X, Y[:, :4]).predict(X)
    assert overlap.group_of_task_.tolist() == [0, 0, 0, 0, 1, 1]
    assert (overlap.predict(X)[:, :4] == first).all()
    home = {t: [0, 1, 2, 3] if t < 3 else [3, 4, 5] for t in range(6)}
    grouped = GroupedTasksClassifier(tree, home).fit(X, Y)
    assert len(grouped.estimators_) == 2
    second = clone(tree).fit(X, Y[:, 3:]).predict(X)
    assert (grouped.predict(X)[:, 3:] == second).all()


def test_labels_of_every_kind_come_back(mixed):
    X, Y = mixed
    clf = GroupedTasksClassifier(make_net(), [["colour", "round"], ["size"]]).fit(X, Y)
    predicted = clf.predict(X)
    assert predicted.dtype == object
    assert [type(label) for label in predicted[0]] == [str, int, bool]
    assert [c.tolist() for c in clf.classes_] == [
        ["blue", "red"],
        [0, 1, 2],
        [False, True],
    ]
    assert [p.shape for p in clf.predict_proba(X)] == [(120, 2), (120, 3), (120, 2)]
    assert clf.task_names_.tolist() == ["colour", "size", "round"]


def test_columns_in_another_order_are_matched_by_name(mixed):
    X, Y = mixed
    clf = GroupedTasksClassifier(make_net(), [0, 0, 1]).fit(X, Y)
    assert clf.score(X, Y[["round", "colour", "size"]]) == clf.score(X, Y)
    with pytest.raises(ValueError, match="'sise'"):
        clf.score(X, Y.rename(columns={"size": "sise"}))


def test_a_sentinel_is_a_missing_label(planted):
    X, Y = planted
    hidden = np.random.RandomState(0).rand(*Y.shape) < 0.2
    expected = GroupedTasksClassifier(make_net(), [0, 0, 0, 1, 1, 1])
    expected.fit(X, np.where(hidden, np.nan, Y))
    found = clone(expected).set_params(missing_label=-1).fit(X, np.where(hidden, -1, Y))
    assert (found.predict(X) == expected.predict(X)).all()


@pytest.mark.parametrize("groups", ["auto", [0, 0, 1, 1, 1, 2]])
def test_weight_zero_is_a_missing_label(planted, groups):
    X, Y = planted
    weights = (np.random.RandomState(0).rand(*Y.shape) > 0.2).astype(float)
    weighted = GroupedTasksClassifier(make_net(), groups, random_state=0)
    weighted.fit(X, Y, sample_weight=weights)
    hidden = clone(weighted).fit(X, np.where(weights > 0, Y, np.nan))
    assert (weighted.predict(X) == hidden.predict(X)).all()


def test_weights_of_rows_and_of_labels(planted):
    X, Y = planted
    rows = np.linspace(0, 2, len(X))
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    found = GroupedTasksClassifier(tree, [0, 0, 0, 1, 1, 1]).fit(
        X, Y, sample_weight=rows
    )
    expected = clone(tree).fit(X, Y[:, :3], sample_weight=rows)
    assert (found.predict(X)[:, :3] == expected.predict(X)).all()
    same = clone(found).fit(X, Y, sample_weight=np.tile(rows[:, np.newaxis], 6))
    assert (same.predict(X) == found.predict(X)).all()


def test_weights_that_the_estimator_cannot_use(planted):
    from sklearn.neighbors import KNeighborsClassifier

    X, Y = planted
    clf = GroupedTasksClassifier(KNeighborsClassifier(), [0, 0, 0, 1, 1, 1])
    clf.fit(X, Y, sample_weight=np.ones(len(X)))
    with pytest.raises(ValueError, match="as the fit of KNeighborsClassifier takes no"):
        clf.fit(X, Y, sample_weight=np.linspace(0, 2, len(X)))


def test_what_the_estimator_says_of_each_task_is_reduced(planted):
    X, Y = planted
    Y = pd.DataFrame(Y, columns=list("abcdef"))
    net = make_net(
        task_weights={"a": 2.0, "f": 3.0}, class_weight={"b": "balanced", "f": {0: 2.0}}
    )
    pipeline = make_pipeline(StandardScaler(), net)
    grouped = GroupedTasksClassifier(pipeline, [["a", "b"], ["c", "d", "f"], ["e"]])
    first, second, third = (p[-1] for p in grouped.fit(X, Y).estimators_)
    assert first.task_weights_.tolist() == [2, 1]
    assert second.task_weights_.tolist() == [1, 1, 3]
    assert first.class_weight == [None, "balanced"]
    assert second.class_weight == [None, None, {0: 2.0}]
    assert third.task_weights is None
    assert third.class_weight is None


def test_data_frames_and_sparse_tables(planted):
    X, Y = planted
    frame = pd.DataFrame(X, columns=[f"f{j}" for j in range(20)])
    clf = GroupedTasksClassifier(
        make_pipeline(StandardScaler(), make_net()), [0, 0, 0, 1, 1, 1]
    )
    assert clf.fit(frame, Y).feature_names_in_.tolist() == frame.columns.tolist()
    # Where a net scales columns itself, it scales sparse ones in another way.
    net = make_net(preprocess=False)
    dense = GroupedTasksClassifier(net, [0, 0, 0, 1, 1, 1]).fit(X, Y)
    thin = clone(dense).fit(sparse.csr_array(X), Y)
    assert (dense.predict(X) == thin.predict(sparse.csr_array(X))).mean() > 0.99


def test_one_dimension():
    X, Y = make_multitask_regression(60, n_tasks=1, random_state=0)
    reg = GroupedTasksRegressor(Ridge()).fit(X, Y[:, 0])
    assert reg.predict(X) == pytest.approx(Ridge().fit(X, Y[:, 0]).predict(X))
    assert reg.groups_ == [["task0"]]


def test_groups_of_several_tasks_do_not_hinder_one():
    """So that each task can be compared with itself alone."""
    X, Y = make_multitask_regression(60, n_tasks=4, random_state=0)
    reg = GroupedTasksRegressor(Ridge(), [0, 0, 1, 1])
    comparison = compare_with_single_task(reg, X, Y, cv=2, random_state=0)
    # Ridge regression learns tasks by themselves, however they are grouped.
    assert np.abs(comparison.summary()["difference"]).max() < 1e-9


def test_a_task_of_one_class(planted):
    X, Y = planted
    Y = Y.copy()
    Y[:, 5] = 2
    clf = GroupedTasksClassifier(LogisticRegression(), [0, 1, 2, 3, 4, 5])
    with pytest.warns(UserWarning, match="single class for 'task5'"):
        clf.fit(X, Y)
    assert (clf.predict(X)[:, 5] == 2).all()


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_rows_are_checked_when_all_tasks_are_constant(method):
    X = np.arange(8.0).reshape(4, 2)
    clf = GroupedTasksClassifier(LogisticRegression(), [0, 1])
    with pytest.warns(UserWarning, match="single class"):
        clf.fit(X, np.ones((4, 2)))
    with pytest.raises(ValueError, match="X has 3 features, but GroupedTasks"):
        getattr(clf, method)(np.ones((4, 3)))
    with pytest.raises(ValueError, match="0 sample"):
        getattr(clf, method)(X[:0])


def test_a_task_without_labels(planted):
    X, Y = planted
    Y = Y.astype(float)
    Y[:, 2] = np.nan
    with pytest.raises(ValueError, match=r"at least one label.*'task2'"):
        GroupedTasksClassifier(make_net(), [0] * 6).fit(X, Y)


def test_an_error_names_the_tasks(planted):
    X, Y = planted
    with pytest.raises(ValueError, match="1d array") as caught:
        GroupedTasksClassifier(LogisticRegression(), [0, 0, 1, 2, 3, 4]).fit(X, Y)
    assert "While fitting the task(s) 'task0', 'task1'." in caught.value.__notes__


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"affinity": "gradients"}, "did you mean 'gradient'"),
        ({"affinity": np.eye(3)}, r"of shape \(6, 6\)"),
        ({"groups": [0, 1]}, "'groups' parameter of GroupedTasksClassifier"),
        ({"affinity": "gradient", "estimator": LogisticRegression()}, "network"),
    ],
)
def test_bad_parameters(planted, params, message):
    clf = GroupedTasksClassifier(make_net()).set_params(**params)
    with pytest.raises(ValueError, match=message):
        clf.fit(*planted)


def test_an_estimator_without_probabilities():
    from sklearn.svm import LinearSVC

    assert not hasattr(GroupedTasksClassifier(LinearSVC()), "predict_proba")


def test_inside_a_search_and_a_pickle(planted):
    X, Y = planted
    clf = GroupedTasksClassifier(DecisionTreeClassifier(random_state=0), random_state=0)
    search = GridSearchCV(
        clf, {"n_groups": [1, 2], "estimator__max_depth": [3]}, cv=KFold(2)
    )
    search.fit(X, Y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert (again.predict(X) == search.predict(X)).all()


def test_processes_give_the_same(planted):
    X, Y = planted
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    found = [
        GroupedTasksRegressor(tree, [0, 0, 0, 1, 1, 1], n_jobs=n).fit(X, Y).predict(X)
        for n in (1, 2)
    ]
    assert (found[0] == found[1]).all()


def test_grouping_beats_one_net_and_single_nets_on_two_clusters():
    """Small nets, few labels; the mean over seeds, on labels without noise."""
    means = []
    for seed in range(3):
        X, Y, truth = make_multitask_classification(
            1300,
            n_tasks=8,
            n_classes=3,
            n_clusters=2,
            relatedness=0.95,
            n_informative=20,
            noise=1.0,
            random_state=seed,
            return_truth=True,
        )
        net = MultiTaskNetClassifier(
            (4,), max_epochs=100, lr=5e-3, early_stopping=False, random_state=seed
        )
        models = {
            "grouped": GroupedTasksClassifier(net, random_state=seed),
            "one": net,
            "one, as large as both": clone(net).set_params(hidden_layer_sizes=(8,)),
            "single": IndependentTasksClassifier(net),
        }
        means.append(
            {
                name: model.fit(X[:300], Y[:300]).score(X[300:], truth.Y[300:])
                for name, model in models.items()
            }
        )
        assert models["grouped"].group_of_task_.tolist() == truth.cluster.tolist()
    score = pd.DataFrame(means).mean()
    assert score["grouped"] > score["one"] + 0.01
    assert score["grouped"] > score["one, as large as both"] + 0.005
    assert score["grouped"] > score["single"] + 0.03

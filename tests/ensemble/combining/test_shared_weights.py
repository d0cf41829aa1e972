"""Weights of tasks that are pulled towards weights that all tasks share."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import xlogy

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.ensemble._combining._out_of_fold import TaskPredictions
from sklearn_mtl.ensemble._combining._shared_weights import weigh_candidates

SIZES = [200, 40, 6]
NAMES = ["a", "b", "c"]


def describe_tasks(kind, n_tasks):
    classes = (np.arange(3) if kind == "classification" else None,) * n_tasks
    names = tuple(f"task{t}" for t in range(n_tasks))
    return Tasks(names, (kind,) * n_tasks, classes, False, False)


def predict(kind, sizes=SIZES, seed=0):
    """Return predictions of three candidates, each best in another task."""
    rng = np.random.RandomState(seed)
    predictions = []
    for t, n in enumerate(sizes):
        if kind == "classification":
            labels = rng.randint(0, 3, n)
            noise = rng.normal(size=(3, n, 3))
            scores = 2 * np.eye(3)[labels] * (1 + (np.arange(3) == t))[:, None, None]
            responses = np.exp(scores + noise)
            responses /= responses.sum(axis=2, keepdims=True)
        else:
            labels = 10 * rng.normal(size=n)
            spread = np.where(np.arange(3) == t, 2.0, 4.0)[:, None]
            responses = (labels + spread * rng.normal(size=(3, n)))[..., None]
        counts = rng.uniform(0.5, 1.5, n)
        predictions.append(TaskPredictions(np.arange(n), labels, counts, responses))
    return predictions, describe_tasks(kind, len(sizes))


def assert_optimal(weights, objective):
    """No weights on the simplex that scipy finds are better."""
    assert weights.sum() == pytest.approx(1)
    found = minimize(
        objective,
        np.full(3, 1 / 3),
        method="SLSQP",
        bounds=[(1e-12, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12},
    )
    assert objective(weights) <= objective(found.x / found.x.sum()) + 1e-7


def data_term(kind, task):
    """Return the loss of the labels of a task as a function of the weights."""
    if kind == "classification":
        of_label = task.responses[:, np.arange(len(task.labels)), task.labels]
        return lambda w: -task.counts @ np.log(w @ of_label)
    mean = np.average(task.labels, weights=task.counts)
    variance = np.average((task.labels - mean) ** 2, weights=task.counts)
    values = task.responses[:, :, 0]
    return lambda w: task.counts @ (task.labels - w @ values) ** 2 / variance


def prior_term(kind, task, shared):
    if kind == "classification":
        return lambda w: -xlogy(shared, w).sum()
    values = task.responses[:, :, 0]
    mean = np.average(task.labels, weights=task.counts)
    variance = np.average((task.labels - mean) ** 2, weights=task.counts)
    return lambda w: (
        np.average(((shared - w) @ values) ** 2, weights=task.counts) / variance
    )


kinds = pytest.mark.parametrize("kind", ["classification", "regression"])


@kinds
@pytest.mark.parametrize("sharing", [1.0, 10.0, 300.0])
def test_minimises_the_documented_objective(kind, sharing):
    predictions, tasks = predict(kind)
    found = weigh_candidates(NAMES, predictions, tasks, sharing)
    terms = [data_term(kind, task) for task in predictions]
    sizes = [task.counts.sum() for task in predictions]

    def over_tasks(w):
        return sum(
            term(w) / (n + sharing) for term, n in zip(terms, sizes, strict=True)
        )

    assert_optimal(found.shared, over_tasks)
    for weights, term, task in zip(found.weights, terms, predictions, strict=True):
        prior = prior_term(kind, task, found.shared)
        assert_optimal(
            weights, lambda w, term=term, prior=prior: term(w) + sharing * prior(w)
        )


@kinds
def test_sharing_nothing_and_everything(kind):
    predictions, tasks = predict(kind)
    alone = weigh_candidates(NAMES, predictions, tasks, 0.0)
    for t, task in enumerate(predictions):
        own = weigh_candidates(NAMES, [task], describe_tasks(kind, 1), 0.0)
        np.testing.assert_allclose(alone.weights[t], own.weights[0], atol=1e-6)
    together = weigh_candidates(NAMES, predictions, tasks, np.inf)
    assert (together.weights == together.shared).all()


@kinds
def test_tasks_with_few_labels_borrow_more(kind):
    """From what they have alone, tasks go to what all have, the smaller the further."""
    predictions, tasks = predict(kind, [1000, 1000, 10])
    alone, some, much = (
        weigh_candidates(NAMES, predictions, tasks, sharing)
        for sharing in (0.0, 10.0, 1000.0)
    )
    moved = np.abs(some.weights - alone.weights).sum(axis=1)
    assert moved[2] > 5 * moved[:2].max()
    distance = [np.abs(w.weights - w.shared).sum() for w in (alone, some, much)]
    assert distance[0] > distance[1] > distance[2]


@kinds
def test_task_without_a_prediction_has_the_shared_weights(kind):
    predictions, tasks = predict(kind, [50, 50, 0])
    for sharing in (0.0, 10.0):
        found = weigh_candidates(NAMES, predictions, tasks, sharing)
        assert (found.weights[2] == found.shared).all()


@kinds
def test_no_task_has_a_prediction(kind):
    predictions, tasks = predict(kind, [0, 0])
    found = weigh_candidates(NAMES, predictions, tasks, 10.0)
    np.testing.assert_allclose(found.weights, 1 / 3)


@kinds
def test_units_and_order_of_tasks_do_not_matter(kind):
    predictions, tasks = predict(kind)
    found = weigh_candidates(NAMES, predictions, tasks, 10.0)
    turned = weigh_candidates(NAMES, predictions[::-1], tasks, 10.0)
    np.testing.assert_allclose(turned.weights[::-1], found.weights, atol=1e-6)
    if kind == "regression":
        scaled = [
            TaskPredictions(
                task.rows, 1e6 * task.labels, task.counts, 1e6 * task.responses
            )
            for task in predictions
        ]
        again = weigh_candidates(NAMES, scaled, tasks, 10.0)
        np.testing.assert_allclose(again.weights, found.weights)


def test_used_are_those_with_weight_and_the_mean_is_theirs():
    perfect = np.eye(2)[[0, 1, 1, 0]]
    useless = 1 - perfect
    labels = np.array([0, 1, 1, 0])
    task = TaskPredictions(
        np.arange(4), labels, np.ones(4), np.array([useless, perfect, useless])
    )
    tasks = Tasks(("t",), ("classification",), (np.arange(2),), True, False)
    found = weigh_candidates(NAMES, [task], tasks, 10.0)
    assert found.used == ["b"]
    responses = {"b": [perfect]}
    np.testing.assert_array_equal(found.combine(responses, None, tasks)[0], perfect)
    assert found.predict(responses, None, tasks)[0].tolist() == labels.tolist()

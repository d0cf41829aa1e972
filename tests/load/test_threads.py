"""Many threads ask fitted estimators at once, or fit; the answers are the same.

The suites of this folder are about the whole package under load, and mirror no module.
"""

import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from tests.load.cases import LABELS, NET, Case, X, make_cases, store

N_THREADS = 8
CASES = make_cases()
every_case = pytest.mark.parametrize("name", CASES)


def ask(case):
    """Return all that a fitted estimator answers, by the name of the method."""
    estimator, rows, labels = case.estimator, case.X[80:], case.Y[80:]
    answers = {"predict": estimator.predict(rows), "one": estimator.predict(rows[:1])}
    for method in ("predict_proba", "transform", "apply"):
        if hasattr(estimator, method):
            answers[method] = getattr(estimator, method)(rows)
    if hasattr(estimator, "score_tasks"):
        answers["score_tasks"] = list(estimator.score_tasks(rows, labels).values())
    if hasattr(estimator, "noise_"):
        answers["std"] = estimator.predict(rows, return_std=True)[1]
    return answers


def check_same(found, expected):
    """Raise unless the answers are the same to the last bit."""
    assert list(found) == list(expected)
    for method, answer in expected.items():
        many = isinstance(answer, list) and method != "score_tasks"
        for one, other in zip(
            found[method] if many else [found[method]],
            answer if many else [answer],
            strict=True,
        ):
            np.testing.assert_array_equal(one, other, err_msg=method)


def at_once(*actions):
    """Run every action in a thread of its own, all of them at once."""
    start = Barrier(len(actions))

    def run(action):
        start.wait(timeout=60)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


class StatePickler(pickle.Pickler):
    """Writes what tensors hold, not where they lie."""

    def reducer_override(self, obj):
        if isinstance(obj, torch.Tensor):
            return np.array, (obj.detach().numpy(),)
        return NotImplemented


def state_of(estimator):
    written = io.BytesIO()
    StatePickler(written).dump(estimator)
    return written.getvalue()


def ask_from_many_threads(case):
    expected, before = ask(case), state_of(case.estimator)
    for found in at_once(*[lambda: [ask(case) for _ in range(3)]] * N_THREADS):
        for answers in found:
            check_same(answers, expected)
    assert state_of(case.estimator) == before


@every_case
def test_many_threads_ask_one_estimator(name):
    case = CASES[name]
    case.fit()
    ask_from_many_threads(case)


@pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "further trained"])
def test_many_threads_ask_for_transferred_tasks(freeze):
    net = MultiTaskNetClassifier(**NET).fit(X[:80], LABELS[:80, :2])
    net.transfer(X[:80], LABELS[:80, 2], name="new", freeze=freeze)
    ask_from_many_threads(Case(net, X, LABELS))


def test_many_threads_ask_for_rows_on_disk(tmp_path):
    table = store(tmp_path)
    net = MultiTaskNetClassifier(**NET).fit(table[:80], LABELS[:80])
    ask_from_many_threads(Case(net, table, LABELS))


@every_case
def test_two_fits_at_once_are_two_fits(name):
    """As workers of Dask do it."""
    cases = [make_cases()[name] for _ in range(2)]
    expected = make_cases()[name]
    expected.fit()
    at_once(*[case.fit for case in cases])
    for case in cases:
        check_same(ask(case), ask(expected))


@every_case
def test_answers_while_another_fits(name):
    case, other = CASES[name], make_cases()[name]
    case.fit()
    expected = ask(case)
    found, _ = at_once(lambda: [ask(case) for _ in range(5)], other.fit)
    for answers in found:
        check_same(answers, expected)

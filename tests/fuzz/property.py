"""What must hold: a documented error, or finite results of the documented shape."""

import random
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from scipy import sparse
from sklearn.utils import check_random_state

from tests.fuzz.labels import Labels
from tests.fuzz.options import NAMES_OF_THINGS, Options
from tests.fuzz.tables import Table, change_width, without_rows

# NotFittedError and DivergenceError are among them.
DOCUMENTED = (TypeError, ValueError)
# Such warnings are about code, not about data.
INTERNAL = (RuntimeWarning, DeprecationWarning, FutureWarning, ResourceWarning)

# Bugs of others, which our estimators pass on as they pass on X.
OF_OTHERS = {
    "buffer source array is read-only": "scikit-learn's trees and pandas' nullable "
    "integers, none of which is there",
}


class Refused(Exception):
    """An estimator said why it does not take what it was given."""


def check(
    estimator: Any, table: Table, labels: Labels, weights: Any, options: Options
) -> None:
    """Raise AssertionError unless the property holds."""
    data = (table.X, labels.y, weights)
    before = [fingerprint(thing) for thing in data]
    try:
        with only_documented():
            # Searches take weights by name only.
            more = {} if weights is None else {"sample_weight": weights}
            estimator.fit(table.X, labels.y, **more)
        assert options.wrong is None, f"took {options}"
        check_answers(estimator, table, labels, weights)
    except Refused as refused:
        check_message(str(refused), estimator, options)
    assert [fingerprint(thing) for thing in data] == before, "data were changed"


def check_answers(estimator: Any, table: Table, labels: Labels, weights: Any) -> None:
    with only_documented():
        predicted = estimator.predict(table.X)
    check_predictions(predicted, estimator, table.n_rows, labels)
    if hasattr(estimator, "predict_proba"):
        with only_documented():
            probabilities = estimator.predict_proba(table.X)
        check_probabilities(probabilities, predicted, estimator)
    if hasattr(estimator, "transform") and hasattr(estimator, "net_"):
        with only_documented():
            represented = estimator.transform(table.X)
        assert represented.shape[0] == table.n_rows
        assert np.isfinite(represented).all()
    for wrong in (change_width(table.X), without_rows(table.X)):
        try:
            with only_documented():
                estimator.predict(wrong)
        except Refused:
            continue
        raise AssertionError(f"predicted {np.shape(wrong)}")
    with only_documented():
        score = score_of(estimator, table, labels, weights)
    assert isinstance(score, float)
    assert np.isfinite(score)


def score_of(estimator: Any, table: Table, labels: Labels, weights: Any) -> float:
    if hasattr(estimator, "best_estimator_"):
        return estimator.score(table.X, labels.y)
    return estimator.score(table.X, labels.y, weights)


def check_predictions(
    predicted: Any, estimator: Any, n_rows: int, labels: Labels
) -> None:
    assert isinstance(predicted, np.ndarray)
    one_dimensional = labels.one_dimensional
    expected = (n_rows,) if one_dimensional else (n_rows, labels.n_tasks)
    assert predicted.shape == expected, f"{predicted.shape} is not {expected}"
    columns = predicted.reshape(n_rows, -1).T
    for column, classes in zip(columns, classes_of(estimator, labels), strict=True):
        if classes is None:
            assert np.isfinite(column.astype(float)).all(), "not finite"
        else:
            assert set(column.tolist()) <= set(classes.tolist())


def classes_of(estimator: Any, labels: Labels) -> list[Any]:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return [None] * labels.n_tasks
    return [classes] if labels.one_dimensional else list(classes)


def check_probabilities(probabilities: Any, predicted: Any, estimator: Any) -> None:
    if isinstance(probabilities, list):
        classes = estimator.classes_
    else:
        probabilities, classes = [probabilities], [estimator.classes_]
    for of_task, known in zip(probabilities, classes, strict=True):
        assert (of_task is None) == (known is None)
        if known is not None:
            assert of_task.shape == (len(predicted), len(known))
            assert np.isfinite(of_task).all()
            assert (of_task >= 0).all()
            np.testing.assert_allclose(of_task.sum(axis=1), 1, rtol=1e-5)


def check_message(message: str, estimator: Any, options: Options) -> None:
    assert message.strip(), "the error says nothing"
    # What an object is for is known when the data are, which may be wrong as well.
    if options.wrong is not None and options.wrong not in NAMES_OF_THINGS:
        assert options.wrong in message, f"{message!r} does not name {options}"
        assert type(estimator).__name__ in message, f"{message!r} does not name it"


@contextmanager
def only_documented() -> Iterator[None]:
    """Turn documented errors into `Refused`; let no state and no warning out."""
    before = global_state()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except DOCUMENTED as error:
            if not is_meant(error):
                raise AssertionError(f"nobody has written: {error}") from error
            raise Refused(str(error)) from error
        finally:
            assert global_state() == before, "a global generator was touched"
    for warning in caught:
        assert not issubclass(warning.category, INTERNAL), (
            f"{warning.filename}:{warning.lineno}: {warning.message}"
        )


def is_meant(error: Exception) -> bool:
    """Return whether an error was raised on purpose, or by checks of scikit-learn."""
    frames = traceback.extract_tb(error.__traceback__)
    if str(error) in OF_OTHERS:
        return True
    checks = {"check_array", "validate_data"}
    return frames[-1].line.startswith("raise") or any(
        frame.name in checks for frame in frames
    )


def global_state() -> list[Any]:
    kind, keys, *rest = check_random_state(None).get_state()
    return [
        random.getstate(),
        [kind, keys.tobytes(), *rest],
        torch.get_rng_state().numpy().tobytes(),
    ]


def fingerprint(data: Any) -> Any:
    """Return what is the same as long as the data are."""
    if sparse.issparse(data):
        return fingerprint(data.toarray())
    if isinstance(data, torch.Tensor):
        data = data.numpy()
    if isinstance(data, np.ndarray) and data.dtype != object:
        return data.dtype.str, data.shape, data.tobytes(), data.flags.writeable
    if hasattr(data, "columns"):
        dtypes = [str(data[name].dtype) for name in data.columns]
        return dtypes, [str(list(data[name])) for name in data.columns]
    return str(data.tolist() if isinstance(data, np.ndarray) else data)

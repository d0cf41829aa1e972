"""Our estimators, and how long the epochs of a fit take without what comes before."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from typing import Any
from unittest import mock

from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor
from sklearn_mtl.neural_network._engine import MultiTaskEngine

from .cases import Case

Net = MultiTaskNetClassifier | MultiTaskNetRegressor


def make_net(case: Case, preset: str) -> Net:
    kind = MultiTaskNetRegressor if case.regression else MultiTaskNetClassifier
    return kind(
        (case.width, case.width),
        preset=preset,
        batch_size=case.batch_size,
        max_epochs=case.n_epochs,
        early_stopping=False,
        random_state=0,
    )


@contextmanager
def epochs_timed() -> Iterator[list[float]]:
    """Give a list that gets the seconds of the epochs of every fit in the block.

    A callback of the estimator would slow every step down.
    """
    fit_loop = MultiTaskEngine.fit_loop
    seconds: list[float] = []

    def timed(engine: MultiTaskEngine, *args: Any, **kwargs: Any) -> Any:
        start = process_time()
        try:
            return fit_loop(engine, *args, **kwargs)
        finally:
            seconds.append(process_time() - start)

    with mock.patch.object(MultiTaskEngine, "fit_loop", timed):
        yield seconds

"""joblib's backend for Dask, such that it raises what goes wrong outside a job."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Self

from joblib._dask import DaskDistributedBackend


class DaskBackend(DaskDistributedBackend):
    """Calls back when Dask gives a job up, as when all its workers died.

    joblib's own (1.6) calls nobody then, and waits for ever.
    """

    @classmethod
    def like(cls, backend: DaskDistributedBackend) -> Self:
        """Return a backend of the same cluster."""
        return cls(
            client=backend.client,
            wait_for_workers_timeout=backend.wait_for_workers_timeout,
            **backend.submit_kwargs,
        )

    def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
        """Hand a job over, and return its future."""
        future = super().submit(func, callback)
        future.add_done_callback(partial(_tell_of_failure, callback))
        return future


def _tell_of_failure(callback: Callable[[Any], None], future: Future[Any]) -> None:
    error = future.exception()
    if error is not None:
        callback(error)


def is_in_job() -> bool:
    """Return whether this runs in a job of Dask."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True

"""What joblib's backend for Dask lacks."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from joblib._dask import DaskDistributedBackend


class _TellingBackend(DaskDistributedBackend):
    """Raises what went wrong outside a job, such as that its workers died.

    joblib's own calls nobody back then, and waits for ever.
    """

    def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
        future = super().submit(func, callback)
        future.add_done_callback(partial(_tell_of_failure, callback))
        return future


def _tell_of_failure(callback: Callable[[Any], None], future: Future[Any]) -> None:
    error = future.exception()
    if error is not None:
        callback(error)


def telling_of_failures(backend: Any) -> Any:
    """Return a backend for the same cluster that raises what goes wrong there."""
    return _TellingBackend(
        client=backend.client,
        wait_for_workers_timeout=backend.wait_for_workers_timeout,
        **backend.submit_kwargs,
    )


def send(data: Any, client: Any) -> Any:
    """Send data to all workers, and return what stands for it in the jobs.

    A worker that has it helps out one that is new; only if all of them die, it is lost.
    """
    return client.scatter(data, broadcast=True, hash=False)

"""Run jobs that share data, in the workers of whichever backend of joblib is active."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Any, Self

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

# How often Ray starts an actor again, and asks for its job again, if its process ends.
# Dask has the same number, `distributed.scheduler.allowed-failures`.
_RETRIES = {"max_restarts": 3, "max_task_retries": 3}


class Shared:
    """What all jobs need, as one object that is sent to a worker once."""

    def __init__(self, value: Any):
        self.value = value

    def __sizeof__(self) -> int:
        # Ray and Dask put by what says that it is large, and send the rest with each
        # job. They do not look at what an object is made of.
        return 1 << 20


class Workers:
    """joblib's workers, who are sent once what all jobs share.

    A worker of Dask has it once, and so has a node of Ray. Ctrl-C and errors end all
    jobs. A job whose worker is killed is run by another one, up to three times.

    Parameters
    ----------
    shared : object
        What functions are given first. They must not change it.
    n_jobs : int or None
        The number of processes, as joblib takes it.
    ordered : bool, default=True
        Whether results come in the order of the jobs, or of their ends.
    verbose : int, default=0
        joblib's own.
    """

    def __init__(
        self,
        shared: Any,
        n_jobs: int | None,
        *,
        ordered: bool = True,
        verbose: int = 0,
    ):
        self._sent, options = _prepare(Shared(shared), n_jobs)
        options |= {"n_jobs": n_jobs, "verbose": verbose}
        return_as = "generator" if ordered else "generator_unordered"
        try:
            self._parallel = Parallel(return_as=return_as, **options)
        except ValueError:
            # Ray and multiprocessing give all results in the end.
            self._parallel = Parallel(**options)

    def __enter__(self) -> Self:
        self._parallel.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._parallel.__exit__(*error)

    def run(
        self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        """Yield ``function(shared, *job)`` of each job, as soon as it is there."""
        # A tuple goes with its job: it is not lost with a worker.
        calls = (delayed(_run)(self._sent, function, job) for job in jobs)
        found = self._parallel(calls)
        if isinstance(found, list):
            yield from found
            return
        with closing(found):
            yield from found


def run_jobs(
    function: Callable[..., Any],
    shared: Any,
    jobs: Iterable[tuple[Any, ...]],
    n_jobs: int | None,
    verbose: int = 0,
) -> list[Any]:
    """Return ``function(shared, *job)`` of each job, in order."""
    with Workers(shared, n_jobs, verbose=verbose) as workers:
        return list(workers.run(function, jobs))


def _prepare(shared: Shared, n_jobs: int | None) -> tuple[Any, dict[str, Any]]:
    """Return what stands for the data in each job, and options of `Parallel`."""
    backend, _ = get_active_backend()
    if hasattr(backend, "client"):
        from sklearn_mtl._parallel._dask import send, telling_of_failures

        # With one, joblib runs the jobs here.
        is_sent = backend.effective_n_jobs(n_jobs) > 1
        sent = send(shared, backend.client) if is_sent else shared
        return sent, {"backend": telling_of_failures(backend)}
    if hasattr(backend, "ray_remote_args") and backend.ray_remote_args is None:
        return shared, {"ray_remote_args": _RETRIES}
    return shared, {}


def _run(shared: Shared, function: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    return function(shared.value, *job)

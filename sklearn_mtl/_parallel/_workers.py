"""Run jobs that share data, in the workers of whichever backend of joblib is active."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import cached_property
from typing import Any, Self

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from sklearn_mtl._parallel._clusters import find_cluster


class Workers:
    """joblib's workers, who are sent once what all jobs share.

    A context. Ctrl-C and errors end all jobs. On a cluster, a job whose worker is
    killed is run again, by another one, up to three times.

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
        self._shared = shared
        backend, n_active = get_active_backend()
        self._cluster = find_cluster(backend, n_active if n_jobs is None else n_jobs)
        options = {"n_jobs": n_jobs, "verbose": verbose, **self._cluster.options}
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
        self.__dict__.pop("_sent", None)

    @cached_property
    def _sent(self) -> Any:
        # Not before the workers are there: Ray may be started by them.
        return self._cluster.send(self._shared)

    def run(
        self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        """Yield ``function(shared, *job)`` of each job, as soon as it is there."""
        # A tuple goes with its job: Dask cannot lose it.
        found = self._parallel(delayed(_run)(self._sent, function, job) for job in jobs)
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


def _run(sent: Any, function: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    return function(sent.value, *job)

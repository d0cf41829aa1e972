"""How data get to the workers of a backend of joblib, and what it needs besides."""

from typing import Any, NamedTuple, Protocol

# How often Ray starts an actor again, and asks for its job again, if its process ends.
# Dask has the same number, `distributed.scheduler.allowed-failures`.
_RETRIES = {"max_restarts": 3, "max_task_retries": 3}


class Cluster(Protocol):
    """A backend of joblib, seen from its `Parallel`."""

    @property
    def options(self) -> dict[str, Any]:
        """Parameters of `Parallel`."""

    def send(self, data: Any) -> Any:
        """Return what a job receives with the data as its `value`."""


class Sent(NamedTuple):
    """Data as a job receives them."""

    value: Any


class NoCluster:
    """Processes and threads of this machine, with which joblib shares large arrays."""

    options: dict[str, Any] = {}

    def send(self, data: Any) -> Sent:
        return Sent(data)


class Dask:
    """Sends data to all workers, which keep them until the future is let go of.

    A worker that is new gets them from another one. What a job has, such as an
    estimator that it fits, which has jobs of its own, stays with its worker for others
    to fetch: if that dies, so does the job, and is run again.
    """

    def __init__(self, backend: Any):
        from sklearn_mtl._parallel._dask_backend import DaskBackend, is_in_job

        self.options = {"backend": DaskBackend.like(backend)}
        self._client = backend.client
        self._is_for_all = not is_in_job()

    def send(self, data: Any) -> Any:
        sent = [Sent(data)]
        return self._client.scatter(sent, broadcast=self._is_for_all, hash=False)[0]


class Ray:
    """Puts data into the object store, from which each node gets them once."""

    def __init__(self, backend: Any):
        # Those that the user has given count.
        given = backend.ray_remote_args is not None
        self.options = {} if given else {"ray_remote_args": _RETRIES}

    def send(self, data: Any) -> "Stored":
        return Stored(data)


class Stored:
    """Data in Ray's object store."""

    def __init__(self, data: Any):
        import ray

        self._reference = ray.put(data)

    @property
    def value(self) -> Any:
        import ray

        return ray.get(self._reference)


def find_cluster(backend: Any, n_jobs: int | None) -> Cluster:
    """Return what a backend of joblib is."""
    # With one job at a time, joblib runs them in this process.
    if hasattr(backend, "client") and backend.effective_n_jobs(n_jobs) > 1:
        return Dask(backend)
    if hasattr(backend, "ray_remote_args") and n_jobs not in (None, 1):
        return Ray(backend)
    return NoCluster()

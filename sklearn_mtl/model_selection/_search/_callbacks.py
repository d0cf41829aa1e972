"""Callbacks of scikit-learn >= 1.9 (`set_callbacks`), told how far a search is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class SearchTasks:
    """The tasks of a search, as ``GridSearchCV`` reports them.

    "fit", within it "search" with a task for each fit of a candidate, and the refit.
    Where scikit-learn has no callbacks, nothing is reported.

    Parameters
    ----------
    search : estimator
        The search.
    X, y
        What its `fit` was given.
    """

    def __init__(self, search: Any, X: Any, y: Any):
        self.search = search
        self.data = {"X": X, "y": y}
        self._fits: Any = None
        self._root: Any = None
        if hasattr(search, "_init_callback_context"):
            n_tasks = 1 + (search.refit is not False)
            context = search._init_callback_context(max_subtasks=n_tasks)
            self._root = context.call_on_fit_task_begin(estimator=search, **self.data)

    @contextmanager
    def searching(self, n_fits: int | None) -> Iterator[None]:
        """Report the search; None if the number of fits is not known before."""
        if self._root is not None:
            self._fits = self._root.subcontext(task_name="search", max_subtasks=n_fits)
            self._fits.call_on_fit_task_begin(estimator=self.search)
        yield
        if self._fits is not None:
            self._fits.call_on_fit_task_end(estimator=self.search)

    def fits_done(self, n_fits: int) -> None:
        """Report fits of candidates, which are only known when they are over."""
        for _ in range(n_fits if self._fits is not None else 0):
            context = self._fits.subcontext(task_name="candidate-split-evaluation")
            context.call_on_fit_task_begin(estimator=self.search)
            context.call_on_fit_task_end(estimator=self.search)

    @contextmanager
    def refitting(self, estimator: Any) -> Iterator[None]:
        """Report the refit, also to the callbacks of the estimator."""
        if self._root is None:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(estimator=self.search, **self.data)
            yield
        context.call_on_fit_task_end(estimator=self.search, **self.data)

    def end(self) -> None:
        """Report that the search is over."""
        if self._root is not None:
            self._root.call_on_fit_task_end(estimator=self.search, **self.data)

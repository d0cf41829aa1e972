"""The printed lines of a search."""

from sklearn_mtl.model_selection._search._callbacks import SearchTasks


class SearchProgress:
    """Prints how many fits a search has behind it, if it is to, and reports them."""

    def __init__(self, verbose: int, tasks: SearchTasks):
        self.verbose = verbose
        self.tasks = tasks
        self.done = 0
        self.total = 0

    def begin(self, n_candidates: int, n_splits: int) -> None:
        """Announce candidates."""
        self.total += n_candidates * n_splits
        self._print(
            f"Fitting {n_splits} folds for each of {n_candidates} candidates, "
            f"totalling {n_candidates * n_splits} fits"
        )

    def advance(self, n_fits: int, seconds: float) -> None:
        """Tell of fits that were done."""
        self.done += n_fits
        self.tasks.fits_done(n_fits)
        self._print(f"{self.done} of {self.total} fits done, {seconds:.1f} s")

    def _print(self, line: str) -> None:
        if self.verbose:
            print(line, flush=True)

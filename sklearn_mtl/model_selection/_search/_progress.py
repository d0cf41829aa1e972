"""The printed lines of a search."""


class SearchProgress:
    """Prints how many fits a search has behind it, if it is to."""

    def __init__(self, verbose: int):
        self.verbose = verbose
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
        self._print(f"{self.done} of {self.total} fits done, {seconds:.1f} s")

    def _print(self, line: str) -> None:
        if self.verbose:
            print(line, flush=True)

"""The processes that train a network together: one, if nothing else is asked for."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from torch import Tensor, nn

from sklearn_mtl.neural_network._row_share import RowShare

T = TypeVar("T")


class Processes:
    """One process, which has all rows of a batch; a subclass stands for several.

    All of them have the same data and weights, and draw the same batches. Each goes
    through its share of the rows, and what they find is summed.
    """

    n = 1
    rank = 0
    # Where this process is to train; None if that is as the estimator says.
    device: str | None = None

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    def share(self, n_rows: int, unit: int) -> RowShare:
        """Return the rows of a batch that this process goes through."""
        return RowShare(0, n_rows, n_rows).divide(self.n, unit)[self.rank]

    def sum(self, own: Tensor) -> Tensor:
        """Return the sum over the processes."""
        return own

    def gather(self, own: Tensor) -> tuple[Tensor, int]:
        """Return the rows of all processes, and where those of this one start."""
        return own, 0

    def sum_gradients(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        """Let every process have the sums of the gradients; return that of the losses.

        Raises
        ------
        KeyboardInterrupt
            If one of the processes is to stop.
        """
        return loss

    def all_same(self, own: Tensor) -> bool:
        """Return whether all processes have the same whole numbers."""
        return True

    def copy_from_main(self, tensors: Iterable[Tensor]) -> None:
        """Let every process have the numbers that the tensors of the main one hold."""

    def from_main(self, find: Callable[[], T]) -> T:
        """Return what the main process finds, or raise what it raises."""
        return find()

    def any_interrupted(self) -> bool:
        """Return whether one of them was told to stop since the last step."""
        return False

    def stopping_together(self) -> AbstractContextManager[None]:
        """Return the context in which Ctrl-C stops all processes after one step."""
        return nullcontext()


ONE_PROCESS = Processes()

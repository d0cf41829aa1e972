"""The backward pass of a training step with a balancer.

What a balancer is asked concerns the whole batch. So what it needs is summed first,
over the parts in which a batch goes through the network and over the processes that
share it. If memory runs out afterwards, the answer is kept for another try.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from sklearn_mtl.neural_network._balancing_record import BalancingRecord
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._portions import Parts, Portion, join
from sklearn_mtl.neural_network._processes import Processes
from sklearn_mtl.neural_network.balancers._base import Balancer

Found = dict[str, Tensor]


class Balancing(ABC):
    """How a step finds its gradients.

    A part is looked at, in a forward pass. Facts of all looks together bring an answer
    of the balancer; with it, each look brings gradients.
    """

    balancer: Balancer

    def __init__(
        self, module: Network, criterion: WeightedTaskLoss, processes: Processes
    ):
        self.module, self.criterion, self.processes = module, criterion, processes
        self.record = BalancingRecord(criterion.layout.n_tasks)
        self._answer: Any = None

    def backward(self, parts: Parts) -> Found:
        """Leave the gradients in the parameters; return what the step found."""
        if len(parts) > 1 and self._answer is None:
            # A graph of each would be too much to keep.
            facts = [self._find_facts(self._look(part, parts)) for part in parts]
            self._answer = self._ask(facts, parts)
        steps = []
        for k, part in enumerate(parts):
            look = self._look(part, parts)
            if self._answer is None:
                self._answer = self._ask([self._find_facts(look)], parts)
            steps.append(self._go_back(look, self._answer, k))
        self._answer = None
        return join(steps)

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep, beside the balancer."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""

    @abstractmethod
    def _look(self, part: Portion, parts: Parts) -> Any:
        """Run the network on a part."""

    @abstractmethod
    def _find_facts(self, look: Any) -> Any:
        """Return what the balancer is to know of a part, without a graph."""

    @abstractmethod
    def _ask(self, facts: Sequence[Any], parts: Parts) -> Any:
        """Return what the balancer says to the facts of all parts."""

    @abstractmethod
    def _go_back(self, look: Any, answer: Any, k: int) -> Found:
        """Leave the gradients of the k-th part; return what was found there."""

    def _sum(self, facts: Sequence[Tensor]) -> Tensor:
        """Return the sum over the parts of all processes."""
        return self.processes.sum(sum(facts[1:], facts[0]))

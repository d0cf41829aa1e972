"""What the balancers have in common: a balancer decides how much each task counts."""

import warnings
from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl._validation import parameter_error


class SolverError(ArithmeticError):
    """The small problem of a balancer could not be solved."""


@dataclass(repr=False, eq=False)
class Balancer(BaseEstimator):
    """A rule for how much each task counts; its parameters are its fields.

    What it remembers from step to step is set up by `reset` and forgotten by `clone`.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    def reset(
        self,
        n_tasks: int,
        *,
        are_classification: Any = None,
        random_state: Any = None,
    ) -> Self:
        """Forget what was seen, and get ready for so many tasks.

        Parameters
        ----------
        n_tasks : int
            The number of tasks.
        are_classification : array-like of bool, default=None
            Whether each task has classes rather than quantities. None takes all to be
            classifications.
        random_state : int, RandomState instance or None, default=None
            Where a random method draws from.

        Returns
        -------
        self : object
            The balancer.

        Raises
        ------
        ValueError
            If a parameter is bad, or does not fit the number of tasks.
        """
        self._validate_params()
        self.n_tasks_ = n_tasks
        if are_classification is None:
            are_classification = [True] * n_tasks
        self.are_classification_ = np.asarray(are_classification, dtype=bool)
        self.rng_ = check_random_state(random_state)
        self.n_failures_ = 0
        self.has_warned_ = False
        self._start()
        return self

    def end_epoch(self, losses: Any) -> None:
        """Take in the mean training loss of each task over an epoch.

        Parameters
        ----------
        losses : array-like of shape (n_tasks,)
            The losses; NaN for a task that was absent.
        """
        losses = np.asarray(losses, dtype=np.float64)
        self._get_ready(len(losses), None)
        self._end_epoch(losses)

    def learnable(self) -> dict[str, nn.Parameter]:
        """Return what is to be trained along with the network, by name.

        Returns
        -------
        dict of str to torch.nn.Parameter
            Empty for most methods.
        """
        return {}

    def _start(self) -> None:
        """Set up the state for `n_tasks_` tasks."""

    def _end_epoch(self, losses: np.ndarray) -> None:
        """Take in the losses of an epoch."""

    def _get_ready(self, n_rows: int, tasks: Any) -> np.ndarray:
        """Return the tasks of the rows; reset first if nothing was seen before."""
        if not hasattr(self, "n_tasks_"):
            self.reset(n_rows)
        if tasks is None:
            if n_rows != self.n_tasks_:
                raise parameter_error(
                    "tasks",
                    type(self).__name__,
                    f"given where not all {self.n_tasks_} task(s) are there",
                    f"None for {n_rows}",
                )
            return np.arange(n_rows)
        return np.asarray(tasks, dtype=np.intp)


@dataclass(repr=False, eq=False)
class LossBalancer(Balancer):
    """A balancer that needs the losses only: training minimises a function of them.

    A subclass has `_objective`.
    """

    # Whether logarithms or powers of the losses are taken.
    needs_positive_losses: ClassVar[bool] = False

    def objective(self, losses: Any, shares: Any = None, tasks: Any = None) -> Tensor:
        """Return what training minimises, given the losses of the tasks.

        Its derivative with respect to a loss is how much the task counts.

        Parameters
        ----------
        losses : Tensor or array-like of shape (n_present,)
            The losses of the tasks that are there.
        shares : Tensor or array-like of shape (n_present,), default=None
            How much the user wants each of them to count; they sum to 1. None is
            1 / n_present for all.
        tasks : array-like of int, default=None
            Which tasks they are, for methods that remember. None is all, in order.

        Returns
        -------
        Tensor of shape ()
            The objective, on the scale of the mean of the losses.

        Raises
        ------
        ValueError
            If a loss is negative and the method takes its logarithm.
        """
        losses = _as_floats(losses)
        index = self._get_ready(len(losses), tasks)
        if shares is None:
            shares = torch.full_like(losses, 1 / len(losses))
        else:
            shares = torch.as_tensor(shares, dtype=losses.dtype, device=losses.device)
        self._check_sign(losses, index)
        return self._objective(losses, shares, index)

    def observe_step(self, losses: Any, tasks: Any = None) -> None:
        """Take in the losses of the same batch after the step.

        Parameters
        ----------
        losses : array-like of shape (n_present,)
            The losses.
        tasks : array-like of int, default=None
            Which tasks they are. None is all, in order.

        Raises
        ------
        ValueError
            If a loss is negative and the method takes its logarithm.
        """
        losses = _as_floats(losses).detach()
        index = self._get_ready(len(losses), tasks)
        self._check_sign(losses, index)
        self._observe_step(losses, index)

    # Whether `observe_step` is to be called, which takes another forward pass.
    looks_back: ClassVar[bool] = False

    def _observe_step(self, losses: Tensor, tasks: np.ndarray) -> None:
        """Take in the losses after the step of the tasks that are there."""

    def _check_sign(self, losses: Tensor, tasks: np.ndarray) -> None:
        if self.needs_positive_losses and bool((losses < 0).any()):
            raise parameter_error(
                "losses",
                type(self).__name__,
                "0 or more, since their logarithms count",
                f"{float(losses.min()):.3g} for task {tasks[int(losses.argmin())]}",
            )

    @abstractmethod
    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        """Return the objective for tensors of the tasks that are there."""


@dataclass(repr=False, eq=False)
class GradientBalancer(Balancer):
    """A balancer that combines the gradients of the tasks; it has `_combine`."""

    # Whether it needs `observe_losses` before each step.
    uses_losses: ClassVar[bool] = False
    # Whether it remembers gradients, which only makes sense for those of parameters.
    remembers_gradients: ClassVar[bool] = False

    def combine(self, jacobian: Any, tasks: Any = None) -> Any:
        """Combine the gradients of the tasks into one.

        Parameters
        ----------
        jacobian : Tensor or array-like of shape (n_present, n)
            A gradient per row.
        tasks : array-like of int, default=None
            Which tasks the rows are, for methods that remember. None is all, in order.

        Returns
        -------
        Tensor or ndarray of shape (n,)
            The combined gradient, on the scale of their mean; a Tensor if the Jacobian
            was one.

        Raises
        ------
        ValueError
            If the Jacobian is not a finite matrix.
        """
        J = _as_floats(jacobian)
        _check_matrix(J, "jacobian", type(self).__name__)
        combined = self._combine(J, self._get_ready(len(J), tasks))
        if not bool(combined.isfinite().all()):
            self._fall_back("a combination that is not finite")
            combined = J.mean(0)
        return combined if isinstance(jacobian, Tensor) else combined.numpy()

    def observe_losses(self, losses: Any, tasks: Any = None) -> None:
        """Take in the losses whose gradients come next.

        Parameters
        ----------
        losses : array-like of shape (n_present,)
            The losses.
        tasks : array-like of int, default=None
            Which tasks they are. None is all, in order.
        """
        losses = np.asarray(losses, dtype=np.float64)
        self._observe_losses(losses, self._get_ready(len(losses), tasks))

    def _observe_losses(self, losses: np.ndarray, tasks: np.ndarray) -> None:
        """Take in the losses of the tasks that are there."""

    @abstractmethod
    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        """Return the combined gradient."""

    def _fall_back(self, reason: str) -> None:
        """Count a failure; warn of the first."""
        self.n_failures_ += 1
        if not self.has_warned_:
            self.has_warned_ = True
            warnings.warn(
                f"{type(self).__name__} could not balance the tasks in a step "
                f"({reason}), and took the mean of their gradients. Further failures "
                "are counted in history_, without a warning.",
                ConvergenceWarning,
                stacklevel=2,
            )


@dataclass(repr=False, eq=False)
class GramianBalancer(GradientBalancer):
    """A balancer whose weights depend on the products of the gradients only.

    A subclass has `_weights`, which may raise a `SolverError`.
    """

    _: KW_ONLY
    update_weights_every: int = 1

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "update_weights_every": [Interval(Integral, 1, None, closed="left")]
    }

    def weights(self, gramian: Any, tasks: Any = None) -> Any:
        """Return the weight of each gradient.

        Parameters
        ----------
        gramian : Tensor or array-like of shape (n_present, n_present)
            The products of the gradients with each other.
        tasks : array-like of int, default=None
            Which tasks the rows are, for methods that remember. None is all, in order.

        Returns
        -------
        Tensor or ndarray of shape (n_present,)
            The weights; those of the mean would be 1 / n_present. A task whose gradient
            is 0 has weight 0, and the others are weighted as if it were absent. A
            Tensor if the Gramian was one.

        Raises
        ------
        ValueError
            If the Gramian is not a finite square matrix.
        """
        G = _as_floats(gramian)
        _check_matrix(G, "gramian", type(self).__name__, square=True)
        index = self._get_ready(len(G), tasks)
        found = self._safe_weights(G.detach().cpu().double().numpy(), index)
        if isinstance(gramian, Tensor):
            return torch.as_tensor(found, dtype=gramian.dtype, device=gramian.device)
        return found

    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        # Scaled first: the squares of tiny or huge gradients are no float32 numbers.
        scale = J.abs().max()
        if scale == 0:
            return torch.zeros_like(J[0])
        scaled = J / scale
        G = (scaled.double() @ scaled.double().T).cpu().numpy()
        weights = self._safe_weights(G * float(scale) ** 2, tasks)
        return torch.as_tensor(weights, dtype=J.dtype, device=J.device) @ J

    def _safe_weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        # A task without a gradient is taken for absent: it can get no worse, to first
        # order, and the shortest combination with it would be to stand still.
        moves = G.diagonal() > 0
        if not moves.any():
            return np.full(len(G), 1 / len(G))
        weights = np.zeros(len(G))
        weights[moves] = self._weights_or_mean(G[np.ix_(moves, moves)], tasks[moves])
        return weights

    def _weights_or_mean(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        mean = np.full(len(G), 1 / len(G))
        try:
            weights = self._weights(G, tasks)
        except (SolverError, np.linalg.LinAlgError) as error:
            self._fall_back(str(error))
            return mean
        if not np.isfinite(weights).all():
            self._fall_back("weights that are not finite")
            return mean
        return weights

    @abstractmethod
    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        """Return the weights for the Gramian, with no 0 on its diagonal."""


def _as_floats(values: Any) -> Tensor:
    # Through NumPy, for which a list is one of doubles.
    if not isinstance(values, Tensor):
        values = torch.as_tensor(np.asarray(values))
    return values if values.is_floating_point() else values.double()


def _check_matrix(
    matrix: Tensor, name: str, owner: str, *, square: bool = False
) -> None:
    expected = "a finite square matrix" if square else "a finite matrix with rows"
    if matrix.ndim != 2 or not len(matrix) or (square and len(set(matrix.shape)) > 1):
        raise parameter_error(name, owner, expected, f"shape {tuple(matrix.shape)}")
    if not bool(matrix.isfinite().all()):
        raise parameter_error(name, owner, expected, "NaN or infinity")

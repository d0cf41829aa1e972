"""One more task on top of what a network has learnt."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils._param_validation import StrOptions, validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.neural_network._augmenting import select_inputs
from sklearn_mtl.neural_network._engine import OWN_RATE
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._read_inputs import read_inputs
from sklearn_mtl.neural_network._representation import (
    GradualUnfreezing,
    RepresentationOf,
)
from sklearn_mtl.neural_network._training_run import describe_tasks

# The rate of what has been learnt before, relative to that of the new head.
_RATE_OF_LEARNT_LAYERS = 0.1

# A few rows make an epoch of a step or two: so many steps are allowed at least.
_MIN_STEPS = 500


@dataclass(frozen=True)
class TransferredTask:
    """A task that was added: its estimator, of X or of what the network makes of X."""

    name: str
    estimator: Any
    on_representation: bool


class TransferMixin:
    """Lets a fitted network take on tasks that it was not trained for."""

    # What the estimator has.
    augment: Any
    batch_size: int
    classes_: Any
    lr: float
    max_epochs: int
    missing_label: Any
    module_: Network
    settings_: dict[str, Any]
    net_params: dict[str, Any] | None
    task_weights_: np.ndarray
    _fitted_precision: str
    _row_shapes: Any
    _tasks: Tasks
    _transferred: tuple[TransferredTask, ...]

    @property
    def transferred_(self) -> dict[str, Any]:
        """The estimators of the tasks that were transferred, by name."""
        check_is_fitted(self)
        return {task.name: task.estimator for task in self._transferred}

    def transfer(
        self,
        X: Any,
        y: Any,
        *,
        name: str | None = None,
        freeze: bool | str = True,
        hidden_layer_sizes: Sequence[int] = (),
        sample_weight: Any = None,
    ) -> Self:
        """Learn one more task on top of what was learnt.

        The task gets a head of its own, trained on X and y alone with the parameters
        of this estimator, for `max_epochs` or 500 steps, whichever is more. The
        network of the other tasks is not changed, and so their
        predictions are not: where its layers are trained further, that is done in a
        copy, which belongs to the new task.

        Parameters
        ----------
        X : array-like, sparse matrix or Inputs
            Inputs, with rows as in `fit`. They may be few.
        y : array-like of shape (n_samples,)
            The labels of the task; missing ones are left out.
        name : str, default=None
            The name of the task. None takes the name that `y` has as a column or a
            table of one, else "task<number>".
        freeze : bool or "gradual", default=True
            True keeps the representation as it is, which is quick and the choice for
            few labels; it needs no `augment`. False trains all layers further, at a
            tenth of the rate of the head. "gradual" trains the head alone for an epoch,
            and then one more layer from the top in each epoch.
        hidden_layer_sizes : sequence of int, default=()
            The widths of layers between the representation and the new head.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The estimator, with one more task, the last one. `transferred_` has the
            estimator of each such task by its name. `fit` starts without them.

        Raises
        ------
        ValueError
            If the name is that of another task, or y has more than one column.

        References
        ----------
        Howard, J. and Ruder, S. (2018). Universal language model fine-tuning for text
        classification. ACL.
        """
        check_is_fitted(self)
        owner = type(self).__name__
        validate_parameter_constraints(
            {"freeze": ["boolean", StrOptions({"gradual"})], "name": [str, None]},
            {"freeze": freeze, "name": name},
            owner,
        )
        read = read_inputs(self, X, self._fitted_precision, reset=False)
        name, labels = self._read_new_task(y, name)
        new = self._for_new_task(read, freeze, hidden_layer_sizes)
        settings = self.settings_
        n_labels = sum(label is not None for label in labels)
        n_steps = -(-n_labels // settings["batch_size"])
        n_epochs = max(settings["max_epochs"], -(-_MIN_STEPS // n_steps))
        new.set_params(max_epochs=n_epochs)
        frozen = freeze is True
        new.fit(self._represent(X) if frozen else read, labels, sample_weight)
        if not frozen:
            # It takes what the others take.
            new._row_shapes = self._row_shapes
        self._add_task(TransferredTask(name, new, frozen))
        return self

    def _read_new_task(self, y: Any, name: str | None) -> tuple[str, list[Any]]:
        """Return the name and the labels of a task, None where they are missing."""
        owner, tasks = type(self).__name__, self._tasks
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        if targets.n_tasks > 1:
            expected = "1-D: one task is transferred at a time"
            raise parameter_error("y", owner, expected, f"{targets.n_tasks} columns")
        if not targets.observed.any():
            raise parameter_error("y", owner, "of at least one label", "none")
        if name is None:
            given = targets.names[0] if hasattr(y, "columns") else getattr(y, "name", 0)
            name = given if isinstance(given, str) else _number(tasks)
        if name in tasks.names:
            expected = f"a name that no task has ({list_some(tasks.names)})"
            raise parameter_error("name", owner, expected, repr(name))
        labels = targets.columns[0].astype(object)
        labels[~targets.observed[:, 0]] = None
        return name, labels.tolist()

    def _ask_transferred(self, X: Any, ask: Callable[[Any, Any], Any]) -> Iterator[Any]:
        """Yield what is answered by the estimator of each task that was transferred."""
        if not self._transferred:
            return
        read = read_inputs(self, X, self._fitted_precision, reset=False)
        represented = None
        for task in self._transferred:
            if task.on_representation and represented is None:
                represented = self._represent(X)
            yield ask(task.estimator, represented if task.on_representation else read)

    def _represent(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self._outputs(X, self.module_.represent).numpy()

    def _for_new_task(self, X: Any, freeze: bool | str, sizes: Sequence[int]) -> Any:
        """Return the estimator of a task that is to be transferred."""
        new = clone(self).set_params(
            hidden_layer_sizes=sizes,
            preset="plain",
            preprocess=True,
            categorical_features=None,
            n_members=1,
            n_networks=1,
            encoder=None,
            encoder_init=None,
            augment=None,
            architecture="shared_bottom",
            task_weights=None,
            balancer=None,
            task_sampler=None,
            missing_label=None,
            callbacks=None,
            warm_start=False,
            checkpoint_dir=None,
            resume=False,
        )
        if not isinstance(getattr(self, "class_weight", None), (str, type(None))):
            new.set_params(class_weight=None)
        if "task_types" in new.get_params(deep=False):
            new.set_params(task_types="auto")
        if freeze is True:
            return new
        rate = _RATE_OF_LEARNT_LAYERS * new._resolve(None, 1).lr
        groups = [("encoder.*", {"lr": rate, OWN_RATE: rate})]
        return new.set_params(
            encoder=RepresentationOf(self.module_),
            augment=select_inputs(self.augment, X.names)
            if isinstance(X, Inputs)
            else self.augment,
            callbacks=[GradualUnfreezing()] if freeze == "gradual" else None,
            net_params={**(self.net_params or {}), "optimizer__param_groups": groups},
        )

    @abstractmethod
    def _outputs(
        self, X: Any, forward: Callable[[Any], Tensor] | None = None
    ) -> Tensor:
        """Return the outputs of X, or what else a function makes of its rows."""

    def _add_task(self, task: TransferredTask) -> None:
        old, added = self._tasks, task.estimator._tasks
        tasks = replace(
            old,
            names=(*old.names, task.name),
            kinds=(*old.kinds, *added.kinds),
            classes=(*old.classes, *added.classes),
            one_dimensional=False,
        )
        self._transferred = (*self._transferred, task)
        self.task_weights_ = np.append(self.task_weights_, 1.0)
        self.__dict__.update(describe_tasks(tasks))
        if is_regressor(self):
            del self.classes_


def _number(tasks: Tasks) -> str:
    """Return the first "task<number>" that no task is called."""
    return next(
        name
        for name in (f"task{n}" for n in count(tasks.n_tasks))
        if name not in tasks.names
    )

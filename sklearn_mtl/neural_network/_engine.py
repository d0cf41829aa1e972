"""The engine: a private skorch net that trains all tasks on grouped losses.

Compared with a plain `skorch.NeuralNet` it gathers batches as tensors, keeps losses on
the device until an epoch ends, and records them per task.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import inf, nan
from typing import Any, Self

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor, nn

from sklearn_mtl.neural_network._augmenting import Augmenter
from sklearn_mtl.neural_network._balancing import (
    Balancing,
    LossBalancing,
    make_balancing,
)
from sklearn_mtl.neural_network._balancing_record import BalancingRecord
from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._divergence import DivergenceError, DivergenceGuard
from sklearn_mtl.neural_network._epoch_meter import EpochMeter
from sklearn_mtl.neural_network._input_rows import open_rows
from sklearn_mtl.neural_network._modules import find_norm_over_rows, seed_dropout
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._portions import (
    Batch,
    Parts,
    Portion,
    join,
    whole_portion,
)
from sklearn_mtl.neural_network._prediction import Prediction
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network._row_share import CurrentRows
from sklearn_mtl.neural_network._sampled_batches import SampledBatches, count_labels
from sklearn_mtl.neural_network._schedule import Schedule
from sklearn_mtl.neural_network._snapshot import Snapshot
from sklearn_mtl.neural_network._training_forward import (
    NOT_TRAINED,
    Compile,
    TrainingForward,
    compile_error,
    find_obstacle,
)
from sklearn_mtl.neural_network._weight_average import WeightAverage
from sklearn_mtl.neural_network.balancers._base import GradientBalancer
from sklearn_mtl.neural_network.samplers._base import TaskSampler

# Rows that go through the network at once when it only predicts.
_PREDICTION_ROWS = 8192

# Marks a group of parameters whose learning rate is not that of the network.
OWN_RATE = "own_rate"


class StopTraining(Exception):
    """Raised by a callback to end training after the current epoch."""


class MultiTaskEngine(NeuralNet):
    """Trains a module on `TaskData`; everything users see is in the facade.

    Parameters
    ----------
    module : Network
        The initialised network. Its outputs follow the layout of the criterion.
    criterion : WeightedTaskLoss
        The objective.
    task_names : sequence of str
        Names of the tasks in the order of Y, for the history.
    generator : torch.Generator
        The one source of randomness: the order of batches and dropout.
    gradient_level : str
        Where a balancer compares the gradients of the tasks.
    sampler : TaskSampler or None
        What draws the tasks of each step; None trains all of them.
    augment : Augmenter or None
        What changes the batches of training.
    lr_schedule : str
        How the learning rate changes over the steps of a fit.
    average : bool
        Whether the weights are averaged over the last steps.
    **kwargs
        Settings of `skorch.NeuralNet`.
    """

    average_: WeightAverage
    compile_: Compile = False
    compiled_: dict[str, Any] = NOT_TRAINED
    forward_: TrainingForward
    owner_: str
    balancing_: Balancing | None
    built_with_: dict[str, Any]
    batches_: SampledBatches | None = None
    callbacks_: list[tuple[str, Callback]]
    current_rows_: CurrentRows
    guard_: DivergenceGuard
    kept_epoch_: int
    active_sampler_: TaskSampler | None
    n_parts_: int
    n_products_: int
    n_turns_: int
    processes_: Processes
    sampler_: TaskSampler | None
    schedule_: Schedule
    summed_: list[nn.Parameter]
    trained_: list[nn.Parameter]

    def __init__(
        self,
        module: Network,
        criterion: WeightedTaskLoss,
        task_names: Sequence[str],
        generator: torch.Generator,
        gradient_level: str,
        sampler: TaskSampler | None = None,
        augment: Augmenter | None = None,
        lr_schedule: str = "constant",
        average: bool = False,
        **kwargs: Any,
    ):
        super().__init__(module, criterion, **kwargs)
        self.task_names = task_names
        self.generator = generator
        self.gradient_level = gradient_level
        self.sampler = sampler
        self.augment = augment
        self.lr_schedule = lr_schedule
        self.average = average

    @property
    def trainable_(self) -> nn.ModuleList:
        """All that is trained: the network, and what a balancer learns."""
        return nn.ModuleList([self.module_, self.criterion_])

    def go_on(
        self, lr: float, batch_size: int, lr_schedule: str, average: bool
    ) -> Self:
        """Take new settings for more epochs."""
        self.set_params(lr=lr, batch_size=batch_size)
        self.lr_schedule, self.average = lr_schedule, average
        for group in self.optimizer_.param_groups:
            group["lr"] = group.get(OWN_RATE, lr)
        return self

    def compile_as(self, wanted: Compile, owner: str) -> None:
        """Take whether training is to be compiled, for an estimator of some class.

        Raises
        ------
        ValueError
            If it is to be, and cannot be.
        """
        self.compile_, self.owner_ = wanted, owner
        self.compiled_ = NOT_TRAINED
        obstacle = find_obstacle(self)
        if wanted is True and obstacle is not None:
            raise compile_error(owner, obstacle)

    def weigh(self, task_weights: np.ndarray, train: TaskData) -> None:
        """Take the weight of each task, in the order of Y, and tell the sampler."""
        self.criterion_.weigh(task_weights)
        n_labels = count_labels(train, self.criterion_)
        self.active_sampler_ = None
        if self.sampler is None or not n_labels.any():
            return
        if self.sampler_ is None:
            self.sampler_ = self.sampler.reset(n_labels, self.max_epochs)
        else:
            self.sampler_.go_on(n_labels)
        self.active_sampler_ = self.sampler_

    def train(
        self,
        train: TaskData,
        valid: TaskData | None,
        epochs: int,
        callbacks: Iterable[Callback],
        n_done: int = 0,
        processes: Processes = ONE_PROCESS,
    ) -> None:
        """Train for some epochs with more callbacks, and leave a net that predicts.

        A callback may bring the net to where it was after the first `n_done` of them.
        Several processes do it together.
        """
        self.processes_ = processes
        settled, n_epochs = self.callbacks_, len(self.history)
        self.callbacks_ = [*settled, *((type(c).__name__, c) for c in callbacks)]
        self.interrupted = self.cut_short = False
        before = Snapshot(self.trainable_)
        n_batches = len(Batches(train, self.batch_size))
        n_steps = epochs * n_batches
        self.schedule_ = Schedule(self.lr_schedule, n_steps, self.optimizer_)
        self.forward_ = TrainingForward(self, n_steps - n_done * n_batches)
        try:
            with processes.stopping_together():
                self.partial_fit((train, valid), epochs=epochs - n_done)
                if processes.any_interrupted():
                    # After the last step, when nothing was left to do.
                    self.cut_short, self.interrupted = True, not self.callbacks
        except (StopTraining, DivergenceError) as stop:
            self.notify("on_train_end", X=None, y=None)
            if isinstance(stop, DivergenceError):
                raise
        except BaseException:
            before.restore(self.trainable_)
            self.initialize_optimizer()
            del self.history[n_epochs:]
            raise
        finally:
            self.callbacks_, self.batches_ = settled, None
            self.kept_epoch_ = self.guard_.kept_epoch
            del self.guard_, self.probe_, self.trained_, self.summed_
            del self.balancing_, self.average_
            del self.device_generator_, self.current_rows_, self.processes_
            self.schedule_.reset_rates()
            del self.schedule_, self.forward_
            seed_dropout(self.module_, None)
            self._set_training(False)

    def outputs(self, X: Any, forward: Callable[[Any], Tensor] | None = None) -> Tensor:
        """Return the outputs of all rows, or what else a function makes of them."""
        forward = forward or self.module_
        rows = open_rows(X, self.device, self.module_.heads.weight.dtype)
        size = rows.how_many(max(_PREDICTION_ROWS // self.module_.n_members, 1))
        predict = Prediction(forward)
        with torch.inference_mode():
            parts = [part for batch in rows.slices(size) for part in predict(batch)]
            return rows.restore(parts[0] if len(parts) == 1 else torch.cat(parts))

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return []

    def check_data(self, X: Any, y: Any = None) -> None:
        """Take data as it is: the facade has checked it."""

    def get_split_datasets(self, X: Any, y: Any = None, **kwargs: Any) -> Any:
        return X

    def get_iterator(
        self, dataset: TaskData, training: bool = False
    ) -> Batches | SampledBatches:
        if training and self.active_sampler_ is not None:
            self.batches_ = SampledBatches(
                dataset,
                self.batch_size,
                self.active_sampler_,
                self.criterion_,
                self.generator,
                first_epoch=len(self.history),
                n_members=self.module_.n_members,
                n_networks=self.module_.trunk.n_networks,
            )
            return self.batches_
        if not training:
            return Batches(dataset, self.batch_size)
        return Batches(
            dataset,
            self.batch_size,
            self.generator,
            n_networks=self.module_.trunk.n_networks,
            n_members=self.module_.n_members,
        )

    def on_train_begin(
        self, net: NeuralNet, X: Any = None, y: Any = None, **kwargs: Any
    ) -> None:
        self.probe_: Batch = next(iter(Batches(X[0], self.batch_size)))
        self.n_turns_ = 1 if X[1] is None else X[1].n_turns
        self.n_parts_ = 1
        self.kept_epoch_ = len(self.history)
        self.guard_ = DivergenceGuard(
            self.trainable_, self.task_names, self._find_broken_tasks, self.kept_epoch_
        )
        self.lowest_losses_: dict[str, float] = {}
        self.balancing_ = make_balancing(
            self.module_, self.criterion_, self.gradient_level, self.processes_
        )
        if isinstance(self.balancing_, LossBalancing):
            self.balancing_.forward = self.forward_
        self.trained_ = [p for _, p in self.get_all_learnable_params()]
        # What a balancer learns has its gradients from losses of the whole batch.
        self.summed_ = [p for p in self.module_.parameters() if p.requires_grad]
        self.average_ = WeightAverage(self.trained_ if self.average else [])
        self.constant_losses_ = self.constant_losses(X[0])
        self.device_generator_ = self.generator
        if self.device != "cpu":
            seed = int(torch.randint(2**62, (), generator=self.generator))
            self.device_generator_ = torch.Generator(self.device).manual_seed(seed)
        of_process = self.generator.initial_seed() + self.processes_.rank
        others = torch.Generator(self.device).manual_seed(of_process % 2**63)
        self.current_rows_ = CurrentRows(others)
        seed_dropout(self.module_, self.device_generator_, self.current_rows_)

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        super().on_epoch_begin(net, **kwargs)
        # Before the callbacks, which may change the weights that training goes on with.
        self.average_.take_away()

    def fit_loop(
        self, X: Any, y: Any = None, epochs: int | None = None, **kwargs: Any
    ) -> NeuralNet:
        stop: BaseException | None = None
        try:
            super().fit_loop(X, y, epochs, **kwargs)
        except (KeyboardInterrupt, StopTraining) as reason:
            # Callbacks of skorch stop training with a KeyboardInterrupt too.
            self.cut_short = isinstance(reason, KeyboardInterrupt)
            self.interrupted = self.cut_short and not self.callbacks
            if "train_loss" not in self.history[-1]:
                del self.history[-1]
            stop = reason
        self.average_.put_in_place()
        self._stop_if_any(self._find_broken_tasks())
        if stop is not None:
            raise stop
        return self

    def run_single_epoch(
        self,
        iterator: Batches | SampledBatches | None,
        training: bool,
        prefix: str,
        step_fn: Callable[..., dict[str, Tensor]],
        **kwargs: Any,
    ) -> None:
        if iterator is None:
            return
        self._set_training(training)
        meter = EpochMeter(
            self.criterion_.task_weights, self.criterion_.layout, self.processes_
        )
        for portion in self._deal(iterator, training):
            batch = portion.batch
            # Only callbacks of the user look at batches.
            if self.callbacks:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(portion, **kwargs)
            meter.update(step, batch)
            if self.callbacks:
                self.history.record_batch(f"{prefix}_batch_size", len(batch[0]))
                self.notify("on_batch_end", batch=batch, training=training, **step)
        self._record(prefix, meter, len(iterator))
        if isinstance(iterator, SampledBatches):
            for task, used in zip(self.task_names, iterator.used.tolist(), strict=True):
                self.history.record(f"sampled_{task}", used)
        if training:
            self.average_.put_in_place()
            self._stop_if_any(meter.diverged())
            self.kept_epoch_ = len(self.history)
            self.guard_.keep(self.kept_epoch_)

    def _deal(
        self, batches: Batches | SampledBatches, training: bool
    ) -> Iterator[Portion]:
        """Yield what this process has of each batch."""
        if not training or self.augment is None:
            yield from batches.portions(self.processes_)
            return
        for whole in batches.portions():
            # Rows may be mixed with those that other processes have.
            batch = self.augment(whole.batch, self.device_generator_)
            share = self.processes_.share(whole.share.n_rows, batches.unit)
            portion = whole_portion(batch)
            yield portion if share.is_whole else portion.cut(share, batches.unit)

    def train_step(self, portion: Portion, **kwargs: Any) -> dict[str, Tensor]:
        step: dict[str, Tensor] = {}

        def closure() -> Tensor:
            step.update(self._in_parts(portion, self._go_back))
            step["loss"] = self.processes_.sum_gradients(self.summed_, step["loss"])
            if self.callbacks:
                self.notify(
                    "on_grad_computed",
                    named_parameters=list(self.get_all_learnable_params()),
                    batch=portion.batch,
                    training=True,
                )
            return step["loss"]

        self.schedule_.set_rates()
        self.optimizer_.step(closure)
        self.average_.update()
        if isinstance(self.balancing_, LossBalancing) and self.balancing_.looks_back:
            self._in_parts(portion, self.balancing_.observe_step)
        return step

    def _go_back(self, parts: Parts) -> dict[str, Tensor]:
        """Leave the gradients of a step in the parameters; return what it found."""
        for parameter in self.trained_:
            parameter.grad = None
        if self.balancing_ is not None:
            return self.balancing_.backward(parts)
        steps = []
        for part in parts:
            step = self._forward(part.batch, self.forward_, parts.n_rows)
            loss, penalty = step["loss"], self.module_.trunk.penalty()
            if penalty is not None:
                loss = loss + penalty * part.share.fraction
            loss.backward()
            steps.append({**step, "loss": step["loss"].detach()})
        return join(steps)

    def validation_step(self, portion: Portion, **kwargs: Any) -> dict[str, Tensor]:
        module = self.module_.take_turns if self.n_turns_ > 1 else self.module_
        return self._in_parts(portion, partial(self._look, module=module))

    def _look(self, parts: Parts, module: Callable[[Any], Tensor]) -> dict[str, Tensor]:
        """Return the outputs and the losses of rows, without gradients."""
        with torch.no_grad():
            return join([self._forward(p.batch, module, parts.n_rows) for p in parts])

    def _in_parts(self, portion: Portion, step: Callable[[Parts], Any]) -> Any:
        """Do a step in as many parts as the memory of the device is enough for."""
        unit = self.module_.n_members if self.module_.training else self.n_turns_
        generator = self.device_generator_
        start = generator.get_state()
        while True:
            parts = Parts(portion, self.n_parts_, unit, self.current_rows_, generator)
            try:
                return step(parts)
            except torch.OutOfMemoryError:
                if len(parts) * unit >= len(portion.share):
                    raise
            self._halve_parts(len(portion.share))
            generator.set_state(start)

    def _halve_parts(self, n_rows: int) -> None:
        """Go through batches in twice as many parts from now on, with a warning."""
        if self.n_parts_ == 1:
            layer = find_norm_over_rows(self.module_)
            result = (
                "has the same result"
                if layer is None
                else f"lets {type(layer).__name__} see the rows of a part only"
            )
            warnings.warn(
                f"Memory of {self.device!r} is too small for a step of {n_rows} rows. "
                "Batches go through the network in parts from now on, which takes "
                f"longer and {result}.",
                stacklevel=2,
            )
        self.n_parts_ *= 2
        for parameter in self.trained_:
            parameter.grad = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _forward(
        self,
        batch: Batch,
        module: Callable[[Any], Tensor],
        n_rows: int | None = None,
    ) -> dict[str, Tensor]:
        X, (targets, weights) = batch
        criterion = self.criterion_
        outputs = module(X)
        losses = criterion.layout.losses(outputs, targets)
        return {
            "loss": criterion.combine(losses, weights, n_rows),
            "y_pred": outputs.detach(),
            "losses": losses.detach(),
        }

    def constant_losses(self, train: TaskData) -> np.ndarray:
        """Return the loss of predicting each task's training average, NaN if it is 0.

        It is taken over the training labels, which are many: over the few that a task
        has for validation it would be as noisy as the loss that it is to scale.
        """
        layout = self.criterion_.layout
        outputs = layout.constant_outputs(train.targets, train.weights)
        losses = layout.losses(outputs.expand(len(train), -1), train.targets)
        means = (losses * train.weights).sum(0) / train.weights.sum(0)
        means = means.cpu().numpy()[layout.positions]
        return np.where(means > 1e-6, means, np.nan)

    def _record(self, prefix: str, meter: EpochMeter, n_batches: int) -> None:
        losses, scores = meter.compute()
        record = self.history.record
        weights = self.criterion_.shares()
        loss = _weighted_mean(losses, weights)
        record(f"{prefix}_loss", loss)
        # skorch's Checkpoint looks for this name.
        lowest = self.lowest_losses_.get(prefix, inf)
        record(f"{prefix}_loss_best", loss < lowest)
        self.lowest_losses_[prefix] = min(loss, lowest)
        record(f"{prefix}_batch_count", n_batches)
        for task, task_loss, score in zip(
            self.task_names, losses.tolist(), scores.tolist(), strict=True
        ):
            record(f"{prefix}_loss_{task}", task_loss)
            record(f"{prefix}_score_{task}", score)
        if prefix == "train":
            self._record_weights(losses)
            if self.active_sampler_ is not None:
                self.active_sampler_.observe_epoch(losses)
        else:
            relative = losses / self.constant_losses_
            record("valid_relative_loss", _weighted_mean(relative, weights > 0))

    def _record_weights(self, losses: np.ndarray) -> None:
        balancing, weights = self.balancing_, self.criterion_.shares()
        if balancing is not None:
            weights = balancing.record.weights()
            self._record_balancing(balancing, losses)
        for task, weight in zip(self.task_names, weights.tolist(), strict=True):
            self.history.record(f"weight_{task}", weight)

    def _record_balancing(self, balancing: Balancing, losses: np.ndarray) -> None:
        balancer = balancing.balancer
        if isinstance(balancer, GradientBalancer):
            self.history.record("gradient_cosines", balancing.record.cosines())
            self.history.record("balancer_failures", balancer.n_failures_)
            balancer.n_failures_ = 0
        balancer.end_epoch(losses)
        balancing.record = BalancingRecord(len(losses))

    def _find_broken_tasks(self) -> np.ndarray:
        """Return the tasks whose loss is NaN or infinite now, in the order of Y."""
        self._set_training(False)
        found = self._in_parts(
            whole_portion(self.probe_), partial(self._look, module=self.module_)
        )
        losses = found["losses"]
        broken = ~losses.isfinite() & (self.probe_[1][1] > 0)
        return broken.any(0).cpu().numpy()[self.criterion_.layout.positions]

    def _stop_if_any(self, broken: np.ndarray) -> None:
        if broken.any():
            error = self.guard_.go_back(broken, len(self.history))
            self.initialize_optimizer()
            raise error


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean over the tasks with a finite value and a positive weight."""
    used = np.isfinite(values) & (weights > 0)
    return float(np.average(values[used], weights=weights[used])) if used.any() else nan

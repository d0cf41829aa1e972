"""The facade: validation, tasks and fitted attributes of the network estimators."""

import copy
import os
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    is_regressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from skorch.callbacks import Callback

from sklearn_mtl._class_weight import weigh_classes
from sklearn_mtl._inputs import Inputs
from sklearn_mtl._storage import StoredTable
from sklearn_mtl._tasks import Kind, Targets, Tasks, read_targets
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    check_task_weights,
    list_some,
    parameter_error,
)
from sklearn_mtl.neural_network._augmenting import mixes_rows
from sklearn_mtl.neural_network._balancing import GRADIENT_LEVELS
from sklearn_mtl.neural_network._building import (
    OPTIMIZERS,
    PRECISIONS,
    build_engine,
    check_batches,
    find_numbers,
)
from sklearn_mtl.neural_network._categories import FROM_DTYPE
from sklearn_mtl.neural_network._checkpoints import Checkpoints, check_parameters
from sklearn_mtl.neural_network._device import resolve_device
from sklearn_mtl.neural_network._divergence import DivergenceError
from sklearn_mtl.neural_network._early_stopping import EarlyStopping
from sklearn_mtl.neural_network._encoding import is_for_tables, learns_nothing
from sklearn_mtl.neural_network._launched_processes import (
    check_layers,
    check_same_data,
    find_processes,
)
from sklearn_mtl.neural_network._modules import ACTIVATIONS
from sklearn_mtl.neural_network._onnx_export import OnnxExportMixin
from sklearn_mtl.neural_network._presets import (
    AUTO,
    PRESETS,
    SETTINGS,
    STRUCTURE,
    resolve,
)
from sklearn_mtl.neural_network._progress import PrintEpoch
from sklearn_mtl.neural_network._read_inputs import read_inputs
from sklearn_mtl.neural_network._saving import SavingMixin
from sklearn_mtl.neural_network._schedule import SCHEDULES
from sklearn_mtl.neural_network._sklearn_callbacks import (
    TEARDOWN,
    CallbackSupportMixin,
    EndOfFit,
    SklearnCallbacks,
)
from sklearn_mtl.neural_network._target_scale import TargetScale
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network._threads import one_thread_if_small
from sklearn_mtl.neural_network._training_data import Split, TrainingData
from sklearn_mtl.neural_network._training_run import TrainingRun
from sklearn_mtl.neural_network._transfer import TransferMixin
from sklearn_mtl.neural_network.augmentations import Mixup
from sklearn_mtl.neural_network.encoders import ENCODERS, NumericEmbedding

_AUTO = StrOptions({AUTO})
_POSITIVE = Interval(Integral, 1, None, closed="left")

# With fewer labelled rows, a tenth of them says too little to stop on.
_MIN_ROWS_TO_STOP_EARLY = 100


@dataclass(repr=False, eq=False)
class BaseMultiTaskNet(
    CallbackSupportMixin,
    OnnxExportMixin,
    TransferMixin,
    SavingMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """What the network estimators have in common; their parameters are its fields."""

    hidden_layer_sizes: Sequence[int] = (256, 256)
    _: KW_ONLY
    preset: str = "default"
    preprocess: bool = True
    categorical_features: Any = FROM_DTYPE
    activation: str = "silu"
    dropout: Any = AUTO
    encoder: Any = AUTO
    encoder_init: Any = None
    augment: Any = None
    architecture: Any = "shared_bottom"
    n_members: Any = AUTO
    n_networks: Any = AUTO
    task_weights: Any = None
    balancer: Any = None
    gradient_level: str = "representation"
    task_sampler: Any = None
    missing_label: Any = np.nan
    optimizer: Any = "adamw"
    lr: Any = AUTO
    lr_schedule: str = AUTO
    average: Any = AUTO
    weight_decay: float | None = None
    batch_size: Any = AUTO
    max_epochs: Any = AUTO
    early_stopping: Any = "auto"
    validation_fraction: float = 0.1
    n_iter_no_change: Any = AUTO
    device: str = "auto"
    data_parallel: bool = False
    precision: str = "float32"
    compile: Any = False
    callbacks: Any = None
    net_params: Any = None
    warm_start: bool = False
    checkpoint_dir: Any = None
    checkpoint_every: Any = 1
    resume: Any = False
    random_state: Any = None
    verbose: int = 0

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like"],
        "preset": [StrOptions(set(PRESETS))],
        "preprocess": ["boolean"],
        "categorical_features": ["array-like", StrOptions({FROM_DTYPE}), None],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left"), _AUTO],
        "encoder": [callable, str, dict, NumericEmbedding, None],
        "encoder_init": "no_validation",
        "augment": [callable, dict, list, tuple, Mixup, None],
        "architecture": "no_validation",
        "n_members": [_POSITIVE, _AUTO],
        "n_networks": [_POSITIVE, _AUTO],
        "task_weights": ["array-like", dict, None],
        "balancer": "no_validation",
        "gradient_level": [StrOptions(set(GRADIENT_LEVELS))],
        "task_sampler": "no_validation",
        "missing_label": "no_validation",
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "lr": [Interval(Real, 0, None, closed="neither"), _AUTO],
        "lr_schedule": [StrOptions({*SCHEDULES, AUTO})],
        "average": ["boolean", _AUTO],
        "weight_decay": [Interval(Real, 0, None, closed="left"), None],
        "batch_size": [_POSITIVE, _AUTO],
        "max_epochs": [_POSITIVE, _AUTO],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [_POSITIVE, _AUTO],
        "device": [str],
        "data_parallel": ["boolean"],
        "precision": [StrOptions(set(PRECISIONS))],
        "compile": ["boolean", StrOptions({"auto"})],
        "callbacks": [list, tuple, None],
        "net_params": [dict, None],
        "warm_start": ["boolean"],
        "checkpoint_dir": [str, os.PathLike, None],
        "checkpoint_every": [_POSITIVE, str],
        "resume": ["boolean", StrOptions({AUTO})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def _validate_params(self) -> None:
        for name, options in (
            ("preset", PRESETS),
            ("activation", ACTIVATIONS),
            ("encoder", [*ENCODERS, AUTO]),
            ("lr_schedule", [*SCHEDULES, AUTO]),
            ("gradient_level", GRADIENT_LEVELS),
            ("optimizer", OPTIMIZERS),
            ("precision", PRECISIONS),
        ):
            if isinstance(getattr(self, name), str):
                check_option(getattr(self, name), options, name, type(self).__name__)
        super()._validate_params()
        sizes = list(self.hidden_layer_sizes)
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise parameter_error(
                "hidden_layer_sizes",
                type(self).__name__,
                "a sequence of positive integers",
                repr(self.hidden_layer_sizes),
            )

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on all tasks jointly.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs, ParquetTable, Dataset of torch} of \
shape (n_samples, n_features)
            Inputs. With an `encoder`, X may have more dimensions, and rows of several
            named inputs come from :func:`~sklearn_mtl.datasets.combine_tasks` or
            :func:`~sklearn_mtl.datasets.combine_inputs`. Rows that memory is too small
            for may be in Parquet files
            (:class:`~sklearn_mtl.datasets.ParquetTable`), in an array on disk, or the
            items of a map-style ``torch.utils.data.Dataset``.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels. Weight 0 is the same as a missing label.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        check_parameters(self)
        goes_on = self.warm_start and hasattr(self, "net_")
        first = not goes_on or bool(self._transferred)
        with self._keeping_last_fit():
            data = self._read(X, y, sample_weight, first=first)
            return self._train(data, (X, y, sample_weight), first)

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, classes: Any = None
    ) -> Self:
        first = not hasattr(self, "net_")
        with self._keeping_last_fit():
            data = self._read(X, y, sample_weight, first=first, classes=classes)
            return self._train(data, (X, y, sample_weight), first, one_epoch=True)

    def transform(self, X: Any) -> np.ndarray:
        """Return the representation of X that the tasks share.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_units)
            The activations that the heads take: of the last shared layer or, where
            tasks have layers of their own, of the last ones of all tasks side by side.
        """
        return self._represent(X)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Classes, or quantities in the units of the training targets. The dtype is
            numeric when the labels of all tasks are, else object.
        """
        encoded = self._encoded(X)
        return self._tasks.decode(encoded)

    def _encoded(self, X: Any) -> np.ndarray:
        """Return class codes and quantities, those of transferred tasks last."""
        outputs = self._outputs(X)
        layout = self.net_.criterion_.layout
        own = layout.in_order_of_tasks(layout.predict(outputs).numpy())
        if layout.has_quantities:
            own = self._scale.inverse_transform(own.astype(np.float64))
        if not self._transferred:
            return own
        return np.hstack([own, *self._ask_transferred(X, BaseMultiTaskNet._encoded)])

    def _probabilities(self, X: Any) -> Any:
        outputs = self._outputs(X).double()
        probabilities = self.net_.criterion_.layout.probabilities(outputs)
        if self._tasks.one_dimensional:
            return probabilities[0]
        new = self._ask_transferred(X, BaseMultiTaskNet._probabilities)
        return [*probabilities, *new]

    @contextmanager
    def _keeping_last_fit(self) -> Iterator[None]:
        fitted = self.__dict__.copy()
        try:
            yield
        except DivergenceError:
            raise
        except BaseException:
            callbacks = {k: v for k, v in vars(self).items() if k in TEARDOWN}
            self.__dict__.clear()
            self.__dict__.update(fitted | callbacks)
            raise

    @abstractmethod
    def _kinds(self, targets: Targets) -> Kind | Sequence[Kind]:
        """Return what the columns hold."""

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, first: bool, classes: Any = None
    ) -> TrainingData:
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        # A fitted net keeps the precision that it has.
        precision = find_numbers(self.precision) if first else self._fitted_precision
        X = read_inputs(self, X, precision, reset=first)
        check_consistent_length(X, targets.observed)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        targets = targets.mask(weights)
        if first:
            tasks = Tasks.infer(targets, self._kinds(targets), owner, classes)
            self._warn_of_constants(tasks)
        else:
            if self._transferred:
                expected = "fitted anew, as tasks were transferred to it"
                raise ValueError(f"{owner} must be {expected}, got more data.")
            tasks = self._tasks
            weights = weights[:, tasks.order(targets, owner)]
            targets = tasks.align(targets, owner)
        encoded = tasks.encode(targets, owner)
        class_weight = getattr(self, "class_weight", None)
        weights = weigh_classes(class_weight, tasks, encoded, weights, owner)
        return TrainingData(X, targets, tasks, encoded, weights)

    def _warn_of_constants(self, tasks: Tasks) -> None:
        constant = [
            task
            for task, classes in zip(tasks.names, tasks.classes, strict=True)
            if classes is not None and len(classes) == 1
        ]
        if constant:
            warnings.warn(
                f"{type(self).__name__} was given a single class for "
                f"{list_some(constant)}, and will predict it always.",
                stacklevel=5,
            )

    def _train(
        self,
        data: TrainingData,
        given: tuple[Any, Any, Any],
        first: bool,
        one_epoch: bool = False,
    ) -> Self:
        run = self._start_run(data, first, one_epoch)
        net, settings, is_main = run.net, run.settings, run.processes.is_main
        epochs = 1 if one_epoch else settings["max_epochs"]
        callbacks: list[Callback] = [PrintEpoch()] if self.verbose and is_main else []
        reports = []
        if hasattr(self, "_skl_callbacks"):
            fitted_attributes = partial(self._fitted_attributes, run)
            reports = [
                SklearnCallbacks(self, *given, fitted_attributes, epochs, run.processes)
            ]
        callbacks += reports
        if run.valid is not None:
            callbacks.append(run.stopper)
        checkpoints = None
        if self.checkpoint_dir is not None and not one_epoch:
            checkpoints = Checkpoints(self, run)
            callbacks.append(checkpoints)
        callbacks += map(EndOfFit, reports)
        try:
            with one_thread_if_small(net.n_products_, settings["batch_size"]):
                if checkpoints is None:
                    net.train(
                        run.train,
                        run.valid,
                        epochs,
                        callbacks,
                        processes=run.processes,
                    )
                else:
                    checkpoints.train(epochs, callbacks)
        except DivergenceError:
            self.__dict__.update(self._fitted_attributes(run))
            raise
        self.__dict__.update(self._fitted_attributes(run))
        if net.interrupted:
            warnings.warn(
                f"Training was interrupted after epoch {len(net.history)}; "
                f"{type(self).__name__} keeps the weights it has.",
                ConvergenceWarning,
                stacklevel=4,
            )
        return self

    def _prepare(self, X: Any, y: Any, sample_weight: Any = None) -> TrainingRun:
        """Do what `fit` does before it trains."""
        self._validate_params()
        data = self._read(X, y, sample_weight, first=True)
        return self._start_run(data, first=True)

    def _resolve(self, X: Any, n_rows: int, one_epoch: bool = False) -> Self:
        """Return a copy with a value for everything that is "auto"."""
        for_tables = self._is_for_tables(X)
        return resolve(self, n_rows, for_tables=for_tables, one_epoch=one_epoch)

    def _is_for_tables(self, X: Any) -> bool:
        return is_for_tables(self.encoder) and not isinstance(X, Inputs)

    def _count_holdouts(self, X: Any, first: bool) -> int:
        """Return how many networks hold out rows of their own.

        One stands for all where something passes on what another network holds out: an
        encoder that is trained, vectors of categories, or mixtures of rows. What is
        read in windows is read for all networks at once.
        """
        if (
            isinstance(X, (Inputs, StoredTable))
            or not learns_nothing(self.encoder)
            or self._categories is not None
            or mixes_rows(self.augment)
        ):
            return 1
        return (
            self._resolve(X, 1).n_networks
            if first
            else self.net_.module_.trunk.n_networks
        )

    def _start_run(
        self, data: TrainingData, first: bool, one_epoch: bool = False
    ) -> TrainingRun:
        """Return a net that is ready to train, with its data."""
        owner, tasks = type(self).__name__, data.tasks
        task_weights = check_task_weights(self.task_weights, tasks.names, owner)
        processes = find_processes(self.data_parallel, self.device, owner)
        device = processes.device or resolve_device(self.device, owner)
        precision = find_numbers(self.precision) if first else self._fitted_precision
        seed = processes.from_main(self._draw_seed)
        check_same_data(processes, data, owner)

        n_holdouts = 0 if one_epoch else self._count_holdouts(data.X, first)
        split = self._choose_rows(data, task_weights, n_holdouts, seed)
        train_rows, n_turns = split.train, max(len(split.own), 1)
        resolved = self._resolve(data.X, len(train_rows), one_epoch)
        new_scale = TargetScale(~tasks.are_classification)
        scale = new_scale if first else copy.deepcopy(self._scale)
        scale.learn(data.encoded[train_rows], data.weights[train_rows])
        layout = OutputLayout(tasks)
        dtype = PRECISIONS[precision][1]
        convert = partial(
            data.for_engine, layout=layout, scale=scale, dtype=dtype, device=device
        )
        train = convert(train_rows, own_rows=split.own)
        valid = convert(split.valid, n_turns=n_turns) if len(split.valid) else None
        if first:
            net = build_engine(resolved, data, train_rows, layout, train, seed)
            if isinstance(self._row_shapes, dict):
                # Inputs that no row has may have been left out.
                names = net.module_.encoder.names
                shapes = self._row_shapes.items()
                self._row_shapes = {k: shape for k, shape in shapes if k in names}
        else:
            net = self.net_.go_on(
                resolved.lr,
                resolved.batch_size,
                resolved.lr_schedule,
                resolved.average,
            )
        is_mixed = self.precision == "bf16-mixed" and precision == "float32"
        net.module_.in_bfloat16 = is_mixed
        check_batches(net.module_, train, net.batch_size, owner)
        check_layers(net.module_, processes, owner)
        net.weigh(task_weights, train)
        net.compile_as("auto" if self.compile == "auto" else bool(self.compile), owner)
        processes.copy_from_main(net.trainable_.state_dict().values())
        return TrainingRun(
            net,
            train,
            valid,
            tasks,
            scale,
            precision,
            task_weights,
            EarlyStopping(resolved.n_iter_no_change),
            self._settings_of(resolved, first),
            processes,
        )

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _settings_of(self, resolved: Self, first: bool) -> dict[str, Any]:
        """Return what "auto" stands for; a network that goes on stays what it is."""
        settings = {name: getattr(resolved, name) for name in SETTINGS}
        if not first:
            settings |= {name: self.settings_[name] for name in STRUCTURE}
        return settings

    def _fitted_attributes(self, run: TrainingRun) -> dict[str, Any]:
        attributes = run.fitted_attributes()
        if is_regressor(self):
            del attributes["classes_"]
        return attributes

    def _stops_early(self, n_rows: int) -> bool:
        if self.early_stopping == "auto":
            return n_rows >= _MIN_ROWS_TO_STOP_EARLY
        return bool(self.early_stopping)

    def _choose_rows(
        self, data: TrainingData, task_weights: np.ndarray, n_holdouts: int, seed: int
    ) -> Split:
        """Return the rows to train on, and those to stop early on, if any."""
        owner = type(self).__name__
        rows = data.labelled_rows()
        if not len(rows):
            expected = "a table with at least one label of a weight above 0"
            raise parameter_error("y", owner, expected, "none")
        # Labels of tasks without weight are no ground to stop on.
        watched = np.any(data.weights[:, task_weights > 0], axis=1)
        if not n_holdouts or not self._stops_early(watched.sum()):
            return Split(rows, np.empty(0, dtype=np.intp))
        found = data.split(rows, self.validation_fraction, seed, n_holdouts)
        if not watched[found.train].any() or not watched[found.valid].any():
            raise parameter_error(
                "validation_fraction",
                owner,
                "such that rows are left to train on and to stop early on",
                f"{self.validation_fraction!r} for {watched.sum()} labelled row(s)",
            )
        return found

    def _outputs(
        self, X: Any, forward: Callable[[Any], torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Return the outputs of all rows, or what else a function makes of them."""
        if "net_" not in vars(self):
            check_is_fitted(self)
        X = read_inputs(self, X, self._fitted_precision, reset=False)
        net = self.net_
        with one_thread_if_small(net.n_products_, min(X.shape[0], 1000)):
            outputs = net.outputs(X, forward)
        if not np.isfinite(outputs.numpy()).all():
            is_finite = outputs.flatten(1).isfinite().all(1)
            # Tables on disk may have gaps, which not every encoder fills.
            owner = type(self).__name__
            row = int((~is_finite).nonzero()[0])
            expected = f"finite, and not too large for {self._fitted_precision}"
            raise parameter_error("X", owner, expected, f"other numbers in row {row}")
        return outputs

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.preprocess and is_for_tables(self.encoder)
        tags.transformer_tags.preserves_dtype = []
        return tags

"""Write checkpoints while a net trains, and go on from the newest one."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._checkpoints._file import Checkpoint
from sklearn_mtl.neural_network._checkpoints._fingerprint import (
    find_differences,
    find_fingerprint,
)
from sklearn_mtl.neural_network._checkpoints._folder import Folder
from sklearn_mtl.neural_network._checkpoints._global_draws import GlobalDraws
from sklearn_mtl.neural_network._checkpoints._parameters import Interval
from sklearn_mtl.neural_network._checkpoints._state import (
    check_optimizer,
    restore_net,
    restore_training,
    state_of_net,
    state_of_training,
)
from sklearn_mtl.neural_network._checkpoints._tree import UnstorableError
from sklearn_mtl.neural_network._early_stopping import EarlyStopping
from sklearn_mtl.neural_network._training_run import TrainingRun

# Differences that an error names; more of them say no more.
_MOST_NAMED = 4


class Checkpoints(Callback):
    """Saves the state of a fit after epochs, and brings a net to where a fit was.

    It comes after early stopping in the list of callbacks, whose state it keeps too.

    Parameters
    ----------
    estimator : estimator
        Has the parameters `checkpoint_dir`, `checkpoint_every` and `resume`.
    run : TrainingRun
        The fit that is about to begin.
    """

    def __init__(self, estimator: Any, run: TrainingRun):
        self._owner = type(estimator).__name__
        self._run, self._net = run, run.net
        self._stopper: EarlyStopping | None = None if run.valid is None else run.stopper
        self._callbacks = [callback for _, callback in run.net.callbacks_]
        self._n_before = len(run.net.history)
        self._interval = Interval(estimator.checkpoint_every, self._owner)
        self._has_warned = False
        # The main process reads and writes, and tells the others.
        self._processes = run.processes
        path = self._processes.from_main(
            lambda: _open_folder(estimator.checkpoint_dir, self._owner)
        )
        self._folder = Folder(path, find_fingerprint(estimator, run))
        self._found = self._processes.from_main(lambda: self._find(estimator.resume))
        self._batches: dict[str, Any] | None = None

    def train(self, epochs: int, callbacks: Sequence[Callback]) -> None:
        """Train for what is left of some epochs; this is one of the callbacks."""
        found, run = self._found, self._run
        if found is not None and found.finished:
            self._restore_finished(found.state)
            return
        n_done = 0 if found is None else found.epoch
        self._net.train(
            run.train, run.valid, epochs, callbacks, n_done, self._processes
        )
        if not self._net.cut_short:
            # The net has the weights that are kept.
            self._save_or_warn(self._finished_state, finished=True)

    def _restore_finished(self, state: dict[str, Any]) -> None:
        restore_net(self._net, state["net"])
        self._net.trainable_.eval()
        self._net.interrupted = self._net.cut_short = False
        self._net.kept_epoch_ = state["kept_epoch"]
        if self._stopper is not None:
            self._stopper.best_loss_, self._stopper.best_epoch_ = state["best"]

    def _finished_state(self) -> dict[str, Any]:
        stopper = self._stopper
        best = None if stopper is None else (stopper.best_loss_, stopper.best_epoch_)
        net = state_of_net(self._net)
        return {"net": net, "kept_epoch": self._net.kept_epoch_, "best": best}

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self._draws = GlobalDraws(self._net.device)
        if self._found is not None:
            self._restore(self._found.state)
            self._found = None
        self._processes.from_main(self._begin)

    def _begin(self) -> None:
        """Write once: whatever may hinder it does so now, and not after an epoch."""
        try:
            check_optimizer(self._net)
            self._save(self._state())
        except OSError as error:
            raise _no_folder(self._folder.path, self._owner, error) from error
        except UnstorableError as error:
            expected = (
                "one whose state a checkpoint can hold (numbers, text, arrays, "
                "tensors), as there is a 'checkpoint_dir'"
            )
            name, got = error.parameter or "callbacks", f"one where {error}"
            raise parameter_error(name, self._owner, expected, got) from error
        self._folder.forget_after(self._epoch)

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        if self._batches is not None and self._net.batches_ is not None:
            self._net.batches_.load_state_dict(self._batches)
        self._batches = None

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        if self._interval.is_due(self._epoch):
            self._save_or_warn(self._state)

    @property
    def _epoch(self) -> int:
        """How many epochs of this fit are done."""
        return len(self._net.history) - self._n_before

    def _find(self, resume: bool | str) -> Checkpoint | None:
        if not resume:
            return None
        found, problems = self._folder.find_newest()
        if problems:
            instead = (
                "Training starts anew"
                if found is None
                else f"Training goes on from the one after epoch {found.epoch}"
            )
            warnings.warn(
                f"{self._owner} cannot go on from {'; '.join(problems)}. {instead}.",
                stacklevel=5,
            )
        elif found is None and resume != "auto":
            self._refuse_others()
        return found

    def _refuse_others(self) -> None:
        other = next(self._folder.find_others(), None)
        if other is None:
            return
        differences = find_differences(other, self._folder.fingerprint)
        raise parameter_error(
            "resume",
            self._owner,
            "False, or 'auto' to share a folder, where 'checkpoint_dir' has "
            "checkpoints of other parameters or data only",
            f"True; the last one differs in {'; '.join(differences[:_MOST_NAMED])}",
        )

    def _state(self) -> dict[str, Any]:
        training = state_of_training(self._net, self._stopper, self._callbacks)
        if training["batches"] is None:
            training["batches"] = self._batches
        return {
            "net": state_of_net(self._net),
            "training": training,
            "global_draws": self._draws.state_dict(),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        restore_net(self._net, state["net"])
        restore_training(self._net, self._stopper, self._callbacks, state["training"])
        self._draws.load_state_dict(state["global_draws"])
        # The batches are made once training has begun.
        self._batches = state["training"]["batches"]

    def _save(self, state: dict[str, Any], *, finished: bool = False) -> None:
        fingerprint = self._folder.fingerprint
        self._folder.save(Checkpoint(fingerprint, self._epoch, finished, state))

    def _save_or_warn(
        self, find_state: Callable[[], dict[str, Any]], *, finished: bool = False
    ) -> None:
        if not self._processes.is_main:
            return
        try:
            self._save(find_state(), finished=finished)
        except (OSError, UnstorableError) as error:
            if self._has_warned:
                return
            self._has_warned = True
            warnings.warn(
                f"{self._owner} could not write a checkpoint to "
                f"{str(self._folder.path)!r} ({error}). Training goes on, and the "
                "checkpoints before it are still there.",
                stacklevel=2,
            )


def _open_folder(folder: Any, owner: str) -> Path:
    path = Path(os.fspath(folder))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(path, owner, error) from error
    return path


def _no_folder(path: Path, owner: str, error: OSError) -> ValueError:
    expected = "a folder that can be written to"
    got = f"{str(path)!r} ({error.strerror or error})"
    return parameter_error("checkpoint_dir", owner, expected, got)

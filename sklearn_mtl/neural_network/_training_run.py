"""A training run: an initialised net, the data it is to learn, and what it leaves."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._early_stopping import EarlyStopping
from sklearn_mtl.neural_network._engine import MultiTaskEngine
from sklearn_mtl.neural_network._processes import Processes
from sklearn_mtl.neural_network._sampled_batches import count_labels
from sklearn_mtl.neural_network._target_scale import TargetScale


@dataclass
class TrainingRun:
    """What an estimator has made of its data, ready to train.

    Without rows to stop early on, `valid` is None. `settings` are what parameters that
    may be "auto" stand for. `processes` are those that train it together.
    """

    net: MultiTaskEngine
    train: TaskData
    valid: TaskData | None
    tasks: Tasks
    scale: TargetScale
    precision: str
    task_weights: np.ndarray
    stopper: EarlyStopping
    settings: dict[str, Any]
    processes: Processes

    def fitted_attributes(self) -> dict[str, Any]:
        """Return the attributes of an estimator whose net is as it is now."""
        net, history = self.net, _epochs(self.net)
        return {
            **describe_tasks(self.tasks),
            "_transferred": (),
            "net_": net,
            "module_": net.module_,
            "device_": net.device,
            "compiled_": net.compiled_,
            "settings_": self.settings,
            "history_": history,
            "n_iter_": len(history),
            "_n_features_out": net.module_.n_represented,
            "_scale": self.scale,
            "_fitted_precision": self.precision,
            "task_weights_": self.task_weights,
            "best_epoch_": getattr(self.stopper, "best_epoch_", net.kept_epoch_),
            "_n_labels": count_labels(self.train, net.criterion_),
        }


def describe_tasks(tasks: Tasks) -> dict[str, Any]:
    """Return the attributes of an estimator that say what its tasks are."""
    classes = tasks.classes[0] if tasks.one_dimensional else list(tasks.classes)
    return {
        "_tasks": tasks,
        "task_names_": list(tasks.names),
        "n_tasks_": tasks.n_tasks,
        "n_outputs_": tasks.n_tasks,
        "classes_": classes,
    }


def _epochs(net: MultiTaskEngine) -> list[dict[str, Any]]:
    """Return the history of the epochs that were completed."""
    return [
        {name: value for name, value in row.items() if name != "batches"}
        for row in net.history
        if "train_loss" in row
    ]

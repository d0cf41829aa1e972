"""The outputs that a model has for each task."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._target_scale import TargetScale
from sklearn_mtl.neural_network._task_groups import OutputLayout, QuantityGroup


@dataclass(frozen=True)
class ModelOutput:
    """An output of a model.

    With `classes` the network has codes, and the model the classes themselves.
    """

    name: str
    classes: np.ndarray | None = None


def find_outputs(tasks: Tasks) -> list[ModelOutput]:
    """Return the outputs of all tasks: of a class its probability and its label."""
    found = []
    for name, classes in zip(tasks.names, tasks.classes, strict=True):
        if classes is None:
            found.append(ModelOutput(f"{name}_value"))
            continue
        found.append(ModelOutput(f"{name}_probability"))
        labels = as_labels(classes)
        if labels is not None:
            found.append(ModelOutput(f"{name}_label", labels))
    return found


def describe_tasks(tasks: Tasks) -> list[dict[str, Any]]:
    """Return what the metadata of a model say of the tasks."""
    return [
        {
            "name": name,
            "kind": kind,
            "classes": None if classes is None else classes.tolist(),
        }
        for name, kind, classes in zip(
            tasks.names, tasks.kinds, tasks.classes, strict=True
        )
    ]


def as_labels(classes: np.ndarray) -> np.ndarray | None:
    """Return classes as ONNX can hold them, None if it cannot."""
    values = classes.tolist()
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    kind = np.float64 if classes.dtype.kind == "f" else np.int64
    if classes.dtype.kind == "b":
        return classes
    if classes.dtype.kind in "iuf" and classes.astype(kind).tolist() == values:
        return classes.astype(kind)
    return None


class TaskOutputs(nn.Module):
    """Make what `find_outputs` names of the outputs of a network."""

    def __init__(self, layout: OutputLayout, scale: TargetScale, tasks: Tasks):
        super().__init__()
        self.groups = layout.groups
        self.widths = [len(group.tasks) * group.width for group in layout.groups]
        self.has_labels = [
            classes is not None and as_labels(classes) is not None
            for classes in tasks.classes
        ]
        self.mean, self.scale = scale.mean.tolist(), scale.scale.tolist()

    def forward(self, outputs: Tensor) -> list[Tensor]:
        by_task: dict[int, list[Tensor]] = {}
        parts = outputs.split(self.widths, dim=1)
        for group, z in zip(self.groups, parts, strict=True):
            if isinstance(group, QuantityGroup):
                for task, value in zip(group.tasks, z.double().unbind(1), strict=True):
                    by_task[task] = [value * self.scale[task] + self.mean[task]]
                continue
            # As in the estimators, which take probabilities of float64.
            probabilities = group.probabilities(z.double()).unbind(1)
            codes = group.predict(z).to(torch.int64).unbind(1)
            for task, p, code in zip(group.tasks, probabilities, codes, strict=True):
                by_task[task] = [p, code] if self.has_labels[task] else [p]
        return [tensor for task in sorted(by_task) for tensor in by_task[task]]

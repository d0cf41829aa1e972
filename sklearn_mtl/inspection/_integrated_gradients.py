"""What each input of a network adds to what it says, along the way from the mean."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from sklearn_mtl.neural_network._base import BaseMultiTaskNet
from sklearn_mtl.neural_network._task_groups import (
    MulticlassGroup,
    OutputLayout,
)

_ROWS_AT_ONCE = 1024


def integrated_gradients(
    net: BaseMultiTaskNet, X: Any, n_steps: int, sample_weight: np.ndarray | None
) -> np.ndarray:
    """Return the mean absolute attribution (n_features, n_tasks).

    X is as the network has validated it. `sample_weight` is (n_samples, n_tasks), or
    None.
    """
    is_sparse = sparse.issparse(X)
    baseline = np.asarray(X.mean(axis=0)).reshape(1, -1)
    total = np.zeros((X.shape[1], net.n_tasks_))
    mass = np.zeros(net.n_tasks_)
    for start in range(0, X.shape[0], _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        block = X[rows].toarray() if is_sparse else X[rows]
        weights = np.ones((len(block), net.n_tasks_))
        if sample_weight is not None:
            weights = sample_weight[rows]
        mass += weights.sum(axis=0)
        found = attribute(net, block, baseline, n_steps)
        for t, attributions in enumerate(found):
            total[:, t] += weights[:, t] @ np.abs(attributions)
    return np.divide(total, mass, np.full_like(total, np.nan), where=mass > 0)


def attribute(
    net: BaseMultiTaskNet, X: np.ndarray, baseline: np.ndarray, n_steps: int
) -> Iterator[np.ndarray]:
    """Yield the attributions (n_samples, n_features) of each task.

    Those of a row sum to the difference of the explained output there and at the
    baseline, up to the error of a midpoint rule of so many steps.
    """
    engine = net.net_
    module, layout = engine.module_, engine.criterion_.layout
    ends = torch.as_tensor(X, device=engine.device)
    start = torch.as_tensor(baseline, dtype=ends.dtype, device=engine.device)
    with torch.no_grad():
        outputs = module(ends)
        chosen = [explained(layout, outputs, t) for t in range(net.n_tasks_)]
        predicted = [which for _, which in chosen]
    sums = [torch.zeros_like(ends) for _ in predicted]
    for step in range(n_steps):
        share = (step + 0.5) / n_steps
        inputs = (start + share * (ends - start)).requires_grad_()
        outputs = module(inputs)
        for t, which in enumerate(predicted):
            value, _ = explained(layout, outputs, t, which)
            if value.requires_grad:
                sums[t] += torch.autograd.grad(value.sum(), inputs, retain_graph=True)[
                    0
                ]
    for total in sums:
        yield ((ends - start) * total / n_steps).cpu().double().numpy()


def explained(
    layout: OutputLayout, outputs: Tensor, task: int, which: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Return what is explained of a task in each row, and of which class.

    It is the log-odds of the predicted class, or of those given; a quantity in
    standard deviations; or 0 for a task of one class.
    """
    column = 0
    for group in layout.groups:
        if task not in group.tasks:
            column += len(group.tasks) * group.width
            continue
        column += group.tasks.index(task) * group.width
        z = outputs[:, column : column + group.width]
        if not isinstance(group, MulticlassGroup):
            # The log-odds of the first of two classes differ in sign alone.
            return z.sum(dim=1), None
        if which is None:
            which = z.argmax(dim=1)
        own = z.gather(1, which[:, None])[:, 0]
        others = z.scatter(1, which[:, None], -torch.inf).logsumexp(dim=1)
        return own - others, which
    raise IndexError(task)

"""The noise of quantities: what no member of a network can tell."""

import numpy as np
import torch

from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._training_run import TrainingRun

_ROWS_AT_ONCE = 1024


def estimate_noise(run: TrainingRun) -> np.ndarray:
    """Return the standard deviation of the noise of each task, in the units of y.

    It is what is left of the mean squared error once the variance of the members is
    taken off, on the rows that early stopping set aside, or on the training rows for a
    task that has no labels there.
    """
    noise = _find_variance(run, run.train if run.valid is None else run.valid)
    if np.isnan(noise).any():
        noise = np.where(np.isnan(noise), _find_variance(run, run.train), noise)
    return np.sqrt(noise) * run.scale.scale


def _find_variance(run: TrainingRun, data: TaskData) -> np.ndarray:
    """Return what is left in some rows, in units of the variance of each target."""
    net = run.net
    layout, module = net.criterion_.layout, net.module_
    module.eval()
    excess = torch.zeros_like(net.criterion_.task_weights)
    total = torch.zeros_like(excess)
    with torch.inference_mode():
        for X, (targets, weights) in Batches(data, _ROWS_AT_ONCE):
            mean = module.take_turns(X) if data.n_turns > 1 else module(X)
            variance = module.outputs_by_member(X).var(1, correction=0)
            excess += (((mean - targets) ** 2 - variance) * weights).sum(0)
            total += weights.sum(0)
    left = (excess / total).clamp(min=0).cpu().double().numpy()
    return left[layout.positions]

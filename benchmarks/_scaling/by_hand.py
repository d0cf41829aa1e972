"""The same network and its training as a user of PyTorch would write them."""

from itertools import pairwise
from time import process_time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .cases import Case

_PREDICTION_ROWS = 8192


class HandWritten:
    """A trunk, one layer for the heads of all tasks, and the fused optimizer.

    It has no missing labels, no weights, no scaling of columns, no scores of an epoch.
    """

    def __init__(self, case: Case):
        torch.manual_seed(0)
        *hidden, last = [nn.Linear(*shape) for shape in case.layers]
        layers = [module for layer in hidden for module in (layer, nn.SiLU())]
        self.case = case
        self.net = nn.Sequential(*layers, last)
        self.loss = (
            F.mse_loss if case.regression else F.binary_cross_entropy_with_logits
        )
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-3, fused=True)

    def train(self, X: np.ndarray, Y: np.ndarray) -> float:
        """Go through the rows once and return the seconds it took."""
        start = process_time()
        rows, targets = torch.from_numpy(X), torch.from_numpy(Y).float()
        bounds = [*range(0, len(X), self.case.batch_size), len(X)]
        order = torch.randperm(len(X))
        for first, stop in pairwise(bounds):
            index = order[first:stop]
            self._step(rows.index_select(0, index), targets.index_select(0, index))
        return process_time() - start

    def predict(self, X: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            parts = [
                self.net(rows) for rows in torch.from_numpy(X).split(_PREDICTION_ROWS)
            ]
            outputs = torch.cat(parts)
        return (outputs if self.case.regression else outputs > 0).numpy()

    def _step(self, X: Tensor, Y: Tensor) -> None:
        self.optimizer.zero_grad()
        self.loss(self.net(X), Y).backward()
        self.optimizer.step()

"""A booster of XGBoost's: trees that learn from some rows, watched on others."""

from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._data import BoostingData
from sklearn_mtl.ensemble._boosting._gains import LeafPenalty, sum_gains
from sklearn_mtl.ensemble._boosting._objective import MultiTaskObjective
from sklearn_mtl.ensemble._boosting._settings import BoostingSettings
from sklearn_mtl.ensemble._boosting._split_derivatives import SplitDerivatives


class WatchedBooster:
    """Add tree after tree, and tell the losses on the rows that are held out.

    `xgboost` is the package.
    """

    def __init__(
        self,
        xgboost: Any,
        settings: BoostingSettings,
        data: BoostingData,
        held_out: BoostingData,
        seed: int,
    ) -> None:
        # XGBoost asks for its own class, which is not there without it.
        xgboost.objective.TreeObjective.register(MultiTaskObjective)
        self._params = settings.for_xgboost(data, seed)
        self._data, self._held_out = data, held_out
        self._objective = MultiTaskObjective(
            data.outputs, data.labels, _seek_splits(data, settings.n_directions, seed)
        )
        row_shares = data.row_shares()
        self._matrix = xgboost.QuantileDMatrix(
            data.X,
            weight=row_shares if np.ptp(row_shares) else None,
            max_bin=self._params["max_bin"],
            nthread=settings.n_threads,
        )
        self._held_out_matrix = xgboost.DMatrix(held_out.X, nthread=settings.n_threads)
        # The booster adds up the predictions for the rows that it is told of.
        told = [self._matrix, self._held_out_matrix]
        self._booster = xgboost.Booster(self._params, told)
        self._n_rounds = 0

    def add_round(self, tasks: np.ndarray) -> None:
        """Add a tree that learns these tasks; for a single task one for each output."""
        self._objective.learn(tasks)
        self._booster.update(self._matrix, self._n_rounds, fobj=self._objective)
        self._n_rounds += 1

    def sum_held_out_losses(self) -> np.ndarray:
        """Return the sum of the losses of each task on the rows that are held out."""
        data = self._held_out
        margins = self._booster.predict(self._held_out_matrix, output_margin=True)
        margins = margins.reshape(len(data.X), data.outputs.n_outputs)
        return data.outputs.sum_losses(margins, data.labels)

    def sum_held_out_weights(self) -> np.ndarray:
        """Return the sum of the weights of the labels that are held out."""
        return self._held_out.labels.total_weights()

    def mean_gains(self, n_rounds: np.ndarray) -> np.ndarray:
        """Return what the splits on each feature gain for a label of each task."""
        params, data = self._params, self._data
        penalty = LeafPenalty(params["reg_lambda"], params["min_child_weight"])
        gains = sum_gains(self.cut(n_rounds), self._matrix, data, n_rounds, penalty)
        totals = data.labels.total_weights()[:, np.newaxis]
        return np.divide(gains, totals, out=gains, where=totals > 0)

    def cut(self, n_rounds: np.ndarray) -> Any:
        """Return XGBoost's booster with the rounds that some task keeps."""
        return self._booster[: int(n_rounds.max())]


def _seek_splits(
    data: BoostingData, n_directions: int | None, seed: int
) -> SplitDerivatives | None:
    """Return what the splits are sought on, None for what the leaves are made from."""
    outputs, shares = data.outputs, data.label_shares()
    if outputs.n_tasks == 1:
        return None
    if n_directions is not None and n_directions >= outputs.n_outputs:
        n_directions = None
    if n_directions is None and not (shares - 1).any():
        return None
    rng = np.random.RandomState(seed)
    return SplitDerivatives(outputs, shares, n_directions, rng)

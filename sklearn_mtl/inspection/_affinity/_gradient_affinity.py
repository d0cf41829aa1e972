"""The cosines of the gradients of the tasks, seen in one training run."""

import numpy as np

from sklearn_mtl.inspection._affinity._looks import Looks, Sight
from sklearn_mtl.neural_network._task_gradients import find_gramian


class GradientLooks(Looks):
    """Sees the cosines of the gradients of the tasks.

    The gradients are those of the shared representation, row by row, or with
    `passes_back` those of the shared parameters.
    """

    def _see(self, sight: Sight) -> np.ndarray:
        if self.passes_back:
            G = find_gramian(sight.parameter_rows())
        else:
            G = sight.gradients.gramian()
        products = G.detach().cpu().double().numpy()
        norms = np.sqrt(np.maximum(products.diagonal(), 0.0))
        sizes = norms[:, np.newaxis] * norms
        unknown = np.full_like(sizes, np.nan)
        return np.divide(products, sizes, unknown, where=sizes > 0)

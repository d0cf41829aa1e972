"""Vectors of categories, which are learnt."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# More categories than this have vectors of this length.
_LONGEST = 8


class CategoryEmbedding(nn.Module):
    """Look up the vector of the category of each column.

    Input are codes (n, n_columns), NaN for a category that is missing or not known; the
    output is (n, out_features). With few categories the vectors are the unit vectors at
    first, so that it starts as a one-hot encoding. What is not known, or was seen in no
    training row, has the mean of the vectors of those that were seen.

    Parameters
    ----------
    counts : sequence of ndarray of shape (n_categories,)
        How often each category of each column was seen.
    """

    seen: Tensor
    shares: Tensor

    def __init__(self, counts: Sequence[np.ndarray]):
        super().__init__()
        sizes = [len(count) for count in counts]
        self.lengths = [min(size, _LONGEST) for size in sizes]
        self.out_features = sum(self.lengths)
        self.bounds = [*pairwise(np.cumsum([0, *sizes]).tolist())]
        self.register_buffer("seen", torch.from_numpy(np.concatenate(counts) > 0))
        shares = [count / (count.sum() or 1) for count in counts]
        self.register_buffer("shares", torch.from_numpy(np.concatenate(shares)))
        self.weights = nn.ParameterList(
            [
                torch.eye(size) if size <= _LONGEST else torch.randn(size, _LONGEST)
                for size in sizes
            ]
        )

    def forward(self, codes: Tensor) -> Tensor:
        parts = []
        for column, weight in enumerate(self.weights):
            start, stop = self.bounds[column]
            of_column = codes[:, column]
            known = (of_column >= 0) & (of_column < stop - start)
            rows = torch.where(known, of_column, 0).long()
            known = known & self.seen[start:stop][rows]
            mean = self.shares[start:stop] @ weight
            vectors = F.embedding(rows, weight)
            parts.append(torch.where(known.unsqueeze(1), vectors, mean))
        return torch.cat(parts, dim=1)

"""The prox of the total variation along rows, compiled on first use."""

import numpy as np

from sklearn_mtl._compiled import compiled


@compiled
def prox_total_variation(W: np.ndarray, step: float) -> np.ndarray:
    """Minimise ½‖v - w‖² + step · Σ |v_t - v_(t-1)| for each row w; exact.

    Johnson (2013): the derivative of the best value of all entries up to t, as a
    function of entry t, is piecewise linear. Its ends are cut at ±step from one entry
    to the next; where they are cut is kept as knots, to be undone on the way back.
    """
    n_rows, n = W.shape
    V = np.empty_like(W)
    # A cut removes knots at an end and adds one there: they stay sorted around 2 n.
    knots, slopes, shifts = np.empty(2 * n), np.empty(2 * n), np.empty(2 * n)
    lower, upper = np.empty(n), np.empty(n)
    for row in range(n_rows):
        first, last = n, n - 1
        # The derivative left of all knots is slope · z + shift; right of them likewise.
        left_slope = right_slope = 1.0
        left_shift = right_shift = -W[row, 0]
        for t in range(n - 1):
            while first <= last and left_slope * knots[first] + left_shift <= -step:
                left_slope += float(slopes[first])
                left_shift += shifts[first]
                first += 1
            while first <= last and right_slope * knots[last] + right_shift >= step:
                right_slope -= float(slopes[last])
                right_shift -= shifts[last]
                last -= 1
            lower[t] = (-step - left_shift) / left_slope
            upper[t] = (step - right_shift) / right_slope
            first -= 1
            knots[first], slopes[first] = lower[t], left_slope
            shifts[first] = left_shift + step
            last += 1
            knots[last], slopes[last] = upper[t], -right_slope
            shifts[last] = step - right_shift
            left_slope = right_slope = 1.0
            left_shift, right_shift = -step - W[row, t + 1], step - W[row, t + 1]
        while first <= last and left_slope * knots[first] + left_shift <= 0:
            left_slope += float(slopes[first])
            left_shift += shifts[first]
            first += 1
        V[row, n - 1] = -left_shift / left_slope
        for t in range(n - 2, -1, -1):
            V[row, t] = min(max(V[row, t + 1], lower[t]), upper[t])
    return V

"""Scores of one task, of classes and of quantities."""

import numpy as np
from sklearn.metrics import r2_score, roc_auc_score

N_BINS = 15
# The precision of the probabilities that some methods return: no loss is infinite.
SMALLEST = 1e-7


def score_classes(y: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return the scores of probabilities (n_samples, n_classes) of classes 0, 1, ..."""
    probabilities = probabilities.astype(np.float64)
    y = y.astype(int)
    return {
        "auc": area_under_curve(y, probabilities),
        "log_loss": log_loss(y, probabilities),
        "accuracy": float((probabilities.argmax(axis=1) == y).mean()),
        "ece": calibration_error(y, probabilities),
    }


def area_under_curve(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area under the ROC curve, of more classes the mean of one against all.

    It is NaN if there is only one class in training or here.
    """
    present = np.unique(y)
    if len(present) < 2:
        return np.nan
    if probabilities.shape[1] == 2:
        present = present[1:]
    return float(np.mean([roc_auc_score(y == k, probabilities[:, k]) for k in present]))


def log_loss(y: np.ndarray, probabilities: np.ndarray) -> float:
    of_label = probabilities[np.arange(len(y)), y]
    return float(-np.log(of_label.clip(SMALLEST)).mean())


def calibration_error(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error of the predicted class, of equal bins."""
    confidence = probabilities.max(axis=1)
    excess = confidence - (probabilities.argmax(axis=1) == y)
    bins = np.ceil(confidence * N_BINS).astype(int)
    return float(np.abs(np.bincount(bins, excess)).sum() / len(y))


def score_quantities(y: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return R² and the error relative to the spread of the targets."""
    error = np.sqrt(np.mean((y - predictions) ** 2))
    return {"r2": float(r2_score(y, predictions)), "rmse": float(error / y.std())}

"""Whether a model says what the estimator says."""

import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from sklearn_mtl.neural_network._onnx._inputs import find_inputs
from sklearn_mtl.neural_network._onnx._trial_rows import make_trial_rows

# For probabilities, and for quantities in units of their standard deviation.
_TOLERANCE = 1e-5

# Above what ONNX Runtime has to say, since an error is raised anyway.
_FATAL = 4


def check_model(content: bytes, estimator: Any) -> None:
    """Raise if ONNX Runtime predicts otherwise than the estimator, if it is there.

    Labels are not compared: two classes may be as probable but for rounding.
    """
    try:
        runtime = import_module("onnxruntime")
    except ImportError:
        return
    owner = f"The ONNX model of {type(estimator).__name__} was not written"
    rows = make_trial_rows(estimator, find_inputs(estimator))
    try:
        found = _run(runtime, content, rows.feeds)
    except Exception as error:
        raise RuntimeError(
            f"{owner}, as ONNX Runtime does not run it: {error}"
        ) from error
    for name, expected, mean, scale in _expect(estimator, rows.X):
        off = np.abs(found[name] - expected) / scale
        size = np.maximum(np.abs(expected - mean) / scale, 1)
        if not (off <= _TOLERANCE * size).all():
            raise RuntimeError(
                f"{owner}, as it predicts otherwise: {name!r} is off by up to "
                f"{np.max(off * scale):.2g}."
            )


def _run(
    runtime: Any, content: bytes, feeds: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the outputs of a model by name."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    session = runtime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    settings = runtime.RunOptions()
    settings.log_severity_level = _FATAL
    return dict(zip(names, session.run(names, dict(feeds), settings), strict=True))


def _expect(estimator: Any, X: Any) -> Iterator[tuple[str, np.ndarray, float, float]]:
    """Yield the name of each output, what it should be, and its mean and scale."""
    with warnings.catch_warnings():
        # The rows are no data frame, and may have no category that is known.
        warnings.simplefilter("ignore")
        values, probabilities = estimator._encoded(X), estimator._probabilities(X)
    tasks, transferred = estimator._tasks, estimator._transferred
    if tasks.one_dimensional:
        probabilities = [probabilities]
    scales = [estimator._scale, *(task.estimator._scale for task in transferred)]
    means = np.concatenate([scale.mean for scale in scales])
    units = np.concatenate([scale.scale for scale in scales])
    for t, name in enumerate(tasks.names):
        if tasks.classes[t] is None:
            yield f"{name}_value", values[:, t], means[t], units[t]
        else:
            yield f"{name}_probability", probabilities[t], 0.0, 1.0

"""The model of a fitted estimator."""

import json
from collections.abc import Sequence
from typing import Any

import torch

from sklearn_mtl._validation import import_optional, list_some
from sklearn_mtl._version import __version__
from sklearn_mtl.neural_network._onnx._graph import wrap
from sklearn_mtl.neural_network._onnx._inputs import (
    CategoryInput,
    ModelInput,
    NumberInput,
    find_inputs,
)
from sklearn_mtl.neural_network._onnx._module import ModelModule
from sklearn_mtl.neural_network._onnx._outputs import (
    ModelOutput,
    describe_tasks,
    find_outputs,
)
from sklearn_mtl.neural_network._onnx._single_precision import (
    use_float32_where_needed,
)
from sklearn_mtl.neural_network._onnx._translate import translate


def convert_to_onnx(estimator: Any) -> Any:
    """Return the `onnx.ModelProto` of a fitted estimator.

    Raises
    ------
    ImportError
        If a package of the extra is missing.
    ValueError
        If ONNX cannot hold a layer or a category, or two names are the same.
    """
    owner = f"{type(estimator).__name__}.to_onnx"
    onnx = import_optional("onnx", "onnx", owner)
    import_optional("onnxscript", "onnx", owner)
    inputs, outputs = find_inputs(estimator), find_outputs(estimator._tasks)
    _check_names(inputs, outputs, owner)
    module = ModelModule(estimator, inputs).eval()
    examples = [_example(each, module.predictor.dtype) for each in inputs]
    translated = translate(module, examples, owner)
    if module.predictor.dtype == torch.float64:
        use_float32_where_needed(onnx, translated.graph)
    model = wrap(onnx, translated, inputs, outputs, _describe(estimator, inputs))
    onnx.checker.check_model(model)
    return model


def _example(given: ModelInput, dtype: torch.dtype) -> torch.Tensor:
    # One row, or none, is a special case to torch.
    n_rows = 3
    if isinstance(given, NumberInput):
        return torch.zeros(n_rows, *given.row_shape, dtype=dtype)
    is_code = isinstance(given, CategoryInput)
    return torch.ones(n_rows, dtype=torch.int64 if is_code else torch.bool)


def _describe(estimator: Any, inputs: Sequence[ModelInput]) -> dict[str, str]:
    about = {
        "sklearn_mtl_version": __version__,
        "estimator": type(estimator).__name__,
        "tasks": describe_tasks(estimator._tasks),
        "inputs": [{"name": each.name, **each.about} for each in inputs],
    }
    return {name: json.dumps(value, default=str) for name, value in about.items()}


def _check_names(
    inputs: Sequence[ModelInput], outputs: Sequence[ModelOutput], owner: str
) -> None:
    names = [each.name for each in inputs] + [each.name for each in outputs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"{owner} needs a name for each input and output, got two called "
            f"{list_some(twice)}: rename the column, the input or the task."
        )

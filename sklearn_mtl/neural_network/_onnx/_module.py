"""All that a model does with the inputs, as one module."""

import copy
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from sklearn_mtl.neural_network._onnx._inputs import ModelInput
from sklearn_mtl.neural_network._onnx._maxima import slice_maxima
from sklearn_mtl.neural_network._onnx._outputs import TaskOutputs
from sklearn_mtl.neural_network._onnx._readers import make_reader, take_named_tensors


class Predictor(nn.Module):
    """From what the networks of an estimator take to the outputs of its tasks."""

    def __init__(self, estimator: Any):
        super().__init__()
        network = copy.deepcopy(estimator.module_).cpu().eval()
        network.requires_grad_(False)
        take_named_tensors(network)
        slice_maxima(network)
        layout = estimator.net_.criterion_.layout
        self.network = network
        self.dtype = network.heads.weight.dtype
        self.outputs = TaskOutputs(layout, estimator._scale, estimator._tasks)
        transferred = estimator._transferred
        self.transferred = nn.ModuleList([Predictor(t.estimator) for t in transferred])
        self.on_representation = [task.on_representation for task in transferred]

    def forward(self, X: Any) -> list[Tensor]:
        if isinstance(X, Tensor):
            # A representation may be of another precision.
            X = X.to(self.dtype)
        found = self.outputs(self.network(X))
        represented = self.network.represent(X) if any(self.on_representation) else X
        for predictor, takes_it in zip(
            self.transferred, self.on_representation, strict=True
        ):
            found = [*found, *predictor(represented if takes_it else X)]
        return found


class ModelModule(nn.Module):
    """From the inputs of a model to its outputs."""

    def __init__(self, estimator: Any, inputs: Sequence[ModelInput]):
        super().__init__()
        self.predictor = Predictor(estimator)
        self.reader = make_reader(inputs, estimator, self.predictor.dtype)

    def forward(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        return self.predictor(self.reader(inputs))

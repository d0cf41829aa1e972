import numpy as np
import pytest

from sklearn_mtl.neural_network import MultiTaskNetRegressor
from sklearn_mtl.neural_network._onnx import check_model, convert_to_onnx

pytest.importorskip("onnxscript", reason="the extra onnx is not installed")


def test_finds_a_model_that_predicts_otherwise():
    X = np.random.default_rng(0).normal(size=(50, 3))
    net = MultiTaskNetRegressor((4,), preset="plain", max_epochs=1, random_state=0)
    content = convert_to_onnx(net.fit(X, X[:, 0])).SerializeToString()
    check_model(content, net)
    net.module_.heads.bias.data += 1e-4
    with pytest.raises(RuntimeError, match="'task0_value' is off by up to"):
        check_model(content, net)
    with pytest.raises(RuntimeError, match="does not run it"):
        check_model(content[: len(content) // 2], net)

"""Operators that ONNX Runtime has for float32 alone, in a network of float64."""

from collections.abc import Iterator
from typing import Any

_FLOAT32_ALONE = {
    "AveragePool",
    "Conv",
    "Erf",
    "Gelu",
    "GlobalAveragePool",
    "InstanceNormalization",
}


def use_float32_where_needed(onnx: Any, graph: Any) -> None:
    """Let operators without a kernel for float64 compute in float32."""
    nodes = [new for node in graph.node for new in _in_float32(onnx, node)]
    del graph.node[:]
    graph.node.extend(nodes)


def _in_float32(onnx: Any, node: Any) -> Iterator[Any]:
    if node.op_type not in _FLOAT32_ALONE:
        yield node
        return
    narrow, wide = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    (output,) = node.output
    for k, name in enumerate(node.input):
        if name:
            node.input[k] = f"{output}/float32/{k}"
            yield onnx.helper.make_node("Cast", [name], [node.input[k]], to=narrow)
    node.output[0] = f"{output}/float32"
    yield node
    yield onnx.helper.make_node("Cast", [node.output[0]], [output], to=wide)

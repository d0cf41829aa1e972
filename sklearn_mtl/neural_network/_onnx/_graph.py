"""What is put around the graph that torch makes: names, categories, classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl.neural_network._onnx._inputs import (
    CategoryInput,
    ModelInput,
    NumberInput,
)
from sklearn_mtl.neural_network._onnx._outputs import ModelOutput

# What is within has names apart from those of the inputs and outputs.
_WITHIN = "network/"
_ROWS = "n_samples"

# The version of the operators for machine learning that look up keys of any type.
_OPSET_ML = 4


def wrap(
    onnx: Any,
    translated: Any,
    inputs: Sequence[ModelInput],
    outputs: Sequence[ModelOutput],
    metadata: Mapping[str, str],
) -> Any:
    """Return the model with the inputs and outputs that users see.

    Parameters
    ----------
    onnx : module
        The package.
    translated : onnx.ModelProto
        The model that torch made: it takes codes of categories, and returns codes of
        classes.
    inputs, outputs : sequence of ModelInput, of ModelOutput
        What it has, in its order.
    metadata : mapping of str to str
        What the model is to say of itself.
    """
    graph = translated.graph
    _rename(graph, {})
    entries = [
        _enter(onnx, value, each)
        for value, each in zip(graph.input, inputs, strict=True)
    ]
    exits = [
        _leave(onnx, value, each)
        for value, each in zip(graph.output, outputs, strict=True)
    ]
    whole = onnx.helper.make_graph(
        [
            *(node for _, nodes in entries for node in nodes),
            *graph.node,
            *(node for _, nodes in exits for node in nodes),
        ],
        "sklearn_mtl",
        [value for value, _ in entries],
        [value for value, _ in exits],
        graph.initializer,
    )
    opsets = {each.domain: each.version for each in translated.opset_import}
    model = onnx.helper.make_model(
        whole,
        functions=translated.functions,
        ir_version=translated.ir_version,
        producer_name="sklearn_mtl",
        opset_imports=[
            onnx.helper.make_opsetid(domain, version)
            for domain, version in {**opsets, "ai.onnx.ml": _OPSET_ML}.items()
        ],
    )
    onnx.helper.set_model_props(model, dict(metadata))
    return model


def _rename(graph: Any, known: Mapping[str, str]) -> None:
    """Set all names of a graph apart, and leave out where torch had them from.

    `known` are the names that a graph within has from the one around it.
    """
    found = {
        name
        for each in (graph.input, graph.initializer)
        for name in (value.name for value in each)
    }
    found.update(name for node in graph.node for name in node.output)
    names = {**known, **{name: _WITHIN + name for name in found if name}, "": ""}
    for values in (graph.input, graph.output, graph.initializer):
        for value in values:
            value.name = names[value.name]
            del value.metadata_props[:]
    del graph.value_info[:]
    del graph.metadata_props[:]
    for node in graph.node:
        node.input[:] = [names[name] for name in node.input]
        node.output[:] = [names[name] for name in node.output]
        node.doc_string = ""
        del node.metadata_props[:]
        for attribute in node.attribute:
            within = [attribute.g] if attribute.HasField("g") else attribute.graphs
            for each in within:
                _rename(each, names)


def _enter(onnx: Any, inner: Any, given: ModelInput) -> tuple[Any, list[Any]]:
    """Return the declaration of an input, and the nodes that make the inner one."""
    make_node, to = onnx.helper.make_node, onnx.TensorProto
    shape = given.row_shape if isinstance(given, NumberInput) else ()
    kind = inner.type.tensor_type.elem_type
    if not isinstance(given, CategoryInput):
        nodes = [make_node("Identity", [given.name], [inner.name])]
        return _declare(onnx, given.name, kind, shape), nodes
    kind, keys, nodes = _kind_of(onnx, given.categories), given.categories, []
    looked_up, codes = given.name, np.arange(len(given.categories))
    if kind == to.BOOL:
        looked_up = f"{inner.name}/number"
        nodes.append(make_node("Cast", [given.name], [looked_up], to=to.INT64))
        keys = keys.astype(np.int64)
    if kind == to.DOUBLE:
        attributes = {
            "keys_tensor": onnx.numpy_helper.from_array(keys),
            "values_tensor": onnx.numpy_helper.from_array(codes.astype(np.float64)),
            "default_tensor": onnx.numpy_helper.from_array(np.array([-1.0])),
        }
    else:
        name = "keys_strings" if kind == to.STRING else "keys_int64s"
        attributes = {
            name: keys.tolist() if len(keys) else [""],
            "values_int64s": codes.tolist() if len(keys) else [-1],
            "default_int64": -1,
        }
    code = f"{inner.name}/code"
    nodes += [
        make_node(
            "LabelEncoder", [looked_up], [code], domain="ai.onnx.ml", **attributes
        ),
        make_node("Cast", [code], [inner.name], to=to.INT64),
    ]
    return _declare(onnx, given.name, kind), nodes


def _leave(onnx: Any, inner: Any, wanted: ModelOutput) -> tuple[Any, list[Any]]:
    """Return the declaration of an output, and the nodes that make it."""
    make_node = onnx.helper.make_node
    if wanted.classes is None:
        of_inner = inner.type.tensor_type
        shape = [axis.dim_value for axis in of_inner.shape.dim][1:]
        nodes = [make_node("Identity", [inner.name], [wanted.name])]
        return _declare(onnx, wanted.name, of_inner.elem_type, shape), nodes
    kind, name = _kind_of(onnx, wanted.classes), f"{wanted.name}/classes"
    values = onnx.numpy_helper.from_array(wanted.classes, f"{_WITHIN}{name}")
    constant = make_node("Constant", [], [f"{_WITHIN}{name}"], value=values)
    gather = make_node("Gather", [constant.output[0], inner.name], [wanted.name])
    return _declare(onnx, wanted.name, kind), [constant, gather]


def _declare(onnx: Any, name: str, kind: int, shape: Sequence[int] = ()) -> Any:
    return onnx.helper.make_tensor_value_info(name, kind, [_ROWS, *shape])


def _kind_of(onnx: Any, values: np.ndarray) -> int:
    """Return the type of categories or classes."""
    if values.dtype == object:
        return onnx.TensorProto.STRING
    return onnx.helper.np_dtype_to_tensor_dtype(values.dtype)

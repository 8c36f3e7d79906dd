"""Rewrites of ONNX graphs that change their form and not what they compute.

OpenCV Zoo ships its models block-quantised, in a form that only OpenCV loads. Folding every
constant into float32 makes ONNX Runtime load them, with the same outputs. Imported by the build
alone, for it needs `onnx`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# The first IR version that knows opset 21, which the models use.
_IR_VERSION = 10


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace every DequantizeLinear and Reshape of constants by its float32 result."""
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        fold = _FOLDS.get(node.op_type)
        if fold is not None and all(name in constants for name in node.input):
            constants[node.output[0]] = fold(node, [constants[name] for name in node.input])
        else:
            kept.append(node)
    _replace_nodes(model, kept)
    _keep_used(model, constants)


def drop_dropout(model: onnx.ModelProto) -> None:
    """Remove Dropout, which does nothing outside of training."""
    renamed = {
        node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Dropout"
    }
    kept = [node for node in model.graph.node if node.op_type != "Dropout"]
    for node in kept:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
    used = {name for node in kept for name in node.input}
    kept = [node for node in kept if node.op_type != "Constant" or node.output[0] in used]
    _replace_nodes(model, kept)


def rewrite_prelu(model: onnx.ModelProto) -> None:
    """Write PRelu(x, a) as (1 - a) * Relu(x) + a * x, which ONNX Runtime computes twice as fast.

    For x > 0 both are x, for x <= 0 both are a * x.
    """
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    kept: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            kept.append(node)
            continue
        source, slope = node.input
        stem = node.output[0]
        complement = f"{stem}_complement"
        constants[complement] = np.float32(1) - constants[slope]
        positive, scaled, through = f"{stem}_relu", f"{stem}_scaled", f"{stem}_through"
        kept += [
            helper.make_node("Relu", [source], [positive], name=positive),
            helper.make_node("Mul", [positive, complement], [scaled], name=scaled),
            helper.make_node("Mul", [source, slope], [through], name=through),
            helper.make_node("Add", [scaled, through], [stem], name=stem),
        ]
    _replace_nodes(model, kept)
    _keep_used(model, constants)


def free_dimensions(model: onnx.ModelProto, names: dict[int, str]) -> None:
    """Let the given dimensions of the input vary, and forget the shapes that followed from them.

    Parameters
    ----------
    model
        Has one input; its constants are folded.
    names
        Index of each dimension to free, and its symbolic name.
    """
    (source,) = model.graph.input
    for index, name in names.items():
        source.type.tensor_type.shape.dim[index].dim_param = name
    for output in model.graph.output:
        for index, dimension in enumerate(output.type.tensor_type.shape.dim):
            if (index == 0 and 0 in names) or (index == 1 and 2 in names):  # noqa: PLR2004 - height
                dimension.dim_param = names[0] if index == 0 else f"{output.name}_anchors"
    del model.graph.value_info[:]


def serialise(model: onnx.ModelProto) -> bytes:
    """Check a model and give bytes that are the same on every build."""
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _dequantise(node: onnx.NodeProto, inputs: list[NDArray[np.generic]]) -> NDArray[np.float32]:
    """Compute DequantizeLinear-21 by blocks: (quantised - zero point) * scale."""
    quantised, scales, zero_points = inputs
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    axis, block = attributes["axis"], attributes["block_size"]

    def spread(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.repeat(values, block, axis=axis).take(range(quantised.shape[axis]), axis=axis)

    steps = quantised.astype(np.int32) - spread(zero_points).astype(np.int32)
    return steps.astype(np.float32) * spread(scales).astype(np.float32)


def _reshape(_: onnx.NodeProto, inputs: list[NDArray[np.generic]]) -> NDArray[np.generic]:
    return inputs[0].reshape([int(size) for size in inputs[1]])


_FOLDS: dict[str, Callable[[onnx.NodeProto, list[NDArray[np.generic]]], NDArray[np.generic]]] = {
    "DequantizeLinear": _dequantise,
    "Reshape": _reshape,
}


def _replace_nodes(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


def _keep_used(model: onnx.ModelProto, constants: dict[str, NDArray[np.generic]]) -> None:
    """Store the constants that a node still reads, and drop inputs that none reads."""
    used = {name for node in model.graph.node for name in node.input}
    ordered = [name for node in model.graph.node for name in node.input if name in constants]
    del model.graph.initializer[:]
    for name in dict.fromkeys(ordered):
        model.graph.initializer.append(numpy_helper.from_array(constants[name], name))
    inputs = [item for item in model.graph.input if item.name in used - constants.keys()]
    copies = [onnx.ValueInfoProto.FromString(item.SerializeToString()) for item in inputs]
    del model.graph.input[:]
    model.graph.input.extend(copies)

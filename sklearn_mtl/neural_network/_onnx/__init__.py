"""A fitted network as an ONNX model, from X as the user has it to each task."""

from ._check import check_model
from ._convert import convert_to_onnx
from ._path import check_path

__all__ = ["check_model", "check_path", "convert_to_onnx"]

"""From a module of torch to a graph of ONNX, without a word."""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any

import torch
from torch import Tensor, nn

# The operators that torch translates to at first, whatever its version.
_OPSET = 18

_TALKATIVE = ("torch", "onnxscript", "onnx_ir")


def translate(module: nn.Module, inputs: Sequence[Tensor], owner: str) -> Any:
    """Return the `onnx.ModelProto` of a module that takes a list of tensors.

    Their first axis is the rows, of which there may be any number.
    """
    rows = {0: torch.export.Dim("n_samples")}
    with _silence(), torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            # Given a module, torch.onnx would go on without a free number of rows.
            program = torch.export.export(
                module, ([*inputs],), dynamic_shapes=([rows for _ in inputs],)
            )
            translated: Any = torch.onnx.export(
                program, dynamo=True, opset_version=_OPSET, verbose=False
            )
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(
                f"{owner} needs layers that torch.export and ONNX know, got an error: "
                f"{reason}"
            ) from error
    return translated.model_proto


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the packages from telling what they do without, and the like."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        # Of a module that it cannot follow, torch prints what it has so far.
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

"""Where an ONNX model may be written to."""

from pathlib import Path

from sklearn_mtl._validation import parameter_error


def check_path(path: Path, owner: str) -> None:
    """Raise if there is no folder for the file, or one in its place."""
    if path.is_dir() or not path.parent.is_dir():
        expected = "the name of a file in a folder that exists"
        raise parameter_error("path", owner, expected, repr(str(path)))

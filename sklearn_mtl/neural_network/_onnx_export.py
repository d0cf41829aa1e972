"""Fitted networks as files that other programs can run."""

from os import PathLike
from pathlib import Path

from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._atomic_file import replacing
from sklearn_mtl.neural_network._onnx import check_model, check_path, convert_to_onnx


class OnnxExportMixin:
    """Lets a fitted network be written as an ONNX model."""

    def to_onnx(self, path: str | PathLike[str]) -> None:
        """Write an ONNX model that predicts as the estimator does.

        Needs the extra ``onnx``. The model has all that `predict` does to X in it:
        scaling, missing values, categories. It takes any number of rows. See
        :ref:`onnx` for how to run it.

        Inputs are named "X" for a table; after their columns for categories, which are
        strings, integers, floats or booleans (n_samples,) and then have no place in
        "X"; or after the inputs of a container. Where it has several, there is also
        "<input>_present", which rows have it. Outputs are "<task>_probability"
        (n_samples, n_classes) and "<task>_label" (n_samples,) for classes,
        "<task>_value" (n_samples,) for quantities, in the units of the training
        targets. Classes that are no strings, numbers or booleans have no labels; the
        metadata have all classes and categories as JSON, in "tasks" and "inputs".

        Parameters
        ----------
        path : str or path-like
            The name of the file, usually with the ending ".onnx". One that is there is
            replaced once the new one is complete.

        Raises
        ------
        ImportError
            If a package of the extra is missing.
        ValueError
            If a layer or a category has no counterpart in ONNX, two inputs or outputs
            have the same name, or the folder does not exist.
        RuntimeError
            If ONNX Runtime is installed, and its predictions for some random rows are
            not those of the estimator to 1e-5. Nothing is written then.
        """
        check_is_fitted(self)
        path = Path(path)
        check_path(path, f"{type(self).__name__}.to_onnx")
        content = convert_to_onnx(self).SerializeToString(deterministic=True)
        check_model(content, self)
        with replacing(path) as new:
            new.write_bytes(content)

"""A page about a fitted network, for whoever is to use it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.neural_network._saving._card import versions


def write_model_card(estimator: Any, X: Any, y: Any) -> str:
    """Return the page, in Markdown."""
    name = type(estimator).__name__
    if (X is None) != (y is None):
        missing = "X" if X is None else "y"
        raise parameter_error(missing, name, "given along with the other", "None")
    sections = [
        f"# {name}",
        _summarise(estimator),
        "## Data",
        _describe_data(estimator),
        "## Tasks",
        _describe_tasks(estimator, X, y),
        "## Settings",
        _describe_settings(estimator),
        "## Versions",
        _table(["package", "version"], versions().items()),
    ]
    return "\n\n".join(sections) + "\n"


def _summarise(estimator: Any) -> str:
    module, n_tasks = estimator.module_, estimator.n_tasks_
    n_weights = sum(parameter.numel() for parameter in module.parameters())
    tasks = "one task" if n_tasks == 1 else f"{n_tasks} tasks"
    epochs = "1 epoch" if estimator.n_iter_ == 1 else f"{estimator.n_iter_} epochs"
    return (
        f"A network of {n_weights} weights for {tasks}, trained for {epochs}; its "
        f"weights are those after epoch {estimator.best_epoch_}."
    )


def _describe_data(estimator: Any) -> str:
    shapes = estimator._row_shapes
    if isinstance(shapes, dict):
        return _table(["input", "shape of a row"], shapes.items())
    lines = [f"- Rows of shape {shapes}, as {estimator._fitted_precision}."]
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        lines.append(f"- Columns: {list_some(names.tolist())}.")
    if estimator._categories is not None:
        sizes = estimator._categories.sizes
        columns = {k if names is None else names[k]: n for k, n in sizes.items()}
        lines.append(
            "- Categories: "
            + ", ".join(f"{n} in {column!r}" for column, n in columns.items())
            + "."
        )
    return "\n".join(lines)


def _describe_tasks(estimator: Any, X: Any, y: Any) -> str:
    tasks, owner = estimator._tasks, type(estimator).__name__
    head = ["task", "kind", "classes", "training labels", "score"]
    columns = [
        tasks.names,
        tasks.kinds,
        ["" if one is None else list_some(one.tolist()) for one in tasks.classes],
        _count_labels(estimator),
    ]
    if X is None:
        scores, source = _find_scores(estimator)
    else:
        found = estimator.score_tasks(X, y)
        targets = read_targets(y, missing_label=estimator.missing_label, owner=owner)
        targets = tasks.align(targets, owner)
        scores = [found[task] for task in tasks.names]
        source = f"on {targets.n_samples} rows that were given"
        head.insert(-1, "labels given")
        columns.append(targets.observed.sum(axis=0).tolist())
    columns.append([_format(score) for score in scores])
    note = f"Scores are accuracies of classes, and R² of quantities, {source}."
    return _table(head, zip(*columns, strict=True)) + f"\n\n{note}"


def _count_labels(estimator: Any) -> list[Any]:
    counts = estimator._n_labels.tolist()
    for task in estimator._transferred:
        counts += _count_labels(task.estimator)
    return counts


def _find_scores(estimator: Any) -> tuple[list[float], str]:
    """Return the scores of the epoch whose weights are kept, and what they are of."""
    history, n_new = estimator.history_, len(estimator._transferred)
    kept = min(estimator.best_epoch_, len(history)) - 1
    epoch = history[kept] if history else {}
    prefix, source = "train", "on the training rows while they were trained on"
    if "valid_loss" in epoch:
        prefix, source = "valid", "on the rows that early stopping set aside"
    names = estimator.task_names_
    own = [
        epoch.get(f"{prefix}_score_{task}", np.nan) for task in names[: -n_new or None]
    ]
    for task in estimator._transferred:
        own += _find_scores(task.estimator)[0]
    return own, source


def _describe_settings(estimator: Any) -> str:
    params = {**estimator.get_params(deep=False), **estimator.settings_}
    return _table(
        ["parameter", "value"], ((k, f"`{_shorten(v)}`") for k, v in params.items())
    )


def _shorten(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:100]}..."


def _format(score: float) -> str:
    return "" if np.isnan(score) else f"{score:.3f}"


def _table(head: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escape, line))} |" for line in lines)


def _escape(cell: Any) -> str:
    return " ".join(str(cell).split()).replace("|", "\\|")

"""What is to be said of a fitted estimator, so that it can be built again."""

from typing import Any

from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._saving._history import describe_history
from sklearn_mtl.neural_network._saving._network import describe_network
from sklearn_mtl.neural_network._saving._refusal import ADVICE, unsavable
from sklearn_mtl.neural_network._saving._registry import estimators, name_in
from sklearn_mtl.neural_network._saving._requests import describe_requests
from sklearn_mtl.neural_network._saving._states import describe_state
from sklearn_mtl.neural_network._saving._writer import Writer, seed_of
from sklearn_mtl.neural_network._transfer import TransferredTask

# What is said of each in a way of its own, or follows from the rest.
_OF_THEIR_OWN = {
    "_categories",
    "_metadata_request",
    "_n_features_out",
    "_row_shapes",
    "_scale",
    "_tasks",
    "_transferred",
    "classes_",
    "device_",
    "history_",
    "module_",
    "n_iter_",
    "n_outputs_",
    "n_tasks_",
    "net_",
    "task_names_",
}


def describe(estimator: Any, writer: Writer, name: str = "") -> dict[str, Any]:
    """Return plain data from which a fitted estimator can be built again.

    Its tensors go to the writer; their names start with `name`.
    """
    known = name_in(estimators(), type(estimator))
    if known is None:
        raise unsavable(name or "class", writer.owner, type(estimator))
    net, row_shapes = estimator.net_, estimator._row_shapes
    params = writer.write_all(estimator.get_params(deep=False), "params")
    built_with = writer.write_all(net.built_with_, "built_with")
    transferred = [
        _describe_transferred(task, writer, f"{name}transferred.{k}.")
        for k, task in enumerate(estimator._transferred)
    ]
    return {
        "class": known,
        "params": params,
        "requests": describe_requests(estimator),
        "built_with": built_with,
        "tasks": _describe_tasks(estimator._tasks, writer),
        "row_shapes": _describe_shapes(row_shapes),
        "categories": _describe_categories(estimator._categories, writer),
        "scale": writer.write_all(vars(estimator._scale), f"{name}scale"),
        "network": describe_network(
            net.module_, net.built_with_, row_shapes, writer, name
        ),
        "balancer": describe_state(net.criterion_.balancer, writer, f"{name}balancer"),
        "sampler": describe_state(net.sampler_, writer, f"{name}sampler"),
        "seed": seed_of(net.generator),
        "n_products": int(net.n_products_),
        "kept_epoch": int(net.kept_epoch_),
        "history": describe_history(estimator.history_, writer, f"{name}history"),
        "transferred": transferred,
        "attributes": writer.write_all(_others(estimator), "attributes"),
    }


def _describe_transferred(
    task: TransferredTask, writer: Writer, name: str
) -> dict[str, Any]:
    if not task.on_representation:
        # Its encoder is a copy of the network that was trained further.
        raise parameter_error(
            "freeze",
            writer.owner,
            f"True where a task is transferred, {ADVICE}",
            f"another for {task.name!r}",
        )
    return {"name": task.name, "estimator": describe(task.estimator, writer, name)}


def _others(estimator: Any) -> dict[str, Any]:
    known = {*estimator._get_param_names(), *_OF_THEIR_OWN}
    return {k: v for k, v in vars(estimator).items() if k not in known}


def _describe_tasks(tasks: Tasks, writer: Writer) -> dict[str, Any]:
    return {
        "names": list(tasks.names),
        "kinds": list(tasks.kinds),
        "classes": [writer.write(one, "classes") for one in tasks.classes],
        "one_dimensional": tasks.one_dimensional,
        "named": tasks.named,
    }


def _describe_shapes(row_shapes: Any) -> Any:
    if isinstance(row_shapes, dict):
        return {name: [int(k) for k in shape] for name, shape in row_shapes.items()}
    return [int(k) for k in row_shapes]


def _describe_categories(categories: Any, writer: Writer) -> Any:
    if categories is None:
        return None
    known = categories.encoder.categories_
    return {
        "positions": [int(k) for k in categories.positions],
        "known": [writer.write(one, "categories") for one in known],
    }

"""Which metadata an estimator asks for, as plain data."""

from typing import Any

from sklearn.utils.metadata_routing import MetadataRequest

from sklearn_mtl.neural_network._saving._reader import check
from sklearn_mtl.neural_network._saving._refusal import refuse

_METHODS = ("fit", "partial_fit", "score")


def describe_requests(estimator: Any) -> dict[str, dict[str, Any]]:
    """Return what each method asks for; nothing where that was never said."""
    asked = getattr(estimator, "_metadata_request", None)
    if asked is None:
        return {}
    return {method: dict(getattr(asked, method).requests) for method in _METHODS}


def restore_requests(estimator: Any, said: Any) -> None:
    """Let an estimator ask for what a card says."""
    if not check(said, dict):
        return
    asked = MetadataRequest(owner=type(estimator).__name__)
    for method, requests in said.items():
        if method not in _METHODS:
            raise refuse(f"a card with requests of {method!r}")
        for name, alias in check(requests, dict).items():
            is_known = alias is None or isinstance(alias, bool)
            is_name = isinstance(alias, str) and alias.isidentifier()
            if not name.isidentifier() or not (is_known or is_name):
                raise refuse(f"a card with the request {name!r} of {method!r}")
            getattr(asked, method).add_request(param=name, alias=alias)
    estimator._metadata_request = asked

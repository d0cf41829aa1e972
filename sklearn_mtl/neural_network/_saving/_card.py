"""The card of a model: JSON that ends with its own hash."""

import hashlib
import json
import platform
from typing import Any

import numpy as np
import sklearn
import skorch
import torch

from sklearn_mtl._version import __version__
from sklearn_mtl.neural_network._saving._refusal import refuse

# Raised with every change after which older files mean something else.
SCHEMA = 1

_MARK, _END = b',\n "card_sha256": ', "\n"


def versions() -> dict[str, str]:
    """Return the versions of what makes a model what it is."""
    return {
        "sklearn_mtl": __version__,
        "scikit-learn": sklearn.__version__,
        "torch": torch.__version__,
        "skorch": skorch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def write_card(card: dict[str, Any]) -> bytes:
    """Return a card as text, with the hash of all that comes before as its last key."""
    text = (json.dumps(card, indent=1, allow_nan=False) + _END).encode("ascii")
    return _sign(text.removesuffix(b"\n}" + _END.encode()))


def read_card(text: bytes) -> dict[str, Any]:
    """Return the card of a text, if nothing was changed in it since."""
    body, mark, _ = text.rpartition(_MARK)
    if not mark or _sign(body) != text:
        raise refuse("a card that was changed, or that is none")
    try:
        card = json.loads(body + b"\n}", parse_constant=_refuse_constant)
    except RecursionError:
        raise refuse("a card that is nested too deeply") from None
    except ValueError as error:
        raise refuse(f"a card that is no JSON ({error})") from None
    schema = card.get("schema") if isinstance(card, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise refuse(f"a card of schema {schema!r}, of which {SCHEMA} is known")
    return card


def _sign(body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return body + _MARK + f'"{digest}"\n}}{_END}'.encode("ascii")


def _refuse_constant(name: str) -> None:
    raise refuse(f"a card with {name}")

"""The card of a model: JSON that is the same, byte by byte, when it is written again."""

import hashlib
import json
import platform
from typing import Any

import numpy as np
import skorch
import sklearn
import torch

from sklearn_mtl._version import __version__
from sklearn_mtl.neural_network._saving._refusal import refuse

# Raised with every change after which older files mean something else.
SCHEMA = 1

_OWN_HASH = "card_sha256"


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
    """Return a card with its own hash, as text."""
    return _sign(_dump(card))


def read_card(text: bytes) -> dict[str, Any]:
    """Return the card of a text, if nothing was changed in it since."""
    try:
        card = json.loads(text)
        own = card.pop(_OWN_HASH, None) if isinstance(card, dict) else None
        is_same = isinstance(own, str) and _sign(_dump(card)) == text
    except RecursionError:
        raise refuse("a card that is nested too deeply") from None
    except ValueError as error:
        raise refuse(f"a card that is no JSON ({error})") from None
    if not is_same:
        raise refuse("a card that was changed")
    if card.get("schema") != SCHEMA or isinstance(card["schema"], bool):
        got = f"a card of schema {card.get('schema')!r}, of which {SCHEMA} is known"
        raise refuse(got)
    return card


def _sign(text: bytes) -> bytes:
    """Return the text of a card with its hash at the end."""
    digest = hashlib.sha256(text).hexdigest()
    return text.removesuffix(b"\n}\n") + f',\n "{_OWN_HASH}": "{digest}"\n}}\n'.encode()


def _dump(card: dict[str, Any]) -> bytes:
    return (json.dumps(card, indent=1, allow_nan=False) + "\n").encode("ascii")

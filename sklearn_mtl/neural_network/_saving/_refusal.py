"""What is said of a model that is not saved, and of a folder that is not loaded."""

from typing import Any

from sklearn_mtl._validation import parameter_error

ADVICE = (
    "as a saved model holds no code (pickle or joblib save it as it is, for whom you "
    "trust)"
)
_EXPECTED = f"plain data or made of classes of sklearn_mtl, {ADVICE}"

# What reading a file that somebody changed may end in, none of it being a crash.
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


class UnreadableModelError(ValueError):
    """A folder holds no model that is whole, unchanged and of a known kind."""


def refuse(reason: str) -> UnreadableModelError:
    """Return the error that says why a folder is not loaded."""
    expected = "a folder with a model that save() wrote, whole and unchanged"
    return UnreadableModelError(str(parameter_error("path", "load", expected, reason)))


def unsavable(name: str, owner: str, value: Any) -> ValueError:
    """Return the error that says what of an estimator cannot be saved.

    `name` is a path such as ``params.encoder``.
    """
    place, _, rest = name.partition(".")
    name = rest.split(".")[0] if rest else place
    text = repr(value)
    got = text if len(text) <= 200 else f"{text[:200]}..."
    if place in ("params", "built_with"):
        return parameter_error(name, owner, _EXPECTED, got)
    return ValueError(f"The {name!r} of {owner} must be {_EXPECTED}, got {got}.")

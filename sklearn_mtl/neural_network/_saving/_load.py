"""Saving an estimator to a folder, and loading it."""

from pathlib import Path
from typing import Any

from sklearn_mtl.neural_network._saving._card import (
    SCHEMA,
    read_card,
    versions,
    write_card,
)
from sklearn_mtl.neural_network._saving._describe import describe
from sklearn_mtl.neural_network._saving._folder import (
    CARD,
    MAX_CARD_BYTES,
    TENSORS,
    check_tensor_file,
    find_folder,
    measure,
    read_card_bytes,
    replacing_folder,
)
from sklearn_mtl.neural_network._saving._reader import Reader, check
from sklearn_mtl.neural_network._saving._rebuild import rebuild
from sklearn_mtl.neural_network._saving._refusal import (
    BROKEN,
    UnreadableModelError,
    refuse,
)
from sklearn_mtl.neural_network._saving._tensors import SavedTensors, write_tensors
from sklearn_mtl.neural_network._saving._writer import Writer


def save(estimator: Any, path: Any) -> None:
    """Write a fitted estimator to a folder, which is replaced if it has one."""
    owner = type(estimator).__name__
    estimator._validate_params()
    writer = Writer(owner, lambda other, name: describe(other, writer, f"{name}."))
    content = describe(estimator, writer)
    with replacing_folder(Path(path).absolute(), owner) as folder:
        write_tensors(writer.tensors, folder / TENSORS, owner)
        n_bytes, sha256 = measure(folder / TENSORS)
        card = {
            "schema": SCHEMA,
            "versions": versions(),
            "tensors": {"file": TENSORS, "bytes": n_bytes, "sha256": sha256},
            "estimator": content,
        }
        text = write_card(card)
        if len(text) > MAX_CARD_BYTES:
            got = f"{len(text)} bytes of parameters and categories"
            raise ValueError(
                f"The card of {owner} must be of at most {MAX_CARD_BYTES} bytes, got "
                f"{got}."
            )
        (folder / CARD).write_bytes(text)


def load(path: Any) -> Any:
    """Return the network estimator of a folder that `save` has written.

    Nothing in the folder is run: the estimator is built from classes of this package
    and of torch that are known by name, and from numbers. Anything else is refused.

    Parameters
    ----------
    path : str or path-like
        The folder.

    Returns
    -------
    object
        The fitted estimator. It predicts, bit by bit on a CPU, what the one that was
        saved predicts. It is on the device that its parameter `device` asks for, or on
        the CPU where that is missing. More training goes on from its weights with a new
        state of the optimizer.

    Raises
    ------
    ValueError
        If the folder holds no model that is whole, unchanged, and of a known kind.

    See Also
    --------
    MultiTaskNetClassifier.save : Writes the folder.

    Notes
    -----
    The hashes in the card tell whether a file was damaged, not who wrote it. Whoever
    can write to the folder can put other weights there, but no code.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier, load
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier((32,), max_epochs=5, random_state=0).fit(X, Y)
    >>> path = mkdtemp()
    >>> net.save(path)
    >>> bool((load(path).predict(X) == net.predict(X)).all())
    True
    """
    folder = find_folder(Path(path))
    if not folder.exists():
        raise FileNotFoundError(str(refuse(f"{str(path)!r}, which does not exist")))
    card = read_card(read_card_bytes(folder))
    try:
        return _rebuild_from(card, folder)
    except UnreadableModelError:
        raise
    except BROKEN as error:
        reason = f"a card that does not fit its tensors ({error})"
        raise refuse(reason) from error


def _rebuild_from(card: dict[str, Any], folder: Path) -> Any:
    of_file = check(card["tensors"], dict)
    if of_file["file"] != TENSORS:
        raise refuse(f"a card whose tensors are in {of_file['file']!r}")
    file = check_tensor_file(folder, of_file["bytes"], of_file["sha256"])
    tensors = SavedTensors(file, "load")
    reader = Reader(tensors, lambda said: rebuild(said, reader))
    estimator = rebuild(card["estimator"], reader)
    tensors.check_all_taken()
    return estimator

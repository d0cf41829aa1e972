"""Load many files that were tampered with: `python try_mutations.py HOW_MANY SEED`.

Prints, as JSON, how many were refused and how many gave a working model, all that went
wrong, what happened that no file may bring about, and by how many bytes memory grew.
"""

import json
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from sklearn_mtl.neural_network import load

MODELS = ("both_kinds", "conv", "dict_of_inputs", "transferred", "moco", "settings")

# Events of Python's audit hooks.
FORBIDDEN = (
    "code.__new__",
    "compile",
    "ctypes.",
    "exec",
    "import",
    "marshal.",
    "os.",
    "pickle.",
    "shutil.",
    "socket.",
    "subprocess.",
)
ALLOWED = ("os.listdir", "os.scandir")

# What a model that does not work would end in.
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
)


class Watch:
    """Notes what a file brings about while it is loaded."""

    def __init__(self) -> None:
        self.is_on = False
        self.events: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        writes = event == "open" and args[1] not in (None, "r", "rb")
        if writes or (event.startswith(FORBIDDEN) and event not in ALLOWED):
            self.events.append(f"{event} {str(args)[:100]}")


def try_one(folder: Path, X: Any, watch: Watch) -> str:
    """Return what comes of loading and predicting."""
    watch.is_on = True
    try:
        net = load(folder)
    except (ValueError, OSError):
        return "refused"
    finally:
        watch.is_on = False
    try:
        net.predict(X)
    except ValueError:
        return "loaded, and refuses X"
    return "loaded"


def measure_memory() -> int:
    """Return the most bytes that this process has had."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(how_many: int, seed: int, work: Path) -> dict[str, Any]:
    """Return what came of it."""
    sys.path.insert(0, str(Path(__file__).parent))
    from conftest import CASES
    from mutations import Mutations

    folders, inputs = [work / name for name in MODELS], []
    (work / "outside").mkdir()
    for folder in folders:
        net, X, _ = CASES[folder.name]()
        net.save(folder)
        # What is imported once, such as for the text of an error, is now.
        loaded = load(folder)
        loaded.predict(X)
        repr(loaded)
        inputs.append(X)
    mutations = Mutations(folders, work / "outside", seed)
    watch, before = Watch(), measure_memory()
    counts: Counter[str] = Counter()
    wrong = []
    for k in range(how_many):
        which, folder = k % len(folders), work / f"mutated_{k}"
        shutil.copytree(folders[which], folder)
        kinds = (
            mutations.forgeries if mutations.rng.random() < 0.5 else mutations.damage
        )
        mutate = mutations.choose(kinds)
        mutate(folder)
        try:
            found = try_one(folder, inputs[which], watch)
        except FAILURES as error:
            found = "wrong"
            wrong.append(f"{k} {mutate.__name__} {MODELS[which]}: {error!r}"[:300])
        counts[f"{mutate.__name__}: {found}"] += 1
        shutil.rmtree(folder)
    return {
        "counts": dict(sorted(counts.items())),
        "wrong": wrong,
        "events": watch.events,
        "grown": measure_memory() - before,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        found = main(int(sys.argv[1]), int(sys.argv[2]), Path(name))
    sys.stdout.write(json.dumps(found, indent=1))

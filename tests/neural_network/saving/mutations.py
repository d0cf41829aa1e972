"""Files that were tampered with: each function changes the files of a folder.

What damages them meets their hashes; what forges them has the hashes right, and meets
the rest.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

CARD, TENSORS = "card.json", "model.safetensors"

Json = Any


def read(folder: Path) -> Json:
    """Return the card of a folder."""
    return json.loads((folder / CARD).read_text())


def write(folder: Path, card: Json) -> None:
    """Write a card with the right hash of itself."""
    write_text(folder, as_text(card))


def as_text(card: Json) -> str:
    """Return the text of a card up to its hash."""
    card = {k: v for k, v in card.items() if k != "card_sha256"}
    return json.dumps(card, indent=1).removesuffix("\n}")


def write_text(folder: Path, text: str) -> None:
    """Write the text of a card, and its hash."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / CARD).write_text(f'{text},\n "card_sha256": "{digest}"\n}}\n')


def forge(folder: Path, card: Json) -> None:
    """Write a card that is right about the file of tensors, and about itself."""
    data = (folder / TENSORS).read_bytes()
    card["tensors"]["bytes"] = len(data)
    card["tensors"]["sha256"] = hashlib.sha256(data).hexdigest()
    write(folder, card)


class Mutations:
    """Changes a folder at random.

    Parameters
    ----------
    folders : list of Path
        Saved models, which stay as they are.
    outside : Path
        A folder to which links may lead.
    seed : int
        The seed.
    """

    def __init__(self, folders: list[Path], outside: Path, seed: int):
        self.folders, self.outside = folders, outside
        self.rng = np.random.default_rng(seed)
        self.damage = [
            self.flip_bit,
            self.truncate,
            self.lengthen,
            self.swap,
            self.trick_paths,
        ]
        self.forgeries = [
            *[self.forge_value] * 4,
            *[self.forge_header] * 2,
            self.forge_numbers,
            self.nest,
            self.fill_card,
        ]

    def choose(self, items: Any) -> Any:
        """Return one of the items."""
        return items[int(self.rng.integers(len(items)))]

    def pick(self, folder: Path) -> Path:
        """Return one of the two files."""
        return folder / self.choose((CARD, TENSORS))

    def flip_bit(self, folder: Path) -> None:
        path = self.pick(folder)
        data = bytearray(path.read_bytes())
        data[self.rng.integers(len(data))] ^= 1 << int(self.rng.integers(8))
        path.write_bytes(data)

    def truncate(self, folder: Path) -> None:
        path = self.pick(folder)
        data = path.read_bytes()
        path.write_bytes(data[: self.rng.integers(len(data))])

    def lengthen(self, folder: Path) -> None:
        with self.pick(folder).open("ab") as file:
            file.write(bytes(int(self.rng.integers(1, 1000))))

    def swap(self, folder: Path) -> None:
        name = self.choose((CARD, TENSORS))
        shutil.copy(self.choose(self.folders) / name, folder / name)
        if self.choose((True, False)):
            forge(folder, read(folder))

    def trick_paths(self, folder: Path) -> None:
        tricks = [
            self._name_another_file,
            lambda path: path.symlink_to(self.outside / path.name),
            lambda path: path.symlink_to("/dev/zero"),
            os.mkfifo,
            Path.mkdir,
            lambda path: None,
        ]
        trick, path = self.choose(tricks), self.pick(folder)
        shutil.copy(path, self.outside / path.name)
        if trick != self._name_another_file:
            path.unlink()
        trick(path)

    def _name_another_file(self, path: Path) -> None:
        card = read(path.parent)
        absolute = str(self.folders[0] / TENSORS)
        names = ["../model.safetensors", absolute, "..", "", "\0", 3]
        card["tensors"]["file"] = self.choose(names)
        write(path.parent, card)

    def nest(self, folder: Path) -> None:
        depth = self.choose((500, 5000, 500_000))
        brackets = (("[", "]"), ('{"a":', "}"), ('{"tuple":[', "]}"))
        start, end = self.choose(brackets)
        self._put_text(folder, start * depth + "1" + end * depth)

    def fill_card(self, folder: Path) -> None:
        unit = self.choose(("[],", '{"dict":[]},', '"a",', "0,", "null,"))
        size = self.choose((10**5, 8_000_000, 9_000_000))
        self._put_text(folder, "[" + unit * (size // len(unit)) + "0]")

    def _put_text(self, folder: Path, text: str) -> None:
        """Put some JSON where a parameter is."""
        card = read(folder)
        card["estimator"]["params"]["class_weight"] = "HERE"
        write_text(folder, as_text(card).replace('"HERE"', text))

    def forge_value(self, folder: Path) -> None:
        """Change, drop, rename or copy something that the card says."""
        card = read(folder)
        places = list(find_places(card["estimator"]))
        *path, last = self.choose(places)
        parent = look_up(card["estimator"], path)
        change = self.choose((self._put, self._drop, self._rename, self._copy, enlarge))
        (self._put if isinstance(parent, list) else change)(parent, last)
        forge(folder, card)

    def _put(self, parent: Any, key: Any) -> None:
        hostile = [*HOSTILE, {"estimator": read(self.folders[0])["estimator"]}]
        parent[key] = self.choose(hostile)

    def _drop(self, parent: Any, key: Any) -> None:
        del parent[key]

    def _rename(self, parent: Any, key: Any) -> None:
        names = ("predict", "__class__", "__reduce__", "_x", "forward", "net_", "fit")
        parent[self.choose(names)] = parent.pop(key)

    def _copy(self, parent: Any, key: Any) -> None:
        parent[key] = json.loads(json.dumps(self.choose(list(parent.values()))))

    def forge_header(self, folder: Path) -> None:
        """Change what the file of tensors says of them."""
        data = (folder / TENSORS).read_bytes()
        n = int.from_bytes(data[:8], "little")
        header, body = json.loads(data[8 : 8 + n]), data[8 + n :]
        names = [name for name in header if name != "__metadata__"]
        entry, other = header[self.choose(names)], header[self.choose(names)]
        changes: list[Callable[[], Any]] = [
            lambda: entry.update(shape=self.choose(SHAPES)),
            lambda: entry.update(dtype=self.choose(DTYPES)),
            lambda: entry.update(data_offsets=[0, 2**60]),
            lambda: entry.update(shape=entry["shape"][::-1]),
            lambda: (entry.update(other), other.update(dict(entry))),
            lambda: header.update(extra=EMPTY_BUT_HUGE),
            lambda: None,
        ]
        change = self.choose(changes)
        change()
        text = json.dumps(header).encode()
        size = 2**62 if change is changes[-1] else len(text)
        (folder / TENSORS).write_bytes(size.to_bytes(8, "little") + text + body)
        forge(folder, read(folder))

    def forge_numbers(self, folder: Path) -> None:
        """Change some of the numbers."""
        data = bytearray((folder / TENSORS).read_bytes())
        start = 8 + int.from_bytes(data[:8], "little")
        for _ in range(self.rng.integers(1, 20)):
            data[self.rng.integers(start, len(data))] = self.choose((0, 127, 128, 255))
        (folder / TENSORS).write_bytes(data)
        forge(folder, read(folder))


def find_places(data: Json, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the keys that lead to each value."""
    if at:
        yield at
    if isinstance(data, (dict, list)):
        keys = data if isinstance(data, dict) else range(len(data))
        for key in keys:
            yield from find_places(data[key], (*at, key))


def look_up(data: Json, keys: Any) -> Json:
    """Return the value to which keys lead."""
    for key in keys:
        data = data[key]
    return data


def enlarge(parent: Any, key: Any) -> None:
    """Make a number ten times as large."""
    if type(parent[key]) in (int, float):
        parent[key] = type(parent[key])(parent[key] * 10 + 1)


HOSTILE: list[Json] = [
    None,
    True,
    -1,
    0,
    10**9,
    2**62,
    10**400,
    1e308,
    "",
    "__class__",
    "../../x",
    "os.system",
    [],
    {},
    [10**6] * 50,
    list(range(2000)),
    {"class": "os.system"},
    {"object": ["builtins.eval", {}]},
    {"object": ["architectures.MMoE", {"n_experts": 10**12}]},
    {"object": ["architectures.DSelectK", {"n_experts": 2**40}]},
    {"object": ["encoders.ConvEncoder", {"channels": [10**7, 10**7]}]},
    {"object": ["encoders.ConvEncoder", {"grid_size": 10**6}]},
    {"float": "1e999"},
    {"array": ["scale.mean", "O"]},
    {"text": [["a"], [1], "<U999999999"]},
    {"objects": [[1, 2], [10**9, 10**9]]},
    {"random_state": [1, 2, 3, 4]},
    {"tuple": [10**9]},
    {"dict": [[{"dict": []}, 1]]},
]

SHAPES = [[2**40, 2**40], [10**12, 0], [0], [2**63], [-1], [1] * 5000]
DTYPES = ["F64", "I64", "BOOL", "F8_E5M2", "X", "U8"]
EMPTY_BUT_HUGE = {"dtype": "F32", "shape": [0, 10**15], "data_offsets": [0, 0]}

"""Cost of named inputs, samplers and augmentations: ratios on one thread.

Every row is the median, over several rounds, of the ratio of the processor times of two
runs that follow one another, so that a slow moment of the machine slows both. Both take
as many steps with as many rows. Memory is that of numpy, counted by tracemalloc.
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import numpy as np
import torch

from sklearn_mtl.datasets import combine_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.augmentations import (
    FrequencyMask,
    GaussianNoise,
    Mixup,
    RandomCrop,
    RandomFlip,
    RandomShift,
    TimeMask,
)
from sklearn_mtl.neural_network.encoders import ConvEncoder
from sklearn_mtl.neural_network.samplers import SAMPLERS

Row = tuple[str, float, str]
Run = Callable[[], object]
Data = tuple[object, np.ndarray]

# A small one: the dearer the encoder, the less the rest matters.
ENCODER = ConvEncoder((16, 32))
BATCH_SIZE = 128


def seconds(run: Run) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def ratio(run: Run, other: Run, rounds: int) -> float:
    run(), other()
    return statistics.median(seconds(run) / seconds(other) for _ in range(rounds))


def make_tables(n_rows: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return images or features, and labels of two tasks of ten classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, *shape), dtype=np.float32)
    return X, rng.integers(0, 10, (n_rows, 2)).astype(float)


def plain(X: np.ndarray, Y: np.ndarray) -> Data:
    """Return one table in which a row has the label of one task, half of them each."""
    Y = Y.copy()
    Y[: len(Y) // 2, 1] = Y[len(Y) // 2 :, 0] = np.nan
    return X, Y


def in_one_input(X: np.ndarray, Y: np.ndarray) -> Data:
    """Return the same as an `Inputs` with one input."""
    half = len(X) // 2
    tables = {"image": X[:half]}, {"image": X[half:]}
    first, second = (tables[0], Y[:half, 0]), (tables[1], Y[half:, 1])
    return combine_tasks({"a": first, "b": second}, as_frame=False)


def in_one_table(X: np.ndarray, Y: np.ndarray) -> Data:
    """Return an `Inputs` with the one table, in which rows have both labels."""
    return combine_tasks({"a": (X, Y[:, 0]), "b": (X, Y[:, 1])}, as_frame=False)


def in_two_inputs(X: np.ndarray, Y: np.ndarray) -> Data:
    """Return an `Inputs` with an input for each task."""
    half = len(X) // 2
    return combine_tasks(
        {"a": (X[:half], Y[:half, 0]), "b": (X[half:], Y[half:, 1])}, as_frame=False
    )


def train(
    data: Data, epochs: int, sizes: tuple[int, ...] = (64,), **params: object
) -> MultiTaskNetClassifier:
    net = MultiTaskNetClassifier(
        sizes,
        preset="plain",
        max_epochs=epochs,
        batch_size=BATCH_SIZE,
        early_stopping=False,
        random_state=0,
        **params,
    )
    return net.fit(*data)


def step_rows(rounds: int) -> Iterator[Row]:
    for shape in ((28, 28), (40, 32)):
        X, Y = make_tables(8 * BATCH_SIZE, shape)
        fit = partial(train, epochs=2, encoder=ENCODER)
        for kind, data, reference in (
            ("one table", in_one_table(X, Y), (X, Y)),
            ("two tables, one input", in_one_input(X, Y), plain(X, Y)),
            ("two tables, two inputs", in_two_inputs(X, Y), plain(X, Y)),
        ):
            found = ratio(partial(fit, data), partial(fit, reference), rounds)
            yield f"step, images {shape}: {kind} / plain", found, "<= 1.05"
    X, Y = make_tables(20 * BATCH_SIZE, (100,))
    for kind, data, reference, sizes in (
        ("one table", in_one_table(X, Y), (X, Y), (64, 64)),
        ("two tables, one input", in_one_input(X, Y), plain(X, Y), (64, 64)),
        # The projection of each input takes the place of the first layer.
        ("two tables, two inputs", in_two_inputs(X, Y), plain(X, Y), (64,)),
    ):
        found = ratio(
            partial(train, data, epochs=4, sizes=sizes),
            partial(train, reference, epochs=4, sizes=(64, 64)),
            rounds,
        )
        yield f"step, 100 features, (64, 64): {kind} / plain", found, ""


def memory_rows() -> Iterator[Row]:
    images, sounds = np.zeros((60_000, 28, 28), np.uint8), np.zeros((600, 40, 32))
    digits, words = np.zeros(60_000, np.int64), np.zeros(600, np.int64)
    given = sum(table.nbytes for table in (images, sounds, digits, words))
    tracemalloc.start()
    found = combine_tasks({"digit": (images, digits), "word": (sounds, words)})
    current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found[0]) == len(found[1])
    yield "memory: X and Y of combine_tasks / its inputs", current / given, "<= 0.05"
    yield "memory: peak of combine_tasks / its inputs", peak / given, "<= 0.05"


def sampler_rows(rounds: int) -> Iterator[Row]:
    data = plain(*make_tables(8 * BATCH_SIZE, (28, 28)))
    fit = partial(train, data, epochs=2, encoder=ENCODER)
    for name in SAMPLERS:
        found = ratio(partial(fit, task_sampler=name), fit, rounds)
        yield f"step, images (28, 28): task_sampler={name!r} / none", found, ""


def augmentation_rows(rounds: int) -> Iterator[Row]:
    changes = {
        (28, 28): [RandomCrop(), RandomFlip(), GaussianNoise(), Mixup()],
        (40, 32): [TimeMask(), FrequencyMask(), RandomShift()],
    }
    for shape, of_shape in changes.items():
        data = make_tables(8 * BATCH_SIZE, shape)
        fit = partial(train, data, epochs=2, encoder=ENCODER)
        for change in of_shape:
            found = ratio(partial(fit, augment=change), fit, rounds)
            yield f"step, images {shape}: augment={change} / none", found, ""


def prediction_rows(rounds: int) -> Iterator[Row]:
    for kind, shape, n_rows, encoder, sizes in (
        ("images (28, 28)", (28, 28), 2_000, ENCODER, (64,)),
        ("100 features", (100,), 20_000, None, (64, 64)),
    ):
        X, Y = make_tables(n_rows, shape)
        nets = {}
        for make in (in_one_table, in_two_inputs, plain):
            data = make(X, Y)
            few = slice(None, None, n_rows // 200)
            net = train((data[0][few], data[1][few]), 1, sizes=sizes, encoder=encoder)
            nets[make] = partial(net.predict, data[0])
        for name, make in (("one table", in_one_table), ("two inputs", in_two_inputs)):
            found = ratio(nets[make], nets[plain], rounds)
            yield f"predict, {kind}: {name} / plain", found, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print(f"{'':64}{'measured':>9}   target")
    for name, value, target in chain(
        step_rows(rounds),
        memory_rows(),
        sampler_rows(rounds),
        augmentation_rows(rounds),
        prediction_rows(rounds),
    ):
        print(f"{name:64}{value:9.3f}   {target}", flush=True)


if __name__ == "__main__":
    main()

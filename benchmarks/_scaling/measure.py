"""Ours and the hand-written loop on one case, in turns."""

from time import process_time

import numpy as np

from .by_hand import HandWritten
from .cases import Case, count_flops, make_blocks
from .machine import MemoryMeter
from .ours import epochs_timed, make_net

BY_HAND, ROOFLINE = "by hand", "roofline"
METHODS = ("plain", "default", BY_HAND)
# "default" takes several times as long, and says no more with more rows.
_MOST_ROWS_OF_DEFAULT = 2 * 10**6

Line = dict[str, str | float]
# A number for each round.
Rounds = dict[str, list[float]]


def measure_case(case: Case, rounds: int, peak: float) -> list[Line]:
    """Return a line for each method, and one for the roofline."""
    X, Y = make_blocks(case)(case.n_rows)
    too_many = case.n_rows > _MOST_ROWS_OF_DEFAULT
    kept: dict[str, Rounds] = {m: {} for m in METHODS if m != "default" or not too_many}
    for _ in range(rounds):
        for method, of_method in kept.items():
            for name, value in measure_method(method, case, X, Y).items():
                of_method.setdefault(name, []).append(value)
    lines = [summarise(case, m, own, kept[BY_HAND]) for m, own in kept.items()]
    return [*lines, roofline(case, peak)]


def measure_method(
    method: str, case: Case, X: np.ndarray, Y: np.ndarray
) -> dict[str, float]:
    """Return the seconds of an epoch, of the rest of a fit, and of a prediction.

    The products are those of a row with a weight or an intercept.
    """
    start = process_time()
    if method == BY_HAND:
        net = HandWritten(case)
        trained = sum(net.train(X, Y) for _ in range(case.n_epochs))
        products = sum(p.numel() for p in net.net.parameters())
    else:
        with epochs_timed() as epochs:
            net = make_net(case, method).fit(X, Y)
        trained, products = sum(epochs), net.net_.n_products_
    total, start = process_time() - start, process_time()
    net.predict(X)
    return {
        "train": trained / case.n_epochs,
        "setup": total - trained,
        "predict": process_time() - start,
        "products": products,
    }


def measure_memory(case: Case) -> float:
    """Return the megabytes of a fit beyond the table and the labels it is given."""
    small = Case(n_rows=500, n_features=case.n_features, n_tasks=case.n_tasks)
    make_net(small, "plain").fit(*make_blocks(small)(small.n_rows))
    X, Y = make_blocks(case)(case.n_rows)
    memory = MemoryMeter()
    make_net(case, "plain").fit(X, Y)
    return memory.growth()


def summarise(case: Case, method: str, own: Rounds, by_hand: Rounds) -> Line:
    """Return medians over the rounds; ratios are those of runs side by side."""
    train, predict = np.median(own["train"]), np.median(own["predict"])
    ratios = np.divide(own["train"], by_hand["train"])
    predict_ratios = np.divide(own["predict"], by_hand["predict"])
    return {
        **describe(case, method),
        "rows_per_s": case.n_rows / train,
        "times_by_hand": np.median(ratios),
        "setup_s": np.median(own["setup"]),
        "predict_rows_per_s": case.n_rows / predict,
        "predict_times_by_hand": np.median(predict_ratios),
        "products": own["products"][0],
    }


def roofline(case: Case, peak: float) -> Line:
    """Return the rows per second of a loop that only multiplies, at the peak."""
    return {**describe(case, ROOFLINE), "rows_per_s": peak / count_flops(case)}


def describe(case: Case, method: str) -> Line:
    return {
        "method": method,
        "kind": "regression" if case.regression else "binary",
        "rows": case.n_rows,
        "features": case.n_features,
        "tasks": case.n_tasks,
        "width": case.width,
        "batch_size": case.batch_size,
    }

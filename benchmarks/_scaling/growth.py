"""Tables of what was measured: ratios, and how cost grows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

# How many points, at an end of a sweep, tell how cost grows there.
_AT_AN_END = 3
_LABELS = {"plain": "ours", "by hand": "by hand", "roofline": "roofline"}

NAMES = {
    "batch_size": "batch size",
    "tasks": "tasks",
    "width": "width",
    "rows": "rows",
    "stream": "rows",
}


def compare(lines: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return a row for each point of a sweep: speeds, and times in units of by hand."""
    speed = lines.pivot(index=by, columns="method", values="rows_per_s")
    times = lines.pivot(index=by, columns="method", values="times_by_hand")
    columns = {
        "ours, rows/s": speed["plain"].map(_round_speed),
        "by hand, rows/s": speed["by hand"].map(_round_speed),
        "roofline, rows/s": speed["roofline"].map(_round_speed),
        "ours / by hand": times["plain"].map("{:.2f}".format),
    }
    if "default" in times:
        columns['"default" / by hand'] = times["default"].map(_round_ratio)
    if "predict_times_by_hand" in lines:
        predict = lines.pivot(
            index=by, columns="method", values="predict_times_by_hand"
        )
        columns["predict / by hand"] = predict["plain"].map("{:.2f}".format)
    table = pd.DataFrame(columns)
    table.index = table.index.map(_space_thousands)
    return table


def describe_rows(fits: pd.DataFrame, streams: pd.DataFrame) -> pd.DataFrame:
    """Return what fits and streams took beside the epochs, and their memory."""
    both = pd.concat([fits.assign(by="fit"), streams.assign(by="partial_fit")])
    ours = both[both["method"] == "plain"]
    table = pd.DataFrame(
        {
            "by": ours["by"],
            "an epoch, s": (ours["rows"] / ours["rows_per_s"]).map("{:.3f}".format),
            "all before, s": ours["setup_s"].map("{:.3f}".format),
            "memory, MB": ours["memory_mb"].map("{:.0f}".format),
        }
    )
    table.index = list(map(_space_thousands, ours["rows"]))
    return table


def measure_growth(sweeps: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return with which power of its number the time of a row grows in each sweep.

    There is one power for the first points of a sweep, and one for the last.
    """
    ends = {"first": slice(_AT_AN_END), "last": slice(-_AT_AN_END, None)}
    found: dict[str, dict[str, str]] = {}
    for by, lines in sweeps.items():
        of_sweep = found.setdefault(NAMES[by], {})
        binary = lines[lines["kind"] == "binary"].sort_values(by)
        for method, label in _LABELS.items():
            of_method = binary[binary["method"] == method]
            for end, part in ends.items():
                points = of_method.iloc[part]
                power = fit_power(points[by], 1 / points["rows_per_s"])
                # Rounding may leave a zero with a sign.
                of_sweep[f"{label}, {end}"] = f"{round(power, 2) + 0.0:.2f}"
    return pd.DataFrame(found).T


def fit_power(values: ArrayLike, costs: ArrayLike) -> float:
    """Return p of the cost c * value ** p that is nearest on a logarithmic scale."""
    return float(np.polyfit(np.log(values), np.log(costs), 1)[0])


def _round_speed(value: float) -> str:
    """Return the first three digits."""
    digits = max(int(np.floor(np.log10(value))) - 2, 0)
    return _space_thousands(int(round(value, -digits)))


def _space_thousands(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _round_ratio(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"

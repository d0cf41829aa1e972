"""What heat maps of tasks have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl.inspection._plot._style import longest, merge_style

# More tasks have small names, and above each other.
_MAX_SLANTED = 20
# More rows have small values.
_MAX_LARGE = 8


def hatch_background(ax: Any) -> None:
    """Hatch what is behind the cells, which shows where a value is NaN."""
    ax.patch.set(facecolor="0.92", hatch="////", edgecolor="0.75")


def write_task_names(ax: Any, names: Sequence[str]) -> None:
    """Write the names of the tasks below the columns."""
    style: dict[str, Any] = {}
    if len(names) > _MAX_SLANTED:
        style = {"rotation": 90, "fontsize": "small"}
    elif longest(names) > 3:
        style = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(names)), names, **style)


def write_values(ax: Any, image: Any, given: Mapping[str, Any] | None) -> np.ndarray:
    """Write the values into the cells, in black or white, whichever shows on them.

    Return the texts, None in cells without a value.
    """
    values = np.ma.filled(image.get_array(), np.nan)
    texts = np.full(values.shape, None, dtype=object)
    for row, column in np.argwhere(~np.isnan(values)):
        value = values[row, column]
        style = merge_style(
            "text.Text",
            given,
            color=_choose_color(image, value),
            horizontalalignment="center",
            verticalalignment="center",
            fontsize="small" if len(values) <= _MAX_LARGE else "x-small",
        )
        texts[row, column] = ax.text(column, row, _write(value), **style)
    return texts


def _choose_color(image: Any, value: float) -> str:
    red, green, blue, _ = image.to_rgba(value)
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 else "black"


def _write(value: float) -> str:
    """Return the value with two digits after the point, and no minus before a zero."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")

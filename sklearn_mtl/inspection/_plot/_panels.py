"""Several panels in a new figure, in the space of given axes, or in given axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._style import import_pyplot


def choose_n_columns(n_panels: int) -> int:
    """Return in how many columns to put panels, for a figure not much wider than high.

    Rows are full where that is possible.
    """
    if n_panels <= 3:
        return n_panels
    candidates = range(2, 4) if n_panels <= 9 else range(4, 6)
    return min(candidates, key=lambda n: (-n_panels % n, -n))


@dataclass(frozen=True)
class PanelGrid:
    """How the panels of a display, `owner`, are laid out. Sizes are in inches."""

    owner: str
    n_panels: int
    n_columns: int = 1
    panel_size: tuple[float, float] = (3.0, 2.6)
    extra_size: tuple[float, float] = (0.0, 0.0)
    height_ratios: Sequence[float] | None = None

    @property
    def n_rows(self) -> int:
        return ceil(self.n_panels / self.n_columns)

    @property
    def figure_size(self) -> tuple[float, float]:
        width, height = self.panel_size
        return (
            width * self.n_columns + self.extra_size[0],
            height * self.n_rows + self.extra_size[1],
        )

    def is_first_row(self, p: int) -> bool:
        return p < self.n_columns

    def is_first_column(self, p: int) -> bool:
        return p % self.n_columns == 0

    def make_axes(self, ax: Any = None) -> np.ndarray:
        """Return the axes of the panels, in an array of shape (n_panels,).

        `ax` may be None for a new figure; single axes, whose space is divided unless
        there is one panel only; or as many axes as there are panels.
        """
        plt = import_pyplot(f"{self.owner}.plot")
        if ax is None:
            figure = plt.figure(figsize=self.figure_size, layout="constrained")
            return self._fill(figure, figure.add_gridspec(**self._shape))
        given = np.ravel(np.array(ax, dtype=object))
        if len(given) == self.n_panels:
            return given
        if len(given) != 1:
            expected = f"None, single axes, or {self.n_panels} axes, one per panel"
            raise parameter_error("ax", f"{self.owner}.plot", expected, len(given))
        return self._divide(given[0])

    def main_axes(self, ax: Any, panels: np.ndarray) -> Any:
        """Return the axes that were given, the first of several, or the first panel."""
        return panels[0] if ax is None or np.ndim(ax) else ax

    @property
    def _shape(self) -> dict[str, Any]:
        return {
            "nrows": self.n_rows,
            "ncols": self.n_columns,
            "height_ratios": self.height_ratios,
        }

    def _divide(self, ax: Any) -> np.ndarray:
        """Put the panels where single axes are, which vanish."""
        ax.set_axis_off()
        figure, place = ax.figure, ax.get_subplotspec()
        if place is not None:
            return self._fill(figure, place.subgridspec(**self._shape))
        box = ax.get_position()
        edges = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        return self._fill(figure, figure.add_gridspec(**self._shape, **edges))

    def _fill(self, figure: Any, grid: Any) -> np.ndarray:
        axes = np.empty(self.n_panels, dtype=object)
        for p in range(self.n_panels):
            axes[p] = figure.add_subplot(grid[divmod(p, self.n_columns)])
        return axes

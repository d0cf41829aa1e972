from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._heat_map import (
    hatch_background,
    write_task_names,
    write_values,
)
from sklearn_mtl.inspection._plot._style import (
    DARK,
    add_colorbar,
    hide_spines,
    import_pyplot,
    longest,
    name_tasks,
    shorten_name,
)

# Values are written into the cells of up to as many tasks.
_MAX_WRITTEN = 8
# A task uses a feature of at least this fraction of its most important one.
_USED = 0.2


class TaskImportanceDisplay:
    """Importance of each feature for each task, as a heat map.

    The features with the greatest sum of shares are drawn. The share of feature j in
    task t, from the importances I, is::

        max(I_jt, 0) / sum_k max(I_kt, 0)

    so that every task counts alike, whatever its score is measured in. At the right is
    the number of tasks that use the feature: those for which it is at least a fifth as
    important as their most important one.

    It is recommended to create it with :meth:`from_importance`. All parameters are
    stored as attributes.

    Parameters
    ----------
    importance : DataFrame or array-like of shape (n_features, n_tasks)
        The importance of each feature for each task; NaN where it is not known.
    n_features : int, default=15
        How many features to draw.
    feature_names : sequence of str, default=None
        The names of the features. By default those of a DataFrame, or "x0", "x1", ...
    task_names : sequence of str, default=None
        The names of the tasks. By default those of a DataFrame, or "task0", "task1",
        ...

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure.
    image_ : matplotlib AxesImage
        The heat map, of the importances as they were given.
    order_ : ndarray of int of shape (n_drawn,)
        The positions of the features that are drawn, from top to bottom.
    n_used_by_ : ndarray of int of shape (n_drawn,)
        How many tasks use each of them.
    text_ : ndarray of matplotlib Text of shape (n_drawn, n_tasks) or None
        The values in the cells.
    colorbar_ : matplotlib Colorbar or None
        The scale of the colours.

    See Also
    --------
    task_feature_importance : Find the importances.
    TaskAffinityDisplay : Which tasks go together.

    Examples
    --------
    >>> from sklearn_mtl.inspection import TaskImportanceDisplay
    >>> importance = [[0.0, 0.01], [0.3, 0.2], [0.0, 0.4]]
    >>> display = TaskImportanceDisplay.from_importance(
    ...     importance, feature_names=["age", "height", "weight"]
    ... )
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['height', 'weight', 'age']
    >>> display.n_used_by_
    array([2, 1, 0])
    """

    def __init__(
        self,
        *,
        importance: Any,
        n_features: int = 15,
        feature_names: Sequence[str] | None = None,
        task_names: Sequence[str] | None = None,
    ) -> None:
        self.importance = importance
        self.n_features = n_features
        self.feature_names = feature_names
        self.task_names = task_names

    def plot(
        self,
        *,
        ax: Any = None,
        annotate: bool | str = "auto",
        colorbar: bool = True,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> "TaskImportanceDisplay":
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure, as large as the numbers of features
            and tasks ask for.
        annotate : bool or "auto", default="auto"
            Whether to write the values into the cells. "auto" does for up to eight
            tasks.
        colorbar : bool, default=True
            Whether to explain the colours.
        im_kw : dict, default=None
            Options of the heat map, as of :meth:`matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Options of the values, as of :meth:`matplotlib.axes.Axes.text`.

        Returns
        -------
        TaskImportanceDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the importance is not a table, or `n_features` is below 1.
        """
        plt = import_pyplot("TaskImportanceDisplay.plot")
        values, features, tasks = self._read()
        shares = _find_shares(values)
        order = np.argsort(-shares.sum(axis=1), kind="stable")
        self.order_ = order[: self.n_features]
        top = shares.max(axis=0, keepdims=True)
        used = (shares >= _USED * top) & (shares > 0)
        self.n_used_by_ = used[self.order_].sum(axis=1)
        shown = [shorten_name(features[j], 28) for j in self.order_]
        heads = [shorten_name(task, 24) for task in tasks]
        if ax is None:
            size = _figure_size(shown, heads)
            ax = plt.subplots(figsize=size, layout="constrained")[1]
        self.ax_, self.figure_ = ax, ax.figure
        drawn = values[self.order_]
        self._draw_cells(drawn, im_kw)
        write = len(tasks) <= _MAX_WRITTEN if isinstance(annotate, str) else annotate
        self.text_ = write_values(ax, self.image_, text_kw) if write else None
        self._label(shown, heads)
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = add_colorbar(ax, self.image_, "importance")
        return self

    @classmethod
    def from_importance(
        cls,
        importance: Any,
        *,
        n_features: int = 15,
        feature_names: Sequence[str] | None = None,
        task_names: Sequence[str] | None = None,
        ax: Any = None,
        annotate: bool | str = "auto",
        colorbar: bool = True,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> "TaskImportanceDisplay":
        """Draw a table of importances.

        Parameters
        ----------
        importance : DataFrame or array-like of shape (n_features, n_tasks)
            The importance of each feature for each task, as of
            :func:`~sklearn_mtl.inspection.task_feature_importance`.
        n_features : int, default=15
            How many features to draw.
        feature_names : sequence of str, default=None
            The names of the features. By default those of a DataFrame.
        task_names : sequence of str, default=None
            The names of the tasks. By default those of a DataFrame.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        annotate : bool or "auto", default="auto"
            Whether to write the values into the cells.
        colorbar : bool, default=True
            Whether to explain the colours.
        im_kw : dict, default=None
            Options of the heat map, as of :meth:`matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Options of the values, as of :meth:`matplotlib.axes.Axes.text`.

        Returns
        -------
        TaskImportanceDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the importance is not a table, or `n_features` is below 1.
        """
        display = cls(
            importance=importance,
            n_features=n_features,
            feature_names=feature_names,
            task_names=task_names,
        )
        return display.plot(
            ax=ax,
            annotate=annotate,
            colorbar=colorbar,
            im_kw=im_kw,
            text_kw=text_kw,
        )

    def _read(self) -> tuple[np.ndarray, list[str], list[str]]:
        """Return the values, the names of the features and those of the tasks."""
        owner = "TaskImportanceDisplay"
        values = np.array(self.importance, dtype=np.float64)
        if values.ndim != 2 or not values.size:
            expected = "a table of shape (n_features, n_tasks)"
            got = f"shape {values.shape}"
            raise parameter_error("importance", owner, expected, got)
        if self.n_features < 1:
            raise parameter_error(
                "n_features", owner, "at least 1", repr(self.n_features)
            )
        features, tasks = self.feature_names, self.task_names
        if features is None:
            given = getattr(self.importance, "index", None)
            features = [f"x{j}" for j in range(len(values))] if given is None else given
        if tasks is None:
            tasks = getattr(self.importance, "columns", None)
        features, tasks = [str(f) for f in features], name_tasks(tasks, values.shape[1])
        for name, names, n in zip(
            ("feature_names", "task_names"),
            (features, tasks),
            values.shape,
            strict=True,
        ):
            if len(names) != n:
                expected = f"of length {n}, as the table"
                raise parameter_error(name, owner, expected, f"length {len(names)}")
        return values, features, tasks

    def _draw_cells(self, drawn: np.ndarray, im_kw: Mapping[str, Any] | None) -> None:
        high = float(np.nanmax(drawn, initial=0)) or 1.0
        low = float(np.nanmin(drawn, initial=0))
        style: dict[str, Any] = {"cmap": "Blues", "vmin": 0, "vmax": high}
        if -low > 0.25 * high:
            limit = max(high, -low)
            style = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
        style |= {"aspect": "auto", "interpolation": "nearest"}
        hatch_background(self.ax_)
        self.image_ = self.ax_.imshow(drawn, **{**style, **(im_kw or {})})

    def _label(self, shown: list[str], heads: list[str]) -> None:
        ax = self.ax_
        ax.set_yticks(range(len(shown)), shown)
        write_task_names(ax, heads)
        ax.tick_params(length=0)
        hide_spines(ax, "left", "bottom")
        self._write_n_used()

    def _write_n_used(self) -> None:
        """Write at the right of each row how many tasks use the feature."""
        style = {"fontsize": "small", "color": DARK, "textcoords": "offset points"}
        for j, n in enumerate(self.n_used_by_):
            self.ax_.annotate(
                f"{n}",
                (1, j),
                xytext=(4, 0),
                xycoords=self.ax_.get_yaxis_transform(),
                verticalalignment="center",
                **style,
            )
        self.ax_.annotate(
            f"used by, of {len(self.image_.get_array()[0])}",
            (1, 1),
            xytext=(10, 4),
            xycoords="axes fraction",
            horizontalalignment="right",
            **style,
        )


def _figure_size(features: list[str], tasks: list[str]) -> tuple[float, float]:
    """Return inches that leave room for the names and the values in the cells."""
    n_tasks = len(tasks)
    cells = n_tasks * (0.6 if n_tasks <= _MAX_WRITTEN else 0.3)
    width = float(np.clip(cells, 2.0, 12)) + 1.8 + 0.075 * longest(features)
    height = float(np.clip(0.3 * len(features), 1.5, 30))
    return width, height + 0.6 + 0.06 * longest(tasks)


def _find_shares(values: np.ndarray) -> np.ndarray:
    """Return the share of each feature in the importances of a task, 0 if not known."""
    positive = np.clip(np.nan_to_num(values), 0, None)
    sums = positive.sum(axis=0)
    return positive / np.where(sums > 0, sums, 1)

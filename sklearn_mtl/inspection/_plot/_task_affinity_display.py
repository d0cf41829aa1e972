from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional, parameter_error
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
    merge_style,
    name_tasks,
    shorten_name,
)
from sklearn_mtl.inspection._plot._task_order import TaskTree, find_runs, read_groups

# Values are written into the cells of up to as many tasks.
_MAX_WRITTEN = 12


class TaskAffinityDisplay:
    """What each task does to each other, as a heat map in the order of a dendrogram.

    Blue is for tasks that help each other, red for tasks that conflict. Tasks that
    behave alike are next to each other: the order is that of hierarchical clustering
    (average linkage) with the distance::

        d_st = max(A) - (A_st + A_ts) / 2

    It is recommended to create it with :meth:`from_estimator` or :meth:`from_affinity`.
    All parameters are stored as attributes.

    Parameters
    ----------
    affinity : DataFrame or array-like of shape (n_tasks, n_tasks)
        The affinities, above 0 where a task helps another. Row s is what task s does,
        column t what happens to task t. NaN where it is not known.
    groups : array-like of shape (n_tasks,), list of lists or table, default=None
        The groups, as of :func:`group_tasks`: the group of each task; or for groups
        that may overlap, rows of which tasks are in a group; or lists of the tasks of
        each group, by name or position. They are outlined, and the tasks of a group
        stay together if there is no overlap.
    task_names : sequence of str, default=None
        The names of the tasks. By default those of a DataFrame, or "task0", "task1",
        ...

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the heat map.
    dendrogram_ax_ : matplotlib Axes or None
        The axes of the dendrogram.
    figure_ : matplotlib Figure
        The figure.
    image_ : matplotlib AxesImage
        The heat map.
    order_ : ndarray of int of shape (n_tasks,)
        The positions of the tasks, as they are drawn from top to bottom.
    text_ : ndarray of matplotlib Text of shape (n_tasks, n_tasks) or None
        The values in the cells, in the order of the drawing.
    outlines_ : list of matplotlib Rectangle
        The outlines of the groups.
    colorbar_ : matplotlib Colorbar or None
        The scale of the colours.

    See Also
    --------
    task_affinity : Find the affinities.
    group_tasks : Group the tasks by them.

    Notes
    -----
    The colours span the values off the diagonal, so that a diagonal of ones does not
    pale all others. Such a diagonal says nothing and is left blank.

    Examples
    --------
    >>> from sklearn_mtl.inspection import TaskAffinityDisplay
    >>> affinity = [[1, -0.2, 0.6], [-0.2, 1, 0.1], [0.6, 0.1, 1]]
    >>> display = TaskAffinityDisplay.from_affinity(affinity, groups=[0, 1, 0])
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['task1', 'task2', 'task0']
    """

    def __init__(
        self,
        *,
        affinity: Any,
        groups: Any = None,
        task_names: Sequence[str] | None = None,
    ) -> None:
        self.affinity = affinity
        self.groups = groups
        self.task_names = task_names

    def plot(
        self,
        *,
        ax: Any = None,
        dendrogram: bool = True,
        annotate: bool | str = "auto",
        colorbar: bool = True,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> "TaskAffinityDisplay":
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. The dendrogram and the colour bar take a part of its space.
            By default a new figure, as large as the number of tasks asks for.
        dendrogram : bool, default=True
            Whether to draw the dendrogram, and to order the tasks by it. If not, the
            tasks are drawn as they come.
        annotate : bool or "auto", default="auto"
            Whether to write the values into the cells. "auto" does for up to twelve
            tasks.
        colorbar : bool, default=True
            Whether to explain the colours.
        im_kw : dict, default=None
            Options of the heat map, as of :meth:`matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Options of the values, as of :meth:`matplotlib.axes.Axes.text`.
        line_kw : dict, default=None
            Options of the lines of the dendrogram.

        Returns
        -------
        TaskAffinityDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the affinity is not a square matrix, or the groups do not fit it.
        """
        owner = "TaskAffinityDisplay"
        plt = import_pyplot(f"{owner}.plot")
        values, names = self._read(owner)
        groups = read_groups(self.groups, names, owner)
        tree = TaskTree(values, groups)
        self.order_ = tree.order if dendrogram else np.arange(len(names))
        shown = [shorten_name(names[t], 24) for t in self.order_]
        if ax is None:
            size = _figure_size(shown)
            ax = plt.subplots(figsize=size, layout="constrained")[1]
        self.ax_, self.figure_ = ax, ax.figure
        drawn = _blank_diagonal(values)[np.ix_(self.order_, self.order_)]
        self._draw_cells(drawn, im_kw)
        self._label(shown, symmetric=tree.symmetric)
        small = len(names) <= _MAX_WRITTEN
        write = small if isinstance(annotate, str) else annotate
        self.text_ = write_values(ax, self.image_, text_kw) if write else None
        self._outline(groups)
        self.colorbar_ = add_colorbar(ax, self.image_, "affinity") if colorbar else None
        self.dendrogram_ax_ = None
        if dendrogram and len(names) > 1:
            self.dendrogram_ax_ = self._draw_tree(tree, line_kw)
        return self

    @classmethod
    def from_affinity(
        cls,
        affinity: Any,
        *,
        groups: Any = None,
        task_names: Sequence[str] | None = None,
        ax: Any = None,
        dendrogram: bool = True,
        annotate: bool | str = "auto",
        colorbar: bool = True,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> "TaskAffinityDisplay":
        """Draw a matrix of affinities.

        Parameters
        ----------
        affinity : DataFrame or array-like of shape (n_tasks, n_tasks)
            The affinities, as of :func:`~sklearn_mtl.inspection.task_affinity`.
        groups : array-like of shape (n_tasks,), list of lists or table, default=None
            The groups to outline, as of :func:`~sklearn_mtl.inspection.group_tasks`.
        task_names : sequence of str, default=None
            The names of the tasks. By default those of a DataFrame.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        dendrogram : bool, default=True
            Whether to draw the dendrogram, and to order the tasks by it.
        annotate : bool or "auto", default="auto"
            Whether to write the values into the cells.
        colorbar : bool, default=True
            Whether to explain the colours.
        im_kw : dict, default=None
            Options of the heat map, as of :meth:`matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Options of the values, as of :meth:`matplotlib.axes.Axes.text`.
        line_kw : dict, default=None
            Options of the lines of the dendrogram.

        Returns
        -------
        TaskAffinityDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the affinity is not a square matrix, or the groups do not fit it.
        """
        display = cls(affinity=affinity, groups=groups, task_names=task_names)
        return display.plot(
            ax=ax,
            dendrogram=dendrogram,
            annotate=annotate,
            colorbar=colorbar,
            im_kw=im_kw,
            text_kw=text_kw,
            line_kw=line_kw,
        )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        Y: Any,
        *,
        method: str = "gradient",
        affinity_params: Mapping[str, Any] | None = None,
        groups: Any = None,
        ax: Any = None,
        dendrogram: bool = True,
        annotate: bool | str = "auto",
        colorbar: bool = True,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> "TaskAffinityDisplay":
        """Find the affinities of the tasks for an estimator, and draw them.

        Parameters
        ----------
        estimator : estimator
            The multi-task estimator.
        X : array-like of shape (n_samples, n_features)
            The data.
        Y : array-like of shape (n_samples, n_tasks)
            The labels.
        method : str, default="gradient"
            How to find them; see :func:`~sklearn_mtl.inspection.task_affinity`.
        affinity_params : dict, default=None
            More parameters of :func:`~sklearn_mtl.inspection.task_affinity`.
        groups : array-like of shape (n_tasks,), list of lists or table, default=None
            The groups to outline, as of :func:`~sklearn_mtl.inspection.group_tasks`.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        dendrogram : bool, default=True
            Whether to draw the dendrogram, and to order the tasks by it.
        annotate : bool or "auto", default="auto"
            Whether to write the values into the cells.
        colorbar : bool, default=True
            Whether to explain the colours.
        im_kw : dict, default=None
            Options of the heat map, as of :meth:`matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Options of the values, as of :meth:`matplotlib.axes.Axes.text`.
        line_kw : dict, default=None
            Options of the lines of the dendrogram.

        Returns
        -------
        TaskAffinityDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from sklearn_mtl.inspection import task_affinity

        import_pyplot("TaskAffinityDisplay.from_estimator")
        params = affinity_params or {}
        affinity = task_affinity(estimator, X, Y, method=method, **params)
        return cls.from_affinity(
            affinity,
            groups=groups,
            ax=ax,
            dendrogram=dendrogram,
            annotate=annotate,
            colorbar=colorbar,
            im_kw=im_kw,
            text_kw=text_kw,
            line_kw=line_kw,
        )

    def _read(self, owner: str) -> tuple[np.ndarray, list[str]]:
        values = np.array(self.affinity, dtype=np.float64)
        if values.ndim != 2 or values.shape[0] != values.shape[1] or not len(values):
            expected = "a square matrix with a row and a column per task"
            got = f"shape {values.shape}"
            raise parameter_error("affinity", owner, expected, got)
        given = self.task_names
        if given is None:
            given = getattr(self.affinity, "columns", None)
        names = name_tasks(given, len(values))
        if len(names) != len(values):
            expected = f"{len(values)} names, as there are rows of the affinity"
            raise parameter_error("task_names", owner, expected, len(names))
        return values, names

    def _draw_cells(self, drawn: np.ndarray, im_kw: Mapping[str, Any] | None) -> None:
        limit = np.nanmax(np.abs(drawn), initial=0) or 1
        if np.isnan(drawn).all():
            limit = 1
        style = {"cmap": "RdBu", "vmin": -limit, "vmax": limit, "aspect": "auto"}
        style["interpolation"] = "nearest"
        hatch_background(self.ax_)
        self.image_ = self.ax_.imshow(drawn, **{**style, **(im_kw or {})})
        for t in _blank_cells(drawn):
            self.ax_.add_patch(_make_square(t, 1, facecolor="0.94", edgecolor="none"))

    def _label(self, shown: list[str], symmetric: bool) -> None:
        ax = self.ax_
        write_task_names(ax, shown)
        size = {"fontsize": ax.get_xticklabels()[0].get_fontsize()}
        ax.set_yticks(range(len(shown)), shown, **size)
        ax.tick_params(length=0)
        if not symmetric:
            ax.set_xlabel("to task")
            ax.set_ylabel("from task")
        hide_spines(ax, "left", "bottom")

    def _outline(self, groups: list[np.ndarray]) -> None:
        self.outlines_ = []
        for group in groups:
            for start, length in find_runs(np.isin(self.order_, group)):
                box = _make_square(start, length, fill=False, edgecolor="black")
                box.set(linewidth=1.8, clip_on=False, zorder=4)
                self.outlines_.append(self.ax_.add_patch(box))

    def _draw_tree(self, tree: TaskTree, line_kw: Mapping[str, Any] | None) -> Any:
        """Draw the dendrogram above the columns, in a part of the space of the axes."""
        grid = import_optional("mpl_toolkits.axes_grid1", "plot", "TaskAffinityDisplay")
        divider = grid.make_axes_locatable(self.ax_)
        above = divider.append_axes("top", size="14%", pad=0.04, sharex=self.ax_)
        style = merge_style("lines.Line2D", line_kw, color=DARK, linewidth=1)
        for x, y in tree.branches():
            above.plot(x, y, **style)
        above.set_ylim(bottom=0)
        above.set_axis_off()
        return above


def _figure_size(shown: list[str]) -> tuple[float, float]:
    """Return inches that leave room for the names and the values in the cells."""
    n_tasks = len(shown)
    cells = n_tasks * (0.55 if n_tasks <= _MAX_WRITTEN else 0.22)
    side = float(np.clip(cells, 2.4, 12))
    letters = longest(shown)
    return side + 1.2 + 0.075 * letters, 1.15 * side + 0.4 + 0.05 * letters


def _blank_diagonal(values: np.ndarray) -> np.ndarray:
    """Return the values, with NaN for a diagonal on which all are equal."""
    values = values.copy()
    if len(values) > 1 and np.ptp(values.diagonal()) < 1e-6:
        np.fill_diagonal(values, np.nan)
    return values


def _blank_cells(drawn: np.ndarray) -> np.ndarray:
    """Return the tasks whose cell on the diagonal is blank."""
    return np.flatnonzero(np.isnan(drawn.diagonal()))


def _make_square(start: int, length: int, **style: Any) -> Any:
    """Return a square on the diagonal."""
    from matplotlib.patches import Rectangle

    return Rectangle((start - 0.5, start - 0.5), length, length, **style)

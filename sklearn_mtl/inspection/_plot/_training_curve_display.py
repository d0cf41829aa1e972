from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import check_option, list_some, parameter_error
from sklearn_mtl.inspection._plot._history import History, find_fitted_net
from sklearn_mtl.inspection._plot._panels import PanelGrid
from sklearn_mtl.inspection._plot._style import (
    COLORS,
    DARK,
    PALE,
    add_legend_over_row,
    hide_spines,
    merge_style,
    shorten_name,
)

_LINE = "lines.Line2D"
_DASHED = (0, (3, 1.5))
_MEDIAN = "median of all tasks"
# As many lines as have a colour each.
_MAX_COLORED = len(COLORS)
# A wider range than this is on a logarithmic axis.
_MAX_LINEAR_RATIO = 30


class TrainingCurveDisplay:
    """Loss or score of every task over the epochs, and the weights of the tasks.

    The lines of the validation rows are solid and those of the training rows dashed.
    The weights are in a panel below, if they change. With many tasks, all are drawn in
    grey, their median in black, and those that end best and worst in colour.

    It is recommended to create it with :meth:`from_estimator`. All parameters are
    stored as attributes.

    Parameters
    ----------
    history : list of dict
        A row per epoch, as the `history_` of
        :class:`~sklearn_mtl.neural_network.MultiTaskNetClassifier`.
    task_names : sequence of str, default=None
        The names of the tasks. By default those that the rows tell of.
    best_epoch : int, default=None
        The epoch to mark as the one whose weights were kept.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were given, or those of the curves.
    axes_ : ndarray of matplotlib Axes
        The axes of the curves and, if the weights change, of the weights.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of str to dict of str to matplotlib Line2D
        The line of each task under "valid", and of the tasks in colour under "train".
        Without validation rows, of each task under "train".
    weight_lines_ : dict of str to matplotlib Line2D
        The line of the weight of each task; empty if the weights do not change.
    best_lines_ : list of matplotlib Line2D
        The line at the best epoch on each axes.

    See Also
    --------
    sklearn_mtl.neural_network.MultiTaskNetClassifier : Has the history.
    sklearn_mtl.neural_network.MultiTaskNetRegressor : Has the history.

    Notes
    -----
    Figures of training are taken as the weights of the network change, so those of the
    first epochs look worse than they are.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.inspection import TrainingCurveDisplay
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier((16,), max_epochs=5, random_state=0).fit(X, Y)
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> display.lines_["valid"]["task0"].get_xdata()
    array([1, 2, 3, 4, 5])
    """

    def __init__(
        self,
        *,
        history: Sequence[Mapping[str, Any]],
        task_names: Sequence[str] | None = None,
        best_epoch: int | None = None,
    ) -> None:
        self.history = history
        self.task_names = task_names
        self.best_epoch = best_epoch

    def plot(
        self,
        *,
        ax: Any = None,
        kind: str = "loss",
        tasks: Sequence[str] | None = None,
        line_kw: Mapping[str, Any] | None = None,
        train_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
    ) -> "TrainingCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array of two, default=None
            Where to draw. Single axes are divided if the weights are drawn. By default
            a new figure.
        kind : {"loss", "score"}, default="loss"
            What to draw.
        tasks : sequence of str, default=None
            The tasks in colour. By default all of up to six, else those that end best
            and worst.
        line_kw : dict, default=None
            Options of all lines, as of :meth:`matplotlib.axes.Axes.plot`.
        train_kw : dict, default=None
            More options of the lines of training.
        best_kw : dict, default=None
            Options of the line at the best epoch.

        Returns
        -------
        TrainingCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` or a task is not known, or the history has no epoch, or nothing of
            this kind.
        """
        check_option(kind, ["loss", "score"], "kind", "TrainingCurveDisplay.plot")
        history = History(self.history, self.task_names, "TrainingCurveDisplay")
        if not history.parts(kind):
            expected = f"one that has a train_{kind}_<task> of a task in its first row"
            raise parameter_error("history", "TrainingCurveDisplay", expected, "none")
        weights = history.varying_weights()
        grid = PanelGrid(
            "TrainingCurveDisplay",
            n_panels=1 if weights is None else 2,
            panel_size=(6.2, 4.0) if weights is None else (6.2, 2.7),
            height_ratios=None if weights is None else (5, 2),
        )
        self.axes_ = grid.make_axes(ax)
        self.ax_ = grid.main_axes(ax, self.axes_)
        self.figure_ = self.ax_.figure
        self._colors = self._choose_colors(history, kind, tasks)
        self._line_kw = line_kw
        self._draw_curves(history, kind, train_kw)
        self.weight_lines_: dict[str, Any] = {}
        if weights is not None:
            self._draw_weights(history, weights)
        self._finish(history, kind, best_kw)
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Any = None,
        kind: str = "loss",
        tasks: Sequence[str] | None = None,
        line_kw: Mapping[str, Any] | None = None,
        train_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
    ) -> "TrainingCurveDisplay":
        """Draw the training of a fitted net.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search that has one.
        ax : matplotlib Axes or array of two, default=None
            Where to draw. By default a new figure.
        kind : {"loss", "score"}, default="loss"
            What to draw.
        tasks : sequence of str, default=None
            The tasks in colour. By default all of up to six, else those that end best
            and worst.
        line_kw : dict, default=None
            Options of all lines, as of :meth:`matplotlib.axes.Axes.plot`.
        train_kw : dict, default=None
            More options of the lines of training.
        best_kw : dict, default=None
            Options of the line at the best epoch.

        Returns
        -------
        TrainingCurveDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the estimator has no `history_`.
        """
        net = find_fitted_net(estimator, "TrainingCurveDisplay.from_estimator")
        display = cls(
            history=net.history_,
            task_names=getattr(net, "task_names_", None),
            best_epoch=getattr(net, "best_epoch_", None),
        )
        return display.plot(
            ax=ax,
            kind=kind,
            tasks=tasks,
            line_kw=line_kw,
            train_kw=train_kw,
            best_kw=best_kw,
        )

    def _choose_colors(
        self, history: History, kind: str, tasks: Sequence[str] | None
    ) -> dict[str, str]:
        """Return the colours of the tasks that have one."""
        names = history.task_names
        if tasks is None:
            chosen = names
            if len(names) > _MAX_COLORED:
                ends = history.last(kind)
                order = np.argsort(ends)[: np.sum(~np.isnan(ends))]
                chosen = [names[t] for t in [*order[:2], *order[2:][-2:]]]
        else:
            chosen = [str(task) for task in tasks]
        unknown = [task for task in chosen if task not in names]
        if unknown or len(chosen) > _MAX_COLORED:
            expected = f"at most {_MAX_COLORED} of the tasks {list_some(names)}"
            owner = "TrainingCurveDisplay.plot"
            raise parameter_error("tasks", owner, expected, list_some(chosen))
        return dict(zip(chosen, COLORS, strict=False))

    def _draw_curves(
        self, history: History, kind: str, train_kw: Mapping[str, Any] | None
    ) -> None:
        panel = self.axes_[0]
        parts = history.parts(kind)
        main = parts[0]
        self.lines_ = {
            main: self._draw(panel, history.epochs, history.table(f"{main}_{kind}"))
        }
        if len(parts) == 2:
            train = history.table(f"train_{kind}")
            colored = {name: train[name] for name in self._colors}
            lines = self._draw(panel, history.epochs, colored, train_kw, dashed=True)
            self.lines_["train"] = lines

    def _draw_weights(self, history: History, weights: dict[str, np.ndarray]) -> None:
        panel = self.axes_[1]
        self.weight_lines_ = self._draw(panel, history.epochs, weights)
        panel.set_ylabel("weight")

    def _draw(
        self,
        panel: Any,
        epochs: np.ndarray,
        table: Mapping[str, np.ndarray],
        given: Mapping[str, Any] | None = None,
        dashed: bool = False,
    ) -> dict[str, Any]:
        """Draw a line per task: in its colour, or thin and grey behind a median."""
        lines = {}
        for name, values in table.items():
            default: dict[str, Any] = {"color": PALE, "linewidth": 0.7, "zorder": 1}
            if name in self._colors:
                default = {"color": self._colors[name], "linewidth": 1.7, "zorder": 3}
            if dashed:
                default |= {"linestyle": _DASHED, "linewidth": 1.1, "alpha": 0.8}
            if len(epochs) == 1:
                default |= {"marker": "o", "markersize": 4}
            merged = merge_style(_LINE, self._line_kw, **default)
            merged = merge_style(_LINE, given, **merged)
            label = shorten_name(name)
            lines[name] = panel.plot(epochs, values, label=label, **merged)[0]
        if len(table) > len(self._colors):
            values = np.array(list(table.values()))
            there = ~np.isnan(values).all(axis=0)
            median = np.nanmedian(values[:, there], axis=0)
            black = {"color": "black", "linewidth": 1.7, "zorder": 2}
            panel.plot(epochs[there], median, label=_MEDIAN, **black)
        return lines

    def _finish(
        self, history: History, kind: str, best_kw: Mapping[str, Any] | None
    ) -> None:
        curves = self.axes_[0]
        curves.set_ylabel(kind if "valid" in self.lines_ else f"training {kind}")
        drawn = np.concatenate([line.get_ydata() for line in curves.lines])
        drawn = drawn[~np.isnan(drawn)]
        if kind == "loss" and drawn.max() > _MAX_LINEAR_RATIO * drawn.min() > 0:
            curves.set_yscale("log")
        style = merge_style(
            _LINE, best_kw, color=DARK, linestyle=":", linewidth=1.2, zorder=0
        )
        self.best_lines_ = []
        for panel in self.axes_:
            hide_spines(panel)
            panel.xaxis.get_major_locator().set_params(integer=True)
            if self.best_epoch is not None:
                label = f"best epoch ({self.best_epoch})"
                line = panel.axvline(self.best_epoch, label=label, **style)
                self.best_lines_.append(line)
        self.axes_[-1].set_xlabel("epoch")
        if len(self.axes_) == 2:
            self.axes_[1].sharex(curves)
            curves.tick_params(labelbottom=False)
        self._add_legend()

    def _add_legend(self) -> None:
        curves = self.axes_[0]
        main = next(iter(self.lines_.values()))
        handles = [main[name] for name in self._colors]
        handles += [line for line in curves.lines if line.get_label() == _MEDIAN]
        if len(self.lines_) == 2:
            style = {"color": DARK, "linestyle": _DASHED, "linewidth": 1.1}
            handles += curves.plot([], [], label="training", **style)
        add_legend_over_row([curves], handles + self.best_lines_[:1])

"""The table of a comparison, as text and as HTML."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np

from sklearn_mtl.model_selection._compare._task_result import TaskResult

_STYLES = {"helps": "color: #0072b2", "hurts": "color: #d55e00", "no evidence": ""}


def lay_out(
    name: str,
    baseline: str,
    tasks: Sequence[str],
    metrics: Sequence[str],
    results: Sequence[TaskResult],
) -> list[list[str]]:
    """Return the rows of the table that compares one estimator with the baseline."""
    header = ["task", "metric", baseline, name, "difference", "p", "folds", "verdict"]
    rows = [header]
    for task, metric, result in zip(tasks, metrics, results, strict=True):
        change = [result.difference, result.ci_low, result.ci_high]
        row = [
            task,
            metric,
            _spread(result.baseline_mean, result.baseline_std),
            _spread(result.mean, result.std),
            "{} [{}, {}]".format(*(_number(value, "+") for value in change)),
            _number(result.p_value),
            str(result.n_folds),
            result.verdict,
        ]
        rows.append(row)
    return rows


def shorten(rows: list[list[str]], limit: int = 60) -> list[list[str]]:
    """Return the rows with the middle left out if they are more than the limit."""
    if len(rows) <= limit:
        return rows
    half = limit // 2
    return [*rows[:half], ["..."] * len(rows[0]), *rows[-half:]]


def _number(value: float, sign: str = "") -> str:
    if np.isnan(value):
        return "-"
    # Scores are mostly at most 1, but errors may be of any size.
    return f"{value:{sign}z.3f}" if abs(value) < 100 else f"{value:{sign}.4g}"


def _spread(mean: float, std: float) -> str:
    return f"{_number(mean)} ± {_number(std)}"


def say_costs(
    name: str,
    baseline: str,
    fit_time: Mapping[str, np.ndarray],
    model_size: Mapping[str, np.ndarray],
) -> Iterator[str]:
    """Yield sentences on the time of a fit and the size of a model, where known."""
    own, other = (average(fit_time[side]) for side in (name, baseline))
    yield f"A fit takes {own:.2g} s, {baseline} {other:.2g} s."
    if name in model_size and baseline in model_size:
        own, other = (average(model_size[side]) for side in (name, baseline))
        if not np.isnan([own, other]).all():
            sizes = f"{say_size(own)}, {baseline} {say_size(other)}"
            yield f"Fitted numbers of a model: {sizes}."


def average(values: np.ndarray) -> float:
    """Return the mean of what is known, NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def say_size(size: float) -> str:
    """Return the number in groups of three digits, if it is known."""
    return "an unknown number" if np.isnan(size) else f"{size:,.0f}"


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def as_html(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as an HTML table, verdicts in colour."""
    header, *body = rows
    lines = [_html_row(header, "th")]
    lines += [_html_row(row, "td", _STYLES.get(row[-1], "")) for row in body]
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _html_row(cells: Sequence[str], tag: str, style: str = "") -> str:
    cells = [f"<{tag}>{escape(cell)}</{tag}>" for cell in cells]
    return f'<tr style="{style}">{"".join(cells)}</tr>'

"""The report of a comparison: one HTML file, with all that is needed to read it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sklearn_mtl._atomic_file import replacing
from sklearn_mtl.model_selection._compare._comparison_table import (
    average,
    lay_out,
    say_size,
)
from sklearn_mtl.model_selection._compare._delta_m_interval import say_delta_m
from sklearn_mtl.model_selection._compare._learning_curve import (
    say_curve_delta_m,
    say_last_help,
)
from sklearn_mtl.model_selection._compare._report_figures import draw_svg
from sklearn_mtl.model_selection._compare._report_style import STYLE
from sklearn_mtl.model_selection._compare._settings import show

_Path = TypeVar("_Path", bound=str | os.PathLike[str])
_VERDICTS = {"helps": "helps", "hurts": "hurts", "no evidence": "unknown"}
_READING = (
    "Every estimator was fitted and scored on the same folds. A difference above 0 "
    "means that the estimator is better than the baseline. It helps a task if the "
    "whole confidence interval of the difference is above 0, and hurts if it is "
    "below. “No evidence” is not “no difference”: the interval tells which "
    "differences the data rule out. Each interval stands for itself, so that of many "
    "tasks some are called helped or hurt by chance. Δm is the mean over the tasks of "
    "the relative change of the score."
)


def write_report(comparison: Any, path: _Path) -> _Path:
    """Write the report, as a whole or not at all, and return the path as it came."""
    text = build_report(comparison)
    with replacing(Path(path)) as new:
        new.write_text(text, encoding="utf-8")
    return path


def build_report(comparison: Any) -> str:
    """Return the report as HTML."""
    others = [name for name in comparison.scores_ if name != comparison.baseline_]
    title = f"{_join(others)} compared with {comparison.baseline_}"
    sections = "\n".join(_sections(comparison, others))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n{sections}\n"
        f"<footer>Written on {date.today().isoformat()} by sklearn_mtl.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _sections(comparison: Any, others: Sequence[str]) -> Iterator[str]:
    # Here, as these import parts of this package.
    from sklearn_mtl.inspection import ComparisonDisplay, TaskLearningCurveDisplay

    for name in others:
        yield f'<p class="lead">{_say_verdicts(comparison, name)}</p>'
    forest = draw_svg(ComparisonDisplay, comparison, "forest", "Differences by task")
    yield _section("Every task", f'<div class="wide">{forest}</div>')
    for name in others:
        yield _results_table(comparison, name)
    yield f"<p>{escape(_READING)}</p>"
    yield _section(
        "All tasks together, time and size", _totals_table(comparison, others)
    )
    if comparison.train_sizes_ is not None:
        curve = draw_svg(
            TaskLearningCurveDisplay, comparison, "curve", "Scores by training rows"
        )
        said = [_say_curve(comparison, name) for name in others]
        body = f'{"".join(said)}<div class="wide">{curve}</div>'
        yield _section("With less to learn from", body + _curve_table(comparison))
    if comparison.best_params_:
        yield _section("Chosen parameters", "".join(_chosen_tables(comparison)))
    yield _section("Settings", "".join(_settings(comparison)))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{body}"


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _say_verdicts(comparison: Any, name: str) -> str:
    """Return what an estimator does to which tasks, in words."""
    tasks: dict[str, list[str]] = {verdict: [] for verdict in _VERDICTS}
    for task, result in zip(
        comparison.task_names_, comparison._results[name], strict=True
    ):
        tasks[result.verdict].append(task)
    helped, hurt, unknown = tasks.values()
    parts = [
        _say_tasks(
            f"helps {len(helped)} of {len(comparison.task_names_)} tasks", helped
        ),
        _say_tasks(f"hurts {len(hurt) or 'none'}", hurt),
    ]
    said = f"<strong>{escape(name)}</strong> {' and '.join(parts)}. "
    if unknown:
        said += _say_tasks(f"For {len(unknown)} there is no evidence", unknown) + ". "
    change = say_delta_m(comparison.delta_m_[name], comparison.delta_m_interval_[name])
    return f"{said}On average over the tasks, scores change by {escape(change)}."


def _say_tasks(words: str, tasks: Sequence[str], limit: int = 20) -> str:
    if not tasks:
        return words
    more = [f"{len(tasks) - limit} more"] if len(tasks) > limit else []
    return f"{words} ({escape(', '.join([*tasks[:limit], *more]))})"


def _results_table(comparison: Any, name: str) -> str:
    tasks = comparison.task_names_.tolist()
    header, *rows = lay_out(
        name,
        comparison.baseline_,
        tasks,
        comparison.metrics_,
        comparison._results[name],
    )
    return _table(header, rows)


def _totals_table(comparison: Any, others: Sequence[str]) -> str:
    confidence = f"{comparison.confidence_:.0%}"
    rows = []
    for name in [comparison.baseline_, *others]:
        interval, value = comparison.delta_m_interval_.get(name), "baseline"
        if interval is not None:
            value = say_delta_m(comparison.delta_m_[name], interval)
        sizes = comparison.model_size_.get(name, np.array([np.nan]))
        size = average(sizes)
        seconds = f"{average(comparison.fit_time_[name]):.3g} s"
        rows.append([name, value, seconds, "–" if np.isnan(size) else say_size(size)])
    return _table(
        ["estimator", f"Δm [{confidence} interval]", "time of a fit", "fitted numbers"],
        rows,
    )


def _say_curve(comparison: Any, name: str) -> str:
    sizes = comparison.train_sizes_
    said = say_last_help(comparison.helps_up_to_[name], sizes)
    overall = say_curve_delta_m(comparison.curve_delta_m_[name], sizes)
    return f"<p><strong>{escape(name)}</strong>: {escape(said)} {escape(overall)}</p>\n"


def _curve_table(comparison: Any) -> str:
    rows = []
    labels = comparison.curve_labels_.mean(axis=1)
    for name, by_size in comparison._curve.items():
        for size, counts, results in zip(
            comparison.train_sizes_, labels, by_size, strict=True
        ):
            tasks = comparison.task_names_.tolist()
            header, *body = lay_out("", "", tasks, comparison.metrics_, results)
            rows += [
                [name, str(size), f"{count:.0f}", row[0], *row[2:]]
                for count, row in zip(counts, body, strict=True)
            ]
    header = ["estimator", "training rows", "labels", "task", "baseline", "estimator"]
    header += ["difference", "p", "folds", "verdict"]
    return f"<details><summary>Table</summary>{_table(header, rows)}</details>"


def _chosen_tables(comparison: Any) -> Iterator[str]:
    for name, chosen in comparison.best_params_.items():
        rows = [[str(fold), _say_params(params)] for fold, params in enumerate(chosen)]
        table = _table(["fold", "parameters"], rows, "text")
        yield f"<details><summary>{escape(name)}</summary>{table}</details>\n"


def _say_params(params: Any) -> str:
    if not isinstance(params, Mapping):
        return "–"
    nested = any(isinstance(value, Mapping) for value in params.values())
    parts = [
        f"{key}: {_say_params(value)}" if nested else f"{key}={show(value)}"
        for key, value in params.items()
    ]
    return "; ".join(parts) if nested else ", ".join(parts)


def _settings(comparison: Any) -> Iterator[str]:
    settings = dict(comparison.settings_)
    parameters = settings.pop("parameters", {})
    estimators = settings.pop("estimators", {})
    rows = [["metric", ", ".join(dict.fromkeys(comparison.metrics_))]]
    rows.append(["confidence", f"{comparison.confidence_:g}"])
    for name, value in settings.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key} {text}" for key, text in value.items())
        rows.append([name.replace("_", " "), str(value)])
    yield _table(["setting", "value"], rows, "text")
    for name, code in estimators.items():
        of_name = [*parameters.get(name, {}).items()]
        table = _table(["parameter", "value"], of_name, "text")
        yield (
            f"<details><summary>{escape(name)}</summary>"
            f"<pre>{escape(code)}</pre>{table}</details>\n"
        )


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "figures"
) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    lines = [f"<tr>{head}</tr>"]
    for row in rows:
        verdict = _VERDICTS.get(row[-1], "")
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        lines.append(
            f'<tr class="{verdict}">{cells}</tr>' if verdict else f"<tr>{cells}</tr>"
        )
    body = "\n".join(lines)
    return f'<div class="wide"><table class="{kind}">\n{body}\n</table></div>\n'

"""Tables with several tasks: our defaults against those of others, one task at a time.

Every method is fitted on the same splits of the same data sets, with the parameters it
has by default and on one thread. Run it with::

    python benchmarks/tables.py

Every fit is added to a file in ``results`` at once and is not repeated, so that a run
may be interrupted, and done method by method (``--methods``, ``--data-sets``,
``--repeats``). At the end, or alone with ``--report``, it prints the tables of the fits
that all methods have; of all methods, it saves the first table and pictures of which
mean ranks differ, too. ``--full`` uses all rows, ``--regression`` is for quantities.
TabM and RealMLP, which take a day, run only where ``--methods`` names them, and have
tables of their own, of the fits that they have. The data sets are those of
``_tables/data_sets.py``, the methods those of ``_tables/methods.py``; SKLEARN_MTL_DATA
is where the files are.
"""

import argparse
from pathlib import Path

from threadpoolctl import threadpool_limits

from _tables.data_sets import CLASSIFICATION, REGRESSION
from _tables.figure import draw_differences
from _tables.methods import CLASSIFIERS, REGRESSORS, SLOW
from _tables.report import TITLES, Report, as_markdown, as_rst, keep_shared
from _tables.runs import Results, run

RESULTS = Path(__file__).parent / "results"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--methods", nargs="+", choices=CLASSIFIERS | REGRESSORS)
    parser.add_argument("--data-sets", nargs="+", choices=CLASSIFICATION | REGRESSION)
    parser.add_argument("--repeats", nargs="+", type=int, default=[*range(5)])
    parser.add_argument("--full", action="store_true", help="use all rows")
    parser.add_argument("--regression", action="store_true", help="of quantities")
    parser.add_argument("--report", action="store_true", help="only print the tables")
    return parser.parse_args()


def describe(report: Report) -> None:
    """Print the table of all methods, and those of the scores of each data set."""
    print(f"\n### {report.title}\n\n{as_markdown(report.summary())}")
    for metric in report.metrics:
        scores = report.average_sets(metric).round(3)
        print(f"\n#### {TITLES[metric]}\n\n{as_markdown(scores, 'data set')}")
    print(f"\n#### seconds\n\n{as_markdown(report.seconds().round(1), 'data set')}")


def save(report: Report, path: Path) -> None:
    """Save the table, and pictures of the ranks in each data set and for each task."""
    path.with_suffix(".rst").write_text(as_rst(report.summary()))
    for unit, of_tasks in {"data sets": False, "tasks": True}.items():
        ranks = {m: report.ranks(m, of_tasks=of_tasks) for m in report.ranked}
        titled = {
            f"Mean rank by {TITLES[metric]} over {len(table)} {unit}": table
            for metric, table in ranks.items()
        }
        draw_differences(titled, path.with_name(f"{path.stem}_{unit.split()[-1]}.png"))


def main() -> None:
    given = read_arguments()
    tables, methods, name = CLASSIFICATION, CLASSIFIERS, "classification"
    if given.regression:
        tables, methods, name = REGRESSION, REGRESSORS, "regression"
    results = Results(RESULTS / f"{name}{'_full' * given.full}.csv")
    fast = [each for each in methods if each not in SLOW]
    if not given.report:
        with threadpool_limits(1):
            run(
                results,
                {each: tables[each] for each in given.data_sets or tables},
                {each: methods[each] for each in given.methods or fast},
                given.repeats,
                classes=not given.regression,
                full=given.full,
            )
    rows = results.read()
    rows = rows[rows["method"].isin(given.methods or methods)]
    slow = rows["method"].isin(SLOW)
    parts = {"": rows[~slow]} | ({"_slow": rows} if slow.any() else {})
    for suffix, part in parts.items():
        report = Report(keep_shared(part))
        if not report.n_splits:
            print("No split has the fits of all methods.")
            continue
        describe(report)
        if not given.methods:
            save(report, results.path.with_stem(f"{results.path.stem}{suffix}"))


if __name__ == "__main__":
    main()

"""The figures and tables of the page of benchmarks, from what bench_scaling.py wrote.

Without ``--output`` they are put beside the CSV files, where the page takes them from.
"""

import argparse
from pathlib import Path

import pandas as pd

from _scaling.figure import draw_predictions, draw_rows, draw_speeds
from _scaling.growth import NAMES, compare, describe_rows, measure_growth
from _tables.report import as_rst

RESULTS = Path(__file__).parent / "results"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="of the CSV files"
    )
    parser.add_argument("--output", type=Path, help="folder for figures and tables")
    return parser.parse_args()


def write_tables(sweeps: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write a table for each sweep and kind of task, and those over several."""
    one_number = {name: lines for name, lines in sweeps.items() if name != "stream"}
    tables = {
        "growth": (measure_growth(one_number), "number of"),
        "cost_of_rows": (describe_rows(sweeps["rows"], sweeps["stream"]), "rows"),
    }
    for name, lines in sweeps.items():
        by = "rows" if name == "stream" else name
        for kind, part in lines.groupby("kind"):
            suffix = "_regression" * (kind == "regression")
            tables[f"{name}{suffix}"] = compare(part, by), NAMES[name]
    for name, (table, corner) in tables.items():
        (folder / f"scaling_{name}.rst").write_text(as_rst(table, corner))


def main() -> None:
    given = read_arguments()
    folder = given.output or given.results
    sweeps = {n: pd.read_csv(given.results / f"scaling_{n}.csv") for n in NAMES}
    write_tables(sweeps, folder)
    speeds = {name: sweeps[name] for name in ("batch_size", "tasks", "width")}
    draw_speeds(speeds, folder / "scaling_speed.png")
    draw_rows(sweeps["rows"], sweeps["stream"], folder / "scaling_rows.png")
    predictions = {name: sweeps[name] for name in ("tasks", "rows")}
    draw_predictions(predictions, folder / "scaling_predict.png")


if __name__ == "__main__":
    main()

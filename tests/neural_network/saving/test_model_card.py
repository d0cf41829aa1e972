"""The page about a fitted network."""

import numpy as np
import pytest


def rows_of(page, section):
    """Return the cells of the table of a section, without its head."""
    lines = page.split(f"## {section}\n")[1].split("\n##")[0].splitlines()
    lines = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_tasks_and_settings(small):
    net, _, _ = small
    page = net.model_card()
    tasks = rows_of(page, "Tasks")
    score = net.history_[net.best_epoch_ - 1]["train_score_task0"]
    assert tasks[0] == ["task0", "classification", "0, 1, 2", "60", f"{score:.3f}"]
    settings = dict(rows_of(page, "Settings"))
    assert settings["max_epochs"] == "`2`"
    assert settings["batch_size"] == f"`{net.settings_['batch_size']}`"
    assert "torch" in dict(rows_of(page, "Versions"))


def test_scores_of_given_rows(small):
    net, X, Y = small
    Y = Y.astype(float)
    Y[::2, 1] = np.nan
    scores = net.score_tasks(X, Y)
    tasks = rows_of(net.model_card(X, Y), "Tasks")
    assert [cells[-2] for cells in tasks] == ["60", "30"]
    assert [cells[-1] for cells in tasks] == [f"{s:.3f}" for s in scores.values()]


def test_says_what_is_in_columns(fit):
    page = fit("both_kinds")[0].model_card()
    assert "- Categories: 3 in 'town', 4 in 'floor'." in page
    kinds = [cells[:2] for cells in rows_of(page, "Tasks")]
    assert kinds == [["kind", "classification"], ["size", "regression"]]


def test_transferred_tasks_have_a_row(fit):
    net, X, Y = fit("transferred")
    assert [row[0] for row in rows_of(net.model_card(), "Tasks")] == net.task_names_
    assert rows_of(net.model_card(X, Y), "Tasks")[-1][0] == "new"


def test_named_inputs(fit):
    rows = rows_of(fit("dict_of_inputs")[0].model_card(), "Data")
    assert rows[0] == ["image.1", "(2, 6, 6)"]


def test_needs_both(small):
    with pytest.raises(ValueError, match=r"'y' parameter .* along with the other"):
        small[0].model_card(small[1])

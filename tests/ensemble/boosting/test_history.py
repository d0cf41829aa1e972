import numpy as np
import pytest

from sklearn_mtl.ensemble._boosting._history import History
from sklearn_mtl.ensemble._boosting._rounds import RoundTracker


@pytest.fixture
def tracker():
    return RoundTracker(np.array([2.0, 4.0, 0.0]), 10)


def test_a_row_per_round(tracker):
    history = History(["a", "b", "c"], 0)
    for losses in ([1.0, 3.0, 0.0], [0.5, 2.0, 0.0]):
        tracker.add(np.array(losses))
        history(tracker)
    assert [row["iteration"] for row in history.rows] == [1, 2]
    assert history.rows[1]["valid_loss_b"] == 2.0
    relative = [row["valid_relative_loss"] for row in history.rows]
    assert relative == pytest.approx([0.625, 0.375])


def test_a_line_every_so_many_rounds(tracker, capsys):
    history = History(["a", "b", "c"], 2)
    for _ in range(5):
        tracker.add(np.array([1.0, 3.0, 0.0]))
        history(tracker)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "round    2  valid relative loss 0.6250  a 1.0000  b 3.0000  c 0.0000"
    )


def test_many_tasks_are_not_printed(capsys):
    tracker = RoundTracker(np.ones(9), 10)
    tracker.add(np.ones(9))
    History([f"task{t}" for t in range(9)], 1)(tracker)
    assert "task" not in capsys.readouterr().out

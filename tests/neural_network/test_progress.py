"""What verbose=1 prints."""

import re

import numpy as np
import pytest

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier


def fit(n_tasks, **params):
    X, Y = make_multitask_classification(60, 4, n_tasks=n_tasks, random_state=0)
    small = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}
    return MultiTaskNetClassifier(**small, **params).fit(X, Y)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_line_per_epoch_with_every_score(early_stopping, capsys):
    net = fit(2, verbose=1, early_stopping=early_stopping)
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert not err
    assert len(lines) == 3
    part = "valid" if early_stopping else "train"
    for line, row in zip(lines, net.history_, strict=True):
        assert re.match(rf"epoch +{row['epoch']} ", line)
        assert f"train loss {row['train_loss']:.4f}" in line
        assert ("valid loss" in line) is early_stopping
        scores = [row[f"{part}_score_task{t}"] for t in range(2)]
        assert f"{part} score {np.mean(scores):.4f}" in line
        for t, score in enumerate(scores):
            assert f"task{t} {score:.4f}" in line


def test_the_scores_of_many_tasks_are_averaged(capsys):
    fit(7, verbose=1)
    line = capsys.readouterr().out.splitlines()[0]
    assert "train score" in line
    assert "task0" not in line


def test_silent_by_default(capfd):
    net = fit(2, early_stopping=True)
    net.partial_fit(*make_multitask_classification(60, 4, n_tasks=2, random_state=0))
    assert capfd.readouterr() == ("", "")

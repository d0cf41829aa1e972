"""Several inputs meet on common units; an encoder sees only the rows of its input."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network._input_encoder import InputEncoder, OneInputEncoder
from sklearn_mtl.neural_network._input_rows import InputRows

rng = np.random.default_rng(0)
A, B = rng.normal(size=(8, 3)), rng.normal(size=(5, 2))
HAS_B = np.array([True, False, True, True, False, True, False, True])
EVERY_ROW = torch.arange(8)


class Watching(nn.Module):
    """Hands on what it gets, and remembers how many rows it got."""

    def forward(self, X):
        self.n_rows = len(X)
        return X


def make_rows(present=None):
    X = combine_inputs(
        {"a": A, "b.c": B if present is not None else np.resize(B, (8, 2))},
        present=present and {"b.c": present},
    )
    return InputRows(X, "cpu", torch.float64)


def make_encoder():
    return InputEncoder(
        {"a": Watching(), "b.c": Watching()},
        {"a": 3, "b.c": 2},
        4,
        activation="tanh",
        generator=torch.Generator().manual_seed(0),
        dtype=torch.float64,
    )


def by_hand(encoder, rows):
    """h = tanh(mean of the projections of what the row has), row by row."""
    project_a, project_b = encoder.projections.values()
    found, position = [], 0
    for i, has_b in enumerate(HAS_B):
        parts = [project_a(torch.from_numpy(A[i]))]
        if has_b:
            parts.append(project_b(torch.from_numpy(B[position])))
            position += 1
        found.append(torch.tanh(torch.stack(parts).mean(0)))
    return torch.stack(found)[rows]


@pytest.mark.parametrize("rows", [EVERY_ROW, torch.tensor([1, 0, 0, 6])])
def test_the_mean_of_the_projections_of_what_a_row_has(rows):
    encoder = make_encoder()
    batch = make_rows(HAS_B.tolist()).take(rows)
    torch.testing.assert_close(encoder(batch), by_hand(encoder, rows))


def test_an_encoder_runs_on_the_rows_that_have_its_input():
    encoder = make_encoder()
    encoder(make_rows(HAS_B.tolist()).take(EVERY_ROW))
    assert [part.n_rows for part in encoder.encoders.values()] == [8, 5]


def test_an_encoder_does_not_run_where_no_row_has_its_input():
    encoder = make_encoder()
    encoder(make_rows(HAS_B.tolist()).take(torch.tensor([1, 4])))
    assert not hasattr(list(encoder.encoders.values())[1], "n_rows")


def test_rows_to_fill_up_change_nothing():
    encoder = make_encoder()
    batch = make_rows(HAS_B.tolist()).take(EVERY_ROW)
    torch.testing.assert_close(encoder(batch.filled_up(32)), encoder(batch))


def test_names_may_have_dots():
    assert len(make_encoder().state_dict()) == 4


def test_one_input_needs_no_projection():
    X = combine_inputs({"a": A})
    encoder = OneInputEncoder("a", nn.Identity())
    rows = InputRows(X, "cpu", torch.float64)
    assert encoder(rows.take(EVERY_ROW).filled_up(32)).tolist() == A.tolist()

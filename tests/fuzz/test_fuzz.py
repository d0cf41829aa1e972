"""Whatever the public estimators are given, they say why not, or answer well.

The suite mirrors no module: it draws tables, labels, weights and options for every
public estimator, and looks at what all of them promise (see `property`).
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.labels import labels, sample_weights
from tests.fuzz.options import options
from tests.fuzz.property import check
from tests.fuzz.public_estimators import (
    ESTIMATORS,
    SKIPPED,
    find_public_estimators,
    learns_both,
    learns_quantities,
    small_parameters,
)
from tests.fuzz.tables import tables

# For all estimators together; `make nightly` tries 20000.
HOW_MANY = int(os.environ.get("SKLEARN_MTL_FUZZ", "500"))
PER_ESTIMATOR = -(-HOW_MANY // len(ESTIMATORS))
# Every change is tried on the same examples, every night on new ones.
QUICK = HOW_MANY <= 500


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(
    max_examples=PER_ESTIMATOR,
    derandomize=QUICK,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_documented_error_or_a_finite_answer(name, data):
    drawn = data.draw(options(ESTIMATORS[name]))
    table = data.draw(tables())
    quantities, both = learns_quantities(name), learns_both(name)
    y = data.draw(labels(table.n_rows, quantities, both))
    weights = data.draw(sample_weights(table.n_rows, y.n_tasks))
    parameters = small_parameters(name) | drawn.values
    estimator = ESTIMATORS[name](**parameters)
    if "missing_label" in estimator.get_params(deep=False):
        estimator.set_params(missing_label=y.missing_label)
    check(estimator, table, y, weights, drawn)


def test_nothing_public_is_left_out():
    assert set(ESTIMATORS) | set(SKIPPED) == set(find_public_estimators())
    assert all(reason for reason in SKIPPED.values())
    assert len(ESTIMATORS) >= 20

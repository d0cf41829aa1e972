"""What all balancers that combine gradients have in common."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.exceptions import ConvergenceWarning

from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.balancers._base import (
    GradientBalancer,
    GramianBalancer,
    SolverError,
)

GRADIENT = [k for k, v in BALANCERS.items() if issubclass(v, GradientBalancer)]
GRAMIAN = [k for k, v in BALANCERS.items() if issubclass(v, GramianBalancer)]
# Whose tasks meet each other in a random order.
ORDERED = ["pcgrad", "gradvac"]
# Whose updates may be longer than all the gradients.
UNBOUNDED = ["imtl_g", "gradvac"]

JACOBIANS = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=6),
    # Of a width whose squares are numbers too.
    elements=st.integers(-3, 3) | st.floats(-10, 10, width=32, allow_subnormal=False),
)


def combine(name: str, J, n_steps: int = 1):
    """Return the update of the last of so many equal steps."""
    balancer = BALANCERS[name]().reset(len(J), random_state=0)
    for _ in range(n_steps):
        update = balancer.combine(J)
    return update


@pytest.mark.parametrize("name", GRADIENT)
@pytest.mark.parametrize("n_tasks", [1, 2, 5, 40])
def test_equal_gradients_stay_as_they_are(name, n_tasks):
    g = np.array([1.0, -2.0, 0.0, 3.0])
    update = combine(name, np.tile(g, (n_tasks, 1)), n_steps=3)
    np.testing.assert_allclose(update, g, rtol=1e-10)


@pytest.mark.parametrize("name", GRADIENT)
def test_kinds_of_input(name, random_jacobian):
    J = random_jacobian(3)
    expected = combine(name, J)
    assert isinstance(expected, np.ndarray)
    assert expected.dtype == np.float64
    np.testing.assert_array_equal(combine(name, J.tolist()), expected)
    single = combine(name, torch.from_numpy(J).float())
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", GRADIENT)
def test_whole_numbers_are_no_integers(name):
    update = combine(name, np.array([[1, 0], [0, 1]]))
    assert np.issubdtype(update.dtype, np.floating)
    assert 0 < np.abs(update).max() <= 1


@pytest.mark.parametrize(
    "name", [k for k in GRADIENT if k not in ("pcgrad", "gradvac")]
)
def test_order_of_tasks_does_not_matter(name, random_jacobian):
    J = random_jacobian(7)
    order = np.random.default_rng(0).permutation(7)
    for steps in (1, 3):
        np.testing.assert_allclose(
            combine(name, J[order], steps), combine(name, J, steps), rtol=1e-8
        )


@pytest.mark.parametrize("name", ORDERED)
def test_order_of_two_tasks_does_not_matter(name, random_jacobian):
    J = random_jacobian(2, n=3)
    np.testing.assert_allclose(
        combine(name, J[::-1].copy(), 3), combine(name, J, 3), rtol=1e-10
    )


@pytest.mark.parametrize("name", GRADIENT)
@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e6, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_update_has_the_scale_of_the_gradients(name, scale, dtype, random_jacobian):
    J = random_jacobian(5).astype(dtype)
    update = combine(name, J * dtype(scale), 3)
    np.testing.assert_allclose(
        update / scale,
        combine(name, J, 3),
        rtol=1e-8 if dtype == np.float64 else 1e-3,
        atol=0 if dtype == np.float64 else 1e-5,
    )


@pytest.mark.parametrize("name", GRAMIAN)
@pytest.mark.parametrize("n_tasks", [1, 2, 5, 40])
def test_weights_make_the_update(name, n_tasks, random_jacobian):
    J = random_jacobian(n_tasks)
    weights = BALANCERS[name]().reset(n_tasks, random_state=0).weights(J @ J.T)
    np.testing.assert_allclose(weights @ J, combine(name, J), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", GRADIENT)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_degenerate_gradients(name, degenerate):
    for dtype in (np.float32, np.float64):
        J = degenerate.astype(dtype)
        balancer = BALANCERS[name]().reset(len(J), random_state=0)
        for _ in range(3):
            update = balancer.combine(J)
            assert update.dtype == dtype
            assert np.isfinite(update).all()
            if name not in UNBOUNDED:
                longest = np.linalg.norm(J, axis=1).max()
                assert np.linalg.norm(update) <= longest * (1 + 1e-5)


@pytest.mark.parametrize("name", [k for k in GRAMIAN if k != "imtl_g"])
def test_degenerate_gradients_are_no_failure(name, degenerate):
    balancer = BALANCERS[name]().reset(len(degenerate), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        balancer.combine(degenerate)
    assert balancer.n_failures_ == 0


@pytest.mark.parametrize("name", [k for k in GRADIENT if k not in UNBOUNDED])
@given(J=JACOBIANS)
@settings(max_examples=40, deadline=None)
def test_update_is_no_longer_than_the_longest_gradient(name, J):
    update = combine(name, J)
    longest = np.linalg.norm(J, axis=1).max()
    assert np.linalg.norm(update) <= longest * (1 + 1e-9)


@pytest.mark.parametrize("name", ["mgda", "upgrad", "dualproj"])
@given(J=JACOBIANS)
@settings(max_examples=100, deadline=None)
def test_no_conflict(name, J):
    update = combine(name, J)
    lengths = np.linalg.norm(J, axis=1)
    assert (J @ update >= -1e-9 * lengths * lengths.max()).all()


@pytest.mark.parametrize("name", ["mgda", "upgrad", "dualproj", "nash_mtl", "fairgrad"])
@pytest.mark.parametrize("n_tasks", [2, 5, 40])
def test_no_conflict_of_many_tasks(name, n_tasks, random_jacobian, assert_no_conflict):
    J = random_jacobian(n_tasks)
    assert_no_conflict(J, combine(name, J))


@pytest.mark.parametrize("name", ["nash_mtl", "config", "imtl_g"])
def test_direction_does_not_depend_on_the_scale_of_a_task(name, random_jacobian):
    J = random_jacobian(4)
    expected = combine(name, J)
    J[2] *= 1000
    update = combine(name, J)
    assert expected @ update == pytest.approx(
        np.linalg.norm(expected) * np.linalg.norm(update), rel=1e-10
    )


@pytest.mark.parametrize("name", GRAMIAN)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_task_without_a_gradient_counts_as_absent(name, random_jacobian):
    J = random_jacobian(4)
    J[1] = 0
    G = J @ J.T
    balancer = BALANCERS[name]
    weights = balancer().reset(4, random_state=0).weights(G)
    there = [0, 2, 3]
    expected = (
        balancer().reset(4, random_state=0).weights(G[np.ix_(there, there)], there)
    )
    assert weights[1] == 0
    np.testing.assert_array_equal(weights[there], expected)


@pytest.mark.parametrize("name", GRAMIAN)
def test_single_precision_products(name, random_jacobian):
    """Products computed in float32 are no longer exactly those of gradients."""
    J = random_jacobian(12, n=6).astype(np.float32)
    J[3] = J[2]
    J[5] = -J[4]
    balancer = BALANCERS[name]().reset(12, random_state=0)
    with warnings.catch_warnings():
        if name != "imtl_g":
            warnings.simplefilter("error", ConvergenceWarning)
        weights = balancer.weights((J @ J.T).astype(np.float64))
    longest = np.linalg.norm(J, axis=1).max()
    if name not in UNBOUNDED:
        assert np.linalg.norm(weights @ J) <= longest * (1 + 1e-3)


@pytest.mark.parametrize("name", GRAMIAN)
def test_failure_is_counted_and_warned_of_once(name, monkeypatch):
    balancer = BALANCERS[name]().reset(2)

    def fail(G, tasks):
        raise SolverError("it is too hard")

    monkeypatch.setattr(balancer, "_weights", fail)
    with pytest.warns(ConvergenceWarning, match=r"too hard.*mean of their gradients"):
        update = balancer.combine([[4.0, 0.0], [0.0, 2.0]])
    np.testing.assert_array_equal(update, [2.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        balancer.combine([[4.0, 0.0], [0.0, 2.0]])
    assert balancer.n_failures_ == 2


@pytest.mark.parametrize("name", GRADIENT)
@pytest.mark.parametrize(
    ("jacobian", "got"),
    [
        ([1.0, 2.0], r"got shape \(2,\)"),
        (np.empty((0, 3)), r"got shape \(0, 3\)"),
        ([[1.0, np.nan]], "got NaN or infinity"),
    ],
)
def test_bad_jacobian(name, jacobian, got):
    with pytest.raises(ValueError, match=rf"'jacobian' parameter.*{got}"):
        BALANCERS[name]().combine(jacobian)


@pytest.mark.parametrize("name", GRAMIAN)
def test_bad_gramian(name):
    with pytest.raises(
        ValueError, match=r"'gramian' parameter .* finite square matrix"
    ):
        BALANCERS[name]().weights([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]])

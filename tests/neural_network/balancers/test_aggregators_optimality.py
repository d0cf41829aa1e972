"""Each balancer solves the problem that defines it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize, nnls

from sklearn_mtl.neural_network.balancers import (
    DBMTL,
    IMTLG,
    MGDA,
    AlignedMTL,
    CAGrad,
    ConFIG,
    DualProj,
    ExcessMTL,
    FairGrad,
    GradDrop,
    GradVac,
    MoCo,
    NashMTL,
    PCGrad,
    UPGrad,
)
from sklearn_mtl.neural_network.balancers._gradient_surgery import shuffle_other_tasks
from sklearn_mtl.neural_network.balancers._simplex import project_onto_simplex

SIZES = [(2, 60), (5, 60), (40, 60), (10, 4)]


@pytest.mark.parametrize("size", SIZES)
def test_mgda_is_the_shortest_convex_combination(size, random_jacobian):
    J = random_jacobian(*size)
    weights = MGDA().weights(J @ J.T)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    d = weights @ J
    # No gradient has a smaller product with it than itself.
    slack = (J @ d - d @ d) / np.linalg.norm(J, axis=1)
    assert slack.min() >= -1e-10
    np.testing.assert_allclose(slack[weights > 0], 0, atol=1e-10)


def test_mgda_against_numerical_minimisation(random_jacobian):
    G = (J := random_jacobian(4, n=6)) @ J.T
    found = minimize(
        lambda w: w @ G @ w,
        np.full(4, 0.25),
        jac=lambda w: 2 * G @ w,
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    np.testing.assert_allclose(MGDA().weights(G), found.x, atol=1e-5)


@pytest.mark.parametrize(
    "J",
    [
        [[1.0, 2.0], [-2.0, -4.0]],
        [[1.0, 0.0], [-0.5, 0.75], [-0.5, -0.75]],
        [[1.0], [-3.0], [2.0], [0.5]],
    ],
)
def test_mgda_stands_still_where_gradients_can_cancel(J):
    np.testing.assert_allclose(MGDA().combine(J), 0, atol=1e-15)


def project_onto_dual_cone(J, g):
    """Return the nearest point to g that has no negative product with a row of J."""
    return g + nnls(J.T, -g)[0] @ J


@pytest.mark.parametrize("size", SIZES)
def test_dualproj_projects_the_mean(size, random_jacobian):
    J = random_jacobian(*size)
    expected = project_onto_dual_cone(J, J.mean(axis=0))
    np.testing.assert_allclose(DualProj().combine(J), expected, atol=1e-9)


@pytest.mark.parametrize("size", SIZES)
def test_upgrad_projects_each_gradient(size, random_jacobian):
    J = random_jacobian(*size)
    expected = np.mean([project_onto_dual_cone(J, g) for g in J], axis=0)
    np.testing.assert_allclose(UPGrad().combine(J), expected, atol=1e-9)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("c", [0.1, 0.5, 0.9, 2.0])
def test_cagrad_has_no_duality_gap(size, c, random_jacobian):
    J = random_jacobian(*size)
    weights = CAGrad(c=c).weights(J @ J.T) * (1 + c)
    mean, d = J.mean(axis=0), weights @ J
    radius = c * np.linalg.norm(mean)
    assert np.linalg.norm(d - mean) <= radius * (1 + 1e-9)
    added = weights - 1 / len(J)
    assert added.min() >= -1e-12
    # The dual of the paper bounds it, at whatever weights. Where gradients can cancel
    # each other it may be least at those of MGDA.
    duals = [
        w @ J @ mean + radius * np.linalg.norm(w @ J)
        for w in (added / added.sum(), MGDA().weights(J @ J.T))
    ]
    assert (J @ d).min() == pytest.approx(min(duals), abs=1e-9 * (J**2).sum(1).max())


def test_cagrad_where_not_all_tasks_can_improve():
    J = np.array([[1.0, 0.0], [-1.0, 0.2], [-1.0, -0.2]])
    # The mean points along -x, and the dual cone is 0: with a radius that reaches it
    # the worst-off task loses nothing there, and something everywhere else.
    np.testing.assert_allclose(CAGrad(c=1.5).combine(J), 0, atol=1e-15)
    # A smaller radius leads towards 0 as far as it goes.
    mean = J.mean(axis=0)
    np.testing.assert_allclose(CAGrad(c=0.5).combine(J), mean * 0.5 / 1.5, atol=1e-12)


def test_cagrad_without_radius_is_the_mean(random_jacobian):
    J = random_jacobian(5)
    np.testing.assert_allclose(CAGrad(c=0.0).combine(J), J.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("size", SIZES[:3])
def test_nash_mtl_solves_its_equation(size, random_jacobian):
    G = (J := random_jacobian(*size)) @ J.T
    weights = NashMTL().weights(G)
    assert weights.min() > 0
    norms = np.sqrt(np.diag(G))
    assert weights @ norms == pytest.approx(norms.mean())
    products = weights * (G @ weights)
    np.testing.assert_allclose(products, products[0], rtol=1e-8)


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 2.0, 10.0])
def test_fairgrad_solves_its_equation(size, alpha, random_jacobian):
    G = (J := random_jacobian(*size)) @ J.T
    weights = FairGrad(alpha=alpha).weights(G)
    assert weights.min() > 0
    norms = np.sqrt(np.diag(G))
    assert weights @ norms == pytest.approx(norms.mean())
    products = weights ** (1 / alpha) * (G @ weights)
    np.testing.assert_allclose(products, products[0], rtol=1e-8)


def test_nash_mtl_does_not_shrink_with_a_task_that_is_learnt(random_jacobian):
    J = random_jacobian(5)
    J[0] *= 1e-6
    update = NashMTL().combine(J)
    # Where the weights summed to 1 it would be about a millionth of that.
    assert np.linalg.norm(update) > 0.1 * np.linalg.norm(J.mean(axis=0))


def test_fairgrad_between_the_mean_and_nash(random_jacobian):
    G = (J := random_jacobian(5)) @ J.T
    np.testing.assert_allclose(FairGrad(alpha=0.0).weights(G), 0.2)
    np.testing.assert_allclose(FairGrad(alpha=1e-4).weights(G), 0.2, rtol=0.01)
    np.testing.assert_allclose(FairGrad().weights(G), NashMTL().weights(G))


@pytest.mark.parametrize("size", SIZES[:3])
def test_imtl_g_has_equal_projections(size, random_jacobian):
    J = random_jacobian(*size)
    weights = IMTLG().weights(J @ J.T)
    assert weights.sum() == pytest.approx(1)
    projections = J @ (weights @ J) / np.linalg.norm(J, axis=1)
    np.testing.assert_allclose(projections, projections[0], rtol=1e-8)


def test_imtl_g_does_not_climb():
    """Equal projections with weights that sum to 1 may all be negative."""
    J = np.array([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.6, 0.6, 0.1]])
    units = J / np.linalg.norm(J, axis=1, keepdims=True)
    weights = np.linalg.solve(units @ units.T, np.ones(3)) / np.linalg.norm(J, axis=1)
    assert weights.sum() < 0
    with pytest.warns(UserWarning, match="no weights that sum to 1"):
        update = IMTLG().combine(J)
    np.testing.assert_allclose(update, J.mean(axis=0))


@pytest.mark.parametrize("size", SIZES[:3])
def test_config_is_at_the_same_angle_to_all(size, random_jacobian):
    J = random_jacobian(*size)
    d = ConFIG().combine(J)
    products = J @ d / np.linalg.norm(J, axis=1)
    np.testing.assert_allclose(products, products[0], rtol=1e-8)
    # As long as the projection of the mean on it.
    assert J.mean(axis=0) @ d == pytest.approx(d @ d)


@pytest.mark.parametrize("scale", ["min", "median", "rmse"])
@pytest.mark.parametrize("size", SIZES)
def test_aligned_mtl_makes_singular_values_equal(size, scale, random_jacobian):
    J = random_jacobian(*size)
    U, values, V = np.linalg.svd(J, full_matrices=False)
    value = {
        "min": values[-1],
        "median": values[len(values) // 2],
        "rmse": np.sqrt((values**2).mean()),
    }[scale]
    expected = (value * U @ V).mean(axis=0)
    np.testing.assert_allclose(AlignedMTL(scale=scale).combine(J), expected, atol=1e-8)


def test_pcgrad_one_projection_after_another(random_jacobian):
    J = random_jacobian(6, n=4)
    orders = shuffle_other_tasks(6, np.random.RandomState(3))
    changed = J.copy()
    for i, order in enumerate(orders):
        assert sorted(order) == [j for j in range(6) if j != i]
        for j in order:
            changed[i] -= min(changed[i] @ J[j], 0) / (J[j] @ J[j]) * J[j]
    update = PCGrad().reset(6, random_state=3).combine(J)
    np.testing.assert_allclose(update, changed.mean(axis=0), rtol=1e-10)


def test_gradvac_reaches_the_usual_cosines(random_jacobian):
    balancer = GradVac(beta=0.3).reset(2, random_state=0)
    usual = np.zeros((2, 2))
    for seed in range(5):
        J = random_jacobian(2, n=4, seed=seed)
        lengths = np.linalg.norm(J, axis=1)
        cosine = J[0] @ J[1] / lengths.prod()
        changed = J.copy()
        for i in (0, 1):
            target = usual[i, 1 - i]
            if cosine < target:
                # The combination of both, with the part of the own gradient as it is.
                other = J[1 - i] / lengths[1 - i]
                side = J[i] - (J[i] @ other) * other
                tangent = target / np.sqrt(1 - target**2)
                changed[i] = side + np.linalg.norm(side) * tangent * other
        usual[[0, 1], [1, 0]] += 0.3 * (cosine - usual[[0, 1], [1, 0]])
        update = balancer.combine(J)
        np.testing.assert_allclose(update, changed.mean(axis=0), rtol=1e-10)
        np.testing.assert_allclose(balancer.cosines_, usual, atol=1e-12)


def test_gradvac_without_memory_is_pcgrad(random_jacobian):
    J = random_jacobian(6, n=4)
    still = GradVac(beta=0.0).reset(6, random_state=1)
    projected = PCGrad().reset(6, random_state=1)
    for _ in range(2):
        np.testing.assert_allclose(still.combine(J), projected.combine(J), rtol=1e-8)


def test_gradvac_after_many_equal_steps():
    """A target of a cosine of 1 would take an infinite correction."""
    balancer = GradVac().reset(2)
    for _ in range(100):
        balancer.combine([[1.0, 0.0], [1.0, 0.0]])
    update = balancer.combine([[1.0, 0.0], [0.0, 1.0]])
    assert np.linalg.norm(update) < 25


def test_graddrop_keeps_one_sign_of_each_entry(random_jacobian):
    J = random_jacobian(5)
    update = GradDrop().reset(5, random_state=0).combine(J)
    positive, negative = J.clip(min=0).mean(axis=0), J.clip(max=0).mean(axis=0)
    is_positive = np.isclose(update, positive)
    assert (is_positive | np.isclose(update, negative)).all()
    assert 0 < is_positive.sum() < len(update)


def test_graddrop_draws_signs_by_their_purity():
    J = np.tile([[3.0], [-1.0]], (1, 100_000))
    update = GradDrop().reset(2, random_state=0).combine(J)
    assert (update > 0).mean() == pytest.approx(0.75, abs=0.01)


def test_graddrop_leaks(random_jacobian):
    J = random_jacobian(5)
    np.testing.assert_allclose(GradDrop(leak=1.0).combine(J), J.mean(axis=0))
    dropped, half, mean = (
        GradDrop(leak=leak).reset(5, random_state=0).combine(J) for leak in (0, 0.5, 1)
    )
    np.testing.assert_allclose(half, (dropped + mean) / 2)


def test_db_mtl_without_memory(random_jacobian):
    J, losses = random_jacobian(3), np.array([0.5, 2.0, 8.0])
    balancer = DBMTL(beta=0.0).reset(3)
    balancer.observe_losses(losses)
    of_logs = J / losses[:, np.newaxis]
    lengths = np.linalg.norm(of_logs, axis=1, keepdims=True)
    expected = (of_logs / lengths).mean(axis=0) * lengths.max() * 2.0
    np.testing.assert_allclose(balancer.combine(J), expected)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_db_mtl_averages(decay, random_jacobian):
    balancer = DBMTL(beta=0.8, beta_decay=decay).reset(3)
    average, weight = np.zeros((3, 60)), 0.0
    for step in range(1, 5):
        J = random_jacobian(3, seed=step)
        kept = 0.8 / step**decay
        average = kept * average + (1 - kept) * J
        weight = kept * weight + 1 - kept
        update = balancer.combine(J)
    rows = average / weight
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(update, (rows / lengths).mean(axis=0) * lengths.max())


def test_excess_mtl_follows_the_risks(random_jacobian):
    balancer = ExcessMTL(step_size=0.3).reset(3)
    squares, log_weights, first = np.zeros((3, 60)), np.zeros(3), None
    for seed in range(4):
        J = random_jacobian(3, seed=seed) * [[seed + 1], [1], [1]]
        squares += J**2
        risks = (J**2 / np.sqrt(squares)).sum(axis=1)
        first = risks if first is None else first
        log_weights += 0.3 * risks / first
        weights = np.exp(log_weights) / np.exp(log_weights).sum()
        np.testing.assert_allclose(balancer.combine(J), weights @ J)


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_moco_follows_its_recursion(rho, decay, random_jacobian):
    balancer = MoCo(beta_decay=decay, gamma=0.5, rho=rho).reset(3)
    weights, rows = np.full(3, 1 / 3), np.zeros((3, 60))
    for step in range(1, 5):
        J = random_jacobian(3, seed=step)
        rate = 0.5 / step**decay if step > 1 else 1.0
        rows = rows + rate * (J - rows)
        G = rows @ rows.T
        G = G / G.diagonal().mean() + rho * np.eye(3)
        weights = project_onto_simplex(weights - 0.5 / np.sqrt(step) * G @ weights)
        np.testing.assert_allclose(balancer.combine(J), weights @ rows)


def test_moco_tends_to_mgda(random_jacobian):
    J = random_jacobian(4)
    balancer = MoCo(gamma=0.5, gamma_decay=0.0).reset(4)
    for _ in range(1000):
        update = balancer.combine(torch.from_numpy(J))
    np.testing.assert_allclose(update, MGDA().combine(J), atol=1e-6)


@given(v=arrays(np.float64, st.integers(1, 8), elements=st.floats(-10, 10)))
@settings(deadline=None)
def test_projection_onto_the_simplex(v):
    x = project_onto_simplex(v)
    assert x.min() >= 0
    assert x.sum() == pytest.approx(1)
    # No vertex is in the direction that is left.
    assert ((v - x) @ x >= (v - x).max() - 1e-9).all()

"""TorchJD as an oracle: the same updates up to the documented scale."""

from itertools import chain

import numpy as np
import pytest
import torch

from sklearn_mtl.neural_network.balancers import (
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
    PCGrad,
    UPGrad,
)
from sklearn_mtl.neural_network.balancers._gradient_surgery import shuffle_other_tasks

torchjd = pytest.importorskip("torchjd.aggregation")

SIZES = [(1, 60), (2, 60), (5, 60), (40, 60)]


def theirs(aggregator, J):
    return aggregator(torch.from_numpy(J)).numpy()


def assert_same(update, expected, J):
    atol = 1e-5 * np.linalg.norm(J, axis=1).max()
    np.testing.assert_allclose(update, expected, rtol=0, atol=atol)


def exact_projector():
    """Their projector without what it adds to the products by default."""
    pytest.importorskip("qpsolvers")
    pytest.importorskip("quadprog")
    from torchjd.linalg import QuadprogProjector

    return QuadprogProjector(norm_eps=0.0, reg_eps=1e-9)


@pytest.fixture
def torch_order(monkeypatch):
    """A function that has torch draw the orders that the seed gives us."""

    def use(seed, n_tasks, n_steps=1, with_self=True):
        rng = np.random.RandomState(seed)
        orders = []
        for i, order in enumerate(
            chain.from_iterable(
                shuffle_other_tasks(n_tasks, rng) for _ in range(n_steps)
            )
        ):
            # Theirs are positions among the others, or skip the task itself.
            own = i % n_tasks
            orders.append(order if with_self else order - (order > own))
        queue = iter(orders)
        monkeypatch.setattr(
            torch, "randperm", lambda n: torch.from_numpy(next(queue).copy())
        )

    return use


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", ["min", "median", "rmse"])
def test_aligned_mtl(size, scale, random_jacobian):
    J = random_jacobian(*size)
    expected = theirs(torchjd.AlignedMTL(scale_mode=scale), J)
    assert_same(AlignedMTL(scale=scale).combine(J), expected, J)


@pytest.mark.parametrize("size", SIZES)
def test_config_is_theirs_divided_by_the_number_of_tasks(size, random_jacobian):
    J = random_jacobian(*size)
    expected = theirs(torchjd.ConFIG(), J) / len(J)
    assert_same(ConFIG().combine(J), expected, J)


@pytest.mark.parametrize("size", SIZES)
def test_imtl_g(size, random_jacobian):
    J = random_jacobian(*size)
    expected = theirs(torchjd.IMTLG(), J)
    np.testing.assert_allclose(IMTLG().combine(J), expected, rtol=1e-5)


def test_imtl_g_of_dependent_gradients():
    """Theirs is also without the scales only where gradients are independent."""
    J = np.array([[1.0, 0.0], [10.0, 0.0], [0.0, 1.0]])
    update, expected = IMTLG().combine(J), theirs(torchjd.IMTLG(), J)
    np.testing.assert_allclose(update[0] / update[1], 1.0)
    np.testing.assert_allclose(expected[0] / expected[1], 1.0)
    assert not np.allclose(update, expected)


@pytest.mark.parametrize("size", SIZES)
def test_upgrad(size, random_jacobian):
    J = random_jacobian(*size)
    assert_same(
        UPGrad().combine(J), theirs(torchjd.UPGrad(projector=exact_projector()), J), J
    )


@pytest.mark.parametrize("size", SIZES)
def test_dualproj(size, random_jacobian):
    J = random_jacobian(*size)
    expected = theirs(torchjd.DualProj(projector=exact_projector()), J)
    assert_same(DualProj().combine(J), expected, J)


@pytest.mark.parametrize("ours", [UPGrad, DualProj])
def test_projections_of_degenerate_gradients(ours, degenerate):
    # Zero gradients have a test of their own; theirs is not for tiny ones.
    lengths = np.linalg.norm(degenerate, axis=1)
    J = degenerate[lengths > 1e-3 * lengths.max()]
    if not len(J):
        np.testing.assert_array_equal(ours().combine(degenerate), 0)
        return
    expected = theirs(getattr(torchjd, ours.__name__)(projector=exact_projector()), J)
    assert_same(ours().combine(J), expected, J)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_projections_of_tiny_and_huge_gradients(scale, random_jacobian):
    """Theirs is for gradients of usual lengths."""
    J = random_jacobian(5)
    expected = theirs(torchjd.UPGrad(projector=exact_projector()), J)
    assert_same(UPGrad().combine(J * scale) / scale, expected, J)


@pytest.mark.parametrize("ours", [UPGrad, DualProj])
def test_a_zero_gradient_counts_as_absent_where_theirs_shrinks(ours):
    J = np.array([[4.0, 0.0], [-2.0, 2.0], [0.0, 0.0]])
    aggregator = getattr(torchjd, ours.__name__)(projector=exact_projector())
    assert_same(ours().combine(J), theirs(aggregator, J) * 3 / 2, J)


def test_mgda_goes_on_where_theirs_stops(random_jacobian):
    J = random_jacobian(2)
    assert_same(MGDA().combine(J), theirs(torchjd.MGDA(), J), J)
    for n_tasks in (5, 40):
        J = random_jacobian(n_tasks)
        ours = np.linalg.norm(MGDA().combine(J))
        assert ours <= np.linalg.norm(theirs(torchjd.MGDA(), J))
        longer = torchjd.MGDA(epsilon=1e-12, max_iters=3000)
        assert ours == pytest.approx(np.linalg.norm(theirs(longer, J)), rel=0.01)


def test_mgda_goes_on_beside_a_zero_gradient():
    J = np.array([[4.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    np.testing.assert_allclose(theirs(torchjd.MGDA(), J), 0, atol=1e-12)
    np.testing.assert_allclose(MGDA().combine(J), MGDA().combine(J[:2]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("c", [0.2, 0.5, 0.9])
def test_cagrad_is_theirs_divided_by_one_plus_c(size, c, random_jacobian):
    pytest.importorskip("cvxpy")
    J = random_jacobian(*size)
    expected = theirs(torchjd.CAGrad(c=c), J) / (1 + c)
    update = CAGrad(c=c).combine(J)
    # As good as theirs for the worst-off task, up to the precision of its solver.
    scale = (J**2).sum(axis=1).max()
    assert (J @ update).min() >= (J @ expected).min() - 1e-9 * scale
    np.testing.assert_allclose(
        update, expected, atol=1e-4 * np.linalg.norm(J, axis=1).max()
    )


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_fairgrad_has_their_direction(size, alpha, random_jacobian):
    J = random_jacobian(*size)
    J /= np.linalg.norm(J, axis=1).mean()
    weighting = torchjd.FairGradWeighting(alpha=alpha)
    weights = weighting(torch.from_numpy(J @ J.T)).numpy()
    found = FairGrad(alpha=alpha).weights(J @ J.T)
    np.testing.assert_allclose(found / found.sum(), weights / weights.sum(), rtol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_pcgrad_is_theirs_divided_by_the_number_of_tasks(
    size, random_jacobian, torch_order
):
    J = random_jacobian(*size)
    torch_order(0, len(J))
    expected = theirs(torchjd.PCGrad(), J) / len(J)
    assert_same(PCGrad().reset(len(J), random_state=0).combine(J), expected, J)


@pytest.mark.parametrize("size", SIZES)
def test_gradvac_is_theirs_divided_by_the_number_of_tasks(
    size, random_jacobian, torch_order
):
    n_tasks = size[0]
    torch_order(0, n_tasks, n_steps=4, with_self=False)
    aggregator = torchjd.GradVac(beta=0.5)
    balancer = GradVac(beta=0.5).reset(n_tasks, random_state=0)
    for seed in range(4):
        J = random_jacobian(*size, seed=seed)
        assert_same(balancer.combine(J), theirs(aggregator, J) / n_tasks, J)


def test_graddrop_is_theirs_divided_by_the_number_of_tasks(
    random_jacobian, monkeypatch
):
    J = random_jacobian(5)
    drawn = np.random.RandomState(0).uniform(size=60)
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.from_numpy(drawn))
    expected = theirs(torchjd.GradDrop(), J) / 5
    assert_same(GradDrop().reset(5, random_state=0).combine(J), expected, J)


def test_excess_mtl_with_the_first_step_as_their_warm_up(random_jacobian):
    aggregator = torchjd.ExcessMTL(robust_step_size=0.5, n_warmup_steps=1)
    balancer = ExcessMTL(step_size=0.5).reset(4)
    for seed in range(5):
        J = random_jacobian(4, seed=seed)
        assert_same(balancer.combine(J), theirs(aggregator, J), J)

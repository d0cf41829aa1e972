"""What balancers that combine gradients remember, draw and are made of."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_mtl.neural_network.balancers import (
    BALANCERS,
    DBMTL,
    AlignedMTL,
    CAGrad,
    ExcessMTL,
    FairGrad,
    GradDrop,
    GradVac,
    MoCo,
)
from sklearn_mtl.neural_network.balancers._base import GradientBalancer

GRADIENT = [k for k, v in BALANCERS.items() if issubclass(v, GradientBalancer)]
RANDOM = ["pcgrad", "gradvac", "graddrop"]
REMEMBERING = ["gradvac", "db_mtl", "excess_mtl", "moco"]
# What each remembers: an entry or a row per task.
STATE = {
    "gradvac": ["cosines_"],
    "db_mtl": ["memory_", "n_steps_", "memory_weights_"],
    "excess_mtl": ["memory_", "log_weights_", "first_risks_"],
    "moco": ["memory_", "n_steps_", "weights_"],
}


@pytest.fixture
def jacobians(random_jacobian):
    """A few Jacobians of four tasks, with few entries so that they conflict."""
    return [random_jacobian(4, n=6, seed=seed) for seed in range(4)]


def run(balancer, jacobians):
    return [balancer.combine(J) for J in jacobians]


def state(balancer, name):
    return {k: np.asarray(getattr(balancer, k)).copy() for k in STATE[name]}


@pytest.mark.parametrize("name", GRADIENT)
def test_same_random_state_same_updates(name, jacobians):
    first, second = (
        run(BALANCERS[name]().reset(4, random_state=7), jacobians) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", RANDOM)
def test_other_random_state_other_updates(name, jacobians):
    first, second = (
        run(BALANCERS[name]().reset(4, random_state=seed), jacobians) for seed in (0, 1)
    )
    assert not np.allclose(first, second)


@pytest.mark.parametrize("name", GRADIENT)
def test_global_random_states_are_untouched(name, jacobians):
    # NumPy's global one.
    legacy = check_random_state(None)
    before = legacy.get_state()[1].copy(), torch.get_rng_state()
    run(BALANCERS[name]().reset(4, random_state=0), jacobians)
    np.testing.assert_array_equal(legacy.get_state()[1], before[0])
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.parametrize("name", GRADIENT)
def test_reset_forgets(name, jacobians):
    balancer = BALANCERS[name]().reset(4, random_state=0)
    first = run(balancer, jacobians)
    balancer.reset(4, random_state=0)
    np.testing.assert_array_equal(run(balancer, jacobians), first)


@pytest.mark.parametrize("name", REMEMBERING)
def test_remembering_matters(name, jacobians):
    balancer = BALANCERS[name]().reset(4, random_state=0)
    run(balancer, jacobians)
    fresh = BALANCERS[name]().reset(4, random_state=0)
    assert not np.allclose(balancer.combine(jacobians[0]), fresh.combine(jacobians[0]))


def pickle_and_load(balancer):
    return pickle.loads(pickle.dumps(balancer))


@pytest.mark.parametrize("name", GRADIENT)
@pytest.mark.parametrize("make_copy", [copy.deepcopy, pickle_and_load])
def test_a_copy_goes_on_where_it_was(name, make_copy, jacobians):
    balancer = BALANCERS[name]().reset(4, random_state=0)
    run(balancer, jacobians)
    other = make_copy(balancer)
    np.testing.assert_array_equal(run(other, jacobians), run(balancer, jacobians))


@pytest.mark.parametrize("name", GRADIENT)
def test_clone_has_the_parameters_only(name, jacobians):
    balancer = BALANCERS[name]().reset(4, random_state=0)
    run(balancer, jacobians)
    other = clone(balancer)
    assert other.get_params() == balancer.get_params()
    assert vars(other) == other.get_params()


@pytest.mark.parametrize("name", list(STATE))
def test_absent_tasks_keep_their_state(name, jacobians):
    balancer = BALANCERS[name]().reset(4, random_state=0)
    run(balancer, jacobians)
    before = state(balancer, name)
    there, absent = [3, 1], [0, 2]
    for J in jacobians:
        balancer.combine(J[there], tasks=there)
    for key, value in state(balancer, name).items():
        np.testing.assert_array_equal(value[absent], before[key][absent])
        if key != "first_risks_":
            assert not np.allclose(value[there], before[key][there])


@pytest.mark.parametrize("name", [k for k in GRADIENT if k not in RANDOM])
def test_tasks_are_told_apart_by_their_number(name, jacobians):
    """Two tasks of four are balanced as if there were only those."""
    alone = BALANCERS[name]().reset(2, random_state=0)
    among = BALANCERS[name]().reset(4, random_state=0)
    for J in jacobians:
        expected = alone.combine(J[[0, 2]])
        update = among.combine(J[[2, 0]], tasks=[2, 0])
        np.testing.assert_allclose(update, expected, rtol=1e-8)


@pytest.mark.parametrize("name", GRADIENT)
def test_number_of_tasks_must_fit(name, jacobians):
    balancer = BALANCERS[name]().reset(5, random_state=0)
    with pytest.raises(ValueError, match=r"'tasks' parameter .* not all 5 task"):
        balancer.combine(jacobians[0])


@pytest.mark.parametrize("name", ["db_mtl", "excess_mtl", "moco"])
def test_width_must_not_change(name, jacobians):
    balancer = BALANCERS[name]().reset(4)
    balancer.combine(jacobians[0])
    assert balancer.remembers_gradients
    with pytest.raises(
        ValueError, match=r"as wide as in the steps before \(6\), got 5"
    ):
        balancer.combine(jacobians[0][:, :5])


def test_moco_weights_of_absent_tasks(jacobians):
    balancer = MoCo(gamma=0.5).reset(4)
    run(balancer, jacobians)
    weights = balancer.weights_.copy()
    balancer.combine(jacobians[0][[0, 1]], tasks=[0, 1])
    np.testing.assert_array_equal(balancer.weights_[2:], weights[2:])
    assert balancer.weights_.sum() == pytest.approx(1)


def test_excess_mtl_does_not_punish_absence(jacobians):
    balancer = ExcessMTL(step_size=1.0).reset(4)
    balancer.combine(jacobians[0])
    for J in jacobians:
        balancer.combine(J[[0, 1]], tasks=[0, 1])
    seen, unseen = np.split(balancer.log_weights_, 2)
    assert seen.mean() == pytest.approx(unseen.mean())


def test_db_mtl_on_losses():
    assert DBMTL.uses_losses
    J = np.eye(2)
    # The losses of absent tasks stay, and do not matter.
    balancer = DBMTL(beta=0.0).reset(3)
    balancer.observe_losses([1.0, 4.0, 1e6])
    balancer.observe_losses([1.0, 9.0], tasks=[0, 1])
    np.testing.assert_allclose(balancer.combine(J, tasks=[0, 1]), [1.5, 1.5])
    balancer.observe_losses([0.0, 9.0], tasks=[0, 1])
    assert np.isfinite(balancer.combine(J, tasks=[0, 1])).all()
    with pytest.raises(ValueError, match=r"'losses' .* 0 or more.* got -1 for task 2"):
        balancer.observe_losses([1.0, -1.0], tasks=[0, 2])


@pytest.mark.parametrize(
    ("balancer", "message"),
    [
        (CAGrad(c=-0.1), r"'c' parameter of CAGrad .* \[0.0, inf\). Got -0.1"),
        (FairGrad(alpha=-1.0), r"'alpha' parameter of FairGrad"),
        (AlignedMTL(scale="mean"), r"'scale' parameter of AlignedMTL.* Got 'mean'"),
        (GradVac(beta=1.5), r"'beta' parameter of GradVac"),
        (GradDrop(leak=2.0), r"'leak' parameter of GradDrop"),
        (DBMTL(beta=1.0), r"'beta' parameter of DBMTL"),
        (DBMTL(beta_decay=-1.0), r"'beta_decay' parameter of DBMTL"),
        (ExcessMTL(step_size=0.0), r"'step_size' parameter of ExcessMTL"),
        (MoCo(beta=0.0), r"'beta' parameter of MoCo"),
        (MoCo(rho="a"), r"'rho' parameter of MoCo"),
        (CAGrad(update_weights_every=0), r"'update_weights_every' parameter of CAGrad"),
    ],
)
def test_bad_parameters(balancer, message):
    with pytest.raises(ValueError, match=message):
        balancer.reset(2)


def test_parameters_by_position_and_by_name():
    assert CAGrad(0.2).get_params() == {"c": 0.2, "update_weights_every": 1}
    assert CAGrad().set_params(c=0.3).c == 0.3
    assert repr(CAGrad(c=0.2)) == "CAGrad(c=0.2)"

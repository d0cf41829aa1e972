"""Each loss balancer against its formula, an oracle and what all of them promise."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from sklearn_mtl.neural_network.balancers import (
    BALANCERS,
    DWA,
    FAMO,
    GLS,
    IMTLL,
    RLW,
    SI,
    STCH,
    Fixed,
    GradNorm,
    TaskRelation,
    Uncertainty,
)
from sklearn_mtl.neural_network.balancers._base import LossBalancer

LOSS_BALANCERS = [
    name for name, kind in BALANCERS.items() if issubclass(kind, LossBalancer)
]
STARTS_FIXED = [name for name in LOSS_BALANCERS if name not in ("relation", "rlw")]
LOGARITHMIC = ["uncertainty", "gls", "si", "imtl_l", "stch", "famo"]
EPSILON = 1e-6

each = pytest.mark.parametrize("name", LOSS_BALANCERS)
quick = settings(max_examples=20, deadline=None)


def some_losses(n: int, low: float = 0.01, high: float = 10.0) -> Any:
    return arrays(np.float64, n, elements=st.floats(low, high))


def weigh(balancer: Any, losses: Any, shares: Any = None, tasks: Any = None) -> Any:
    """Return how much each task counts: the derivative of the objective."""
    leaf = torch.tensor(np.asarray(losses, dtype=np.float64), requires_grad=True)
    balancer.objective(leaf, shares, tasks).backward()
    return leaf.grad.numpy()


def train(balancer: Any, losses: Any, tasks: Any = None) -> None:
    """Go through a step: the objective, its gradient, and a look back."""
    for parameter in balancer.learnable().values():
        parameter.grad = None
    weigh(balancer, losses, tasks=tasks)
    with torch.no_grad():
        for parameter in balancer.learnable().values():
            parameter -= 0.1 * parameter.grad
    balancer.observe_step(0.9 * np.asarray(losses), tasks)


def trained(name: str, n_tasks: int = 3) -> Any:
    """Return a balancer that has seen some epochs, and so remembers something."""
    balancer = BALANCERS[name]()
    if name == "stch":
        balancer.set_params(warm_up_epochs=2, mu=0.5)
    balancer.reset(n_tasks, random_state=0)
    rng = np.random.default_rng(0)
    for _ in range(3):
        for _ in range(3):
            train(balancer, rng.uniform(0.1, 2, n_tasks))
        balancer.end_epoch(rng.uniform(0.1, 2, n_tasks))
    return balancer


def state(balancer: Any) -> dict[str, np.ndarray]:
    """Return what is remembered of the tasks, whose axis is the last."""
    found = {
        key: value.detach().numpy() if isinstance(value, Tensor) else value
        for key, value in vars(balancer).items()
        if isinstance(value, np.ndarray | torch.nn.Parameter)
    }
    return {key: value.copy() for key, value in found.items()}


class TestEachOne:
    """What all of them promise."""

    # A part of FAMO's objective counts as constant.
    @pytest.mark.parametrize("name", [n for n in LOSS_BALANCERS if n != "famo"])
    @pytest.mark.parametrize("start", [lambda n: BALANCERS[n](), trained])
    @quick
    @given(losses=some_losses(3, low=0.1))
    def test_objective_is_differentiated_right(self, name, start, losses):
        balancer = start(name).reset(3) if start is not trained else start(name)
        shares = [0.5, 0.3, 0.2]
        found = weigh(copy.deepcopy(balancer), losses, shares)
        for t, h in enumerate(np.eye(3) * 1e-5):
            up = copy.deepcopy(balancer).objective(losses + h, shares).item()
            down = copy.deepcopy(balancer).objective(losses - h, shares).item()
            assert (up - down) / 2e-5 == pytest.approx(found[t], rel=1e-4, abs=1e-6)

    @pytest.mark.parametrize("name", STARTS_FIXED)
    def test_training_starts_as_with_fixed_weights(self, name):
        shares = [0.5, 0.3, 0.2]
        found = weigh(BALANCERS[name](), [1.0, 1.0, 1.0], shares)
        np.testing.assert_allclose(found, shares, rtol=1e-5)

    @each
    @quick
    @given(losses=some_losses(4), order=st.permutations(range(4)))
    def test_order_of_the_tasks_does_not_matter(self, name, losses, order):
        balancer = trained(name, 4)
        shares = np.array([0.1, 0.2, 0.3, 0.4])
        there = weigh(copy.deepcopy(balancer), losses, shares)
        back = weigh(balancer, losses[order], shares[order], order)
        np.testing.assert_allclose(back, there[order], rtol=1e-6)

    @each
    @quick
    @given(losses=some_losses(5, low=0.0, high=1e6))
    def test_weights_are_finite_for_any_losses(self, name, losses):
        found = weigh(BALANCERS[name](), losses)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert found.any()

    @each
    def test_losses_of_0(self, name):
        balancer = trained(name)
        for _ in range(3):
            train(balancer, [0.0, 0.0, 0.0])
            balancer.end_epoch([0.0, 0.0, 0.0])
        assert np.isfinite(weigh(balancer, [0.0, 1.0, 0.0])).all()

    @each
    def test_weight_0_keeps_a_task_out(self, name):
        for balancer in (BALANCERS[name]().reset(3), trained(name)):
            found = weigh(balancer, [1.0, 2.0, 3.0], [0.4, 0.0, 0.6])
            assert found[1] == 0
            assert (found[[0, 2]] > 0).all()

    @each
    def test_one_task(self, name):
        assert weigh(BALANCERS[name](), [1.0]) == pytest.approx([1.0], rel=1e-5)

    @each
    def test_absent_task_is_left_alone(self, name):
        balancer = trained(name)
        before = state(balancer)
        train(balancer, [0.5, 0.6], tasks=[0, 2])
        balancer.end_epoch([0.5, np.nan, 0.6])
        for key, value in state(balancer).items():
            np.testing.assert_array_equal(value[..., 1], before[key][..., 1], key)
        for parameter in balancer.learnable().values():
            assert parameter.grad[1] == 0
            assert (parameter.grad[[0, 2]] != 0).all()

    @each
    def test_absent_task_changes_no_other(self, name):
        """Two tasks of three count relative to each other as if they were all."""
        balancer = trained(name)
        both = weigh(copy.deepcopy(balancer), [0.5, 0.6], tasks=[0, 2])
        shares = [0.5, 0.0, 0.5]
        all_three = weigh(balancer, [0.5, 7.0, 0.6], shares)
        np.testing.assert_allclose(both, all_three[[0, 2]], rtol=1e-6)

    @each
    def test_same_seed_same_weights(self, name):
        first, again = trained(name), trained(name)
        for _ in range(3):
            train(first, [1.0, 2.0, 3.0])
            train(again, [1.0, 2.0, 3.0])
            np.testing.assert_array_equal(
                weigh(first, [1.0, 2.0, 3.0]), weigh(again, [1.0, 2.0, 3.0])
            )

    @each
    @pytest.mark.parametrize("take_copy", [copy.deepcopy, pickle.dumps])
    def test_copies_go_on_alike(self, name, take_copy):
        balancer = trained(name)
        weigh(balancer, [1.0, 2.0, 3.0])
        other = take_copy(balancer)
        if isinstance(other, bytes):
            other = pickle.loads(other)
        for one in (balancer, other):
            one.observe_step([0.5, 2.0, 2.0])
            train(one, [0.5, 2.0, 2.0])
            one.end_epoch([1.0, 2.0, 3.0])
        np.testing.assert_array_equal(
            weigh(balancer, [1.0, 2.0, 3.0]), weigh(other, [1.0, 2.0, 3.0])
        )
        assert state(balancer).keys() == state(other).keys()

    @each
    def test_reset_and_clone_forget(self, name):
        balancer = trained(name)
        assert not hasattr(clone(balancer), "n_tasks_")
        fresh = clone(balancer).reset(3, random_state=0)
        losses = [0.3, 0.2, 1.0]
        again = weigh(balancer.reset(3, random_state=0), losses)
        np.testing.assert_array_equal(again, weigh(fresh, losses))

    @each
    def test_takes_lists_arrays_and_tensors(self, name):
        balancer = trained(name)
        single = torch.tensor([1.0, 2.0, 3.0])
        shares = np.array([0.2, 0.3, 0.5])
        found = [
            float(copy.deepcopy(balancer).objective(losses, shares).detach())
            for losses in ([1, 2, 3], [1.0, 2.0, 3.0], np.arange(1, 4), single)
        ]
        assert found == pytest.approx([found[0]] * 4, rel=1e-6)
        assert balancer.objective(single).dtype == torch.float32

    @each
    def test_negative_loss(self, name):
        balancer = BALANCERS[name]().reset(3)
        if name not in LOGARITHMIC:
            assert np.isfinite(weigh(balancer, [1.0, -1.0, 1.0])).all()
            return
        with pytest.raises(
            ValueError, match=r"'losses' .* 0 or more, .* -1 for task 4"
        ):
            BALANCERS[name]().reset(5).objective([1.0, -1.0], tasks=[0, 4])

    @each
    def test_number_of_tasks_is_checked(self, name):
        balancer = BALANCERS[name]().reset(3)
        for call in (balancer.objective, balancer.observe_step, balancer.end_epoch):
            with pytest.raises(
                ValueError, match=r"3 task\(s\) are there, got None for"
            ):
                call([1.0, 2.0])

    @each
    def test_learns_only_what_it_says(self, name):
        learnable = BALANCERS[name]().reset(3).learnable()
        assert bool(learnable) == (name in ("uncertainty", "imtl_l"))
        for parameter in learnable.values():
            assert isinstance(parameter, torch.nn.Parameter)
            assert parameter.shape == (3,)
            assert parameter.requires_grad


@pytest.mark.parametrize(
    ("balancer", "message"),
    [
        (TaskRelation(strength=-1), "'strength' parameter of TaskRelation"),
        (TaskRelation(relations="all"), "'relations' parameter of TaskRelation"),
        (Uncertainty(lr=0), "'lr' parameter of Uncertainty"),
        (IMTLL(lr=-0.1), "'lr' parameter of IMTLL"),
        (DWA(temperature=0.0), "'temperature' parameter of DWA"),
        (STCH(mu=0.0), "'mu' parameter of STCH"),
        (STCH(warm_up_epochs=0), "'warm_up_epochs' parameter of STCH"),
        (FAMO(weight_decay=-1), "'weight_decay' parameter of FAMO"),
        (GradNorm(alpha=-1), "'alpha' parameter of GradNorm"),
        (GradNorm(lr=2.0), "'lr' parameter of GradNorm"),
        (GradNorm(update_weights_every=0), "'update_weights_every' parameter"),
    ],
)
def test_bad_parameters(balancer, message):
    with pytest.raises(ValueError, match=message):
        balancer.reset(2)


class TestFixed:
    @quick
    @given(losses=some_losses(3))
    def test_weights_are_the_shares(self, losses):
        np.testing.assert_array_equal(
            weigh(Fixed(), losses, [0.5, 0.25, 0.25]), [0.5, 0.25, 0.25]
        )


class TestTaskRelation:
    @quick
    @given(
        losses=some_losses(3),
        relations=arrays(np.float64, (3, 3), elements=st.floats(0, 2)),
        strength=st.floats(0, 5),
    )
    def test_formula(self, losses, relations, strength):
        balancer = TaskRelation(relations, strength)
        shares = np.array([0.5, 0.3, 0.2])
        pairs = [(s, t) for s in range(3) for t in range(3) if s != t]
        expected = shares @ losses + strength * sum(
            relations[s, t] * losses[s] * losses[t] for s, t in pairs
        )
        found = balancer.objective(losses, shares).item()
        assert found == pytest.approx(expected, rel=1e-9)

    def test_no_relations_are_those_of_the_weights(self):
        shares = np.array([0.5, 0.3, 0.2])
        losses = [1.0, 2.0, 3.0]
        given_ = TaskRelation(np.outer(shares, shares)).objective(losses, shares)
        assert TaskRelation().objective(losses, shares).item() == pytest.approx(
            given_.item()
        )
        # 2 + (2 + 3 + 6) * 2 / 9
        assert TaskRelation().objective(losses).item() == pytest.approx(2 + 22 / 9)

    def test_weights_of_the_tasks_need_not_sum_to_1(self):
        weights, losses = np.array([2.0, 1.0]), np.array([1.0, 3.0])
        raw = weights @ losses + 0.6 * (0.5 + 0.1) * 3.0
        balancer = TaskRelation([[0, 0.5], [0.1, 0]], strength=0.6 / 3)
        assert balancer.objective(losses, weights / 3).item() == pytest.approx(raw / 3)

    def test_only_pairs_that_are_there(self):
        balancer = TaskRelation([[9, 1, 2], [1, 9, 4], [2, 4, 9]]).reset(3)
        found = balancer.objective([1.0, 3.0], tasks=[0, 2])
        assert found.item() == pytest.approx(2 + 2 * 2 * 3)

    def test_relations_of_the_user_stay_as_they_are(self):
        relations = np.ones((2, 2))
        TaskRelation(relations).objective([1.0, 1.0])
        np.testing.assert_array_equal(relations, np.ones((2, 2)))

    @pytest.mark.parametrize(
        ("relations", "message"),
        [
            (np.ones((3, 3)), r"a finite matrix of 2 x 2 numbers, got shape \(3, 3\)"),
            ([1.0, 2.0], r"2 x 2 numbers, got shape \(2,\)"),
            ([[0, np.nan], [1, 0]], "2 x 2 numbers, got NaN or infinity"),
            ([[0, np.inf], [1, 0]], "2 x 2 numbers, got NaN or infinity"),
            ([["a", "b"], ["c", "d"]], "2 x 2 numbers, got .*'a'"),
            ([[0, 1], [1]], "2 x 2 numbers, got .*"),
        ],
    )
    def test_bad_relations(self, relations, message):
        with pytest.raises(ValueError, match=message):
            TaskRelation(relations).reset(2)

    def test_warns_where_a_loss_is_raised(self):
        balancer = TaskRelation([[0, -1], [-1, 0]])
        with pytest.warns(ConvergenceWarning, match="task 0 a negative weight"):
            found = weigh(balancer, [1.0, 3.0])
        np.testing.assert_allclose(found, [0.5 - 6, 0.5 - 2])
        weigh(balancer, [1.0, 3.0])
        assert balancer.n_failures_ == 2

    def test_weak_negative_relations_are_fine(self):
        balancer = TaskRelation([[0, -1], [-1, 0]], strength=0.01)
        np.testing.assert_allclose(weigh(balancer, [1.0, 3.0]), [0.44, 0.48])
        assert balancer.n_failures_ == 0


class TestUncertainty:
    @pytest.mark.parametrize("is_classification", [True, False])
    @quick
    @given(loss=st.floats(0.0, 10))
    def test_best_variance_for_a_given_loss(self, is_classification, loss):
        balancer = Uncertainty().reset(1, are_classification=[is_classification])

        def objective(s: float) -> float:
            balancer.log_variances_.data.fill_(s)
            return balancer.objective(torch.tensor([loss]).double()).item()

        factor = 2 if is_classification else 1
        best = np.log(factor * (loss + EPSILON))
        around = minimize_scalar(objective, bounds=(best - 1, best + 1)).x
        assert around == pytest.approx(best, abs=1e-2)
        parameter = balancer.learnable()["log_variances"]
        parameter.data.fill_(best)
        weigh(balancer, [loss])
        assert parameter.grad.item() == pytest.approx(0, abs=1e-5)

    def test_optimiser_finds_it(self):
        balancer = Uncertainty().reset(2, are_classification=[True, False])
        parameters = balancer.learnable()
        optimizer = torch.optim.Adam(parameters.values(), lr=balancer.lr)
        for _ in range(250):
            optimizer.zero_grad()
            weigh(balancer, [0.05, 3.0])
            optimizer.step()
        found = parameters["log_variances"].detach().numpy()
        np.testing.assert_allclose(found, np.log([0.1, 3.0]), atol=0.02)
        # A task counts by the inverse of its loss then.
        np.testing.assert_allclose(weigh(balancer, [0.05, 3.0]), [5, 1 / 12], rtol=0.03)

    def test_weights_start_at_the_shares_for_both_kinds(self):
        balancer = Uncertainty().reset(2, are_classification=[True, False])
        np.testing.assert_allclose(
            weigh(balancer, [0.2, 3.0], [0.3, 0.7]), [0.3, 0.7], rtol=1e-6
        )

    def test_oracle(self):
        scalarization = pytest.importorskip("torchjd.scalarization")
        oracle = scalarization.UW(3)
        balancer = Uncertainty().reset(3, are_classification=[False] * 3)
        start = torch.tensor([-1.0, 0.5, 2.0])
        oracle.log_var.data.copy_(start)
        balancer.log_variances_.data.copy_(start)
        losses = torch.tensor([0.3, 1.0, 4.0])
        expected = oracle(losses).item() / 3
        assert balancer.objective(losses).item() == pytest.approx(expected, rel=1e-5)


class TestIMTLL:
    @quick
    @given(losses=some_losses(3), scale=st.floats(0.1, 10))
    def test_units_do_not_matter_at_the_best_scales(self, losses, scale):
        shares = [0.5, 0.3, 0.2]
        balancer = IMTLL().reset(3)
        scales = balancer.learnable()["log_scales"]
        scales.data = -torch.tensor(losses * scale + EPSILON).log()
        counts = weigh(balancer, losses * scale, shares) * losses * scale
        np.testing.assert_allclose(counts, shares, rtol=1e-3)
        np.testing.assert_allclose(scales.grad, 0, atol=1e-6)

    def test_oracle(self):
        scalarization = pytest.importorskip("torchjd.scalarization")
        oracle = scalarization.IMTLL(3)
        balancer = IMTLL().reset(3)
        start = torch.tensor([-1.0, 0.5, 2.0])
        oracle.log_scale.data.copy_(start)
        balancer.log_scales_.data.copy_(start)
        losses = torch.tensor([0.3, 1.0, 4.0])
        expected = oracle(losses).item() / 3
        assert balancer.objective(losses).item() == pytest.approx(expected, rel=1e-5)


class TestDWA:
    def test_by_hand(self):
        balancer = DWA(temperature=2.0).reset(2)
        for epoch in ([1.0, 1.0], [0.5, 1.5]):
            np.testing.assert_allclose(weigh(balancer, [3.0, 4.0]), [0.5, 0.5])
            balancer.end_epoch(epoch)
        expected = np.exp([0.25, 0.75]) / np.exp([0.25, 0.75]).sum()
        np.testing.assert_allclose(weigh(balancer, [3.0, 4.0]), expected)
        assert balancer.objective([3.0, 4.0]).item() == pytest.approx(expected @ [3, 4])
        balancer.end_epoch([0.5, 0.3])
        expected = np.exp([0.5, 0.1]) / np.exp([0.5, 0.1]).sum()
        np.testing.assert_allclose(weigh(balancer, [3.0, 4.0]), expected)

    def test_ratio_is_of_the_last_two_epochs_with_labels(self):
        balancer = DWA().reset(2)
        for epoch in ([1.0, 1.0], [np.nan, 0.5], [0.8, np.nan], [np.nan, 0.4]):
            balancer.end_epoch(epoch)
        np.testing.assert_allclose(weigh(balancer, [1.0, 1.0]), [0.5, 0.5])

    def test_task_with_one_epoch_counts_as_level(self):
        balancer = DWA().reset(2)
        balancer.end_epoch([1.0, np.nan])
        balancer.end_epoch([1.0, 3.0])
        np.testing.assert_allclose(weigh(balancer, [1.0, 1.0]), [0.5, 0.5])

    def test_oracle(self):
        scalarization = pytest.importorskip("torchjd.scalarization")
        oracle, balancer = scalarization.DWA(0.7), DWA(0.7).reset(3)
        rng = np.random.default_rng(0)
        for _ in range(4):
            losses = torch.tensor(rng.uniform(0.1, 2, 3))
            expected = oracle(losses).item() / 3
            assert balancer.objective(losses).item() == pytest.approx(expected)
            oracle.step()
            balancer.end_epoch(losses)


class TestRLW:
    def test_draws_new_weights_each_step(self):
        balancer = RLW().reset(3, random_state=0)
        drawn = np.array([weigh(balancer, [1.0, 2.0, 3.0]) for _ in range(500)])
        np.testing.assert_allclose(drawn.sum(axis=1), 1)
        assert len(np.unique(drawn[:, 0])) == 500
        np.testing.assert_allclose(drawn.mean(axis=0), 1 / 3, atol=0.03)
        assert drawn.std() > 0.1

    def test_seeds(self):
        losses = [1.0, 2.0, 3.0]
        one, two = (weigh(RLW().reset(3, random_state=s), losses) for s in (0, 1))
        assert not np.allclose(one, two)

    def test_draws_do_not_depend_on_who_is_there(self):
        one, other = (RLW().reset(3, random_state=0) for _ in range(2))
        weigh(one, [1.0, 2.0], tasks=[0, 2])
        weigh(other, [1.0, 2.0, 3.0])
        losses = [1.0, 1.0, 1.0]
        np.testing.assert_array_equal(weigh(one, losses), weigh(other, losses))


class TestGLS:
    @quick
    @given(losses=some_losses(3), scales=some_losses(3, low=0.1))
    def test_units_do_not_matter_between_tasks(self, losses, scales):
        shares = np.array([0.5, 0.3, 0.2])
        for values in (losses, losses * scales):
            counts = weigh(GLS(), values, shares) * values
            np.testing.assert_allclose(counts / counts.sum(), shares, rtol=1e-3)

    def test_many_small_losses_do_not_underflow(self):
        found = GLS().objective(np.full(1000, 1e-3))
        assert found.item() == pytest.approx(1e-3, rel=2e-3)

    @quick
    @given(losses=some_losses(4))
    def test_oracle(self, losses):
        scalarization = pytest.importorskip("torchjd.scalarization")
        expected = scalarization.GeometricMean()(torch.tensor(losses)).item()
        assert GLS().objective(losses).item() == pytest.approx(expected, rel=1e-3)


class TestSI:
    @quick
    @given(losses=some_losses(3), scales=some_losses(3, low=0.1))
    def test_units_do_not_matter(self, losses, scales):
        # The gradient of a scaled loss is scaled too.
        scaled = weigh(SI(), losses * scales) * scales
        np.testing.assert_allclose(scaled, weigh(SI(), losses), rtol=2e-3)

    def test_weight_is_bounded(self):
        np.testing.assert_allclose(
            weigh(SI(), [0.0, 1.0]), [0.5 / EPSILON, 0.5], rtol=1e-5
        )


class TestSTCH:
    @quick
    @given(losses=some_losses(3))
    def test_warm_up_is_scale_invariant(self, losses):
        shares = [0.5, 0.3, 0.2]
        balancer = STCH(warm_up_epochs=2).reset(3)
        for _ in range(2):
            np.testing.assert_array_equal(
                weigh(balancer, losses, shares), weigh(SI(), losses, shares)
            )
            balancer.end_epoch(losses)
        np.testing.assert_array_equal(balancer.nadir_, losses)
        # At the nadir, the weights are still the same.
        np.testing.assert_allclose(
            weigh(balancer, losses, shares), weigh(SI(), losses, shares)
        )

    def test_nadir_is_the_last_epoch_of_the_warm_up(self):
        balancer = STCH(warm_up_epochs=2).reset(2)
        for epoch in ([3.0, 4.0], [1.0, 2.0], [0.5, 0.5]):
            balancer.end_epoch(epoch)
        np.testing.assert_array_equal(balancer.nadir_, [1.0, 2.0])

    def test_task_that_comes_late(self):
        balancer = STCH(warm_up_epochs=1).reset(2)
        balancer.end_epoch([2.0, np.nan])
        found = weigh(balancer, [1.0, 4.0], [0.4, 0.6])
        np.testing.assert_allclose(found, [0.4, 0.15], rtol=1e-5)
        balancer.end_epoch([1.0, 4.0])
        np.testing.assert_array_equal(balancer.nadir_, [2.0, 4.0])

    @quick
    @given(losses=some_losses(3), nadir=some_losses(3))
    def test_small_mu_takes_the_largest(self, losses, nadir):
        relative = np.log((losses + EPSILON) / (nadir + EPSILON))
        found = STCH(mu=1e-3, nadir=nadir).objective(losses).item()
        assert found == pytest.approx(relative.max(), abs=2e-3)

    def test_mu_of_1_is_the_mean_of_the_relative_losses(self):
        found = STCH(nadir=[1.0, 10.0]).objective([0.5, 1.0]).exp().item()
        assert found == pytest.approx((0.5 + 0.1) / 2, rel=1e-5)

    @quick
    @given(losses=some_losses(3), scales=some_losses(3, low=0.1))
    def test_units_do_not_matter(self, losses, scales):
        nadir = np.array([1.0, 2.0, 3.0])
        scaled = weigh(STCH(0.5, nadir=nadir * scales), losses * scales) * scales
        plain = weigh(STCH(0.5, nadir=nadir), losses)
        np.testing.assert_allclose(scaled, plain, rtol=5e-3)

    @quick
    @given(losses=some_losses(3))
    def test_oracle(self, losses):
        scalarization = pytest.importorskip("torchjd.scalarization")
        nadir = np.array([1.0, 2.0, 0.5])
        oracle = scalarization.STCH(0.5, weights=torch.ones(3).double())
        relative = torch.tensor(np.log((losses + EPSILON) / (nadir + EPSILON)))
        expected = oracle(relative).item() - 0.5 * np.log(3)
        found = STCH(0.5, nadir=nadir).objective(losses).item()
        assert found == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize(
        "nadir", [[1.0], [1.0, 0.0], [1.0, np.inf], ["a", "b"], [[1.0, 2.0]]]
    )
    def test_bad_nadir(self, nadir):
        with pytest.raises(
            ValueError, match=r"'nadir' .* 2 finite number\(s\) above 0"
        ):
            STCH(nadir=nadir).reset(2)


class TestFAMO:
    @quick
    @given(losses=some_losses(4))
    def test_weights_sum_to_1(self, losses):
        balancer = trained("famo", 4)
        shares = np.array([0.1, 0.2, 0.3, 0.4])
        found = weigh(balancer, losses, shares)
        assert found.sum() == pytest.approx(1, rel=1e-5)
        expected = shares * np.exp(balancer.logits_) / (losses + EPSILON)
        np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-6)

    def test_oracle(self):
        scalarization = pytest.importorskip("torchjd.scalarization")
        oracle = scalarization.FAMO(3).double()
        balancer = FAMO().reset(3)
        rng = np.random.default_rng(0)
        for _ in range(20):
            before = torch.tensor(rng.uniform(0.5, 2, 3))
            after = torch.tensor(rng.uniform(0.3, 2, 3))
            expected = oracle(before).item()
            assert balancer.objective(before).item() == pytest.approx(
                expected, rel=1e-4, abs=1e-5
            )
            oracle.update(after)
            balancer.observe_step(after)
            expected = oracle.state_dict()["_w"].numpy()
            np.testing.assert_allclose(balancer.logits_, expected, atol=1e-5)

    def test_task_that_falls_behind_counts_more(self):
        balancer = FAMO().reset(2)
        for _ in range(50):
            balancer.objective([1.0, 1.0])
            balancer.observe_step([0.8, 0.99])
        found = weigh(balancer, [1.0, 1.0])
        assert found[1] > 2 * found[0]

    def test_adam_counts_the_steps_of_each_task(self):
        balancer = FAMO(weight_decay=0.0).reset(3)
        for _ in range(10):
            balancer.objective([1.0, 2.0], tasks=[0, 1])
            balancer.observe_step([0.5, 1.9], tasks=[0, 1])
        assert balancer.logits_[2] == 0
        balancer.objective([2.0, 1.0], tasks=[1, 2])
        balancer.observe_step([1.9, 0.5], tasks=[1, 2])
        # The first step of Adam is as long as its rate.
        assert balancer.logits_[2] == pytest.approx(-balancer.lr, rel=1e-6)

    @pytest.mark.parametrize("tasks", [[0, 2], [2, 1]])
    def test_looks_back_at_the_same_tasks(self, tasks):
        balancer = FAMO().reset(3)
        balancer.objective([1.0, 1.0], tasks=[0, 1])
        with pytest.raises(ValueError, match=r"'tasks' .* those of the objective"):
            balancer.observe_step([1.0, 1.0], tasks=tasks)

    def test_looks_back_once(self):
        balancer = FAMO().reset(2)
        with pytest.raises(ValueError, match=r"those of the objective before"):
            balancer.observe_step([1.0, 1.0])
        balancer.objective([1.0, 1.0])
        balancer.observe_step([1.0, 1.0])
        with pytest.raises(ValueError, match=r"those of the objective before"):
            balancer.observe_step([1.0, 1.0])

    def test_negative_loss_after_the_step(self):
        balancer = FAMO().reset(2)
        balancer.objective([1.0, 1.0])
        with pytest.raises(ValueError, match="-1 for task 1"):
            balancer.observe_step([1.0, -1.0])


class TestGradNorm:
    @staticmethod
    def settle(balancer: GradNorm, norms: Any, tasks: Any = None) -> np.ndarray:
        G = np.diag(np.square(np.asarray(norms, dtype=np.float64)))
        for _ in range(1000):
            weights = balancer.weights(G, tasks)
        return weights

    def test_norms_become_equal(self):
        balancer = GradNorm(alpha=0.0)
        weights = self.settle(balancer, [10.0, 1.0])
        np.testing.assert_allclose(weights, [1 / 11, 10 / 11], rtol=0.1)
        assert weights.sum() == pytest.approx(1)

    def test_weights_go_there_without_a_jump(self):
        balancer = GradNorm(alpha=0.0)
        G = np.diag([100.0, 1.0])
        seen = np.array([balancer.weights(G)[0] for _ in range(30)])
        assert seen[0] == 0.5
        assert (np.diff(seen) < 0).all()
        assert (np.diff(seen) > -0.05).all()

    def test_step_by_hand(self):
        balancer = GradNorm(alpha=0.0, lr=0.1)
        np.testing.assert_allclose(balancer.weights([[9.0, 0], [0, 1.0]]), [0.5, 0.5])
        # Norms of 1.5 and 0.5, relative to their mean.
        moved = np.exp([-0.15, 0.05])
        np.testing.assert_allclose(balancer.weights_, moved / moved.sum())

    @pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5])
    def test_slow_tasks_get_larger_gradients(self, alpha):
        balancer = GradNorm(alpha=alpha).reset(3)
        balancer.observe_losses([1.0, 2.0, 4.0])
        balancer.end_epoch([1.0, 2.0, 4.0])
        left = np.array([0.1, 1.0, 0.5])
        balancer.observe_losses(left * [1, 2, 4])
        norms = np.array([1.0, 5.0, 0.2])
        weighted = self.settle(balancer, norms) * norms
        expected = left**alpha
        found = weighted / weighted.sum()
        np.testing.assert_allclose(found, expected / expected.sum(), rtol=0.1)

    def test_rates_count_from_the_second_epoch_on(self):
        with_losses, without = GradNorm().reset(2), GradNorm().reset(2)
        G = np.diag([4.0, 1.0])
        for _ in range(5):
            with_losses.observe_losses([0.1, 3.0])
            np.testing.assert_array_equal(with_losses.weights(G), without.weights(G))
        with_losses.end_epoch([1.0, 3.0])
        np.testing.assert_array_equal(with_losses.initial_losses_, [1.0, 3.0])
        with_losses.end_epoch([0.5, 3.0])
        np.testing.assert_array_equal(with_losses.initial_losses_, [1.0, 3.0])

    def test_task_that_comes_late(self):
        balancer = GradNorm().reset(2)
        balancer.end_epoch([1.0, np.nan])
        balancer.end_epoch([0.5, 2.0])
        np.testing.assert_array_equal(balancer.initial_losses_, [1.0, 2.0])

    @quick
    @given(scale=st.floats(1e-6, 1e6))
    def test_scale_of_all_gradients_does_not_matter(self, scale):
        G = np.diag([4.0, 1.0, 0.1])
        one, other = GradNorm(), GradNorm()
        for _ in range(10):
            found = other.weights(G * scale)
            np.testing.assert_allclose(found, one.weights(G), rtol=1e-9)

    @quick
    @given(J=arrays(np.float64, (4, 6), elements=st.floats(-100, 100)))
    def test_weights_stay_positive(self, J):
        balancer = GradNorm().reset(4)
        balancer.end_epoch([1.0, 0.0, 2.0, 1.0])
        balancer.observe_losses([0.5, 0.1, 0.0, 1.0])
        for _ in range(20):
            weights = balancer.weights(J @ J.T)
            assert (balancer.weights_ > 0).all()
            assert (weights[(J**2).sum(axis=1) > 0] > 0).all()
            assert weights.sum() == pytest.approx(1)
        combined = copy.deepcopy(balancer).combine(J)
        np.testing.assert_allclose(combined, balancer.weights(J @ J.T) @ J, atol=1e-9)

    def test_tasks_may_come_in_any_order(self):
        one, other = GradNorm().reset(3), GradNorm().reset(3)
        G, order = np.diag([4.0, 1.0, 0.1]), [2, 0, 1]
        for _ in range(5):
            found = other.weights(G[np.ix_(order, order)], order)
            np.testing.assert_allclose(found, one.weights(G)[order])

    def test_absent_task_is_left_alone(self):
        balancer = GradNorm(alpha=0.0).reset(3)
        found = self.settle(balancer, [10.0, 1.0], tasks=[0, 2])
        np.testing.assert_allclose(found, [1 / 11, 10 / 11], rtol=0.1)
        assert balancer.weights_[1] == pytest.approx(1 / 3)
        assert balancer.weights_.sum() == pytest.approx(1)

    def test_task_without_a_gradient_is_left_alone(self):
        balancer = GradNorm(alpha=0.0).reset(3)
        found = self.settle(balancer, [10.0, 0.0, 1.0])
        np.testing.assert_allclose(found, [1 / 11, 0, 10 / 11], rtol=0.1)
        assert balancer.weights_[1] == pytest.approx(1 / 3)

    def test_losses_all_at_0(self):
        balancer = GradNorm().reset(2)
        balancer.end_epoch([1.0, 1.0])
        balancer.observe_losses([0.0, 0.0])
        np.testing.assert_allclose(self.settle(balancer, [1.0, 1.0]), [0.5, 0.5])

    def test_negative_loss(self):
        balancer = GradNorm().reset(3)
        with pytest.raises(ValueError, match=r"'losses' .* ratios, got -1 for task 2"):
            balancer.observe_losses([1.0, -1.0], tasks=[0, 2])

    @pytest.mark.parametrize("take_copy", [copy.deepcopy, pickle.dumps])
    def test_copies_go_on_alike(self, take_copy):
        balancer = GradNorm().reset(2)
        balancer.end_epoch([1.0, 1.0])
        balancer.observe_losses([0.5, 1.0])
        self.settle(balancer, [3.0, 1.0])
        other = take_copy(balancer)
        if isinstance(other, bytes):
            other = pickle.loads(other)
        np.testing.assert_array_equal(
            self.settle(balancer, [1.0, 2.0]), self.settle(other, [1.0, 2.0])
        )

    def test_reset_and_clone_forget(self):
        balancer = GradNorm()
        self.settle(balancer, [3.0, 1.0])
        assert not hasattr(clone(balancer), "weights_")
        np.testing.assert_array_equal(balancer.reset(2).weights_, [0.5, 0.5])

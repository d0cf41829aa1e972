"""Which weightings a search tries, and in which order it ranks them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_mtl.model_selection import task_weight_grid
from sklearn_mtl.model_selection._search._weightings import (
    Listed,
    Refinement,
    find_flaws,
    find_shares,
    make_plan,
    rank,
)


def refine(n_tasks, budget, score):
    """Return all weightings that a refinement tries, round by round."""
    plan = Refinement(n_tasks, budget)
    rounds = [plan.start()]
    while rounds[-1]:
        tried = [weights for weightings in rounds for weights in weightings]
        rounds.append(plan.go_on(np.array([score(w) for w in tried])))
    return rounds[:-1]


class TestRefinement:
    @given(n_tasks=st.integers(1, 8), budget=st.integers(1, 60), seed=st.integers(0, 9))
    def test_weights_are_new_positive_and_within_the_budget(
        self, n_tasks, budget, seed
    ):
        rng = np.random.default_rng(seed)
        rounds = refine(n_tasks, budget, lambda weights: rng.normal(size=n_tasks))
        tried = np.concatenate([np.array(r) for r in rounds])
        assert 1 <= len(tried) <= budget
        np.testing.assert_allclose(tried[0], 1 / n_tasks)
        np.testing.assert_allclose(tried.sum(axis=1), 1)
        assert (tried > 0).all()
        assert len(np.unique(tried.round(9), axis=0)) == len(tried)

    def test_the_first_round_is_even_weights_and_a_coarse_grid(self):
        first = Refinement(2, 50).start()
        np.testing.assert_allclose(
            first,
            np.array([[0.5, 0.5], [0.1, 0.9], [0.3, 0.7], [0.7, 0.3], [0.9, 0.1]]),
        )

    @pytest.mark.parametrize("optimum", [0.15, 0.42, 0.77])
    def test_it_closes_in_on_one_optimum(self, optimum):
        """Both scores are best at the same weights: the front is one point."""

        def score(weights):
            return np.full(2, -abs(weights[0] - optimum))

        rounds = refine(2, 50, score)
        tried = np.concatenate([np.array(r) for r in rounds])
        assert abs(tried[:, 0] - optimum).min() < 0.02
        assert len(tried) < 25
        steps = [abs(np.array(r)[:, 0] - optimum).min() for r in rounds]
        assert steps[-1] < steps[0]

    def test_with_a_trade_off_it_spreads_along_the_front(self):
        rounds = refine(2, 30, np.sqrt)
        second = np.array(rounds[1])[:, 0]
        assert np.ptp(second) > 0.2

    def test_failed_candidates_are_left_behind(self):
        def score(weights):
            return np.full(2, np.nan if weights[0] > 0.5 else weights[0])

        for weightings in refine(2, 40, score)[2:]:
            assert (np.array(weightings)[:, 0] < 0.6).all()


class TestRank:
    @given(
        arrays(
            np.float64,
            st.tuples(st.integers(1, 12), st.integers(1, 3)),
            elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, np.nan]),
        )
    )
    def test_fronts_by_brute_force(self, scores):
        order, front = rank(scores)
        assert sorted(order) == list(range(len(scores)))
        known = ~np.isnan(scores).any(axis=1)
        assert (front[~known] == len(scores)).all()
        for i in np.flatnonzero(known):
            better = [
                j
                for j in np.flatnonzero(known)
                if (scores[j] >= scores[i]).all() and (scores[j] > scores[i]).any()
            ]
            # One front behind the last of those that dominate it.
            assert front[i] == max((front[j] + 1 for j in better), default=0)
        assert (np.diff(front[order]) >= 0).all()

    def test_within_a_front_the_best_mean_comes_first(self):
        order, front = rank(np.array([[0.0, 1.0], [0.9, 0.8], [1.0, 0.0], [0.0, 0.0]]))
        assert front.tolist() == [0, 0, 0, 1]
        assert order[0] == 1
        assert order[-1] == 3


class TestPlans:
    def test_a_number_is_a_grid(self):
        plan = make_plan(3, ["a", "b"], 50, "owner")
        np.testing.assert_array_equal(plan.start(), task_weight_grid(2, 3))
        assert plan.go_on(np.zeros((4, 2))) == []

    def test_a_list_is_kept_as_it_is(self):
        weightings = [None, {"a": 2}, (1, 3)]
        plan = make_plan(weightings, ["a", "b"], 50, "owner")
        assert isinstance(plan, Listed)
        assert plan.start() == weightings

    def test_an_array_is_a_list_of_its_rows(self):
        plan = make_plan(np.eye(2) + 1, ["a", "b"], 50, "owner")
        np.testing.assert_array_equal(plan.start(), np.eye(2) + 1)

    @given(arrays(np.float64, (4, 3), elements=st.floats(0.01, 10)), st.floats(0.1, 9))
    def test_only_ratios_count(self, weights, factor):
        names = ["a", "b", "c"]
        shares = find_shares(weights, names, "owner")
        np.testing.assert_allclose(
            find_shares(factor * weights, names, "owner"), shares
        )
        np.testing.assert_allclose(shares.sum(axis=1), 1)

    def test_flaws(self):
        names = ["a", "b"]
        assert find_flaws(np.array([[0.5, 0.5], [0.2, 0.8]]), names) == []
        assert len(find_flaws(np.array([[1.0, 0.0], [1.0, 0.0]]), names)) == 2
        assert "'b'" in find_flaws(np.array([[1.0, 0.0]]), names)[1]
        assert find_flaws(np.array([[1.0]]), ["a"]) == []

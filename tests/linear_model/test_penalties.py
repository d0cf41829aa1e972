import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    CappedL1Penalty,
    ClusterNormPenalty,
    ClusterPenalty,
    ElasticPenalty,
    FusedPenalty,
    GraphPenalty,
    L1InfPenalty,
    L21Penalty,
    LassoPenalty,
    MeanPenalty,
    MultiLevelPenalty,
    SparseGroupPenalty,
    SquaredTracePenalty,
    TemporalPenalty,
    TracePenalty,
    TreePenalty,
)
from sklearn_mtl.linear_model.penalties._weighted_lasso import WeightedLassoPenalty

ALL = [
    *(penalty() for penalty in PENALTIES.values()),
    MeanPenalty(ridge=0.5),
    GraphPenalty([[0, 1, -2], [1, 0, 0], [-2, 0, 0]], ridge=0.1),
    SparseGroupPenalty(l1_ratio=0.0),
    SparseGroupPenalty(l1_ratio=0.2),
    SparseGroupPenalty(l1_ratio=1.0),
    ElasticPenalty(TracePenalty(), ridge=0.3),
    ClusterPenalty(n_clusters=2, eta=0.01),
    ClusterPenalty(n_clusters=3),
    TemporalPenalty(ridge=0.2),
    TemporalPenalty(smoothness=0.0, ridge=2.0),
    ElasticPenalty(SquaredTracePenalty(), ridge=2.0),
    ElasticPenalty(MeanPenalty(), ridge=2.0),
    ClusterNormPenalty(n_clusters=1),
    ClusterNormPenalty(n_clusters=3, mean=2.0, between=0.5),
    FusedPenalty(smoothness=0.1, l1_ratio=0.0),
    FusedPenalty(smoothness=3.0, l1_ratio=1.0),
    ElasticPenalty(FusedPenalty(), ridge=2.0),
    TreePenalty([[0, 1], [2], [0, 1, 2]]),
    TreePenalty([[2, 0], [1], [0]], weights=[1.0, 0.2, 3.0]),
    CappedL1Penalty(threshold=0.3),
]
CONVEX = [penalty for penalty in ALL if penalty.is_convex]
NOT_CONVEX = [penalty for penalty in ALL if not penalty.is_convex]
NORMS = [penalty for penalty in ALL if penalty.is_norm]
CONJUGATES = [
    penalty
    for penalty in ALL
    if not penalty.is_norm and np.isfinite(penalty.conjugate(0.9 * np.eye(4, 3)))
]

# Penalties to which a task is what its place says.
ORDERED = {GraphPenalty, TemporalPenalty, FusedPenalty, TreePenalty}


def is_ordered(penalty):
    return type(getattr(penalty, "_inner", penalty)) in ORDERED


p, T = 4, 3
entries = st.integers(-20, 20).map(lambda k: k / 8)
matrices = arrays(np.float64, (p, T), elements=entries)
steps = st.sampled_from([1e-3, 0.1, 0.7, 2.0, 30.0])
over = settings(max_examples=20, deadline=None)


def for_each(penalties):
    return pytest.mark.parametrize("penalty", penalties, ids=str)


def stack_for(penalty, *parts):
    """Return coefficients of the shape that the penalty takes."""
    return np.stack(parts) if penalty.n_components > 1 else parts[0]


@for_each(CONVEX)
@over
@given(W=matrices, Q=matrices, V=matrices, step=steps)
def test_prox_is_the_minimiser(penalty, W, Q, V, step):
    """The objective is 1-strongly convex, so it grows as a parabola around it."""
    W, V = stack_for(penalty, W, Q), stack_for(penalty, V, W)

    def objective(at):
        return 0.5 * ((at - W) ** 2).sum() + step * penalty.value(at)

    found = penalty.prox(W, step)
    lowest = objective(found)
    for size in (1.0, 0.1, 1e-2, 1e-3):
        move = size * (V - found)
        bound = lowest + 0.5 * (move**2).sum()
        assert objective(found + move) >= bound - 1e-11 * (1 + lowest)


@for_each(NOT_CONVEX)
@over
@given(W=matrices, V=matrices, step=steps)
def test_prox_is_a_minimiser_without_convexity(penalty, W, V, step):
    def objective(at):
        return 0.5 * ((at - W) ** 2).sum(axis=1) + step * penalty._of_sizes(
            np.abs(at).sum(axis=1)
        )

    found = penalty.prox(W, step)
    lowest = objective(found) - 1e-12
    for other in (V, W, 0 * W, 0.9 * found, found + 1e-3 * V, found * (V > 0)):
        assert (lowest <= objective(other)).all()
    # In two dimensions, all there is.
    line = np.linspace(-2.5, 2.5, 101)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    w = W[:1, :2]
    cost = 0.5 * ((grid - w) ** 2).sum(axis=1)
    cost += step * penalty._of_sizes(np.abs(grid).sum(axis=1))
    found = penalty.prox(w, step)
    assert 0.5 * ((found - w) ** 2).sum() + step * penalty.value(found) <= (
        cost.min() + 1e-12
    )


@for_each(NOT_CONVEX)
@over
@given(W=matrices, V=matrices)
def test_majorised_by_a_lasso(penalty, W, V):
    """It touches the penalty at W and is nowhere below it."""
    lasso = penalty._majorise(W)
    V = V * (W != 0).any(axis=1, keepdims=True)  # where it is steep, it is infinite
    constant = penalty.value(W) - lasso.value(W)
    assert penalty.value(V) <= lasso.value(V) + constant + 1e-12
    assert penalty.conjugate(V) == (np.inf if V.any() else 0)


@over
@given(W=matrices, G=matrices, step=steps)
def test_weighted_lasso(W, G, step):
    weights = np.array([0.5, 1.0, 3.0, np.inf])
    lasso, rows = WeightedLassoPenalty(weights), [[w] for w in W]
    proxes = [
        LassoPenalty().prox(row, step * weight)
        for row, weight in zip(rows, weights, strict=True)
    ]
    np.testing.assert_array_equal(lasso.prox(W, step), np.concatenate(proxes))
    W[3] = 0
    assert lasso.value(W) == pytest.approx(weights[:3] @ np.abs(W[:3]).sum(axis=1))
    scale, conjugate = lasso._find_dual_scale(G)
    assert conjugate == 0
    assert (scale * np.abs(G).max(axis=1) <= weights * (1 + 1e-12)).all()
    assert scale == 1 or not (1.001 * scale * np.abs(G).max(axis=1) <= weights).all()
    free = WeightedLassoPenalty(np.zeros(p))
    assert free._find_dual_scale(G)[1] == (np.inf if G.any() else 0)


@for_each(ALL)
def test_prox_of_no_step_is_the_identity(penalty):
    W = np.random.RandomState(0).standard_normal((penalty.n_components, p, T))
    W = stack_for(penalty, *W)
    np.testing.assert_allclose(penalty.prox(W, 0.0), W, atol=1e-14)
    assert penalty.value(np.zeros_like(W)) == 0
    np.testing.assert_array_equal(penalty.prox(np.zeros_like(W), 1.0), 0)


@for_each([penalty for penalty in NORMS if penalty.n_components == 1])
@over
@given(W=matrices, G=matrices)
def test_dual_norm_bounds_products(penalty, W, G):
    bound = penalty.dual_norm(G) * penalty.value(W)
    assert np.vdot(G, W) <= bound * (1 + 1e-12) + 1e-12


@for_each(NORMS)
@over
@given(G=matrices)
def test_dual_norm_is_where_the_prox_becomes_zero(penalty, G):
    assume(np.abs(G).max() > 0)
    S = np.stack([G] * penalty.n_components)
    S = stack_for(penalty, *S)
    largest = penalty.dual_norm(G)
    assert np.abs(penalty.prox(S, largest * (1 + 1e-9))).max() == 0
    assert np.abs(penalty.prox(S, largest * 0.999)).max() > 0
    assert penalty.alpha_max(G) == largest
    assert penalty.conjugate(G / largest * 0.999) == 0
    assert penalty.conjugate(G / largest * 1.001) == np.inf


@for_each(CONJUGATES)
@over
@given(W=matrices, G=matrices)
def test_conjugate(penalty, W, G):
    """It bounds ⟨G, W⟩ - Ω(W), and is reached where the gradient is G."""
    assert np.vdot(G, W) - penalty.value(W) <= penalty.conjugate(G) + 1e-10
    V = penalty.prox(W, 1.0)
    reached = np.vdot(W - V, V) - penalty.value(V)
    np.testing.assert_allclose(penalty.conjugate(W - V), reached, atol=1e-10)


@for_each([penalty for penalty in CONVEX if penalty.n_components == 1])
@over
@given(W=matrices, G=matrices)
def test_directions_are_scaled_to_where_the_conjugate_is_finite(penalty, W, G):
    scale, conjugate = penalty._find_dual_scale(G)
    assert 0 < scale <= 1
    assert scale * np.vdot(G, W) - penalty.value(W) <= conjugate + 1e-8
    if scale < 1:
        assert penalty.conjugate(1.001 * scale * G) == np.inf


def test_most_penalties_have_a_dual():
    without = {str(p) for p in ALL if p not in NORMS and p not in CONJUGATES}
    not_convex = {str(penalty) for penalty in NOT_CONVEX}
    assert without == {"MeanPenalty()", "GraphPenalty()", *not_convex}
    assert np.isnan(MeanPenalty().dual_norm(np.eye(2)))
    assert MeanPenalty().alpha_max(np.eye(2)) == np.inf
    assert MeanPenalty().alpha_max(np.zeros((2, 2))) == 0
    assert ElasticPenalty(LassoPenalty()).alpha_max(2 * np.eye(2)) == 2


@for_each([penalty for penalty in ALL if penalty.n_components == 1])
@over
@given(W=matrices, order=st.permutations(range(p)))
def test_order_of_the_features_is_irrelevant(penalty, W, order):
    order = list(order)
    assert penalty.value(W[order]) == pytest.approx(penalty.value(W), abs=1e-12)
    np.testing.assert_allclose(
        penalty.prox(W[order], 0.3), penalty.prox(W, 0.3)[order], atol=1e-12
    )


@for_each([penalty for penalty in ALL if not is_ordered(penalty)])
def test_order_of_the_tasks_is_irrelevant(penalty):
    W = np.random.RandomState(0).standard_normal((penalty.n_components, p, T))
    W, order = stack_for(penalty, *W), [2, 0, 1]
    assert penalty.value(W[..., order]) == pytest.approx(penalty.value(W))
    np.testing.assert_allclose(
        penalty.prox(W[..., order], 0.3), penalty.prox(W, 0.3)[..., order], atol=1e-12
    )


@over
@given(W=matrices)
def test_special_cases(W):
    V = W - W.mean(axis=1, keepdims=True)
    assert MeanPenalty().value(W) == pytest.approx(0.5 * (V**2).sum(), abs=1e-12)
    assert GraphPenalty().value(W) == pytest.approx(MeanPenalty().value(W), abs=1e-12)
    relations = np.array([[9, 2, -1], [2, 0, 0], [-1, 0, 0]])
    pairs = 2 * ((W[:, 0] - W[:, 1]) ** 2).sum() + ((W[:, 0] + W[:, 2]) ** 2).sum()
    assert GraphPenalty(relations).value(W) == pytest.approx(0.5 * pairs, abs=1e-12)
    for l1_ratio, same in ((0.0, L21Penalty()), (1.0, LassoPenalty())):
        penalty = SparseGroupPenalty(l1_ratio)
        assert penalty.dual_norm(W) == pytest.approx(same.dual_norm(W))
        np.testing.assert_array_equal(penalty.prox(W, 0.3), same.prox(W, 0.3))


def test_of_one_task():
    w = np.array([[3.0], [4.0]])
    assert TracePenalty().value(w) == pytest.approx(5.0)
    assert SquaredTracePenalty().value(w) == pytest.approx(12.5)
    for penalty in (L21Penalty(), L1InfPenalty(), SparseGroupPenalty()):
        assert penalty.value(w) == LassoPenalty().value(w)


@over
@given(W=matrices, step=steps)
def test_limits_of_the_cluster_and_the_temporal_penalty(W, step):
    """As many clusters as tasks are a ridge; without smoothness rows are chosen."""
    ridge, clusters = PENALTIES["ridge"](), ClusterPenalty(n_clusters=T)
    assert clusters.value(W) == pytest.approx(ridge.value(W))
    np.testing.assert_allclose(clusters.prox(W, step), ridge.prox(W, step), atol=1e-12)
    rows, temporal = L21Penalty(), TemporalPenalty(smoothness=0.0)
    assert temporal.value(W) == pytest.approx(rows.value(W))
    np.testing.assert_allclose(temporal.prox(W, step), rows.prox(W, step), atol=1e-12)
    assert temporal.alpha_max(W) == pytest.approx(rows.alpha_max(W))


def test_conjugate_where_something_costs_nothing():
    """It is finite if nothing of G is there."""
    G = np.array([[1.0, -1.0, 0.0], [2.0, 0.0, -2.0]])
    for penalty in (MeanPenalty(), GraphPenalty(), GraphPenalty(np.diag([1.0] * 3))):
        assert penalty.conjugate(G + 1e-6) == np.inf
    for penalty in (MeanPenalty(), GraphPenalty()):
        assert penalty.conjugate(G) == pytest.approx(0.5 * (G**2).sum())
        assert penalty.conjugate(G) == pytest.approx(np.vdot(G, G) - penalty.value(G))
    temporal = TemporalPenalty(smoothness=4.0)
    assert temporal.conjugate(G + 1) == np.inf
    ones = np.ones((1, 3)) / np.sqrt(3)
    assert temporal.conjugate(1.001 * ones) == np.inf
    assert temporal.conjugate(ones) == pytest.approx(0, abs=1e-9)
    for inside in (1.0, 2.0):
        scale, conjugate = temporal._find_dual_scale(inside * ones)
        assert scale == pytest.approx(1 / inside)
        assert conjugate == pytest.approx(0, abs=1e-9)


@over
@given(W=matrices, step=steps)
def test_limits_of_the_fused_and_the_tree_penalty(W, step):
    order, alone = list(range(T)), [[t] for t in range(T)]
    for penalty, same in (
        (FusedPenalty(0.0, 0.3), SparseGroupPenalty(0.3)),
        (TreePenalty([order]), L21Penalty()),
        (TreePenalty(alone), LassoPenalty()),
        (TreePenalty(), SparseGroupPenalty(0.5)),
        (TreePenalty([order, *alone], [0.7, *[0.3] * T]), SparseGroupPenalty(0.3)),
    ):
        assert penalty.value(W) == pytest.approx(same.value(W))
        assert penalty.dual_norm(W) == pytest.approx(same.dual_norm(W))
        np.testing.assert_allclose(penalty.prox(W, step), same.prox(W, step))
    # Nothing but differences counts: all tasks are their mean.
    fused = FusedPenalty(smoothness=1e6, l1_ratio=0.3).prox(W, step)
    means = np.repeat(W.mean(axis=1, keepdims=True), T, axis=1)
    same = SparseGroupPenalty(0.3).prox(means, step)
    np.testing.assert_allclose(fused, same, atol=1e-9)


def test_weights_of_a_tree():
    """From the outermost group of a task to its innermost they add up to 1."""
    groups = [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [3, 4], [0], [4]]
    of_tasks, larger = TreePenalty(groups)._weigh(5)
    np.testing.assert_array_equal(of_tasks, [0.25, 0, 0, 0, 0.125])
    weights = {tuple(group.tolist()): weight for group, weight in larger}
    assert weights == {
        (0, 1): 0.25,
        (3, 4): 0.125,
        (2, 3, 4): 0.25,
        tuple(range(5)): 0.5,
    }
    assert [len(group) for group, _ in larger] == [2, 2, 3, 5]


@over
@given(W=matrices, step=steps)
def test_limits_of_the_cluster_norm(W, step):
    means = W.mean(axis=1, keepdims=True)
    mean, rest = 0.5 * T * (means**2).sum(), 0.5 * ((W - means) ** 2).sum()
    one = ClusterNormPenalty(n_clusters=1, mean=0.3, within=2.0)
    assert one.value(W) == pytest.approx(0.3 * mean + 2.0 * rest)
    all_apart = ClusterNormPenalty(n_clusters=T, mean=0.3, between=0.7, within=2.0)
    assert all_apart.value(W) == pytest.approx(0.3 * mean + 0.7 * rest)
    ridge = PENALTIES["ridge"]()
    for same in (
        ClusterNormPenalty(n_clusters=2, mean=1.0, between=1.0, within=1.0),
        ClusterNormPenalty(n_clusters=T, mean=1.0, between=1.0, within=9.0),
    ):
        assert same.value(W) == pytest.approx(ridge.value(W))
        assert same.conjugate(W) == pytest.approx(ridge.conjugate(W))
        np.testing.assert_allclose(same.prox(W, step), ridge.prox(W, step), atol=1e-12)


@over
@given(W=matrices, step=steps)
def test_limits_of_the_capped_lasso(W, step):
    capped, lasso = CappedL1Penalty(threshold=1e9), LassoPenalty()
    assert capped.value(W) == pytest.approx(lasso.value(W))
    assert capped.alpha_max(W) == lasso.alpha_max(W)
    np.testing.assert_array_equal(capped.prox(W, step), lasso.prox(W, step))
    assert CappedL1Penalty(threshold=1e-9).prox(W, 1.0) == pytest.approx(W)


def test_levels_are_the_best_split_of_two():
    """√ is the least of a feature's level and its share in each task."""
    w, levels = np.array([[3.0, -1.0]]), np.linspace(0.1, 10, 10_000)
    costs = 0.5 * (levels + np.abs(w).sum() / levels)
    assert MultiLevelPenalty().value(w) == pytest.approx(costs.min())


@over
@given(W=matrices)
def test_value_of_the_cluster_penalty_is_the_lowest(W):
    """No other M of trace 2, here with the eigenvectors of WᵀW, gives less."""
    s, eta = np.linalg.svd(W, compute_uv=False), 0.1
    value = ClusterPenalty(n_clusters=2, eta=eta).value(W)
    for m in ([1, 1, 0], [1, 0.7, 0.3], [0.8, 0.7, 0.5], [2 / 3, 2 / 3, 2 / 3]):
        assert value <= 0.55 * (s**2 / (eta + np.array(m))).sum() + 1e-12


@over
@given(W=matrices)
def test_task_covariance(W):
    """It minimises tr(W C⁻¹ Wᵀ), the minimum being the squared trace norm."""
    penalty = SquaredTracePenalty()
    C = penalty.task_covariance(W)
    assert np.trace(C) == pytest.approx(1)
    np.testing.assert_allclose(C, C.T, atol=1e-15)
    if np.linalg.matrix_rank(W) == T:
        assert np.trace(W @ np.linalg.inv(C) @ W.T) == pytest.approx(
            2 * penalty.value(W)
        )


@for_each([penalty for penalty in ALL if penalty.n_components > 1])
def test_window_of_sums(penalty):
    """Outside of it one of the two parts is the cheaper one of every direction."""
    low, high = penalty.window(p, T)
    assert low < penalty._weights((p, T))[1] < high
    first, second = penalty._parts()
    rng = np.random.RandomState(0)
    candidates = [*rng.standard_normal((200, p, T)), np.ones((p, T))]
    for j in range(p):
        for t in range(T):
            candidates.append(np.zeros((p, T)))
            candidates[-1][j, t] = 1
    ratios = [first.value(W) / second.value(W) for W in candidates]
    assert low <= min(ratios) * (1 + 1e-12)
    assert max(ratios) <= high * (1 + 1e-12)


@pytest.mark.parametrize("name", PENALTIES)
def test_are_estimators_of_parameters(name):
    penalty = PENALTIES[name]()
    copy = clone(penalty).set_params(**penalty.get_params(deep=False))
    assert repr(copy) == repr(penalty)


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (SparseGroupPenalty(2), "'l1_ratio' parameter of SparseGroupPenalty must be"),
        (MeanPenalty(-1), "'ridge' parameter of MeanPenalty must be"),
        (ElasticPenalty("l21"), "'penalty' parameter of ElasticPenalty must be"),
        (ElasticPenalty(ridge=0), "'ridge' parameter of ElasticPenalty must be"),
        (
            ElasticPenalty(PENALTIES["dirty"]()),
            "'penalty' parameter of ElasticPenalty must be one penalty, got a sum",
        ),
        (
            GraphPenalty(np.eye(2)),
            r"'relations' .* must be a square matrix with .* 3 .* shape \(2, 2\)",
        ),
        (GraphPenalty([["a"]]), "'relations' .* got what is no matrix of numbers"),
        (GraphPenalty([[1, 2], [3]]), "'relations' .* got what is no matrix of"),
        (GraphPenalty(np.full((3, 3), np.nan)), "'relations' .* must be finite"),
        (GraphPenalty(np.triu(np.ones((3, 3)))), "'relations' .* must be symmetric"),
        (ClusterPenalty(4), "'n_clusters' .* at most the number of tasks, 3, got 4"),
        (ClusterPenalty(0), "'n_clusters' parameter of ClusterPenalty must be"),
        (ClusterPenalty(eta=0), "'eta' parameter of ClusterPenalty must be"),
        (TemporalPenalty(-1), "'smoothness' parameter of TemporalPenalty must be"),
        (PENALTIES["dirty"](weight=0), "'weight' parameter of DirtyPenalty must be"),
        (FusedPenalty(-1), "'smoothness' parameter of FusedPenalty must be"),
        (FusedPenalty(l1_ratio=2), "'l1_ratio' parameter of FusedPenalty must be"),
        (CappedL1Penalty(0), "'threshold' parameter of CappedL1Penalty must be"),
        (
            ElasticPenalty(MultiLevelPenalty()),
            "'penalty' parameter of ElasticPenalty must be convex, got MultiLevel",
        ),
        (ClusterNormPenalty(4), "'n_clusters' .* at most the number of tasks, 3"),
        (ClusterNormPenalty(0), "'n_clusters' parameter of ClusterNormPenalty must"),
        (ClusterNormPenalty(mean=0), "'mean' parameter of ClusterNormPenalty must be"),
        (ClusterNormPenalty(between=0), "'between' parameter of ClusterNormPenalty"),
        (ClusterNormPenalty(between=2), "'within' .* be at least 'between', 2, got 1"),
        (TreePenalty(3), "'groups' parameter of TreePenalty must be"),
        (TreePenalty([0, 1, 2]), "'groups' .* must be lists of .* 0 to 2, got 0"),
        (TreePenalty([[0, 1], [1, 2], [0]]), r"nested, got \[0, 1\] and \[1, 2\]"),
        (TreePenalty([[0, 1, 2], [2, 1, 0]]), "'groups' .* must be different groups"),
        (TreePenalty([[0, 1]]), "must be groups of all tasks, got none of task 2"),
        (TreePenalty([[0, 1, 2, 3]]), r"from 0 to 2, got \[0, 1, 2, 3\]"),
        (TreePenalty([[0, 0, 1, 2]]), "'groups' .* different numbers of tasks"),
        (TreePenalty([[0, 1, 2], []]), r"'groups' .*, got \[\]"),
        (TreePenalty([[0.5, 1, 2]]), r"'groups' .*, got \[0.5, 1, 2\]"),
        (TreePenalty(weights=[1, 2]), r"'weights' .* each of the 4 group.*\[1, 2\]"),
        (TreePenalty([[0, 1, 2]], [0]), r"'weights' .* above 0 .* got \[0\]"),
        (TreePenalty([[0, 1, 2]], ["a"]), "'weights' .* a number above 0"),
    ],
)
def test_bad_parameters(penalty, message):
    with pytest.raises(ValueError, match=message):
        penalty._check(n_features=p, n_tasks=T)

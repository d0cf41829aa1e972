import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ClusterPenalty,
    ElasticPenalty,
    GraphPenalty,
    L1InfPenalty,
    L21Penalty,
    LassoPenalty,
    MeanPenalty,
    SparseGroupPenalty,
    SquaredTracePenalty,
    TemporalPenalty,
    TracePenalty,
)

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
]
NORMS = [penalty for penalty in ALL if penalty.is_norm]
CONJUGATES = [
    penalty
    for penalty in ALL
    if not penalty.is_norm and np.isfinite(penalty.conjugate(np.eye(4, 3)))
]

# Penalties to which a task is what its place says.
ORDERED = {GraphPenalty, TemporalPenalty}

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


@for_each(ALL)
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


def test_most_penalties_have_a_dual():
    without = {str(p) for p in ALL if p not in NORMS and p not in CONJUGATES}
    assert without == {"MeanPenalty()", "GraphPenalty()", "TemporalPenalty()"}
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


@for_each([penalty for penalty in ALL if type(penalty) not in ORDERED])
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
    ],
)
def test_bad_parameters(penalty, message):
    with pytest.raises(ValueError, match=message):
        penalty._check(n_features=p, n_tasks=T)

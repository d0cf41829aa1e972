import numpy as np

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs
from sklearn_mtl.ensemble._boosting._split_derivatives import SplitDerivatives

RNG = np.random.RandomState(0)
# Two tasks of two classes, and one of three, with the last three outputs.
OUTPUTS = TaskOutputs(np.array([2, 2, 3]), np.ones(3, dtype=bool))
SHARES = np.array([2.0, 0.5, 1.0])
OF_OUTPUTS = SHARES[OUTPUTS.task]
GRADIENTS = RNG.normal(size=(40, 5)).astype(np.float32)
HESSIANS = (RNG.uniform(size=(40, 5)) * [1, 10, 0.1, 1, 2]).astype(np.float32)


def seek(n_directions=1, shares=SHARES, hessians=HESSIANS, seed=0):
    rng = np.random.RandomState(seed)
    splits = SplitDerivatives(OUTPUTS, shares, n_directions, rng)
    return splits(GRADIENTS, hessians)


def test_all_outputs_are_scaled_by_the_share_of_their_task():
    for scaled, plain in zip(seek(None), (GRADIENTS, HESSIANS), strict=True):
        np.testing.assert_allclose(scaled, plain * OF_OUTPUTS, rtol=1e-6)


def test_each_direction_is_a_sum_of_outputs():
    gradients, hessians = seek(3)
    assert gradients.shape == hessians.shape == (40, 3)
    directions = np.linalg.lstsq(GRADIENTS, gradients)[0]
    np.testing.assert_allclose(GRADIENTS @ directions, gradients, atol=1e-4)
    np.testing.assert_allclose(HESSIANS @ directions**2, hessians, rtol=1e-3)


def test_gain_is_on_average_that_of_outputs_and_of_tasks_alike():
    """Half and half, for rows whose Hessians are those of all rows."""
    rows = np.arange(0, 40, 2)
    hessians = np.tile(HESSIANS[0], (40, 1))
    G = np.sqrt(OF_OUTPUTS / hessians[rows].sum(axis=0)) * GRADIENTS[rows].sum(axis=0)
    alike = np.array([G[:2].sum(), *G[2:]])
    expected = (0.5 * (G**2).sum() + 0.5 * (alike**2).sum()) / OF_OUTPUTS.sum()
    G, H = (d[rows].sum(axis=0) for d in seek(20000, hessians=hessians))
    np.testing.assert_allclose((G**2).mean() / H.mean(), expected, rtol=0.03)


def test_hessians_sum_up_to_those_of_all_outputs():
    _, hessians = seek(20000)
    np.testing.assert_allclose(
        hessians.sum(axis=0).mean(), HESSIANS.sum(dtype=np.float64), rtol=0.03
    )


def test_a_task_without_share_or_labels_has_no_say():
    for without in (
        seek(shares=np.array([1.0, 0.0, 0.0])),
        seek(hessians=HESSIANS * [1, 0, 0, 0, 0]),
    ):
        correlation = np.corrcoef(without[0][:, 0], GRADIENTS[:, 0])[0, 1]
        np.testing.assert_allclose(np.abs(correlation), 1, atol=1e-6)
    nothing, _ = seek(shares=np.zeros(3))
    assert not nothing.any()


def test_directions_follow_from_the_seed_and_change():
    np.testing.assert_array_equal(seek(seed=1)[0], seek(seed=1)[0])
    splits = SplitDerivatives(OUTPUTS, SHARES, 1, np.random.RandomState(1))
    first, second = (splits(GRADIENTS, HESSIANS)[0] for _ in range(2))
    assert (first != second).any()

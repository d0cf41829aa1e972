import numpy as np

from sklearn_mtl.ensemble._boosting._split_derivatives import SplitDerivatives

RNG = np.random.RandomState(0)
TASK = np.array([0, 1, 1, 1])
SHARES = np.array([2.0, 0.5])
GRADIENTS = RNG.normal(size=(40, 4)).astype(np.float32)
HESSIANS = (RNG.uniform(size=(40, 4)) * [1, 10, 0.1, 1]).astype(np.float32)


def seek(n_directions=1, shares=SHARES, hessians=HESSIANS, seed=0):
    rng = np.random.RandomState(seed)
    splits = SplitDerivatives(TASK, shares, n_directions, rng)
    return splits(GRADIENTS, hessians)


def test_all_outputs_are_scaled_by_the_share_of_their_task():
    for scaled, plain in zip(seek(None), (GRADIENTS, HESSIANS), strict=True):
        np.testing.assert_allclose(scaled, plain * SHARES[TASK], rtol=1e-6)


def test_each_direction_is_a_sum_of_outputs():
    gradients, hessians = seek(3)
    assert gradients.shape == hessians.shape == (40, 3)
    directions = np.linalg.lstsq(GRADIENTS, gradients)[0]
    np.testing.assert_allclose(GRADIENTS @ directions, gradients, atol=1e-5)
    np.testing.assert_allclose(HESSIANS @ directions**2, hessians, rtol=1e-4)


def test_gain_is_on_average_that_of_all_outputs():
    """In proportion, for rows whose Hessians are those of all rows."""
    rows = np.arange(0, 40, 2)
    hessians = np.tile(HESSIANS[0], (40, 1))
    expected = SHARES[TASK] @ (
        GRADIENTS[rows].sum(axis=0) ** 2 / hessians[rows].sum(axis=0)
    )
    G, H = (d[rows].sum(axis=0) for d in seek(20000, hessians=hessians))
    mean = (G**2).mean() / H.mean()
    # The shares of the outputs sum to 3.5, and so does what H is in proportion to.
    np.testing.assert_allclose(mean, expected / SHARES[TASK].sum(), rtol=0.03)


def test_hessians_sum_up_to_those_of_all_outputs():
    _, hessians = seek(20000)
    np.testing.assert_allclose(
        hessians.sum(axis=0).mean(), HESSIANS.sum(dtype=np.float64), rtol=0.03
    )


def test_a_task_without_share_or_labels_has_no_say():
    for without in (
        seek(shares=np.array([1.0, 0.0])),
        seek(hessians=HESSIANS * [1, 0, 0, 0]),
    ):
        np.testing.assert_allclose(
            np.abs(np.corrcoef(without[0][:, 0], GRADIENTS[:, 0])[0, 1]), 1, atol=1e-6
        )
    nothing, _ = seek(shares=np.zeros(2))
    assert not nothing.any()


def test_directions_follow_from_the_seed_and_change():
    np.testing.assert_array_equal(seek(seed=1)[0], seek(seed=1)[0])
    rng = np.random.RandomState(1)
    splits = SplitDerivatives(TASK, SHARES, 1, rng)
    first, second = (splits(GRADIENTS, HESSIANS)[0] for _ in range(2))
    assert (first != second).any()

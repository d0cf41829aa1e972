"""Every augmentation of rows: what it makes of a batch, against brute force."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_mtl.neural_network.augmentations import (
    FrequencyMask,
    GaussianNoise,
    RandomCrop,
    RandomFlip,
    RandomShift,
    TimeMask,
)

ALL = [
    RandomCrop(padding=2),
    RandomFlip(),
    GaussianNoise(),
    TimeMask(max_width=3, n_masks=2),
    FrequencyMask(max_width=2, n_masks=2),
    RandomShift(max_shift=2),
]
everything = pytest.mark.parametrize("augment", ALL, ids=lambda a: type(a).__name__)
image_shapes = st.sampled_from([(1, 1), (5, 4), (2, 7), (3, 5, 4), (1, 1, 6)])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return a batch whose entries are all different."""
    return torch.arange(float(np.prod(shape)), dtype=dtype).view(shape)


def windows(row: np.ndarray, padding: tuple[int, int]) -> list[np.ndarray]:
    """Return all windows of a row that was padded by its edges."""
    down, right = padding
    still = [(0, 0)] * (row.ndim - 2)
    padded = np.pad(row, [*still, (down, down), (right, right)], mode="edge")
    h, w = row.shape[-2:]
    return [
        padded[..., i : i + h, j : j + w]
        for i in range(2 * down + 1)
        for j in range(2 * right + 1)
    ]


@everything
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("row_shape", [(6, 4), (3, 6, 4)])
def test_shapes_types_and_an_untouched_input(augment, dtype, n, row_shape):
    X = numbered(n, *row_shape, dtype=dtype)
    before = X.clone()
    changed = augment(X, seeded())
    assert changed.shape == X.shape
    assert changed.dtype == dtype
    assert changed.isfinite().all()
    changed.zero_()
    assert torch.equal(X, before)


@everything
def test_batches_that_are_not_contiguous(augment):
    X = numbered(4, 3, 6, 4)
    expected = augment(X, seeded())
    channels_last = X.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(augment(channels_last, seeded()), expected)
    transposed = X.transpose(-1, -2).contiguous().transpose(-1, -2)
    assert torch.allclose(augment(transposed, seeded()), expected)


@everything
def test_the_given_generator_only(augment):
    X = numbered(20, 6, 4)
    legacy = check_random_state(None)
    before = legacy.get_state()[1].copy(), torch.get_rng_state()
    assert torch.equal(augment(X, seeded(1)), augment(X, seeded(1)))
    assert not torch.equal(augment(X, seeded(1)), augment(X, seeded(2)))
    assert (legacy.get_state()[1] == before[0]).all()
    assert torch.equal(torch.get_rng_state(), before[1])


@everything
def test_each_row_has_its_own_draw(augment):
    row = torch.arange(48.0).view(12, 4)
    changed = augment(row.repeat(100, 1, 1), seeded())
    assert len(changed.unique(dim=0)) > 1


@everything
def test_copies(augment):
    X = numbered(5, 6, 4)
    expected = augment(X, seeded())
    for twin in (
        clone(augment),
        copy.deepcopy(augment),
        pickle.loads(pickle.dumps(augment)),
    ):
        assert torch.equal(twin(X, seeded()), expected)
        assert twin.get_params() == augment.get_params()


@given(image_shapes, st.integers(0, 3), st.integers(0, 99))
@settings(deadline=None)
def test_crops_are_windows(shape, padding, seed):
    X = np.random.default_rng(seed).normal(size=(4, *shape))
    crops = RandomCrop(padding)(torch.from_numpy(X), seeded(seed)).numpy()
    for row, crop in zip(X, crops, strict=True):
        assert any((crop == w).all() for w in windows(row, (padding, padding)))


@given(image_shapes, st.integers(0, 8), st.integers(0, 99))
@settings(deadline=None)
def test_shifts_are_windows_in_time(shape, max_shift, seed):
    X = np.random.default_rng(seed).normal(size=(4, *shape))
    shifted = RandomShift(max_shift)(torch.from_numpy(X), seeded(seed)).numpy()
    for row, change in zip(X, shifted, strict=True):
        assert any((change == w).all() for w in windows(row, (max_shift, 0)))


def test_all_crops_are_equally_probable():
    row = numbered(1, 4, 5)
    crops = RandomCrop(padding=1)(row.repeat(9000, 1, 1), seeded())
    counts = [
        (crops.numpy() == w).all(axis=(1, 2)).sum()
        for w in windows(row[0].numpy(), (1, 1))
    ]
    assert sum(counts) == 9000
    assert chisquare(counts).pvalue > 0.01


def test_all_shifts_are_equally_probable():
    row = numbered(1, 5, 2)
    shifted = RandomShift(max_shift=2)(row.repeat(5000, 1, 1), seeded())
    counts = [
        (shifted.numpy() == w).all(axis=(1, 2)).sum()
        for w in windows(row[0].numpy(), (2, 0))
    ]
    assert sum(counts) == 5000
    assert chisquare(counts).pvalue > 0.01


@everything
def test_scale_of_the_input_does_not_matter(augment):
    """255 times as bright in, 255 times as bright out."""
    X = numbered(10, 6, 4, dtype=torch.float64)
    assert torch.allclose(augment(255 * X, seeded()), 255 * augment(X, seeded()))


@given(image_shapes, st.floats(0, 1), st.integers(0, 99))
@settings(deadline=None)
def test_flips_are_flips(shape, probability, seed):
    X = np.random.default_rng(seed).normal(size=(6, *shape))
    flipped = RandomFlip(probability)(torch.from_numpy(X), seeded(seed)).numpy()
    for row, change in zip(X, flipped, strict=True):
        assert (change == row).all() or (change == row[..., ::-1]).all()


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_as_many_flips_as_asked_for(probability):
    X = torch.tensor([[[1.0, 2.0]]]).repeat(4000, 1, 1)
    share = (RandomFlip(probability)(X, seeded())[:, 0, 0] == 2).double().mean()
    assert share.item() == pytest.approx(probability, abs=0.03 * (0 < probability < 1))


def test_noise_is_relative_to_the_batch():
    X = torch.tensor([-3.0, 3.0]).repeat(50, 1000)
    noise = GaussianNoise(std=0.2)(X.unsqueeze(1), seeded()).squeeze(1) - X
    assert noise.std().item() == pytest.approx(0.2 * 3, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.01)
    # Independent from row to row.
    assert np.abs(np.corrcoef(noise[:5]) - np.eye(5)).max() < 0.15


def test_noise_is_relative_to_the_columns_of_a_table():
    X = torch.randn(4000, 2, generator=seeded()) * torch.tensor([1.0, 1000.0])
    noise = GaussianNoise(std=0.2)(X, seeded()) - X
    assert (noise.std(0) / X.std(0)).tolist() == pytest.approx([0.2, 0.2], rel=0.1)


def test_no_noise_where_nothing_varies():
    X = torch.full((1, 1), 7.0)
    assert torch.equal(GaussianNoise()(X, seeded()), X)


def runs(hidden: np.ndarray) -> int:
    """Return how many runs of True there are."""
    return int((np.diff(hidden.astype(int), prepend=0) == 1).sum())


@pytest.mark.parametrize(("cls", "axis"), [(TimeMask, -2), (FrequencyMask, -1)])
@given(
    shape=image_shapes,
    max_width=st.integers(0, 9),
    n_masks=st.integers(0, 3),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_masks_are_bands(cls, axis, shape, max_width, n_masks, seed):
    # Far from 0 on one side, near on the other: no entry is the mean of its row.
    X = np.random.default_rng(seed).normal(size=(4, *shape)) ** 2
    X[(slice(None), *(0 for _ in shape))] = 100
    masked = cls(max_width, n_masks)(torch.from_numpy(X), seeded(seed)).numpy()
    for row, change in zip(X, masked, strict=True):
        touched = change != row
        assert change[touched] == pytest.approx(row.mean())
        others = tuple(i for i in range(row.ndim) if i != row.ndim + axis)
        hidden = touched.any(axis=others)
        if row.size > 1:
            assert (touched.all(axis=others) == hidden).all()
        assert runs(hidden) <= n_masks
        assert hidden.sum() <= n_masks * max_width


@pytest.mark.parametrize(("cls", "axis"), [(TimeMask, 1), (FrequencyMask, 2)])
def test_widths_and_places_are_equally_probable(cls, axis):
    X = torch.arange(36.0).view(1, 6, 6) ** 2
    masked = cls(max_width=2)(X.repeat(9000, 1, 1), seeded())
    hidden = (masked != X).any(dim=3 - axis).numpy()
    widths = np.bincount(hidden.sum(axis=1))
    assert chisquare(widths).pvalue > 0.01
    starts = np.bincount(hidden[hidden.sum(axis=1) == 2].argmax(axis=1), minlength=5)
    assert chisquare(starts).pvalue > 0.01


def test_masks_may_be_longer_than_the_rows():
    X = numbered(50, 3, 2)
    masked = TimeMask(max_width=100)(X, seeded())
    widths = (masked != X).any(dim=2).sum(dim=1)
    assert set(widths.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("augment", "parameter"),
    [
        (RandomCrop(padding=-1), "padding"),
        (RandomCrop(padding=1.5), "padding"),
        (RandomShift(max_shift=-1), "max_shift"),
        (RandomFlip(probability=1.5), "probability"),
        (RandomFlip(probability=None), "probability"),
        (GaussianNoise(std=-0.1), "std"),
        (GaussianNoise(std=float("nan")), "std"),
        (TimeMask(max_width=-1), "max_width"),
        (TimeMask(n_masks="2"), "n_masks"),
        (FrequencyMask(max_width=0.5), "max_width"),
    ],
    ids=repr,
)
def test_bad_parameters(augment, parameter):
    owner = type(augment).__name__
    with pytest.raises(ValueError, match=f"'{parameter}' parameter of {owner} must be"):
        augment(numbered(2, 6, 4), seeded())


@pytest.mark.parametrize("augment", [a for a in ALL if type(a) is not GaussianNoise])
def test_rows_of_a_table_are_no_images(augment):
    with pytest.raises(ValueError, match=r"rows of shape .*, got .* of shape \(8, 5\)"):
        augment(numbered(8, 5), seeded())


@everything
def test_integers_are_refused(augment):
    X = torch.zeros((2, 6, 4), dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"a batch of floats .*, got torch\.uint8"):
        augment(X, seeded())

"""Mixup: partners, shares, rows and labels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chisquare, kstest
from sklearn.base import clone

from sklearn_mtl.neural_network.augmentations import Mixup


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(0, 99))
@settings(deadline=None)
def test_partners_are_of_the_same_group(groups, seed):
    groups = torch.tensor(groups, dtype=torch.int64)
    partner, share = Mixup().pair(groups, seeded(seed))
    assert partner.dtype == torch.int64
    assert partner.shape == share.shape == groups.shape
    assert torch.equal(groups[partner], groups)
    assert sorted(partner.tolist()) == list(range(len(groups)))
    assert ((share >= 0.5) & (share <= 1)).all()


def test_all_partners_are_equally_probable():
    groups, generator = torch.tensor([7, 2, 7, 7, 2]), seeded()
    drawn = torch.stack([Mixup().pair(groups, generator)[0] for _ in range(3000)])
    for row, mates in enumerate([[0, 2, 3], [1, 4], [0, 2, 3], [0, 2, 3], [1, 4]]):
        counts = np.bincount(drawn[:, row], minlength=5)
        assert counts[mates].sum() == 3000
        assert chisquare(counts[mates]).pvalue > 0.01


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 2.0, 30.0])
def test_shares_are_of_a_beta_distribution(alpha):
    _, share = Mixup(alpha).pair(torch.zeros(20_000, dtype=torch.int64), seeded())

    def cdf(x):
        # b and 1 - b have the same distribution.
        return 2 * beta.cdf(x, alpha, alpha) - 1

    # Shares that are 1 up to rounding say nothing of the shape of the distribution.
    share = share.double().numpy()
    inner = share[share < 0.999]
    assert kstest(inner, lambda x: cdf(x) / cdf(0.999)).pvalue > 0.01
    assert len(inner) / len(share) == pytest.approx(cdf(0.999), abs=0.01)


@pytest.mark.parametrize("alpha", [1e-6, 1e6])
def test_extreme_alphas(alpha):
    _, share = Mixup(alpha).pair(torch.zeros(10_000, dtype=torch.int64), seeded())
    assert share.isfinite().all()
    assert share.mean().item() == pytest.approx(1.0 if alpha < 1 else 0.5, abs=0.01)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (3,), (3, 4, 2)])
def test_rows_are_mixed(shape, dtype):
    X = torch.randn((5, *shape), generator=seeded(), dtype=dtype)
    before = X.clone()
    partner, share = Mixup(1.0).pair(torch.zeros(5, dtype=torch.int64), seeded(1))
    mixed = Mixup().mix(X, partner, share)
    assert mixed.dtype == dtype
    for i in range(5):
        own, other = float(share[i]), 1 - float(share[i])
        expected = own * before[i] + other * before[partner[i]]
        assert mixed[i].numpy() == pytest.approx(expected.numpy(), abs=1e-6)
    mixed.zero_()
    assert torch.equal(X, before)


def test_a_row_without_others_stays_itself():
    X = torch.randn((1, 6), generator=seeded())
    partner, share = Mixup(1.0).pair(torch.zeros(1, dtype=torch.int64), seeded())
    assert torch.equal(Mixup().mix(X, partner, share), X)


def test_no_rows():
    partner, share = Mixup().pair(torch.zeros(0, dtype=torch.int64), seeded())
    assert Mixup().mix(torch.zeros(0, 3), partner, share).shape == (0, 3)
    labels = torch.zeros(0, 2)
    targets, weights = Mixup().mix_labels(labels, labels, partner, share, seeded())
    assert targets.shape == weights.shape == (0, 2)


TARGETS = torch.tensor([[0, 5], [1, 6], [2, 7], [3, 8]])
# The first row lacks its second label, the last both.
WEIGHTS = torch.tensor([[1.0, 0.0], [0.5, 2.0], [1.0, 1.0], [0.0, 0.0]])
PARTNER = torch.tensor([1, 0, 3, 2])
SHARE = torch.tensor([0.5, 0.7, 0.9, 1.0])


def test_labels_come_from_one_of_the_two_rows():
    for seed in range(50):
        t, w = Mixup().mix_labels(TARGETS, WEIGHTS, PARTNER, SHARE, seeded(seed))
        for i in range(4):
            source = next(j for j in range(4) if (t[i] == TARGETS[j]).all())
            assert source in (i, int(PARTNER[i]))
            assert torch.equal(w[i], WEIGHTS[source])


def test_loss_is_the_mixed_loss_in_expectation():
    """For any losses, and with missing labels, which count nothing."""
    loss = torch.randn((4, 2, 9), generator=seeded(), dtype=torch.float64) ** 2
    rows, tasks = torch.arange(4)[:, None], torch.arange(2)[None, :]
    own = WEIGHTS * loss[rows, tasks, TARGETS]
    other = WEIGHTS[PARTNER] * loss[rows, tasks, TARGETS[PARTNER]]
    expected = SHARE[:, None] * own + (1 - SHARE[:, None]) * other

    generator, drawn = seeded(1), []
    for _ in range(4000):
        t, w = Mixup().mix_labels(TARGETS, WEIGHTS, PARTNER, SHARE, generator)
        drawn.append(w * loss[rows, tasks, t])
    drawn = torch.stack(drawn)
    error = drawn.std(dim=0) / np.sqrt(4000)
    assert ((drawn.mean(dim=0) - expected).abs() <= 4 * error + 1e-7).all()


def test_targets_are_not_changed():
    targets, weights = TARGETS.clone(), WEIGHTS.clone()
    t, w = Mixup().mix_labels(targets, weights, PARTNER, SHARE, seeded())
    t.zero_()
    w.zero_()
    assert torch.equal(targets, TARGETS)
    assert torch.equal(weights, WEIGHTS)


def test_the_given_generator_only():
    def draw(seed):
        generator = seeded(seed)
        pair = Mixup().pair(torch.zeros(50, dtype=torch.int64), generator)
        labels = torch.arange(50.0)[:, None]
        mixed = Mixup().mix_labels(labels, labels, *pair, generator)
        return torch.cat([*pair, mixed[0][:, 0]])

    before = torch.get_rng_state()
    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), "x", None])
def test_bad_alpha(alpha):
    groups = torch.zeros(3, dtype=torch.int64)
    with pytest.raises(ValueError, match="'alpha' parameter of Mixup must be"):
        Mixup(alpha).pair(groups, seeded())


def test_parameters():
    assert clone(Mixup(alpha=0.4)).get_params() == {"alpha": 0.4}

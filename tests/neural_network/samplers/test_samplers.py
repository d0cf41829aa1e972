"""Every sampler: what it draws, what it never draws, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state

from sklearn_mtl.neural_network.samplers import (
    SAMPLERS,
    Alternating,
    Annealed,
    Proportional,
    Subset,
    Temperature,
    Uniform,
)
from sklearn_mtl.neural_network.samplers._registry import make_sampler

ONE_TASK = [name for name in SAMPLERS if name != "subset"]
# Two data sets, one of which is a hundred times as large.
SIZES = [60_000, 600]

sizes = st.lists(st.integers(0, 10**6), min_size=1, max_size=6).filter(any)


def rng(seed: int = 0) -> np.random.RandomState:
    return np.random.RandomState(seed)


@pytest.mark.parametrize(
    ("sampler", "shares"),
    [
        (Proportional(), [100 / 101, 1 / 101]),
        (Uniform(), [1 / 2, 1 / 2]),
        (Temperature(alpha=0.5), [10 / 11, 1 / 11]),
        (Temperature(alpha=1.0), [100 / 101, 1 / 101]),
        (Temperature(alpha=0.0), [1 / 2, 1 / 2]),
        (Annealed(), [100 / 101, 1 / 101]),
        (Alternating(), [1 / 2, 1 / 2]),
        (Subset(), [2 / 3, 2 / 3]),
    ],
    ids=repr,
)
def test_a_hundred_times_more_labels(sampler, shares):
    """The tasks get their shares of the steps, and the small one does not starve."""
    started = sampler.reset(SIZES, n_epochs=10)
    assert started.probabilities(epoch=0) == pytest.approx(shares)
    drawn = started.draw(6060, epoch=0, rng=rng())
    slack = 150 if isinstance(sampler, Subset) else 1
    assert drawn.sum(axis=0) == pytest.approx(6060 * np.array(shares), abs=slack)


@pytest.mark.parametrize("name", ONE_TASK)
@given(n_labels=sizes, n_steps=st.integers(0, 60), epoch=st.integers(0, 12))
@settings(deadline=None, max_examples=40)
def test_one_task_per_step(name, n_labels, n_steps, epoch):
    """Within an epoch no task is a whole step away from its share."""
    sampler = SAMPLERS[name]().reset(n_labels, n_epochs=10)
    p = sampler.probabilities(epoch)
    assert p.sum() == pytest.approx(1)
    drawn = sampler.draw(n_steps, epoch, rng())
    assert drawn.shape == (n_steps, len(n_labels))
    assert drawn.dtype == bool
    assert (drawn.sum(axis=1) == 1).all()
    assert (np.abs(drawn.sum(axis=0) - n_steps * p) < 1 + 1e-9).all()


@pytest.mark.parametrize("name", [n for n in ONE_TASK if n != "alternating"])
@pytest.mark.parametrize("n_steps", [1, 3])
def test_each_step_has_the_probabilities(name, n_steps):
    """However short an epoch is, and at its end as much as at its start."""
    sampler = SAMPLERS[name]().reset([50, 30, 15, 5], n_epochs=3)
    state = rng()
    last = [sampler.draw(n_steps, 1, state)[-1] for _ in range(4000)]
    expected = 4000 * sampler.probabilities(1)
    assert chisquare(np.sum(last, axis=0), expected).pvalue > 0.01


@pytest.mark.parametrize("name", SAMPLERS)
def test_tasks_without_labels_are_never_drawn(name):
    sampler = SAMPLERS[name]().reset([0, 10, 0, 30, 0], n_epochs=2)
    drawn = sampler.draw(200, 0, rng())
    assert drawn.any(axis=0).tolist() == [False, True, False, True, False]
    assert drawn.any(axis=1).all()
    assert (sampler.probabilities()[[0, 2, 4]] == 0).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_single_task_is_in_every_step(name):
    sampler = SAMPLERS[name]().reset([0, 7], n_epochs=1)
    assert (sampler.draw(20, 0, rng()) == [False, True]).all()
    assert sampler.probabilities() == pytest.approx([0, 1])


@pytest.mark.parametrize("name", SAMPLERS)
def test_draws_depend_on_the_given_generator_only(name):
    def draw(seed):
        return SAMPLERS[name]().reset([30, 20, 10], 5).draw(50, 1, rng(seed))

    legacy = check_random_state(None)
    before = legacy.get_state()[1].copy()
    first = draw(3)
    assert (first == draw(3)).all()
    assert name == "alternating" or not (first == draw(4)).all()
    assert (legacy.get_state()[1] == before).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_reset_starts_a_copy(name):
    """What a sampler remembers never gets into the user's object."""
    given_sampler = SAMPLERS[name]()
    given_sampler.reset([3, 2], 5).draw(3, 0, rng())
    assert vars(given_sampler) == vars(SAMPLERS[name]())
    with pytest.raises(NotFittedError, match=r"Call 'reset' first"):
        given_sampler.draw(1, 0, rng())


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_go_on_alike(name, duplicate):
    sampler = SAMPLERS[name]().reset([30, 20, 10], 5)
    sampler.draw(4, 0, rng())
    twin = duplicate(sampler)
    assert (twin.draw(20, 1, rng()) == sampler.draw(20, 1, rng())).all()
    assert repr(clone(sampler)) == repr(SAMPLERS[name]())


def test_annealing_goes_from_start_to_end():
    sampler = Annealed(start=1.0, end=0.5).reset([10_000, 100], n_epochs=5)
    by_epoch = [sampler.probabilities(epoch)[1] for epoch in range(5)]
    alphas = [1.0, 0.875, 0.75, 0.625, 0.5]
    assert by_epoch == pytest.approx([1 / (1 + 100**alpha) for alpha in alphas])
    # Training may be continued, and may have one epoch.
    assert sampler.probabilities(50)[1] == pytest.approx(1 / 11)
    assert Annealed().reset([99, 1], 1).probabilities(0)[1] == pytest.approx(0.01)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6), st.integers(1, 4))
@settings(deadline=None)
def test_alternation_goes_on_across_epochs(epoch_lengths, n_tasks):
    sampler = Alternating().reset([5] * n_tasks, n_epochs=10)
    epochs = [sampler.draw(n, e, rng()) for e, n in enumerate(epoch_lengths)]
    turns = np.concatenate(epochs).nonzero()[1]
    assert (turns == np.arange(sum(epoch_lengths)) % n_tasks).all()


def test_huge_sizes_and_powers():
    p = Temperature(alpha=500.0).reset([10**12, 10**11], 1).probabilities()
    assert p == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("sampler", "message"),
    [
        (Temperature(alpha=-1.0), "'alpha' parameter of Temperature must be"),
        (Temperature(alpha="x"), "'alpha' parameter of Temperature must be"),
        (Annealed(start=np.nan), "'start' parameter of Annealed must be"),
        (Annealed(end=-0.1), "'end' parameter of Annealed must be"),
        (Subset(scores=[1.0]), r"'scores' parameter of Subset must be .* 2 numbers"),
        (Subset(scores=["a", "b"]), "'scores' parameter of Subset must be"),
        (Subset(scores=[np.nan, 0]), "'scores' parameter of Subset must be"),
        (Subset(scores=[-np.inf, 0]), "above minus infinity"),
        (Subset(scores={"a": 1}), "'scores' parameter of Subset must be"),
        (Subset(learning_rate=-0.1), "'learning_rate' parameter of Subset must be"),
        (Subset(learning_rate=1.1), "'learning_rate' parameter of Subset must be"),
        (Subset(limit=0.0), "'limit' parameter of Subset must be"),
    ],
    ids=repr,
)
def test_bad_parameters(sampler, message):
    with pytest.raises(ValueError, match=message):
        sampler.reset([10, 20], 3)


@pytest.mark.parametrize("n_labels", [[0, 0], [], [-1, 2], [np.nan, 1], [[1, 2]]])
def test_bad_numbers_of_labels(n_labels):
    with pytest.raises(ValueError, match="'n_labels' parameter of Uniform must be"):
        Uniform().reset(n_labels, 3)


def test_bad_counts():
    with pytest.raises(ValueError, match=r"'n_epochs' .* at least 1, got 0"):
        Uniform().reset([1], 0)
    sampler = Uniform().reset([1], 1)
    with pytest.raises(ValueError, match=r"'n_steps' .* at least 0, got -1"):
        sampler.draw(-1, 0, rng())
    with pytest.raises(ValueError, match=r"'epoch' .* at least 0, got 0.5"):
        sampler.probabilities(0.5)
    with pytest.raises(ValueError, match=r"'losses' .* shape \(1,\), one per task"):
        sampler.observe_epoch([1.0, 2.0])


def test_samplers_by_name():
    assert all(type(make_sampler(n, "Net")) is cls for n, cls in SAMPLERS.items())
    sampler = Temperature(alpha=0.3)
    assert make_sampler(sampler, "Net") is sampler
    with pytest.raises(ValueError, match=r"'task_sampler' .* Net .*'uniform'\?"):
        make_sampler("unifrom", "Net")
    with pytest.raises(ValueError, match=r"a name or an object of .*samplers, got 3"):
        make_sampler(3, "Net")

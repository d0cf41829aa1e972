"""What the parameters that are "auto" stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import LRScheduler
from torch.optim.lr_scheduler import StepLR

from sklearn_mtl.datasets import combine_inputs, make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor
from sklearn_mtl.neural_network._presets import PRESETS, SETTINGS, Preset, resolve
from sklearn_mtl.neural_network.encoders import LinearReluEncoder

X, Y = make_multitask_classification(60, 4, n_tasks=2, random_state=0)
TABLE_PRESETS = ["fast", "default", "best"]

# A value for each parameter that no preset has; of two values, another than that of
# some.
OWN = {
    "encoder": "linear_relu",
    "n_members": 3,
    "n_networks": 2,
    "dropout": 0.37,
    "lr": 0.0123,
    "lr_schedule": "constant",
    "average": False,
    "batch_size": 23,
    "max_epochs": 2,
    "n_iter_no_change": 7,
}


def make(preset="default", **params):
    defaults = {"hidden_layer_sizes": (4,), "random_state": 0}
    return MultiTaskNetClassifier(preset=preset, **defaults | params)


def settings_of(estimator, n_rows=1000, for_tables=True, **given):
    resolved = resolve(estimator, n_rows, for_tables=for_tables, **given)
    return {name: getattr(resolved, name) for name in SETTINGS}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("n_rows", [1, 100, 10**6])
def test_nothing_is_left_open_but_the_encoder(preset, n_rows):
    """Which depends on the columns."""
    found = settings_of(make(preset), n_rows)
    assert found.pop("encoder") == (None if preset == "plain" else "auto")
    assert "auto" not in found.values()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_given_wins_over_the_preset(preset, name):
    expected = settings_of(make(preset)) | {name: OWN[name]}
    found = settings_of(make(preset, **{name: OWN[name]}))
    assert found[name] == OWN[name]
    follow = {
        "batch_size": {"max_epochs", "n_iter_no_change"},
        "max_epochs": {"n_iter_no_change"},
        "lr_schedule": {"lr"},
    }
    changed = {k for k in found if found[k] != expected[k]}
    assert changed <= follow.get(name, set())


@pytest.mark.parametrize("preset", PRESETS)
def test_the_estimator_keeps_its_parameters(preset):
    net = make(preset, batch_size=10, max_epochs=1)
    before = net.get_params()
    net.fit(X, Y)
    assert net.get_params() == before


def test_settings_are_there_after_fit():
    net = make(**OWN).fit(X, Y)
    assert net.settings_ == OWN
    net = make("plain", max_epochs=1, early_stopping=False).fit(X, Y)
    assert set(net.settings_) == set(SETTINGS)
    assert net.settings_["batch_size"] == 128
    assert net.settings_["lr"] == 1e-3


def test_settings_are_what_is_trained_with():
    net = make(**OWN).fit(X, Y)
    assert net.module_.n_members == 3 * 2
    assert net.net_.optimizer_.param_groups[0]["lr"] == 0.0123
    # Of 60 rows a tenth are for early stopping.
    assert net.history_[0]["train_batch_count"] == -(-54 // 23)
    assert net.n_iter_ == 2


def test_plain_is_the_network_without_extras():
    own = {
        "encoder": None,
        "n_members": 1,
        "n_networks": 1,
        "dropout": 0.0,
        "lr": 1e-3,
        "lr_schedule": "constant",
        "average": False,
        "batch_size": 128,
        "max_epochs": 200,
        "n_iter_no_change": 20,
    }
    assert settings_of(make("plain")) == own
    for n_rows in (10, 10**6):
        assert settings_of(make("plain"), n_rows) == own
    few = {"max_epochs": 3}
    np.testing.assert_array_equal(
        make(**own | few).fit(X, Y).predict_proba(X),
        make("plain", **few).fit(X, Y).predict_proba(X),
    )


@pytest.mark.parametrize("preset", TABLE_PRESETS)
@pytest.mark.parametrize(
    ("n_rows", "batch_size"),
    [(1, 128), (8_000, 128), (8_001, 256), (30_000, 256), (30_001, 512)],
)
def test_batches_are_larger_for_more_rows(preset, n_rows, batch_size):
    assert settings_of(make(preset), n_rows)["batch_size"] == batch_size


@settings(max_examples=100, deadline=None)
@given(
    n_rows=st.integers(1, 10**7),
    batch_size=st.integers(1, 1000),
    preset=st.sampled_from(TABLE_PRESETS),
)
def test_epochs_make_the_steps_of_the_preset(n_rows, batch_size, preset):
    """As long as they are not too few or too many."""
    found = settings_of(make(preset, batch_size=batch_size), n_rows)
    n_epochs, n_steps = found["max_epochs"], PRESETS[preset].n_steps
    assert 20 <= n_epochs <= 400
    if 20 < n_epochs < 400:
        steps = -(-n_rows // batch_size)
        assert abs(n_epochs * steps - n_steps) <= steps / 2


def test_fixed_numbers_of_a_preset_are_fixed():
    preset = Preset(batch_size=7, max_epochs=3)
    assert preset.count_rows(10**6) == 7
    assert preset.count_epochs(10**6, 7) == 3


def test_faster_presets_take_fewer_steps():
    steps = [PRESETS[name].n_steps * PRESETS[name].n_networks for name in TABLE_PRESETS]
    assert steps == sorted(steps)
    assert 2 * steps[0] < steps[1]


def test_linear_models_have_one_member():
    """Members would be the same model."""
    assert settings_of(make(hidden_layer_sizes=()))["n_members"] == 1
    given = make(hidden_layer_sizes=(), n_members=4)
    assert settings_of(given)["n_members"] == 4


@pytest.mark.parametrize("preset", TABLE_PRESETS)
def test_what_is_no_table_is_trained_plainly(preset):
    net = make(preset)
    assert settings_of(net, for_tables=False) == settings_of(make("plain"))


def test_images_and_containers_are_trained_plainly():
    plain = settings_of(make("plain", max_epochs=1))
    images = np.random.default_rng(0).normal(size=(60, 1, 8, 8))
    net = make(encoder="conv", max_epochs=1).fit(images, Y)
    assert net.settings_ | {"encoder": None} == plain
    net = make(max_epochs=1).fit(combine_inputs({"X": X}), Y)
    assert net.settings_ | {"encoder": None} == plain


@pytest.mark.parametrize(
    "encoder", ["periodic", LinearReluEncoder, LinearReluEncoder()]
)
def test_embeddings_are_for_tables(encoder):
    net = make(encoder=encoder, max_epochs=1).fit(X, Y)
    assert net.settings_["n_members"] == 8


@pytest.mark.parametrize(
    "callback",
    [
        LRScheduler(StepLR, step_size=1),
        ("decay", LRScheduler(StepLR, step_size=1)),
        LRScheduler,
    ],
    ids=["object", "named", "class"],
)
def test_a_scheduler_of_the_user_is_alone(callback):
    found = settings_of(make(callbacks=[callback]))
    assert found["lr_schedule"] == "constant"
    assert found["lr"] == 1e-3


def test_an_epoch_to_which_others_may_be_added():
    found = settings_of(make(), one_epoch=True)
    assert (found["lr_schedule"], found["lr"]) == ("constant", 1e-3)
    given = make(lr_schedule="cosine", lr=0.1)
    assert settings_of(given, one_epoch=True)["lr"] == 0.1


def test_settings_of_the_optimizer_and_the_net_win():
    """Those that skorch has, by its names."""
    own = {"lr": 0.5, "batch_size": 9, "max_epochs": 3}
    found = settings_of(make(net_params={**own, "optimizer__eps": 1e-6}))
    assert found | own == found


@pytest.mark.parametrize(("max_epochs", "patience"), [(400, 100), (10, 3), (1, 1)])
def test_patience_is_a_quarter_of_the_epochs(max_epochs, patience):
    found = settings_of(make(max_epochs=max_epochs))
    assert found["n_iter_no_change"] == patience


def test_the_rate_follows_the_schedule():
    assert settings_of(make(lr_schedule="constant"))["lr"] == 1e-3
    assert settings_of(make("plain", lr_schedule="cosine"))["lr"] == 1e-3
    assert settings_of(make())["lr"] > 1e-3


def test_presets_differ():
    proba = [
        make(preset, max_epochs=3).fit(X, Y).predict_proba(X)[0] for preset in PRESETS
    ]
    # With epochs given, "fast" is "default".
    np.testing.assert_array_equal(proba[1], proba[2])
    assert not np.array_equal(proba[0], proba[1])
    assert not np.array_equal(proba[2], proba[3])


def test_searches_over_presets():
    grid = {"preset": ["plain", "default"], "batch_size": ["auto", 10]}
    search = GridSearchCV(make(max_epochs=2), grid, cv=2).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.settings_["max_epochs"] == 2


def test_regressors_have_presets_too():
    net = MultiTaskNetRegressor((4,), preset="fast", max_epochs=1).fit(X, X[:, :2])
    assert net.settings_["n_members"] == 8


def test_an_unknown_preset():
    message = (
        r"The 'preset' parameter of MultiTaskNetClassifier must be one of .*'best'.*, "
        r"got 'fats' \(did you mean 'fast'\?\)"
    )
    with pytest.raises(ValueError, match=message):
        make("fats").fit(X, Y)


@pytest.mark.parametrize("name", [n for n in SETTINGS if n != "encoder"])
@pytest.mark.parametrize("bad", ["automatic", -1])
def test_bad_values(name, bad):
    match = f"'{name}' parameter of MultiTaskNetClassifier must be"
    with pytest.raises(ValueError, match=match):
        make(**{name: bad}).fit(X, Y)

"""A fit starts from what another network has learnt."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_mtl.datasets import combine_inputs, load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier

X, Y = load_digits_tasks(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8).astype(np.uint8)


def make_net(**params):
    defaults = {"hidden_layer_sizes": (32,), "max_epochs": 1, "random_state": 0}
    return MultiTaskNetClassifier(**{"early_stopping": False, **defaults, **params})


@pytest.fixture(scope="module")
def learnt():
    return make_net(max_epochs=20, lr=0.01).fit(X[:1000], Y[:1000])


def first_weights(net, X=X, Y=Y):
    """Return what a network would start from."""
    return net._prepare(X, Y).net.module_.state_dict()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda net: net,
        FrozenEstimator,
        lambda net: net.module_.state_dict(),
        lambda net: {k: v.numpy() for k, v in net.module_.state_dict().items()},
    ],
    ids=["estimator", "frozen", "tensors", "arrays"],
)
def test_the_encoder_and_the_shared_layers_are_taken_over(learnt, wrap):
    net = make_net(encoder_init=wrap(learnt), random_state=1)
    started = first_weights(net, X[:1000], Y[:1000])
    for name, tensor in learnt.module_.state_dict().items():
        if name.startswith(("encoder.", "trunk.")):
            assert torch.equal(started[name], tensor)
    assert not started["heads.weight"].any()


def test_bins_of_other_rows_are_taken_over(learnt):
    """They may be of another number than the rows at hand would have."""
    embedding = learnt.module_.encoder.embedding
    few = make_net(encoder_init=learnt)._prepare(X[:60], Y[:60]).net.module_
    alone = make_net()._prepare(X[:60], Y[:60]).net.module_
    assert torch.equal(few.encoder.embedding.lower, embedding.lower)
    assert alone.encoder.embedding.out_features != embedding.out_features
    assert few.trunk.trunk.layers[0].in_features == embedding.out_features


def test_categories_keep_their_vectors():
    """By what they are, whatever others there are at hand."""
    kinds = np.array(["a", "b", "c"])[Y[:, 0] % 3]
    frame = pd.DataFrame({"kind": pd.Categorical(kinds), "pixel": X[:, 20]})
    source = make_net(max_epochs=3).fit(frame, Y)
    rest = frame[kinds != "a"].assign(kind=pd.Categorical(kinds[kinds != "a"]))
    net = make_net(encoder_init=source, lr=1e-12, weight_decay=0.0)
    net.fit(rest, Y[kinds != "a"])
    np.testing.assert_allclose(net.transform(rest), source.transform(rest), atol=1e-6)


def test_the_source_is_not_trained(learnt):
    before = learnt.predict_proba(X)[0]
    make_net(encoder_init=learnt, max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(learnt.predict_proba(X)[0], before)


def test_it_is_a_better_start(learnt):
    few = slice(1000, 1060)
    for_task = {"max_epochs": 40, "lr": 1e-3}
    started = make_net(encoder_init=learnt, **for_task).fit(X[few], Y[few, 0])
    alone = make_net(**for_task).fit(X[few], Y[few, 0])
    rest = slice(1060, None)
    assert started.score(X[rest], Y[rest, 0]) > alone.score(X[rest], Y[rest, 0]) + 0.05


def test_an_encoder_of_one_input_starts_that_of_several():
    both = combine_inputs({"image": IMAGES, "table": X})
    source = make_net(encoder={"image": "conv"}).fit(
        combine_inputs({"image": IMAGES, "other": X}), Y
    )
    started = first_weights(
        make_net(encoder={"image": "conv"}, encoder_init=source), both
    )
    taken = source.module_.state_dict()
    names = [name for name in taken if name.startswith("encoder.encoders.input image.")]
    assert names
    assert all(torch.equal(started[name], taken[name]) for name in names)


@pytest.mark.parametrize("preprocess", [True, False])
@pytest.mark.parametrize("name", ["image", "other", None])
def test_what_the_one_input_is_called_does_not_matter(name, preprocess):
    source = make_net(encoder="conv").fit(combine_inputs({"image": IMAGES}), Y)
    named = IMAGES if name is None else combine_inputs({name: IMAGES})
    net = make_net(encoder="conv", encoder_init=source, preprocess=preprocess)
    started = net._prepare(named, Y).net.module_
    for own, taken in (
        (started.encoder, source.module_.encoder),
        (started.trunk, source.module_.trunk),
    ):
        kept = list(own.parameters())
        given = list(taken.parameters())
        assert all(torch.equal(p, q) for p, q in zip(kept, given, strict=True))


def test_an_encoder_is_taken_over_without_layers_of_another_shape():
    source = make_net(encoder="conv").fit(combine_inputs({"image": IMAGES}), Y)
    net = make_net(encoder="conv", encoder_init=source, hidden_layer_sizes=(5,))
    with pytest.warns(UserWarning, match="takes over the encoder only"):
        started = net._prepare(IMAGES, Y).net.module_
    taken = source.module_.encoder.parameters()
    assert all(
        torch.equal(p, q)
        for p, q in zip(started.encoder.parameters(), taken, strict=True)
    )


def test_an_encoder_without_a_name_cannot_be_one_of_several(learnt):
    both = combine_inputs({"image": IMAGES, "table": X})
    source = make_net(encoder="conv").fit(IMAGES, Y)
    net = make_net(encoder={"image": "conv"}, encoder_init=source)
    with pytest.raises(
        ValueError,
        match=r"one with .*encoder of 'image'.*got one",
    ):
        net.fit(both, Y)


def test_the_tensors_of_an_encoder_alone():
    encoder = torch.nn.Linear(64, 5)
    net = make_net(encoder=lambda n: torch.nn.Linear(n, 5))
    net.set_params(encoder_init=encoder.state_dict())
    assert torch.equal(first_weights(net)["encoder.weight"], encoder.weight)


def test_clones_and_searches(learnt):
    net = make_net(encoder_init=FrozenEstimator(learnt), max_epochs=3)
    assert np.isfinite(cross_val_score(net, X[:300], Y[:300], cv=2)).all()
    search = GridSearchCV(net, {"lr": [1e-3, 1e-2]}, cv=2).fit(X[:300], Y[:300])
    assert search.best_score_ > 0.8


@pytest.mark.parametrize(
    ("make_source", "message"),
    [
        (clone, "FrozenEstimator where it is to be cloned.* that is not fitted"),
        (lambda net: 3, "must be a fitted network estimator.* got int"),
        (lambda net: {}, "with some of the tensors .*got one with none"),
        (
            lambda net: {"trunk.layers.0.weihgt": torch.zeros(2)},
            "did you mean 'trunk.layers.0.weight'",
        ),
        (
            lambda net: {"trunk.layers.0.weight": torch.zeros(2, 3)},
            r"'trunk.layers.0.weight' of .* shape \(32, 64\), got shape \(2, 3\)",
        ),
    ],
    ids=["not fitted", "no net", "empty", "unknown", "other shape"],
)
def test_bad_sources(learnt, make_source, message):
    with pytest.raises(ValueError, match=f"The 'encoder_init' parameter .*{message}"):
        make_net(preset="plain", encoder_init=make_source(learnt)).fit(X, Y)

"""Layers that each task scales and shifts."""

import torch

from sklearn_mtl.neural_network.architectures import FiLM, SharedBottom


def test_is_the_loop_over_tasks(make_trunk, features):
    trunk = make_trunk(FiLM(), (6, 5, 3))
    modulations = [*trunk.modulations, trunk.task_layers]
    for t, found in enumerate(trunk(features)):
        h = features
        for linear, modulation in zip(trunk.linears, modulations, strict=True):
            gamma, beta = 1 + modulation.scale[t], modulation.shift[t]
            h = torch.tanh(gamma * linear(h) + beta)
        torch.testing.assert_close(found, h)


def test_starts_as_a_shared_network(build_trunk, features):
    trunk, bottom = build_trunk(FiLM()), build_trunk(SharedBottom())
    for found in trunk(features):
        torch.testing.assert_close(found, bottom(features))


def test_the_first_layer_is_no_stream(build_trunk, features):
    assert not build_trunk(FiLM(), (6,)).makes_streams
    assert build_trunk(FiLM(), (6, 6)).makes_streams
    (first,) = build_trunk(FiLM(), (6,)).share(features)
    assert first.shape == (7, 6)


def test_streams_are_made_one_by_one(make_trunk, features):
    """Task t takes but the t-th of them."""
    trunk = make_trunk(FiLM())
    (streams,) = trunk.share(features)
    for t, of_task in enumerate(trunk.specialise(streams)):
        (gradient,) = torch.autograd.grad(of_task.sum(), streams, retain_graph=True)
        assert gradient[t].any()
        assert not gradient[torch.arange(3) != t].any()

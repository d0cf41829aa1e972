"""Attention of tasks to the layers of a shared network."""

import torch

from sklearn_mtl.neural_network.architectures import TaskAttention


def test_is_the_loop_over_tasks(make_trunk, features):
    trunk = make_trunk(TaskAttention(4), (6, 5, 3))
    for t, found in enumerate(trunk(features)):
        layer, masked = features, features[:, :0]
        for linear, mask in zip(trunk.layers, trunk.task_layers, strict=True):
            inner, outer = mask.inner, mask.outer
            seen = torch.cat([layer, masked], dim=1)
            seen = torch.tanh(seen @ inner.weight[t] + inner.bias[t])
            layer = torch.tanh(linear[0](layer))
            masked = (seen @ outer.weight[t] + outer.bias[t]).sigmoid() * layer
        torch.testing.assert_close(found, masked)


def test_masks_start_at_one_half(build_trunk, features):
    trunk = build_trunk(TaskAttention(), (6, 5))
    last_layer = trunk.share(features)[-1]
    for found in trunk(features):
        torch.testing.assert_close(found, last_layer / 2)


def test_masks_lie_between_0_and_1(make_trunk, features):
    trunk = make_trunk(TaskAttention(), (6, 5))
    ratios = trunk(features) / trunk.share(features)[-1]
    assert (ratios > 0).all()
    assert (ratios < 1).all()
    assert ratios.std() > 0.01

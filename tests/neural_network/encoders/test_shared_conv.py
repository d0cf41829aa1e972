"""One stack of convolutions for images of different shape."""

import copy
import pickle

import pytest
import torch
from torch import nn

from sklearn_mtl.neural_network.encoders import ConvEncoder, SharedConvEncoder

SHAPES = {"digit": (28, 28), "object": (3, 32, 32), "icon": (4, 9, 7)}


@pytest.fixture
def modules():
    encoder = SharedConvEncoder((4, 6, 8), n_convolutions=2)
    return nn.ModuleDict(encoder(SHAPES))


def layers_of(module, kind):
    return [layer for layer in module.modules() if isinstance(layer, kind)]


def test_each_input_has_its_module_and_all_have_the_same_width(modules):
    assert list(modules) == list(SHAPES)
    for name, shape in SHAPES.items():
        assert modules[name].out_features == 8 * 9
        assert modules[name](torch.randn(5, *shape)).shape == (5, 8 * 9)


def test_convolutions_are_one_and_the_same_but_for_the_first(modules):
    first, second, third = (layers_of(m, nn.Conv2d) for m in modules.values())
    assert len(first) == 6
    for a, b, c in zip(first[1:], second[1:], third[1:], strict=True):
        assert a is b is c
    assert [conv[0].in_channels for conv in (first, second, third)] == [1, 3, 4]


def test_normalisations_are_not_shared(modules):
    norms = [layers_of(module, nn.BatchNorm2d) for module in modules.values()]
    assert len({id(norm) for of_input in norms for norm in of_input}) == 3 * 6
    modules["digit"](torch.full((5, 28, 28), 100.0))
    assert norms[0][0].num_batches_tracked == 1
    assert norms[1][0].num_batches_tracked == 0


def test_what_one_input_learns_the_other_uses(modules):
    X = torch.randn(5, 3, 32, 32)
    modules.eval()
    before = modules["object"](X)
    optimizer = torch.optim.SGD(modules["digit"].parameters(), lr=0.1)
    modules["digit"](torch.randn(5, 28, 28)).sum().backward()
    optimizer.step()
    assert not torch.allclose(modules["object"](X), before)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_copy_shares_as_much(modules, copied):
    same = copied(modules)
    assert len(list(same.parameters())) == len(list(modules.parameters()))
    convs = [layers_of(module, nn.Conv2d) for module in same.values()]
    assert convs[0][1] is convs[1][1]


def test_alone_it_is_a_conv_encoder():
    (shared,) = SharedConvEncoder((4, 6))({"object": (3, 8, 8)}).values()
    alone = ConvEncoder((4, 6))((3, 8, 8))
    alone.load_state_dict(shared.state_dict())
    X = torch.randn(5, 3, 8, 8)
    torch.testing.assert_close(shared.eval()(X), alone.eval()(X))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 32, 32), r"a dict from the names of inputs to shapes.*got \(3, 32, 32\)"),
        ({}, "a dict from the names of inputs"),
        ({"a": (28, 28), "b": (10,)}, "SharedConvEncoder for input 'b' takes rows"),
        ({"a": (28, 28, 3)}, "SharedConvEncoder for input 'a' .* channels last"),
    ],
)
def test_bad_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        SharedConvEncoder()(shape)

"""What holds for the layers of every architecture."""

import copy
import pickle

import pytest
import torch
from sklearn.base import clone
from torch import nn

from sklearn_mtl.neural_network._modules import SeededDropout
from sklearn_mtl.neural_network.architectures import (
    ARCHITECTURES,
    CGC,
    PLE,
    CrossStitch,
    DSelectK,
    MMoE,
    SharedBottom,
    Sluice,
    SoftSharing,
    TaskAttention,
)
from sklearn_mtl.neural_network.architectures._registry import make_architecture

VARIANTS = {name: cls() for name, cls in ARCHITECTURES.items()} | {
    "bottom_with_task_layers": SharedBottom((4, 3)),
    "stitch_per_unit": CrossStitch(per_unit=True),
    "sluice_last_layer": Sluice(n_subspaces=3, mix_layers=False),
    "one_expert": MMoE(n_experts=1),
    "cgc_several": CGC(n_shared_experts=3, n_task_experts=2),
    "ple_several": PLE(n_shared_experts=3, n_task_experts=2),
    "dselect_per_example": DSelectK(n_experts=5, n_selected=3, per_example=True),
    "soft_trace": SoftSharing("trace"),
    "soft_l21": SoftSharing("l21"),
}
SIZES = {"one layer": (6,), "two layers": (6, 6), "four layers": (6, 6, 6, 6)}

every_architecture = pytest.mark.parametrize("name", VARIANTS)
every_depth = pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)


def own_parameters(trunk):
    return list(getattr(trunk, "task_layers", nn.Module()).parameters())


def gradients(scalar, tensors):
    return torch.autograd.grad(
        scalar, tensors, retain_graph=True, materialize_grads=True
    )


# Shapes


@every_architecture
@every_depth
@pytest.mark.parametrize("n_tasks", [1, 3])
def test_shape(name, sizes, n_tasks, make_trunk, features):
    trunk = make_trunk(VARIANTS[name], sizes, n_tasks=n_tasks)
    shape = (7, trunk.out_features)
    assert trunk(features).shape == ((n_tasks, *shape) if trunk.per_task else shape)


@every_architecture
@pytest.mark.parametrize("n_rows", [0, 1])
def test_few_rows(name, n_rows, make_trunk, features):
    trunk = make_trunk(VARIANTS[name]).eval()
    some, all_rows = trunk(features[:n_rows]), trunk(features)
    torch.testing.assert_close(some, all_rows[..., :n_rows, :])


@pytest.mark.parametrize("name", sorted({*VARIANTS} - {"sluice"}))
def test_layers_of_several_sizes(name, make_trunk, features):
    trunk = make_trunk(VARIANTS[name], (6, 9))
    assert trunk(features).shape[-1] == trunk.out_features


@every_architecture
def test_parts_are_registered(name, make_trunk):
    """All tensors move to another device with the module."""
    trunk = make_trunk(VARIANTS[name]).to("meta")
    assert trunk(torch.zeros(7, 5, dtype=torch.float64, device="meta")).is_meta


# What is shared


@every_architecture
@every_depth
def test_gradients_can_be_cut(name, sizes, make_trunk, features):
    """Passed on at the cut, they are those of the whole."""
    trunk = make_trunk(VARIANTS[name], sizes)
    tensors = [features, *trunk.parameters()]
    direction = torch.randn_like(trunk(features))
    expected = gradients((trunk(features) * direction).sum(), tensors)

    ends = trunk.share(features)
    cut = [end.detach().requires_grad_() for end in ends]
    outputs = trunk.specialise(*cut)
    own = own_parameters(trunk)
    (outputs * direction).sum().backward(inputs=[*cut, *own])
    grads = [torch.zeros_like(c) if c.grad is None else c.grad for c in cut]
    torch.autograd.backward(ends, grads)
    for tensor, gradient in zip(tensors, expected, strict=True):
        found = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
        torch.testing.assert_close(found, gradient)


@pytest.mark.parametrize("name", sorted({*VARIANTS} - {"shared_bottom"}))
@every_depth
def test_what_follows_the_cut_belongs_to_one_task(name, sizes, make_trunk, features):
    trunk = make_trunk(VARIANTS[name], sizes)
    own = own_parameters(trunk)
    outputs = trunk(features)
    by_task = [gradients(of_task.sum(), own) for of_task in outputs]
    for of_tasks in zip(*by_task, strict=True):
        users = sum((gradient != 0).int() for gradient in of_tasks)
        assert (users <= 1).all()


@every_architecture
@every_depth
def test_what_precedes_the_cut_is_used_by_several_tasks(
    name, sizes, make_trunk, features
):
    trunk = make_trunk(VARIANTS[name], sizes)
    own = {id(p) for p in own_parameters(trunk)}
    shared = [p for p in trunk.parameters() if id(p) not in own]
    cut = trunk.share(features)
    outputs = trunk.specialise(*cut)
    if not trunk.per_task:
        outputs = outputs.expand(3, -1, -1)
    for tensor in [*shared, *(() if trunk.makes_streams else cut)]:
        users = [gradients(of_task.sum(), [tensor])[0].any() for of_task in outputs]
        assert sum(users) == 3


# Start


@every_architecture
def test_weights_come_from_the_generator(name, build_trunk):
    state = torch.get_rng_state()
    first, same, other = (
        nn.utils.parameters_to_vector(
            build_trunk(VARIANTS[name], seed=seed).parameters()
        )
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@every_architecture
def test_every_precision_starts_from_the_same_layers(name, build_trunk):
    single = build_trunk(VARIANTS[name], dtype=torch.float32)
    double = build_trunk(VARIANTS[name], dtype=torch.float64)
    for a, b in zip(single.parameters(), double.parameters(), strict=True):
        torch.testing.assert_close(a.double(), b, rtol=1e-6, atol=1e-8)
    assert single(torch.zeros(7, 5)).dtype == torch.float32


# Training


@every_architecture
def test_penalty_is_for_training(name, make_trunk, features):
    trunk = make_trunk(VARIANTS[name])
    trunk(features)
    penalty = trunk.penalty()
    trunk.eval()
    trunk(features)
    assert trunk.penalty() is None
    if penalty is not None:
        found = gradients(penalty, list(trunk.parameters()))
        assert penalty > 0
        assert all(gradient.isfinite().all() for gradient in found)
        assert any(gradient.any() for gradient in found)


@every_architecture
def test_dropout(name, make_trunk, features):
    """It drops in training alone, and draws from its generator."""
    torch.manual_seed(0)
    state = torch.get_rng_state()
    trunk = make_trunk(VARIANTS[name], dropout=0.5)
    assert not torch.equal(trunk(features), trunk(features))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(
        isinstance(part, SeededDropout)
        for part in trunk.modules()
        if isinstance(part, nn.Dropout)
    )
    trunk.eval()
    assert torch.equal(trunk(features), trunk(features))


@every_architecture
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda trunk: pickle.loads(pickle.dumps(trunk))]
)
def test_copies(name, duplicate, make_trunk, features):
    """Also in the middle of a step."""
    trunk = make_trunk(VARIANTS[name])
    expected = trunk(features)
    assert torch.equal(duplicate(trunk)(features), expected)


# Parameters


@every_architecture
def test_parameters_are_those_of_an_estimator(name):
    architecture = VARIANTS[name]
    params = architecture.get_params()
    assert clone(architecture).get_params() == params
    assert type(architecture)().set_params(**params).get_params() == params


def test_names():
    for name, cls in ARCHITECTURES.items():
        assert type(make_architecture(name, "Net")) is cls
    assert isinstance(make_architecture(MMoE(2), "Net"), MMoE)


def test_unknown_name():
    message = "'architecture' parameter of Net must be .* 'mmo' .did you mean 'mmoe'"
    with pytest.raises(ValueError, match=message):
        make_architecture("mmo", "Net")


def test_no_architecture():
    with pytest.raises(ValueError, match="must be a name or an object of"):
        make_architecture(MMoE, "Net")


@pytest.mark.parametrize("name", sorted({*ARCHITECTURES} - {"shared_bottom"}))
def test_needs_a_layer(name, build_trunk):
    message = "'hidden_layer_sizes' parameter of .* must be at least one layer"
    with pytest.raises(ValueError, match=message):
        build_trunk(name, ())


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (SharedBottom((4, 0)), "'task_layer_sizes' .* of SharedBottom must be"),
        (CrossStitch(1.5), "'self_weight' parameter of CrossStitch must be"),
        (CrossStitch(per_unit="yes"), "'per_unit' parameter of CrossStitch must be"),
        (Sluice(n_subspaces=0), "'n_subspaces' parameter of Sluice must be"),
        (Sluice(n_subspaces=4), r"must be multiples of n_subspaces=4, got \(6, 6\)"),
        (Sluice(orthogonality=-1), "'orthogonality' parameter of Sluice must be"),
        (MMoE(0), "'n_experts' parameter of MMoE must be"),
        (CGC(0), "'n_shared_experts' parameter of CGC must be"),
        (CGC(1, 0), "'n_task_experts' parameter of CGC must be"),
        (PLE(n_task_experts=1.5), "'n_task_experts' parameter of PLE must be"),
        (DSelectK(1), "'n_experts' parameter of DSelectK must be"),
        (DSelectK(2, 3), "'n_selected' .* must be at most n_experts=2, got 3"),
        (DSelectK(gamma=0.0), "'gamma' parameter of DSelectK must be"),
        (TaskAttention(0), "'attention_size' parameter of TaskAttention must be"),
        (SoftSharing("distanse"), "did you mean 'distance'"),
        (SoftSharing(2), "'penalty' parameter of SoftSharing must be"),
        (SoftSharing(strength=-1), "'strength' parameter of SoftSharing must be"),
    ],
    ids=repr,
)
def test_bad_parameters(architecture, message, build_trunk):
    with pytest.raises(ValueError, match=message):
        build_trunk(architecture)


def test_layers_that_cannot_be_summed(build_trunk):
    message = "must be of one size, unless mix_layers=False"
    with pytest.raises(ValueError, match=message):
        build_trunk(Sluice(), (6, 8))
    assert build_trunk(Sluice(mix_layers=False), (6, 8)).out_features == 8

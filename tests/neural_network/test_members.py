"""Members that share weights, and networks that share none."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network._members import (
    MemberScales,
    MemberTrunk,
    SeparateTrunks,
    interleave,
)
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.architectures import ARCHITECTURES, SharedBottom
from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.augmentations import Mixup

N_FEATURES, N_TASKS = 20, 3
SHARING = [*ARCHITECTURES, SharedBottom(task_layer_sizes=(4,))]
by_architecture = pytest.mark.parametrize("architecture", SHARING, ids=str)


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def move(module, seed=5):
    """Let every parameter be away from where it starts."""
    for k, parameter in enumerate(module.parameters()):
        parameter.data.add_(0.3 * draw(*parameter.shape, seed=seed + k))
    return module.eval()


def make_trunk(architecture="shared_bottom", n_members=1, n_networks=1, sizes=(6, 6)):
    if isinstance(architecture, str):
        architecture = ARCHITECTURES[architecture]()
    generator = torch.Generator().manual_seed(0)
    layers = LayerSettings(
        N_FEATURES,
        sizes,
        N_TASKS,
        activation="tanh",
        dropout=0.0,
        generator=generator,
        dtype=torch.float64,
    )
    trunks = []
    for _ in range(n_networks):
        trunk = architecture.build(layers)
        if n_members > 1:
            trunk = MemberTrunk(trunk, N_FEATURES, n_members, generator, torch.float64)
        trunks.append(trunk)
    return move(trunks[0] if n_networks == 1 else SeparateTrunks(trunks))


def make_network(architecture="shared_bottom", **members):
    """Return a network of a task of two classes, one of three and a quantity."""
    kinds = ("classification", "classification", "regression")
    classes = (np.arange(2), np.arange(3), None)
    layout = OutputLayout(Tasks(("a", "b", "c"), kinds, classes, False, False))
    trunk = make_trunk(architecture, **members)
    constants = torch.zeros(5, dtype=torch.float64)
    return move(Network(nn.Identity(), trunk, layout, constants), seed=50)


def scales_for(n_members, groups):
    generator = torch.Generator().manual_seed(0)
    module = MemberScales(n_members, groups, generator, torch.float64)
    return move(module)


def network_of(trunk, row):
    """Return the number of the network that a row of training goes to."""
    return row % trunk.n_networks


def member_of(trunk, row):
    return (row // trunk.n_networks) % (trunk.n_members // trunk.n_networks)


# The numbers of a member


def test_members_start_as_random_signs():
    module = MemberScales(
        50, torch.arange(40), torch.Generator().manual_seed(0), torch.float64
    )
    assert set(module.scales.unique().tolist()) == {-1.0, 1.0}
    assert abs(module.scales.detach().mean()) < 0.1
    # Weight decay pulls them back there.
    assert (module.changes == 0).all()


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 20), k=st.integers(1, 6), d=st.integers(1, 30))
def test_row_i_gets_the_numbers_of_member_i_modulo_k(n, k, d):
    module = scales_for(k, torch.arange(d) % 7)
    rows = draw(n, d)
    own = module.scales[:, module.groups]
    expected = [row * own[i % k] for i, row in enumerate(rows)]
    found = module(rows)
    assert found.shape == (n, d)
    for row, naive in zip(found, expected, strict=True):
        torch.testing.assert_close(row, naive)


def test_rows_of_several_tasks_are_dealt_alike():
    module = scales_for(3, torch.arange(4))
    rows = draw(2, 7, 4)
    expected = torch.stack([module(of_task) for of_task in rows])
    torch.testing.assert_close(module(rows), expected)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 8), d=st.integers(1, 40), seed=st.integers(0, 50))
def test_products_by_group(n, d, seed):
    """Weighted by the numbers of a member they are the product with its rows."""
    groups = torch.randperm(d, generator=torch.Generator().manual_seed(seed)) % 16
    module = scales_for(3, groups)
    rows, weight = draw(n, d, seed=seed), draw(5, d, seed=seed + 1)
    parts = module.apply_by_group(rows, weight)
    for member in range(3):
        expected = (rows * module.scales[member, groups]) @ weight.T
        found = (module.scales[member, :, None, None] * parts).sum(0)
        torch.testing.assert_close(found, expected)


def test_features_are_in_sixteen_groups_of_a_size():
    trunk = MemberTrunk(
        make_trunk(), 100, 2, torch.Generator().manual_seed(0), torch.float64
    )
    counts = torch.bincount(trunk.enter.groups)
    assert len(counts) == 16
    assert set(counts.tolist()) == {6, 7}
    # Every unit of the representation is a group of its own.
    assert trunk.leave.scales.shape == (2, 6)


# Training


@by_architecture
@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("row", [0, 1, 4])
def test_a_row_trains_its_own_member_and_network(
    architecture, n_networks, n_members, row
):
    if n_networks * n_members == 1:
        pytest.skip("all rows train it")
    net = make_network(architecture, n_members=n_members, n_networks=n_networks)
    trunk = net.trunk
    net.train()(draw(8, N_FEATURES))[row].sum().backward()
    networks = [trunk] if n_networks == 1 else list(trunk.trunks)
    for j, network in enumerate(networks):
        is_own = j == network_of(trunk, row)
        grads = [p.grad for p in network.parameters() if p.grad is not None]
        assert any((grad != 0).any() for grad in grads) == is_own
        if n_members > 1 and is_own:
            own = [network.enter.changes, network.leave.changes]
            for changes in filter(lambda p: p.requires_grad, own):
                touched = (changes.grad != 0).any(1).tolist()
                member = member_of(trunk, row)
                assert touched == [m == member for m in range(n_members)]
    if n_networks > 1:
        touched = (net.heads.bias.grad != 0).any(1).tolist()
        assert touched == [j == network_of(trunk, row) for j in range(n_networks)]


@by_architecture
@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_training_gives_a_row_the_outputs_of_its_member(architecture, n_networks, n):
    net = make_network(architecture, n_members=3, n_networks=n_networks)
    X = draw(n, N_FEATURES)
    by_member = net.outputs_by_member(X)
    dealt = net.train()(X)
    for i in range(n):
        # Networks take turns, and the members of each.
        member = i % (3 * n_networks)
        torch.testing.assert_close(dealt[i], by_member[i, member])


@by_architecture
def test_scales_are_learnt_only_by_tasks_that_share_layers(architecture):
    """Else each would learn the same scales from the other tasks."""
    trunk = make_trunk(architecture, 2)
    shares = str(architecture) not in ("separate", "soft_sharing")
    assert trunk.enter.changes.requires_grad == shares
    assert trunk.leave.changes.requires_grad == shares


# Prediction


@by_architecture
@pytest.mark.parametrize("n_members", [2, 3])
def test_all_members_at_once_are_each_row_several_times(architecture, n_members):
    trunk = make_trunk(architecture, n_members)
    features = draw(7, N_FEATURES)
    found = trunk.share_with_all(features)
    expected = trunk.share(features.repeat_interleave(n_members, dim=0))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


@by_architecture
def test_members_are_networks_with_scaled_weights(architecture):
    """One by one: s_m into the first layer, r_m out of the last one."""
    trunk = make_trunk(architecture, 3)
    features = draw(5, N_FEATURES)
    found = trunk.specialise(*trunk.share_with_all(features))
    found = found.unflatten(-2, (5, 3))
    for m in range(3):
        enter = trunk.enter.scales[m, trunk.enter.groups]
        leave = trunk.leave.scales[m]
        expected = trunk.trunk(features * enter) * leave
        torch.testing.assert_close(found[..., m, :], expected)


@by_architecture
@pytest.mark.parametrize("n_members", [1, 3])
def test_networks_are_what_they_are_alone(architecture, n_members):
    net = make_network(architecture, n_members=n_members, n_networks=2)
    X = draw(5, N_FEATURES)
    found = net.outputs_by_member(X).unflatten(1, (n_members, 2))
    for j, trunk in enumerate(net.trunk.trunks):
        alone = copy.deepcopy(net)
        alone.trunk, alone.n_members = trunk, n_members
        alone.heads.weight = nn.Parameter(net.heads.weight[j])
        alone.heads.bias = nn.Parameter(net.heads.bias[j])
        torch.testing.assert_close(found[:, :, j], alone.outputs_by_member(X))


@by_architecture
@pytest.mark.parametrize("n_networks", [1, 2])
def test_a_prediction_is_the_mean_over_the_members(architecture, n_networks):
    """Of probabilities, and of quantities."""
    net = make_network(architecture, n_members=3, n_networks=n_networks)
    X = draw(6, N_FEATURES)
    by_member = net.outputs_by_member(X).detach()
    predicted = net(X).detach()
    found = net.layout.probabilities(predicted)
    of_members = [net.layout.probabilities(outputs) for outputs in by_member.unbind(1)]
    for task in (0, 1):
        expected = np.mean([member[task] for member in of_members], axis=0)
        np.testing.assert_allclose(found[task], expected, atol=1e-12)
    torch.testing.assert_close(predicted[:, -1], by_member[:, :, -1].mean(1))


@settings(max_examples=60, deadline=None)
@given(
    logits=st.lists(st.floats(-700, 700), min_size=6, max_size=6),
)
def test_means_of_probabilities_however_small(logits):
    """Two members, with a task of two classes and one of three."""
    classes = (np.arange(2), np.arange(3))
    kinds = ("classification",) * 2
    layout = OutputLayout(Tasks(("a", "b"), kinds, classes, False, False))
    outputs = torch.tensor(logits + logits[::-1][:2], dtype=torch.float64)
    outputs = outputs.view(1, 2, 4)
    found = layout.probabilities(layout.average(outputs))
    for task in (0, 1):
        of_members = [layout.probabilities(z)[task] for z in outputs.unbind(1)]
        np.testing.assert_allclose(found[task], np.mean(of_members, 0), rtol=1e-9)
    assert layout.average(outputs).isfinite().all()


def test_members_of_one_mind_are_as_sure_as_one():
    """In single precision too, where 1 - p would be 0."""
    classes, kinds = (np.arange(2),), ("classification",)
    layout = OutputLayout(Tasks(("a",), kinds, classes, True, False))
    outputs = torch.full((1, 4, 1), 80.0)
    assert layout.average(outputs).item() == pytest.approx(80, rel=1e-5)
    assert layout.average(-outputs).item() == pytest.approx(-80, rel=1e-5)


@by_architecture
@pytest.mark.parametrize(("n_networks", "n_members"), [(1, 3), (2, 1), (2, 3)])
def test_networks_that_take_turns(architecture, n_networks, n_members):
    """A row gets the mean prediction of the members of one of them."""
    net = make_network(architecture, n_members=n_members, n_networks=n_networks)
    X = draw(6, N_FEATURES)
    in_turn = net.take_turns(X)
    by_member = net.outputs_by_member(X)
    for i in range(6):
        # Networks take turns among the members.
        own = by_member[i : i + 1, i % n_networks :: n_networks]
        torch.testing.assert_close(in_turn[i : i + 1], net.layout.average(own))


@by_architecture
@pytest.mark.parametrize("n_networks", [1, 2])
def test_a_representation_is_the_mean_over_the_members(architecture, n_networks):
    net = make_network(architecture, n_members=2, n_networks=n_networks)
    X = draw(4, N_FEATURES)
    found = net.represent(X)
    assert found.shape == (4, net.n_represented)
    parts = net.trunk.specialise(*net.trunk.share_with_all(X))
    if net.trunk.per_task:
        parts = parts.transpose(0, 1).flatten(1)
    expected = parts.view(4, net.n_members, -1).mean(1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("lengths", [(3, 3), (3, 2), (4, 4, 3), (1, 0, 0)], ids=str)
def test_what_was_dealt_comes_back_in_order(lengths):
    n = sum(lengths)
    rows = draw(n, 2)
    parts = [rows[j :: len(lengths)] for j in range(len(lengths))]
    assert tuple(map(len, parts)) == lengths
    torch.testing.assert_close(interleave(parts), rows)


# Estimators

X, Y = make_multitask_classification(
    90, 5, n_tasks=2, n_classes=[2, 3], missing_fraction=0.2, random_state=0
)


def fit(Net=MultiTaskNetClassifier, X=X, Y=Y, **params):
    defaults = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}
    return Net(**defaults | params).fit(X, Y)


@by_architecture
@pytest.mark.parametrize("n_networks", [1, 2])
def test_every_architecture_has_members(architecture, n_networks):
    net = fit(architecture=architecture, n_members=3, n_networks=n_networks)
    for proba in net.predict_proba(X):
        assert np.isfinite(proba).all()
        np.testing.assert_allclose(proba.sum(1), 1, atol=1e-6)


def test_each_network_goes_through_all_rows_in_each_epoch():
    """In an order of its own; batches have `batch_size` rows of each."""
    seen = []

    def look(batch):
        seen.append(batch[:, 0].clone())
        return batch

    fit(
        Y=np.nan_to_num(Y),
        augment=look,
        n_networks=3,
        n_members=2,
        batch_size=20,
        max_epochs=1,
        early_stopping=False,
        preprocess=False,
    )
    assert [len(batch) for batch in seen] == [60, 60, 60, 60, 30]
    orders = torch.cat(seen).unflatten(0, (-1, 3)).T
    for order in orders:
        np.testing.assert_allclose(order.sort().values, np.sort(X[:, 0]), rtol=1e-6)
    assert not torch.equal(orders[0], orders[1])


def see_rows(**params):
    """Return the numbers of the training rows that each of three networks gets."""
    seen = []

    def look(batch):
        seen.append(batch[:, 0].clone())
        return batch

    numbered = np.column_stack([np.arange(90.0), X])
    settings = {"n_networks": 3, "n_members": 1, "max_epochs": 1, "preprocess": False}
    fit(X=numbered, augment=look, **settings | params)
    return [set(rows.tolist()) for rows in torch.cat(seen).unflatten(0, (-1, 3)).T]


@pytest.mark.parametrize("sampler", [None, "proportional", "uniform"])
def test_each_network_holds_out_rows_of_its_own(sampler):
    """So that all rows are learnt from, and all are held out by one network at most."""
    params = {"early_stopping": True, "validation_fraction": 0.2, "max_epochs": 20}
    seen = see_rows(task_sampler=sampler, Y=np.nan_to_num(Y), **params)
    missing = [set(range(90)) - rows for rows in seen]
    for j, rows in enumerate(missing):
        assert len(rows) == 18
        assert not any(rows & other for other in missing[j + 1 :])


def test_what_a_network_holds_out_it_does_not_know():
    """Labels without rhyme or reason are learnt by heart, by the others only."""
    labels = np.random.default_rng(0).integers(0, 2, size=(90, 2)).astype(float)
    net = fit(
        Y=labels,
        hidden_layer_sizes=(64,),
        n_networks=3,
        early_stopping=True,
        validation_fraction=0.3,
        max_epochs=100,
        n_iter_no_change=100,
        n_members=1,
        weight_decay=0.0,
        dropout=0.0,
    )
    last = net.history_[-1]
    assert last["train_loss"] < 0.3
    assert last["valid_relative_loss"] > 1


@pytest.mark.parametrize("kind", ["encoder", "embedding", "mixup"])
def test_what_passes_on_what_a_network_holds_out(kind):
    """Then all of them hold out the same rows."""
    passing = {
        "encoder": {"encoder": lambda n_features: nn.Linear(n_features, 4)},
        "embedding": {"encoder": "periodic", "preprocess": True},
        "mixup": {"augment": Mixup()},
    }
    numbered = np.column_stack([np.arange(90.0), X])
    settings = {"n_networks": 3, "validation_fraction": 0.2, "early_stopping": True}
    run = MultiTaskNetClassifier(
        (8,), **settings, random_state=0, **passing[kind]
    )._prepare(numbered, np.nan_to_num(Y))
    assert len(run.train) == 72
    assert not run.train.own_rows


def test_vectors_of_categories_do_not_tell_what_is_held_out():
    """Of a category that comes twice, one row would tell the label of the other."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"c": np.repeat(np.arange(100), 2).astype(str)}, dtype="category"
    )
    labels = rng.integers(0, 2, size=100).repeat(2)
    labels[1::2] ^= 1
    net = fit(
        X=table, Y=labels, n_networks=4, max_epochs=40, early_stopping=True, lr=0.01
    )
    assert net.history_[-1]["valid_relative_loss"] > 0.95


@pytest.mark.parametrize("n_rows", [8, 12])
def test_too_few_rows_for_each_network_to_hold_out_some(n_rows):
    rows = slice(n_rows)
    params = {"early_stopping": True, "validation_fraction": 0.25, "n_networks": 20}
    net = fit(X=X[rows], Y=np.nan_to_num(Y)[rows], **params)
    assert "valid_relative_loss" in net.history_[0]


def test_weights_of_networks_differ():
    trunk = fit(n_networks=2, n_members=1).module_.trunk
    first, second = (t.layers[0].weight for t in trunk.trunks)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("Net", [MultiTaskNetClassifier, MultiTaskNetRegressor])
def test_predictions_do_not_depend_on_the_rows_beside_them(Net):
    net = fit(Net, Y=X[:, :2] if Net is MultiTaskNetRegressor else Y)
    np.testing.assert_allclose(net.predict(X[7:9]), net.predict(X)[7:9], rtol=1e-5)


def test_the_same_seed_is_the_same_ensemble():
    first, second = (fit(n_networks=2).predict_proba(X)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("architecture", "n_networks"), [("film", 1), ("film", 3), ("mmoe", 3)]
)
def test_gradients_of_tasks_are_compared_within_each_network(architecture, n_networks):
    """Two tasks with the same labels do not disagree."""
    same = np.column_stack([Y[:, 0], Y[:, 0]])
    net = fit(
        Y=same,
        architecture=architecture,
        hidden_layer_sizes=(8, 8),
        n_networks=n_networks,
        balancer="pcgrad",
        max_epochs=5,
    )
    cosines = net.history_[-1]["gradient_cosines"]
    assert cosines[0][1] > 0.5


def test_members_of_a_mixed_net():
    quantities = np.column_stack([Y[:, 0], X[:, 0]])
    net = fit(
        MultiTaskNet,
        Y=quantities,
        n_networks=2,
        task_types=["classification", "regression"],
    )
    assert np.isfinite(net.predict(X).astype(float)).all()


def test_more_members_are_better():
    """On average: the mean of several is closer than one of them."""
    X, Y = make_multitask_regression(150, 8, n_tasks=2, noise=2.0, random_state=0)
    params = {"n_members": 1, "hidden_layer_sizes": (32,), "max_epochs": 30}
    one, several = (
        np.mean(
            [
                fit(
                    MultiTaskNetRegressor,
                    X[:100],
                    Y[:100],
                    **params | {"n_networks": k, "random_state": seed},
                ).score(X[100:], Y[100:])
                for seed in range(3)
            ]
        )
        for k in (1, 4)
    )
    assert several > one


@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("task_sampler", [None, "uniform"])
@pytest.mark.parametrize("batch_size", [1, 2, 5, 128])
def test_every_member_is_trained_however_small_the_batches(
    batch_size, task_sampler, n_networks
):
    net = fit(
        X=X[:9],
        Y=np.nan_to_num(Y[:9]),
        batch_size=batch_size,
        task_sampler=task_sampler,
        n_networks=n_networks,
        max_epochs=8,
    )
    trunk = net.module_.trunk
    for network in [trunk] if n_networks == 1 else trunk.trunks:
        assert (network.leave.changes != 0).any(1).all()
        assert (network.enter.changes != 0).any(1).all()


def test_every_member_is_trained_a_row_at_a_time():
    net = MultiTaskNetClassifier((8,), random_state=0)
    net.partial_fit(X, Y, classes=[range(2), range(3)])
    before = net.module_.trunk.leave.changes.clone()
    net.partial_fit(X[:1], np.nan_to_num(Y[:1]))
    assert (net.module_.trunk.leave.changes != before).any(1).all()


def test_small_batches_teach_members_as_much_as_one_network():
    labels = np.column_stack([X[:, 0] > 0, X[:, 1] > X[:, 2]]).astype(int)
    settings = {"Y": labels, "batch_size": 2, "max_epochs": 20}
    one, several = (fit(**settings, n_members=k).score(X, labels) for k in (1, 8))
    assert several > one - 0.03

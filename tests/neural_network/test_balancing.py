"""Training steps with a balancer, against gradients found one by one."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from torch import nn

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier
from sklearn_mtl.neural_network._balancing import make_balancing
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._portions import Parts, whole_portion
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.balancers import GLS, MGDA, Fixed, Uncertainty
from sklearn_mtl.neural_network.balancers._base import (
    GradientBalancer,
    GramianBalancer,
)

LEVELS = ("representation", "parameters")
CLASSES = (np.arange(2), None, np.arange(3), np.arange(2))
LAYOUT = OutputLayout(
    Tasks(
        names=tuple("abcd"),
        kinds=tuple(
            "regression" if known is None else "classification" for known in CLASSES
        ),
        classes=CLASSES,
        one_dimensional=False,
        named=False,
    )
)
TASK_WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
SHARES = TASK_WEIGHTS / TASK_WEIGHTS.sum()


class Recorder(GramianBalancer):
    """Returns given weights, and keeps what it was shown."""

    def __init__(self, given, update_weights_every=1):
        self.given, self.seen = np.asarray(given), []
        self.update_weights_every = update_weights_every

    def _weights(self, G, tasks):
        self.seen.append((G, tasks))
        return self.given[tasks]


class Adder(GradientBalancer):
    """Returns the sum of the gradients, and keeps them."""

    def _combine(self, J, tasks):
        self.seen = J
        return J.sum(0)


class ListensToLosses(Recorder):
    uses_losses = True

    def _observe_losses(self, losses, tasks):
        self.losses, self.tasks = losses, tasks


def make_net(architecture="shared_bottom"):
    settings = LayerSettings(
        n_features_in=3,
        hidden_layer_sizes=(6, 6),
        n_tasks=4,
        activation="tanh",
        dropout=0.0,
        generator=torch.Generator().manual_seed(0),
        dtype=torch.float64,
    )
    net = Network(
        nn.Linear(3, 3, dtype=torch.float64),
        ARCHITECTURES[architecture]().build(settings),
        LAYOUT,
        torch.zeros(6, dtype=torch.float64),
    )
    nn.init.normal_(net.heads.weight, generator=torch.Generator().manual_seed(1))
    return net


def make_batch(missing=0.0, seed=0, n=20):
    rng = np.random.RandomState(seed)
    y = np.column_stack(
        [
            rng.randint(2, size=n),
            rng.randn(n),
            rng.randint(3, size=n),
            rng.rand(n) > 0.5,
        ]
    )
    weights = 2 * rng.rand(n, 4) * (rng.rand(n, 4) >= missing)
    X = torch.from_numpy(rng.randn(n, 3))
    order = LAYOUT.order
    return X, (
        torch.from_numpy(y[:, order].astype(float)),
        torch.from_numpy(weights[:, order]),
    )


def parts_of(batch):
    return Parts(whole_portion(batch))


def make_step(balancer, net, level="representation"):
    balancer.reset(4, are_classification=[True, False, True, True], random_state=0)
    criterion = WeightedTaskLoss(LAYOUT, torch.float64, balancer)
    criterion.weigh(TASK_WEIGHTS)
    return make_balancing(net, criterion, level)


def estimates(net, batch):
    """Return the losses of the tasks in the order of Y, without bias."""
    X, (targets, weights) = batch
    cells = LAYOUT.losses(net(X), targets)
    return (cells * weights).sum(0)[LAYOUT.positions] / len(X)


def gradients(net, batch, parameters):
    """Return the gradient of each task, a row each."""
    rows = []
    for loss in estimates(net, batch):
        found = torch.autograd.grad(
            loss, parameters, retain_graph=True, materialize_grads=True
        )
        rows.append(torch.cat([gradient.flatten() for gradient in found]))
    return torch.stack(rows)


def flat(parameters):
    return torch.cat([parameter.grad.flatten() for parameter in parameters])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_mean_is_the_plain_step(architecture, level):
    net, batch = make_net(architecture), make_batch(missing=0.3)
    make_step(Recorder(np.full(4, 0.25)), net, level).backward(parts_of(batch))
    found = [p.grad for p in net.parameters()]
    net.zero_grad()
    objective = torch.from_numpy(SHARES) @ estimates(net, batch)
    penalty = net.trunk.penalty()
    (objective if penalty is None else objective + penalty).backward()
    for gradient, parameter in zip(found, net.parameters(), strict=True):
        expected = parameter.grad
        if expected is None:
            assert gradient is None or not gradient.any()
        else:
            torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("architecture", ["shared_bottom", "mmoe", "film"])
def test_weights_reach_what_is_shared_and_only_that(architecture, level):
    net, batch = make_net(architecture), make_batch()
    given = np.array([0.1, 0.0, 2.0, 0.5])
    make_step(Recorder(given), net, level).backward(parts_of(batch))
    shared, own = net.shared_parameters(), net.task_parameters()
    of_shared, of_own = flat(shared), flat(own)
    weights = torch.from_numpy(given * SHARES * 4)
    torch.testing.assert_close(of_shared, weights @ gradients(net, batch, shared))
    plain = torch.from_numpy(SHARES) @ gradients(net, batch, own)
    torch.testing.assert_close(of_own, plain)


def test_gramian_of_the_representation():
    net, batch = make_net(), make_batch()
    balancer = Recorder(np.full(4, 0.25))
    make_step(balancer, net).backward(parts_of(batch))
    (shared,) = net.share(batch[0])
    cut = shared.detach().requires_grad_()
    cells = LAYOUT.losses(net.decode(cut), batch[1][0])
    losses = (cells * batch[1][1]).sum(0)[LAYOUT.positions] / len(cut)
    rows = [torch.autograd.grad(a, cut, retain_graph=True)[0] for a in losses]
    J = torch.stack(rows).flatten(1) * torch.from_numpy(SHARES * 4)[:, None]
    G, tasks = balancer.seen[0]
    assert tasks.tolist() == [0, 1, 2, 3]
    torch.testing.assert_close(torch.from_numpy(G), J @ J.T)


@pytest.mark.parametrize("architecture", ["shared_bottom", "mmoe", "film"])
def test_gramian_of_the_parameters(architecture):
    net, batch = make_net(architecture), make_batch()
    balancer = Recorder(np.full(4, 0.25))
    make_step(balancer, net, "parameters").backward(parts_of(batch))
    J = gradients(net, batch, net.shared_parameters())
    J = J * torch.from_numpy(SHARES * 4)[:, None]
    torch.testing.assert_close(torch.from_numpy(balancer.seen[0][0]), J @ J.T)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("architecture", ["shared_bottom", "mmoe", "film"])
def test_combined_gradients_reach_what_is_shared(architecture, level):
    net, batch = make_net(architecture), make_batch()
    make_step(Adder(), net, level).backward(parts_of(batch))
    shared = net.shared_parameters()
    expected = torch.from_numpy(SHARES * 4) @ gradients(net, batch, shared)
    torch.testing.assert_close(flat(shared), expected)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("absent", [0, 2])
def test_an_absent_task_is_taken_out(level, absent):
    X, (targets, weights) = make_batch()
    weights[:, LAYOUT.positions[absent]] = 0
    balancer = ListensToLosses(np.full(4, 0.25))
    net = make_net()
    step = make_step(balancer, net, level)
    step.backward(parts_of((X, (targets, weights))))
    present = [t for t in range(4) if t != absent]
    G, tasks = balancer.seen[0]
    assert tasks.tolist() == balancer.tasks.tolist() == present
    assert G.shape == (3, 3)
    assert np.isfinite(G).all()
    assert np.isnan(step.record.weights()).tolist() == [t == absent for t in range(4)]


def test_balancers_see_the_mean_loss_over_the_labels_seen():
    X, (targets, weights) = make_batch(missing=0.5)
    balancer = ListensToLosses(np.full(4, 0.25))
    net = make_net()
    make_step(balancer, net).backward(parts_of((X, (targets, weights))))
    cells = LAYOUT.losses(net(X), targets).detach()
    means = ((cells * weights).sum(0) / weights.sum(0))[LAYOUT.positions]
    np.testing.assert_allclose(balancer.losses, means)


def test_a_batch_without_labels_changes_nothing():
    X, (targets, weights) = make_batch()
    for balancer in (Recorder(np.ones(4)), Fixed()):
        net = make_net()
        make_step(balancer, net).backward(parts_of((X, (targets, weights * 0))))
        assert not any(p.grad.any() for p in net.parameters() if p.grad is not None)


def test_a_function_of_the_losses_is_minimised():
    # With weights of labels that are all 1, both kinds of mean are the same.
    X, (targets, weights) = make_batch()
    net, weights = make_net(), torch.ones_like(weights)
    make_step(GLS(), net).backward(parts_of((X, (targets, weights))))
    found = flat(list(net.parameters()))
    net.zero_grad()
    losses = estimates(net, (X, (targets, weights)))
    (torch.from_numpy(SHARES) @ losses.log()).exp().backward()
    torch.testing.assert_close(
        found, flat(list(net.parameters())), rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("level", LEVELS)
def test_weights_are_found_every_few_steps(level):
    balancer, net = Recorder(np.full(4, 0.25), update_weights_every=3), make_net()
    step = make_step(balancer, net, level)
    X, (targets, weights) = make_batch()
    fewer = weights.clone()
    fewer[:, 0] = 0
    step.backward(parts_of((X, (targets, fewer))))
    for _ in range(6):
        net.zero_grad()
        step.backward(parts_of((X, (targets, weights))))
    assert len(balancer.seen) == 3
    assert np.isfinite(step.record.weights()).all()


def test_cosines_are_recorded():
    net, batch = make_net(), make_batch()
    step = make_step(Recorder(np.full(4, 0.25)), net, "parameters")
    assert np.isnan(step.record.cosines()).all()
    step.backward(parts_of(batch))
    rows = gradients(net, batch, net.shared_parameters())
    rows = rows / rows.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(step.record.cosines(), rows @ rows.T, atol=1e-12)


# Through the estimators


@pytest.fixture
def data():
    X, Y = make_multitask_classification(
        n_samples=120, n_tasks=3, n_classes=3, random_state=0
    )
    Y = Y.astype(float)
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.2] = np.nan
    return X, Y


def small(**params):
    settings = {"max_epochs": 3, "early_stopping": False, "random_state": 0}
    return MultiTaskNetClassifier((8,), **{**settings, **params})


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "function",
    [lambda J: J.mean(0), lambda G: torch.full((len(G),), 1 / len(G))],
    ids=["of the Jacobian", "of the Gramian"],
)
def test_functions_of_users(data, function, level):
    precise = {"precision": "float64"}
    plain = small(**precise).fit(*data)
    net = small(balancer=function, gradient_level=level, **precise).fit(*data)
    np.testing.assert_allclose(net.transform(data[0]), plain.transform(data[0]), 1e-4)


def test_aggregators_of_torchjd(data):
    aggregation = pytest.importorskip("torchjd.aggregation")
    ours = small(balancer=MGDA(), precision="float64").fit(*data)
    theirs = small(
        balancer=aggregation.MGDA(epsilon=1e-12, max_iters=5000), precision="float64"
    ).fit(*data)
    np.testing.assert_allclose(
        ours.transform(data[0]), theirs.transform(data[0]), atol=1e-2
    )
    weighting = aggregation.MGDAWeighting(epsilon=1e-12, max_iters=5000)
    again = small(balancer=weighting, precision="float64").fit(*data)
    np.testing.assert_allclose(again.transform(data[0]), theirs.transform(data[0]))


def test_the_history_tells_the_weights(data):
    history = small(balancer="mgda").fit(*data).history_
    for row in history:
        weights = [row[f"weight_task{t}"] for t in range(3)]
        assert sum(weights) == pytest.approx(1, abs=1e-6)
        assert np.shape(row["gradient_cosines"]) == (3, 3)
        found = np.diag(row["gradient_cosines"])
        # The heads start at 0, and so do the gradients of what comes before them.
        np.testing.assert_allclose(found, 1 if row["epoch"] > 1 else np.nan)
        assert row["balancer_failures"] == 0
    assert history[0]["weight_task0"] != history[1]["weight_task0"]
    assert "gradient_cosines" not in small(balancer="dwa").fit(*data).history_[0]
    assert "balancer_failures" not in small().fit(*data).history_[0]


def test_a_fit_leaves_the_balancer_alone(data):
    balancer = Uncertainty()
    net = small(balancer=balancer).fit(*data)
    assert vars(balancer) == vars(Uncertainty())
    assert net.get_params()["balancer"] is balancer
    assert vars(clone(net).balancer) == vars(balancer)


def test_what_is_learnt_has_a_rate_of_its_own_and_no_decay(data):
    net = small(balancer=Uncertainty(lr=0.05), lr=1e-3, weight_decay=0.7).fit(*data)
    groups = {group["lr"]: group for group in net.net_.optimizer_.param_groups}
    assert set(groups) == {0.05, 1e-3}
    assert groups[0.05]["weight_decay"] == 0
    assert groups[1e-3]["weight_decay"] == 0.7
    (learnt,) = net.net_.criterion_.balancer_parameters.values()
    assert learnt.abs().min() > 0
    net.set_params(lr=2e-3, warm_start=True).fit(*data)
    assert {g["lr"] for g in net.net_.optimizer_.param_groups} == {0.05, 2e-3}


@pytest.mark.parametrize(
    "copied", [lambda net: pickle.loads(pickle.dumps(net)), copy.deepcopy]
)
def test_copies_go_on_where_the_net_was(data, copied):
    net = small(balancer="uncertainty", warm_start=True).fit(*data)
    other = copied(net)
    (before,) = net.net_.criterion_.balancer_parameters.values()
    (after,) = other.net_.criterion_.balancer_parameters.values()
    assert torch.equal(before, after)
    moved = other.fit(*data).predict_proba(data[0])
    np.testing.assert_array_equal(moved[0], net.fit(*data).predict_proba(data[0])[0])
    assert not torch.equal(before, torch.zeros_like(before))


def test_what_is_learnt_goes_back_to_the_best_epoch(data):
    def learnt(net):
        (found,) = net.net_.criterion_.balancer_parameters.values()
        return found.tolist()

    params = {"balancer": "uncertainty", "early_stopping": True, "max_epochs": 30}
    params |= {"preset": "plain"}
    net = small(**params, lr=0.05, n_iter_no_change=3).fit(*data)
    assert net.best_epoch_ < net.n_iter_
    until = {**params, "lr": 0.05, "max_epochs": net.best_epoch_}
    assert learnt(net) == learnt(small(**until).fit(*data))


def test_parameters_of_balancers_can_be_searched(data):
    X, Y = data
    search = GridSearchCV(
        small(balancer=MGDA()), {"balancer__update_weights_every": [1, 2]}, cv=2
    ).fit(X, np.nan_to_num(Y))
    assert search.best_params_["balancer__update_weights_every"] in (1, 2)


def test_a_balancer_that_fails_warns_once_and_is_counted(data):
    def broken(G):
        return torch.full((len(G),), torch.nan)

    with pytest.warns(ConvergenceWarning, match="took the mean") as caught:
        net = small(balancer=broken, batch_size=30).fit(*data)
    assert len([w for w in caught if w.category is ConvergenceWarning]) == 1
    # There is no gradient in the first step, as the heads start at 0.
    assert [row["balancer_failures"] for row in net.history_] == [3, 4, 4]
    plain = small(batch_size=30).fit(*data)
    np.testing.assert_allclose(
        net.transform(data[0]), plain.transform(data[0]), atol=1e-5
    )


def test_warns_where_nothing_is_shared(data):
    X, Y = data
    net = MultiTaskNetClassifier((), balancer="mgda", max_epochs=2)
    with pytest.warns(UserWarning, match="share no parameters"):
        net.fit(X, Y)


@pytest.mark.parametrize("balancer", ["mgda", "uncertainty"])
def test_tasks_of_both_kinds(data, balancer):
    X, Y = data
    Y = np.column_stack([Y[:, :2], X[:, 0], np.zeros(len(X))])
    net = MultiTaskNet(
        (8,),
        task_types=["classification", "classification", "regression", "classification"],
        balancer=balancer,
        max_epochs=3,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="single class"):
        net.fit(X, Y)
    assert net.predict(X).shape == Y.shape
    assert np.isnan(net.history_[-1]["weight_task3"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"balancer": "mdga"}, "did you mean 'mgda'"),
        ({"balancer": 3}, "'balancer' parameter of MultiTaskNetClassifier must be"),
        ({"balancer": lambda J: J.sum()}, "must be a name or an object"),
        ({"balancer": MGDA(update_weights_every=0)}, "update_weights_every"),
        ({"gradient_level": "parameter"}, "did you mean 'parameters'"),
        ({"architecture": "shared_botom"}, "did you mean 'shared_bottom'"),
        ({"architecture": 3}, "must be a name or an object"),
    ],
)
def test_bad_parameters(data, params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(*data)


def test_no_warning_in_an_ordinary_fit(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(balancer="mgda").fit(*data)

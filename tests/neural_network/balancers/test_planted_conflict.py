"""Two tasks that want opposite things of a shared unit, one on a scale 1000 times that
of the other: where the plain sum forgets one, and who does not."""

import numpy as np
import pytest
import torch

from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.balancers._base import LossBalancer

SCALES = torch.tensor([1000.0, 1.0], dtype=torch.float64)
SIGNS = torch.tensor([1.0, -1.0], dtype=torch.float64)
# What each task wants of the weights of the unit, of which its head changes the sign.
WANTED = torch.tensor([[1.0, 0.3], [0.3, 1.0]], dtype=torch.float64)
X = torch.randn(200, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

# Those that weigh by the scale of losses or gradients, or that avoid conflicts.
ROBUST = (
    "config",
    "db_mtl",
    "dualproj",
    "fairgrad",
    "gradnorm",
    "mgda",
    "nash_mtl",
    "pcgrad",
    "stch",
    "upgrad",
)
NEVER_WORSE = ("dualproj", "mgda", "upgrad")


def losses(unit):
    errors = (X @ unit)[:, None] * SIGNS - X @ WANTED.T * SIGNS
    return SCALES * (errors**2).mean(0)


def find_gradient(balancer, unit):
    """Leave the gradient of a step in the unit."""
    found = losses(unit)
    if balancer is None:
        found.sum().backward()
    elif isinstance(balancer, LossBalancer):
        leaf = found.detach().requires_grad_()
        balancer.objective(leaf).backward()
        (leaf.grad @ found).backward()
    else:
        rows = [torch.autograd.grad(a, unit, retain_graph=True)[0] for a in found]
        if balancer.uses_losses:
            balancer.observe_losses(found.detach().numpy())
        unit.grad = balancer.combine(torch.stack(rows))


def train(name):
    """Return the losses after training, in units of those before it."""
    balancer = None
    if name is not None:
        balancer = BALANCERS[name]().reset(2, random_state=0)
    unit = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([unit], lr=0.02)
    before = losses(unit).detach()
    for step in range(250):
        optimizer.zero_grad()
        find_gradient(balancer, unit)
        optimizer.step()
        if balancer is not None and step % 10 == 9:
            balancer.end_epoch(losses(unit).detach().numpy())
    return (losses(unit) / before).detach().numpy()


def test_the_plain_sum_forgets_the_small_task():
    large, small = train(None)
    assert large < 0.01
    assert small > 0.8


@pytest.mark.parametrize("name", ROBUST)
def test_robust_methods_learn_both(name):
    assert train(name).max() < 0.55


@pytest.mark.parametrize("name", [None, *NEVER_WORSE])
def test_steps_that_make_no_task_worse(name):
    balancer = None if name is None else BALANCERS[name]().reset(2, random_state=0)
    unit = torch.tensor([0.2, 0.9], dtype=torch.float64, requires_grad=True)
    history = [losses(unit).detach().numpy()]
    for _ in range(100):
        unit.grad = None
        find_gradient(balancer, unit)
        with torch.no_grad():
            unit -= 1e-3 * unit.grad / max(float(unit.grad.norm()), 1.0)
        history.append(losses(unit).detach().numpy())
    changes = np.diff(history, axis=0) / history[0]
    assert (changes.max() > 1e-3) == (name is None)

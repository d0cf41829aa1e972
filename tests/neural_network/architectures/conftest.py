"""Layers to look at: small ones, with every parameter away from its start."""

from collections.abc import Callable

import pytest
import torch

from sklearn_mtl.neural_network._modules import seed_dropout
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.architectures._base import LayerSettings, Trunk


@pytest.fixture
def build_trunk() -> Callable[..., Trunk]:
    """A function: architecture -> layers for 5 features, as they start."""

    def build(
        architecture,
        sizes=(6, 6),
        *,
        n_tasks=3,
        activation="tanh",
        dropout=0.0,
        dtype=torch.float64,
        seed=0,
    ):
        if isinstance(architecture, str):
            architecture = ARCHITECTURES[architecture]()
        trunk = architecture.build(
            LayerSettings(
                5,
                sizes,
                n_tasks,
                activation=activation,
                dropout=dropout,
                generator=torch.Generator().manual_seed(seed),
                dtype=dtype,
            )
        )
        seed_dropout(trunk, torch.Generator().manual_seed(1))
        return trunk

    return build


@pytest.fixture
def make_trunk(build_trunk) -> Callable[..., Trunk]:
    """A function: architecture -> layers whose every parameter was drawn anew."""

    def make(architecture, *args, **settings):
        trunk = build_trunk(architecture, *args, **settings)
        generator = torch.Generator().manual_seed(2)
        with torch.no_grad():
            for parameter in trunk.parameters():
                draws = torch.randn(
                    parameter.shape, dtype=torch.float64, generator=generator
                )
                parameter.add_(0.3 * draws)
        return trunk

    return make


@pytest.fixture
def features() -> torch.Tensor:
    """What an encoder returns for 7 rows."""
    generator = torch.Generator().manual_seed(3)
    return torch.randn(
        7, 5, dtype=torch.float64, generator=generator, requires_grad=True
    )

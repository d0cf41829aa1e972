"""Networks to save, each fitted for two epochs: what they know does not matter."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.frozen import FrozenEstimator

from sklearn_mtl.datasets import combine_inputs, combine_tasks
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.architectures import ARCHITECTURES, DSelectK
from sklearn_mtl.neural_network.augmentations import GaussianNoise, Mixup
from sklearn_mtl.neural_network.balancers import BALANCERS, GradNorm, TaskRelation
from sklearn_mtl.neural_network.encoders import (
    ConvEncoder,
    PeriodicEncoder,
    PiecewiseLinearEncoder,
    SharedConvEncoder,
    SpectrogramEncoder,
)
from sklearn_mtl.neural_network.samplers import SAMPLERS

Fitted = tuple[Any, Any, Any]

N = 60
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(N, 5))
CLASSES = np.column_stack([np.arange(N) % 3, np.arange(N) % 2, np.arange(N) % 3])
QUANTITIES = RNG.normal(size=(N, 2)) * [1.0, 1000.0]
IMAGES = RNG.normal(size=(N, 2, 6, 6))
SEQUENCES = RNG.normal(size=(N, 8, 3))

SHORT = {"max_epochs": 2, "random_state": 0}


def classifier(Y: Any = CLASSES, X: Any = TABLE, **params: Any) -> Fitted:
    net = MultiTaskNetClassifier((8, 8), **{"n_members": 2, **SHORT, **params})
    return net.fit(X, Y), X, Y


def regressor(Y: Any = QUANTITIES, **params: Any) -> Fitted:
    return MultiTaskNetRegressor((8,), **{**SHORT, **params}).fit(TABLE, Y), TABLE, Y


def frame() -> pd.DataFrame:
    X = pd.DataFrame(TABLE, columns=list("abcde"))
    X["town"] = pd.Categorical(np.array(["Ulm", "Jena", "Bonn"])[np.arange(N) % 3])
    X["floor"] = pd.Categorical(np.where(np.arange(N) % 5, np.arange(N) % 4, np.nan))
    X.loc[::7, "a"] = np.nan
    return X


def both_kinds() -> Fitted:
    Y = pd.DataFrame({"kind": CLASSES[:, 0].astype(str), "size": QUANTITIES[:, 1]})
    net = MultiTaskNet((8,), preset="best", n_networks=2, **SHORT)
    return net.fit(frame(), Y), frame(), Y


def named_inputs(encoder: Any, **tables: np.ndarray) -> Fitted:
    has = {name: np.arange(N) % 3 != k for k, name in enumerate(tables)}
    tables = {name: table[has[name]] for name, table in tables.items()}
    return classifier(X=combine_inputs(tables, present=has), encoder=encoder)


def one_task_per_input() -> Fitted:
    X, Y = combine_tasks(
        {
            "left": (IMAGES, CLASSES[:, 0]),
            "right": (IMAGES[:, :1], CLASSES[:, 1]),
        }
    )
    return classifier(Y, X, encoder=SharedConvEncoder((4, 4)))


def labels_of_every_dtype() -> dict[str, np.ndarray]:
    codes = CLASSES[:, 0]
    days = np.array(["2020-01-01", "2021-01-01", "2022-03-01"], dtype="datetime64[ns]")
    return {
        "int": codes,
        "uint16": codes.astype(np.uint16),
        "bool": CLASSES[:, 1].astype(bool),
        "float": codes.astype(float),
        "float32": codes.astype(np.float32),
        "str": np.array(["x", "ÿ", "long name"])[codes],
        "object": np.array(["x", "y", "z"], dtype=object)[codes],
        "datetime64": days[codes],
        "date": np.array([dt.date(2020, 1, k + 1) for k in range(3)], object)[codes],
        "timedelta64": np.array([1, 2, 3], dtype="m8[s]")[codes],
    }


def transferred() -> Fitted:
    net, X, _ = classifier(balancer="uncertainty")
    new = CLASSES[:, 0].astype(str)
    net.transfer(TABLE[:20], new[:20], name="new")
    return net, X, np.column_stack([CLASSES.astype(object), new])


def warm_started() -> Fitted:
    net, X, Y = classifier(balancer="uncertainty", task_sampler="annealed")
    net.set_params(warm_start=True).fit(X, Y)
    return net.set_params(hidden_layer_sizes=(3,), activation="tanh"), X, Y


CASES: dict[str, Callable[[], Fitted]] = {
    "default": classifier,
    "1-D": lambda: classifier(CLASSES[:, 0]),
    "preset_plain": lambda: classifier(preset="plain", n_members="auto"),
    "preset_best": lambda: classifier(preset="best", n_members="auto"),
    "preset_fast": lambda: classifier(preset="fast", n_members="auto"),
    "no_layers": lambda: (
        MultiTaskNetClassifier((), **SHORT).fit(TABLE, CLASSES),
        TABLE,
        CLASSES,
    ),
    "not_preprocessed": lambda: classifier(preprocess=False, encoder=None),
    "float64": lambda: classifier(precision="float64"),
    "one_class": lambda: classifier(np.column_stack([CLASSES, np.ones(N, int)])),
    "n_networks": lambda: classifier(n_networks=3),
    "sparse": lambda: classifier(X=sparse.csr_matrix(TABLE)),
    "regressor": regressor,
    "regressor_1-D": lambda: regressor(QUANTITIES[:, 1]),
    "both_kinds": both_kinds,
    "conv": lambda: classifier(X=IMAGES, encoder=ConvEncoder((4, 4), grid_size=2)),
    "conv_group": lambda: classifier(
        X=IMAGES[:, 0],
        encoder=ConvEncoder((4,), normalisation="group", readout="both"),
    ),
    "conv_not_scaled": lambda: classifier(
        X=IMAGES, encoder=ConvEncoder((4,)), preprocess=False
    ),
    "conv_class": lambda: classifier(X=IMAGES, encoder=ConvEncoder),
    "spectrogram": lambda: classifier(
        X=SEQUENCES, encoder=SpectrogramEncoder((4,), activation="gelu")
    ),
    "shared_conv": one_task_per_input,
    "dict_of_inputs": lambda: named_inputs(
        {"image.1": ConvEncoder((4,)), "sound": "spectrogram"},
        **{"image.1": IMAGES, "sound": SEQUENCES, "table": TABLE},
    ),
    "shared_among_some": lambda: named_inputs(
        {("a", "b"): SharedConvEncoder((4, 4))}, a=IMAGES, b=IMAGES[:, :1], c=TABLE
    ),
    "one_input": lambda: classifier(X=combine_inputs({"table": TABLE})),
    "tree_bins": lambda: classifier(encoder=PiecewiseLinearEncoder(4, bins="tree")),
    "pbld": lambda: classifier(encoder="periodic"),
    "plr": lambda: classifier(encoder=PeriodicEncoder(kind="plr")),
    "linear_relu": lambda: classifier(encoder="linear_relu"),
    "wide": lambda: classifier(X=RNG.normal(size=(N, 300))),
    "dselect_k": lambda: classifier(
        architecture=DSelectK(5, per_example=True), n_networks=2
    ),
    "relations": lambda: classifier(balancer=TaskRelation(relations=np.eye(3))),
    "gradnorm": lambda: classifier(balancer=GradNorm(alpha=np.float64(0.5))),
    "augment": lambda: classifier(augment=[Mixup(0.5), GaussianNoise(0.1)]),
    "settings": lambda: classifier(
        task_weights={"task0": 2.0, "task2": np.float32(1)},
        class_weight={"task0": {0: 1.0, 1: 2.0, 2: 0.5}, "task1": "balanced"},
        random_state=np.random.RandomState(3),
        net_params={"optimizer__betas": (0.8, 0.99)},
        missing_label=-1,
        lr=0.01,
    ),
    "rmsprop": lambda: classifier(optimizer=torch.optim.RMSprop),
    "encoder_init": lambda: classifier(encoder_init=FrozenEstimator(classifier()[0])),
    "transferred": transferred,
    "warm_started": warm_started,
    "labels": lambda: classifier(pd.DataFrame(labels_of_every_dtype())),
    "y_str": lambda: classifier(labels_of_every_dtype()["str"]),
    "y_object": lambda: classifier(labels_of_every_dtype()["object"]),
    "y_bool": lambda: classifier(labels_of_every_dtype()["bool"]),
    **{a: lambda a=a: classifier(architecture=a) for a in ARCHITECTURES},
    **{
        f"{a}_alone": lambda a=a: classifier(architecture=a, n_members=1)
        for a in ("shared_bottom", "sluice", "film")
    },
    **{
        name: lambda b=name: classifier(balancer=b)
        for name in BALANCERS
        if name != "relation"
    },
    **{
        f"sampler_{name}": lambda s=name: classifier(task_sampler=s)
        for name in SAMPLERS
    },
}


@pytest.fixture(params=[*CASES])
def fitted(request: pytest.FixtureRequest) -> Fitted:
    """A fitted network, with X and Y."""
    return CASES[request.param]()


@pytest.fixture
def fit() -> Callable[[str], Fitted]:
    """A function: name of a case -> a fitted network, with X and Y."""
    return lambda name: CASES[name]()


@pytest.fixture(scope="session")
def small() -> Fitted:
    """A small network of two tasks, which no test changes."""
    net = MultiTaskNetClassifier((4,), preset="plain", encoder=None, **SHORT)
    return net.fit(TABLE, CLASSES[:, :2]), TABLE, CLASSES[:, :2]

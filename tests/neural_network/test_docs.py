"""The shared parts of the docstrings say what the code does."""

import inspect
import re

import numpy as np
import pytest

from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

NETS = [MultiTaskNetClassifier, MultiTaskNetRegressor, MultiTaskNet]


@pytest.mark.parametrize("Net", NETS)
def test_documented_defaults_are_those_of_the_signature(Net):
    documented = dict(
        re.findall(r"^    (\w+) : .*?default=(.*)$", Net.__doc__, re.MULTILINE)
    )
    signature = {
        name: parameter.default
        for name, parameter in inspect.signature(Net).parameters.items()
    }
    assert documented.keys() == signature.keys()
    for name, default in signature.items():
        assert repr(eval(documented[name], {"np": np})) == repr(default), name


@pytest.mark.parametrize("Net", NETS)
def test_only_the_widths_are_positional(Net):
    parameters = list(inspect.signature(Net).parameters.values())
    assert parameters[0].name == "hidden_layer_sizes"
    assert {p.kind for p in parameters[1:]} == {inspect.Parameter.KEYWORD_ONLY}

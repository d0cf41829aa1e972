"""The shared parts of the docstrings say what the code does."""

import inspect
import re

import numpy as np
import pytest

from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
    penalties,
)


@pytest.mark.parametrize(
    "documented",
    [
        RegularizedMTLClassifier,
        RegularizedMTLClassifierCV,
        RegularizedMTLRegressor,
        RegularizedMTLRegressorCV,
        *penalties.PENALTIES.values(),
    ],
)
def test_documented_defaults_are_those_of_the_signature(documented):
    parameters, _, _ = documented.__doc__.partition("See Also")
    defaults = dict(
        re.findall(r"^    (\w+) : .*?default=(.*)$", parameters, re.MULTILINE)
    )
    signature = {
        name: parameter.default
        for name, parameter in inspect.signature(documented).parameters.items()
    }
    assert defaults.keys() == signature.keys()
    for name, default in signature.items():
        assert repr(eval(defaults[name], {"np": np})) == repr(default), name


def test_every_penalty_has_a_name():
    classes = {
        getattr(penalties, name)
        for name in penalties.__all__
        if name.endswith("Penalty")
    }
    assert classes == set(penalties.PENALTIES.values())

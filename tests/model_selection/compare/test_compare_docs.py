"""The shared docstrings say what the functions do."""

import inspect
import re

import numpy as np
import pytest

from sklearn_mtl.model_selection import compare_estimators, compare_with_single_task


@pytest.mark.parametrize("function", [compare_estimators, compare_with_single_task])
def test_documented_defaults_are_those_of_the_signature(function):
    parameters = inspect.getdoc(function).partition("Returns\n")[0]
    parameters = parameters.replace("\\\n", "")
    documented = dict(
        re.findall(r"^(\w+) : .*?default=(.*)$", parameters, re.MULTILINE)
    )
    signature = {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    documented |= dict.fromkeys(["search"], "None")
    assert documented.keys() == signature.keys()
    for name, default in signature.items():
        assert repr(eval(documented[name], {"np": np})) == repr(default), name


def test_both_take_the_same_options():
    own, general = (
        inspect.signature(function).parameters
        for function in (compare_with_single_task, compare_estimators)
    )
    assert set(general) - set(own) == {"estimators", "baseline"}
    assert set(own) - set(general) == {"estimator"}
    for name in set(own) & set(general):
        assert own[name].default == general[name].default or name == "missing_label"


@pytest.mark.parametrize("function", [compare_estimators, compare_with_single_task])
def test_all_parts_are_filled_in(function):
    assert not re.search(r"\{(data|options|warns)\}", function.__doc__)

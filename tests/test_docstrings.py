"""Every public object is documented as numpydoc wants it."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from numpydoc.validate import validate

import sklearn_mtl

IGNORED = {
    "ES01",  # a good summary may be all there is to say
    "GL01",  # the summary starts on the line of the quotes, as PEP 257 has it,
    "GL02",  # and a docstring of one line ends there too
    "RT02",  # a single return value needs no name
}
# See Also and Examples belong to the class, not to each of its methods.
IGNORED_IN_METHODS = IGNORED | {"EX01", "SA01"}


def public_objects() -> Iterator[str]:
    """Yield the path of each public class and function."""
    modules = walk_packages(sklearn_mtl.__path__, "sklearn_mtl.")
    packages = [m.name for m in modules if m.ispkg and "._" not in m.name]
    for package in map(import_module, ["sklearn_mtl", *packages]):
        for name in package.__all__:
            obj = getattr(package, name)
            if inspect.isclass(obj) or inspect.isfunction(obj):
                yield f"{package.__name__}.{name}"


def public_methods() -> Iterator[str]:
    """Yield the path of each method and property that is not scikit-learn's own."""
    for path in public_objects():
        module, _, name = path.rpartition(".")
        obj = getattr(import_module(module), name)
        for attribute in dir(obj) if inspect.isclass(obj) else ():
            member = getattr(obj, attribute)
            home = getattr(getattr(member, "fget", member), "__module__", None) or ""
            if not attribute.startswith("_") and home.startswith("sklearn_mtl"):
                yield f"{path}.{attribute}"


def check(path: str, ignored: set[str]) -> None:
    errors = [error for error in validate(path)["errors"] if error[0] not in ignored]
    assert not errors, "\n".join([path, *(f"{code} {text}" for code, text in errors)])


@pytest.mark.parametrize("path", [*public_objects()])
def test_classes_and_functions(path):
    check(path, IGNORED)


@pytest.mark.parametrize("path", [*public_methods()])
def test_methods(path):
    check(path, IGNORED_IN_METHODS)

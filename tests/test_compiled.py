"""Functions are compiled whether or not their machine code can be kept."""

import re
from pathlib import Path

import pytest

import sklearn_mtl
from sklearn_mtl._compiled import compiled

SOURCE = "def double(x):\n    return 2 * x\n"


def make_function(file: str):
    scope: dict = {}
    exec(compile(SOURCE, file, "exec"), scope)
    return scope["double"]


@pytest.mark.parametrize("fastmath", [False, {"contract"}], ids=["exact", "fast"])
def test_a_function_is_compiled_where_there_is_no_folder_for_a_cache(fastmath):
    # numba has no place for what comes from no file.
    double = compiled(fastmath=fastmath)(make_function("<nowhere>"))
    assert double(21) == 42
    assert double.nopython_signatures
    assert not double.stats.cache_path


def test_what_is_compiled_is_kept_where_there_is_a_folder(tmp_path):
    file = tmp_path / "doubling.py"
    file.write_text(SOURCE)
    double = compiled(make_function(str(file)))
    assert double(21) == 42
    assert Path(double.stats.cache_path).is_dir()


def test_the_package_compiles_nothing_in_another_way():
    package = Path(sklearn_mtl.__file__).parent
    users = [p.name for p in package.rglob("*.py") if re.search("njit", p.read_text())]
    assert users == ["_compiled.py"]

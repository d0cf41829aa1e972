"""What a user sees of the package: its names, its imports, its README."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import sklearn_mtl

ROOT = Path(__file__).parents[1]
SOURCES = sorted(Path(sklearn_mtl.__path__[0]).rglob("*.py"))
MODULES = [*walk_packages(sklearn_mtl.__path__, "sklearn_mtl.")]
PUBLIC = ["sklearn_mtl"] + [m.name for m in MODULES if m.ispkg and "._" not in m.name]


def relative(path: Path) -> str:
    return path.relative_to(sklearn_mtl.__path__[0]).as_posix()


@pytest.mark.parametrize("name", PUBLIC)
def test_names_resolve(name):
    package = import_module(name)
    assert len(set(package.__all__)) == len(package.__all__)
    for public in package.__all__:
        assert not public.startswith("_") or public == "__version__"
        assert hasattr(package, public)


def test_modules_are_private():
    assert not [m.name for m in MODULES if not m.ispkg and "._" not in m.name]


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.name == "__init__.py"], ids=relative
)
def test_init_only_re_exports(path):
    docstring, *statements = ast.parse(path.read_text("utf-8")).body
    assert isinstance(docstring, ast.Expr)
    for statement in statements:
        match statement:
            case ast.Import() | ast.ImportFrom():
                pass
            case ast.Assign(targets=[ast.Name(id="__all__" | "__version__")]):
                pass
            case _:
                pytest.fail(f"{relative(path)}:{statement.lineno} does more")


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_suppressed_check(path):
    """A rule that does not fit is turned off in pyproject.toml, with its reason."""
    pattern = r"#\s*(noqa|fmt:|pylint:|type: ignore(?!\[)|pragma)"
    assert not re.findall(pattern, path.read_text("utf-8"))


def test_imports_without_the_extras():
    """The package needs neither data frames nor plots until they are asked for."""
    extras = ["matplotlib", "onnx", "onnxruntime", "onnxscript", "pandas", "polars"]
    extras += ["dask", "distributed", "pyarrow", "ray", "safetensors", "xgboost"]
    code = f"""
import sys
sys.modules.update(dict.fromkeys({extras}))
for name in {[m.name for m in MODULES]}:
    __import__(name)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "package", ["datasets", "ensemble", "metrics", "model_selection", "multioutput"]
)
def test_imports_without_torch(package):
    """It takes seconds, which who has no network need not wait for."""
    code = f"import sys, sklearn_mtl.{package}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_imports_nothing_heavy():
    """Half a second, beyond torch and scikit-learn, is what an import may cost."""
    heavy = ["torch._dynamo", "torch._inductor", "torch.onnx", "sympy", "numba"]
    code = f"""
import sys, torch, sklearn, sklearn.base

def packages():
    return {{name.partition(".")[0] for name in sys.modules}}

before = packages() | set(sys.stdlib_module_names)
for name in {PUBLIC}:
    __import__(name)
print(*(packages() - before), *(set({heavy}) & set(sys.modules)))
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    # Two small ones that skorch brings, and what there is for compiled modules.
    ours = {"sklearn_mtl", "skorch", "tabulate", "wcwidth"}
    found = {name for name in done.stdout.split() if not name.startswith("_")}
    assert not found - ours


def test_typed():
    assert Path(sklearn_mtl.__path__[0], "py.typed").is_file()


def test_readme_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text("utf-8")
    for code in re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        exec(code, {})

"""`import analog_pc` is cheap, and gives the public names."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analog_pc


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    ).stdout


def test_every_name_is_there() -> None:
    for name in analog_pc.__all__:
        assert getattr(analog_pc, name).__doc__
        assert name in dir(analog_pc)
    with pytest.raises(AttributeError, match="module 'analog_pc' has no attribute 'Ngpsice'"):
        _ = analog_pc.Ngpsice  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'Ngpsice'"):
        exec("from analog_pc import Ngpsice")


def test_a_type_checker_sees_what_is_imported() -> None:
    tree = ast.parse(Path(analog_pc.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if str(node.module).startswith("analog_pc.")
    }
    assert sorted(seen) == analog_pc.__all__
    for name, home in seen.items():
        package = importlib.import_module(str(home))
        assert name in getattr(package, "__all__", dir(package))
        assert getattr(package, name) is getattr(analog_pc, name)


def sections(text: str) -> dict[str, str]:
    """A NumPy docstring by the titles of its sections."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(text), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


CALLABLES = [name for name in analog_pc.__all__ if callable(getattr(analog_pc, name))]
ERRORS = {"BadInput", "SimulationFailed"}


@pytest.mark.parametrize("name", [name for name in CALLABLES if name not in ERRORS])
def test_a_public_docstring_explains_every_parameter(name: str) -> None:
    what = getattr(analog_pc, name)
    found = sections(what.__doc__)
    explained = re.findall(r"^(\w[\w, ]*)$", found["Parameters"], flags=re.MULTILINE)
    names = [one.strip() for line in explained for one in line.split(",")]
    parameters = inspect.signature(what).parameters.values()
    variadic = {p.name for p in parameters if p.kind is p.VAR_KEYWORD}
    if name == "Technology":  # its table of fields says the unit and meaning of each
        assert set(names) < {p.name for p in parameters}
    else:
        assert names == [p.name for p in parameters if p.name not in variadic] + sorted(variadic)
    if inspect.isfunction(what) and inspect.signature(what).return_annotation != "None":
        assert found["Returns"]


@pytest.mark.parametrize("name", CALLABLES)
def test_examples_of_public_docstrings_run(name: str) -> None:
    what = getattr(analog_pc, name)
    (example,) = doctest.DocTestFinder(recurse=False, exclude_empty=False).find(what, name, globs={})
    assert doctest.DocTestRunner().run(example).failed == 0


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, analog_pc; print(*sorted({'numpy', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    assert run(code).split() == []


@pytest.mark.parametrize(
    "before",
    [
        "",
        "import analog_pc.technology",
        "import analog_pc.technology.toml_file",
        "from analog_pc import relax",
    ],
)
def test_technology_is_the_function_whatever_was_imported_before(before: str) -> None:
    """The subpackage of the same name does not take its place."""
    code = f"{before}\nfrom analog_pc import technology\nprint(technology('ideal').name)\n"
    code += "import analog_pc.technology.toml_file, analog_pc\nprint(analog_pc.technology('ideal').name)"
    assert run(code).split() == ["ideal", "ideal"]


def test_a_star_import_gives_all_names() -> None:
    code = "from analog_pc import *\nimport analog_pc\nprint(set(analog_pc.__all__) <= set(globals()))"
    assert run(code).split() == ["True"]


@pytest.mark.slow
def test_a_type_checker_takes_technology_for_the_function(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from analog_pc import technology\n\nname: str = technology('ideal').name\n")
    command = [sys.executable, "-m", "mypy", "--strict", str(script)]
    root = Path(analog_pc.__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout

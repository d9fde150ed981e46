"""`import analog_pc` is cheap, and gives the public names."""

from __future__ import annotations

import ast
import importlib
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


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, analog_pc; print(*sorted({'numpy', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    assert run(code).split() == []


@pytest.mark.parametrize(
    "before",
    ["", "import analog_pc.technology", "import analog_pc.technology.reading", "from analog_pc import relax"],
)
def test_technology_is_the_function_whatever_was_imported_before(before: str) -> None:
    """The subpackage of the same name does not take its place."""
    code = f"{before}\nfrom analog_pc import technology\nprint(technology('ideal').name)\n"
    code += "import analog_pc.technology.writing, analog_pc\nprint(analog_pc.technology('ideal').name)"
    assert run(code).split() == ["ideal", "ideal"]


def test_a_star_import_gives_all_names() -> None:
    code = "from analog_pc import *\nimport analog_pc\nprint(set(analog_pc.__all__) <= set(globals()))"
    assert run(code).split() == ["True"]

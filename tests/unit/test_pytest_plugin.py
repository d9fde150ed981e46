"""The fixture `assert_circuit_matches`, in a pytest of its own."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import numpy as np
import pytest

import analog_pc.pytest_plugin
from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL
from analog_pc.verification.netlists import write_sample_netlist

pytest_plugins = ["pytester"]
NAME = "analog_pc.pytest_plugin"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """network.cir and probes.json, a netlist that fails and one that cannot be judged."""
    compiled = compile_network(random_network((3, 2, 2), "tanh"), IDEAL, np.ones((1, 3)), np.zeros((1, 2)))
    write_sample_netlist(pytester.path, compiled, Native())
    text = (pytester.path / "network.cir").read_text()
    (pytester.path / "wrong.cir").write_text(text.replace("\n.op\n", "\nRs x1_0 x1_1 1e6\n.op\n"))
    (pytester.path / "prose.cir").write_text("no netlist\n")
    return pytester.path


def run(pytester: pytest.Pytester, code: str) -> pytest.RunResult:
    pytester.makepyfile(code)
    return pytester.runpytest_inprocess("-p", NAME, "-p", "no:cacheprovider")


def test_pass_fail_and_not_judged(pytester: pytest.Pytester, folder: Path) -> None:
    result = run(
        pytester,
        """
        def test_good(assert_circuit_matches):
            check = assert_circuit_matches("network.cir")
            assert len(check.nodes) == 3 + 2 * 6

        def test_wrong(assert_circuit_matches):
            assert_circuit_matches("wrong.cir", "probes.json")

        def test_wrong_within_nine_tenths_of_full_scale(assert_circuit_matches):
            assert_circuit_matches("wrong.cir", tolerance=0.9, timeout=30)

        def test_prose(assert_circuit_matches):
            assert_circuit_matches("prose.cir")

        def test_no_file(assert_circuit_matches):
            assert_circuit_matches("gone.cir")
        """,
    )
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: wrong.cir: FAIL:*",
            "*layer 1, x1_?: local deviation *: value node*",
            "*AssertionError: prose.cir: NOT CHECKED:*",
            "*BadInput: gone.cir: cannot be read*",
        ]
    )
    assert "check_netlist(" not in result.stdout.str()  # the test's own line is shown


def test_the_fixture_says_what_it_is(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-p", NAME, "--fixtures", "-v")
    result.stdout.fnmatch_lines(["assert_circuit_matches*", "*Assert that ngspice finds the expected*"])


def test_the_package_announces_it() -> None:
    """One name for entry point and module: pytest then loads it once, however it is asked for."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {NAME: NAME}


def test_the_module_itself_imports_pytest_alone() -> None:
    """Every pytest of the environment loads it."""
    tree = ast.parse(Path(analog_pc.pytest_plugin.__file__).read_text())
    modules: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            modules += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            modules.append(str(statement.module))
    assert set(modules) == {"__future__", "pathlib", "typing", "pytest"}

"""`to_pyspice` as a person uses it: its example as it stands, PySpice's own simulator, and stimuli."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analog_pc import Native, compile_network, random_network, technology
from analog_pc.circuit import Circuit, Resistors, StimulusSources, bus, grounds
from analog_pc.errors import BadInput
from analog_pc.simulators.spice import netlist, to_pyspice

DIVIDER = Circuit(
    "divider",
    (
        StimulusSources("u", bus("a", 2), grounds(2)),
        Resistors("r", (*bus("a", 2), "mid"), ("mid", "mid", "0"), [1e3, 1e3, 1e3]),
    ),
)


def test_the_example_runs_as_it_stands() -> None:
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(netlist.to_pyspice, "to_pyspice", globs={})
    assert example.examples
    failed, tried = doctest.DocTestRunner().run(example)
    assert (failed, tried) == (0, len(example.examples))


def test_the_example_needs_nothing_that_was_imported_before(tmp_path: Path) -> None:
    """In a process of its own, from another folder."""
    (example,) = doctest.DocTestFinder(recurse=False).find(netlist.to_pyspice, "to_pyspice", globs={})
    code = "".join(line.source for line in example.examples[:-1]) + "print(float(analysis['x1_0'][0]))\n"
    (tmp_path / "example.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert abs(float(done.stdout)) < 1.0


def test_pyspice_finds_what_native_finds() -> None:
    network = random_network((4, 3, 2), "tanh", seed=1)
    compiled = compile_network(network, technology("cmos65-rram"), np.full((1, 4), 0.3), np.ones((1, 2)))
    point = compiled.operating_point((0,), every_node=True)
    native = Native().simulate(compiled.circuit, point)
    analysis = to_pyspice(compiled.circuit, point.stimuli).simulator().operating_point()
    for node in compiled.probes.every:
        # PySpice leaves ngspice its reltol of 1e-3; the iteration ends far closer.
        assert float(analysis[node][0]) == pytest.approx(native.voltage([node])[0, 0], abs=1e-4)


@pytest.mark.parametrize(("sample", "volts"), [(0, 0.2), (1, 0.4)])
def test_stimuli_of_an_analysis_as_they_are(sample: int, volts: float) -> None:
    stimuli = {"u": np.array([[0.2, 0.4], [0.4, 0.8]])}
    analysis = to_pyspice(DIVIDER, stimuli, sample).simulator().operating_point()
    assert float(analysis["mid"][0]) == pytest.approx(volts, rel=1e-9)
    one = to_pyspice(DIVIDER, {"u": stimuli["u"][sample]})
    assert str(one) == str(to_pyspice(DIVIDER, stimuli, sample))


@pytest.mark.parametrize(
    ("stimuli", "sample", "words"),
    [
        ({"u": np.zeros((2, 2))}, 2, "sample 2"),
        ({"u": np.zeros((2, 2))}, -1, "sample -1"),
        ({"u": np.zeros(3)}, 0, r"shape \(3,\)"),
        ({"u": np.zeros((1, 2, 2))}, 0, r"shape \(1, 2, 2\)"),
        ({"w": np.zeros(2)}, 0, "'w'"),
        ({}, 0, "no stimuli 'u'"),
    ],
)
def test_stimuli_that_do_not_fit(stimuli: dict[str, np.ndarray], sample: int, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        to_pyspice(DIVIDER, stimuli, sample)

"""Every small circuit with a closed-form answer, on every simulator.  A missing simulator is a failure."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import Outcome
from analog_pc.simulators import SIMULATORS

# Found whatever import mode pytest runs in.
sys.path.insert(0, str(Path(__file__).parent))
from circuits import CASES, Case

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
SIMULATOR = pytest.mark.parametrize("simulator", SIMULATORS)


@SIMULATOR
def test_the_simulator_is_installed(simulator: str) -> None:
    assert SIMULATORS[simulator]().available()
    assert "ngspice" not in simulator or "ngspice-" in SIMULATORS[simulator]().version()


@CASE
@SIMULATOR
def test_closed_form(simulator: str, case: Case) -> None:
    solution = SIMULATORS[simulator]().simulate(case.circuit, case.analysis)
    expected = case.exact(solution.axis)
    got = solution.voltage(case.nodes)
    assert got.shape == expected.shape
    worst = np.abs(got - expected).max()
    print(f"{case.name} on {simulator}: {worst:.1e} V of {case.tolerance:.1e} V, {len(solution.axis)} points")
    assert worst <= case.tolerance
    if case.preset is not None:
        assert np.abs(solution.preset_voltage(case.nodes) - case.preset).max() <= case.tolerance


@SIMULATOR
def test_linear_circuits_converge_without_stepping(simulator: str) -> None:
    for case in CASES[:5]:
        solution = SIMULATORS[simulator]().simulate(case.circuit, case.analysis)
        assert solution.status.outcome is Outcome.CONVERGED


@SIMULATOR
def test_transients_begin_at_the_initial_voltages(simulator: str) -> None:
    case = next(c for c in CASES if c.name == "coupled_rc")
    solution = SIMULATORS[simulator]().simulate(case.circuit, case.analysis)
    assert solution.axis[0] == 0.0
    assert solution.nodes == ("l1.slow", "l1.fast")
    np.testing.assert_allclose(solution.volts[0], [0.05, -0.05], atol=1e-9)


def test_simulators_agree_on_every_operating_point() -> None:
    for case in CASES:
        if "rc" in case.name.split("_"):
            continue
        answers = [make().simulate(case.circuit, case.analysis).volts for make in SIMULATORS.values()]
        for other in answers[1:]:
            np.testing.assert_allclose(other, answers[0], rtol=0.0, atol=case.tolerance)

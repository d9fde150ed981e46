"""Every small circuit with a closed-form answer, on every simulator.  A missing simulator is a failure."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import Outcome, Status
from analog_pc.simulators import SIMULATORS

# Found whatever import mode pytest runs in.
sys.path.insert(0, str(Path(__file__).parent))
from cases import CASES, NOISE_CASES, RESTS, Case, NoiseCase, linear

# ngspice 39 has Boltzmann's constant of 2014, 3.5e-7 below that of 2019, half of it in the rms; the rest is
# for the interpolation of the density.  The native simulator solves a linear system.
NOISY = {"ngspice": 5e-7, "native": 1e-9}

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
NOISE_CASE = pytest.mark.parametrize("case", NOISE_CASES, ids=lambda case: case.name)
SIMULATOR = pytest.mark.parametrize("simulator", SIMULATORS)


@SIMULATOR
def test_the_simulator_is_installed(simulator: str) -> None:
    made = SIMULATORS[simulator]()
    assert made.available()
    assert made.version().removeprefix("lib").startswith(simulator.removesuffix("-shared"))


def test_every_name_is_there_once() -> None:
    for cases in (CASES, NOISE_CASES):
        assert len({case.name for case in cases}) == len(cases)


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
    for case in linear.CASES:
        solution = SIMULATORS[simulator]().simulate(case.circuit, case.analysis)
        assert solution.status.outcome is Outcome.CONVERGED


@SIMULATOR
def test_transients_begin_at_the_initial_voltages(simulator: str) -> None:
    case = next(c for c in CASES if c.name == "coupled_rc")
    solution = SIMULATORS[simulator]().simulate(case.circuit, case.analysis)
    assert solution.axis[0] == 0.0
    assert solution.nodes == ("l1.slow", "l1.fast")
    np.testing.assert_allclose(solution.volts[0], [0.05, -0.05], atol=1e-9)


@pytest.mark.parametrize("case", RESTS, ids=lambda case: case.name)
def test_simulators_agree_on_every_node_at_rest(case: Case) -> None:
    first, *others = (make().simulate(case.circuit, case.analysis) for make in SIMULATORS.values())
    for other in others:
        np.testing.assert_allclose(
            other.voltage(first.nodes), first.volts, rtol=0.0, atol=2.0 * case.tolerance
        )


@NOISE_CASE
@pytest.mark.parametrize("simulator", NOISY)
def test_noise(simulator: str, case: NoiseCase) -> None:
    found = SIMULATORS[simulator]().noise(case.circuit, case.analysis)
    exact = np.sqrt(np.diag(case.covariance))
    worst = np.abs(found.rms / exact - 1.0).max()
    print(f"{case.name} on {simulator}: {worst:.1e} of {exact} V")
    assert found.nodes == case.analysis.nodes
    assert found.status.outcome is Outcome.CONVERGED
    # The variance outside of the band, half of it of the rms; the native simulator has no band.
    assert worst <= NOISY[simulator] + (0.5 * case.outside if simulator == "ngspice" else 0.0)
    if found.covariance is not None:
        scale = np.sqrt(np.outer(np.diag(case.covariance), np.diag(case.covariance)))
        assert np.abs((found.covariance - case.covariance) / scale).max() <= 2.0 * NOISY[simulator]


def test_who_knows_the_covariance_and_the_band() -> None:
    case = next(c for c in NOISE_CASES if c.name == "two_capacitors")
    spice, native = (SIMULATORS[name]().noise(case.circuit, case.analysis) for name in ("ngspice", "native"))
    assert spice.covariance is None
    assert native.covariance is not None
    assert native.covariance.shape == (2, 2)
    band = f"over {case.analysis.low:g} ... {case.analysis.high:g} Hz"
    assert spice.status == Status(Outcome.CONVERGED, (band, "stability of the operating point not checked"))
    assert native.status == Status(Outcome.CONVERGED, ("over all frequencies",))

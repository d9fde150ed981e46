"""Networks with several minima, on every simulator: what is called converged is where the flow rests.

The flow is tau dx/dt = -dE/dx from the forward state; `tests/reference_data/multistable.json` says how it was
integrated.  The limit is the project's acceptance, 1e-6 of full scale.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import SIMULATORS, Native
from analog_pc.technology import IDEAL

FILE = Path(__file__).parents[1] / "reference_data" / "multistable.json"
STORED = json.loads(FILE.read_text())
CASES = STORED["cases"]
STIFF = STORED["stiff"]  # too much so for ngspice's transient
LIMIT = 1e-6

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def compiled(case: dict[str, Any]) -> CompiledNetwork:
    network = PredictiveCodingNetwork(case["weights"], case["biases"], case["activation"], case["precision"])
    return compile_network(network, IDEAL, case["inputs"], case["targets"])


def away(ready: CompiledNetwork, volts: Floats, rest: Floats) -> Floats:
    """Largest distance from the flow's rest as a part of full scale, [samples]."""
    full = np.maximum(1.0, np.abs(rest).max(axis=1))
    return np.asarray(np.abs(volts / units(ready) - rest).max(axis=1) / full)


def units(ready: CompiledNetwork) -> Floats:
    """Volts per unit of each of `activities`."""
    sizes = ready.network.sizes[1:]
    return np.repeat(np.array(ready.scales.activity[1:]), sizes)


def activities(ready: CompiledNetwork) -> list[str]:
    return [node for bus in ready.probes.activities[1:] for node in bus]


@CASE
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_converged_is_where_the_flow_rests(simulator: str, case: dict[str, Any]) -> None:
    ready = compiled(case)
    rest = np.array(case["x"])
    for sample in range(len(rest)):
        solution = SIMULATORS[simulator]().simulate(ready.circuit, ready.operating_point([sample]))
        distance = away(ready, solution.voltage(activities(ready)), rest[sample : sample + 1])[0]
        print(f"{case['name']}, sample {sample}: {distance:.1e} of full scale away; {solution.status}")
        assert distance <= LIMIT or not solution.status.converged(1)[0]


@pytest.mark.parametrize("case", CASES + STIFF, ids=lambda case: case["name"])
def test_native_finds_where_the_flow_rests(case: dict[str, Any]) -> None:
    ready = compiled(case)
    solution = Native().simulate(ready.circuit, ready.operating_point())
    assert solution.status.converged(len(case["x"])).all(), solution.status
    assert away(ready, solution.voltage(activities(ready)), np.array(case["x"])).max() <= LIMIT


@CASE
def test_there_is_another_minimum(case: dict[str, Any]) -> None:
    """Native holds it where it starts there, so that the circuit has it too."""
    ready = compiled(case)
    other = np.array(case["other"])
    rest = np.array(case["x"])
    free = len(activities(ready)) - len(case["targets"][0])
    for sample, (there, here) in enumerate(zip(other, rest, strict=True)):
        assert np.abs(there - here).max() > 1e-2 * max(1.0, np.abs(here).max())
        volts = dict(zip(activities(ready)[:free], (units(ready) * there)[:free], strict=True))
        run = ready.transient(sample, duration=1.0)
        initial = {**run.initial, **{node: float(value) for node, value in volts.items()}}
        waveform = Native().simulate(ready.circuit, replace(run, initial=initial, save=()))
        left = waveform.voltage(activities(ready)) / units(ready) - there
        assert np.abs(left).max() <= 1e-5 * max(1.0, np.abs(there).max())

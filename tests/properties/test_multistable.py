"""What the native simulator calls converged is where the flow rests, on networks that nobody chose."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.compiler import compile_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL

sys.path.insert(0, str(Path(__file__).parents[2] / "analysis"))
from flow_reference import draw, flow_rest

SAMPLES = 3


@given(st.integers(0, 2**31 - 1), st.integers(0, 47))
@settings(max_examples=25, deadline=None)
def test_converged_is_where_the_flow_rests(seed: int, number: int) -> None:
    problem = draw(number, SAMPLES, seed, widest=4)
    expected = flow_rest(problem.network, problem.inputs, problem.targets)
    ready = compile_network(problem.network, IDEAL, problem.inputs, problem.targets)
    solution = Native().simulate(ready.circuit, ready.operating_point())
    nodes = [node for bus in ready.probes.activities[1:] for node in bus]
    full = np.maximum(1.0, np.abs(expected.x).max(axis=1))
    units = np.repeat(np.array(ready.scales.activity[1:]), problem.network.sizes[1:])
    away = np.abs(solution.voltage(nodes) / units - expected.x).max(axis=1) / full
    judged = solution.status.converged(SAMPLES) & expected.decided
    assert (away[judged] <= 1e-6).all(), (problem.name, away, solution.status)

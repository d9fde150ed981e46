"""Question A at full size with every non-ideality on: 64-32-10 on a digit, native against the judges.

`analysis/everything_on.py` tells more, and lets ngspice do transients too, which takes it an hour.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from analog_pc.circuit import Outcome
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native, Ngspice, Vacask
from analog_pc.technology import load_technology
from analog_pc.technology.non_idealities import NON_IDEALITIES, present
from analog_pc.training import TrainingConfig, load_dataset, train
from analog_pc.verification import PHASES

EVERYTHING = load_technology(Path(__file__).parents[2] / "analysis" / "everything_on.toml")
# Newton's rule of the judges, 1e-9 of a voltage, over a loop slope of 0.1.
POINT = 1e-8
WAVE = 1e-4
MICROVOLT = 6  # decimals


@pytest.fixture(scope="module", params=PHASES)
def compiled(request: pytest.FixtureRequest) -> CompiledNetwork:
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), lambda epoch, energy: None)
    targets = data.one_hot(data.test_labels[:1]) if request.param == "learn" else None
    return compile_network(net, EVERYTHING, data.test_inputs[:1], targets)


def test_nothing_is_left_out() -> None:
    assert set(present(EVERYTHING)) >= set(NON_IDEALITIES)


@pytest.mark.slow
def test_operating_point(compiled: CompiledNetwork) -> None:
    analysis = compiled.operating_point(every_node=True)
    native = Native().simulate(compiled.circuit, analysis)
    assert native.status.outcome is Outcome.CONVERGED
    # ngspice alone needs gmin stepping and 20 minutes; what it finds from here satisfies its own equations.
    # From a start that differs by 1e-15 V it may or may not converge, so the start has no such digits: they
    # are rounded to a microvolt, and ngspice finds the others itself.
    guess = dict(zip(native.nodes, native.volts[0].round(MICROVOLT).tolist(), strict=True))
    near = replace(analysis, preset=None, guess=guess)
    for judge, asked in ((Vacask(), analysis), (Ngspice(), near)):
        answer = judge.simulate(compiled.circuit, asked)
        away = np.abs(answer.voltage(native.nodes) - native.volts).max() / np.abs(answer.volts).max()
        print(f"{judge.name}: {away:.1e} of full scale; {answer.status}")
        assert answer.status.outcome is Outcome.CONVERGED
        assert away <= POINT


@pytest.mark.slow
def test_transient(compiled: CompiledNetwork) -> None:
    start = "forward" if compiled.clamps.beyond_input else "zero"
    analysis = compiled.transient(0, start=start, duration=5.0, max_step=5.0)
    native = Native().simulate(compiled.circuit, analysis)
    answer = Vacask().simulate(compiled.circuit, analysis)
    between = CubicSpline(answer.axis, answer.volts)(native.axis)
    away = np.abs(between - native.voltage(answer.nodes)).max() / np.abs(answer.volts).max()
    print(f"vacask: {away:.1e} of full scale, {len(native.axis)} and {len(answer.axis)} points")
    assert away <= WAVE

"""The schedule of a clocked trial."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.testbench.clocked import ClockedTestbench, clocked_circuit
from analog_pc.testbench.clocked.testbench import ramp_part

NETWORK = random_network((2, 3, 3, 1), "tanh", seed=1)


def bench(**changes: float) -> ClockedTestbench:
    return ClockedTestbench(network=NETWORK, inputs=[0.2, -0.4], target=[0.5], **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("period", [1.0, 3.0])
@pytest.mark.parametrize("edge", [0.01, 0.1])
def test_ramps_belong_to_the_period(period: float, edge: float) -> None:
    """The charge that the clock lets through, integrated numerically, is that of `period` time constants."""
    trial = bench(period=period, edge=edge)
    times, volts = trial.clocks()
    grid = np.linspace(trial.starts[0], trial.reads[1], 400_001)
    closed = np.interp(grid, times, volts[0])
    ratio = trial.technology.spring_conductance / trial.switch_on
    conductance = trial.technology.spring_conductance * closed / (closed + ratio)
    charge = np.trapezoid(conductance, grid) / trial.technology.node_capacitance
    assert abs(charge - period) < 1e-4 * period
    assert abs(trial.gamma(1) + np.expm1(-period)) < 1e-14


def test_sample_and_copy_are_never_high_together_after_the_prediction() -> None:
    trial = bench(period=3.0)
    times, volts = trial.clocks()
    grid = np.linspace(trial.predict * trial.tau + 2e-9, trial.duration, 5001)
    sample, copy = (np.interp(grid, times, line) for line in volts[:2])
    assert (np.minimum(sample, copy) <= 0.0).all()
    assert len(trial.reads) == 3
    for read in trial.reads:
        assert max(np.interp(read, times, line) for line in volts[:2]) == 0.0


def test_a_ramp_of_a_stiff_switch_counts_whole() -> None:
    assert ramp_part(1e-9) == pytest.approx(1.0, abs=1e-7)
    assert ramp_part(1e6) == pytest.approx(0.5, abs=1e-4)  # a weak one conducts in proportion


def test_phases_are_those_of_the_clock() -> None:
    trial = bench(period=3.0)
    times, volts = trial.clocks()
    levels = [tuple(round(float(np.interp(p.at, times, line))) for line in volts) for p in trial.phases()]
    assert levels == [(1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 0, 1), (0, 1, 1)]
    assert "layer1.node_slave_0" in clocked_circuit(trial).nodes


def test_a_period_is_longer_than_its_edges() -> None:
    with pytest.raises(BadInput, match=r"clocked testbench: period = 0\.01, must be longer than two edges"):
        bench(period=0.01)

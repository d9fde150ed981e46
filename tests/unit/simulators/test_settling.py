"""The transients of a relaxation: longer ones from the start again, and what happens where they fail."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Analysis,
    Capacitors,
    Circuit,
    OperatingPoint,
    Outcome,
    Resistors,
    Settling,
    Solution,
    Status,
    StimulusSources,
    Transient,
    grounds,
)
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.settling import follow
from analog_pc.simulators.workspace import Limit

TAU = 1e-6
RC = Circuit("rc", (
    StimulusSources("u", ("a",), grounds(1)), Resistors("r", ("a",), ("b",), 1e6),
    Capacitors("c", ("b",), grounds(1), 1e-12),
))  # fmt: skip


class Charging:
    """Charges b to 1 V from 0 V; refuses transients from 0 V, or all, that last longer than `longest`."""

    def __init__(self, longest: float, restarts: bool) -> None:
        self.longest = longest
        self.restarts = restarts
        self.asked: list[Transient] = []

    def __call__(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        assert isinstance(analysis, Transient)
        self.asked.append(analysis)
        b = analysis.initial["b"]
        if analysis.duration > self.longest and not (self.restarts and b > 0.0):
            raise SimulationFailed("time step too small")
        times = np.linspace(0.0, analysis.duration, 201)
        wave = 1.0 + (b - 1.0) * np.exp(-times / TAU)
        return Solution(times, ("b",), wave[:, None], Status(Outcome.CONVERGED))


ONE = OperatingPoint({"u": np.ones((1, 1))}, settling=Settling({"b": np.zeros(1)}, 5.0 * TAU))


def test_each_transient_starts_at_the_given_state() -> None:
    charging = Charging(np.inf, restarts=True)
    end = follow(charging, RC, ONE, 0, Limit())
    assert end.rests
    assert end.volts[0] == pytest.approx(1.0, abs=1e-8)
    assert [run.initial["b"] for run in charging.asked] == [0.0, 0.0]
    assert [run.duration for run in charging.asked] == pytest.approx([5.0 * TAU, 20.0 * TAU])


def test_where_a_longer_one_fails_it_goes_on_from_the_last_end() -> None:
    charging = Charging(6.0 * TAU, restarts=True)
    end = follow(charging, RC, ONE, 0, Limit())
    assert end.rests
    assert charging.asked[-1].initial["b"] == pytest.approx(1.0 - np.exp(-5.0))


def test_where_that_fails_too_the_end_does_not_count_as_rest() -> None:
    end = follow(Charging(6.0 * TAU, restarts=False), RC, ONE, 0, Limit())
    assert not end.rests
    assert end.volts[0] == pytest.approx(1.0 - np.exp(-5.0))


def test_the_first_failure_is_told() -> None:
    with pytest.raises(SimulationFailed, match="time step"):
        follow(Charging(0.0, restarts=False), RC, ONE, 0, Limit())

"""Clocks: in their order, never two switches at once, ramps as long as their phases."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.devices.compact import YAKOPCIC
from analog_pc.errors import BadInput
from analog_pc.testbench import Phase, PulseEncoding, Schedule
from analog_pc.testbench.schedule import LINES, clock_lines

WRITING = PulseEncoding(YAKOPCIC["microsiemens"])
PHASES = (Phase(1, 1, 3e-6), Phase(-1, 1, 2e-6), Phase(1, -1, 3e-6), Phase(-1, -1, 2e-6))
SCHEDULE = Schedule(1e-6, 0.5e-6, 1e-6, PHASES, 1e-9)
TIMES, VOLTS = clock_lines(SCHEDULE, WRITING, 0.05)


def at(line: str, time: float) -> float:
    return float(np.interp(time, TIMES, VOLTS[line]))


def change(line: str) -> Floats:
    """Where the line is neither at its first value nor back at it: first and last time."""
    moved = np.flatnonzero(VOLTS[line] != VOLTS[line][0])
    return TIMES[[moved[0], moved[-1]]]


def test_the_parts_follow_each_other() -> None:
    starts = [start for _, start, _ in SCHEDULE.spans]
    assert starts == sorted(starts)
    assert [name for name, _, _ in SCHEDULE.spans] == [
        "predict", "learn", "set +", "reset +", "set -", "reset -", "predict again",
    ]  # fmt: skip
    assert SCHEDULE.duration == pytest.approx(SCHEDULE.released + 1e-9 + 1e-6)
    assert set(VOLTS) == set(LINES)
    assert (np.diff(TIMES) > 0.0).all()


def test_nothing_is_switched_into_what_it_would_fight() -> None:
    """Held, then let go of by the springs, then disconnected; and back in the reverse order."""
    track, relax, read = (change(line) for line in ("track", "relax", "read"))
    assert track[0] < relax[0] < read[0]
    assert read[1] < relax[1]
    assert (VOLTS["read"] * VOLTS["write"] <= 0.25).all()  # both half open at most, for an edge
    for line in ("rows_p", "rows_m", "columns_p", "columns_m"):
        busy = VOLTS[line] != 0.0
        assert (VOLTS["write"][busy] == 1.0).all()
        assert (VOLTS["relax"][busy] == 0.0).all()
    assert at("clamp", SCHEDULE.written) == 1.0  # the target stays while the weights are written
    assert at("clamp", SCHEDULE.duration) == 0.0


def test_columns_pulse_within_rows() -> None:
    """A device is never at a column's voltage with its row at 0 V, but for the phase that it belongs to."""
    rows = np.abs(VOLTS["rows_p"]) + np.abs(VOLTS["rows_m"])
    columns = np.abs(VOLTS["columns_p"]) + np.abs(VOLTS["columns_m"])
    assert (rows[columns > 0.0] == 1.0).all()


@pytest.mark.parametrize("k", range(4))
def test_a_phase(k: int) -> None:
    phase, start = PHASES[k], SCHEDULE.starts[k]
    middle = start + 0.5 * phase.seconds
    rows, others = ("rows_p", "rows_m") if phase.sign > 0 else ("rows_m", "rows_p")
    columns, rest = ("columns_p", "columns_m") if phase.columns > 0 else ("columns_m", "columns_p")
    assert at(rows, middle) == phase.polarity
    assert at(columns, middle) == pytest.approx(-phase.polarity * WRITING.column(phase.polarity))
    assert at(others, middle) == at(rest, middle) == 0.0
    # The ramp begins in the middle of the columns' edge, and is full after the phase's seconds.
    begin = start + 2.5e-9
    for part in (0.0, 0.25, 1.0):
        assert at("ramp", begin + part * phase.seconds) == pytest.approx(0.05 * part, abs=1e-12)
        assert at("anti_ramp", begin + part * phase.seconds) == pytest.approx(-0.05 * part, abs=1e-12)


@pytest.mark.parametrize("name", ["predict", "learn", "again", "edge"])
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_times_that_are_none(name: str, bad: float) -> None:
    values = {"predict": 1e-6, "learn": 1e-6, "again": 1e-6, "edge": 1e-9} | {name: bad}
    with pytest.raises(BadInput, match=f"schedule: {name} = "):
        Schedule(phases=PHASES, **values)

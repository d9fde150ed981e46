"""When a trial does what, and the clock lines that make it so.

::

    relax    ------------------------------\\_________________________________/-----------
    clamp    ______________/--------------------------------------------------\\__________
    track    ----------------------------\\___________________________________/-----------
    read     --------------------------------\\_____________________________/-------------
    write    ________________________________/-----------------------------\\_____________
    rows_p   __________________________________/--\\__    __________________________________  level of f > 0
    columns_p ___________________________________\\--/  __/-\\_______________________________  pulse of F > 0
    ramp     ---------------------------------- /| ---                                      0 ... full scale
             | predict     | learn       |hold| SET    | RESET | ...       | predict again  |

`relax` lets the springs pull and the feedback through; while it is low the activities, and with them the
rates, stay on their capacitors.  `track` lets the held errors follow; `read` connects rows to their rates,
`write` makes followers of the columns' amplifiers.  A switch never closes before the one that it would fight
has opened: clocks change one after the other, an `edge` apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.testbench.pulse_encoding import Phase, PulseEncoding

LINES = (
    "relax", "clamp", "track", "read", "write",
    "rows_p", "rows_m", "columns_p", "columns_m", "ramp", "anti_ramp",
)  # fmt: skip
HOLD = 1e-12  # F, of the capacitors that hold prediction errors while weights are written


@dataclass(frozen=True)
class Schedule:
    """Seconds of a trial.

    Parameters
    ----------
    predict, learn, again
        Input clamped; input and target clamped; target released.
    phases
        Of writing, one after the other.
    edge
        How long every clock rises and falls.
    """

    predict: float
    learn: float
    again: float
    phases: tuple[Phase, ...]
    edge: float

    def __post_init__(self) -> None:
        for name in ("predict", "learn", "again", "edge"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"schedule: {name} = {value!r} s, must be finite and > 0")

    @property
    def held(self) -> float:
        """When the weighted errors are held: the moment that is sensed."""
        return self.predict + self.learn

    @property
    def starts(self) -> tuple[float, ...]:
        """When the phases of writing begin."""
        found = []
        time = self.held + 8.0 * self.edge
        for phase in self.phases:
            found.append(time)
            time += phase.seconds + 8.0 * self.edge
        return tuple(found)

    @property
    def written(self) -> float:
        """When the last phase has ended."""
        return self.starts[-1] + self.phases[-1].seconds + 8.0 * self.edge

    @property
    def released(self) -> float:
        """When the target is released."""
        return self.written + 4.0 * self.edge

    @property
    def duration(self) -> float:
        return self.released + self.edge + self.again

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        """Name, begin and end of every part."""
        encoding = [
            (phase.name, start, start + phase.seconds + 8.0 * self.edge)
            for phase, start in zip(self.phases, self.starts, strict=True)
        ]
        return (
            ("predict", 0.0, self.predict),
            ("learn", self.predict, self.held),
            *encoding,
            ("predict again", self.released, self.duration),
        )


def clock_lines(
    schedule: Schedule, encoding: PulseEncoding, full_scale: float
) -> tuple[Floats, Mapping[str, Floats]]:
    """Times [k] in s, and line -> volts [k]; `full_scale` is the voltage of an error of `eps_scale`."""
    lines = {name: _Line(schedule.edge) for name in LINES}
    edge = schedule.edge
    held = schedule.held
    end = schedule.written
    lines["relax"].begin(1.0).to(held + 2.0 * edge, 0.0).to(end + 2.0 * edge, 1.0)
    lines["track"].begin(1.0).to(held, 0.0).to(end + 2.0 * edge, 1.0)
    lines["read"].begin(1.0).to(held + 4.0 * edge, 0.0).to(end, 1.0)
    lines["write"].to(held + 4.0 * edge, 1.0).to(end, 0.0)
    lines["clamp"].to(schedule.predict, 1.0).to(schedule.released, 0.0)
    lines["ramp"].begin(full_scale)
    lines["anti_ramp"].begin(-full_scale)
    for phase, start in zip(schedule.phases, schedule.starts, strict=True):
        _add_phase(lines, phase, start, edge, encoding.column(phase.polarity), full_scale)
    times = np.unique(np.concatenate([[0.0], *(line.times for line in lines.values())]))
    return times, {name: np.interp(times, line.times, line.volts) for name, line in lines.items()}


def _add_phase(
    lines: dict[str, _Line], phase: Phase, start: float, edge: float, column: float, full_scale: float
) -> None:
    """Rows up, then columns; the ramp starts in the middle of the columns' edge."""
    rows = lines["rows_p" if phase.sign > 0 else "rows_m"]
    columns = lines["columns_p" if phase.columns > 0 else "columns_m"]
    on = start + 2.0 * edge
    off = on + phase.seconds + 2.0 * edge
    rows.to(start, float(phase.polarity)).to(off + 2.0 * edge, 0.0)
    columns.to(on, -phase.polarity * column).to(off, 0.0)
    for name, sign in (("ramp", 1.0), ("anti_ramp", -1.0)):
        lines[name].to(start, 0.0).ramp(on + 0.5 * edge, phase.seconds, sign * full_scale)


class _Line:
    """The waveform of a line, put together from its edges in their order."""

    def __init__(self, edge: float) -> None:
        self.edge = edge
        self.times = [0.0]
        self.volts = [0.0]

    def begin(self, volts: float) -> _Line:
        self.volts[0] = volts
        return self

    def to(self, time: float, volts: float) -> _Line:
        """Change to `volts` within an edge that begins at `time`."""
        return self.ramp(time, self.edge, volts)

    def ramp(self, time: float, seconds: float, volts: float) -> _Line:
        self.times += [time, time + seconds]
        self.volts += [self.volts[-1], volts]
        return self

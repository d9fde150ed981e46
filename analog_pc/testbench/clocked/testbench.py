"""What a clocked trial is made of, and when its clocks change.

::

    sample  ------------\\_______/-----------\\__________/-----------\\___________
    copy    ------------\\_____________________/----\\________________/----\\____
    clamp   _______________/----------------------------------------------------
             | predict  | read 0              | read 1               | read 2      of layers L, L - 1, L - 2
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps
from analog_pc.simulators.phased import ClockPhase
from analog_pc.technology import Technology, technology

LINES = ("sample", "copy", "clamp")
AFTER = 2.0  # tau after the last read


@dataclass(frozen=True, eq=False, kw_only=True)
class ClockedTestbench:
    """A network that is shown one sample, and steps.

    Parameters
    ----------
    network
        Before the trial; nothing is written, the update is read.
    inputs, target
        [n_0] and [n_L].
    period
        n: time constants of a slave of precision 1 in a period, so that gamma = 1 - e^-n.
    predict
        How long the transparent network relaxes on its input, in units of tau = C / g_s.
    copy
        How long masters take over, tau; a master's own time constant is tau g_s / switch_on.
    edge
        Rise and fall of the clocks, tau.
    technology, seed
        What the circuit is made of, and which chip.
    switch_on, switch_off, clamp_on
        Of closed and open switches, and of the target's closed switches, S; the output's own spring moves it
        by g_s / clamp_on of its prediction error, 1e-6 on ideal parts.

    Raises
    ------
    BadInput
        For times that are not positive, a period shorter than its edges, clamps of wrong shapes.
    """

    network: PredictiveCodingNetwork
    inputs: ArrayLike
    target: ArrayLike
    period: float = 7.0
    predict: float = 40.0
    copy: float = 0.3
    edge: float = 0.01
    technology: Technology = field(default_factory=lambda: technology("ideal"))
    seed: int = 0
    switch_on: float = 1e-3
    switch_off: float = 1e-12
    clamp_on: float = 10.0

    def __post_init__(self) -> None:
        for name in ("period", "predict", "copy", "edge"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"clocked testbench: {name} = {value!r}, must be finite and > 0")
        if self.period <= 2.0 * self.edge:
            raise BadInput(f"clocked testbench: period = {self.period!r}, must be longer than two edges")
        for name in ("inputs", "target"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        make_clamps(self.network, np.asarray(self.inputs)[np.newaxis], np.asarray(self.target)[np.newaxis])

    @property
    def volts(self) -> float:
        """V for an activity of 1."""
        return self.technology.volts_per_unit

    @property
    def tau(self) -> float:
        return self.technology.seconds_per_unit

    def gamma(self, layer: int) -> float:
        """Size of a step of a hidden layer, whose springs are `precision_of(layer)` times stiffer."""
        spring = self.network.precision_of(layer) * self.technology.spring_conductance
        full = self._flat + 2.0 * self._edge * ramp_part(spring / self.switch_on)
        return -math.expm1(-full / self._slave_seconds(spring))

    def _slave_seconds(self, spring: float) -> float:
        """Time constant of a slave behind its spring and its switch, s."""
        return self.technology.node_capacitance * (1.0 / spring + 1.0 / self.switch_on)

    @property
    def _edge(self) -> float:
        return self.edge * self.tau

    @property
    def _flat(self) -> float:
        """How long `sample` stays high, s: with its ramps, `period` time constants at precision 1."""
        spring = self.technology.spring_conductance
        ramps = 2.0 * self._edge * ramp_part(spring / self.switch_on)
        return self.period * self._slave_seconds(spring) - ramps

    @property
    def starts(self) -> tuple[float, ...]:
        """When `sample` begins to rise, s: as often as there are hidden layers."""
        first = self.predict * self.tau + 6.0 * self._edge
        return tuple(first + k * self._stride for k in range(self.network.depth - 1))

    @property
    def _stride(self) -> float:
        """From one step to the next, s."""
        return self._flat + 8.0 * self._edge + self.copy * self.tau

    @property
    def reads(self) -> tuple[float, ...]:
        """When the errors of layers L, L - 1, ... 1 are read, s."""
        first = self.predict * self.tau + 5.0 * self._edge
        return tuple(first + k * self._stride for k in range(self.network.depth))

    @property
    def duration(self) -> float:
        """s."""
        return self.reads[-1] + AFTER * self.tau

    def clocks(self) -> tuple[Floats, Floats]:
        """Times [k] in s and volts [3, k] of `LINES`."""
        e = self._edge
        ends = self.predict * self.tau
        corners = {"sample": [(ends, 0.0)], "copy": [(ends, 0.0)], "clamp": [(ends + 2.0 * e, 1.0)]}
        for start in self.starts:
            fall = start + e + self._flat
            corners["sample"] += [(start, 1.0), (fall, 0.0)]
            corners["copy"] += [(fall + 2.0 * e, 1.0), (fall + 3.0 * e + self.copy * self.tau, 0.0)]
        level = {"sample": 1.0, "copy": 1.0, "clamp": 0.0}
        points = {line: [(0.0, level[line])] for line in LINES}
        for line, changes in corners.items():
            for time, volts in changes:
                points[line] += [(time, level[line]), (time + e, volts)]
                level[line] = volts
        times = np.unique([time for line in points.values() for time, _ in line])
        return times, np.array([np.interp(times, *np.transpose(points[line])) for line in LINES])

    def phases(self) -> list[ClockPhase]:
        """Predict, clamp, then sample and copy for every hidden layer; edges take no time."""
        e = self._edge
        ends = self.predict * self.tau
        spring = self.technology.spring_conductance
        sampling = self._flat + 2.0 * e * ramp_part(spring / self.switch_on)
        found = [ClockPhase(0.5 * ends, ends), ClockPhase(ends + 4.0 * e, e)]
        for start in self.starts:
            fall = start + e + self._flat
            found.append(ClockPhase(start + e + 0.5 * self._flat, sampling))
            found.append(ClockPhase(fall + 3.0 * e + 0.5 * self.copy * self.tau, self.copy * self.tau + e))
        return found


def ramp_part(ratio: float) -> float:
    """What a linear ramp of a switch lets through, as a part of the closed switch, behind a spring.

    ::

        G(c) = g c / (c + r),  r = g / on      ->      integral of G over 0 < c < 1, over G(1)
                                                       = (1 + r) (1 - r ln(1 + 1 / r))
    """
    return (1.0 + ratio) * (1.0 - ratio * math.log1p(1.0 / ratio))

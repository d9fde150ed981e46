"""Samples that a SPICE program does not reach by its own search start again, one by one, from a known state.

A sweep ends for all samples where it ends for one, and where Newton's method needs stepping, the point that
it comes to may be another one.  The native simulator follows the circuit from its start to where it rests.
From that state the SPICE program's own Newton iteration, on its own equations, arrives at once or not at all:
the state is an initial guess and nothing else.  What it arrives at is checked like any other point
(`stability.py`, `settling.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Outcome, Solution, Status, Stimuli
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native import Native
from analog_pc.simulators.settling import Solve, batch_status, each_sample, listed
from analog_pc.simulators.workspace import Limit

LEAST = 20.0  # seconds that all restarts of a batch may take together
SHARE = 5.0  # or this many times the seconds of the search, if that is more
STARTABLE = (Outcome.CONVERGED, Outcome.SATURATED)  # outcomes of a native state to start from
NOTE = "from the native operating point"

# Where the samples of a circuit rest, every node; None where that is not known.
States = Callable[[Circuit, OperatingPoint], Solution | None]


def native_states(native: Native) -> States:
    """The states that the native simulator finds."""

    def states(circuit: Circuit, analysis: OperatingPoint) -> Solution | None:
        try:
            with np.errstate(all="ignore"):  # a transfer function with a pole: no state is known
                return native.simulate(circuit, replace(analysis, save=(), proof=None))
        except (BadInput, SimulationFailed):
            return None

    return states


def with_restarts(solve: Solve, states: States, workers: int | None = None) -> Solve:
    """`solve` for operating points, each sample with an outcome of its own."""

    def search(circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        if not isinstance(analysis, OperatingPoint):
            return solve(circuit, analysis, limit)
        began = time.monotonic()
        failure: SimulationFailed | None = None
        found: Solution | None = None
        try:
            found = solve(circuit, analysis, limit)
        except SimulationFailed as fault:
            failure = fault
        if found is not None and found.status.converged(analysis.samples).all():
            return found
        start = states(circuit, analysis)
        if start is not None:
            deadline = time.monotonic() + max(LEAST, SHARE * (time.monotonic() - began))
            restarts = _Restarts(solve, circuit, analysis, start, deadline)
            found = restarts.merged(found, str(failure or ""), workers)
        if found is None:
            assert failure is not None
            raise failure
        return found

    return search


@dataclass(frozen=True)
class _Restart:
    """One sample: its volts and those of its preset, and what went wrong, if anything."""

    outcome: Outcome
    volts: Floats | None = None
    preset: Floats | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Restarts:
    """A batch whose samples start again from the states `start`."""

    solve: Solve
    circuit: Circuit
    analysis: OperatingPoint
    start: Solution
    deadline: float

    def merged(self, found: Solution | None, failure: str, workers: int | None) -> Solution | None:
        """The batch with every sample that could be started again; None where that helps no sample."""
        samples = self.analysis.samples
        startable = [outcome in STARTABLE for outcome in self.start.status.each(samples)]
        before = (Outcome.NOT_CONVERGED,) * samples if found is None else found.status.each(samples)
        wanted = [startable[k] and before[k] is not Outcome.CONVERGED for k in range(samples)]

        def one(sample: int, cancelled: Event) -> _Restart:
            if not wanted[sample]:
                return _Restart(before[sample])
            return self._one(sample, found is None, Limit(self.deadline - time.monotonic(), cancelled))

        again = each_sample(one, samples, workers)
        helped = [restart.volts is not None for restart in again]
        if not any(helped):
            return found
        outcomes = [
            restart.outcome if restart.volts is not None else before[k] for k, restart in enumerate(again)
        ]
        return self._solution(found, again, _status(outcomes, again, found, failure))

    def _one(self, sample: int, with_preset: bool, limit: Limit) -> _Restart:
        if limit.seconds is not None and limit.seconds <= 0.0:
            return _Restart(Outcome.NOT_CONVERGED, note="no time was left to start every sample again")
        try:
            volts = self._point(self.analysis.stimuli, self.start.volts, sample, limit)
            preset = None
            if with_preset and self.analysis.preset is not None and self.start.preset_volts is not None:
                preset = self._point(self.analysis.preset, self.start.preset_volts, sample, limit)
        except SimulationFailed as failure:
            return _Restart(Outcome.NOT_CONVERGED, note=f"sample {sample}: {failure}")
        return _Restart(Outcome.CONVERGED, volts, preset, NOTE)

    def _point(self, stimuli: Stimuli, state: Floats, sample: int, limit: Limit) -> Floats:
        """Newton from a state; `SimulationFailed` also where the program needed stepping after all."""
        one = {name: np.asarray(volts)[sample : sample + 1] for name, volts in stimuli.items()}
        guess = dict(zip(self.start.nodes, state[sample].tolist(), strict=True))
        point = OperatingPoint(one, guess=guess, save=self.analysis.save)
        found = self.solve(self.circuit, point, limit)
        if found.status.outcome is not Outcome.CONVERGED:
            raise SimulationFailed(str(found.status))
        return np.asarray(found.volts[0])

    def _solution(self, found: Solution | None, again: list[_Restart], status: Status) -> Solution:
        nodes = self.analysis.save or self.start.nodes
        samples = self.analysis.samples
        if found is None:
            volts = np.full((samples, len(nodes)), np.nan)
            preset = None if self.analysis.preset is None else volts.copy()
            found = Solution(np.arange(samples, dtype=np.float64), nodes, volts, status, preset)
        volts = found.volts.copy()
        preset = None if found.preset_volts is None else found.preset_volts.copy()
        for sample, restart in enumerate(again):
            if restart.volts is not None:
                volts[sample] = restart.volts
            if restart.preset is not None and preset is not None:
                preset[sample] = restart.preset
        return replace(found, volts=volts, preset_volts=preset, status=status)


def _status(outcomes: list[Outcome], again: list[_Restart], found: Solution | None, failure: str) -> Status:
    restarted = f"samples {listed([k for k, one in enumerate(again) if one.volts is not None])} {NOTE}"
    left = [
        one.note for one, outcome in zip(again, outcomes, strict=True) if outcome is not Outcome.CONVERGED
    ]
    if not left:
        return batch_status(outcomes, restarted, ())
    searched = (failure,) if found is None else found.status.notes
    return batch_status(outcomes, "", [note for note in (*searched, *left, restarted) if note])

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
            before = found or _unsolved(analysis, start.nodes, str(failure))
            again = restarts.each(before, workers)
            if any(one.volts is not None for one in again):
                return _merged(before, again)
        if found is None:
            assert failure is not None
            raise failure
        return found

    return search


def _unsolved(analysis: OperatingPoint, nodes: tuple[str, ...], failure: str) -> Solution:
    """A batch of which no sample has voltages."""
    samples = analysis.samples
    kept = analysis.save or nodes
    volts = np.full((samples, len(kept)), np.nan)
    status = Status(Outcome.NOT_CONVERGED, (failure,), (Outcome.NOT_CONVERGED,) * samples)
    preset = None if analysis.preset is None else volts
    return Solution(np.arange(samples, dtype=np.float64), kept, volts, status, preset)


@dataclass(frozen=True)
class _Restart:
    """One sample: its volts, the volts of its preset where that had none, and a note where it failed."""

    volts: Floats | None = None
    preset: Floats | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Restarts:
    """Samples of a batch that start again from the states `start`."""

    solve: Solve
    circuit: Circuit
    analysis: OperatingPoint
    start: Solution
    deadline: float

    def each(self, found: Solution, workers: int | None) -> list[_Restart]:
        """Every sample of a batch that did not converge, and has a state to start from."""
        samples = self.analysis.samples
        startable = [outcome in STARTABLE for outcome in self.start.status.each(samples)]
        wanted = startable & ~found.status.converged(samples)

        def one(sample: int, cancelled: Event) -> _Restart:
            if not wanted[sample]:
                return _Restart()
            return self._one(sample, found, Limit(self.deadline - time.monotonic(), cancelled))

        return each_sample(one, samples, workers)

    def _one(self, sample: int, found: Solution, limit: Limit) -> _Restart:
        if limit.seconds is not None and limit.seconds <= 0.0:
            return _Restart(note="no time was left to start every sample again")
        lost = found.preset_volts is not None and bool(np.isnan(found.preset_volts[sample]).any())
        try:
            volts = self._point(self.analysis.stimuli, self.start.volts, sample, limit)
            preset = None
            if lost and self.analysis.preset is not None and self.start.preset_volts is not None:
                preset = self._point(self.analysis.preset, self.start.preset_volts, sample, limit)
        except SimulationFailed as failure:
            return _Restart(note=f"sample {sample}: {failure}")
        return _Restart(volts, preset)

    def _point(self, stimuli: Stimuli, state: Floats, sample: int, limit: Limit) -> Floats:
        """Newton from a state; `SimulationFailed` also where the program needed stepping after all."""
        one = {name: np.asarray(volts)[sample : sample + 1] for name, volts in stimuli.items()}
        guess = dict(zip(self.start.nodes, state[sample].tolist(), strict=True))
        point = OperatingPoint(one, guess=guess, save=self.analysis.save)
        found = self.solve(self.circuit, point, limit)
        if found.status.outcome is not Outcome.CONVERGED:
            raise SimulationFailed(str(found.status))
        return np.asarray(found.volts[0])


def _merged(found: Solution, again: list[_Restart]) -> Solution:
    """The batch with the samples that have converged now."""
    volts = found.volts.copy()
    preset = None if found.preset_volts is None else found.preset_volts.copy()
    outcomes = list(found.status.each(len(again)))
    for sample, one in enumerate(again):
        if one.volts is not None:
            volts[sample] = one.volts
            outcomes[sample] = Outcome.CONVERGED
        if one.preset is not None and preset is not None:
            preset[sample] = one.preset
    restarted = f"samples {listed([k for k, one in enumerate(again) if one.volts is not None])} {NOTE}"
    notes = (*found.status.notes, *(one.note for one in again if one.note), restarted)
    if all(outcome is Outcome.CONVERGED for outcome in outcomes):
        notes = ()
    return replace(found, volts=volts, preset_volts=preset, status=batch_status(outcomes, restarted, notes))

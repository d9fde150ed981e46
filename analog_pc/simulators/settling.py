"""Operating points by relaxation: transient first, then the search from where it came to rest.

Newton's iteration may land on another stationary point than the one the circuit relaxes to, or on none
where rectifiers switch.  The transient is the judge: it goes first, and the operating point that is then
searched from its end must not move away from it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from typing import TypeVar

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Analysis,
    Circuit,
    OperatingPoint,
    Outcome,
    Solution,
    Status,
    Transient,
)
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.workspace import Limit

Solve = Callable[[Circuit, Analysis, Limit], Solution]

Part = TypeVar("Part")

AT_REST = 1e-7  # change over the last tenth of a transient that counts as rest, of the largest voltage
AWAY = 1e-3  # distance of an operating point from the end of the transient that counts as another
_BRIEF = 5.0  # seconds that Newton may try at least; it arrives at once, or ngspice is lost for minutes
DOUBLINGS = 6  # of the native simulator's transients
TURNS = 6
LONGER = 4.0  # times the last transient; chains of strong weights relax as slowly as 1e-4 g_s / C
_SHORTEST = 0.1  # seconds; a simulator wants a time limit above 0
PRECISION = 1e-6  # the way matters only as far as it decides where the circuit comes to rest


def settle(solve: Solve, circuit: Circuit, analysis: OperatingPoint, workers: int | None = None) -> Solution:
    """Operating points of all samples of an analysis with `settling`, each by its own relaxation."""
    parts = each_sample(
        lambda sample, cancelled: settle_one(solve, circuit, analysis, sample, cancelled),
        analysis.samples,
        workers,
    )
    nodes = analysis.save or parts[0].nodes
    volts = np.concatenate([part.voltage(nodes) for part in parts])
    return Solution(np.arange(len(parts), dtype=np.float64), nodes, volts, _summary(parts))


def each_sample(work: Callable[[int, Event], Part], samples: int, workers: int | None) -> list[Part]:
    """What `work` gives for every sample, some side by side.

    What ends the caller's wait (Ctrl-C, a sample without a solution) ends the samples under way too.
    """
    cancelled = Event()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            return list(pool.map(lambda sample: work(sample, cancelled), range(samples)))
        except BaseException:
            cancelled.set()
            raise


@dataclass(frozen=True)
class Relaxed:
    """Volts of the nodes of a settling at the end of its transient, whether they rest, and its seconds."""

    volts: Floats
    rests: bool
    duration: float


def relaxed(solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, limit: Limit) -> Relaxed:
    """The transient of a sample, taken again for `LONGER` times as long until it comes to rest.

    Each begins at `settling.initial` if it can: where another one ended is known at these nodes alone, and a
    simulator may find no consistent start from them (VACASK, where rectifiers rest on a kink).

    Parameters
    ----------
    limit
        Seconds that all of it may take; None for the usual time of each transient.
    """
    assert analysis.settling is not None
    stimuli = {name: np.asarray(volts)[sample] for name, volts in analysis.stimuli.items()}
    initial = {node: float(volts[sample]) for node, volts in analysis.settling.initial.items()}
    nodes = tuple(initial)
    duration = analysis.settling.duration
    deadline = None if limit.seconds is None else time.monotonic() + limit.seconds
    ended: Relaxed | None = None
    for _ in range(TURNS):
        seconds = None if deadline is None else max(_SHORTEST, deadline - time.monotonic())
        left = Limit(seconds, limit.cancelled)
        transient = Transient(
            stimuli, initial, duration, duration, save=nodes, stiff=True, precision=PRECISION
        )
        try:
            run = solve(circuit, transient, left)
        except SimulationFailed:
            if ended is None:
                raise
            # The shortest step of ngspice grows with the duration, and the beginning may need a shorter one.
            last = dict(zip(nodes, ended.volts.tolist(), strict=True))
            try:
                run = solve(circuit, replace(transient, initial=last), left)
            except SimulationFailed:
                return ended
        wave = run.voltage(nodes)
        late = wave[run.axis >= 0.9 * run.axis[-1]]
        rests = bool(np.abs(late - wave[-1]).max() <= AT_REST * np.abs(wave).max())
        ended = Relaxed(wave[-1], rests, duration)
        if rests:
            return ended
        duration *= LONGER
    assert ended is not None
    return ended


def settle_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, cancelled: Event
) -> Solution:
    """One sample by its own relaxation."""
    assert analysis.settling is not None
    stimuli = {name: np.asarray(volts)[sample] for name, volts in analysis.stimuli.items()}
    nodes = tuple(analysis.settling.initial)
    if not nodes:
        return _nothing_free(solve, circuit, stimuli, analysis.save, cancelled)
    began = time.monotonic()
    end = relaxed(solve, circuit, analysis, sample, Limit(cancelled=cancelled))
    volts = end.volts
    point = OperatingPoint(
        {name: values[None] for name, values in stimuli.items()},
        guess=dict(zip(nodes, volts.tolist(), strict=True)),
        save=tuple(dict.fromkeys((*analysis.save, *nodes))) if analysis.save else (),
    )
    try:
        found = solve(circuit, point, Limit(max(_BRIEF, time.monotonic() - began), cancelled))
    except SimulationFailed:
        found = None
    if found is None or found.status.outcome is not Outcome.CONVERGED or _away(found, nodes, volts):
        initial = {node: float(start[sample]) for node, start in analysis.settling.initial.items()}
        precise = Transient(stimuli, initial, 4.0 * end.duration, end.duration, analysis.save, stiff=True)
        return _end_of_transient(solve, circuit, precise, Limit(cancelled=cancelled))
    outcome = Outcome.CONVERGED if end.rests else Outcome.NOT_SETTLED
    return replace(found, status=Status(outcome, found.status.notes))


def _away(found: Solution, nodes: tuple[str, ...], volts: Floats) -> bool:
    """Whether Newton left the state that the transient came to."""
    return bool(np.abs(found.voltage(nodes)[0] - volts).max() > AWAY * np.abs(volts).max())


def _nothing_free(
    solve: Solve, circuit: Circuit, stimuli: dict[str, Floats], save: tuple[str, ...], cancelled: Event
) -> Solution:
    """Nothing has an initial voltage, so nothing can move away from it: the operating point, as it is."""
    point = OperatingPoint({name: values[None] for name, values in stimuli.items()}, save=save)
    return solve(circuit, point, Limit(cancelled=cancelled))


def _end_of_transient(solve: Solve, circuit: Circuit, precise: Transient, limit: Limit) -> Solution:
    """Where Newton does not stay at the rest state: the transient itself, prolonged at full precision.

    Where rectifiers of a large gain rest on a kink, steps that precise are below the rounding of their
    currents (VACASK: "Timestep too small"); then at the precision that led there.
    """
    try:
        run = solve(circuit, precise, limit)
    except SimulationFailed:
        run = solve(circuit, replace(precise, precision=PRECISION), limit)
    late = run.volts[run.axis >= 0.5 * run.axis[-1]]
    rests = np.abs(late - run.volts[-1]).max() <= AT_REST * np.abs(run.volts).max()
    outcome = Outcome.CONVERGED if rests else Outcome.NOT_SETTLED
    status = Status(outcome, ("end of the transient, because no operating point was found from it",))
    return Solution(np.zeros(1), run.nodes, run.volts[-1:], status)


def _summary(parts: list[Solution]) -> Status:
    """CONVERGED when every sample is; else the first other outcome, and the samples that have it."""
    outcomes = [part.status.outcome for part in parts]
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    outcome = outcomes[bad[0]] if bad else Outcome.CONVERGED
    first = f"samples {', '.join(map(str, bad[:10]))}" if bad else "every sample reached by relaxation"
    notes = tuple(dict.fromkeys([first, *(n for part in parts for n in part.status.notes)]))
    return Status(outcome, notes, tuple(outcomes))

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
from dataclasses import replace
from threading import Event

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
    check_analysis,
    check_circuit,
)
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.workspace import Limit

Solve = Callable[[Circuit, Analysis, Limit], Solution]

AT_REST = 1e-7  # change over the last tenth of a transient that counts as rest, of the largest voltage
AWAY = 1e-3  # distance between the end of the transient and the operating point that counts as departed
_BRIEF = 5.0  # seconds that Newton may try at least; it arrives at once, or ngspice is lost for minutes
DOUBLINGS = 6
PRECISION = 1e-6  # the way matters only as far as it decides where the circuit comes to rest


def simulate(solve: Solve, circuit: Circuit, analysis: Analysis, workers: int | None = None) -> Solution:
    """Check the circuit and what is asked of it, and solve it; by relaxation where that is asked for."""
    check_circuit(circuit)
    check_analysis(circuit, analysis)
    if isinstance(analysis, OperatingPoint) and analysis.settling is not None:
        return settle(solve, circuit, analysis, workers)
    return solve(circuit, analysis, Limit())


def settle(solve: Solve, circuit: Circuit, analysis: OperatingPoint, workers: int | None = None) -> Solution:
    """Operating points of all samples of an analysis with `settling`, each by its own relaxation.

    What ends the caller's wait (Ctrl-C, a sample without a solution) ends the samples under way too.
    """
    cancelled = Event()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            found = pool.map(
                lambda k: _settle_one(solve, circuit, analysis, k, cancelled), range(analysis.samples)
            )
            parts = list(found)
        except BaseException:
            cancelled.set()
            raise
    nodes = analysis.save or parts[0].nodes
    volts = np.concatenate([part.voltage(nodes) for part in parts])
    return Solution(np.arange(len(parts), dtype=np.float64), nodes, volts, _summary(parts))


def _settle_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, cancelled: Event
) -> Solution:
    assert analysis.settling is not None
    stimuli = {name: np.asarray(volts)[sample] for name, volts in analysis.stimuli.items()}
    nodes = tuple(analysis.settling.initial)
    if not nodes:
        return _nothing_free(solve, circuit, stimuli, analysis.save)
    volts = np.array([analysis.settling.initial[node][sample] for node in nodes])
    duration, rests, began = analysis.settling.duration, False, time.monotonic()
    for _ in range(DOUBLINGS):
        initial = dict(zip(nodes, volts.tolist(), strict=True))
        run = solve(
            circuit,
            Transient(stimuli, initial, duration, duration, save=nodes, stiff=True, precision=PRECISION),
            Limit(cancelled=cancelled),
        )
        wave = run.voltage(nodes)
        volts = wave[-1]
        late = wave[run.axis >= 0.9 * run.axis[-1]]
        rests = bool(np.abs(late - volts).max() <= AT_REST * np.abs(wave).max())
        if rests:
            break
        duration *= 2.0
    point = OperatingPoint(
        {name: values[None] for name, values in stimuli.items()},
        guess=dict(zip(nodes, volts.tolist(), strict=True)),
        save=tuple(dict.fromkeys((*analysis.save, *nodes))) if analysis.save else (),
    )
    try:
        found = solve(circuit, point, Limit(max(_BRIEF, time.monotonic() - began), cancelled))
    except SimulationFailed:
        found = None
    if found is None or found.status.outcome is not Outcome.CONVERGED:
        rest = dict(zip(nodes, volts.tolist(), strict=True))
        return _end_of_transient(solve, circuit, stimuli, rest, duration, analysis.save, cancelled)
    away = np.abs(found.voltage(nodes)[0] - volts).max() > AWAY * np.abs(volts).max()
    outcome = Outcome.DEPARTED if away else Outcome.CONVERGED if rests else Outcome.RESTLESS
    return replace(found, status=Status(outcome, found.status.notes))


def _nothing_free(
    solve: Solve, circuit: Circuit, stimuli: dict[str, Floats], save: tuple[str, ...]
) -> Solution:
    """Nothing has an initial voltage, so nothing can move away from it: the operating point, as it is."""
    point = OperatingPoint({name: values[None] for name, values in stimuli.items()}, save=save)
    return solve(circuit, point, None)


def _end_of_transient(
    solve: Solve,
    circuit: Circuit,
    stimuli: dict[str, Floats],
    rest: dict[str, float],
    duration: float,
    save: tuple[str, ...],
    cancelled: Event,
) -> Solution:
    """Where Newton finds no way from the rest state: the transient itself, prolonged at full precision."""
    prolonged = Transient(stimuli, rest, 4.0 * duration, duration, save, stiff=True)
    run = solve(circuit, prolonged, Limit(cancelled=cancelled))
    late = run.volts[run.axis >= 0.5 * run.axis[-1]]
    rests = np.abs(late - run.volts[-1]).max() <= AT_REST * np.abs(run.volts).max()
    outcome = Outcome.CONVERGED if rests else Outcome.RESTLESS
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

"""Operating points by pseudo-transient: a transient until it settles, then Newton's method from its end.

Newton's iteration may land on another stationary point than the one the circuit relaxes to, or on none
where rectifiers switch.  So the transient decides: the operating point that is searched from its end must
not move away from it (`settle`).

A search along stepped stimuli is quicker and ends in *an* operating point; only the dynamics say whether it
is the one that the circuit relaxes to (`proven`).  Where the flow contracts all the way from the start to
the point that was found, it can end nowhere else, and no transient is needed
(`native/nonlinear_solve/slow_flow.py`).  Each other point is compared with the end of a transient from its
start; a sample where both differ is settled, and one whose transient takes too long stays unproven.

The native simulator's transients use the same criteria, `at_rest` and `AWAY`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from typing import TypeVar

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Outcome, Solution, Status, Stimuli, Transient
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.workspace import Limit

Solve = Callable[[Circuit, Analysis, Limit], Solution]

# Samples of a solution that the flow from the start of a relaxation must end in.
Certify = Callable[[Circuit, OperatingPoint, Solution], Bools]

T = TypeVar("T")

AT_REST = 1e-7  # change over the end of a transient that counts as none, of the largest voltage
AWAY = 1e-3  # distance of an operating point from the end of the transient that counts as another
PRECISION = 1e-6  # the path matters only as far as it decides where the circuit settles
TURNS = 6
LONGER = 4.0  # times the last transient; chains of strong weights relax as slowly as 1e-4 g_s / C
_SHORTEST = 0.1  # seconds; a simulator wants a time limit above 0
_BRIEF = 5.0  # seconds that Newton may try at least; it arrives at once, or ngspice is lost for minutes
LEAST = 20.0  # seconds that the transients of a proof may take together
SHARE = 20.0  # or this many times the seconds of the search, if that is more


def at_rest(times: Floats, volts: Floats, since: float = 0.9) -> bool:
    """Whether volts [times, nodes] stay within `AT_REST` of the last ones after `since` of a transient."""
    late = volts[times >= since * times[-1]]
    change = np.abs(late - volts[-1]).max(initial=0.0)
    return bool(change <= AT_REST * np.abs(volts).max(initial=0.0))


def settle(solve: Solve, circuit: Circuit, analysis: OperatingPoint, workers: int | None = None) -> Solution:
    """Operating points of all samples of an analysis with `settling`, each by its own transient."""
    found = each_sample(
        lambda sample, cancelled: settle_one(solve, circuit, analysis, sample, cancelled),
        analysis.samples,
        workers,
    )
    nodes = analysis.save or found[0].nodes
    volts = np.concatenate([one.voltage(nodes) for one in found])
    notes = (note for one in found for note in one.status.notes)
    status = batch_status([one.status.outcome for one in found], "every sample reached by relaxation", notes)
    return Solution(np.arange(len(found), dtype=np.float64), nodes, volts, status)


def each_sample(work: Callable[[int, Event], T], samples: int, workers: int | None) -> list[T]:
    """What `work` returns for every sample, some side by side.

    What ends the caller's wait (Ctrl-C, a sample without a solution) ends the samples under way too.
    """
    cancelled = Event()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            return list(pool.map(lambda sample: work(sample, cancelled), range(samples)))
        except BaseException:
            cancelled.set()
            raise


def batch_status(outcomes: Sequence[Outcome], converged: str, notes: Iterable[str]) -> Status:
    """CONVERGED with the note `converged`, or the first other outcome and the samples that did not."""
    left = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    outcome = outcomes[left[0]] if left else Outcome.CONVERGED
    first = f"samples {listed(left)}" if left else converged
    return Status(outcome, tuple(dict.fromkeys((first, *notes))), tuple(outcomes))


def listed(samples: Sequence[int]) -> str:
    """Numbers of samples, the first ten."""
    return ", ".join(map(str, samples[:10])) + (", ..." if len(samples) > 10 else "")


@dataclass(frozen=True)
class Settled:
    """Volts of the nodes of a settling at the end of its transient, whether they rest, and its seconds."""

    volts: Floats
    rests: bool
    duration: float


def follow(solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, limit: Limit) -> Settled:
    """The transient of a sample, taken again for `LONGER` times as long until it settles.

    Each begins at `settling.initial` if it can: where another one ended is known at these nodes alone, and a
    simulator may find no consistent start from them (VACASK, where rectifiers rest on a kink).

    Parameters
    ----------
    limit
        Seconds that all of it may take; None for the usual time of each transient.
    """
    assert analysis.settling is not None
    initial = _initial(analysis, sample)
    nodes = tuple(initial)
    duration = analysis.settling.duration
    deadline = None if limit.seconds is None else time.monotonic() + limit.seconds
    ended: Settled | None = None
    for _ in range(TURNS):
        seconds = None if deadline is None else max(_SHORTEST, deadline - time.monotonic())
        left = Limit(seconds, limit.cancelled)
        transient = Transient(
            _stimuli(analysis, sample),
            initial,
            duration,
            duration,
            save=nodes,
            stiff=True,
            precision=PRECISION,
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
        ended = Settled(wave[-1], at_rest(run.axis, wave), duration)
        if ended.rests:
            return ended
        duration *= LONGER
    assert ended is not None
    return ended


def settle_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, cancelled: Event
) -> Solution:
    """One sample by its own transient."""
    assert analysis.settling is not None
    nodes = tuple(analysis.settling.initial)
    stimuli = {name: volts[None] for name, volts in _stimuli(analysis, sample).items()}
    if not nodes:  # nothing can move away from its initial voltage: the operating point, as it is
        return solve(circuit, OperatingPoint(stimuli, save=analysis.save), Limit(cancelled=cancelled))
    began = time.monotonic()
    end = follow(solve, circuit, analysis, sample, Limit(cancelled=cancelled))
    point = OperatingPoint(
        stimuli,
        guess=dict(zip(nodes, end.volts.tolist(), strict=True)),
        save=tuple(dict.fromkeys((*analysis.save, *nodes))) if analysis.save else (),
    )
    try:
        found = solve(circuit, point, Limit(max(_BRIEF, time.monotonic() - began), cancelled))
    except SimulationFailed:
        found = None
    if found is None or found.status.outcome is not Outcome.CONVERGED or _away(found, 0, nodes, end.volts):
        return _end_of_transient(solve, circuit, analysis, sample, end.duration, cancelled)
    outcome = Outcome.CONVERGED if end.rests else Outcome.NOT_SETTLED
    return replace(found, status=Status(outcome, found.status.notes))


def _stimuli(analysis: OperatingPoint, sample: int) -> Stimuli:
    return {name: np.asarray(volts)[sample] for name, volts in analysis.stimuli.items()}


def _initial(analysis: OperatingPoint, sample: int) -> dict[str, float]:
    assert analysis.settling is not None
    return {node: float(volts[sample]) for node, volts in analysis.settling.initial.items()}


def _away(found: Solution, sample: int, nodes: tuple[str, ...], volts: Floats) -> bool:
    """Whether an operating point is another one than the end of a transient, volts [nodes]."""
    return bool(np.abs(found.voltage(nodes)[sample] - volts).max() > AWAY * np.abs(volts).max())


def _end_of_transient(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, sample: int, duration: float, cancelled: Event
) -> Solution:
    """Where Newton does not stay at the rest state: the transient itself, prolonged at full precision.

    Where rectifiers of a large gain rest on a kink, steps that precise are below the rounding of their
    currents (VACASK: "Timestep too small"); then at the precision that led there.
    """
    limit = Limit(cancelled=cancelled)
    precise = Transient(
        _stimuli(analysis, sample),
        _initial(analysis, sample),
        4.0 * duration,
        duration,
        analysis.save,
        stiff=True,
    )
    try:
        run = solve(circuit, precise, limit)
    except SimulationFailed:
        run = solve(circuit, replace(precise, precision=PRECISION), limit)
    outcome = Outcome.CONVERGED if at_rest(run.axis, run.volts, since=0.5) else Outcome.NOT_SETTLED
    status = Status(outcome, ("end of the transient, because no operating point was found from it",))
    return Solution(np.zeros(1), run.nodes, run.volts[-1:], status)


@dataclass(frozen=True)
class _Proof:
    """How a sample ended, and its volts where the transient led to another point than the search."""

    outcome: Outcome
    volts: Floats | None = None
    notes: tuple[str, ...] = ()


def proven(
    solve: Solve,
    search: Solve,
    circuit: Circuit,
    analysis: OperatingPoint,
    certify: Certify | None,
    workers: int | None,
) -> Solution:
    """Operating points of an analysis with a `proof`, each certified or compared with its own transient.

    The outcome of a sample is CONVERGED where the search and the transient agree or the sample was settled,
    and UNPROVEN where the transient failed or the batch ran out of time.

    Parameters
    ----------
    solve
        One run of the program.
    search
        Finds the operating points that are to be proven.
    certify
        Samples that need no transient; None: there are none.
    workers
        Samples side by side; None: one for each core.

    Raises
    ------
    SimulationFailed
        Where the search fails, and a transient too.
    """
    began = time.monotonic()
    by_transient = replace(analysis, preset=None, guess={}, settling=analysis.proof, proof=None)
    try:
        found = search(circuit, analysis, Limit())
    except SimulationFailed:
        return settle(solve, circuit, by_transient, workers)
    deadline = time.monotonic() + max(LEAST, SHARE * (time.monotonic() - began))

    certified = np.zeros(analysis.samples, dtype=np.bool_)
    if certify is not None:
        certified = certify(circuit, by_transient, found)

    def one(sample: int, cancelled: Event) -> _Proof:
        if certified[sample]:
            return _Proof(Outcome.CONVERGED)
        limit = Limit(deadline - time.monotonic(), cancelled)
        return _prove_one(solve, circuit, by_transient, found, sample, limit)

    proofs = each_sample(one, analysis.samples, workers)
    volts = found.volts.copy()
    for sample, proof in enumerate(proofs):
        if proof.volts is not None:
            volts[sample] = proof.volts
    outcomes = [proof.outcome for proof in proofs]
    if all(outcome is Outcome.CONVERGED for outcome in outcomes):
        # A proven sample started from its own state, wherever its preset was found.
        status = batch_status(
            outcomes, "every sample is proven to be where the circuit relaxes to", found.status.notes
        )
        return Solution(found.axis, found.nodes, volts, status, None)
    unproven = (note for proof in proofs if proof.outcome is not Outcome.CONVERGED for note in proof.notes)
    return Solution(found.axis, found.nodes, volts, batch_status(outcomes, "", unproven), found.preset_volts)


def _prove_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, found: Solution, sample: int, limit: Limit
) -> _Proof:
    assert analysis.settling is not None
    assert limit.seconds is not None
    assert limit.cancelled is not None
    if limit.seconds <= 0.0:
        return _Proof(Outcome.UNPROVEN, notes=("no time was left to prove every sample",))
    try:
        end = follow(solve, circuit, analysis, sample, limit)
    except SimulationFailed as failure:
        return _Proof(Outcome.UNPROVEN, notes=(f"sample {sample}: relaxation: {failure}",))
    if not end.rests:
        return _Proof(Outcome.UNPROVEN, notes=(f"sample {sample}: the transient did not settle",))
    if not _away(found, sample, tuple(analysis.settling.initial), end.volts):
        return _Proof(Outcome.CONVERGED)
    again = settle_one(solve, circuit, replace(analysis, save=found.nodes), sample, limit.cancelled)
    return _Proof(again.status.outcome, again.voltage(found.nodes)[0], again.status.notes)

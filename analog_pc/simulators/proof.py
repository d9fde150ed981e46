"""Proof that an operating point is the state that the circuit relaxes to: the transient from its start.

A search along stepped stimuli ends in *an* operating point.  Where a circuit has several, only its own
dynamics say which one it reaches.  So each point that was found is compared with the end of a transient; a
sample where both differ is relaxed (`settling.py`), and one whose transient takes too long stays unproven.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Circuit, OperatingPoint, Outcome, Solution, Status
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.settling import AWAY, Solve, relaxed, settle

LEAST = 60.0  # seconds that the transients of a batch may take together
SHARE = 20.0  # or this many times the seconds of the search, if that is more


@dataclass(frozen=True)
class _Proof:
    """How a sample ended, and its volts where the transient led to another point than the search."""

    outcome: Outcome
    volts: Floats | None = None
    notes: tuple[str, ...] = ()


def proven(solve: Solve, circuit: Circuit, analysis: OperatingPoint, workers: int | None) -> Solution:
    """Operating points of an analysis with a `proof`, each compared with its own relaxation.

    The outcome of a sample is CONVERGED where the search and the transient agree or the sample was relaxed,
    and UNPROVEN where the transient failed or the batch ran out of time.
    """
    began = time.monotonic()
    by_relaxation = replace(analysis, preset=None, guess={}, settling=analysis.proof, proof=None)
    try:
        found = solve(circuit, analysis, None)
    except SimulationFailed:
        return settle(solve, circuit, by_relaxation, workers)
    deadline = time.monotonic() + max(LEAST, SHARE * (time.monotonic() - began))

    def one(sample: int) -> _Proof:
        return _prove_one(solve, circuit, by_relaxation, found, sample, deadline)

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        proofs = list(pool.map(one, range(analysis.samples)))
    volts = found.volts.copy()
    for sample, proof in enumerate(proofs):
        if proof.volts is not None:
            volts[sample] = proof.volts
    status = _summary(proofs, found.status.notes)
    # A proven sample started from its own state, wherever its preset was found.
    preset = None if status.outcome is Outcome.CONVERGED else found.preset_volts
    return Solution(found.axis, found.nodes, volts, status, preset)


def _prove_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, found: Solution, sample: int, deadline: float
) -> _Proof:
    assert analysis.settling is not None
    nodes = tuple(analysis.settling.initial)
    left = deadline - time.monotonic()
    if left <= 0.0:
        return _Proof(Outcome.UNPROVEN, notes=("no time was left to prove every sample",))
    try:
        end = relaxed(solve, circuit, analysis, sample, left)
    except SimulationFailed as failure:
        return _Proof(Outcome.UNPROVEN, notes=(f"sample {sample}: relaxation: {failure}",))
    away = np.abs(found.voltage(nodes)[sample] - end.volts).max() > AWAY * np.abs(end.volts).max()
    if end.rests and not away:
        return _Proof(Outcome.CONVERGED)
    one = OperatingPoint(
        {name: np.asarray(volts)[sample : sample + 1] for name, volts in analysis.stimuli.items()},
        settling=replace(
            analysis.settling,
            initial={node: volts[sample : sample + 1] for node, volts in analysis.settling.initial.items()},
        ),
        save=found.nodes,
    )
    again = settle(solve, circuit, one, 1)
    return _Proof(again.status.outcome, again.voltage(found.nodes)[0], again.status.notes)


def _summary(proofs: list[_Proof], searched: tuple[str, ...]) -> Status:
    outcomes = tuple(proof.outcome for proof in proofs)
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(Outcome.CONVERGED, ("every sample proven by relaxation", *searched), outcomes)
    notes = dict.fromkeys(note for k in bad for note in proofs[k].notes)
    return Status(outcomes[bad[0]], (f"samples {', '.join(map(str, bad[:10]))}", *notes), outcomes)

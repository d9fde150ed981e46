"""Proof that an operating point is the state that the circuit relaxes to.

A search along stepped stimuli ends in *an* operating point.  Where a circuit has several, only its own
dynamics say which one it reaches.  Most samples need no transient: where the flow contracts all the way from
the start to the point that was found, it can end nowhere else
(`native/nonlinear_solve/slow_flow.py`).  Each other point is compared with the end of a transient from its
start; a sample where both differ is relaxed (`settling.py`),
and one whose transient takes too long stays unproven.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Circuit, OperatingPoint, Outcome, Solution, Status
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.settling import AWAY, Solve, each_sample, relaxed, settle, settle_one
from analog_pc.simulators.workspace import Limit

# Samples of a solution that the flow from the start of a relaxation must end in.
Certify = Callable[[Circuit, OperatingPoint, Solution], Bools]

LEAST = 20.0  # seconds that the transients of a batch may take together
SHARE = 20.0  # or this many times the seconds of the search, if that is more


@dataclass(frozen=True)
class _Proof:
    """How a sample ended, and its volts where the transient led to another point than the search."""

    outcome: Outcome
    volts: Floats | None = None
    notes: tuple[str, ...] = ()


def proven(
    solve: Solve,
    circuit: Circuit,
    analysis: OperatingPoint,
    workers: int | None,
    certify: Certify | None,
    search: Solve | None = None,
) -> Solution:
    """Operating points of an analysis with a `proof`, each certified or compared with its own relaxation.

    The outcome of a sample is CONVERGED where the search and the transient agree or the sample was relaxed,
    and UNPROVEN where the transient failed or the batch ran out of time.
    """
    began = time.monotonic()
    by_relaxation = replace(analysis, preset=None, guess={}, settling=analysis.proof, proof=None)
    try:
        found = (search or solve)(circuit, analysis, Limit())
    except SimulationFailed:
        return settle(solve, circuit, by_relaxation, workers)
    deadline = time.monotonic() + max(LEAST, SHARE * (time.monotonic() - began))

    certified = np.zeros(analysis.samples, dtype=np.bool_)
    if certify is not None:
        certified = certify(circuit, by_relaxation, found)

    def one(sample: int, cancelled: Event) -> _Proof:
        if certified[sample]:
            return _Proof(Outcome.CONVERGED)
        limit = Limit(deadline - time.monotonic(), cancelled)
        return _prove_one(solve, circuit, by_relaxation, found, sample, limit)

    proofs = each_sample(one, analysis.samples, workers)
    volts = found.volts.copy()
    for sample, proof in enumerate(proofs):
        if proof.volts is not None:
            volts[sample] = proof.volts
    status = _summary(proofs, found.status.notes)
    # A proven sample started from its own state, wherever its preset was found.
    preset = None if status.outcome is Outcome.CONVERGED else found.preset_volts
    return Solution(found.axis, found.nodes, volts, status, preset)


def _prove_one(
    solve: Solve, circuit: Circuit, analysis: OperatingPoint, found: Solution, sample: int, limit: Limit
) -> _Proof:
    assert analysis.settling is not None
    nodes = tuple(analysis.settling.initial)
    assert limit.seconds is not None
    assert limit.cancelled is not None
    if limit.seconds <= 0.0:
        return _Proof(Outcome.UNPROVEN, notes=("no time was left to prove every sample",))
    try:
        end = relaxed(solve, circuit, analysis, sample, limit)
    except SimulationFailed as failure:
        return _Proof(Outcome.UNPROVEN, notes=(f"sample {sample}: relaxation: {failure}",))
    away = np.abs(found.voltage(nodes)[sample] - end.volts).max() > AWAY * np.abs(end.volts).max()
    if not end.rests:
        return _Proof(Outcome.UNPROVEN, notes=(f"sample {sample}: the transient did not settle",))
    if not away:
        return _Proof(Outcome.CONVERGED)
    again = settle_one(solve, circuit, replace(analysis, save=found.nodes), sample, limit.cancelled)
    return _Proof(again.status.outcome, again.voltage(found.nodes)[0], again.status.notes)


def _summary(proofs: list[_Proof], searched: tuple[str, ...]) -> Status:
    outcomes = tuple(proof.outcome for proof in proofs)
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(
            Outcome.CONVERGED,
            ("every sample is proven to be where the circuit relaxes to", *searched),
            outcomes,
        )
    said = dict.fromkeys(note for k in bad for note in proofs[k].notes)
    return Status(outcomes[bad[0]], (f"samples {', '.join(map(str, bad[:10]))}", *said), outcomes)

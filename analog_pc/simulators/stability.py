"""Stability of the operating points that a SPICE program finds, by the native linearisation.

A SPICE program solves equations; it does not check whether the circuit stays at their solution.  The native
simulator linearises the circuit at the voltages that the program found
(`native/analyses/linearisation.py`), and nothing of its own search for operating points is used.  A regular,
stable linearisation says that the circuit returns there and that no other operating point is near; whether
there are others far away it says for linear circuits alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Bools
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Outcome, Solution, Status, check_circuit
from analog_pc.circuit.circuit import node_names
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native import Linearised, Native, UndeterminedNode
from analog_pc.simulators.settling import AWAY, Certify, listed

# Outcomes that say: there is an operating point, and these are its voltages.
FOUND = (Outcome.CONVERGED, Outcome.STEPPED, Outcome.UNPROVEN)


def with_stability(
    solve: Callable[[Circuit, Analysis], Solution], native: Native, circuit: Circuit, analysis: Analysis
) -> Solution:
    """The solution of a SPICE program, its operating points classified by the native linearisation.

    Raises
    ------
    BadInput, SimulatorMissing, SimulationFailed
        As `solve` does.
    """
    if not isinstance(analysis, OperatingPoint):
        return solve(circuit, analysis)
    check_circuit(circuit)
    if not analysis.save:
        return _classified(native, circuit, analysis, solve(circuit, analysis))
    every_node = tuple(dict.fromkeys((*analysis.save, *node_names(circuit))))
    found = solve(circuit, replace(analysis, save=every_node))
    return _cut(_classified(native, circuit, analysis, found), analysis.save)


def certificate(native: Native) -> Certify:
    """Certifies points that the flow must end in; none for a circuit that native cannot model."""

    def certify(circuit: Circuit, analysis: OperatingPoint, solution: Solution) -> Bools:
        try:
            return native.relaxes_to(circuit, analysis, solution)
        except (BadInput, SimulationFailed):
            return np.zeros(len(solution.axis), dtype=np.bool_)

    return certify


def _classified(native: Native, circuit: Circuit, analysis: OperatingPoint, solution: Solution) -> Solution:
    """The solution, with the samples that have voltages classified."""
    solved = np.flatnonzero(np.isfinite(solution.volts).all(axis=1))
    if len(solved) == len(solution.axis):
        return _classify_all(native, circuit, analysis, solution)
    if not len(solved):
        return solution
    stimuli = {name: np.asarray(volts)[solved] for name, volts in analysis.stimuli.items()}
    outcomes = list(solution.status.each(len(solution.axis)))
    status = replace(solution.status, samples=tuple(outcomes[k] for k in solved))
    part = replace(
        solution, axis=solution.axis[solved], volts=solution.volts[solved], preset_volts=None, status=status
    )
    classified = _classify_all(native, circuit, OperatingPoint(stimuli), part).status
    for k, outcome in zip(solved, classified.each(len(solved)), strict=True):
        outcomes[k] = outcome
    return replace(solution, status=Status(solution.status.outcome, classified.notes, tuple(outcomes)))


def _classify_all(native: Native, circuit: Circuit, analysis: OperatingPoint, solution: Solution) -> Solution:
    try:
        found = native.linearised(circuit, analysis.stimuli, solution)
    except UndeterminedNode as undetermined:
        outcomes = (Outcome.UNDETERMINED,) * len(solution.axis)
        return replace(solution, status=Status(Outcome.UNDETERMINED, (str(undetermined),), outcomes))
    except (BadInput, SimulationFailed) as unable:  # what the native simulator has no model of
        return _unchecked(solution, str(unable))
    return replace(solution, status=_status(solution, found))


def _status(solution: Solution, found: Linearised) -> Status:
    """The outcomes of the program, changed where the linearisation contradicts them."""
    samples = len(solution.axis)
    outcomes = list(solution.status.each(samples))
    largest = np.abs(solution.volts).max(axis=1)
    first: dict[Outcome, str] = {}
    stable = 0
    for sample, distance in zip(found.looked_at, found.distance, strict=True):
        if outcomes[sample] not in FOUND:
            continue
        if sample in found.undetermined:
            node = found.undetermined[sample]
            outcome = Outcome.UNDETERMINED
            note = f"sample {sample}: nothing determines the voltage of node {node!r} at rest"
        elif sample in found.unstable:
            outcome = Outcome.UNSTABLE
            note = f"sample {sample}: {found.unstable[sample]}"
        elif distance > AWAY * largest[sample]:
            outcome = Outcome.NOT_CONVERGED
            note = f"sample {sample}: {distance:.1e} V from an operating point"
        else:
            stable += outcomes[sample] is not Outcome.UNPROVEN
            continue
        outcomes[sample] = outcome
        first.setdefault(outcome, note)
    notes = [*solution.status.notes, *first.values()]
    if stable:
        notes.append(_uniqueness(found))
    if len(found.looked_at) < samples:
        notes.append(f"stability checked at {len(found.looked_at)} of {samples} samples")
    return _summary(outcomes, solution.status.outcome, tuple(notes))


def _uniqueness(found: Linearised) -> str:
    if found.linear:
        return "stable, and the only operating point (the circuit is linear)"
    return "stable, with no other operating point near; others are not excluded"


def _summary(outcomes: list[Outcome], before: Outcome, notes: tuple[str, ...]) -> Status:
    """The program's own outcome, or else the first that is not CONVERGED, for the batch."""
    worst = next((o for o in outcomes if o not in FOUND), before)
    bad = [k for k, outcome in enumerate(outcomes) if outcome is worst]
    if worst is not before and len(outcomes) > 1:
        notes = (f"samples {listed(bad)}", *notes)
    return Status(worst, notes, tuple(outcomes))


def _unchecked(solution: Solution, why: str) -> Solution:
    status = solution.status
    return replace(solution, status=replace(status, notes=(*status.notes, f"stability not checked: {why}")))


def _cut(solution: Solution, save: tuple[str, ...]) -> Solution:
    """The nodes that the analysis keeps."""
    preset = None if solution.preset_volts is None else solution.preset_voltage(save)
    return replace(solution, nodes=save, volts=solution.voltage(save), preset_volts=preset)

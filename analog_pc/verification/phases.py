"""One phase of a verification: every sample solved by the simulator and compared with the reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Outcome, Solution, Status
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, relax
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape
from analog_pc.reporting.text import counted
from analog_pc.simulators import Simulator
from analog_pc.simulators.settling import listed
from analog_pc.technology import Technology
from analog_pc.verification.compare import compare
from analog_pc.verification.reference import elsewhere, reference_again
from analog_pc.verification.results import PhaseResult, TransientResult
from analog_pc.verification.transient import verify_transient

PHASES = ("predict", "learn")
Progress = Callable[[str], None]


def check_phases(phases: Sequence[str], can_learn: bool) -> None:
    """Refuse no phase at all, an unknown one, and learning without targets."""
    if not phases:
        raise BadInput(f"no phases to verify: give one or more of {', '.join(PHASES)}")
    for phase in phases:
        if phase not in PHASES:
            raise BadInput(f"unknown phase {phase!r}: use {' or '.join(PHASES)}")
    if "learn" in phases and not can_learn:
        raise BadInput("phase learn: the stimuli hold no targets or labels")


def verify_phase(
    network: PredictiveCodingNetwork,
    technology: Technology,
    phase: str,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    *,
    transient: bool = False,
    progress: Progress = lambda _: None,
) -> PhaseResult:
    """Compile a phase, relax it in the simulator, decode, compare.

    Parameters
    ----------
    network, technology
        What is compiled, and of which parts.
    phase
        "predict" or "learn".
    inputs, targets
        [samples, n_0] and [samples, n_L]; targets None: nothing can be learned.
    simulator
        What solves the circuit.
    transient
        Whether the first sample is relaxed as a waveform too.
    progress
        Is told what is being done.

    Raises
    ------
    BadInput
        For an unknown phase, or a learn phase without targets.
    """
    check_phases((phase,), targets is not None)
    began = time.perf_counter()
    compiled = compile_network(network, technology, inputs, targets if phase == "learn" else None)
    progress(f"{phase}: ideal reference")
    ideal = relax(network, clamps=compiled.clamps)
    _check_reference(phase, ideal)
    progress(f"{phase}: {simulator.name}, {counted(compiled.clamps.samples, 'operating point')}")
    solution, relaxed, notes = _operating_points(compiled, ideal, simulator, progress)
    circuit = compiled.decode(solution)
    ideal, of_reference = reference_again(compiled, ideal, circuit)
    wave: TransientResult | None = None
    if transient:
        progress(f"{phase}: {simulator.name}, transient")
        # The forward state is already at rest while predicting: there only a start from zero shows anything.
        wave = verify_transient(compiled, ideal, simulator, start="zero" if phase == "predict" else "forward")
    return PhaseResult(
        phase,
        compiled,
        ideal,
        circuit,
        compare(ideal, circuit, compiled),
        smallest_curvature(compiled, circuit),
        relaxed,
        notes + of_reference,
        time.perf_counter() - began,
        wave,
    )


def _check_reference(phase: str, ideal: Equilibrium) -> None:
    """Refuse samples in which there is nothing to compare with."""
    without = np.flatnonzero(~ideal.relaxation.converged)
    if len(without):
        raise BadInput(
            f"phase {phase}: the ideal reference has no equilibrium in {len(without)} of "
            f"{counted(ideal.samples, 'sample')} ({listed(without.tolist())}): {ideal.relaxation.message}; "
            "leave these samples out"
        )


def smallest_curvature(compiled: CompiledNetwork, circuit: Equilibrium) -> Floats:
    """Smallest eigenvalue of the Hessian of E at the circuit's own activities, [samples].

    Positive: a minimum.  Activities within 1e-6 of a kink rest on it and do not count; inf where
    nothing is free to move.
    """
    landscape = Landscape(compiled.network, compiled.clamps)
    state = landscape.resting_state(list(circuit.activities))
    found = curvatures(landscape, state)
    return np.array([c[0] if len(c) else np.inf for c in found])


def _operating_points(
    compiled: CompiledNetwork, ideal: Equilibrium, simulator: Simulator, progress: Progress
) -> tuple[Solution, tuple[int, ...], tuple[str, ...]]:
    """Operating points of all samples; those in doubt are relaxed by a transient, which decides."""
    # The reference says which samples are in doubt, so that the search needs no proof of its own.
    analysis = compiled.operating_point(by_relaxation=None if compiled.kinked else False)
    everyone = tuple(range(compiled.clamps.samples))
    if analysis.settling is not None:
        note = "rectifiers switch, so every sample was relaxed by a transient before its operating point"
        return simulator.simulate(compiled.circuit, analysis), everyone, (note,)
    try:
        solution = simulator.simulate(compiled.circuit, analysis)
    except SimulationFailed as failure:
        progress("operating points failed; relaxing every sample by a transient")
        relaxed = simulator.simulate(compiled.circuit, compiled.operating_point(by_relaxation=True))
        return (
            relaxed,
            everyone,
            (f"operating points by relaxation, because the direct search failed: {failure}",),
        )
    doubt = _in_doubt(compiled, ideal, solution)
    if not doubt.any():
        if solution.status.outcome is not Outcome.STEPPED:
            return solution, (), ()
        # Stepping may lead astray; here every sample is a minimum, and the one that the reference relaxes to.
        note = f"stepping led to operating points that all agree: {'; '.join(solution.status.notes)}"
        return replace(solution, status=_status(_accepted(solution), solution.status)), (), (note,)
    samples = tuple(int(k) for k in np.flatnonzero(doubt))
    progress(f"{counted(len(samples), 'operating point')} in doubt; relaxing them by transients")
    relaxed = simulator.simulate(compiled.circuit, compiled.operating_point(samples, by_relaxation=True))
    differs: Bools = np.asarray(_apart(compiled, relaxed, solution, samples) > 1e-3)
    lost: Bools = np.asarray(~np.isfinite(solution.volts[list(samples)]).all(axis=1))
    by_result: dict[str, list[int]] = {}
    for sample, *result in zip(samples, differs.tolist(), lost.tolist(), strict=True):
        by_result.setdefault(_relaxation_result(*result), []).append(sample)
    notes = tuple(
        f"sample{'s' * (len(some) > 1)} {', '.join(map(str, some))}: {text}"
        for text, some in by_result.items()
    )
    return _merged(solution, samples, relaxed), samples, notes


def _relaxation_result(differs: bool, lost: bool) -> str:
    """The result of relaxing a sample in doubt."""
    if lost:
        return "the direct search found no operating point, the transient did"
    return f"the direct operating point was {'not ' if differs else ''}what the transient relaxes to"


def _apart(
    compiled: CompiledNetwork, relaxed: Solution, solution: Solution, samples: tuple[int, ...]
) -> Floats:
    """Largest difference of an activity between two solutions, in units of activity, [samples]."""
    pairs = zip(compiled.probes.activities, compiled.scales.activity, strict=True)
    rows = list(samples)
    apart = [
        np.abs(relaxed.voltage(bus) - solution.voltage(bus)[rows]).max(axis=1) / unit for bus, unit in pairs
    ]
    return np.asarray(np.max(apart, axis=0))


def _in_doubt(compiled: CompiledNetwork, ideal: Equilibrium, solution: Solution) -> Bools:
    """Samples without a solution, at another equilibrium, at a saddle, or far from the reference."""
    solved: Bools = np.asarray(np.isfinite(solution.volts).all(axis=1))
    circuit = compiled.decode(solution)
    # Samples without a solution are in doubt anyway; the ideal values stand for their missing numbers.
    filled = tuple(
        np.where(solved[:, None], a, b) for a, b in zip(circuit.activities, ideal.activities, strict=True)
    )
    circuit = replace(circuit, activities=filled)
    at_saddle = smallest_curvature(compiled, circuit) <= 0.0
    return ~solved | compiled.started_elsewhere(solution) | at_saddle | elsewhere(ideal, circuit)


def _merged(solution: Solution, samples: tuple[int, ...], relaxed: Solution) -> Solution:
    """The solution with the rows of relaxed samples replaced."""
    volts = solution.volts.copy()
    volts[list(samples)] = relaxed.voltage(solution.nodes)
    preset = None if solution.preset_volts is None else solution.preset_volts.copy()
    if preset is not None:  # a relaxed sample started from its forward state by construction
        preset[list(samples)] = 0.0
    outcomes = _accepted(solution)
    for k, outcome in zip(samples, relaxed.status.each(len(samples)), strict=True):
        outcomes[k] = outcome
    return Solution(solution.axis, solution.nodes, volts, _status(outcomes, relaxed.status), preset)


def _accepted(solution: Solution) -> list[Outcome]:
    """The outcomes of all samples; a sample that only needed stepping agrees with the reference."""
    each = solution.status.each(len(solution.axis))
    return [Outcome.CONVERGED if outcome is Outcome.STEPPED else outcome for outcome in each]


def _status(outcomes: list[Outcome], notes_of: Status) -> Status:
    """The first outcome that is not CONVERGED, with the notes of a status."""
    worst = next((o for o in outcomes if o is not Outcome.CONVERGED), Outcome.CONVERGED)
    return Status(worst, notes_of.notes, tuple(outcomes))
